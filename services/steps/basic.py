"""Basic Information and External Service."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from services.manifests import names
from services.steps import inputs
from services.steps.stepform import StepForm
from services.words import said

WITH_WORKLOAD = {"stateless": "Deployment", "stateful": "StatefulSet"}


class BasicForm(StepForm):
    """Name, alias, version and description. The version is there where a workload is made."""

    name = inputs.text(
        _("Name"),
        names.service_name,
        required=True,
        most=63,
        two=True,
        help=_("Lowercase letters, digits and hyphens; at most 63. Cannot be changed later."),
        missing=_("Enter a name."),
    )
    version = inputs.text(_("Version"), names.version, most=16, missing=_("Enter a version, such as v1."))
    alias = inputs.text(
        _("Alias"),
        optional=True,
        most=63,
        mono=False,
        help=_("Shown beside the name. At most 63 characters."),
    )
    description = inputs.text(
        _("Description"),
        optional=True,
        most=256,
        mono=False,
        lines=3,
        help=_("At most 256 characters. Stored on the Service only."),
    )

    def prepare(self) -> None:
        facts, name = self.context.facts, self.fields["name"]
        if facts.get("no_service"):
            name.required = False
            name.help_text = _("The documents have no Service; with a name one is added.")
        if self.context.type in WITH_WORKLOAD:
            self.fields["version"].required = bool(facts.get("version"))
            if not facts.get("no_service"):
                name.help_text = _(
                    "Lowercase letters, digits and hyphens; at most %(most)s together with the version. "
                    "Cannot be changed later."
                ) % {"most": names.WORKLOAD_LIMITS.get(WITH_WORKLOAD[self.context.type], 63)}
        else:
            self.fields["version"].widget = self.fields["version"].hidden_widget()

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if any(data.get(part) for part in ("alias", "description")) and not data.get("name") and not self.errors:
            self.add_error("name", _("Alias and description are stored on a Service: enter a name."))
        kind, pair = WITH_WORKLOAD.get(self.context.type), ("name", "version")
        if kind and all(data.get(part) for part in pair) and not all(self.stands(part) for part in pair):
            wrong = names.workload_name_fits(kind, data["name"], data["version"])
            if wrong:
                self.add_error("name", said(wrong))
        return data


class ExternalForm(StepForm):
    """The DNS name that an External Service stands for."""

    external_name = inputs.text(
        _("External Service Address"),
        names.external_name,
        required=True,
        most=253,
        help=_("A DNS name, such as api.geocode.example.net; no https://, port or path. At most 253 characters."),
        missing=_("Enter the DNS name of the external system."),
    )

    @property
    def is_address(self) -> bool:
        """Whether an IP address stands where a name belongs; for that there is another way."""
        return names.is_address(self["external_name"].value() or "")
