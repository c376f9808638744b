"""A live page: what is sent, what cannot be forged, and that a stream gives back what it took (F12, S1, R9, Z5)."""

import asyncio
import gc
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.test import RequestFactory

from console.kube.errors import Unavailable
from console.web import sse

# Streams give connections back; in a process where other tests have opened one, that is a use of it.
pytestmark = pytest.mark.django_db


class Store:
    """A subscription as the store gives it: a wake-up that any thread may cause."""

    def __init__(self) -> None:
        self.dirty = asyncio.Event()
        self.closed = False

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - as the store's
        try:
            await asyncio.wait_for(self.dirty.wait(), max(timeout, 0.01))
        except TimeoutError:
            return False
        self.dirty.clear()
        return True

    def mark(self) -> None:
        self.dirty.set()

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "PAUSE", 0)
    monkeypatch.setattr(sse, "TICK", 0)


def _request(user: int = 1, **headers: str) -> HttpRequest:
    request = RequestFactory().get("/stream/", headers=headers)
    request.user = SimpleNamespace(pk=user)  # type: ignore[assignment]
    return request


def _events(text: str) -> list[tuple[str, str, str]]:
    """(event, id, data) as the browser's parser sees them: CR, LF and CRLF all end a line."""
    events, event, ident, data = [], "", "", []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line and data:
            events.append((event or "message", ident, "\n".join(data)))
        if not line:
            event, data = "", []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "event":
            event = value
        elif name == "id":
            ident = value
    return events


async def _read(
    response: HttpResponseBase, *, until: Callable[[list[tuple[str, str, str]]], bool]
) -> list[tuple[str, str, str]]:
    assert isinstance(response, StreamingHttpResponse)
    text, chunks = "", aiter(response)
    async with asyncio.timeout(5):
        async for chunk in chunks:
            text += chunk.decode()
            if until(_events(text)):
                break
    await response._iterator.aclose()  # type: ignore[attr-defined]  # as Django does when the client leaves
    return _events(text)


def _count(number: int) -> Callable[[list[tuple[str, str, str]]], bool]:
    return lambda events: len(events) >= number


def _forever(events: list[tuple[str, str, str]]) -> bool:
    return False


HOSTILE = "x\n\ndata: forged\r\revent: gone\ndata: {}\n\nretry: 1\u2028"


def test_first_message_has_every_fragment_and_nothing_in_it_ends_the_frame() -> None:
    async def scenario() -> list[tuple[str, str, str]]:
        response = sse.stream(
            _request(), subscription=Store(), render=lambda: {"log": HOSTILE, "live": "Live"}, life=0.2
        )
        return await _read(response, until=_forever)

    events = asyncio.run(scenario())
    assert [(name, json.loads(data)) for name, _, data in events] == [("message", {"log": HOSTILE, "live": "Live"})]


def test_later_messages_have_what_changed_only() -> None:
    states = iter([{"a": "1", "b": "1"}, {"a": "1", "b": "2"}])

    async def scenario() -> list[tuple[str, str, str]]:
        store = Store()
        store.dirty.set()
        response = sse.stream(_request(), subscription=store, render=lambda: next(states))
        return await _read(response, until=_count(2))

    assert [json.loads(data) for *_, data in asyncio.run(scenario())] == [{"a": "1", "b": "1"}, {"b": "2"}]


def test_what_time_alone_changes_is_sent_at_its_moment() -> None:
    """C19: "starting" becomes "not ready" although nothing in the cluster changed, and nobody was told."""
    alarm, moments = sse.Alarm(), iter([time.time() + 0.2])

    def render() -> dict[str, str]:
        alarm.at, before = next(moments, None), alarm.at
        return {"status": "starting" if before is None and alarm.at else "not ready"}

    async def scenario() -> list[tuple[str, str, str]]:
        return await _read(sse.stream(_request(), subscription=Store(), render=render, alarm=alarm), until=_count(2))

    assert [json.loads(data) for *_, data in asyncio.run(scenario())] == [
        {"status": "starting"},
        {"status": "not ready"},
    ]


