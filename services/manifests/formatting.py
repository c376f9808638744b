"""A text laid out anew, without losing anything: documents with comments or aliases keep their layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

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
        keeps = _has_more_than_values(chunk.body)
        kept += keeps
        if keeps or not chunk.documents:
            parts.append(chunk.marker + chunk.body)
        elif parts or chunk.marker:
            parts.append("---\n" + dump(chunk.documents))
        else:
            parts.append(dump(chunk.documents))
    return Formatted(joined(parts), kept)


def _has_more_than_values(body: str) -> bool:
    """Whether there is a comment or an alias in a text that `load` can read."""
    try:
        events = list(yaml.parse(body, Loader=getattr(yaml, "CLoader", yaml.Loader)))
    except yaml.YAMLError:
        return False  # JSON that YAML cannot read
    at = 0
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            return True
        if isinstance(event, yaml.ScalarEvent):
            if "#" in body[at : _index(event.start_mark)]:
                return True
            at = max(at, _index(event.end_mark))
    return "#" in body[at:]


def _index(mark: Any) -> int:
    return int(mark.index)
