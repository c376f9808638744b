"""The embedded cluster's controllers: pure functions, so their whole worlds are written here."""

from typing import Any

import pytest

from console.simcluster import defaults
from console.simcluster.catalog import DEPLOYMENT, POD, STATEFUL_SET
from console.simcluster.controllers import deployments, network, pods, sets
from console.simcluster.controllers.actions import Action, Again, Create, Delete, Note, Update

NOW = 1_800_000_000.0
THEN = "2027-01-15T08:00:00Z"


def made(actions: list[Action], kind: type[Any]) -> list[Any]:
    return [action for action in actions if isinstance(action, kind)]


def deployment(image: str = "a:1", replicas: int = 3, **spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": image}]}}
    body: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "ns", "uid": "d", "generation": 1},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }
    defaults.apply(DEPLOYMENT, body)
    return body


def replica_set(of: dict[str, Any], replicas: int, ready: int | None = None, revision: int = 1) -> dict[str, Any]:
    body: dict[str, Any] = deployments._new_set(of, revision, replicas).body
    body["metadata"]["uid"] = body["metadata"]["name"]
    ready = replicas if ready is None else ready
    body["status"] = {"replicas": replicas, "readyReplicas": ready, "availableReplicas": ready}
    return body


def pod(name: str = "p", ready: bool = True, node: str = "node-1", **meta: Any) -> dict[str, Any]:
    condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": THEN}
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "ns",
            "uid": name,
            "resourceVersion": "7",
            "creationTimestamp": THEN,
            **meta,
        },
        "spec": {"containers": [{"name": "c", "image": "a:1", "ports": [{"name": "http", "containerPort": 8080}]}]},
        "status": {"phase": "Running", "conditions": [condition], "podIPs": [{"ip": "10.0.0.1"}]},
    }
    if node:
        body["spec"]["nodeName"] = node
    return body


def scales(actions: list[Action]) -> dict[str, int]:
    replicas = {}
    for action in actions:
        if isinstance(action, Create | Update) and action.kind.kind == "ReplicaSet":
            image = action.body["spec"]["template"]["spec"]["containers"][0]["image"]
            replicas[image] = action.body["spec"]["replicas"]
    return replicas


def test_a_new_deployment_gets_a_replica_set_with_its_hash_and_revision() -> None:
    actions = deployments.reconcile(deployment(), [], NOW)
    (create,) = made(actions, Create)
    name = create.body["metadata"]["name"]
    assert create.body["spec"]["replicas"] == 3
    assert create.body["spec"]["selector"]["matchLabels"]["pod-template-hash"] == name.removeprefix("web-")
    assert create.body["metadata"]["annotations"] == {deployments.REVISION: "1"}
    assert [note.message for note in made(actions, Note)] == [f"Scaled up replica set {name} from 0 to 3"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # replicas 4, 25 % each way: at most 5, at least 3 available
        ((4, 4), None, {"a:2": 1}),
        ((4, 4), (1, 0), {"a:1": 3}),
        ((3, 3), (1, 0), {"a:2": 2}),
        ((3, 3), (2, 0), {}),
        ((3, 3), (2, 2), {"a:1": 1}),
        ((1, 1), (4, 4), {"a:1": 0}),
        ((0, 0), (4, 4), {}),
    ],
)
def test_a_rolling_update_keeps_within_its_bounds(
    old: tuple[int, int], new: tuple[int, int] | None, expected: dict[str, int]
) -> None:
    body = deployment("a:2", 4)
    known = [replica_set(deployment("a:1", 4), *old)]
    if new is not None:
        known.append(replica_set(body, *new, revision=2))
    assert scales(deployments.reconcile(body, known, NOW)) == expected


@pytest.mark.parametrize(
    ("replicas", "old", "new", "expected"),
    [
        (2, (2, 2), (1, 0), {}),  # at most 3 while it rolls out, and there are
        (2, (2, 2), (1, 1), {}),
        (6, (2, 2), (1, 1), {"a:1": 5, "a:2": 3}),  # scaled: by their shares of what it may have
        (1, (2, 2), (1, 1), {"a:1": 1}),
        (0, (2, 2), (1, 1), {"a:1": 0, "a:2": 0}),
        (3, (2, 2), (0, 0), {"a:1": 3}),
        (3, (0, 0), (2, 2), {"a:2": 3}),
        (3, (0, 0), None, {"a:1": 3}),
        (3, (2, 2), None, {"a:1": 3}),
    ],
)
def test_a_paused_rollout_stays_where_it_is(
    replicas: int, old: tuple[int, int], new: tuple[int, int] | None, expected: dict[str, int]
) -> None:
    body = deployment("a:2", replicas, paused=True)
    known = [replica_set(deployment("a:1", replicas), *old)]
    if new is not None:
        known.append(replica_set(body, *new, revision=2))
    assert scales(deployments.reconcile(body, known, NOW)) == expected