def test_of_rows_the_order_and_the_changed_ones_are_sent() -> None:
    states = iter([{"rows": {"a": "A", "b": "B"}}, {"rows": {"b": "B", "c": "C"}}])

    async def scenario() -> list[tuple[str, str, str]]:
        store = Store()
        store.dirty.set()
        response = sse.stream(_request(), subscription=store, render=lambda: next(states))
        return await _read(response, until=_count(2))

    last = json.loads(asyncio.run(scenario())[1][2])
    assert last == {"rows": {"order": ["b", "c"], "rows": {"c": "C"}}}


def test_a_page_that_comes_back_up_to_date_is_sent_nothing() -> None:
    async def scenario(last: str) -> list[tuple[str, str, str]]:
        request = _request(**{"Last-Event-ID": last})
        return await _read(
            sse.stream(request, subscription=Store(), render=lambda: {"a": "1"}, life=0.2), until=_forever
        )

    ((_, ident, _),) = asyncio.run(scenario(""))
    assert asyncio.run(scenario(ident)) == [("ping", "", "{}")]
    assert len(asyncio.run(scenario("../../etc/passwd"))) == 1


def test_while_the_cluster_does_not_answer_the_pulse_goes_on_and_what_changed_meanwhile_comes_after() -> None:
    def render() -> dict[str, str]:
        if not answers:
            raise Unavailable("the cluster does not answer")
        return answers.pop()

    answers, states = [{"a": "1", "live": "Live"}], iter(["Live", "As of", "As of", "Live"])

    def pulse() -> dict[str, str]:
        state = next(states)
        if state == "Live" and not answers:
            answers.append({"a": "2", "live": "Live"})
        return {"live": state}

    async def scenario() -> list[tuple[str, str, str]]:
        store = Store()
        return await _read(sse.stream(_request(), subscription=store, render=render, pulse=pulse), until=_count(3))

    messages = [json.loads(data) for *_, data in asyncio.run(scenario())]
    assert messages == [{"a": "1", "live": "Live"}, {"live": "As of"}, {"a": "2", "live": "Live"}]


def test_taken_rights_end_the_stream_and_the_page_is_told() -> None:
    taken = threading.Event()  # once the page has its first message; looks at rights begin before

    def until(events: list[tuple[str, str, str]]) -> bool:
        if events:
            taken.set()
        return False

    async def scenario() -> list[tuple[str, str, str]]:
        response = sse.stream(
            _request(),
            subscription=Store(),
            render=lambda: {"a": "1"},
            recheck=lambda: not taken.is_set(),
            key=("u", "p"),
        )
        return await _read(response, until=until)

    assert [name for name, *_ in asyncio.run(scenario())] == ["message", "gone"]


def test_rights_are_asked_once_for_all_streams_of_a_person_in_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "TICK", 60)
    checks: list[int] = []

    async def scenario() -> None:
        responses = [
            sse.stream(
                _request(),
                subscription=Store(),
                render=lambda: {"a": "1"},
                recheck=lambda: not checks.append(1),
                key=("u2", "p"),
                life=0.1,
            )
            for _ in range(4)
        ]
        await asyncio.gather(*(_read(response, until=_forever) for response in responses))

    asyncio.run(scenario())
    assert len(checks) == 1


@pytest.mark.parametrize(("trouble", "event"), [(PermissionDenied(), "gone"), (ZeroDivisionError(), "later")])
def test_trouble_in_rendering_ends_the_stream_with_a_word(trouble: Exception, event: str) -> None:
    def render() -> dict[str, str]:
        raise trouble

    async def scenario() -> list[tuple[str, str, str]]:
        return await _read(sse.stream(_request(), subscription=Store(), render=render), until=_forever)

    assert [name for name, *_ in asyncio.run(scenario())] == [event]


def test_the_ninth_stream_of_one_person_is_refused_and_leaving_makes_room() -> None:
    def opened(user: int) -> tuple[HttpResponseBase, Store]:
        store = Store()
        return sse.stream(_request(user), subscription=store, render=lambda: {"a": "1"}), store

    async def scenario() -> None:
        eight = [opened(7) for _ in range(sse.PER_USER)]
        ninth, store = opened(7)
        other, _ = opened(8)
        assert (ninth.status_code, other.status_code) == (429, 200)
        assert ninth.headers["Retry-After"]
        assert store.closed
        await _read(eight[0][0], until=_count(1))
        assert eight[0][1].closed
        again, _ = opened(7)
        assert again.status_code == 200

    asyncio.run(scenario())
    gc.collect()  # the others never sent a byte: their answers were dropped, as by a client that left at once
    assert not sse._open


