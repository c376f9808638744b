"""The model of the create dialog: a few plain Kubernetes documents, in order, never changed in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]

WORKLOAD_KINDS = ("Deployment", "StatefulSet", "DaemonSet")
# What others refer to comes first, the Service last but for what points at it.
_CREATED = (
    *("ConfigMap", "PersistentVolumeClaim", "NetworkPolicy"),
    *WORKLOAD_KINDS,
    *("HorizontalPodAutoscaler", "Service", "Ingress"),
)
_RANK = {kind: rank for rank, kind in enumerate(_CREATED)}


def kind_of(document: Any) -> str:
    """The document's kind, ``""`` where it has none."""
    kind = document.get("kind") if isinstance(document, dict) else None
    return kind if isinstance(kind, str) else ""


def name_of(document: Any) -> str:
    """``metadata.name``, ``""`` where there is none."""
    metadata = document.get("metadata") if isinstance(document, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else ""


def creation_order(documents: Iterable[Document]) -> tuple[Document, ...]:
    """The documents in the order in which to create them; within a kind as they stand."""
    return tuple(sorted(documents, key=lambda document: _RANK.get(kind_of(document), len(_RANK))))


@dataclass(frozen=True)
class Bundle:
    """Documents as plain JSON data. The *service* is the first Service, the *workload* the first Deployment,
    StatefulSet or DaemonSet; the form edits these two and keeps every other document."""

    documents: tuple[Document, ...] = ()

    @property
    def service(self) -> Document | None:
        return self._first("Service")

    @property
    def workload(self) -> Document | None:
        return self._first(*WORKLOAD_KINDS)

    def with_service(self, document: Document) -> Bundle:
        """The bundle with its Service replaced; appended if there was none."""
        return self._replace(lambda kind: kind == "Service", document)

    def with_workload(self, document: Document) -> Bundle:
        """The bundle with its workload replaced; put first if there was none."""
        if self.workload is None:
            return Bundle((document, *self.documents))
        return self._replace(lambda kind: kind in WORKLOAD_KINDS, document)

    def _first(self, *kinds: str) -> Document | None:
        return next((document for document in self.documents if kind_of(document) in kinds), None)

    def _replace(self, fits: Callable[[str], bool], new: Document) -> Bundle:
        for index, document in enumerate(self.documents):
            if fits(kind_of(document)):
                if new is document:
                    return self
                return Bundle((*self.documents[:index], new, *self.documents[index + 1 :]))
        return Bundle((*self.documents, new))
