"""The model of the create dialog: a few plain Kubernetes documents, in order, never changed in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]

WORKLOAD_KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def kind_of(document: Any) -> str:
    """The document's kind, ``""`` where it has none."""
    kind = document.get("kind") if isinstance(document, dict) else None
    return kind if isinstance(kind, str) else ""


def name_of(document: Any) -> str:
    """``metadata.name``, ``""`` where there is none."""
    metadata = document.get("metadata") if isinstance(document, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else ""


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

    @property
    def others(self) -> tuple[Document, ...]:
        """Documents that no form step edits."""
        edited = [id(self.service), id(self.workload)]
        return tuple(document for document in self.documents if id(document) not in edited)

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
