"""Checking a document against the OpenAPI v3 schema of its kind, and what may be written at a place of it.

The schemas come from the connected cluster: published documents (``/openapi/v3/apis/apps/v1``), each with the schemas
of a group and version. ``resolve`` turns a ``$ref`` in one into the schema it means.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from services.manifests.paths import Path, format_path
from services.manifests.sentences import Excess, Sentence, Slip, gettext_noop

Schema = dict[str, Any]
Resolve = Callable[[str], Schema]

MAX_PROBLEMS = 100
LONGEST_NAME = 80  # in a sentence

_PREFIX = "#/components/schemas/"
_OF = "x-kubernetes-group-version-kind"
_NAMES = ("group", "version", "kind")
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
WORDS = {
    "string": Sentence(gettext_noop("text")),
    "integer": Sentence(gettext_noop("a whole number")),
    "number": Sentence(gettext_noop("a number")),
    "boolean": Sentence(gettext_noop("true or false")),
    "object": Sentence(gettext_noop("a set of fields")),
    "array": Sentence(gettext_noop("a list")),
}


class Published:
    """The schemas of one group and version. ``document``: as the API server sends it; kept, never changed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        components = document.get("components")
        schemas = components.get("schemas") if isinstance(components, Mapping) else None
        self._schemas: Mapping[str, Any] = schemas if isinstance(schemas, Mapping) else {}

    def kind(self, api_version: str, kind: str) -> Schema | None:
        """The schema of a kind, ``None`` if the document has none."""
        group, _, version = api_version.rpartition("/")
        return self._kinds.get((group, version, kind))

    @cached_property
    def _kinds(self) -> dict[tuple[Any, ...], Schema]:
        """Of each kind the first schema that is of it alone. Looked for once: a text may have 200 documents."""
        kinds: dict[tuple[Any, ...], Schema] = {}
        for schema in self._schemas.values():
            of = schema.get(_OF) if isinstance(schema, dict) else None
            if isinstance(of, list) and len(of) == 1 and isinstance(of[0], dict) and len(of[0]) == len(_NAMES):
                kinds.setdefault(tuple(str(of[0].get(name)) for name in _NAMES), schema)
        return kinds

    def resolve(self, reference: str) -> Schema:
        """What a reference means; the empty schema, which allows everything, for one that leads nowhere."""
        schema = self._schemas.get(reference.removeprefix(_PREFIX))
        return schema if isinstance(schema, dict) else {}


Catalogue = Callable[[str], "Published | None"]
"""The schemas of a group and version such as ``apps/v1``; ``None`` where they cannot be had."""

Problem = tuple[Path, Sentence]
"""What the schema has against a place. A missing field is reported at the map that lacks it."""


@dataclass(frozen=True)
class Field:
    """Something that can be written at a place. ``kind``: the type in words, as in ``list of Container``; ``values``:
    the allowed ones, where the schema has a list."""

    name: str
    kind: str
    description: str
    required: bool
    values: tuple[str, ...] = ()


def problems(document: Any, schema: Schema, resolve: Resolve, limit: int = MAX_PROBLEMS) -> tuple[Problem, ...]:
    """The first ``limit`` problems of ``document``, in its order."""
    return tuple(islice(_problems(document, _plain(schema, resolve), resolve, ()), limit))


def complete(schema: Schema, path: Path, resolve: Resolve) -> tuple[Field, ...]:
    """What can stand at ``path``: the fields of a map (or of the entries of a list), or the values of a scalar. Empty
    where the schema says nothing."""
    subschema = _below(schema, path, resolve)
    if subschema is not None and "items" in subschema:
        subschema = _plain(subschema["items"], resolve)
    if subschema is None:
        return ()
    if subschema.get("enum"):
        return tuple(Field(str(value), "value", "", False) for value in subschema["enum"])
    if subschema.get("type") == "boolean":
        return tuple(Field(value, "value", "", False) for value in ("true", "false"))
    required = set(subschema.get("required", ()))
    properties = subschema.get("properties", {})
    names = sorted(properties, key=lambda name: (name not in required, name))
    return tuple(_field(name, properties[name], name in required, resolve) for name in names)


def describe(schema: Schema, path: Path, resolve: Resolve) -> Field | None:
    """The field at ``path`` itself."""
    parent = _below(schema, path[:-1], resolve) if path else None
    name = path[-1] if path else None
    if parent is None or name not in parent.get("properties", {}):
        return None
    return _field(str(name), parent["properties"][name], name in parent.get("required", ()), resolve)


def is_list(schema: Schema, path: Path, resolve: Resolve) -> bool:
    """Whether a list stands at ``path``, so that something in it begins with a dash."""
    subschema = _below(schema, path, resolve)
    return subschema is not None and "items" in subschema


def _field(name: str, schema: Schema, required: bool, resolve: Resolve) -> Field:
    plain = _plain(schema, resolve)
    description = str(schema.get("description") or plain.get("description") or "")
    values = tuple(str(value) for value in plain.get("enum", ()))
    return Field(name, _kind(schema, resolve), description, required, values)


def _kind(schema: Schema, resolve: Resolve) -> str:
    plain = _plain(schema, resolve)
    if plain.get("type") == "array":
        return f"list of {_kind(plain.get('items', {}), resolve)}"
    if _open(plain):
        return "text or number"
    reference = _reference(schema)
    if reference and plain.get("type") == "object":
        return reference.rpartition(".")[2]
    if isinstance(plain.get("additionalProperties"), dict):
        return f"map of {_kind(plain['additionalProperties'], resolve)}"
    return str(plain.get("type", "anything"))


