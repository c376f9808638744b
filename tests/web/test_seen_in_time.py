"""Every page is right soon after a change made on the API server: the open ones by their stream, those that are loaded
when they are loaded again. How long it took is among the figures of the run; quiet, each is below two seconds.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from tests.clusters import Cluster, eventually
from tests.manifests import deployment, scaler, service, stateful_set
from tests.web.pods import bare_pod
from tests.web.test_browse_stream import opened, run, signed_in

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.people import People

pytestmark = pytest.mark.django_db(transaction=True)
LATE = 10.0  # seconds; on a quiet machine each takes less than two
Record = Callable[[str, object], None]
STREAM = re.compile(r'sse-connect="([^"]+)"')


@dataclass(frozen=True)
class Change:
    """A page, what is done on the API server, and what the page then says; or, if it is `gone`, says no more."""

    page: str
    do: Callable[[], object]
    words: str
    gone: bool = False


class Hands:
    """What kubectl would do in a project."""

    def __init__(self, cluster: Cluster, project: str) -> None:
        self.admin, self.project = cluster.admin, project

    def create(self, document: dict[str, Any]) -> Callable[[], object]:
        return lambda: self.admin.create(document, self.project)

    def patch(self, kind: str, name: str, body: dict[str, Any]) -> Callable[[], object]:
        return lambda: self.admin.patch(kind, self.project, name, body)

    def delete(self, kind: str, name: str) -> Callable[[], object]:
        return lambda: self.admin.delete(kind, self.project, name)

    def explain(self, owner: str, cause: str) -> Callable[[], object]:
        """Say why there is this revision of a StatefulSet."""

        def annotate() -> object:
            revisions = self.admin.list("controllerrevisions", self.project)
            name = next(
                revision["metadata"]["name"]
                for revision in revisions
                if revision["metadata"]["name"].startswith(f"{owner}-")
            )
            notes = {"kubernetes.io/change-cause": cause}
            return self.admin.patch("controllerrevisions", self.project, name, {"metadata": {"annotations": notes}})

        return annotate

    def note(self, kind: str, name: str, value: str) -> Callable[[], object]:
        return self.patch(kind, name, {"metadata": {"annotations": {"example.com/note": value}}})

    def event(self, kind: str, name: str, message: str) -> Callable[[], object]:
        plural = f"{kind.lower()}s"
        uid = self.admin.get(plural, self.project, name)["metadata"]["uid"]
        about = {"kind": kind, "name": name, "namespace": self.project, "uid": uid}
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        times = {"firstTimestamp": now, "lastTimestamp": now, "count": 1, "source": {"component": "kubelet"}}
        meta = {"name": f"{name}.{message}"}
        body = {"apiVersion": "v1", "kind": "Event", "metadata": meta, "involvedObject": about, **times}
        return self.create({**body, "reason": "Seen", "message": f"It is {message}.", "type": "Normal"})


def lost(name: str) -> dict[str, Any]:
    """A Service that selects nothing: it needs attention."""
    return service(name, selector={"app": "nobody"})


def web() -> dict[str, Any]:
    """A Deployment whose pods have a variable of a ConfigMap."""
    document = deployment("web")
    value = {"valueFrom": {"configMapKeyRef": {"name": "shop", "key": "currency"}}}
    document["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "CURRENCY", **value}]
    return document


def on_open_pages(hands: Hands, project: Project, pod: str) -> list[Change]:
    """Changes in an order in which each is new on its page."""
    root, note = f"/projects/{project.name}/", hands.note
    details, workload, own = f"{root}service/web/", f"{root}workload/deployment/web-v1/", f"{root}pod/{pod}/"
    alias = {"metadata": {"annotations": {"kubesphere.io/alias-name": "Front door"}}}
    image = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "nginx:1.99"}]}}}}
    labels = {"metadata": {"labels": {"team": "seen-by-team"}}}
    helm, more = {"metadata": {"labels": {"app.kubernetes.io/managed-by": "Helm"}}}, {"spec": {"maxReplicas": 9}}
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "most"},
        "spec": {"hard": {"pods": "77"}},
    }
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "web-more", "labels": {"kubernetes.io/service-name": "web"}},
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": 8080}],
        "endpoints": [{"addresses": ["10.9.8.7"], "conditions": {"ready": True}}],
    }
    return [
        Change(f"{root}services/", hands.patch("services", "web", alias), "Front door"),
        Change(details, hands.patch("deployments", "web-v1", {"spec": {"replicas": 2}}), "/2 ready"),
        Change(
            f"{root}service/plain/",
            hands.patch("services", "plain", {"spec": {"selector": {"app": "web"}}}),
            f"{root}service/plain/logs/",
        ),
        Change(f"{details}metadata/", note("services", "web", "seen-note"), "seen-note"),
        Change(f"{details}events/", hands.event("Service", "web", "seen-service"), "It is seen-service"),
        Change(f"{details}endpointslices/", hands.create(endpoints), "10.9.8.7"),
        Change(f"{root}workloads/", hands.create(deployment("other", replicas=0)), "other-v1"),
        Change(f"{root}pods/", hands.create(bare_pod("extra")), "extra"),
        Change(own, hands.create(service("second", selector={"app": "web"})), "second"),
        Change(f"{own}container/app/", hands.create(service("third", selector={"app": "web"})), "third"),
        Change(f"{own}events/", hands.event("Pod", pod, "seen-pod"), "It is seen-pod"),
        Change(f"{own}yaml/", note("pods", pod, "seen-in-yaml"), "seen-in-yaml"),
        Change(workload, hands.patch("deployments", "web-v1", {"spec": {"replicas": 3}}), "3 desired"),
        Change(workload, hands.create(scaler("web")), "1 to 3 pods, by web"),
        Change(workload, hands.patch("horizontalpodautoscalers", "web", more), "1 to 9 pods, by web"),
        Change(workload, hands.delete("horizontalpodautoscalers", "web"), "pods, by web", gone=True),
        Change(workload, hands.patch("deployments", "web-v1", helm), "Helm"),
        Change(f"{workload}metadata/", hands.patch("deployments", "web-v1", labels), "seen-by-team"),
        Change(f"{workload}events/", hands.event("Deployment", "web-v1", "seen-workload"), "It is seen-workload"),
        Change(f"{workload}revisions/", hands.patch("deployments", "web-v1", image), "nginx:1.99"),
        Change(
            f"{workload}events/", hands.patch("deployments", "web-v1", {"spec": {"paused": True}}), "Resume Rollout"
        ),
        Change(f"{root}workload/statefulset/db-v1/revisions/", hands.explain("db-v1", "seen-cause"), "seen-cause"),
        Change(root, hands.create(lost("lost-here")), "lost-here"),
        Change(root, hands.create(quota), "of 77"),
        Change(f"/workspaces/{project.workspace.name}/", hands.create(lost("lost-there")), "2 of "),
        Change("/", hands.create(lost("lost-at-home")), "lost-at-home"),
    ]


def on_loaded_pages(hands: Hands, project: Project, pod: str) -> list[Change]:
    root, money = f"/projects/{project.name}/", {"data": {"currency": "CHF"}}
    note = {"metadata": {"annotations": {"example.com/note": "seen-on-claim"}}}
    return [
        Change(f"{root}pod/{pod}/environment/", hands.patch("configmaps", "shop", money), "CHF"),
        Change(
            f"{root}workload/deployment/web-v1/yaml/", hands.note("deployments", "web-v1", "seen-yaml"), "seen-yaml"
        ),
        Change("/search/?q=needle", hands.create(service("needle", selector={"app": "web"})), "service/needle/"),
        Change(
            f"{root}configmap/shop/", hands.patch("configmaps", "shop", {"data": {"new": "seen-value"}}), "seen-value"
        ),
        Change(f"{root}secret/db/", hands.patch("secrets", "db", {"stringData": {"seen-key": "x"}}), "seen-key"),
        Change(f"{root}claim/data/", hands.patch("persistentvolumeclaims", "data", note), "seen-on-claim"),
    ]


async def until_open(client: AsyncClient, change: Change) -> float:
    """Seconds from the answer of the API server to the message of the stream that says it."""
    html = (await client.get(change.page)).content.decode()
    assert (change.words in html) is change.gone, change.page
    match = STREAM.search(html)
    assert match, f"{change.page} has no stream"
    stream = await opened(client, urljoin(change.page, unescape(match[1])))
    first = await stream.next()
    assert (change.words in json.dumps(first)) is change.gone, change.page
    await sync_to_async(change.do, thread_sensitive=False)()
    began = time.monotonic()
    with suppress(TimeoutError):
        await asyncio.wait_for(
            stream.until(lambda _: (change.words in json.dumps(stream.page)) is not change.gone), LATE
        )
    took = time.monotonic() - began
    await stream.close()
    return took


async def until_loaded(client: AsyncClient, change: Change) -> float:
    """Seconds until the page says it when it is loaded again and again."""
    assert change.words not in (await client.get(change.page)).content.decode()
    await sync_to_async(change.do, thread_sensitive=False)()
    began = time.monotonic()
    while change.words not in (await client.get(change.page)).content.decode() and time.monotonic() - began < LATE:
        pass
    return time.monotonic() - began


@pytest.mark.timeout(180)
def test_every_page_shows_what_kubectl_did(
    cluster: Cluster, project: Project, people: People, record_property: Record
) -> None:
    hands = Hands(cluster, project.name)
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    for document in (
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop"}, "data": {"currency": "EUR"}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "stringData": {"password": "x"}},
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": claim},
        web(),
        service("web"),
        service("plain", selector=None),
        stateful_set("db"),
    ):
        hands.create(document)()
    pod = eventually(lambda: cluster.admin.list("pods", project.name, labelSelector="app=web")[0]["metadata"]["name"])
    live, loaded = on_open_pages(hands, project, pod), on_loaded_pages(hands, project, pod)

    async def work() -> None:
        client = await signed_in(people, "olive")
        details = f"/projects/{project.name}/service/web/"
        while "1/1 ready" not in (await client.get(details)).content.decode():
            pass
        took = {change: await until_loaded(client, change) for change in loaded}
        took |= {change: await until_open(client, change) for change in live}
        for change, seconds in took.items():
            page = change.page.replace(project.name, "PROJECT").replace(pod, "POD")
            record_property(f"{change.words} seen on {page}", f"{seconds:.2f} s on the {cluster.name} cluster")
        assert {change.page for change, seconds in took.items() if seconds > LATE} == set()

    run(work)
