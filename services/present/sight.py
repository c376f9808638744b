"""From a person's sight of a project to what the presenters need. The only module here that asks the cluster's memory."""

from __future__ import annotations

import time

from console.kube.access import View

from console.kube import kinds
from services.manifests.health import matches
from services.present.board import Entry
from services.present.details import Surroundings

# What the health of a Service is made of: a list page looks at all of these.
LIST_KINDS = (kinds.SERVICE, kinds.ENDPOINTSLICE, kinds.POD, *kinds.WORKLOADS)
DETAIL_KINDS = (*LIST_KINDS, kinds.REPLICASET, kinds.EVENT)


def surroundings(view: View, name: str) -> Surroundings | None:
    """A Service with everything behind it, or None where there is no such Service. Raises Forbidden, Unavailable."""
    service = view.service(name)
    if service is None:
        return None
    workloads = [one for one in view.workloads() if matches(service.selector, one.template_labels)]
    pods = list(view.pods(service.selector)) if service.selector else []
    replicasets = [one for one in view.replicasets() if one.owner and one.owner.uid in {w.uid for w in workloads}]
    about = {service.uid, *(one.uid for one in (*workloads, *pods, *replicasets))}
    return Surroundings(
        service=service,
        slices=list(view.endpoints(name)),
        pods=pods,
        workloads=workloads,
        replicasets=replicasets,
        events=list(view.events(uids=about)),
        now=time.time(),
    )


def entries(view: View) -> list[Entry]:
    """Every Service of the project with its health. Raises Forbidden, Unavailable."""
    raise NotImplementedError
