"""Build the control plane's programs from Go modules, once for each version of the sources that stand beside this file.

The programs go to a folder outside of the clone, named after a hash of everything that decides what they are, so that
a fresh clone finds them. A cold build takes 10 to 15 minutes on two cores, a warm one half a minute.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERSION = "v1.37.2"
_STAMP = "k8s.io/component-base/version"
_MAJOR, _MINOR, _ = VERSION.removeprefix("v").split(".")
_LINKER = f"-s -w -X {_STAMP}.gitVersion={VERSION} -X {_STAMP}.gitMajor={_MAJOR} -X {_STAMP}.gitMinor={_MINOR}"


class CannotBuild(Exception):
    """The programs are not there and cannot be built; the message says why."""


@dataclass(frozen=True)
class Program:
    """One program: the Go module it is built in, and what `go build` is told."""

    name: str
    folder: Path
    arguments: tuple[str, ...]


PROGRAMS = (
    Program("controlplane", HERE, ("-ldflags", _LINKER, ".")),
    Program("kwok", HERE / "kwok", ("sigs.k8s.io/kwok/cmd/kwok",)),
    Program("metrics-server", HERE / "metrics", ("sigs.k8s.io/metrics-server/cmd/metrics-server",)),
)


def folder() -> Path:
    """Where the programs of these sources are, or will be."""
    cache = os.environ.get("BERTH_CONTROLPLANE_CACHE")
    base = Path(cache) if cache else Path.home() / ".cache" / "berth-controlplane"
    return base / _fingerprint()


def programs(say: Callable[[str], None] = print) -> Path:
    """The folder with all programs, built now if they are not there. Raises CannotBuild."""
    place = folder()
    if _complete(place):
        return place
    if shutil.which("go") is None:
        raise CannotBuild(
            "the real control plane is built from Go modules, and there is no `go` on the PATH (1.26 or later)"
        )
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for program in PROGRAMS:
            if not (place / program.name).exists():
                _build(program, place, say)
    return place


def _build(program: Program, place: Path, say: Callable[[str], None]) -> None:
    say(f"building {program.name} ...")
    started = time.monotonic()
    unfinished = place / f".{program.name}"
    done = subprocess.run(
        ["go", "build", "-trimpath", "-o", str(unfinished), *program.arguments], cwd=program.folder, check=False
    )
    if done.returncode:
        raise CannotBuild(f"`go build` of {program.name} failed; its words stand above")
    unfinished.rename(place / program.name)
    say(f"{program.name} built in {time.monotonic() - started:.0f} s")


def _complete(place: Path) -> bool:
    return all((place / program.name).exists() for program in PROGRAMS)


def _fingerprint() -> str:
    digest = hashlib.sha256(_LINKER.encode())
    for program in PROGRAMS:
        for path in sorted([*program.folder.glob("go.*"), *program.folder.glob("*.go")]):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
