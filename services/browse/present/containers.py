"""The containers of a pod: what each is doing, and what happened to it last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html_join
from django.utils.translation import gettext, ngettext

from console.web import times
from services.manifests.health import State

_PROBES = {"liveness": "Liveness", "readiness": "Readiness", "startup": "Startup"}
_STARTING = frozenset({"ContainerCreating", "PodInitializing"})


@dataclass(frozen=True, slots=True)
class Container:
    """One container. `tags`: Init, Sidecar and its probes; `say`: a sentence about its state."""

    name: str
    image: str
    state: State
    words: str
    restarts: str
    tags: tuple[str, ...]
    say: str
    ports: str


def containers_of(pod: Any) -> tuple[Container, ...]:
    """Worker containers first, then init containers, as the documentation lists them."""
    return tuple(_container(one) for one in sorted(pod.containers, key=lambda one: one.init and not one.sidecar))


def _container(one: Any) -> Container:
    state, text = _state(one)
    restarts = ngettext("1 restart", "%(count)s restarts", one.restarts) % {"count": one.restarts}
    kind = (gettext("Sidecar"),) if one.sidecar else (gettext("Init"),) if one.init else ()
    return Container(
        name=one.name,
        image=one.image,
        state=state,
        words=text,
        restarts=restarts,
        tags=kind + tuple(_PROBES.get(probe, probe) for probe in one.probes),
        say=_say(one),
        ports=", ".join(f"{port.container_port}/{port.protocol}" for port in one.ports),
    )


def _state(one: Any) -> tuple[State, str]:
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


def _say(one: Any) -> str:
    sentences: list[str] = []
    if one.state == "running" and one.started_at:
        since = {"time": times.element(one.started_at, "exact")}
        sentences.append(times.sentence(gettext("Since %(time)s."), since))
    if one.state == "terminated" and one.exit_code is not None:
        sentences.append(gettext("Exit code %(code)s.") % {"code": one.exit_code})
    if one.message:
        sentences.append(one.message[:300])
    if one.last_exit is not None:
        last = gettext("Last exit %(code)s, %(reason)s, %(time)s.")
        when = times.element(one.last_finished, "clock")
        values = {"code": one.last_exit, "reason": one.last_reason or "-", "time": when}
        sentences.append(times.sentence(last, values))
    limit = one.limits.get("memory")
    if limit and "OOMKilled" in (one.reason, one.last_reason):
        sentences.append(gettext("Memory limit %(limit)s.") % {"limit": limit})
    return format_html_join(" ", "{}", ((sentence,) for sentence in sentences))
