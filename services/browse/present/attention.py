"""What needs attention, in one project or across several: worst first, each with since when and its next step.

It costs with what is shown: the summaries are kept (`console.kube.summaries`), and of each project only its worst are
looked at.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from console.kube import kinds
from console.kube.access import Freshness, View
from console.kube.errors import KubeError, Unavailable
from console.kube.records import PodRecord
from services import page_state
from services.browse.present.summaries import (
    ServiceSummary,
    newest_first,
    project_summary_of,
    service_summary,
)
from services.manifests.health import RANK, Health, pod_health, workload_health
from services.shown.containers import blamed, in_short
from services.shown.status import StatusCell, status_cell

_WRONG = ("bad", "warn")
WORST = 10  # as many are shown, of all projects together


@dataclass(frozen=True, slots=True)
class Step:
    """A link that helps: what it says, and the page of the Service (a URL name) that it leads to."""

    words: str | Promise
    page: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A Service that needs attention. `evidence`: what the worst of its pods says; `since`: epoch seconds, where that
    is known.
    """

    project: str
    name: str
    status: StatusCell
    evidence: str
    since: float | None
    step: Step
    rank: int


@dataclass(frozen=True, slots=True)
class ProjectState:
    """How the Services of a project are. `known` is "yes", or why nothing is known: the cluster is being read, the
    project is not watched now, or its Services cannot be read. `running`: pods, and `available`: workloads, as their
    lists count them; only on a page of its own.
    """

    name: str
    known: Literal["yes", "loading", "unwatched", "unreadable"]
    total: int = 0
    attention: int = 0
    progress: int = 0
    ready: int = 0
    pods: int = 0
    workloads: int = 0
    running: int | None = None
    available: int | None = None
    worst: tuple[Trouble, ...] = ()
    freshness: Freshness | None = None
    recheck: float | None = None

    @property
    def others(self) -> int:
        """How many need attention besides the worst."""
        return max(self.attention - 1, 0)

    @property
    def stale(self) -> bool:
        """Whether what is known may not be so any more."""
        return self.freshness is not None and page_state.live(self.freshness).stale


def project_state(view: View, *, may_edit: bool, full: bool = False) -> ProjectState:
    """One project, as this person sees it. `full`: watched whatever it takes, as on a page of its own.

    Raises Unavailable where the cluster does not say what the person may see.
    """
    try:
        kept = view.summaries(service_summary) if full else view.glance(service_summary)
        if kept is None:
            return ProjectState(view.namespace, "unwatched")
        freshness = view.freshness()
        pods = view.count(kinds.POD)
        workloads = sum(view.count(kind) for kind in kinds.WORKLOADS)
        running, available = _right(view) if full else (None, None)
    except Unavailable:
        raise
    except KubeError:
        return ProjectState(view.namespace, "unreadable")
    if freshness.state == "forbidden" or (freshness.as_of is None and freshness.state != "loading"):
        return ProjectState(view.namespace, "unreadable", freshness=freshness)
    if freshness.state == "loading":
        return ProjectState(view.namespace, "loading", freshness=freshness)
    summary = project_summary_of(kept)
    counts = summary.counts["status"]
    state = ProjectState(
        name=view.namespace,
        known="yes",
        total=len(summary.entries),
        attention=counts["attention"],
        progress=counts["progress"],
        ready=counts["ready"],
        pods=pods,
        workloads=workloads,
        running=running,
        available=available,
        freshness=freshness,
        recheck=summary.recheck,
    )
    troubled = [service for service in summary.entries if service.status == "attention"] if state.attention else []
    worst = nsmallest(WORST, troubled, _badness)
    return replace(state, worst=tuple(_trouble(service, state, view, may_edit) for service in worst))


def _right(view: View) -> tuple[int, int]:
    """How many pods are running, and workloads available."""
    now = time.time()
    running = sum(pod_health(pod, now).state == "ok" for pod in view.pods())
    return running, sum(workload_health(workload).state == "ok" for workload in view.workloads())


def _trouble(service: ServiceSummary, state: ProjectState, view: View, may_edit: bool) -> Trouble:
    """What is not of now has no colour: that would be a claim about now."""
    cell = status_cell(service.health)
    cell = replace(cell, state="idle", glyph=cell.glyph or cell.state) if state.stale else cell
    step = next_step(service.health, may_edit=may_edit)
    return Trouble(
        project=state.name,
        name=service.name,
        status=cell,
        evidence=_evidence(view.pods(service.record.selector), cell.why),
        since=service.since,
        step=step,
        rank=RANK[service.health.state],
    )


