"""Pods as rows of the page of what they stand behind; a row opens into its containers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import ngettext

from services.manifests.health import RANK, pod_health
from services.shown.containers import Container, containers_of
from services.shown.status import StatusCell

MOST_PODS = 100
MOST_OPEN = 20
"""Pods whose containers show at once: their names stand in the address."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod that the selector selects. `toggle`: the query that opens or closes it and leaves the others."""

    uid: str
    name: str
    status: StatusCell
    second: str
    restarts: int
    created: float
    ip: str
    node: str
    containers: tuple[Container, ...]
    open: bool
    toggle: str


def pod_rows(pods: Iterable[Any], opened: Sequence[str] | None, now: float) -> tuple[Pod, ...]:
    """Pods as rows, the worst first."""
    judged = sorted(((pod_health(pod, now), pod) for pod in pods), key=lambda pair: (RANK[pair[0].state], pair[1].name))
    if opened is None:
        opened = [pod.name for health, pod in judged[:1] if health.state == "bad"]
    return tuple(
        Pod(
            uid=pod.uid,
            name=pod.name,
            status=StatusCell(health.state, pod.status, "" if health.cause == pod.status else health.cause),
            second=_containers_ready(pod),
            restarts=pod.restarts,
            created=pod.created,
            ip=pod.ip,
            node=pod.node,
            containers=containers_of(pod) if pod.name in opened else (),
            open=pod.name in opened,
            toggle=_toggled(opened, pod.name),
        )
        for health, pod in judged
    )


def _toggled(opened: Sequence[str], name: str) -> str:
    """The query of the page with one more pod open, or one fewer; "-" is no pod, for no `open` means the worst."""
    others = [other for other in dict.fromkeys(opened) if other not in (name, "-")]
    names = others if name in opened else [*others, name][-MOST_OPEN:]
    return "?" + urlencode([("open", each) for each in names or ["-"]])


def _containers_ready(pod: Any) -> str:
    text = ngettext("%(ready)s of 1 container ready", "%(ready)s of %(count)s containers ready", pod.total_containers)
    return text % {"ready": pod.ready_containers, "count": pod.total_containers}
