"""What the informers saw, trimmed, in memory; indexed for what the pages ask. Only `access` hands it to people."""

import asyncio
import threading
from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import Any, cast

from console.kube import kinds
from console.kube.kinds import Kind
from console.kube.records import (
    EndpointSliceRecord,
    EventRecord,
    PodRecord,
    Record,
    ReplicaSetRecord,
    ServiceRecord,
    WorkloadRecord,
)

Heard = Callable[[str, Kind, Record | None, Record | None], None]
"""Told of each change: namespace, kind, the record before and after (None: not there)."""

# Labels that are different on every pod would make an index as large as the pods themselves.
_UNIQUE_LABELS = frozenset({"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"})

_FEW = 16  # names of a key that are kept as a tuple

# Only the newest are kept, so many in each namespace, sorted out in lots: a crash loop makes events without end.
_MOST, _SLACK = {kinds.EVENT: 5000}, 500


class Subscription:
    """Wakes somebody when something of these kinds in this namespace changes. Use from one waiter at a time.

    ``service``: only what may stand behind the Service of this name wakes. ``concerns``: only records of which it is
    true, as they were or as they are now; it is asked under the store's lock and must be quick.
    """

    def __init__(
        self,
        leave: Callable[["Subscription"], None],
        service: str | None = None,
        concerns: Callable[[Record], bool] | None = None,
    ) -> None:
        self.service = service
        self.concerns = concerns
        self._leave = leave
        self._lock = threading.Lock()
        self._changed = False
        self._waiter: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def mark(self) -> None:
        """Something changed: wake the waiter. From any thread."""
        with self._lock:
            self._changed = True
            waiter = self._waiter
        if waiter is not None:
            try:
                waiter[0].call_soon_threadsafe(waiter[1].set)
            except RuntimeError:
                pass  # its loop has ended

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - the caller's rhythm, not a limit on work
        """True as soon as something has changed since the last call, False after ``timeout`` seconds."""
        woken = asyncio.Event()
        with self._lock:
            self._waiter = (asyncio.get_running_loop(), woken)
            if self._changed:
                woken.set()
        try:
            await asyncio.wait_for(woken.wait(), timeout)
        except TimeoutError:
            pass
        finally:
            with self._lock:
                self._waiter = None
                changed, self._changed = self._changed, False
        return changed

    def close(self) -> None:
        """No more news."""
        self._leave(self)


class _Index:
    """key -> names. Most keys have one name, kept as it is, or a few, for which a tuple is a tenth of the size
    of a set.
    """

    __slots__ = ("_entries", "_keys_of")

    def __init__(self, keys_of: Callable[[Any], Iterable[Hashable]]) -> None:
        self._keys_of = keys_of
        self._entries: dict[Hashable, str | tuple[str, ...] | set[str]] = {}

    def add(self, record: Record) -> None:
        name = record.name
        for key in self._keys_of(record):
            entry = self._entries.get(key)
            if entry is None:
                self._entries[key] = name
            elif isinstance(entry, set):
                entry.add(name)
            elif isinstance(entry, str):
                self._entries[key] = entry if entry == name else (entry, name)
            elif name not in entry:
                self._entries[key] = (*entry, name) if len(entry) < _FEW else {*entry, name}

    def discard(self, record: Record) -> None:
        name = record.name
        for key in self._keys_of(record):
            entry = self._entries.get(key)
            if isinstance(entry, set):
                entry.discard(name)
            elif isinstance(entry, tuple):
                entry = self._entries[key] = tuple([other for other in entry if other != name])
            elif entry == name:
                entry = None
            if not entry:
                self._entries.pop(key, None)

    def names(self, key: Hashable) -> Iterable[str]:
        entry = self._entries.get(key, ())
        return (entry,) if isinstance(entry, str) else entry


def _labels(record: Any) -> Iterable[Hashable]:
    return (pair for pair in record.labels.items() if pair[0] not in _UNIQUE_LABELS)


def _owner(record: Any) -> Iterable[Hashable]:
    return (record.owner.uid,) if record.owner else ()


def _anchor(record: Any) -> Iterable[Hashable]:
    """One pair of a Service's selector: whatever it selects carries that pair."""
    return (min(record.selector.items()),) if record.selector else ()


