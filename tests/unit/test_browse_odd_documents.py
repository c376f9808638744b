"""F11: what is shown of documents in which keys are there and empty, or stand for two protocols."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from console.kube import kinds
from console.kube.records import ServiceRecord, WorkloadRecord
from console.kube.trim import trim
from console.kube.usage import Usage
from services.browse.present import details
from services.browse.present.rows import external_access, port_list
from services.create.present import outcome
from services.manifests import names
from services.manifests.bundle import Bundle
from services.manifests.health import STARTING
from services.steps.basic import ExternalForm
from tests.recordings import health as recordings
from tests.recordings.scenarios import HTTP, PARTITION, port, service, template, workload

RECORDED = {name: recordings.behind(live) for name, live in recordings.recorded().items()}


def emptied(document: Any) -> Iterator[tuple[str, Any]]:
    """The document again and again, each time with one more key that is there and empty."""
    copied = copy.deepcopy(document)

    def walk(place: Any, path: str) -> Iterator[str]:
        for key in list(place) if isinstance(place, dict) else range(len(place)):
            kept = place[key]
            place[key] = None
            yield f"{path}.{key}"
            place[key] = kept
            if isinstance(kept, dict | list):
                yield from walk(kept, f"{path}.{key}")

    for path in walk(copied, ""):
        yield path, copied


DOCUMENTS = {
    "Service": service(port(80, "http", "web"), port(53, 5353, "dns", "UDP"), type="NodePort"),
    "sticky": service(
        port(80, 8080), sessionAffinity="ClientIP", sessionAffinityConfig={"clientIP": {"timeoutSeconds": 60}}
    ),
    "headless": service(port(80, "http"), clusterIP="None"),
    "outside": service(type="ExternalName", externalName="db.example.org", selector=None, ports=None),
    "StatefulSet": workload("StatefulSet", template(HTTP), updateStrategy=PARTITION),
}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_key_that_is_there_and_empty_is_shown_as_nothing(kind: str) -> None:
    """F11: `targetPort: null`, usual in Helm's output, was shown as "80 → None"."""
    for path, document in emptied(DOCUMENTS[kind]):
        texts = repr((outcome.outcome(Bundle((document,)), "shop"), outcome.in_short(document)))
        assert "'None'" not in texts, f"{path}: {texts}"
        assert "→ None" not in texts, f"{path}: {texts}"
        assert "None →" not in texts, f"{path}: {texts}"


def test_a_blank_target_is_the_port_itself() -> None:
    """F11"""
    blank = service({"port": 80, "targetPort": None}, {"port": 81, "targetPort": ""}, {"port": 82})
    assert outcome.in_short(blank).second == "80 → 80, 81 → 81, 82 → 82"
    record = trim(kinds.SERVICE, {**blank, "metadata": {"name": "web", "namespace": "a"}})
    assert isinstance(record, ServiceRecord)
    assert not record.problem
    assert [service_port.target_port for service_port in record.ports] == [0, 0, 0]


def test_one_number_with_two_protocols_is_told_with_them() -> None:
    """F11: the list said "53, 53"; one node port that both have is one."""
    record = RECORDED["one number, two protocols"].service
    assert port_list(record) == "53/TCP, 53/UDP"
    assert external_access(record).text == "53 → 30053"
    assert external_access(record).line == "Node port, TCP/UDP"
    both = service(port(53, 5353, "tcp"), port(53, 5353, "udp", "UDP"))
    assert outcome.in_short(both).second == "53/TCP → 5353, 53/UDP → 5353"


@pytest.mark.parametrize(
    ("name", "outside"),
    [
        (
            "load balancer without an address",
            "From outside: any node’s address, on the node port; the load balancer has no address yet",
        ),
        (
            "load balancer without node ports",
            "From outside: the load balancer’s address, which is not assigned yet",
        ),
        ("all is well", ""),
    ],
)
def test_where_a_port_is_reached_from_outside(name: str, outside: str) -> None:
    """F11: allocateLoadBalancerNodePorts: false"""
    assert details.status(surroundings(name), None, lambda _pods: Usage("hidden")).outside == outside


def surroundings(name: str) -> details.Surroundings:
    scenario = RECORDED[name]
    return details.Surroundings(
        scenario.service, scenario.slices, scenario.pods, scenario.workloads, (), now=recordings.JUDGED_AT
    )


def fact(name: str, key: str) -> details.Fact:
    facts = details.facts(surroundings(name), cluster="c", project_href="/")
    return next(fact for fact in facts if fact.key == key)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("all is well", [("ok", "")] * 3),
        ("named port missing on all pods", [("warn", "no port 80")] * 3),
        ("named port missing on some pods", [("ok", ""), ("ok", ""), ("warn", "no port 80")]),
        ("two ports, one dead", [("warn", "no port metrics")] * 3),
        ("two ports, each on other pods", [("warn", "no port web"), *[("warn", "no port dns")] * 2]),
        ("unready pods published", [("warn", "published, but not ready")] * 2),
        ("a pod is terminating", [("ok", ""), ("idle", "terminating")]),
        ("some pods not ready", [("ok", ""), ("ok", ""), ("warn", "not ready")]),
        ("headless without ports", [("ok", "")] * 3),
    ],
)
def test_an_address_is_green_only_where_every_port_is_offered(name: str, lines: list[tuple[str, str]]) -> None:
    """F3, C2: the details listed addresses that nobody reaches with a green mark, too."""
    assert [(line.state, line.note) for line in fact(name, "endpoints").lines] == lines


def test_of_an_external_name_only_what_it_can_have_is_listed() -> None:
    facts = details.facts(surroundings("became an external name"), cluster="c", project_href="/")
    assert {fact.key for fact in facts} & {"virtual-ip", "external-ip", "affinity", "endpoints"} == set()
    assert [fact.key for fact in facts if not fact.lines] == []


def test_the_first_pod_of_a_stateful_set_is_where_its_ordinals_start() -> None:
    """C18"""
    assert [line.text for line in fact("ordinals from 5", "dns").lines] == ["web.a.svc", "web-5.web.a.svc"]


def test_the_details_know_when_time_alone_changes_them() -> None:
    """C19"""
    around = surroundings("no pod ready")
    assert around.recheck is None
    assert replace(around, now=STARTING - 1).recheck == STARTING


def test_the_revision_of_a_stateful_set_is_the_part_that_tells_it_apart() -> None:
    """M20"""
    long = WorkloadRecord(namespace="a", name="demo-db-v1", kind="StatefulSet", revision="demo-db-v1-736380048e")
    assert details.workload_row(long).short_revision == "736380048e"
    plain = WorkloadRecord(namespace="a", name="web", kind="Deployment", revision="3")
    assert details.workload_row(plain).short_revision == "#3"


@pytest.mark.parametrize(
    ("typed", "address"),
    [("10.0.0.1", True), ("2001:db8::1", True), ("api_x.example.com", False), ("api..example", False), ("", False)],
)
def test_advice_on_addresses_is_given_for_addresses_only(typed: str, address: bool) -> None:
    """M23: a host name that was only misspelt brought it up."""
    assert ExternalForm(QueryDict(urlencode({"external_name": typed}))).is_address is address


@pytest.mark.parametrize(
    ("typed", "words"),
    [("api_x.example.com", "“api_x”"), ("api..example.com", "two dots in a row"), ("-a.example.com", "“-a”")],
)
def test_a_misspelt_host_name_is_told_where_it_is_wrong(typed: str, words: str) -> None:
    """M23"""
    assert words in str(names.external_name(typed))
