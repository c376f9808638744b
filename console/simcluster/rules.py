"""The rules that stand in rules.yaml, applied to every object inside an object, wherever it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from . import names, schema
from .api_errors import Cause, not_allowed, required, unsupported, wrong

Obj = dict[str, Any]
Check = Callable[[Any, str], list[Cause]]
Between = Callable[[Obj, str], list[Cause]]

_PORTS = ("port", "port_number")
_ITEMS = (re.compile(r"(\.downwardAPI)\.items\[\d+\]"), r"\1")
# Where the server names another field than the one at fault.
_NAMED = [
    _ITEMS,
    (re.compile(r"(\.volumeMounts)\[\d+\](\.(subPath\w*|mountPropagation|recursiveReadOnly))$"), r"\1\2"),
    (re.compile(r"(\.httpHeaders)\[\d+\]\.name$"), r"\1"),
    (re.compile(r"(\.resizePolicy)\[\d+\].*"), r"\1"),
    (re.compile(r"(\.(schedulingGates|options)\[\d+\])\.name$"), r"\1"),
    (re.compile(r"\.os\.name$"), ".os"),
    (re.compile(r"(\.envFrom)\[\d+\]$"), r"\1"),
    (re.compile(r"(\.accessModes)\[\d+\]$"), r"\1"),
    (re.compile(r"(\.(required|preferred)\w+Execution.*\.namespace)s\[\d+\]$"), r"\1"),
]


def _compile(text: str) -> Check:
    word, _, rest = text.partition(" ")
    if word == "required":
        return lambda value, at: [required(at, rest)] if value in (None, "", [], 0) else []
    if word in ("pointer", "zero"):
        inner = _compile(rest)
        return (lambda v, at: inner(v, at)) if word == "zero" else lambda v, at: [] if v is None else inner(v, at)
    if word == "each":
        entry = _compile(rest)
        return lambda value, at: [
            cause for i, item in enumerate(value or ()) for cause in entry(item, _named(f"{at}[{i}]"))
        ]
    if text.startswith("one of "):
        allowed = tuple(name.strip('"') for name in rest.split()[1:])
        return lambda value, at: [] if value in allowed else [unsupported(at, value or "", allowed)]
    if word == "number":
        low, high, why = rest.split(" ", 2)
        least, most = float(low.replace("*", "-inf")), float(high.replace("*", "inf"))
        why = why.strip('"')
        return lambda value, at: [] if least <= (value or 0) <= most else [wrong(at, value or 0, why)]
    rule: Callable[[Any], list[str]] = getattr(names, word)
    empty = 0 if word in _PORTS else ""

    def by_name(value: Any, at: str) -> list[Cause]:
        value = empty if value is None else value
        return [wrong(at, value, sentence) for sentence in rule(value)]

    return by_name


def _whole(text: str) -> Check:
    """All checks of a field; but for those that say otherwise they leave alone what is not there or empty."""
    checks = [(part.split()[0], _compile(part)) for part in re.split(r";\s*", text)]

    def check(value: Any, at: str) -> list[Cause]:
        for word, test in checks:
            bare = value is None or value == "" or (value == 0 and word in _PORTS)
            if not bare or word in ("required", "zero", "pointer"):
                problems = test(value, at)
                if problems:
                    return problems
        return []

    return check


def _value(body: Obj, name: str) -> Any:
    value: Any = body
    for part in name.split("."):
        if isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def _present(body: Obj, names_: str) -> list[str]:
    return [name for name in (body if names_ == "*" else names_.split()) if _value(body, name) is not None]


def _condition(text: str) -> Callable[[Obj, str], bool]:
    for start, test in _STARTS.items():
        if text.startswith(start):
            return lambda body, at: test(body, at, text[len(start) :])
    for sign, compare in _SIGNS.items():
        name, separator, rest = text.partition(sign)
        if separator:
            return lambda body, at: compare("" if (v := _value(body, name)) is None else str(v), rest)
    return lambda body, at: bool(_value(body, text))


_STARTS: dict[str, Callable[[Obj, str, str], bool]] = {
    "any ": lambda body, at, name: _value(body, name) is not None,
    "no ": lambda body, at, name: not _value(body, name),
    "in ": lambda body, at, part: part in at,
    "out of ": lambda body, at, part: part not in at,
    "none of ": lambda body, at, names_: not _present(body, names_),
    "two of ": lambda body, at, names_: len(_present(body, names_)) > 1,
}
_SIGNS: dict[str, Callable[[str, str], bool]] = {
    " is ": lambda value, wanted: value in wanted.split("|"),
    " not ": lambda value, wanted: value not in wanted.split("|"),
    " has no ": lambda value, part: part not in value,
    " has ": lambda value, part: part in value,
    " begins other than ": lambda value, part: not value.startswith(part),
}


def _when(text: str) -> Between:
    conditions, _, outcome = text.partition(" => ")
    parts = conditions.split(", ")
    tests = [_condition(part) for part in parts]
    several = parts[-1].removeprefix("two of ")
    field, kind, *why = outcome.split(" ", 2)
    reason = why[0] if why else ""

    def check(body: Obj, at: str) -> list[Cause]:
        if not all(test(body, at) for test in tests):
            return []
        fields = _present(body, several)[1:] if field == "+" else [field]
        return [_cause(kind, body, _named(f"{at}.{name}".strip(".")), name, reason) for name in fields]

    return check


def _cause(kind: str, body: Obj, at: str, field: str, reason: str) -> Cause:
    if kind == "required":
        return required(at, reason)
    if kind == "forbidden":
        return not_allowed(at, reason)
    value = {"blank": "", "null": None}.get(kind, body if field == "." else _value(body, field))
    return wrong(at, value, reason)


@cache
def _rules() -> Mapping[str, tuple[Mapping[str, Check], Sequence[Between]]]:
    kinds = yaml.safe_load(Path(__file__).with_name("rules.yaml").read_text())
    return {
        kind: (
            {field: _whole(text) for field, text in fields.items() if field != "when"},
            [_when(text) for text in fields.get("when", ())],
        )
        for kind, fields in kinds.items()
    }


def _named(at: str) -> str:
    for pattern, instead in _NAMED:
        at = pattern.sub(instead, at)
    return at


def walk(definition: str, body: Obj, at: str, between: Mapping[str, Between]) -> list[Cause]:
    """What the rules and the functions `between` (by kind) find in a body and in all objects inside of it."""
    kind = definition.rsplit(".", 1)[-1]
    problems: list[Cause] = []
    fields, others = _rules().get(kind, ({}, ()))
    for field, check in fields.items():
        problems += check(body.get(field), _named(f"{at}.{field}".lstrip(".")))
    for test in (*others, *([between[kind]] if kind in between else ())):
        problems += test(body, at)
    properties = schema.definitions()[definition].get("properties", {})
    for field, value in body.items():
        inner = properties.get(field, {})
        many = isinstance(value, list)
        name = schema.reference(inner.get("items", {}) if many else inner)
        for i, item in enumerate(value if many else [value]):
            if name and isinstance(item, dict) and field != "status" and (not at or field != "metadata"):
                where = f"{at}.{field}".lstrip(".") + (f"[{i}]" if many else "")
                problems += walk(name, item, _ITEMS[0].sub(_ITEMS[1], where), between)
    return problems
