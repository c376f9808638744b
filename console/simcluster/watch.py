"""Watches: resume from a version, selectors, bookmarks, a time limit, and 410 when the version is too old."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping

from .api_errors import Cause, expired, invalid, not_allowed
from .catalog import Kind
from .objects import Change, Entry, Store, dump
from .requests import YES, Target
from .verbs import Test, filters

BOOKMARK_EVERY = 30.0
DEFAULT_TIMEOUT = 1800.0
Encode = Callable[[str, bytes], bytes]


class Bells:
    """Wakes the watches of a kind when something of that kind changed."""

    def __init__(self, store: Store) -> None:
        self._waiting: dict[Kind, set[asyncio.Event]] = defaultdict(set)
        store.listeners.append(self._changed)

    def _changed(self, change: Change) -> None:
        for event in self._waiting[change.entry.kind]:
            event.set()

    def listen(self, kind: Kind) -> asyncio.Event:
        """An event that is set after each change of `kind`."""
        event = asyncio.Event()
        self._waiting[kind].add(event)
        return event

    def leave(self, kind: Kind, event: asyncio.Event) -> None:
        """Stop listening."""
        self._waiting[kind].discard(event)


def seen_as(change: Change, namespace: str | None, test: Test | None) -> str:
    """ADDED, MODIFIED or DELETED as this watch sees the change; empty when it does not concern it."""
    if namespace not in (None, change.entry.namespace):
        return ""
    if test is None:
        return change.type
    was = change.old is not None and test(change.old)
    now = change.type != "DELETED" and test(change.entry)
    if now:
        return "MODIFIED" if was else "ADDED"
    return "DELETED" if was else ""


class Watch:
    """One watch, as an iterator of lines."""

    def __init__(
        self, store: Store, bells: Bells, target: Target, query: Mapping[str, str], encode: Encode | None
    ) -> None:
        if query.get("sendInitialEvents"):
            why = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
            causes: list[Cause] = [not_allowed("sendInitialEvents", why)]
            raise invalid(Kind("meta.k8s.io", "v1", "ListOptions", "listoptions"), "", causes)
        self._store, self._bells, self._encode, self._target = store, bells, encode, target
        field = query.get("fieldSelector", "")
        if target.name:
            field = f"metadata.name={target.name}"
        self._test = filters(target.kind, query.get("labelSelector", ""), field)
        self._bookmarks = query.get("allowWatchBookmarks", "") in YES
        self._timeout = float(query.get("timeoutSeconds") or DEFAULT_TIMEOUT)
        version = query.get("resourceVersion", "")
        self._from = int(version) if version not in ("", "0") else None

    def _line(self, kind: str, change: Change) -> bytes:
        frame = change.frame(kind)
        return self._encode(kind, json_object(frame)) if self._encode else frame

    def _initial(self) -> list[bytes]:
        entries: list[Entry] = list(self._store.scan(self._target.kind, self._target.scope))
        changes = [
            Change(entry.version, "ADDED", entry, None) for entry in entries if not self._test or self._test(entry)
        ]
        return [self._line("ADDED", change) for change in changes]

    def _bookmark(self) -> bytes:
        meta = {"resourceVersion": str(self._store.version), "creationTimestamp": None}
        kind = self._target.kind
        body = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": meta}
        raw = dump(body)
        return self._encode("BOOKMARK", raw) if self._encode else b'{"type":"BOOKMARK","object":%s}\n' % raw

    async def lines(self) -> AsyncIterator[bytes]:
        """What happened, then what happens, until the time is up."""
        kind, log = self._target.kind, self._store.logs[self._target.kind]
        event = self._bells.listen(kind)
        try:
            if self._from is not None and self._from < log.floor:
                yield _too_old(self._from, log.floor)
                return
            if self._from is None:
                position = log.position_after(self._store.version)
                yield b"".join(self._initial())
            else:
                position = log.position_after(self._from)
                yield b""
            async for chunk in self._follow(position, event):
                yield chunk
        finally:
            self._bells.leave(kind, event)

    async def _follow(self, position: int, event: asyncio.Event) -> AsyncIterator[bytes]:
        log = self._store.logs[self._target.kind]
        end, bookmark = time.monotonic() + self._timeout, time.monotonic() + BOOKMARK_EVERY
        while True:
            event.clear()
            if position < log.first:
                yield _too_old(0, log.floor)
                return
            changes = log.since(position)
            position += len(changes)
            types = [seen_as(change, self._target.scope, self._test) for change in changes]
            chunk = b"".join(self._line(kind, change) for kind, change in zip(types, changes, strict=True) if kind)
            now = time.monotonic()
            if self._bookmarks and now >= min(bookmark, end):
                chunk += self._bookmark()
                bookmark = now + BOOKMARK_EVERY
            if chunk:
                yield chunk
            if now >= end:
                return
            try:
                await asyncio.wait_for(event.wait(), max(0.01, min(end, bookmark) - now))
            except TimeoutError:
                continue


def json_object(frame: bytes) -> bytes:
    """The object in a watch line."""
    return frame[frame.index(b'"object":') + 9 : -2]


def _too_old(version: int, floor: int) -> bytes:
    status = expired(f"too old resource version: {version} ({floor})").status()
    return json.dumps({"type": "ERROR", "object": status}).encode() + b"\n"
