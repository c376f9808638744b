"""What changed last in a project: what the record of Berth says, and what the cluster itself shows of other programs.

The cluster knows when an object was created and when a Deployment got its newest revision, but not who did it: an entry
from it names nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import nlargest
from operator import attrgetter

from accounts.recent import RECENT, Change
from console.kube.access import View

_SAME = 5.0  # seconds between what the cluster and what the record call the time of one change


@dataclass(frozen=True, slots=True)
class ClusterChange:
    """An object that was created, or a Deployment with a new `revision` (a number in words, "" of what was created)."""

    at: datetime
    kind: str
    name: str
    revision: str = ""
    images: tuple[str, ...] = ()
    entry: None = None
    """Unlike what the record has."""
    went_wrong: bool = False


def recent_changes(view: View, recorded: Sequence[Change]) -> list[Change | ClusterChange]:
    """The newest of both, the newest first. `recorded`: the newest of the record. Raises Forbidden, Unavailable."""
    seen = nlargest(2 * RECENT, _seen(view), key=attrgetter("at"))  # half of them may be in the record, too
    unrecorded = [change for change in seen if not any(_are_same(change, record) for record in recorded)]
    return nlargest(RECENT, [*recorded, *unrecorded], key=attrgetter("at"))


def _are_same(change: ClusterChange, record: Change) -> bool:
    return abs((record.at - change.at).total_seconds()) < _SAME and change.name in record.entry.target


def _seen(view: View) -> Iterator[ClusterChange]:
    """Of each Service and workload the last change that the cluster knows the time of."""
    for service in view.services():
        yield ClusterChange(_moment(service.created), "Service", service.name)
    sets = {
        (replicaset.owner.uid, replicaset.revision): replicaset.created
        for replicaset in view.replicasets()
        if replicaset.owner and not replicaset.reused  # one that was rolled back to was created long before
    }
    for workload in view.workloads():
        rolled = sets.get((workload.uid, workload.revision)) if workload.revision != "1" else None
        revision = workload.revision if rolled else ""
        at = _moment(rolled or workload.created)
        yield ClusterChange(at, workload.kind, workload.name, revision, workload.images)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
