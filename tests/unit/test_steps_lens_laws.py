"""The two laws of every lens, over generated manifests: looking changes nothing, and what you typed is what you see."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from services.manifests.bundle import Bundle
from services.manifests.tree import get
from services.steps.lenses import LENSES, service_ports
from services.steps.lenses.container import Containers, zone_of
from services.steps.lenses.container import container as container_record
from services.steps.lenses.lens import Values
from services.steps.lenses.mounts import spots
from services.steps.lenses.rows import Rows, row_key
from tests.unit.manifests_strategies import DOCUMENTS, JUNK

LAWS = settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
SOME = settings(LAWS, max_examples=100)
Documents = tuple[dict[str, Any], ...]


def normal(name: str, bundle: Bundle, values: Values) -> Values:
    """What the forms see to, and what ``write`` sets right by itself where they do not."""
    values = copy.deepcopy(values)
    rules = {"pod": _normal_pod, "storage": _normal_mounts, "advanced": _normal_advanced, "basic": _normal_basic}
    if name in rules:
        rules[name](bundle, values)
    return values


def _normal_pod(bundle: Bundle, values: Values) -> None:
    for container in values["containers"]:
        # A row that says nothing (an empty entry of the other documents) is one that no form gives.
        container["env_from"] = [row for row in container["env_from"] if row["source"] != "other" or row["keep"]]
    _normal_ports(bundle, values)
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


def _normal_ports(bundle: Bundle, values: Values) -> None:
    """Ports are unique over all workers, but for further ports of the Service below theirs; only workers have Service
    ports. A port that the Service already leads to, by an entry that no row shows, gets a row by that."""
    ports = get(bundle.service, ("spec", "ports"))
    ports = ports if isinstance(ports, list) else []
    listed = get(bundle.workload, ("spec", "template", "spec"))
    rows = service_ports.rows_of(Containers().read(listed))
    paired = {**service_ports.pairs(ports, rows), **service_ports.further(ports, rows)}
    kept = [port for at, port in enumerate(ports) if at not in paired]
    seen: set[Any] = set()
    for container in values["containers"]:
        rows = []
        for row in container["ports"]:
            place = {(row["protocol"], row["container_port"]), (row["protocol"], row["name"] or None)}
            base = rows[-1] if rows and not rows[-1]["keep"] else None
            again = (
                base is not None
                and place & seen == {(row["protocol"], row["container_port"])}
                and all(base[key] == row[key] for key in ("protocol", "container_port"))
            )
            again = again and None not in (base["service_port"], row["service_port"]) and row["name"] != ""
            if not row["keep"] and ((place & seen and not again) or row["container_port"] is None):
                continue
            if service_ports.pairs(kept, {(0, 0): row}):
                continue
            seen |= place
            rows.append(row if container["type"] == "worker" else {**row, "service_port": None, "app_protocol": ""})
        container["ports"] = rows
    blank = Rows(container_record(zone_of(None))).blank_row
    filled = [row for row in values["containers"] if {**row, "type": ""} != {**blank, "type": ""}]
    values["containers"] = filled


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


@LAWS
@given(documents=DOCUMENTS)
def test_looking_changes_nothing(documents: tuple[dict[str, Any], ...]) -> None:
    bundle, before = Bundle(documents), plain(documents)
    for name, lens in LENSES.items():
        values = lens.read(bundle)
        through_a_form = json.loads(plain(values))
        assert plain(lens.write(bundle, through_a_form).documents) == before, name
        assert plain(documents) == before, name
        assert all(note.path and note.sentence for note in lens.unseen(bundle)), name


@seed(1)
@LAWS
@given(documents=DOCUMENTS, others=DOCUMENTS)
def test_what_is_typed_is_what_is_seen(documents: Documents, others: Documents) -> None:
    bundle, before = Bundle(documents), plain(documents)
    for name, lens in LENSES.items():
        values = normal(name, bundle, lens.read(Bundle(others)))
        written = lens.write(bundle, values)
        assert lens.read(written) == values, name
        assert plain(documents) == before, name
        assert lens.write(written, values) == written, name


@SOME
@given(documents=DOCUMENTS, others=DOCUMENTS, choice=st.integers(0, 100))
def test_one_field_changed_is_one_field_changed(documents: Documents, others: Documents, choice: int) -> None:
    bundle = Bundle(documents)
    for name, lens in LENSES.items():
        values = lens.read(bundle)
        field = sorted(values)[choice % len(values)]
        values = normal(name, bundle, {**values, field: lens.read(Bundle(others))[field]})
        assert lens.read(lens.write(bundle, values)) == values, (name, field)


@SOME
@given(documents=DOCUMENTS, others=DOCUMENTS, seed=st.integers(0, 2**32))
def test_rows_of_two_documents_mixed(documents: Documents, others: Documents, seed: int) -> None:
    """Rows added, removed, moved and replaced in one go, as a person may do on one page."""
    bundle, random = Bundle(documents), Random(seed)
    for name, lens in LENSES.items():
        values, more = lens.read(bundle), lens.read(Bundle(others))
        for field, rows in values.items():
            if isinstance(rows, list):
                values[field] = _mixed(rows, more[field], random)
        values = normal(name, bundle, values)
        assert lens.read(lens.write(bundle, values)) == values, name


def _mixed(rows: list[Any], more: list[Any], random: Random) -> list[Any]:
    mixed = [row for row in [*rows, *more] if random.random() < 0.6]
    random.shuffle(mixed)
    return _once(mixed)


EMPTY = {"key": "", "value": "", "keep": ""}


def _name(row: Any) -> str:
    return row_key(row) if row.keys() == EMPTY.keys() else row.get("name") or plain(row)


def _once(rows: list[Any]) -> list[Any]:
    """Rows with different keys, workers before init containers."""
    by_key = {
        row_key(row) if row.keys() == EMPTY.keys() else row.get("name") or plain(row): row
        for row in rows
        if row != EMPTY
    }
    return sorted(by_key.values(), key=lambda row: row.get("type") == "init")


PLACES = [
    "spec",
    "metadata",
    "template",
    "containers",
    "initContainers",
    "ports",
    0,
    1,
    "env",
    "volumeMounts",
    "affinity",
]


@settings(max_examples=100)
@given(documents=DOCUMENTS, path=st.lists(st.sampled_from(PLACES)))
def test_every_error_of_the_api_is_taken(documents: Documents, path: list[str | int]) -> None:
    bundle = Bundle(documents)
    for name, lens in LENSES.items():
        for document in documents:
            field = lens.field_for(document["kind"], tuple(path), bundle)
            assert field is None or isinstance(field[1], str), name


@settings(max_examples=100)
@given(seed=st.integers(0, 10_000))
def test_documents_of_any_form_can_be_looked_at(seed: int) -> None:
    junk = JUNK(Random(seed))
    documents = [{"kind": kind, "spec": junk, "metadata": junk} for kind in ("Deployment", "Service")]
    bundle = Bundle(tuple(documents))
    for name, lens in LENSES.items():
        assert lens.write(bundle, lens.read(bundle)) == bundle, name
