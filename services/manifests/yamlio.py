"""YAML and JSON in: one loader, guarded before anything is built, strict about what it builds.

Accepted is what JSON can say, written in a subset of YAML 1.2: no tags, no merge keys, no keys but text, no key twice.
``yes``, ``no``, ``22:22`` and dates are text. Numbers that kubectl and YAML 1.2 read differently (``017``, ``1_000``)
are refused, but for modes of files, which are octal to everybody; so are infinities and whole numbers beyond 64 bits.
A whole number is an int however it is written (``1e+06``, ``80.0``), as in JSON. Aliases are expanded within bounds.
Anything else is a ``YamlProblem`` with line and column, and nothing else is ever raised.
"""

from __future__ import annotations

import codecs
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from services.manifests.bundle import Document
from services.manifests.sentences import Excess, Sentence, gettext_noop
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
_LEAST, _MOST = -(2**63), 2**64 - 1
_MODES = ("mode", "defaultMode")  # of files: YAML 1.1, Helm charts and the API's documentation write them in octal
_OCTAL = re.compile(r"0[0-7]{1,4}")
_TEXTS = frozenset(("labels", "annotations", "matchLabels", "data", "nodeSelector", "args", "command", "values"))
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffd-\uffff]")
_TEMPLATE = re.compile(r"\s*(?:- +)?(?:[^\s:#\"'{][^:#\"'{]*: +)?\{\{")
_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.I)
_BLANK = re.compile(r"\s*")
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

    def moved(self, lines: int) -> YamlProblem:
        """The problem of a part, where it stands in the whole text: so many lines further down."""
        params = dict(self.message.params)
        if "line" in params:
            params["line"] += lines
        return YamlProblem(self.line + lines, self.column, type(self.message)(self.message.template, **params))


def load(text: str) -> tuple[Document, ...]:
    """The documents of ``text``; empty ones are left out, a ``List`` is its items. Raises ``YamlProblem``."""
    return Source(text).documents


