"""External Service: a name in DNS that stands for the Service."""

from __future__ import annotations

from typing import Any

from services.manifests import names
from services.manifests.bundle import Bundle
from services.manifests.sentences import gettext_noop as _
from services.manifests.tree import replace
from services.steps.lenses import field
from services.steps.lenses.lens import ServiceLens
from services.steps.lenses.parts import Path, Record


class ExternalName(Record):
    """A Service that gets a name becomes an ExternalName."""

    def write(self, node: Any, value: Any) -> Any:
        written = super().write(node, value)
        named = written is not node and value["external_name"]
        return replace(written, ("spec", "type"), "ExternalName") if named else written


EXTERNAL_SERVICE = ExternalName(
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


class ExternalLens(ServiceLens):
    """Edits ``spec.externalName``; the type is said at the same field."""

    def field_for(self, kind: str, path: Path, bundle: Bundle) -> tuple[int, str] | None:
        if kind == "Service" and path == ("spec", "type"):
            return (1, "external_name")
        return super().field_for(kind, path, bundle)


EXTERNAL_SERVICE_LENS = ExternalLens(EXTERNAL_SERVICE, place=("metadata", "nothing"))
