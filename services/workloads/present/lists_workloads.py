"""The list of a project's workloads: what is known of each, worked out once and again only where something changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.kube import kinds
from console.kube.access import AROUND_WORKLOADS, View
from console.kube.records import PodRecord, ReplicaSetRecord, ServiceRecord, WorkloadRecord
from console.kube.summaries import Failed
from services.manifests.health import LOADING, RANK, UNJUDGED, Health, say, workload_with_pods
from services.shown.lists import Column, Filter, Menu, Shape, summed_up
from services.shown.status import StatusCell, status_cell
from services.shown.summary import Summary, keyed
from services.words import GROUP_STATES
from services.workloads.present.rollout import newest_set

MOST_SERVICES = 3
STRATEGIES = {"RollingUpdate": _("Rolling update"), "Recreate": _("Recreate"), "OnDelete": _("On delete")}


@dataclass(frozen=True, slots=True, eq=False)
class WorkloadEntry:
    """A workload with its health. `rolled`: when its newest revision became current (epoch seconds), if that is known.

    Made anew when anything in it changes, so what is worked out of it can be kept by its identity.
    """

    record: WorkloadRecord
    health: Health
    services: tuple[str, ...]
    rolled: float | None
    haystack: str
    name: str
    status: str
    recheck: float | None
    """Epoch seconds when time alone may change the health."""


@dataclass(frozen=True, slots=True)
class WorkloadRow:
    """A row of the list. `kept`: how many more Services select its pods than are named."""

    uid: str
    name: str
    kind: str
    alias: str
    status: StatusCell
    strategy: str
    image: str
    more_images: int
    revision: str
    rolled: float | None
    services: tuple[str, ...]
    more_services: int
    created: float
    scales: bool
    pausable: bool
    paused: bool

    @property
    def key(self) -> str:
        """The id of its element."""
        return f"w{self.uid}"


@lru_cache(maxsize=4096)
def workload_row(entry: WorkloadEntry, _language: str) -> WorkloadRow:
    """The row of an entry, in words of the present language."""
    record = entry.record
    stateful = record.kind == "StatefulSet"  # its revisions have names here and no numbers
    revision = gettext("Revision %(number)s") % {"number": record.revision} if record.revision else ""
    return WorkloadRow(
        uid=record.uid,
        name=record.name,
        kind=record.kind,
        alias=record.alias,
        status=status_cell(entry.health),
        strategy=str(STRATEGIES.get(record.strategy, record.strategy)),
        image=short_image(record.images[0]) if record.images else "",
        more_images=max(0, len(record.images) - 1),
        revision=gettext("Created") if stateful else revision,
        rolled=record.created if stateful else entry.rolled,
        services=entry.services[:MOST_SERVICES],
        more_services=max(0, len(entry.services) - MOST_SERVICES),
        created=record.created,
        scales=record.kind != "DaemonSet",
        pausable=record.kind == "Deployment",
        paused=record.paused,
    )


WORKLOADS: Shape[WorkloadEntry] = Shape(
    groups={
        "attention": _("Needs attention"),
        "progress": _("In progress"),
        "ready": _("Available"),
        "other": _("Stopped"),
    },
    states=GROUP_STATES,
    menus=(Menu(_("Kind"), (Filter("kind", {kind.kind: kind.kind for kind in kinds.WORKLOADS}),)),),
    columns=(
        Column("status", _("Status"), lambda entry: (RANK[entry.health.state], _share(entry.health)), optional=False),
        Column("name", pgettext_lazy("column", "Name"), attrgetter("name"), optional=False),
        Column("kind", _("Kind"), lambda entry: entry.record.kind),
        Column("image", _("Image")),
        Column("services", _("Services")),
        Column("age", _("Age"), lambda entry: entry.record.created),
    ),
    sorts={
        "status": _("Status, worst first"),
        "name": _("Name, A to Z"),
        "-name": _("Name, Z to A"),
        "kind": _("Kind"),
        "-age": _("Created, newest first"),
    },
    facets={"status": attrgetter("status"), "kind": attrgetter("record.kind")},
    row=workload_row,
)


def _share(health: Health) -> float:
    """How much of it is ready: less is worse."""
    return health.ready / health.total if health.total else 1.0


def workloads_summary(view: View) -> Summary[WorkloadEntry]:
    """Every workload that this person sees. Raises Forbidden, Unavailable."""
    known = summed_up(WORKLOADS.facets, view.workload_summaries(workload_entry), _unjudged)
    if view.freshness(*AROUND_WORKLOADS).state != "loading":
        return known
    loading = (replace(entry, health=LOADING, status=LOADING.group, recheck=None) for entry in known.entries)
    return Summary.of(WORKLOADS.facets, keyed(loading))


def _unjudged(failed: Failed) -> WorkloadEntry:
    return _entry(failed.record, replace(UNJUDGED, recheck=failed.recheck), (), ())


def workload_entry(
    workload: WorkloadRecord,
    pods: Sequence[PodRecord],
    sets: Sequence[ReplicaSetRecord],
    services: Sequence[ServiceRecord],
    now: float,
) -> WorkloadEntry:
    """What is known of a workload. `now`: epoch seconds."""
    if workload.problem:
        health = Health("idle", say("Unreadable"), say("The cluster's response could not be read"))
    else:
        health = workload_with_pods(workload, pods, now)
    return _entry(workload, health, sets, services)


def _entry(
    workload: WorkloadRecord, health: Health, sets: Sequence[ReplicaSetRecord], services: Sequence[ServiceRecord]
) -> WorkloadEntry:
    newest = newest_set(sets)
    names = tuple(service.name for service in services)
    looked_through = (workload.name, workload.alias, *workload.images)
    return WorkloadEntry(
        record=workload,
        health=health,
        services=names,
        rolled=_became_current(workload, newest) if newest else None,
        haystack="\n".join(looked_through).lower(),
        name=workload.name,
        status=health.group,
        recheck=health.recheck,
    )


def _became_current(workload: WorkloadRecord, newest: ReplicaSetRecord) -> float | None:
    """Of a ReplicaSet that was rolled back to, the end of that rollout: it was created long before."""
    if not newest.reused:
        return newest.created
    mentioned = any(
        condition.type == "Progressing" and f'"{newest.name}"' in condition.message for condition in workload.conditions
    )
    return workload.progressed if mentioned and workload.progressed else None


def short_image(image: str) -> str:
    """An image without its registry: "shop/orders:1.18.2"."""
    first, slash, rest = image.partition("/")
    return rest if slash and ("." in first or ":" in first or first == "localhost") else image
