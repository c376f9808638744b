"""Logs that tests write: what a container says, when it says it, and how its log ends."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from urllib.parse import unquote

from tests.faults import Request

LOG = r"/pods/[^/]+/log"


def stamped(number: int, words: str) -> bytes:
    return f"2025-11-28T12:{number // 60:02}:{number % 60:02}.000000001Z {words}\n".encode()


class Feed:
    """What containers write, as the proxy sends it: `say` adds a line to a pod's log, `end` ends it."""

    def __init__(self) -> None:
        self.logs: dict[str, list[bytes | None]] = {}
        self._news = threading.Condition()
        self._over = False

    def say(self, pod: str, *pieces: bytes | None) -> None:
        with self._news:
            self.logs.setdefault(pod, []).extend(pieces)
            self._news.notify_all()

    def end(self) -> None:
        """All logs end."""
        with self._news:
            self._over = True
            self._news.notify_all()

    def __call__(self, request: Request) -> Iterable[bytes]:
        name = re.findall(r"pods/([^/]+)/log", request.path)[0]
        follows = "follow=true" in request.target
        since = re.search(r"sinceTime=([^&]+)", request.target)
        start = unquote(since[1]).encode()[:19] if since else b""
        told, opened = 0, len(self.logs.get(name, ()))
        while True:
            with self._news:
                while follows and told >= len(self.logs.get(name, ())):
                    if self._over or not self._news.wait(60):
                        return
                pieces = self.logs.get(name, [])[told:]
            for number, piece in enumerate(pieces, told):
                if piece is None and follows and number >= opened:
                    return
                if piece is not None and piece[:19] >= start:
                    yield piece
            told += len(pieces)
            if not follows:
                return
