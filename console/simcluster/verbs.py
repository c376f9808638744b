"""The verbs on stored objects: get, list, create, replace, patch, delete, and the status and scale subresources."""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

from . import admission, patches
from .admission import Admission
from .api_errors import (
    ApiError,
    already_exists,
    bad_request,
    conflict,
    expired,
    forbidden,
    invalid,
    invalid_patch,
    not_found,
    unsupported,
    wrong,
)
from .catalog import EVENT, NAMESPACE, POD, RBAC, SERVICE, Kind
from .objects import Entry, Obj, Store, dump, stamp
from .requests import Options, Target, typed
from .schema import definition_of
from .selectors import field_value, fields, parse, text_of
from .validation import IMMUTABLE

_FIELDS: dict[str, frozenset[str]] = {
    "pods": frozenset(
        {"spec.nodeName", "status.phase", "spec.restartPolicy", "status.podIP", "spec.serviceAccountName"}
    ),
    "events": frozenset(
        {f"involvedObject.{part}" for part in ("kind", "name", "namespace", "uid", "apiVersion", "fieldPath")}
        | {"type", "reason", "source", "reportingComponent"}
    ),
    "secrets": frozenset({"type"}),
    "services": frozenset({"spec.type", "spec.clusterIP"}),
    "namespaces": frozenset({"status.phase"}),
    "replicasets": frozenset({"status.replicas"}),
}
_META_FIELDS = frozenset({"metadata.name", "metadata.namespace"})
_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_KEPT = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink")
_MADE_BY_PUT = (SERVICE, EVENT)
PATCHES = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
}

Test = Callable[[Entry], bool]


def suffix(length: int = 5) -> str:
    """A random ending for generated names."""
    return "".join(secrets.choice(_SUFFIX) for _ in range(length))


def filters(kind: Kind, label_selector: str, field_selector: str) -> Test | None:
    """One test for both selectors; None when everything matches."""
    labels = parse(label_selector)
    wanted = fields(field_selector, _META_FIELDS | _FIELDS.get(kind.plural, frozenset()))
    if labels is None and not wanted:
        return None

    def test(entry: Entry) -> bool:
        if labels is not None and not labels(entry.labels):
            return False
        meta = {"name": entry.name, "namespace": entry.namespace}
        body: Obj = {"metadata": meta} if all(path[0] == "metadata" for path, _, _ in wanted) else entry.body()
        return all((field_value(body, path) == value) is equal for path, value, equal in wanted)

    return test


