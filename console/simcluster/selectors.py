"""Label selectors (equality, sets, `matchLabels` and `matchExpressions`) and field selectors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .api_errors import bad_request

Labels = Mapping[str, str]
Match = Callable[[Labels], bool]

_SET = re.compile(r"^(?P<key>[^\s!=,()]+)\s+(?P<op>in|notin)\s*\((?P<values>[^()]*)\)$")
_EQUAL = re.compile(r"^(?P<key>[^\s!=,()]+)\s*(?P<op>==|=|!=)\s*(?P<value>[^\s!=,()]*)$")
_EXISTS = re.compile(r"^(?P<no>!?)\s*(?P<key>[^\s!=,()]+)$")
_COMMA = re.compile(r",(?![^(]*\))")


def _one(text: str) -> Match:
    if match := _SET.match(text):
        key, values = match["key"], frozenset(value.strip() for value in match["values"].split(","))
        if match["op"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if match := _EQUAL.match(text):
        key, value = match["key"], match["value"]
        if match["op"] == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if match := _EXISTS.match(text):
        key, wanted = match["key"], not match["no"]
        return lambda labels: (key in labels) is wanted
    raise bad_request(f"unable to parse requirement: found '{text}', expected: !, identifier, or 'end of string'")


def parse(text: str) -> Match | None:
    """The labels that `text` (`a=b,c in (d,e),!f`) asks for; None when it asks for nothing."""
    if not text.strip():
        return None
    tests = [_one(part.strip()) for part in _COMMA.split(text)]
    return lambda labels: all(test(labels) for test in tests)


def _expression(expression: Mapping[str, Any]) -> Match:
    key, values = expression["key"], frozenset(expression.get("values") or ())
    tests: dict[str, Match] = {
        "In": lambda labels: labels.get(key) in values,
        "NotIn": lambda labels: labels.get(key) not in values,
        "Exists": lambda labels: key in labels,
        "DoesNotExist": lambda labels: key not in labels,
    }
    return tests[expression["operator"]]


def label_selector(selector: Mapping[str, Any] | None) -> Match:
    """A `LabelSelector`: none matches nothing, an empty one everything."""
    if selector is None:
        return lambda labels: False
    wanted = dict(selector.get("matchLabels") or {})
    tests = [_expression(expression) for expression in selector.get("matchExpressions") or ()]
    return lambda labels: covers(wanted, labels) and all(test(labels) for test in tests)


def covers(wanted: Mapping[str, str], labels: Labels) -> bool:
    """Whether `labels` has every pair of `wanted`."""
    return all(labels.get(key) == value for key, value in wanted.items())


def text_of(selector: Mapping[str, Any]) -> str:
    """A `LabelSelector` as text, as `status.selector` of a scale has it."""
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for item in selector.get("matchExpressions") or ():
        values = ",".join(sorted(item.get("values") or ()))
        words = {"In": f"{item['key']} in ({values})", "NotIn": f"{item['key']} notin ({values})"}
        words |= {"Exists": item["key"], "DoesNotExist": f"!{item['key']}"}
        parts.append(words[item["operator"]])
    return ",".join(parts)


def fields(text: str, allowed: frozenset[str]) -> list[tuple[tuple[str, ...], str, bool]]:
    """A field selector as (path, value, equal?); refuses fields that the kind cannot be asked by."""
    wanted = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _EQUAL.match(part)
        if not match:
            raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")
        if match["key"] not in allowed:
            raise bad_request(f"field label not supported: {match['key']}")
        wanted.append((tuple(match["key"].split(".")), match["value"], match["op"] != "!="))
    return wanted


def field_value(body: Mapping[str, Any], path: tuple[str, ...]) -> str:
    """The field at `path` as text; empty where there is none."""
    value: Any = body
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return "" if value is None else str(value)
