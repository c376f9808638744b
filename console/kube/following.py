"""Logs that are followed: a reader for each container, one bounded queue for the page that shows them.

A reader that finds the queue full waits, and the kubelet with it; nothing is lost by that. Only where a page falls
behind what is written now for long, lines are skipped, counted, and told as a gap.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from console.kube.errors import BadRequest, Forbidden, KubeError, NotFound
from console.kube.gateway import Client
from console.kube.logs import LONGEST, MOST_SOURCES, Cursor, Line, Reading, Source, newest
from console.kube.transport import Stream

MOST_READERS, PER_OWNER = 240, 80  # of all pages together, and of one person's: each is a thread and a connection
QUEUE_LINES, QUEUE_BYTES = 4000, 1024 * 1024
BATCH_LINES, BATCH_BYTES = 200, 128 * 1024  # five times a second: more than anybody reads
# While lines are skipped: what is shown is a sample, and fresh.
FLOOD_LINES, FLOOD_PAUSE, FLOOD_SECONDS = 100, 0.5, 10.0
HOLD = 0.4  # seconds that a line waits for those of other containers that were written before it
SETTLING = 3.0  # seconds that all wait at most for a reader that has only begun
LATE = 5.0  # seconds behind now, from which on a page that cannot keep up skips lines
SILENCE = 150.0
_AGAIN, _AGAIN_AT_MOST = 1.0, 10.0


class Places:
    """How many may read at a time, of all and of each person; a person's use is no other's refusal."""

    def __init__(self, most: int, per_owner: int) -> None:
        self._most, self._per_owner = most, per_owner
        self._taken: Counter[Hashable] = Counter()
        self._lock = threading.Lock()

    def take(self, owner: Hashable) -> bool:
        """Whether there was one."""
        with self._lock:
            if self._taken[owner] >= self._per_owner or self._taken.total() >= self._most:
                return False
            self._taken[owner] += 1
            return True

    def give_back(self, owner: Hashable) -> None:
        """One that was taken."""
        with self._lock:
            self._taken[owner] -= 1
            self._taken += Counter()  # who has none is forgotten


_places = Places(MOST_READERS, PER_OWNER)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a container; ``running``: it goes on, as far as is known."""

    source: Source
    uid: str
    restarts: int
    running: bool

    @property
    def identity(self) -> tuple[str, int]:
        return self.uid, self.restarts


@dataclass(frozen=True, slots=True)
class Gap:
    """Lines that are not shown: so many were skipped, or for a reason it is not known how many. ``waits``: none is
    read yet, there was no place for a reader.
    """

    source: Source
    at: int
    count: int = 0
    reason: str = ""
    waits: bool = False


Entry = Line | Gap


@dataclass(eq=False)
class _Reader:
    run: Run
    reading: Reading
    pending: int = 0
    size: int = 0
    count: int = 0
    skipped: int = 0
    skipping_since: float = 0.0
    stream: Stream | None = None
    done: bool = False
    again_at: float = 0.0
    wait: float = _AGAIN
    began: float = field(default_factory=time.monotonic)
    since: float = field(default_factory=time.time)
    opened: float = 0.0

    def settles(self, now: float) -> bool:
        """Whether it has only begun: what it will say at first may be older than what others have said."""
        if self.done or now - self.began > SETTLING:
            return False
        return not self.opened or (not self.count and now - self.opened < 1)


@dataclass(slots=True)
class _Waiting:
    entry: Entry
    reader: _Reader | None
    came: float
    size: int


