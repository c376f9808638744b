"""The objects: bytes in memory, indexes beside them, written through to SQLite, one version counter over all kinds.

An object is kept as its JSON; `Entry.body()` makes a fresh dict of it each time, so nobody can change what is stored.
A list or a watch hands the bytes on as they are.
"""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from .catalog import BY_NAME, KINDS, POD, SERVICE, Kind
from .selectors import Labels, covers

Obj = dict[str, Any]
LOG_SIZE = 10_000
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


def dump(body: Any) -> bytes:
    """Compact JSON."""
    return _encode(body).encode()


def copied(body: Any) -> Any:
    """A deep copy of JSON data."""
    return json.loads(_encode(body))


def stamp(seconds: float) -> str:
    """Epoch seconds as the API writes times: 2026-11-23T10:00:00Z."""
    return _stamp(int(seconds))


@lru_cache(1000)
def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: str) -> float:
    """The epoch seconds of an API time; 0.0 when there is none."""
    return datetime.fromisoformat(text).timestamp() if text else 0.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored object. `pairs` are the labels of a Pod and the selector of a Service, as they are indexed."""

    kind: Kind
    namespace: str
    name: str
    uid: str
    version: int
    raw: bytes
    labels: Labels
    pairs: Labels
    owners: tuple[str, ...]
    deleting: bool

    @property
    def item(self) -> bytes:
        """The object as it stands in a list: without kind and version."""
        return b"{" + self.raw[len(self.kind.head) :]

    def body(self) -> Obj:
        """A fresh copy that the caller may change."""
        document: Obj = json.loads(self.raw)
        return document


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one object: ADDED, MODIFIED or DELETED, with what was before."""

    version: int
    type: str
    entry: Entry
    old: Entry | None
    frames: dict[str, bytes] = field(default_factory=dict)

    def frame(self, as_type: str) -> bytes:
        """The line that a watch sends, made once for all watchers."""
        if as_type not in self.frames:
            raw = self.entry.raw
            if as_type == "DELETED" and self.type != "DELETED" and self.old is not None:
                body = self.old.body()
                body["metadata"]["resourceVersion"] = str(self.version)
                raw = dump(body)
            self.frames[as_type] = b'{"type":"%s","object":%s}\n' % (as_type.encode(), raw)
        return self.frames[as_type]


class Log:
    """The latest changes of one kind. A reader keeps a position; `floor` is the oldest version one may resume from."""

    def __init__(self, floor: int) -> None:
        self.floor = floor
        self.first = 0
        self.changes: list[Change] = []

    def add(self, change: Change) -> None:
        """Append, and forget the older half when it grows too long."""
        self.changes.append(change)
        if len(self.changes) > 2 * LOG_SIZE:
            self.floor = self.changes[LOG_SIZE - 1].version
            del self.changes[:LOG_SIZE]
            self.first += LOG_SIZE

    def position_after(self, version: int) -> int:
        """The position of the first change after `version`."""
        return self.first + bisect_right(self.changes, version, key=lambda change: change.version)

    def since(self, position: int) -> list[Change]:
        """The changes from `position` on."""
        return self.changes[position - self.first :]


