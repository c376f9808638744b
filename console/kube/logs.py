"""Logs of containers, read as a person: lines with their times, those of several containers in one order; bounded."""

from __future__ import annotations

import re
import threading
import time
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from console.kube.errors import KubeError, Unavailable
from console.kube.gateway import LOOK_SECONDS, Client

MOST_SOURCES = 40
LONGEST = 16 * 1024  # bytes of a line that are kept; a kubelet's own lines are no longer
SNAPSHOT_SECONDS = 6.0
SNAPSHOT_BYTES = 4 * 1024 * 1024  # of one container, the newest
REQUEST_BYTES = 24 * 1024 * 1024  # of all containers of a request; each has its share
BEFORE = 300  # seconds before a moment that its lines are looked for
_BESIDE = 200  # bytes that a line costs beside its text
_AT_ONCE = 16
_OF_A_REQUEST = 5  # a person has two requests worked on at the same time: others' logs always have readers
_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d) ?")
_readers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="logs")


@dataclass(frozen=True, slots=True)
class Source:
    """A container of a pod. ``previous``: its run before the present one."""

    pod: str
    container: str
    previous: bool = False

    @property
    def key(self) -> str:
        """The container, whichever run."""
        return f"{self.pod}/{self.container}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``at``: ns since the epoch, never before the line above it; ``left_out``: bytes beyond the longest."""

    source: Source
    at: int
    text: str
    left_out: int = 0


