"""The words and colours of health, case by case."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from services.manifests import health as h

NOW = 1_700_000_000.0
OLD = NOW - 3600


def condition(kind: str, status: str, reason: str = "", message: str = "", since: float = OLD) -> SimpleNamespace:
    return SimpleNamespace(type=kind, status=status, reason=reason, message=message, since=since)


def container(**given: Any) -> SimpleNamespace:
    return SimpleNamespace(**{"name": "app", "ready": True, "restarts": 0, "last_reason": "", "ports": (), **given})


def pod(status: str = "Running", **given: Any) -> SimpleNamespace:
    base = {
        "status": status,
        "phase": "Running" if status == "Running" else "Pending",
        "ready": status == "Running",
        "deleting": False,
        "conditions": (condition("Ready", "True"),),
        "containers": (container(),),
        "restarts": 0,
        "created": OLD,
    }
    return SimpleNamespace(**{**base, **given})


def unready(since: float = OLD) -> SimpleNamespace:
    return pod(ready=False, conditions=(condition("Ready", "False", since=since),))


def unschedulable(message: str = "0/3 nodes are available: 3 Insufficient memory.") -> SimpleNamespace:
    return pod("Pending", conditions=(condition("PodScheduled", "False", "Unschedulable", message),))


def workload(desired: int = 3, **given: Any) -> SimpleNamespace:
    base = {
        "kind": "Deployment",
        **dict.fromkeys(("desired", "available", "ready", "updated", "current"), desired),
        "generation": 1,
        "observed": 1,
        "conditions": (),
        "paused": False,
        "template_labels": {"app": "web", "version": "v2"},
    }
    return SimpleNamespace(**{**base, **given})


def service(**given: Any) -> SimpleNamespace:
    base = {
        "type": "ClusterIP",
        "selector": {"app": "web"},
        "ingress": (),
        "ports": (SimpleNamespace(target_port="http"),),
    }
    return SimpleNamespace(**{**base, **given})


def slices(ready: int, unready: int = 0, family: str = "") -> tuple[SimpleNamespace, ...]:
    ends = [
        SimpleNamespace(pod_uid=f"u{i}", pod_name=f"p{i}", addresses=(f"10.0.0.{i}{family}",), ready=i < ready)
        for i in range(ready + unready)
    ]
    return (SimpleNamespace(endpoints=tuple(ends)),)


@pytest.mark.parametrize(
    ("one", "state", "cause"),
    [
        (pod(), "ok", ""),
        (pod("CrashLoopBackOff"), "bad", "CrashLoopBackOff"),
        (pod("ImagePullBackOff"), "bad", "ImagePullBackOff"),
        (pod("ErrImagePull"), "bad", "ErrImagePull"),
        (pod("OOMKilled"), "bad", "OOMKilled"),
        (pod("Evicted", phase="Failed"), "bad", "Evicted"),
        (pod("Init:Error"), "bad", "Init:Error"),
        (pod("Init:CrashLoopBackOff"), "bad", "Init:CrashLoopBackOff"),
        (pod("Init:ExitCode:2"), "bad", "Init:ExitCode:2"),
        (pod("CreateContainerConfigError"), "bad", "CreateContainerConfigError"),
        (pod("Init:0/2"), "busy", "Init:0/2"),
        (pod("ContainerCreating"), "busy", "ContainerCreating"),
        (pod("Completed", phase="Succeeded"), "idle", "Completed"),
        (pod("Terminating", deleting=True), "busy", "Terminating"),
        (unschedulable(), "warn", "unschedulable: memory"),
        (unschedulable("2 Insufficient cpu, 1 Insufficient memory"), "warn", "unschedulable: cpu, memory"),
        (unschedulable("3 node(s) had untolerated taint {a: b}"), "warn", "unschedulable: taints"),
        (unschedulable("didn't match Pod's node affinity/selector"), "warn", "unschedulable: no node fits"),
        (unready(NOW - 5), "busy", "starting"),
        (unready(), "warn", "not ready"),
        (
            pod(ready=False, containers=(container(ready=False, restarts=4, last_reason="OOMKilled"),)),
            "bad",
            "restarting: OOMKilled",
        ),
    ],
)
def test_a_pod_has_the_colour_of_its_trouble(one: Any, state: str, cause: str) -> None:
    judged = h.pod_health(one, NOW)
    assert (judged.state, judged.cause) == (state, cause)


def test_time_alone_turns_starting_into_not_ready_and_the_moment_is_told() -> None:
    fresh = unready(NOW - 5)
    recheck = h.pod_health(fresh, NOW).recheck
    assert recheck == NOW - 5 + h.STARTING
    assert h.pod_health(fresh, recheck).state == "warn"


CRASHING = [pod("CrashLoopBackOff", restarts=7) for _ in range(2)]
ROLLING = workload(4, updated=3, available=4, current=4)
STARTING = workload(2, available=0, conditions=(condition("Progressing", "True", "ReplicaSetUpdated"),))
STUCK = workload(2, available=0, conditions=(condition("Progressing", "False", "ProgressDeadlineExceeded"),))
QUOTA = workload(
    2,
    available=0,
    updated=0,
    current=0,
    conditions=(condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota: small"),),
)


@pytest.mark.parametrize(
    ("what", "slices_", "pods", "workloads", "state", "words", "why"),
    [
        (service(), slices(3), [pod()] * 3, [workload()], "ok", "3/3 ready", ""),
        (
            service(),
            slices(1),
            [pod(), unschedulable(), unschedulable()],
            [workload()],
            "warn",
            "1/3 ready",
            "2 pods unschedulable: memory",
        ),
        (
            service(),
            slices(0, 2),
            CRASHING,
            [workload(2, available=0)],
            "bad",
            "No ready endpoints",
            "CrashLoopBackOff, 14 restarts",
        ),
        (
            service(),
            slices(0, 1),
            [pod("ImagePullBackOff")],
            [workload(1)],
            "bad",
            "No ready endpoints",
            "ImagePullBackOff",
        ),
        (service(), (), [], [], "bad", "Selector matches nothing", "app=web: 0 pods"),
        (service(), (), [], [workload(0)], "idle", "Stopped", "Scaled to 0 replicas"),
        (service(type="ExternalName", selector={}), (), [], [], "idle", "External", "Outside the cluster"),
        (
            service(type="LoadBalancer"),
            slices(2),
            [pod()] * 2,
            [workload(2)],
            "busy",
            "Load balancer pending",
            "2/2 ready inside",
        ),
        (
            service(type="LoadBalancer", ingress=("1.2.3.4",)),
            slices(2),
            [pod()] * 2,
            [workload(2)],
            "ok",
            "2/2 ready",
            "",
        ),
        (
            service(type="LoadBalancer"),
            slices(0, 2),
            CRASHING,
            [workload(2)],
            "bad",
            "No ready endpoints",
            "CrashLoopBackOff, 14 restarts",
        ),
        (service(), slices(3, 1), [pod()] * 4, [ROLLING], "busy", "3/4 ready", "Rolling out v2, 1 to go"),
        (service(), slices(0), [], [STARTING], "busy", "0/2 ready", "Starting, 2 to go"),
        (service(), slices(0), [pod("ContainerCreating")] * 2, [STARTING], "busy", "0/2 ready", "Starting, 2 to go"),
        (service(), slices(0, 2), [unready()] * 2, [STUCK], "bad", "No ready endpoints", "2 pods not ready"),
        (service(), slices(0), [], [STUCK], "bad", "No ready endpoints", "Rollout stuck, past its deadline"),
        (service(), slices(0), [], [QUOTA], "bad", "No ready endpoints", "Quota exceeded, pods cannot be made"),
        (service(), slices(3), [pod()] * 3 + [pod("ErrImagePull")], [ROLLING], "warn", "3/4 ready", "ErrImagePull"),
        (
            service(),
            slices(0),
            [pod()] * 2,
            [workload(2)],
            "bad",
            "No ready endpoints",
            "No container port is called http",
        ),
        (
            service(ports=()),
            slices(0),
            [pod()] * 2,
            [workload(2)],
            "bad",
            "No ready endpoints",
            "Pods are ready but not endpoints",
        ),
        (service(), slices(2), [pod()] * 2, [], "ok", "2/2 ready", ""),
        (service(selector={}), (), [], [], "bad", "No endpoints", "No selector, and no endpoints kept by hand"),
        (service(selector={}), slices(1, 1), [], [], "warn", "1/2 ready", "Endpoints are kept by hand"),
    ],
)
def test_a_service_says_how_it_is_and_why(
    what: Any, slices_: Any, pods: Any, workloads: Any, state: str, words: str, why: str
) -> None:
    health = h.service_health(what, slices_, pods, workloads, NOW)
    assert (health.state, str(health.words), str(health.why)) == (state, words, why)


def test_ready_pods_may_lag_behind_in_the_endpoints_for_a_moment() -> None:
    fresh = [pod(conditions=(condition("Ready", "True", since=NOW - 1),))] * 2
    health = h.service_health(service(), slices(0), fresh, [workload(2)], NOW)
    assert (health.state, str(health.why)) == ("busy", "Ready, not yet among the endpoints")
    assert health.recheck == NOW - 1 + h.ENDPOINT_LAG


def test_a_dual_stack_pod_counts_once() -> None:
    assert h.endpoint_counts((*slices(2, 1), *slices(2, 1, family="6"))) == (2, 3)


@pytest.mark.parametrize(
    ("one", "state", "words", "why"),
    [
        (workload(), "ok", "3/3 available", ""),
        (workload(3, available=2), "warn", "2/3 available", ""),
        (workload(3, available=0), "bad", "0/3 available", ""),
        (workload(0, current=0, available=0, updated=0), "idle", "Stopped", "Scaled to 0 replicas"),
        (workload(0, current=2, available=2, updated=0), "busy", "Stopping", "2 pods to go"),
        (ROLLING, "busy", "4/4 available", "Rolling out v2, 1 to go"),
        (STARTING, "busy", "0/2 available", "Starting, 2 to go"),
        (STUCK, "bad", "0/2 available", "Rollout stuck, past its deadline"),
        (workload(4, updated=3, current=4, paused=True), "warn", "4/4 available", "Rollout paused"),
        (workload(0, kind="DaemonSet", current=0, available=0, updated=0), "idle", "Stopped", "No node wants it"),
    ],
)
def test_a_workload_says_how_it_is(one: Any, state: str, words: str, why: str) -> None:
    health = h.workload_health(one)
    assert (health.state, str(health.words), str(health.why)) == (state, words, why)


def test_an_empty_selector_selects_nothing() -> None:
    assert not h.matches({}, {"app": "web"})
    assert h.matches({"app": "web"}, {"app": "web", "version": "v1"})
    assert not h.matches({"app": "web", "version": "v2"}, {"app": "web", "version": "v1"})
