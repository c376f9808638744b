"""Scheduling rules: the documented two, one's own, and tolerations. Works on the pod template."""

from collections.abc import Iterator
from typing import Any

from services.manifests import names
from services.manifests.bundle import Document
from services.manifests.selectors import (
    from_label_selector,
    from_node_selector_term,
    parse_selector,
    to_label_selector,
    to_node_selector_term,
)
from services.manifests.sentences import Sentence
from services.manifests.sentences import gettext_noop as _
from services.manifests.tree import MISSING, get, replace
from services.steps.lenses import field
from services.steps.lenses.parts import At, Entry, Found, Part, Path, Record, unknown
from services.steps.lenses.rows import Row, Rows, to_keep

OPERATORS = [("", _("Equal")), ("Equal", _("Equal")), ("Exists", _("Exists"))]
EFFECTS = [("", _("Every effect")), *((effect, effect) for effect in ("NoSchedule", "PreferNoSchedule", "NoExecute"))]
HOSTNAME = "kubernetes.io/hostname"
DEFAULT, DECENTRALIZED, CENTRALIZED, CUSTOM, OTHER = "default", "decentralized", "centralized", "custom", "other"
_AFFINITY = ("spec", "affinity")
_SIDES = {DECENTRALIZED: "podAntiAffinity", CENTRALIZED: "podAffinity"}
_PREFERRED, _REQUIRED = (
    "preferredDuringSchedulingIgnoredDuringExecution",
    "requiredDuringSchedulingIgnoredDuringExecution",
)


class _Selector(Part):
    """A selector as text; ``read_with`` and ``build`` are the two directions."""

    def __init__(self, read_with: Any, build: Any) -> None:
        self.read_with, self.build = read_with, build

    def read(self, node: Any) -> str:
        return self.read_with(node) or ""

    def put(self, node: Any, value: Any) -> Any:
        parsed = parse_selector(value)
        return MISSING if isinstance(parsed, Sentence) or not parsed else self.build(parsed)

    def locate(self, path: Path, node: Any = MISSING) -> Found | None:
        return (1, "") if path else (0, "")


_PODS = _Selector(from_label_selector, to_label_selector)
_NODES = _Selector(from_node_selector_term, to_node_selector_term)


def _labels(path: str, part: _Selector = _PODS) -> field.Field:
    placeholder = _("e.g. app=web")
    return field.text(path, _("Labels"), names.selector, part=lambda: part, placeholder=placeholder, list="list_pods")


def _topology(path: str) -> field.Field:
    placeholder = _("e.g. kubernetes.io/hostname")
    return field.text(path, _("Topology key"), names.label_key, placeholder=placeholder, list="topologies")


_WEIGHT = field.number("weight", _("Weight"), least=1, most=100, placeholder=_("e.g. 100"))
RULE = Record(
    weight=_WEIGHT,
    selector=_labels("podAffinityTerm.labelSelector"),
    topology=_topology("podAffinityTerm.topologyKey"),
)
_REQUIRED_RULE = Record(selector=_labels("labelSelector"), topology=_topology("topologyKey"))
_GROUPS: dict[tuple[str, str], tuple[tuple[str, ...], Record]] = {
    ("with", "preferred"): (("podAffinity", _PREFERRED), RULE),
    ("with", "required"): (("podAffinity", _REQUIRED), _REQUIRED_RULE),
    ("away", "preferred"): (("podAntiAffinity", _PREFERRED), RULE),
    ("away", "required"): (("podAntiAffinity", _REQUIRED), _REQUIRED_RULE),
    ("nodes", "preferred"): (
        ("nodeAffinity", _PREFERRED),
        Record(weight=_WEIGHT, selector=_labels("preference", _NODES)),
    ),
    ("nodes", "required"): (("nodeAffinity", _REQUIRED, "nodeSelectorTerms"), Record(selector=_labels("", _NODES))),
}
_BLANK_RULE: Row = {"type": "", "strategy": "", "selector": "", "topology": "", "weight": None, "keep": ""}


class _Terms(Rows):
    """Rows of one group; a term whose selector has no text is kept."""

    def __init__(self, record: Record) -> None:
        super().__init__(record, identity=("selector",))

    def read_row(self, entry: Any) -> Row:
        row = super().read_row(entry)
        return row if row["keep"] or row["selector"] else {**self.record.blank, "keep": to_keep(entry)}


