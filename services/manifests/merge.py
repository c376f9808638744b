"""Two people's changes of one document brought together."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.manifests.diff import alike
from services.manifests.entries import aligned, has_same_keys, in_order
from services.manifests.paths import Path
from services.manifests.tree import MISSING

_SETS = ("finalizers",)


@dataclass(frozen=True)
class Conflict:
    """A place that both changed, each to something else."""

    path: Path
    base: Any
    stored: Any
    yours: Any


@dataclass(frozen=True)
class Merged:
    """``document`` has both sides' changes; at a conflict it has the side that was chosen, else the stored one."""

    document: Any
    conflicts: tuple[Conflict, ...]


def merge(base: Any, stored: Any, yours: Any, take_yours: Container[Path] = ()) -> Merged:
    """A three-way merge by path: what only one side changed is taken, what both changed alike too. Entries of a list
    are merged by their key (containers by name, ports by number and protocol), other lists as one value.
    ``take_yours``: the conflicts that were decided for your side."""
    merging = _Merging(take_yours)
    return Merged(merging.value(base, stored, yours, ()), tuple(merging.conflicts))


@dataclass
class _Merging:
    take_yours: Container[Path]
    conflicts: list[Conflict] = field(default_factory=list)

    def value(self, base: Any, stored: Any, yours: Any, path: Path) -> Any:
        if alike(stored, yours) or alike(base, yours):
            return stored
        if alike(base, stored):
            return yours
        if isinstance(stored, dict) and isinstance(yours, dict):
            return self._map(base if isinstance(base, dict) else {}, stored, yours, path)
        if isinstance(stored, list) and isinstance(yours, list):
            return self._list(base if isinstance(base, list) else [], stored, yours, path)
        if isinstance(base, list):
            return self._emptied(base, stored, yours, path)
        return self._conflict(base, stored, yours, path)

    def _emptied(self, base: list[Any], stored: Any, yours: Any, path: Path) -> Any:
        """A list of which one side took the last entry: the server then stores no list; it counts as an empty one."""
        first, second = ([] if side is MISSING else side for side in (stored, yours))
        if aligned(base, first, second) is None:
            return self._conflict(base, stored, yours, path)
        return self._list(base, first, second, path) or MISSING

    def _conflict(self, base: Any, stored: Any, yours: Any, path: Path) -> Any:
        self.conflicts.append(Conflict(path, base, stored, yours))
        return yours if path in self.take_yours else stored

    def _map(self, base: Mapping[str, Any], stored: Mapping[str, Any], yours: Mapping[str, Any], path: Path) -> Any:
        return self._by_key([*stored, *(key for key in yours if key not in stored)], (base, stored, yours), path)

    def _by_key(self, keys: Iterable[Any], sides: Iterable[Mapping[Any, Any]], path: Path) -> dict[Any, Any]:
        """The merged values under these keys, without those that are no more."""
        merged = {}
        for key in keys:
            was, theirs, mine = (side.get(key, MISSING) for side in sides)
            value = self.value(was, theirs, mine, (*path, key))
            if value is not MISSING:
                merged[key] = value
        return merged

    def _list(self, base: list[Any], stored: list[Any], yours: list[Any], path: Path) -> Any:
        if path and path[-1] in _SETS:
            return [name for name in stored if name in yours or name not in base] + [
                name for name in yours if name not in base and name not in stored
            ]
        sides = aligned(base, stored, yours)
        order = in_order(*sides) if sides else None
        if sides is None or order is None:
            return self._conflict(base, stored, yours, path)
        known = len(self.conflicts)
        merged = list(self._by_key(order, sides, path).values())
        if not has_same_keys(merged, base, stored, yours):  # two entries would have one key
            del self.conflicts[known:]
            return self._conflict(base, stored, yours, path)
        return merged