def test_a_console_that_leaves_ends_its_streams_and_begins_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "_leaving", threading.Event())
    monkeypatch.setattr(sse, "TICK", 60)

    async def scenario() -> tuple[list[tuple[str, str, str]], list[tuple[str, str, str]]]:
        response = sse.stream(_request(), subscription=Store(), render=lambda: {"a": "1"})
        begun = asyncio.Event()
        until = lambda events: bool(events) and begun.set() is not None  # noqa: E731 - never, but says when it began
        reading = asyncio.create_task(_read(response, until=until))
        await begun.wait()
        sse.hang_up()
        open_one = await reading
        late = sse.stream(_request(), subscription=Store(), render=lambda: {"a": "1"})
        return open_one, await _read(late, until=_forever)

    open_one, late = asyncio.run(scenario())
    assert [json.loads(data) for *_, data in open_one] == [{"a": "1"}]
    assert late == []


def test_a_console_that_leaves_waits_for_no_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Z5: neither for what the cluster does not answer, nor for the turns of those behind it."""
    monkeypatch.setattr(sse, "_leaving", threading.Event())
    monkeypatch.setattr(sse, "TICK", 0.01)
    hangs = Renders()

    async def scenario() -> list[list[tuple[str, str, str]]]:
        opened = [sse.stream(_request(920), subscription=Store(), render=hangs) for _ in range(4)]
        reading = [asyncio.ensure_future(_read(stream, until=_forever)) for stream in opened]
        try:
            await _until(lambda: hangs.began == 2)
            sse.hang_up()
            return await asyncio.gather(*reading)
        finally:
            hangs.let_go.set()
            await _until(lambda: 920 not in sse.turns._lines)

    assert asyncio.run(scenario()) == [[]] * 4


def test_a_page_of_another_site_gets_no_stream() -> None:
    async def scenario() -> tuple[int, bool]:
        store = Store()
        response = sse.stream(_request(**{"Sec-Fetch-Site": "cross-site"}), subscription=store, render=dict)
        return response.status_code, store.closed

    assert asyncio.run(scenario()) == (403, True)


def test_the_thread_of_the_request_is_given_back_before_the_first_byte() -> None:
    from asgiref.sync import ThreadSensitiveContext, sync_to_async

    async def scenario() -> bool:
        async with ThreadSensitiveContext():
            thread = await sync_to_async(threading.current_thread, thread_sensitive=True)()
            response = sse.stream(_request(), subscription=Store(), render=lambda: {"a": "1"})
            alive = True

            def look(events: list[tuple[str, str, str]]) -> bool:
                nonlocal alive
                thread.join(5)  # it was told to end, and may need a moment
                alive = thread.is_alive()
                return bool(events)

            await _read(response, until=look)
            return alive

    assert not asyncio.run(scenario())


def test_rights_are_looked_at_while_no_page_can_be_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """C6: what waits for the cluster, of this person or of many, holds up no look at a person's rights."""
    monkeypatch.setattr(sse, "TICK", 0.01)
    over, still = threading.Event(), iter([True, True, False])

    def hangs() -> dict[str, str]:
        over.wait(10)
        return {"a": "1"}

    async def scenario() -> list[tuple[str, str, str]]:
        others = [sse.stream(_request(user), subscription=Store(), render=hangs) for user in range(100, 130)]
        waiting = [asyncio.ensure_future(_read(other, until=_count(1))) for other in others]
        await asyncio.sleep(0.05)
        try:
            mine = sse.stream(_request(), subscription=Store(), render=hangs, recheck=lambda: next(still, False))
            return await _read(mine, until=_count(1))
        finally:
            over.set()
            await asyncio.gather(*waiting)

    assert [name for name, _, _ in asyncio.run(scenario())] == ["gone"]


class Renders:
    """Rendering that lasts until it is let go; counts what is under way."""

    def __init__(self) -> None:
        self.let_go, self.began = threading.Event(), 0

    def __call__(self) -> dict[str, str]:
        self.began += 1
        self.let_go.wait(10)
        return {"a": "1"}


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in threads
            await asyncio.sleep(0.005)