_INDEXES: dict[Kind, dict[str, Callable[[Any], Iterable[Hashable]]]] = {
    kinds.POD: {"labels": _labels, "owner": _owner},
    kinds.REPLICASET: {"owner": _owner},
    kinds.ENDPOINTSLICE: {"service": lambda record: (record.service,)},
    kinds.EVENT: {"uid": lambda record: (record.involved.uid,)},
    kinds.SERVICE: {"anchor": _anchor},
    **{kind: {"template": lambda record: record.template_labels.items()} for kind in kinds.WORKLOADS},
}


class _Shelf:
    """The records of one kind in one namespace."""

    __slots__ = ("indexes", "most", "order", "records")

    def __init__(self, kind: Kind) -> None:
        self.most = _MOST.get(kind)
        self.records: dict[str, Record] = {}
        self.order: list[str] = []
        self.indexes = {name: _Index(keys_of) for name, keys_of in _INDEXES.get(kind, {}).items()}

    def fill(self, records: Iterable[Record]) -> None:
        for record in records:
            self.records[record.name] = record
        for name in self.surplus(0):
            del self.records[name]
        self.order = sorted(self.records)
        for index in self.indexes.values():
            for record in self.records.values():
                index.add(record)

    def surplus(self, slack: int) -> list[str]:
        """The oldest names above the most that is kept; none until there are more than ``slack`` of them."""
        if self.most is None or len(self.records) <= self.most + slack:
            return []
        by_age = sorted(self.records.values(), key=lambda event: cast(EventRecord, event).last)
        return [event.name for event in by_age[: -self.most]]

    def put(self, record: Record) -> Record | None:
        before = self.records.get(record.name)
        self.records[record.name] = record
        if before is None:
            insort(self.order, record.name)
        for index in self.indexes.values():
            if before is not None:
                index.discard(before)
            index.add(record)
        return before

    def take(self, name: str) -> Record | None:
        before = self.records.pop(name, None)
        if before is not None:
            del self.order[bisect_left(self.order, name)]
            for index in self.indexes.values():
                index.discard(before)
        return before