class Scheduling(Part):
    """``mode`` and ``rules`` of ``spec.affinity`` of a pod template, and its tolerations."""

    tolerations = Rows(
        Record(
            key=field.text("key", _("Taint key"), names.label_key, placeholder=_("e.g. dedicated")),
            operator=field.choice("operator", _("Operator"), OPERATORS),
            value=field.text("value", _("Value"), names.label_value),
            effect=field.choice("effect", _("Effect"), EFFECTS),
            seconds=field.number("tolerationSeconds", _("Seconds"), least=0, unit=_("s")),
        ),
        identity=("key", "effect"),
    )

    def read(self, node: Any) -> dict[str, Any]:
        mode = mode_of(node)
        return {
            "mode": mode,
            "rules": _rules(get(node, _AFFINITY)) if mode == CUSTOM else [],
            "tolerations": self.tolerations.read(get(node, ("spec", "tolerations"))),
        }

    def put(self, node: Any, value: Any) -> Any:
        path = ("spec", "tolerations")
        old = get(node, path)
        new = self.tolerations.write(old, value["tolerations"])
        node = node if new is old else replace(node, path, new)
        return with_mode(node, value["mode"], value["rules"])

    def entries(self) -> list[Entry]:
        return [(_AFFINITY, _Affinity()), (("spec", "tolerations"), self.tolerations)]

    def locate(self, path: Path, node: Any = MISSING) -> Found | None:
        if path[:2] == _AFFINITY:
            return self._locate_rule(path, node)
        location = At("spec.tolerations", self.tolerations).locate(path, node)
        return (location[0], f"tolerations-{location[1]}" if location[1] else "tolerations") if location else None

    def _locate_rule(self, path: Path, node: Any) -> Found:
        before = 0
        for place, record in _GROUPS.values():
            length = 2 + len(place)
            entries = get(node, (*_AFFINITY, *place))
            if path[2:length] == place and len(path) > length and isinstance(path[length], int):
                location = record.locate(path[length + 1 :]) or (0, "selector")
                return (length + 1, f"rules-{before + int(path[length])}-{location[1]}")
            before += len(entries) if isinstance(entries, list) else 0
        return (2, "mode")


class _Affinity(Part):
    """The unseen places of the affinity: terms without text and fields of terms that have none here."""

    def unseen(self, node: Any) -> Iterator[Path]:
        mode = mode_of({"spec": {"affinity": node}})
        if mode == OTHER:
            yield ()
        elif mode == CUSTOM:
            known = [(place, _Terms(record)) for place, record in _GROUPS.values()]
            yield from unknown(node, list[Entry](known))


def mode_of(template: Any) -> str:
    """Which of the scheduling modes the pod template is in."""
    affinity = get(template, _AFFINITY)
    if affinity is MISSING or affinity is None or affinity == {}:
        return DEFAULT
    for mode in _SIDES:
        if affinity == _documented(template, mode):
            return mode
    return CUSTOM if isinstance(affinity, dict) and _rules(affinity) else OTHER


def with_mode(template: Any, mode: str, rules: list[Row]) -> Any:
    """The pod template in ``mode``; untouched if it is in that mode, with these rules, already."""
    old = mode_of(template)
    affinity = get(template, _AFFINITY)
    if mode == old and (mode != CUSTOM or rules == _rules(affinity)):
        return template
    if mode in _SIDES:
        return replace(template, _AFFINITY, _documented(template, mode))
    if mode == CUSTOM:
        return replace(template, _AFFINITY, _with_rules(affinity if old == CUSTOM else MISSING, rules))
    return replace(template, _AFFINITY, MISSING) if mode == DEFAULT else template


def with_pod_labels(workload: Document, labels: Any) -> Document:
    """The workload with other labels on its pods; the documented modes go on to mean the pods' own labels."""
    template = get(workload, ("spec", "template"))
    mode, relabelled = mode_of(template), replace(template, ("metadata", "labels"), labels)
    template = with_mode(relabelled, mode, []) if mode in _SIDES else relabelled
    changed: Document = replace(workload, ("spec", "template"), template)
    return changed


def _documented(template: Any, mode: str) -> dict[str, Any]:
    labels = get(template, ("metadata", "labels"))
    selector = {"matchLabels": labels if isinstance(labels, dict) else {}}
    term = {"labelSelector": selector, "topologyKey": HOSTNAME}
    return {_SIDES[mode]: {_PREFERRED: [{"weight": 100, "podAffinityTerm": term}]}}


def _rules(affinity: Any) -> list[Row]:
    rows = []
    for (kind, strategy), (place, record) in _GROUPS.items():
        for row in _Terms(record).read(get(affinity, place)):
            rows.append({**_BLANK_RULE, **row, "type": kind, "strategy": strategy})
    return rows


def _with_rules(affinity: Any, rules: list[Row]) -> Any:
    for (kind, strategy), (place, record) in _GROUPS.items():
        own = [row for row in rules if (row["type"], row["strategy"]) == (kind, strategy)]
        terms = _Terms(record)
        rows = [{key: row[key] for key in (*record.blank, "keep")} for row in own]
        old = get(affinity, place)
        new = terms.write(old, rows)
        if new is not old:
            affinity = replace(affinity, place, new)
    return affinity
