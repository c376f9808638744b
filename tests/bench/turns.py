"""One of two trees whose pages are compared, perhaps an older commit: `python -P turns.py SERVICES` in its folder.

For each line that it reads (`list`, `turn`, `details`, `step`) it says what that page took of the processor, in ms:
asked of one tree and then of the other, pages have the same neighbours on the machine.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from tests.bench.__main__ import _environment, _furnish, _remove
from tests.bench.clock import Times
from tests.bench.clusters import plant
from tests.bench.console import Given, begin, client_of
from tests.bench.dialog import TYPED, _next
from tests.bench.measure import ROWS, _cold_start
from tests.web.creating import Wizard

PODS = 5
READY = "ready"


def main() -> None:
    services = int(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="berth-bench-") as name, plant(lambda _: None) as planted:
        env = _environment(Path(name) / "data", planted.target)
        project, user = _furnish(env)
        try:
            planted.grow(project, services, PODS)
            os.environ.clear()
            os.environ.update(env)
            sys.argv[1:] = [project, user, str(services), planted.target.admin]
            _answer(_pages())
        finally:
            _remove(planted.target, project)


def _pages() -> dict[str, Callable[[], float]]:
    arguments = begin()
    _cold_start(arguments)
    client, numbers, steps = client_of(arguments.user), count(2), _steps(arguments)
    place = f"/projects/{arguments.project}"
    services = f"{place}/services/?size={ROWS}"
    for _ in TYPED[:-1]:
        next(steps)  # the first dialog warms everything up

    def looked(address: str) -> float:
        times = Times()
        with times:
            client.get(address)
        return times.processor[0]

    return {
        "list": lambda: looked(services),
        "turn": lambda: looked(f"{services}&page={next(numbers)}"),
        "details": lambda: looked(f"{place}/service/s-00001/"),
        "step": lambda: next(steps),
    }


def _steps(arguments: Given) -> Iterator[float]:
    """Next, up to the review, in one dialog of creating after another."""
    for number in count():
        wizard = Wizard(client_of(arguments.user), arguments.project).start("stateless")
        for place, typed in enumerate(TYPED[:-1]):
            times = Times()
            _next(wizard, times, {**typed, **({} if place else {"name": f"turn-{number}"})})
            yield times.processor[0]


def _answer(pages: dict[str, Callable[[], float]]) -> None:
    print(READY, flush=True)
    for line in sys.stdin:
        print(pages[line.strip()]() * 1000, flush=True)


if __name__ == "__main__":
    main()
