"""Django's admin for platform administrators: people, places, roles, memberships, and the record to read.

What is changed here counts at once (epochs) and is recorded, before it is done. A platform-admin holds every
capability; who manages users gets to the users only, and neither gives nor changes what can do more than they can.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.forms import BaseModelFormSet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import membershiplist, userlist
from accounts.adminforms import (
    AddUser,
    EditUser,
    MembershipForm,
    MembershipFormSet,
    PlaceMembershipForm,
    RoleForm,
    WorkspaceMembershipForm,
)
from accounts.adminrecords import ReadOnly, Recorded
from accounts.boxes import boxes, effect, reach
from accounts.domain import membership, people, rolekeeping, sign_in_links
from accounts.models import AuditEntry, Invitation, Membership, Project, Role, SignInLink, User, Workspace, bump
from accounts.roles import Capability, Level, may_give
from accounts.scope import NotAllowed
from accounts.userstate import with_links
from console.web import htmx, times
from console.web.templatetags.berth import copy

admin.site.unregister(Group)  # roles are ours; Django's groups give nothing here


class ByKind(admin.BooleanFieldListFilter):
    """Roles by whether they are built in, in the words of the column."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("kind")

    def choices(self, changelist: Any) -> Iterator[Any]:
        named = (_("All"), _("Built in"), _("Custom"))
        for choice, words in zip(super().choices(changelist), named, strict=False):
            yield choice | {"display": words}


