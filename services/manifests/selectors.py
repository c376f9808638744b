"""Label selectors as text, in kubectl's syntax: ``app=web,tier in (a,b),!batch``; for nodes also ``cpus>4``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from services.manifests.sentences import Sentence, gettext_noop

_KEY = r"[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?"
_VALUE = r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?"
_TERM = re.compile(
    rf"\s*(?:!\s*(?P<absent>{_KEY})"
    rf"|(?P<key>{_KEY})\s*+(?:(?P<sign>==|=|!=|>|<)\s*+(?P<value>{_VALUE}|-?\d+)"
    rf"|(?<=\s)(?P<word>in|notin)\s*\((?P<values>[^()]*)\))?)\s*(?P<end>,|$)"
)
_SIGNS = {"=": "=", "==": "=", "!=": "NotIn", ">": "Gt", "<": "Lt"}
_WORDS = {"in": "In", "notin": "NotIn"}


@dataclass(frozen=True)
class Requirement:
    """``operator``: ``=`` (one exact label) | In | NotIn | Exists | DoesNotExist | Gt | Lt."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


def parse_selector(text: str) -> tuple[Requirement, ...] | Sentence:
    """The requirements of ``text`` in order; a sentence that says what is wrong, if it cannot be read."""
    requirements: list[Requirement] = []
    position = 0
    while text.strip():
        term = _TERM.match(text, position)
        requirement = _requirement(term) if term is not None else None
        if term is None or requirement is None:
            template = gettext_noop("“%(rest)s” is not a valid selector. Example: app=web,tier in (a,b),!batch.")
            return Sentence(template, rest=text[position:].strip())
        requirements.append(requirement)
        position = term.end()
        if term["end"] != ",":
            break
    return tuple(requirements)


def _requirement(term: re.Match[str]) -> Requirement | None:
    if term["absent"]:
        return Requirement(term["absent"], "DoesNotExist")
    if term["sign"]:
        return Requirement(term["key"], _SIGNS[term["sign"]], (term["value"],))
    if term["word"]:
        values = tuple(value.strip() for value in term["values"].split(","))
        if not all(re.fullmatch(_VALUE, value) for value in values):
            return None
        return Requirement(term["key"], _WORDS[term["word"]], values)
    return Requirement(term["key"], "Exists")


def format_requirement(requirement: Requirement) -> str:
    """One requirement as text."""
    key, values = requirement.key, requirement.values
    if requirement.operator == "NotIn" and len(values) == 1:
        return f"{key}!={values[0]}"
    if requirement.operator in ("In", "NotIn"):
        return f"{key} {requirement.operator.lower()} ({','.join(values)})"
    if requirement.operator == "Exists":
        return key
    if requirement.operator == "DoesNotExist":
        return f"!{key}"
    return f"{key}{ {'=': '=', 'Gt': '>', 'Lt': '<'}[requirement.operator] }{values[0]}"


def to_label_selector(requirements: tuple[Requirement, ...]) -> dict[str, Any]:
    """A LabelSelector (of pods)."""
    selector: dict[str, Any] = {}
    labels = {item.key: item.values[0] for item in requirements if item.operator == "="}
    expressions = [_expression(item) for item in requirements if item.operator != "="]
    if labels:
        selector["matchLabels"] = labels
    if expressions:
        selector["matchExpressions"] = expressions
    return selector


def to_node_selector_term(requirements: tuple[Requirement, ...]) -> dict[str, Any]:
    """A NodeSelectorTerm: expressions only."""
    return {"matchExpressions": [_expression(item) for item in requirements]}


def from_label_selector(selector: Any) -> str | None:
    """The text that ``to_label_selector`` turns into exactly ``selector``; ``None`` if there is none."""
    if not isinstance(selector, dict):
        return None
    labels, expressions = selector.get("matchLabels", {}), selector.get("matchExpressions", [])
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        return None
    terms = [f"{key}={value}" for key, value in labels.items()]
    return _checked(terms, expressions, selector, to_label_selector)


def from_node_selector_term(term: Any) -> str | None:
    """The text that ``to_node_selector_term`` turns into exactly ``term``; ``None`` if there is none."""
    return _checked([], term.get("matchExpressions"), term, to_node_selector_term) if isinstance(term, dict) else None


def _checked(terms: list[str], expressions: Any, wanted: Any, build: Any) -> str | None:
    if not isinstance(expressions, list):
        return None
    single = "=" if build is to_node_selector_term else "In"
    requirements = [_read(expression, single=single) for expression in expressions]
    text = ",".join([*terms, *(format_requirement(item) for item in requirements if item is not None)])
    parsed = parse_selector(text)
    return text if not isinstance(parsed, Sentence) and text and build(parsed) == wanted else None


def _expression(item: Requirement) -> dict[str, Any]:
    operator = "In" if item.operator == "=" else item.operator
    expression: dict[str, Any] = {"key": item.key, "operator": operator}
    return {**expression, "values": list(item.values)} if item.values else expression


def _read(expression: Any, *, single: str) -> Requirement | None:
    if not isinstance(expression, dict):
        return None
    key, operator, values = expression.get("key"), expression.get("operator"), expression.get("values", [])
    known = isinstance(values, list) and all(isinstance(value, str) for value in values)
    if not isinstance(key, str) or not known:
        return None
    if operator == "In" and len(values) == 1:
        return Requirement(key, single, tuple(values))
    if (operator in ("In", "NotIn", "Gt", "Lt") and values) or operator in ("Exists", "DoesNotExist"):
        return Requirement(key, operator, tuple(values))
    return None