class Store:
    """All objects of the cluster."""

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute("CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS objects (kind TEXT, namespace TEXT, name TEXT, raw BLOB,"
            " PRIMARY KEY (kind, namespace, name)) WITHOUT ROWID"
        )
        self._dirty = False
        self._entries: dict[Kind, dict[tuple[str, str], Entry]] = {kind: {} for kind in KINDS}
        self._names: dict[Kind, dict[str, list[str]]] = {kind: {} for kind in KINDS}
        self._owned: dict[str, dict[str, Entry]] = defaultdict(dict)
        self._by_uid: dict[str, Entry] = {}
        self._by_pair: dict[tuple[Kind, str, str, str], dict[str, Entry]] = defaultdict(dict)
        self.listeners: list[Callable[[Change], None]] = []
        self.version = int(self.fact("version") or 0)
        self._load()
        self.logs = {kind: Log(self.version) for kind in KINDS}

    def _load(self) -> None:
        for raw in self._db.execute("SELECT raw FROM objects ORDER BY kind, namespace, name"):
            body = json.loads(raw[0])
            self._index(self._entry(BY_NAME[body["apiVersion"], body["kind"]], body, bytes(raw[0])))

    def fact(self, name: str) -> str:
        """A remembered fact (port, token, version); empty when unknown."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else ""

    def remember(self, name: str, value: str) -> None:
        """Keep a fact over restarts."""
        self._db.execute("REPLACE INTO facts VALUES (?, ?)", (name, value))

    def flush(self) -> None:
        """Commit what was written since the last time."""
        if self._dirty:
            self.remember("version", str(self.version))
            self._db.execute("COMMIT")
            self._dirty = False

    def close(self) -> None:
        """Commit and close."""
        self.flush()
        self._db.close()

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        if not self._dirty:
            self._db.execute("BEGIN")
            self._dirty = True
        self._db.execute(statement, values)

    @staticmethod
    def _entry(kind: Kind, body: Obj, raw: bytes) -> Entry:
        meta = body["metadata"]
        labels = meta.get("labels") or {}
        pairs = labels if kind is POD else (body["spec"].get("selector") or {}) if kind is SERVICE else {}
        owners = tuple(owner["uid"] for owner in meta.get("ownerReferences") or ())
        where = (meta.get("namespace", ""), meta["name"], meta["uid"], int(meta["resourceVersion"]))
        return Entry(kind, *where, raw, labels, pairs, owners, "deletionTimestamp" in meta)

    def _index(self, entry: Entry) -> None:
        kind, key = entry.kind, (entry.namespace, entry.name)
        if key not in self._entries[kind]:
            insort(self._names[kind].setdefault(entry.namespace, []), entry.name)
        self._entries[kind][key] = self._by_uid[entry.uid] = entry
        for uid in entry.owners:
            self._owned[uid][entry.uid] = entry
        for pair in entry.pairs.items():
            self._by_pair[kind, entry.namespace, *pair][entry.name] = entry

    def _forget(self, entry: Entry) -> None:
        self._by_uid.pop(entry.uid, None)
        for uid in entry.owners:
            self._drop(self._owned, uid, entry.uid)
        for pair in entry.pairs.items():
            self._drop(self._by_pair, (entry.kind, entry.namespace, *pair), entry.name)

    @staticmethod
    def _drop(index: Any, key: Any, member: str) -> None:
        members = index.get(key)
        if members is not None:
            members.pop(member, None)
            if not members:
                del index[key]

    def put(self, kind: Kind, body: Obj) -> Entry:
        """Store `body` under the next version (which is written into it) and tell everybody."""
        meta = body["metadata"]
        old = self._entries[kind].get((meta.get("namespace", ""), meta["name"]))
        self.version += 1
        meta["resourceVersion"] = str(self.version)
        raw = kind.head + dump({key: part for key, part in body.items() if key not in ("kind", "apiVersion")})[1:]
        entry = self._entry(kind, body, raw)
        if old is not None:
            self._forget(old)
        self._index(entry)
        self._write("REPLACE INTO objects VALUES (?, ?, ?, ?)", (kind.resource, entry.namespace, entry.name, raw))
        self._tell(Change(self.version, "MODIFIED" if old else "ADDED", entry, old))
        return entry

    def remove(self, old: Entry) -> Entry:
        """Take an object away; the answer is its last state, with the version of the deletion."""
        self.version += 1
        body = old.body()
        body["metadata"]["resourceVersion"] = str(self.version)
        entry = self._entry(old.kind, body, dump(body))
        del self._entries[old.kind][old.namespace, old.name]
        names = self._names[old.kind][old.namespace]
        del names[bisect_left(names, old.name)]
        self._forget(old)
        key = (old.kind.resource, old.namespace, old.name)
        self._write("DELETE FROM objects WHERE kind = ? AND namespace = ? AND name = ?", key)
        self._tell(Change(self.version, "DELETED", entry, old))
        return entry

    def _tell(self, change: Change) -> None:
        self.logs[change.entry.kind].add(change)
        for listener in self.listeners:
            listener(change)

    def get(self, kind: Kind, namespace: str, name: str) -> Entry | None:
        """One object, or None."""
        return self._entries[kind].get((namespace, name))

    def by_uid(self, uid: str) -> Entry | None:
        """The object with that UID, or None."""
        return self._by_uid.get(uid)

    def owned(self, uid: str, kind: Kind | None = None) -> list[Entry]:
        """The objects that name `uid` as an owner, by name."""
        entries = [entry for entry in self._owned.get(uid, {}).values() if kind is None or entry.kind is kind]
        return sorted(entries, key=lambda entry: entry.name)

    def selected(self, namespace: str, selector: Labels) -> list[Entry]:
        """The Pods of a namespace that carry every pair of `selector` (which is not empty), by name."""
        groups = [self._by_pair.get((POD, namespace, *pair), {}) for pair in selector.items()]
        smallest = min(groups, key=len)
        return [smallest[name] for name in sorted(smallest) if covers(selector, smallest[name].labels)]

    def selecting(self, namespace: str, labels: Labels) -> set[str]:
        """The names of the Services of a namespace whose selector matches `labels`."""
        groups = [self._by_pair.get((SERVICE, namespace, *pair), {}) for pair in labels.items()]
        return {name for group in groups for name, entry in group.items() if covers(entry.pairs, labels)}

    def count(self, kind: Kind, namespace: str | None = None) -> int:
        """How many there are."""
        if namespace is None:
            return len(self._entries[kind])
        return len(self._names[kind].get(namespace, ()))

    def scan(self, kind: Kind, namespace: str | None = None, after: tuple[str, str] = ("", "")) -> Iterator[Entry]:
        """The objects in the order of namespace and name, from behind `after` on."""
        names = self._names[kind]
        entries = self._entries[kind]
        for space in sorted(names) if namespace is None else [namespace]:
            if space < after[0]:
                continue
            known = names.get(space, [])
            start = bisect_right(known, after[1]) if space == after[0] else 0
            for name in known[start:]:
                yield entries[space, name]
