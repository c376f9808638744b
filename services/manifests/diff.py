"""Differences of two documents: the paths that changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from services.manifests.entries import aligned
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


def alike(left: Any, right: Any) -> bool:
    """Equal as JSON: ``True`` is not 1, and the order of fields does not matter."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(alike(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(alike(*pair) for pair in zip(left, right, strict=True))
    return left is right or (type(left) is type(right) and bool(left == right))
