"""The page of a pod over the wire: its tabs, who sees it, what it says of what is broken, and that it is live."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from tests.clusters import Cluster, eventually
from tests.faults import Proxy
from tests.manifests import deployment, service
from tests.web.pods import bare_pod
from tests.web.test_browse_details import text
from tests.web.test_browse_stream import opened, run, signed_in

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.people import People

SignIn = Callable[[str], Client]


def show(client: Client, project: Project, address: str, wait_for: str = "") -> str:
    def read() -> str | None:
        response = client.get(f"/projects/{project.name}/pod/{address}")
        html = response.content.decode()
        return html if response.status_code == 200 and wait_for in html else None

    return eventually(read)


@pytest.fixture
def pod(cluster: Cluster, project: Project) -> str:
    """A pod called orders, with a ConfigMap and a Secret that its environment names, and a Service that selects it."""
    shop = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop"}, "data": {"currency": "EUR"}}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "stringData": {"password": "hunter2"}}
    for document in (shop, secret, service("orders"), bare_pod()):
        cluster.admin.create(document, project.name)
    return "orders"


def test_the_page_says_what_a_pod_is_and_does(cluster: Cluster, project: Project, sign_in: SignIn, pod: str) -> None:
    show(sign_in("bob"), project, "orders/", wait_for=f'href="/projects/{project.name}/service/orders/"')
    html = show(sign_in("bob"), project, "orders/", wait_for="status ok")
    page_text = text(html)
    for words in ("shop/orders:1.18.2", "0.1 cores, no limit", "64 to 128 Mi", "Scheduled", "Ready", "app=orders"):
        assert words in page_text, words
    assert "None, the pod is standalone" in page_text
    assert f'href="/projects/{project.name}/service/orders/"' in html
    assert "Temporary volume on the node" in page_text
    assert "at most 100Mi" in page_text
    assert "api: /scratch , read-only proxy: /scratch" in page_text
    assert "gpu: NoSchedule" in page_text
    labels = re.findall(r"<dt>([^<]+)</dt>", html.partition("</aside>")[0])
    assert labels == [
        *("Cluster", "Project", "Workload", "Services", "Node", "Pod IP Address", "Node IP Address"),
        *("Restarts", "QoS Class", "Labels", "Created"),
    ], "it has neither an app nor a creator"


def test_a_container_has_an_address_of_its_own(project: Project, sign_in: SignIn, pod: str) -> None:
    bob = sign_in("bob")
    page_text = text(show(bob, project, "orders/container/api/"))
    assert "HTTP GET /ready on port http-web" in page_text
    assert "interval 7 s, timeout 1 s, failure threshold 3" in page_text
    assert "--listen=:8080" in page_text
    assert "8080/TCP , http-web" in page_text
    assert "Memory No data 64 Mi 128 Mi Killed" in re.sub(r"Memory .*? 64 Mi", "Memory No data 64 Mi", page_text)
    assert "Not set: Liveness, Startup" in page_text
    assert bob.get(f"/projects/{project.name}/pod/orders/container/none/").status_code == 404


def test_values_of_secrets_are_never_shown(
    cluster: Cluster, people: People, project: Project, sign_in: SignIn, pod: str
) -> None:
    html = show(sign_in("olive"), project, "orders/environment/")
    rows = [text(row) for row in re.findall(r"<tr>(.*?)</tr>", html, re.S)]
    for words in (
        "LOG_LEVEL info Value",
        "CURRENCY EUR ConfigMap shop , currency",
        "DB_PASSWORD Hidden Secret db , password",
        "TOKEN Missing, optional Secret none , token",
        "NAME orders Field metadata.name",
    ):
        assert any(words in re.sub(r"\s+", " ", row) for row in rows), (words, rows)
    assert "hunter2" not in html
    viewer_name = people.scope("bob", project).identity.user
    viewer = show(sign_in("bob"), project, "orders/environment/")
    assert [request for request in cluster.requests_of(viewer_name) if "/configmaps/" in request.path]
    assert "Missing" not in text(viewer), "who may not list Secrets is not told which exist"
    assert not [request for request in cluster.requests_of(viewer_name) if "/secrets" in request.path]


def test_its_manifest_can_be_read_and_kept(project: Project, sign_in: SignIn, pod: str) -> None:
    bob = sign_in("bob")
    html = show(bob, project, "orders/yaml/")
    assert "shop/orders:1.18.2" in html
    assert "managedFields" not in html
    kept = bob.get(f"/projects/{project.name}/pod/orders/yaml/?download")
    assert kept["Content-Disposition"] == 'attachment; filename="orders.yaml"'


def test_events_are_those_of_the_pod(project: Project, sign_in: SignIn, pod: str) -> None:
    html = show(sign_in("bob"), project, "orders/events/", wait_for="ev-")
    assert "Scheduled" in text(html)
    assert '<div class="filters">' in html.partition('id="pod-events"')[2], "there is something to filter"


def test_what_is_broken_is_said_first(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    made = deployment("web", fate="crash")
    made["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"memory": "64Mi"}}
    cluster.admin.create(made, project.name)
    olive = sign_in("olive")
    name = eventually(lambda: cluster.admin.list("pods", project.name)[0]["metadata"]["name"])
    html = show(olive, project, f"{name}/", wait_for="CrashLoopBackOff")
    notice = re.search(r'<div class="notice bad">.*?</div></div>', html, re.S)
    assert notice
    assert "Container app is restarting. Last exit 137, OOMKilled" in text(notice[0])
    settings = f'action="/projects/{project.name}/workload/deployment/web-v1/settings/"'
    assert settings in notice[0]
    assert 'name="limit" value="app">Raise the memory limit<' in notice[0]
    page = olive.post(settings.split('"')[1], {"step": "pod", "limit": "app"}, follow=True).content.decode()
    focused = re.findall(r"<(?:input|select|textarea)[^>]* autofocus[^>]*>", page)
    assert [re.findall(r' name="([^"]*)"', tag) for tag in focused] == [["containers-0-memory_limit"]]
    assert settings not in show(sign_in("bob"), project, f"{name}/"), "bob only reads"
    assert "web-v1 , Deployment, revision 1" in text(html)


def test_a_stranger_finds_no_pod_and_neither_does_a_wrong_name(project: Project, sign_in: SignIn, pod: str) -> None:
    for tab in ("", "environment/", "events/", "yaml/", "stream/", "container/api/"):
        assert sign_in("charlie").get(f"/projects/{project.name}/pod/orders/{tab}").status_code == 404
    for name in ("none", "No_Name", "..%2fservices"):
        assert sign_in("bob").get(f"/projects/{project.name}/pod/{name}/").status_code == 404, name


def test_what_a_manifest_says_is_text(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """Markup is text, and what would turn the words around is written out."""
    hostile = "<script>alert(1)</script>\u202egnp.exe"
    container = {"name": "app", "image": "nginx", "args": [hostile], "env": [{"name": "X", "value": hostile}]}
    cluster.admin.create(bare_pod("hostile", containers=[container], volumes=[]), project.name)
    bob = sign_in("bob")
    for tab in ("container/app/", "environment/", "yaml/"):
        html = show(bob, project, f"hostile/{tab}")
        assert "<script>alert" not in html
        assert "\u202e" not in html
        assert "&lt;script&gt;alert(1)" in html, tab


def test_without_the_cluster_the_page_has_what_memory_has(
    faults: Proxy, project: Project, sign_in: SignIn, pod: str
) -> None:
    """Containers and conditions stay; what only the cluster knows is said to be unknown, or has an error page."""
    bob = sign_in("bob")
    show(bob, project, "orders/", wait_for="status ok")
    faults.refuse(method="GET", path=f"/api/v1/namespaces/{project.name}/pods/orders")
    html = show(bob, project, "orders/")
    assert "shop/orders:1.18.2" in html
    assert "Volumes and scheduling are not known" in html
    refused = bob.get(f"/projects/{project.name}/pod/orders/environment/")
    assert refused.status_code == 503
    assert "not responding" in refused.content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_page_is_live(cluster: Cluster, people: People, project: Project) -> None:
    """What happens to the pod arrives by itself, up to its end."""
    cluster.admin.create(bare_pod(), project.name)

    async def work() -> None:
        stream = await opened(await signed_in(people, "bob"), f"/projects/{project.name}/pod/orders/stream/?tab=status")
        await stream.until(lambda message: "status ok" in message.get("pod-head", ""))
        assert "Temporary volume on the node" in stream.page["pod-status"]
        label = {"metadata": {"labels": {"tier": "front"}}}
        await sync_to_async(cluster.admin.patch)("pods", project.name, "orders", label)
        await stream.until(lambda message: "tier=front" in message.get("pod-facts", ""))
        await sync_to_async(cluster.admin.delete)("pods", project.name, "orders", gracePeriodSeconds=0)
        while "gone" not in stream.events:
            await stream.next()

    run(work)
