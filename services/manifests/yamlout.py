"""YAML out: block style, no aliases, a stable order of fields, and text that every reader takes for the same text.

Strings that some reader (YAML 1.1 in kubectl, YAML 1.2, JSON) would take for something else are quoted: ``no``,
``22:22``, ``1e3``, ``0x1F``, ``017``, ``null``, ``~``, dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_FIRST = ("apiVersion", "kind", "metadata")
_NAMES = ("name", "namespace")
_LAST = "status"

_PLAIN = re.compile(r"(?:[A-Za-z0-9_/$(]|-{1,2}[A-Za-z]|\.[A-Za-z/])(?:[^:#]|:(?=[^\s])|(?<=\S)#)*")
_PLAIN_OTHER = re.compile(r"[^\W\d_](?:[^:#]|:(?=[^\s])|(?<=\S)#)*")
_RESERVED = {"null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", ".nan"}
_NUMBERLIKE = re.compile(r"[-+.]?[0-9][0-9a-fA-F_.,:xXoOeE+-]*|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*")
_DOTTED = re.compile(r"[1-9][0-9]*(?:\.[0-9]+){2,}")
_LOST = "\ufffd"  # as itself it says that something could not be read
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0", _LOST: "\\uFFFD"}


def dump(documents: Iterable[Any]) -> str:
    """The documents as one text, with ``---`` between them. ``load(dump(x)) == x``."""
    return "---\n".join(dump_one(document) for document in documents)


def dump_one(value: Any) -> str:
    """One document, ending with a line break."""
    lines: list[str] = []
    if isinstance(value, dict) and value:
        _map(lines, _ordered(value, _FIRST), "", "")
    elif isinstance(value, list) and value:
        _list(lines, value, "")
    else:
        lines.append(_inline(value, "  "))
    return "\n".join(lines) + "\n"


def _ordered(value: dict[str, Any], first: tuple[str, ...]) -> dict[str, Any]:
    """The map with the usual fields first; the others as they stand, status at the end."""
    keys = [key for key in first if key in value] + [key for key in value if key not in first]
    if first is _FIRST and _LAST in value:
        keys = [key for key in keys if key != _LAST] + [_LAST]
    return {key: value[key] for key in keys}


def _map(lines: list[str], value: dict[str, Any], indent: str, lead: str) -> None:
    """Append the fields of a map; ``lead`` stands before the first one instead of the indent (``- ``)."""
    for key, child in value.items():
        start = f"{lead or indent}{text(key)}:"
        lead = ""
        if isinstance(child, dict) and child:
            lines.append(start)
            _map(lines, _ordered(child, _NAMES), indent + "  ", "")
        elif isinstance(child, list) and child:
            lines.append(start)
            _list(lines, child, indent)
        else:
            lines.append(f"{start} {_inline(child, indent + '  ')}")


def _list(lines: list[str], value: list[Any], indent: str) -> None:
    for child in value:
        if isinstance(child, dict) and child:
            _map(lines, _ordered(child, _NAMES), indent + "  ", indent + "- ")
        elif isinstance(child, list) and child:
            start = len(lines)
            _list(lines, child, indent + "  ")
            lines[start] = f"{indent}- {lines[start][len(indent) + 2 :]}"
        else:
            lines.append(f"{indent}- {_inline(child, indent + '  ')}")


def _inline(value: Any, indent: str) -> str:
    if isinstance(value, str):
        block = _block(value, indent) if "\n" in value else None
        return block if block is not None else text(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return "{}" if isinstance(value, dict) else "[]"


def text(value: str) -> str:
    """A string on one line, plain where no reader could take it for something else."""
    if not value.isprintable() or _LOST in value:
        return '"' + "".join(map(_escaped, value)) + '"'
    plain = (_PLAIN if value.isascii() else _PLAIN_OTHER).fullmatch(value) and value[-1] not in " :"
    number = _NUMBERLIKE.fullmatch(value) and not _DOTTED.fullmatch(value)
    if plain and not number and value.lower() not in _RESERVED:
        return value
    return "'" + value.replace("'", "''") + "'"


def _escaped(character: str) -> str:
    code = ord(character)
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _block(value: str, indent: str) -> str | None:
    """Several lines as a literal block, if that says exactly the same; else ``None``."""
    lines = value.split("\n")
    if any(not line.replace("\t", " ").isprintable() or (line and line.strip() == "") for line in lines):
        return None
    if not lines[0] or lines[0][0] in " \t" or _LOST in value:
        return None
    keep = "+" if value.endswith("\n\n") else "" if value.endswith("\n") else "-"
    body = lines[:-1] if value.endswith("\n") else lines
    return f"|{keep}\n" + "\n".join(f"{indent}{line}" if line else "" for line in body)
