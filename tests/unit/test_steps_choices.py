"""What may be chosen from the cluster: which nodes would take the pods, and what a selector matches, in a sentence."""

from types import SimpleNamespace
from typing import Any

import pytest

from console.kube.records import NodeRecord
from services.steps import choices

EDGE = "node-role.kubernetes.io/edge=:NoSchedule"


def node(name: str = "node-1", **more: Any) -> NodeRecord:
    return NodeRecord(name=name, namespace="", **{"ready": True, **more})


@pytest.mark.parametrize(
    ("fields", "tolerations", "fits", "open_", "why"),
    [
        ({}, [], True, True, ""),
        ({"ready": False}, [], False, False, "Not ready"),
        ({"schedulable": False}, [], False, False, "Unschedulable"),
        ({"taints": (EDGE,)}, [], False, False, "Tainted; these pods do not tolerate it"),
        ({"taints": ("a=b:PreferNoSchedule",)}, [], True, True, ""),
        ({"taints": (EDGE,)}, [{"operator": "Exists"}], True, True, ""),
        ({"taints": (EDGE,)}, [{"key": "node-role.kubernetes.io/edge", "operator": "Exists"}], True, True, ""),
        ({"taints": (EDGE,)}, [{"key": "node-role.kubernetes.io/edge", "effect": "NoSchedule"}], True, True, ""),
        (
            {"taints": (EDGE,)},
            [{"key": "node-role.kubernetes.io/edge", "effect": "NoExecute"}],
            False,
            False,
            "Tainted",
        ),
        ({"taints": ("a=b:NoExecute",)}, [{"key": "a", "value": "c"}], False, False, "Tainted"),
        ({"taints": ("a=b:NoExecute",)}, [{"key": "a", "value": "b"}], True, True, ""),
    ],
)
def test_which_node_takes_the_pods(
    fields: dict[str, Any], tolerations: list[dict[str, Any]], fits: bool, open_: bool, why: str
) -> None:
    (row,) = choices.nodes([node(**fields)], {}, tolerations)
    assert (row.fits, row.open) == (fits, open_)
    assert row.why.startswith(why)
    assert bool(row.why) == bool(why)


def test_a_node_without_the_asked_label_can_still_be_the_only_one() -> None:
    (row,) = choices.nodes([node(labels={"disk": "hdd"})], {"disk": "ssd"})
    assert (row.fits, row.open, row.why) == (False, True, "Does not have disk=ssd")


def test_a_taint_without_a_value_is_written_as_kubectl_takes_it() -> None:
    (row,) = choices.nodes([node(taints=(EDGE, "a=b:NoExecute"))], {})
    assert row.taints == ("node-role.kubernetes.io/edge:NoSchedule", "a=b:NoExecute")


def pods(count: int) -> list[SimpleNamespace]:
    fields = {"status": "Running", "phase": "Running", "ready": True, "deleting": False, "created": 0.0, "restarts": 0}
    more = {"labels": {"app": "a"}, "conditions": (), "containers": ()}
    return [SimpleNamespace(name=f"p{number}", **fields, **more) for number in range(count)]


@pytest.mark.parametrize(
    ("pod_count", "makers", "words"),
    [
        (1, 1, "Matches 1 pod of 1 workload"),
        (3, 2, "Matches 3 pods of 2 workloads"),
        (1, 0, "Matches 1 pod without a workload"),
        (0, 1, "Matches no pods yet, but 1 workload"),
        (0, 0, "Matches no pods"),
    ],
)
def test_what_a_selector_matches_in_words(pod_count: int, makers: int, words: str) -> None:
    workloads = [
        SimpleNamespace(name=f"w{number}", kind="Deployment", selector={"app": "a"}) for number in range(makers)
    ]
    match = choices.match({"app": "a"}, pods(pod_count), workloads, [], 0.0)
    assert match.words == words
    assert match.state == ("ok" if pod_count else "warn" if makers else "bad")
    assert not any(pod.waits for pod in match.pods)


def test_how_many_of_the_matched_pods_are_ready() -> None:
    matched = pods(3)
    for ready, state in ((3, "ok"), (2, "warn"), (0, "bad")):
        for number, pod in enumerate(matched):
            pod.ready = number < ready
        match = choices.match({"app": "a"}, matched, [], [], 0.0)
        assert (match.ready, match.ready_state) == (f"{ready} of 3 pods ready", state)


def test_a_pod_that_is_not_ready_receives_nothing_but_of_a_service_that_says_so() -> None:
    (pod,) = pods(1)
    pod.ready = False
    waits = [
        choices.match({"app": "a"}, [pod], [], [], 0.0, unready=unready).pods[0].waits for unready in (False, True)
    ]
    assert waits == [True, False]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), ""),
        (("web",), "Service web selects the same pods."),
        (("api", "web"), "Services api, web select the same pods."),
    ],
)
def test_who_selects_the_same(names: tuple[str, ...], words: str) -> None:
    services = [SimpleNamespace(name=name, selector={"app": "a"}) for name in names]
    assert choices.match({"app": "a"}, [], [], services, 0.0).others.startswith(words)


@pytest.mark.parametrize(
    ("pod_count", "shared", "words"),
    [
        (3, {"orders": 3}, "Service orders also selects these 3 pods. This is allowed."),
        (1, {"api": 1, "orders": 1}, "Services api, orders also select this pod. This is allowed."),
        (3, {"orders": 1}, "Service orders also selects some of these pods. This is allowed."),
    ],
)
def test_who_selects_pods_of_these_as_well(pod_count: int, shared: dict[str, int], words: str) -> None:
    assert choices.match({"app": "a"}, pods(pod_count), [], [], 0.0, shared=shared).others == words


def test_where_a_named_port_leads() -> None:
    first, second = ((SimpleNamespace(protocol="TCP", name="http-web", container_port=port),) for port in (8080, 8081))
    matched = pods(3)
    for pod, ports in zip(matched, (first, first, second), strict=True):
        pod.containers = (SimpleNamespace(init=False, sidecar=False, ports=ports),)
    wanted = [{"port": 80, "targetPort": "http-web"}, {"port": 81, "targetPort": 9100}]
    assert choices.named_ports(wanted, matched[:2]) == "http-web → 8080 in all 2 pods"
    assert choices.named_ports(wanted, matched) == "http-web → 8080 in 2 of 3 pods; http-web → 8081 in 1 of 3 pods"
    assert choices.named_ports(wanted, []) == ""
