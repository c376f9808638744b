"""Results of each Service, workload or pod, kept beside the store and computed anew only where something changed."""

import logging
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, cast

from console.kube import kinds
from console.kube.kinds import Kind
from console.kube.records import (
    EndpointSliceRecord,
    Owner,
    PodRecord,
    Record,
    ReplicaSetRecord,
    ServiceRecord,
    WorkloadRecord,
)
from console.kube.store import Store

log = logging.getLogger(__name__)

T = TypeVar("T")
_MOST_KEPT = 5000  # keys that changed since something was derived of all results: then it is derived of all again
AGAIN = 10.0  # seconds after which a result that could not be computed is tried again, though nothing changed
_NOT_OF_HEALTH = frozenset({kinds.EVENT, kinds.REPLICASET, kinds.NODE})
Compute = Callable[
    [ServiceRecord, Sequence[EndpointSliceRecord], Sequence[PodRecord], Sequence[WorkloadRecord], float], T
]
ComputeWorkload = Callable[
    [WorkloadRecord, Sequence[PodRecord], Sequence[ReplicaSetRecord], Sequence[ServiceRecord], float], T
]
ComputePod = Callable[[PodRecord, Owner | None, float], T]
"""A pod and its topmost owner: for the pod of a Deployment that Deployment."""


@dataclass(frozen=True, slots=True)
class Failed:
    """What has no result, since computing it failed; it is tried again at ``recheck`` (epoch s) or when it changes."""

    record: Any
    recheck: float


class Topic(Protocol):
    """Of what there are results: of each Service, of each workload, of each pod. A result is kept under a key."""

    def keys(self, store: Store, namespace: str) -> Sequence[str]:
        """All keys of a namespace."""

    def record(self, store: Store, namespace: str, key: str) -> Record | None:
        """What the key means, if it is there."""

    def touched(self, store: Store, kind: Kind, record: Record) -> Sequence[str]:
        """The keys whose results a change of this record bears on."""

    def computed(self, store: Store, compute: Callable[..., T], record: Any, now: float) -> T:
        """The result of one of them."""


class _Services:
    def keys(self, store: Store, namespace: str) -> Sequence[str]:
        return [record.name for record in store.services(namespace)]

    def record(self, store: Store, namespace: str, key: str) -> Record | None:
        return store.get(kinds.SERVICE, namespace, key)

    def touched(self, store: Store, kind: Kind, record: Record) -> Sequence[str]:
        return () if kind in _NOT_OF_HEALTH else tuple(store.services_of(kind, record) or ())

    def computed(self, store: Store, compute: Compute[T], record: ServiceRecord, now: float) -> T:
        place, selector = record.namespace, record.selector
        return compute(
            record,
            store.slices_of(place, record.name),
            store.pods(place, selector) if selector else [],
            store.workloads(place, selector) if selector else [],
            now,
        )


_WORKLOADS = {kind.kind: kind for kind in kinds.WORKLOADS}


class _Workloads:
    """Keys are "Deployment/web"."""

    def keys(self, store: Store, namespace: str) -> Sequence[str]:
        return [f"{record.kind}/{record.name}" for record in store.workloads(namespace)]

    def record(self, store: Store, namespace: str, key: str) -> Record | None:
        kind, _, name = key.partition("/")
        return store.get(_WORKLOADS[kind], namespace, name)

    def touched(self, store: Store, kind: Kind, record: Record) -> Sequence[str]:
        match record:
            case WorkloadRecord():
                return (f"{record.kind}/{record.name}",)
            case ReplicaSetRecord():
                return _key_of(record.owner)
            case PodRecord():
                return _key_of(top_owner(store, record))
            case ServiceRecord() if record.selector:
                selected = store.workloads(record.namespace, record.selector)
                return [f"{workload.kind}/{workload.name}" for workload in selected]
        return ()

    def computed(self, store: Store, compute: ComputeWorkload[T], record: WorkloadRecord, now: float) -> T:
        place = record.namespace
        sets = store.replicasets_of(place, record.uid) if record.kind == "Deployment" else []
        owners = [replicaset.uid for replicaset in sets] if record.kind == "Deployment" else [record.uid]
        names = sorted(store.services_selecting(place, record.template_labels))
        services = [service for name in names if (service := store.get(kinds.SERVICE, place, name))]
        pods = [pod for uid in owners for pod in store.pods_of(place, uid)]
        return compute(record, pods, sets, cast(list[ServiceRecord], services), now)


class _Pods:
    def keys(self, store: Store, namespace: str) -> Sequence[str]:
        return [record.name for record in store.pods(namespace)]

    def record(self, store: Store, namespace: str, key: str) -> Record | None:
        return store.get(kinds.POD, namespace, key)

    def touched(self, store: Store, kind: Kind, record: Record) -> Sequence[str]:
        match record:
            case PodRecord():
                return (record.name,)
            case ReplicaSetRecord():  # its pods may have come before it
                return [pod.name for pod in store.pods_of(record.namespace, record.uid)]
        return ()

    def computed(self, store: Store, compute: ComputePod[T], record: PodRecord, now: float) -> T:
        return compute(record, top_owner(store, record), now)


