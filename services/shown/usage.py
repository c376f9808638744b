"""CPU and memory as pages show them: the number, and a line of what was seen since somebody looks.

CPU in cores ("0.25"), memory in Mi and Gi.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from console.kube.records import PodRecord
from console.kube.usage import READINGS, Reading, Usage, Used, amount
from console.web import times

Look = Callable[[Sequence[PodRecord]], Usage]
"""From pods to what is known of what they use."""

MOST_SUMMED = 300
"""Pods whose usage is added up; more of them are read in turns and never all of one moment."""
OLD = 180.0  # seconds after which a reading is not of now
_NEAR = 0.95  # share of a memory limit from which the limit is the news
_MI = 1024.0**2
_LEFT, _RIGHT, _BASE, _TOP = 1, 59, 17, 3  # of a drawing of 62 by 20, in which the last dot is whole
_GROUND = 18
_NOUGHT = f'<path class="nought" d="M{_LEFT} {_GROUND}.5H{_RIGHT}"/>'
_COURSE = 3  # readings from which on a line shows a course; of fewer the eye gets the number alone

MEASURED = frozenset({"cpu", "memory"})
INSTALL = "kubectl apply -f https://github.com/kubernetes-sigs/metrics-server/releases/latest/download/components.yaml"


@dataclass(frozen=True, slots=True)
class Cells:
    """CPU and memory of one thing, drawn; empty where nothing was read of it."""

    cpu: str = ""
    memory: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said once about all numbers of a page: `since` when they were seen, or `why` there are none and what can
    be done: `means`, `command`."""

    since: str = ""
    why: str = ""
    means: str = ""
    command: str = ""


