"""The containers of a pod: what each is doing, and what happened to it last."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.kube.records import ContainerRecord, PodRecord
from console.kube.usage import Reading
from console.web import times
from services.manifests.health import State
from services.shown.quantities import spaced
from services.shown.usage import NO_CELLS, Cells, container_cells

_PROBES = {"liveness": "Liveness", "readiness": "Readiness", "startup": "Startup"}
_BACK_OFF = re.compile(r"back-off (?:(\d{1,4})h)?(?:(\d{1,4})m)?(?:(\d{1,4})s)? restarting failed container")
_STARTING = frozenset({"ContainerCreating", "PodInitializing"})
# Parts of what the runtime says of an image, the surest first, and what they mean.
_UNPULLED = {
    "no such host": _("Registry not found"),
    "timeout": _("Registry not responding"),
    "connection refused": _("Registry not responding"),
    "denied": _("Registry denies access"),
    "unauthorized": _("Registry denies access"),
    "not found": _("%(image)s is not in the registry"),
    "manifest unknown": _("%(image)s is not in the registry"),
}


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
    rows = []
    for container in sorted(pod.containers, key=lambda record: record.init and not record.sidecar):
        state, text = _state(container)
        kind = gettext("Sidecar") if container.sidecar else gettext("Init") if container.init else ""
        probes = (_PROBES.get(probe, probe) for probe in container.probes)
        row = Container(
            name=container.name,
            image=container.image,
            state=state,
            words=text,
            restarts=ngettext("1 restart", "%(count)s restarts", container.restarts) % {"count": container.restarts},
            tags=tuple(filter(None, (kind, *probes, gettext("Hooks") if container.hooks else ""))),
            say=_say(container),
            raw=container.message if _BACK_OFF.search(container.message) else "",
            ports=", ".join(f"{port.container_port}/{port.protocol}" for port in container.ports),
            used=container_cells(readings, container.name, container.limits) if readings else NO_CELLS,
            before=container.last_exit is not None,
        )
        rows.append(row)
    return tuple(rows)


def _state(container: ContainerRecord) -> tuple[State, str]:
    if container.state == "running":
        if container.ready or (container.init and not container.sidecar):
            return "ok", gettext("Running")
        return "warn", gettext("Running, not ready")
    if container.state == "terminated":
        done = container.exit_code == 0
        return ("idle" if done else "bad"), container.reason or (gettext("Completed") if done else gettext("Ended"))
    if not container.reason or container.reason in _STARTING:
        return "busy", container.reason or gettext("Waiting")
    return "bad", container.reason


def _say(container: ContainerRecord) -> str:
    """What happened last comes first, then what limits it and what comes next."""
    sentences: list[str] = []
    if container.state == "running" and container.started_at:
        since = {"time": times.element(container.started_at, "ago")}
        sentences.append(times.sentence(gettext("Started %(time)s."), since))
    if container.state == "terminated" and container.exit_code is not None:
        sentences.append(gettext("Exit code %(code)s.") % {"code": container.exit_code})
    if container.last_exit is not None:
        sentences.append(with_last_exit(gettext("Last exit %(code)s, %(reason)s, %(time)s."), container))
    if limit := memory_limit(container):
        sentences.append(gettext("Memory limit %(limit)s.") % {"limit": limit})
    if container.message:
        sentences.append(next_try(container.message, container.last_finished) or container.message[:300])
    return format_html_join(" ", "{}", ((sentence,) for sentence in sentences))


def with_last_exit(sentence: str, container: ContainerRecord) -> SafeString:
    """A sentence in which the last end of a container stands: its `code`, `reason` and `time`."""
    values: dict[str, str | int] = {
        "container": container.name,
        "code": container.last_exit or 0,
        "reason": container.last_reason or "-",
        "time": times.element(container.last_finished, "ago"),
    }
    return times.sentence(sentence, values)


def last_end(container: ContainerRecord) -> str:
    """How its last run ended; nothing where it is not known to have had one."""
    if container.last_exit is None:
        return ""
    exited = with_last_exit(gettext("Last exit %(code)s, %(reason)s, %(time)s."), container)
    return format_html_join(" ", "{}", ((sentence,) for sentence in (exited, reached_limit(container)) if sentence))


def reached_limit(container: ContainerRecord) -> str:
    """That its memory limit ended it, where it did."""
    limit = memory_limit(container)
    return gettext("It reached its memory limit of %(limit)s.") % {"limit": limit} if limit else ""


def memory_limit(container: ContainerRecord) -> str:
    """ "512 Mi", where that is what ended the container."""
    limit = container.limits.get("memory") or ""
    return spaced(limit) if "OOMKilled" in (container.reason, container.last_reason) else ""


def next_try(message: str, ended: float) -> str:
    """What the kubelet means by "back-off 5m0s restarting failed container=web pod=web-1_shop(b1946ac9-...)": it counts
    from the end of the last run, `ended` (epoch seconds; 0 where it is not known)."""
    delay = _back_off(message)
    if not delay:
        return ""
    if not ended:
        return gettext("Next try within %(time)s.") % {"time": times.exactly(delay)}
    return times.sentence(gettext("Next try %(time)s."), {"time": times.element(ended + delay, "coming")})


def tried_again(message: str, ended: float) -> float:
    """When the kubelet starts a container anew (epoch seconds); 0 where that is not known."""
    delay = _back_off(message)
    return ended + delay if delay and ended else 0.0


def _back_off(message: str) -> int:
    """How long the kubelet waits, in seconds; 0 where it does not say."""
    delay = _BACK_OFF.search(message)
    if delay is None:
        return 0
    hours, minutes, seconds = (int(part or 0) for part in delay.groups())
    return 3600 * hours + 60 * minutes + seconds


def blamed(pod: PodRecord) -> ContainerRecord | None:
    """The first container that keeps the pod from being ready."""
    waiting = [
        container
        for container in pod.containers
        if not container.ready and not (container.state == "terminated" and not container.exit_code)
    ]
    return min(
        waiting,
        key=lambda container: (container.state == "running", not (container.last_exit or container.reason)),
        default=None,
    )


def in_short(pod: PodRecord) -> str:
    """Why its container does not run or is not ready, for one line of a list: "Exit 137, OOMKilled", "Exit 1",
    "Tag 2.0 is not in the registry", "Readiness check not passed"; nothing where that is not known."""
    container = blamed(pod)
    if container is None:
        return ""
    if "Image" in container.reason:
        return _unpulled(container)
    if container.state == "running":
        known = "readiness" in container.probes and "startup" not in container.probes
        return gettext("Readiness check not passed") if known else ""
    ended = container.state == "terminated" and container.exit_code is not None
    code, reason = (container.exit_code, container.reason) if ended else (container.last_exit, container.last_reason)
    if code is None:
        return ""
    named = "" if reason == "Error" else reason  # the exit code says that
    return ", ".join(filter(None, (gettext("Exit %(code)s") % {"code": code}, named)))


def _unpulled(container: ContainerRecord) -> str:
    """That its image cannot be pulled, and why, where the runtime said it."""
    image = container.image.rpartition("/")[2].partition("@")[0]
    why = next((words for part, words in _UNPULLED.items() if part in container.message), "")
    if not why:
        return gettext("%(image)s cannot be pulled") % {"image": image}
    name, _colon, tag = image.rpartition(":")
    return str(why) % {"image": gettext("Tag %(tag)s") % {"tag": tag} if name else image}
