"""CPU and memory on the pages, as the metrics API says, over the wire; and what is said where it says nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.test import Client

from tests.clusters import Cluster, eventually
from tests.faults import Proxy
from tests.manifests import deployment, service
from tests.web.test_browse_details import text

if TYPE_CHECKING:
    from accounts.models import Project

SignIn = Callable[[str], Client]
CPU, MEMORY = r"\b\d+m\b", r"\b\d+ Mi\b"


def test_each_page_of_a_pod_has_what_it_uses(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """The number stands beside a line of what was seen, which has its words for who does not see it."""
    cluster.admin.create(deployment("web", replicas=2), project.name)
    cluster.admin.create(service("web"), project.name)
    client, base = sign_in("olive"), f"/projects/{project.name}/"

    def shown(address: str) -> str:
        def read() -> str:
            html = client.get(base + address).content.decode()
            return html if html.count('<span class="spark') >= 2 else ""

        return eventually(read, timeout=60)

    details = shown("service/web/")
    assert re.search(CPU, text(details))
    assert re.search(MEMORY, text(details))
    assert re.search(r'role="img" aria-label="CPU, last \d+ s: \d+m to \d+m"', details)
    assert 'style="' not in details
    assert "all pods together" in shown("workload/deployment/web-v1/")
    pods = shown("pods/")
    name = re.search(r'href="\.\./pod/([^/]+)/"', pods)
    assert name
    page = shown(f"pod/{name[1]}/")
    assert text(page).count(" Mi") == 1
    container = re.search(r'href="([^"]+/container/[^"#]+)', page)
    assert container
    assert re.search(r"Memory \d+ Mi", text(shown(container[1].removeprefix(base))))


def test_a_cluster_without_metrics_says_so_and_how_to_get_them(
    cluster: Cluster, project: Project, sign_in: SignIn, faults: Proxy
) -> None:
    """Old readings are said to be old; a metrics API that is not there, with what to install; no page waits for it."""
    cluster.admin.create(deployment("web"), project.name)
    cluster.admin.create(service("web"), project.name)
    client, base = sign_in("bob"), f"/projects/{project.name}/"

    def said(address: str, words: str) -> str:
        def read() -> str:
            html = client.get(base + address).content.decode()
            return html if words in text(html) else ""

        return eventually(read, timeout=30)

    with faults.answer(404, body=b"404 page not found", path=r"metrics\.k8s\.io"):
        details = said("service/web/", "No metrics: the cluster has no metrics API.")
        assert "kubectl apply -f https://github.com/kubernetes-sigs/metrics-server/" in details
        assert "No data" in details
        assert 'class="spark' not in details
        said("workload/deployment/web-v1/", "No metrics")
        said("pods/", "No metrics")
