"""YAML and JSON in: one loader, guarded before anything is built, strict about what it builds.

Accepted is what JSON can say, written in a subset of YAML 1.2: no tags, no merge keys, no keys but text, no key twice.
``yes``, ``no``, ``22:22`` and dates are text. Numbers that kubectl and YAML 1.2 read differently (``017``, ``1_000``)
are refused, as are infinities. Aliases are expanded within bounds. Anything else is a ``YamlProblem`` with line and
column, and nothing else is ever raised.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from services.manifests.bundle import Document
from services.manifests.sentences import Sentence, gettext_noop
from services.manifests.yamlout import dump

__all__ = ["MAX_BYTES", "MAX_DOCUMENTS", "Source", "YamlProblem", "decode", "dump", "load"]

MAX_BYTES = 1_000_000
MAX_DOCUMENTS = 200
MAX_DEPTH = 100
MAX_ALIASES = 100
MAX_NODES = 200_000
MAX_DIGITS = 400

Path = tuple[str | int, ...]

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_UNSURE = re.compile(r"[-+]?(?:0[0-9_]+|[1-9][0-9]*_[0-9_]*|0b[01_]+|0[xo][0-9a-fA-F_]+)(?:\.[0-9_]*)?")
_MAYBE_NUMBER = frozenset("0123456789+-.")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class YamlProblem(Exception):
    """What is wrong with a text, and where: ``line`` and ``column`` count from 1."""

    def __init__(self, line: int, column: int, message: Sentence) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.line, self.column, self.message = line, column, message


def load(text: str) -> tuple[Document, ...]:
    """The documents of ``text``; empty ones are left out, a ``List`` is its items. Raises ``YamlProblem``."""
    return Source(text).documents


def decode(data: bytes) -> str:
    """The text of an uploaded file: UTF-8, with or without a byte order mark. Raises ``YamlProblem``."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise YamlProblem(line, 1, Sentence(gettext_noop("The file is not UTF-8 text."))) from None


@dataclass(slots=True)
class _Marks:
    """Where a map or list stands (from 0; a field: its key), and what is below it. A scalar is just a mark."""

    mark: Any
    below: dict[str | int, Any] = field(default_factory=dict)

    @property
    def line(self) -> int:
        return int(self.mark.line)

    @property
    def column(self) -> int:
        return int(self.mark.column)


_NOWHERE = yaml.Mark("", 0, 0, 0, None, 0)


class Source:
    """A text and its documents, with the position of every field. Raises ``YamlProblem`` when made."""

    def __init__(self, text: str) -> None:
        self.text = text
        loaded = _checked(text)
        self._places: list[tuple[Any, Path]] = []
        documents: list[Document] = []
        for value, marks in loaded:
            for document, path in _expanded(value, marks):
                documents.append(document)
                self._places.append((marks, path))
        if len(documents) > MAX_DOCUMENTS:
            _too_many_documents(1, 1)
        self.documents: tuple[Document, ...] = tuple(documents)

    def position(self, index: int, path: Path = ()) -> tuple[int, int]:
        """Line and column (from 1) of the field at ``path`` of document ``index``; of the nearest one above it, where
        the field is not in the text."""
        if not 0 <= index < len(self._places):
            return (1, 1)
        marks, prefix = self._places[index]
        place = _at(marks, (*prefix, *path))
        return (place.line + 1, place.column + 1)


def _checked(text: str) -> list[tuple[Any, Any]]:
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise YamlProblem(1, 1, Sentence(gettext_noop("The text is longer than 1 MB.")))
    bad = _FORBIDDEN.search(text)
    if bad is not None:
        line, start = text.count("\n", 0, bad.start()) + 1, text.rfind("\n", 0, bad.start())
        template = gettext_noop("Character U+%(code)s is not allowed in YAML.")
        raise YamlProblem(line, bad.start() - start, Sentence(template, code=f"{ord(bad.group()):04X}"))
    try:
        return _Builder(text).documents()
    except yaml.YAMLError as error:
        as_json = _from_json(text) if text.lstrip()[:1] in ("{", "[") else None
        if as_json is not None:
            return [as_json]
        raise _problem_of(error, text) from None


