"""Whose work is done next: each person has turns of their own, so that many requests of one are never another's wait.

A process has one interpreter: what one person's requests compute, all others wait for. So a person has two requests
worked on at the same time, and whoever asks for more has one. The rest wait in that person's line; where it is too
long, or takes too long, the answer is 429.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

AT_ONCE = 2
LONGEST_LINE = 128
PATIENCE = 20.0


class TooMany(Exception):
    """This person asks for more than there are turns. Nothing was done."""


class _Line:
    """One person's work under way, and what waits."""

    __slots__ = ("running", "waiting")

    def __init__(self) -> None:
        self.running = 0
        self.waiting: deque[asyncio.Future[None]] = deque()


class Turns:
    """The lines of all persons, in one event loop. One that is empty is forgotten."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._lines: dict[Hashable, _Line] = {}

    @asynccontextmanager
    async def of(self, person: Hashable, patience: float | None = PATIENCE) -> AsyncIterator[None]:
        """One turn of this person. With ``patience`` (s) it is not waited for longer than that: raises `TooMany`."""
        line = self._lines.setdefault(person, _Line())
        if line.running < AT_ONCE and not line.waiting:
            line.running += 1
        else:
            await self._wait(person, line, patience)
        try:
            yield
        finally:
            self._leave(person, line)

    async def _wait(self, person: Hashable, line: _Line, patience: float | None) -> None:
        if patience is not None and len(line.waiting) >= self._longest:
            raise TooMany
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.waiting.append(turn)
        try:
            async with asyncio.timeout(patience):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn in line.waiting:
                line.waiting.remove(turn)
            else:
                self._leave(person, line)  # it came just as nobody waited for it any more
            raise (TooMany() if isinstance(error, TimeoutError) else error) from None

    def _leave(self, person: Hashable, line: _Line) -> None:
        """Work is over: the next of this person begins once nothing else of theirs runs."""
        line.running -= 1
        if line.running == 0 and line.waiting:
            line.running = 1
            line.waiting.popleft().set_result(None)
        elif line.running == 0:
            del self._lines[person]


turns = Turns()
