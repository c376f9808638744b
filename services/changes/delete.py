"""Delete objects of a project: those very ones (by UID), kept in the recycle bin before, with a result for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from accounts import audit, recycle_bin
from accounts.scope import Scope
from console.kube import batch, kinds
from console.kube.errors import AnswerLost, Conflict, Forbidden, KubeError, NotFound, ServerError
from console.kube.gateway import Client
from console.kube.hub import Cluster
from console.kube.kinds import Kind

# Every claim has it: it goes with its last pod, as the dialog says.
_PVC_PROTECTION = "kubernetes.io/pvc-protection"
# Controllers write the status of an object, and with it its version, while it is deleted.
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Target:
    """An object to delete: this very one (`uid`), not another that got its name meanwhile."""

    kind: Kind
    name: str
    uid: str

    def __str__(self) -> str:
        return f"{self.kind.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Deleted:
    """What became of one target. gone: was not there any more; changed: the name belongs to another object by now.

    `waits`: the finalizers for which an object that is being deleted is still there. `unkept`: it was too large for
    the recycle bin.
    """

    target: Target
    outcome: Literal["deleted", "gone", "changed", "refused", "failed", "unknown", "not-tried"]
    error: KubeError | None = None
    waits: tuple[str, ...] = ()
    unkept: bool = False

    @property
    def is_away(self) -> bool:
        """Whether the object that was meant does not exist any more, or goes as soon as its finalizers let it."""
        return self.outcome in ("deleted", "gone")


def delete_objects(
    scope: Scope, cluster: Cluster, first: Sequence[Target], also: Sequence[Target], *, action: str = "service.delete"
) -> tuple[Deleted, ...]:
    """Delete the first ones, then what was chosen with them. One result an object, in that order.

    If one of the first cannot be deleted, nothing that was chosen with it is touched.
    """
    names = ", ".join(f"{target.kind.kind} {scope.place}/{target.name}" for target in first)
    with audit.attempt(scope, action, target=names) as entry:
        deleting = Deleting(scope, cluster.as_user(scope.identity), entry)
        done: list[Deleted] = []
        for target in first:
            done.append(_delete_next(deleting, target, done))
        all_away = all(result.is_away for result in done)
        for target in also:
            done.append(_delete_next(deleting, target, done) if all_away else Deleted(target, "not-tried"))
        _record(entry, done)
    return tuple(done)


def _delete_next(deleting: Deleting, target: Target, done: Sequence[Deleted]) -> Deleted:
    """Delete one more. What cannot be kept is not tried; what was done before is told all the same."""
    try:
        return deleting.delete(target)
    except audit.NotRecorded:
        if not done:
            raise
        return Deleted(target, "not-tried")


class Deleting:
    """Deletes of one attempt: each object is read, kept, and deleted as that version of it."""

    def __init__(self, scope: Scope, client: Client, entry: audit.Entry) -> None:
        self._scope, self._client, self._entry = scope, client, entry

    def delete(self, target: Target) -> Deleted:
        """Delete one object and say what became of it. Raises `NotRecorded` before anything is sent."""
        for left in reversed(range(_TRIES)):
            try:
                stored = self._read(target)
            except NotFound:
                return Deleted(target, "gone")
            except KubeError as error:  # what cannot be read cannot be kept, and is not deleted
                return Deleted(target, "refused" if isinstance(error, Forbidden) else "failed", error)
            meta = stored["metadata"]
            if meta.get("uid") != target.uid:
                return Deleted(target, "changed", Conflict("another object has this name", ref=None))
            if meta.get("deletionTimestamp"):
                return Deleted(target, "deleted", waits=_finalizers(stored))
            result = self.delete_version(target, stored, str(meta.get("resourceVersion") or "") if left else "")
            if result.outcome != "changed" or not left:
                break
        return result

    def delete_version(self, target: Target, stored: Mapping[str, Any], version: str) -> Deleted:
        """Keep what is stored and delete it, if it still is that version ("": whichever). Raises `NotRecorded`."""
        if target.kind == kinds.POD and stored["metadata"].get("ownerReferences"):
            return self._send(target, version)  # its owner replaces it, and nobody would restore it
        # Without its status, and the notes of who manages which field.
        meta = {key: value for key, value in stored["metadata"].items() if key != "managedFields"}
        manifest = {key: value for key, value in stored.items() if key not in ("status", "metadata")}
        manifest |= {"apiVersion": target.kind.api_version, "kind": target.kind.kind, "metadata": meta}
        kept = recycle_bin.keep(self._scope, self._entry, manifest)
        result = self._send(target, version)
        recycle_bin.settle(kept, result.outcome)
        return replace(result, unkept=kept is None)

    def _read(self, target: Target) -> Mapping[str, Any]:
        """The object; of a Secret its keys alone."""
        if target.kind != kinds.SECRET:
            return self._client.get(target.kind, self._scope.place, target.name)
        keys = self._client.secret_keys(self._scope.place, target.name)
        meta = {"name": target.name, "namespace": self._scope.place, "uid": target.uid}
        return {"metadata": meta, "data": dict.fromkeys(keys, "")}

    def _send(self, target: Target, version: str) -> Deleted:
        place = self._scope.place
        try:
            answer = self._client.delete(
                target.kind, place, target.name, uid=target.uid, resource_version=version or None
            )
        except NotFound:
            return Deleted(target, "gone")
        except Conflict as error:
            return Deleted(target, "changed", error)
        except Forbidden as error:
            return Deleted(target, "refused", error)
        except (AnswerLost, ServerError) as error:
            return _deleted_after_all(self._client, place, target, error)
        except KubeError as error:
            return Deleted(target, "failed", error)
        return Deleted(target, "deleted", waits=_finalizers(answer))


def _finalizers(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """What an object that is still there after a deletion waits for; nothing where the answer is no object."""
    meta = answer.get("metadata") or {}
    finalizers = (meta.get("finalizers") or ()) if meta.get("deletionTimestamp") else ()
    return tuple(str(finalizer) for finalizer in finalizers if finalizer != _PVC_PROTECTION)


def _deleted_after_all(client: Client, place: str, target: Target, lost: KubeError) -> Deleted:
    def read() -> Mapping[str, Any]:
        """Its metadata; nothing where it is gone, or another object has its name."""
        try:
            meta = client.get(target.kind, place, target.name).get("metadata") or {}
        except NotFound:
            return {}
        return meta if meta.get("uid") == target.uid else {}

    try:
        meta = batch.looked_after(read, lambda now: not now or bool(now.get("deletionTimestamp")))
    except KubeError:
        return Deleted(target, "unknown", lost)
    if not meta or meta.get("deletionTimestamp"):
        return Deleted(target, "deleted", waits=_finalizers({"metadata": meta}))
    return Deleted(target, "failed" if isinstance(lost, ServerError) else "unknown", lost)


def _record(entry: audit.Entry, done: Sequence[Deleted]) -> None:
    changes = []
    for result in done:
        waits = f"is being deleted, waits for {', '.join(result.waits)}" if result.waits else ""
        changes.append(f"{result.target}: {waits or result.outcome}")
    remaining = [result for result in done if not result.is_away]
    if not remaining:
        entry.done(changes=changes)
    elif all(result.outcome in ("refused", "not-tried") for result in done):
        entry.refused(audit.describe(next(result.error for result in done if result.error)), changes=changes)
    else:
        entry.failed(", ".join(f"{result.target.name}: {result.outcome}" for result in remaining), changes=changes)