class Store:
    """Records by kind, namespace and name. Safe between threads; what it returns does not change any more."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._shelves: dict[Kind, dict[str, _Shelf]] = {}
        self._subscriptions: dict[tuple[Kind, str], set[Subscription]] = {}
        self._listeners: list[Heard] = []

    # writing (informers only)

    def replace(self, kind: Kind, namespace: str | None, records: Iterable[Record]) -> None:
        """A fresh list of a scope (None: all namespaces): what is not in it is gone."""
        by_place: dict[str, list[Record]] = {} if namespace is None else {namespace: []}
        for record in records:
            by_place.setdefault(record.namespace, []).append(record)
        fresh = {place: _Shelf(kind) for place in by_place}
        for place, shelf in fresh.items():
            shelf.fill(by_place[place])  # before the lock is taken: this may be 50,000 records
        with self._lock:
            shelves = self._shelves.setdefault(kind, {})
            for place in set(fresh) | (set(shelves) if namespace is None else set()):
                before, after = shelves.pop(place, None), fresh.get(place)
                if after is not None and after.records:
                    shelves[place] = after
                self._tell_difference(kind, place, before.records if before else {}, after.records if after else {})

    def apply(self, kind: Kind, record: Record) -> None:
        """One object is new or changed."""
        with self._lock:
            shelves = self._shelves.setdefault(kind, {})
            shelf = shelves.get(record.namespace) or shelves.setdefault(record.namespace, _Shelf(kind))
            self._tell(record.namespace, kind, shelf.put(record), record)
            for name in shelf.surplus(slack=_SLACK):
                self._tell(record.namespace, kind, shelf.take(name), None)

    def remove(self, kind: Kind, namespace: str, name: str) -> None:
        """One object is gone."""
        with self._lock:
            shelf = self._shelves.get(kind, {}).get(namespace)
            before = shelf.take(name) if shelf else None
            if before is not None:
                self._tell(namespace, kind, before, None)

    def forget(self, kind: Kind, namespace: str | None) -> None:
        """Drop a scope that is watched no longer, without a word to anybody."""
        with self._lock:
            if namespace is None:
                self._shelves.pop(kind, None)
            else:
                self._shelves.get(kind, {}).pop(namespace, None)

    def wake(self, kind: Kind, namespace: str | None) -> None:
        """Wake who subscribed, though no object changed: the freshness did."""
        with self._lock:
            for (subscribed_kind, place), subscriptions in tuple(self._subscriptions.items()):
                if subscribed_kind is kind and namespace in (None, place):
                    for subscription in tuple(subscriptions):
                        subscription.mark()

    # listening

    def subscribe(
        self,
        namespace: str,
        *watched: Kind,
        service: str | None = None,
        concerns: Callable[[Record], bool] | None = None,
    ) -> Subscription:
        """A subscription to these kinds in one namespace, to what of them stands behind one Service, or to what a
        page says it is about.
        """
        return self.subscribe_across([namespace], *watched, service=service, concerns=concerns)

    def subscribe_across(
        self,
        namespaces: Iterable[str],
        *watched: Kind,
        service: str | None = None,
        concerns: Callable[[Record], bool] | None = None,
    ) -> Subscription:
        """The same in several namespaces."""
        keys = [(kind, namespace) for namespace in namespaces for kind in watched]

        def leave(subscription: Subscription) -> None:
            with self._lock:
                for key in keys:
                    self._subscriptions.get(key, set()).discard(subscription)
                    if not self._subscriptions.get(key):
                        self._subscriptions.pop(key, None)

        subscription = Subscription(leave, service, concerns)
        with self._lock:
            for key in keys:
                self._subscriptions.setdefault(key, set()).add(subscription)
        return subscription

    def listen(self, heard: Heard) -> None:
        """Have ``heard`` called at each change, under the store's lock: it must be quick."""
        with self._lock:
            self._listeners.append(heard)

    def _tell(self, namespace: str, kind: Kind, before: Record | None, after: Record | None) -> None:
        behind: set[str] | None = set()
        subscriptions = tuple(self._subscriptions.get((kind, namespace), ()))  # the collector may close one here
        if any(subscription.service is not None for subscription in subscriptions):
            known = [self.services_of(kind, record) for record in (before, after) if record is not None]
            behind = None if None in known else {name for names in known for name in names or ()}
        for subscription in subscriptions:
            if subscription.concerns is not None:
                if any(record is not None and subscription.concerns(record) for record in (before, after)):
                    subscription.mark()
            elif subscription.service is None or behind is None or subscription.service in behind:
                subscription.mark()
        for heard in self._listeners:
            heard(namespace, kind, before, after)

    def _tell_difference(
        self, kind: Kind, namespace: str, before: Mapping[str, Record], after: Mapping[str, Record]
    ) -> None:
        for name, record in after.items():
            old = before.get(name)
            if old is None or old.version != record.version or old.uid != record.uid:
                self._tell(namespace, kind, old, record)
        for name, record in before.items():
            if name not in after:
                self._tell(namespace, kind, record, None)

    # reading

    def count(self, kind: Kind, namespace: str) -> int:
        """How many there are."""
        with self._lock:
            shelf = self._shelves.get(kind, {}).get(namespace)
            return len(shelf.records) if shelf else 0

    def get(self, kind: Kind, namespace: str, name: str) -> Record | None:
        """One record."""
        with self._lock:
            shelf = self._shelves.get(kind, {}).get(namespace)
            return shelf.records.get(name) if shelf else None

    def all(self, kind: Kind, namespace: str) -> list[Record]:
        """All records of a namespace, by name."""
        with self._lock:
            shelf = self._shelves.get(kind, {}).get(namespace)
            return [shelf.records[name] for name in shelf.order] if shelf else []

    def services(self, namespace: str) -> list[ServiceRecord]:
        """The Services of a namespace, by name."""
        return cast(list[ServiceRecord], self.all(kinds.SERVICE, namespace))

    def workloads(self, namespace: str, selector: Mapping[str, str] | None = None) -> list[WorkloadRecord]:
        """Workloads, by kind and name; with a selector those whose pod template it selects."""
        records: list[Record] = []
        for kind in kinds.WORKLOADS:
            if selector is None:
                records += self.all(kind, namespace)
            else:
                records += self._matching(
                    kind, namespace, "template", selector, lambda workload: workload.template_labels
                )
        return cast(list[WorkloadRecord], records)

    def pods(self, namespace: str, selector: Mapping[str, str] | None = None) -> list[PodRecord]:
        """Pods by name; with a selector those it selects (an empty one selects nothing, as in a Service)."""
        if selector is None:
            return cast(list[PodRecord], self.all(kinds.POD, namespace))
        return cast(list[PodRecord], self._matching(kinds.POD, namespace, "labels", selector, lambda pod: pod.labels))

    def pods_of(self, namespace: str, owner_uid: str) -> list[PodRecord]:
        """Pods that this owner controls, by name."""
        return cast(list[PodRecord], self._indexed(kinds.POD, namespace, "owner", owner_uid))

    def replicasets_of(self, namespace: str, owner_uid: str) -> list[ReplicaSetRecord]:
        """ReplicaSets of a Deployment, by name."""
        return cast(list[ReplicaSetRecord], self._indexed(kinds.REPLICASET, namespace, "owner", owner_uid))

    def slices_of(self, namespace: str, service: str) -> list[EndpointSliceRecord]:
        """EndpointSlices of a Service, by name."""
        return cast(list[EndpointSliceRecord], self._indexed(kinds.ENDPOINTSLICE, namespace, "service", service))

    def events_of(self, namespace: str, uid: str) -> list[EventRecord]:
        """Events about the object with this UID."""
        return cast(list[EventRecord], self._indexed(kinds.EVENT, namespace, "uid", uid))

    def services_of(self, kind: Kind, record: Record | None) -> Collection[str] | None:
        """Names of the Services that this record stands behind; None where that cannot be told."""
        match record:
            case ServiceRecord():
                return (record.name,)
            case EndpointSliceRecord():
                return (record.service,)
            case PodRecord():
                return self.services_selecting(record.namespace, record.labels)
            case WorkloadRecord():
                return self.services_selecting(record.namespace, record.template_labels)
            case ReplicaSetRecord() if record.owner is not None:
                return self._services_of_named(record.owner.kind, record.namespace, record.owner.name)
            case EventRecord():
                return self._services_of_named(record.involved.kind, record.namespace, record.involved.name)
        return None

    def _services_of_named(self, word: str, namespace: str, name: str) -> Collection[str] | None:
        kind = next(
            (candidate for candidate in _INDEXES if candidate.kind == word and candidate is not kinds.EVENT), None
        )
        return self.services_of(kind, self.get(kind, namespace, name)) if kind is not None else None

    def services_selecting(self, namespace: str, labels: Mapping[str, str]) -> list[str]:
        """Names of the Services whose selector selects these labels."""
        with self._lock:
            shelf = self._shelves.get(kinds.SERVICE, {}).get(namespace)
            if shelf is None:
                return []
            index, records = shelf.indexes["anchor"], cast(dict[str, ServiceRecord], shelf.records)
            near = (name for pair in labels.items() for name in index.names(pair))
            return [name for name in near if _selects(records[name].selector, labels)]

    def _indexed(self, kind: Kind, namespace: str, index: str, key: Hashable) -> list[Record]:
        with self._lock:
            shelf = self._shelves.get(kind, {}).get(namespace)
            if shelf is None or not key:
                return []
            return [shelf.records[name] for name in sorted(shelf.indexes[index].names(key))]

    def _matching(
        self,
        kind: Kind,
        namespace: str,
        index: str,
        selector: Mapping[str, str],
        labels_of: Callable[[Any], Mapping[str, str]],
    ) -> list[Record]:
        with self._lock:
            shelf = self._shelves.get(kind, {}).get(namespace)
            if shelf is None or not selector:
                return []
            names_of = shelf.indexes[index].names
            pairs = [pair for pair in selector.items() if pair[0] not in _UNIQUE_LABELS]
            near = [tuple(names_of(pair)) for pair in pairs] or [tuple(shelf.order)]
            nearest = min(near, key=len)
            records = (shelf.records[name] for name in sorted(nearest))
            return [record for record in records if _selects(selector, labels_of(record))]


def _selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in selector.items())
