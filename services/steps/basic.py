"""Basic Information and External Service."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from services.manifests import names
from services.steps import inputs
from services.steps.lenses.basic import BASIC
from services.steps.lenses.service import EXTERNAL_SERVICE
from services.steps.stepform import StepForm, shows
from services.words import said

WITH_WORKLOAD = {"stateless": "Deployment", "stateful": "StatefulSet"}


@shows(BASIC)
class BasicForm(StepForm):
    """Name, alias, version and description. The version is there where a workload is made."""

    field_order = ("name", "version", "alias", "description")
    version = inputs.text(_("Version"), names.version, most=16, missing=_("Enter a version, such as v1."))

    def prepare(self) -> None:
        facts, name = self.context.facts, self.fields["name"]
        if facts.get("no_service"):
            name.required = False
            name.help_text = _("The documents have no Service; with a name one is added.")
        if self.context.type in WITH_WORKLOAD:
            self.fields["version"].required = bool(facts.get("version"))
            if not facts.get("no_service"):
                name.help_text = _(
                    "Lowercase letters, digits and hyphens, at most %(most)s together with the version. "
                    "Cannot be changed later."
                ) % {"most": names.WORKLOAD_LIMITS.get(WITH_WORKLOAD[self.context.type], 63)}
        else:
            self.fields["version"].widget = self.fields["version"].hidden_widget()

    def check(self, data: dict[str, Any]) -> None:
        if any(data.get(part) for part in ("alias", "description")) and not data.get("name") and not self.errors:
            self.add_error("name", _("Alias and description are stored on a Service: enter a name."))
        kind, pair = WITH_WORKLOAD.get(self.context.type), ("name", "version")
        if kind and all(data.get(part) for part in pair) and not all(self.stands(part) for part in pair):
            wrong = names.workload_name_fits(kind, data["name"], data["version"])
            if wrong:
                self.add_error("name", said(wrong))


@shows(EXTERNAL_SERVICE)
class ExternalForm(StepForm):
    """The DNS name that an External Service stands for."""

    @property
    def is_address(self) -> bool:
        """Whether an IP address stands where a name belongs; for that there is another way."""
        return names.is_address(self["external_name"].value() or "")
