"""The log page that follows: what is written arrives once and in order, across restarts, breaks and new pods."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from accounts.domain import membership
from accounts.models import Membership
from tests.clusters import Cluster, eventually
from tests.faults import Proxy
from tests.manifests import deployment, service
from tests.web.feeds import LOG, Feed, stamped
from tests.web.test_browse_stream import run, signed_in
from tests.web.test_workloads_logs import lines_of, pod

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.people import People

__all__ = ["pod"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def feed(faults: Proxy) -> Iterator[Feed]:
    """What all containers write."""
    made = Feed()
    faults.pour(made, path=LOG)
    yield made
    made.end()


class Lines:
    """An open stream of a log page."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self.rows: list[str] = []
        self.events: list[str] = []
        self.stamp = ""
        self.chips = ""

    async def until(self, seen: Callable[[Lines], bool]) -> None:
        while not seen(self):
            text = (await asyncio.wait_for(anext(self._chunks), 20)).decode()
            for line in text.splitlines():
                name, _, value = line.partition(": ")
                if name == "event":
                    self.events.append(value)
                elif name == "id":
                    self.stamp = value
                elif name == "data":
                    message = json.loads(value)
                    self.rows += message.get("lines", [])
                    self.chips = message.get("chips", self.chips)

    @property
    def texts(self) -> list[str]:
        return lines_of("".join(self.rows))

    def has(self, *texts: str) -> Callable[[Lines], bool]:
        return lambda lines: set(texts) <= set(lines.texts)


async def follow(client: AsyncClient, address: str, **head: str) -> Lines:
    response: Any = await client.get(address, headers=head or None)
    assert response.status_code == 200, response.status_code
    assert response.headers["Content-Type"] == "text/event-stream"
    return Lines(aiter(response.streaming_content))


async def shown(client: AsyncClient, address: str) -> tuple[list[str], str]:
    """The lines of the page, and the address of its stream."""
    html = (await client.get(address)).content.decode()
    return lines_of(html), unescape(re.findall(r'data-stream="([^"]*)"', html)[0])


def test_a_log_is_followed(feed: Feed, faults: Proxy, project: Project, people: People, pod: str) -> None:
    """From where the page ended: nothing twice, nothing missing, also after the connection broke; hostile lines are
    text there, too."""
    feed.say("orders", stamped(1, "one"), stamped(2, "two"))

    async def work() -> None:
        client = await signed_in(people, "olive")
        page, address = await shown(client, f"/projects/{project.name}/pod/orders/logs/?container=app")
        assert page == ["one", "two"]
        stream = await follow(client, address)
        feed.say("orders", stamped(2, "two as well"), stamped(3, "</code><script>x\u2028\n"[:-1]))
        await stream.until(stream.has("two as well", "</code><script>xU+2028"))
        assert "<script" not in "".join(stream.rows)
        feed.say("orders", None, stamped(4, "after the break"))
        await stream.until(stream.has("after the break"))
        assert stream.texts == ["two as well", "</code><script>xU+2028", "after the break"]
        feed.say("orders", stamped(5, "while nobody looked"))
        again = await follow(client, address, **{"last-event-id": stream.stamp})
        await again.until(again.has("while nobody looked"))
        assert again.texts == ["while nobody looked"], "it goes on from what came last"

    run(work)


def test_pods_that_come_are_followed_too(
    feed: Feed, cluster: Cluster, faults: Proxy, project: Project, people: People
) -> None:
    """20 pods over three generations: no line is lost, none comes twice, and the order holds within a second."""
    cluster.admin.create(deployment("web", replicas=20), project.name)
    cluster.admin.create(service("web"), project.name)
    eventually(lambda: len(running(cluster, project)) == 20)
    written: list[str] = []

    async def work() -> None:
        client = await signed_in(people, "olive")
        await known(client, project)
        page, address = await shown(client, f"/projects/{project.name}/service/web/logs/")
        assert page == []
        stream = await follow(client, address)
        await stream.until(lambda lines: "ping" in lines.events)
        for generation in range(3):
            names = await sync_to_async(running)(cluster, project)
            written.extend(wrote(feed, generation, names))
            await stream.until(lambda lines: len(lines.texts) >= len(written))
            for name in names:
                feed.say(name, None)
            if generation < 2:
                await sync_to_async(renewed)(cluster, project, names)
                await known(client, project)
        assert sorted(stream.texts) == sorted(written)
        latest = 0
        for words in stream.texts:
            moment = int(words.split()[0]) * 60 + int(words.split()[1])
            latest = max(latest, moment)
            assert moment >= latest - 1, words

    run(work)