@dataclass(slots=True)
class Cursor:
    """How far a container's log was read: the time of the last line, and how many lines had that time."""

    at: int = 0
    count: int = 0

    def after(self, at: int) -> None:
        """One more line was read."""
        self.at, self.count = (at, self.count + 1) if at == self.at else (at, 1)

    @property
    def since(self) -> str:
        """From when to read on, for the API: whole seconds; "" for the beginning."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.at // 10**9)) if self.at else ""


@dataclass
class Splitter:
    """Chunks to lines; of a line without end no more than the longest is kept."""

    _rest: bytearray = field(default_factory=bytearray)
    _over: int = 0

    def feed(self, chunk: bytes) -> Iterator[tuple[bytes, int]]:
        """Whole lines without their end, each with how many bytes of it were left out."""
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            self._take(chunk[start:end])
            yield self._line()
            start = end + 1
        self._take(chunk[start:])

    def end(self) -> Iterator[tuple[bytes, int]]:
        """A last line that was not ended."""
        if self._rest:
            yield self._line()

    def _take(self, part: bytes) -> None:
        room = LONGEST + 64 - len(self._rest)  # the time stands before the line
        self._rest += part[:room]
        self._over += max(0, len(part) - room)

    def _line(self) -> tuple[bytes, int]:
        line, over = bytes(self._rest), self._over
        self._rest, self._over = bytearray(), 0
        return line, over


class Reading:
    """Lines of one container as they come, from behind a cursor, which moves along."""

    def __init__(self, source: Source, cursor: Cursor | None = None) -> None:
        self.source = source
        self.cursor = cursor or Cursor()
        self._behind = self.cursor.count if self.cursor.at else 0  # lines of that very time that are known
        self._from = self.cursor.at
        self._splitter = Splitter()

    def lines(self, chunk: bytes) -> Iterator[Line]:
        """Those in a chunk that are new."""
        for raw, over in self._splitter.feed(chunk):
            yield from self._new(raw, over)

    def end(self) -> Iterator[Line]:
        """The last one, if it has no end."""
        for raw, over in self._splitter.end():
            yield from self._new(raw, over)

    def pass_over(self, chunk: bytes) -> int:
        """How many lines end in a chunk whose lines nobody is shown. They are counted, and the cursor is moved behind
        the last of them, as the times of a log go up; only those at the edges of the chunk are cut out.
        """
        begin, end = chunk.find(b"\n") + 1, chunk.rfind(b"\n") + 1
        whole = chunk[begin:end]
        last = newest(whole)
        if last is None or self.cursor.at <= self._from:  # hardly a line; one without a time; known ones may come yet
            return sum(1 for _ in self.lines(chunk))
        count = sum(1 for _ in self.lines(chunk[:begin])) + whole.count(b"\n")
        at, stamp = max(last[0], self.cursor.at), last[1]
        same = _that_begin_so(whole, stamp)
        self.cursor.at, self.cursor.count = at, same + (self.cursor.count if at == self.cursor.at else 0)
        return count + sum(1 for _ in self.lines(chunk[end:]))

    def _new(self, raw: bytes, over: int) -> Iterator[Line]:
        at, text = parse(raw)
        if at and at < self._from:
            return
        if at and at == self._from and self._behind:
            self._behind -= 1
            return
        at = max(at, self.cursor.at)
        self.cursor.after(at)
        yield Line(self.source, at, text, over)


def parse(raw: bytes) -> tuple[int, str]:
    """The time (ns since the epoch; 0 for none) and the text of a line that was asked for with its time."""
    stamp = _STAMP.match(raw)
    seconds = _seconds(stamp[1], stamp[3]) if stamp else None
    if stamp is None or seconds is None:
        return 0, _decoded(raw)
    fraction = (stamp[2] or b"").ljust(9, b"0")
    return seconds * 10**9 + int(fraction), _decoded(raw[stamp.end() :])


def newest(chunk: bytes) -> tuple[int, bytes] | None:
    """When the last line was written that begins and ends in a chunk, and the time as it stands before it."""
    end = chunk.rfind(b"\n")
    begin = chunk.rfind(b"\n", 0, max(0, end)) + 1
    stamp = _STAMP.match(chunk, begin, end) if end >= 0 else None
    at = parse(stamp[0])[0] if stamp else 0
    return (at, stamp[0]) if stamp and at else None


def _that_begin_so(lines: bytes, stamp: bytes) -> int:
    """How many of the last lines have this time; each of them has its end."""
    count, end = 0, len(lines) - 1
    while end >= 0:
        begin = lines.rfind(b"\n", 0, end) + 1
        if not lines.startswith(stamp, begin):
            break
        count, end = count + 1, begin - 1
    return count


@lru_cache(maxsize=4096)
def _seconds(whole: bytes, zone: bytes) -> int | None:
    try:
        return int(datetime.fromisoformat((whole + zone).decode()).timestamp())
    except (ValueError, OverflowError):
        return None


def _decoded(raw: bytes) -> str:
    return raw.removesuffix(b"\r").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What logs say now, oldest first. ``failed``: why a container's could not be read (whole); ``hidden``: there may
    be older lines, of the containers in ``cut`` or of all; ``newer``: there are newer ones; ``cursors``: how far each
    was read.
    """

    lines: tuple[Line, ...]
    failed: Mapping[Source, KubeError]
    hidden: bool
    cut: tuple[Source, ...]
    cursors: Mapping[str, Cursor]
    newer: bool = False


