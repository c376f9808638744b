"""The list of Services as data: words, filters, order and counts, over a real store."""

from __future__ import annotations

from typing import Any

import pytest

from console.kube import kinds
from console.kube.records import (
    Condition,
    Endpoint,
    EndpointPort,
    EndpointSliceRecord,
    PodRecord,
    ServicePort,
    ServiceRecord,
    WorkloadRecord,
)
from console.kube.store import Store
from console.kube.summaries import SummaryCaches
from services import words
from services.browse.present import summaries
from services.browse.present.rows import SERVICES, service_row
from services.manifests.health import STARTING
from services.shown.lists import ListPage, list_page, parse, shown_columns
from services.shown.summary import Summary

NOW = 1_700_000_000.0
READY = Condition("Ready", "True", "", "", NOW - 3600)
HTTP = ServicePort("http", "TCP", "", 80, 8080, 0)


def service(name: str, **fields: Any) -> ServiceRecord:
    base = {"cluster_ip": "10.0.0.1", "selector": {"app": name}, "ports": (HTTP,), "created": NOW, "uid": f"u-{name}"}
    return ServiceRecord(namespace="shop", name=name, **{**base, **fields})


def pod(name: str, app: str, **fields: Any) -> PodRecord:
    base = {"status": "Running", "phase": "Running", "ready": True, "conditions": (READY,), "labels": {"app": app}}
    return PodRecord(namespace="shop", name=name, **{**base, **fields})


def slice_of(name: str, ready: int) -> EndpointSliceRecord:
    ends = tuple(Endpoint((f"10.1.0.{i}",), True, True, False, f"{name}-{i}", f"p-{i}", "n1") for i in range(ready))
    offered = (EndpointPort("http", "TCP", "", 8080),)
    return EndpointSliceRecord(
        namespace="shop", name=f"{name}-x", service=name, address_type="IPv4", endpoints=ends, ports=offered
    )


def workload(name: str, desired: int) -> WorkloadRecord:
    counts = dict.fromkeys(("desired", "ready", "available", "updated", "current"), desired)
    return WorkloadRecord(
        namespace="shop", name=f"{name}-v1", kind="Deployment", template_labels={"app": name}, **counts
    )


@pytest.fixture
def store() -> Store:
    store = Store()
    for name, ready in (("web", 2), ("api", 1)):
        store.apply(kinds.SERVICE, service(name, service_type="statelessservice", alias=f"The {name}"))
        store.apply(kinds.DEPLOYMENT, workload(name, 2))
        store.apply(kinds.ENDPOINTSLICE, slice_of(name, ready))
        for index in range(ready):
            store.apply(kinds.POD, pod(f"{name}-{index}", name))
    store.apply(kinds.POD, pod("api-broken", "api", status="CrashLoopBackOff", ready=False, restarts=4))
    store.apply(kinds.SERVICE, service("lost", type="NodePort", labels={"team": "red"}))
    outside = service(
        "maps", type="ExternalName", selector={}, cluster_ip="", external_name="maps.example.com", ports=()
    )
    store.apply(kinds.SERVICE, outside)
    return store


def shown(
    project: Summary[summaries.ServiceSummary], query: dict[str, str], columns: str = ""
) -> ListPage[summaries.ServiceSummary]:
    """The list as the page of this address has it; `columns`: what the cookie says."""
    return list_page(SERVICES, project, parse(SERVICES, query), shown_columns(SERVICES, columns))


class Page:
    """The summary of the store's namespace, kept up to date as on the page."""

    def __init__(self, store: Store) -> None:
        self.caches = SummaryCaches(store)

    def now(self, later: float = 0.0) -> Summary[summaries.ServiceSummary]:
        return summaries.project_summary_of(self.caches.current("shop", summaries.service_summary, NOW + later))


def names(page: Any) -> list[str]:
    return [row.name for row in page.rows]


def test_health_follows_what_stands_behind_a_service(store: Store) -> None:
    page_of_shop = Page(store)
    texts = {summary.name: str(summary.health.words) for summary in page_of_shop.now().entries}
    assert texts == {"web": "2/2 ready", "api": "1/2 ready", "lost": "Selector matches nothing", "maps": "External"}
    store.apply(kinds.POD, pod("late", "lost", conditions=(Condition("Ready", "False", "", "", NOW - 1),), ready=False))
    assert {summary.name: summary.health.state for summary in page_of_shop.now().entries}["lost"] == "busy"
    assert {summary.name: summary.health.state for summary in page_of_shop.now(later=1000).entries}["lost"] == "bad"
    store.remove(kinds.SERVICE, "shop", "lost")
    assert page_of_shop.now().counts["status"].total() == 3


