"""External Service: a name in DNS that stands for the Service."""

from __future__ import annotations

from services.manifests import names
from services.manifests.bundle import Bundle
from services.manifests.sentences import gettext_noop as _
from services.manifests.tree import replace
from services.steps.lenses import field
from services.steps.lenses.lens import Note, Values
from services.steps.lenses.parts import Path, Record
from services.steps.lenses.pod import NEW_SERVICE

EXTERNAL = Record(
    external_name=field.text(
        "spec.externalName",
        _("External Service Address"),
        names.external_name,
        required=True,
        most=253,
        help=_("A DNS name, such as api.geocode.example.net; no https://, port or path. At most 253 characters."),
        missing=_("Enter the DNS name of the external system."),
    )
)


class ExternalLens:
    """Edits ``spec.externalName``; a Service that gets one becomes an ExternalName."""

    name = "external"

    def read(self, bundle: Bundle) -> Values:
        return EXTERNAL.read(bundle.service)

    def write(self, bundle: Bundle, values: Values) -> Bundle:
        service = bundle.service or NEW_SERVICE
        written = EXTERNAL.write(service, values)
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
