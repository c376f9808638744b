"""From the API's objects to records: what is kept, what a broken object costs, and how much memory one takes."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.kube import fields, kinds, trim
from console.kube.kinds import Kind
from console.kube.records import (
    EndpointSliceRecord,
    EventRecord,
    NodeRecord,
    Owner,
    PodRecord,
    Record,
    ReplicaSetRecord,
    ServicePort,
    ServiceRecord,
    WorkloadRecord,
)
from console.kube.transport import parse
from tests.unit.kube_objects import deployment, endpoint_slice, pod, service


def record(kind: Kind, body: dict[str, Any]) -> Any:
    trimmed = trim.trim(kind, body)
    assert trimmed.problem == ""
    return trimmed


def test_a_service() -> None:
    body = service(
        type="LoadBalancer",
        sessionAffinity="ClientIP",
        sessionAffinityConfig={"clientIP": {"timeoutSeconds": 10800}},
        ports=[{"name": "http", "port": 80, "targetPort": "web", "nodePort": 30080, "appProtocol": "http"}],
    )
    body["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}, {"hostname": "lb.example"}]}}
    trimmed: ServiceRecord = record(kinds.SERVICE, body)
    assert (trimmed.namespace, trimmed.name, trimmed.alias, trimmed.service_type) == (
        "a",
        "demo",
        "Demo",
        "statelessservice",
    )
    assert trimmed.ports == (ServicePort("http", "TCP", "http", 80, "web", 30080),)
    assert trimmed.ingress == ("192.0.2.7", "lb.example")
    assert (trimmed.session_affinity, trimmed.affinity_timeout) == ("ClientIP", 10800)
    assert trimmed.created == 1795428000.0
    assert not trimmed.headless
    assert record(kinds.SERVICE, service(clusterIP="None")).headless


def test_a_pod() -> None:
    trimmed: PodRecord = record(kinds.POD, pod(7))
    assert (trimmed.status, trimmed.ready, trimmed.ready_containers, trimmed.total_containers) == (
        "Running",
        True,
        1,
        1,
    )
    assert trimmed.owner == Owner("ReplicaSet", "demo-v1-5d8f7c9b64", "demo")
    assert (trimmed.ip, trimmed.node, trimmed.qos, trimmed.creator) == ("10.0.0.7", "node-7", "Burstable", "olive")
    main = trimmed.containers[0]
    assert (main.state, main.ready, main.exit_code) == ("running", True, None)
    assert main.limits == {"cpu": "1", "memory": "256Mi"}
    assert main.probes == ("readiness",)
    assert [port.container_port for port in main.ports] == [80]
    assert {condition.type: condition.status for condition in trimmed.conditions}["Ready"] == "True"


def test_a_container_that_fell_over() -> None:
    body = pod()
    body["status"]["containerStatuses"][0] |= {
        "ready": False,
        "restartCount": 4,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-23T10:05:00Z"}},
    }
    trimmed: PodRecord = record(kinds.POD, body)
    main = trimmed.containers[0]
    assert (trimmed.status, trimmed.restarts) == ("CrashLoopBackOff", 4)
    assert (main.state, main.reason, main.message) == ("waiting", "CrashLoopBackOff", "back-off")
    assert (main.last_exit, main.last_reason) == (137, "OOMKilled")


def test_a_pod_that_no_kubelet_has_seen() -> None:
    body = pod()
    body["status"] = {"phase": "Pending"}
    trimmed: PodRecord = record(kinds.POD, body)
    assert (trimmed.status, trimmed.containers[0].state) == ("Pending", "waiting")


def test_workloads() -> None:
    workload: WorkloadRecord = record(kinds.DEPLOYMENT, deployment())
    assert (workload.kind, workload.desired, workload.ready, workload.revision) == ("Deployment", 5, 5, "3")
    assert workload.template_labels == {"app": "demo", "version": "v1"}
    body = deployment()
    body["status"] = {"desiredNumberScheduled": 3, "numberReady": 2, "numberAvailable": 2, "updatedNumberScheduled": 3}
    daemon: WorkloadRecord = record(kinds.DAEMONSET, body)
    assert (daemon.kind, daemon.desired, daemon.ready, daemon.updated) == ("DaemonSet", 3, 2, 3)
    body = deployment()
    del body["spec"]["replicas"]
    assert record(kinds.STATEFULSET, body).desired == 1


def test_endpoints_events_nodes_replicasets() -> None:
    body = endpoint_slice(pods=range(2))
    body["endpoints"][1]["conditions"] = {"ready": False, "serving": True, "terminating": True}
    body["endpoints"].append({"addresses": ["10.0.0.9"]})
    trimmed: EndpointSliceRecord = record(kinds.ENDPOINTSLICE, body)
    assert trimmed.service == "demo"
    assert [(endpoint.ready, endpoint.serving, endpoint.terminating) for endpoint in trimmed.endpoints] == [
        (True, True, False),
        (False, True, True),
        (True, True, False),
    ]
    event: EventRecord = record(
        kinds.EVENT,
        {
            "metadata": {"name": "e", "namespace": "a"},
            "involvedObject": {"kind": "Pod", "name": "p", "uid": "u"},
            "eventTime": "2026-11-23T10:00:00.123456Z",
            "series": {"count": 3, "lastObservedTime": "2026-11-23T10:01:00Z"},
            "reportingComponent": "scheduler",
        },
    )
    assert (event.involved.uid, event.count, round(event.last - event.first), event.source) == ("u", 3, 60, "scheduler")
    node: NodeRecord = record(
        kinds.NODE,
        {
            "metadata": {"name": "n", "labels": {"node-role.kubernetes.io/control-plane": ""}},
            "spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]},
            "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]},
        },
    )
    assert (node.roles, node.taints, node.internal_ip) == (("control-plane",), ("k=:NoSchedule",), "192.0.2.1")
    body = deployment()
    body["metadata"]["ownerReferences"] = [{"kind": "Deployment", "name": "d", "uid": "u", "controller": True}]
    replicas: ReplicaSetRecord = record(kinds.REPLICASET, body)
    assert (replicas.revision, replicas.desired, replicas.owner) == ("3", 5, Owner("Deployment", "d", "u"))


def test_records_do_not_change() -> None:
    trimmed = record(kinds.POD, pod())
    with pytest.raises(AttributeError):
        trimmed.status = "Fine"
    with pytest.raises(TypeError):
        trimmed.labels["a"] = "b"
    assert not hasattr(trimmed, "__dict__")


@pytest.mark.parametrize("kind", tuple(trim._TRIMMERS))
@pytest.mark.parametrize("body", [{}, [], None, 7, {"metadata": 3}, {"metadata": {"name": ["x"]}}])
def test_rubbish_is_a_record_with_a_problem(kind: Kind, body: Any) -> None:
    trimmed = trim.trim(kind, body)
    assert trimmed.problem
    assert trimmed.name == ""


@pytest.mark.parametrize("kind", tuple(trim._TRIMMERS))
def test_a_broken_part_leaves_the_name(kind: Kind) -> None:
    meta = {"name": "x", "namespace": "a", "uid": "u", "resourceVersion": "9", "labels": 7}
    trimmed = trim.trim(kind, {"metadata": meta})
    assert (trimmed.name, trimmed.namespace, trimmed.uid, trimmed.version) == ("x", "a", "u", "9")
    assert trimmed.problem


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(tuple(trim._TRIMMERS)), json_values, json_values)
@settings(max_examples=150)
def test_no_object_stops_the_reader(kind: Kind, spec: Any, status: Any) -> None:
    trimmed = trim.trim(kind, {"metadata": {"name": "x", "namespace": "a"}, "spec": spec, "status": status})
    assert isinstance(trimmed, Record)
    assert trimmed.name == "x"


@given(st.sampled_from(["spec", "status"]), st.data())
@settings(max_examples=100)
def test_no_single_wrong_field_stops_the_reader(part: str, data: st.DataObject) -> None:
    body = json.loads(json.dumps(pod()))
    field = data.draw(st.sampled_from(sorted(body[part])))
    body[part][field] = data.draw(json_values)
    assert trim.trim(kinds.POD, body).name == body["metadata"]["name"]


def test_a_pod_takes_about_a_kilobyte() -> None:
    count = 2000
    bodies = [json.dumps(pod(number, app=f"app-{number // 5}")) for number in range(count)]
    tracemalloc.start()
    kept = [trim.trim(kinds.POD, json.loads(body)) for body in bodies]
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(kept) == count
    assert used / count < 1700, f"{used / count:.0f} bytes a pod"


@pytest.mark.parametrize(
    "number", ["1e999", "-1e999", "NaN", "1" * 5000, "1e308", '{"deep": 1}', "true"], ids=lambda text: text[:12]
)
def test_a_number_that_is_none_spoils_one_object(number: str) -> None:
    """S11: of a list with such an object every other one is read."""
    raw = json.dumps({"items": [service(), service(ports=[{"port": 0}])]}).replace('"port": 0', f'"port": {number}')
    good, spoilt = (trim.trim(kinds.SERVICE, body) for body in parse(raw.encode())["items"])
    assert (good.problem, spoilt.name) == ("", "demo")


@pytest.mark.parametrize(
    "moment", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_a_time_that_no_calendar_has_is_shown_as_unknown(moment: str) -> None:
    """S11: an event in the year 10000, in the zone of the reader."""
    body = {"metadata": {"name": "late", "namespace": "a", "creationTimestamp": moment}, "lastTimestamp": moment}
    event: EventRecord = record(kinds.EVENT, body)
    assert (event.last, event.created) == (0.0, 0.0)


def test_words_of_objects_that_went_are_given_back() -> None:
    """C11: label values, owners and nodes come and go; on some Pythons what is interned stays for good."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(250_000):
        fields.word(f"a node of a cluster that grows and shrinks, number {number}")
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 20_000_000, f"{grown / 1e6:.0f} MB of 250,000 words that nobody has any more"


def test_what_is_kept_of_texts_is_short() -> None:
    """S1: an annotation of 200 kB, written anew each second, was kept each time."""
    before = sum(map(len, fields._words))
    for number in range(20):
        assert len(fields.word(f"{number}" * 200_000)) <= 1024
        assert len(fields.string_map({f"{number}-{key}": "x" for key in range(500)})) == 500
    assert sum(map(len, fields._words)) - before < 200_000