def test_a_service_that_cannot_be_judged_says_so_and_is_never_green(store: Store) -> None:
    page_of_shop = Page(store)
    assert {summary.name: summary.status for summary in page_of_shop.now().entries}["web"] == "ready"
    store.apply(kinds.POD, pod("poison", "web", status=None))
    entries = {summary.name: summary for summary in page_of_shop.now().entries}
    assert sorted(entries) == ["api", "lost", "maps", "web"]
    assert (str(entries["web"].health.words), entries["web"].status) == ("Status not known", "attention")
    assert (entries["web"].type, entries["api"].status) == ("stateless", "attention")
    again = page_of_shop.now().recheck
    assert again is not None, "an open page looks again by itself"
    page = shown(page_of_shop.now(), {})
    assert [(row.name, row.status.state) for row in page.rows if row.name == "web"] == [("web", "warn")]
    store.remove(kinds.POD, "shop", "poison")
    assert {summary.name: summary.status for summary in page_of_shop.now().entries}["web"] == "ready"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["api", "lost", "maps", "web"]),
        ({"sort": "-name"}, ["web", "maps", "lost", "api"]),
        ({"sort": "status"}, ["lost", "api", "maps", "web"]),
        ({"q": "THE W"}, ["web"]),
        ({"q": "team=red"}, ["lost"]),
        ({"q": "team="}, []),
        ({"status": "attention"}, ["lost", "api"]),
        ({"status": "attention", "sort": "name"}, ["api", "lost"]),
        ({"type": "stateless"}, ["api", "web"]),
        ({"access": "virtual-ip", "out": "node"}, ["lost"]),
        ({"status": "nonsense", "sort": "nonsense", "page": "x", "size": "7"}, ["api", "lost", "maps", "web"]),
        ({"page": "99"}, ["api", "lost", "maps", "web"]),
    ],
)
def test_search_filters_and_order(store: Store, query: dict[str, str], expected: list[str]) -> None:
    assert names(shown(Page(store).now(), query)) == expected


def test_the_list_knows_when_time_alone_changes_it(store: Store) -> None:
    """C19"""
    page_of_shop = Page(store)
    assert page_of_shop.now().recheck is None
    store.apply(kinds.POD, pod("late", "lost", conditions=(Condition("Ready", "False", "", "", NOW - 1),), ready=False))
    assert page_of_shop.now().recheck == NOW - 1 + STARTING


def test_chips_count_what_each_filter_would_leave(store: Store) -> None:
    page = shown(Page(store).now(), {"out": "no"})
    assert {chip.key: chip.count for chip in page.chips} == {
        "": 3,
        "attention": 1,
        "progress": 0,
        "ready": 1,
        "other": 1,
    }
    exposure = page.menus[1]["groups"][0]
    assert {choice.key: choice.count for choice in exposure} == {"node": 1, "no": 3}
    assert [choice.href for choice in exposure if choice.current] == ["?"]
    assert (page.overall, page.attention) == (4, 2)


def test_pages_of_many(store: Store) -> None:
    for index in range(45):
        store.apply(kinds.SERVICE, service(f"many-{index:02}"))
    page = shown(Page(store).now(), {"q": "many", "page": "2"})
    assert (page.pager.first, page.pager.last, page.pager.total) == (21, 40, 45)
    assert (page.pager.previous, page.pager.next) == ("?q=many", "?q=many&page=3")
    assert names(page)[0] == "many-20"


def test_a_sorted_head_says_so_and_turns_round(store: Store) -> None:
    heads = {head.key: head for head in shown(Page(store).now(), {"sort": "created"}).heads}
    assert (heads["age"].order, heads["age"].href) == ("ascending", "?sort=-created")
    assert (heads["name"].order, heads["name"].href) == ("", "?sort=name")
    assert heads["internal"].href == ""


def test_hidden_columns_have_no_head(store: Store) -> None:
    page = shown(Page(store).now(), {}, "app.nonsense")
    assert [head.key for head in page.heads] == ["status", "name", "app"]
    assert page.shown == {"app"}


NODE_PORTS = (ServicePort("a", "TCP", "", 80, 80, 30080), ServicePort("b", "TCP", "", 90, 90, 30090))


@pytest.mark.parametrize(
    ("fields", "access", "inside", "text", "line"),
    [
        ({}, "Virtual IP", "10.0.0.1 : 80", "", ""),
        ({"cluster_ip": "None"}, "Headless", "No IP : 80", "", ""),
        ({"cluster_ip": "None", "selector": {}}, "Unknown", "No IP : 80", "", ""),
        (
            {"type": "NodePort", "ports": NODE_PORTS},
            "Virtual IP",
            "10.0.0.1 : 80, 90",
            "80 → 30080",
            "2 node ports, TCP",
        ),
        ({"type": "LoadBalancer"}, "Virtual IP", "10.0.0.1 : 80", "No address yet", "Load balancer"),
        (
            {"type": "LoadBalancer", "ingress": ("1.2.3.4",)},
            "Virtual IP",
            "10.0.0.1 : 80",
            "1.2.3.4",
            "Load balancer",
        ),
        (
            {"type": "ExternalName", "external_name": "x.example.com", "ports": (), "cluster_ip": "", "selector": {}},
            "ExternalName",
            "No IP, no ports",
            "x.example.com",
            "External name",
        ),
    ],
)
def test_how_a_service_is_reached(fields: dict[str, Any], access: str, inside: str, text: str, line: str) -> None:
    record = service("web", **fields)
    row = service_row(summaries.service_summary(record, (), (), (), NOW), "en")
    assert (row.access, row.inside, row.outside.text, row.outside.line) == (access, inside, text, line)


def test_a_service_that_cannot_be_read_spoils_its_own_row_only(store: Store) -> None:
    store.apply(kinds.SERVICE, ServiceRecord(namespace="shop", name="poison", problem="TypeError"))
    page = shown(Page(store).now(), {})
    assert len(page.rows) == 5
    assert next(row.status.words for row in page.rows if row.name == "poison") == "Unreadable"


@pytest.mark.parametrize(("annotation", "kind"), [("statefulservice", "stateful"), ("", "custom"), ("other", "custom")])
def test_types_come_from_the_annotation(annotation: str, kind: str) -> None:
    assert words.type_of(service("web", service_type=annotation)) == kind
