"""Delete Services and what stands behind them: those very objects (by UID), one result each."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from accounts import audit
from accounts.scope import Scope
from console.kube import batch
from console.kube.errors import AnswerLost, Conflict, Forbidden, KubeError, NotFound, ServerError
from console.kube.gateway import Client
from console.kube.hub import Cluster
from console.kube.kinds import Kind

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
