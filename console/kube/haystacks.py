"""What a search looks through: the names, aliases, labels and addresses of records, joined into a few long texts.

A text is searched by the interpreter's own `str.find`, at a gigabyte a second: 60,000 records in some ten milliseconds,
where asking each of them would take a hundred. A change makes one text of `_BLOCK` records old, not all of them. Texts
are made when they are first searched; what nobody searches costs the names of what changed.
"""

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from console.kube.kinds import Kind
from console.kube.records import PodRecord, Record, ServiceRecord, WorkloadRecord
from console.kube.store import Store

MOST = 100  # records that are looked at more closely, of one kind in one namespace
_BLOCK = 128
_MOST_NOTED = 5000  # names of what changed since the last search: with more the texts are made anew, should one search
_EDGE = "\x01"  # around each field; `Sought` has no control characters


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


@dataclass(frozen=True, slots=True)
class Sought:
    """Words in lower case, all of which a record must have. Make it with `of`."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Sought":
        """The words of what somebody typed. What cannot be printed parts words; the cluster has none of it."""
        printable = "".join(char if char.isprintable() else " " for char in text)
        return cls(tuple(dict.fromkeys(printable.lower().split())))

    @property
    def rarest(self) -> str:
        """The word that is likely to be in the fewest texts."""
        return max(self.words, key=len)


@dataclass(frozen=True, slots=True)
class Match:
    """A record that has all words: how well, in which field, and what that field says."""

    record: Record
    how: How
    where: Where
    text: str


@dataclass(frozen=True, slots=True)
class Matches:
    """The matches of one kind in one namespace, the best first; `more`: there are more than were looked at."""

    best: Sequence[Match] = ()
    more: bool = False


def fields(record: Record) -> Iterator[tuple[Where, str]]:
    """What of a record is searched, as it is written; the name first."""
    yield Where.NAME, record.name
    if isinstance(record, ServiceRecord | WorkloadRecord) and record.alias:
        yield Where.ALIAS, record.alias
    for key, value in record.labels.items():
        yield Where.LABEL, f"{key}={value}"
    for address in dict.fromkeys(_addresses(record)):
        if address and address != "None":
            yield Where.ADDRESS, address


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
    """A few records and the text of their fields; `text` is None while it is to be made anew."""

    __slots__ = ("members", "names", "starts", "text")

    def __init__(self) -> None:
        self.members: dict[str, None] = {}
        self.text: str | None = None
        self.starts: list[int] = []
        self.names: list[str] = []

    def refresh(self, get: Callable[[str], Record | None]) -> None:
        """Make the text, of what is there."""
        parts, self.starts, self.names, at = [], [], [], 0
        for name in self.members:
            record = get(name)
            if record is None:
                continue  # it has just left; that change is on its way here
            low = _EDGE + _EDGE.join([text for _, text in fields(record)]).lower() + _EDGE
            self.names.append(name)
            self.starts.append(at)
            parts.append(low)
            at += len(low)
        self.text = "".join(parts)

    def having(self, needle: str, words: Sequence[str]) -> Iterator[str]:
        """The names of the records with all words, one of which (with what is around it) is the needle."""
        text = self.text or ""
        if not all(word in text for word in words):
            return
        at = text.find(needle)
        while at >= 0:
            which = bisect_right(self.starts, at) - 1
            end = self.starts[which + 1] if which + 1 < len(self.starts) else len(text)
            if all(text.find(word, self.starts[which], end) >= 0 for word in words):
                yield self.names[which]
            at = text.find(needle, end)


class _Shelf:
    """The texts of one kind in one namespace."""

    def __init__(self, store: Store, kind: Kind, namespace: str) -> None:
        self._store, self._kind, self._namespace = store, kind, namespace
        self._lock = threading.Lock()
        self._changed_lock = threading.Lock()
        self._changed: set[str] = set()
        self._blocks: list[_Block] = []
        self._block_of: dict[str, _Block] = {}

    def note(self, name: str) -> bool:
        """Something happened to a record of this name; whether the texts are still worth keeping. Quick."""
        with self._changed_lock:
            self._changed.add(name)
            return len(self._changed) <= _MOST_NOTED

    def matches(self, sought: Sought) -> Matches:
        """What has all words. Of more than `MOST` the ones that match a whole field, or its beginning, come first."""
        with self._lock:
            self._renew()
            names, more = self._names(sought, sought.rarest)
            if more:
                for needle in (f"{_EDGE}{sought.rarest}", f"{_EDGE}{sought.rarest}{_EDGE}"):
                    names |= self._names(sought, needle)[0]
        records = (self._get(name) for name in names)
        found = [match for one in records if one is not None and (match := judged(one, sought)) is not None]
        return Matches(sorted(found, key=standing), more)

    def _names(self, sought: Sought, needle: str) -> tuple[dict[str, None], bool]:
        names: dict[str, None] = {}
        for block in self._blocks:
            for name in block.having(needle, sought.words):
                if len(names) >= MOST:
                    return names, True
                names[name] = None
        return names, False

    def _renew(self) -> None:
        with self._changed_lock:
            changed, self._changed = self._changed, set()
        for name in sorted(changed):
            block = self._block_of.get(name)
            if self._get(name) is None:
                if block is not None:
                    del self._block_of[name], block.members[name]
                    block.text = None
                continue
            if block is None:
                block = self._block_of[name] = self._with_room()
                block.members[name] = None
            block.text = None
        if changed and len(self._blocks) > 8 + 2 * len(self._block_of) // _BLOCK:
            self._pack()  # most of what stood in them has gone
        for block in self._blocks:
            if block.text is None:
                block.refresh(self._get)

    def _pack(self) -> None:
        names = list(self._block_of)
        self._blocks = []
        for name in names:
            block = self._block_of[name] = self._with_room()
            block.members[name] = None

    def _with_room(self) -> _Block:
        if not self._blocks or len(self._blocks[-1].members) >= _BLOCK:
            self._blocks.append(_Block())
        return self._blocks[-1]

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

    def matches(self, kind: Kind, namespace: str, sought: Sought) -> Matches:
        """The records of a kind in a namespace that have all words."""
        if not sought.words:
            return Matches()
        with self._lock:
            shelf = self._shelves.get((namespace, kind))
            if shelf is None:
                # In this order: a change that comes now is noted, one that came before is read.
                shelf = self._shelves[(namespace, kind)] = _Shelf(self._store, kind, namespace)
                for record in self._store.all(kind, namespace):
                    shelf.note(record.name)
        return shelf.matches(sought)

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
