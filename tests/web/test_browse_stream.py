"""The streams of list and details: the page's own fragments first, then what changes, and an end when rights end."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from django.utils import timezone

from accounts.domain import membership
from accounts.models import Membership, Session
from tests.clusters import Cluster
from tests.manifests import deployment, service

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.people import People

pytestmark = pytest.mark.django_db(transaction=True)


class Stream:
    """An open stream as the page sees it: `page` holds the fragments by id."""

    def __init__(self, response: Any) -> None:
        self._response, self._chunks = response, aiter(response.streaming_content)
        self.page: dict[str, Any] = {}
        self.events: list[str] = []

    async def next(self) -> dict[str, Any]:
        """The next message; comments are skipped."""
        while True:
            text = (await asyncio.wait_for(anext(self._chunks), 20)).decode()
            for line in text.splitlines():
                if line.startswith("event: "):
                    self.events.append(line.removeprefix("event: "))
                if line.startswith("data: "):
                    message: dict[str, Any] = json.loads(line.removeprefix("data: "))
                    self.page |= message
                    return message

    async def until(self, seen: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first message for which this holds."""
        while not seen(message := await self.next()):
            pass
        return message

    async def close(self) -> None:
        """The page is left: its response is in a cycle of the test client's, and would keep its seat."""
        await self._chunks.aclose()
        await self._response._iterator.aclose()


async def opened(client: AsyncClient, address: str) -> Stream:
    response: Any = await client.get(address)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/event-stream"
    return Stream(response)


async def signed_in(people: People, name: str) -> AsyncClient:
    client = AsyncClient()
    await client.aforce_login(people.named(name))
    return client


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(work())  # type: ignore[arg-type]


def test_a_change_sends_the_row_that_changed_and_nothing_else(
    cluster: Cluster, project: Project, people: People
) -> None:
    """S18: rows are told apart by their whole UID."""
    web = cluster.admin.create(service("web"), project.name)["metadata"]["uid"]
    cluster.admin.create(service("other"), project.name)

    async def work() -> None:
        stream = await opened(await signed_in(people, "bob"), f"/projects/{project.name}/services/stream/")
        first = await stream.until(lambda message: len(message.get("services-rows", {}).get("order", ())) == 2)
        assert len(first["services-rows"]["rows"]) <= 2
        await sync_to_async(cluster.admin.create)(deployment("web", replicas=2), project.name)
        later = await stream.until(lambda message: "2/2 ready" in str(message.get("services-rows")))
        assert set(later["services-rows"]["rows"]) == {f"s{web}"}
        await sync_to_async(cluster.admin.delete)("services", project.name, "other")
        left = [f"s{web}"]
        gone = await stream.until(lambda message: message.get("services-rows", {}).get("order") == left)
        assert set(gone["services-rows"]["rows"]) <= set(left), "the last endpoints of web may come with it"

    run(work)


def test_fifty_changes_a_second_are_five_messages_at_most(cluster: Cluster, project: Project, people: People) -> None:
    """What the page is told last is how it is."""
    cluster.admin.create(service("web"), project.name)

    def change() -> None:
        for number in range(50):
            body = {"metadata": {"annotations": {"kubesphere.io/alias-name": f"alias {number}."}}}
            cluster.admin.patch("services", project.name, "web", body)

    async def work() -> None:
        client = await signed_in(people, "olive")
        stream = await opened(client, f"/projects/{project.name}/services/stream/")
        await stream.until(lambda message: "web" in json.dumps(message.get("services-rows", "")))
        began, messages = time.monotonic(), 0
        changes = asyncio.create_task(sync_to_async(change, thread_sensitive=False)())
        while "alias 49." not in json.dumps(await stream.next()):
            messages += 1
        await changes
        assert messages <= 5 * (time.monotonic() - began) + 1

    run(work)


