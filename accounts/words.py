"""What capabilities and entries of the record are called on pages."""

from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.roles import IN_PROJECT
from accounts.roles import Capability as C

if TYPE_CHECKING:
    from accounts.models import Role

Text = str | Promise

# By area, in the order of the role page: capability, what it allows, a remark.
AREAS: tuple[tuple[Text, tuple[tuple[C, Text, Text], ...]], ...] = (
    (
        _("Services"),
        (
            (
                C.VIEW,
                _("View Services, workloads and pods"),
                _("Including events, ConfigMaps and Persistent Volume Claims."),
            ),
            (C.SERVICES_MANAGE, _("Create, edit and delete Services"), _("Including external access and Ingresses.")),
        ),
    ),
    (
        _("Workloads and Pods"),
        (
            (C.LOGS, _("View logs"), _("Logs may contain personal data.")),
            (
                C.WORKLOADS_MANAGE,
                _("Create, edit, scale and delete workloads"),
                _("Programs that run in the project can read its Secrets."),
            ),
        ),
    ),
    (
        _("Configuration"),
        (
            (C.CONFIG_MANAGE, _("Edit ConfigMaps and network policies"), ""),
            (
                C.SECRETS_LIST,
                _("View names and keys of Secrets"),
                _("Berth hides values, but kubectl shows them: Kubernetes has no narrower permission."),
            ),
        ),
    ),
    (
        _("Storage"),
        ((C.STORAGE_MANAGE, _("Create and delete Persistent Volume Claims"), _("Data of a deleted claim is lost.")),),
    ),
    (
        _("Project Settings"),
        (
            (
                C.PROJECT_MANAGE,
                _("Manage members and settings"),
                _("Members with it can grant only permissions they have."),
            ),
        ),
    ),
    (
        _("Workspace"),
        (
            (C.WORKSPACE_VIEW, _("View the workspace and its members"), ""),
            (C.PROJECTS_CREATE, _("Create projects"), _("And administer them.")),
            (C.WORKSPACE_MANAGE, _("Manage the workspace and its members"), ""),
        ),
    ),
    (
        _("Platform"),
        (
            (C.WORKSPACES_CREATE, _("Create workspaces"), _("And administer them.")),
            (C.WORKSPACES_MANAGE, _("Manage all workspaces"), _("Including their administrators.")),
            (C.USERS_MANAGE, _("Manage users"), ""),
            (C.PLATFORM_ADMIN, _("Administer the platform"), _("Everything on it.")),
        ),
    ),
)
CAPABILITY: dict[C, Text] = {capability: words for _area, rows in AREAS for capability, words, _remark in rows}

# What was done, and what was only tried, by the last part of the action ("service.create").
ACTION: dict[str, tuple[Text, Text]] = {
    "add": (_("Added"), _("Tried to add")),
    "autoscale": (_("Changed the autoscaling of"), _("Tried to change the autoscaling of")),
    "change": (_("Changed"), _("Tried to change")),
    "change-role": (_("Changed the role of"), _("Tried to change the role of")),
    "complete": (_("Completed"), _("Tried to complete")),
    "create": (_("Created"), _("Tried to create")),
    "delete": (_("Deleted"), _("Tried to delete")),
    "edit": (_("Changed"), _("Tried to change")),
    "image": (_("Changed the image of"), _("Tried to change the image of")),
    "invite": (_("Invited"), _("Tried to invite")),
    "pause": (_("Paused the rollout of"), _("Tried to pause the rollout of")),
    "reconcile": (_("Reconciled with the cluster"), _("Tried to reconcile with the cluster")),
    "recreate": (_("Recreated"), _("Tried to recreate")),
    "refused": (_("Tried to open"), _("Tried to open")),
    "remove": (_("Removed"), _("Tried to remove")),
    "replace": (_("Changed"), _("Tried to change")),
    "restart": (_("Restarted"), _("Tried to restart")),
    "restore": (_("Restored"), _("Tried to restore")),
    "resume": (_("Resumed the rollout of"), _("Tried to resume the rollout of")),
    "retry": (_("Completed"), _("Tried to complete")),
    "rollback": (_("Rolled back"), _("Tried to roll back")),
    "scale": (_("Scaled"), _("Tried to scale")),
    "settings": (_("Changed the settings of"), _("Tried to change the settings of")),
    "sign-in": (_("Signed in"), _("Tried to sign in")),
    "sign-in-link": (_("Created a sign-in link for"), _("Tried to create a sign-in link for")),
    "sign-out": (_("Signed out"), _("Tried to sign out")),
    "undo": (_("Undid"), _("Tried to undo")),
}