def decode(data: bytes) -> str:
    """The text of an uploaded file: UTF-8, or UTF-16 with its byte order mark. Raises ``YamlProblem``."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
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


class Source:
    """A text and its documents, with the position of every field. Raises ``YamlProblem`` when made."""

    def __init__(self, text: str) -> None:
        self.text = text
        loaded = _checked(text)
        self._places: list[tuple[Any, Path, int]] = []
        documents: list[Document] = []
        for value, marks, before in loaded:
            for document, path in _expanded(value, marks, before):
                if len(documents) >= MAX_DOCUMENTS:
                    place = _at(marks, path)
                    _too_many_documents(before + place.line + 1, place.column + 1)
                documents.append(document)
                self._places.append((marks, path, before))
        self.documents: tuple[Document, ...] = tuple(documents)

    def position(self, index: int, path: Path = ()) -> tuple[int, int]:
        """Line and column (from 1) of the field at ``path`` of document ``index``; of the nearest one above it, where
        the field is not in the text."""
        if not 0 <= index < len(self._places):
            return (1, 1)
        marks, prefix, before = self._places[index]
        place = _at(marks, (*prefix, *path))
        return (before + place.line + 1, place.column + 1)


def _checked(text: str) -> list[tuple[Any, Any, int]]:
    """Value, marks and the lines before them, of each document."""
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise YamlProblem(1, 1, Sentence(gettext_noop("The text is longer than 1 MB.")))
    bad = _FORBIDDEN.search(text)
    if bad is not None:
        line, start = text.count("\n", 0, bad.start()) + 1, text.rfind("\n", 0, bad.start())
        template = gettext_noop("Character U+%(code)s is not allowed in YAML.")
        if bad.group() == "\ufffd":
            template = gettext_noop("A character could not be read and became U+%(code)s. Enter it again.")
        raise YamlProblem(line, bad.start() - start, Sentence(template, code=f"{ord(bad.group()):04X}"))
    try:
        return [(value, marks, 0) for value, marks in _Builder(text).documents()]
    except yaml.YAMLError as error:
        as_json = _from_json(text) if text.lstrip()[:1] in ("{", "[") else None
        if as_json is not None:
            return as_json
        raise _problem_of(error, text) from None
    except YamlProblem as problem:
        lines = text.split("\n")
        raise _template(lines, problem.line - 1, problem.line - 1) or problem from None


def _problem_of(error: yaml.YAMLError, text: str) -> YamlProblem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    lines = text.splitlines() or [""]
    if line > len(lines):  # the parser ended its last line for itself
        line, column = len(lines), len(lines[-1]) + 1
    context = getattr(error, "context_mark", None) or mark
    first = min(context.line, max(line - 2, 0)) if context is not None else 0
    better = _template(lines, first, line - 1) or _unseen(lines, first, line - 1)
    if better is not None:
        return better
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "")
    if "cannot start any token" in problem:
        message = Sentence(gettext_noop("A value cannot begin with this character. Tabs cannot indent; use spaces."))
    else:
        message = Sentence(gettext_noop("This is not valid YAML: %(problem)s."), problem=problem or "unreadable")
    return YamlProblem(line, column, message)


def _template(lines: list[str], first: int, last: int) -> YamlProblem | None:
    """The part of a Helm template in these lines (from 0), if that is what cannot be read."""
    for at in range(first, min(last + 1, len(lines))):
        if _TEMPLATE.match(lines[at]):
            template = gettext_noop("This is a template. Render it first, for example with “helm template”.")
            return YamlProblem(at + 1, lines[at].index("{{") + 1, Sentence(template))
    return None


def _unseen(lines: list[str], first: int, last: int) -> YamlProblem | None:
    """A character in these lines that looks like a space, or like nothing, and is none."""
    for at in range(first, min(last + 1, len(lines))):
        sentence = None if lines[at].isascii() else _odd_space(lines[at])
        if sentence is not None:
            return YamlProblem(at + 1, 1, sentence)
    return None


def _odd_space(text: str) -> Sentence | None:
    for character in text:
        if character != " " and unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cf"):
            template = gettext_noop("Invisible character U+%(code)s (%(name)s). Use plain spaces.")
            name = unicodedata.name(character, "").lower() or "?"
            return Sentence(template, code=f"{ord(character):04X}", name=name)
    return None


def _from_json(text: str) -> list[tuple[Any, Any, int]] | None:
    """JSON that YAML cannot read: escaped surrogate pairs, tabs between values, several one after the other as kubectl
    takes them. ``None`` if it is no acceptable JSON either."""
    documents: list[tuple[Any, Any, int]] = []
    line, before = 0, 0
    for start, end in _json_pieces(text) or ():
        line, before = line + text.count("\n", before, start), start
        if len(documents) >= MAX_DOCUMENTS:
            _too_many_documents(line + 1, 1)
        piece = _PAIR.sub(_one_escape, text[start:end].replace("\t", " "))
        try:
            documents += [(value, marks, line) for value, marks in _Builder(piece).documents()]
        except yaml.YAMLError:
            return None
        except YamlProblem as problem:
            raise problem.moved(line) from None
    return documents or None


def _json_pieces(text: str) -> list[tuple[int, int]] | None:
    decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant)
    pieces, at = [], _BLANK.match(text).end()  # type: ignore[union-attr]
    try:
        while at < len(text):
            _, end = decoder.raw_decode(text, at)
            pieces.append((at, end))
            at = _BLANK.match(text, end).end()  # type: ignore[union-attr]
    except (ValueError, RecursionError):
        return None
    return pieces


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(constant)


def _one_escape(pair: re.Match[str]) -> str:
    """Two escapes of JSON as the one that YAML has for the same character."""
    high, low = int(pair[2], 16), int(pair[3], 16)
    return f"{pair[1]}\\U{0x10000 + ((high - 0xD800) << 10) + low - 0xDC00:08X}"


def _expanded(value: Any, marks: Any, before: int, path: Path = ()) -> Iterator[tuple[Document, Path]]:
    """The documents in ``value``: none for null, the items of a ``List``. Raises ``YamlProblem`` for anything else, and
    for a list of too many items, empty ones included."""
    if value is None:
        return
    place = _at(marks, path)
    if not isinstance(value, dict):
        template = gettext_noop("A document must be a set of fields, like “kind: Service”.")
        raise YamlProblem(before + place.line + 1, place.column + 1, Sentence(template))
    items = value.get("items")
    if value.get("kind") != "List" or not isinstance(items, list):
        yield value, path
        return
    for at, item in enumerate(items):
        if at >= MAX_DOCUMENTS:
            place = _at(marks, (*path, "items", at))
            _too_many_documents(before + place.line + 1, place.column + 1)
        yield from _expanded(item, marks, before, (*path, "items", at))


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
    outer: _Open | None = None  # of the ``items`` of a document: that document

    @property
    def is_full(self) -> bool:
        """Whether it holds as many items of a ``List`` as there may be documents. Where ``kind`` stands after the
        items this is not known yet; ``_expanded`` refuses them then."""
        return self.outer is not None and len(self.value) >= MAX_DOCUMENTS and self.outer.value.get("kind") == "List"


@dataclass(frozen=True, slots=True)
class _Anchor:
    value: Any
    size: int
    height: int


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:30]}…"


def _as_kubectl(text: str) -> int | None:
    """The number that YAML 1.1 in Go reads; ``None`` where that is none either, or as long as no number is."""
    plain = text.replace("_", "")
    octal = re.fullmatch(r"([-+]?)0([0-7]+)", plain)
    try:
        number = int(f"{octal[1]}0o{octal[2]}" if octal else plain, 0) if len(plain) < 70 else None
    except ValueError:
        return None
    return number if number is not None and _LEAST <= number <= _MOST else None


class _Builder:
    """Reads the events of the C parser, which cannot overflow, and builds values without recursion."""

    def __init__(self, text: str) -> None:
        loader = getattr(yaml, "CLoader", yaml.Loader)(text)
        self.next_event = loader.get_event
        self.nodes = self.aliases = 0
        self.last_key = ""
        self.stack: list[_Open] = []
        self.anchors: dict[str, _Anchor] = {}
        self.roots: list[tuple[Any, Any]] = []

    def documents(self) -> list[tuple[Any, Any]]:
        handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._open,
            yaml.SequenceStartEvent: self._open,
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
                return self.roots

    def _document(self, event: Any) -> None:
        self.anchors.clear()
        if len(self.roots) >= MAX_DOCUMENTS:
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
            return self._whole(int(text), text, event)
        if _BASED.fullmatch(text):
            return self._whole(int(text, 0) if len(text) < MAX_DIGITS else _MOST + 1, text, event)
        if _UNSURE.fullmatch(text):
            return self._unsure(text, event)
        is_float = _FLOAT.fullmatch(text)
        if not is_float and not _ENDLESS.fullmatch(text):
            return text
        number = float(text) if is_float else float("inf")
        if number in (float("inf"), float("-inf")):
            self._refuse(event, Sentence(gettext_noop("%(text)s is not a valid JSON number."), text=_short(text)))
        return int(number) if number.is_integer() and _LEAST <= number <= _MOST else number

    def _whole(self, number: int, text: str, event: Any) -> int:
        if not _LEAST <= number <= _MOST:
            template = gettext_noop("%(text)s does not fit into 64 bits. If it is text, put it in quotes.")
            self._refuse(event, Sentence(template, text=_short(text)))
        return number

    def _unsure(self, text: str, event: Any) -> int:
        """A mode as kubectl reads it; anything else is refused, with what its field wants instead."""
        field = self.stack[-1].key if self.stack else None
        if field in _MODES and _OCTAL.fullmatch(text):
            return int(text, 8)
        outer = self.stack[-2].value if len(self.stack) > 1 else None
        is_text = field == "value" or (isinstance(outer, dict) and next(reversed(outer), None) in _TEXTS)
        number = None if is_text else _as_kubectl(text)
        if is_text:
            template = gettext_noop("YAML readers disagree about %(text)s. It is text here: put it in quotes.")
        elif number is None:
            template = gettext_noop("YAML readers disagree about %(text)s. Write it in decimal, or in quotes.")
        else:
            template = gettext_noop(
                "YAML readers disagree about %(text)s; kubectl reads %(number)s. Write that, or put text in quotes."
            )
        self._refuse(event, Sentence(template, text=_short(text), number=number))

    def _key(self, key: Any, event: Any, plain: bool) -> None:
        top = self.stack[-1]
        self._count(event, 1)
        if not isinstance(key, str):
            template = gettext_noop("A field's name must be text: put %(text)s in quotes.")
            self._refuse(event, Sentence(template, text=_short(event.value or "null")))
        odd = _odd_space(key) if plain and not key.isascii() else None
        if odd is not None:
            self._refuse(event, odd)
        if key == "<<" and plain:
            self._refuse(event, Sentence(gettext_noop("Merge keys (<<) are not allowed: write the fields out.")))
        if key in top.value:
            template = gettext_noop("Duplicate key %(key)s, first on line %(line)s.")
            self._refuse(event, Excess(template, key=_short(key), line=top.marks.below[key].line + 1))
        top.key = key
        top.marks.below[key] = event.start_mark
        top.value[key] = None

    def _open(self, event: Any) -> None:
        if event.tag is not None:
            self._refuse_tag(event)
        if len(self.stack) >= MAX_DEPTH:
            self._too_deep(event)
        self.anchors.pop(event.anchor or "", None)
        began = self.nodes
        value: Any = {} if type(event) is yaml.MappingStartEvent else []
        marks = _Marks(self._add(value, event, 1))
        parent = self.stack[-1] if self.stack else None
        if parent is None:
            self.roots[-1] = (value, marks)
        elif type(parent.value) is list:
            parent.marks.below[len(parent.value) - 1] = marks
        else:
            parent.marks.below[self.last_key] = marks
        is_items = parent is not None and self.last_key == "items" and type(value) is list and self._is_document()
        self.stack.append(_Open(value, marks, event.anchor, began, outer=parent if is_items else None))

    def _is_document(self) -> bool:
        """Whether what is open is a map that stands where a document may: at the top, or in the items of one."""
        return type(self.stack[-1].value) is dict and (len(self.stack) == 1 or self.stack[-2].outer is not None)

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
            self._refuse(event, Sentence(template, name=_short(event.anchor)))
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
            self.roots.append((value, event.start_mark))
            return event.start_mark
        top = self.stack[-1]
        if type(top.value) is list:
            if top.is_full:
                _too_many_documents(event.start_mark.line + 1, event.start_mark.column + 1)
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
        self._refuse(event, Sentence(gettext_noop("Tags are not allowed: %(tag)s."), tag=_short(event.tag)))

    def _refuse(self, event: Any, message: Sentence) -> NoReturn:
        mark = event.start_mark
        raise YamlProblem(mark.line + 1, mark.column + 1, message)
