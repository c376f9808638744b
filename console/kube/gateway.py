"""The two ways to a cluster, which cannot be mixed: `Reader` is the console and cannot write, `Client` is a person."""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from console.kube import kinds
from console.kube.errors import BadRequest, Forbidden, KubeError, NotFound, Unavailable
from console.kube.kinds import Identity, Kind, Ref, api_path
from console.kube.status import error_of_event
from console.kube.transport import READ_SECONDS, Answer, Query, Stream, Transport

FIELD_MANAGER = "berth"
WRITE_SECONDS = 15.0
REVIEW_SECONDS = 2.0
LIST_SECONDS = 30.0
INDEX_SECONDS = 30.0
_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_PAGE = 500
_PAGES = 20


class Patch(StrEnum):
    """The patch types Berth speaks, by content type."""

    MERGE = "application/merge-patch+json"
    JSON = "application/json-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"


@dataclass(frozen=True, slots=True)
class Names:
    """Names found, sorted; ``more``: there are more than were asked for."""

    names: tuple[str, ...]
    more: bool


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
                event = json.loads(line)
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

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Reader:
    """The console's own sight. It has no way to write."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._documents: dict[str, tuple[str, dict[str, Any]]] = {}
        self._index: tuple[float, dict[str, Any] | None] = (0.0, None)
        self._lock = threading.Lock()

    def get(self, kind: Kind, namespace: str | None, name: str) -> dict[str, Any]:
        """One object."""
        with _about("get", kind, namespace, name):
            return self._transport.call("GET", api_path(kind, namespace=namespace, name=name))

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
        query = _list_query(label_selector, field_selector, limit, continue_)
        with _about("list", kind, namespace):
            return self._transport.call("GET", api_path(kind, namespace=namespace), query=query, timeout=timeout)

    def watch(self, kind: Kind, namespace: str | None, version: str, *, seconds: int = 60) -> Watch:
        """Changes after ``version``, with bookmarks, for ``seconds``; silence well beyond that is a broken line."""
        query = [
            ("watch", "1"),
            ("resourceVersion", version),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(seconds)),
        ]
        with _about("watch", kind, namespace):
            path = api_path(kind, namespace=namespace)
            return Watch(self._transport.stream(path, query=query, idle=seconds + 15.0))

    def version(self, *, timeout: float = REVIEW_SECONDS) -> dict[str, Any]:
        """What the server says it is (``gitVersion`` ...)."""
        return self._transport.call("GET", "/version", timeout=timeout)

    def openapi(self, group_version: str) -> dict[str, Any]:
        """The OpenAPI v3 document of ``v1`` or ``apps/v1``, kept until the server's hash of it changes.

        Raises `NotFound` where the server has none for that group, `Unavailable` where it does not answer.
        """
        place = f"apis/{group_version}" if "/" in group_version else f"api/{group_version}"
        entry = (self._openapi_index().get("paths") or {}).get(place) or {}
        address = str(entry.get("serverRelativeURL") or "")
        path, _, query = address.partition("?")
        if path != f"/openapi/v3/{place}":
            raise NotFound(f"the server publishes no schema for {group_version}")
        with self._lock:
            kept = self._documents.get(place)
        if kept is not None and kept[0] == address:
            return kept[1]
        pairs = [(k, v) for k, _, v in (part.partition("=") for part in query.split("&")) if k]
        document = self._transport.call("GET", path, query=pairs, timeout=LIST_SECONDS)
        with self._lock:
            self._documents[place] = (address, document)
        return document

    def _openapi_index(self) -> dict[str, Any]:
        """Which documents there are, with their hashes; asked for again after half a minute."""
        now = time.monotonic()
        with self._lock:
            asked, index = self._index
        if index is None or now - asked > INDEX_SECONDS:
            index = self._transport.call("GET", "/openapi/v3")
            with self._lock:
                self._index = (now, index)
        return index


class Client:
    """A cluster as one person. Made for one request and one thread; ``warnings`` are those of its last call."""

    def __init__(self, transport: Transport, identity: Identity) -> None:
        self._transport = transport
        self.identity = identity
        self.warnings: list[str] = []

    def fork(self) -> "Client":
        """The same person for another thread."""
        return Client(self._transport, self.identity)

    def get(self, kind: Kind, namespace: str | None, name: str) -> dict[str, Any]:
        """One object, now. Not a Secret: see `secret_keys`."""
        if kind == kinds.SECRET:
            raise BadRequest("Secrets are not read")
        with _about("get", kind, namespace, name):
            return self._send("GET", api_path(kind, namespace=namespace, name=name))

    def list(
        self,
        kind: Kind,
        namespace: str | None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 0,
        continue_: str = "",
    ) -> dict[str, Any]:
        """One page of a collection, as the List object. Secrets are not to be had: see `names` and `secret_keys`."""
        if kind == kinds.SECRET:
            raise BadRequest("Secrets are listed by name only")
        query = _list_query(label_selector, field_selector, limit, continue_)
        with _about("list", kind, namespace):
            return self._send("GET", api_path(kind, namespace=namespace), query=query)

    def names(
        self, kind: Kind, namespace: str | None, *, contains: str = "", limit: int = 50, field_selector: str = ""
    ) -> Names:
        """Names of objects, by metadata alone: data and values stay on the server. Looks through 10,000 at most."""
        found: list[str] = []
        token = ""
        with _about("list", kind, namespace):
            for _ in range(_PAGES):
                query = _list_query("", field_selector, _PAGE, token)
                page = self._send("GET", api_path(kind, namespace=namespace), query=query, accept=_METADATA)
                all_names = (str(item["metadata"]["name"]) for item in page.get("items") or ())
                found += [name for name in all_names if contains in name]
                token = str((page.get("metadata") or {}).get("continue") or "")
                if not token or len(found) > limit:
                    break
        return Names(tuple(sorted(found)[:limit]), more=bool(token) or len(found) > limit)

    def secret_keys(self, namespace: str, name: str) -> tuple[str, ...]:
        """The keys of a Secret, without their values. Raises `NotFound`."""
        api_path(kinds.SECRET, namespace=namespace, name=name)
        with _about("list", kinds.SECRET, namespace, name):
            query = [("fieldSelector", f"metadata.name={name}")]
            path = api_path(kinds.SECRET, namespace=namespace)
            found = self._transport.secret_keys(path, query=query, identity=self.identity)
            if name not in found:
                raise NotFound(f'secrets "{name}" not found', code=404)
            return found[name]

    def create(
        self, kind: Kind, namespace: str | None, body: Mapping[str, Any], *, dry_run: bool = False
    ) -> dict[str, Any]:
        """Create an object; unknown fields are refused. Returns it as stored."""
        name = _own_name(kind, namespace, body)
        with _about("create", kind, namespace, name):
            path = api_path(kind, namespace=namespace)
            return self._write("POST", path, body, dry_run=dry_run)

    def replace(
        self, kind: Kind, namespace: str | None, name: str, body: Mapping[str, Any], *, dry_run: bool = False
    ) -> dict[str, Any]:
        """Replace an object whole; with a ``resourceVersion`` in it, only that version of it."""
        _own_name(kind, namespace, body)
        with _about("update", kind, namespace, name):
            path = api_path(kind, namespace=namespace, name=name)
            return self._write("PUT", path, body, dry_run=dry_run)

    def patch(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        body: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        how: Patch = Patch.MERGE,
        dry_run: bool = False,
        subresource: str | None = None,
    ) -> dict[str, Any]:
        """Patch an object or its subresource (``scale``)."""
        with _about("patch", kind, namespace, name):
            path = api_path(kind, namespace=namespace, name=name, subresource=subresource)
            return self._write("PATCH", path, body, dry_run=dry_run, content_type=how.value)

    def delete(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
        propagation: str = "Background",
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Delete an object; with ``uid`` only that one, not a later one of the same name (`Conflict` then)."""
        conditions = {"uid": uid, "resourceVersion": resource_version}
        wanted = {key: value for key, value in conditions.items() if value}
        options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if wanted:
            options["preconditions"] = wanted
        if dry_run:
            options["dryRun"] = ["All"]
        with _about("delete", kind, namespace, name):
            path = api_path(kind, namespace=namespace, name=name)
            return self._send("DELETE", path, body=options, timeout=WRITE_SECONDS, write=not dry_run)

    def logs(
        self,
        namespace: str,
        pod: str,
        *,
        container: str = "",
        follow: bool = False,
        tail: int | None = None,
        since_seconds: int | None = None,
        previous: bool = False,
        timestamps: bool = False,
        limit_bytes: int | None = None,
        idle: float = 75.0,
    ) -> Stream:
        """A container's log as chunks of bytes; close it when done. ``idle``: seconds of silence to bear."""
        query = [
            (key, str(value).lower() if isinstance(value, bool) else str(value))
            for key, value in {
                "container": container,
                "follow": follow,
                "tailLines": tail,
                "sinceSeconds": since_seconds,
                "previous": previous,
                "timestamps": timestamps,
                "limitBytes": limit_bytes,
            }.items()
            if value not in (None, "", False)
        ]
        with _about("get", kinds.POD, namespace, pod, "log"):
            path = api_path(kinds.POD, namespace=namespace, name=pod, subresource="log")
            return self._transport.stream(path, query=query, accept="*/*", identity=self.identity, idle=idle)

    def review(self, verb: str, kind: Kind, namespace: str | None, *, name: str = "", subresource: str = "") -> bool:
        """Whether the API server would let this person do it. Nothing is written by asking."""
        asked = {
            "verb": verb,
            "group": kind.group,
            "resource": kind.plural,
            "namespace": namespace,
            "name": name,
            "subresource": subresource,
        }
        body = {
            "apiVersion": kinds.SSAR.api_version,
            "kind": kinds.SSAR.kind,
            "spec": {"resourceAttributes": {key: value for key, value in asked.items() if value}},
        }
        with _about("create", kinds.SSAR, None):
            answer = self._send("POST", api_path(kinds.SSAR), body=body, timeout=REVIEW_SECONDS, write=False)
        return (answer.get("status") or {}).get("allowed") is True

    def _write(
        self, method: str, path: str, body: Any, *, dry_run: bool, content_type: str = "application/json"
    ) -> dict[str, Any]:
        query = [("fieldManager", FIELD_MANAGER), ("fieldValidation", "Strict")]
        if dry_run:
            query.append(("dryRun", "All"))
        return self._send(
            method, path, query=query, body=body, content_type=content_type, timeout=WRITE_SECONDS, write=not dry_run
        )

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        timeout: float = READ_SECONDS,
        write: bool | None = None,
    ) -> dict[str, Any]:
        self.warnings = []
        answer: Answer = self._transport.send(
            method,
            path,
            query=query,
            body=body,
            content_type=content_type,
            accept=accept,
            identity=self.identity,
            timeout=timeout,
            write=write,
        )
        self.warnings = list(answer.warnings)
        return answer.body


