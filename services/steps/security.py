"""Security contexts of a container and of the pod."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from services.steps import inputs
from services.steps.stepform import StepForm

_SECCOMP = [
    ("", _("Not set")),
    ("RuntimeDefault", _("Default of the runtime")),
    ("Unconfined", _("Unconfined")),
    ("Localhost", _("Profile on the node")),
]


class _Security(StepForm):
    noun = _("Security context")
    run_as_non_root = inputs.yes_no(_("Must not be root"), _("Yes: refused at start as root"), _("No"))
    run_as_user = inputs.number(_("User"), least=0, placeholder=_("of the image"))
    run_as_group = inputs.number(_("Group"), least=0, placeholder=_("of the image"))
    se_user = inputs.text(_("SELinux user"))
    se_role = inputs.text(_("SELinux role"))
    se_type = inputs.text(_("SELinux type"))
    se_level = inputs.text(_("SELinux level"))
    seccomp = inputs.choice(_("System calls"), _SECCOMP)
    seccomp_profile = inputs.text(_("Profile"), placeholder="profiles/audit.json")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("seccomp") == "Localhost" and not data.get("seccomp_profile"):
            self.add_error(
                "seccomp_profile", _("The file of the profile, below the node's folder for them, is needed.")
            )
        if data.get("run_as_non_root") is True and data.get("run_as_user") == 0:
            self.add_error("run_as_user", _("User 0 is root, and root is ruled out beside it."))
        return data

    def is_set(self) -> bool:
        """Whether anything is said, as typed."""
        return any(self.typed.get(self.add_prefix(name)) for name in self.fields)


class ContainerSecurityForm(_Security):
    """What one container may do."""

    privileged = inputs.yes_no(_("Privileged"), _("Yes: as root on the node"), _("No"))
    allow_escalation = inputs.yes_no(_("Gain more rights"), _("Allowed"), _("Not allowed"))
    read_only_root = inputs.yes_no(_("Own file system"), _("Read-only; volumes stay writable"), _("Writable"))
    drop = inputs.words(_("Drop"), placeholder="ALL")
    add = inputs.words(_("Add"), placeholder="NET_BIND_SERVICE")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("privileged") is True and data.get("allow_escalation") is False:
            self.add_error("allow_escalation", _("A privileged container can always gain more rights."))
        return data


class PodSecurityForm(_Security):
    """What holds for all containers that say nothing of their own."""

    fs_group = inputs.number(_("Group that owns volumes"), least=0)
