"""The served console on PostgreSQL: `python -m tests.served_postgres URL [--clients 50] [--seconds 10]` (C1, C16).

Two consoles start at once on one empty database; then people with sessions of their own look at pages of one of them as
fast as they are answered, a tenth of them with an open live page. Asserted: both start and each migration ran once; no
answer of 500 or more; never more connections than MOST_CONNECTIONS. `make postgres` runs it for 10 seconds.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests import manifests
from tests.admin import from_kubeconfig, write_kubeconfig
from tests.browsers import Console
from tests.clusters import Cluster, start_embedded
from tests.faults import Proxy
from tests.overhttp import Person

MOST_CONNECTIONS = 30


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.served_postgres")
    parser.add_argument("url", help="of an empty database that nobody else uses")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="berth-served-")))
        first, second = _two_consoles(stack, folder, options.url)
        _each_migration_ran_once(options.url)
        second.stop()
        people = [_signed_in(first) for _ in range(options.clients)]
        use = Use(options.url)
        use.of(first, people, options.seconds)
    print(
        f"{use.answers.total()} answers {dict(use.answers)}, {use.streams} live pages, {use.most} connections at most"
    )
    assert not [status for status in use.answers if status >= 500], use.answers
    assert use.answers[200] > options.clients, use.answers
    assert use.most <= MOST_CONNECTIONS, use.most
    return 0


def _two_consoles(stack: ExitStack, folder: Path, url: str) -> tuple[Console, Console]:
    """Both started at the same time, on a cluster of their own."""
    process, direct = start_embedded(folder)
    stack.callback(process.stop)
    process.wait(30)
    cluster = Cluster("embedded", Proxy(), folder / "console.kubeconfig")
    stack.callback(cluster.close)
    write_kubeconfig(cluster.kubeconfig, cluster.proxy.url, {"console": "not-started"}, current="console")
    cluster.attach(direct)
    env = {"BERTH_DATABASE_URL": url, "BERTH_SECRET_KEY": "k" * 64}
    consoles = []
    for name in ("first", "second"):
        (folder / name).mkdir(mode=0o700)
        consoles.append(Console(cluster, folder / name, env=env))
        stack.callback(consoles[-1].stop)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Console.start, consoles))
    return consoles[0], consoles[1]


def _each_migration_ran_once(url: str) -> None:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT app, name, count(*) FROM django_migrations GROUP BY app, name").fetchall()
    assert rows
    assert {count for *_, count in rows} == {1}, rows


def _signed_in(console: Console) -> tuple[Person, str]:
    """A person of a project of their own, with one Service in it."""
    desk = console.desk()
    admin = from_kubeconfig(console.cluster.direct)
    admin.create(manifests.service("web"), desk.project)
    admin.close()
    person = Person(console.url)
    assert person.sign_in(desk.links["olive"]).status_code == 200
    return person, desk.project


@dataclass
class Use:
    """What came of a while of use. `most`: connections to the database at one time."""

    url: str
    answers: Counter[int] = field(default_factory=Counter)
    most: int = 0
    streams: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def of(self, console: Console, people: list[tuple[Person, str]], seconds: float) -> None:
        """Everybody looks at pages for so long."""
        workers = [threading.Thread(target=self._look, args=person) for person in people]
        workers += [threading.Thread(target=self._stay, args=person) for person in people[::10]]
        for worker in workers:
            worker.start()
        end = time.monotonic() + seconds
        with psycopg.connect(self.url, autocommit=True) as own:
            while time.monotonic() < end:
                count = own.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
                self.most = max(self.most, count.fetchone()[0] - 1)  # type: ignore[index]
                time.sleep(0.1)
        self._over.set()
        for worker in workers:
            worker.join()

    def _look(self, person: Person, project: str) -> None:
        places = ["/healthz/ready", f"/projects/{project}/services/", f"/projects/{project}/service/web/", "/"]
        number = 0
        while not self._over.is_set():
            self.answers[person.get(places[number % len(places)]).status_code] += 1
            number += 1

    def _stay(self, person: Person, project: str) -> None:
        tab = person.another_tab()
        while not self._over.is_set():
            with suppress(OSError), tab.open(f"/projects/{project}/services/stream/") as stream:
                self.streams += 1
                while not self._over.is_set() and stream.readline():
                    pass


if __name__ == "__main__":
    sys.exit(main())
