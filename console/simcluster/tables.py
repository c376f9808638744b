"""Server-side printing: the `Table` that `kubectl get` asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .catalog import (
    CONFIGMAP,
    DAEMON_SET,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    EVENT,
    HPA,
    INGRESS,
    NAMESPACE,
    NODE,
    POD,
    PVC,
    REPLICA_SET,
    ROLE_BINDING,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    STORAGE_CLASS,
    Kind,
)
from .objects import Entry, Obj, dump, seconds_of
from .selectors import text_of

CONTENT_TYPE = "application/json;as=Table;v=v1;g=meta.k8s.io"
Cell = Callable[[Obj], Any]


def wanted(accept: str) -> bool:
    """Whether the client asks for a Table."""
    return "as=Table" in accept and "v=v1;" in accept + ";"


def age(text: str | None) -> str:
    """How long ago, as kubectl says it: 45s, 5m, 3h, 12d, 2y40d."""
    if not text:
        return "<unknown>"
    seconds = max(0, int(datetime.now(UTC).timestamp() - seconds_of(text)))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return f"{minutes}m" + (f"{seconds % 60}s" if seconds % 60 else "")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h" + (f"{minutes % 60}m" if minutes % 60 else "")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return f"{days}d" + (f"{hours % 24}h" if hours % 24 else "")
    return f"{days}d" if days < 730 else f"{days // 365}y{days % 365}d"


def at(path: str, default: Any = "<none>") -> Cell:
    """A cell that shows the field at `path`."""

    def cell(body: Obj) -> Any:
        value: Any = body
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        return default if value in (None, "", [], {}) else value

    return cell


def pod_status(body: Obj) -> str:
    """The STATUS column of a Pod, by the rules of kubectl's printer."""
    status = body.get("status", {})
    reason: str = status.get("reason") or status.get("phase", "Unknown")
    statuses = status.get("containerStatuses", ())
    for one in reversed(statuses):
        state = one.get("state", {})
        if state.get("waiting", {}).get("reason"):
            reason = state["waiting"]["reason"]
        elif "terminated" in state:
            reason = state["terminated"].get("reason") or f"ExitCode:{state['terminated'].get('exitCode', 0)}"
    return "Terminating" if body["metadata"].get("deletionTimestamp") else reason


def _ready(body: Obj) -> str:
    statuses = body.get("status", {}).get("containerStatuses", ())
    return f"{sum(one.get('ready', False) for one in statuses)}/{len(body['spec']['containers'])}"


def _restarts(body: Obj) -> str:
    return str(sum(one.get("restartCount", 0) for one in body.get("status", {}).get("containerStatuses", ())))


def _ports(body: Obj) -> str:
    found = []
    for port in body["spec"].get("ports") or ():
        number = f"{port['port']}:{port['nodePort']}" if port.get("nodePort") else str(port["port"])
        found.append(f"{number}/{port['protocol']}")
    return ",".join(found) or "<none>"


def _external(body: Obj) -> str:
    spec = body["spec"]
    if spec["type"] == "ExternalName":
        return str(spec.get("externalName", ""))
    addresses = [
        one.get("ip") or one.get("hostname") for one in body["status"].get("loadBalancer", {}).get("ingress", ())
    ]
    addresses += spec.get("externalIPs") or ()
    return ",".join(addresses) or ("<pending>" if spec["type"] == "LoadBalancer" else "<none>")


def _node_roles(body: Obj) -> str:
    prefix = "node-role.kubernetes.io/"
    roles = [key.removeprefix(prefix) for key in body["metadata"].get("labels") or () if key.startswith(prefix)]
    return ",".join(sorted(roles)) or "<none>"


def _node_status(body: Obj) -> str:
    ready = [one["status"] for one in body.get("status", {}).get("conditions", ()) if one["type"] == "Ready"]
    return "Ready" if ready == ["True"] else "NotReady"


def _addresses(body: Obj) -> str:
    return ",".join(address for one in body.get("endpoints") or () for address in one["addresses"]) or "<unset>"


def _involved(body: Obj) -> str:
    return f"{body['involvedObject'].get('kind', '').lower()}/{body['involvedObject'].get('name', '')}"


def _selector(body: Obj) -> str:
    return text_of(body["spec"].get("selector") or {}) or "<none>"


