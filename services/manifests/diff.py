"""Differences: changed paths, and texts line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from services.manifests.entries import aligned
from services.manifests.lines import opcodes
from services.manifests.paths import Path
from services.manifests.tree import MISSING


@dataclass(frozen=True)
class Change:
    """A changed place. ``old`` and ``new`` are JSON values or ``MISSING``."""

    path: Path
    old: Any
    new: Any


def changes(old: Any, new: Any, path: Path = ()) -> Iterator[Change]:
    """The places where two documents differ, as deep as they can be told apart. Entries of a list are compared by their
    key, where they have one; a list whose order changed is a change of its own."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from changes(old.get(key, MISSING), new.get(key, MISSING), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _changed_entries(old, new, path)
    elif not alike(old, new):
        yield Change(path, old, new)


def _changed_entries(old: list[Any], new: list[Any], path: Path) -> Iterator[Change]:
    sides = aligned(old, new)
    if sides is None:
        for at, (before, after) in enumerate(zip_longest(old, new, fillvalue=MISSING)):
            yield from changes(before, after, (*path, at))
        return
    left, right = sides
    for key in [*left, *(key for key in right if key not in left)]:
        yield from changes(left.get(key, MISSING), right.get(key, MISSING), (*path, key))
    if [key for key in left if key in right] != [key for key in right if key in left]:
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
            continue
        for i, j in zip_longest(range(i1, i2), range(j1, j2)):
            if i is None:
                rows.append(Row("added", None, "", j + 1, right[j]))
            elif j is None:
                rows.append(Row("removed", i + 1, left[i]))
            else:
                rows.append(Row("changed", i + 1, left[i], j + 1, right[j]))
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


def alike(left: Any, right: Any) -> bool:
    """Equal as JSON: ``True`` is not 1, and the order of fields does not matter."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(alike(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(alike(*pair) for pair in zip(left, right, strict=True))
    return left is right or (type(left) is type(right) and bool(left == right))
