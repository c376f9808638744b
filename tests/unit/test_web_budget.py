"""S1, C13: who computes more than a person's share waits where somebody else is there; nobody else ever does."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.http import HttpRequest, HttpResponse

from console import middleware
from console.web import sse
from console.web.budget import BURST, COMPANY, LONGEST, RATE, Budget
from console.web.turns import Turns


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def kept(clock: Clock, *people: str) -> Budget:
    budget = Budget(clock)
    for person in people:
        budget.began(person)
    return budget


def test_pages_as_people_open_them_wait_for_nothing() -> None:
    """Ten pages a second for three seconds, then two a second for an hour."""
    clock = Clock()
    budget = kept(clock, "b", "a")
    for pages, pause in ((30, 0.1), (7200, 0.5)):
        for _ in range(pages):
            budget.began("b")
            assert budget.wait("a") == 0
            budget.charge("a", 0.03)
            clock.now += pause


def test_who_computes_all_the_time_has_their_rate_and_others_wait_for_nothing() -> None:
    clock = Clock()
    budget = kept(clock, "b", "a")
    used, began = 0.0, clock.now
    while clock.now < began + 100:
        budget.began("b")
        assert budget.wait("b") == 0
        if pause := budget.wait("a"):
            assert pause <= LONGEST
            clock.now += pause
        budget.charge("a", 0.05)
        used += 0.05
        clock.now += 0.05
    assert BURST + RATE * 90 < used < BURST + RATE * 110


def test_one_page_that_took_long_is_waited_for_within_bounds() -> None:
    clock = Clock()
    budget = kept(clock, "b", "a")
    budget.charge("a", 600)
    assert budget.wait("a") == pytest.approx(LONGEST)
    clock.now += LONGEST / 2
    assert budget.wait("a") == pytest.approx(LONGEST / 2)


def test_who_is_alone_waits_for_nothing() -> None:
    clock = Clock()
    budget = kept(clock, "a")
    budget.charge("a", 60)
    assert budget.wait("a") == 0
    budget.began("b")
    budget.began("a")
    assert budget.wait("a") > 0
    budget.charge("a", 60)
    clock.now += COMPANY
    assert budget.wait("a") == 0


def test_accounts_that_are_empty_again_are_forgotten() -> None:
    clock = Clock()
    budget = kept(clock)
    for person in range(5000):
        budget.charge(person, 0.05)
        clock.now += 1
    assert len(budget._accounts) <= 1001


class Purse(Budget):
    """`a` has used too much until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.over, self.charged = True, list[tuple[object, bool]]()

    def wait(self, person: object) -> float:
        return 0.005 if self.over and person == "a" else 0.0

    def charge(self, person: object, seconds: float) -> None:
        self.charged.append((person, seconds > 0))


def test_a_person_over_their_budget_begins_nothing_new() -> None:
    async def scene() -> None:
        purse = Purse()
        turns, begun = Turns(budget=purse), list[str]()

        async def work(person: str) -> None:
            async with turns.of(person):
                begun.append(person)

        greedy = [asyncio.ensure_future(work("a")) for _ in range(3)]
        await work("b")
        await asyncio.sleep(0.05)  # ten times what is waited for
        await work("b")
        assert begun == ["b", "b"]
        greedy[1].cancel()
        purse.over = False
        await asyncio.wait(greedy)
        assert sorted(begun) == ["a", "a", "b", "b"]
        assert turns._lines == {}

    asyncio.run(scene())


def _busy(_request: object = None) -> Any:
    for number in range(20000):
        str(number)
    return HttpResponse("ok")


def test_what_a_request_and_a_stream_compute_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a view whose client has left. Nobody in particular has no account: many share an address."""
    purse = Purse()
    purse.over = False
    turns = Turns(budget=purse)
    monkeypatch.setattr(middleware, "turns", turns)
    monkeypatch.setattr(sse, "turns", turns)
    entered, let_go = threading.Event(), threading.Event()

    def held(request: HttpRequest) -> HttpResponse:
        entered.set()
        let_go.wait(5)
        return _busy(request)  # type: ignore[no-any-return]

    async def ask(view: Any, person: int | None) -> None:
        async def auser() -> SimpleNamespace:
            return SimpleNamespace(pk=person)

        turn = middleware.Turn(sync_to_async(view, thread_sensitive=True))
        async with ThreadSensitiveContext():
            await turn(SimpleNamespace(path="/", META={"REMOTE_ADDR": "192.0.2.1"}, auser=auser))  # type: ignore[arg-type]

    async def scene() -> None:
        await ask(_busy, 1)
        await ask(_busy, None)
        leaving = asyncio.ensure_future(ask(held, 2))
        await asyncio.to_thread(entered.wait, 5)
        leaving.cancel()
        let_go.set()
        await asyncio.wait([leaving])
        with ThreadPoolExecutor(1) as pool:  # its thread has no database connection of another test's
            await sse._in_turn(pool, _busy, 3, None)
        async with asyncio.timeout(5):
            while len(purse.charged) < 4:  # noqa: ASYNC110 - a turn is over when its thread is
                await asyncio.sleep(0.005)

    asyncio.run(scene())
    assert sorted(purse.charged, key=str) == [("192.0.2.1", False), (1, True), (2, True), (3, True)]
