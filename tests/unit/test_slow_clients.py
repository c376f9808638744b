"""S7: clients that begin and do not go on are hung up on; the served console stays there for others."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from console import connections
from console.bodies import AtMost
from console.connections import Protocol


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers once the body is there, as Django does."""
    size = 0
    while (message := await receive())["type"] == "http.request":
        size += len(message["body"])
        if not message["more_body"]:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"7")]})
            await send({"type": "http.response.body", "body": b"%07d" % size})
            return


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    config = uvicorn.Config(AtMost(echo, seconds=0.5), http=Protocol, ws="none", lifespan="off", log_config=None)
    config.load()
    state = ServerState()
    listener = await asyncio.get_running_loop().create_server(
        lambda: Protocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    yield listener.sockets[0].getsockname()[1]
    listener.close()


async def say(port: int, *parts: bytes) -> tuple[bytes, float]:
    """What came back until the console hung up, and after how long."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    started = time.monotonic()
    for part in parts:
        writer.write(part)
        await asyncio.sleep(0.05)
    answer = b""
    with suppress(ConnectionResetError):  # hung up on with something of ours unread
        while piece := await asyncio.wait_for(reader.read(65536), 10):
            answer += piece
    writer.close()
    return answer, time.monotonic() - started


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4900000\r\n"


def test_what_does_not_go_on_is_hung_up_on(monkeypatch: Any) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)

    async def scenario() -> None:
        async with served() as port:
            slow = [
                say(port),
                say(port, b"GET / HT"),
                say(port, HEAD, b"X-More: 1\r\n", b"X-More: 2\r\n"),
                say(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT"),
                *[say(port, HEAD + b"\r\n", b"x" * 1000) for _ in range(100)],
            ]
            whole = say(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\n", b"abc")
            *ended, (answer, took) = await asyncio.gather(*slow, whole)
            assert answer.endswith(b"\r\n\r\n0000003")
            assert took < 5
            assert [reply for reply, _ in ended[:3]] == [b"", b"", b""]
            assert b"200 OK" in ended[3][0]
            assert all(reply.startswith(b"HTTP/1.1 408") for reply, _ in ended[4:])

    asyncio.run(scenario())


def test_a_head_without_an_end_is_hung_up_on() -> None:
    async def scenario() -> None:
        async with served() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD)
            sent = 0
            try:
                while sent < 10_000_000:
                    writer.write(b"X-More: " + b"1" * 10_000 + b"\r\n")
                    await writer.drain()
                    await asyncio.sleep(0)
                    sent += 10_000
                await asyncio.wait_for(reader.read(), 5)
            except ConnectionError:
                pass
            assert sent < 10_000_000
            writer.close()

    asyncio.run(scenario())


async def pour(scope: Any, receive: Any, send: Any) -> None:
    """Answers without end."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        await asyncio.sleep(0.001)  # nobody waits to send to who has gone


def test_who_does_not_read_is_hung_up_on(monkeypatch: Any) -> None:
    """The answer may be endless; who reads it slowly is not in danger."""
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 0.5)

    async def scenario() -> None:
        config = uvicorn.Config(pour, http=Protocol, ws="none", lifespan="off", log_config=None)
        config.load()
        state, made = ServerState(), []

        def protocol() -> Protocol:
            made.append(Protocol(config=config, server_state=state, app_state={}))
            return made[-1]

        listener = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        idle, slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for _reader, writer in (idle, slow):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        idle[1].transport.pause_reading()  # type: ignore[attr-defined]
        read = 0
        for _ in range(40):
            read += len(await slow[0].read(10_000_000))
            await asyncio.sleep(0.05)
        assert read > 40 * 65536
        assert [connection.transport.is_closing() for connection in made] == [True, False]
        for _reader, writer in (idle, slow):
            writer.transport.abort()
            await asyncio.sleep(0.05)
        listener.close()

    asyncio.run(scenario())
