"""The composition root: which cluster this process talks to, and the embedded one while no other is configured.

Nothing else knows that an embedded cluster exists; it is reached through the same code path as a real one.
"""

import atexit
import contextlib
import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from django.conf import settings

from console.env import WrongSetting
from console.kube import config, hub

T = TypeVar("T")
RBAC = settings.BASE_DIR / "deploy" / "kubernetes" / "rbac.yaml"
DEMO_PROJECT = "demo-project"
# A full store is millions of objects that are no garbage; by default all are looked through after each 70,000 new ones.
_GARBAGE = (10_000, 20, 50)


def embedded_kubeconfig() -> Path:
    """Where the embedded cluster's kubeconfig is kept; people use it with kubectl."""
    return Path(settings.BERTH_DATA) / "embedded.kubeconfig"


class Once(Generic[T]):
    """Calls a function once, however many come first at the same time (`functools.cache` may then call it twice)."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make, self._lock, self._made = make, threading.Lock(), list[T]()

    def __call__(self) -> T:
        if not self._made:
            with self._lock:
                if not self._made:
                    self._made.append(self._make())
        return self._made[0]

    def cache_clear(self) -> None:
        """Call it again the next time."""
        self._made.clear()


@Once
def cluster() -> hub.Cluster:
    """The one cluster of this process. Raises WrongSetting if its kubeconfig cannot be used."""
    source: Path | None = settings.BERTH_KUBECONFIG
    context: str | None = settings.BERTH_CONTEXT or None
    if settings.BERTH_EMBEDDED:
        source, context = embedded_kubeconfig(), "console"
    try:
        connection = config.load(source, context, in_cluster=settings.BERTH_IN_CLUSTER)
    except config.BadConfig as problem:
        raise WrongSetting(f"the cluster's configuration cannot be used: {problem}") from problem
    made = hub.connect(
        connection,
        name=settings.BERTH_CLUSTER_NAME or ("embedded" if settings.BERTH_EMBEDDED else ""),
        embedded=settings.BERTH_EMBEDDED,
    )
    atexit.register(made.close)
    gc.set_threshold(*_GARBAGE)
    return made


class EmbeddedCluster:
    """The embedded cluster as a child process: started, watched, started again if it dies, and stopped with us."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="embedded-cluster", daemon=True)

    def start(self) -> None:
        """Start it; `wait` until it answers."""
        self._thread.start()

    def wait(self) -> None:
        """Wait until it answers. Raises WrongSetting if it does not within 20 s."""
        if not self._ready.wait(20):
            self.stop()
            raise WrongSetting("the embedded cluster did not start; its last words stand above.")

    def stop(self) -> None:
        self._stopping.set()
        child = self._child
        if child and child.poll() is None:
            child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(5)
            if child.poll() is None:
                child.kill()

    def _keep(self) -> None:
        wait = 0.5
        while not self._stopping.is_set():
            with subprocess.Popen(self._command(), stdout=subprocess.PIPE, text=True, start_new_session=True) as child:
                self._child = child
                if self._stopping.is_set():  # while it was made, so that stop() saw none
                    child.terminate()
                assert child.stdout is not None  # noqa: S101 - said so by PIPE
                for line in child.stdout:
                    if line.startswith("READY"):
                        self._ready.set()
                        wait = 0.5
            self._stopping.wait(wait)
            wait = min(wait * 2, 10)

    def _command(self) -> list[str]:
        command = [sys.executable, "-m", "console.simcluster", "--port", "0", "--parent", str(os.getpid())]
        command += ["--data", str(Path(settings.BERTH_DATA) / "embedded.sqlite3")]
        command += ["--kubeconfig", str(embedded_kubeconfig()), "--apply", str(RBAC), "--seed", DEMO_PROJECT]
        return [*command, "--fast"] if settings.BERTH_EMBEDDED_FAST else command
