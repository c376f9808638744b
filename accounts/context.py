"""What the frame around every page shows: where one is, where else one may go, what the navigation offers.

Template variable `shell`: a `console.web.navigation.Shell`, or None for who is not signed in. `switch` holds the
projects of the person (in a workspace or above: the workspaces), by name. It is lazy: a page without a frame pays
nothing.
"""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.domain.reach import places_of
from accounts.models import Project, User, Workspace
from accounts.roles import Level
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
    around = places_of(user)
    if scope and scope.project:
        found = [reached.project for each in around for reached in each.projects]
        return tuple(
            _place(project, "accounts:project", "project") for project in sorted(found, key=lambda one: one.name)
        )
    return tuple(_place(each.workspace, "accounts:workspace", "workspace") for each in around if each.opens)
