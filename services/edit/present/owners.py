"""What stands behind Services: pods, the workloads that make them, and pods that no workload here makes."""

from __future__ import annotations

from collections.abc import Iterable
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
        owner = pod.owner
        replicas = self._sets.get(owner.uid) if owner and owner.kind == "ReplicaSet" else None
        return replicas.owner if replicas and replicas.owner else owner

    @cached_property
    def _workloads(self) -> dict[str, WorkloadRecord]:
        return {workload.uid: workload for workload in self.view.workloads()}

    @cached_property
    def _sets(self) -> dict[str, ReplicaSetRecord]:
        return {replica_set.uid: replica_set for replica_set in self.view.replicasets()}


def pods_behind(view: View, service: ServiceRecord) -> list[PodRecord]:
    """The pods that a Service's selector selects; without a selector, those that its endpoints name."""
    if service.type == "ExternalName":
        return []
    if service.selector:
        return [pod for pod in view.pods(service.selector) if not pod.deleting]
    named = {
        endpoint.pod_uid for piece in view.endpoints(service.name) for endpoint in piece.endpoints if endpoint.pod_uid
    }
    return [pod for pod in view.pods() if pod.uid in named and not pod.deleting] if named else []


def workloads_behind(
    view: View, service: ServiceRecord, pods: Iterable[PodRecord], makers: Makers
) -> list[WorkloadRecord]:
    """The workloads whose template a Service selects, and those that made the pods it selects."""
    selects = service.selector and service.type != "ExternalName"
    workloads = {workload.uid: workload for workload in (view.workloads(service.selector) if selects else ())}
    for pod in pods:
        workload = makers.workload(pod)
        if workload:
            workloads.setdefault(workload.uid, workload)
    return list(workloads.values())


def unmade(pods: Iterable[PodRecord], makers: Makers) -> list[PodRecord]:
    """The pods that no workload here makes: bare ones, and those of ReplicaSets of their own, Jobs and operators."""
    return [pod for pod in pods if makers.workload(pod) is None]
