"""Connections that only take up room: a head that does not come, or does not end, is hung up on; so is a reader that
does not read what it asked for.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
MOST_HEAD_BYTES = 64 * 1024
UNREAD_SECONDS = 30.0


class Protocol(HttpToolsProtocol):
    """uvicorn's own, with an end to waiting: it has one for idle connections, none for those that begin and go on."""

    _deadline: asyncio.TimerHandle | None = None
    _came = 0
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._came += len(data)
        if self._deadline is not None and self._came > MOST_HEAD_BYTES:
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()  # type: ignore[no-untyped-call, unused-ignore]
        self._begin()

    def on_headers_complete(self) -> None:
        self._end()
        super().on_headers_complete()  # type: ignore[no-untyped-call, unused-ignore]

    def pause_writing(self) -> None:
        """There is more than the other side takes."""
        super().pause_writing()  # type: ignore[no-untyped-call, unused-ignore]
        if self._unread is None:
            self._unread = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        self._read_on()
        super().resume_writing()  # type: ignore[no-untyped-call, unused-ignore]

    def _read_on(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        self._read_on()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._came = 0
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._hang_up)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self, *_: Any) -> None:
        self._deadline = None
        self.transport.close()
