"""From a request to the verb that answers it: authorisation, dispatch, and the form of the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import discovery, logs, metrics, protobuf, rbac, tables
from .api_errors import ApiError, bad_request, method_not_allowed, no_such_resource
from .catalog import NODE_METRICS, POD_METRICS, SSAR, SSR, SSRR
from .objects import Entry, Obj, Store, dump
from .rbac import Authorizer, User
from .requests import Options, Request, Target, as_json, decode, options_of, parse_json, plain_ask, target_of
from .verbs import Api
from .watch import Bells, Watch

JSON = "application/json"
OPEN = ("/healthz", "/livez", "/readyz", "/version")


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes
    content_type: str = JSON
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that goes on."""

    chunks: AsyncIterator[bytes]
    content_type: str = JSON
    warnings: Sequence[str] = ()


_NOWHERE = Reply(404, b"404 page not found\n", "text/plain; charset=utf-8")


class Router:
    """Answers requests."""

    def __init__(self, store: Store, api: Api, authorizer: Authorizer, bells: Bells) -> None:
        self.store, self.api, self.authorizer, self.bells = store, api, authorizer, bells

    def answer(self, request: Request, user: User) -> Reply | Stream:
        """The answer to an authenticated request; refusals are raised."""
        target = target_of(request)
        ask = target.ask() if target else plain_ask(request)
        user = self.authorizer.impersonate(user, request.headers, ask)
        if target is None:
            if request.path not in OPEN:
                self.authorizer.check(user, ask)
            return _plain(request)
        self.authorizer.check(user, ask)
        request = as_json(request)
        if target.kind in (SSAR, SSRR, SSR):
            return self._review(target, request, user)
        if target.kind in (POD_METRICS, NODE_METRICS):
            return Reply(200, dump(metrics.usage(self.store, target, request.query, self.api.clock())))
        verbs: dict[str, Callable[[Target, Request, User], Reply | Stream]] = {
            "get": self._get,
            "list": self._list,
            "watch": self._watch,
            "create": self._create,
            "update": self._update,
            "patch": self._update,
            "delete": self._delete,
        }
        if target.verb not in verbs:
            raise method_not_allowed(target.verb, target.kind)
        return verbs[target.verb](target, request, user)

    def _review(self, target: Target, request: Request, user: User) -> Reply:
        body = decode(target.kind, request.body, Options())
        answers = {SSAR: rbac.self_access, SSRR: rbac.self_rules, SSR: rbac.self_user}
        return Reply(201, dump(answers[target.kind](self.authorizer, user, body)))

    def _get(self, target: Target, request: Request, user: User) -> Reply | Stream:
        entry = self.api.entry(target)
        if target.subresource == "log":
            return _log(self.store, entry, request, self.api.clock)
        if target.subresource == "scale":
            return Reply(200, dump(self.api.scale(entry)))
        return _object(200, entry, request, Options())

    def _list(self, target: Target, request: Request, user: User) -> Reply:
        entries, meta = self.api.page(target, request.query)
        if tables.wanted(request.header("accept")):
            return Reply(200, dump(tables.table(target.kind, entries, meta)), tables.CONTENT_TYPE)
        head = dump({"kind": target.kind.kind + "List", "apiVersion": target.kind.api_version, "metadata": meta})
        return Reply(200, head[:-1] + b',"items":[' + b",".join(entry.item for entry in entries) + b"]}")

    def _watch(self, target: Target, request: Request, user: User) -> Stream:
        encode = None
        if tables.wanted(request.header("accept")):
            encode = tables.Encoder(target.kind).line
        query = dict(request.query)
        try:
            watch = Watch(self.store, self.bells, target, query, encode)
        except ValueError as error:
            raise bad_request(f"invalid watch options: {error}") from None
        return Stream(watch.lines())

    def _create(self, target: Target, request: Request, user: User) -> Reply:
        options = options_of(request)
        made = self.api.create(target, decode(target.kind, request.body, options), options, user)
        return _object(201, made, request, options)

    def _update(self, target: Target, request: Request, user: User) -> Reply:
        options = options_of(request)
        if target.verb == "patch":
            done = self.api.patch(target, request.body, request.header("content-type"), options, user)
        elif target.subresource == "scale":
            done = self.api.replace(target, parse_json(request.body, "Scale"), options, user)
        else:
            done = self.api.replace(target, decode(target.kind, request.body, options), options, user)
        return _object(200, done, request, options)

    def _delete(self, target: Target, request: Request, user: User) -> Reply:
        wishes: Obj = parse_json(request.body, "DeleteOptions") if request.body else {}
        for name in ("propagationPolicy", "gracePeriodSeconds", "orphanDependents"):
            if name in request.query:
                wishes.setdefault(name, request.query[name])
        options = options_of(request)
        options.dry_run = options.dry_run or "All" in (wishes.get("dryRun") or ())
        return _object(200, self.api.delete(target, wishes, options), request, options)


