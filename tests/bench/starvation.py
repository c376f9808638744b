"""usage: python -m tests.bench.starvation [--projects 500] [--clients 100] [--seconds 20] [--rounds 2]

One person looks at a list and at details, as people do, while others do their worst to a console served as `serve`
serves it, on an embedded cluster (or that of BERTH_KUBECONFIG). Printed are the person's times in quiet and under each
load, taken in turn, and their ratios; each of their pages is looked at, too. What is to hold (issue 10): the 95th
percentile within twice that of a quiet minute, 300 slow bodies gone within 30 s.
"""

import argparse
import http.client
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.admin import from_kubeconfig
from tests.bench.__main__ import _environment, _run, _say
from tests.bench.clusters import plant
from tests.bench.fill import fill
from tests.clusters import Process

PAUSE = 0.1
CSRF = "c" * 32
_SERVICE = "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80}]}\n"
TEXT = _SERVICE * 190  # 200 documents at most


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.starvation")
    parser.add_argument("--projects", type=int, default=500)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="berth-starve-") as name, plant(_say) as planted:
        env = _environment(Path(name) / "data", planted.target) | {"BERTH_BIND": "127.0.0.1:0"}
        Path(env["BERTH_DATA"]).mkdir(mode=0o700)
        _run(env, "manage.py", "migrate", "--verbosity", "0")
        output = _run(env, "-m", "tests.bench.starvation_people", str(options.projects), str(options.clients))
        made = json.loads(output.splitlines()[-1])
        admin = from_kubeconfig(planted.target.kubeconfig, planted.target.admin)
        fill(admin, made["project"], 20, 2, _say)
        admin.close()
        server = Process([sys.executable, "manage.py", "serve"], Path(name) / "log", env=env, ready="Stop with")
        port = int(re.findall(r"Console  http://[^:]+:(\d+)", server.wait(120))[0])
        try:
            _report(port, made, options)
        finally:
            server.stop()
    return 0


def _report(port: int, made: dict[str, Any], options: argparse.Namespace) -> None:
    loads: dict[str, Callable[[], Any]] = {
        f"{options.clients} clients of one person, {options.projects} projects": lambda: _greedy(port, made),
        "50 connections with wrong sign-ins": lambda: _sign_ins(port, 50),
    }
    quiet: list[float] = []
    busy: dict[str, list[float]] = {name: [] for name in loads}
    _look(port, made, 3)  # what a process does once
    for number in range(options.rounds):
        for name, load in loads.items():
            quiet += _look(port, made, options.seconds)
            with load() as statuses:
                time.sleep(2)
                busy[name] += _look(port, made, options.seconds)
            _say(f"round {number + 1}, {name}: answered {dict(statuses)}")
    _say(f"quiet: {_figures(quiet)}")
    for name, times in busy.items():
        _say(f"{name}: {_figures(times)}, p95 {_p95(times) / _p95(quiet):.2f} times that in quiet")
    _say(f"300 slow bodies were gone after {_slow_bodies(port, 300):.1f} s")


def _figures(times: list[float]) -> str:
    return f"{len(times)} pages, p50 {statistics.median(times) * 1000:.0f} ms, p95 {_p95(times) * 1000:.0f} ms"


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[18]


def _look(port: int, made: dict[str, Any], seconds: float) -> list[float]:
    """The person's times (s), from a process of their own: a list, then details, with a moment in between."""
    command = [
        sys.executable,
        "-m",
        "tests.bench.starvation_person",
        str(port),
        made["project"],
        made["quiet"],
        str(seconds),
    ]
    return list(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))


@contextmanager
def _many(works: list[Callable[[Callable[[], bool], Counter[int]], None]]) -> Iterator[Counter[int]]:
    """All of these at the same time, until the block ends. They count the statuses they were answered."""
    over, statuses = threading.Event(), Counter[int]()
    threads = [threading.Thread(target=work, args=(lambda: not over.is_set(), statuses), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    yield statuses
    over.set()
    for thread in threads:
        thread.join(30)


def _greedy(port: int, made: dict[str, Any]) -> Any:
    """One person, many sessions, who opens everything of all their projects and checks large texts."""

    def work(cookie: str) -> Callable[[Callable[[], bool], Counter[int]], None]:
        def go_on(on: Callable[[], bool], statuses: Counter[int]) -> None:
            luck = random.Random(cookie)
            while on():
                root = f"/projects/{luck.choice(made['projects'])}"
                for path in (
                    "/",
                    f"{root}/",
                    f"{root}/services/",
                    f"{root}/service/none/",
                    f"{root}/service/none/stream/",
                ):
                    if on():
                        statuses[_ask(port, cookie, path)] += 1
                if on():
                    statuses[_ask(port, cookie, f"{root}/services/yaml/problems/", f"text={TEXT}")] += 1
                stream = _open_stream(port, cookie, f"{root}/services/stream/")
                statuses[stream] += 1

        return go_on

    return _many([work(cookie) for cookie in made["greedy"]])


def _sign_ins(port: int, connections: int) -> Any:
    def work(on: Callable[[], bool], statuses: Counter[int]) -> None:
        while on():
            body = f"csrfmiddlewaretoken={CSRF}&username=nobody-{random.random()}&password=wrong"
            statuses[_ask(port, "", "/signin/", body)] += 1

    return _many([work] * connections)


def _ask(port: int, cookie: str, path: str, body: str | None = None, seconds: float = 60) -> int:
    """The status of one answer, read to its end; 0 for none."""
    headers = {"Cookie": f"berth={cookie}; berth-csrf={CSRF}", "X-CSRFToken": CSRF}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _open_stream(port: int, cookie: str, path: str) -> int:
    """Listen for a moment."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={"Cookie": f"berth={cookie}", "Accept": "text/event-stream"})
        answer = connection.getresponse()
        answer.read(200)
        return answer.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _slow_bodies(port: int, many: int) -> float:
    """Seconds until the last connection was ended that had begun a body and did not go on."""
    head = b"POST /signin/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 4900000\r\n\r\n"
    began, ended = time.monotonic(), 0.0
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(many)]
    for line in lines:
        line.sendall(head + b"x" * 200_000)
    for line in lines:
        line.settimeout(120)
        try:
            while line.recv(65536):
                pass
        except OSError:
            pass
        ended = time.monotonic() - began
        line.close()
    return ended


if __name__ == "__main__":
    os.environ.pop("BERTH_DATA", None)
    sys.exit(main())
