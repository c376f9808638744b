"""What the frame around every page shows: where one is, where else one may go, what the navigation offers.

Template variable `shell`: a `console.web.navigation.Shell`, or None for who is not signed in. `switch` holds the person's projects
(in a workspace or above: workspaces), by name. It is lazy: a page without a frame pays nothing, one with it two to four queries.
"""

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.models import Membership, Project, User, Workspace
from accounts.roles import IN_PROJECT, Capability, Level
from accounts.standing import Place as Standing
from accounts.standing import Scope
from console.web.navigation import Place, Shell


def shell(request: HttpRequest) -> dict[str, object]:
    """Context processor."""
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> Shell | None:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    scope: Scope | None = getattr(request, "scope", None)
    held = scope.capabilities if scope else user.platform_capabilities
    return Shell(
        person=user.name,
        level=_level(scope),
        role=f"{scope.role} · {scope.place}" if scope and scope.place else scope.role if scope else "",
        workspace=_place(scope.workspace, "accounts:workspace", "workspace") if scope and scope.workspace else None,
        project=_place(scope.project, "accounts:project", "project") if scope and scope.project else None,
        switch=_switch(user, scope),
        capabilities=frozenset(capability.value for capability in held),
    )


def _level(scope: Scope | None) -> str:
    if scope is None:
        return "home"
    return Level.PROJECT.value if scope.project else Level.WORKSPACE.value if scope.workspace else Level.PLATFORM.value


def _place(place: Standing | Project | Workspace, view: str, keyword: str) -> Place:
    return Place(name=place.name, alias=place.alias, url=reverse(view, kwargs={keyword: place.name}))


def _switch(user: User, scope: Scope | None) -> tuple[Place, ...]:
    workspaces, projects = places_of(user)
    if scope and scope.project:
        return tuple(_place(project, "accounts:project", "project") for project in projects)
    return tuple(_place(workspace, "accounts:workspace", "workspace") for workspace in workspaces)


def places_of(user: User) -> tuple[list[Workspace], list[Project]]:
    """The workspaces a person may open and the projects a person is something in, both by name."""
    projects = Project.objects.select_related("workspace")
    if user.platform_capabilities & IN_PROJECT:
        return list(Workspace.objects.all()), list(projects)
    memberships = list(Membership.objects.filter(user=user).exclude(level=Level.PLATFORM).select_related("role"))
    opened = [each.workspace_id for each in memberships if Capability.WORKSPACE_VIEW in each.role.capability_set]
    reach = [each.workspace_id for each in memberships if each.workspace_id and each.role.capability_set & IN_PROJECT]
    own = [each.project_id for each in memberships if each.project_id and each.role.capability_set & IN_PROJECT]
    sees_all = Capability.WORKSPACE_VIEW in user.platform_capabilities
    workspaces = Workspace.objects.all() if sees_all else Workspace.objects.filter(pk__in=[pk for pk in opened if pk])
    return list(workspaces), list(projects.filter(Q(workspace_id__in=reach) | Q(pk__in=own)))
