"""From a person in our database to a person in the cluster: an ASCII user name and the groups of one request.

The user is `berth:<uuid>`, made once, never reused, never derived from the name. The groups are those of the one
project that the request is about, so that a mistake reaches no further than that project. Pure: values in, values out.
"""

from collections.abc import Iterable
from uuid import UUID

from accounts.roles import KUBERNETES, Capability
from console.kube.kinds import Identity

CLUSTER_VIEW = "berth:platform:cluster.view"


def group(project: UUID, capability: str) -> str:
    """The group that holds a capability in a project; RoleBindings name it."""
    return f"berth:{project}:{capability}"


def user_identity(user: UUID, *, project: UUID | None = None, capabilities: Iterable[Capability] = ()) -> Identity:
    """Who the cluster is told this is, for a request about `project` (or about none)."""
    held = frozenset(capabilities)
    groups = {group(project, capability) for capability in held & KUBERNETES} if project is not None else set()
    if groups or (project is None and Capability.WORKSPACE_VIEW in held):
        groups.add(CLUSTER_VIEW)
    return Identity(user=f"berth:{user}", groups=tuple(sorted(groups)))
