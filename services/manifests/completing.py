"""What may be written at a place of a text that is being written: fields with their description, and values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.manifests import schema
from services.manifests.allowed import ALLOWED_KINDS, DANGERS, EDITED_KINDS, SERVER_SET
from services.manifests.cursor import Cursor, cursor_at
from services.manifests.schema import Catalogue, Published, Schema

_CHOICE = re.compile(r"(?:one of|options are|must be|can be|supports)((?:,?\s+(?:or\s+|and\s+)?\"?[A-Z]\w+\"?)+)", re.I)
_NAME = re.compile(r"\b[A-Z]\w+")
_FRAME = ("apiVersion", "kind", "metadata")
_ON_ONE_LINE = ("string", "integer", "number", "boolean", "text or number")


@dataclass(frozen=True, slots=True)
class Item:
    """Something to write. ``insert``: what is typed for it (``replicas: ``); ``kind``: its type in words; ``required``:
    the cluster does not do without it."""

    name: str
    insert: str
    kind: str = ""
    about: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Completion:
    """``known``: whether the cluster's schemas could be had; without them there may be items nevertheless."""

    items: tuple[Item, ...]
    known: bool


def complete(text: str, line: int, column: int, catalogue: Catalogue, namespace: str) -> Completion:
    """What may stand at ``line`` and ``column`` (from 1) of ``text``. The editor filters by what is typed."""
    cursor = cursor_at(text, line, column)
    ours = tuple(_of_the_frame(cursor, namespace))
    if ours:
        return Completion(ours, True)
    version = cursor.api_version or next(iter(EDITED_KINDS.get(cursor.kind, ())), "")
    if version not in EDITED_KINDS.get(cursor.kind, ()):
        return Completion((), True)
    published = catalogue(version)
    wanted = published.kind(version, cursor.kind) if published else None
    if published is None or wanted is None:
        return Completion((), False)
    items = _values if cursor.in_value else _fields
    return Completion(tuple(items(cursor, wanted, published)), True)


def _of_the_frame(cursor: Cursor, namespace: str) -> Iterator[Item]:
    """What this console knows by itself: the kinds that may be written here, their versions, the one namespace."""
    if cursor.in_value and cursor.path == ("kind",):
        kinds = [kind for kind, versions in ALLOWED_KINDS.items() if cursor.api_version in ("", *versions)]
        yield from (Item(kind, kind) for kind in kinds)
    elif cursor.in_value and cursor.path == ("apiVersion",):
        versions = EDITED_KINDS.get(cursor.kind) or sorted(
            {version for all_ in ALLOWED_KINDS.values() for version in all_}
        )
        yield from (Item(version, version) for version in versions)
    elif cursor.in_value and cursor.path == ("metadata", "namespace"):
        yield Item(namespace, namespace)
    elif not cursor.in_value and not cursor.path and not cursor.kind:
        names = [name for name in _FRAME if name not in cursor.siblings]
        yield from (Item(name, f"{name}:" if name == "metadata" else f"{name}: ", required=True) for name in names)


def _fields(cursor: Cursor, wanted: Schema, published: Published) -> Iterator[Item]:
    """The fields of the map that it has not yet, without those that only the cluster sets."""
    dash = "- " if schema.is_list(wanted, cursor.path, published.resolve) else ""
    for field in schema.complete(wanted, cursor.path, published.resolve):
        place, insert = (*cursor.path, field.name), dash + field.name
        in_metadata = cursor.path == ("metadata",) and (field.name in SERVER_SET or place in DANGERS)
        if field.kind == "value":
            yield Item(field.name, insert)
        elif field.name not in cursor.siblings and not in_metadata and place != ("status",):
            insert += ": " if field.kind in _ON_ONE_LINE else ":"
            yield Item(field.name, insert, field.kind, field.description, field.required)


def _values(cursor: Cursor, wanted: Schema, published: Published) -> Iterator[Item]:
    for field in schema.complete(wanted, cursor.path, published.resolve):
        if field.kind == "value":
            yield Item(field.name, field.name)
    field_itself = schema.describe(wanted, cursor.path, published.resolve)
    if field_itself is not None and field_itself.kind == "string" and not field_itself.values:
        # The values that its description lists, for clusters whose schemas have no list of them.
        match = _CHOICE.search(field_itself.description)
        names = dict.fromkeys(_NAME.findall(match[1])) if match else {}
        yield from (Item(name, name) for name in (names if len(names) > 1 else ()))
