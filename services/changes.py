"""The verbs that change what exists: replace a Service, delete Services and what stands behind them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from django.core.exceptions import PermissionDenied

from accounts import audit
from accounts.scope import Scope
from console.kube import batch, kinds
from console.kube.errors import AnswerLost, Conflict, Forbidden, KubeError, NotFound, ServerError
from console.kube.gateway import Client
from console.kube.hub import Cluster
from console.kube.kinds import Kind, Ref
from services.manifests.allowed import LAST_APPLIED, Problem, dangers
from services.manifests.diff import changes
from services.manifests.lenses.parts import MISSING, get, replace
from services.manifests.paths import format_path

Document = dict[str, Any]

# What the server keeps and an editor does not show. Owner references, and what `kubectl apply` compares with, are put
# back from the stored object.
_SERVER_OWNED = (
    "managedFields",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "ownerReferences",
)
_LAST_APPLIED = ("metadata", "annotations", LAST_APPLIED)


def editable(document: Mapping[str, Any]) -> Document:
    """A copy of an object without what only the server may set."""
    kept = {key: deepcopy(value) for key, value in document.items() if key not in ("status", "metadata")}
    meta = document.get("metadata") or {}
    metadata = {key: deepcopy(value) for key, value in meta.items() if key not in _SERVER_OWNED}
    return replace({**kept, "metadata": metadata}, _LAST_APPLIED, MISSING)  # type: ignore[no-any-return]


def version_of(document: Mapping[str, Any]) -> str:
    """The resource version of an object."""
    return str((document.get("metadata") or {}).get("resourceVersion") or "")


def read_service(scope: Scope, cluster: Cluster, name: str) -> Document:
    """The Service as stored now, read as the person. Raises KubeError; `NotFound` also for what can be no name."""
    if not kinds.is_name(kinds.SERVICE, name):
        raise NotFound(f"{name[:80]!r} is not the name of a Service")
    return cluster.as_user(scope.identity).get(kinds.SERVICE, scope.place, name)


class Refused(PermissionDenied):
    """A change would bring in what no document may: `problems` are the places and sentences."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems[0][1])
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A replacement that the cluster would accept: the object as it is, and as it would be."""

    stored: Document
    proposed: Document


def rehearse_replace(scope: Scope, cluster: Cluster, name: str, document: Document, version: str) -> Rehearsed:
    """What the cluster would store in place of that version. Nothing is written. Raises KubeError, and `Refused` for
    what no edit may bring in."""
    client = cluster.as_user(scope.identity)
    stored = _stored(client, scope.place, name, version)
    body = _whole(stored, document)
    return Rehearsed(stored, client.replace(kinds.SERVICE, scope.place, name, body, dry_run=True))


def replace_service(scope: Scope, cluster: Cluster, name: str, document: Document, version: str) -> tuple[str, ...]:
    """Store the document in place of that version of the Service; the changed paths are returned and recorded.

    Raises `Conflict` when the stored version is another one, `Refused` for what no edit may bring in. After a lost
    answer the Service is read again, and AnswerLost is raised only if it is still not known what became of it.
    """
    client = cluster.as_user(scope.identity)
    with audit.attempt(scope, "service.replace", target=f"Service {scope.place}/{name}") as entry:
        before = _stored(client, scope.place, name, version)
        body = _whole(before, document)
        try:
            after = client.replace(kinds.SERVICE, scope.place, name, body)
        except (AnswerLost, ServerError) as lost:  # a server that fails may have stored it all the same
            after = _look_again(client, scope.place, name, before, body, lost)
        changed = tuple(format_path(change.path) for change in changes(editable(before), editable(after)))
        entry.done(changes=changed)
    return changed


def _stored(client: Client, place: str, name: str, version: str) -> Document:
    """The Service, if it still is that version."""
    stored = client.get(kinds.SERVICE, place, name)
    if version_of(stored) != version:
        raise Conflict("the object has been modified", ref=Ref(kinds.SERVICE, place, name))
    return stored


def _whole(stored: Document, document: Mapping[str, Any]) -> Document:
    """The edited document with what the editor did not show. Raises `Refused`."""
    problems = tuple(dangers(dict(document), stored))
    if problems:
        raise Refused(problems)
    body, meta = editable(document), stored["metadata"]
    kept = {
        key: deepcopy(meta[key]) for key in ("resourceVersion", "uid", "namespace", "ownerReferences") if key in meta
    }
    body["metadata"] |= kept
    return replace(body, _LAST_APPLIED, get(stored, _LAST_APPLIED))  # type: ignore[no-any-return]


def _look_again(client: Client, place: str, name: str, before: Document, sent: Document, lost: KubeError) -> Document:
    """What became of a replacement whose answer was lost: the stored object, or an error that says so.

    Where the version is another one, the server says whose it is: what was changed must be so already when the same is
    tried once more. What others have put in besides (a controller its finalizer) is theirs.
    """
    try:
        stored = _later(client, place, name, version_of(sent))
        if version_of(stored) != version_of(sent):
            again = {**sent, "metadata": {**sent["metadata"], "resourceVersion": version_of(stored)}}
            would = client.replace(kinds.SERVICE, place, name, again, dry_run=True)
    except Conflict:
        raise
    except KubeError:
        raise lost from None
    if version_of(stored) == version_of(sent):
        raise lost  # a write without an answer may still be on its way
    ours = [change.path for change in changes(editable(before), editable(sent))]
    differ = [change.path for change in changes(editable(stored), editable(would))]
    if not any(_overlap(one, other) for one in ours for other in differ):
        return stored
    raise Conflict("the object has been modified", ref=Ref(kinds.SERVICE, place, name)) from lost


def _later(client: Client, place: str, name: str, version: str) -> Document:
    """The Service, looked at a few times while it is still that version: a lost write may be on its way."""
    for pause in batch.LOOKS:
        time.sleep(pause)
        stored = client.get(kinds.SERVICE, place, name)
        if version_of(stored) != version:
            break
    return stored


def _overlap(one: Sequence[object], other: Sequence[object]) -> bool:
    """Whether one path is the other, or leads to it."""
    return all(left == right for left, right in zip(one, other, strict=False))


# Deleting

# Every claim has it: it goes with its last pod, as the dialog says.
_PVC_PROTECTION = "kubernetes.io/pvc-protection"


@dataclass(frozen=True, slots=True)
class Target:
    """An object to delete: this very one (`uid`), not another that got its name meanwhile."""

    kind: Kind
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """What became of one target. gone: was not there any more; changed: the name belongs to another object by now.

    `waits`: the finalizers for which an object that is being deleted is still there.
    """

    target: Target
    outcome: Literal["deleted", "gone", "changed", "refused", "failed", "unknown", "not-tried"]
    error: KubeError | None = None
    waits: tuple[str, ...] = ()

    @property
    def is_away(self) -> bool:
        """Whether the object that was meant does not exist any more, or goes as soon as its finalizers let it."""
        return self.outcome in ("deleted", "gone")


def delete_services(
    scope: Scope, cluster: Cluster, services: Sequence[Target], also: Sequence[Target]
) -> tuple[Deleted, ...]:
    """Delete Services, then what was chosen with them. One result an object, in that order.

    If a Service cannot be deleted, nothing that was chosen with it is touched.
    """
    client = cluster.as_user(scope.identity)
    target = ", ".join(f"Service {scope.place}/{one.name}" for one in services)
    with audit.attempt(scope, "service.delete", target=target) as entry:
        done = [_delete(client, scope.place, one) for one in services]
        if all(one.is_away for one in done):
            done += [_delete(client, scope.place, one) for one in also]
        else:
            done += [Deleted(one, "not-tried") for one in also]
        _record(entry, done)
    return tuple(done)


def _delete(client: Client, place: str, target: Target) -> Deleted:
    try:
        answer = client.delete(target.kind, place, target.name, uid=target.uid)
    except NotFound:
        return Deleted(target, "gone")
    except Conflict as error:
        return Deleted(target, "changed", error)
    except Forbidden as error:
        return Deleted(target, "refused", error)
    except (AnswerLost, ServerError) as error:
        return _deleted_after_all(client, place, target, error)
    except KubeError as error:
        return Deleted(target, "failed", error)
    return Deleted(target, "deleted", waits=_finalizers(answer))


def _finalizers(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """What an object that is still there after a deletion waits for; nothing where the answer is no object."""
    meta = answer.get("metadata") or {}
    found = (meta.get("finalizers") or ()) if meta.get("deletionTimestamp") else ()
    return tuple(str(one) for one in found if one != _PVC_PROTECTION)


def _deleted_after_all(client: Client, place: str, target: Target, lost: KubeError) -> Deleted:
    for pause in batch.LOOKS:
        time.sleep(pause)
        try:
            stored = client.get(target.kind, place, target.name)
        except NotFound:
            return Deleted(target, "deleted")
        except KubeError:
            return Deleted(target, "unknown", lost)
        meta = stored.get("metadata") or {}
        if meta.get("uid") != target.uid:
            return Deleted(target, "deleted")
        if meta.get("deletionTimestamp"):
            return Deleted(target, "deleted", waits=_finalizers(stored))
    return Deleted(target, "failed" if isinstance(lost, ServerError) else "unknown", lost)


def _record(entry: audit.Entry, done: Sequence[Deleted]) -> None:
    said = [f"{one.target.kind.kind} {one.target.name}: {_word(one)}" for one in done]
    open_ones = [one for one in done if not one.is_away]
    if not open_ones:
        entry.done(changes=said)
    elif all(one.outcome in ("refused", "not-tried") for one in done):
        entry.refused(audit.describe(next(one.error for one in done if one.error)), changes=said)
    else:
        entry.failed(", ".join(f"{one.target.name}: {one.outcome}" for one in open_ones), changes=said)


def _word(one: Deleted) -> str:
    return f"is being deleted, waits for {', '.join(one.waits)}" if one.waits else one.outcome
