"""No request is larger than a form with a manifest in it can be, or comes more slowly than one over a bad line;
whoever sends it, signed in or not.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

MOST_BYTES = 5_000_000  # Django keeps a body on disk before it looks who sends it; it looks at fields, not at files

BODY_SECONDS, LEAST_BYTES_PER_SECOND = 15.0, 50_000  # so many seconds, and more for what has come

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


class AtMost:
    """The application behind it gets no body above `most` bytes, 413 instead; and none that takes for ever, 408."""

    def __init__(self, application: Application, most: int = MOST_BYTES, seconds: float = BODY_SECONDS) -> None:
        self.application, self.most, self.seconds = application, most, seconds

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if not said.isdigit() or len(said) > 12 or int(said) > self.most:
            await _refuse(send, 413, _LARGE)
            return
        body = _Body(receive, self.most, self.seconds)
        await self.application(scope, body.receive, send)
        if body.refused:
            await _refuse(send, *body.refused)


class _Body:
    """A body as it comes. What is refused looks as if the browser had left: Django, which reads the whole body first,
    then drops what it has.
    """

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self._receive, self._most, self._seconds = receive, most, seconds
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
        self._came += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._came > self._most:
            self.refused = (413, _LARGE)
            return {"type": "http.disconnect"}
        return message


_LARGE = b"This is larger than the console takes.\n"
_SLOW = b"This came too slowly; nothing was done.\n"


async def _refuse(send: Send, status: int, text: bytes) -> None:
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", str(len(text)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
