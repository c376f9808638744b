"""Server-side printing: the `Table` that `kubectl get` asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .catalog import EVENT, Kind
from .objects import Entry, Obj, dump, seconds_of

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
    for container in reversed(statuses):
        state = container.get("state", {})
        if state.get("waiting", {}).get("reason"):
            reason = state["waiting"]["reason"]
        elif "terminated" in state:
            reason = state["terminated"].get("reason") or f"ExitCode:{state['terminated'].get('exitCode', 0)}"
    return "Terminating" if body["metadata"].get("deletionTimestamp") else reason


def _ready(body: Obj) -> str:
    statuses = body.get("status", {}).get("containerStatuses", ())
    return f"{sum(container.get('ready', False) for container in statuses)}/{len(body['spec']['containers'])}"


def _restarts(body: Obj) -> str:
    return str(sum(status.get("restartCount", 0) for status in body.get("status", {}).get("containerStatuses", ())))


def _ports(body: Obj) -> str:
    entries = []
    for port in body["spec"].get("ports") or ():
        number = f"{port['port']}:{port['nodePort']}" if port.get("nodePort") else str(port["port"])
        entries.append(f"{number}/{port['protocol']}")
    return ",".join(entries) or "<none>"


def _external(body: Obj) -> str:
    spec = body["spec"]
    if spec["type"] == "ExternalName":
        return str(spec.get("externalName", ""))
    addresses = [
        entry.get("ip") or entry.get("hostname") for entry in body["status"].get("loadBalancer", {}).get("ingress", ())
    ]
    addresses += spec.get("externalIPs") or ()
    return ",".join(addresses) or ("<pending>" if spec["type"] == "LoadBalancer" else "<none>")


def _node_roles(body: Obj) -> str:
    prefix = "node-role.kubernetes.io/"
    roles = [key.removeprefix(prefix) for key in body["metadata"].get("labels") or () if key.startswith(prefix)]
    return ",".join(sorted(roles)) or "<none>"


def _node_status(body: Obj) -> str:
    conditions = body.get("status", {}).get("conditions", ())
    ready = [condition["status"] for condition in conditions if condition["type"] == "Ready"]
    return "Ready" if ready == ["True"] else "NotReady"


def _addresses(body: Obj) -> str:
    endpoints = body.get("endpoints") or ()
    return ",".join(address for endpoint in endpoints for address in endpoint["addresses"]) or "<unset>"


def _involved(body: Obj) -> str:
    return f"{body['involvedObject'].get('kind', '').lower()}/{body['involvedObject'].get('name', '')}"


_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_CELLS: dict[str, Cell] = {
    "age": lambda body: age(body["metadata"].get("creationTimestamp")),
    "seen": lambda body: age(body.get("lastTimestamp") or body["metadata"].get("creationTimestamp")),
    "ready": _ready,
    "replicas": lambda body: f"{body.get('status', {}).get('readyReplicas', 0)}/{body['spec']['replicas']}",
    "pod": pod_status,
    "restarts": _restarts,
    "external": _external,
    "ports": _ports,
    "involved": _involved,
    "node": _node_status,
    "roles": _node_roles,
    "data": lambda body: len(body.get("data") or {}) + len(body.get("binaryData") or {}),
    "modes": lambda body: ",".join(_MODES.get(mode, mode) for mode in body["spec"].get("accessModes") or ()),
    "target": lambda body: "{kind}/{name}".format(**body["spec"]["scaleTargetRef"]),
    "hosts": lambda body: ",".join(rule.get("host", "*") for rule in body["spec"].get("rules") or ()) or "*",
    "endpoints": _addresses,
    "role": lambda body: "{kind}/{name}".format(**body["roleRef"]),
}
_WIDE = ("IP", "Node")


@cache
def _columns(kind: Kind) -> tuple[tuple[str, Cell], ...]:
    columns = [] if kind is EVENT else [("Name", at("metadata.name"))]
    known: Obj = yaml.safe_load(Path(__file__).with_name("columns.yaml").read_text())
    for part in known.get(kind.plural, "Age=age").split():
        name, _, source = part.partition("=")
        path, comma, default = source.removeprefix(".").partition(",")
        columns.append(
            (name.replace("_", " "), at(path, default if comma else "<none>") if source[0] == "." else _CELLS[source])
        )
    return tuple(columns)


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
        document: Obj = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta, "rows": rows}
        document["columnDefinitions"] = None if self.named else _definitions(self.kind)
        self.named = True
        return dump({"type": event, "object": document}) + b"\n"
