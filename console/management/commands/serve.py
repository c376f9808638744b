"""`manage.py serve`: everything a person needs to use the console, in one command that Ctrl-C stops."""

import contextlib
import fcntl
import resource
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.core.management.base import OutputWrapper
from django.db import connection, connections
from django.db.utils import OperationalError

from accounts import demo
from console import wiring
from console.connections import Protocol
from console.env import WrongSetting
from console.kube.hub import Cluster
from console.management import retention
from console.pages import GAPS
from console.web import sse

_MIGRATING = 0x4265727468  # the number of PostgreSQL's advisory lock: "Berth"


class Command(BaseCommand):
    help = "Migrate, start the embedded cluster if no other is configured, and serve the console."
    requires_system_checks: list[str] = []

    def handle(self, *args: object, **options: object) -> None:
        # uvicorn ends a SIGTERM by raising it again; so that what was started is stopped, it is an exit like any other.
        signal.signal(signal.SIGTERM, _leave)
        _make_room()
        listener = self._listen()
        with contextlib.ExitStack() as stack:
            embedded = wiring.EmbeddedCluster() if settings.BERTH_EMBEDDED else None
            if embedded:
                stack.callback(embedded.stop)
                self.stdout.write("Starting the embedded cluster ...")
                embedded.start()
            self._prepare()  # while that starts
            if embedded:
                embedded.wait()
            cluster = wiring.cluster()
            stack.callback(cluster.close)
            people = demo.ensure(cluster) if settings.BERTH_EMBEDDED else []
            over = threading.Event()
            stack.callback(over.set)
            retention.daily(over)
            self._say_gaps(cluster)
            words = self._welcome(listener, people)
            connections.close_all()
            self._serve(listener, words)

    def _listen(self) -> socket.socket:
        host, port = settings.BERTH_BIND
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # asyncio sets this only on sockets that name their protocol; without it every answer waits 40 ms for an ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listener.bind((host, port))
            listener.listen()  # two that only bind to the port do not notice each other
        except OSError as error:
            raise WrongSetting(
                f"BERTH_BIND is {host}:{port}, and nobody can listen there ({error.strerror})."
            ) from error
        return listener

    def _prepare(self) -> None:
        try:
            with _one_at_a_time():
                call_command("migrate", verbosity=0, interactive=False)
        except OperationalError as error:
            raise WrongSetting(f"the database of BERTH_DATABASE_URL does not answer ({error}).") from error

    def _say_gaps(self, cluster: Cluster) -> None:
        """Say plainly what a real cluster lacks. It may be installed later: the console starts all the same."""
        if settings.BERTH_EMBEDDED:
            return
        fence = cluster.watchman.check()
        if not fence.known:
            self.stderr.write("It is not known yet whether the console's account is limited to Berth's projects.")
        for gap in sorted(fence.gaps):
            self.stderr.write(self.style.WARNING(f"WARNING: {GAPS[gap]} The console's account is {fence.username}."))

    def _welcome(self, listener: socket.socket, people: list[str]) -> str:
        host, port = listener.getsockname()[:2]
        base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        lines = [self.style.SUCCESS("\nBerth is ready.\n"), f"Console  {base}"]
        if settings.BERTH_EMBEDDED:
            lines += [
                f"Kubeconfig  {_short(wiring.embedded_kubeconfig())}",
                "\nNo cluster is configured: this is the embedded demo cluster.",
                "It behaves like a real one but runs nothing.",
                "Each link signs one person in, once:\n",
            ]
        else:
            lines += ["\nSign in with a link from `manage.py signinlink NAME`."]
        lines += [f"Sign in  {name}  {demo.link(name, base)}" for name in people]
        return "\n".join([*lines, "\nStop with Ctrl-C."])

    def _serve(self, listener: socket.socket, words: str) -> None:
        config = uvicorn.Config(
            "console.asgi:application",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            http=Protocol,
            ws="none",
            timeout_graceful_shutdown=5,
        )
        with contextlib.suppress(KeyboardInterrupt):
            _Server(config, words, self.stdout).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Says where to go once somebody answers there, and lets no open page hold up its leaving."""

    def __init__(self, config: uvicorn.Config, words: str, out: OutputWrapper) -> None:
        super().__init__(config)
        self._words, self._out = words, out

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._out.write(self._words)
        self._out.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        sse.hang_up()
        await super().shutdown(sockets)


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Of several consoles that start on one database the first migrates; the others wait and find nothing to do."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATING])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATING])
        return
    with (settings.BERTH_DATA / "migrating.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_room() -> None:
    """As many files as the system lets this process have: each open page is one. And a request that computes holds up
    the others by a fifth of a millisecond each time, not by five.
    """
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sys.setswitchinterval(0.0002)


def _leave(*_: object) -> None:
    raise SystemExit(0)


def _short(path: Path) -> str:
    folder = Path.cwd()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
