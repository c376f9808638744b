"""The forms of people and places. They check what was typed; what a person may do is checked by the verbs."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Project, Role, Workspace
from accounts.models.people import workspace_name
from accounts.roles import Capability
from console.web.forms import Form, Machine, ModelForm, Radios, said


class SignIn(Form):
    """Name or email, and a password. `means`: what is said beside what is wrong."""

    means = ""

    username = forms.CharField(
        label=_("User name or email"),
        max_length=254,
        widget=forms.TextInput(
            {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def focus(self, name: str) -> None:
        """Begin in this field, and in no other."""
        for field in self.fields.values():
            field.widget.attrs.pop("autofocus", None)
        self.fields[name].widget.attrs["autofocus"] = True


class NewWorkspace(ModelForm):
    class Meta:
        model = Workspace
        fields = ["name", "alias", "description"]
        widgets = {"name": Machine({"autofocus": True})}
        help_texts = {
            "name": _("Lowercase letters, digits and hyphens, at most 63. Cannot be changed later."),
            "alias": _("Shown beside the name. At most 63 characters."),
        }


class NewProject(ModelForm):
    class Meta:
        model = Project
        fields = ["name", "alias", "description"]
        widgets = {"name": Machine({"autofocus": True})}
        help_texts = {
            "name": _(
                "Lowercase letters, digits and hyphens, starting with a letter, at most 63. Cannot be changed later."
            ),
            "alias": _("Shown beside the name. At most 63 characters."),
        }


def _permissions(role: Role) -> str:
    count = len(role.capability_set)
    return ngettext("%(count)d permission", "%(count)d permissions", count) % {"count": count}


class RoleChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the roles that can be given, each with what it is for."""

    widget = Radios

    def offer(self, roles: list[Role]) -> None:
        self.queryset = Role.objects.filter(pk__in=[role.pk for role in roles])
        self.choices = [(role.pk, said(role.name, role.description or _permissions(role))) for role in roles]


class _WithRole(Form):
    role = RoleChoice(label=_("Role"), queryset=Role.objects.none(), empty_label=None)

    def __init__(self, *args: Any, roles: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, RoleChoice)  # noqa: S101 - said so above
        field.offer(roles)


class _People(forms.TextInput):
    """Names in one text, and beside it boxes to tick where no script completes them: all of them are one text."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str | None:
        texts = data.getlist(name) if hasattr(data, "getlist") else [data.get(name)]
        return ", ".join(text for text in texts if text) or None


class Invite(_WithRole):
    """Whom to make a member, with which role."""

    who = forms.CharField(
        label=_("Names or emails"),
        max_length=2000,
        widget=_People(
            {
                "list": "candidates",
                "data-people": "candidates",
                "autofocus": True,
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )
    field_order = ("who", "role")

    def __init__(
        self,
        *args: Any,
        workspace: str,
        inviters: list[str],
        workspace_invite_url: str = "",
        missing: bool = False,
        **kwargs: Any,
    ) -> None:
        """`workspace`: whose members alone can be invited, if it is a project; who invites others to it, and where.
        `missing`: there are roles that are not offered.
        """
        super().__init__(*args, **kwargs)
        rule: Any = _("Users of Berth become members immediately.")
        if workspace:
            rule = _("Only members of %s can be invited, and they join immediately.") % workspace
            other: Any = _("An admin of the workspace can add others to it.")
            if workspace_invite_url:
                other = format_html('<a href="{}">{}</a>', workspace_invite_url, _("Invite to the workspace"))
            elif inviters:
                other = _("%s can add others to the workspace.") % _(" or ").join(inviters)
            rule = format_html("{} {}", rule, other)
        separated = _("Separate several by commas.")  # where a script runs each is a chip
        rule = format_html('<span class="only-plain">{} </span>{}', separated, rule)
        self.fields["who"].help_text = rule
        if missing:
            self.fields["role"].help_text = _("You can only grant rights you have.")


class ChangeRole(_WithRole):
    """Which other role a member gets."""


def keep_name(field: forms.Field) -> None:
    """The name of a role that exists stays, and the form says why."""
    field.disabled, field.required = True, False
    field.help_text = _("Cannot be changed: Activity refers to roles by name.")
    field.widget.attrs |= {"readonly": True}
    field.widget.attrs.pop("autofocus", None)


class OwnRole(Form):
    """A role of a workspace's or a project's own. `named`: the name it has, which stays."""

    name = forms.CharField(
        label=_("Name"),
        max_length=63,
        validators=[workspace_name],
        widget=Machine({"autofocus": True}),
        help_text=_("Lowercase letters, digits and hyphens, at most 63. Cannot be changed later."),
    )
    description = forms.CharField(label=_("Description"), max_length=256, required=False)
    capabilities = forms.MultipleChoiceField(
        label=_("Permissions"),
        required=False,
        choices=[(capability.value, capability.value) for capability in Capability],
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, named: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if named:
            keep_name(self.fields["name"])

    def clean_capabilities(self) -> list[Capability]:
        return [Capability(value) for value in self.cleaned_data["capabilities"]]


def say(form: forms.BaseForm, problem: ValidationError) -> None:
    """Put the sentences of a refused verb beside the fields they are about."""
    for name, errors in problem.message_dict.items() if hasattr(problem, "error_dict") else [(None, problem.messages)]:
        form.add_error(name if name in form.fields else None, errors)
