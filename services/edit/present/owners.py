"""What stands behind Services: pods, the workloads that make them, and pods that no workload here makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from console.kube.access import View
from console.kube.records import Owner, PodRecord, ReplicaSetRecord, ServiceRecord, WorkloadRecord


@dataclass(frozen=True)
class Makers:
    """Who makes which pod, found by owner references: a Deployment through its ReplicaSets."""

    view: View

    def workload(self, pod: PodRecord) -> WorkloadRecord | None:
        """The Deployment, StatefulSet or DaemonSet that makes a pod; None where it is none of these."""
        owner = self.owner(pod)
        return self._workloads.get(owner.uid) if owner else None

    def owner(self, pod: PodRecord) -> Owner | None:
        """The topmost owner that is known; None for a bare pod."""
        found = pod.owner
        replicas = self._sets.get(found.uid) if found and found.kind == "ReplicaSet" else None
        return replicas.owner if replicas and replicas.owner else found

    @cached_property
    def _workloads(self) -> dict[str, WorkloadRecord]:
        return {one.uid: one for one in self.view.workloads()}

    @cached_property
    def _sets(self) -> dict[str, ReplicaSetRecord]:
        return {one.uid: one for one in self.view.replicasets()}


def pods_behind(view: View, service: ServiceRecord) -> list[PodRecord]:
    """The pods that a Service's selector selects; without a selector, those that its endpoints name."""
    if service.type == "ExternalName":
        return []
    if service.selector:
        return [pod for pod in view.pods(service.selector) if not pod.deleting]
    named = {one.pod_uid for piece in view.endpoints(service.name) for one in piece.endpoints if one.pod_uid}
    return [pod for pod in view.pods() if pod.uid in named and not pod.deleting] if named else []


def workloads_behind(
    view: View, service: ServiceRecord, pods: Iterable[PodRecord], makers: Makers
) -> list[WorkloadRecord]:
    """The workloads whose template a Service selects, and those that made the pods it selects."""
    selects = service.selector and service.type != "ExternalName"
    found = {one.uid: one for one in (view.workloads(service.selector) if selects else ())}
    for pod in pods:
        workload = makers.workload(pod)
        if workload:
            found.setdefault(workload.uid, workload)
    return list(found.values())


def unmade(pods: Iterable[PodRecord], makers: Makers) -> list[PodRecord]:
    """The pods that no workload here makes: bare ones, and those of ReplicaSets of their own, Jobs and operators."""
    return [pod for pod in pods if makers.workload(pod) is None]


def owners(pods: Sequence[PodRecord], makers: Makers) -> list[str]:
    """Their owners, in words: "Job migrate"."""
    return sorted({f"{owner.kind} {owner.name}" for pod in pods if (owner := makers.owner(pod))})
