"""A project as the console provisions it, and people in it by what they carry; made by the administrator's hands."""

import time
import uuid
from typing import Any

from console.kube import config
from console.kube.gateway import Client
from console.kube.hub import Cluster as Berth
from console.kube.hub import Gateway, Hub
from console.kube.kinds import Identity
from console.kube.transport import Transport
from tests.clusters import Cluster

VIEWER = ("view",)
OPERATOR = ("view", "logs", "services.manage", "workloads.manage", "config.manage", "secrets.list", "storage.manage")
_RBAC = "rbac.authorization.k8s.io"


class Project:
    """A namespace with the capability bindings of one project."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.uuid, self.namespace = str(uuid.uuid4()), namespace
        self._admin = cluster.admin
        self.bind("berth:act", {"kind": "ServiceAccount", "name": "berth", "namespace": "berth"})
        for capability in OPERATOR:
            group = {"apiGroup": _RBAC, "kind": "Group", "name": f"berth:{self.uuid}:{capability}"}
            self.bind(f"berth:{capability}", group)

    def bind(self, role: str, subject: dict[str, str]) -> None:
        self._admin.create(
            {
                "apiVersion": f"{_RBAC}/v1",
                "kind": "RoleBinding",
                "metadata": {"name": role, "namespace": self.namespace},
                "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
                "subjects": [subject],
            }
        )

    def unbind(self, role: str) -> None:
        self._admin.delete("rolebindings", self.namespace, role)

    def person(self, capabilities: tuple[str, ...] = OPERATOR) -> Identity:
        return Identity(
            f"berth:{uuid.uuid4()}", tuple(f"berth:{self.uuid}:{capability}" for capability in sorted(capabilities))
        )


def gateway(cluster: Cluster) -> Gateway:
    """The console's gateway to the test cluster, through the proxy."""
    return Gateway(Transport(config.load(cluster.kubeconfig, "console", in_cluster=False)))


def berth(cluster: Cluster, **how: Any) -> Berth:
    """The console's whole sight of the test cluster, made impatient."""
    connection = gateway(cluster)
    how = {"pulse": 0.5, "patience": 5.0} | how
    return Berth(connection, name="test", hub=Hub(connection, **how))


def client(cluster: Cluster, project: Project, capabilities: tuple[str, ...] = OPERATOR) -> Client:
    """The cluster as a new person of the project."""
    return gateway(cluster).as_user(project.person(capabilities))


def service(namespace: str, name: str, **spec: Any) -> dict[str, Any]:
    body = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": body}


def deployment(namespace: str, name: str, replicas: int = 1, fate: str = "ready") -> dict[str, Any]:
    labels = {"app": name, "version": "v1"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"{name}-v1", "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": {"berth.test/fate": fate}},
                "spec": {"containers": [{"name": "main", "image": "nginx", "ports": [{"containerPort": 8080}]}]},
            },
        },
    }


def elapsed(since: float) -> float:
    return time.monotonic() - since
