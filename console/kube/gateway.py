"""The ways to a cluster, which cannot be mixed: `Reader` is the console and cannot write, `Client` is a person.

What the console writes as itself, projects, is `provisioner.Provisioner`.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from console.kube import kinds
from console.kube.errors import BadRequest, NotFound
from console.kube.kinds import Identity, Kind, api_path
from console.kube.reader import Reader, about, list_query
from console.kube.transport import JSON_TYPE, OPEN_SECONDS, READ_SECONDS, Query, Stream, Transport

FIELD_MANAGER = "berth"
WRITE_SECONDS = 15.0
LOOK_SECONDS = 2.5  # a page waits for it, and answers within 3 s whatever the cluster does
REVIEW_SECONDS = 2.0
NAMES_SECONDS = 5.0  # somebody waits for it at each key; what was not looked through is "more"
_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_PAGE = 500
_PAGES = 20


@dataclass(frozen=True, slots=True)
class Names:
    """Names found, sorted; ``more``: there are more than were asked for."""

    names: tuple[str, ...]
    more: bool


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
        with about("get", kind, namespace, name):
            return self._send("GET", api_path(kind, namespace=namespace, name=name), timeout=LOOK_SECONDS)

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
        query = list_query(label_selector, field_selector, limit, continue_)
        with about("list", kind, namespace):
            return self._send("GET", api_path(kind, namespace=namespace), query=query, timeout=LOOK_SECONDS)

    def items(self, kind: Kind, namespace: str | None, *, label_selector: str = "") -> Iterator[dict[str, Any]]:
        """The objects of a collection, page by page: 10,000 at most."""
        token = ""
        for _ in range(_PAGES):
            page = self.list(kind, namespace, label_selector=label_selector, limit=_PAGE, continue_=token)
            yield from page.get("items") or ()
            token = str((page.get("metadata") or {}).get("continue") or "")
            if not token:
                break

    def names(
        self, kind: Kind, namespace: str | None, *, contains: str = "", limit: int = 50, field_selector: str = ""
    ) -> Names:
        """Names of objects, by metadata alone: data and values stay on the server. Looks through 10,000 at most."""
        names: list[str] = []
        token, deadline = "", time.monotonic() + NAMES_SECONDS
        with about("list", kind, namespace):
            for _ in range(_PAGES):
                query = list_query("", field_selector, _PAGE, token)
                page = self._send("GET", api_path(kind, namespace=namespace), query=query, accept=_METADATA)
                all_names = (str(item["metadata"]["name"]) for item in page.get("items") or ())
                names += [name for name in all_names if contains in name]
                token = str((page.get("metadata") or {}).get("continue") or "")
                if not token or len(names) > limit or time.monotonic() > deadline:
                    break
        return Names(tuple(sorted(names)[:limit]), more=bool(token) or len(names) > limit)

    def metadata(self, kind: Kind, namespace: str) -> tuple[dict[str, Any], ...]:
        """The metadata of the first 500 objects of a kind: data and values stay on the server."""
        with about("list", kind, namespace):
            query = list_query("", "", _PAGE, "")
            page = self._send("GET", api_path(kind, namespace=namespace), query=query, accept=_METADATA)
            return tuple(item["metadata"] for item in page.get("items") or ())

    def secret_keys(self, namespace: str, name: str) -> tuple[str, ...]:
        """The keys of a Secret, without their values. Raises `NotFound`."""
        return tuple(self.secret_facts(namespace, name)["sizes"])

    def secret_facts(self, namespace: str, name: str) -> dict[str, Any]:
        """What a Secret is, and how long each of its values; no value itself (`transport.secret_facts`). Raises
        `NotFound`.
        """
        api_path(kinds.SECRET, namespace=namespace, name=name)
        with about("list", kinds.SECRET, namespace, name):
            query = [("fieldSelector", f"metadata.name={name}")]
            path = api_path(kinds.SECRET, namespace=namespace)
            facts = self._transport.secrets(path, query=query, identity=self.identity)
            if name not in facts:
                raise NotFound(f'secrets "{name}" not found', code=404)
            return facts[name]

    def create(
        self, kind: Kind, namespace: str | None, body: Mapping[str, Any], *, dry_run: bool = False
    ) -> dict[str, Any]:
        """Create an object; unknown fields are refused. Returns it as stored."""
        name = _own_name(kind, namespace, body)
        with about("create", kind, namespace, name):
            path = api_path(kind, namespace=namespace)
            return self._write("POST", path, body, dry_run=dry_run)

    def replace(
        self, kind: Kind, namespace: str | None, name: str, body: Mapping[str, Any], *, dry_run: bool = False
    ) -> dict[str, Any]:
        """Replace an object whole; with a ``resourceVersion`` in it, only that version of it."""
        _own_name(kind, namespace, body)
        with about("update", kind, namespace, name):
            path = api_path(kind, namespace=namespace, name=name)
            return self._write("PUT", path, body, dry_run=dry_run)

    def delete(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> dict[str, Any]:
        """Delete an object; with ``uid`` only that one, not a later one of the same name (`Conflict` then)."""
        conditions = {"uid": uid, "resourceVersion": resource_version}
        wanted = {key: value for key, value in conditions.items() if value}
        options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if wanted:
            options["preconditions"] = wanted
        with about("delete", kind, namespace, name):
            path = api_path(kind, namespace=namespace, name=name)
            return self._send("DELETE", path, body=options, timeout=WRITE_SECONDS)

    def logs(
        self,
        namespace: str,
        pod: str,
        *,
        container: str = "",
        follow: bool = False,
        tail: int | None = None,
        since_seconds: int | None = None,
        since_time: str = "",
        previous: bool = False,
        timestamps: bool = False,
        idle: float = 75.0,
        opening: float = OPEN_SECONDS,
    ) -> Stream:
        """A container's log as chunks of bytes; close it when done. ``idle``: seconds of silence to bear; ``opening``:
        seconds before the first of it.
        """
        query = [
            (key, str(value).lower() if isinstance(value, bool) else str(value))
            for key, value in {
                "container": container,
                "follow": follow,
                "tailLines": tail,
                "sinceSeconds": since_seconds,
                "sinceTime": since_time,
                "previous": previous,
                "timestamps": timestamps,
            }.items()
            if value not in (None, "", False)
        ]
        with about("get", kinds.POD, namespace, pod, "log"):
            path = api_path(kinds.POD, namespace=namespace, name=pod, subresource="log")
            return self._transport.stream(
                path, query=query, accept="*/*", identity=self.identity, idle=idle, opening=opening
            )

    def review(self, verb: str, kind: Kind, namespace: str | None, *, subresource: str = "") -> bool:
        """Whether the API server would let this person do it. Nothing is written by asking."""
        attributes = {
            "verb": verb,
            "group": kind.group,
            "resource": kind.plural,
            "namespace": namespace,
            "subresource": subresource,
        }
        body = {
            "apiVersion": kinds.SSAR.api_version,
            "kind": kinds.SSAR.kind,
            "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
        }
        with about("create", kinds.SSAR, None):
            answer = self._send("POST", api_path(kinds.SSAR), body=body, timeout=REVIEW_SECONDS, write=False)
        return (answer.get("status") or {}).get("allowed") is True

    def _write(self, method: str, path: str, body: Any, *, dry_run: bool) -> dict[str, Any]:
        query = [("fieldManager", FIELD_MANAGER), ("fieldValidation", "Strict")]
        if dry_run:
            query.append(("dryRun", "All"))
        return self._send(method, path, query=query, body=body, timeout=WRITE_SECONDS, write=not dry_run)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: Any = None,
        accept: str = JSON_TYPE,
        timeout: float = READ_SECONDS,
        write: bool | None = None,
    ) -> dict[str, Any]:
        self.warnings = []
        answer = self._transport.send(
            method,
            path,
            query=query,
            body=body,
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
        self.transport = transport
        self.reader = Reader(transport)

    def as_user(self, identity: Identity) -> Client:
        """The cluster as this person."""
        return Client(self.transport, identity)

    def renew(self) -> None:
        """Read the address and the credentials again."""
        self.transport.connection.renew()

    def close(self) -> None:
        """Drop idle connections."""
        self.transport.close()


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
