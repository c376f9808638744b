"""F2: what is renamed in a step is followed by everything in the draft that names it, or the step lists what does not.

The judge knows nothing of the walk over references: every name is one that stands nowhere else (`own-17`), so what
still names it is any text of any document that contains it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.manifests.bundle import Bundle
from services.manifests.references import loose
from services.manifests.yamlio import load
from services.steps.lenses import LENSES
from services.steps.renames import follow, former
from tests.unit.manifests_strategies import linked
from tests.unit.test_steps_lens_testdata import API, KUBERNETES, PLACES, _loaded, _of_our_kinds, module_files

Values = dict[str, Any]
Change = Callable[[Values], bool]
"""Changes the values of a step in place; False where there is nothing of that kind."""


def step(bundle: Bundle, name: str, change: Change) -> tuple[Bundle, list[dict[str, Any]]] | None:
    """The documents after a change in a step, and the names that are gone; None: there is nothing to change."""
    lens = LENSES[name]
    values = lens.read(bundle)
    if not change(values):
        return None
    after = follow(bundle, lens.write(bundle, values))
    return after, former(bundle, after, [])


def texts(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text and number below a node, keys of maps among them."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield (*path, key), str(key)
            yield from texts(value, (*path, key))
    elif isinstance(node, list):
        for at, value in enumerate(node):
            yield from texts(value, (*path, at))
    elif node is not None and not isinstance(node, bool):
        yield path, str(node)


def still_named(bundle: Bundle, old: str) -> set[tuple[int, tuple[str | int, ...]]]:
    """Where a document says the old name; labels that an object itself carries name nothing."""
    places = set()
    for at, document in enumerate(bundle.documents):
        for path, text in texts(document):
            own = path[:2] in {("metadata", "labels"), ("metadata", "annotations")} or path[-2:-1] == ("annotations",)
            if old in text and not own and path[:1] != ("status",):
                places.add((at, path))
    return places


def listed_labels(listed: list[tuple[int, Any]]) -> set[tuple[int, Any]]:
    return {(at, path[:4]) for at, path in listed}


def assert_followed(bundle: Bundle, old: str, lost: list[dict[str, Any]], case: object) -> None:
    """No document names the old one, or it is listed: the place itself, or a selector around it."""
    listed = [(reference.document, reference.path) for reference in loose(bundle, lost)]
    for at, path in still_named(bundle, old):
        if path[:2] == ("spec", "selector") and (at, ("spec", "template", "metadata", "labels")) in listed_labels(
            listed
        ):
            continue  # another workload, whose pods carry the label: that is listed, and its selector is its own
        assert any(at == number and path[: len(place)] == place for number, place in listed), (case, at, path, listed)


# ---- one rename of each kind -----------------------------------------------------------------------------------------


def renamed_row(rows: list[Values], old: str, new: str) -> bool:
    row = next((row for row in rows if row.get("name") == old), None)
    if row is not None:
        row["name"] = new
    return row is not None


def _field(name: str, new: str) -> Change:
    return lambda values: values.update({name: new}) is None


def _in_lists(*fields: str) -> Callable[[str, str], Change]:
    return lambda old, new: lambda values: any(renamed_row(values[field], old, new) for field in fields)


def _port(old: str, new: str) -> Change:
    return lambda values: any(renamed_row(container["ports"], old, new) for container in values["containers"])


def _label(part: str) -> Callable[[str, str], Change]:
    def change(values: Values, old: str, new: str) -> bool:
        row = next((row for row in values["labels"] if row[part] == old), None)
        return row is not None and row.update({part: new}) is None

    return lambda old, new: lambda values: change(values, old, new)


RENAMES: dict[str, tuple[str, Callable[[str, str], Change]]] = {
    "service": ("basic", lambda _old, new: _field("name", new)),
    "version": ("basic", lambda _old, new: _field("version", new)),
    "container": ("pod", _in_lists("containers")),
    "port": ("pod", _port),
    "service port": ("service", _in_lists("ports")),
    "volume": ("storage", _in_lists("volumes", "templates")),
    "label": ("advanced", _label("value")),
    "label key": ("advanced", _label("key")),
}


def rename(kind: str, old: str, new: str) -> tuple[str, Change]:
    """The step that renames something of a kind, and the change of its values."""
    name, change = RENAMES[kind]
    return name, change(old, new)


def names_of(bundle: Bundle) -> list[tuple[str, str]]:
    """Everything in the first workload and Service that a step can rename: kind and name."""
    names = []
    basic, pod, storage = (LENSES[name].read(bundle) for name in ("basic", "pod", "storage"))
    if basic["name"]:
        names.append(("service", basic["name"]))
    if basic["version"] and bundle.workload:
        names.append(("version", basic["version"]))
    names += [("container", container["name"]) for container in pod["containers"] if container["name"]]
    names += [("port", port["name"]) for container in pod["containers"] for port in container["ports"] if port["name"]]
    names += [("service port", port["name"]) for port in LENSES["service"].read(bundle)["ports"] if port["name"]]
    names += [("volume", volume["name"]) for volume in (*storage["volumes"], *storage["templates"]) if volume["name"]]
    if bundle.workload:
        rows = [row for row in LENSES["advanced"].read(bundle)["labels"] if row["key"] and not row["keep"]]
        names += [("label", row["value"]) for row in rows if row["value"]]
        names += [("label key", row["key"]) for row in rows]
    return list(dict.fromkeys(names))


def try_every_rename(bundle: Bundle, case: object, *, alone: bool = False) -> int:
    """Rename one thing after the other, each twice: to a name of its own, and from that to another. ``alone``: the
    names stand for one thing only as they are."""
    tried = 0
    for kind, name in names_of(bundle):
        once = step(bundle, *rename(kind, name, f"own-{tried}x"))
        if once is None:
            continue
        middle = once[0]
        if alone and kind != "label key" and name != "v1":  # these stand in other words as well
            assert_followed(middle, name, once[1], (case, kind, name))
        twice = step(middle, *rename(kind, f"own-{tried}x", f"new-{tried}y"))
        assert twice is not None, (case, kind, name)
        assert_followed(twice[0], f"own-{tried}x", twice[1], (case, kind, name))
        tried += 1
    return tried


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_no_generated_draft_names_the_old_one_after_a_rename(seed: int) -> None:
    """F2, the references property: documents that name each other in every way."""
    bundle = Bundle(linked(Random(seed)))
    before = json.dumps(bundle.documents)
    assert try_every_rename(bundle, seed, alone=True) > 5
    assert json.dumps(bundle.documents) == before


def test_no_manifest_of_other_people_names_the_old_one_after_a_rename() -> None:
    """F2, the references property: the objects of k8s.io/api and the files of the Kubernetes sources."""
    tried = 0
    paths = [*module_files(API, "testdata/HEAD"), *module_files(KUBERNETES, *PLACES)]
    for path in paths:
        if path.suffix == ".json" and "testdata/HEAD" in str(path):
            continue
        bundle = _loaded(path.read_bytes().decode("utf-8", "replace"))
        if bundle is not None and _of_our_kinds(bundle):
            tried += try_every_rename(bundle, path)
    assert tried >= 400


def test_what_is_renamed_and_renamed_back_is_as_it_was() -> None:
    """F2: following loses nothing on the way."""
    for seed in range(15):
        bundle = Bundle(linked(Random(seed)))
        for kind, name in names_of(bundle):
            renamed = step(bundle, *rename(kind, name, "elsewhere"))
            back = renamed and step(renamed[0], *rename(kind, "elsewhere", name))
            if back and kind not in ("label key", "version"):  # their places in the map move
                assert back[0].documents == bundle.documents, (seed, kind, name)


READS_LABELS = """
kind: StatefulSet
metadata: {name: web-v1, labels: {app: web, tier: back}}
spec:
  serviceName: web
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: back}}
    spec:
      topologySpreadConstraints: [{topologyKey: zone, matchLabelKeys: [tier], labelSelector: {matchLabels: {app: web}}}]
      containers:
      - name: c
        env: [{name: TIER, valueFrom: {fieldRef: {fieldPath: "metadata.labels['tier']"}}}]
      volumes:
      - name: info
        downwardAPI: {items: [{path: tier, fieldRef: {fieldPath: "metadata.labels['tier']"}}]}
