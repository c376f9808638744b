"""The forms of Django's admin: people, memberships, and roles as boxes to tick."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.domain.membership import MANAGE, held_inside, is_only_manager, only_managers
from accounts.forms import RoleChoice, keep_name
from accounts.models import Membership, Project, Role, User
from accounts.models.people import LEVELS
from accounts.roles import DEFAULT_PLATFORM_ROLE, Capability, Level, may_give
from accounts.words import CAPABILITY
from console.web.forms import Checks, Errors, Machine, ModelForm


class RecordForm(ModelForm):
    """Labels, controls and errors as in all forms of the console, and words for what is not chosen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField) and field.empty_label:
                field.empty_label = _("Choose one") if field.required else _("None")


class MembershipForm(RecordForm):
    """The level follows from the place and need not be typed."""

    kept_for: Sequence[Project] = ()
    """The projects that keep the user in the workspace, as their only admin; told by the formset."""
    goes_along: Sequence[Project] = ()
    """Those whose member the user is no longer, once out of the workspace."""

    class Meta:
        model = Membership
        fields = ["user", "workspace", "project", "role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Of a membership that exists only the role changes: who leaves a workspace leaves its projects as well."""
        super().__init__(*args, **kwargs)
        for name in {"user", "workspace", "project"} & set(self.fields) if self.instance.pk else ():
            self.fields[name].disabled = True
        role = self.fields["role"]
        if self.instance.pk and isinstance(role, forms.ModelChoiceField):
            of_place = Q(workspace=self.instance.workspace_id) & Q(project=self.instance.project_id)
            everywhere = Q(workspace=None, project=None)
            role.queryset = Role.objects.filter(everywhere | of_place, level=self.instance.level)
            role.choices = [(choice.pk, choice.name) for choice in role.queryset]

    @cached_property
    def is_last_admin(self) -> bool:
        return bool(self.instance.pk) and is_only_manager(self.instance)

    def clean_role(self) -> Role:
        """As in the console, a place keeps somebody who manages its members."""
        role: Role = self.cleaned_data["role"]
        if self.is_last_admin and MANAGE[Level(self.instance.level)] not in role.capability_set:
            words = {"name": self.instance.user, "place": self.instance.project or self.instance.workspace}
            raise ValidationError(_("%(name)s is the only admin of %(place)s. Appoint another admin first.") % words)
        return role

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.pk:  # its place stays
            return cleaned
        if cleaned.get("workspace") and cleaned.get("project"):
            raise ValidationError(_("Choose a workspace or a project, not both."))
        level = (
            Level.PROJECT if cleaned.get("project") else Level.WORKSPACE if cleaned.get("workspace") else Level.PLATFORM
        )
        self.instance.level = level.value
        holder = cleaned.get("user")  # the model's own check leaves out what is no field
        if level == Level.PLATFORM and Membership.objects.filter(user=holder, level=level).exists():
            raise ValidationError(_("%s already has a role on the platform. Change that one.") % holder)
        return cleaned


class MembershipFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """The memberships beside one person or place, of which no two are for the same person and place."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "error_class": Errors})

    @cached_property
    def _inside(self) -> dict[int, list[Membership]]:
        return held_inside(self.get_queryset())

    @cached_property
    def _only(self) -> frozenset[int]:
        """Asked once for all of them: the members of a workspace may be many."""
        return only_managers(chain(self.get_queryset(), *self._inside.values()))

    def add_fields(self, form: Any, index: int | None) -> None:
        """The only admin of a place stays, in a role that manages its members."""
        super().add_fields(form, index)
        key = form.instance.pk
        form.is_last_admin = key in self._only
        inside = self._inside.get(key, ())
        form.kept_for = [held.project for held in inside if held.pk in self._only]
        form.goes_along = [held.project for held in inside]
        form.fields["DELETE"].disabled = form.is_last_admin or bool(form.kept_for)
        if form.is_last_admin:
            role, manage = form.fields["role"], MANAGE[Level(form.instance.level)]
            role.choices = [(choice.pk, choice.name) for choice in role.queryset if manage in choice.capability_set]

    def clean(self) -> None:
        super().clean()
        seen = set()
        for form in self.forms:
            data = getattr(form, "cleaned_data", {})
            if not data.get("role") or data.get("DELETE"):
                continue
            key = tuple(getattr(data.get(name), "pk", None) for name in ("user", "workspace", "project"))
            if key in seen:
                raise ValidationError(_("Two of these memberships are for the same user and workspace or project."))
            seen.add(key)


class PlaceMembershipForm(MembershipForm):
    """In a place, its level is known, and only its roles can be chosen."""

    level = Level.PROJECT

    class Meta:
        model = Membership
        fields = ["user", "role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        if not self.instance.pk and isinstance(role, forms.ModelChoiceField):
            role.queryset = Role.objects.filter(level=self.level)

    def clean(self) -> dict[str, Any]:
        self.instance.level = self.level.value
        return forms.ModelForm.clean(self) or {}


class WorkspaceMembershipForm(PlaceMembershipForm):
    level = Level.WORKSPACE


class AddUser(RecordForm):
    """A new person: a password now, or a sign-in link afterwards."""

    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("Without a password, a sign-in link is shown once the user is saved."),
    )
    platform_role = RoleChoice(label=_("Platform role"), queryset=Role.objects.none(), empty_label=None)

    holder: frozenset[Capability] = frozenset()
    """What the person who adds holds on the platform: no more can be given."""

    class Meta:
        model = User
        fields = ["name", "display_name", "email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["platform_role"]
        every = Role.objects.filter(level=Level.PLATFORM)
        roles = [role for role in every if may_give(self.holder, role.capability_set)]
        if isinstance(field, RoleChoice):
            field.offer(roles)
            field.initial = next((role.pk for role in roles if role.name == DEFAULT_PLATFORM_ROLE), None)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password, self.instance)
        return password


class EditUser(RecordForm):
    """A person; the password is set anew or left as it is."""

    new_password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("Leave empty to keep the current one. A new password signs the user out everywhere."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.has_usable_password():
            hint = _("None is set: the user signs in by link. A new password signs the user out everywhere.")
            self.fields["new_password"].help_text = hint

    class Meta:
        model = User
        fields = ["name", "display_name", "email", "is_active"]
        help_texts = {"name": _("Used to sign in. The UUID in the cluster stays the same.")}

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        if password:
            validate_password(password, self.instance)
        return password


_WHERE = ("level", "workspace", "project")  # of a role


class RoleForm(RecordForm):
    """A role and whose own it is. What it can hold follows from its level; the boxes are written by the template."""

    capabilities = forms.MultipleChoiceField(
        label=_("Permissions"),
        required=False,
        choices=[(capability.value, CAPABILITY[capability]) for capability in Capability],
        widget=Checks,
    )

    class Meta:
        model = Role
        fields = ["level", "workspace", "project", "name", "description", "capabilities"]
        widgets = {"name": Machine()}
        help_texts = {"name": _("Lowercase letters, digits and hyphens, at most 63. Cannot be changed later.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "name" in self.fields:
            keep_name(self.fields["name"])
        level = self.fields.get("level")
        if isinstance(level, forms.ChoiceField):
            level.choices = [*reversed(LEVELS)]
        for name, every in (("workspace", _("Every workspace")), ("project", _("Every project"))):
            place = self.fields.get(name)
            if isinstance(place, forms.ModelChoiceField):
                place.empty_label = every

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name == "new":  # the address of the page that creates one
            raise ValidationError(_("This name is reserved. Choose another name."))
        return name

    def clean_capabilities(self) -> list[str]:
        return sorted(self.cleaned_data["capabilities"])

    def clean(self) -> dict[str, Any]:
        """What the database refuses is said beside its field: a place that does not fit the level, a name twice."""
        typed = super().clean() or {}
        where = {name: typed[name] if name in typed else getattr(self.instance, name) for name in _WHERE}
        beside = Q(**where) | Q(level=where["level"], workspace=None, project=None)  # as where roles are created
        if Role.objects.filter(beside, name=typed.get("name")).exclude(pk=self.instance.pk).exists():
            self.add_error("name", _("A role with this name already exists."))
        for name, sentence in (
            ("workspace", _("Only roles of the level Workspace belong to a workspace.")),
            ("project", _("Only roles of the level Project belong to a project.")),
        ):
            if typed.get(name) and typed.get("level") not in {None, name}:
                self.add_error(name, sentence)
        return typed
