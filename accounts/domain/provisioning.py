"""What a project is in the cluster, as manifests. Pure: values in, documents out.

A namespace, and in it one RoleBinding for each capability (to the group that the people who hold it carry), and one
that lets the console act as people there. The ClusterRoles come with deploy/kubernetes/rbac.yaml, and admission.yaml
beside it lets the console create nothing else.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts import identity
from accounts.roles import KUBERNETES

Document = dict[str, Any]

PROJECT_LABEL = "berth/project"
WORKSPACE_LABEL = "kubesphere.io/workspace"
RBAC = "rbac.authorization.k8s.io"
ACT = "berth:act"
_SERVICE_ACCOUNT = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class Plan:
    """A project as the cluster is to know it. `name` is the namespace, `creator` the name of a person, `console` the
    user name that the API server knows the console by.
    """

    name: str
    uuid: UUID
    workspace: str
    creator: str
    console: str
    alias: str = ""
    description: str = ""


def namespace(plan: Plan) -> Document:
    """The namespace; its label names our project, so that it can be told from one that was there before."""
    annotations = {
        "kubesphere.io/creator": plan.creator,
        "kubesphere.io/alias-name": plan.alias,
        "kubesphere.io/description": plan.description,
    }
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": plan.name,
            "labels": {WORKSPACE_LABEL: plan.workspace, PROJECT_LABEL: str(plan.uuid)},
            "annotations": {key: value for key, value in annotations.items() if value},
        },
    }


def bindings(plan: Plan) -> tuple[Document, ...]:
    """The RoleBindings, the console's own first: without it the console can act as nobody in this namespace."""
    groups = {f"berth:{capability}": identity.group(plan.uuid, capability) for capability in sorted(KUBERNETES)}
    return (
        _binding(plan, ACT, console_subject(plan.console)),
        *(_binding(plan, role, {"apiGroup": RBAC, "kind": "Group", "name": group}) for role, group in groups.items()),
    )


def console_subject(username: str) -> dict[str, str]:
    """The subject of a binding that names the console: its service account, wherever that is, or a plain user."""
    if username.startswith(_SERVICE_ACCOUNT):
        namespace, _, name = username.removeprefix(_SERVICE_ACCOUNT).partition(":")
        return {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    return {"apiGroup": RBAC, "kind": "User", "name": username}


def manifests(plan: Plan) -> tuple[Document, ...]:
    """All of it, in the order in which it is to be made."""
    return (namespace(plan), *bindings(plan))


def _binding(plan: Plan, role: str, subject: dict[str, str]) -> Document:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": role, "namespace": plan.name, "labels": {PROJECT_LABEL: str(plan.uuid)}},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [subject],
    }
