"""The log page: what may be chosen, whose logs are read, and lines as rows in the order of time."""

from __future__ import annotations

import base64
import binascii
import json
import time
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import escape
from types import MappingProxyType
from typing import Any

from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from console.kube.errors import BadRequest, KubeError, NotFound
from console.kube.following import Gap, Run
from console.kube.logs import MOST_SOURCES, Cursor, Line, Snapshot, Source
from console.kube.records import PodRecord
from console.kube.visible import visible
from console.web.templatetags.berth import glyph
from console.web.times import duration
from services.manifests.health import State, pod_health
from services.workloads.present.logs_moment import second, stamp
from services.workloads.present.logs_options import SINCE, TAILS, Options
from services.workloads.present.logs_text import level_of, plain, shown

COLOURS = 6
PART = 200  # rows
_SHORT = 7  # characters
MOST_PAGE = 8 * 1024 * 1024  # characters of its rows
_MOST_CURSORS = 80
_MOST_STAMP = 3000  # characters of a stamp: the browser sends it in the address and, coming back, in a header too


@dataclass(frozen=True, slots=True)
class Labels:
    """What a line's source is called, and its colour. `many`: there is something to tell apart."""

    of: Mapping[str, tuple[str, int]]
    many: bool

    @property
    def short(self) -> bool:
        """Whether a narrow column has room for each."""
        return all(len(label) <= _SHORT for label, _colour in self.of.values())

    def label(self, source: Source) -> tuple[str, int]:
        return self.of.get(source.key) or self.of.get(source.pod) or (source.pod, 0)


def labels(pods: Iterable[str], sources: Iterable[Source]) -> Labels:
    """Pods by the end of their names, where those differ; with their containers where a pod has several. Colours go by
    the order of the pods: one that joins changes no other's.
    """
    names = list(dict.fromkeys(pods))
    ends = Counter(name.rpartition("-")[2] for name in names)
    short = {name: end if ends[end := name.rpartition("-")[2]] == 1 else name for name in names}
    containers: dict[str, set[str]] = {}
    for source in sources:
        containers.setdefault(source.pod, set()).add(source.container)
    several = any(len(pod_containers) > 1 for pod_containers in containers.values())
    of: dict[str, tuple[str, int]] = {}
    for number, name in enumerate(names):
        colour = number % COLOURS + 1
        of[name] = (short[name], colour)
        for place, container in enumerate(sorted(containers.get(name, ()))):
            shown = container if len(names) == 1 else f"{short[name]} {container}"
            if several:
                of[f"{name}/{container}"] = (shown, colour if len(names) > 1 else place % COLOURS + 1)
    return Labels(of, len(names) > 1 or several)


@dataclass(frozen=True, slots=True)
class Sources:
    """What is read: `read`; `waiting` has not run yet; `hidden`: how many more there are than can be read at once."""

    read: tuple[Source, ...]
    waiting: tuple[tuple[str, str], ...] = ()
    hidden: int = 0


def sources(pods: Sequence[Any], chosen: Options) -> Sources:
    """The runs of containers that the reader asked for."""
    read: list[Source] = []
    waiting: list[tuple[str, str]] = []
    for pod in pods:
        for record in pod.containers:
            if not _wanted(record, chosen.container):
                continue
            if record.state == "waiting" and record.last_exit is None:
                waiting.append((f"{pod.name}/{record.name}", record.reason or gettext("waiting")))
                continue
            # of one that waits to be started again, the present log is that of its last run
            if chosen.previous and record.restarts and record.state != "waiting":
                read.append(Source(pod.name, record.name, previous=True))
            read.append(Source(pod.name, record.name))
    return Sources(tuple(read[:MOST_SOURCES]), tuple(waiting), max(0, len(read) - MOST_SOURCES))


def restarted(pods: Sequence[Any], chosen: Options) -> int:
    """How many pods have a previous run besides the present one."""
    return sum(
        any(
            record.restarts and record.state != "waiting"
            for record in pod.containers
            if _wanted(record, chosen.container)
        )
        for pod in pods
    )


def _wanted(record: Any, container: str) -> bool:
    return record.name == container if container else not record.init or record.sidecar


def containers(pods: Sequence[Any]) -> tuple[str, ...]:
    """Names of containers to choose from, those that work first."""
    ordered = sorted(
        (container.init and not container.sidecar, container.name) for pod in pods for container in pod.containers
    )
    return tuple(dict.fromkeys(name for _init, name in ordered))


@dataclass(frozen=True, slots=True)
class Said:
    """Something that happened to a container, between its lines. `at`: ns since the epoch."""

    at: int
    source: Source
    state: State
    words: str


