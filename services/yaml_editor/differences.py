"""Two texts as rows of a diff, and two people's changes as rows of a merge."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from typing import Any, Literal

from services import words
from services.manifests.diff import changes
from services.manifests.entries import aligned
from services.manifests.lines import opcodes
from services.manifests.merge import Merged, merge
from services.manifests.paths import EntryKey, Path, format_path
from services.manifests.tree import MISSING

Sides = tuple[Any, Any, Any]
"""A document as stored, as you have it, and as you opened it."""
LONGEST = 200
MOST_LINES = 2000
_CONTEXT = 2  # lines that are the same, shown around what differs
_LEAST_SKIPPED = 4
_BEFORE_UNIT = re.compile(r"(?<=\d)(?=[KMGTPE]i?$)")


@dataclass(frozen=True, slots=True)
class Note:
    """Who set the field of a line, a person or a program, and when: epoch seconds. `manager`: another program that
    keeps the field and may overwrite it; then the others are empty."""

    who: str = ""
    at: float | None = None
    manager: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a diff: numbers before and after (None: not there), its text in three pieces, the middle changed.

    `skip`: `count` lines that are the same, and in `head` the fields that hold the next line; `cut`: `count` more rows
    are not shown. `note`: beside the first line of a field that changes, where it is known who set it.
    """

    kind: Literal["same", "gone", "new", "skip", "cut"]
    before: int | None = None
    after: int | None = None
    head: str = ""
    changed: str = ""
    tail: str = ""
    count: int = 0
    note: Note | None = None


def diff_lines(before: str, after: str) -> tuple[Line, ...]:
    """The lines that differ, with their surroundings; of a very large difference its beginning."""
    lines = tuple(_lines(before.splitlines(), after.splitlines()))
    if all(line.kind in ("same", "skip") for line in lines):
        return ()
    return (*lines[:MOST_LINES], Line("cut", count=len(lines) - MOST_LINES)) if len(lines) > MOST_LINES else lines


def differing(lines: Sequence[Line]) -> int:
    """How many of these lines differ: one that changed is there twice, before and after."""
    pairs = pairwise((Line("same"), *lines))
    return sum(line.kind == "gone" or (line.kind == "new" and before.kind != "gone") for before, line in pairs)


def _lines(old: list[str], new: list[str]) -> Iterator[Line]:
    """Both texts line by line, a changed line before what it became; long stretches that are the same are one line."""
    blocks = list(opcodes(old, new))
    for number, (tag, i1, i2, j1, j2) in enumerate(blocks):
        if tag == "equal":
            head, tail = (0 if number == 0 else _CONTEXT), (0 if number == len(blocks) - 1 else _CONTEXT)
            skipped = i2 - i1 - head - tail
            shown = range(i1, i2) if skipped < _LEAST_SKIPPED else (*range(i1, i1 + head), None, *range(i2 - tail, i2))
            for at in shown:
                if at is None:
                    yield Line("skip", count=skipped, head=_around(old, i2 - tail) if tail else "")
                else:
                    yield Line("same", at + 1, at + j1 - i1 + 1, old[at])
            continue
        for i, j in zip_longest(range(i1, i2), range(j1, j2)):
            if i is None:
                yield Line("new", None, j + 1, new[j])
            elif j is None:
                yield Line("gone", i + 1, None, old[i])
            else:
                before, after = _pieces(old[i], new[j])
                yield Line("gone", i + 1, None, *before)
                yield Line("new", None, j + 1, *after)


def _around(lines: list[str], at: int) -> str:
    """The fields that hold a line of YAML: "spec.template". An entry of a list is one deeper than its dash."""
    keys: list[str] = []
    depth = _depth(lines[at])
    for line in reversed(lines[:at]):
        if line.strip() and _depth(line) < depth:
            depth = _depth(line)
            keys += [] if line.lstrip().startswith("- ") else [line.strip().partition(":")[0]]
        if not depth:
            break
    return ".".join(reversed(keys))


def _depth(line: str) -> int:
    bare = line.lstrip()
    return len(line) - len(bare) + bare.startswith("- ")