async def known(client: AsyncClient, project: Project) -> None:
    """Memory has all of them: what a pod wrote before it is known comes late."""
    while "20/20 ready" not in (await client.get(f"/projects/{project.name}/service/web/")).content.decode():  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def running(cluster: Cluster, project: Project) -> set[str]:
    pods = cluster.admin.list("pods", project.name)
    return {pod["metadata"]["name"] for pod in pods if pod["status"].get("phase") == "Running"}


def wrote(feed: Feed, generation: int, names: set[str]) -> list[str]:
    """What each of them wrote in 50 seconds: a line a second."""
    written = []
    for number in range(50):
        for name in sorted(names):
            written.append(f"{generation} {number} {name}")
            feed.say(name, stamped(generation * 60 + number, written[-1]))
    return written


def renewed(cluster: Cluster, project: Project, names: set[str]) -> None:
    """All of them are gone, and others run in their place."""
    for name in names:
        cluster.admin.delete("pods", project.name, name, gracePeriodSeconds=0)
    eventually(lambda: not running(cluster, project) & names and len(running(cluster, project)) == 20)


def test_the_stream_ends_with_the_right_to_look(
    feed: Feed, faults: Proxy, project: Project, people: People, pod: str
) -> None:

    async def work() -> None:
        client = await signed_in(people, "olive")
        _page, address = await shown(client, f"/projects/{project.name}/pod/orders/logs/")
        stream = await follow(client, address)
        await stream.until(lambda lines: "ping" in lines.events)
        await sync_to_async(remove_olive)(people, project)
        await stream.until(lambda lines: "gone" in lines.events)
        viewer = await signed_in(people, "bob")
        assert (await viewer.get(address)).status_code == 403

    run(work)


def test_a_cluster_that_fails_is_said_and_gone_on_after(
    feed: Feed, faults: Proxy, project: Project, people: People, pod: str
) -> None:
    """Refused, answered with an error, broken off within a line: the page says so, and misses nothing afterwards."""
    feed.say("orders", stamped(1, "one"))

    async def work() -> None:
        client = await signed_in(people, "olive")
        _page, address = await shown(client, f"/projects/{project.name}/pod/orders/logs/?container=app")
        cut = faults.pour(lambda _request: [stamped(2, "two"), stamped(3, "three")[:25], b""], path=LOG, times=1)
        stream = await follow(client, address)
        await stream.until(lambda lines: "The log was interrupted" in "".join(lines.rows))
        faults.drop(cut)
        with faults.answer(500, path=LOG, message="etcd is away"):
            await stream.until(lambda lines: "etcd is away" in "".join(lines.rows))
        feed.say("orders", stamped(2, "two"), stamped(3, "three"), stamped(4, "four"))
        await stream.until(stream.has("three", "four"))
        assert stream.texts == ["two", "three", "four"]

    run(work)


def test_the_log_of_a_pod_that_is_deleted_ends(
    feed: Feed, cluster: Cluster, faults: Proxy, project: Project, people: People, pod: str
) -> None:

    async def work() -> None:
        client = await signed_in(people, "olive")
        _page, address = await shown(client, f"/projects/{project.name}/pod/orders/logs/")
        stream = await follow(client, address)
        feed.say("orders", stamped(1, "the last words"))
        await stream.until(stream.has("the last words"))
        await sync_to_async(cluster.admin.delete)("pods", project.name, "orders", gracePeriodSeconds=0)
        feed.say("orders", None)
        await stream.until(lambda lines: "over" in lines.events)
        assert "The pod has been deleted." in stream.rows[-1]

    run(work)


def remove_olive(people: People, project: Project) -> None:
    held = Membership.objects.get(user=people.olive, project=project)
    membership.remove(scope=people.scope("alice", project), membership=held)
