"""Comments of a text: which there are, and the document changed around them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import yaml

from services.manifests.bundle import Document
from services.manifests.yamlout import dump_one

MOST = 30_000  # characters: the round trip reads about a hundred thousand a second


@dataclass(frozen=True, slots=True)
class Extras:
    """What a text has beside its values."""

    comments: tuple[str, ...] = ()
    aliased: bool = False


def extras(body: str) -> Extras:
    """The comments of a text that ``load`` can read, in its order, and whether it has aliases."""
    try:
        events = list(yaml.parse(body, Loader=getattr(yaml, "CLoader", yaml.Loader)))
    except yaml.YAMLError:
        return Extras()  # JSON that YAML cannot read
    scalars: list[Any] = [event for event in events if isinstance(event, yaml.ScalarEvent)]
    starts = [*(event.start_mark.index for event in scalars), len(body)]
    ends = [0, *(event.end_mark.index for event in scalars)]
    between = (body[end:start] for start, end in zip(starts, ends, strict=True))
    lines = (line for gap in between for line in gap.splitlines())
    comments = tuple(line.partition("#")[2].strip() for line in lines if "#" in line)
    return Extras(comments, any(isinstance(event, yaml.AliasEvent) for event in events))


def lost(before: str, after: str) -> int:
    """How many comments ``before`` has that are not in ``after``."""
    return (Counter(extras(before).comments) - Counter(extras(after).comments)).total() if "#" in before else 0


def changed(body: str, document: Document) -> str:
    """``body``, a text of one document, saying ``document`` instead: with its comments, where the round trip says
    exactly that; else written anew below the comments it begins with."""
    if not extras(body).comments:
        return dump_one(document)
    if len(body) <= MOST and "\r" not in body:
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
