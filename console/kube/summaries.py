"""Per-Service results kept beside the store, computed anew only where something behind the Service changed."""

import logging
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from console.kube import kinds
from console.kube.kinds import Kind
from console.kube.records import EndpointSliceRecord, PodRecord, Record, ServiceRecord, WorkloadRecord
from console.kube.store import Store

log = logging.getLogger(__name__)

T = TypeVar("T")
AGAIN = 10.0  # seconds after which a result that could not be computed is tried again, though nothing changed
_NOT_OF_HEALTH = frozenset({kinds.EVENT, kinds.REPLICASET, kinds.NODE})
Compute = Callable[
    [ServiceRecord, Sequence[EndpointSliceRecord], Sequence[PodRecord], Sequence[WorkloadRecord], float], T
]


@dataclass(frozen=True, slots=True)
class Failed:
    """A Service whose result could not be computed; it is tried again at ``recheck`` (epoch s) or when it changes."""

    service: ServiceRecord
    recheck: float


class Summaries(Generic[T]):
    """The results by Service name (read only), as of one moment. ``version`` grows when any of them changed.

    ``failed``: Services that have no result, since computing it raised an error.
    """

    __slots__ = ("_derived", "failed", "values", "version")

    def __init__(self, values: Mapping[str, T], failed: Mapping[str, Failed], version: int) -> None:
        self.values = values
        self.failed = failed
        self.version = version
        self._derived: dict[Hashable, Any] = {}

    def derive(self, name: Hashable, make: Callable[[Mapping[str, T]], Any]) -> Any:
        """Something computed of all results (counts, an order), kept under ``name`` until any result changes."""
        if name not in self._derived:
            self._derived[name] = make(self.values)
        return self._derived[name]


class SummaryCache(Generic[T]):
    """One function's results for one namespace. Safe between threads."""

    def __init__(self, store: Store, namespace: str, compute: Compute[T]) -> None:
        self._store, self._namespace, self._compute = store, namespace, compute
        self._lock = threading.Lock()
        self._stale_lock = threading.Lock()
        self._stale: set[str] = set()
        self._due: dict[str, float] = {}
        self._now = Summaries[T]({}, {}, 0)

    def mark_stale(self, names: Sequence[str]) -> None:
        """The results of these Services are to be computed again."""
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
        values, failed = dict(self._now.values), dict(self._now.failed)
        problem: Exception | None = None
        for name in stale:
            for known in (self._due, values, failed):
                known.pop(name, None)  # whatever it was is old
            service = self._store.get(kinds.SERVICE, self._namespace, name)
            if not isinstance(service, ServiceRecord):
                continue
            try:
                values[name] = self._computed(service, now)
            except Exception as error:  # noqa: BLE001 - told below; one odd object spoils its own row only
                problem = error
                failed[name] = Failed(service, now + AGAIN)
                self._due[name] = now + AGAIN
        if problem is not None:
            names = ", ".join(sorted(failed)[:5])
            text = "no status could be computed for %d Services of %s, among them %s"
            log.error(text, len(failed), self._namespace, names, exc_info=problem)
        self._now = Summaries(values, failed, self._now.version + 1)

    def _computed(self, service: ServiceRecord, now: float) -> T:
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


class SummaryCaches:
    """The caches of every function and namespace over one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._caches: dict[str, dict[Compute[Any], SummaryCache[Any]]] = {}
        store.listen(self._on_change)

    def current(self, namespace: str, compute: Compute[T], now: float) -> Summaries[T]:
        """The results of ``compute`` for the Services of a namespace."""
        with self._lock:
            cache = self._caches.setdefault(namespace, {}).get(compute)
            if cache is None:
                # In this order: a change that comes now is noted, one that came before is read.
                cache = self._caches[namespace][compute] = SummaryCache(self._store, namespace, compute)
                cache.mark_stale([record.name for record in self._store.services(namespace)])
        return cache.current(now)

    def forget(self, namespace: str | None) -> None:
        """Drop what is kept for a namespace (None: for all) that nobody looks at any more."""
        with self._lock:
            if namespace is None:
                self._caches.clear()
            else:
                self._caches.pop(namespace, None)

    def _on_change(self, namespace: str, kind: Kind, before: Record | None, after: Record | None) -> None:
        caches = self._caches.get(namespace)
        if not caches:
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
            for cache in tuple(caches.values()):
                cache.mark_stale(tuple(names))
