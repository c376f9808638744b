"""The steps of Edit Settings on workloads that exist: saved unchanged nothing changes, one change is that change."""

from __future__ import annotations

import os
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from services.manifests.bundle import Bundle
from services.manifests.diff import changes
from services.manifests.paths import format_path
from services.manifests.yamlio import load
from services.models import SETTINGS
from services.steps.step import form_context, opened, posted, steps_of, written
from services.yaml_editor import differences
from tests.manifests import daemon_set, deployment, stateful_set
from tests.unit.test_steps_lens_testdata import API, module_files

KINDS = ("Deployment", "StatefulSet", "DaemonSet")
STEPS = {step.name: step for step in steps_of(SETTINGS)}
# Of k8s.io/api testdata: every field set. Some of its values no API server takes; the form marks only what is changed.
CONTAINER = "spec.template.spec.containers[nameValue]"
ONE_CHANGE = [
    ("pod", "containers-0-image", "nginx:1.28", f"{CONTAINER}.image"),
    ("pod", "containers-0-cpu_limit", "2", f"{CONTAINER}.resources.limits.cpu"),
    ("pod", "update-min_ready", "77", "spec.minReadySeconds"),
    ("pod", "grace_period", "77", "spec.template.spec.terminationGracePeriodSeconds"),
    ("pod", "priority_class", "other", "spec.template.spec.priorityClassName"),
    ("storage", "volumes-0-mounts-0-path", "/other", f"{CONTAINER}.volumeMounts[nameValue].mountPath"),
    ("advanced_live", "node_selector-0-value", "other", "spec.template.spec.nodeSelector.nodeSelectorKey"),
    ("advanced_live", "labels-0-value", "other", "metadata.labels.labelsKey"),
    ("advanced_live", "pod_labels-0-value", "other", "spec.template.metadata.labels.labelsKey"),
    ("advanced_live", "annotations-0-value", "other", "metadata.annotations.annotationsKey"),
]


def saved(document: Any, name: str, typed: dict[str, str]) -> list[str]:
    """The paths that a step changes with this typed over what it shows."""
    step, bundle = STEPS[name], Bundle((document,))
    around = form_context(SETTINGS, "shop", bundle, step)
    fields = opened(step, around, fresh=True).typed
    for field, text in typed.items():
        fields[field] = text
    form = posted(step, fields, around)
    assert form.is_valid(), [(problem.id, problem.sentence) for problem in form.problems()]
    after = written(step, bundle, form)
    assert len(after.documents) == 1, "no Service comes from the ports of a container"
    return [format_path(change.path) for change in changes(document, after.documents[0])]


@pytest.mark.parametrize("kind", KINDS)
def test_a_workload_with_every_field_set(kind: str) -> None:
    for path in module_files(API, "testdata/HEAD"):
        if path.name == f"apps.v1.{kind}.yaml":
            document = dict(load(path.read_text())[0])
            # Two containers of one name are in no pod of a cluster: the API server refuses them.
            document["spec"]["template"]["spec"]["initContainers"][0]["name"] = "init"
            for name in STEPS:
                assert saved(document, name, {}) == [], name
            for name, field, text, changed in ONE_CHANGE:
                assert saved(document, name, {field: text}) == [changed], (name, field)


