"""The page of a pod: its head, its attributes, its containers and its conditions, from what memory keeps of it, of what
made it and selects it, and of what was said of it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.kube import kinds
from console.kube.access import View
from console.kube.records import EventRecord, PodRecord, Record, ReplicaSetRecord, ServiceRecord
from console.kube.usage import Reading
from services import words
from services.manifests.health import State, pod_health
from services.page_state import Act
from services.shown.containers import blamed, containers_of, last_end, memory_limit, tried_again
from services.shown.facts import Fact, Line, lines, when_created
from services.shown.pages import Pages
from services.shown.pods import full_stop
from services.shown.quantities import cores, memory
from services.shown.status import StatusCell, pod_cell
from services.shown.usage import NO_CELLS, Cells

KINDS = (kinds.POD, kinds.EVENT, kinds.SERVICE, kinds.REPLICASET)
MOST_LABELS = 40
# In the order in which they come true: the words where they are, and where they are not.
_WORDS = {
    "PodScheduled": (_("Scheduled"), _("Not scheduled")),
    "PodReadyToStartContainers": (_("Sandbox ready"), _("Sandbox not ready")),
    "Initialized": (_("Initialized"), _("Not initialized")),
    "ContainersReady": (_("Containers ready"), _("Containers not ready")),
    "Ready": (_("Ready"), _("Not ready")),
}
# These say that something is wrong or under way where they are true.
_CONTAINERS = re.compile(r"containers with (?:unready|incomplete) status: \[(.*)\]")
_ALARMING = frozenset({"DisruptionTarget", "PodResizePending", "PodResizeInProgress"})


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above every tab. `what` in bold, `says` beside it, `means` below. `next_try`: when a container that
    ended is started anew (epoch seconds)."""

    name: str
    status: StatusCell
    notice: str
    what: str
    says: str
    means: str
    acts: tuple[Act, ...]
    warnings: int
    deleting: bool
    next_try: float = 0.0
    limited: str = ""  # the container that reached its memory limit


