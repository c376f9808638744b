"""External Service: a name in DNS that stands for the Service."""

from __future__ import annotations

from services.manifests.bundle import Bundle
from services.manifests.tree import replace
from services.steps.lenses.lens import Note, Values
from services.steps.lenses.parts import At, Path, Record, Text
from services.steps.lenses.pod import NEW_SERVICE

_RECORD = Record(external_name=At("spec.externalName", Text()))


class ExternalLens:
    """Edits ``spec.externalName``; a Service that gets one becomes an ExternalName."""

    name = "external"

    def read(self, bundle: Bundle) -> Values:
        return _RECORD.read(bundle.service)

    def write(self, bundle: Bundle, values: Values) -> Bundle:
        service = bundle.service or NEW_SERVICE
        written = _RECORD.write(service, values)
        if written is service:
            return bundle
        if values["external_name"]:
            written = replace(written, ("spec", "type"), "ExternalName")
        return bundle.with_service(written)

    def unseen(self, bundle: Bundle) -> tuple[Note, ...]:
        return ()

    def field_for(self, kind: str, path: Path, bundle: Bundle) -> tuple[int, str] | None:
        if kind == "Service" and path[:2] in (("spec", "externalName"), ("spec", "type")):
            return (3 if path[1] == "externalName" else 1, "external_name")
        return None
