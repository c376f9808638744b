"""What the page of an error says beside the error: why somebody may not, who can change it, and the way back.

Template variable `trouble`, in templates/errors/. It is lazy: it costs nothing where nothing went wrong, and where the
database is what went wrong, the page is rendered without it.

    trouble.back                .url, .words: back to where one was
    trouble.refusal             why one may not do it (`Refusal`), or None
    trouble.missing             the object that does not exist: .kind, .name; or None
    trouble.misses_service      whether it is a Service of the project that does not exist
    trouble.similar             Services of the project whose names are like the one that does not exist: .name, .alias
    trouble.deleted             Services of the project that were deleted last: .name, .at, .actor
    trouble.kept_days           for how many days what is deleted is kept
    trouble.sought              what may be searched for: the place that there is not, else the last part of the address
    trouble.recent              where no place is known: the person's projects, the most recently changed first
"""

import shlex
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from heapq import nlargest
from os.path import commonprefix

from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import across, recycle_bin
from accounts.actor import Scope
from accounts.domain import membership
from accounts.domain.matrix import Area, areas, beside
from accounts.models import DeletedObject, Project, Role, User
from accounts.requests import Request
from accounts.roles import Capability, Level
from accounts.scope import Refused, givers, project_scope, workspace_scope
from accounts.words import CAPABILITY, Text
from console.kube import errors
from console.kube.kinds import Ref
from console.kube.records import ServiceRecord
from console.kube.visible import visible

# Which capability it takes to change a kind of object; to read them it takes `view`.
CHANGES = {
    "services": Capability.SERVICES_MANAGE,
    "ingresses": Capability.SERVICES_MANAGE,
    "deployments": Capability.WORKLOADS_MANAGE,
    "statefulsets": Capability.WORKLOADS_MANAGE,
    "daemonsets": Capability.WORKLOADS_MANAGE,
    "horizontalpodautoscalers": Capability.WORKLOADS_MANAGE,
    "pods": Capability.WORKLOADS_MANAGE,
    "configmaps": Capability.CONFIG_MANAGE,
    "networkpolicies": Capability.CONFIG_MANAGE,
    "persistentvolumeclaims": Capability.STORAGE_MANAGE,
}
READING = {"get", "list", "watch"}
PLACES = {"projects": project_scope, "workspaces": workspace_scope}  # by what their addresses begin with
MOST_COMPARED = 1000
MOST_RECENT, MOST_DELETED = 5, 3
MOST_SOUGHT = 63  # characters of an address
# What everybody in a project may read, and pages are below of which some may not be opened.
_LISTS = (
    ("accounts:members", gettext_lazy("Back to Members"), gettext_lazy("Members")),
    ("accounts:roles", gettext_lazy("Back to Roles"), gettext_lazy("Roles")),
)


@dataclass(frozen=True, slots=True)
class Way:
    """`place`: what it is called where it is; "" for home."""

    url: str
    words: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """`role`: the one of the place that is all the person has there, "" where another counts; `standing`: all of them.
    `verb`, `resource`, `namespace` and `command`: of what the cluster refused; "" if Berth did not ask it.

    `message`: what to send to those who can grant the smallest sufficient role; "" where no role would do.
    """

    person: str
    role: str
    standing: str
    permission: Text
    smallest: str
    givers: tuple[str, ...]
    area: Area | None
    message: str = ""
    verb: str = ""
    resource: str = ""
    namespace: str = ""
    command: str = ""


