"""What only the cluster sets, left out of a text (`kubectl get -o yaml`); the rest of the text stays as it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from services.manifests import allowed
from services.manifests.bundle import Bundle, Document
from services.manifests.paths import format_path
from services.manifests.rewrite import rewrite
from services.manifests.tree import MISSING, get, replace
from services.manifests.yamlio import YamlProblem, load

_Place = tuple[str, ...]

_ALWAYS: tuple[_Place, ...] = (
    ("status",),
    *(("metadata", key) for key in allowed.SERVER_SET),
    *(("metadata", "annotations", key) for key in allowed.KEPT_ANNOTATIONS),
    allowed.OWNERS,
)
# Of an object that is stored these are its own: without them it would be another one.
_OF_NEW = (allowed.FINALIZERS, allowed.GENERATE_NAME)


def leave_out(text: str, *, replaces: bool) -> tuple[str, tuple[str, ...]]:
    """``text`` without what only the cluster sets, and the fields that this was, each once. ``replaces``: it takes the
    place of what is stored. Raises ``YamlProblem``."""
    documents = load(text)
    known = _ALWAYS if replaces else (*_ALWAYS, *_OF_NEW)
    places = [[path for path in known if get(document, path) is not MISSING] for document in documents]
    if not any(places):
        return text, ()
    wanted = tuple(_without(document, paths) for document, paths in zip(documents, places, strict=True))
    shorter = _shorter(text, places)
    if _said(shorter) != [json.dumps(document) for document in wanted]:
        shorter = rewrite(text, Bundle(documents), Bundle(wanted))
    return shorter, tuple(dict.fromkeys(format_path(path) for paths in places for path in paths))


def _without(document: Document, paths: Iterable[_Place]) -> Document:
    for path in paths:
        document = replace(document, path, MISSING)
    return document


def _said(text: str) -> list[str]:
    try:
        return [json.dumps(document) for document in load(text)]
    except YamlProblem:
        return []


def _shorter(text: str, places: list[list[_Place]]) -> str:
    """The text without the lines of these fields, as far as lines are all that it takes; the caller looks whether."""
    text = text.removeprefix("\ufeff")
    try:
        roots = list(yaml.compose_all(text, Loader=getattr(yaml, "CLoader", yaml.Loader)))
    except yaml.YAMLError:
        return text  # JSON that YAML cannot read
    nodes = [node for root in roots for node in _documents(root)]
    spans = [span for node, paths in zip(nodes, places, strict=False) for span in _spans(text, node, paths)]
    kept, at = [], 0
    for start, end in sorted(spans):
        kept.append(text[at:start])
        at = max(at, end)
    return "".join([*kept, text[at:]])


def _documents(node: Any) -> Iterator[yaml.MappingNode]:
    """The documents below a node, in the order in which `load` has them."""
    if not isinstance(node, yaml.MappingNode):
        return
    below = {key.value: value for key, value in node.value}
    items = below.get("items")
    if getattr(below.get("kind"), "value", "") == "List" and isinstance(items, yaml.SequenceNode):
        for item in items.value:
            yield from _documents(item)
    else:
        yield node


def _spans(text: str, node: yaml.MappingNode, paths: Iterable[_Place]) -> Iterator[tuple[int, int]]:
    """From where to where the fields at these paths stand; with a field that would be empty, the whole of it."""
    below: dict[str, list[_Place]] = {}
    for first, *rest in paths:
        below.setdefault(first, []).append(tuple(rest))
    gone = [_is_gone(value, below.get(key.value, [])) for key, value in node.value]
    for at, (key, value) in enumerate(node.value):
        if gone[at]:
            yield _span(text, node, gone, at)
        elif key.value in below and isinstance(value, yaml.MappingNode):
            yield from _spans(text, value, below[key.value])


def _is_gone(value: Any, paths: list[_Place]) -> bool:
    if () in paths:
        return True
    if not paths or not isinstance(value, yaml.MappingNode):
        return False
    return {key.value for key, _ in value.value} <= {path[0] for path in paths if len(path) == 1}


def _span(text: str, node: yaml.MappingNode, gone: list[bool], at: int) -> tuple[int, int]:
    key, value = node.value[at]
    start, end = key.start_mark.index, max(key.end_mark.index, _end(text, value))
    line = text.rfind("\n", 0, start) + 1
    if not node.flow_style and not text[line:start].strip():
        after = text.find("\n", end)
        return line, len(text) if after < 0 else after + 1
    if node.flow_style and all(gone[at:]) and at:
        before = max((place for place in range(at) if not gone[place]), default=0)
        return _end(text, node.value[before][1]), end
    following = next((place for place in range(at + 1, len(gone)) if not gone[place]), None)
    return start, end if following is None else node.value[following][0].start_mark.index


def _end(text: str, node: Any) -> int:
    """Where the last thing of a node ends: before the comments and blank lines that follow it."""
    if isinstance(node, yaml.ScalarNode):
        return len(text[: node.end_mark.index].rstrip()) if node.style in ("|", ">") else node.end_mark.index
    if node.flow_style:
        return int(node.end_mark.index)
    below = [child for pair in node.value for child in (pair if isinstance(pair, tuple) else (pair,))]
    return max((_end(text, child) for child in below), default=node.start_mark.index)
