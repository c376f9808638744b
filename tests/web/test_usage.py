"""CPU and memory on the pages, as the metrics API says, over the wire; and what is said where it says nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from console.kube import usage
from tests.clusters import Cluster, eventually
from tests.faults import Proxy, Request
from tests.manifests import deployment, service
from tests.web.test_browse_details import text
from tests.web.test_browse_stream import opened, run, signed_in

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.people import People

SignIn = Callable[[str], Client]
CPU, MEMORY = r"\b\d+\.\d\d", r"\b\d+ Mi\b"


@pytest.mark.timeout(240)
def test_each_page_of_a_pod_has_what_it_uses(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """The number stands beside a line of what was seen, which has its words for who does not see it."""
    cluster.admin.create(deployment("web", replicas=2), project.name)
    cluster.admin.create(service("web"), project.name)
    client, base = sign_in("olive"), f"/projects/{project.name}/"

    def shown(address: str) -> str:
        def read() -> str:
            html = client.get(base + address).content.decode()
            return html if html.count('<span class="spark') >= 2 else ""

        return eventually(read, timeout=150)  # a busy metrics server takes its time with a new pod

    details = shown("service/web/")
    assert re.search(CPU, text(details))
    assert re.search(MEMORY, text(details))
    assert re.search(r'role="img" aria-label="CPU in cores, last \d+ s: [\d.]+ to [\d.]+, no limit"', details)
    assert 'style="' not in details
    # On the real control plane the second pod may be measured later.
    assert re.search("measured on (all|1 of 2) pods", text(shown("workload/deployment/web-v1/")))
    pods = shown("pods/")
    name = re.search(r'href="\.\./pod/([^/]+)/"', pods)
    assert name
    page = shown(f"pod/{name[1]}/")
    assert text(page).count(" Mi") == 1
    container = re.search(r'href="([^"]+/container/[^"#]+)', page)
    assert container
    assert re.search(r"Memory \d+ Mi", text(shown(container[1].removeprefix(base))))


@pytest.mark.timeout(240)
def test_pods_are_sorted_by_what_they_use(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(deployment("web", replicas=3), project.name)
    client, base = sign_in("bob"), f"/projects/{project.name}/pods/"

    def sorted_by(order: str) -> str:
        html = client.get(f"{base}?sort={order}").content.decode()
        used = [int(number) for number in re.findall(r">(\d+) Mi<", html)]
        return html if len(used) == 3 and used == sorted(used, reverse=order.startswith("-")) else ""

    html = eventually(lambda: sorted_by("-memory"), timeout=150)
    assert re.search(r'aria-sort="descending"[^>]*><a href="\?sort=memory">Memory', html)
    assert '<a href="?sort=-cpu">CPU' in html, "what uses most comes first"
    assert eventually(lambda: sorted_by("memory"), timeout=60)


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


@pytest.mark.django_db(transaction=True)
def test_an_open_page_is_told_each_reading_once(
    cluster: Cluster, project: Project, people: People, faults: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Turns in which nothing was measured anew are no message."""
    monkeypatch.setattr(usage, "PERIOD", 0.05)
    cluster.admin.create(deployment("web"), project.name)
    cluster.admin.create(service("web"), project.name)
    pod = eventually(lambda: cluster.admin.list("pods", project.name)[0]["metadata"]["name"])
    turns, begun = count(), datetime.now(UTC)

    def answer(_request: Request) -> Iterable[bytes]:
        number = next(turns) // 10  # ten turns bring the same
        used = [{"name": "app", "usage": {"cpu": f"{700 + 10 * number}m", "memory": "1Mi"}}]
        moment = f"{begun + timedelta(seconds=1 + number):%Y-%m-%dT%H:%M:%SZ}"  # since this pod is there
        yield json.dumps({"items": [{"metadata": {"name": pod}, "timestamp": moment, "containers": used}]}).encode()

    async def work() -> None:
        stream = await opened(await signed_in(people, "bob"), f"/projects/{project.name}/service/web/stream/")
        values: list[str] = []
        while len(set(values)) < 4 and next(turns) < 99:  # beside other load a page misses some
            message = await stream.next()
            values += re.findall(r">(0\.7\d)<", message.get("service-status", ""))
        assert len(values) == len(set(values)) > 1

    faults.pour(answer, path=r"metrics\.k8s\.io.*/pods")
    run(work)
