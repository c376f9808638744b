"""Whose work is done next: each person has turns of their own, so that many requests of one are never another's wait.

A process has one interpreter: what one person's requests compute, all others wait for. So a person has two requests
worked on at the same time, and whoever asks for more has one. The rest wait in that person's line; where it is too
long, or takes too long, the answer is 429. Between two of them the work of others who have no line is let end.

A thread cannot be stopped: where nobody waits for its answer any more, it keeps its turn all the same until it ends.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from typing import Any

from console.web.budget import Budget

AT_ONCE = 2
LONGEST_LINE = 128
PATIENCE = 20.0
SLOW = 0.5  # seconds after which a request that still runs no longer keeps the next one waiting
DEFERENCE = 0.1  # seconds for which the next of many lets the work of others end first


class TooMany(Exception):
    """This person asks for more than there are turns. Nothing was done."""


class _Line:
    """One person's work under way, and what waits. `wait`: for how many seconds nothing of theirs may begin."""

    __slots__ = ("deferred", "running", "wait", "waiting")

    def __init__(self, wait: Callable[[], float]) -> None:
        self.wait = wait
        self.running = 0
        self.waiting: deque[asyncio.Future[None]] = deque()
        self.deferred: asyncio.TimerHandle | None = None

    def go_on(self) -> None:
        """Begin with what waits longest, if there is a place; who went away meanwhile no longer waits.

        Should it be slow, the one after it begins beside it.
        """
        self.deferred = None
        if self.waiting and self.wait():
            self.go_on_in(0)
            return
        while self.waiting and self.running < AT_ONCE:
            turn = self.waiting.popleft()
            if not turn.done():
                self.running += 1
                turn.set_result(None)
                break
        if self.waiting and self.running < AT_ONCE:
            self.go_on_in(SLOW)

    def go_on_in(self, seconds: float) -> None:
        """Not now, and not at another time that was meant before. Who has used too much goes on once that is over, and
        then lets the work of others end first, too.
        """
        if self.deferred is not None:
            self.deferred.cancel()
        loop, over = asyncio.get_running_loop(), self.wait()
        if over > seconds:
            self.deferred = loop.call_later(over, self.go_on_in, DEFERENCE)
        else:
            self.deferred = loop.call_later(seconds, self.go_on)


class Turn:
    """What one turn is spent on."""

    __slots__ = ("_over", "_seconds", "_thread")

    def __init__(self, over: Callable[[float], None]) -> None:
        self._over = over
        self._seconds = 0.0
        self._thread: Future[Any] | None = None

    def used(self, seconds: float) -> None:
        """So much of the processor, before it is over. From the thread that works on it."""
        self._seconds += seconds

    def lasts_until(self, thread: "Future[Any]") -> None:
        """It is not over before this work in a thread is, even if whoever waits for it is cancelled."""
        self._thread = thread

    def give_back(self) -> None:
        """Whoever had it is through with it. In the event loop."""
        if self._thread is None or self._thread.done():
            self._over(self._seconds)
            return
        loop = asyncio.get_running_loop()

        def ended(_thread: "Future[Any]") -> None:
            with suppress(RuntimeError):  # the loop has ended meanwhile, and its lines with it
                loop.call_soon_threadsafe(self._over, self._seconds)

        self._thread.add_done_callback(ended)


class Turns:
    """The lines of all persons, in one event loop. One that is empty is forgotten."""

    def __init__(self, longest: int = LONGEST_LINE, budget: Budget | None = None) -> None:
        self._longest = longest
        self._budget = budget or Budget()
        self._lines: dict[Hashable, _Line] = {}

    @asynccontextmanager
    async def of(self, person: Hashable, patience: float | None = PATIENCE) -> AsyncIterator[Turn]:
        """One turn of this person. With ``patience`` (s) it is not waited for longer than that: raises `TooMany`."""
        line = self._lines.get(person) or self._lines.setdefault(person, _Line(lambda: self._budget.wait(person)))
        if line.running < AT_ONCE and not line.waiting and not line.wait():
            line.running += 1
        else:
            await self._wait(person, line, patience)
        self._budget.began(person)
        turn = Turn(lambda seconds: self._end(person, line, seconds))
        try:
            yield turn
        finally:
            turn.give_back()

    def _end(self, person: Hashable, line: _Line, seconds: float) -> None:
        self._budget.charge(person, seconds)
        line.running -= 1
        self._go_on(person, line)

    async def _wait(self, person: Hashable, line: _Line, patience: float | None) -> None:
        if patience is not None and len(line.waiting) >= self._longest:
            raise TooMany
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.waiting.append(turn)
        if line.deferred is None and line.running < AT_ONCE:
            line.go_on_in(0)  # nothing of theirs has to end before
        try:
            async with asyncio.timeout(patience):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():
                line.running -= 1  # it came just as nobody waited for it any more
            elif turn in line.waiting:
                line.waiting.remove(turn)
            self._go_on(person, line)
            raise (TooMany() if isinstance(error, TimeoutError) else error) from None

    def _go_on(self, person: Hashable, line: _Line) -> None:
        """Some of this person's work is over: the next begins once nothing else of theirs runs, after others'.

        What is slow, because the cluster is, does not hold up the rest of their line for longer than SLOW.
        """
        if line.waiting and line.running < AT_ONCE and (line.deferred is None or line.running == 0):
            line.go_on_in(SLOW if line.running else DEFERENCE)
        if line.running == 0 and not line.waiting:
            self._forget(person, line)
        if not any(other.running and not other.waiting for other in self._lines.values()):
            for other in self._lines.values():
                if other.deferred is not None and other.running == 0:
                    other.deferred.cancel()
                    other.go_on()

    def _forget(self, person: Hashable, line: _Line) -> None:
        if line.deferred is not None:
            line.deferred.cancel()
        if self._lines.get(person) is line:  # not one that began after this was forgotten
            del self._lines[person]


turns = Turns()
