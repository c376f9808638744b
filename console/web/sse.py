"""Live pages: one stream a page, which sends every fragment once and then what changed.

A message is one line of JSON, so nothing in it can end the frame or forge another event:
`{"id of an element": "its html"}`. Instead of html a fragment may be rows, `{"id of a row": "its html"}` in their
order: then only rows that changed are sent. static/js/live.js puts them in place. Two named events: `gone` (look at
the page again: rights or the object went away) and `later` (the console had trouble; come back).

A second kind of stream only appends: lines of logs, in batches that a bounded queue holds until they are sent. What it
renders has a pool of its own, for it may be much. Long files are sent by the same means.

An open stream holds a socket and a little memory, no thread and no database connection: what Django keeps for the life
of a request is given back before the first byte. Rendering happens in a small pool, each person in their turn; looks at
rights and at the time have a pool of their own, which nothing that waits for the cluster can fill.
"""

import asyncio
import hashlib
import json
import logging
import random
import threading
import time
import weakref
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from asgiref.sync import SyncToAsync
from django.core.exceptions import PermissionDenied
from django.db import close_old_connections, connections
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from console.kube.errors import Forbidden, NotFound, Unavailable
from console.web import times
from console.web.turns import turns

log = logging.getLogger(__name__)
_jitter = random.Random()
T = TypeVar("T")
Rows = Mapping[str, str]
Fragments = Mapping[str, str | Rows]

PER_USER = 8  # open streams of one person; the ninth is refused with 429
PAUSE = 0.2  # seconds between two messages: at most five a second
# A page with so many messages within so many seconds never rests: it waits three times as long, and has two a second.
BUSY, WITHIN = 10, 5.0
TICK = 2.0  # seconds between two looks at the person's rights
PING = 15.0
STAMP = 3.0  # seconds between two stamps of batches that had nothing to show
_PING = b"event: ping\ndata: {}\n\n"
_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="stream")
_quick = ThreadPoolExecutor(max_workers=2, thread_name_prefix="stream-rights")
_appending = ThreadPoolExecutor(max_workers=4, thread_name_prefix="stream-lines")
_open: Counter[Hashable] = Counter()
_seats: "weakref.WeakSet[_Seat]" = weakref.WeakSet()
_leaving = threading.Event()
_counting = threading.RLock()  # views take seats in threads, streams leave them in the loop or when they are collected


class _Over(Exception):
    """The console is leaving while a page waits to be rendered: the stream ends like any other."""


class Alarm:
    """When time alone will change what a page shows; `render` sets it. `at`: epoch seconds, None for never."""

    def __init__(self) -> None:
        self.at: float | None = None

    def rings(self) -> bool:
        """Whether that moment has come; once."""
        due = self.at is not None and time.time() >= self.at
        if due:
            self.at = None
        return due


class Subscription(Protocol):
    """What a stream waits on; `console.kube.store.Subscription` is one."""

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - the store's own
        """True when something changed since the last call, False after `timeout` seconds."""
        ...

    def mark(self) -> None:
        """Wake whoever waits. From any thread."""
        ...

    def close(self) -> None: ...


def stream(
    request: HttpRequest,
    *,
    subscription: Subscription,
    render: Callable[[], Fragments],
    recheck: Callable[[], bool] | None = None,
    key: Hashable = None,
    pulse: Callable[[], Fragments] | None = None,
    alarm: Alarm | None = None,
    life: float = 60,
) -> HttpResponseBase:
    """Answer with a stream that lives about `life` seconds; the browser then comes back and access is asked anew.

    render: all fragments, called in a worker thread whenever `subscription` wakes, and at the moment of the `alarm`,
    which it may set. It must give the same text for the same state: no CSRF token, no random id in it.
    pulse: the few cheap ones that change with time alone (the live pill), asked every 2 s; they are all that is sent
    while the cluster does not answer `render`. recheck: may the person still see this? Asked every 2 s, once for all
    streams with the same `key` (user, project).
    Refuses another site's page with 403 and the ninth stream of one person with 429.
    """
    seat = _seated(request, subscription)
    if not isinstance(seat, _Seat):
        return seat
    work = _Stream(seat, render, pulse, _Right.of(recheck, key), request.headers.get("Last-Event-ID", ""), life, alarm)
    return _streamed(seat, work.live(), "a live page could not be rendered")


