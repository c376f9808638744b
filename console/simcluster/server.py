"""The HTTP side: an ASGI application that authenticates, reads a request whole, and sends a reply or a stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from .api_errors import ApiError
from .objects import dump
from .rbac import AUTHENTICATED, User
from .requests import Request
from .routes import Reply, Router, Stream

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
MAX_BODY = 3 * 1024 * 1024
ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))


@dataclass(frozen=True, slots=True)
class Tokens:
    """Bearer tokens and whose they are."""

    users: dict[str, User]

    def user(self, request: Request) -> User:
        """Who asks; raises Unauthorized for a token that is not known."""
        scheme, _, token = request.header("authorization").partition(" ")
        if not scheme:
            return ANONYMOUS
        user = self.users.get(token.strip()) if scheme.lower() == "bearer" else None
        if user is None:
            raise ApiError("Unauthorized", "Unauthorized")
        return User(user.name, (*user.groups, AUTHENTICATED), user.uid)


class App:
    """The ASGI application. `after` is called behind every request that may have changed something."""

    def __init__(self, router: Router, tokens: Tokens, after: Callable[[], None], log: Path | None = None) -> None:
        self._router, self._tokens, self._after = router, tokens, after
        self._log = log.open("a", buffering=1) if log else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        request = await _read(scope, receive)
        reply: Reply | Stream
        try:
            if request is None:
                raise ApiError("BadRequest", "request body is too large")
            reply = self._router.answer(request, self._tokens.user(request))
        except ApiError as error:
            reply = Reply(error.code, dump(error.status()))
        if scope["method"] != "GET":
            self._after()
        self._note(request, reply)
        headers = [(b"content-type", reply.content_type.encode()), (b"cache-control", b"no-cache, private")]
        headers += [(b"warning", f'299 - "{_quoted(text)}"'.encode()) for text in reply.warnings]
        if isinstance(reply, Reply):
            headers.append((b"content-length", str(len(reply.body)).encode()))
            await send({"type": "http.response.start", "status": reply.status, "headers": headers})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body})
            return
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await _stream(reply.chunks, receive, send)

    def _note(self, request: Request | None, reply: Reply | Stream) -> None:
        if self._log is None or request is None:
            return
        names = ("impersonate-user", "impersonate-group", "user-agent")
        lines = [[name, value] for name, value in request.headers if name in names]
        status = reply.status if isinstance(reply, Reply) else 200
        facts = {"method": request.method, "path": request.path, "query": dict(request.query), "headers": lines}
        self._log.write(json.dumps(facts | {"status": status}) + "\n")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').encode("ascii", "replace").decode()


async def _read(scope: Scope, receive: Receive) -> Request | None:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            return None
        if not message.get("more_body"):
            break
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return Request(scope["method"], scope["path"], query, headers, bytes(body))


async def _stream(chunks: AsyncIterator[bytes], receive: Receive, send: Send) -> None:
    """Send chunks until they end or the client is gone."""

    async def pump() -> None:
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    tasks = {asyncio.ensure_future(pump()), asyncio.ensure_future(gone())}
    _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