def _problem_of(error: yaml.YAMLError, text: str) -> YamlProblem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    lines = text.splitlines() or [""]
    if line > len(lines):  # the parser ended its last line for itself
        line, column = len(lines), len(lines[-1]) + 1
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "")
    if "cannot start any token" in problem:
        message = Sentence(gettext_noop("A value cannot begin with this character. Tabs cannot indent; use spaces."))
    else:
        message = Sentence(gettext_noop("This is not valid YAML: %(problem)s."), problem=problem or "unreadable")
    return YamlProblem(line, column, message)


def _from_json(text: str) -> tuple[Any, Any] | None:
    """JSON that YAML cannot read (escaped surrogate pairs); ``None`` if it is no acceptable JSON either."""

    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        return found if len(found) == len(pairs) else refuse("key twice")

    try:
        value = json.loads(text, object_pairs_hook=once, parse_constant=refuse)
        again = json.dumps(value, ensure_ascii=False, allow_nan=False)
        again.encode()
    except (ValueError, RecursionError):
        return None
    try:
        _Builder(again).documents()  # its bounds
    except yaml.YAMLError:
        return None
    return value, _NOWHERE


def _expanded(value: Any, marks: Any, path: Path = ()) -> list[tuple[Document, Path]]:
    """The documents in ``value``: none for null, the items of a ``List``. Raises ``YamlProblem`` for anything else."""
    if value is None:
        return []
    if not isinstance(value, dict):
        place = _at(marks, path)
        template = gettext_noop("A document must be a set of fields, like “kind: Service”.")
        raise YamlProblem(place.line + 1, place.column + 1, Sentence(template))
    items = value.get("items")
    if value.get("kind") != "List" or not isinstance(items, list):
        return [(value, path)]
    return [found for at, item in enumerate(items) for found in _expanded(item, marks, (*path, "items", at))]


def _at(marks: Any, path: Path) -> Any:
    for step in path:
        if not isinstance(marks, _Marks) or step not in marks.below:
            break
        marks = marks.below[step]
    return marks


def _too_many_documents(line: int, column: int) -> NoReturn:
    raise YamlProblem(line, column, Sentence(gettext_noop("There are more than 200 documents.")))


@dataclass(slots=True)
class _Open:
    """A map or list that is being read."""

    value: Any
    marks: _Marks
    anchor: str | None
    began: int  # nodes counted before it
    height: int = 1
    key: str | None = None


@dataclass(frozen=True, slots=True)
class _Anchor:
    value: Any
    size: int
    height: int


