"""From an address to what the person may do there. The only way into a view that is about a project, a workspace or the
platform.

    @in_project(Capability.SERVICES_MANAGE)
    def delete(request, scope, name): ...

The URL keyword `project` (or `workspace`) is consumed. Who is nothing to the place gets a 404, the same as for a place
that does not exist; who is something, but may not do this, gets a 403 that says what it takes.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor, NotAllowed, Place, Scope
from accounts.models import Membership, Project, Role, User, Workspace
from accounts.requests import Request
from accounts.roles import IN_PROJECT, PLATFORM_ADMIN, Capability, Level
from accounts.words import cannot, holds, standing

__all__ = [
    "Actor",
    "NotAllowed",
    "Place",
    "Refused",
    "Scope",
    "in_project",
    "in_workspace",
    "is_current",
    "is_still_signed_in",
    "on_platform",
    "project_scopes",
]

MOST_GIVERS = 3

View = Callable[..., HttpResponseBase]
Decorator = Callable[[View], View]


class Refused(NotAllowed):
    """A 403 that says which capability was missing, and who could give it."""

    def __init__(self, scope: Scope, capability: Capability) -> None:
        self.scope = scope
        self.capability = capability
        names = self.givers = givers(scope)
        who = _("%s can grant you this permission.") % _(" or ").join(names) if names else ""
        if _is_nobody(scope):
            who = _("A platform administrator can grant you this permission.")
        elif len(names) == 1:
            who = _("The user %s can grant you this permission.") % names[0]
        super().__init__(cannot(capability, scope.place), f"{holds(scope.standing)} {who}".strip())


def in_project(capability: Capability) -> Decorator:
    """The view gets a Scope of the project named in the URL, or is not called at all."""
    return _scoped(capability, "project", project_scope)


def in_workspace(capability: Capability) -> Decorator:
    """The view gets a Scope of the workspace named in the URL, or is not called at all."""
    return _scoped(capability, "workspace", workspace_scope)


def on_platform(capability: Capability | None = None) -> Decorator:
    """The view gets a Scope of the platform. Without a capability, everybody who is signed in may."""
    return _scoped(capability, None, platform_scope)


def is_current(scope: Scope) -> bool:
    """Is what the scope says still so? Two small queries; streams ask it before they send and end when it is not."""
    return _epoch(scope) == scope.epoch


def is_still_signed_in(request: Request) -> bool:
    """Has the session that the request came with not ended since? One small query, for streams as well."""
    key = request.session.session_key
    return key is not None and bool(type(request.session)(key).load())  # `exists` is true for one that has expired


def project_scope(user: User, name: str, request_id: str = "") -> Scope | None:
    """What the person is in the project, or None if nothing (or if there is none)."""
    try:
        project = Project.objects.select_related("workspace").get(name=name)
    except Project.DoesNotExist:
        return None
    return _scope_in(user, project, _read_anew(user, project), request_id)


def project_scopes(who: int, names: Iterable[str], capability: Capability) -> list[Scope]:
    """Those of the projects named in which the person (by key) may do this now, in the order of the names."""
    user = User.objects.filter(pk=who, is_active=True).first()
    if user is None:
        return []
    projects = Project.objects.select_related("workspace").in_bulk(list(names), field_name="name")
    in_projects = Membership.objects.filter(user=user, project__in=projects.values()).select_related("role")
    memberships = (*user.wide_memberships, *in_projects)
    scopes = (_scope_in(user, projects[name], memberships, "") for name in names if name in projects)
    return [scope for scope in scopes if scope is not None and scope.can(capability)]


def _scope_in(user: User, project: Project, held_in: Iterable[Membership], request_id: str) -> Scope | None:
    workspace = project.workspace
    memberships = [
        membership
        for membership in held_in
        if project.pk == membership.project_id or workspace.pk == membership.workspace_id
    ]
    held = user.platform_capabilities.union(*(membership.role.capability_set for membership in memberships))
    if not held & IN_PROJECT:
        return None
    roles = {"project" if membership.project_id else "workspace": membership.role for membership in memberships}
    return Scope(
        actor=_actor(user),
        capabilities=held,
        workspace=Place(workspace.uuid, workspace.name, workspace.alias),
        project=Place(project.uuid, project.name, project.alias),
        role=_role(user, memberships),
        epoch=user.epoch + workspace.epoch + project.epoch,
        request_id=request_id,
        above=standing(roles.get("project"), roles.get("workspace"), user.platform_role),
    )


def workspace_scope(user: User, name: str, request_id: str = "") -> Scope | None:
    """What the person is in the workspace, or None if nothing. Being in one of its projects alone is nothing."""
    workspace = Workspace.objects.filter(name=name).first()
    if workspace is None:
        return None
    memberships = [membership for membership in _read_anew(user) if membership.workspace_id == workspace.pk]
    held = user.platform_capabilities.union(*(membership.role.capability_set for membership in memberships))
    if Capability.WORKSPACE_VIEW not in held:
        return None
    return Scope(
        actor=_actor(user),
        capabilities=held,
        workspace=Place(workspace.uuid, workspace.name, workspace.alias),
        role=_role(user, memberships),
        epoch=user.epoch + workspace.epoch,
        request_id=request_id,
    )


def platform_scope(user: User, request_id: str = "") -> Scope:
    """What the person is on the platform."""
    memberships = [membership for membership in _read_anew(user) if membership.level == Level.PLATFORM]
    return Scope(
        actor=_actor(user),
        capabilities=user.platform_capabilities,
        role=_role(user, memberships),
        epoch=user.epoch,
        request_id=request_id,
    )


def _scoped(capability: Capability | None, keyword: str | None, find: Callable[..., Scope | None]) -> Decorator:
    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: Request, **parts: Any) -> HttpResponseBase:
            if not request.user.is_active:  # nor is who is not signed in
                return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
            place = (parts.pop(keyword),) if keyword else ()
            scope = find(request.user, *place, request_id=request.request_id)
            if scope is None:
                raise Http404
            request.place_scope = scope = replace(scope, address=request.META.get("REMOTE_ADDR", ""))
            if capability is not None and not scope.can(capability):
                if request.method not in {"GET", "HEAD", "OPTIONS"}:
                    audit.refuse(scope, "access.refused", target=request.path, message=f"needs {capability.value}")
                raise Refused(scope, capability)
            return view(request, scope, **parts)

        return answer

    return decorate


def _read_anew(user: User, project: Project | None = None) -> tuple[Membership, ...]:
    """What the person is on the platform, in workspaces and in this project, as the database has it now; what else asks
    in this request shares the answer.
    """
    user.__dict__.pop("platform_capabilities", None)
    read = user.read_memberships(project)
    user.wide_memberships = tuple(membership for membership in read if membership.project_id is None)
    return read


def givers(scope: Scope) -> list[str]:
    """Who can give the person another role there, by name: the first MOST_GIVERS members of the place itself who manage
    its members. Who may do nothing on the platform does not read who administers it.
    """
    if _is_nobody(scope):
        return [_("a platform administrator")]
    among = Membership.objects.filter(user__is_active=True)
    if scope.project:
        among, manages = among.filter(project__uuid=scope.project.uuid), Capability.PROJECT_MANAGE
    elif scope.workspace:
        among, manages = among.filter(workspace__uuid=scope.workspace.uuid), Capability.WORKSPACE_MANAGE
    else:
        among, manages = among.filter(level=Level.PLATFORM), Capability.PLATFORM_ADMIN
    # By their roles, which are few: the members may be many, and everybody can ask for a refusal.
    enough = [role for role in Role.objects.filter(pk__in=among.values("role")) if manages in role.capability_set]
    names = among.filter(role__in=enough).order_by("user__name").values_list("user__name", flat=True)
    return list(names[:MOST_GIVERS])


def _is_nobody(scope: Scope) -> bool:
    return not (scope.project or scope.workspace or scope.capabilities)


def _actor(user: User) -> Actor:
    return Actor(uuid=user.uuid, name=user.name, is_admin=user.is_platform_admin)


def _role(user: User, memberships: list[Membership]) -> str:
    """The name to show: of the innermost membership, else of what lets the person in from above."""
    nearest = min(memberships, key=lambda membership: membership.project_id is None, default=None)
    if user.is_platform_admin and (nearest is None or nearest.project_id is None):
        return PLATFORM_ADMIN
    return nearest.role.name if nearest else ""


def _epoch(scope: Scope) -> int | None:
    """The sum of the epochs that bear on the scope, or None if the person may not sign in any more or the place is
    gone.
    """
    try:
        total = User.objects.values_list("epoch", flat=True).get(uuid=scope.actor.uuid, is_active=True)
        if scope.project:
            places = Project.objects.values_list("epoch", "workspace__epoch").get(uuid=scope.project.uuid)
            return total + sum(places)
        if scope.workspace:
            return total + Workspace.objects.values_list("epoch", flat=True).get(uuid=scope.workspace.uuid)
    except (User.DoesNotExist, Project.DoesNotExist, Workspace.DoesNotExist):
        return None
    return total
