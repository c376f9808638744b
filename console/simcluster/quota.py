"""ResourceQuota: counts objects and adds up what Pods and claims ask for; refuses what goes beyond."""

from __future__ import annotations

from collections import defaultdict

from .api_errors import forbidden
from .catalog import KINDS, POD, PVC, RESOURCE_QUOTA, SERVICE, Kind
from .objects import Obj, Store
from .quantities import quantity, shown

_PLAIN = ("services", "pods", "configmaps", "secrets", "persistentvolumeclaims", "resourcequotas")


def weight(kind: Kind, body: Obj) -> dict[str, float]:
    """What one object counts for, by the names that a quota uses."""
    usage: dict[str, float] = defaultdict(float, {f"count/{kind.resource}": 1})
    if kind.plural in _PLAIN and not kind.group:
        usage[kind.plural] += 1
    if kind is SERVICE:
        usage["services.loadbalancers"] += body["spec"]["type"] == "LoadBalancer"
        usage["services.nodeports"] += sum(bool(port.get("nodePort")) for port in body["spec"].get("ports") or ())
    if kind is PVC:
        usage["requests.storage"] = quantity(body["spec"]["resources"]["requests"]["storage"])
    if kind is POD and body.get("status", {}).get("phase") not in ("Succeeded", "Failed"):
        for container in body["spec"]["containers"]:
            _add(usage, container.get("resources") or {})
    return usage


def _add(usage: dict[str, float], resources: Obj) -> None:
    for part in ("requests", "limits"):
        for name, value in (resources.get(part) or {}).items():
            usage[f"{part}.{name}"] += quantity(value)
            if part == "requests":
                usage[name] += quantity(value)


def usage(store: Store, namespace: str) -> dict[str, str]:
    """What a namespace uses, as quantities."""
    total: dict[str, float] = defaultdict(float)
    for kind in KINDS:
        if kind.namespaced and kind.stored:
            for entry in store.scan(kind, namespace):
                for name, number in weight(kind, entry.body()).items():
                    total[name] += number
    return {name: shown(number, name) for name, number in total.items()}


def charge(store: Store, kind: Kind, body: Obj, old: Obj | None) -> None:
    """Raises Forbidden when a quota of the namespace leaves no room."""
    meta = body["metadata"]
    if not kind.namespaced or not store.count(RESOURCE_QUOTA, meta["namespace"]):
        return
    more = weight(kind, body)
    for name, number in (weight(kind, old) if old else {}).items():
        more[name] -= number
    used = usage(store, meta["namespace"])
    for entry in store.scan(RESOURCE_QUOTA, meta["namespace"]):
        hard = entry.body()["spec"].get("hard") or {}
        over = [
            name
            for name, limit in hard.items()
            if more[name] > 0 and quantity(used.get(name, 0)) + more[name] > quantity(limit)
        ]
        if over:
            parts = (
                ",".join(f"{name}={shown(more[name], name)}" for name in over),
                ",".join(f"{name}={used.get(name, '0')}" for name in over),
                ",".join(f"{name}={hard[name]}" for name in over),
            )
            why = "exceeded quota: {}, requested: {}, used: {}, limited: {}".format(entry.name, *parts)
            raise forbidden(kind.resource, meta["name"], why, kind.group)