def _evidence(pods: Sequence[PodRecord], why: str) -> str:
    """What the list of pods says of the worst one and `why` does not: "Exit 1, 16 restarts"; nothing of pods that are
    all right."""
    now = time.time()
    judged = [(pod_health(pod, now), pod) for pod in pods]
    bad = [(RANK[health.state], -pod.restarts, pod.name, pod) for health, pod in judged if health.state in _WRONG]
    if not bad:
        return ""
    pod = min(bad)[-1]
    container = blamed(pod)
    is_said = bool(container and container.last_reason and container.last_reason in why)
    times = ngettext("%(count)s restart", "%(count)s restarts", pod.restarts) % {"count": pod.restarts}
    return ", ".join(filter(None, ("" if is_said else in_short(pod), times if pod.restarts else "")))


def _badness(service: ServiceSummary) -> tuple[int, float, float, str]:
    """By severity, then by how little of it is ready, then the newest first: it is what somebody has just changed."""
    share = status_cell(service.health).share or 0.0
    return RANK[service.health.state], share, newest_first(service.since), service.name


@dataclass(frozen=True, slots=True)
class Board:
    """Several projects together."""

    projects: tuple[ProjectState, ...]

    @property
    def count(self) -> int:
        """How many Services need attention."""
        return sum(project.attention for project in self.projects)

    @property
    def troubled(self) -> tuple[ProjectState, ...]:
        """The projects with something that needs attention, the one with the worst first."""
        return tuple(sorted((project for project in self.projects if project.attention), key=_worst_of_project))

    @property
    def worst(self) -> tuple[Trouble, ...]:
        """The worst of all: by severity, by what is ready, then the newest, then by project and name."""
        troubles = (trouble for project in self.projects for trouble in project.worst)
        return tuple(nsmallest(WORST, troubles, key=_place))

    @property
    def total(self) -> int:
        return sum(project.total for project in self.projects)

    @property
    def ready(self) -> int:
        return sum(project.ready for project in self.projects)

    @property
    def recheck(self) -> float | None:
        """Epoch seconds when time alone may change something."""
        return min((project.recheck for project in self.projects if project.recheck is not None), default=None)

    def names(self, known: str) -> list[str]:
        """The projects of which just this is known."""
        return [project.name for project in self.projects if project.known == known]

    @property
    def loading(self) -> list[str]:
        return self.names("loading")

    @property
    def unwatched(self) -> list[str]:
        return self.names("unwatched")

    @property
    def unreadable(self) -> list[str]:
        return self.names("unreadable")


def _place(trouble: Trouble) -> tuple[int, float, float, str, str]:
    return trouble.rank, trouble.status.share or 0.0, newest_first(trouble.since), trouble.project, trouble.name


def _worst_of_project(project: ProjectState) -> tuple[int, float, int, str]:
    worst = min(((trouble.rank, newest_first(trouble.since)) for trouble in project.worst), default=(0, 0.0))
    return *worst, -project.attention, project.name


_CHANGE_SELECTOR = Step(_("Change the selector"), "services:edit-service")
_CHANGE_PORT = Step(_("Change the port"), "services:edit-service")
_RAISE_LIMIT = Step(_("Raise the memory limit"), "services:details")
_LABELS = Step(_("Show its labels"), "services:metadata")
_EVENTS = Step(_("Events"), "services:events")
# A part of the cause, and where it is explained: what a container said last, or the events of the pods.
_EXPLAINED: tuple[tuple[str, Step], ...] = (
    ("Image", Step(_("Why the pull fails"), "services:events")),
    ("unschedulable", Step(_("Why no node fits"), "services:events")),
    ("OOMKilled", Step(_("Why it restarts"), "services:details")),
    ("BackOff", Step(_("Why it restarts"), "services:details")),
    ("restarting", Step(_("Why it restarts"), "services:details")),
    ("not ready", Step(_("Why it is not ready"), "services:events")),
    ("Evicted", Step(_("Why it was evicted"), "services:events")),
)


def next_step(health: Health, *, may_edit: bool) -> Step:
    """What to do about it, as far as there is a page for it."""
    if health.words.singular == "Selector matches nothing":
        return _CHANGE_SELECTOR if may_edit else _LABELS
    cause = str(health.why)
    if may_edit and "OOMKilled" in cause:
        return _RAISE_LIMIT
    for part, step in _EXPLAINED:
        if part in cause:
            return step
    return _CHANGE_PORT if may_edit and "container port" in cause.lower() else _EVENTS
