"""From a person's sight of a project to one pod, what made it, what selects it and what was said of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from console.kube import kinds
from console.kube.access import View
from console.kube.records import EventRecord, PodRecord, Record, ReplicaSetRecord, ServiceRecord
from services.workloads.present.pod import Around

KINDS = (kinds.POD, kinds.EVENT, kinds.SERVICE, kinds.REPLICASET)


def around(view: View, name: str, *, base: str, logs: str) -> Around:
    """A pod with what memory has around it. Raises NotFound, Forbidden, Unavailable."""
    view.expect_usage()
    view.check(*KINDS)
    pod = view.pod(name)
    view.begin(*KINDS)
    made_by, revision = _maker(view, pod)
    return Around(
        pod=pod,
        events=view.events(pod.uid),
        services=view.services_selecting(pod.labels),
        workload=made_by,
        revision=revision,
        base=base,
        logs=logs,
        now=time.time(),
    )


def _maker(view: View, pod: PodRecord) -> tuple[Any, str]:
    """The owner: for a pod of a ReplicaSet the Deployment that made that, with its revision."""
    owner = pod.owner
    if owner is None or owner.kind != "ReplicaSet":
        return owner, ""
    made_of = next((replicaset for replicaset in view.replicasets() if replicaset.uid == owner.uid), None)
    if made_of is None or made_of.owner is None:
        return owner, ""
    return made_of.owner, made_of.revision


def concerns(name: str) -> Callable[[Record], bool]:
    """Whether the page of this pod may look different after a change of this record."""

    def answer(record: Record) -> bool:
        if isinstance(record, PodRecord):
            return record.name == name
        if isinstance(record, EventRecord):
            return record.involved.name == name
        return isinstance(record, ServiceRecord | ReplicaSetRecord)

    return answer
