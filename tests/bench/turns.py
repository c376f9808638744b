"""One of two trees whose pages are compared, perhaps an older commit: `python -P turns.py SERVICES` in its folder.

For each line that it reads (`list`, `turn`, `details`) it says what that page took of the processor, in ms: asked of
one tree and then of the other, pages have the same neighbours on the machine.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from tests.bench.__main__ import _environment, _furnish, _remove
from tests.bench.clusters import plant
from tests.bench.console import begin, client_of
from tests.bench.measure import ROWS, _cold_start

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


def _pages() -> dict[str, Callable[[], object]]:
    given = begin()
    _cold_start(given)
    client, numbers = client_of(given.user), count(2)
    place = f"/projects/{given.project}"
    services = f"{place}/services/?size={ROWS}"
    return {
        "list": lambda: client.get(services),
        "turn": lambda: client.get(f"{services}&page={next(numbers)}"),
        "details": lambda: client.get(f"{place}/service/s-00001/"),
    }


def _answer(pages: dict[str, Callable[[], object]]) -> None:
    print(READY, flush=True)
    for line in sys.stdin:
        ask = pages[line.strip()]
        began = time.thread_time()
        ask()
        print((time.thread_time() - began) * 1000, flush=True)


if __name__ == "__main__":
    main()
