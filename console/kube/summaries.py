"""Per-Service results kept beside the store, computed anew only where something behind the Service changed."""

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from console.kube import kinds
from console.kube.kinds import Kind
from console.kube.records import EndpointSliceRecord, PodRecord, Record, ServiceRecord, WorkloadRecord
from console.kube.store import Store

T = TypeVar("T")
_NOT_OF_HEALTH = frozenset({kinds.EVENT, kinds.REPLICASET, kinds.NODE})
Compute = Callable[
    [ServiceRecord, Sequence[EndpointSliceRecord], Sequence[PodRecord], Sequence[WorkloadRecord], float], T
]


class Summaries(Generic[T]):
    """The results by Service name (read only), as of one moment. ``version`` grows when any of them changed."""

    __slots__ = ("_derived", "values", "version")

    def __init__(self, values: Mapping[str, T], version: int, derived: dict[Hashable, Any]) -> None:
        self.values = values
        self.version = version
        self._derived = derived

    def derive(self, name: Hashable, make: Callable[[Mapping[str, T]], Any]) -> Any:
        """Something computed of all results (counts, an order), kept under ``name`` until any result changes."""
        if name not in self._derived:
            self._derived[name] = make(self.values)
        return self._derived[name]


class Kept(Generic[T]):
    """The keeper of one function's results for one namespace. Safe between threads."""

    def __init__(self, store: Store, namespace: str, compute: Compute[T]) -> None:
        self._store, self._namespace, self._compute = store, namespace, compute
        self._lock = threading.Lock()
        self._stale_lock = threading.Lock()
        self._stale: set[str] = set()
        self._due: dict[str, float] = {}
        self._now = Summaries[T]({}, 0, {})

    def spoil(self, names: Sequence[str]) -> None:
        """What is known of these is old."""
        with self._stale_lock:
            self._stale.update(names)

    def current(self, now: float) -> Summaries[T]:
        """The results as of ``now`` (epoch s)."""
        with self._lock:
            with self._stale_lock:
                stale, self._stale = self._stale, set()
            if self._due:
                stale.update(name for name, due in self._due.items() if due <= now)
            if stale:
                self._renew(stale, now)
            return self._now

    def _renew(self, stale: set[str], now: float) -> None:
        values = dict(self._now.values)
        for name in stale:
            self._due.pop(name, None)
            service = self._store.get(kinds.SERVICE, self._namespace, name)
            if isinstance(service, ServiceRecord):
                values[name] = self._one(service, now)
            else:
                values.pop(name, None)
        self._now = Summaries(values, self._now.version + 1, {})

    def _one(self, service: ServiceRecord, now: float) -> T:
        store, namespace = self._store, self._namespace
        value = self._compute(
            service,
            store.slices_of(namespace, service.name),
            store.pods(namespace, service.selector) if service.selector else [],
            store.workloads(namespace, service.selector) if service.selector else [],
            now,
        )
        recheck = getattr(value, "recheck", None)
        if recheck is not None:
            self._due[service.name] = recheck
        return value


class Keeper:
    """All kept results over one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._kept: dict[str, dict[Compute[Any], Kept[Any]]] = {}
        store.listen(self._heard)

    def current(self, namespace: str, compute: Compute[T], now: float) -> Summaries[T]:
        """The results of ``compute`` for the Services of a namespace."""
        with self._lock:
            kept = self._kept.setdefault(namespace, {}).get(compute)
            if kept is None:
                # In this order: a change that comes now is noted, one that came before is read.
                kept = self._kept[namespace][compute] = Kept(self._store, namespace, compute)
                kept.spoil([record.name for record in self._store.services(namespace)])
        return kept.current(now)

    def forget(self, namespace: str | None) -> None:
        """Drop what is kept for a namespace (None: for all) that nobody looks at any more."""
        with self._lock:
            if namespace is None:
                self._kept.clear()
            else:
                self._kept.pop(namespace, None)

    def _heard(self, namespace: str, kind: Kind, before: Record | None, after: Record | None) -> None:
        kept = self._kept.get(namespace)
        if not kept:
            return
        if kind in _NOT_OF_HEALTH:
            return
        names = {
            name
            for record in (before, after)
            if record is not None
            for name in self._store.services_of(kind, record) or ()
        }
        if names:
            for one in tuple(kept.values()):
                one.spoil(tuple(names))