def top_owner(store: Store, pod: PodRecord) -> Owner | None:
    """The owner of a pod, and for the pod of a ReplicaSet its Deployment, as far as the store knows."""
    owner = pod.owner
    if owner is None or owner.kind != "ReplicaSet":
        return owner
    above = store.get(kinds.REPLICASET, pod.namespace, owner.name)
    return above.owner if isinstance(above, ReplicaSetRecord) and above.owner else owner


def _key_of(owner: Owner | None) -> Sequence[str]:
    return (f"{owner.kind}/{owner.name}",) if owner is not None and owner.kind in _WORKLOADS else ()


SERVICES: Topic = _Services()
WORKLOADS: Topic = _Workloads()
PODS: Topic = _Pods()


class Summaries(Generic[T]):
    """The results by key (read only), as of one moment. ``version`` grows when any of them changed.

    ``failed``: what has no result, since computing it raised an error.
    """

    __slots__ = ("_before", "_derived", "_renewable", "failed", "values", "version")

    def __init__(self, values: dict[str, T], failed: dict[str, Failed], version: int) -> None:
        self.values = values
        self.failed = failed
        self.version = version
        self._derived: dict[Hashable, Any] = {}
        self._renewable: set[Hashable] = set()
        self._before: dict[Hashable, tuple[Any, frozenset[str]]] = {}

    def renew(self, name: Hashable, make: Callable[[], Any], renewed: Callable[[Any, frozenset[str]], Any]) -> Any:
        """Something computed of all results (counts, an order), kept under ``name`` until any result changes; then made
        from what it was last, and the keys of what changed since."""
        if name not in self._derived:
            before = self._before.get(name)
            self._derived[name] = make() if before is None else renewed(*before)
            self._renewable.add(name)
        return self._derived[name]

    def followed(self, values: dict[str, T], failed: dict[str, Failed], changed: frozenset[str]) -> "Summaries[T]":
        """The next ones, where the results under these keys have changed."""
        after = Summaries(values, failed, self.version + 1)
        known = {name: (made, keys | changed) for name, (made, keys) in self._before.items() if len(keys) < _MOST_KEPT}
        after._before = known | {name: (self._derived[name], changed) for name in tuple(self._renewable)}
        return after


class SummaryCache(Generic[T]):
    """One function's results for one topic and namespace. Safe between threads."""

    def __init__(self, store: Store, namespace: str, topic: Topic, compute: Callable[..., T]) -> None:
        self._store, self._namespace, self.topic, self._compute = store, namespace, topic, compute
        self._lock = threading.Lock()
        self._stale_lock = threading.Lock()
        self._stale: set[str] = set()
        self._due: dict[str, float] = {}
        self._now = Summaries[T]({}, {}, 0)

    def mark_stale(self, names: Sequence[str]) -> None:
        """The results under these keys are to be computed again."""
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
        values, failed = self._now.values.copy(), self._now.failed.copy()
        problem: Exception | None = None
        for name in stale:
            for known in (self._due, failed):
                known.pop(name, None)  # whatever it was is old
            record = self.topic.record(self._store, self._namespace, name)
            if record is None:
                values.pop(name, None)
                continue
            try:
                value = self.topic.computed(self._store, self._compute, record, now)
                values[name] = value  # in its place: a dict with holes is slow to copy
                if (recheck := getattr(value, "recheck", None)) is not None:
                    self._due[name] = recheck
            except Exception as error:  # noqa: BLE001 - told below; one odd object spoils its own row only
                problem = error
                values.pop(name, None)
                failed[name] = Failed(record, now + AGAIN)
                self._due[name] = now + AGAIN
        if problem is not None:
            names = ", ".join(sorted(failed)[:5])
            text = "no status could be computed for %d objects of %s, among them %s"
            log.error(text, len(failed), self._namespace, names, exc_info=problem)
        self._now = self._now.followed(values, failed, frozenset(stale))


class SummaryCaches:
    """The caches of every function and namespace over one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._caches: dict[str, dict[Callable[..., Any], SummaryCache[Any]]] = {}
        store.listen(self._on_change)

    def current(
        self, namespace: str, compute: Callable[..., T], now: float, *, topic: Topic = SERVICES
    ) -> Summaries[T]:
        """The results of ``compute`` for the Services (or what the topic is) of a namespace."""
        with self._lock:
            cache = self._caches.setdefault(namespace, {}).get(compute)
            if cache is None:
                # In this order: a change that comes now is noted, one that came before is read.
                cache = self._caches[namespace][compute] = SummaryCache(self._store, namespace, topic, compute)
                cache.mark_stale(topic.keys(self._store, namespace))
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
        for topic in {id(cache.topic): cache.topic for cache in tuple(caches.values())}.values():
            changed = (record for record in (before, after) if record is not None)
            keys = {key for record in changed for key in topic.touched(self._store, kind, record)}
            if keys:
                for cache in tuple(caches.values()):
                    if cache.topic is topic:
                        cache.mark_stale(tuple(keys))
