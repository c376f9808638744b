"""Which pods a selector selects, and how a selector goes on to select the same pods when their labels change.

A selector is a LabelSelector (``matchLabels``, ``matchExpressions``), or the plain map of a Service.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.manifests.tree import get

Labels = Mapping[str, Any]

POD_NAME = "statefulset.kubernetes.io/pod-name"
_WITH_VALUES = ("In", "NotIn")


@dataclass(frozen=True, slots=True)
class Change:
    """A label of the pods that has another key or value now. ``key`` is None: the label is no longer there."""

    key: str | None
    before: Any
    after: Any


def changes(before: Labels, after: Labels) -> dict[str, Change]:
    """What became of each label that is not as it was. A key counts as renamed where its value is found under one new
    key only, or where it is the only label that went and the only one that came."""
    changed = {key: Change(key, old, after[key]) for key, old in before.items() if key in after and after[key] != old}
    lost, added = ([key for key in side if key not in other] for side, other in ((before, after), (after, before)))
    for key in lost:
        same = [other for other in added if after[other] == before[key]] or added
        alone = [other for other in lost if before[other] == before[key]] == [key]
        renamed = same[0] if len(same) == 1 and alone and (len(lost) == 1 or after[same[0]] == before[key]) else None
        changed[key] = Change(renamed, before[key], None if renamed is None else after[renamed])
    return changed


def labels_of_pods(workload: Any) -> Labels:
    """The labels that the pods of a workload get."""
    labels = get(workload, ("spec", "template", "metadata", "labels"))
    return {key: value for key, value in labels.items() if isinstance(value, str)} if isinstance(labels, dict) else {}


@dataclass(frozen=True, slots=True)
class _Term:
    key: str
    operator: str
    values: tuple[Any, ...]

    def holds(self, labels: Labels) -> bool:
        if self.operator in ("Exists", "DoesNotExist"):
            return (self.key in labels) is (self.operator == "Exists")
        present = self.key in labels and labels[self.key] in self.values
        return present is (self.operator == "In")

    def names(self, changed: Mapping[str, Change]) -> bool:
        change = changed.get(self.key)
        return change is not None and (self.operator not in _WITH_VALUES or change.before in self.values)


def selects(selector: Any, labels: Labels, *, plain: bool = False) -> bool:
    """Whether the selector selects pods with these labels. An empty plain one selects none, another one all."""
    terms = list(_terms(selector, plain))
    return (bool(terms) or (not plain and selector == {})) and all(term.holds(labels) for term in terms)


def names(selector: Any, labels: Labels, changed: Mapping[str, Change], *, plain: bool = False) -> bool:
    """Whether the selector is about pods with these labels, to select them or to leave them out, and names a changed
    label of theirs."""
    terms = list(_terms(selector, plain))
    about = all(term.holds(labels) or term.operator in ("NotIn", "DoesNotExist") for term in terms)
    return about and any(term.names(changed) for term in terms)


def followed(selector: Any, changed: Mapping[str, Change], *, plain: bool = False) -> Any:
    """The selector with the changed labels as they are now; ``None`` where that cannot be said with as many terms."""
    gone = {key: change for key, change in changed.items() if change.key is None}
    if any(term.names(gone) for term in _terms(selector, plain)):
        return None
    if plain:
        return _map(selector, changed)
    followed = dict(selector)
    if isinstance(selector.get("matchLabels"), dict):
        followed["matchLabels"] = _map(selector["matchLabels"], changed)
        if followed["matchLabels"] is None:
            return None
    if isinstance(expressions := selector.get("matchExpressions"), list):
        moved = [_expression(expression, changed) for expression in expressions]
        if any(new is None and old is not None for new, old in zip(moved, expressions, strict=True)):
            return None
        followed["matchExpressions"] = moved
    return followed


def renamed_pods(selector: Any, old: str, new: str, *, plain: bool) -> Any:
    """The selector with the pods of a StatefulSet (``old-0``) under its new name."""
    values = [value for term in _terms(selector, plain) if term.key == POD_NAME for value in term.values]
    numbers = {value: value.removeprefix(f"{old}-") for value in values if isinstance(value, str)}
    for value, number in numbers.items():
        if number.isdecimal() and value == f"{old}-{number}":
            change = {POD_NAME: Change(POD_NAME, value, f"{new}-{number}")}
            selector = followed(selector, change, plain=plain)
    return selector


def _terms(selector: Any, plain: bool) -> Iterator[_Term]:
    if not isinstance(selector, dict):
        return
    labels = selector if plain else selector.get("matchLabels")
    for key, value in labels.items() if isinstance(labels, dict) else ():
        yield _Term(key, "In", (value,))
    for expression in _list(None if plain else selector.get("matchExpressions")):
        if isinstance(expression, dict) and isinstance(expression.get("key"), str):
            yield _Term(expression["key"], str(expression.get("operator")), tuple(_list(expression.get("values"))))


def _list(node: Any) -> Iterable[Any]:
    return node if isinstance(node, list) else ()


def _map(labels: dict[str, Any], changed: Mapping[str, Change]) -> dict[str, Any] | None:
    new_labels: dict[str, Any] = {}
    for key, value in labels.items():
        change = changed.get(key)
        mine = change is not None and change.key is not None and change.before == value
        place, now = (change.key, change.after) if change is not None and mine else (key, value)
        if place in new_labels or (place != key and place in labels):
            return None
        new_labels[str(place)] = now
    return new_labels


def _expression(expression: Any, changed: Mapping[str, Change]) -> Any:
    change = changed.get(str(expression.get("key"))) if isinstance(expression, dict) else None
    if change is None or change.key is None:
        return expression
    if expression.get("operator") not in _WITH_VALUES:
        return {**expression, "key": change.key}
    values = list(_list(expression.get("values")))
    if change.before not in values:
        return expression
    if change.key != expression["key"] and len(values) > 1:
        return None  # the other values are looked for under the old key
    return {
        **expression,
        "key": change.key,
        "values": [change.after if value == change.before else value for value in values],
    }
