"""What a new cluster has before anybody makes anything: namespaces, nodes, a storage class, the built-in roles."""

from __future__ import annotations

from pathlib import Path

import yaml

from .catalog import BY_NAME, CLUSTER_ROLE, CLUSTER_ROLE_BINDING, NAMESPACE, NODE, SERVICE, STORAGE_CLASS, Kind
from .objects import Obj
from .rbac import AUTHENTICATED, MASTERS, User
from .requests import Options, Target
from .verbs import Api

ADMIN = User("embedded-admin", (MASTERS, AUTHENTICATED))
_BINDINGS = {"cluster-admin": MASTERS, "system:discovery": AUTHENTICATED, "system:basic-user": AUTHENTICATED}


def _node(name: str, number: int, now: str, *, control_plane: bool) -> Obj:
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    labels["topology.kubernetes.io/zone"] = f"zone-{'abc'[number % 3]}"
    taint = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
    if control_plane:
        labels[taint["key"]] = ""
    size = {"cpu": "32", "memory": "256Gi", "pods": "100000", "ephemeral-storage": "500Gi"}
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status"}
    pressure = {"type": "MemoryPressure", "status": "False", "reason": "KubeletHasSufficientMemory"}
    times = {"lastHeartbeatTime": now, "lastTransitionTime": now}
    info = {"kubeletVersion": "v1.37.0", "osImage": "Embedded", "containerRuntimeVersion": "none://0"}
    info |= {"operatingSystem": "linux", "architecture": "amd64", "kernelVersion": "0", "kubeProxyVersion": ""}
    info |= {"machineID": name, "systemUUID": name, "bootID": name}
    addresses = [{"type": "InternalIP", "address": f"192.168.0.{number + 10}"}, {"type": "Hostname", "address": name}]
    status = {"capacity": size, "allocatable": size, "addresses": addresses, "nodeInfo": info}
    status["conditions"] = [ready | times, pressure | times]
    spec: Obj = {"podCIDR": f"10.244.{number}.0/24"} | ({"taints": [taint]} if control_plane else {})
    return {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": status}


def _documents(now: str) -> list[tuple[Kind, str, Obj]]:
    documents: list[tuple[Kind, str, Obj]] = []
    for name in ("default", "kube-system", "kube-public", "kube-node-lease"):
        documents.append((NAMESPACE, "", {"metadata": {"name": name}}))
    roles = yaml.safe_load(Path(__file__).with_name("roles.yaml").read_text())
    for name, rules in roles.items():
        meta = {"name": name, "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}
        documents.append((CLUSTER_ROLE, "", {"metadata": meta, "rules": rules}))
        if name in _BINDINGS:
            subjects = [{"kind": "Group", "name": _BINDINGS[name]}]
            ref = {"kind": "ClusterRole", "name": name}
            documents.append((CLUSTER_ROLE_BINDING, "", {"metadata": meta, "subjects": subjects, "roleRef": ref}))
    for number, name in enumerate(("control-plane", "node-1", "node-2")):
        documents.append((NODE, "", _node(name, number, now, control_plane=number == 0)))
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    classes: dict[str, Obj] = {"standard": default, "fast": {}}
    for name, notes in classes.items():
        body = {"metadata": {"name": name, "annotations": notes}, "provisioner": "embedded.berth.test/none"}
        documents.append((STORAGE_CLASS, "", body | {"allowVolumeExpansion": True}))
    ports = [{"name": "https", "port": 443, "targetPort": 6443}]
    kubernetes = {"metadata": {"name": "kubernetes"}, "spec": {"clusterIP": "10.96.0.1", "ports": ports}}
    documents.append((SERVICE, "default", kubernetes))
    return documents


def bootstrap(api: Api, now: str) -> None:
    """Make what is missing; what exists is left alone, but for the built-in roles, which are those of this version."""
    for kind, namespace, body in _documents(now):
        name = body["metadata"]["name"]
        existing = api.store.get(kind, namespace, name)
        if existing is not None and kind is CLUSTER_ROLE and existing.body()["rules"] != body["rules"]:
            api.store.put(kind, existing.body() | {"rules": body["rules"]})
        if existing is None:
            body |= {"apiVersion": kind.api_version, "kind": kind.kind}
            status = body.get("status")
            api.create(Target(kind, namespace, name, "", "create"), body, Options(), ADMIN)
            if status:
                stored = api.store.get(kind, namespace, name)
                assert stored is not None
                api.store.put(kind, stored.body() | {"status": status})


def apply(api: Api, documents: list[Obj]) -> None:
    """Create or replace documents as the administrator (what `--apply` names)."""
    for body in documents:
        kind = BY_NAME[body["apiVersion"], body["kind"]]
        namespace = body["metadata"].get("namespace", "default") if kind.namespaced else ""
        if namespace and api.store.get(NAMESPACE, "", namespace) is None:
            space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            api.create(Target(NAMESPACE, "", namespace, "", "create"), space, Options(), ADMIN)
        target = Target(kind, namespace, body["metadata"]["name"], "", "update")
        verb = api.create if api.store.get(kind, namespace, target.name) is None else api.replace
        verb(target, body, Options(), ADMIN)
