"""Delete a Service and create it again with what cannot be changed, as one recorded action."""

from __future__ import annotations

import time
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Literal

from accounts import audit
from accounts.scope import Scope
from console.kube import batch, kinds
from console.kube.batch import Verdict
from console.kube.errors import Conflict, KubeError, NotFound
from console.kube.gateway import Client
from console.kube.hub import Cluster
from services.changes.delete import Deleted, Deleting, Target
from services.changes.effects import Document
from services.manifests.restorable import restorable

_WAITS = (0.0, 0.2, 0.5, 1.0)
"""How long the old one is waited for: a cloud may take its load balancer away before."""
_OTHER = "berth-dry-run"


@dataclass(frozen=True, slots=True)
class Recreated:
    """How it stands. created: as it was wanted; kept: the old one was not deleted; restored: the new one was not
    created, and the old one exists again; waiting: the old one is being deleted, and the new one was not created;
    deleted: neither exists, the recycle bin (`entry`) has the old one; unknown: the old one was deleted, of the new
    one it is not known.
    """

    state: Literal["created", "kept", "restored", "waiting", "deleted", "unknown"]
    error: KubeError | None = None
    waits: tuple[str, ...] = ()
    entry: int = 0


def rehearse_recreate(client: Client, place: str, document: Document) -> Verdict:
    """What the cluster says of the new one, under another name and without node ports, which the old one has still."""
    tried = deepcopy(dict(document))
    tried["metadata"] = {**tried["metadata"], "name": _OTHER, "namespace": place}
    for port in tried["spec"].get("ports") or ():
        port.pop("nodePort", None)
    tried["spec"].pop("healthCheckNodePort", None)
    return batch.rehearse(client, [tried])[0]


def recreate(scope: Scope, cluster: Cluster, target: Target, version: str, document: Document) -> Recreated:
    """Delete that version of the Service and create the document in its place. Raises KubeError where nothing was
    changed, `Conflict` where it is another version by now; `NotRecorded` before anything is sent.
    """
    client, place = cluster.as_user(scope.identity), scope.place
    with audit.attempt(scope, "service.recreate", target=f"Service {place}/{target.name}") as entry:
        stored = client.get(kinds.SERVICE, place, target.name)
        meta = stored["metadata"]
        if (meta.get("uid"), meta.get("resourceVersion")) != (target.uid, version):
            raise Conflict("the object has been modified")
        verdict = rehearse_recreate(client, place, document)
        if verdict.error is not None:
            raise verdict.error
        deleted = Deleting(scope, client, entry).delete_version(target, stored, version)
        result = replace(_after(client, place, deleted, stored, document), entry=entry.row.pk)
        if result.state == "created":
            entry.done(["spec.clusterIP", "metadata.uid"])
        else:
            reason = audit.describe(result.error) if result.error else ""
            entry.failed(reason, [f"Service: {result.state}"])
    return result


def _after(client: Client, place: str, deleted: Deleted, stored: Document, document: Document) -> Recreated:
    """Create the new one where the old one is away; else, or where that fails, how it stands."""
    if not deleted.is_away:
        return Recreated("unknown" if deleted.outcome == "unknown" else "kept", deleted.error)
    if not _is_away(client, place, deleted):
        return Recreated("waiting", waits=deleted.waits)
    (verdict,) = batch.create_all(client, [document])
    if verdict.outcome == "created":
        return Recreated("created")
    if verdict.outcome in ("unknown", "exists", "left"):
        return Recreated("unknown", verdict.error)
    return Recreated(_put_back(client, stored), verdict.error)


def _is_away(client: Client, place: str, deleted: Deleted) -> bool:
    for pause in _WAITS:
        time.sleep(pause)
        try:
            meta = client.get(kinds.SERVICE, place, deleted.target.name)["metadata"]
        except NotFound:
            return True
        except KubeError:
            return not deleted.waits
        if meta.get("uid") != deleted.target.uid:
            return True
    return False


def _put_back(client: Client, stored: Document) -> Literal["restored", "deleted", "unknown"]:
    """Create the old one again, with its addresses if they are still free. What became of it."""
    document, _lost = restorable({**stored, "apiVersion": "v1", "kind": "Service"})
    addresses = {key: stored["spec"][key] for key in ("clusterIP", "clusterIPs") if key in stored["spec"]}
    for attempt in ({**document, "spec": {**document["spec"], **addresses}}, document):
        (verdict,) = batch.create_all(client, [attempt])
        if verdict.outcome == "created":
            return "restored"
        if verdict.outcome in ("unknown", "exists", "left"):
            return "unknown"
    return "deleted"