def test_recreate_takes_the_old_away_first() -> None:
    body = deployment("a:2", 2, strategy={"type": "Recreate"})
    old, new = replica_set(deployment("a:1", 2), 2), replica_set(body, 0, revision=2)
    assert scales(deployments.reconcile(body, [old, new], NOW)) == {"a:1": 0}
    empty = replica_set(deployment("a:1", 2), 0)
    assert scales(deployments.reconcile(body, [empty, new], NOW)) == {"a:2": 2}


def _condition(actions: list[Action], kind: str) -> dict[str, Any]:
    (update,) = [action for action in made(actions, Update) if action.kind is DEPLOYMENT]
    condition: dict[str, Any] = next(entry for entry in update.body["status"]["conditions"] if entry["type"] == kind)
    return condition


def test_a_rollout_that_stands_still_is_called_stuck_after_its_deadline() -> None:
    body = deployment("a:1", 2, progressDeadlineSeconds=60)
    first = deployments.reconcile(body, [replica_set(body, 2, 0)], NOW)
    assert _condition(first, "Progressing")["reason"] == "ReplicaSetUpdated"
    assert made(first, Again) == [Again(60)]
    (update,) = [action for action in made(first, Update) if action.kind is DEPLOYMENT]
    later = deployments.reconcile(update.body, [replica_set(body, 2, 0)], NOW + 61)
    assert _condition(later, "Progressing") | {"lastUpdateTime": "", "lastTransitionTime": ""} == {
        "type": "Progressing",
        "status": "False",
        "reason": "ProgressDeadlineExceeded",
        "message": f'ReplicaSet "{replica_set(body, 2)["metadata"]["name"]}" has timed out progressing.',
        "lastUpdateTime": "",
        "lastTransitionTime": "",
    }
    assert made(later, Again) == []


def test_a_finished_rollout_says_so() -> None:
    body = deployment("a:1", 2)
    actions = deployments.reconcile(body, [replica_set(body, 2)], NOW)
    assert _condition(actions, "Progressing")["reason"] == "NewReplicaSetAvailable"
    assert _condition(actions, "Available")["status"] == "True"


@pytest.mark.parametrize(
    ("value", "whole", "up", "result"),
    [("25%", 3, True, 1), ("25%", 3, False, 0), ("100%", 4, False, 4), (2, 10, True, 2), ("0%", 5, True, 0)],
)
def test_shares(value: Any, whole: int, up: bool, result: int) -> None:
    assert deployments.share(value, whole, up=up) == result


def test_a_deployment_that_stands_is_left_alone_as_time_goes_by() -> None:
    body = deployment()
    (first,) = made(deployments.reconcile(body, [replica_set(body, 3)], NOW), Update)
    (second,) = made(deployments.reconcile(first.body, [replica_set(body, 3)], NOW + 60), Update)
    (third,) = made(deployments.reconcile(second.body, [replica_set(body, 3)], NOW + 120), Update)
    assert third.body == second.body


def test_a_replica_set_takes_unready_pods_away_first() -> None:
    parent = replica_set(deployment(replicas=1), 1)
    actions = deployments.replicate(parent, [pod("a"), pod("b", ready=False)], NOW)
    assert [(action.kind, action.name) for action in made(actions, Delete)] == [(POD, "b")]


def stateful(**spec: Any) -> dict[str, Any]:
    body = deployment(**spec)
    body |= {"kind": "StatefulSet"}
    body["spec"].pop("strategy")
    body["spec"]["serviceName"] = "db"
    body["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": {}}]
    defaults.apply(STATEFUL_SET, body)
    return body


def _stateful_pod(parent: dict[str, Any], number: int, **meta: Any) -> dict[str, Any]:
    revision = f"web-{deployments.digest(parent['spec']['template'])}"
    return pod(f"web-{number}", labels={sets.REVISION: meta.pop("revision", revision)}, **meta)


def test_a_stateful_set_goes_one_by_one_with_a_claim_each() -> None:
    parent = stateful(replicas=2)
    first = sets.stateful(parent, [], [], set(), NOW)
    names = [action.body["metadata"]["name"] for action in made(first, Create)]
    assert names[1:] == ["data-web-0", "web-0"]
    second = sets.stateful(parent, [_stateful_pod(parent, 0)], [], {"data-web-0"}, NOW)
    assert [action.body["metadata"]["name"] for action in made(second, Create)][1:] == ["data-web-1", "web-1"]


