"""Where the cursor is in a YAML text that is being written, and so may not be valid yet: by its indentation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.manifests.paths import Path
from services.manifests.yamlio import MAX_DEPTH

_LINE = re.compile(r"(?P<indent> *)(?P<dashes>(?:- +)*)(?P<rest>.*)")
_KEY = re.compile(r"(?P<key>\"[^\"]*\"|'[^']*'|[^\s:#\"'](?:[^:#]*[^\s:#])?)\s*:(?:\s+(?P<value>.*)|$)")
_TOP = re.compile(r"(apiVersion|kind):\s*[\"']?([A-Za-z0-9./]+)", re.MULTILINE)


@dataclass(frozen=True)
class Cursor:
    """``path`` of the map whose field is being typed, or, with ``in_value``, of the field whose value is; ``typed`` so
    far; ``api_version`` and ``kind`` of the document; ``siblings``: fields that the map has on other lines."""

    path: Path
    typed: str
    in_value: bool
    api_version: str
    kind: str
    siblings: frozenset[str]


@dataclass(frozen=True)
class _Line:
    column: int  # of the key
    dashes: tuple[int, ...]  # columns of the dashes before it
    key: str
    value: str | None  # None: no colon yet


def cursor_at(text: str, line: int, column: int) -> Cursor:
    """The cursor at ``line`` (from 1) and ``column`` (from 1, before that character)."""
    lines = text.split("\n")  # with the empty one after the last line break
    at = min(max(line, 1), len(lines)) - 1
    marks = [number for number, text_line in enumerate(lines) if text_line.startswith("---")]
    start = max((number + 1 for number in marks if number < at), default=0)
    end = min((number for number in marks if number > at), default=len(lines))
    cursor_line = _parsed(lines[at][: max(column - 1, 0)], partial=True) or _Line(max(column - 1, 0), (), "", None)
    parsed = [(number, _parsed(lines[number])) for number in range(start, end) if number != at]
    above = [parsed_line for number, parsed_line in parsed if number < at and parsed_line is not None]
    below = [parsed_line for number, parsed_line in parsed if number > at and parsed_line is not None]
    path, siblings = _way_up(cursor_line, above)
    for other in below:
        if other.column < cursor_line.column or (other.dashes and other.dashes[0] < cursor_line.column):
            break
        if other.column == cursor_line.column and other.value is not None:
            siblings.add(other.key)
    top = dict(_TOP.findall("\n".join(lines[start:end])))
    in_value = cursor_line.value is not None
    return Cursor(
        path=(*path, cursor_line.key) if in_value else path,
        typed=(cursor_line.value or "") if in_value else cursor_line.key,
        in_value=in_value,
        api_version=top.get("apiVersion", ""),
        kind=top.get("kind", ""),
        siblings=frozenset(siblings),
    )


def _parsed(line: str, *, partial: bool = False) -> _Line | None:
    """A line's key and where it stands; ``None`` for blank lines and comments."""
    match = _LINE.match(line.rstrip() + " " if line.rstrip().endswith("-") else line)
    if match is None or (not match["rest"].strip() and not partial) or match["rest"].startswith("#"):
        return None
    indent = len(match["indent"])
    dashes = tuple(indent + dash.start() for dash in re.finditer("-", match["dashes"]))
    column = indent + len(match["dashes"])
    key = _KEY.fullmatch(match["rest"])
    if key is not None:
        return _Line(column, dashes, key["key"].strip("\"'"), key["value"] or "")
    return _Line(column, dashes, match["rest"].strip(), None)


def _way_up(cursor_line: _Line, above: list[_Line]) -> tuple[Path, set[str]]:
    """The path of the map around the cursor's line, and the fields above it in that map."""
    path: list[str | int] = []
    siblings: set[str] = set()
    level, dashes = cursor_line.column, list(cursor_line.dashes)
    while dashes:
        level = dashes.pop()
        path.append(0)
    own = not path
    for line in reversed(above):
        if line.column == level and own and not path and line.value is not None:
            siblings.add(line.key)
        path, level = _step(line, path, level)
        if level == 0 and path and path[-1] != 0:
            break
    return tuple(reversed(path)), siblings


def _step(line: _Line, path: list[str | int], level: int) -> tuple[list[str | int], int]:
    """One line further up: is it the parent, or the start of the list's entry?"""
    in_list = bool(path) and path[-1] == 0
    opens = line.value is not None and not (line.value or "").strip("|>-+ ")
    if opens and (line.column < level or (in_list and line.column <= level)):
        path, level = [*path, line.key], line.column
    elif line.column != level:
        return path, level
    for dash in reversed(line.dashes):
        if dash < level and len(path) < MAX_DEPTH:  # what is deeper is refused anyway
            path, level = [*path, 0], dash
    return path, level