_CHANGES = (
    ".edit", ".replace", ".recreate", ".change", ".complete", ".reconcile", ".undo", ".retry",
    ".scale", ".restart", ".image", ".settings", ".autoscale", ".pause", ".resume", ".rollback",
)  # fmt: skip

# Filters of the record: what they are called, and the actions they let through (a beginning, or a part of the name).
KINDS: dict[str, tuple[Text, tuple[str, ...]]] = {
    "created": (_("Created"), (".create", ".add", ".restore")),
    "changed": (_("Changed"), _CHANGES),
    "deleted": (_("Deleted"), (".delete",)),
    "members": (_("Members and roles"), ("member.", "role.")),
    "signin": (_("Signed in and out"), ("person.", "admin.sign-")),
}


# What somebody without the capability is told; a place or a full stop follows.
CANNOT: dict[C, Text] = {
    C.VIEW: _("You cannot view Services, workloads and pods"),
    C.LOGS: _("You cannot view logs"),
    C.SERVICES_MANAGE: _("You cannot create, edit or delete Services"),
    C.WORKLOADS_MANAGE: _("You cannot create, edit, scale or delete workloads"),
    C.CONFIG_MANAGE: _("You cannot edit ConfigMaps or network policies"),
    C.SECRETS_LIST: _("You cannot view names and keys of Secrets"),
    C.STORAGE_MANAGE: _("You cannot create or delete Persistent Volume Claims"),
    C.PROJECT_MANAGE: _("You cannot manage members and settings"),
    C.WORKSPACE_VIEW: _("You cannot view members"),
    C.PROJECTS_CREATE: _("You cannot create projects"),
    C.WORKSPACE_MANAGE: _("You cannot manage members and settings"),
    C.WORKSPACES_CREATE: _("You cannot create workspaces"),
    C.WORKSPACES_MANAGE: _("You cannot manage all workspaces"),
    C.USERS_MANAGE: _("You cannot manage users"),
    C.PLATFORM_ADMIN: _("You cannot administer the platform"),
}


def cannot(capability: C, place: str = "") -> str:
    """What somebody may not do, and where: "You cannot create projects in demo-workspace."."""
    sentence = str(CANNOT[capability])
    return gettext("%(what)s in %(place)s.") % {"what": sentence, "place": place} if place else f"{sentence}."


def standing(own: "Role | None", workspace: "Role | None", platform: "Role | None") -> str:
    """What somebody is in a project: by their role in it, and by what lets them do more there from above."""
    held = own.capability_set if own else frozenset()
    for role, words in ((platform, "%s"), (workspace, gettext("workspace %s"))):
        if role and role.capability_set & IN_PROJECT - held:
            above = words % role.name
            both = gettext("%(role)s and %(above)s")
            return both % {"role": own.name, "above": above} if own else above
    return own.name if own else ""


def whole(role: str, capabilities: frozenset[C]) -> str:
    """With a remark where that is everything in a project."""
    return gettext("%s, all rights here") % role if capabilities >= IN_PROJECT else role


def holds(role: str) -> str:
    """Which role somebody has, in a sentence."""
    return gettext("Your role is %s.") % role if role else gettext("You have no role here.")


def lacking(role: str, capability: C) -> str:
    """Why somebody with this role may not do something, in two sentences."""
    return f"{cannot(capability)} {holds(role)}"


def action(name: str, *, done: bool) -> Text:
    """An action in words: "Changed", or "Tried to change" where it was not. One that is not known is shown as it is."""
    was_done, was_tried = ACTION.get(name.rpartition(".")[2], (name, name))
    return was_done if done else was_tried
