"""From a person's sight of a project to a Service and everything behind it."""

from __future__ import annotations

import time

from console.kube import kinds
from console.kube.access import BEHIND_SERVICES, View
from services.browse.present.details import Surroundings

DETAIL_KINDS = (*BEHIND_SERVICES, kinds.REPLICASET, kinds.EVENT)


def surroundings(view: View, name: str) -> Surroundings:
    """A Service with everything behind it. Raises NotFound, Forbidden, Unavailable."""
    view.expect_usage()
    view.check(*DETAIL_KINDS)
    service = view.service(name)  # before anything else is watched for it
    view.begin(*DETAIL_KINDS)  # also those that this Service has none of: else they would be "loading" for ever
    selector = service.selector
    workloads = view.workloads(selector) if selector else []
    pods = view.pods(selector) if selector else []
    replicasets = [replicaset for workload in workloads for replicaset in view.replicasets(workload.uid)]
    about = (service, *workloads, *replicasets, *pods)
    return Surroundings(
        service=service,
        slices=view.endpoints(name),
        pods=pods,
        workloads=workloads,
        events=[event for record in about for event in view.events(uid=record.uid)],
        now=time.time(),
        loading=view.freshness().state == "loading",
    )
