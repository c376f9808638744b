"""The words and colours of health. What a control plane makes of a Service is not invented here but recorded from one
(tests/recordings); only what a kubelet alone can say of a pod is, for the recording plane's nodes are fake.
"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from console.kube.records import Endpoint, EndpointPort, EndpointSliceRecord, ServicePort, ServiceRecord
from services.manifests import health as h
from tests.recordings import health as recordings
from tests.recordings.scenarios import SCENARIOS

NOW = 1_700_000_000.0
OLD = NOW - 3600


def condition(kind: str, status: str, reason: str = "", message: str = "", since: float = OLD) -> SimpleNamespace:
    return SimpleNamespace(type=kind, status=status, reason=reason, message=message, since=since)


def container(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(**{"name": "app", "ready": True, "restarts": 0, "last_reason": "", "ports": (), **fields})


def pod(status: str = "Running", **fields: Any) -> SimpleNamespace:
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
    return SimpleNamespace(**{**base, **fields})


def unready(since: float = OLD) -> SimpleNamespace:
    return pod(ready=False, conditions=(condition("Ready", "False", since=since),))


def unschedulable(message: str = "0/3 nodes are available: 3 Insufficient memory.") -> SimpleNamespace:
    return pod("Pending", conditions=(condition("PodScheduled", "False", "Unschedulable", message),))


@pytest.mark.parametrize(
    ("pod", "state", "cause"),
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
def test_a_pod_has_the_colour_of_its_trouble(pod: Any, state: str, cause: str) -> None:
    judged = h.pod_health(pod, NOW)
    assert (judged.state, judged.cause) == (state, cause)


def test_time_alone_turns_starting_into_not_ready_and_the_moment_is_told() -> None:
    fresh = unready(NOW - 5)
    recheck = h.pod_health(fresh, NOW).recheck
    assert recheck == NOW - 5 + h.STARTING
    assert h.pod_health(fresh, recheck).state == "warn"


RECORDED = {name: recordings.behind(live) for name, live in recordings.recorded().items()}
NOT_READY = "3 pods not ready"

# scenario -> state, words and cause of the Service; of its workload, where that says something else
VERDICTS: dict[str, tuple[str, str, str]] = {
    "all is well": ("ok", "3/3 ready", ""),
    "target by number, nothing declared": ("ok", "3/3 ready", ""),
    "target by number, another one is declared": ("ok", "3/3 ready", "Port 1234/TCP not declared"),
    "named port missing on all pods": ("bad", "No ready endpoints", "No container port is named web"),
    "named port missing on some pods": ("warn", "2/3 ready", "1 pod has no container port named http"),
    "named port with another protocol": ("bad", "No ready endpoints", "Container port dns is UDP, not TCP"),
    "named port of a sidecar": ("ok", "3/3 ready", ""),
    "two ports, one dead": ("warn", "Port metrics has no endpoints", "No container port is named metrics"),
    "two ports, each on other pods": ("warn", "Port dns: 1/3 ready", "2 pods have no container port named dns"),
    "one number, two protocols": ("ok", "3/3 ready", ""),
    "some pods not ready": ("warn", "2/3 ready", "1 pod not ready"),
    "no pod ready": ("bad", "No ready endpoints", NOT_READY),
    "crash loop": ("bad", "No ready endpoints", "3 pods restarting: OOMKilled"),
    "unready pods published": ("bad", "0/2 ready", "2 pods not ready"),
    "a pod is terminating": ("ok", "1/1 ready", ""),
    "all pods are terminating": ("busy", "Stopping", "1 pod running"),
    "headless": ("ok", "3/3 ready", ""),
    "headless without ports": ("ok", "3/3 ready", ""),
    "headless, named port missing": ("warn", "3/3 ready", "No container port is named web"),
    "selector matches nothing": ("bad", "Selector matches nothing", "app=web: no pods"),
    "scaled to 0": ("idle", "Stopped", "Scaled to 0 replicas"),
    "bare replica set": ("ok", "3/3 ready", ""),
    "pods of a job": ("ok", "1/1 ready", ""),
    "selector taken away": ("warn", "3/3 ready", "Endpoints of a previous selector, no longer updated"),
    "became an external name": ("idle", "External", ""),
    "by hand": ("warn", "1/2 ready", "Endpoints are managed manually"),
    "by hand, dual stack": ("ok", "1/1 ready", "Endpoints are managed manually"),
    "by hand, another port name": (
        "bad",
        "No ready endpoints",
        "The manually managed endpoints have no TCP port named http",
    ),
    "by hand, a family that the service has not": (
        "bad",
        "No ready endpoints",
        "The manually managed endpoints are IPv6, which the Service is not",
    ),
    "external name": ("idle", "External", ""),
    "OnDelete, old pods": ("ok", "3/3 ready", "OnDelete: 3 pods keep the old revision until they are deleted"),
    "OnDelete of a DaemonSet, old pods": (
        "ok",
        "2/2 ready",
        "OnDelete: 2 pods keep the old revision until they are deleted",
    ),
    "DaemonSet": ("ok", "2/2 ready", ""),
    "partition, canary done": ("ok", "3/3 ready", "Partition 2: 2 pods keep the old revision"),
    "partition, canary not ready": ("warn", "2/3 ready", "1 pod not ready"),
    "partition beyond the replicas": ("ok", "3/3 ready", "Partition 9: 3 pods keep the old revision"),
    "ordinals from 5": ("ok", "2/2 ready", ""),
    "paused": ("ok", "3/3 ready", "Rollout paused"),
    "paused in the middle": ("warn", "2/3 ready", "1 pod not ready"),
    "rolling out": ("warn", "3/3 ready", "1 pod not ready"),
    "past the deadline": ("warn", "3/3 ready", "1 pod not ready"),
    "quota": ("warn", "1/3 ready", "Quota exceeded, pods cannot be created"),
    "ready, not yet available": ("ok", "3/3 ready", ""),
    "load balancer without an address": ("busy", "Load balancer pending", "3/3 ready inside"),
    "load balancer without node ports": ("busy", "Load balancer pending", "3/3 ready inside"),
}

WORKLOADS: dict[str, tuple[str, str, str]] = {
    "all is well": ("ok", "3/3 available", ""),
    "no pod ready": ("busy", "0/3 available", "Starting, waiting for 3 pods"),
    "scaled to 0": ("idle", "Stopped", "Scaled to 0 replicas"),
    "OnDelete, old pods": ("ok", "3/3 available", "OnDelete: 3 pods keep the old revision until they are deleted"),
    "OnDelete of a DaemonSet, old pods": (
        "ok",
        "2/2 available",
        "OnDelete: 2 pods keep the old revision until they are deleted",
    ),
    "partition, canary done": ("ok", "3/3 available", "Partition 2: 2 pods keep the old revision"),
    "partition, canary not ready": ("warn", "2/3 available", "Partition 2: 2 pods keep the old revision"),
    "paused": ("warn", "3/3 available", "Rollout paused"),
    "paused in the middle": ("warn", "2/3 available", "Rollout paused"),
    "rolling out": ("busy", "3/3 available", "Rolling out v2, waiting for 2 pods"),
    "past the deadline": ("warn", "3/3 available", "Rollout stuck, past its deadline"),
    "quota": ("warn", "1/3 available", "Quota exceeded, pods cannot be created"),
    "ready, not yet available": ("busy", "0/3 available", "Ready, but not yet for minReadySeconds"),
}


def judged(name: str, now: float = NOW) -> h.Health:
    scenario = RECORDED[name]
    return h.service_health(scenario.service, scenario.slices, scenario.pods, scenario.workloads, now)


def in_words(health: h.Health) -> tuple[str, str, str]:
    return health.state, str(health.words), str(health.why)


def test_every_scenario_was_recorded_and_has_a_verdict() -> None:
    assert set(SCENARIOS) == set(RECORDED) == set(VERDICTS)


@pytest.mark.parametrize("name", VERDICTS)
def test_a_recorded_service_says_how_it_is_and_why(name: str) -> None:
    """F3, C2: by port, what the slices offer for it. C3: a verdict that nothing will change is no longer in progress.
    C17: a backend kept by hand counts once, whatever families it has addresses of. M10: a port that nobody declares.
    """
    assert in_words(judged(name)) == VERDICTS[name]


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_recorded_workload_says_how_it_is(name: str) -> None:
    """C3: what `kubectl rollout status` calls done, or does not follow, is not "in progress"."""
    assert in_words(h.workload_health(RECORDED[name].workloads[0])) == WORKLOADS[name]


def test_no_service_is_green_while_one_of_its_ports_has_no_endpoint() -> None:
    """F3, C2: the rule itself, over all recordings."""
    for name, scenario in RECORDED.items():
        dead = [offer for offer in h.offers(scenario.service, scenario.slices) if not offer.ready]
        assert not dead or judged(name).state != "ok", name


def test_a_rollout_in_progress_is_said_before_its_pods_are_judged_not_ready() -> None:
    scenario = RECORDED["rolling out"]
    fresh = [replace(pod, created=NOW - 1) for pod in scenario.pods]
    health = h.service_health(scenario.service, scenario.slices, fresh, scenario.workloads, NOW)
    assert in_words(health) == ("busy", "3/3 ready", "Rolling out v2, waiting for 2 pods")
    assert health.recheck == NOW - 1 + h.STARTING


def test_ready_pods_may_lag_behind_in_the_endpoints_for_a_moment() -> None:
    scenario = RECORDED["all is well"]
    fresh = [replace(pod, conditions=tuple(replace(c, since=NOW - 1) for c in pod.conditions)) for pod in scenario.pods]
    health = h.service_health(scenario.service, (), fresh, scenario.workloads, NOW)
    assert in_words(health) == ("busy", "0/3 ready", "Ready, not yet among the endpoints")
    assert health.recheck == NOW - 1 + h.ENDPOINT_LAG
    later = h.service_health(scenario.service, (), fresh, scenario.workloads, health.recheck)
    assert in_words(later) == ("bad", "No ready endpoints", "Pods are ready but not listed as endpoints")


def test_pods_that_hang_while_they_end_are_not_in_progress_for_ever() -> None:
    """C3: a pod of a lost node stays "terminating" and serves nobody."""
    scenario = RECORDED["all pods are terminating"]
    lost = [
        replace(endpoint_slice, endpoints=tuple(replace(end, serving=False) for end in endpoint_slice.endpoints))
        for endpoint_slice in scenario.slices
    ]
    verdict = h.service_health(scenario.service, lost, scenario.pods, [], NOW)
    assert in_words(verdict) == ("bad", "No ready endpoints", "1 pod is terminating")


def test_a_load_balancer_with_its_address_is_ready() -> None:
    scenario = RECORDED["load balancer without an address"]
    served = replace(scenario.service, ingress=("203.0.113.7",))
    assert in_words(h.service_health(served, scenario.slices, scenario.pods, scenario.workloads, NOW))[:2] == (
        "ok",
        "3/3 ready",
    )


def by_hand(*pieces: tuple[str, list[tuple[str, bool]], list[EndpointPort]]) -> h.Health:
    """A Service of both families with one port named "http", and these slices: family, addresses and ready, ports."""
    port = ServicePort("http", "TCP", "", 80, 8080, 0)
    service = ServiceRecord(namespace="a", name="web", cluster_ips=("10.96.0.1", "fd00::1"), ports=(port,))
    slices = [
        EndpointSliceRecord(
            namespace="a",
            name=str(number),
            address_type=family,
            ports=tuple(ports),
            endpoints=tuple(Endpoint((address,), ready, ready, False, "", "", "") for address, ready in addresses),
        )
        for number, (family, addresses, ports) in enumerate(pieces)
    ]
    return h.service_health(service, slices, (), (), NOW)


@pytest.mark.parametrize(
    ("pieces", "state", "ready", "total"),
    [
        ([("IPv4", [("192.0.2.1", True)]), ("IPv6", [("2001:db8::1", True)])], "ok", 1, 1),
        ([("IPv4", [("192.0.2.1", True)]), ("IPv6", [("2001:db8::1", True), ("2001:db8::2", False)])], "warn", 1, 2),
        ([("IPv4", [("192.0.2.1", True)]), ("IPv4", [("192.0.2.1", True), ("192.0.2.2", True)])], "warn", 2, 2),
        ([("FQDN", [("db.example.org", True)])], "bad", 0, 1),
    ],
)
def test_endpoints_by_hand_count_once(pieces: Any, state: str, ready: int, total: int) -> None:
    """C17: a backend with an address of each family is one; what no proxy serves is none."""
    health = by_hand(*((family, addresses, [EndpointPort("http", "TCP", "", 8080)]) for family, addresses in pieces))
    assert (health.state, health.ready, health.total) == (state, ready, total)


@pytest.mark.parametrize(
    "port",
    [EndpointPort("http", "UDP", "", 8080), EndpointPort("", "TCP", "", 8080), EndpointPort("http", "TCP", "", 0)],
)
def test_endpoints_by_hand_for_another_port_serve_nobody(port: EndpointPort) -> None:
    """C2: another protocol, another name, and a port without a number."""
    assert by_hand(("IPv4", [("192.0.2.1", True)], [port])).state == "bad"


def test_a_family_without_endpoints_is_no_green() -> None:
    """C2: a Service of two families whose pods have addresses of one answers at one of its addresses only."""
    scenario = RECORDED["all is well"]
    both = replace(scenario.service, cluster_ips=("10.96.0.1", "fd00::1"))
    verdict = h.service_health(both, scenario.slices, scenario.pods, scenario.workloads, NOW)
    assert in_words(verdict) == ("warn", "3/3 ready", "No endpoint has an IPv6 address")
    assert by_hand(("IPv4", [("192.0.2.1", True)], [EndpointPort("http", "TCP", "", 8080)])).state == "warn"


def test_an_empty_selector_selects_nothing() -> None:
    assert not h.matches({}, {"app": "web"})
    assert h.matches({"app": "web"}, {"app": "web", "version": "v1"})
    assert not h.matches({"app": "web", "version": "v2"}, {"app": "web", "version": "v1"})