class ByRole(admin.AllValuesFieldListFilter):
    """Memberships by the name of their role, whatever place it is in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("role")


def _leave(row: Membership) -> list[str]:
    """Delete a membership as the console does. The roles in projects that went with it; refused where a workspace or a
    project would be left without anybody who manages its members.
    """
    if membership.is_only_manager(row):
        words = {"name": row.user, "place": row.project or row.workspace}
        raise NotAllowed(_("%(name)s is the only admin of %(place)s. Appoint another admin first.") % words)
    try:
        taken = membership.leave_projects(row)
    except membership.LastOfProject as error:
        raise NotAllowed(error.named) from error  # read by administrators of the platform only, as is its record
    row.delete()
    return taken


def _held(request: HttpRequest) -> frozenset[Capability]:
    return request.user.platform_capabilities if isinstance(request.user, User) else frozenset()


def _members_of(workspace: str) -> tuple[str, str]:
    return reverse("accounts:workspace-members", args=[workspace]), workspace


class _Memberships(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    form = MembershipForm
    formset = MembershipFormSet
    template = "admin/memberships.html"
    extra = 0
    holder = ""  # whose memberships they are
    verbose_name = _("member")
    verbose_name_plural = _("members")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user", "workspace", "project__workspace", "role")


class OfUser(_Memberships):
    holder = "user"
    fields = ["workspace", "project", "role"]
    verbose_name = _("membership")
    verbose_name_plural = _("memberships")


class OfWorkspace(_Memberships):
    holder = "workspace"
    form = WorkspaceMembershipForm
    fields = ["user", "role"]


class OfProject(_Memberships):
    holder = "project"
    form = PlaceMembershipForm
    fields = ["user", "role"]


class _WithMembers(Recorded):
    """Memberships beside the thing itself; whoever is touched by a change is decided anew."""

    @transaction.atomic
    def save_formset(
        self, request: HttpRequest, form: Any, formset: "BaseModelFormSet[Any, Any]", change: bool
    ) -> None:
        keys = [form.instance.pk for form in formset.forms if form.instance.pk]
        before = {row.user for row in Membership.objects.filter(pk__in=keys).select_related("user")}
        rows = formset.save(commit=False)
        for row in formset.deleted_objects:
            self._note(request, f"membership deleted: {row}", *_leave(row))
        left = Membership.objects.in_bulk([row.pk for row in rows if row.pk])
        for row in rows:
            if row.pk and row.pk not in left:  # it went with a workspace: saving would make it anew
                continue
            row.added_by = row.added_by or str(request.user)
            row.save()
            self._note(request, f"membership: {row}")
        for user in sorted({*before, *(row.user for row in rows)}, key=lambda user: user.pk):
            bump(user)
        people.keep_an_administrator()


@admin.register(User)
class UserAdmin(_WithMembers):
    """People: adding, disabling, their roles everywhere, and sign-in links."""

    list_display = ["person", "state", "platform_role", "places", "signed_in", "acts"]
    list_filter = [userlist.ByState, userlist.ByPlatformRole]
    search_fields = ["name", "display_name", "email"]
    readonly_fields = ["identity", "signed_in", "since"]
    inlines = [OfUser]

    @admin.display(description=_("name"), ordering="name")
    def person(self, user: User) -> str:
        you = format_html(' <span class="tag">{}</span>', _("you")) if getattr(user, "is_reader", False) else ""
        second = ", ".join(filter(None, (user.display_name, user.email)))
        return format_html("{}{}<small>{}</small>", user.name, you, second) if second or you else user.name

    @admin.display(description=_("UUID"))
    def identity(self, user: User) -> str:
        return str(user.uuid)

    @admin.display(description=_("state"), ordering="is_active")
    def state(self, user: User) -> str:
        return userlist.state(user)

    @admin.display(description="")
    def acts(self, user: User) -> str:
        return userlist.menu(user)

    @admin.display(description=_("last sign-in"), ordering="last_login")
    def signed_in(self, user: User) -> str:
        return userlist.last_sign_in(user)

    @admin.display(description=_("platform role"))
    def platform_role(self, user: User) -> str:
        return next((row.role.name for row in user.memberships.all() if row.level == Level.PLATFORM), "")

    @admin.display(description=_("workspaces"))
    def places(self, user: User) -> str:
        """Those whose member the user is; the first three by name."""
        if userlist.held(user) >= {Capability.WORKSPACES_MANAGE}:
            return format_html('<span class="quiet">{}</span>', _("All, by role"))
        names = sorted(row.workspace.name for row in user.memberships.all() if row.workspace)
        if not names:
            return format_html('<span class="quiet">{}</span>', _("None"))
        more = format_html(", {}", _("%d more") % (len(names) - 3)) if len(names) > 3 else ""
        return format_html("{}{}", format_html_join(", ", '<a href="{}">{}</a>', map(_members_of, names[:3])), more)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people_with_places = (
            super().get_queryset(request).prefetch_related("memberships__role", "memberships__workspace")
        )
        return with_links(people_with_places)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Who manages users alone does not read where they are members."""
        sees = Capability.PLATFORM_ADMIN in _held(request)
        return [name for name in self.list_display if sees or name != "places"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return userlist.Users

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who changes a person can sign in as them: nobody does so with one who may do more on the platform."""
        return super().has_change_permission(request, obj) and (
            obj is None or may_give(_held(request), obj.platform_capabilities)
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = EditUser if obj else type("AddUser", (AddUser,), {"holder": _held(request)})
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [("name", "display_name"), ("email", "password"), "platform_role"]
        editable = [("name", "display_name"), ("email", "new_password"), "is_active"]
        return [*editable, "identity", "signed_in", "since"]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return [OfUser] if obj else []

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        typed = form.cleaned_data.get("new_password" if change else "password")
        if typed or not change:
            obj.set_password(typed or None)
        super().save_model(request, obj, form, change)
        if not change:
            people.give_platform_role(obj, form.cleaned_data["platform_role"].name)
            if not typed:
                self._show_link(request, obj)
        bump(obj)
        people.keep_an_administrator()

    def response_change(self, request: HttpRequest, obj: User) -> HttpResponse:
        """Back to the page of the user, from where the form was opened."""
        super().response_change(request, obj)  # says what was saved
        return redirect("accounts:user", obj.name)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People are disabled, not deleted: what they made and did keeps its name."""
        return False

    def _show_link(self, request: HttpRequest, user: User) -> None:
        url = sign_in_links.sign_in_link(user.name, request.build_absolute_uri("/"), made_by=str(request.user))
        self._note(request, "a sign-in link")
        words = _("Sign-in link for %(name)s, valid once and for a day:") % {"name": user.name}
        link = format_html("{} <code>{}</code>{}", words, url, copy(url, str(_("Copy the link"))))
        messages.success(request, link, extra_tags="stays")


@admin.register(Workspace)
class WorkspaceAdmin(_WithMembers):
    """Workspaces and their members."""

    list_display = ["name", "alias", "since", "opens"]
    search_fields = ["name", "alias"]
    inlines = [OfWorkspace]

    def page(self, obj: Workspace) -> str:
        return reverse("accounts:workspace", args=[obj.name])

    def kept(self, request: HttpRequest, obj: Workspace) -> str:
        if not (names := [project.name for project in obj.projects.all()]):
            return ""
        words = ngettext("Has %d project", "Has %d projects", len(names)) % len(names)
        return format_html('{}<span class="more">: {}</span>', words, names[0]) if len(names) == 1 else words

    @admin.display(description=_("projects"))
    def inside(self, workspace: Workspace) -> str:
        projects = ((reverse("accounts:project", args=[project.name]), project) for project in workspace.projects.all())
        return format_html_join(", ", '<a href="{}">{}</a>', projects) or str(_("None"))

    @admin.display(description=_("UUID"))
    def identity(self, workspace: Workspace) -> str:
        return str(workspace.uuid)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The name of a workspace stays, and is in the heading."""
        return [("alias", "description"), "inside", "since", "identity"] if obj else ["name", ("alias", "description")]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["inside", "since", "identity"] if obj else []


@admin.register(Project)
class ProjectAdmin(_WithMembers):
    """Projects and their members. Making one needs the cluster and is done on the page of its workspace."""

    list_display = ["name", "alias", "workspace", "creator", "set_up", "opens"]
    search_fields = ["name", "alias"]
    list_filter = ["workspace"]
    readonly_fields = ["workspace", "creator", "since", "set_up", "identity"]
    fields = [("alias", "description"), *readonly_fields]
    inlines = [OfProject]

    def page(self, obj: Project) -> str:
        return reverse("accounts:project", args=[obj.name])

    @admin.display(description=_("set up in the cluster"), ordering="ready")
    def set_up(self, project: Project) -> str:
        return times.element(project.ready, "ago") or str(_("Not yet"))

    @admin.display(description=_("UUID"))
    def identity(self, project: Project) -> str:
        return str(project.uuid)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _level(value: Any) -> Level:
    return Level(value) if value in set(Level) else Level.PROJECT


def _place_of(form: Any, level: Level, role: Role | None) -> str:
    """Whose own the role is, or will be: the name of a workspace or a project; "" if it can be given in all."""
    if role:
        return str(role.project or role.workspace or "")
    model = {Level.PROJECT: Project, Level.WORKSPACE: Workspace}.get(level)
    chosen = form[level.value].value() if model else None
    place: Any = model._default_manager.filter(pk=chosen).first() if model and str(chosen).isdecimal() else None
    return str(place or "")


def _permissions(level: Level, values: Iterable[str], role: Role | None, place: str) -> dict[str, Any]:
    """What the console's own page of a role shows, for the templates that both share."""
    holders = Membership.objects.filter(role=role).order_by("user__name") if role else Membership.objects.none()
    names = list(holders.values_list("user__name", flat=True).distinct())
    of_place = {"workspace": role.workspace_id or "", "project": role.project_id or ""} if role else {}
    held = role.capabilities if role else []
    copied = urlencode({"level": level.value, **of_place, "capabilities": held}, doseq=True)
    before = role.capability_set if role else frozenset()
    return {
        "role": role,
        "changes": role is None or not role.built_in,
        "level": level.value,
        "levels": role is None,
        "boxes": boxes(level, values, before=before, others=role is None),
        "effect": effect(values, before),
        "reach": reach(level, place),
        "holders": names,
        "copy_link": f"{reverse('admin:accounts_role_add')}?{copied}",
        "members_link": f"{reverse('admin:accounts_membership_changelist')}?role__id__exact={role.pk if role else ''}",
    }


@admin.register(Role)
class RoleAdmin(Recorded):
    """Roles. The built-in ones come with the console and cannot be changed."""

    form = RoleForm
    fields = [("name", "description"), ("level", "workspace", "project"), "capabilities"]
    list_display = ["name", "level", "place", "kind", "description"]
    list_filter = ["level", ("built_in", ByKind)]
    search_fields = ["name", "description"]

    @admin.display(description=_("place"))
    def place(self, role: Role) -> str:
        return str(role.project or role.workspace or _("everywhere"))

    @admin.display(description=_("kind"), ordering="built_in")
    def kind(self, role: Role) -> str:
        return str(_("Built in") if role.built_in else _("Custom"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The level and the place of a role stay, and are in the heading."""
        if obj is None:
            return self.fields
        return ["name", "description", "capabilities"] if self.has_change_permission(request, obj) else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new role of what is chosen so far, without what another level had."""
        typed: dict[str, Any] = super().get_changeform_initial_data(request)
        level = _level(typed.get("level", ""))
        others = {other.value for other in Level} - {level.value}
        kept = {name: value for name, value in typed.items() if name not in others}
        return kept | {"level": level.value, "capabilities": request.GET.getlist("capabilities")}

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """htmx asks what the boxes as they are ticked mean, or, of a new role, what another level offers."""
        form, obj = context["adminform"].form, context["original"]
        values = obj.capabilities if obj else form["capabilities"].value() or ()
        if "preview" in request.GET:
            values = request.GET.getlist("capabilities")
        elif obj and form.is_bound:
            values = form["capabilities"].value() or ()
        level = Level(obj.level) if obj else _level(form["level"].value())
        context |= _permissions(level, values, obj, _place_of(form, level, obj))
        context["in_part"] = htmx.wants_part(request)
        response = super().render_change_form(request, context, *args, **kwargs)
        if context["in_part"]:
            of_level = request.headers.get("HX-Target") == "of-level"
            response.template_name = "admin/role_level.html" if of_level else "accounts/parts/role_effect.html"
        patch_vary_headers(response, ("HX-Request", "HX-Target"))
        return response

    def kept(self, request: HttpRequest, obj: Role) -> str:
        members = obj.memberships.count()
        return ngettext("Has %d member", "Has %d members", members) % members if members and not obj.built_in else ""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.built_in)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and (obj.built_in or obj.memberships.exists()))

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        rolekeeping.role_changed(obj)
        people.keep_an_administrator()


@admin.register(Membership)
class MembershipAdmin(Recorded):
    """All memberships in one list."""

    form = MembershipForm

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The user and the place of a membership stay: they are read beside the form."""
        if obj is None:
            return [("user", "role"), ("workspace", "project")]
        return ["role", "person", "level", *(["place"] if obj.level != Level.PLATFORM else []), "added_by", "since"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["person", "level", "place", "added_by", "since"] if obj else []

    @admin.display(description=_("user"))
    def person(self, row: Membership) -> str:
        return format_html('<a href="{}">{}</a>', reverse("accounts:user", args=[row.user.name]), row.user)

    @admin.display(description=_("place"), ordering=Coalesce("workspace__name", "project__name"))
    def place(self, row: Membership) -> str:
        if row.project:
            address = reverse("accounts:members", args=[row.project.name])
            return format_html('<a href="{}">{}</a>', address, row.project)
        return format_html('<a href="{}">{}</a>', *_members_of(row.workspace.name)) if row.workspace else ""

    @admin.display(description=_("user"), ordering="user__name")
    def holder(self, row: Any) -> str:
        """Why a membership cannot be selected is said where its box is grey."""
        if not row.kept or row.kept.never:
            return str(row.user)
        return format_html("{}<small>{}</small>", row.user, row.kept.reason)

    @admin.display(description=_("role"), ordering="role__name")
    def given(self, row: Membership) -> str:
        return row.role.name

    @admin.display(description="")
    def picked(self, row: Membership) -> str:
        return membershiplist.box(row)

    @admin.display(description="")
    def acts(self, row: Membership) -> str:
        return membershiplist.menu(row)

    ordering = ["user__name"]
    list_display = ["picked", "holder", "level", "place", "given", "added_by", "since", "acts"]
    list_display_links = ["holder"]
    list_filter = ["level", ("role__name", ByRole)]
    search_fields = ["user__name", "workspace__name", "project__name"]
    list_select_related = ["user", "workspace", "project", "role"]

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if change:
            bump(Membership.objects.select_related("user").get(pk=obj.pk).user)
        obj.added_by = obj.added_by or str(request.user)
        super().save_model(request, obj, form, change)
        bump(obj.user)
        people.keep_an_administrator()

    def kept(self, request: HttpRequest, obj: Membership) -> str:
        kept = membershiplist.kept(request, [obj]).get(obj.pk)
        return kept.reason if kept else ""

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        context["asks_at"] = membershiplist.asks_at(context["original"]) if context["original"] else ""
        return super().render_change_form(request, context, *args, **kwargs)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return membershiplist.Memberships

    def get_urls(self) -> list[Any]:
        remove = self.admin_site.admin_view(self.remove_view)
        return [path("remove/", remove, name="accounts_membership_remove"), *super().get_urls()]

    def remove_view(self, request: HttpRequest) -> HttpResponse:
        """Removing the memberships that are selected, as the pages of members do: a question over the list."""
        if not isinstance(request.user, User) or not self.has_delete_permission(request):
            raise PermissionDenied
        question = membershiplist.ask(request, request.user)
        back = f"{reverse('admin:accounts_membership_changelist')}?{question.filters}".rstrip("?")
        if question.done:
            messages.success(request, question.done)
            return redirect(back)
        request.GET = QueryDict(question.filters)
        titled = {"question": question, "back_to_list": back}
        response: Any = self.changelist_view(request, titled)
        if shown := getattr(response, "context_data", {}).get("cl"):
            membershiplist.tick(shown.result_list, question)
        response.status_code = question.status if response.status_code == 200 else response.status_code
        return response  # type: ignore[no-any-return]

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        user = obj.user
        self._note(request, *_leave(obj))
        bump(user)
        people.keep_an_administrator()


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly):
    """The record."""

    list_display = ["id", "at", "actor", "action", "target", "outcome", "project", "duration_ms"]
    list_filter = ["outcome", "action"]
    search_fields = ["actor", "target", "project", "request_id"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"title": _("Activity"), **(extra_context or {})})


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    """Who was asked in by whom."""

    list_display = ["user", "role", "workspace", "project", "state", "invited_by", "created"]


@admin.register(SignInLink)
class SignInLinkAdmin(ReadOnly):
    """Links that were made; their tokens are not kept."""

    list_display = ["user", "state", "since", "spent", "made_by"]
    fields = ["user", "created", "expires", "used", "made_by"]

    @admin.display(description=_("state"))
    def state(self, link: SignInLink) -> str:
        left = (link.expires - timezone.now()).total_seconds()
        if link.used:
            return str(_("Not valid"))  # used, or of a user who was disabled
        return str(_("Valid, %s left") % times.duration(left) if left > 0 else _("Expired"))

    @admin.display(description=_("created"), ordering="created")
    def since(self, link: SignInLink) -> str:
        return times.element(link.created, "ago")

    @admin.display(description=_("used"), ordering="used")
    def spent(self, link: SignInLink) -> str:
        return times.element(link.used, "ago")
