"""The console's own sight of a cluster: it lists and watches, and has no way to write."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from console.kube.errors import Forbidden, KubeError, NotFound, Unavailable
from console.kube.kinds import Kind, Ref, api_path
from console.kube.status_errors import error_of_event
from console.kube.transport import READ_SECONDS, Stream, Transport, parse

LIST_SECONDS = 30.0
INDEX_SECONDS = 30.0
VERSION_SECONDS = 2.0
SPARE_SECONDS = 5.0


class Watch:
    """A stream of changes. Iterate once over ``(type, object)``; type is ADDED, MODIFIED, DELETED or BOOKMARK.

    Raises what an ERROR event means (`Expired`, ...), or `Unavailable` when the connection breaks. Ends when the server
    ends it. `close` may be called from any thread.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for line in self._stream.lines():
            if not line.strip():
                continue
            try:
                event = parse(line)
                kind, body = event["type"], event["object"]
            except (ValueError, KeyError, TypeError) as error:
                self.close()
                raise Unavailable("the watch sent something unreadable") from error
            if kind == "ERROR":
                self.close()
                raise error_of_event(body)
            yield kind, body

    def close(self) -> None:
        """End it; a thread that waits for the next event wakes up."""
        self._stream.close()


class Reader:
    """The console's own sight. It has no way to write."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._documents: dict[str, tuple[str, dict[str, Any]]] = {}
        self._index: tuple[float, dict[str, Any] | None] = (0.0, None)
        self._lock = threading.Lock()

    def get(self, kind: Kind, namespace: str | None, name: str, *, timeout: float = READ_SECONDS) -> dict[str, Any]:
        """One object."""
        with about("get", kind, namespace, name):
            return self._transport.call("GET", api_path(kind, namespace=namespace, name=name), timeout=timeout)

    def group(self, kind: Kind) -> dict[str, Any]:
        """What the server says of the API group of a kind. Raises `NotFound` where it has none."""
        return self._transport.call("GET", f"/apis/{kind.api_version}")

    def list(
        self,
        kind: Kind,
        namespace: str | None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 0,
        continue_: str = "",
        timeout: float = LIST_SECONDS,
    ) -> dict[str, Any]:
        """One page of a collection, as the List object; ``namespace=None`` is all of them."""
        query = list_query(label_selector, field_selector, limit, continue_)
        with about("list", kind, namespace):
            return self._transport.call("GET", api_path(kind, namespace=namespace), query=query, timeout=timeout)

    def watch(self, kind: Kind, namespace: str | None, version: str, *, seconds: int = 60) -> Watch:
        """Changes after ``version``, with bookmarks, for ``seconds``; silence beyond that is a broken line."""
        query = [
            ("watch", "1"),
            ("resourceVersion", version),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(seconds)),
        ]
        with about("watch", kind, namespace):
            path = api_path(kind, namespace=namespace)
            return Watch(self._transport.stream(path, query=query, idle=seconds + SPARE_SECONDS))

    def version(self) -> dict[str, Any]:
        """What the server says it is (``gitVersion`` ...)."""
        return self._transport.call("GET", "/version", timeout=VERSION_SECONDS)

    def openapi(self, group_version: str, *, timeout: float = LIST_SECONDS) -> dict[str, Any]:
        """The OpenAPI v3 document of ``v1`` or ``apps/v1``, kept until the server's hash of it changes.

        Raises `NotFound` where the server has none for that group, `Unavailable` where it does not answer.
        """
        place = f"apis/{group_version}" if "/" in group_version else f"api/{group_version}"
        entry = (self._openapi_index(timeout).get("paths") or {}).get(place) or {}
        address = str(entry.get("serverRelativeURL") or "")
        path, _, query = address.partition("?")
        if path != f"/openapi/v3/{place}":
            raise NotFound(f"the server publishes no schema for {group_version}")
        with self._lock:
            kept = self._documents.get(place)
        if kept is not None and kept[0] == address:
            return kept[1]
        pairs = [(k, v) for k, _, v in (part.partition("=") for part in query.split("&")) if k]
        document = self._transport.call("GET", path, query=pairs, timeout=timeout)
        with self._lock:
            self._documents[place] = (address, document)
        return document

    def _openapi_index(self, timeout: float) -> dict[str, Any]:
        """Which documents there are, with their hashes; asked for again after half a minute."""
        now = time.monotonic()
        with self._lock:
            read_at, index = self._index
        if index is None or now - read_at > INDEX_SECONDS:
            index = self._transport.call("GET", "/openapi/v3", timeout=timeout)
            with self._lock:
                self._index = (now, index)
        return index


@contextmanager
def about(
    verb: str, kind: Kind, namespace: str | None, name: str | None = None, subresource: str = ""
) -> Iterator[None]:
    """Puts on an error what it was about."""
    try:
        yield
    except KubeError as error:
        if error.ref is None and name:
            error.ref = Ref(kind, namespace, name)
        if isinstance(error, Forbidden):
            error.verb = verb
            error.resource = kind.resource + (f"/{subresource}" if subresource else "")
        raise


def list_query(labels: str, fields: str, limit: int, token: str) -> list[tuple[str, str]]:
    pairs = (("labelSelector", labels), ("fieldSelector", fields), ("limit", str(limit or "")), ("continue", token))
    return [(key, value) for key, value in pairs if value]