def test_the_details_follow_a_rollout_from_elsewhere(cluster: Cluster, project: Project, people: People) -> None:
    cluster.admin.create(deployment("web", replicas=1), project.name)
    cluster.admin.create(service("web"), project.name)

    async def work() -> None:
        stream = await opened(await signed_in(people, "olive"), f"/projects/{project.name}/service/web/stream/")
        await stream.until(lambda message: "1/1 ready" in message.get("service-head", ""))
        scale = {"spec": {"replicas": 3}}
        await sync_to_async(cluster.admin.patch)("deployments", project.name, "web-v1", scale)
        await stream.until(lambda message: "3/3 ready" in message.get("service-head", ""))
        while stream.page["service-status"].count("1 of 1 container ready") != 3:  # pods and slices come one by one
            await stream.next()

    run(work)


def test_the_stream_of_a_deleted_service_says_that_it_is_gone(
    cluster: Cluster, project: Project, people: People
) -> None:
    cluster.admin.create(service("web"), project.name)

    async def work() -> None:
        stream = await opened(await signed_in(people, "olive"), f"/projects/{project.name}/service/web/stream/")
        await stream.next()
        await sync_to_async(cluster.admin.delete)("services", project.name, "web")
        while not stream.events:
            await stream.next()
        assert stream.events == ["gone"]

    run(work)


def test_the_stream_ends_with_the_session(cluster: Cluster, project: Project, people: People) -> None:
    """P4: signing out in one tab ends what is open in the others; another browser of the same person stays."""
    cluster.admin.create(service("web"), project.name)

    async def work() -> None:
        address = f"/projects/{project.name}/services/stream/"
        browser, other = await signed_in(people, "bob"), await signed_in(people, "bob")
        stream, stays = await opened(browser, address), await opened(other, address)
        await stream.next()
        await stays.next()
        await browser.post("/signout/")
        while not stream.events:
            await stream.next()
        assert stream.events == ["gone"]
        await sync_to_async(cluster.admin.create)(service("more"), project.name)
        await stays.until(lambda message: len(message.get("services-rows", {}).get("order", ())) == 2)
        assert "gone" not in stays.events

    run(work)


def test_the_stream_ends_when_the_session_expires(cluster: Cluster, project: Project, people: People) -> None:
    """S10: a session that is still in the database, and over, keeps nothing open."""
    cluster.admin.create(service("web"), project.name)

    async def work() -> None:
        stream = await opened(await signed_in(people, "bob"), f"/projects/{project.name}/services/stream/")
        await stream.next()
        await Session.objects.aupdate(expire_date=timezone.now() - timedelta(seconds=1))
        while not stream.events:
            await stream.next()
        assert stream.events == ["gone"]

    run(work)


def test_the_stream_ends_with_the_membership(cluster: Cluster, project: Project, people: People) -> None:
    cluster.admin.create(service("web"), project.name)

    async def work() -> None:
        stream = await opened(await signed_in(people, "bob"), f"/projects/{project.name}/services/stream/")
        await stream.next()
        await sync_to_async(remove_bob)(people, project)
        while not stream.events:
            await stream.next()
        assert stream.events == ["gone"]

    run(work)


def remove_bob(people: People, project: Project) -> None:
    held = Membership.objects.get(user=people.bob, project=project)
    membership.remove(scope=people.scope("alice", project), membership=held)


def test_a_stranger_gets_no_stream(project: Project, people: People) -> None:
    async def work() -> None:
        charlie = await signed_in(people, "charlie")
        for address in ("services/stream/", "service/web/stream/"):
            answer = await charlie.get(f"/projects/{project.name}/{address}")
            assert answer.status_code == 404

    run(work)


def test_when_a_session_was_last_used_is_written_as_the_console_is_served(people: People) -> None:
    """Without a thread of the request's own; here of a session that began before there was such a time."""

    async def work() -> None:
        client = await signed_in(people, "olive")
        await Session.objects.aupdate(seen=None)
        assert (await client.get("/")).status_code == 200
        assert await Session.objects.filter(seen__isnull=False).acount() == 1

    run(work)