class Trouble:
    """Each part is read when the page shows it."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._scope: Scope | None = getattr(request, "place_scope", None)
        self._cause = getattr(request, "refused_by", None)

    @cached_property
    def back(self) -> Way:
        """The list that a page of the project is below, else the place itself; from a place itself it is home."""
        scope, path = self._scope, self._request.path
        overview = ""
        if scope and scope.project:
            services = reverse("services:list", args=[scope.place])
            if path.startswith((services, services.removesuffix("s/") + "/")) and path != services:
                return Way(services, _("Back to Services"), _("Services"))
            overview = reverse("accounts:project", args=[scope.place])
            for name, words, place in _LISTS if scope.can(Capability.VIEW) else ():
                url = reverse(name, args=[scope.place])
                if path.startswith(url) and path != url:
                    return Way(url, str(words), str(place))
        elif scope and scope.workspace:
            overview = reverse("accounts:workspace", args=[scope.place])
        if scope is None or overview in {"", path}:
            return Way(reverse("accounts:home"), _("Back to Home"))
        return Way(overview, _("Back to %s") % scope.place, scope.place)

    @cached_property
    def refusal(self) -> Refusal | None:
        scope, cause = self._scope, self._cause
        address = self._request.build_absolute_uri(self._request.path)
        if isinstance(cause, Refused):
            return _explained(cause.scope, cause.capability, cause.givers, address)
        if not isinstance(cause, errors.Forbidden) or cause.console_itself or not scope or not scope.project:
            return None
        resource = cause.resource.partition(".")[0]
        changes = CHANGES.get(resource.partition("/")[0], Capability.VIEW)
        capability = Capability.VIEW if cause.verb in READING else changes
        who = [] if scope.can(capability) else givers(scope)
        call = ["kubectl", "auth", "can-i", cause.verb, cause.resource, "-n", scope.place, "--as", scope.identity.user]
        return _explained(
            scope,
            capability,
            who,
            address,
            verb=cause.verb,
            resource=resource,
            namespace=scope.place,
            command=shlex.join([*call, *(f"--as-group={group}" for group in scope.identity.groups)]),
        )

    @cached_property
    def similar(self) -> tuple[ServiceRecord, ...]:
        scope, cause = self._scope, self._cause
        if not self.misses_service or not isinstance(cause, errors.NotFound) or cause.ref is None or scope is None:
            return ()
        try:
            look = self._request.cluster.look(scope.subject, scope.place)
            services = {service.name: service for service in look.services()}
        except errors.KubeError:
            return ()
        return tuple(services[name] for name in nearest(cause.ref.name, list(services)))

    @cached_property
    def deleted(self) -> tuple[DeletedObject, ...]:
        if not self.misses_service or self._scope is None:
            return ()
        return tuple(recycle_bin.kept_in(self._scope).filter(kind="Service")[:MOST_DELETED])

    @cached_property
    def sought(self) -> str:
        parts = self._request.path.strip("/").split("/")
        place = self._scope is None and len(parts) > 1 and parts[0] in PLACES
        return visible(parts[1 if place else -1])[:MOST_SOUGHT]

    @cached_property
    def recent(self) -> list[Project]:
        user = self._request.user
        return across.newest(user, MOST_RECENT) if user.is_authenticated and self._scope is None else []

    @property
    def kept_days(self) -> int:
        return recycle_bin.days()

    @property
    def missing(self) -> Ref | None:
        """The object that does not exist, if that is what went wrong."""
        return self._cause.ref if isinstance(self._cause, errors.NotFound) else None

    @property
    def misses_service(self) -> bool:
        """Whether the page is that of a Service which does not exist, in a project of the person's."""
        return bool(self.missing and self.missing.kind.kind == "Service" and self._scope and self._scope.project)


def trouble(request: Request) -> dict[str, object]:
    """Context processor."""
    return {"trouble": SimpleLazyObject(lambda: Trouble(request))}


def place_of_path(user: User, path: str) -> Scope | None:
    """The place that an address without a page is below: its errors keep the shell of it. None for a stranger."""
    kind, _slash, rest = path.strip("/").partition("/")
    find = PLACES.get(kind)
    name = rest.partition("/")[0]
    return find(user, name) if find and name else None


def _explained(scope: Scope, capability: Capability, who: list[str], address: str, **call: str) -> Refusal:
    level = Level.PROJECT if scope.project else Level.WORKSPACE if scope.workspace else Level.PLATFORM
    roles = list(Role.objects.filter(level=level)) if level is Level.PLATFORM else membership.roles_for(scope)
    roles = membership.most_first(roles)
    enough = [role.name for role in roles if capability in role.capability_set]
    smallest = enough[-1] if enough and not scope.can(capability) else ""
    # What somebody who was refused sends to those who can help; the address follows.
    request = _("I am {name}. I need the role {role} on the platform, for the permission “{permission}”:")
    if scope.place:
        request = _("I am {name}. I need the role {role} in {place}, for the permission “{permission}”:")
    words = {"name": scope.actor.name, "role": smallest, "place": scope.place, "permission": CAPABILITY[capability]}
    return Refusal(
        person=scope.actor.name,
        role="" if scope.above and scope.above != scope.role else scope.role,
        standing=scope.in_words,
        permission=CAPABILITY[capability],
        smallest=smallest,
        givers=tuple(who),
        area=next(iter(areas(roles, level, beside(capability))), None),
        message=f"{request.format(**words)}\n{address}" if smallest else "",
        **call,
    )


def nearest(name: str, names: list[str]) -> tuple[str, ...]:
    """Up to three that are most like it. Comparing is slow and everybody can ask for it, so of many names only the
    MOST_COMPARED are compared that begin like it for longest.
    """
    if len(names) > MOST_COMPARED:
        names = nlargest(MOST_COMPARED, names, key=lambda other: len(commonprefix((name, other))))  # noqa: RUF071 - no paths
    return tuple(get_close_matches(name, names, n=3))