@dataclass
class Follower:
    """What one open page follows. ``wake`` is called when there is something to take, from any thread.

    ``cursors``: how far each container was read before; they are moved along by what is taken. Of one that nothing was
    read of yet the last ``tail`` lines ``since`` then come first; of one that was not there before, all. ``owner``: the
    person whose share of readers it uses.
    """

    client: Client
    namespace: str
    wake: Callable[[], None]
    tail: int
    cursors: dict[str, Cursor] = field(default_factory=dict)
    since: str = ""
    owner: Hashable = None
    _readers: dict[str, _Reader] = field(default_factory=dict)
    _queue: list[_Waiting] = field(default_factory=list)
    _room: threading.Condition = field(default_factory=threading.Condition)
    _shares: int = 1
    _closed: bool = False
    _skipped_at: float = -FLOOD_SECONDS
    _expected: set[str] = field(default_factory=set)
    _refused: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._expected = set(self.cursors)

    def follow(self, runs: Sequence[Run]) -> None:
        """These are there now: begin to read what is new, and again what broke off. What is gone ends by itself."""
        now = time.monotonic()
        with self._room:
            present = {run.source.key for run in runs}
            self._expected = self._expected or present
            for key, reader in list(self._readers.items()):
                if reader.done and not reader.pending and key not in present:
                    del self._readers[key]
            # What is gone, once all of it was taken, needs no cursor to go on from.
            for key in self.cursors.keys() - present - self._readers.keys():
                del self.cursors[key]
                self._expected.discard(key)
            for run in runs[:MOST_SOURCES]:
                self._look_after(run, now)
            for reader in self._readers.values():  # one that wrote much and then nothing
                if reader.skipped and now - reader.skipping_since > LATE / 5 and self._has_room(reader):
                    reader.skipping_since = 0.0
                    self._tell_gap(reader, reader.reading.cursor.at, now)
            self._shares = max(1, self.active)

    def take(self) -> list[Entry]:
        """What a page may be told now, in the order of time; at most a batch."""
        now = time.monotonic()
        taken: list[Entry] = []
        with self._room:
            self._queue.sort(key=lambda waiting: waiting.entry.at)
            full = len(self._queue) > QUEUE_LINES // 2 or self._closed
            settling = any(reader.settles(now) for reader in self._readers.values())
            size, most = 0, FLOOD_LINES if self.flooded else BATCH_LINES
            for waiting in self._queue:
                ripe = full or (now - waiting.came >= HOLD and not settling)
                if not ripe or len(taken) == most or size > BATCH_BYTES:
                    break  # also what is ripe waits for what was written before it
                taken.append(waiting.entry)
                size += waiting.size
                self._told(waiting)
            del self._queue[: len(taken)]
            self._room.notify_all()
        return taken

    @property
    def flooded(self) -> bool:
        """Whether more is written than can be shown: lines have been skipped lately."""
        return time.monotonic() - self._skipped_at < FLOOD_SECONDS

    @property
    def more(self) -> bool:
        """Whether something waits to be taken."""
        return bool(self._queue)

    @property
    def active(self) -> int:
        """How many containers are read now."""
        return sum(not reader.done for reader in list(self._readers.values()))

    def close(self) -> None:
        """Nobody looks any more: all readers end."""
        with self._room:
            self._closed = True
            self._queue = []
            streams = [reader.stream for reader in self._readers.values() if reader.stream is not None]
            self._room.notify_all()
        for stream in streams:
            stream.close()

    def _told(self, waiting: _Waiting) -> None:
        if waiting.reader is not None:
            waiting.reader.pending -= 1
            waiting.reader.size -= waiting.size
        entry = waiting.entry
        if isinstance(entry, Line):
            self.cursors.setdefault(entry.source.key, Cursor()).after(entry.at)

    def _look_after(self, run: Run, now: float) -> None:
        known = self._readers.get(run.source.key)
        if self._closed or (known is not None and (not known.done or now < known.again_at)):
            return
        if known is not None and known.run.identity == run.identity and not run.running:
            return  # it was read to its end
        cursor = known.reading.cursor if known else self.cursors.get(run.source.key, Cursor())
        if known is not None and known.run.uid != run.uid:
            cursor = Cursor()
        if not _places.take(self.owner):  # that is said once, and tried again with the next look
            self._tell_waiting(run.source, now)
            return
        reader = _Reader(run, Reading(run.source, Cursor(cursor.at, cursor.count)))
        if known is not None:
            same = known.run.identity == run.identity
            reader.wait = min(known.wait * 2, _AGAIN_AT_MOST) if same else _AGAIN
        self._readers[run.source.key] = reader
        ended_before = known is not None and run.uid == known.run.uid and run.restarts > known.run.restarts
        try:
            threading.Thread(target=self._read, args=(reader, ended_before), name="log", daemon=True).start()
        except RuntimeError:  # the process may begin no more threads
            _places.give_back(self.owner)
            reader.done, reader.again_at = True, now + reader.wait
            self._tell_waiting(run.source, now)
        else:
            self._refused.discard(run.source.key)

    def _tell_waiting(self, source: Source, now: float) -> None:
        if source.key not in self._refused:
            self._refused.add(source.key)
            self._queue.append(_Waiting(Gap(source, time.time_ns(), waits=True), None, now, 100))

    def _read(self, reader: _Reader, ended_before: bool) -> None:
        """A reader's thread. What the last run wrote before its end comes before what the new one writes."""
        try:
            if ended_before:
                with suppress(NotFound, BadRequest):  # the kubelet has it no more
                    self._read_run(reader, previous=True)
            self._read_run(reader, previous=False)
        except (NotFound, BadRequest):
            pass  # the pod is gone, or waits to be started: its record says so
        except KubeError as error:
            if not self._closed:
                self._put(reader, [Gap(reader.run.source, reader.reading.cursor.at, reason=error.message[:200])])
            if isinstance(error, Forbidden):
                reader.wait = _AGAIN_AT_MOST
        finally:
            _places.give_back(self.owner)
            with self._room:
                reader.again_at = time.monotonic() + reader.wait
                self._tell_gap(reader, reader.reading.cursor.at, time.monotonic())
                reader.done = True
                reader.stream = None
            self.wake()

    def _read_run(self, reader: _Reader, *, previous: bool) -> None:
        source, cursor = reader.run.source, reader.reading.cursor
        reader.reading = Reading(source, cursor)
        stream = self.client.fork().logs(
            self.namespace,
            source.pod,
            container=source.container,
            previous=previous,
            follow=not previous,
            tail=None if cursor.at or source.key not in self._expected else self.tail,
            since_time=cursor.since or self.since,
            timestamps=True,
            idle=SILENCE,
        )
        with stream:
            with self._room:
                reader.stream, reader.opened = stream, time.monotonic()
                if self._closed:
                    return
            for chunk in stream:
                self._come(reader, chunk)
            self._put(reader, reader.reading.end())

    def _come(self, reader: _Reader, chunk: bytes) -> None:
        """Lines that are skipped are counted, and not looked at: what nobody is shown takes nothing from the pages of
        others. With the chunk in which it has caught up each line is looked at again.
        """
        last = newest(chunk) if reader.skipping_since else None
        with self._room:
            passed = last is not None and self._skips(reader, last[0])
            if passed:
                lines = reader.reading.pass_over(chunk)
                reader.count += lines
                reader.skipped += lines
        if not passed:
            self._put(reader, reader.reading.lines(chunk))

    def _put(self, reader: _Reader, entries: Iterable[Entry]) -> None:
        """Into the queue, when there is room."""
        came = time.monotonic()
        for entry in entries:
            size = len(entry.text) + 100 if isinstance(entry, Line) else 100
            with self._room:
                while not self._closed and not self._skips(reader, entry.at) and not self._has_room(reader):
                    self._room.wait(1.0)
                if self._closed:
                    return
                reader.count += 1
                if reader.skipping_since:
                    reader.skipped += 1
                    continue
                self._tell_gap(reader, entry.at, came)
                self._queue.append(_Waiting(entry, reader, came, size))
                reader.pending += 1
                reader.size += size
        self.wake()

    def _has_room(self, reader: _Reader) -> bool:
        lines = 4 * FLOOD_LINES if self.flooded else QUEUE_LINES
        most = max(2 * FLOOD_LINES, lines // self._shares), max(4 * LONGEST, QUEUE_BYTES // self._shares)
        return reader.pending < most[0] and reader.size < most[1]

    def _skips(self, reader: _Reader, at: int) -> bool:
        """Whether a line is skipped: it was written while the page is open, which is far behind and has no room."""
        now, written = time.monotonic(), at / 1e9
        behind = time.time() - written
        if reader.skipping_since:
            caught_up = behind < 1 or now - reader.skipping_since > LATE / 5
            if caught_up and self._has_room(reader):
                reader.skipping_since = 0.0
        elif behind > LATE and written > reader.since and not self._has_room(reader):
            reader.skipping_since = now
        return bool(reader.skipping_since)

    def _tell_gap(self, reader: _Reader, at: int, came: float) -> None:
        if reader.skipped:
            self._skipped_at = time.monotonic()
            self._queue.append(_Waiting(Gap(reader.run.source, at, reader.skipped), reader, came, 100))
            reader.pending += 1
            reader.size += 100
            reader.skipped = 0


def started(cursors: Mapping[str, Cursor]) -> dict[str, Cursor]:
    """Cursors of one's own, to be moved along."""
    return {key: Cursor(cursor.at, cursor.count) for key, cursor in cursors.items()}
