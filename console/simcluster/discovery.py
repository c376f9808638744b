"""What is served, told to clients: /version, /api, /apis (plain and aggregated) and the OpenAPI documents."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from . import protobuf, schema
from .catalog import GROUPS, KINDS, METRICS, Kind
from .objects import Obj, dump
from .verbs import PATCHES

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_SUB_VERBS = {"log": ["get"], "status": ["get", "patch", "update"], "scale": ["get", "patch", "update"]}
_SUB_KINDS = {"log": ("", "v1", "Pod"), "scale": ("autoscaling", "v1", "Scale")}


def version() -> Obj:
    """The answer of /version. The build says that it is not a real one."""
    major, minor, _ = schema.VERSION.split(".")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{schema.VERSION}+berth-embedded",
        "platform": "linux/amd64",
    }


def _kinds(group: str, group_version: str) -> list[Kind]:
    return [kind for kind in KINDS if (kind.group, kind.version) == (group, group_version)]


def _gvk(group: str, version_: str, kind: str) -> Obj:
    return {"group": group, "version": version_, "kind": kind}


def aggregated(*, core: bool) -> Obj:
    """The answer of /api or /apis to a client that asks for everything at once."""
    items = []
    for group, group_version in GROUPS:
        if (group == "") is core:
            resources = [_resource(kind) for kind in _kinds(group, group_version)]
            versions = [{"version": group_version, "resources": resources, "freshness": "Current"}]
            items.append({"metadata": {"name": group} if group else {}, "versions": versions})
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _resource(kind: Kind) -> Obj:
    resource: Obj = {
        "resource": kind.plural,
        "responseKind": _gvk(kind.group, kind.version, kind.kind),
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.kind.lower(),
        "verbs": list(kind.verbs),
    }
    if kind.short:
        resource["shortNames"] = list(kind.short)
    if kind.all:
        resource["categories"] = ["all"]
    subresources = [
        {"subresource": sub, "responseKind": _gvk(*_sub_kind(kind, sub)), "verbs": _SUB_VERBS[sub]}
        for sub in kind.subresources
    ]
    return resource | ({"subresources": subresources} if subresources else {})


def _sub_kind(kind: Kind, sub: str) -> tuple[str, str, str]:
    return _SUB_KINDS.get(sub, (kind.group, kind.version, kind.kind))


def groups() -> Obj:
    """The answer of /apis in its plain form."""
    items = []
    for group, group_version in GROUPS:
        if group:
            entry = {"groupVersion": f"{group}/{group_version}", "version": group_version}
            items.append({"name": group, "versions": [entry], "preferredVersion": entry})
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": items}


def versions() -> Obj:
    """The answer of /api in its plain form."""
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def resources(group: str, group_version: str) -> Obj | None:
    """The answer of /api/v1 or /apis/GROUP/VERSION; None when it is not served."""
    kinds = _kinds(group, group_version)
    if not kinds:
        return None
    items: list[Obj] = []
    for kind in kinds:
        base = {"namespaced": kind.namespaced}
        names = {"name": kind.plural, "singularName": kind.kind.lower(), "kind": kind.kind, "verbs": list(kind.verbs)}
        extra: Obj = {"shortNames": list(kind.short)} if kind.short else {}
        extra |= {"categories": ["all"]} if kind.all else {}
        items.append(base | names | extra)
        for sub in kind.subresources:
            gvk = _gvk(*_sub_kind(kind, sub))
            items.append(base | {"name": f"{kind.plural}/{sub}", "singularName": "", "verbs": _SUB_VERBS[sub]} | gvk)
    version_ = f"{group}/{group_version}" if group else group_version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version_, "resources": items}


def _paths() -> dict[str, tuple[str, str]]:
    served = [(group, number) for group, number in GROUPS if group != METRICS]
    return {f"apis/{group}/{number}" if group else f"api/{number}": (group, number) for group, number in served}


@cache
def openapi_index() -> bytes:
    """The answer of /openapi/v3."""
    urls = {}
    for path in _paths():
        digest = hashlib.sha256(openapi(path) or b"").hexdigest()[:32].upper()
        urls[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
    return dump({"paths": urls})


def _plain(value: Any, prefix: str) -> Any:
    """A schema of the package as the server publishes it: without null, with references of the document."""
    if isinstance(value, list):
        return [_plain(item, prefix) for item in value]
    if not isinstance(value, dict):
        return value
    if "oneOf" in value and "properties" not in value:
        return {"type": "string", "format": "int-or-string"}
    out = {key: _plain(item, prefix) for key, item in value.items() if key not in ("$ref", "enum")}
    if isinstance(out.get("type"), list):
        out["type"] = next(name for name in out["type"] if name != "null")
    name = schema.reference(value) if isinstance(value.get("$ref"), str) else ""
    return out | {"$ref": prefix + name} if name else out


def _reached(names: list[str]) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    while names:
        name = names.pop()
        if name not in definitions:
            definitions[name] = definition = schema.definitions()[name]
            names += _references(definition)
    return definitions


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [schema.reference(value)] if isinstance(value.get("$ref"), str) else []
        return own + [name for item in value.values() for name in _references(item)]
    return [name for item in value for name in _references(item)] if isinstance(value, list) else []


def _operations(kind: Kind, ref: str) -> Obj:
    mark = {"x-kubernetes-group-version-kind": _gvk(kind.group, kind.version, kind.kind)}
    parameters = [
        {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
        for name in ("dryRun", "fieldManager", "fieldValidation")
    ]
    answer = {"200": {"description": "OK", "content": {"application/json": {"schema": {"$ref": ref}}}}}
    plural = kind.plural
    base = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    collection = f"{base}/namespaces/{{namespace}}/{plural}" if kind.namespaced else f"{base}/{plural}"
    write = {"parameters": parameters, "responses": answer} | mark
    return {
        collection: {"post": write | {"x-kubernetes-action": "post"}},
        f"{collection}/{{name}}": {
            "get": {"responses": answer, "x-kubernetes-action": "get"} | mark,
            "put": write | {"x-kubernetes-action": "put"},
            "patch": write
            | {"x-kubernetes-action": "patch", "requestBody": {"content": {media: {} for media in PATCHES}}},
        },
    }


@cache
def openapi(path: str) -> bytes | None:
    """The OpenAPI v3 document of one group and version (`apis/apps/v1`); None when it is not served."""
    if path not in _paths():
        return None
    prefix = "#/components/schemas/"
    kinds = _kinds(*_paths()[path])
    names = [schema.definition_of(kind) for kind in kinds]
    names += ["io.k8s.apimachinery.pkg.apis.meta.v1.Status", "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"]
    paths: Obj = {}
    for kind in kinds:
        paths |= _operations(kind, prefix + schema.definition_of(kind))
    info = {"title": "Berth embedded cluster", "version": f"v{schema.VERSION}"}
    schemas = _plain(_reached(names), prefix)
    return dump({"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}})


@cache
def openapi_v2() -> bytes:
    """The OpenAPI v2 document in protobuf, which kubectl wants for a document of kind `List`."""
    names = [schema.definition_of(kind) for kind in KINDS if kind.group != METRICS]
    return protobuf.openapi("Berth embedded cluster", f"v{schema.VERSION}", _plain(_reached(names), "#/definitions/"))
