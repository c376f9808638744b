"""In which order the documents of a bundle are created: what others refer to comes first, the Service last but for
what points at it."""

from __future__ import annotations

from collections.abc import Iterable

from services.manifests.bundle import Document, kind_of

_ORDER = (
    "ConfigMap",
    "PersistentVolumeClaim",
    "NetworkPolicy",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "HorizontalPodAutoscaler",
    "Service",
    "Ingress",
)
_RANK = {kind: rank for rank, kind in enumerate(_ORDER)}


def creation_order(documents: Iterable[Document]) -> tuple[Document, ...]:
    """The documents in the order in which to create them; within a kind as they stand."""
    return tuple(sorted(documents, key=lambda document: _RANK.get(kind_of(document), len(_ORDER))))