class _Builder:
    """Reads the events of the C parser, which cannot overflow, and builds values without recursion."""

    def __init__(self, text: str) -> None:
        loader = getattr(yaml, "CLoader", yaml.Loader)(text)
        self.next_event = loader.get_event
        self.nodes = self.aliases = 0
        self.last_key = ""
        self.stack: list[_Open] = []
        self.anchors: dict[str, _Anchor] = {}
        self.found: list[tuple[Any, Any]] = []

    def documents(self) -> list[tuple[Any, Any]]:
        handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._map,
            yaml.SequenceStartEvent: self._list,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        while True:
            event = self.next_event()
            handle = handlers.get(type(event))
            if handle is not None:
                handle(event)
            elif isinstance(event, yaml.StreamEndEvent):
                return self.found

    def _document(self, event: Any) -> None:
        self.anchors.clear()
        if len(self.found) >= MAX_DOCUMENTS:
            mark = event.start_mark
            _too_many_documents(mark.line + 1, mark.column + 1)

    def _scalar(self, event: Any) -> None:
        if event.tag is not None:
            self._refuse_tag(event)
        text: str = event.value
        plain = event.implicit[0] and not event.style
        value = self._plain(text, event) if plain and (text in _WORDS or text[0] in _MAYBE_NUMBER) else text
        top = self.stack[-1] if self.stack else None
        if top is not None and top.key is None and type(top.value) is dict:
            self._key(value, event, plain)
        else:
            self._add(value, event, 1)
        if event.anchor:
            self.anchors[event.anchor] = _Anchor(value, 1, 0)

    def _plain(self, text: str, event: Any) -> Any:
        if text in _WORDS:
            return _WORDS[text]
        if len(text) > MAX_DIGITS and text.strip("+-.0123456789eE_") == "":
            self._refuse(event, Sentence(gettext_noop("This number is too long.")))
        if _INT.fullmatch(text):
            return int(text)
        if _BASED.fullmatch(text):
            return int(text, 0)
        if _UNSURE.fullmatch(text):
            template = gettext_noop("%(text)s is not the same number to every reader. Write it in decimal, or quoted.")
            self._refuse(event, Sentence(template, text=text))
        return self._fraction(text, event) if _FLOAT.fullmatch(text) or _ENDLESS.fullmatch(text) else text

    def _fraction(self, text: str, event: Any) -> float:
        number = float(text) if _FLOAT.fullmatch(text) else float("inf")
        if number in (float("inf"), float("-inf")):
            self._refuse(event, Sentence(gettext_noop("%(text)s is not a number that JSON has."), text=text))
        return number

    def _key(self, key: Any, event: Any, plain: bool) -> None:
        top = self.stack[-1]
        self._count(event, 1)
        if not isinstance(key, str):
            template = gettext_noop("A field's name must be text: put %(text)s in quotes.")
            self._refuse(event, Sentence(template, text=event.value or "null"))
        if key == "<<" and plain:
            self._refuse(event, Sentence(gettext_noop("Merge keys (<<) are not allowed: write the fields out.")))
        if key in top.value:
            template = gettext_noop("%(key)s stands here twice, first on line %(line)s.")
            self._refuse(event, Sentence(template, key=key, line=top.marks.below[key].line + 1))
        top.key = key
        top.marks.below[key] = event.start_mark
        top.value[key] = None

    def _map(self, event: Any) -> None:
        self._open(event, {})

    def _list(self, event: Any) -> None:
        self._open(event, [])

    def _open(self, event: Any, value: Any) -> None:
        if event.tag is not None:
            self._refuse_tag(event)
        if len(self.stack) >= MAX_DEPTH:
            self._too_deep(event)
        self.anchors.pop(event.anchor or "", None)
        began = self.nodes
        marks = _Marks(self._add(value, event, 1))
        parent = self.stack[-1] if self.stack else None
        if parent is None:
            self.found[-1] = (value, marks)
        elif type(parent.value) is list:
            parent.marks.below[len(parent.value) - 1] = marks
        else:
            parent.marks.below[self.last_key] = marks
        self.stack.append(_Open(value, marks, event.anchor, began))

    def _end(self, event: Any) -> None:
        done = self.stack.pop()
        if done.anchor:
            self.anchors[done.anchor] = _Anchor(done.value, self.nodes - done.began, done.height)
        if self.stack and self.stack[-1].height <= done.height:
            self.stack[-1].height = done.height + 1

    def _alias(self, event: Any) -> None:
        self.aliases += 1
        anchor = self.anchors.get(event.anchor)
        if self.aliases > MAX_ALIASES:
            self._refuse(event, Sentence(gettext_noop("There are more than 100 aliases.")))
        if anchor is None:
            template = gettext_noop("*%(name)s refers to nothing before it, or to itself.")
            self._refuse(event, Sentence(template, name=event.anchor))
        if len(self.stack) + anchor.height > MAX_DEPTH:
            self._too_deep(event)
        top = self.stack[-1] if self.stack else None
        if top is not None and top.key is None and type(top.value) is dict:
            self._refuse(event, Sentence(gettext_noop("A field's name cannot be an alias.")))
        if top is not None and top.height <= anchor.height:
            top.height = anchor.height + 1
        self._add(anchor.value, event, anchor.size)

    def _add(self, value: Any, event: Any, size: int) -> Any:
        """Put a value where it belongs; returns where that is."""
        self._count(event, size)
        if not self.stack:
            self.found.append((value, event.start_mark))
            return event.start_mark
        top = self.stack[-1]
        if type(top.value) is list:
            mark = top.marks.below[len(top.value)] = event.start_mark
            top.value.append(value)
            return mark
        if top.key is None:
            self._refuse(event, Sentence(gettext_noop("A field's name must be text.")))
        top.value[top.key] = value
        self.last_key, top.key = top.key, None
        return top.marks.below[self.last_key]

    def _count(self, event: Any, size: int) -> None:
        self.nodes += size
        if self.nodes > MAX_NODES:
            self._refuse(event, Sentence(gettext_noop("There are more than 200,000 values.")))

    def _too_deep(self, event: Any) -> NoReturn:
        self._refuse(event, Sentence(gettext_noop("Fields are nested more than 100 deep.")))

    def _refuse_tag(self, event: Any) -> NoReturn:
        self._refuse(event, Sentence(gettext_noop("Tags are not allowed: %(tag)s."), tag=event.tag))

    def _refuse(self, event: Any, message: Sentence) -> NoReturn:
        mark = event.start_mark
        raise YamlProblem(mark.line + 1, mark.column + 1, message)
