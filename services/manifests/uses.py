"""Which ConfigMaps, Secrets, claims and other objects of its namespace a document needs by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.manifests.bundle import WORKLOAD_KINDS, kind_of
from services.manifests.mentions import CLAIM, CONFIGMAP, SECRET, mentions
from services.manifests.tree import get

__all__ = ["CLAIM", "CONFIGMAP", "SECRET", "Use", "uses"]

Use = tuple[str, str]
"""Kind and name."""

_NAMING = (*WORKLOAD_KINDS, "ReplicaSet", "Job", "Pod", "Ingress")


def uses(document: Mapping[str, Any]) -> frozenset[Use]:
    """What a workload, a pod, an Ingress or an autoscaler names; nothing of what it marks as optional."""
    kind = kind_of(dict(document))
    if kind in _NAMING:
        return frozenset((mention.kind, mention.name) for mention in mentions(document) if not mention.optional)
    if kind == "HorizontalPodAutoscaler":
        target = (get(dict(document), ("spec", "scaleTargetRef", part)) for part in ("kind", "name"))
        name_of = tuple(part if isinstance(part, str) else "" for part in target)
        return frozenset({(name_of[0], name_of[1])})
    return frozenset()
