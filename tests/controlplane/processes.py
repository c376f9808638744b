"""Child processes that cannot outlive us, free ports, and the folders that runs leave behind."""

import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Died(Exception):
    """A part of the control plane ended by itself; the message has its last words."""


class Children:
    """The processes of one run, each with its log file. They die with the thread that starts them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, program: Path, *arguments: str) -> None:
        with (self._folder / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(
                [str(program), *arguments],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def check(self) -> None:
        """Raise Died if one of them has ended."""
        for name, child in self._running.items():
            if child.poll() is not None:
                words = (self._folder / f"{name}.log").read_text(errors="replace")[-2000:]
                raise Died(f"{name} ended with code {child.returncode}:\n{words}")

    def stop(self) -> None:
        """Kill all: nothing here is worth a graceful end, and the folder is removed next."""
        for child in self._running.values():
            with suppress(ProcessLookupError):
                child.kill()
        for child in self._running.values():
            child.wait()
        self._running.clear()


class Run:
    """A folder for one run below `base`, locked while we live; what dead runs left there is removed first."""

    def __init__(self, base: Path) -> None:
        base.mkdir(parents=True, exist_ok=True)
        sweep(base)
        self.folder = Path(tempfile.mkdtemp(prefix="run-", dir=base))
        self._lock = (self.folder / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()


def sweep(base: Path) -> list[int]:
    """Remove the folders whose run is dead; return the process ids of the living."""
    alive = []
    for folder in base.glob("run-*"):
        lock = folder / "lock"
        if not lock.exists():
            continue
        with lock.open("r+") as held:
            if _taken(held):
                alive.append(int(held.read() or 0))
            else:
                shutil.rmtree(folder, ignore_errors=True)
    return [pid for pid in alive if pid]


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody has now; all are held until all are known, so that they differ."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for open_socket in held:
            open_socket.bind(("127.0.0.1", 0))
        return [int(open_socket.getsockname()[1]) for open_socket in held]


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def _die_with_parent() -> None:
    if _libc:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
