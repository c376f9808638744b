"""Processor time of persons: whoever computes more than a share waits, as long as there is somebody to wait for.

A process has one interpreter: while one person's page is computed, another's takes twice or three times as long. How
much a page costs is seen when it is over, whatever page it is; so each person has an account, which is emptied at a
steady rate. Nobody who looks at pages, however fast, fills it.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

BURST = 1.0  # seconds of the processor that a person may use at once: some 100 pages
RATE = 0.1  # the share of the processor that they may use all the time
LONGEST = 2.0  # seconds that one page waits at most for what those before it have used
COMPANY = 5.0  # seconds after which somebody who asked for nothing is not there any more
_MANY = 1000


@dataclass(slots=True)
class _Account:
    used: float
    at: float


class Budget:
    """The accounts of all persons. `clock`: seconds, as they pass."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._accounts: dict[Hashable, _Account] = {}
        self._latest: list[tuple[Hashable, float]] = []  # the last two who began something, the newest first

    def began(self, person: Hashable) -> None:
        """Work of this person begins."""
        others = [entry for entry in self._latest if entry[0] != person]
        self._latest = [(person, self._clock()), *others[:1]]

    def charge(self, person: Hashable, seconds: float) -> None:
        """This person's work has used so much of the processor."""
        now = self._clock()
        used = min(self._used(person, now) + seconds, BURST + RATE * LONGEST)
        self._accounts[person] = _Account(used, now)
        if len(self._accounts) > _MANY:
            self._accounts = {holder: account for holder, account in self._accounts.items() if self._used(holder, now)}

    def wait(self, person: Hashable) -> float:
        """The seconds for which the next work of this person is to wait; 0 where it need not, or where nobody else is
        there whom it could hold up.
        """
        now = self._clock()
        if not any(other != person and now - at < COMPANY for other, at in self._latest):
            return 0.0
        return max(0.0, (self._used(person, now) - BURST) / RATE)

    def _used(self, person: Hashable, now: float) -> float:
        account = self._accounts.get(person)
        return max(0.0, account.used - RATE * (now - account.at)) if account else 0.0