def snapshot(
    client: Client,
    namespace: str,
    sources: Sequence[Source],
    *,
    tail: int,
    since_seconds: int | None = None,
    around: int = 0,
) -> Snapshot:
    """The last ``tail`` lines of all these containers together; or as many ``around`` a moment (ns since the epoch),
    half of them before it. Waits some seconds at most; what did not come by then has failed, with what did come among
    the lines.
    """
    over = threading.Event()
    most = min(SNAPSHOT_BYTES, REQUEST_BYTES // max(1, len(sources)))
    jobs = [_Job(client.fork(), namespace, source, tail, since_seconds, over, most, around) for source in sources]
    waiting = deque(jobs)
    wait([_readers.submit(_read_in_turn, waiting, over) for _ in jobs[:_OF_A_REQUEST]], SNAPSHOT_SECONDS)
    late = [job for job in jobs if not job.done]
    over.set()  # only now: a reader that is stopped by it ends as if it had read all
    for job in late:
        job.error = job.error or Unavailable("the log did not arrive in time")
    lines: list[Line] = []
    cursors: dict[str, Cursor] = {}
    for job in jobs:  # a previous run before the present one of the same container
        kept, cursor = job.taken()
        lines += kept
        if cursor.at >= cursors.get(job.source.key, Cursor()).at:
            cursors[job.source.key] = cursor
    lines.sort(key=lambda line: line.at)
    shown = _around(lines, around, tail, jobs) if around else lines[-tail:]
    return Snapshot(
        lines=tuple(shown),
        failed={job.source: job.error for job in jobs if job.error is not None},
        hidden=len(lines) > tail or any(job.full for job in jobs),
        cut=tuple(job.source for job in jobs if job.full),
        cursors=cursors,
        newer=bool(around) and (any(job.newer or job.broke for job in jobs) or shown[-1:] != lines[-1:]),
    )


def _around(lines: list[Line], moment: int, tail: int, jobs: Sequence[_Job]) -> list[Line]:
    """Of those that were read the ones around a moment. Where a container was not read on, others end there, too: what
    it wrote afterwards would be missing between their lines.
    """
    ends = [job.lines[-1].at for job in jobs if job.newer and job.lines]
    known = bisect_right(lines, min(ends), key=_at) if ends else len(lines)
    start = max(0, bisect_left(lines, moment, key=_at) - tail // 2)
    return lines[start : min(start + tail, known)]


def _at(line: Line) -> int:
    return line.at


def _read_in_turn(waiting: deque[_Job], over: threading.Event) -> None:
    """One reader of a request: container after container, until there is none left or nobody waits any more."""
    while not over.is_set():
        try:
            job = waiting.popleft()
        except IndexError:
            return
        job.read()
        job.done = True


@dataclass
class _Job:
    """One container's part of a snapshot."""

    client: Client
    namespace: str
    source: Source
    tail: int
    since_seconds: int | None
    over: threading.Event
    most: int  # bytes
    around: int = 0
    lines: deque[Line] = field(default_factory=deque)
    error: KubeError | None = None
    size: int = 0
    full: bool = False
    newer: bool = False
    done: bool = False
    reading: Reading = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.reading = Reading(self.source)

    def read(self) -> None:
        try:
            stream = self.client.logs(
                self.namespace,
                self.source.pod,
                container=self.source.container,
                previous=self.source.previous,
                tail=None if self.around else self.tail,
                since_seconds=None if self.around else self.since_seconds,
                since_time=begin(self.around) if self.around else "",
                timestamps=True,
                opening=LOOK_SECONDS,
                idle=SNAPSHOT_SECONDS,
            )
            with stream:
                for chunk in stream:
                    self._keep(self.reading.lines(chunk))
                    if self.over.is_set() or self.newer:
                        return
                self._keep(self.reading.end())
        except KubeError as error:
            self.error = error

    @property
    def broke(self) -> bool:
        """Whether it may have lines that were not reached: who goes on from here would put old ones below newer."""
        return self.error is not None and self.error.code not in (400, 404)  # those have no log, or not yet

    def taken(self) -> tuple[tuple[Line, ...], Cursor]:
        """What was read until now, and the cursor of just that: a reader that is late goes on beside it."""
        with self._lock:
            return tuple(self.lines), replace(self.reading.cursor)

    def _keep(self, lines: Iterator[Line]) -> None:
        with self._lock:
            for line in lines:
                before = line.at < self.around  # of a moment: half of what is kept
                most, count = (self.most // 2, self.tail // 2) if before else (self.most, self.tail)
                full = self.size + _cost(line) > most or len(self.lines) == count
                if self.around and full and not before:
                    self.newer = True
                    return
                self.lines.append(line)
                self.size += _cost(line)
                while self.size > most or len(self.lines) > count:
                    self.size -= _cost(self.lines.popleft())
                    self.full = True
            self.full = self.full or (not self.around and len(self.lines) >= self.tail)


def begin(moment: int) -> str:
    """From when lines around a moment are read, for the API: whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(max(0, moment // 10**9 - BEFORE)))


def _cost(line: Line) -> int:
    return len(line.text.encode("utf-8", "replace")) + _BESIDE