AGE: tuple[str, Cell] = ("Age", lambda body: age(body["metadata"].get("creationTimestamp")))
_STS_READY: Cell = lambda body: f"{body.get('status', {}).get('readyReplicas', 0)}/{body['spec']['replicas']}"  # noqa: E731
_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_COLUMNS: dict[Kind, tuple[tuple[str, Cell], ...]] = {
    POD: (
        ("Ready", _ready),
        ("Status", pod_status),
        ("Restarts", _restarts),
        AGE,
        ("IP", at("status.podIP")),
        ("Node", at("spec.nodeName")),
    ),
    SERVICE: (
        ("Type", at("spec.type")),
        ("Cluster-IP", at("spec.clusterIP")),
        ("External-IP", _external),
        ("Port(s)", _ports),
        AGE,
    ),
    DEPLOYMENT: (
        ("Ready", _STS_READY),
        ("Up-to-date", at("status.updatedReplicas", 0)),
        ("Available", at("status.availableReplicas", 0)),
        AGE,
    ),
    REPLICA_SET: (
        ("Desired", at("spec.replicas", 0)),
        ("Current", at("status.replicas", 0)),
        ("Ready", at("status.readyReplicas", 0)),
        AGE,
    ),
    STATEFUL_SET: (("Ready", _STS_READY), AGE),
    DAEMON_SET: (
        ("Desired", at("status.desiredNumberScheduled", 0)),
        ("Current", at("status.currentNumberScheduled", 0)),
        ("Ready", at("status.numberReady", 0)),
        ("Up-to-date", at("status.updatedNumberScheduled", 0)),
        ("Available", at("status.numberAvailable", 0)),
        AGE,
    ),
    EVENT: (
        ("Last Seen", lambda body: age(body.get("lastTimestamp") or body["metadata"].get("creationTimestamp"))),
        ("Type", at("type")),
        ("Reason", at("reason")),
        ("Object", _involved),
        ("Message", at("message", "")),
    ),
    NODE: (("Status", _node_status), ("Roles", _node_roles), AGE, ("Version", at("status.nodeInfo.kubeletVersion"))),
    NAMESPACE: (("Status", at("status.phase")), AGE),
    CONFIGMAP: (("Data", lambda body: len(body.get("data") or {}) + len(body.get("binaryData") or {})), AGE),
    SECRET: (("Type", at("type")), ("Data", lambda body: len(body.get("data") or {})), AGE),
    PVC: (
        ("Status", at("status.phase")),
        ("Volume", at("spec.volumeName", "")),
        ("Capacity", at("status.capacity.storage", "")),
        ("Access Modes", lambda body: ",".join(_MODES.get(one, one) for one in body["spec"].get("accessModes") or ())),
        ("StorageClass", at("spec.storageClassName", "")),
        AGE,
    ),
    STORAGE_CLASS: (("Provisioner", at("provisioner")), ("ReclaimPolicy", at("reclaimPolicy")), AGE),
    HPA: (
        ("Reference", lambda body: "{kind}/{name}".format(**body["spec"]["scaleTargetRef"])),
        ("MinPods", at("spec.minReplicas")),
        ("MaxPods", at("spec.maxReplicas")),
        ("Replicas", at("status.currentReplicas", 0)),
        AGE,
    ),
    INGRESS: (
        ("Class", at("spec.ingressClassName")),
        ("Hosts", lambda body: ",".join(one.get("host", "*") for one in body["spec"].get("rules") or ()) or "*"),
        AGE,
    ),
    ENDPOINT_SLICE: (("AddressType", at("addressType")), ("Endpoints", _addresses), AGE),
    ROLE_BINDING: (("Role", lambda body: "{kind}/{name}".format(**body["roleRef"])), AGE),
}
_WIDE = ("IP", "Node")


def _columns(kind: Kind) -> tuple[tuple[str, Cell], ...]:
    name: tuple[str, Cell] = ("Name", at("metadata.name"))
    rest = _COLUMNS.get(kind, (AGE,))
    return rest if kind is EVENT else (name, *rest)


def _definitions(kind: Kind) -> list[Obj]:
    plain = {"type": "string", "format": "", "description": ""}
    return [
        plain | {"name": name, "priority": int(name in _WIDE), "format": "name" if name == "Name" else ""}
        for name, _ in _columns(kind)
    ]


def _row(kind: Kind, body: Obj) -> Obj:
    meta = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": body["metadata"]}
    return {"cells": [cell(body) for _, cell in _columns(kind)], "object": meta}


def table(kind: Kind, entries: list[Entry], meta: Obj) -> Obj:
    """The Table of some objects."""
    head = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta, "columnDefinitions": _definitions(kind)}
    return head | {"rows": [_row(kind, entry.body()) for entry in entries]}


@dataclass(slots=True)
class Encoder:
    """Turns watch lines into Tables; the first one carries the columns."""

    kind: Kind
    named: bool = False

    def line(self, event: str, raw: bytes) -> bytes:
        """The watch line for one object."""
        body = json.loads(raw)
        rows = [] if event == "BOOKMARK" else [_row(self.kind, body)]
        meta = {"resourceVersion": body["metadata"]["resourceVersion"]}
        found: Obj = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta, "rows": rows}
        found["columnDefinitions"] = None if self.named else _definitions(self.kind)
        self.named = True
        return dump({"type": event, "object": found}) + b"\n"
