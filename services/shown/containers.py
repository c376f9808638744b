"""The containers of a pod: what each is doing, and what happened to it last."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html_join
from django.utils.translation import gettext, ngettext

from console.kube.records import ContainerRecord, PodRecord
from console.kube.usage import Reading
from console.web import times
from services.manifests.health import State
from services.shown.usage import NO_CELLS, Cells, container_cells

_PROBES = {"liveness": "Liveness", "readiness": "Readiness", "startup": "Startup"}
_BACK_OFF = re.compile(r"back-off (?:(\d{1,4})h)?(?:(\d{1,4})m)?(?:(\d{1,4})s)? restarting failed container")
_STARTING = frozenset({"ContainerCreating", "PodInitializing"})


@dataclass(frozen=True, slots=True)
class Container:
    """One container. `tags`: Init, Sidecar, its probes and Hooks; `say`: sentences about its state; `raw`: what the
    kubelet says, where that is said in other words; `before`: it ran before, and its log of then can be read."""

    name: str
    image: str
    state: State
    words: str
    restarts: str
    tags: tuple[str, ...]
    say: str
    raw: str
    ports: str
    used: Cells = NO_CELLS
    before: bool = False


def containers_of(pod: PodRecord, readings: Sequence[Reading] = ()) -> tuple[Container, ...]:
    """Worker containers first, then init containers, as the documentation lists them. `readings`: what they used."""
    ordered = sorted(pod.containers, key=lambda one: one.init and not one.sidecar)
    return tuple(_container(one, readings) for one in ordered)


def _container(one: ContainerRecord, readings: Sequence[Reading]) -> Container:
    state, text = _state(one)
    restarts = ngettext("1 restart", "%(count)s restarts", one.restarts) % {"count": one.restarts}
    kind = (gettext("Sidecar"),) if one.sidecar else (gettext("Init"),) if one.init else ()
    return Container(
        name=one.name,
        image=one.image,
        state=state,
        words=text,
        restarts=restarts,
        tags=(*kind, *(_PROBES.get(probe, probe) for probe in one.probes), *([gettext("Hooks")] if one.hooks else [])),
        say=_say(one),
        raw=one.message if _BACK_OFF.search(one.message) else "",
        ports=", ".join(f"{port.container_port}/{port.protocol}" for port in one.ports),
        used=container_cells(readings, one.name, one.limits) if readings else NO_CELLS,
        before=one.last_exit is not None,
    )


def _state(one: ContainerRecord) -> tuple[State, str]:
    if one.state == "running":
        if one.ready or (one.init and not one.sidecar):
            return "ok", gettext("Running")
        return "warn", gettext("Running, not ready")
    if one.state == "terminated":
        done = one.exit_code == 0
        return ("idle" if done else "bad"), one.reason or (gettext("Completed") if done else gettext("Ended"))
    if not one.reason or one.reason in _STARTING:
        return "busy", one.reason or gettext("Waiting")
    return "bad", one.reason


def _say(one: ContainerRecord) -> str:
    """What happened last comes first, then what limits it and what comes next."""
    sentences: list[str] = []
    if one.state == "running" and one.started_at:
        since = {"time": times.element(one.started_at, "ago")}
        sentences.append(times.sentence(gettext("Started %(time)s."), since))
    if one.state == "terminated" and one.exit_code is not None:
        sentences.append(gettext("Exit code %(code)s.") % {"code": one.exit_code})
    if one.last_exit is not None:
        last = gettext("Last exit %(code)s, %(reason)s, %(time)s.")
        when = times.element(one.last_finished, "ago")
        values: dict[str, str | int] = {"code": one.last_exit, "reason": one.last_reason or "-", "time": when}
        sentences.append(times.sentence(last, values))
    if limit := memory_limit(one):
        sentences.append(gettext("Memory limit %(limit)s.") % {"limit": limit})
    if one.message:
        sentences.append(next_try(one.message) or one.message[:300])
    return format_html_join(" ", "{}", ((sentence,) for sentence in sentences))


def memory_limit(one: ContainerRecord) -> str:
    """ "512 Mi", where that is what ended the container."""
    limit = one.limits.get("memory") or ""
    return re.sub(r"(?<=\d)(?=[A-Za-z]+$)", " ", limit) if "OOMKilled" in (one.reason, one.last_reason) else ""


def next_try(message: str) -> str:
    """What the kubelet means by "back-off 5m0s restarting failed container=web pod=web-1_shop(b1946ac9-...)"."""
    delay = _delay(message)
    return gettext("Next try within %(time)s.") % {"time": delay} if delay else ""


def _delay(message: str) -> str:
    delay = _BACK_OFF.search(message)
    if delay is None:
        return ""
    hours, minutes, seconds = (int(part or 0) for part in delay.groups())
    total = 3600 * hours + 60 * minutes + seconds
    if total % 60 or not total:
        return gettext("%(count)s s") % {"count": total}
    return gettext("%(count)s min") % {"count": total // 60}


def blamed(pod: PodRecord) -> ContainerRecord | None:
    """The first container that keeps the pod from being ready."""
    waiting = [one for one in pod.containers if not one.ready and not (one.state == "terminated" and not one.exit_code)]
    return min(waiting, key=lambda one: (one.state == "running", not (one.last_exit or one.reason)), default=None)


def in_short(pod: PodRecord) -> str:
    """Why its container does not run, for one line of a list: "Exit 137, OOMKilled", "Exit 1, next try within 5 min",
    "Image reports:2.0"; nothing where that is not known."""
    one = blamed(pod)
    if one is None:
        return ""
    if "Image" in one.reason:
        return gettext("Image %(name)s") % {"name": one.image.rpartition("/")[2]}
    ended = one.state == "terminated" and one.exit_code is not None
    code, reason = (one.exit_code, one.reason) if ended else (one.last_exit, one.last_reason)
    if code is None:
        return ""
    delay = _delay(one.message)
    then = gettext("next try within %(time)s") % {"time": delay} if delay else ""
    return ", ".join(
        filter(None, (gettext("Exit %(code)s") % {"code": code}, then if reason in ("", "Error") else reason))
    )
