"""What the frame around every page shows: where one is, where else one may go, what the navigation offers.

Template variable `shell` (None for who is not signed in), in templates/base.html:

    shell.person.name, .title           the signed-in person
    shell.person.is_admin               may open /admin/
    shell.role                          "operator": the role in the current place, may be ""
    shell.platform_url                  the first page of the platform that the person may open, or ""
    shell.workspace, shell.project      Place(uuid, name, alias, title) or None: where one is
    shell.workspaces                    switcher, by name: each .place (Place), .url, .current,
                                        .projects: each .place, .url, .current
                                        (.url is "" for a workspace that one sees only because of a project in it);
                                the first MOST_PLACES of them
    shell.more                          whether there are more: the switcher loads them when it is opened
    shell.workspace_url                 of the current workspace, "" where one may not look at it
    shell.can                           capabilities with dots as underscores: {% if shell.can.services_manage %}
    shell.level                         "project", "workspace", "platform" or "home": which navigation to draw

`shell` is lazy: a page that does not use it pays nothing, one that does pays for two queries or three.
"""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.actor import Place, Scope
from accounts.domain.reach import Nearby, places_nearby
from accounts.models import User
from accounts.requests import Request
from accounts.roles import Capability, Level
from accounts.trouble import place_of_path

MOST_PLACES = 20  # of projects and workspaces in every page


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    title: str
    is_admin: bool


@dataclass(frozen=True, slots=True)
class ProjectEntry:
    place: Place
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class WorkspaceEntry:
    place: Place
    url: str
    current: bool
    projects: tuple[ProjectEntry, ...]


@dataclass(frozen=True, slots=True)
class Shell:
    person: Person
    role: str
    level: str
    platform_url: str
    workspace: Place | None
    project: Place | None
    workspace_url: str
    workspaces: tuple[WorkspaceEntry, ...]
    more: bool
    can: "Can"

    @property
    def itself(self) -> "Shell":
        """What a part that is kept is given: templates have a lazy stand-in, which holds the request."""
        return self


class Can(frozenset[str]):
    """What the person may do there: `shell.can.services_manage` in templates. Hashable, as all of the shell is."""

    def __getitem__(self, capability: str) -> bool:
        return capability in self


def shell(request: Request) -> dict[str, object]:
    """Context processor."""
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: Request) -> Shell | None:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    scope: Scope | None = getattr(request, "place_scope", None)
    if scope is None and request.resolver_match is None:  # no such page: the place whose address it is below stays
        scope = request.place_scope = place_of_path(user, request.path)
    held = scope.capabilities if scope else user.platform_capabilities
    platform_url = _platform_url(user.platform_capabilities)
    workspace, opens = scope.workspace if scope else None, Capability.WORKSPACE_VIEW in held
    places, more = nearby(request)
    return Shell(
        person=Person(name=user.name, title=user.display_name or user.name, is_admin=user.is_platform_admin),
        role=scope.standing if scope else "",
        level=_level(scope, platform_url),
        platform_url=platform_url,
        workspace=workspace,
        project=scope.project if scope else None,
        workspace_url=reverse("accounts:workspace", args=[workspace.name]) if workspace and opens else "",
        workspaces=tuple(_workspace(place, scope) for place in places),
        more=more,
        can=Can(capability.value.replace(".", "_") for capability in held),
    )


def nearby(request: Request) -> tuple[tuple[Nearby, ...], bool]:
    """The first places of who asks, and whether there are more; read once for a request."""
    if not hasattr(request, "nearby"):
        request.nearby = places_nearby(request.user, MOST_PLACES)
    return request.nearby


def switcher(user: User, scope: Scope | None) -> tuple[WorkspaceEntry, ...]:
    """All places of a person."""
    places, _more = places_nearby(user, None)
    return tuple(_workspace(place, scope) for place in places)


def _platform_url(held: frozenset[Capability]) -> str:
    if Capability.PLATFORM_ADMIN in held:
        return reverse("admin:accounts_workspace_changelist")
    return reverse("admin:accounts_user_changelist") if Capability.USERS_MANAGE in held else ""


def _level(scope: Scope | None, platform_url: str) -> str:
    """Who has no page on the platform is at home there: where a workspace is created, or a refusal is explained."""
    if scope is None:
        return "home"
    if scope.project:
        return Level.PROJECT.value
    if scope.workspace:
        return Level.WORKSPACE.value
    return Level.PLATFORM.value if platform_url else "home"


def _workspace(near: Nearby, scope: Scope | None) -> WorkspaceEntry:
    workspace = near.workspace
    return WorkspaceEntry(
        place=Place(workspace.uuid, workspace.name, workspace.alias),
        url=reverse("accounts:workspace", args=[workspace.name]) if near.opens else "",
        current=bool(scope and scope.workspace and scope.workspace.uuid == workspace.uuid),
        projects=tuple(
            ProjectEntry(
                place=Place(project.uuid, project.name, project.alias),
                url=reverse("accounts:project", args=[project.name]),
                current=bool(scope and scope.project and scope.project.uuid == project.uuid),
            )
            for project in near.projects
        ),
    )
