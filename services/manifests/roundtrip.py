"""A document changed around its comments, by the library that keeps them. What uses it imports it when it needs it."""

from __future__ import annotations

import io
import json
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from services.manifests.bundle import Document
from services.manifests.yamlio import YamlProblem, load
from services.manifests.yamlout import text

_INDENTED_LIST = re.compile(r"^( *)[^\s#-][^\n#]*:[ \t]*(?:#[^\n]*)?\n\1 +- ", re.M)
# What a library that rewrites any YAML may stumble over; the guard looks at what it made.
_NOT_MANAGED = (YAMLError, YamlProblem, ValueError, TypeError, LookupError, AttributeError, NotImplementedError)


def round_trip(body: str, document: Document) -> str | None:
    """Whatever the library does not manage, in whichever way, is for the caller to write anew: no result is used but
    one that the loader of the console reads as the document."""
    (old,) = load(body)
    output = io.StringIO()
    try:
        library = YAML()
        library.width, library.preserve_quotes = 1_000_000, True
        if _INDENTED_LIST.search(body):
            library.indent(mapping=2, sequence=4, offset=2)
        tree = library.load(body)
        _change_map(tree, old, document)
        library.dump(tree, output)
        again = load(output.getvalue())
    except _NOT_MANAGED:
        return None
    return output.getvalue() if [_sorted(loaded) for loaded in again] == [_sorted(document)] else None


def _change_map(node: Any, old: dict[str, Any], new: dict[str, Any]) -> None:
    for key in old.keys() - new.keys():
        del node[key]
    for key, value in new.items():
        if key not in old:
            node[_made_text(key)] = _made(value)
        else:
            _change(node, key, old[key], value)


def _change(node: Any, at: Any, old: Any, new: Any) -> None:
    """Change what stands at ``at`` of a map or list, if it is another one."""
    if json.dumps(old) == json.dumps(new):
        return
    if old and new and isinstance(old, dict) and isinstance(new, dict):
        _change_map(node[at], old, new)
    elif old and new and isinstance(old, list) and isinstance(new, list):
        if not _change_list(node[at], old, new):
            node[at] = _made(new)
    else:
        node[at] = _made(new)


def _change_list(node: Any, old: list[Any], new: list[Any]) -> bool:
    """Change a list item by item; False where items changed places, so that nobody knows whose a comment is."""
    came_from = _aligned(old, new)
    stayed = [index for index in came_from if index is not None]
    if stayed != sorted(stayed):
        return False
    for index in sorted(set(range(len(old))) - set(stayed), reverse=True):
        del node[index]
    for at, place in enumerate(came_from):
        if place is None:
            node.insert(at, _made(new[at]))
        else:
            _change(node, at, old[place], new[at])
    return True


def _aligned(old: list[Any], new: list[Any]) -> list[int | None]:
    """For each new item the place of the old one that it is: the same, one with the same name, or, where there are as
    many as before, the one at its place."""
    free: list[int] = list(range(len(old)))
    places: list[int | None] = []
    for item in new:
        name = item.get("name") if isinstance(item, dict) else None
        same = (at for at in free if old[at] == item)
        called = (at for at in free if name is not None and isinstance(old[at], dict) and old[at].get("name") == name)
        at = next(same, next(called, None))
        if at is not None:
            free.remove(at)
        places.append(at)
    if len(old) == len(new):
        places = [index if at is None and index in free else at for index, at in enumerate(places)]
    return places


def _made(value: Any) -> Any:
    """A value for the library's tree, with text quoted as everywhere in the console."""
    if isinstance(value, dict):
        return CommentedMap((_made_text(key), _made(child)) for key, child in value.items())
    if isinstance(value, list):
        return CommentedSeq(_made(child) for child in value)
    if isinstance(value, str):
        return LiteralScalarString(value) if "\n" in value and "\t" not in value else _made_text(value)
    return value


def _made_text(value: str) -> str:
    return value if text(value) == value else DoubleQuotedScalarString(value)


def _sorted(document: Document) -> str:
    return json.dumps(document, sort_keys=True)