"""


def test_labels_that_are_read_by_their_key_are_followed() -> None:
    """F2: environment, downward API and matchLabelKeys; where the label goes, what reads it is listed."""
    renamed = step(Bundle(load(READS_LABELS)), *rename("label key", "tier", "layer"))
    assert renamed is not None
    pod = renamed[0].documents[0]["spec"]["template"]["spec"]
    field = {"fieldPath": "metadata.labels['layer']"}
    assert pod["containers"][0]["env"][0]["valueFrom"]["fieldRef"] == field
    assert pod["volumes"][0]["downwardAPI"]["items"][0]["fieldRef"] == field
    assert pod["topologySpreadConstraints"][0]["matchLabelKeys"] == ["layer"]
    assert loose(*renamed) == []
    removed = step(Bundle(load(READS_LABELS)), "advanced", lambda values: values["labels"].pop() is not None)
    assert removed is not None
    assert len([reference for reference in loose(*removed) if "do not have" in reference.sentence]) == 2


@pytest.mark.parametrize(
    "text",
    [
        "web",
        "http://web:8080/",
        "postgres://u:p@web/db",
        "web.demo.svc.cluster.local",
        "web-v1-0.web",
        "--upstream=web",
        "a,web:1",
        "host: web\nport: 1",
        '{"host": "web"}',
    ],
)
def test_an_address_in_a_text_is_listed(text: str) -> None:
    """F2: said, not changed: a text may mean something else."""
    workload = load(READS_LABELS)[0]
    settings_map = {"kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"x": text, "y": "a webserver, cobweb:1"}}
    service = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}}}
    renamed = step(Bundle((workload, service, settings_map)), *rename("service", "web", "shop"))
    assert renamed is not None
    assert [(reference.document, reference.path) for reference in loose(*renamed)] == [(2, ("data", "x"))]


def test_what_is_called_after_a_stateful_set_follows_or_is_listed() -> None:
    """F2: a Service of one pod follows; a claim of one pod is listed."""
    label = {"statefulset.kubernetes.io/pod-name": "web-v1-0"}
    service = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}}}
    first = {"kind": "Service", "metadata": {"name": "web-0"}, "spec": {"selector": label}}
    claim = {"kind": "PersistentVolumeClaim", "metadata": {"name": "data-web-v1-0"}, "spec": {}}
    bundle = Bundle((load(READS_LABELS)[0], service, first, claim))
    renamed = step(bundle, *rename("service", "web", "shop"))
    assert renamed is not None
    assert renamed[0].documents[2]["spec"]["selector"] == {"statefulset.kubernetes.io/pod-name": "shop-v1-0"}
    assert [(reference.document, reference.path) for reference in loose(*renamed)] == [(3, ("metadata", "name"))]


REPLACED = """
kind: StatefulSet
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers:
      - {name: first, image: busybox, volumeDevices: [{name: a, devicePath: /a}, {name: b, devicePath: /b}]}
      containers:
      - name: app
        image: nginx
        ports: [{name: http, containerPort: 8080}]
        livenessProbe: {httpGet: {port: http}}
      - {name: side, image: nginx}
      - {name: more, image: nginx}
      volumes: [{name: a, emptyDir: {}}, {name: b, emptyDir: {}}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}, {name: two, port: 81, targetPort: 9}]}
