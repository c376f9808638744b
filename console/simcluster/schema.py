"""The published OpenAPI schemas (from `kubernetes-validate`): decoding with Go's eyes, and merge keys."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from .catalog import METRICS, Kind

Obj = dict[str, Any]
VERSION = "1.37.0"
QUANTITY = re.compile(r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$")
BAD_QUANTITY = r"quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_NAMES = {dict: "object", list: "array", str: "string", bool: "bool", int: "number", float: "number"}
_OPAQUE = ("RawExtension", "FieldsV1", "JSON", "JSONSchemaPropsOrBool")


class TypeProblem(Exception):
    """A value of the wrong type, in the words of Go's JSON decoder."""


@cache
def definitions() -> Mapping[str, Obj]:
    """Every definition by its full name."""
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{VERSION}-local"
    by_name: dict[str, Obj] = json.loads((folder / "_definitions.json").read_bytes())["$defs"]
    return by_name


@cache
def _by_kind() -> dict[tuple[str, str, str], str]:
    return {
        (gvk["group"], gvk["version"], gvk["kind"]): name
        for name, definition in definitions().items()
        for gvk in definition.get("x-kubernetes-group-version-kind", ())
    }


def definition_of(kind: Kind) -> str:
    """The name of the definition of a kind; empty for metrics, which is an API of its own."""
    return "" if kind.group == METRICS else _by_kind()[kind.group, kind.version, kind.kind]


def reference(schema: Mapping[str, Any]) -> str:
    """The name that a schema refers to, or empty."""
    return str(schema.get("$ref", "")).rsplit("/", 1)[-1]


@cache
def _short(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def _go_type(schema: Mapping[str, Any]) -> str:
    name = reference(schema)
    if name:
        return ".".join(name.rsplit(".", 2)[-2:])
    if "items" in schema:
        return "[]" + _go_type(schema["items"])
    if "additionalProperties" in schema:
        return "map[string]" + _go_type(schema["additionalProperties"])
    simple = {"boolean": "bool", "integer": schema.get("format", "int64"), "number": "float64"}
    return str(simple.get(_type_of(schema), "string"))


def _type_of(schema: Mapping[str, Any]) -> str:
    types: str | list[str] = schema.get("type") or ""
    names = [types] if isinstance(types, str) else types
    return next(name for name in names if name != "null")


class _Decoder:
    """One pass over one document: drops nulls and unknown fields, remembers the latter."""

    def __init__(self) -> None:
        self.unknown: list[str] = []
        self.missing: list[str] = []

    def value(self, value: Any, schema: Mapping[str, Any], path: str, owner: str) -> Any:
        name = reference(schema)
        if name:
            return self._named(value, name, schema, path, owner)
        if "items" in schema:
            self._expect(value, list, schema, path, owner)
            return [self.value(item, schema["items"], f"{path}[{i}]", owner) for i, item in enumerate(value)]
        if "additionalProperties" in schema:
            self._expect(value, dict, schema, path, owner)
            inner = schema["additionalProperties"]
            within = bool(reference(inner))
            return {
                key: self.value(item, inner, f"{path}.{key}" if within else path, owner) for key, item in value.items()
            }
        return self._scalar(value, schema, path, owner)

    def _named(self, value: Any, name: str, schema: Mapping[str, Any], path: str, owner: str) -> Any:
        short = _short(name)
        if short in _OPAQUE:
            return value
        if short == "IntOrString":
            self._expect(value, (int, str), {"type": "integer", "format": "int32"}, path, owner)
            return value
        if short == "Quantity":
            return self._quantity(value)
        definition = definitions()[name]
        if "properties" not in definition:
            return self._scalar(value, definition, path, owner)
        self._expect(value, dict, schema, path, owner)
        return self.object(value, name, path)

    def object(self, value: Obj, name: str, path: str) -> Obj:
        properties, required = definitions()[name]["properties"], definitions()[name].get("required", ())
        out: Obj = {}
        for key, item in value.items():
            where = f"{path}.{key}" if path else key
            if key not in properties:
                self.unknown.append(where)
            elif item is not None:
                out[key] = self.value(item, properties[key], where, _short(name))
        self.missing += [f"{path}.{key}" if path else key for key in required if key not in out]
        return out

    def _quantity(self, value: Any) -> str:
        text = str(value)
        if isinstance(value, bool) or not isinstance(value, str | int | float) or not QUANTITY.match(text):
            raise TypeProblem(BAD_QUANTITY)
        return text

    def _scalar(self, value: Any, schema: Mapping[str, Any], path: str, owner: str) -> Any:
        types: dict[str, Any] = {"string": str, "integer": int, "boolean": bool, "number": (int, float)}
        wanted = types.get(_type_of(schema)) if schema.get("type") else None
        if wanted is not None:
            self._expect(value, wanted, schema, path, owner)
        if schema.get("format") == "int32" and not -(2**31) <= value < 2**31:
            self._expect(float(value), wanted, schema, path, owner)
        if schema.get("format") == "byte":
            try:
                base64.b64decode(value, validate=True)
            except ValueError:
                bad = next((i for i, sign in enumerate(value) if not (sign.isalnum() or sign in "+/=")), 0)
                raise TypeProblem(f"illegal base64 data at input byte {bad}") from None
        return value

    def _expect(self, value: Any, wanted: Any, schema: Mapping[str, Any], path: str, owner: str) -> None:
        if isinstance(value, wanted) and not (isinstance(value, bool) and wanted is not bool):
            return
        json_type = f"number {value}" if type(value) is float and wanted is int else _NAMES.get(type(value), "null")
        plain = re.sub(r"\[\d+\]", "", path)
        raise TypeProblem(
            f"json: cannot unmarshal {json_type} into Go struct field {owner}.{plain} of type {_go_type(schema)}"
        )


def decode(kind: Kind, body: Obj) -> tuple[Obj, list[str], list[str]]:
    """The body without nulls and unknown fields, the paths of the unknown ones, and of required ones that are missing.

    Raises TypeProblem where Go's decoder would stop.
    """
    decoder = _Decoder()
    return decoder.object(body, definition_of(kind), ""), decoder.unknown, decoder.missing


def property_of(name: str, field: str) -> Mapping[str, Any]:
    """The schema of one field of a definition; empty when there is none."""
    schema: Mapping[str, Any] = definitions().get(name, {}).get("properties", {}).get(field, {})
    return schema