class Api:
    """The verbs. `clock` gives epoch seconds."""

    def __init__(self, store: Store, admission_: Admission, clock: Callable[[], float]) -> None:
        self.store, self.admission, self.clock = store, admission_, clock

    def entry(self, target: Target) -> Entry:
        """The object or NotFound."""
        entry = self.store.get(target.kind, target.namespace, target.name)
        if entry is None:
            raise not_found(target.kind, target.name)
        return entry

    def page(self, target: Target, query: Any) -> tuple[list[Entry], Obj]:
        """The entries of one page of a list, and the metadata of the list."""
        test = filters(target.kind, query.get("labelSelector", ""), query.get("fieldSelector", ""))
        limit, version, after = int(query.get("limit") or 0), self.store.version, ("", "")
        token = query.get("continue", "")
        if token:
            version, after = self._continued(target.kind, token)
        scanned = self.store.scan(target.kind, target.scope, after)
        matching = scanned if test is None else filter(test, scanned)
        entries = list(islice(matching, limit + 1 if limit else None))
        meta: Obj = {"resourceVersion": str(version)}
        if limit and len(entries) > limit:
            del entries[limit:]
            last, seen = entries[-1], limit + (json.loads(base64.b64decode(token))[3] if token else 0)
            meta["continue"] = base64.b64encode(dump([version, last.namespace, last.name, seen])).decode()
            if test is None:
                meta["remainingItemCount"] = max(1, self.store.count(target.kind, target.scope) - seen)
        return entries, meta

    def _continued(self, kind: Kind, token: str) -> tuple[int, tuple[str, str]]:
        try:
            version, namespace, name, _ = json.loads(base64.b64decode(token, validate=True))
        except ValueError:
            raise bad_request("continue key is not valid") from None
        if version < self.store.logs[kind].floor:
            raise expired(
                "The provided continue parameter is too old to display a consistent list result. "
                "You can start a new list without the continue parameter."
            )
        return version, (namespace, name)

    def create(self, target: Target, body: Obj, options: Options, user: Any) -> Entry | Obj:
        """A new object; with dryRun the object as it would be."""
        kind = target.kind
        meta = self._new_meta(target, body, options)
        body["metadata"] = meta
        if kind.has_status:
            body.pop("status", None)
        if kind.namespaced:
            self._check_namespace(kind, target.namespace, meta.get("name", ""))
        if not meta.get("name") and meta.get("generateName"):
            meta["name"] = meta["generateName"][:58] + suffix()
        if kind.group == RBAC:
            admission.structure(kind, body)
            self.admission.authorizer.check_grant(user, kind, body)
        self.admission.create(kind, body, options)
        if self.store.get(kind, target.namespace, meta["name"]) is not None:
            raise already_exists(kind, meta["name"])
        self.admission.charge(kind, body, None)
        return body if options.dry_run else self.store.put(kind, body)

    def _new_meta(self, target: Target, body: Obj, options: Options) -> Obj:
        meta: Obj = dict(body.get("metadata") or {})
        namespace = meta.get("namespace", "")
        if namespace and namespace != target.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        if target.kind.namespaced and not target.namespace:
            raise bad_request("an empty namespace may not be set during creation")
        if meta.pop("resourceVersion", "") and not options.dry_run:
            raise ApiError("InternalError", "resourceVersion should not be set on objects to be created")
        for key in (*_KEPT, "managedFields"):
            meta.pop(key, None)
        if target.namespace:
            meta["namespace"] = target.namespace
        meta |= {"uid": str(uuid.uuid4()), "creationTimestamp": stamp(self.clock())}
        if admission.has_generation(target.kind):
            meta["generation"] = 1
        return meta

    def _check_namespace(self, kind: Kind, namespace: str, name: str) -> None:
        space = self.store.get(NAMESPACE, "", namespace)
        if space is None:
            raise not_found(NAMESPACE, namespace)
        if space.deleting:
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            cause = admission.Cause(
                "NamespaceTerminating", f"namespace {namespace} is being terminated", "metadata.namespace"
            )
            raise forbidden(kind.resource, name, why, kind.group, (cause,))

    def replace(self, target: Target, body: Obj, options: Options, user: Any) -> Entry | Obj:
        """The object with a new content (or a new status, or a new scale)."""
        name = (body.get("metadata") or {}).get("name", "")
        if name != target.name:
            raise bad_request(
                f"the name of the object ({name}) does not match the name on the URL ({target.name})"
                if name
                else "name must be provided"
            )
        missing = self.store.get(target.kind, target.namespace, target.name) is None
        if missing and not target.subresource and target.kind in _MADE_BY_PUT and not body["metadata"].get("uid"):
            self.admission.authorizer.check(user, replace(target, verb="create").ask())
            body["metadata"].pop("resourceVersion", None)
            return self.create(target, body, options, user)
        entry = self.entry(target)
        if target.subresource == "scale":
            return self._scaled(entry, body, options)
        return self._store(entry, body, target.subresource, options, user)

    def patch(self, target: Target, raw: bytes, content_type: str, options: Options, user: Any) -> Entry | Obj:
        """The object with a patch applied."""
        how = PATCHES.get(content_type.partition(";")[0].strip())
        if how is None:
            words = (
                f"the body of the request was in an unknown format - accepted media types include: {', '.join(PATCHES)}"
            )
            if "apply-patch" in content_type:
                words = "server-side apply is not served by the embedded cluster"
            raise ApiError("UnsupportedMediaType", words, {})
        entry = self.entry(target)
        current = self.scale(entry) if target.subresource == "scale" else entry.body()
        try:
            patch = json.loads(raw)
        except ValueError as error:
            raise bad_request(f"error decoding patch: {error}") from error
        changed = self._patched(target, current, patch, how)
        if target.subresource == "scale":
            return self._scaled(entry, changed, options)
        changed = self._typed_patch(target.kind, changed, options)
        name = changed["metadata"].get("name")
        if name != target.name:
            raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({target.name})")
        if changed["metadata"].get("uid", entry.uid) != entry.uid:
            raise invalid(target.kind, target.name, [wrong("metadata.uid", changed["metadata"]["uid"], IMMUTABLE)])
        return self._store(entry, changed, target.subresource, options, user)

    @staticmethod
    def _patched(target: Target, current: Obj, patch: Any, how: str) -> Obj:
        try:
            if not isinstance(patch, list if how == "json" else dict):
                wanted = "[]handlers.jsonPatchOp" if how == "json" else "map[string]interface {}"
                json_type = "object" if isinstance(patch, dict) else "array" if isinstance(patch, list) else "string"
                raise bad_request(
                    f"error decoding patch: json: cannot unmarshal {json_type} into Go value of type {wanted}"
                )
            if how == "json":
                return patches.json_patch(current, patch)
            if how == "merge":
                merged: Obj = patches.merge(current, patch)
                return merged
            name = definition_of(target.kind) if target.subresource != "scale" else "io.k8s.api.autoscaling.v1.Scale"
            result: Obj = patches.strategic(current, patch, name)
            return result
        except patches.PatchProblem as problem:
            if how == "strategic":
                raise ApiError("InternalError", str(problem)) from None
            raise ApiError("Invalid", "the server rejected our request due to an error in our request", {}) from None

    @staticmethod
    def _typed_patch(kind: Kind, changed: Obj, options: Options) -> Obj:
        quiet, shown = Options(validation="Warn"), dump(changed).decode()
        if changed.get("kind") != kind.kind or changed.get("apiVersion") != kind.api_version:
            raise bad_request(f"the kind or API version of the patched object is not {kind.kind} of {kind.api_version}")
        try:
            clean = typed(kind, changed, quiet)
        except ApiError as error:
            raise invalid_patch(shown, error.message.partition(f" as a {kind.kind}: ")[2]) from error
        if quiet.warnings and options.validation == "Strict":
            raise invalid_patch(shown, "strict decoding error: " + ", ".join(quiet.warnings))
        if options.validation == "Warn":
            options.warnings += quiet.warnings
        options.missing[:] = quiet.missing
        return clean

    def _store(self, entry: Entry, body: Obj, subresource: str, options: Options, user: Any) -> Entry | Obj:
        kind, old = entry.kind, entry.body()
        meta = body.setdefault("metadata", {})
        if meta.get("uid", entry.uid) != entry.uid:
            why = f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {entry.uid}"
            raise conflict(kind, entry.name, why)
        if meta.get("resourceVersion", str(entry.version)) not in ("", "0", str(entry.version)):
            raise conflict(kind, entry.name)
        self._keep(kind, body, old, subresource)
        if kind.group == RBAC:
            self.admission.authorizer.check_grant(user, kind, body)
        if subresource != "status":
            self.admission.update(kind, body, old, options)
            if admission.has_generation(kind) and body.get("spec") != old.get("spec"):
                body["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1
            self.admission.charge(kind, body, old)
        body["metadata"]["resourceVersion"] = str(entry.version)
        if options.dry_run or body == old:
            return body if options.dry_run else entry
        if entry.deleting and not body["metadata"].get("finalizers") and old["metadata"].get("finalizers"):
            self.store.put(kind, body)
            return self.store.remove(self.entry(Target(kind, entry.namespace, entry.name, "", "")))
        return self.store.put(kind, body)

    @staticmethod
    def _keep(kind: Kind, body: Obj, old: Obj, subresource: str) -> None:
        meta, before = body["metadata"], old["metadata"]
        for key in _KEPT:
            meta.pop(key, None)
            if key in before:
                meta[key] = before[key]
        meta.pop("managedFields", None)
        meta.setdefault("name", before["name"])
        if "namespace" in before:
            meta.setdefault("namespace", before["namespace"])
            if meta["namespace"] != before["namespace"]:
                raise bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request"
                )
        if subresource == "status":
            status = body.get("status")
            body.clear()
            body |= old | ({"status": status} if status is not None else {})
        elif kind.has_status:
            body.pop("status", None)
            if "status" in old:
                body["status"] = old["status"]

    @staticmethod
    def scale(entry: Entry) -> Obj:
        """The Scale of a workload."""
        body = entry.body()
        keys = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        return {
            "kind": "Scale",
            "apiVersion": "autoscaling/v1",
            "metadata": {key: body["metadata"][key] for key in keys},
            "spec": {"replicas": replicas} if (replicas := body["spec"].get("replicas", 0)) else {},
            "status": {
                "replicas": body.get("status", {}).get("replicas", 0),
                "selector": text_of(body["spec"]["selector"]),
            },
        }

    def _scaled(self, entry: Entry, scale: Obj, options: Options) -> Entry | Obj:
        replicas = (scale.get("spec") or {}).get("replicas", 0)
        if not isinstance(replicas, int) or replicas < 0:
            causes = [wrong("spec.replicas", replicas, "must be greater than or equal to 0")]
            raise invalid(Kind("autoscaling", "v1", "Scale", "scales"), entry.name, causes)
        version = (scale.get("metadata") or {}).get("resourceVersion", "")
        if version and version != str(entry.version):
            raise conflict(entry.kind, entry.name)
        body = entry.body()
        body["spec"]["replicas"] = replicas
        stored = self._store(entry, body, "", options, None)
        if isinstance(stored, Entry):
            return self.scale(stored)
        return self.scale(entry) | {"spec": {"replicas": replicas}}

    def delete(self, target: Target, wishes: Obj, options: Options) -> Entry | Obj:
        """The object when it lives on for a while, else a `Status`."""
        entry = self.entry(target)
        _check_preconditions(entry, wishes.get("preconditions") or {})
        policy = wishes.get("propagationPolicy") or ("Orphan" if wishes.get("orphanDependents") else "Background")
        if policy not in ("Orphan", "Background", "Foreground"):
            allowed = ("Foreground", "Background", "Orphan", "nil")
            kind = Kind("meta.k8s.io", "v1", "DeleteOptions", "")
            raise invalid(kind, "", [unsupported("propagationPolicy", policy, allowed)])
        body = entry.body()
        finalizers = body["metadata"].setdefault("finalizers", [])
        extra = {"Orphan": "orphan", "Foreground": "foregroundDeletion"}.get(policy)
        if extra and extra not in finalizers and self.store.owned(entry.uid):
            finalizers.append(extra)
        grace = _grace(entry, body, wishes)
        gone = not finalizers and not grace and entry.kind is not NAMESPACE
        if options.dry_run:
            times = {"deletionTimestamp": stamp(self.clock() + grace), "deletionGracePeriodSeconds": grace}
            return _gone(entry) if gone else body | {"metadata": body["metadata"] | times}
        if gone:
            self.store.remove(entry)
            return _gone(entry)
        if not finalizers:
            del body["metadata"]["finalizers"]
        if not entry.deleting:
            body["metadata"] |= {"deletionTimestamp": stamp(self.clock() + grace), "deletionGracePeriodSeconds": grace}
            if entry.kind is NAMESPACE:
                body["status"] = {"phase": "Terminating"}
            entry = self.store.put(entry.kind, body)
        return entry


def _grace(entry: Entry, body: Obj, wishes: Obj) -> int:
    if entry.kind is not POD or not body["spec"].get("nodeName"):
        return 0
    grace = wishes.get("gracePeriodSeconds")
    return int(body["spec"].get("terminationGracePeriodSeconds", 30) if grace is None else grace)


def _check_preconditions(entry: Entry, wanted: Obj) -> None:
    uid, version = wanted.get("uid"), wanted.get("resourceVersion")
    if uid and uid != entry.uid:
        why = f"the UID in the precondition ({uid}) does not match the UID in record ({entry.uid}). "
        why += "The object might have been deleted and then recreated"
        raise conflict(entry.kind, entry.name, why, by_kind=True)
    if version and version != str(entry.version):
        why = f"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record "
        why += f"({entry.version}). The object might have been modified"
        raise conflict(entry.kind, entry.name, why, by_kind=True)


def _gone(entry: Entry) -> Obj:
    details = {"name": entry.name, "group": entry.kind.group, "kind": entry.kind.plural, "uid": entry.uid}
    details = {key: value for key, value in details.items() if value}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
