"""No request is larger than a form with a manifest in it can be, or comes more slowly than one over a bad line. Who is
not signed in has nothing to send that is larger than a form for signing in.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.contrib.auth import aget_user
from django.db import DatabaseError, connections
from django.http import HttpRequest
from django.http.cookie import parse_cookie

MOST_BYTES = 5_000_000  # Django keeps a body on disk before it looks who sends it; it looks at fields, not at files
MOST_UNKNOWN = 100_000
"""Of who is not signed in. Below it nobody is looked up: that costs more than the body does."""

BODY_SECONDS, LEAST_BYTES_PER_SECOND = 15.0, 50_000  # so many seconds, and more for what has come

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]
Known = Callable[[], Awaitable[bool]]


class AtMost:
    """The application behind it gets no body above MOST_BYTES, 413 instead; none that takes for ever, 408; and none
    above MOST_UNKNOWN of who is not signed in, but the request without it, which it sends to sign in.
    """

    def __init__(self, application: Application, seconds: float = BODY_SECONDS) -> None:
        self.application, self.seconds = application, seconds

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 12 or int(length) > MOST_BYTES:
            await _refuse(send, 413, _LARGE)
            return

        async def known() -> bool:
            return await _signed_in(scope)

        large = int(length) > MOST_UNKNOWN
        if large and not await known():
            body = _Body(receive, self.seconds)
            await self.application(_bare(scope), body.dropped, send)
        else:
            body = _Body(receive, self.seconds, None if large else known)
            await self.application(scope, body.receive, send)
        if body.refused:
            await _refuse(send, *body.refused)


class _Body:
    """A body as it comes. What is refused looks as if the browser had left: Django, which reads the whole body first,
    then drops what it has.
    """

    def __init__(self, receive: Receive, seconds: float, known: Known | None = None) -> None:
        self._receive, self._seconds, self._known = receive, seconds, known
        self._began, self._came, self._whole = time.monotonic(), 0, False
        self.refused: tuple[int, bytes] | None = None

    async def receive(self) -> Message:
        if self._whole:
            return await self._receive()  # that the browser has left may be waited for
        left = self._began + self._seconds + self._came / LEAST_BYTES_PER_SECOND - time.monotonic()
        try:
            async with asyncio.timeout(max(left, 0.0)):
                message = await self._receive()
        except TimeoutError:
            self.refused = (408, _SLOW)
            return {"type": "http.disconnect"}
        before, self._came = self._came, self._came + len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._came > MOST_BYTES:
            self.refused = (413, _LARGE)
        elif self._known and before <= MOST_UNKNOWN < self._came and not await self._known():
            self.refused = (413, _UNKNOWN)  # sent without its length, which no browser does
        return {"type": "http.disconnect"} if self.refused else message

    async def dropped(self) -> Message:
        """No body, once all of it has come: a browser that is answered sooner shows a broken connection instead."""
        if self._whole:
            return await self._receive()
        while (message := await self.receive())["type"] == "http.request" and not self._whole:
            pass
        return {**message, "body": b"", "more_body": False} if message["type"] == "http.request" else message


def _bare(scope: dict[str, Any]) -> dict[str, Any]:
    """The same request of nobody with nothing: a session that begins meanwhile must not act on a body left out."""
    left_out = (b"cookie", b"content-length", b"content-type")
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name not in left_out]}


async def _signed_in(scope: dict[str, Any]) -> bool:
    """Whether the request has the session of somebody. A database that is away is the application's to tell of."""
    cookies = parse_cookie("; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"))
    if not (key := cookies.get(settings.SESSION_COOKIE_NAME)):
        return False
    request = HttpRequest()
    engine = import_module(settings.SESSION_ENGINE)
    request.session = engine.SessionStore(key)
    async with ThreadSensitiveContext():
        try:
            return bool((await aget_user(request)).is_authenticated)
        except DatabaseError:
            return True
        finally:
            await sync_to_async(connections.close_all)()


_LARGE = b"This is larger than the 5 MB that the console takes in one request; nothing was done.\n"
_UNKNOWN = b"This is larger than what is taken of who is not signed in; nothing was done.\n"
_SLOW = b"This came too slowly; nothing was done.\n"


async def _refuse(send: Send, status: int, text: bytes) -> None:
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", str(len(text)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
