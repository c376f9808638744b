"""What the delete dialog knows: what stands behind Services and who makes it, from memory; and what memory does not
hold, read as the person. What cannot be read is said, not guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import Any

from django.utils.translation import gettext

from console.kube.access import View
from console.kube.errors import KubeError, NotFound, Unavailable
from console.kube.gateway import Client
from console.kube.kinds import Kind
from console.kube.records import Owner, PodRecord, ReplicaSetRecord, ServiceRecord, WorkloadRecord
from services.edit.present.picks import May

_PAGE = 500
_PAGES = 20


class Reading:
    """Reads of one dialog. `may`: what the reader may delete along; `unknown`: what could not be read, and why. Once
    silent, the cluster is let be."""

    def __init__(self, view: View, client: Client, may: May) -> None:
        self.view, self.may = view, may
        self.unknown: list[str] = []
        self._client, self._namespace = client, view.namespace
        self._silent: Unavailable | None = None
        self._lists: dict[Kind, list[Mapping[str, Any]]] = {}

    def all(self, kind: Kind, *, pages: int = _PAGES) -> list[Mapping[str, Any]]:
        """All of a kind, up to so many pages of 500; where there are more this is said. Nothing where the cluster does
        not have the kind.
        """
        if kind in self._lists:
            return self._lists[kind]
        items: list[Mapping[str, Any]] = []
        self._lists[kind], token = items, ""
        for _number in range(pages):
            page = self._ask(kind.plural, partial(self._page, kind, token)) or {}
            items += page.get("items") or ()
            token = str((page.get("metadata") or {}).get("continue") or "")
            if not token:
                return items
        values = {"count": len(items), "what": kind.plural}
        self.unknown.append(gettext("There are more than %(count)s %(what)s; the others were not checked.") % values)
        return items

    def metadata(self, kind: Kind) -> list[Mapping[str, Any]]:
        """The metadata of the first 500 of a kind."""
        body = self._ask(kind.plural, lambda: {"items": self._client.metadata(kind, self._namespace)})
        return list((body or {}).get("items") or ())

    def get(self, kind: Kind, name: str) -> Mapping[str, Any]:
        """One object with its kind; empty where there is none, or where it cannot be read."""
        body = self._ask(f"{kind.kind} {name}", lambda: self._client.get(kind, self._namespace, name))
        return body | {"kind": kind.kind} if body else {}

    def _page(self, kind: Kind, token: str) -> dict[str, Any]:
        try:
            return self._client.list(kind, self._namespace, limit=_PAGE, continue_=token)
        except NotFound:
            return {}

    def _ask(self, what: str, read: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        try:
            if self._silent:
                raise self._silent
            return read()
        except KubeError as error:
            self._silent = error if isinstance(error, Unavailable) else None
            self.unknown.append(gettext("%(what)s could not be read: %(why)s") % {"what": what, "why": error.reason})
            return None

    def maker(self, pod: PodRecord) -> WorkloadRecord | None:
        """The Deployment, StatefulSet or DaemonSet that makes a pod; None where it is none of these."""
        owner = self.owner(pod)
        return self._workloads.get(owner.uid) if owner else None

    def owner(self, pod: PodRecord) -> Owner | None:
        """The topmost owner that is known: of a ReplicaSet its Deployment; None for a bare pod."""
        owner = pod.owner
        replicas = self._sets.get(owner.uid) if owner and owner.kind == "ReplicaSet" else None
        return replicas.owner if replicas and replicas.owner else owner

    @cached_property
    def _workloads(self) -> dict[str, WorkloadRecord]:
        return {workload.uid: workload for workload in self.view.workloads()}

    @cached_property
    def _sets(self) -> dict[str, ReplicaSetRecord]:
        return {replica_set.uid: replica_set for replica_set in self.view.replicasets()}

    def unmade(self, pods: Iterable[PodRecord]) -> list[PodRecord]:
        """The pods that no workload here makes: bare ones, and those of ReplicaSets, Jobs and operators."""
        return [pod for pod in pods if self.maker(pod) is None]

    def pods_behind(self, service: ServiceRecord) -> list[PodRecord]:
        """The pods that a Service's selector selects; without a selector, those that its endpoints name."""
        if service.type == "ExternalName":
            return []
        if service.selector:
            return [pod for pod in self.view.pods(service.selector) if not pod.deleting]
        endpoints = [endpoint for piece in self.view.endpoints(service.name) for endpoint in piece.endpoints]
        named = {endpoint.pod_uid for endpoint in endpoints if endpoint.pod_uid}
        return [pod for pod in self.view.pods() if pod.uid in named and not pod.deleting] if named else []

    def workloads_behind(self, service: ServiceRecord, pods: Iterable[PodRecord]) -> list[WorkloadRecord]:
        """The workloads whose template a Service selects, and those that made the pods it selects."""
        selects = service.selector and service.type != "ExternalName"
        workloads = {workload.uid: workload for workload in (self.view.workloads(service.selector) if selects else ())}
        for workload in filter(None, map(self.maker, pods)):
            workloads.setdefault(workload.uid, workload)
        return list(workloads.values())
