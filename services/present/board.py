"""The health of every Service of one namespace, kept up to date from what changed.

A page needs counts over all Services, and their health needs all pods. So it is worked out once for each Service and
again only for those that a change touches: a list of 10,000 Services costs what its page costs.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from services.manifests.health import Health, matches, say, service_health
from services.present import words

Pair = tuple[str, str]
Change = tuple[str, str]  # the plural of the kind, the name


@dataclass(frozen=True, slots=True)
class Entry:
    """A Service with its health and what it is filtered by. `haystack`: lower-case name and alias."""

    record: Any
    health: Health
    type: str
    access: str
    exposure: str
    app: str
    haystack: str


class World(Protocol):
    """What the board reads of one namespace. `find` answers None for what is not there (any more)."""

    def services(self) -> Collection[Any]: ...
    def workloads(self) -> Collection[Any]: ...
    def slices(self) -> Collection[Any]: ...
    def pods(self) -> Collection[Any]: ...
    def find(self, plural: str, name: str) -> Any | None: ...
    def pods_selected(self, selector: Mapping[str, str]) -> Collection[Any]: ...
    def slices_of(self, service: str) -> Collection[Any]: ...


class Matcher:
    """Names by labels, so that a selector finds them without a look at all."""

    def __init__(self) -> None:
        self._by_pair: dict[Pair, set[str]] = defaultdict(set)
        self._labels: dict[str, Mapping[str, str]] = {}

    def put(self, name: str, labels: Mapping[str, str]) -> None:
        """Remember the labels of a name in place of those it had."""
        if self._labels.get(name) is labels:
            return
        self.drop(name)
        self._labels[name] = labels
        for pair in labels.items():
            self._by_pair[pair].add(name)

    def drop(self, name: str) -> None:
        for pair in self._labels.pop(name, {}).items():
            names = self._by_pair[pair]
            names.discard(name)
            if not names:
                del self._by_pair[pair]

    def selected(self, selector: Mapping[str, str]) -> list[str]:
        """The names whose labels the selector selects."""
        if not selector:
            return []
        fewest = min((self._by_pair.get(pair, ()) for pair in selector.items()), key=len)
        return [name for name in fewest if matches(selector, self._labels[name])]


class Selectors:
    """Services by selector, so that labels find the Services that select them."""

    def __init__(self) -> None:
        self._by_pair: dict[Pair, set[str]] = defaultdict(set)
        self._selectors: dict[str, Mapping[str, str]] = {}

    def put(self, name: str, selector: Mapping[str, str]) -> None:
        """Remember the selector of a Service in place of the one it had."""
        if self._selectors.get(name) is selector:
            return
        self.drop(name)
        if selector:
            self._selectors[name] = selector
            self._by_pair[min(selector.items())].add(name)

    def drop(self, name: str) -> None:
        selector = self._selectors.pop(name, None)
        if selector:
            pair = min(selector.items())
            self._by_pair[pair].discard(name)
            if not self._by_pair[pair]:
                del self._by_pair[pair]

    def selecting(self, labels: Mapping[str, str]) -> set[str]:
        """The Services that select these labels."""
        candidates = (name for pair in labels.items() for name in self._by_pair.get(pair, ()))
        return {name for name in candidates if matches(self._selectors[name], labels)}


class Board:
    """Entries by name of Service. Safe between threads."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._reset()

    def _reset(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._selectors = Selectors()
        self._templates = Matcher()
        self._workloads: dict[str, Any] = {}
        self._pod_labels: dict[str, Mapping[str, str]] = {}
        self._slice_of: dict[str, str] = {}
        self._recheck: dict[str, float] = {}

    def entries(self, changes: Iterable[Change] | None, now: float) -> list[Entry]:
        """All entries after these changes; None: everything may have changed. `now`: epoch seconds."""
        with self._lock:
            if changes is None:
                self._build(now)
            else:
                self._update(changes, now)
            return list(self._entries.values())

    def _build(self, now: float) -> None:
        self._reset()
        for service in self._world.services():
            self._selectors.put(service.name, service.selector)
        for workload in self._world.workloads():
            self._learn_workload(_key(workload), workload)
        for pod in self._world.pods():
            self._pod_labels[pod.name] = pod.labels
        for piece in self._world.slices():
            self._slice_of[piece.name] = piece.service
        for service in self._world.services():
            self._judge(service.name, now)

    def _update(self, changes: Iterable[Change], now: float) -> None:
        touched: set[str] = {name for name, at in self._recheck.items() if at <= now}
        for plural, name in set(changes):
            learn = _LEARN.get(plural)
            if learn is not None:
                touched |= learn(self, plural, name)
        for name in touched:
            self._judge(name, now)

    def _judge(self, name: str, now: float) -> None:
        service = self._world.find("services", name)
        self._recheck.pop(name, None)
        if service is None:
            self._entries.pop(name, None)
            return
        health = self._health(service, now)
        if health.recheck is not None:
            self._recheck[name] = health.recheck
        self._entries[name] = entry(service, health)

    def _health(self, service: Any, now: float) -> Health:
        if service.problem:
            return Health("idle", say("Unreadable"), say("The cluster's answer could not be read"))
        selector = service.selector
        pods = list(self._world.pods_selected(selector)) if selector else []
        workloads = [self._workloads[key] for key in self._templates.selected(selector)]
        return service_health(service, list(self._world.slices_of(service.name)), pods, workloads, now)

    def _learn_service(self, plural: str, name: str) -> set[str]:
        service = self._world.find(plural, name)
        if service is None:
            self._selectors.drop(name)
        else:
            self._selectors.put(name, service.selector)
        return {name}

    def _learn_slice(self, plural: str, name: str) -> set[str]:
        piece = self._world.find(plural, name)
        touched = {self._slice_of.pop(name, "")}
        if piece is not None:
            self._slice_of[name] = piece.service
            touched.add(piece.service)
        return touched - {""}

    def _learn_pod(self, plural: str, name: str) -> set[str]:
        pod = self._world.find(plural, name)
        before = self._pod_labels.pop(name, None)
        touched = self._selectors.selecting(before) if before else set()
        if pod is None:
            return touched
        self._pod_labels[name] = pod.labels
        return touched if pod.labels is before else touched | self._selectors.selecting(pod.labels)

    def _learn_template(self, plural: str, name: str) -> set[str]:
        workload = self._world.find(plural, name)
        key = f"{plural}/{name}"
        before = self._workloads.get(key)
        touched = self._selectors.selecting(before.template_labels) if before else set()
        if workload is None:
            self._workloads.pop(key, None)
            self._templates.drop(key)
            return touched
        self._learn_workload(key, workload)
        return touched | self._selectors.selecting(workload.template_labels)

    def _learn_workload(self, key: str, workload: Any) -> None:
        self._workloads[key] = workload
        self._templates.put(key, workload.template_labels)


_LEARN: dict[str, Callable[[Board, str, str], set[str]]] = {
    "services": Board._learn_service,
    "endpointslices": Board._learn_slice,
    "pods": Board._learn_pod,
    "deployments": Board._learn_template,
    "statefulsets": Board._learn_template,
    "daemonsets": Board._learn_template,
}


def _key(workload: Any) -> str:
    return f"{workload.kind.lower()}s/{workload.name}"


def entry(service: Any, health: Health) -> Entry:
    """An entry from the record of a Service and its health."""
    return Entry(
        record=service,
        health=health,
        type=words.type_of(service),
        access=words.access_of(service),
        exposure=words.exposure_of(service),
        app=words.app_of(service),
        haystack=f"{service.name}\n{service.alias}".lower(),
    )