@dataclass(frozen=True, slots=True)
class Batch:
    """What an appending stream sends next: `content`, and `stamp`, from which the browser goes on when it comes back.
    A stamp without content is sent each few seconds: what is filtered out is not read again for ever.
    `more`: there is more already; `over`: nothing will follow; `pause`: seconds until it may be asked again.
    """

    content: Mapping[str, object]
    stamp: str = ""
    more: bool = False
    over: bool = False
    pause: float = PAUSE


def appended(
    request: HttpRequest,
    *,
    subscription: Subscription,
    take: Callable[[], Batch],
    recheck: Callable[[], bool] | None = None,
    key: Hashable = None,
    life: float = 60,
) -> HttpResponseBase:
    """Answer with a stream that appends what `take` gives, called in a worker thread when `subscription` wakes and
    every 2 s. Rights, seats and the life of a stream are those of `stream`. What waits to be sent is held by whoever
    `take` belongs to, within bounds: nothing is taken before what was taken last has been sent.
    """
    seat = _seated(request, subscription)
    if not isinstance(seat, _Seat):
        return seat
    live = _Appending(seat, take, _Right.of(recheck, key), life).live()
    return _streamed(seat, live, "a page that appends could not go on")


def pieces(
    request: HttpRequest, *, take: Callable[[], bytes], recheck: Callable[[], bool], content_type: str
) -> StreamingHttpResponse:
    """Answer with a file that `take` gives piece by piece, until it gives nothing: one that costs much has a turn for
    each, and waits for who reads it slowly without a thread. It breaks off where the person may no longer look.
    """
    pieces = _taken(request.user.pk, take, _Right.of(recheck, None))
    return StreamingHttpResponse(pieces, content_type=content_type)


async def _taken(owner: Hashable, take: Callable[[], bytes], right: "_Right | None") -> AsyncIterator[bytes]:
    await _give_back_thread()
    while piece := await _in_turn(_appending, take, owner, right):
        yield piece
        await _look_at(right)


def _seated(request: HttpRequest, subscription: Subscription) -> "_Seat | HttpResponse":
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        subscription.close()
        return HttpResponse(status=403)
    seat = _Seat.of(getattr(request.user, "pk", None) or request.META.get("REMOTE_ADDR"), subscription)
    if seat is None:
        subscription.close()
        return HttpResponse(status=429, headers={"Retry-After": "10"})
    return seat


