"""A text after a form step: documents that the step did not change keep their text; those that it did change keep
their comments, where they can. And a text laid out anew, without losing anything."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import yaml

from services.manifests.bundle import Bundle, Document, kind_of, name_of
from services.manifests.yamlio import YamlProblem, load
from services.manifests.yamlout import dump, dump_one

_MOST = 30_000  # characters: the round trip reads about a hundred thousand a second
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


def formatted(text: str) -> tuple[str, int]:
    """``text`` in the order and layout of kubectl, saying the same; and how many documents stayed as they were, since a
    new layout would lose their comments or aliases. Raises ``YamlProblem``."""
    load(text)
    chunks = _cut(text)
    if chunks is None:
        return text, 1
    parts: list[str] = []
    kept = 0
    for chunk in chunks:
        keeps = bool(_comments(chunk.body)) or any(isinstance(event, yaml.AliasEvent) for event in _events(chunk.body))
        kept += keeps
        if keeps or not chunk.documents:
            parts.append(chunk.marker + chunk.body)
        else:
            parts.append(("---\n" if parts or chunk.marker else "") + dump(chunk.documents))
    return _joined(parts), kept


def _in_place(chunks: list[_Chunk], documents: tuple[Document, ...]) -> str:
    parts, at = [], 0
    for chunk in chunks:
        mine = documents[at : at + len(chunk.documents)]
        at += len(mine)
        same = [_exactly(document) for document in mine] == [_exactly(document) for document in chunk.documents]
        marker = chunk.marker if same or "\n" in chunk.marker else chunk.marker and "---\n"
        anew = _changed(chunk.body, mine[0]) if len(mine) == 1 else dump(mine)
        parts.append(marker + (chunk.body if same else anew))
    return _joined(parts)


def _assembled(chunks: list[_Chunk], documents: tuple[Document, ...]) -> str:
    """Documents were added, removed or moved: those that stayed keep their text."""
    own = {_exactly(chunk.documents[0]): chunk.body for chunk in chunks if len(chunk.documents) == 1}
    kept = [own.pop(_exactly(document), "") for document in documents]
    left = {_who(load(body)[0]): body for body in own.values()}
    parts = [
        body or _changed(left.pop(_who(document), ""), document) for body, document in zip(kept, documents, strict=True)
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


def _events(body: str) -> list[Any]:
    try:
        return list(yaml.parse(body, Loader=getattr(yaml, "CLoader", yaml.Loader)))
    except yaml.YAMLError:
        return []  # JSON that YAML cannot read


def _comments(body: str) -> list[str]:
    """The comments of a text that ``load`` can read, in its order."""
    events = _events(body)
    scalars: list[Any] = [event for event in events if isinstance(event, yaml.ScalarEvent)]
    starts = [*(event.start_mark.index for event in scalars), len(body)]
    ends = [0, *(event.end_mark.index for event in scalars)]
    between = (body[end:start] for start, end in zip(starts, ends, strict=True))
    lines = (line for gap in between for line in gap.splitlines())
    return [line.partition("#")[2].strip() for line in lines if "#" in line] if events else []


def lost(before: str, after: str) -> int:
    """How many comments ``before`` has that are not in ``after``."""
    return (Counter(_comments(before)) - Counter(_comments(after))).total() if "#" in before else 0


def _changed(body: str, document: Document) -> str:
    """``body``, a text of one document, saying ``document`` instead: with its comments, where the round trip says
    exactly that; else written anew below the comments it begins with."""
    if not _comments(body):
        return dump_one(document)
    if len(body) <= _MOST and "\r" not in body:
        # Its library costs a process 5 MB of memory, and most never change a text with comments.
        from services.manifests.roundtrip import round_trip

        kept = round_trip(body, document)
        if kept is not None:
            return kept
    head = []
    for line in body.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            break
        head.append(f"{line}\n")
    return "".join(head) + dump_one(document)
