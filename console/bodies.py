"""No request is larger than a form with a manifest in it can be; whoever sends it, signed in or not."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

MOST_BYTES = 5_000_000  # Django keeps a body on disk before it looks who sends it; it looks at fields, not at files

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


class AtMost:
    """The application behind it gets no body above `most` bytes; 413 instead."""

    def __init__(self, application: Application, most: int = MOST_BYTES) -> None:
        self.application, self.most = application, most

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if not said.isdigit() or len(said) > 12 or int(said) > self.most:
            await _refuse(send)
            return
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            # As if the browser had left: Django, which reads the whole body first, then drops what it has.
            return message if came <= self.most else {"type": "http.disconnect"}

        await self.application(scope, counted, send)
        if came > self.most:
            await _refuse(send)


async def _refuse(send: Send) -> None:
    text = b"This is larger than the console takes.\n"
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", str(len(text)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": text})