@dataclass(frozen=True, slots=True)
class Row:
    """A container in the table. `logs`: addresses of its log and of the log of its previous run; "" for none."""

    name: str
    image: str
    status: StatusCell
    tags: tuple[str, ...]
    cpu: str
    memory: str
    say: str
    raw: str
    href: str
    open: bool
    log: str
    previous: str
    used: Cells = NO_CELLS
    runs: bool = True


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. One that holds is grey, and says since when on hover."""

    state: State | None
    words: str
    say: str
    since: float


@dataclass(frozen=True, slots=True)
class Around:
    """A pod, and what memory has around it. `workload`: what made it, and `revision` of that; `base`: its address;
    `logs`: the address of its logs, "" for who may not read them.
    """

    pod: Any
    events: Sequence[Any]
    services: Sequence[Any]
    workload: Any
    revision: str
    base: str
    logs: str
    now: float

    @property
    def recheck(self) -> float | None:
        """Epoch seconds when time alone may change what is shown."""
        return pod_health(self.pod, self.now).recheck


def around(view: View, name: str, *, base: str, logs: str) -> Around:
    """A pod with what memory has around it. Raises NotFound, Forbidden, Unavailable."""
    view.expect_usage()
    view.check(*KINDS)
    pod = view.pod(name)
    view.begin(*KINDS)
    made_by, revision = pod.owner, ""
    if made_by is not None and made_by.kind == "ReplicaSet":  # then the Deployment that made that
        made_of = next((replicaset for replicaset in view.replicasets() if replicaset.uid == made_by.uid), None)
        if made_of is not None and made_of.owner is not None:
            made_by, revision = made_of.owner, made_of.revision
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


def concerns(name: str) -> Callable[[Record], bool]:
    """Whether the page of this pod may look different after a change of this record."""

    def answer(record: Record) -> bool:
        if isinstance(record, PodRecord):
            return record.name == name
        if isinstance(record, EventRecord):
            return record.involved.name == name
        return isinstance(record, ServiceRecord | ReplicaSetRecord)

    return answer


def head(around: Around) -> Head:
    """The word of kubectl, what is wrong, and where to look next."""
    pod, health = around.pod, pod_health(around.pod, around.now)
    cell = pod_cell(pod, health)
    restarts = ngettext("1 restart", "%(count)s restarts", pod.restarts) % {"count": pod.restarts}
    troubled = health.state in ("warn", "bad")
    what, says, means = _trouble(around, health.cause) if troubled else ("", "", "")
    culprit = blamed(pod) if troubled else None
    warnings = sum(1 for event in around.events if event.type == "Warning")
    return Head(
        name=pod.name,
        status=replace(cell, why=", ".join(filter(None, (cell.why, restarts if pod.restarts else "")))),
        notice=health.state if troubled else "",
        what=what,
        says=says,
        means=means,
        acts=_acts(around, warnings) if troubled else (),
        warnings=warnings,
        deleting=pod.deleting,
        next_try=tried_again(culprit.message, culprit.last_finished) if culprit else 0.0,
        limited=culprit.name if culprit and memory_limit(culprit) else "",
    )


def _trouble(around: Around, cause: str) -> tuple[str, str, str]:
    """What is so, what is known of it, and what it means."""
    pod = around.pod
    unscheduled = next(
        (condition for condition in pod.conditions if condition.type == "PodScheduled" and condition.status == "False"),
        None,
    )
    if unscheduled is not None:
        return gettext("No node can run this pod."), unscheduled.message, ""
    if pod.phase == "Failed":
        return gettext("The pod has failed: %(reason)s.") % {"reason": pod.status}, pod.message, ""
    container = blamed(pod)
    if container is None:
        return full_stop(capfirst(cause or pod.status)), pod.message, ""
    means = "" if container.init else gettext("The pod receives no traffic from Services until it is ready.")
    return _what(container), last_end(container) or container.message[:300], means


def _what(container: Any) -> str:
    values = {"name": container.name, "reason": container.reason or container.last_reason}
    if "ImagePull" in container.reason or container.reason in ("InvalidImageName", "ErrImageNeverPull"):
        return gettext("The image of container %(name)s cannot be pulled.") % values
    if container.reason == "CrashLoopBackOff" or (container.last_exit is not None and container.state != "running"):
        return gettext("Container %(name)s is restarting.") % values
    if container.state == "running":
        return gettext("Container %(name)s is running, but not ready.") % values
    if container.state == "terminated":
        return gettext("Container %(name)s has ended: %(reason)s.") % values
    return gettext("Container %(name)s cannot start: %(reason)s.") % values


def _acts(around: Around, warnings: int) -> tuple[Act, ...]:
    acts = []
    container = blamed(around.pod)
    if around.logs and container is not None and container.last_exit is not None:
        acts.append(Act(_log(around, container.name, previous=True), gettext("Previous logs")))
    elif around.logs and container is not None and container.state != "waiting":
        acts.append(Act(_log(around, container.name), gettext("Logs")))
    if warnings:
        words = ngettext("1 warning", "%(count)s warnings", warnings) % {"count": warnings}
        acts.append(Act(f"{around.base}events/", words))
    return tuple(acts)


def _log(around: Around, container: str, *, previous: bool = False) -> str:
    return f"{around.logs}?{urlencode({'container': container} | ({'previous': '1'} if previous else {}))}"


def facts(around: Around, *, cluster: str, project_href: str, maker_href: str, pages: Pages) -> tuple[Fact, ...]:
    """Its attributes. `maker_href`: the page of what made it, if that has one."""
    pod, made_by = around.pod, around.workload
    workload: tuple[Line, ...] = ()
    if made_by is not None:
        note = gettext("revision %(number)s") % {"number": around.revision} if around.revision.isdigit() else ""
        kind = ", ".join(filter(None, (made_by.kind, note)))
        workload = (Line(made_by.name, note=kind, href=maker_href),)
    none_yet = gettext("None yet")
    return (
        Fact("cluster", gettext("Cluster"), lines(cluster)),
        Fact("project", gettext("Project"), (Line(pod.namespace, href=project_href),)),
        Fact("workload", gettext("Workload"), workload, none=gettext("None, the pod is standalone")),
        Fact(
            "services",
            gettext("Services"),
            tuple(Line(service.name, href=pages.href("Service", service.name)) for service in around.services),
            none=gettext("No Service selects it"),
        ),
        *_known("app", gettext("App"), words.app_of(pod)),
        Fact("node", gettext("Node"), lines(pod.node), mono=True, none=gettext("Not on a node")),
        Fact("ip", gettext("Pod IP Address"), lines(*dict.fromkeys((pod.ip, *pod.ips))), mono=True, none=none_yet),
        Fact("host", gettext("Node IP Address"), lines(pod.host_ip), mono=True, none=none_yet),
        Fact("restarts", gettext("Restarts"), lines(str(pod.restarts))),
        Fact("qos", gettext("QoS Class"), lines(pod.qos), none=gettext("Not known")),
        Fact(
            "labels",
            gettext("Labels"),
            lines(*(f"{key}={value}" for key, value in list(pod.labels.items())[:MOST_LABELS])),
            none=gettext("None"),
            tags=True,
        ),
        Fact("created", gettext("Created"), lines(when_created(pod.created))),
        *_known("creator", gettext("Creator"), pod.creator),
    )


def _known(key: str, label: str, value: str) -> tuple[Fact, ...]:
    """An attribute that few pods have: the others do not say that they lack it."""
    return (Fact(key, label, lines(value)),) if value else ()


def containers(around: Around, opened: str, readings: Sequence[Reading]) -> tuple[Row, ...]:
    """Its containers, those that work first. `opened`: the name of the one whose details show; `readings`: what they
    used.
    """
    records = {container.name: container for container in around.pod.containers}
    rows = []
    for shown in containers_of(around.pod, readings):
        record, is_open = records[shown.name], shown.name == opened
        has_run = bool(around.logs) and (record.state != "waiting" or record.last_exit is not None)
        row = Row(
            name=shown.name,
            image=shown.image,
            status=StatusCell(shown.state, shown.words, shown.restarts if record.restarts else ""),
            tags=shown.tags,
            cpu=cores(record.requests.get("cpu"), record.limits.get("cpu")),
            memory=memory(record.requests.get("memory"), record.limits.get("memory")),
            say=shown.say,
            raw=shown.raw,
            href=around.base if is_open else f"{around.base}container/{quote(shown.name)}/",
            open=is_open,
            log=_log(around, shown.name) if has_run else "",
            previous=_log(around, shown.name, previous=True) if around.logs and record.last_exit is not None else "",
            used=shown.used,
            runs=record.state == "running",
        )
        rows.append(row)
    return tuple(rows)


def conditions(around: Around) -> tuple[Condition, ...]:
    """In the order in which they come true, and what is not known here behind them."""
    ranks = {kind: rank for rank, kind in enumerate(_WORDS)}
    ordered = sorted(around.pod.conditions, key=lambda record: ranks.get(record.type, len(ranks)))
    told: set[str] = set()
    shown = []
    for record in ordered:
        condition = _condition(around, record)
        if condition.say and condition.say in told:  # Ready repeats what ContainersReady says
            condition = replace(condition, say=gettext("no traffic from Services") if record.type == "Ready" else "")
        told.add(condition.say)
        shown.append(condition)
    return tuple(shown)


def _named(message: str) -> str:
    """What the kubelet means by "containers with unready status: [web proxy]"."""
    listed = _CONTAINERS.fullmatch(message)
    return ", ".join(listed[1].split()) if listed else message


def _condition(around: Around, record: Any) -> Condition:
    """What has just begun is under way, not wrong; a pod that has done its work is not ready, and should not be."""
    holds, alarming = record.status == "True", record.type in _ALARMING
    words = _WORDS.get(record.type, (record.type, f"{record.type}: {record.status}"))
    state: State | None = None
    if holds == alarming and around.pod.phase != "Succeeded":
        health = pod_health(around.pod, around.now).state
        state = "warn" if alarming else health if health in ("bad", "warn") else "busy"
    say = "" if holds and not alarming else _named(record.message) or record.reason
    return Condition(state, str(words[0] if holds else words[1]), say[:300], record.since)
