"""A text laid out anew, without losing anything: documents with comments or aliases keep their layout."""

from __future__ import annotations

from dataclasses import dataclass

from services.manifests.comments import extras
from services.manifests.rewrite import cut, joined
from services.manifests.yamlio import load
from services.manifests.yamlout import dump


@dataclass(frozen=True, slots=True)
class Formatted:
    """``kept``: how many documents stayed as they were, because a new layout would lose their comments or aliases."""

    text: str
    kept: int


def formatted(text: str) -> Formatted:
    """``text`` in the order and layout of kubectl; it says the same. Raises ``YamlProblem``."""
    load(text)
    chunks = cut(text)
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
        elif parts or chunk.marker:
            parts.append("---\n" + dump(chunk.documents))
        else:
            parts.append(dump(chunk.documents))
    return Formatted(joined(parts), kept)
