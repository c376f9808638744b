"""A text after a form step: documents that the step did not change keep their text; those that it did change keep
their comments, where they can."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from services.manifests.bundle import Bundle, Document, kind_of, name_of
from services.manifests.comments import changed
from services.manifests.yamlio import YamlProblem, load
from services.manifests.yamlout import dump, dump_one

_MARKER = re.compile(r"---(?=[ \t\r\n]|$)")


@dataclass(frozen=True)
class Chunk:
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
    chunks = cut(text)
    written = [_exactly(document) for chunk in chunks for document in chunk.documents] if chunks else []
    if chunks is None or written != [_exactly(document) for document in old.documents]:
        return dump(new.documents)
    if len(old.documents) == len(new.documents):
        return _in_place(chunks, new.documents)
    return _assembled(chunks, new.documents)


def _in_place(chunks: list[Chunk], documents: tuple[Document, ...]) -> str:
    parts, at = [], 0
    for chunk in chunks:
        mine = documents[at : at + len(chunk.documents)]
        at += len(mine)
        same = [_exactly(document) for document in mine] == [_exactly(document) for document in chunk.documents]
        marker = chunk.marker if same or "\n" in chunk.marker else chunk.marker and "---\n"
        anew = changed(chunk.body, mine[0]) if len(mine) == 1 else dump(mine)
        parts.append(marker + (chunk.body if same else anew))
    return joined(parts)


def _assembled(chunks: list[Chunk], documents: tuple[Document, ...]) -> str:
    """Documents were added, removed or moved: those that stayed keep their text."""
    own = {_exactly(chunk.documents[0]): chunk.body for chunk in chunks if len(chunk.documents) == 1}
    kept = [own.pop(_exactly(document), "") for document in documents]
    left = {_who(load(body)[0]): body for body in own.values()}
    parts = [
        body or _anew(left.pop(_who(document), ""), document) for body, document in zip(kept, documents, strict=True)
    ]
    return joined([part if at == 0 else f"---\n{part}" for at, part in enumerate(parts)])


def _who(document: Document) -> tuple[str, str]:
    return kind_of(document), name_of(document)


def _anew(body: str, document: Document) -> str:
    return changed(body, document) if body else dump_one(document)


def joined(parts: list[str]) -> str:
    """Parts of a text one after the other, each on a line of its own."""
    text = ""
    for part in parts:
        if text and not text.endswith("\n") and part:
            text += "\n"
        text += part
    return text


def cut(text: str) -> list[Chunk] | None:
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
        return [Chunk(marker, body, load(body)) for marker, body in chunks]
    except YamlProblem:
        return None


def _exactly(document: Document) -> str:
    """A document with the order of its fields, so that a changed order is a change."""
    return json.dumps(document)
