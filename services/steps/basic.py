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
        help=_("a to z, 0 to 9 and hyphens; at most 63. It cannot change later."),
        missing=_("A name is needed."),
    )
    version = inputs.text(_("Version"), names.version, most=16, missing=_("A version is needed: v1, for example."))
    alias = inputs.text(
        _("Alias"),
        optional=True,
        most=63,
        mono=False,
        help=_("Shown beside the name; any characters, at most 63."),
    )
    description = inputs.text(
        _("Description"),
        optional=True,
        most=256,
        mono=False,
        lines=3,
        help=_("Alias and description are kept on the Service only. At most 256."),
    )

    def prepare(self) -> None:
        facts, name = self.context.facts, self.fields["name"]
        if facts.get("no_service"):
            name.required = False
            name.help_text = _("There is no Service in the documents; with a name there will be one.")
        if self.context.type in WITH_WORKLOAD:
            self.fields["version"].required = bool(facts.get("version"))
            if not facts.get("no_service"):
                name.help_text = _(
                    "a to z, 0 to 9 and hyphens; with -version at most %(most)s. It cannot change later."
                ) % {"most": names.WORKLOAD_LIMITS.get(WITH_WORKLOAD[self.context.type], 63)}
        else:
            self.fields["version"].widget = self.fields["version"].hidden_widget()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if any(data.get(part) for part in ("alias", "description")) and not data.get("name") and not self.errors:
            self.add_error("name", _("Alias and description belong to a Service, which needs a name."))
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
        help=_("Such as api.geocode.example.net: a name only, no https://, no port, no path; at most 253."),
        missing=_("The DNS name of what runs outside is needed."),
    )

    @property
    def is_address(self) -> bool:
        """Whether an IP address stands where a name belongs; for that there is another way."""
        return names.is_address(self["external_name"].value() or "")
