"""What a controller may answer: the changes it wants, as data."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from ..catalog import POD, Kind
from ..objects import Obj


@dataclass(frozen=True, slots=True)
class Create:
    """A new object; it goes through admission like everybody's."""

    kind: Kind
    body: Obj


@dataclass(frozen=True, slots=True)
class Update:
    """The object as it should be; nothing happens when it is so already."""

    kind: Kind
    body: Obj


@dataclass(frozen=True, slots=True)
class Delete:
    """Take an object away, a Pod gracefully unless `now`."""

    kind: Kind
    namespace: str
    name: str
    now: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """An Event about an object."""

    about: Obj
    reason: str
    message: str
    source: str
    type: str = "Normal"


@dataclass(frozen=True, slots=True)
class Again:
    """Look at it again after so many seconds."""

    seconds: float


Action = Create | Update | Delete | Note | Again


def owner(body: Obj) -> Obj:
    """The ownerReference to `body` as its controller."""
    meta = body["metadata"]
    names = {"apiVersion": body["apiVersion"], "kind": body["kind"], "name": meta["name"], "uid": meta["uid"]}
    return names | {"controller": True, "blockOwnerDeletion": True}


def digest(value: Any) -> str:
    """Ten characters that stand for a template."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:10]


def condition_of(status: Obj, kind: str) -> Obj | None:
    """The condition of that type."""
    conditions: list[Obj] = status.get("conditions") or []
    return next((condition for condition in conditions if condition["type"] == kind), None)


def with_condition(status: Obj, now: str, kind: str, value: str, reason: str = "", message: str = "") -> None:
    """Set a condition in place; its transition time moves only when its value does. One that says so already stays."""
    old = condition_of(status, kind)
    if old is not None and (value, reason, message) == (old["status"], old.get("reason", ""), old.get("message", "")):
        return
    since = old.get("lastTransitionTime", now) if old and old["status"] == value else now
    new: Obj = {"type": kind, "status": value, "lastTransitionTime": since}
    new |= {key: text for key, text in (("reason", reason), ("message", message)) if text}
    rest = [condition for condition in status.get("conditions") or () if condition["type"] != kind]
    status["conditions"] = [*rest, new]


def is_ready(pod: Obj) -> bool:
    """Whether a Pod is ready."""
    ready = condition_of(pod.get("status", {}), "Ready")
    return ready is not None and ready["status"] == "True"


def is_going(body: Obj) -> bool:
    """Whether an object is being deleted."""
    return "deletionTimestamp" in body["metadata"]


def pod_from(template: Obj, parent: Obj, name: str, labels: Obj, spec: Obj | None = None) -> Create:
    """A Pod made from a template for its controller."""
    meta = template.get("metadata") or {}
    metadata: Obj = {"name": name, "namespace": parent["metadata"]["namespace"], "ownerReferences": [owner(parent)]}
    metadata["labels"] = (meta.get("labels") or {}) | labels
    if meta.get("annotations"):
        metadata["annotations"] = meta["annotations"]
    return Create(POD, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec or template["spec"]})