def test_a_stateful_set_waits_for_a_replica_that_is_not_ready() -> None:
    parent = stateful(replicas=2)
    actions = sets.stateful(parent, [_stateful_pod(parent, 0, ready=False)], [], {"data-web-0"}, NOW)
    assert [action.kind.kind for action in made(actions, Create)] == ["ControllerRevision"]


def test_a_stateful_set_is_renewed_from_the_last() -> None:
    parent = stateful(replicas=2)
    known = [_stateful_pod(parent, number, revision="old") for number in (0, 1)]
    actions = sets.stateful(parent, known, [], {"data-web-0", "data-web-1"}, NOW)
    assert [action.name for action in made(actions, Delete)] == ["web-1"]


NODE = {"metadata": {"name": "node-1", "labels": {}}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi"}}}
TAINTED = {
    "metadata": {"name": "control", "labels": {}},
    "spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]},
    "status": {"allocatable": {"cpu": "4", "memory": "8Gi"}},
}


def test_a_pod_that_fits_nowhere_says_why() -> None:
    body = pod(node="")
    body["spec"]["containers"][0]["resources"] = {"requests": {"memory": "9Gi"}}
    (update, note, _) = pods.life(body, [NODE, TAINTED], NOW, pods.FAST)
    message = "0/2 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint(s)."
    assert isinstance(update, Update)
    assert update.body["status"]["conditions"][-1]["message"] == message
    assert isinstance(note, Note)
    assert (note.reason, note.message) == ("FailedScheduling", message)


@pytest.mark.parametrize(
    ("fate", "ready", "state"),
    [
        ("ready", True, "running"),
        ("unready", False, "running"),
        ("crash", False, "CrashLoopBackOff"),
        ("pull", False, "ImagePullBackOff"),
    ],
)
def test_fates_without_delays(fate: str, ready: bool, state: str) -> None:
    body = pod(node="", annotations={pods.FATE: fate})
    body["status"] = {"phase": "Pending"}
    (update,) = made(pods.life(body, [NODE], NOW, pods.FAST), Update)
    (status,) = update.body["status"]["containerStatuses"]
    assert status["ready"] is ready
    assert state in (*status["state"], status["state"].get("waiting", {}).get("reason"))
    assert update.body["spec"]["nodeName"] == "node-1"


def test_with_delays_a_pod_takes_its_steps() -> None:
    body, seen = pod(node=""), []
    body["status"] = {"phase": "Pending"}
    for _ in range(3):
        actions = pods.life(body, [NODE], NOW, pods.Delays())
        (update,) = made(actions, Update)
        body = update.body
        (status,) = body["status"]["containerStatuses"]
        seen.append((*status["state"], status["ready"], bool(made(actions, Again))))
    assert seen == [("waiting", False, True), ("running", False, True), ("running", True, False)]
    assert pods.life(body, [NODE], NOW, pods.Delays()) == []


def service(**spec: Any) -> dict[str, Any]:
    meta = {"name": "web", "namespace": "ns", "uid": "s", "creationTimestamp": THEN}
    ports = [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]
    content = {"type": "ClusterIP", "selector": {"app": "web"}, "ports": ports, **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": content, "status": {"loadBalancer": {}}}


def test_endpoints_have_readiness_and_the_number_behind_a_named_port() -> None:
    going = pod("c", deletionTimestamp=THEN)
    (create,) = network.endpoints(service(), [pod("a"), pod("b", ready=False), going], [])
    assert isinstance(create, Create)
    conditions = [tuple(endpoint["conditions"].values()) for endpoint in create.body["endpoints"]]
    assert conditions == [(True, True, False), (False, False, False), (False, True, True)]
    assert create.body["ports"] == [{"name": "http", "protocol": "TCP", "port": 8080}]


def test_a_service_without_selector_gets_no_slice() -> None:
    assert network.endpoints(service(selector=None), [pod()], []) == []


def test_a_load_balancer_gets_its_address_after_a_while() -> None:
    body = service(type="LoadBalancer")
    assert made(network.balancer(body, NOW, pods.Delays(address=4)), Again) == [Again(4)]
    (update,) = network.balancer(body, NOW + 5, pods.Delays(address=4))
    assert isinstance(update, Update)
    assert update.body["status"]["loadBalancer"]["ingress"][0]["ip"].startswith("203.0.113.")
