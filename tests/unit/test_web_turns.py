"""C13, C6: one person's many requests wait for each other, never others for them."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.http import HttpRequest, HttpResponse

from console.middleware import Turn
from console.web.turns import DEFERENCE, SLOW, TooMany, Turns


class Desk:
    """Work that ends when told to; what runs and what ran, in order."""

    def __init__(self, turns: Turns) -> None:
        self.turns, self.running, self.done = turns, list[str](), list[str]()
        self._over: dict[str, asyncio.Event] = {}

    def begin(self, person: str, name: str, patience: float | None = 5) -> "asyncio.Task[None]":
        self._over[name] = asyncio.Event()

        async def work() -> None:
            async with self.turns.of(person, patience):
                self.running.append(name)
                try:
                    await self._over[name].wait()
                finally:
                    self.running.remove(name)
                self.done.append(name)

        return asyncio.ensure_future(work())

    async def end(self, name: str) -> None:
        self._over[name].set()
        await settle()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def run(scenario: Callable[[Desk], Awaitable[None]], longest: int = 10) -> None:
    async def scene() -> None:
        turns = Turns(longest)
        await scenario(Desk(turns))
        assert turns._lines == {}, "who waits for nothing is forgotten"

    asyncio.run(scene())


def test_who_asks_for_much_has_one_at_a_time_and_others_are_not_held_up() -> None:
    async def scenario(desk: Desk) -> None:
        greedy = [desk.begin("a", f"a{number}") for number in range(5)]
        await settle()
        other = desk.begin("b", "b")
        await settle()
        assert desk.running == ["a0", "a1", "b"]
        await desk.end("b")
        await other
        await desk.end("a0")
        assert desk.running == ["a1"], "others of this person wait: one at a time"
        for name in ("a1", "a2", "a3"):
            await desk.end(name)
            assert len(desk.running) == 1
        await desk.end("a4")
        await asyncio.gather(*greedy)
        assert desk.done == ["b", "a0", "a1", "a2", "a3", "a4"], "in the order in which they came"

    run(scenario)


def test_a_line_has_an_end_and_patience_too() -> None:
    async def scenario(desk: Desk) -> None:
        work = [desk.begin("a", f"a{number}") for number in range(4)]
        await settle()
        with pytest.raises(TooMany):
            await desk.begin("a", "too many")
        stream = desk.begin("a", "stream", patience=None)
        other = desk.begin("b", "b")
        impatient = [desk.begin("b", f"b{number}", patience=0.01) for number in range(2)]
        with pytest.raises(TooMany):
            await impatient[1]
        for name in ("b", "b0", "a0", "a1", "a2", "a3", "stream"):
            await desk.end(name)
        await asyncio.gather(*work, stream, other, impatient[0])

    run(scenario, longest=2)


def test_who_leaves_the_line_holds_up_nobody() -> None:
    async def scenario(desk: Desk) -> None:
        work = [desk.begin("a", f"a{number}") for number in range(5)]
        await settle()
        work[2].cancel()
        await desk.end("a0")
        await desk.end("a1")
        work[3].cancel()  # its turn has just come
        await settle()
        assert desk.running == ["a4"]
        await desk.end("a4")
        await asyncio.gather(*work, return_exceptions=True)

    run(scenario)


def test_the_next_of_many_lets_others_end_first() -> None:
    async def scenario(desk: Desk) -> None:
        greedy = [desk.begin("a", f"a{number}") for number in range(4)]
        other = desk.begin("b", "b")
        await settle()
        for name in ("a0", "a1"):
            await desk.end(name)
        assert desk.running == ["b"]
        await desk.end("b")
        assert desk.running == ["a2"]
        other = desk.begin("b", "b")
        await desk.end("a2")
        await asyncio.sleep(2 * DEFERENCE)
        assert desk.running == ["b", "a3"], "but not for long"
        for name in ("a3", "b"):
            await desk.end(name)
        await asyncio.gather(*greedy, other)

    run(scenario)


def test_one_slow_request_does_not_hold_up_the_line() -> None:
    async def scenario(desk: Desk) -> None:
        work = [desk.begin("a", name) for name in ("slow", "quick", "next")]
        await settle()
        await desk.end("quick")
        while "next" not in desk.running:  # noqa: ASYNC110 - it begins by a timer of the product
            await asyncio.sleep(0.01)
        assert "slow" in desk.running
        await desk.end("next")
        await desk.end("slow")
        await asyncio.gather(*work)

    run(scenario)


def test_a_slow_one_that_waited_in_the_line_does_not_hold_it_up_either() -> None:
    async def scenario(desk: Desk) -> None:
        work = [desk.begin("a", name) for name in ("x", "y", "slow", "next", "last")]
        await settle()
        await desk.end("x")
        await desk.end("y")
        assert desk.running == ["slow"]
        await _until(lambda: desk.running == ["slow", "next"])
        await desk.end("next")
        await _until(lambda: desk.running == ["slow", "last"])
        await desk.end("last")
        await desk.end("slow")
        await asyncio.gather(*work)

    run(scenario)


def test_a_place_that_somebody_left_is_taken_once() -> None:
    """C13: whoever comes before the timer of the line has the place; the next in the line waits for another."""

    async def scenario(desk: Desk) -> None:
        work = [desk.begin("a", name) for name in ("slow", "quick")]
        leaving = desk.begin("a", "leaving")
        await settle()
        await desk.end("quick")
        leaving.cancel()
        await settle()
        work += [desk.begin("a", name) for name in ("came", "next")]
        await settle()
        assert desk.running == ["slow", "came"]
        await asyncio.sleep(SLOW + DEFERENCE)
        assert desk.running == ["slow", "came"]
        for name in ("came", "slow", "next"):
            await desk.end(name)
        await asyncio.gather(*work)

    run(scenario)


def test_who_leaves_in_the_moment_of_their_turn_spoils_nobodys_answer() -> None:
    async def scenario(desk: Desk) -> None:
        first, second, leaving = (desk.begin("a", name) for name in ("first", "second", "leaving"))
        await settle()
        await desk.end("second")
        leaving.cancel()
        await desk.end("first")
        await asyncio.gather(first, second)
        assert leaving.cancelled() or leaving.cancelling()

    run(scenario)


def test_who_leaves_late_takes_nobody_elses_turn_with_them() -> None:
    """C13: several leave just as the line goes on, and the same person asks anew before the last of them is through."""

    async def scenario(desk: Desk) -> None:
        other = desk.begin("b", "b")
        done, leaving = [desk.begin("a", name) for name in "xy"], [desk.begin("a", name) for name in ("one", "two")]
        await settle()
        for name in "xy":
            await desk.end(name)
        leaving[0].cancel()
        new = desk.begin("a", "new")
        leaving[1].cancel()
        desk.turns._lines["a"].go_on()  # its timer comes in this very moment
        await settle()
        assert desk.running == ["b", "new"]
        assert desk.turns._lines["a"].running == 1
        for name in ("new", "b"):
            await desk.end(name)
        await asyncio.gather(other, new, *done)
        await asyncio.wait(leaving)

    run(scenario)


@pytest.mark.parametrize("end", ["result", "error", "cancel"])
def test_a_turn_that_nobody_waits_for_lasts_as_long_as_its_thread(end: str) -> None:
    """C13: who opens and aborts requests has no more of them worked on than who waits for them."""

    async def scenario(desk: Desk) -> None:
        threads: list[Future[None]] = [Future(), Future()]

        async def work(thread: "Future[None]") -> None:
            async with desk.turns.of("a") as turn:
                turn.lasts_until(thread)
                await asyncio.Event().wait()

        aborted = [asyncio.ensure_future(work(thread)) for thread in threads]
        await settle()
        following = desk.begin("a", "next")
        for task in aborted:
            task.cancel()
        await asyncio.wait(aborted)
        await asyncio.sleep(2 * DEFERENCE)
        assert desk.running == [], "both threads still work"
        ends = {"result": lambda: threads[0].set_result(None), "cancel": threads[0].cancel}
        ends["error"] = lambda: threads[0].set_exception(ZeroDivisionError())
        await asyncio.to_thread(ends[end])
        await _until(lambda: desk.running == ["next"])
        await asyncio.to_thread(threads[1].set_result, None)
        await desk.end("next")
        await following

    run(scenario)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in threads, and by timers of the product
            await asyncio.sleep(0.005)


class Views:
    """A view in the request's own thread, as Django calls it, that works until it is let go; counts those at work."""

    def __init__(self) -> None:
        self.let_go, self.began, self.ended, self._lock = threading.Event(), 0, 0, threading.Lock()

    def view(self, _request: HttpRequest) -> HttpResponse:
        with self._lock:
            self.began += 1
        self.let_go.wait(10)
        with self._lock:
            self.ended += 1
        return HttpResponse("ok")


async def _request(turn: Turn, person: int) -> Any:
    async def auser() -> SimpleNamespace:
        return SimpleNamespace(pk=person)

    async with ThreadSensitiveContext():
        return await turn(SimpleNamespace(path="/", META={}, auser=auser))  # type: ignore[arg-type]


def test_aborted_requests_count_until_their_views_have_ended() -> None:
    """C13: Django lets the view of a client that left run to its end, in its thread."""

    async def scene() -> None:
        views = Views()
        turn = Turn(sync_to_async(views.view, thread_sensitive=True))
        requests = [asyncio.ensure_future(_request(turn, 4711)) for _ in range(6)]
        await _until(lambda: views.began == 2)
        for request in requests[:2]:
            request.cancel()
        other = asyncio.ensure_future(_request(turn, 4712))
        await _until(lambda: views.began == 3)
        await asyncio.sleep(4 * DEFERENCE)
        try:
            assert views.began == 3, "two of theirs and the other person's"
        finally:
            views.let_go.set()
        answers = await asyncio.gather(*requests, other, return_exceptions=True)
        assert [isinstance(answer, HttpResponse) for answer in answers] == [False] * 2 + [True] * 5
        assert (views.began, views.ended) == (7, 7)

    asyncio.run(scene())
