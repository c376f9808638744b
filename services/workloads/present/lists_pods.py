"""The list of a project's pods: what is known of each, worked out once and again only where something changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.kube.access import AROUND_PODS, View
from console.kube.records import Owner, PodRecord
from console.kube.summaries import Failed
from services.manifests.health import GROUP_OF, RANK, PodHealth, pod_health
from services.shown.containers import blamed, in_short, tried_again
from services.shown.lists import Column, Filter, Menu, Shape, summed_up
from services.shown.status import StatusCell, pod_cell
from services.shown.summary import Summary, keyed

_GROUP = {"attention": "attention", "progress": "progress", "ready": "running", "other": "completed"}
_UNJUDGED = PodHealth("warn", "the console could not work it out; its log says why")
_LOADING = PodHealth("busy", "")


@dataclass(frozen=True, slots=True, eq=False)
class PodEntry:
    """A pod with its health and the topmost of its owners.

    Made anew when anything in it changes, so what is worked out of it can be kept by its identity.
    """

    record: PodRecord
    owner: Owner | None
    health: PodHealth
    haystack: str
    name: str
    status: str
    recheck: float | None
    """Epoch seconds when time alone may change the health."""

    @property
    def workload(self) -> str:
        """ "Deployment/web", as it stands in addresses. Not kept: there may be 50,000 pods."""
        return f"{self.owner.kind}/{self.owner.name}" if self.owner else ""


@dataclass(frozen=True, slots=True)
class PodRow:
    """A row of the list. `kind` and `owner`: of its topmost owner; `page`: the word for the page of that, if it has
    one; `restarted`: when a container of it ended last, and `next_try`: when that is started anew (epoch seconds),
    before which there is room for only a `short` cause."""

    uid: str
    name: str
    status: StatusCell
    kind: str
    owner: str
    page: str
    ip: str
    node: str
    restarts: int
    created: float
    restarted: float = 0.0
    next_try: float = 0.0
    short: str = ""

    @property
    def key(self) -> str:
        """The id of its element."""
        return f"p{self.uid}"


@lru_cache(maxsize=4096)
def pod_row(entry: PodEntry, _language: str) -> PodRow:
    """The row of an entry, in words of the present language."""
    record, owner = entry.record, entry.owner
    cell, culprit = pod_cell(record, entry.health), blamed(record)
    status = replace(cell, why=_why(entry)) if entry.health.cause in (record.status, "not ready") else cell
    return PodRow(
        uid=record.uid,
        name=record.name,
        status=status,
        kind=owner.kind if owner else "",
        owner=owner.name if owner else "",
        page=owner.kind.lower() if owner and owner.kind in ("Deployment", "StatefulSet", "DaemonSet") else "",
        ip=record.ip,
        node=record.node,
        restarts=record.restarts,
        created=record.created,
        restarted=max((container.last_finished for container in record.containers if container.restarts), default=0.0),
        next_try=tried_again(culprit.message, culprit.last_finished) if culprit else 0.0,
        short=culprit.last_reason if culprit and culprit.last_reason not in ("", "Error") else status.why,
    )


def _why(entry: PodEntry) -> str:
    """Its cause for one line; where that is not known, how many containers are ready."""
    known = in_short(entry.record)
    if known or entry.health.cause != "not ready":
        return known
    ready = {"ready": entry.record.ready_containers, "total": entry.record.total_containers}
    return gettext("%(ready)s/%(total)s containers ready") % ready


PODS: Shape[PodEntry] = Shape(
    groups={
        "attention": _("Needs attention"),
        "progress": _("In progress"),
        "running": _("Running"),
        "completed": _("Completed"),
    },
    states={"attention": "bad", "progress": "busy", "running": "ok", "completed": "idle"},
    menus=(Menu(_("Node"), (Filter("node"),)), Menu(_("Workload"), (Filter("workload"),))),
    columns=(
        Column("status", _("Status"), lambda entry: (RANK[entry.health.state], entry.record.status), optional=False),
        Column("name", pgettext_lazy("column", "Name"), attrgetter("name"), optional=False),
        Column("place", _("Pod IP, node"), lambda entry: entry.record.node),
        Column("restarts", _("Restarts"), lambda entry: entry.record.restarts, most_first=True),
        Column(
            "cpu", _("CPU, cores"), attrgetter("name"), most_first=True
        ),  # what it sorts by is measured: `orders` of services/shown/usage.py
        Column("memory", _("Memory"), attrgetter("name"), most_first=True),
        Column("age", _("Age"), lambda entry: entry.record.created),
    ),
    sorts={
        "status": _("Status, worst first"),
        "name": _("Name, A to Z"),
        "-name": _("Name, Z to A"),
        "-restarts": _("Restarts, most first"),
        "-cpu": _("CPU, most first"),
        "-memory": _("Memory, most first"),
        "place": _("Node"),
        "-age": _("Created, newest first"),
    },
    facets={"status": attrgetter("status"), "node": attrgetter("record.node"), "workload": attrgetter("workload")},
    row=pod_row,
)


def pods_summary(view: View) -> Summary[PodEntry]:
    """Every pod that this person sees. Raises Forbidden, Unavailable."""
    known = summed_up(PODS.facets, view.pod_summaries(pod_entry), _unjudged)
    if view.freshness(*AROUND_PODS).state != "loading":
        return known
    return Summary.of(PODS.facets, keyed(_entry(entry.record, entry.owner, _LOADING) for entry in known.entries))


def _unjudged(failed: Failed) -> PodEntry:
    return _entry(failed.record, None, replace(_UNJUDGED, recheck=failed.recheck))


def pod_entry(pod: PodRecord, owner: Owner | None, now: float) -> PodEntry:
    """What is known of a pod. `now`: epoch seconds."""
    return _entry(pod, owner, _kept(PodHealth("idle", pod.problem) if pod.problem else pod_health(pod, now)))


@lru_cache(maxsize=1024)
def _kept(health: PodHealth) -> PodHealth:
    """Equal ones once: most of 50,000 pods are well."""
    return health


def _entry(pod: PodRecord, owner: Owner | None, health: PodHealth) -> PodEntry:
    looked_through = (pod.name, pod.node, pod.ip, owner.name if owner else "")
    return PodEntry(
        record=pod,
        owner=owner,
        health=health,
        haystack="\n".join(looked_through).lower(),
        name=pod.name,
        status=_GROUP[GROUP_OF[health.state]],
        recheck=health.recheck,
    )
