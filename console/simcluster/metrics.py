"""metrics.k8s.io: what Pods and Nodes use, plausible and steady from one second to the next."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping

from .api_errors import not_found
from .catalog import NODE, POD, POD_METRICS
from .objects import Entry, Obj, Store, stamp
from .requests import Target
from .verbs import filters


def _container(seed: str, now: float) -> tuple[int, int]:
    """CPU in nanocores and memory in Ki."""
    number = zlib.crc32(seed.encode())
    wave = 1 + 0.4 * math.sin(now / 60 + number % 7)
    return int((2 + number % 60) * 1_000_000 * wave), int((20 + number % 180) * 1024 * (0.9 + wave / 10))


def _usage(cpu: int, memory: int) -> Obj:
    return {"cpu": f"{cpu}n", "memory": f"{memory}Ki"}


def _times(now: float) -> Obj:
    return {"timestamp": stamp(now), "window": "15s"}


def _pod(entry: Entry, now: float) -> Obj | None:
    body = entry.body()
    statuses = body.get("status", {}).get("containerStatuses", ())
    running = [status["name"] for status in statuses if "running" in status["state"]]
    if not running:
        return None
    containers = [{"name": name, "usage": _usage(*_container(entry.uid + name, now))} for name in running]
    kept = ("name", "namespace", "labels", "creationTimestamp")
    meta = {key: body["metadata"][key] for key in kept if key in body["metadata"]}
    return {"metadata": meta, **_times(now), "containers": containers}


def _node(store: Store, entry: Entry, now: float) -> Obj:
    cpu, memory = _container(entry.uid, now)
    count = store.count(POD)
    meta = {"name": entry.name, "labels": dict(entry.labels), "creationTimestamp": stamp(now)}
    return {"metadata": meta, **_times(now), "usage": _usage(cpu * (5 + count % 50), memory * 20)}


def usage(store: Store, target: Target, query: Mapping[str, str], now: float) -> Obj:
    """The answer to a get or list of pod or node metrics."""
    kind = POD if target.kind is POD_METRICS else NODE
    head = {"kind": target.kind.kind, "apiVersion": target.kind.api_version}
    if target.name:
        entry = store.get(kind, target.namespace, target.name)
        metrics = entry and (_pod(entry, now) if kind is POD else _node(store, entry, now))
        if not metrics:
            raise not_found(target.kind, f"{target.namespace}/{target.name}".lstrip("/"))
        return head | metrics
    test = filters(kind, query.get("labelSelector", ""), query.get("fieldSelector", ""))
    entries = [entry for entry in store.scan(kind, target.scope) if test is None or test(entry)]
    items = [_pod(entry, now) if kind is POD else _node(store, entry, now) for entry in entries]
    return head | {"kind": f"{target.kind.kind}List", "metadata": {}, "items": [head | item for item in items if item]}
