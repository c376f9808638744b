"""Pods as rows of the page of what they stand behind; a row opens into its containers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import gettext, ngettext

from console.kube.records import PodRecord
from console.kube.usage import Reading
from services.manifests.health import RANK, PodHealth, pod_health
from services.shown.containers import Container, containers_of, reached_limit, with_last_exit
from services.shown.status import StatusCell, pod_cell
from services.shown.usage import NO_CELLS, Cells, Look, Remark, memory_limit_of, pod_cells, remark

MOST_PODS = 100
MOST_OPEN = 20
"""Pods whose containers show at once: their names stand in the address."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod that the selector selects. `toggle`: the query that opens or closes it and leaves the others; `limit`: of
    memory, of all its containers."""

    uid: str
    name: str
    status: StatusCell
    second: str
    restarts: str
    created: float
    ip: str
    node: str
    containers: tuple[Container, ...]
    open: bool
    toggle: str
    used: Cells = NO_CELLS
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Pods:
    """Pods as rows, the worst first. `hidden`: how many more there are; `usage`: what is said of all numbers."""

    rows: tuple[Pod, ...]
    hidden: int
    usage: Remark


@dataclass(frozen=True, slots=True)
class Blame:
    """The pod that is worst off. `open`: the query and the place that show it; `says`: what its container said last, to
    stand behind the name of the pod; `log`: the query of the log of that run, where there was one; `limit`: the memory
    limit that ended it, in words, and the `container` that it ended."""

    pod: str
    open: str
    says: str
    log: str = ""
    limit: str = ""
    container: str = ""


def asked(names: Sequence[str]) -> list[str] | None:
    """The names that an address says are open, as many as may be; None where it says nothing."""
    return list(dict.fromkeys(names))[:MOST_OPEN] or None


def pod_rows(pods: Sequence[PodRecord], opened: Sequence[str] | None, now: float, look: Look) -> Pods:
    """The worst hundred as rows. `opened`: names of those whose containers show; None: the worst, if it is bad."""
    judged = sorted(((pod_health(pod, now), pod) for pod in pods), key=lambda pair: (RANK[pair[0].state], pair[1].name))
    if opened is None:
        opened = [pod.name for health, pod in judged[:1] if health.state == "bad"]
    shown = judged[:MOST_PODS]
    usage = look([pod for _, pod in shown])
    rows = tuple(_row(health, pod, opened, usage.readings.get(pod.name, ())) for health, pod in shown)
    return Pods(rows, len(judged) - len(shown), remark(usage, [pod for _, pod in shown], opened))


def _row(health: PodHealth, pod: PodRecord, opened: Sequence[str], readings: Sequence[Reading]) -> Pod:
    second = ngettext("%(ready)s of 1 container ready", "%(ready)s of %(count)s containers ready", pod.total_containers)
    return Pod(
        uid=pod.uid,
        name=pod.name,
        status=pod_cell(pod, health),
        second=second % {"ready": pod.ready_containers, "count": pod.total_containers},
        restarts=ngettext("1 restart", "%(count)s restarts", pod.restarts) % {"count": pod.restarts},
        created=pod.created,
        ip=pod.ip,
        node=pod.node,
        containers=containers_of(pod, readings) if pod.name in opened else (),
        open=pod.name in opened,
        toggle=_toggled(opened, pod.name),
        used=pod_cells(readings, pod),
        limit=memory_limit_of(pod),
    )


def _toggled(opened: Sequence[str], name: str) -> str:
    """The query of the page with one more pod open, or one fewer; "-" is no pod, for no `open` means the worst."""
    others = [other for other in dict.fromkeys(opened) if other not in (name, "-")]
    names = others if name in opened else [*others, name][-MOST_OPEN:]
    return "?" + urlencode([("open", open_name) for open_name in names or ["-"]])


def blame(pods: Iterable[PodRecord], now: float) -> Blame | None:
    """Which pod is worst off, and what its container said last; None where no pod is to blame."""
    judged = [(pod_health(pod, now), pod) for pod in pods]
    worst = min(judged, key=lambda pair: (RANK[pair[0].state], pair[1].name), default=None)
    if worst is None or worst[0].state not in ("bad", "warn"):
        return None
    pod = worst[1]
    container = next(
        (container for container in pod.containers if container.last_exit is not None and not container.ready), None
    )
    address = f"?{urlencode({'open': pod.name})}#pod-{pod.uid}"
    if container is None:
        says = pod.message or worst[0].cause or pod.status
        if says == "not ready":  # the notice has said that
            says = gettext("running, but its containers do not report that they are ready")
        return Blame(pod.name, address, f": {full_stop(says)}")
    if container.state == "running":
        text = gettext(" is not ready: last exit %(code)s, %(reason)s, %(time)s.")
    elif pod.total_containers == 1:
        text = gettext(" is restarting: last exit %(code)s, %(reason)s, %(time)s.")
    else:
        text = gettext(" is restarting container %(container)s: last exit %(code)s, %(reason)s, %(time)s.")
    log = "?" + urlencode({"container": container.name, "previous": "1"})
    says = with_last_exit(text, container)
    return Blame(pod.name, address, says, log, reached_limit(container), container.name)


def pods_ready(pods: Iterable[PodRecord]) -> str:
    """ "2 of 3 pods ready.", of those that are there to stay."""
    alive = [pod for pod in pods if not pod.deleting and pod.phase != "Succeeded"]
    text = ngettext("%(ready)s of 1 pod ready.", "%(ready)s of %(count)s pods ready.", len(alive))
    return text % {"ready": sum(pod.ready for pod in alive), "count": len(alive)}


def full_stop(sentence: str) -> str:
    """A sentence with its full stop; nothing stays nothing."""
    return sentence and f"{sentence.rstrip('.')}."