def happened(pods: Sequence[Any], read: Sequence[Source]) -> list[Said]:
    """Of each container its last end and its present run, as far as the kubelet remembers them."""
    keys = {source.key for source in read}
    events = []
    known = [(Source(pod.name, record.name), record) for pod in pods for record in pod.containers]
    for source, record in known:
        if source.key not in keys:
            continue
        if record.last_exit is not None and record.last_finished:
            ended = record.last_started, record.last_finished, record.last_exit, record.last_reason
            events.append(_ended(source, *ended))
        if record.state == "terminated" and record.finished_at:
            events.append(_ended(source, record.started_at, record.finished_at, record.exit_code or 0, record.reason))
        if record.state == "running" and record.restarts and record.started_at:
            words = gettext("Container %(name)s started, run %(number)s")
            values = {"name": source.container, "number": record.restarts + 1}
            events.append(Said(int(record.started_at * 10**9), source, "busy", words % values))
    return events


def _ended(source: Source, began: float, at: float, code: int, reason: str) -> Said:
    words = gettext("Container %(name)s terminated: exit %(code)s, %(reason)s")
    values = {"name": source.container, "code": code, "reason": reason or gettext("no reason given")}
    if 0 < began <= at:
        words = gettext("Container %(name)s terminated: exit %(code)s, %(reason)s, after %(time)s")
        values["time"] = duration(at - began)
    # the time of an end is known by the second; it stands below the lines of that second
    return Said(int(at * 10**9) + 10**9 - 1, source, "bad" if code else "idle", words % values)


def failure(source: Source, error: KubeError) -> str:
    """Why a container's log could not be read."""
    if isinstance(error, BadRequest | NotFound):
        return error.message[:300]
    return gettext("its log could not be read whole: %(message)s") % {"message": error.message[:200]}


def told(entries: Iterable[Line | Said | Gap], chosen: Options, named: Labels) -> dict[str, object]:
    """What a page that follows is told of them: rows of HTML, and how many lines of which pod and level they are.
    Lines are text and nothing else; see `logs_text`.
    """
    rows: list[str] = []
    pods, levels = Counter[str](), Counter[str]()
    row_of = _Rows(chosen, named)
    for entry in entries:
        if isinstance(entry, Line):
            row, level = row_of.line(entry)
            pods[entry.source.pod] += 1
            levels[level] += 1
        else:
            row = row_of.entry(entry)
        rows.append(row)
    return {"lines": rows, "pods": pods, "warn": levels["warn"] + levels["bad"], "bad": levels["bad"]}


@dataclass(frozen=True, slots=True)
class Shown:
    """The rows that a page can hold. `older`, `newer`: more there were; `marked`: the moment gone to is among them."""

    rows: list[str]
    older: bool
    newer: bool = False
    marked: bool = False


