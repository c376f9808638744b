"""Two texts as rows of a diff, and two people's changes as rows of a merge."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from services import words
from services.manifests.diff import Change, changes, side_by_side
from services.manifests.entries import aligned
from services.manifests.merge import Conflict, Merged, merge
from services.manifests.paths import EntryKey, Path, format_path
from services.manifests.tree import MISSING

Sides = tuple[Any, Any, Any]
"""A document as stored, as you have it, and as you opened it."""
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
    lines = tuple(_lines(before, after))
    if all(line.kind in ("same", "skip") for line in lines):
        return ()
    return (*lines[:MOST_LINES], Line("cut", count=len(lines) - MOST_LINES)) if len(lines) > MOST_LINES else lines


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


def _common(old: str, new: str) -> tuple[int, int]:
    """How many characters two lines have in common at their start and at their end; of a word that only became longer
    or shorter none, so that the whole word is marked in both lines."""
    most = min(len(old), len(new))
    start = next((i for i in range(most) if old[i] != new[i]), most)
    end = next((i for i in range(most - start) if old[-1 - i] != new[-1 - i]), most - start)
    longer = max(old, new, key=len)
    if start + end == most:
        stop = len(longer) - end
        if start and not longer[start - 1 : start + 1].count(" "):
            start = longer.rfind(" ", 0, start) + 1
        if end and not longer[stop - 1 : stop + 1].count(" "):
            end -= len(longer[stop:].partition(" ")[0])
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
    place: Path = ()

    def inside(self) -> str:
        """What people call the field within the entry of a list that `key` names; "" where that has no name."""
        at = max((at for at, step in enumerate(self.place) if isinstance(step, EntryKey)), default=-1)
        below = self.place[at + 1 :]
        known = words.inside(below) if at >= 0 and below else ""
        return known if known != format_path(below) else ""


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


def choices(posted: Mapping[str, str]) -> dict[str, str]:
    """The side that a page says was chosen for each clash, by its path."""
    sides = {key: str(value) for key, value in posted.items() if key.startswith("clash:")}
    return {key.removeprefix("clash:"): side for key, side in sides.items() if side in ("stored", "yours")}


def merged(base: Any, stored: Any, yours: Any, chosen: Mapping[str, str] | None = None) -> Merge:
    """The merge as a page shows it; `chosen`: "stored" or "yours" by the path of a clash."""
    chosen = chosen or {}
    result = _decided(base, stored, yours, chosen)
    sides = (stored, yours, base)
    clashes = tuple(_clash(conflict, chosen, sides) for conflict in result.conflicts)
    fitting = _fitting(sides, [conflict.path for conflict in result.conflicts])
    return Merge((*clashes, *fitting), result.document, len(clashes))


def resolved(base: Any, stored: Any, yours: Any, chosen: Mapping[str, str]) -> dict[str, Any] | None:
    """The merged document with a choice for every clash, or None while one is open."""
    result = _decided(base, stored, yours, chosen)
    if any(chosen.get(format_path(conflict.path)) not in ("stored", "yours") for conflict in result.conflicts):
        return None
    document: dict[str, Any] = deepcopy(result.document)
    return document


def _decided(base: Any, stored: Any, yours: Any, chosen: Mapping[str, str]) -> Merged:
    """The merge with what was chosen for the clashes."""
    result = merge(base, stored, yours)
    mine = {conflict.path for conflict in result.conflicts if chosen.get(format_path(conflict.path)) == "yours"}
    return merge(base, stored, yours, mine) if mine else result


def _clash(conflict: Conflict, chosen: Mapping[str, str], sides: Sides) -> Field:
    path = format_path(conflict.path)
    base, stored, yours = (_text(side) for side in (conflict.base, conflict.stored, conflict.yours))
    return Field(_words(conflict.path, sides), path, "clash", base, stored, yours, chosen.get(path, ""), conflict.path)


def _fitting(sides: Sides, clashes: list[Path]) -> Iterator[Field]:
    stored, yours, base = sides
    theirs = {change.path: change for change in changes(base, stored)}
    mine = {change.path: change for change in changes(base, yours)}
    for path in [*theirs, *(path for path in mine if path not in theirs)]:
        if any(path[: len(clash)] == clash for clash in clashes):
            continue
        yield _fit(path, theirs.get(path), mine.get(path), sides)


def _fit(path: Path, theirs: Change | None, mine: Change | None, sides: Sides) -> Field:
    change = theirs or mine
    assert change is not None  # noqa: S101 - the path is of one of them
    base = _text(change.old)
    by: Literal["them", "you", "both"] = "both" if theirs and mine else "them" if theirs else "you"
    stored = _text(theirs.new) if theirs else base
    yours = _text(mine.new) if mine else base
    return Field(_words(path, sides), format_path(path), by, base, stored, yours, place=path)


def _words(path: Path, sides: Sides) -> str:
    """What people call the field: an entry of a list by its name, where one of the sides gives it one."""
    *above, last = path
    at = max((at for at, step in enumerate(path) if isinstance(step, EntryKey)), default=-1)
    if at >= 0:
        names = (_name_in(side, path[: at + 1]) for side in sides)
        return words.entry(path[: at + 1], next(filter(None, names), ""))
    return words.field(tuple(above), str(last)) if path else ""


def _name_in(document: Any, path: Path) -> str:
    """The name of the entry of a list at a path, "" without one."""
    for step in path:
        if isinstance(step, EntryKey):
            document = (aligned(document) or ({},))[0].get(step, {})
        else:
            document = document.get(step, {}) if isinstance(document, dict) else {}
    name = document.get("name") if isinstance(document, dict) else ""
    return name if isinstance(name, str) else ""


def _flow(value: Any, *, outer: bool = False) -> str:
    """A value on one line, as YAML writes it, but without the outermost brackets: "name: A, value: b"."""
    if isinstance(value, dict) and value:
        text = ", ".join(f"{key}: {_flow(below)}" for key, below in value.items())
        return text if outer else f"{{{text}}}"
    if isinstance(value, list) and value:
        text = ", ".join(map(_flow, value))
        return text if outer else f"[{text}]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text(value: Any) -> str:
    if value is MISSING:
        return ""
    text = _flow(value, outer=True)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
