"""What changed last in a project: what the record of Berth says, and what the cluster itself shows of other programs.

The cluster knows when an object was created and when a Deployment got its newest revision, but not who did it: an entry
from it names nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from heapq import nlargest
from operator import attrgetter

from accounts.recent import RECENT, Change
from console.kube.access import View
from services.changes.authors import SAME
from services.manifests.health import matches

_TOGETHER = 1.0  # seconds between the objects of one `kubectl apply`


@dataclass(frozen=True, slots=True)
class ClusterChange:
    """An object that was created, or a Deployment with a new `revision` (a number in words, "" of what was created).

    `workload`: the kind of the one that was created with a Service; `labels`: what a Service selects, or the labels of
    the workload's pods.
    """

    at: datetime
    kind: str
    name: str
    labels: Mapping[str, str] = field(repr=False)
    images: tuple[str, ...] = ()
    revision: str = ""
    workload: str = ""
    entry: None = None
    """Unlike what the record has."""
    went_wrong: bool = False


def recent_changes(view: View, recorded: Sequence[Change]) -> list[Change | ClusterChange]:
    """The newest of both, the newest first. `recorded`: the newest of the record. Raises Forbidden, Unavailable."""
    # Two objects may be one entry, and half of the entries may be in the record, too.
    seen = _joined(nlargest(4 * RECENT, _seen(view), key=attrgetter("at")))
    unrecorded = [change for change in seen if not any(_are_same(change, record) for record in recorded)]
    return nlargest(RECENT, [*recorded, *unrecorded], key=attrgetter("at"))


def _are_same(change: ClusterChange, record: Change) -> bool:
    return abs((record.at - change.at).total_seconds()) < SAME and change.name in record.entry.target


def _seen(view: View) -> Iterator[ClusterChange]:
    """Of each Service and workload the last change that the cluster knows the time of."""
    for service in view.services():
        yield ClusterChange(_moment(service.created), "Service", service.name, service.selector)
    sets = {
        (replicaset.owner.uid, replicaset.revision): replicaset.created
        for replicaset in view.replicasets()
        if replicaset.owner and not replicaset.reused  # one that was rolled back to was created long before
    }
    for workload in view.workloads():
        rolled = sets.get((workload.uid, workload.revision)) if workload.revision != "1" else None
        at, labels = _moment(rolled or workload.created), workload.template_labels
        revision = workload.revision if rolled else ""
        yield ClusterChange(at, workload.kind, workload.name, labels, workload.images, revision)


def _joined(seen: Sequence[ClusterChange]) -> list[ClusterChange]:
    """A workload that was created with a Service in one entry with that."""
    services = {change.name: change for change in seen if change.kind == "Service"}
    others = []
    for change in seen:
        if change.kind == "Service":
            continue
        service = next((service for service in services.values() if _are_together(service, change)), None)
        if service:
            services[service.name] = replace(service, workload=change.kind, images=change.images)
        else:
            others.append(change)
    return [*services.values(), *others]


def _are_together(service: ClusterChange, change: ClusterChange) -> bool:
    apart = abs((service.at - change.at).total_seconds())
    return not (change.revision or service.workload) and apart <= _TOGETHER and matches(service.labels, change.labels)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
