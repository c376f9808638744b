"""Security contexts of a container and of the pod."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from services.steps.lenses.container import POD_SECURITY, SECURITY
from services.steps.stepform import StepForm, shows

_NOW = {
    "privileged": {"true": _("privileged")},
    "run_as_non_root": {"true": _("non-root")},
    "allow_escalation": {"true": _("escalation allowed"), "false": _("no escalation")},
    "read_only_root": {"true": _("read-only root")},
}


class _Security(StepForm):
    LINUX = ("se_user", "se_role", "se_type", "se_level")
    noun = _("Security Context")

    def check(self, data: dict[str, Any]) -> None:
        if data.get("seccomp") == "Localhost":
            self.need("seccomp_profile", _("Enter the file of the profile, relative to the node’s seccomp directory."))
        if data.get("run_as_non_root") is True and data.get("run_as_user") == 0:
            self.add_error("run_as_user", _("User 0 is root, but Run as Non-root is Yes."))

    def is_set(self) -> bool:
        """Whether anything is said, as typed."""
        return any(self._said(name) for name in self.fields)

    def now(self) -> str:
        """What is set, in short: "Runs as user 10001, no escalation"."""
        settings = [
            _NOW[name][value] for name, value in ((name, self._said(name)) for name in _NOW) if value in _NOW[name]
        ]
        user = self._said("run_as_user")
        words = [gettext("runs as user %(user)s") % {"user": user}] * bool(user) + [
            str(setting) for setting in settings
        ]
        text = ", ".join(words[:3]) or (gettext("set") if self.is_set() else gettext("not set"))
        return text[:1].upper() + text[1:]

    def linux_is_set(self) -> bool:
        """Whether anything of SELinux is said."""
        return any(self._said(name) for name in self.LINUX)

    def linux_opens(self) -> bool:
        """Whether something of SELinux is wrong."""
        return any(name in self.errors for name in self.LINUX)

    def _said(self, name: str) -> str:
        return self.text(name) if name in self.fields else ""


@shows(SECURITY)
class ContainerSecurityForm(_Security):
    """What one container may do."""

    def check(self, data: dict[str, Any]) -> None:
        super().check(data)
        if data.get("privileged") is True and data.get("allow_escalation") is False:
            self.add_error(
                "allow_escalation",
                _("A privileged container can always escalate: choose Yes here, or No there."),
            )


@shows(POD_SECURITY)
class PodSecurityForm(_Security):
    """What holds for all containers that say nothing of their own."""
