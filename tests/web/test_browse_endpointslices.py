"""The tab EndpointSlices of a Service over the wire: each address and port, and what it is good for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.test import Client

from tests.clusters import Cluster
from tests.manifests import deployment, service
from tests.web.test_browse_details import show, text

if TYPE_CHECKING:
    from accounts.models import Project

SignIn = Callable[[str], Client]
TAB = "endpointslices/"


def by_hand(name: str, **endpoints: Any) -> dict[str, Any]:
    """A slice that nobody's controller keeps."""
    labels = {"kubernetes.io/service-name": "outside", "endpointslice.kubernetes.io/managed-by": "me.example.com"}
    kind = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4"}
    ports = [{"name": "http", "port": 8080, "protocol": "TCP"}, {"name": "dns", "port": 53, "protocol": "UDP"}]
    return kind | {"metadata": {"name": name, "labels": labels}, "ports": ports} | endpoints


def test_each_address_says_whether_it_is_ready_serving_or_terminating(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    """Slices that somebody wrote by hand, with what only they can have: zones, an end that still serves, many rows."""
    manual = service("outside")
    del manual["spec"]["selector"]
    cluster.admin.create(manual, project.name)
    ends: list[dict[str, Any]] = [
        {"addresses": ["10.9.0.1"], "conditions": {"ready": True}, "zone": "zone-a", "nodeName": "node-x"},
        {"addresses": ["10.9.0.2"], "conditions": {"ready": False, "serving": True, "terminating": True}},
        {"addresses": ["10.9.0.3"], "conditions": {"ready": False}},
    ]
    cluster.admin.create(by_hand("outside-a", endpoints=ends), project.name)
    many = [{"addresses": [f"10.9.1.{number}"]} for number in range(120)]
    cluster.admin.create(by_hand("outside-b", endpoints=many), project.name)
    client = sign_in("bob")
    page_text = text(show(client, project, "outside", TAB, wait_for="outside-b"))
    assert "123 endpoints: 121 ready, 1 terminating" in page_text
    assert "IPv4, managed by me.example.com" in page_text
    assert re.search(r"10\.9\.0\.1 8080 http TCP 53 dns UDP Ready node-x, zone-a No pod", page_text)
    assert re.search(r"10\.9\.0\.2 8080 http TCP 53 dns UDP Terminating, still serving", page_text)
    assert re.search(r"10\.9\.0\.3 8080 http TCP 53 dns UDP Not ready", page_text)
    assert "1 to 100 of 123" in page_text
    assert "10.9.1.119" not in page_text
    second = text(show(client, project, "outside", f"{TAB}?page=2"))
    assert "101 to 123 of 123" in second
    assert "10.9.1.119" in second
    assert "zone-a" not in second


def test_a_slice_with_ready_endpoints_and_no_ports_is_said_to_reach_nobody(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    """C2: the cluster lists pods that lack the named target port as ready, without ports."""
    cluster.admin.create(deployment("web"), project.name)
    wrong = service("web")
    wrong["spec"]["ports"] = [{"name": "http", "port": 80, "targetPort": "no-such-port"}]
    cluster.admin.create(wrong, project.name)
    html = show(sign_in("olive"), project, "web", TAB, wait_for="Ready, without ports")
    assert "no request to the Service reaches them" in text(html)
    assert re.search(rf'href="/projects/{project.name}/pod/web-v1-[^"]+/"', html)
    assert "1 endpoint: 1 ready" in text(html)
