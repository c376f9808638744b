"""What one HTTP request asks: its target in the API, its options, and its body decoded with the rules of the server."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import protobuf, schema
from .api_errors import ApiError, bad_request, invalid, method_not_allowed, no_such_resource, unsupported
from .catalog import BY_NAME, BY_PATH, GROUPS, NAMESPACE, Kind
from .objects import Obj, dump
from .rbac import Ask

VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_PATH = re.compile(r"^/(?:api/(?P<core>v1)|apis/(?P<group>[^/]+)/(?P<version>[^/]+))/(?P<rest>.+)$")
_VALIDATIONS = ("", "Ignore", "Strict", "Warn")
_OPTIONS = {"PUT": "UpdateOptions", "PATCH": "PatchOptions", "DELETE": "DeleteOptions"}
YES = ("true", "1", "True", "t")


@dataclass(frozen=True, slots=True)
class Request:
    """One request, read whole. Header names are lower case and may repeat."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first value of a header."""
        return next((value for key, value in self.headers if key == name), "")

    def flag(self, name: str) -> bool:
        """A yes or no of the query."""
        return self.query.get(name, "") in YES


@dataclass(frozen=True, slots=True)
class Target:
    """An object, its subresource, or a collection (no name)."""

    kind: Kind
    namespace: str
    name: str
    subresource: str
    verb: str

    def ask(self) -> Ask:
        """The attributes for the authorizer. A namespace counts as being in itself."""
        namespace = self.name if self.kind is NAMESPACE else self.namespace
        return Ask(self.verb, self.kind.group, self.kind.plural, self.subresource, namespace, self.name)

    @property
    def scope(self) -> str | None:
        """The namespace to list, or None for all of them."""
        return self.namespace or (None if self.kind.namespaced else "")


def plain_ask(request: Request) -> Ask:
    """The attributes of a request for something that is not a resource."""
    return Ask(request.method.lower(), path=request.path)


def target_of(request: Request) -> Target | None:
    """The resource that the path names; None for a path of another sort. Unknown resources raise NotFound."""
    match = _PATH.match(request.path)
    if not match:
        return None
    group, version = match["group"] or "", match["version"] or match["core"]
    if (group, version) not in GROUPS and "/namespaces/" not in request.path:
        return None
    parts = [part for part in match["rest"].split("/") if part]
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 2 and (group or parts[2] not in ("status", "finalize")):
        namespace, parts = parts[1], parts[2:]
    kind = BY_PATH.get((group, version, parts[0]))
    if kind is None or len(parts) > 3 or (namespace and not kind.namespaced):
        raise no_such_resource()
    name, sub = [*parts, "", ""][1:3]
    if sub and sub not in kind.subresources:
        raise no_such_resource()
    return Target(kind, namespace, name, sub, _verb(request, kind, name))


def _verb(request: Request, kind: Kind, name: str) -> str:
    verb = VERBS.get(request.method, "")
    if verb == "get" and not name:
        verb = "watch" if request.flag("watch") else "list"
    elif verb == "get" and request.flag("watch"):
        verb = "watch"
    if verb == "delete" and not name:
        verb = "deletecollection"
    if not verb or (name and verb == "create") or (not name and verb in ("update", "patch")):
        raise method_not_allowed(request.method, kind)
    return verb


@dataclass(slots=True)
class Options:
    """How a write is meant. `warnings` go back in headers; `missing` are required fields that were not given."""

    dry_run: bool = False
    validation: str = "Warn"
    warnings: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def options_of(request: Request) -> Options:
    """The options in the query, checked."""
    dry_run = request.query.get("dryRun", "")
    problems = [] if dry_run in ("", "All") else [unsupported("dryRun", [dry_run], ("All",))]
    validation = request.query.get("fieldValidation", "") or "Warn"
    if validation not in _VALIDATIONS:
        problems.append(unsupported("fieldValidation", validation, _VALIDATIONS))
    if problems:
        raise invalid(Kind("meta.k8s.io", "v1", _OPTIONS.get(request.method, "CreateOptions"), ""), "", problems)
    return Options(dry_run == "All", validation)


class _Doubled(dict[str, Any]):
    """An object in which a key stood twice."""

    keys_twice: tuple[str, ...] = ()


def _pairs(pairs: list[tuple[str, Any]]) -> Obj:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    marked = _Doubled(plain)
    names = [name for name, _ in pairs]
    marked.keys_twice = tuple(dict.fromkeys(name for name in names if names.count(name) > 1))
    return marked


def _doubles(value: Any, path: str = "") -> list[str]:
    paths = [f"{path}.{key}".lstrip(".") for key in getattr(value, "keys_twice", ())]
    if isinstance(value, dict):
        for key, item in value.items():
            paths += _doubles(item, f"{path}.{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            paths += _doubles(item, f"{path}[{i}]")
    return paths


def as_json(request: Request) -> Request:
    """The request with its body as JSON; refuses what is neither JSON nor readable protobuf (CBOR, YAML)."""
    media = request.header("content-type").partition(";")[0].strip()
    if request.body and media == protobuf.MEDIA:
        return replace(request, body=dump(protobuf.decode(request.body)))
    if request.body and request.method != "PATCH" and media not in ("application/json", "", "text/plain"):
        message = "the body of the request was in an unknown format - accepted media types include: application/json"
        raise ApiError("UnsupportedMediaType", message, {})
    return request


def parse_json(raw: bytes, type_name: str) -> Any:
    """JSON or BadRequest."""
    try:
        return json.loads(raw, object_pairs_hook=_pairs)
    except (ValueError, RecursionError) as error:
        raise bad_request(
            f"the object provided is unrecognized (must be of type {type_name}): json parse error: {error}"
        ) from error


def decode(kind: Kind, raw: bytes, options: Options) -> Obj:
    """The body of a create or replace: of this kind, typed, without unknown fields (an error when Strict)."""
    body = parse_json(raw, kind.kind)
    if not isinstance(body, dict):
        raise bad_request(f"json: cannot unmarshal {type(body).__name__} into Go value of type v1.{kind.kind}")
    names = (str(body.get("apiVersion") or kind.api_version), str(body.get("kind") or kind.kind))
    if names != (kind.api_version, kind.kind):
        number = names[0].rpartition("/")[2]
        problem = f'no kind "{names[1]}" is registered for version "{names[0]}" in scheme "pkg/runtime/scheme.go:111"'
        if names in BY_NAME:
            internal = f"{kind.group.partition('.')[0] or 'core'}.{kind.kind}"
            problem = f"converting ({number}.{names[1]}) to ({internal}): unknown conversion"
        raise bad_request(f'{names[1]} in version "{number}" cannot be handled as a {kind.kind}: {problem}')
    return typed(kind, body, options, _doubles(body))


def typed(kind: Kind, body: Obj, options: Options, doubles: list[str] | None = None) -> Obj:
    """`body` through the schema of its kind."""
    unreadable = f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}'
    try:
        clean, unknown, options.missing[:] = schema.decode(kind, body)
    except schema.TypeProblem as problem:
        raise bad_request(f"{unreadable}: {problem}") from problem
    problems = [f'duplicate field "{path}"' for path in doubles or ()] + [f'unknown field "{path}"' for path in unknown]
    if problems and options.validation == "Strict":
        raise bad_request(f"{unreadable}: strict decoding error: {', '.join(problems)}")
    if options.validation == "Warn":
        options.warnings += problems
    return clean | {"kind": kind.kind, "apiVersion": kind.api_version}