def _below(schema: Schema, path: Path, resolve: Resolve) -> Schema | None:
    """The schema at ``path``, ``None`` where there is none."""
    subschema = _plain(schema, resolve)
    for step in path:
        inner = subschema.get("items") if isinstance(step, int) else subschema.get("properties", {}).get(step)
        if inner is None and isinstance(step, str):
            inner = subschema.get("additionalProperties")
        if not isinstance(inner, dict):
            return None
        subschema = _plain(inner, resolve)
    return subschema


def _reference(schema: Schema) -> str:
    """The name that the schema refers to: ``$ref``, or the one in an ``allOf`` (where Kubernetes puts defaults)."""
    for part in (schema, *schema.get("allOf", ())):
        if "$ref" in part:
            return str(part["$ref"])
    return ""


def _plain(schema: Schema, resolve: Resolve) -> Schema:
    """The schema with its references followed (a few deep: a reference to a reference is rare)."""
    for _ in range(5):
        reference = _reference(schema)
        if not reference:
            break
        schema = resolve(reference)
    return schema


def _open(schema: Schema) -> bool:
    """Text or number (ports, quantities)."""
    marked = schema.get("x-kubernetes-int-or-string") or schema.get("format") == "int-or-string"
    return bool(marked or schema.get("oneOf"))


def _problems(value: Any, schema: Schema, resolve: Resolve, path: Path) -> Iterator[Problem]:
    if value is None:
        return  # as good as absent for Kubernetes
    wrong = _wrong_type(value, schema, path)
    if wrong is not None:
        yield path, wrong
    elif isinstance(value, dict):
        yield from _map_problems(value, schema, resolve, path)
    elif isinstance(value, list):
        items = _plain(schema.get("items", {}), resolve)
        for at, entry in enumerate(value):
            yield from _problems(entry, items, resolve, (*path, at))
    elif schema.get("enum") and value != "" and value not in schema["enum"]:
        allowed = ", ".join(str(choice) for choice in schema["enum"])
        template = gettext_noop("%(value)s is not one of %(allowed)s.")
        yield path, Sentence(template, value=_cut(value), allowed=allowed)


def _map_problems(value: dict[str, Any], schema: Schema, resolve: Resolve, path: Path) -> Iterator[Problem]:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    free = not properties or schema.get("x-kubernetes-preserve-unknown-fields") or others is True
    for key, child in value.items():
        if key in properties:
            yield from _problems(child, _plain(properties[key], resolve), resolve, (*path, key))
        elif isinstance(others, dict):
            yield from _problems(child, _plain(others, resolve), resolve, (*path, key))
        elif not free:
            yield (*path, key), _unknown(key, properties, path, value)
    for key in schema.get("required", ()):
        if value.get(key) is None:
            where = _cut(format_path(path) or value.get("kind", "document"))
            template = gettext_noop("%(where)s needs the field %(field)s.")
            yield path, Sentence(template, where=where, field=key)


def _unknown(key: str, properties: Schema, path: Path, beside: dict[str, Any]) -> Sentence:
    known = key if len(key) <= LONGEST_NAME else ""
    near = difflib.get_close_matches(known, properties, n=1) or [
        name for name in properties if name.lower() == known.lower()
    ]
    where = {"field": _cut(key), "where": _where(path)}
    if near and near[0] in beside:
        return Excess(
            gettext_noop("Unknown field %(field)s in %(where)s. %(near)s is set too."), near[0], near=near[0], **where
        )
    if near:
        template = gettext_noop("Unknown field %(field)s in %(where)s. Did you mean %(near)s?")
        return Slip(template, (key, near[0]), near=near[0], **where)
    return Excess(gettext_noop("Unknown field %(field)s in %(where)s."), **where)


def _where(path: Path) -> Sentence | str:
    """The nearest named field, in words for the top."""
    named = [step for step in path if isinstance(step, str)]
    return _cut(named[-1]) if named else Sentence(gettext_noop("the document"))


def _cut(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, (bool, int, float)) else str(value)
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"


def _wrong_type(value: Any, schema: Schema, path: Path) -> Sentence | None:
    if _open(schema):
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return None
        return Sentence(gettext_noop("%(where)s must be text or a number."), where=_where(path))
    kind = schema.get("type")
    types = TYPES.get(kind) if isinstance(kind, str) else None
    if types is None or (isinstance(value, types) and not (isinstance(value, bool) and bool not in types)):
        return None
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return None
    actual = next(name for name, known in TYPES.items() if isinstance(value, known) and type(value) in known)
    words = {"where": _where(path), "wanted": WORDS[str(kind)], "found": WORDS[actual]}
    if isinstance(value, (dict, list)):
        return Sentence(gettext_noop("%(where)s must be %(wanted)s, this is %(found)s."), **words)
    shown = f'"{_cut(value)}"' if isinstance(value, str) else _cut(value)
    template = gettext_noop("%(where)s must be %(wanted)s, this is %(found)s: %(value)s")
    return Slip(template, _retyped(value, str(kind), shown), value=shown, **words)


def _retyped(value: Any, kind: str, shown: str) -> tuple[str, str]:
    """What is written and what would be of the wanted kind: only quotes come or go."""
    if kind == "string" and isinstance(value, int):
        return shown, f'"{shown}"'
    plain = {"integer": r"-?[0-9]{1,15}", "boolean": "true|false"}.get(kind)
    return (shown, value) if plain and isinstance(value, str) and re.fullmatch(plain, value) else ("", "")
