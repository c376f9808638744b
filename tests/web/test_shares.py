"""One person who asks for everything at once: their requests wait for each other, and another's answers are right."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.core.asgi import get_asgi_application
from django.test import AsyncClient, Client

from accounts import audit
from console.web import budget
from console.web.turns import turns
from tests.clusters import Cluster, eventually
from tests.faults import Exchange, Proxy
from tests.manifests import deployment, service

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.people import People

pytestmark = pytest.mark.django_db(transaction=True)


class AtTheSameTime:
    """How many requests were at the cluster together; each is held up a little."""

    def __init__(self, seconds: float = 0.1) -> None:
        self.most, self.began, self._now, self._lock, self._seconds = 0, 0, 0, threading.Lock(), seconds

    def hold(self, _exchange: Exchange) -> bool:
        with self._lock:
            self.began += 1
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(self._seconds)
        with self._lock:
            self._now -= 1
        return False


@contextlib.contextmanager
def counted(proxy: Proxy, path: str, seconds: float = 0.1) -> Iterator[AtTheSameTime]:
    counter = AtTheSameTime(seconds)
    with proxy._add("count", counter.hold, path=path, method="GET"):
        yield counter


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
            requests = [asyncio.ensure_future(client.get(f"{root}/service/web/yaml/")) for client in clients]
            await asyncio.sleep(0.15)
            assert b"1/1 ready" in (await bob.get(f"{root}/services/")).content
            details = await bob.get(f"{root}/service/web/")
            assert b"1/1 ready" in details.content
            assert not all(request.done() for request in requests), "bob did not wait for all of them"
            assert {answer.status_code for answer in await asyncio.gather(*requests)} == {200}
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
        assert b"Too many requests at the same time" in refused.content
        assert b"cluster is not responding" not in refused.content

    asyncio.run(work())


def test_who_has_used_too_much_waits_and_others_do_not(
    cluster: Cluster, project: Project, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S1: whatever page it is that computes; only while there is somebody whom it could hold up."""
    cluster.admin.create(service("web"), project.name)
    address, now = f"/projects/{project.name}/service/web/", [0.0]
    purse = budget.Budget(lambda: now[0])
    monkeypatch.setattr(turns, "_budget", purse)
    monkeypatch.setattr(budget, "LONGEST", 0.05)  # by the loop's own clock, then it looks at that of the test again

    async def work() -> None:
        olive, bob = await signed_in(people, "olive"), await signed_in(people, "bob")
        assert (await olive.get(address)).status_code == 200
        purse.charge(people.olive.pk, 60)
        assert (await olive.get(address)).status_code == 200, "she is alone"
        assert (await bob.get(address)).status_code == 200
        hers = asyncio.ensure_future(olive.get(address))
        for _ in range(3):
            assert (await bob.get(address)).status_code == 200
        await asyncio.sleep(0.1)
        assert not hers.done()
        now[0] += 1
        assert (await hers).status_code == 200

    asyncio.run(work())


def test_each_piece_of_a_long_file_waits_for_its_turn(
    cluster: Cluster,
    project: Project,
    people: People,
    sign_in: Callable[[str], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """S1: what is sent after a view has ended is work of the same person all the same."""
    address, application, now = f"/projects/{project.name}/activity/download/", get_asgi_application(), [0.0]
    purse = budget.Budget(lambda: now[0])
    monkeypatch.setattr(turns, "_budget", purse)
    monkeypatch.setattr(budget, "LONGEST", 0.05)
    client, got, begun = sign_in("olive"), list[bytes](), asyncio.Event()
    with audit.attempt(people.scope("olive", project), "service.edit", target="web"):
        pass

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            purse.began(people.bob.pk)
            purse.charge(people.olive.pk, 60)
            begun.set()
        else:
            got.append(message.get("body", b""))

    async def work() -> None:
        messages = [{"type": "http.request"}]

        async def receive() -> dict[str, Any]:
            return messages.pop() if messages else await asyncio.Event().wait()  # type: ignore[return-value]

        download = asyncio.ensure_future(application(scope_of(client, address), receive, send))
        await begun.wait()
        await asyncio.wait({download}, timeout=0.4)
        assert got == [], "others come first"
        now[0] += 60
        await download
        assert b"service.edit,web" in b"".join(got)

    asyncio.run(work())


def test_requests_that_are_opened_and_aborted_take_no_more_turns(
    cluster: Cluster, faults: Proxy, project: Project, sign_in: Callable[[str], Client]
) -> None:
    """C13, S1: the server tells Django that the client has left; what it was asked for is still worked on."""
    cluster.admin.create(service("web"), project.name)
    address, application = f"/projects/{project.name}/service/web/yaml/", get_asgi_application()

    async def opened(client: Client, aborted: asyncio.Event) -> None:
        messages = [{"type": "http.request"}]

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop()
            await aborted.wait()
            return {"type": "http.disconnect"}

        async def send(_message: dict[str, Any]) -> None:
            pass

        await application(scope_of(client, address), receive, send)

    async def work(client: Client) -> int:
        requests = []
        with counted(faults, "/services/web$", 1.5) as at_once:
            for _ in range(8):
                aborted, before = asyncio.Event(), at_once.began
                requests.append(asyncio.ensure_future(opened(client, aborted)))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        while at_once.began == before:  # noqa: ASYNC110 - it is the proxy, in a thread, that counts
                            await asyncio.sleep(0.01)
                aborted.set()
            await asyncio.gather(*requests)
        return at_once.most

    assert asyncio.run(work(sign_in("olive"))) in {1, 2}


def scope_of(client: Client, path: str) -> dict[str, Any]:
    """A GET as uvicorn hands it on, with the client's cookies."""
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    headers = [(b"host", b"testserver"), (b"cookie", cookies.encode())]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers}
    return {**scope, "scheme": "http", "server": ("testserver", 80), "client": ("127.0.0.1", 1234)}
