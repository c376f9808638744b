"""One line of a log as HTML: all of it is text. Colours are shown; whatever else would steer a terminal, or turn the
words around, is written out instead of obeyed.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from django.utils.translation import ngettext

from console.kube.visible import visible
from services.workloads.present.logs_search import NOTHING, Search

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
MOST_HTML = 64 * 1024  # of a line, after which no further piece of it is written
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
    match = _LEVEL.search(head, named.start() if named else 0)
    if match is None or not (named or match[0].isupper() or head[match.end() :][:1] in (":", "]")):
        return "", 0, 0
    return str(match.lastgroup), match.start(), match.end()


def plain(text: str) -> str:
    """The line without its colours, which a search does not see."""
    return (
        text
        if "\x1b" not in text and "\x9b" not in text
        else _ESCAPE.sub(lambda match: "" if match[3] == "m" else match[0], text)
    )


def shown(text: str, search: Search = NOTHING) -> tuple[str, str]:
    """A line as HTML, and its level: "bad", "warn" or ""."""
    pieces = [Piece(text)] if text.isascii() and text.isprintable() else _pieces(text)
    whole = "".join(piece.text for piece in pieces if not piece.key)
    kind, start, end = level_of(whole)
    spans = [(start, end, f"level {kind}")] if kind else []
    hits = search.spans(whole) if search.asks else []
    if not spans and not hits and len(pieces) == 1 and not pieces[0].css and not pieces[0].key:
        return escape(pieces[0].text), kind
    return "".join(_written(pieces, spans, hits)), kind


def _pieces(text: str) -> list[Piece]:
    """The line cut where its colour changes, and at what is written out."""
    pieces: list[Piece] = []
    style = _Style()
    at = 0
    for match in _ESCAPE.finditer(text):
        pieces += _shown(text[at : match.start()], style.css)
        at = match.end()
        if match[3] == "m" and not match[2]:
            style.obey(match[1])
        else:
            pieces.append(Piece("ESC" + visible(match[0].lstrip("\x1b")), key=True))
    pieces += _shown(text[at:], style.css)
    return pieces or [Piece("")]


def _shown(text: str, css: str) -> list[Piece]:
    """A run of text; what nobody would see in it, or what would end the line, is written out."""
    pieces: list[Piece] = []
    at = 0
    for match in _ODD.finditer(text):
        if match[0] in "\r\n" or visible(match[0]) != match[0]:
            pieces += [Piece(text[at : match.start()], css), Piece(f"U+{ord(match[0]):04X}", key=True)]
            at = match.end()
    return [piece for piece in (*pieces, Piece(text[at:], css)) if piece.text]


class _Style:
    """What the colour sequences of a line have set so far."""

    def __init__(self) -> None:
        self._colour = ""
        self._marks: dict[str, bool] = {}

    def obey(self, parameters: str) -> None:
        codes = [int(code) if code.isdigit() and len(code) < 4 else 0 for code in parameters.split(";")[:16]]
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
    """Pieces with what is marked in them: cut wherever a mark begins or ends, so that nothing overlaps. All of it is
    in order, so it is walked through once.
    """
    edges = sorted({edge for start, end in (*hits, *(span[:2] for span in spans)) for edge in (start, end)})
    out: list[str] = []
    at = size = 0
    for number, piece in enumerate(pieces):
        if size > MOST_HTML:
            left = sum(len(rest.text) for rest in pieces[number:])
            words = ngettext("1 character left out", "%(count)s characters left out", left) % {"count": left}
            out.append(f"<kbd>{escape(words)}</kbd>")
            break
        shown = f"<kbd>{escape(piece.text)}</kbd>" if piece.key else "".join(_runs(piece, at, edges, spans, hits))
        at += 0 if piece.key else len(piece.text)
        size += len(shown)
        out.append(shown)
    return out


def _runs(
    piece: Piece, at: int, edges: list[int], spans: list[tuple[int, int, str]], hits: list[tuple[int, int]]
) -> Iterator[str]:
    """A piece that begins at this place of the line, cut at the edges of what is marked."""
    end = at + len(piece.text)
    for start, stop in pairwise((at, *edges[bisect_right(edges, at) : bisect_left(edges, end)], end)):
        shown = escape(piece.text[start - at : stop - at])
        hit = bisect_right(hits, start, key=lambda span: span[0]) - 1
        if hit >= 0 and start < hits[hit][1]:
            shown = f"<mark>{shown}</mark>"
        levels = [name for first, last, name in spans if first <= start < last]
        classes = " ".join([piece.css, *levels]).strip()
        yield f'<span class="{classes}">{shown}</span>' if classes and stop > start else shown
