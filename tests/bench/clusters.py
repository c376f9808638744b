"""The cluster that is measured on: an embedded one of our own, or the one of BERTH_KUBECONFIG."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import yaml

from tests.admin import from_kubeconfig
from tests.bench.clone import clone
from tests.bench.fill import fill
from tests.clusters import start_embedded

SETTLE_SECONDS = 300
Say = Callable[[str], None]


@dataclass(frozen=True)
class Target:
    """A kubeconfig with the context that may do everything and the one that is the console's."""

    name: str
    kubeconfig: Path
    admin: str
    console: str


class Plant(Protocol):
    """A target that can be filled."""

    target: Target

    def grow(self, namespace: str, services: int, pods: int) -> None:
        """Until the namespace has so many Services with so many pods each, all of them ready."""


class _Given:
    def __init__(self, target: Target, say: Say) -> None:
        self.target, self._say = target, say

    def grow(self, namespace: str, services: int, pods: int) -> None:
        admin = from_kubeconfig(self.target.kubeconfig, self.target.admin)
        fill(admin, namespace, services, pods, self._say)
        admin.close()


class _Embedded:
    """One Service is made through the API; the rest are copies of it, made while the cluster is stopped."""

    def __init__(self, folder: Path, say: Say) -> None:
        self._folder, self._say = folder, say
        self._process, kubeconfig = start_embedded(folder)
        self._process.wait(60)
        self.target = Target("embedded", kubeconfig, "embedded", "console")

    def grow(self, namespace: str, services: int, pods: int) -> None:
        started = time.monotonic()
        self._fill(namespace, 1, pods)
        self.stop()
        clone(self._folder / "embedded.sqlite3", namespace, services)
        self._process, _ = start_embedded(self._folder)
        self._process.wait(SETTLE_SECONDS)
        # The controllers look at everything once: when a new one has its pods, they are through.
        self._fill(namespace, services + 1, pods)
        self._say(f"  {services + 1} Services with {pods} pods each after {time.monotonic() - started:.0f} s")

    def stop(self) -> None:
        self._process.stop()

    def _fill(self, namespace: str, services: int, pods: int) -> None:
        admin = from_kubeconfig(self.target.kubeconfig, self.target.admin)
        fill(admin, namespace, services, pods, lambda _: None)
        admin.close()


@contextmanager
def plant(say: Say) -> Iterator[Plant]:
    """The one that the environment asks for; an embedded one is stopped and gone at the end."""
    if kubeconfig := os.environ.get("BERTH_KUBECONFIG"):
        config = yaml.safe_load(Path(kubeconfig).read_text())
        names = {context["name"] for context in config["contexts"]}
        current = config["current-context"]
        console = os.environ.get("BERTH_CONTEXT") or ("console" if "console" in names else current)
        yield _Given(Target(f"`{current}`", Path(kubeconfig).resolve(), current, console), say)
        return
    with tempfile.TemporaryDirectory(prefix="berth-bench-") as folder:
        made = _Embedded(Path(folder), say)
        try:
            yield made
        finally:
            made.stop()
