"""Capabilities and the built-in roles: what a person may do, as data. Pure: knows neither Django nor the database.

A role is a set of capabilities. Capabilities reach downwards: a capability of projects that stands in a workspace role
holds in every project of that workspace, and one that stands in a platform role holds everywhere. So "may A give role R
to B" is one question: is R's set a subset of what A holds in that place.

The names follow the KubeSphere documentation (services-console.md 7.2). Deliberately narrower than documented: a
project viewer and a workspace viewer see neither logs nor Secrets, and a workspaces-manager does not reach into
projects.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """Where a role can be given."""

    PLATFORM = "platform"
    WORKSPACE = "workspace"
    PROJECT = "project"


class Capability(StrEnum):
    """One thing a person may do. The values are stored, and are part of ClusterRole and group names."""

    VIEW = "view"
    LOGS = "logs"
    SERVICES_MANAGE = "services.manage"
    WORKLOADS_MANAGE = "workloads.manage"
    CONFIG_MANAGE = "config.manage"
    SECRETS_LIST = "secrets.list"
    STORAGE_MANAGE = "storage.manage"
    PROJECT_MANAGE = "project.manage"
    WORKSPACE_VIEW = "workspace.view"
    WORKSPACE_MANAGE = "workspace.manage"
    PROJECTS_CREATE = "projects.create"
    WORKSPACES_CREATE = "workspaces.create"
    WORKSPACES_MANAGE = "workspaces.manage"
    USERS_MANAGE = "users.manage"
    PLATFORM_ADMIN = "platform.admin"

    @property
    def level(self) -> Level:
        """The lowest level at which the capability means something."""
        if self in IN_PROJECT:
            return Level.PROJECT
        return Level.WORKSPACE if self in IN_WORKSPACE else Level.PLATFORM


C = Capability

# Those that are ClusterRoles `berth:<capability>`, bound per project to the group `berth:<project uuid>:<capability>`.
KUBERNETES: frozenset[Capability] = frozenset(
    {C.VIEW, C.LOGS, C.SERVICES_MANAGE, C.WORKLOADS_MANAGE, C.CONFIG_MANAGE, C.SECRETS_LIST, C.STORAGE_MANAGE}
)
IN_PROJECT: frozenset[Capability] = KUBERNETES | {C.PROJECT_MANAGE}
IN_WORKSPACE: frozenset[Capability] = frozenset({C.WORKSPACE_VIEW, C.WORKSPACE_MANAGE, C.PROJECTS_CREATE})
EVERYTHING: frozenset[Capability] = frozenset(Capability)

# What a capability is of no use without: giving the left gives the right.
NEEDS: dict[Capability, frozenset[Capability]] = {
    **{capability: frozenset({C.VIEW}) for capability in IN_PROJECT - {C.VIEW}},
    C.WORKSPACE_MANAGE: frozenset({C.WORKSPACE_VIEW}),
    C.PROJECTS_CREATE: frozenset({C.WORKSPACE_VIEW}),
    C.WORKSPACES_MANAGE: frozenset({C.WORKSPACES_CREATE, C.WORKSPACE_VIEW, C.WORKSPACE_MANAGE}),
}

# Which capabilities a role of a level may hold.
ALLOWED: dict[Level, frozenset[Capability]] = {
    Level.PROJECT: IN_PROJECT,
    Level.WORKSPACE: IN_PROJECT | IN_WORKSPACE,
    Level.PLATFORM: EVERYTHING,
}


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A role that comes with the product; `description` is a few English words, translated where it is shown."""

    name: str
    level: Level
    description: str
    capabilities: frozenset[Capability]


BUILT_IN: tuple[BuiltIn, ...] = (
    BuiltIn("platform-admin", Level.PLATFORM, "Everything on the platform", EVERYTHING),
    BuiltIn("platform-regular", Level.PLATFORM, "No access until invited", frozenset()),
    BuiltIn(
        "platform-self-provisioner",
        Level.PLATFORM,
        "Creates workspaces and administers them",
        frozenset({C.WORKSPACES_CREATE}),
    ),
    BuiltIn(
        "users-manager", Level.PLATFORM, "Manages users, except platform administrators", frozenset({C.USERS_MANAGE})
    ),
    BuiltIn(
        "workspaces-manager",
        Level.PLATFORM,
        "Manages workspaces and their members, without access to projects",
        frozenset({C.WORKSPACES_CREATE, C.WORKSPACES_MANAGE, C.WORKSPACE_VIEW, C.WORKSPACE_MANAGE, C.PROJECTS_CREATE}),
    ),
    BuiltIn("admin", Level.WORKSPACE, "Everything in the workspace and all its projects", IN_PROJECT | IN_WORKSPACE),
    BuiltIn(
        "self-provisioner",
        Level.WORKSPACE,
        "Creates projects and administers them",
        frozenset({C.WORKSPACE_VIEW, C.PROJECTS_CREATE}),
    ),
    BuiltIn("regular", Level.WORKSPACE, "Views settings and members", frozenset({C.WORKSPACE_VIEW})),
    BuiltIn(
        "viewer",
        Level.WORKSPACE,
        "Views all projects, without logs and Secrets",
        frozenset({C.WORKSPACE_VIEW, C.VIEW}),
    ),
    BuiltIn("admin", Level.PROJECT, "Everything in the project", IN_PROJECT),
    BuiltIn("operator", Level.PROJECT, "Everything except members and settings", IN_PROJECT - {C.PROJECT_MANAGE}),
    BuiltIn("viewer", Level.PROJECT, "Read only", frozenset({C.VIEW})),
)

# What the people of a place are called when it is not a role of theirs there that lets them in.
PLATFORM_ADMIN = "platform-admin"
DEFAULT_PLATFORM_ROLE = "platform-regular"
CREATOR_ROLE = "admin"


def parse(values: Iterable[str]) -> frozenset[Capability]:
    """Stored names to capabilities. A name that is no capability (a row of another version) gives nothing."""
    known = set(Capability)
    return frozenset(Capability(value) for value in values if value in known)


def completed(capabilities: Iterable[Capability]) -> frozenset[Capability]:
    """The set together with what its members need."""
    complete = set(capabilities)
    for capability in tuple(complete):
        complete |= NEEDS.get(capability, frozenset())
    return frozenset(complete)


def problems(level: Level, capabilities: Iterable[Capability]) -> frozenset[Capability]:
    """The capabilities that a role of this level cannot hold."""
    return frozenset(capabilities) - ALLOWED[level]


def may_give(holder: frozenset[Capability], capabilities: frozenset[Capability]) -> bool:
    """Nobody gives more than they hold themselves."""
    return capabilities <= holder
