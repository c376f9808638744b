"""What the page of an error says beside the error: why somebody may not, who can change it, and the way back.

Template variable `trouble`, in templates/errors/. It is lazy: it costs nothing where nothing went wrong, and where the
database is what went wrong, the page is rendered without it.

    trouble.back                .url, .words: back to where one was
    trouble.refusal             why one may not do it (`Refusal`), or None
    trouble.similar             Services of the project whose names are like the one that does not exist
"""

import shlex
from dataclasses import dataclass
from difflib import get_close_matches
from heapq import nlargest
from os.path import commonprefix

from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts.actor import Scope
from accounts.domain import membership
from accounts.domain.matrix import Area, areas, beside
from accounts.models import Role, User
from accounts.requests import Request
from accounts.roles import Capability, Level
from accounts.scope import Refused, givers, project_scope, workspace_scope
from accounts.words import CAPABILITY, Text
from console.kube import errors

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
MOST_COMPARED = 1000


@dataclass(frozen=True, slots=True)
class Way:
    url: str
    words: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """`verb`, `resource`, `namespace` and `command`: of what the cluster refused; "" if Berth did not ask it."""

    person: str
    role: str
    permission: Text
    smallest: str
    givers: tuple[str, ...]
    area: Area | None
    verb: str = ""
    resource: str = ""
    namespace: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    back: Way
    refusal: Refusal | None
    similar: tuple[str, ...]


def trouble(request: Request) -> dict[str, object]:
    """Context processor."""
    return {"trouble": SimpleLazyObject(lambda: _trouble(request))}


def place_of_path(user: User, path: str) -> Scope | None:
    """The place that an address without a page is below: its errors keep the shell of it. None for a stranger."""
    kind, _slash, rest = path.strip("/").partition("/")
    find = {"projects": project_scope, "workspaces": workspace_scope}.get(kind)
    name = rest.partition("/")[0]
    return find(user, name) if find and name else None


def _trouble(request: Request) -> Trouble:
    scope: Scope | None = getattr(request, "place_scope", None)
    cause = getattr(request, "refused_by", None)
    return Trouble(_back(scope, request.path), _refusal(scope, cause), _similar(request, scope, cause))


def _back(scope: Scope | None, path: str) -> Way:
    """The list that a page of the project is below, else the place itself; from a place itself it is home."""
    if scope and scope.project:
        services = reverse("services:list", args=[scope.place])
        if path.startswith((services, services.removesuffix("s/") + "/")) and path != services:
            return Way(services, _("Back to Services"))
        overview = reverse("accounts:project", args=[scope.place])
    elif scope and scope.workspace:
        overview = reverse("accounts:workspace", args=[scope.place])
    else:
        return Way(reverse("accounts:home"), _("Back to Home"))
    if path == overview:
        return Way(reverse("accounts:home"), _("Back to Home"))
    return Way(overview, _("Back to %s") % (scope.place if scope else ""))


def _refusal(scope: Scope | None, cause: object) -> Refusal | None:
    if isinstance(cause, Refused):
        return _explained(cause.scope, cause.capability, cause.givers)
    if not isinstance(cause, errors.Forbidden) or cause.console_itself or not scope or not scope.project:
        return None
    resource = cause.resource.partition(".")[0]
    capability = Capability.VIEW if cause.verb in READING else CHANGES.get(resource.partition("/")[0], Capability.VIEW)
    asked = ["kubectl", "auth", "can-i", cause.verb, cause.resource, "-n", scope.place, "--as", scope.identity.user]
    groups = (f"--as-group={group}" for group in scope.identity.groups)
    command = shlex.join([*asked, *groups])
    who = [] if scope.can(capability) else givers(scope)
    call = {"verb": cause.verb, "resource": resource, "namespace": scope.place, "command": command}
    return _explained(scope, capability, who, **call)


def _explained(scope: Scope, capability: Capability, who: list[str], **call: str) -> Refusal:
    level = Level.PROJECT if scope.project else Level.WORKSPACE if scope.workspace else Level.PLATFORM
    roles = list(Role.objects.filter(level=level)) if level is Level.PLATFORM else membership.roles_for(scope)
    roles = membership.most_first(roles)
    enough = [role.name for role in roles if capability in role.capability_set]
    lacks = not scope.can(capability)
    return Refusal(
        person=scope.actor.name,
        role=scope.role,
        permission=CAPABILITY[capability],
        smallest=enough[-1] if enough and lacks else "",
        givers=tuple(who),
        area=next(iter(areas(roles, level, beside(capability))), None),
        **call,
    )


def _similar(request: Request, scope: Scope | None, cause: object) -> tuple[str, ...]:
    ref = cause.ref if isinstance(cause, errors.NotFound) else None
    if ref is None or ref.kind.kind != "Service" or not scope or not scope.project:
        return ()
    try:
        services = request.cluster.look(scope.subject, scope.place).services()
    except errors.KubeError:
        return ()
    return nearest(ref.name, [service.name for service in services])


def nearest(name: str, names: list[str]) -> tuple[str, ...]:
    """Up to three that are most like it. Comparing is slow and everybody can ask for it, so of many names only the
    MOST_COMPARED are compared that begin like it for longest.
    """
    if len(names) > MOST_COMPARED:
        names = nlargest(MOST_COMPARED, names, key=lambda other: len(commonprefix((name, other))))  # noqa: RUF071 - no paths
    return tuple(get_close_matches(name, names, n=3))
