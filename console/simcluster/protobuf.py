"""Enough protobuf to read what `kubectl create ...` and `kubectl auth can-i` send, and to write the schemas for it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .api_errors import ApiError
from .objects import Obj

MEDIA = "application/vnd.kubernetes.protobuf"
OPENAPI = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
_MAGIC = b"k8s\x00"


def _table() -> dict[str, dict[int, tuple[str, str]]]:
    table: dict[str, dict[int, tuple[str, str]]] = {}
    text = Path(__file__).with_name("protobuf.txt").read_text().replace("\n  ", " ")
    for line in text.splitlines():
        message, _, rest = line.partition(": ")
        if line.startswith("#"):
            continue
        fields = table[message] = {}
        for part in rest.split():
            number, _, name = part.partition("=")
            plain, _, kind = name.partition(":")
            fields[int(number)] = (plain, kind or "str")
    return table


_MESSAGES = _table()


def _refuse(content: str) -> ApiError:
    message = f"the embedded cluster cannot read {content} in protobuf: send application/json (kubectl apply -f does)"
    return ApiError("UnsupportedMediaType", message, {})


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (raw[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if raw[at - 1] < 0x80:
            return value, at


def _fields(raw: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(raw):
        key, at = _varint(raw, at)
        value, at = _varint(raw, at)
        if key & 7 == 2:
            yield key >> 3, raw[at : at + value]
            at += value
        elif key & 7 == 0:
            yield key >> 3, value
        else:
            raise _refuse("this wire type")


def _pair(raw: bytes) -> tuple[str, bytes]:
    parts = dict(_fields(raw))
    return parts.get(1, b"").decode(), parts.get(2, b"")


def _add(out: Obj, name: str, kind: str, value: Any) -> None:
    plain = kind.rstrip("*?")
    if plain in ("map", "blobs"):
        key, item = _pair(value)
        out.setdefault(name, {})[key] = item.decode() if plain == "map" else base64.b64encode(item).decode()
    elif plain == "skip":
        return
    else:
        simple: dict[str, Callable[[Any], Any]] = {"str": bytes.decode, "int": int, "bool": bool, "bytes": bytes}
        decoded = simple[plain](value) if plain in simple else _message(plain, value)
        if kind.endswith("*"):
            out.setdefault(name, []).append(decoded)
        elif decoded or isinstance(decoded, dict) or kind.endswith("?"):
            out[name] = decoded


def _message(kind: str, raw: bytes) -> Any:
    if kind not in _MESSAGES:
        raise _refuse(kind)
    out: Obj = {}
    for number, value in _fields(raw):
        if number not in _MESSAGES[kind]:
            raise _refuse(f"field {number} of {kind}")
        _add(out, *_MESSAGES[kind][number], value)
    if kind == "IntOrString":
        return out.get("strVal", "") if out.get("type") else out.get("intVal", 0)
    return out


def decode(raw: bytes) -> Obj:
    """The object in a request body. Raises UnsupportedMediaType for what the table does not have."""
    if not raw.startswith(_MAGIC):
        raise _refuse("this")
    try:
        envelope = _message("Unknown", raw[len(_MAGIC) :])
        head = envelope["type"]
        body: Obj = _message(head["kind"], envelope.get("raw", b""))
    except (IndexError, KeyError, UnicodeDecodeError, AttributeError):
        raise _refuse("this") from None
    return {**head, **body}


def _write(number: int, content: bytes | str) -> bytes:
    raw = content.encode() if isinstance(content, str) else content
    head = b""
    for value in (number << 3 | 2, len(raw)):
        while value > 0x7F:
            head, value = head + bytes([value & 0x7F | 0x80]), value >> 7
        head += bytes([value])
    return head + raw


def _entry(number: int, name: str, content: bytes) -> bytes:
    return _write(number, _write(1, name) + _write(2, content))


def _schema(schema: Mapping[str, Any]) -> bytes:
    out = b"".join(_write(number, schema[key]) for key, number in _SCHEMA.items() if key in schema)
    if "$ref" not in schema:
        out += b"".join(_write(19, name) for name in schema.get("required", ()))
        for key, number in (("additionalProperties", 21), ("items", 23)):
            out += _write(number, _write(1, _schema(schema[key]))) if isinstance(schema.get(key), dict) else b""
        out += _write(22, _write(1, schema["type"])) if "type" in schema else b""
        if "properties" in schema:
            out += _write(25, b"".join(_entry(1, name, _schema(field)) for name, field in schema["properties"].items()))
    extensions = {name: value for name, value in schema.items() if name.startswith("x-")}
    return out + b"".join(_entry(31, name, _write(2, json.dumps(value))) for name, value in extensions.items())


_SCHEMA = {"$ref": 1, "format": 2, "description": 4}


def openapi(title: str, version: str, definitions: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The OpenAPI v2 document in the form that kubectl asks for (github.com/google/gnostic-models, OpenAPIv2.proto)."""
    encoded = b"".join(_entry(1, name, _schema(definition)) for name, definition in definitions.items())
    return _write(1, "2.0") + _write(2, _write(1, title) + _write(2, version)) + _write(8, b"") + _write(9, encoded)
