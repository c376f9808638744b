"""What a search looks through: the names, aliases, labels and addresses of records, joined into a few long texts.

A text is searched by the interpreter's own `str.find`, at a gigabyte a second: 60,000 records in some ten milliseconds,
where asking each of them would take a hundred. A change makes one text of `_BLOCK` records old, not all of them. Texts
are made when they are first searched; what nobody searches costs the names of what changed.
"""

import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice

from console.kube import kinds
from console.kube.kinds import Kind
from console.kube.records import PodRecord, Record, ServiceRecord, WorkloadRecord
from console.kube.store import Store

MOST = 100  # records that are counted, of one kind in one namespace
_BLOCK = 128
_MOST_NOTED = 5000  # names of what changed since the last search: with more the texts are made anew, should one search


class Where(IntEnum):
    """Which field of a record a search matched; the more telling first."""

    NAME = 0
    ALIAS = 1
    LABEL = 2
    ADDRESS = 3


class How(IntEnum):
    """How much of the field was matched; the best first."""

    EXACT = 0
    PREFIX = 1
    PART = 2


# Each field of a text stands between the mark of what it is and an end; `Sought` has no control characters.
_MARKS = tuple((where, chr(where + 1)) for where in Where)
_END = "\x05"
_OF_IPS = frozenset("0123456789abcdef.:")
_OWN = (Where.NAME, Where.ALIAS, Where.ADDRESS)
_SEARCHED = {kinds.SERVICE: (Where.ALIAS, Where.LABEL, Where.ADDRESS)} | {
    kind: (Where.ALIAS, Where.LABEL) for kind in kinds.WORKLOADS
}