def _pieces(old: str, new: str) -> tuple[tuple[str, str, str], ...]:
    """Both lines in three pieces, the middle changed: what they have in common at their start and at their end stands
    around it; of a word that only became longer or shorter nothing, so that the whole word is marked in both lines."""
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
    return tuple((line[:start], line[start : len(line) - end], line[len(line) - end :]) for line in (old, new))


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
    numbered: str = ""  # the path with the numbers of entries, as kubectl takes it

    def inside(self) -> str:
        """What people call the field within the entry of a list that `key` names; "" where that has no name."""
        at = max((at for at, step in enumerate(self.place) if isinstance(step, EntryKey)), default=-1)
        below = self.place[at + 1 :]
        known = words.inside(below, str(self.place[at - 1])) if at >= 0 and below else ""
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
    fields = []
    for conflict in result.conflicts:
        path, values = _narrowed(conflict.path, (conflict.base, conflict.stored, conflict.yours))
        opened, saved, typed = (_text(value, path) for value in values)
        own = format_path(conflict.path)
        fields.append(Field(_words(path, sides), own, "clash", opened, saved, typed, chosen.get(own, ""), path))
    fields += _fitting(sides, [conflict.path for conflict in result.conflicts])
    shown = (replace(field, numbered=format_path(numbered(field.place, sides))) for field in fields)
    return Merge(tuple(shown), result.document, len(result.conflicts))


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


def _fitting(sides: Sides, clashes: list[Path]) -> Iterator[Field]:
    stored, yours, base = sides
    theirs = {change.path: change for change in changes(base, stored)}
    mine = {change.path: change for change in changes(base, yours)}
    for path in [*theirs, *(path for path in mine if path not in theirs)]:
        if any(path[: len(clash)] == clash for clash in clashes):
            continue
        by: Literal["them", "you", "both"] = "you" if path not in theirs else "both" if path in mine else "them"
        was = (theirs.get(path) or mine[path]).old
        now = (theirs[path].new if path in theirs else was, mine[path].new if path in mine else was)
        place, values = _narrowed(path, (was, *now))
        opened, saved, typed = (_text(value, place) for value in values)
        yield Field(_words(place, sides), format_path(path), by, opened, saved, typed, place=place)


def _narrowed(path: Path, values: Sides) -> tuple[Path, Sides]:
    """A map of which the sides have one field only is shown as that field: `limits.memory` instead of `limits`."""
    while path and not isinstance(path[-1], EntryKey):
        maps = [value for value in values if value is not MISSING]
        keys = {key for value in maps if isinstance(value, dict) for key in value}
        if len(keys) != 1 or not all(isinstance(value, dict) for value in maps):
            break
        key = keys.pop()
        path = (*path, key)
        first, second, third = (MISSING if value is MISSING else value.get(key, MISSING) for value in values)
        values = (first, second, third)
    return path, values


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


def numbered(path: Path, documents: Iterable[Any]) -> Path:
    """The path with the number of each entry of a list instead of its key, where one of the documents has it."""
    for document in documents:
        steps: list[str | int] = []
        for step in path:
            entries: Any = (aligned(document) or ({},))[0] if isinstance(step, EntryKey) else document
            if isinstance(step, EntryKey) and step not in entries:
                break
            steps.append(list(entries).index(step) if isinstance(step, EntryKey) else step)
            document = entries.get(step) if isinstance(entries, dict) else None
        else:
            return tuple(steps)
    return path


def _flow(value: Any, *, outer: bool = False) -> str:
    """A value on one line, as YAML writes it, but without the outermost brackets: "name: A, value: b"."""
    if isinstance(value, dict) and value:
        text = ", ".join(f"{key}: {_flow(below)}" for key, below in value.items())
        return text if outer else f"{{{text}}}"
    if isinstance(value, list) and value:
        text = ", ".join(map(_flow, value))
        return text if outer else f"[{text}]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text(value: Any, path: Path) -> str:
    """A value on one line, with its unit where the field is known to have one: "10800 s", "512 Mi"."""
    if value is MISSING:
        return ""
    text = _flow(value, outer=True)
    if type(value) is int and str(path[-1]).endswith("Seconds"):
        return f"{text} s"
    if isinstance(value, str) and path[-2:-1] in (("limits",), ("requests",)):
        text = _BEFORE_UNIT.sub(" ", text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
