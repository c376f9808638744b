"""Two texts as rows of a diff, and two people's changes as rows of a merge."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from services.manifests.diff import Change, Conflict, changes, merge, side_by_side
from services.manifests.paths import Path, format_path
from services.manifests.tree import MISSING

LONGEST = 200
MOST_LINES = 2000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a diff: numbers before and after (None: not there), its text in three pieces, the middle changed.

    `skip`: `count` lines that are the same; `cut`: `count` more rows are not shown.
    """

    kind: Literal["same", "gone", "new", "skip", "cut"]
    before: int | None = None
    after: int | None = None
    head: str = ""
    changed: str = ""
    tail: str = ""
    count: int = 0


def diff_lines(before: str, after: str) -> tuple[Line, ...]:
    """The lines that differ, with their surroundings; of a very large difference its beginning."""
    found = tuple(_lines(before, after))
    if all(line.kind in ("same", "skip") for line in found):
        return ()
    return (*found[:MOST_LINES], Line("cut", count=len(found) - MOST_LINES)) if len(found) > MOST_LINES else found


def _lines(before: str, after: str) -> Iterator[Line]:
    for row in side_by_side(before, after):
        if row.kind == "skipped":
            yield Line("skip", count=row.count)
        elif row.kind == "same":
            yield Line("same", row.old_number, row.new_number, row.old)
        else:
            paired = row.kind == "changed"
            start, end = _common(row.old, row.new) if paired else (0, 0)
            if row.old_number is not None:
                yield _line("gone", row.old_number, None, row.old, start, end, paired)
            if row.new_number is not None:
                yield _line("new", None, row.new_number, row.new, start, end, paired)


def _line(
    kind: Literal["gone", "new"], before: int | None, after: int | None, text: str, start: int, end: int, paired: bool
) -> Line:
    if not paired:
        return Line(kind, before, after, text)
    stop = len(text) - end
    return Line(kind, before, after, text[:start], text[start:stop], text[stop:])


def _common(one: str, other: str) -> tuple[int, int]:
    """How many characters two lines have in common at their start and at their end."""
    most = min(len(one), len(other))
    start = next((i for i in range(most) if one[i] != other[i]), most)
    end = next((i for i in range(most - start) if one[-1 - i] != other[-1 - i]), most - start)
    return start, end


@dataclass(frozen=True, slots=True)
class Field:
    """A field that differs between the version that was opened, the stored one and yours.

    `by`: who changed it: them, you, both (to the same value), clash (each to another).
    """

    key: str
    path: str
    by: Literal["them", "you", "both", "clash"]
    base: str
    stored: str
    yours: str
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class Merge:
    """Two changes of one object brought together; at a clash `document` has what is stored."""

    fields: tuple[Field, ...]
    document: dict[str, Any]
    clashes: int

    @property
    def theirs(self) -> tuple[str, ...]:
        """The paths that were changed meanwhile."""
        return tuple(field.path for field in self.fields if field.by != "you")

    @property
    def fitting(self) -> int:
        """How many fields need no choice."""
        return len(self.fields) - self.clashes


def merged(base: Any, stored: Any, yours: Any, chosen: Mapping[str, str] | None = None) -> Merge:
    """The merge as a page shows it; `chosen`: "stored" or "yours" by the path of a clash."""
    result = merge(base, stored, yours)
    chosen = chosen or {}
    clashes = tuple(_clash(conflict, chosen) for conflict in result.conflicts)
    fitting = _fitting(base, stored, yours, [conflict.path for conflict in result.conflicts])
    return Merge((*clashes, *fitting), result.document, len(clashes))


def resolved(base: Any, stored: Any, yours: Any, chosen: Mapping[str, str]) -> dict[str, Any] | None:
    """The merged document with a choice for every clash, or None while one is open or cannot be told by its path."""
    result = merge(base, stored, yours)
    document: dict[str, Any] = deepcopy(result.document)
    for conflict in result.conflicts:
        choice = chosen.get(format_path(conflict.path))
        if choice not in ("stored", "yours"):
            return None
        if choice == "yours" and not _put(document, conflict):
            return None
    return document


def _put(document: Any, conflict: Conflict) -> bool:
    """Put your side of a clash into the merged document, if the place is what it is said to be."""
    *above, last = conflict.path
    place = document
    for step in above:
        place = _step(place, step)
    if _step(place, last) != conflict.stored:
        return False
    if conflict.yours is MISSING:
        del place[last]
    else:
        place[last] = deepcopy(conflict.yours)
    return True


def _step(place: Any, step: str | int) -> Any:
    if isinstance(place, dict) and isinstance(step, str):
        return place.get(step, MISSING)
    if isinstance(place, list) and isinstance(step, int) and step < len(place):
        return place[step]
    return MISSING


def _clash(conflict: Conflict, chosen: Mapping[str, str]) -> Field:
    path = format_path(conflict.path)
    base, stored, yours = (_text(side) for side in (conflict.base, conflict.stored, conflict.yours))
    return Field(_key(conflict.path), path, "clash", base, stored, yours, chosen.get(path, ""))


def _fitting(base: Any, stored: Any, yours: Any, clashes: list[Path]) -> Iterator[Field]:
    theirs = {change.path: change for change in changes(base, stored)}
    mine = {change.path: change for change in changes(base, yours)}
    for path in [*theirs, *(path for path in mine if path not in theirs)]:
        if any(path[: len(clash)] == clash for clash in clashes):
            continue
        yield _fit(path, theirs.get(path), mine.get(path))


def _fit(path: Path, theirs: Change | None, mine: Change | None) -> Field:
    one = theirs or mine
    assert one is not None  # noqa: S101 - the path is of one of them
    base = _text(one.old)
    by: Literal["them", "you", "both"] = "both" if theirs and mine else "them" if theirs else "you"
    stored = _text(theirs.new) if theirs else base
    return Field(_key(path), format_path(path), by, base, stored, _text(mine.new) if mine else base)


def _key(path: Path) -> str:
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _text(value: Any) -> str:
    if value is MISSING:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