class Gateway:
    """One cluster: the console's `reader`, and `as_user` for everything that a person does."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.reader = Reader(transport)

    def as_user(self, identity: Identity) -> Client:
        """The cluster as this person."""
        return Client(self._transport, identity)

    def renew(self) -> None:
        """Read the address and the credentials again."""
        self._transport.connection.renew()

    def close(self) -> None:
        """Drop idle connections."""
        self._transport.close()


class _about:
    """Puts on an error what it was about."""

    def __init__(
        self, verb: str, kind: Kind, namespace: str | None, name: str | None = None, subresource: str = ""
    ) -> None:
        self._verb, self._kind, self._namespace, self._name = verb, kind, namespace, name
        self._subresource = subresource

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if not isinstance(error, KubeError):
            return
        if error.ref is None and self._name:
            error.ref = Ref(self._kind, self._namespace, self._name)
        if isinstance(error, Forbidden):
            error.verb = self._verb
            error.resource = self._kind.resource + (f"/{self._subresource}" if self._subresource else "")


def _own_name(kind: Kind, namespace: str | None, body: Mapping[str, Any]) -> str | None:
    """The name in a body, after checking that the body is of the place it is sent to."""
    if (body.get("apiVersion"), body.get("kind")) != (kind.api_version, kind.kind):
        raise BadRequest(f"the document is not a {kind.kind} of {kind.api_version}")
    meta = body.get("metadata")
    meta = meta if isinstance(meta, Mapping) else {}
    if meta.get("namespace") not in (None, namespace):
        raise BadRequest(f"the document belongs to another namespace than {namespace}")
    name = meta.get("name")
    return name if isinstance(name, str) else None


def _list_query(labels: str, fields: str, limit: int, token: str) -> list[tuple[str, str]]:
    pairs = (("labelSelector", labels), ("fieldSelector", fields), ("limit", str(limit or "")), ("continue", token))
    return [(key, value) for key, value in pairs if value]
