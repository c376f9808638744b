"""Create again what was deleted: rehearsed as the person, shown, then created together and recorded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from accounts import audit, recycle_bin
from accounts.recycle_bin import Kept
from accounts.scope import Scope
from console.kube import batch
from console.kube.batch import Verdict
from console.kube.errors import Invalid, KubeError
from console.kube.gateway import Client
from console.kube.hub import Cluster
from services.manifests.bundle import creation_order
from services.manifests.restorable import restorable
from services.manifests.sentences import Sentence, gettext_noop

_NODE_PORT = re.compile(r"spec\.ports\[(\d+)\]\.nodePort")
_TAKEN = gettext_noop("The node port %(ports)s is taken by another Service: it gets a new one.")
_CHECK = gettext_noop("The health check node port is taken: it gets a new one.")


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One object as it would be created; `lost`: what does not come back; `error`: why the cluster would refuse it."""

    kept: Kept
    document: dict[str, Any]
    lost: tuple[Sentence, ...]
    error: KubeError | None


class Claimed(Exception):
    """It is being restored, or was, by somebody or by a first click."""


def rehearse_restore(scope: Scope, cluster: Cluster, objects: Sequence[Kept]) -> list[Rehearsed]:
    """What restoring these would do, each alone, in the order in which they would be created. Nothing is written."""
    client, by_document = cluster.as_user(scope.identity), {id(kept.manifest): kept for kept in objects}
    ordered = [by_document[id(manifest)] for manifest in creation_order(kept.manifest for kept in objects)]
    pairs = [restorable(kept.manifest) for kept in ordered]
    verdicts = batch.rehearse(client, [document for document, _lost in pairs])
    tried = zip(ordered, pairs, verdicts, strict=True)
    return [_tried(client, kept, document, lost, verdict) for kept, (document, lost), verdict in tried]


def restore(scope: Scope, cluster: Cluster, rehearsed: Sequence[Rehearsed]) -> tuple[Verdict, ...]:
    """Create these, all or none; one verdict an object, in their order. Raises `Claimed`, `NotRecorded`."""
    ids = [rehearsal.kept.id for rehearsal in rehearsed]
    claimed = recycle_bin.claim(scope, ids)
    if claimed is None:
        raise Claimed
    restored: list[int] = []
    try:
        target = ", ".join(f"{rehearsal.kept.kind} {scope.place}/{rehearsal.kept.name}" for rehearsal in rehearsed)
        with audit.attempt(scope, "object.restore", target=target) as entry:
            documents = [rehearsal.document for rehearsal in rehearsed]
            verdicts = batch.create_all(cluster.as_user(scope.identity), documents)
            pairs = zip(ids, verdicts, strict=True)
            restored = [key for key, verdict in pairs if verdict.outcome in ("created", "left")]
            _record(entry, verdicts)
    finally:
        recycle_bin.release(claimed, ids, restored)
    return verdicts


def _tried(
    client: Client, kept: Kept, document: dict[str, Any], lost: tuple[Sentence, ...], verdict: Verdict
) -> Rehearsed:
    """What came of one; a Service whose node ports others have by now is tried again without them."""
    error = verdict.error
    if not isinstance(error, Invalid) or kept.kind != "Service":
        return Rehearsed(kept, document, lost, error)
    document, numbers = deepcopy(document), []
    matches = (_NODE_PORT.fullmatch(cause.field) for cause in error.causes)
    taken = {int(match[1]) for match in matches if match}
    for index, port in enumerate(document["spec"].get("ports") or ()):
        if index in taken and port.get("nodePort"):
            numbers.append(str(port.pop("nodePort")))
    more = [Sentence(_TAKEN, ports=", ".join(numbers))] if numbers else []
    if any(cause.field == "spec.healthCheckNodePort" for cause in error.causes):
        document["spec"].pop("healthCheckNodePort", None)
        more.append(Sentence(_CHECK))
    if more:
        (verdict,) = batch.rehearse(client, [document])
    return Rehearsed(kept, document, (*lost, *more), verdict.error)


def _record(entry: audit.Entry, verdicts: Sequence[Verdict]) -> None:
    changes = [f"{verdict.ref}: {verdict.outcome}" for verdict in verdicts]
    error = next((verdict.error for verdict in verdicts if verdict.error is not None), None)
    if all(verdict.outcome == "created" for verdict in verdicts):
        entry.done(changes)
    elif all(verdict.outcome in ("refused", "not-tried") for verdict in verdicts) and error:
        entry.refused(audit.describe(error), changes)
    else:
        entry.failed(audit.describe(error) if error else "", changes)
