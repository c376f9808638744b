"""Times of repeated work: by the clock on the wall, and of the processor."""

import statistics
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any


class Times:
    """What each piece of work took. `with times: ...` adds one."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.processor: list[float] = []
        self._begun = (0.0, 0.0)

    def __enter__(self) -> None:
        self._begun = (time.perf_counter(), time.thread_time())

    def __exit__(self, _type: type | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        wall, processor = self._begun
        self.wall.append(time.perf_counter() - wall)
        self.processor.append(time.thread_time() - processor)

    def figures(self, name: str) -> dict[str, float]:
        """`NAME_p50_ms`, `NAME_p95_ms` and the same of the processor."""
        return {
            **_quantiles(f"{name}_p50_ms", f"{name}_p95_ms", self.wall),
            **_quantiles(f"{name}_cpu_p50_ms", f"{name}_cpu_p95_ms", self.processor),
        }


def repeated(work: Callable[[int], Any], rounds: int) -> Times:
    """`work(0)`, `work(1)`, ... one after the other."""
    times = Times()
    for number in range(rounds):
        with times:
            work(number)
    return times


def in_turn(works: Mapping[str, Callable[[int], Any]], rounds: int) -> dict[str, Times]:
    """Each of them in each round: they have the same neighbours on the machine, whatever it does meanwhile."""
    times = {name: Times() for name in works}
    for number in range(rounds):
        for name, work in works.items():
            with times[name]:
                work(number)
    return times


def _quantiles(middle: str, most: str, seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return {middle: cuts[9] * 1000, most: cuts[18] * 1000}
