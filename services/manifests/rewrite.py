"""A text after a form step: documents that the step did not change keep their text; those that it did change keep
their comments, where they can. And a text laid out anew, without losing anything."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from services.manifests.bundle import Bundle, Document, kind_of, name_of
from services.manifests.comments import changed, extras
from services.manifests.yamlio import YamlProblem, load
from services.manifests.yamlout import dump

_MARKER = re.compile(r"---(?=[ \t\r\n]|$)")


@dataclass(frozen=True)
class _Chunk:
    """A stretch of text from one ``---`` to the next, and what it says."""

    marker: str  # "" | "---\n"
    body: str
    documents: tuple[Document, ...]


def rewrite(text: str, old: Bundle, new: Bundle) -> str:
    """``text``, which says ``old``, saying ``new``: the same text byte for byte where nothing changed, each unchanged
    document's own text where others did, with the comments of the changed ones where there is a place for them."""
    wanted = [_exactly(document) for document in new.documents]
    if wanted == [_exactly(document) for document in old.documents]:
        return text
    chunks = _cut(text)
    written = [_exactly(document) for chunk in chunks for document in chunk.documents] if chunks else []
    if chunks is None or written != [_exactly(document) for document in old.documents]:
        return dump(new.documents)
    if len(old.documents) == len(new.documents):
        return _in_place(chunks, new.documents)
    return _assembled(chunks, new.documents)


@dataclass(frozen=True, slots=True)
class Formatted:
    """``kept``: how many documents stayed as they were, because a new layout would lose their comments or aliases."""

    text: str
    kept: int


def formatted(text: str) -> Formatted:
    """``text`` in the order and layout of kubectl; it says the same. Raises ``YamlProblem``."""
    load(text)
    chunks = _cut(text)
    if chunks is None:
        return Formatted(text, 1)
    parts: list[str] = []
    kept = 0
    for chunk in chunks:
        more = extras(chunk.body)
        keeps = bool(more.comments) or more.aliased
        kept += keeps
        if keeps or not chunk.documents:
            parts.append(chunk.marker + chunk.body)
        else:
            parts.append(("---\n" if parts or chunk.marker else "") + dump(chunk.documents))
    return Formatted(_joined(parts), kept)


def _in_place(chunks: list[_Chunk], documents: tuple[Document, ...]) -> str:
    parts, at = [], 0
    for chunk in chunks:
        mine = documents[at : at + len(chunk.documents)]
        at += len(mine)
        same = [_exactly(document) for document in mine] == [_exactly(document) for document in chunk.documents]
        marker = chunk.marker if same or "\n" in chunk.marker else chunk.marker and "---\n"
        anew = changed(chunk.body, mine[0]) if len(mine) == 1 else dump(mine)
        parts.append(marker + (chunk.body if same else anew))
    return _joined(parts)


def _assembled(chunks: list[_Chunk], documents: tuple[Document, ...]) -> str:
    """Documents were added, removed or moved: those that stayed keep their text."""
    own = {_exactly(chunk.documents[0]): chunk.body for chunk in chunks if len(chunk.documents) == 1}
    kept = [own.pop(_exactly(document), "") for document in documents]
    left = {_who(load(body)[0]): body for body in own.values()}
    parts = [
        body or changed(left.pop(_who(document), ""), document) for body, document in zip(kept, documents, strict=True)
    ]
    return _joined([part if at == 0 else f"---\n{part}" for at, part in enumerate(parts)])


def _who(document: Document) -> tuple[str, str]:
    return kind_of(document), name_of(document)


def _joined(parts: list[str]) -> str:
    """Parts of a text one after the other, each on a line of its own."""
    text = ""
    for part in parts:
        if text and not text.endswith("\n") and part:
            text += "\n"
        text += part
    return text


def _cut(text: str) -> list[_Chunk] | None:
    """The text cut at its markers; ``None`` where it cannot be cut (directives, or it does not read alone)."""
    chunks, marker, body = [], "", ""
    for line in text.splitlines(keepends=True):
        if _MARKER.match(line):
            chunks.append((marker, body))
            rest = line[3:]
            marker, body = (line, "") if not rest.strip() else ("---", rest)
        else:
            body += line
    chunks.append((marker, body))
    try:
        return [_Chunk(marker, body, load(body)) for marker, body in chunks]
    except YamlProblem:
        return None


def _exactly(document: Document) -> str:
    """A document with the order of its fields, so that a changed order is a change."""
    return json.dumps(document)
