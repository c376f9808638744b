"""The two clusters that tests run on, behind one face: the embedded one and a real control plane.

All of the console's traffic goes through a proxy (tests/faults.py), so that the log of requests exists on both.
"""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

from tests.admin import Admin, Refused, from_kubeconfig, path, write_kubeconfig
from tests.faults import Proxy, Request

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / ".pytest_cache" / "assets"  # built once for all consoles of the tests: their names carry their hash
RBAC = ROOT / "deploy" / "kubernetes" / "rbac.yaml"
RUNS = ("deployments", "statefulsets", "daemonsets", "pods")
T = TypeVar("T")


def eventually(fn: Callable[[], T], timeout: float = 20, every: float = 0.05) -> T:
    """Call fn until it returns something truthy and raises neither AssertionError nor Refused; that value."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            value = fn()
            problem: Exception = AssertionError(f"still {value!r} after {timeout:g} s")
            if value:
                return value
        except (AssertionError, Refused, LookupError) as error:
            problem = error
        if time.monotonic() > deadline:
            raise problem
        time.sleep(every)


def is_quiet() -> bool:
    """Whether the console in this process has no question of its own under way (a page of an administrator asks)."""
    return not any(thread.name == "fence" for thread in threading.enumerate())


class StartFailed(Exception):
    """A cluster did not come up; the message has what it printed."""


class Process:
    """A cluster in a child process that prints `READY` and ends when we do."""

    def __init__(
        self, command: Sequence[str], log: Path, *, env: dict[str, str] | None = None, ready: str = "READY"
    ) -> None:
        self.log, self._ready = log, ready
        with log.open("wb") as out:
            self._child = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=env,
                start_new_session=True,
            )

    def wait(self, timeout: float) -> str:
        """What it had printed when it was ready. Raises StartFailed."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            output = self.log.read_text(errors="replace")
            if any(line.startswith(self._ready) for line in output.splitlines()):
                return output
            if self._child.poll() is not None:
                break
            time.sleep(0.02)
        self.stop()
        raise StartFailed(f"{' '.join(map(str, self._child.args))}\n{self.log.read_text(errors='replace')[-3000:]}")  # type: ignore[arg-type]

    def kill(self) -> None:
        """End it as a crash does: it can finish and save nothing."""
        self._child.kill()
        self.stop()

    def stop(self) -> None:
        self._child.terminate()
        stdin: IO[bytes] | None = self._child.stdin
        if stdin:
            with contextlib.suppress(OSError):
                stdin.close()
        try:
            self._child.wait(20)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


def start_real(folder: Path) -> tuple[Process, Path]:
    """Start a real control plane (built before, or now); its process and the kubeconfig it writes when it is ready."""
    kubeconfig = folder / "real.kubeconfig"
    command = [sys.executable, "-m", "tests.controlplane", "start", "--until-eof", "--kubeconfig", str(kubeconfig)]
    return Process(command, folder / "real.log"), kubeconfig


def start_embedded(folder: Path, *, port: int = 0) -> tuple[Process, Path]:
    """Start the embedded cluster without any delays, with its data in the folder."""
    kubeconfig = folder / "embedded.kubeconfig"
    command = [
        sys.executable,
        "-m",
        "console.simcluster",
        "--data",
        str(folder / "embedded.sqlite3"),
        "--port",
        str(port),
    ]
    command += ["--kubeconfig", str(kubeconfig), "--apply", str(RBAC), "--fast", "--parent", str(os.getpid())]
    return Process(command, folder / "embedded.log"), kubeconfig


@dataclass
class Cluster:
    """What tests see of a cluster. `kubeconfig` is the console's, through the proxy; `direct` has all contexts.

    `ours`: it was started for this run alone, and ends with it.
    """

    name: str
    proxy: Proxy
    kubeconfig: Path
    direct: Path = Path()
    process: Process | None = None
    ours: bool = True
    admin: Admin = field(init=False)
    console: Admin = field(init=False)

    @property
    def embedded(self) -> bool:
        return self.name == "embedded"

    @property
    def url(self) -> str:
        """The API server's own address."""
        return self.admin.url

    def attach(self, direct: Path) -> None:
        """The cluster has started and wrote this kubeconfig: send the proxy's traffic there."""
        self.direct = direct
        self.admin = from_kubeconfig(direct)
        through = from_kubeconfig(direct, "console")
        self.proxy.forward_to(through.url, through.authority)
        write_kubeconfig(self.kubeconfig, self.proxy.url, {"console": through.token}, current="console")
        self.console = Admin(self.proxy.url, through.token)
        through.close()

    def leave(self, namespace: str) -> None:
        """A test is over with it: it goes. On a plane that ends with this run it stays, and nothing runs in it.

        To delete a namespace costs a real control plane a fifth of a second of processor, to empty it a quarter.
        """
        if self.embedded or not self.ours:
            self.admin.delete("namespaces", None, namespace)
            return
        for plural in RUNS:
            self.admin.call("DELETE", path(plural, namespace))

    def crash(self) -> None:
        """Kill the embedded cluster in the middle of whatever it does."""
        assert self.process
        self.process.kill()

    def revive(self) -> None:
        """Start the embedded cluster again on the same data; it keeps its port and its tokens."""
        self.process, _direct = start_embedded(self.direct.parent)
        self.process.wait(60)

    def kubectl(self, *arguments: str, stdin: str = "", check: bool = True) -> str:
        """What an unmodified kubectl, as the administrator, printed. Its failure is the test's (unless check=False)."""
        kubectl = Path(sys.executable).parent / "kubectl"
        done = subprocess.run(
            [str(kubectl), "--kubeconfig", str(self.direct), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(
                f"kubectl {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done.stdout if check else done.stdout + done.stderr

    def request_log(self) -> list[Request]:
        """Every request that went through the proxy since the session began, or since `forget()`."""
        return list(self.proxy.log)

    def requests_of(self, user: str) -> list[Request]:
        """The requests made as that person. Watches that other tests left behind go on meanwhile, as the console."""
        return [request for request in self.request_log() if request.user == user]

    def forget(self) -> None:
        """Empty the log, once nothing is on its way that nobody waits for."""
        eventually(is_quiet)
        self.proxy.log.clear()

    def close(self) -> None:
        self.proxy.close()
        for name in ("admin", "console"):
            if hasattr(self, name):
                getattr(self, name).close()