def test_who_opens_and_aborts_streams_takes_no_more_threads_than_who_stays() -> None:
    """C13, S1: the thread works on where nobody waits for it any more, and the turn lasts as long."""
    hers, theirs = Renders(), Renders()
    theirs.let_go.set()

    async def abort(number: int) -> None:
        opened = sse.stream(_request(900), subscription=Store(), render=hers)
        reading = asyncio.ensure_future(_read(opened, until=_count(1)))
        await (_until(lambda: hers.began == number) if number <= 2 else asyncio.sleep(0.15))
        reading.cancel()
        await asyncio.wait([reading])

    async def scenario() -> int:
        try:
            for number in range(1, 12):
                await abort(number)
            await _read(sse.stream(_request(901), subscription=Store(), render=theirs), until=_count(1))
            return hers.began
        finally:
            hers.let_go.set()
            await _read(sse.stream(_request(900), subscription=Store(), render=hers), until=_count(1))

    assert asyncio.run(scenario()) == 2


def test_rendering_that_has_not_begun_is_not_begun_for_a_stream_that_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """C13: nor does it keep the person's turn."""
    pool = ThreadPoolExecutor(1)
    monkeypatch.setattr(sse, "_pool", pool)
    busy, mine = Renders(), Renders()
    mine.let_go.set()

    async def scenario() -> None:
        other = asyncio.ensure_future(
            _read(sse.stream(_request(910), subscription=Store(), render=busy), until=_count(1))
        )
        await _until(lambda: busy.began == 1)
        gone = asyncio.ensure_future(
            _read(sse.stream(_request(911), subscription=Store(), render=mine), until=_count(1))
        )
        await _until(lambda: pool._work_queue.qsize() == 1)
        gone.cancel()
        await asyncio.wait([gone])
        assert 911 not in sse.turns._lines
        busy.let_go.set()
        await other

    asyncio.run(scenario())
    pool.shutdown()
    assert mine.began == 0


def test_the_connection_of_the_request_is_given_back_for_a_stream_that_left_at_once() -> None:
    """C1: or the pool would have one less for good."""
    from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async
    from django.db import connections

    let_go, closed = threading.Event(), threading.Event()

    def begin() -> threading.Thread:
        connections["default"] = SimpleNamespace(close=closed.set)
        return threading.current_thread()

    async def scenario() -> threading.Thread:
        async with ThreadSensitiveContext():
            thread = await sync_to_async(begin, thread_sensitive=True)()
            context = SyncToAsync.thread_sensitive_context.get()
            SyncToAsync.context_to_thread_executor[context].submit(let_go.wait, 10)
            response = sse.stream(_request(), subscription=Store(), render=lambda: {"a": "1"})
            reading = asyncio.ensure_future(_read(response, until=_forever))
            await _until(lambda: context not in SyncToAsync.context_to_thread_executor)
            reading.cancel()
            await asyncio.wait([reading])
            let_go.set()
            return thread

    thread = asyncio.run(scenario())
    thread.join(5)
    assert not thread.is_alive()
    assert closed.is_set()


def test_a_page_to_which_nothing_is_shown_goes_on_from_where_it_was_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All lines may be filtered out: the browser is told how far they were read, not with each batch."""
    taken: list[str] = []
    monkeypatch.setattr(sse, "time", SimpleNamespace(monotonic=lambda: 0.3 * len(taken), thread_time=time.thread_time))

    def take() -> sse.Batch:
        taken.append(str(len(taken) + 1))
        return sse.Batch({}, stamp=taken[-1])

    async def scenario() -> list[tuple[str, str, str]]:
        return await _read(sse.appended(_request(), subscription=Store(), take=take, life=1), until=_forever)

    events = asyncio.run(scenario())
    assert events == [("ping", "", "{}"), ("message", taken[-1], "{}")]
    assert len(taken) > 1


def test_what_was_taken_is_not_sent_once_the_rights_are_gone() -> None:
    """They are looked at between taking and sending."""

    async def scenario() -> list[tuple[str, str, str]]:
        response = sse.appended(
            _request(), subscription=Store(), take=lambda: sse.Batch({"lines": ["x"]}), recheck=lambda: False
        )
        return await _read(response, until=_forever)

    assert [name for name, *_ in asyncio.run(scenario())] == ["ping", "gone"]
