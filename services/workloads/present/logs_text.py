"""One line of a log as HTML: all of it is text. Colours are shown; whatever else would steer a terminal, or turn the
words around, is written out instead of obeyed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString

from console.kube.visible import visible

# An escape sequence: CSI with its parameters, OSC and its like up to their end, or two characters.
_ESCAPE = re.compile(
    "(?:\x1b\\[|\x9b)([0-?]*)([ -/]*)([@-~])|\x1b[\\]PX^_][^\x07\x1b\n]{0,256}(?:\x07|\x1b\\\\)?|\x1b[ -/]*[0-~]?"
)
_ODD = re.compile(r"[^\t -~]")
_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_LEVEL = re.compile(
    r"""(?x) (?<![\w-]) (?: (?:level|lvl|severity)["']? \s*[=:]\s* ["']? )? (?:
        (?P<bad> (?i:fatal|panic|emerg(?:ency)?|alert|crit(?:ical)?|error) | ERR ) |
        (?P<warn> (?i:warn(?:ing)?) | WRN )
    ) (?![\w-]) """
)
_NAMED = re.compile(r"""(?:level|lvl|severity)["']?\s*[=:]\s*["']?([A-Za-z]+)""", re.I)
_LEVELS_WITHIN = 160  # characters: a level stands at the beginning of a line
_CALM = frozenset({"info", "debug", "trace", "notice"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text. `css`: its classes; `key`: it is not text of the line but stands for what cannot be shown."""

    text: str
    css: str = ""
    key: bool = False


def level_of(text: str) -> tuple[str, int, int]:
    """ "bad", "warn" or "", and where the line says so. What it calls its level counts before any word."""
    head = text[:_LEVELS_WITHIN]
    named = _NAMED.search(head)
    if named and named[1].lower() in _CALM:
        return "", 0, 0
    found = _LEVEL.search(head, named.start() if named else 0)
    if found is None or not (named or found[0].isupper() or head[found.end() :][:1] in (":", "]")):
        return "", 0, 0
    return str(found.lastgroup), found.start(), found.end()


def plain(text: str) -> str:
    """The line without its colours, which a search does not see."""
    return text if "\x1b" not in text and "\x9b" not in text else _ESCAPE.sub(_left, text)


def _left(found: re.Match[str]) -> str:
    return "" if found[3] == "m" else found[0]


def html_of(text: str, find: str = "") -> SafeString:
    """A line as it is shown. `find`: what to mark in it, whatever its case."""
    pieces = [Piece(text)] if text.isascii() and text.isprintable() else _pieces(text)
    whole = "".join(piece.text for piece in pieces if not piece.key)
    kind, start, end = level_of(whole)
    spans = [(start, end, f"level {kind}")] if kind else []
    hits = _hits(whole, find)
    if not spans and not hits and len(pieces) == 1 and not pieces[0].css and not pieces[0].key:
        return SafeString(escape(text))
    return SafeString("".join(_written(pieces, spans, hits)))


def _hits(text: str, find: str) -> list[tuple[int, int]]:
    if not find:
        return []
    return [found.span() for found in re.finditer(re.escape(find), text, re.I)]


def _pieces(text: str) -> list[Piece]:
    """The line cut where its colour changes, and at what is written out."""
    pieces: list[Piece] = []
    style = _Style()
    at = 0
    for found in _ESCAPE.finditer(text):
        pieces += _shown(text[at : found.start()], style.css)
        at = found.end()
        if found[3] == "m" and not found[2]:
            style.obey(found[1])
        else:
            pieces.append(Piece("ESC" + visible(found[0].lstrip("\x1b")), key=True))
    pieces += _shown(text[at:], style.css)
    return pieces or [Piece("")]


def _shown(text: str, css: str) -> list[Piece]:
    """A run of text; what nobody would see in it, or what would end the line, is written out."""
    pieces: list[Piece] = []
    at = 0
    for found in _ODD.finditer(text):
        if found[0] in "\r\n" or visible(found[0]) != found[0]:
            pieces += [Piece(text[at : found.start()], css), Piece(f"U+{ord(found[0]):04X}", key=True)]
            at = found.end()
    return [piece for piece in (*pieces, Piece(text[at:], css)) if piece.text]


class _Style:
    """What the colour sequences of a line have set so far."""

    def __init__(self) -> None:
        self._colour = ""
        self._marks: dict[str, bool] = {}

    def obey(self, parameters: str) -> None:
        codes = [int(code) if code.isdigit() else 0 for code in parameters.split(";")[:16]]
        while codes:
            code = codes.pop(0)
            if code in (38, 48):  # 256 colours and RGB: their own numbers follow, and are not taken for others
                del codes[: {5: 2, 2: 4}.get(codes[0] if codes else 0, 0)]
            else:
                self._set(code)

    def _set(self, code: int) -> None:
        if code == 0:
            self._colour, self._marks = "", {}
        elif code in (1, 2, 3, 4):
            self._marks[("bold", "dim", "italic", "underlined")[code - 1]] = True
        elif code in (22, 23, 24):
            for name in {22: ("bold", "dim"), 23: ("italic",), 24: ("underlined",)}[code]:
                self._marks.pop(name, None)
        elif code == 39:
            self._colour = ""
        elif code in range(30, 38) or code in range(90, 98):
            self._colour = _COLOURS[code % 10]

    @property
    def css(self) -> str:
        return " ".join(f"ansi-{name}" for name in (self._colour, *self._marks) if name)


def _written(pieces: list[Piece], spans: list[tuple[int, int, str]], hits: list[tuple[int, int]]) -> list[str]:
    """Pieces with what is marked in them: cut wherever a mark begins or ends, so that nothing overlaps."""
    edges = sorted({*(edge for span in spans for edge in span[:2]), *(edge for hit in hits for edge in hit)})
    out: list[str] = []
    at = 0
    for piece in pieces:
        if piece.key:
            out.append(f"<kbd>{escape(piece.text)}</kbd>")
            continue
        stops = [edge - at for edge in edges if at < edge < at + len(piece.text)]
        for start, end in zip([0, *stops], [*stops, len(piece.text)], strict=True):
            out.append(_run(piece.text[start:end], piece.css, at + start, spans, hits))
        at += len(piece.text)
    return out


def _run(text: str, css: str, at: int, spans: list[tuple[int, int, str]], hits: list[tuple[int, int]]) -> str:
    shown = escape(text)
    if any(start <= at < end for start, end in hits):
        shown = f"<mark>{shown}</mark>"
    classes = " ".join([css, *(name for start, end, name in spans if start <= at < end)]).strip()
    return f'<span class="{classes}">{shown}</span>' if classes and text else shown