STRATEGY = {
    "Deployment": ("strategy", deployment("web"), ("max_unavailable", "max_surge"), "Recreate"),
    "StatefulSet": ("updateStrategy", stateful_set("web"), ("max_unavailable", "partition"), "OnDelete"),
    "DaemonSet": ("updateStrategy", daemon_set("web"), ("max_unavailable", "max_surge"), "OnDelete"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_update_strategy_of_each_kind(kind: str) -> None:
    place, document, settings, other = STRATEGY[kind]
    names = {"max_unavailable": "maxUnavailable", "max_surge": "maxSurge", "partition": "partition"}
    document["spec"][place] = {"type": "RollingUpdate"}
    for setting in settings:
        changed = saved(document, "pod", {f"update-{setting}": "1"})
        assert changed in ([f"spec.{place}.rollingUpdate"], [f"spec.{place}.rollingUpdate.{names[setting]}"])
    assert saved(document, "pod", {"update-strategy": other}) == [f"spec.{place}.type"]
    document["spec"][place]["rollingUpdate"] = {names[settings[0]]: 1}
    goes = [f"spec.{place}.rollingUpdate", f"spec.{place}.type"]
    assert sorted(saved(document, "pod", {"update-strategy": other})) == goes, "Kubernetes refuses them with the other"


def test_a_port_of_a_container_makes_no_service() -> None:
    document = deployment("web")
    typed = {"containers-0-ports-0-container_port": "9090", "containers-0-ports-0-service_port": "80"}
    assert saved(document, "pod", typed) != []


FIELDS = [
    ("pod", "replicas"),
    *(("pod", f"containers-{at}-{name}") for at in (0, 1) for name in ("image", "cpu_limit", "env-0-value")),
    ("pod", "grace_period"),
    ("pod", "annotations-0-value"),
    ("storage", "volumes-0-size"),
    ("storage", "volumes-0-mounts-0-path"),
    ("advanced_live", "labels-0-value"),
    ("advanced_live", "pod_labels-2-value"),
    ("advanced_live", "annotations-0-value"),
]


def full() -> Any:
    """A Deployment in which each of FIELDS stands."""
    document = deployment("web", replicas=2)
    template, meta = document["spec"]["template"], document["metadata"]
    meta["annotations"] = template["metadata"]["annotations"] = {"note": "a"}
    template["metadata"]["labels"]["tier"] = "a"
    mount = {"name": "tmp", "mountPath": "/tmp/a"}
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    first = {**template["spec"]["containers"][0], "env": env, "volumeMounts": [mount]}
    second = {"name": "side", "image": "busybox:1.36", "env": deepcopy(env)}
    template["spec"] |= {
        "containers": [first, second],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "terminationGracePeriodSeconds": 30,
    }
    return document


def mine(document: Any, chance: Random) -> Any:
    """What one of the steps makes of it, a field or two being typed."""
    step = STEPS[chance.choice(list(STEPS))]
    around = form_context(SETTINGS, "shop", Bundle((document,)), step)
    fields = opened(step, around, fresh=False).typed
    own = [name for of, name in FIELDS if of == step.name]
    for name in chance.sample(own, chance.choice((1, 2))):
        number = chance.randint(3, 9)
        fields[name] = {"path": f"/x{number}", "size": f"{number}Gi"}.get(name.rpartition("-")[2], str(number))
    form = posted(step, fields, around)
    assert form.is_valid(), [(problem.id, problem.sentence) for problem in form.problems()]
    return written(step, Bundle((document,)), form).documents[0]


def theirs(document: Any, chance: Random) -> Any:
    """What another program does meanwhile: something is inserted before the others, taken away, or changed."""
    other = deepcopy(document)
    template, number = other["spec"]["template"], str(chance.randint(3, 9))
    containers = template["spec"]["containers"]
    app, side = containers
    acts = (
        lambda: containers.insert(0, {"name": f"c{number}", "image": "redis:7"}),
        lambda: side["env"].insert(0, {"name": f"E{number}", "value": "0"}),
        lambda: app["env"].pop(1),
        lambda: app.update(image=number),
        lambda: template["spec"]["volumes"].insert(0, {"name": f"v{number}", "emptyDir": {}}),
        lambda: other["spec"].update(replicas=int(number)),
        lambda: other["metadata"]["annotations"].update({f"n{number}": "x"}),
        lambda: template["metadata"]["labels"].pop("tier"),
    )
    for act in chance.sample(acts, chance.choice((1, 2, 3))):
        act()
    return other


def told(before: Any, after: Any) -> set[tuple[str, str]]:
    return {(format_path(change.path), repr(change.new)) for change in changes(before, after)}


def test_two_random_writers_lose_nothing() -> None:
    """What both changed is asked, field by field; all else of both is in the result, at the right entries of lists."""
    rounds, base, clashed = int(os.environ.get("WALKS", "40")), full(), 0
    for seed in range(rounds):
        chance = Random(seed)
        yours, stored = mine(base, chance), theirs(base, chance)
        merge = differences.merged(base, stored, yours)
        collided = [field.path for field in merge.fields if field.by == "clash"]
        clashed += bool(collided)
        for path in collided:
            for side in (yours, stored):
                touched = [f"{changed}.".startswith(f"{path}.") for changed in dict(told(base, side))]
                assert any(touched), (seed, path, "only what both changed is asked")
        kept = {(path, new) for path, new in told(base, yours) if not path.startswith(tuple(collided) or "?")}
        came = {(path, new) for path, new in told(base, stored) if not path.startswith(tuple(collided) or "?")}
        assert told(stored, merge.document) == kept - came, (seed, collided)
        assert came - kept <= told(yours, merge.document), (seed, collided)
        chosen = dict.fromkeys(collided, "yours")
        decided = differences.resolved(base, stored, yours, chosen)
        assert decided is not None
        assert not any(path in dict(told(yours, decided)) for path in collided), seed
    assert rounds < 40 or 0 < clashed < rounds
