"""Differences: changed paths, texts line by line, and the merge of two people's changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.manifests.lines import opcodes
from services.manifests.paths import Path
from services.manifests.tree import MISSING

NAME_KEYS = ("name", "mountPath", "containerPort", "port", "key", "ip")


@dataclass(frozen=True)
class Change:
    """A changed place. ``old`` and ``new`` are JSON values or ``MISSING``."""

    path: Path
    old: Any
    new: Any


def changes(old: Any, new: Any, path: Path = ()) -> Iterator[Change]:
    """The places where two documents differ, as deep as they can be told apart."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from changes(old.get(key, MISSING), new.get(key, MISSING), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for at in range(max(len(old), len(new))):
            left = old[at] if at < len(old) else MISSING
            yield from changes(left, new[at] if at < len(new) else MISSING, (*path, at))
    elif not _alike(old, new):
        yield Change(path, old, new)


@dataclass(frozen=True)
class Row:
    """One line of both texts side by side. ``kind``: same | changed | added | removed | skipped (``count`` lines left
    out). Numbers count from 1, ``None`` where a side has no line."""

    kind: str
    old_number: int | None = None
    old: str = ""
    new_number: int | None = None
    new: str = ""
    count: int = 0


def side_by_side(old: str, new: str, *, context: int = 3) -> tuple[Row, ...]:
    """Both texts line by line; long stretches that are the same are one *skipped* row."""
    left, right = old.splitlines(), new.splitlines()
    rows: list[Row] = []
    blocks = list(opcodes(left, right))
    for number, (tag, i1, i2, j1, j2) in enumerate(blocks):
        if tag == "equal":
            rows += _same(left, (i1, i2, j1), context, first=number == 0, last=number == len(blocks) - 1)
        else:
            rows += _different(left[i1:i2], right[j1:j2], i1, j1)
    return tuple(rows)


def _same(lines: list[str], place: tuple[int, int, int], context: int, *, first: bool, last: bool) -> Iterator[Row]:
    i1, i2, j1 = place
    head, tail = (0 if first else context), (0 if last else context)
    skipped = i2 - i1 - head - tail
    for at in range(i1, i2):
        if skipped > 1 and head <= at - i1 < head + skipped:
            if at - i1 == head:
                yield Row("skipped", count=skipped)
            continue
        yield Row("same", at + 1, lines[at], j1 + at - i1 + 1, lines[at])


def _different(old: list[str], new: list[str], i: int, j: int) -> Iterator[Row]:
    for at in range(max(len(old), len(new))):
        if at >= len(old):
            yield Row("added", None, "", j + at + 1, new[at])
        elif at >= len(new):
            yield Row("removed", i + at + 1, old[at])
        else:
            yield Row("changed", i + at + 1, old[at], j + at + 1, new[at])


@dataclass(frozen=True)
class Conflict:
    """A place that both changed, each to something else."""

    path: Path
    base: Any
    stored: Any
    yours: Any


@dataclass(frozen=True)
class Merged:
    """``document`` has both sides' changes; at a conflict it has the stored side's."""

    document: Any
    conflicts: tuple[Conflict, ...]


def merge(base: Any, stored: Any, yours: Any) -> Merged:
    """A three-way merge by path: what only one side changed is taken, what both changed alike too. Lists of named
    entries (containers, ports, volumes) are merged by name, other lists as one value."""
    conflicts: list[Conflict] = []
    return Merged(_merged(base, stored, yours, (), conflicts), tuple(conflicts))


def _merged(base: Any, stored: Any, yours: Any, path: Path, conflicts: list[Conflict]) -> Any:
    if _alike(stored, yours) or _alike(base, yours):
        return stored
    if _alike(base, stored):
        return yours
    if isinstance(stored, dict) and isinstance(yours, dict):
        return _merged_maps(base if isinstance(base, dict) else {}, stored, yours, path, conflicts)
    key = _name_key(base, stored, yours)
    if key is not None:
        return _merged_lists(key, (base, stored, yours), path, conflicts)
    conflicts.append(Conflict(path, base, stored, yours))
    return stored


def _merged_maps(base: Any, stored: Any, yours: Any, path: Path, conflicts: list[Conflict]) -> Any:
    merged = {}
    for key in [*stored, *(key for key in yours if key not in stored)]:
        was, theirs, mine = (side.get(key, MISSING) for side in (base, stored, yours))
        value = _merged(was, theirs, mine, (*path, key), conflicts)
        if value is not MISSING:
            merged[key] = value
    return merged


def _merged_lists(key: str, sides: tuple[Any, Any, Any], path: Path, conflicts: list[Conflict]) -> list[Any]:
    base, stored, yours = ({entry[key]: entry for entry in side} for side in sides)
    merged = []
    for at, name in enumerate([*stored, *(name for name in yours if name not in stored)]):
        was, theirs, mine = (side.get(name, MISSING) for side in (base, stored, yours))
        value = _merged(was, theirs, mine, (*path, at), conflicts)
        if value is not MISSING:
            merged.append(value)
    return merged


def _name_key(*lists: Any) -> str | None:
    """The field that tells the entries of all these lists apart, if there is one."""
    if not all(isinstance(entries, list) and all(isinstance(e, dict) for e in entries) for entries in lists):
        return None
    for key in NAME_KEYS:
        names = [[entry.get(key) for entry in entries] for entries in lists]
        if all(_distinct(some) for some in names):
            return key
    return None


def _distinct(names: list[Any]) -> bool:
    return all(isinstance(name, (str, int)) and name != "" for name in names) and len(set(names)) == len(names)


def _alike(one: Any, other: Any) -> bool:
    """Equal as JSON: ``True`` is not 1, and the order of fields does not matter."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_alike(*pair) for pair in zip(one, other, strict=True))
    return one is other or (type(one) is type(other) and bool(one == other))