@dataclass(frozen=True, slots=True)
class Sought:
    """Words in lower case, all of which a record must have. Make it with `of`."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Sought":
        """The words of what somebody typed. What cannot be printed parts words; the cluster has none of it."""
        printable = "".join(char if char.isprintable() else " " for char in text)
        return cls(tuple(dict.fromkeys(printable.lower().split())))


@dataclass(frozen=True, slots=True)
class Match:
    """A record that has all words: how well, in which field, and what that field says."""

    record: Record
    how: How
    where: Where
    text: str


@dataclass(frozen=True, slots=True)
class Matches:
    """The best of the matches of one kind in one namespace. `total`: how many there are, of which `more`: at least."""

    best: Sequence[Match] = ()
    more: bool = False
    total: int = 0


def fields(record: Record) -> Iterator[tuple[Where, str]]:
    """What of a record is searched, as it is written; the name first."""
    yield from _own(record)
    yield from _labels(record)


def _own(record: Record) -> Iterator[tuple[Where, str]]:
    yield Where.NAME, record.name
    if isinstance(record, ServiceRecord | WorkloadRecord) and record.alias:
        yield Where.ALIAS, record.alias
    for address in dict.fromkeys(_addresses(record)):
        if address and address != "None":
            yield Where.ADDRESS, address


def _labels(record: Record) -> Iterator[tuple[Where, str]]:
    for key, value in record.labels.items():
        yield Where.LABEL, f"{key}={value}"


def _joined(parts: Iterable[tuple[Where, str]]) -> str:
    return "".join([_MARKS[where][1] + text + _END for where, text in parts]).lower()


def _addresses(record: Record) -> Iterable[str]:
    match record:
        case ServiceRecord():
            ports = (str(port.node_port) for port in record.ports if port.node_port)
            ips = (record.cluster_ip, *record.cluster_ips, *record.external_ips)
            return (*ips, *record.ingress, record.external_name, *ports)
        case PodRecord():
            return (record.ip, *record.ips)
    return ()


def judged(record: Record, sought: Sought) -> Match | None:
    """How well a record matches: as well as its worst word does, shown by the field of that word."""
    known = [(where, text, text.lower()) for where, text in fields(record)]
    worst: tuple[How, Where, str] | None = None
    for word in sought.words:
        best = min(((_how(where, low, word), where, text) for where, text, low in known if word in low), default=None)
        if best is None:
            return None
        worst = best if worst is None else max(worst, best)
    return Match(record, *worst) if worst else None


def _how(where: Where, low: str, word: str) -> How:
    """A label begins with what was typed only if it was typed as one: half a cluster has a label `app`."""
    if low == word:
        return How.EXACT
    begins = low.startswith(word) and (where is not Where.LABEL or "=" in word)
    return How.PREFIX if begins else How.PART


class _Block:
    """Some records, by name, and the text of their fields; `text` is None while it is to be made anew.

    Of neighbours with the same labels (the pods of one workload) those stand in the text once, before all of them: a
    head. Record `i` has `own[i]` to `end[i]`, and the head before record `first[i]`.
    """

    __slots__ = ("end", "first", "names", "own", "text")

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.text: str | None = None
        self.own, self.end, self.first = array("I"), array("I"), array("I")

    def refresh(self, get: Callable[[str], Record | None]) -> None:
        """Make the text, of what is there."""
        self.own, self.end, self.first = array("I"), array("I"), array("I")
        parts, at, labels = [], 0, None
        for number, name in enumerate(self.names):
            record = get(name)  # None: it has just left; that change is on its way here
            if record is None or not self.first or record.labels != labels:
                labels, head = (None, "") if record is None else (record.labels, _joined(_labels(record)))
                parts.append(head)
                at += len(head)
                self.first.append(number)
            else:
                self.first.append(self.first[-1])
            own = "" if record is None else _joined(_own(record))
            parts.append(own)
            self.own.append(at)
            at += len(own)
            self.end.append(at)
        self.text = "".join(parts)

    def having(self, needle: str, others: Sequence[str]) -> Iterator[int]:
        """The numbers of the records with the needle and all other words."""
        text = self.text or ""
        at = text.find(needle)
        if at < 0 or not all(word in text for word in others):
            return
        while at >= 0:
            number = bisect_right(self.own, at) - 1
            last = number + 1
            if number < 0 or at >= self.end[number]:  # in a head, that of the records after this one
                number, last = last, bisect_right(self.first, last)
            for candidate in range(number, last):
                if not others or self.has(candidate, others):
                    yield candidate
            at = text.find(needle, self.end[last - 1])

    def standing(self, number: int, words: Sequence[str]) -> tuple[How, Where]:
        """How well a record matches that has all words: what `judged` says, from the text alone."""
        return max(self._standing(number, word) for word in words)

    def _standing(self, number: int, word: str) -> tuple[How, Where]:
        text, own, head = self.text or "", (self.own[number], self.end[number]), self._head(number)
        begins = None
        for where, mark in _MARKS:
            place = head if where is Where.LABEL else own
            if text.find(mark + word, *place) >= 0:
                if text.find(mark + word + _END, *place) >= 0:
                    return How.EXACT, where
                if begins is None and (where is not Where.LABEL or "=" in word):
                    begins = where
        if begins is not None:
            return How.PREFIX, begins
        at = text.find(word, *own)
        parts = [Where.LABEL] if text.find(word, *head) >= 0 else []
        if at >= 0:  # in the field that began last before it
            parts.append(max(_OWN, key=lambda where: text.rfind(_MARKS[where][1], own[0], at)))
        return How.PART, min(parts)

    def stands(self, number: int) -> bool:
        """Whether it was there when the text was made."""
        return self.own[number] < self.end[number]

    def has(self, number: int, words: Sequence[str]) -> bool:
        """Whether a record has all words."""
        text, own, end = self.text or "", self.own[number], self.end[number]
        start, stop = self._head(number)
        return all(text.find(word, own, end) >= 0 or text.find(word, start, stop) >= 0 for word in words)

    def _head(self, number: int) -> tuple[int, int]:
        first = self.first[number]
        return (self.end[first - 1] if first else 0), self.own[first]


class _Shelf:
    """The texts of one kind in one namespace."""

    def __init__(self, store: Store, kind: Kind, namespace: str) -> None:
        self._store, self._kind, self._namespace = store, kind, namespace
        self._lock = threading.Lock()
        self._changed_lock = threading.Lock()
        self._changed: set[str] = set()
        self._blocks: list[_Block] = []  # in the order of their names

    def note(self, name: str) -> bool:
        """Something happened to a record of this name; whether the texts are still worth keeping. Quick."""
        with self._changed_lock:
            self._changed.add(name)
            return len(self._changed) <= _MOST_NOTED

    def matches(self, sought: Sought, most: int) -> Matches:
        """The best of what has all words."""
        with self._lock:
            self._renew()
            places, total = self._places(sought, most)
            ranked = sorted((block.standing(at, sought.words), block.names[at]) for block, at in places)
        records = (self._get(name) for _, name in ranked[:most])
        best = [match for record in records if record is not None and (match := judged(record, sought)) is not None]
        return Matches(sorted(best, key=standing), total > MOST, min(total, MOST))

    def _places(self, sought: Sought, most: int) -> tuple[Iterable[tuple[_Block, int]], int]:
        """Where what has all words stands, and how much it is: the first ones by name; where that is more than `MOST`,
        those that are called so or begin with it, if they are enough, for nothing else is better.
        """
        word = max(sought.words, key=len)  # likely to be in the fewest texts
        others = [other for other in sought.words if other != word]
        some = list(islice(self._having(word, others), MOST + 1))
        places: dict[tuple[int, int], tuple[_Block, int]] = {}
        if len(some) > MOST:
            places = {(id(block), at): (block, at) for block, at in self._begun(word, others, most)}
        if len(places) < most:
            places |= {(id(block), at): (block, at) for block, at in some[:MOST]}
        return places.values(), len(some)

    def _having(self, needle: str, others: Sequence[str]) -> Iterator[tuple[_Block, int]]:
        for block in self._blocks:
            for number in block.having(needle, others):
                yield block, number

    def _begun(self, word: str, others: Sequence[str], most: int) -> Iterator[tuple[_Block, int]]:
        """Of each field the first `most` by name that are the word, and as many that begin with it."""
        yield from islice(self._called(word, others), most)
        for where in _SEARCHED.get(self._kind, (Where.LABEL, Where.ADDRESS)):
            if where is Where.LABEL and "=" not in word:
                continue
            if self._kind is kinds.POD and where is Where.ADDRESS and not _OF_IPS.issuperset(word):
                continue
            begun = list(islice(self._having(_MARKS[where][1] + word, others), most))
            yield from begun
            if len(begun) == most:
                yield from islice(self._having(_MARKS[where][1] + word + _END, others), most)

    def _called(self, word: str, others: Sequence[str]) -> Iterator[tuple[_Block, int]]:
        """Those whose names begin with it, by name: they need not be looked for, but only so many are looked at."""
        looked = 0
        for block in self._blocks[self._block_for(word) :]:
            for number in range(bisect_left(block.names, word), len(block.names)):
                looked += 1
                if looked > 10 * MOST or not block.names[number].startswith(word):
                    return
                if block.stands(number) and (not others or block.has(number, others)):
                    yield block, number

    def _block_for(self, name: str) -> int:
        return bisect_left(self._blocks, name, key=lambda block: block.names[-1])

    def _renew(self) -> None:
        with self._changed_lock:
            changed, self._changed = self._changed, set()
        if not self._blocks:
            self._pack(sorted(name for name in changed if self._get(name) is not None))
        else:
            for name in changed:
                self._put(name)
            if changed and len(self._blocks) > 8 + 4 * sum(len(block.names) for block in self._blocks) // _BLOCK:
                self._pack([name for block in self._blocks for name in block.names])  # most of what was there has gone
        for block in self._blocks:
            if block.text is None:
                block.refresh(self._get)

    def _put(self, name: str) -> None:
        """It came, changed or went."""
        exists = self._get(name) is not None
        which = min(self._block_for(name), len(self._blocks) - 1)
        if which < 0:
            self._blocks = [_Block([])]
            which = 0
        block = self._blocks[which]
        at = bisect_left(block.names, name)
        if at < len(block.names) and block.names[at] == name:
            if not exists:
                del block.names[at]
        elif exists:
            block.names.insert(at, name)
        block.text = None
        if len(block.names) > 2 * _BLOCK:
            self._blocks.insert(which + 1, _Block(block.names[_BLOCK:]))
            del block.names[_BLOCK:]
        elif not block.names:
            del self._blocks[which]

    def _pack(self, names: list[str]) -> None:
        self._blocks = [_Block(names[at : at + _BLOCK]) for at in range(0, len(names), _BLOCK)]

    def _get(self, name: str) -> Record | None:
        return self._store.get(self._kind, self._namespace, name)


def standing(match: Match) -> tuple[How, Where, str]:
    """To sort by: the best first, then by name."""
    return match.how, match.where, match.record.name


class Haystacks:
    """The texts over one store. Safe between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._shelves: dict[tuple[str, Kind], _Shelf] = {}
        store.listen(self._on_change)

    def matches(self, kind: Kind, namespace: str, sought: Sought, most: int = MOST) -> Matches:
        """The best `most` records of a kind in a namespace that have all words."""
        if not sought.words:
            return Matches()
        with self._lock:
            shelf = self._shelves.get((namespace, kind))
            if shelf is None:
                # In this order: a change that comes now is noted, one that came before is read.
                shelf = self._shelves[(namespace, kind)] = _Shelf(self._store, kind, namespace)
                for record in self._store.all(kind, namespace):
                    shelf.note(record.name)
        return shelf.matches(sought, most)

    def forget(self, namespace: str | None) -> None:
        """Drop the texts of a namespace (None: of all) that nobody looks at any more."""
        with self._lock:
            if namespace is None:
                self._shelves.clear()
            else:
                for key in [key for key in self._shelves if key[0] == namespace]:
                    del self._shelves[key]

    def _on_change(self, namespace: str, kind: Kind, before: Record | None, after: Record | None) -> None:
        shelf = self._shelves.get((namespace, kind))
        record = after or before
        if shelf is not None and record is not None and not shelf.note(record.name):
            self._shelves.pop((namespace, kind), None)  # not under our lock: who has that waits for the store's