NO_CELLS = Cells()


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What the cells of a pod depend on, for as long as its last reading is of now."""

    uid: str
    version: str
    turn: float
    language: str | None
    pod: PodRecord = field(compare=False)
    readings: Sequence[Reading] = field(compare=False)


def pod_cells(readings: Sequence[Reading], pod: PodRecord) -> Cells:
    """All containers of a pod together. Drawn once for each reading, whoever looks: a list has a hundred."""
    if not readings:
        return NO_CELLS if _runs(pod) else _not_running(pod)
    drawing = _Drawing(pod.uid, pod.version, readings[-1].turn, get_language(), pod, readings)
    old = time.time() - readings[-1].at > OLD
    return _pod_cells.__wrapped__(drawing) if old else _pod_cells(drawing)


@lru_cache(maxsize=512)
def _pod_cells(drawing: _Drawing) -> Cells:
    pod, readings = drawing.pod, drawing.readings
    return _cells([reading.pod for reading in readings], readings, _limits(pod), stopped=not _runs(pod))


def _runs(pod: PodRecord) -> bool:
    """Whether it may use anything now."""
    return not pod.containers or any(container.state == "running" for container in pod.containers)


def _not_running(pod: PodRecord) -> Cells:
    """That it uses nothing, for it does not run, and what it may use at most."""
    nothing = format_html('<span class="none">{}</span>', gettext("Not running"))
    limit = memory_limit_of(pod)
    below = format_html("<small>{}</small>", gettext("limit %(limit)s") % {"limit": limit}) if limit else ""
    return Cells(nothing, format_html("{}{}", nothing, below))


def _limits(pod: PodRecord) -> list[Mapping[str, str]]:
    """Those of the containers that work side by side."""
    return [container.limits for container in pod.containers if container.sidecar or not container.init]


def memory_limit_of(pod: PodRecord) -> str:
    """ "512 Mi", of all its containers together; nothing where one has none."""
    limit = _all(_limits(pod), "memory")
    return memory(limit) if limit else ""


def container_cells(readings: Sequence[Reading], name: str, limits: Mapping[str, str]) -> Cells:
    """One container of a pod, by its name."""
    own = [reading for reading in readings if name in reading.containers]
    return _cells([reading.containers[name] for reading in own], own, [limits])


def used_by(readings: Sequence[Reading], name: str, limits: Mapping[str, str]) -> tuple[Mapping[str, float], Cells]:
    """What a container uses now, by the name of the resource, and its lines."""
    last = next((reading.containers[name] for reading in reversed(readings) if name in reading.containers), None)
    return (last._asdict() if last else {}), container_cells(readings, name, limits)


def orders(usage: Usage, *, descending: bool) -> dict[str, Callable[[Any], float]]:
    """What a list of pods is sorted by, by CPU or memory. A pod that was not measured comes last, whichever way."""
    unknown = Used(-1, -1) if descending else Used(math.inf, math.inf)

    def last(entry: Any) -> Used:
        readings = usage.readings.get(entry.name)
        return readings[-1].pod if readings else unknown

    return {"cpu": lambda entry: last(entry).cpu, "memory": lambda entry: last(entry).memory}


def total_cells(pods: Sequence[PodRecord], usage: Usage) -> Cells:
    """All of these pods together, turn by turn."""
    known = [(pod, usage.readings[pod.name]) for pod in pods if usage.readings.get(pod.name)]
    turns = sorted({reading.turn for _, readings in known for reading in readings})[-READINGS:]
    cores, memories = [0.0] * len(turns), [0.0] * len(turns)
    for _, readings in known:
        number, last = 0, Used(0, 0)
        for position, turn in enumerate(turns):
            while number < len(readings) and readings[number].turn <= turn:
                last, number = readings[number].pod, number + 1
            cores[position] += last.cpu
            memories[position] += last.memory
    newest = [readings[-1] for _, readings in known]
    limits = [limit for pod, _ in known for limit in _limits(pod)]
    span = [reading._replace(turn=turn) for reading in newest[:1] for turn in (turns[0], turns[-1])]
    if newest:
        span[-1] = span[-1]._replace(at=min(reading.at for reading in newest))
    return _cells(list(map(Used, cores, memories)), span, limits, named=True)


def total_words(pods: Sequence[PodRecord], usage: Usage, every: int) -> str:
    """Which pods were added up. `every`: how many there are."""
    count = sum(1 for pod in pods if usage.readings.get(pod.name))
    if count == every:
        return gettext("measured on all pods")
    return gettext("measured on %(count)s of %(every)s pods") % {"count": count, "every": every}


def _cells(
    used: Sequence[Used],
    readings: Sequence[Reading],
    limits: Sequence[Mapping[str, str]],
    *,
    named: bool = False,
    stopped: bool = False,
) -> Cells:
    """`named`: limit and unit stand behind the number, otherwise the limit on a line of its own below it; `stopped`: it
    does not run any more, and its last readings are grey."""
    if not used:
        return NO_CELLS
    at = readings[-1].at
    old = format_html("<small>{}</small>", times.element(at, "ago")) if time.time() - at > OLD else SafeString("")
    span = times.duration(readings[-1].turn - readings[0].turn)
    cores, most = _all(limits, "cpu"), _all(limits, "memory")
    of = " {}" if named else '<small class="of">{}</small>'
    unit = format_html(" {}", gettext("cores")) if named else SafeString("")
    after_cpu, after_memory = _of(of, cores, cpu) + unit + old, _of(of, most, memory) + old
    near = math.inf if stopped else _NEAR
    drawn = Cells(
        _drawn(gettext("CPU in cores"), [sample.cpu for sample in used], cpu, cores, span, after_cpu),
        _drawn(gettext("Memory"), [sample.memory for sample in used], memory, most, span, after_memory, near),
    )
    grey = '<span class="none" title="{}">{}</span>'
    last = gettext("Not running. This was its last reading.")
    return Cells(*(format_html(grey, last, cell) for cell in (drawn.cpu, drawn.memory))) if stopped else drawn


def _of(template: str, limit: float, words: Callable[[float], str]) -> SafeString:
    """ "of 1 Gi"; nothing where there is no limit."""
    return format_html(template, gettext("of %(limit)s") % {"limit": words(limit)}) if limit else SafeString("")


def _all(limits: Sequence[Mapping[str, str]], name: str) -> float:
    """The limits together; 0 where one of them is not set, for then there is none."""
    values = [amount(container_limits.get(name, "")) for container_limits in limits]
    return sum(values) if values and all(values) else 0.0


def _drawn(
    name: str,
    values: Sequence[float],
    words: Callable[[float], str],
    limit: float,
    span: str,
    old: str,
    near: float = math.inf,
) -> str:
    """The number and its line, which fills its place however long it took. The ground below the line is a share of the
    limit; without a limit there is none, and the line shows its course above nought."""
    top = max(limit, *values) if limit else max(values) * 1.6 or 1.0
    points = " ".join(
        f"{_place(i, len(values))},{_BASE - round((_BASE - _TOP) * value / top)}" for i, value in enumerate(values)
    )
    first, last = points.partition(",")[0], points.rpartition(" ")[2].partition(",")
    label = gettext("%(name)s, last %(span)s: %(least)s to %(most)s")
    label %= {"name": name, "span": span, "least": words(min(values)), "most": words(max(values))}
    limits = gettext("%(label)s, limit %(limit)s") if limit else gettext("%(label)s, no limit")
    label = limits % {"label": label, "limit": words(limit)}
    over = bool(limit) and values[-1] >= near * limit
    area = f'<polygon class="area" points="{first},{_GROUND} {points} {_RIGHT},{_GROUND}"/>' if limit else _NOUGHT
    lines = f'{area}<polyline class="curve" points="{points}"/>' if len(values) > 1 else ""
    cap = round(_BASE - (_BASE - _TOP) * limit / top) - 0.5  # on a row of pixels: between two it would be pale
    return format_html(
        '<span class="spark{}{}"><svg width="62" height="20" viewBox="0 0 62 20" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}{}'
        '<circle class="tip" cx="{}" cy="{}" r="1.75"/></svg><span{}>{}{}</span></span>',
        " bad" if over else "",
        " few" if len(values) < _COURSE else "",
        label,
        SafeString(f'<path class="cap" d="M1 {cap}H60"/>') if limit else "",
        SafeString(lines),
        last[0],
        last[2],
        SafeString(' class="over"') if over else "",
        words(values[-1]),
        old,
    )


def _place(number: int, count: int) -> int:
    """Where a reading stands from left to right, the newest at the right."""
    return _RIGHT - round((_RIGHT - _LEFT) * (count - 1 - number) / max(count - 1, 1))


def cpu(cores: float) -> str:
    """ "0.25", in cores; less than a tenth is not nothing: "0.002"."""
    thousandths = math.ceil(round(cores * 1000, 6))
    return f"{thousandths / 1000:.3f}" if 0 < thousandths < 100 else f"{cores:.2f}"


def memory(amount_of: float) -> str:
    """ "40 Mi", "1.2 Gi"."""
    mebi = int(amount_of / _MI)
    return f"{mebi} Mi" if mebi < 1024 else f"{mebi / 1024:.1f} Gi".replace(".0 ", " ")


def shares(used: float, request: object, limit: object) -> str:
    """ "40% of the request, 8% of the limit"."""
    parts = []
    for text, of in ((request, gettext("%(share)s%% of the request")), (limit, gettext("%(share)s%% of the limit"))):
        if whole := amount(text):
            parts.append(of % {"share": round(100 * used / whole)})
    return ", ".join(parts)


def remark(usage: Usage, pods: Sequence[PodRecord], opened: Sequence[str] = ()) -> Remark:
    """What is said once about the numbers of a page. `opened`: names of the pods whose containers have lines too."""
    seen = [readings for readings in usage.readings.values() if readings]
    if usage.state == "absent":
        means = gettext("An administrator can install metrics-server:")
        return Remark(why=gettext("No metrics: the cluster has no metrics API."), means=means, command=INSTALL)
    if usage.state == "refused":
        means = gettext("An administrator must grant this right to Berth’s own account: deploy/kubernetes/rbac.yaml.")
        return Remark(why=gettext("No metrics: Berth itself is not allowed to read them."), means=means)
    if usage.state == "hidden":
        return Remark(why=gettext("No metrics: your role does not include them."))
    if usage.state == "failing" and not seen:
        return Remark(why=gettext("No metrics: the metrics API is not responding."), means=usage.reason[:200])
    if not seen:
        return Remark(since=gettext("Reading CPU and memory.") if usage.state == "reading" else "")
    if usage.state == "failing":
        newest = {"time": times.element(max(readings[-1].at for readings in seen), "ago")}
        why = gettext("The metrics API is not responding. CPU and memory were measured %(time)s.")
        return Remark(why=times.sentence(why, newest), means=usage.reason[:200])
    drawn = [pod for pod in pods if len(usage.readings.get(pod.name, ())) >= _COURSE]
    dashes = any(_is_capped(pod, pod.name in opened) for pod in drawn)
    return Remark(since=_since(seen, dashes=dashes))


def _since(seen: Sequence[Sequence[Reading]], *, dashes: bool) -> SafeString:
    """Since when there are lines, or of when the numbers are."""
    if not any(len(readings) >= _COURSE for readings in seen):
        last = {"time": times.element(max(readings[-1].turn for readings in seen), "clock")}
        return times.sentence(gettext("Measured at %(time)s."), last)
    first = {"time": times.element(min(readings[0].turn for readings in seen), "clock")}
    if dashes:
        return times.sentence(gettext("Graphs start at %(time)s. Dashes show the limit."), first)
    return times.sentence(gettext("Graphs start at %(time)s."), first)


def _is_capped(pod: PodRecord, apart: bool) -> bool:
    """Whether a limit is drawn for the pod as a whole, or (`apart`) for one of its containers."""
    limits = _limits(pod)
    rows = [limits, *([container_limits] for container_limits in limits)] if apart else [limits]
    return any(_all(row, name) for row in rows for name in ("cpu", "memory"))
