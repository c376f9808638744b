"""A body larger than any form of ours is refused before it fills memory or disk, signed in or not."""

import asyncio
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from console.asgi import application
from console.bodies import AtMost


def post(chunks: list[bytes], *headers: tuple[bytes, bytes]) -> tuple[int, int]:
    """The status of the answer, and how many of the chunks were taken."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/theme/nothing/",
        "raw_path": b"/theme/nothing/",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"localhost"), *headers],
    }
    waiting, statuses = list(chunks), []

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.sleep(60)  # as a browser that waits for its answer
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    asyncio.run(application(scope, receive, send))
    return statuses[0], len(chunks) - len(waiting)


@pytest.mark.django_db(transaction=True)
def test_who_is_not_signed_in_sends_nothing_large() -> None:
    """S7: the body is kept nowhere, and the answer is that to anybody: to the sign-in page. Without a length it is
    counted; a session that is none changes nothing, one of somebody everything.
    """
    form = (b"content-type", b"application/x-www-form-urlencoded")
    long = [(b"content-length", b"200000"), form]
    chunks = [b"x" * 50_000] * 4
    assert post(chunks, *long) == (302, 4)
    assert post(chunks, *long, (b"cookie", b"berth=nobody; x=y")) == (302, 4)
    assert post(chunks, form) == (413, 3)
    client = Client()
    client.force_login(User.objects.create(name="olive", is_active=True))
    cookie = (b"cookie", b"x=y; berth=" + client.cookies["berth"].value.encode())
    for head in (long, [form]):
        assert post(chunks, *head, cookie) == (404, 4), "there is no such page, which only who is signed in is told"


@pytest.mark.parametrize("length", [b"5000001", b"9" * 5000, b"-1", b"x"])
def test_a_length_too_large_is_refused_unread(length: bytes) -> None:
    assert post([b"a=b"], (b"content-length", length)) == (413, 0)


@pytest.mark.django_db(transaction=True)
def test_chunks_without_a_length_are_counted() -> None:
    client = Client()
    client.force_login(User.objects.create(name="olive", is_active=True))
    cookie = (b"cookie", b"berth=" + client.cookies["berth"].value.encode())
    assert post([b"x" * 1_000_000] * 50, cookie) == (413, 6)


@pytest.mark.django_db(transaction=True)
def test_what_a_form_can_send_goes_through() -> None:
    status, taken = post([b"a=b"], (b"content-length", b"3"), (b"content-type", b"application/x-www-form-urlencoded"))
    assert (status, taken) == (302, 1), "to the sign-in page"


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    """S7: the deadline grows with what has come, so that a bad line is no reason and silence is one."""

    async def scenario() -> tuple[list[int], bool]:
        statuses, left = [], False

        async def read_all(_scope: Any, receive: Any, _send: Any) -> None:
            nonlocal left
            while (message := await receive())["type"] == "http.request" and message["more_body"]:
                pass
            left = message["type"] == "http.disconnect"

        async def send(message: Any) -> None:
            statuses.append(message.get("status"))

        chunks = [b"x" * 5000] * 3

        async def receive() -> dict[str, Any]:
            if not chunks:
                await asyncio.sleep(60)
            return {"type": "http.request", "body": chunks.pop(), "more_body": True}

        await AtMost(read_all, seconds=0.01)({"type": "http", "headers": []}, receive, send)
        return statuses, left

    statuses, left = asyncio.run(scenario())
    assert (statuses[0], left) == (408, True)
