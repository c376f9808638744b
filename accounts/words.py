"""What capabilities and entries of the record are called on pages."""

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability as C

Text = str | Promise

# By area, in the order of the role page: capability, what it allows, a remark.
AREAS: tuple[tuple[Text, tuple[tuple[C, Text, Text], ...]], ...] = (
    (
        _("Services"),
        (
            (C.VIEW, _("See Services, workloads and pods"), _("with events, ConfigMaps and claims")),
            (C.SERVICES_MANAGE, _("Create, edit and delete Services"), _("external access and Ingresses included")),
        ),
    ),
    (
        _("Workloads and pods"),
        (
            (C.LOGS, _("Logs"), _("what programs print may hold personal data")),
            (
                C.WORKLOADS_MANAGE,
                _("Create, edit, scale and delete workloads"),
                _("who runs programs here can reach the Secrets of the project through them"),
            ),
        ),
    ),
    (
        _("Configuration"),
        (
            (C.CONFIG_MANAGE, _("Edit ConfigMaps and network policies"), ""),
            (
                C.SECRETS_LIST,
                _("See names and keys of Secrets"),
                _("the cluster has no narrower right than to read them"),
            ),
        ),
    ),
    (_("Storage"), ((C.STORAGE_MANAGE, _("Create and delete claims"), _("data of a deleted claim is lost")),)),
    (
        _("Members and settings"),
        ((C.PROJECT_MANAGE, _("Manage members and settings"), _("up to what the role holds itself")),),
    ),
    (
        _("Workspace"),
        (
            (C.WORKSPACE_VIEW, _("See the workspace and its members"), ""),
            (C.PROJECTS_CREATE, _("Create projects"), _("and administer those")),
            (C.WORKSPACE_MANAGE, _("Manage the workspace and its members"), ""),
        ),
    ),
    (
        _("Platform"),
        (
            (C.WORKSPACES_CREATE, _("Create workspaces"), _("and administer those")),
            (C.WORKSPACES_MANAGE, _("Manage all workspaces"), _("and appoint their administrators")),
            (C.USERS_MANAGE, _("Manage users"), ""),
            (C.PLATFORM_ADMIN, _("Administer the platform"), _("everything, everywhere")),
        ),
    ),
)
CAPABILITY: dict[C, Text] = {capability: words for _area, rows in AREAS for capability, words, _remark in rows}

ACTION: dict[str, Text] = {
    "access.refused": _("Tried to open"),
    "admin.add": _("Added"),
    "admin.change": _("Changed"),
    "admin.delete": _("Deleted"),
    "admin.sign-in-link": _("Made a sign-in link for"),
    "member.change-role": _("Changed the role of"),
    "member.invite": _("Invited"),
    "member.remove": _("Removed"),
    "person.sign-in": _("Signed in"),
    "person.sign-out": _("Signed out"),
    "project.complete": _("Completed"),
    "project.create": _("Created"),
    "project.reconcile": _("Reconciled with the cluster"),
    "service.create": _("Created"),
    "service.delete": _("Deleted"),
    "service.edit": _("Changed"),
    "workspace.create": _("Created"),
}
_VERBS: dict[str, Text] = {
    "create": _("Created"),
    "delete": _("Deleted"),
    "undo": _("Took back"),
    "retry": _("Completed"),
    "edit": _("Changed"),
    "replace": _("Changed"),
}

# Filters of the record: what they are called, and the actions they let through (a beginning, or a part of the name).
KINDS: dict[str, tuple[Text, tuple[str, ...]]] = {
    "created": (_("Created"), (".create", ".add")),
    "changed": (_("Changed"), (".edit", ".replace", ".change", ".complete", ".reconcile", ".undo", ".retry")),
    "deleted": (_("Deleted"), (".delete",)),
    "members": (_("Members and roles"), ("member.",)),
    "signin": (_("Signed in and out"), ("person.",)),
}


def lacking(role: str, capability: C) -> str:
    """Why somebody with this role may not do something, in a sentence."""
    what = gettext("Your role here, %(role)s, does not include this: %(capability)s.")
    return what % {"role": role or gettext("none"), "capability": CAPABILITY[capability]}


def action(name: str) -> Text:
    """An action in words: "Changed". One that is not known is shown as it is."""
    return ACTION.get(name) or _VERBS.get(name.rpartition(".")[2]) or name