def _object(status: int, answer: Entry | Obj, request: Request, options: Options) -> Reply:
    if isinstance(answer, Entry) and tables.wanted(request.header("accept")):
        body = dump(tables.table(answer.kind, [answer], {"resourceVersion": str(answer.version)}))
        return Reply(status, body, tables.CONTENT_TYPE, options.warnings)
    return Reply(status, answer.raw if isinstance(answer, Entry) else dump(answer), JSON, options.warnings)


def _log(store: Store, entry: Entry, request: Request, clock: Callable[[], float]) -> Reply | Stream:
    reader = logs.Reader(entry, request.query, clock)
    if request.flag("follow"):
        return Stream(reader.follow(lambda: store.by_uid(entry.uid)), "text/plain")
    return Reply(200, reader.text(), "text/plain")


def _plain(request: Request) -> Reply:
    if request.method not in ("GET", "HEAD"):
        return _NOWHERE
    path = request.path.rstrip("/")
    if path in ("/healthz", "/livez", "/readyz"):
        return Reply(200, b"ok", "text/plain")
    whole = "as=APIGroupDiscoveryList" in request.header("accept") and "v=v2;" in request.header("accept") + ";"
    if path in ("/api", "/apis") and whole:
        return Reply(200, dump(discovery.aggregated(core=path == "/api")), discovery.AGGREGATED)
    simple: dict[str, Callable[[], Any]] = {
        "/version": discovery.version,
        "/api": discovery.versions,
        "/apis": discovery.groups,
    }
    if path in simple:
        return Reply(200, dump(simple[path]()))
    if path.startswith("/openapi/"):
        return _openapi(path, request)
    return _resources(path)


def _openapi(path: str, request: Request) -> Reply:
    media, accept = protobuf.OPENAPI if path == "/openapi/v2" else JSON, request.header("accept")
    if accept and media not in accept and "*/*" not in accept:
        raise ApiError("NotAcceptable", f"only the following media types are accepted: {media}", {})
    if path == "/openapi/v2":
        return Reply(200, discovery.openapi_v2(), media.replace("@", "."))  # no media type may have an @
    body = discovery.openapi_index() if path == "/openapi/v3" else discovery.openapi(path.removeprefix("/openapi/v3/"))
    if body is None:
        raise no_such_resource()
    return Reply(200, body)


def _resources(path: str) -> Reply:
    parts = path.strip("/").split("/")
    document = None
    if parts[0] == "api" and len(parts) == 2:
        document = discovery.resources("", parts[1])
    elif parts[0] == "apis" and len(parts) == 3:
        document = discovery.resources(parts[1], parts[2])
    elif parts[0] == "apis" and len(parts) == 2:
        document = next((group for group in discovery.groups()["groups"] if group["name"] == parts[1]), None)
        document = document and {"kind": "APIGroup", "apiVersion": "v1"} | document
    if document is None:
        return _NOWHERE
    return Reply(200, dump(document))