def rows_of(entries: Sequence[Line | Said | Gap], chosen: Options, named: Labels) -> Shown:
    """The newest of them that a page can hold, or those around the moment that was chosen."""
    row_of = _Rows(chosen, named)
    if not chosen.at:
        newest = _fitting(map(row_of.entry, reversed(entries)), MOST_PAGE)
        return Shown(newest[::-1], len(newest) < len(entries))
    place = bisect_left(entries, chosen.at, key=lambda entry: entry.at)
    after = entries[place:]
    newer = _fitting((row_of.entry(entry, marked=not number) for number, entry in enumerate(after)), MOST_PAGE // 2)
    older = _fitting(map(row_of.entry, reversed(entries[:place])), MOST_PAGE // 2)
    late = newer and not place and after[0].at - chosen.at > 10**9
    rows = [_nothing_then(chosen), *newer] if late else [*older[::-1], *newer]
    return Shown(rows, len(older) < place, len(newer) < len(after), bool(newer))


def _nothing_then(chosen: Options) -> str:
    """Before the first row where that is of a later time than the one gone to."""
    words = gettext("No lines at %(time)s, nor in the five minutes before it. The next ones:")
    status = f'<span class="status idle">{glyph("idle")}{escape(words % {"time": chosen.moment})}</span>'
    return f'<li class="event"><time></time><b></b><span class="said">{status}</span></li>'


def _fitting(rows: Iterable[str], most: int) -> list[str]:
    """The first of them, up to so many characters."""
    kept: list[str] = []
    size = 0
    for row in rows:
        size += len(row)
        if size > most:
            break
        kept.append(row)
    return kept


class _Rows:
    """How entries are written on one page: each with a link to the lines around it, in its time. What can be done with
    a line is reached by the keyboard, too, but not by a stop at each of a thousand times.
    """

    def __init__(self, chosen: Options, named: Labels) -> None:
        self._search, self._named = chosen.search, named
        self._link = escape(chosen.around)

    def entry(self, entry: Line | Said | Gap, *, marked: bool = False) -> str:
        """Its row."""
        if isinstance(entry, Line):
            return self.line(entry, marked=marked)[0]
        event = _gap(entry) if isinstance(entry, Gap) else entry
        status = f'<span class="status {event.state}">{glyph(event.state)}{escape(event.words)}</span>'
        return f'{_li(marked, "event")}{self._head(event)}<span class="said">{status}</span></li>'

    def line(self, line: Line, *, marked: bool = False) -> tuple[str, str]:
        """Its row, and its level."""
        html, level = shown(line.text, self._search)
        if line.left_out:
            html += f"<kbd>{escape(_bytes_left_out(line))}</kbd>"
        return f"{_li(marked, 'err' if level == 'bad' else '')}{self._head(line)}<code>{html}</code></li>", level

    def _head(self, entry: Line | Said) -> str:
        """Its time and the label of its source."""
        label, colour = self._named.label(entry.source)
        name = f'<b class="pod-{colour}" title="{escape(entry.source.key)}">{escape(label)}</b>'
        if not entry.at:
            return f"<time></time>{name}"
        day, clock = second(entry.at // 10**9)
        part = f"{entry.at % 10**9:09}"
        return (
            f'<a class="at" tabindex="-1" href="{self._link}{day}T{clock}.{part}Z#here">'
            f'<time title="{day} {clock}.{part[:3]} UTC">{clock}<span>.{part[:3]}</span></time></a>{name}'
        )


def _li(marked: bool, css: str) -> str:
    if marked:
        return f'<li class="{css} here" id="here">'
    return f'<li class="{css}">' if css else "<li>"


def _bytes_left_out(line: Line) -> str:
    return ngettext("1 byte left out", "%(count)s bytes left out", line.left_out) % {"count": line.left_out}


def text_of(lines: Iterable[Line], told: Iterable[str] = ()) -> str:
    """Lines to keep as a file: time, container, and what it wrote, as it wrote it. What is not in it stands above."""
    written = [f"# {visible(words)}\n" for words in told]
    for line in lines:
        over = f" [{_bytes_left_out(line)}]" if line.left_out else ""
        written.append(f"{stamp(line.at)} {line.source.key} {line.text}{over}\n")
    return "".join(written)


def left_out(chosen: Options, snapshot: Snapshot, most: int) -> list[str]:
    """What a file of the log does not have, in words."""
    told = []
    if snapshot.cut:
        names = ", ".join(source.key for source in snapshot.cut[:5]) + (", ..." if len(snapshot.cut) > 5 else "")
        told.append(gettext("Older lines are left out, of: %(names)s.") % {"names": names})
    elif snapshot.hidden:
        told.append(gettext("Older lines are left out: a file has %(most)s.") % {"most": f"{most:,}"})
    if chosen.since:
        told.append(gettext("From: %(since)s.") % {"since": SINCE[chosen.since][0]})
    if chosen.filtered or chosen.hidden:
        told.append(gettext("Only lines that pass the filters of the page: %(query)s") % {"query": chosen.href()})
    if chosen.search.trouble:
        told.append(chosen.search.trouble)
    return told


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter as a link. `css`: of a pod's key, or of a level; `state`: of a pod that needs attention, in `words`."""

    label: str
    title: str
    href: str
    count: int
    current: bool
    css: str = ""
    state: State | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The log as it is shown. `notes`: what could not be read, and why; `newer`: it does not reach to now; `marked`:
    the moment gone to is among the rows."""

    rows: list[str]
    count: int
    last: int
    pods: tuple[Chip, ...]
    levels: tuple[Chip, ...]
    notes: tuple[str, ...]
    hidden: bool
    newer: bool
    marked: bool
    hits: int
    labels: Labels = field(repr=False)
    chosen: Options

    @property
    def html(self) -> SafeString:
        """The rows, each of them escaped, in parts of which the browser lays out those that are on the screen."""
        parts = ("\n".join(self.rows[at : at + PART]) for at in range(0, len(self.rows), PART))
        return SafeString("".join(f"<ol>\n{part}\n</ol>" for part in parts))

    @property
    def words(self) -> str:
        """How far it reaches."""
        if self.chosen.at and self.newer:
            return gettext("There are newer lines")
        if self.chosen.at:
            nothing = gettext("Nothing was written at %(time)s or later")
            return nothing % {"time": self.chosen.moment} if self.rows and not self.marked else ""
        text = (
            gettext("The last %(count)s lines")
            if self.longer
            else gettext("The last %(count)s lines; there are older ones")
        )
        return text % {"count": number_format(self.chosen.tail, force_grouping=True)} if self.hidden else ""

    @property
    def lines(self) -> str:
        """How many there are, for a phone."""
        count = number_format(self.count, force_grouping=True)
        return ngettext("%(count)s line", "%(count)s lines", self.count) % {"count": count}

    @property
    def longer(self) -> int:
        """How many lines the page can have besides, where there are older ones; 0 where it has the most."""
        return next((tail for tail in TAILS if self.hidden and not self.chosen.at and tail > self.chosen.tail), 0)

    @property
    def longer_words(self) -> str:
        return gettext("Show the last %(count)s") % {"count": number_format(self.longer, force_grouping=True)}

    @property
    def longer_href(self) -> str:
        return self.chosen.href(tail=self.longer)

    @property
    def day(self) -> str:
        """Of the newest line, as the clock of the lines has it."""
        return f"{datetime.fromtimestamp(self.last // 10**9, UTC):%Y-%m-%d}" if self.last else ""


def troubled(pods: Iterable[Any]) -> dict[str, PodRecord]:
    """By their names, the pods that need attention."""
    now = time.time()
    return {pod.name: pod for pod in pods if pod_health(pod, now).state == "bad"}


def pod_chips(
    lines: Sequence[Line],
    names: Iterable[str],
    chosen: Options,
    named: Labels,
    bad: Mapping[str, PodRecord] = MappingProxyType({}),
) -> tuple[Chip, ...]:
    """Which pod has which colour, and how many lines; a press hides it. `bad`: those that say their state."""
    counts = Counter(line.source.pod for line in lines)
    chips = []
    for name in dict.fromkeys(names):
        label, colour = named.of[name]
        href = chosen.href(hidden=chosen.hidden ^ {name})
        chip = Chip(label, name, href, counts[name], name not in chosen.hidden, f"pod-{colour}")
        chips.append(replace(chip, state="bad", words=bad[name].status) if name in bad else chip)
    return tuple(chips)


def level_chips(lines: Iterable[Line], chosen: Options) -> tuple[Chip, ...]:
    """What the programs themselves call warnings and errors."""
    counts = Counter(level_of(plain(line.text))[0] for line in lines)
    errors = counts["bad"]
    return (
        Chip(gettext("All levels"), "", chosen.href(level=""), 0, not chosen.level),
        Chip(gettext("Warnings"), "", chosen.href(level="warn"), counts["warn"] + errors, chosen.level == "warn"),
        Chip(gettext("Errors"), "", chosen.href(level="bad"), errors, chosen.level == "bad", "level-bad"),
    )


def _gap(entry: Gap) -> Said:
    """What is not shown, in words."""
    if entry.waits:
        words = gettext("Not followed yet: too many logs are being followed. This one follows as soon as another ends.")
    elif entry.reason:
        words = gettext("The log was interrupted: %(reason)s") % {"reason": entry.reason}
    else:
        text = ngettext(
            "1 line skipped: it came faster than this page could show it.",
            "%(count)s lines skipped: they came faster than this page could show them.",
            entry.count,
        )
        words = text % {"count": entry.count}
    return Said(entry.at, entry.source, "warn", words)


def runs(pods: Sequence[Any], chosen: Options) -> list[Run]:
    """The containers to follow, each in its present run; also those that are yet to start."""
    return [
        Run(Source(pod.name, record.name), pod.uid, record.restarts, record.state == "running")
        for pod in pods
        for record in pod.containers
        if _wanted(record, chosen.container) and (record.state != "waiting" or record.last_exit is not None)
    ]


def pack(cursors: Mapping[str, Cursor]) -> str:
    """How far logs were read, to go on from there: of those that wrote last, in the order of the containers."""
    newest = sorted(cursors, key=lambda key: cursors[key].at, reverse=True)[:_MOST_CURSORS]
    while True:
        chosen = set(newest)
        known = {key: [cursor.at, cursor.count] for key, cursor in cursors.items() if key in chosen}
        text = zlib.compress(json.dumps(known, separators=(",", ":")).encode(), 1)
        stamp = base64.urlsafe_b64encode(text).decode()
        if len(stamp) <= _MOST_STAMP:
            return stamp
        newest = newest[: len(newest) * 3 // 4]


def unpack(text: str) -> dict[str, Cursor]:
    """What `pack` made; nothing of what it did not."""
    try:
        known = json.loads(zlib.decompressobj().decompress(base64.urlsafe_b64decode(text.encode()), 64 * 1024))
        pairs = list(known.items())[:_MOST_CURSORS]
        return {key: Cursor(max(0, at), max(0, count)) for key, (at, count) in pairs if _whole(at) and _whole(count)}
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError, zlib.error):
        return {}


def _whole(number: object) -> bool:
    """A number as `pack` writes it: neither true nor 1e9 nor Infinity."""
    return type(number) is int and number < 2**63