def _streamed(seat: "_Seat", live: AsyncIterator[bytes], failure: str) -> HttpResponseBase:
    response = StreamingHttpResponse(_framed(seat, live, failure), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store, no-transform"
    response.headers["X-Accel-Buffering"] = "no"
    weakref.finalize(response, seat.leave)  # a client that left before the first byte never starts the generator
    return response


def hang_up() -> None:
    """End every open stream and each one to come: the console is leaving, and would wait for them. From any thread."""
    _leaving.set()
    with _counting:
        seats = list(_seats)
    for seat in seats:
        seat.subscription.mark()


class _Seat:
    """One of a person's streams; leaving twice is leaving once."""

    def __init__(self, owner: Hashable, subscription: Subscription) -> None:
        self.owner, self.subscription, self._taken = owner, subscription, True

    @classmethod
    def of(cls, owner: Hashable, subscription: Subscription) -> "_Seat | None":
        """A seat, or None where the person has as many as there may be."""
        with _counting:
            if _open[owner] >= PER_USER:
                return None
            _open[owner] += 1
            seat = cls(owner, subscription)
            _seats.add(seat)
        return seat

    def leave(self) -> None:
        with _counting:
            if not self._taken:
                return
            self._taken = False
            _seats.discard(self)
            _open[self.owner] -= 1
            if _open[self.owner] <= 0:
                del _open[self.owner]
        self.subscription.close()


class _Right:
    """The answer to "may this person still look here", shared by all streams of one person on one place."""

    _known: "weakref.WeakValueDictionary[Hashable, _Right]" = weakref.WeakValueDictionary()

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._asked = time.monotonic()
        self._answer: asyncio.Future[bool] | None = None

    @classmethod
    def of(cls, ask: Callable[[], bool] | None, key: Hashable) -> "_Right | None":
        if ask is None:
            return None
        right = cls._known.get(key) if key is not None else None
        if right is None:
            right = cls(ask)
            if key is not None:
                cls._known[key] = right
        return right

    async def holds(self) -> bool:
        """Asks at most every TICK seconds, whoever calls; a question without an answer (an error) keeps nobody in."""
        if self._answer is None or (self._answer.done() and time.monotonic() - self._asked >= TICK):
            self._asked = time.monotonic()
            self._answer = asyncio.ensure_future(_in_pool(_quick, self._ask))
        return await asyncio.shield(self._answer)


@dataclass(slots=True)
class _Stream:
    seat: _Seat
    render: Callable[[], Fragments]
    pulse: Callable[[], Fragments] | None
    right: _Right | None
    last_seen: str
    life: float
    alarm: Alarm | None = None
    sent: dict[str, str | Rows] = field(default_factory=dict)
    behind: bool = False
    first: bool = True
    told: deque[float] = field(default_factory=lambda: deque(maxlen=BUSY))

    async def live(self) -> AsyncIterator[bytes]:
        end = time.monotonic() + self.life * _jitter.uniform(0.8, 1.2)
        spoke, changed = time.monotonic(), True
        while (left := end - time.monotonic()) > 0 and not _leaving.is_set():
            frame = await self._news(changed)
            if frame is None and time.monotonic() - spoke >= PING:
                frame = _PING
            if frame is not None:
                spoke = time.monotonic()
                self.told.append(spoke)
                yield frame
            busy = len(self.told) == BUSY and time.monotonic() - self.told[0] < WITHIN
            await asyncio.sleep(3 * PAUSE if busy else PAUSE)
            changed = await self.seat.subscription.wait(min(TICK, left))
            changed = (self.alarm is not None and self.alarm.rings()) or changed
            await _look_at(self.right)

    def _wordless(self) -> Fragments:
        with times.wordless():
            return self.render()

    async def _news(self, changed: bool) -> bytes | None:
        """What differs from what this page was sent, or None."""
        fragments = await self._now(changed)
        news = {name: news for name, now in fragments.items() if (news := _difference(self.sent.get(name), now))}
        self.sent.update(fragments)
        first, self.first = self.first, False
        stamp = _digest(self.sent)
        if not news or (first and stamp == self.last_seen):
            return _PING if first else None
        return _frame(news, stamp=stamp)

    async def _now(self, changed: bool) -> Fragments:
        """All fragments if any may have changed. Those of the pulse alone while the cluster does not answer."""
        pulse = {} if self.pulse is None else await _in_pool(_quick, self.pulse)
        beats_differ = any(self.sent.get(name) != now for name, now in pulse.items())
        if not (changed or self.behind or beats_differ):
            return {}
        try:
            fragments = await _in_turn(_pool, self._wordless, self.seat.owner, self.right)
        except Unavailable:
            if self.pulse is None:
                raise
            self.behind = True
            return pulse
        self.behind = False
        return fragments


@dataclass(slots=True)
class _Appending:
    seat: _Seat
    take: Callable[[], Batch]
    right: _Right | None
    life: float
    stamp: str = ""  # from where the page is to go on, which it was not told yet
    stamped: float = 0.0
    spoke: float = 0.0

    async def live(self) -> AsyncIterator[bytes]:
        end = time.monotonic() + self.life * _jitter.uniform(0.8, 1.2)
        looked = self.spoke = self.stamped = time.monotonic()
        yield _PING
        while (left := end - time.monotonic()) > 0 and not _leaving.is_set():
            batch = await _in_turn(_appending, self.take, self.seat.owner, self.right)
            if time.monotonic() - looked >= TICK:
                looked = time.monotonic()
                await _look_at(self.right)
            if frame := self._told(batch):
                yield frame
            if batch.over:
                yield _frame({}, event="over")
                return
            await asyncio.sleep(batch.pause)
            if not batch.more:
                await self.seat.subscription.wait(min(TICK, left))
        if self.stamp:
            yield _frame({}, stamp=self.stamp)

    def _told(self, batch: Batch) -> bytes | None:
        """What the page is sent of a batch: what it shows, how far it was read, or only a ping."""
        now = time.monotonic()
        self.stamp = batch.stamp or self.stamp
        if batch.content or (self.stamp and (batch.over or now - self.stamped >= STAMP)):
            stamp, self.stamp = self.stamp, ""
            self.spoke = self.stamped = now
            return _frame(batch.content, stamp=stamp)
        if now - self.spoke < PING:
            return None
        self.spoke = now
        return _PING


async def _framed(seat: _Seat, live: AsyncIterator[bytes], failure: str) -> AsyncIterator[bytes]:
    """The frames of a page from its first to its last, which says why it ends where that is not its time."""
    try:
        await _give_back_thread()
        yield f"retry: {_jitter.randint(500, 2000)}\n\n".encode()
        async for frame in live:
            yield frame
    except _Over:
        pass
    except (Forbidden, NotFound, PermissionDenied, Http404):
        yield _frame({}, event="gone")
    except Exception:  # a stream that fails says so and ends; the page comes back by itself
        log.exception(failure)
        yield _frame({}, event="later")
    finally:
        seat.leave()


def _difference(before: str | Rows | None, now: str | Rows) -> object:
    """What to send for one fragment: its html, or the order of its rows and those that changed, or None."""
    if isinstance(now, str):
        return None if before == now else now
    known = before if isinstance(before, Mapping) else {}
    changed = {row: html for row, html in now.items() if known.get(row) != html}
    if before is not None and not changed and list(known) == list(now):
        return None
    return {"order": list(now), "rows": changed}


def _digest(fragments: Fragments) -> str:
    text = json.dumps(
        sorted((name, value if isinstance(value, str) else dict(value)) for name, value in fragments.items())
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _frame(content: Mapping[str, object], *, event: str = "", stamp: str = "") -> bytes:
    """One event. JSON has no raw line ends, and the names are ours."""
    head = (f"event: {event}\n" if event else "") + (f"id: {stamp}\n" if stamp else "")
    return f"{head}data: {json.dumps(content)}\n\n".encode()


async def _look_at(right: _Right | None) -> None:
    if right is not None and not await right.holds():
        raise PermissionDenied


async def _in_turn(pool: ThreadPoolExecutor, work: Callable[[], T], owner: Hashable, right: _Right | None) -> T:
    """What the work comes to, done when it is this person's turn. Their rights are looked at while that is waited for:
    one whose work hangs holds up no other's pages, and is not heard out once they may no longer look.
    """

    async def in_turn() -> T:
        async with turns.of(owner, patience=None) as turn:
            thread = pool.submit(_with_fresh_connections, work, turn.used)
            turn.lasts_until(thread)
            return await asyncio.wrap_future(thread)

    task = asyncio.ensure_future(in_turn())
    try:
        while not (await asyncio.wait({task}, timeout=TICK))[0]:
            if _leaving.is_set():
                raise _Over
            await _look_at(right)
    finally:
        if not task.cancel() and not task.cancelled():
            task.exception()  # who may no longer look is not told, and nobody else asks
    return task.result()


async def _in_pool(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, _with_fresh_connections, work)


def _with_fresh_connections(work: Callable[[], T], used: Callable[[float], None] = lambda _seconds: None) -> T:
    """`used` is told how much of the processor it took."""
    began = time.thread_time()
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()
        used(time.thread_time() - began)


async def _give_back_thread() -> None:
    """Django's ASGI handler keeps one thread, and the database connection opened in it, until the answer ends.

    For a stream that is a minute each; 1,000 pages would be 1,000 threads and connections.
    """
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.pop(context, None) if context else None
    if executor is not None:
        closed = executor.submit(connections.close_all)
        executor.shutdown(wait=False)
        await asyncio.shield(asyncio.wrap_future(closed))  # also for a client that leaves at this moment
