"""One person who asks for everything at once: their requests wait for each other, and another's answers are right."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from django.test import AsyncClient, Client

from tests.clusters import Cluster, eventually
from tests.faults import Exchange, Proxy
from tests.manifests import deployment, service

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.people import People

pytestmark = pytest.mark.django_db(transaction=True)


class AtTheSameTime:
    """How many requests were at the cluster together; each is held up a little."""

    def __init__(self) -> None:
        self.most, self._now, self._lock = 0, 0, threading.Lock()

    def hold(self, _exchange: Exchange) -> bool:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.1)
        with self._lock:
            self._now -= 1
        return False


@contextmanager
def counted(proxy: Proxy, path: str) -> Iterator[AtTheSameTime]:
    found = AtTheSameTime()
    with proxy._add("count", found.hold, path=path, method="GET"):
        yield found


async def signed_in(people: People, name: str) -> AsyncClient:
    client = AsyncClient()
    await client.aforce_login(people.named(name))
    return client


def test_one_persons_requests_take_turns_and_anothers_do_not_wait(
    cluster: Cluster, faults: Proxy, project: Project, people: People, sign_in: Callable[[str], Client]
) -> None:
    """C13, S1: whatever it is that one person asks for in a loop, and with however many sessions."""
    cluster.admin.create(deployment("web"), project.name)
    cluster.admin.create(service("web"), project.name)
    root = f"/projects/{project.name}"
    eventually(lambda: "1/1 ready" in sign_in("bob").get(f"{root}/services/").content.decode())

    async def work() -> None:
        bob = await signed_in(people, "bob")
        clients = [await signed_in(people, "olive") for _ in range(12)]
        with counted(faults, "/services/web$") as at_once:
            asked = [asyncio.ensure_future(client.get(f"{root}/service/web/yaml/")) for client in clients]
            await asyncio.sleep(0.15)
            assert b"1/1 ready" in (await bob.get(f"{root}/services/")).content
            details = await bob.get(f"{root}/service/web/")
            assert b"1/1 ready" in details.content
            assert not all(one.done() for one in asked), "bob did not wait for all of them"
            assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}
        assert at_once.most <= 2

    asyncio.run(work())


def test_who_asks_for_too_much_is_told_so(
    cluster: Cluster, faults: Proxy, project: Project, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S1: the words are about what was asked, not about the cluster; others are not refused."""
    cluster.admin.create(service("web"), project.name)
    monkeypatch.setattr("console.web.turns.turns._longest", 3)
    address = f"/projects/{project.name}/service/web/yaml/"

    async def work() -> None:
        olive, bob = await signed_in(people, "olive"), await signed_in(people, "bob")
        with counted(faults, "/services/web$"):
            many = await asyncio.gather(*[olive.get(address) for _ in range(12)], bob.get(address))
        *hers, his = many
        assert his.status_code == 200
        statuses = [answer.status_code for answer in hers]
        assert (statuses.count(200), statuses.count(429)) == (5, 7)
        refused = next(answer for answer in hers if answer.status_code == 429)
        assert int(refused.headers["Retry-After"]) > 0
        assert b"asked for too much at the same time" in refused.content
        assert b"cluster does not answer" not in refused.content

    asyncio.run(work())
