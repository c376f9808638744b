"""The two laws of every lens, over generated manifests: looking changes nothing, and what you typed is what you see."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.manifests.bundle import Bundle
from services.manifests.lenses import LENSES
from services.manifests.lenses.lens import Values
from services.manifests.lenses.mounts import spots
from services.manifests.lenses.parts import get
from tests.unit.manifests_strategies import DOCUMENTS, JUNK

LAWS = settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
EACH = pytest.mark.parametrize("name", sorted(LENSES))


def normal(name: str, bundle: Bundle, values: Values) -> Values:
    """What the forms see to, and what ``write`` sets right by itself where they do not (shapes.py)."""
    values = copy.deepcopy(values)
    rules = {"pod": _normal_pod, "storage": _normal_mounts, "advanced": _normal_advanced, "basic": _normal_basic}
    if name in rules:
        rules[name](bundle, values)
    return values


def _normal_pod(bundle: Bundle, values: Values) -> None:
    _normal_ports(values)
    kind = (bundle.workload or {}).get("kind", "Deployment")
    if kind == "DaemonSet":
        values["replicas"] = None
    for field, kinds in {
        "max_surge": "Deployment DaemonSet",
        "partition": "StatefulSet",
        "deadline": "Deployment",
    }.items():
        if kind not in kinds.split():
            values["update"][field] = "" if field == "max_surge" else None
    if values["update"]["strategy"] in ("Recreate", "OnDelete"):
        values["update"].update(max_unavailable="", max_surge="", partition=None)
    if values["scheduling"]["mode"] == "other":
        values["scheduling"] = LENSES["pod"].read(bundle)["scheduling"]


def _normal_advanced(bundle: Bundle, values: Values) -> None:
    rows = [{**row, "node_port": None} for row in LENSES["advanced"].read(bundle)["ports"]]
    values["ports"] = [
        {**row, "node_port": typed["node_port"] if values["external"] else None}
        for row, typed in zip(rows, [*values["ports"], *rows][: len(rows)], strict=True)
    ]
    if not values["external"]:
        values["load_balancer_class"] = ""
    if not values["sticky"]:
        values["sticky_timeout"] = None
    if not bundle.workload:
        values.update(node_selector=[], annotations=[])


def _normal_basic(bundle: Bundle, values: Values) -> None:
    if not bundle.workload:
        values["version"] = ""


def _normal_ports(values: Values) -> None:
    """Ports are unique over all workers, only workers have Service ports, and none leads where a kept port leads."""
    seen: set[Any] = set()
    for container in values["containers"]:
        rows = []
        for row in container["ports"]:
            place = {(row["protocol"], row["container_port"]), (row["protocol"], row["name"] or None)}
            if not row["keep"] and (place & seen or row["container_port"] is None):
                continue
            seen |= place
            rows.append(row if container["type"] == "worker" else {**row, "service_port": None, "app_protocol": ""})
        container["ports"] = rows


def _normal_mounts(bundle: Bundle, values: Values) -> None:
    """Volume names are unique, mounts name containers that are there, in their order."""
    order = [spot[0] for spot in spots(get(bundle.workload, ("spec", "template", "spec")))]
    if (bundle.workload or {}).get("kind") != "StatefulSet":
        values["templates"] = []
    names: set[str] = set()
    for field in ("volumes", "templates"):
        rows = []
        for row in values[field]:
            if row["name"] and row["name"] in names:
                continue
            names.add(row["name"])
            mounts = [mount for mount in row["mounts"] if mount["container"] in order]
            row["mounts"] = sorted(mounts, key=lambda mount: order.index(mount["container"]))
            rows.append(row)
        values[field] = rows


def plain(value: Any) -> str:
    return json.dumps(value)


@EACH
@LAWS
@given(documents=DOCUMENTS)
def test_looking_changes_nothing(name: str, documents: tuple[dict[str, Any], ...]) -> None:
    bundle, lens = Bundle(documents), LENSES[name]
    before = plain(documents)
    values = lens.read(bundle)
    through_a_form = json.loads(plain(values))
    assert plain(lens.write(bundle, through_a_form).documents) == before
    assert plain(documents) == before
    for note in lens.unseen(bundle):
        assert note.path
        assert note.sentence


@EACH
@LAWS
@given(documents=DOCUMENTS, others=DOCUMENTS)
def test_what_is_typed_is_what_is_seen(name: str, documents: Any, others: Any) -> None:
    bundle, lens = Bundle(documents), LENSES[name]
    before = plain(documents)
    values = normal(name, bundle, lens.read(Bundle(others)))
    written = lens.write(bundle, values)
    assert lens.read(written) == values
    assert plain(documents) == before
    assert lens.write(written, values) == written


@EACH
@LAWS
@given(documents=DOCUMENTS, others=DOCUMENTS, data=st.data())
def test_one_field_changed_is_one_field_changed(name: str, documents: Any, others: Any, data: Any) -> None:
    bundle, lens = Bundle(documents), LENSES[name]
    values = lens.read(bundle)
    field = data.draw(st.sampled_from(sorted(values)))
    mixed = {**values, field: lens.read(Bundle(others))[field]}
    values = normal(name, bundle, mixed)
    assert lens.read(lens.write(bundle, values)) == values


@EACH
@LAWS
@given(
    documents=DOCUMENTS,
    path=st.lists(st.sampled_from(["spec", "metadata", "template", "containers", "ports", 0, 1, "env"])),
)
def test_every_error_of_the_api_is_taken(name: str, documents: Any, path: list[str | int]) -> None:
    bundle = Bundle(documents)
    for kind in ("Service", "Deployment"):
        found = LENSES[name].field_for(kind, tuple(path), bundle)
        assert found is None or isinstance(found[1], str)


@EACH
@given(seed=st.integers(0, 10_000))
def test_documents_of_any_form_can_be_looked_at(name: str, seed: int) -> None:
    junk = JUNK(Random(seed))
    bundle = Bundle(
        ({"kind": "Deployment", "spec": junk, "metadata": junk}, {"kind": "Service", "spec": junk, "metadata": junk})
    )
    assert LENSES[name].write(bundle, LENSES[name].read(bundle)) == bundle
