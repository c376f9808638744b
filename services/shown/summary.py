"""Everything of a project that a list shows: its entries by name, counts of what they are filtered by, orders, and what
searches and filters leave of it. When some entries change, a new one is made from the one before it: that costs what
changed and some copies, not the judging, counting and sorting of all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, Generic, Protocol, Self, TypeVar

MOST_PARTS, MOST_ORDERS = 16, 8
MOST_OF_A_PART = 4, 2  # a list that is searched and filtered by three things; each change is made in all that is kept
IDLE = 50  # renewals after which a part that nobody asked for is no longer kept
SHARE = 20  # more than a twentieth changed: it is made anew


class Record(Protocol):
    @property
    def labels(self) -> Mapping[str, str]: ...


class Entry(Protocol):
    """One row before it is one. `haystack`: in lower case what a search looks through; `recheck`: epoch seconds when
    time alone may change it."""

    @property
    def name(self) -> str: ...
    @property
    def recheck(self) -> float | None: ...
    @property
    def record(self) -> Record: ...
    @property
    def haystack(self) -> str: ...


T = TypeVar("T", bound=Entry)
Facets = Mapping[str, Callable[[T], str]]
_BY_NAME: Callable[[Any], str] = attrgetter("name")


@dataclass(frozen=True, slots=True)
class Order(Generic[T]):
    """Sorted by a key; equal ones by name, A to Z, whichever way it is sorted."""

    key: Callable[[T], Any]
    descending: bool
    entries: list[T]

    def changed(self, changes: Changes[T]) -> Order[T]:
        """The same order of what there is now."""
        entries = self.entries.copy()
        for _key, old, new in changes:
            if old is not None:
                at = self._place(entries, old)
                while entries[at] is not old:  # of equal ones another
                    at += 1
                if new is not None and self.key(old) == self.key(new) and old.name == new.name:
                    entries[at] = new
                    continue
                del entries[at]
            if new is not None:
                entries.insert(self._place(entries, new), new)
        return replace(self, entries=entries)

    def _place(self, entries: Sequence[T], entry: T) -> int:
        """Where it belongs: behind all that precede it."""
        low, high, key = 0, len(entries), self.key(entry)
        while low < high:
            middle = (low + high) // 2
            other = self.key(entries[middle])
            precedes = other > key if self.descending else other < key
            if precedes or (other == key and entries[middle].name < entry.name):
                low = middle + 1
            else:
                high = middle
        return low


Changes = Sequence[tuple[str, T | None, T | None]]
"""Key, and the entry before and after; None for not there."""


@dataclass(slots=True)
class _Part(Generic[T]):
    """What a search or a filter leaves; `idle`: renewals since it was asked for."""

    belongs: Callable[[T], bool]
    summary: Summary[T]
    idle: int = 0

    def changed(self, changes: Changes[T]) -> _Part[T]:
        mine = [(key, self._mine(old), self._mine(new)) for key, old, new in changes]
        summary = self.summary.changed([change for change in mine if change[1] is not None or change[2] is not None])
        return _Part(self.belongs, summary, self.idle + 1)

    def _mine(self, entry: T | None) -> T | None:
        return entry if entry is not None and self.belongs(entry) else None


@dataclass(frozen=True)
class Summary(Generic[T]):
    """`entries`: by name; `counts`: how many have which value of each facet. An order or a part that was asked for once
    is kept, and kept right. `due`: of which entries time alone may change something, and when.
    """

    entries: tuple[T, ...]
    counts: Mapping[str, Counter[str]]
    facets: Facets[T] = field(repr=False)
    due: Mapping[str, float] = field(repr=False)
    by_key: dict[str, T] = field(repr=False)
    room: tuple[int, int] = field(default=(MOST_PARTS, MOST_ORDERS), repr=False)
    _orders: dict[str, Order[T]] = field(default_factory=dict, repr=False)
    _parts: dict[Hashable, _Part[T]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, facets: Facets[T], by_key: dict[str, T]) -> Self:
        """From all entries, each under a key of its own."""
        entries = tuple(sorted(by_key.values(), key=_BY_NAME))
        counts = {name: Counter(map(key, entries)) for name, key in facets.items()}
        due = {key: entry.recheck for key, entry in by_key.items() if entry.recheck is not None}
        return cls(entries, counts, facets, due, by_key)

    @property
    def recheck(self) -> float | None:
        """When time alone may change something next."""
        return min(self.due.values(), default=None)

    def renewed(self, keys: Collection[str], entry_of: Callable[[str], T | None]) -> Self:
        """With the entries under these keys as they are now."""
        changes = [(key, self.by_key.get(key), entry_of(key)) for key in keys]
        changes = [change for change in changes if change[1] is not change[2]]
        by_key = self.by_key.copy()
        for key, _old, new in changes:
            if new is not None:
                by_key[key] = new  # in its place: a dict with holes is slow to copy
            else:
                by_key.pop(key, None)
        if len(changes) * SHARE > len(by_key):
            return type(self).of(self.facets, by_key)
        return replace(self.changed(changes), by_key=by_key)

    def changed(self, changes: Changes[T]) -> Self:
        """After these changes, but for `by_key`."""
        if not changes:
            return self
        by_name: Order[T] = Order(_BY_NAME, False, list(self.entries))
        due = dict(self.due)
        for key, _old, new in changes:
            due.pop(key, None)
            if new is not None and new.recheck is not None:
                due[key] = new.recheck
        return replace(
            self,
            entries=tuple(by_name.changed(changes).entries),
            counts=self._counted(changes),
            due=due,
            _orders={name: order.changed(changes) for name, order in self._orders.copy().items()},
            _parts={name: part.changed(changes) for name, part in self._parts.copy().items() if part.idle < IDLE},
        )

    def _counted(self, changes: Changes[T]) -> dict[str, Counter[str]]:
        counts = {name: Counter(counter) for name, counter in self.counts.items()}
        for name, value in self.facets.items():
            counter = counts[name]
            for _key, old, new in changes:
                if old is not None:
                    counter[value(old)] -= 1
                    if not counter[value(old)]:
                        del counter[value(old)]
                if new is not None:
                    counter[value(new)] += 1
        return counts

    def sorted_by(self, name: str, key: Callable[[T], Any], *, descending: bool) -> Sequence[T]:
        """The entries in an order, kept under its name."""
        if name not in self._orders:
            _make_room(self._orders, self.room[1])
            self._orders[name] = Order(key, descending, sorted(self.entries, key=key, reverse=descending))
        return self._orders[name].entries

    def part(self, name: Hashable, belongs: Callable[[T], bool]) -> Summary[T]:
        """What belongs to a part, kept under its name."""
        part = self._parts.get(name)
        if part is None:
            _make_room(self._parts, self.room[0])
            left = {str(number): entry for number, entry in enumerate(self.entries) if belongs(entry)}
            summary = replace(Summary.of(self.facets, left), by_key={}, due={}, room=MOST_OF_A_PART)
            part = self._parts[name] = _Part(belongs, summary)
        part.idle = 0
        return part.summary


def _make_room(kept: dict[Any, Any], most: int) -> None:
    while len(kept) >= most:
        kept.pop(next(iter(kept), None), None)


def keyed(entries: Iterable[T]) -> dict[str, T]:
    """Entries that are made anew each time, under keys of their own."""
    return {str(number): entry for number, entry in enumerate(entries)}