---
kind: Ingress
metadata: {name: web}
spec: {defaultBackend: {service: {name: web, port: {name: two}}}}
---
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {kind: StatefulSet, name: web}
  metrics: [{type: ContainerResource, containerResource: {name: cpu, container: side}}]
---
kind: PersistentVolumeClaim
metadata: {name: data-web-0}
---
kind: PersistentVolumeClaim
metadata: {name: data-web-0-old}
"""


def _over(field: str, at: int, **row: Any) -> Change:
    """Writes over a row of a step."""
    return lambda values: values[field][at].update(row) is None


def _over_port(**row: Any) -> Change:
    return lambda values: values["containers"][0]["ports"][0].update(row) is None


def _instead(field: str, gone: int, at: int, **row: Any) -> Change:
    """Writes over a row of a step and removes another one."""
    return lambda values: values[field][at].update(row) is None and bool(values[field].pop(gone))


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("pod", _over_port(name="stats", container_port=9090), ["port http"]),
        ("pod", _over("containers", 1, name="proxy", image="envoy"), ["container side"]),
        ("pod", _instead("containers", 1, 2, name="last"), ["container side"]),
        ("service", _over("ports", 1, name="stats", port=9090), ["port two"]),
        ("storage", _over("volumes", 0, name="c", kind="claim", object="c"), ["volume a"]),
        ("storage", _instead("volumes", 0, 1, name="c"), ["volume a"]),
    ],
)
def test_what_was_replaced_by_something_else_is_listed_and_not_followed(
    name: str, change: Change, says: list[str]
) -> None:
    """F2: a row removed and another added in one press look like a rename; one leaves everything else as it was."""
    bundle = Bundle(load(REPLACED))
    replaced = step(bundle, name, change)
    assert replaced is not None
    sentences = [reference.sentence for reference in loose(*replaced)]
    assert [any(word in str(sentence) for sentence in sentences) for word in says] == [True] * len(says), sentences
    assert replaced[0].documents[2:] == bundle.documents[2:]


@pytest.mark.parametrize("at", [0, 1])
def test_a_row_that_keeps_all_but_its_name_is_followed_though_others_are_like_it(at: int) -> None:
    """F2: where nothing was removed its place says which it is."""
    old, volumes = "ab"[at], Bundle(load(REPLACED))
    renamed = step(volumes, "storage", _over("volumes", at, name="c"))
    assert renamed is not None
    devices = renamed[0].documents[0]["spec"]["template"]["spec"]["initContainers"][0]["volumeDevices"]
    assert [device["name"] for device in devices] == ["c" if name == old else name for name in "ab"]
    assert [reference for reference in loose(*renamed) if "volume" in str(reference.sentence)] == []


def test_claims_of_a_template_that_is_called_otherwise_are_listed() -> None:
    """F2: pods no longer use the claim that the draft has for one of them; until the template is back."""
    renamed = step(Bundle(load(REPLACED)), *rename("volume", "data", "store"))
    assert renamed is not None
    listed = [(reference.document, reference.path) for reference in loose(*renamed)]
    assert listed == [(4, ("metadata", "name"))]
    back = step(renamed[0], *rename("volume", "store", "data"))
    assert back is not None
    assert loose(back[0], [*renamed[1], *back[1]]) == []
    removed = step(Bundle(load(REPLACED)), "storage", lambda values: bool(values["templates"].pop()))
    assert removed is not None
    assert [(reference.document, reference.path) for reference in loose(*removed)] == listed
