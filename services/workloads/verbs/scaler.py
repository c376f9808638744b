"""The autoscaler of a workload: how what a person set gets into it, and how it is made."""

from __future__ import annotations

from collections.abc import Container
from copy import deepcopy
from itertools import chain, count
from typing import Any

from accounts import audit
from accounts.scope import Scope
from console.kube import batch, kinds
from console.kube.batch import Verdict
from console.kube.errors import Conflict
from console.kube.hub import Cluster
from console.kube.kinds import Kind, Ref
from services.changes.replace import target_of
from services.manifests.autoscalers import FIELDS, Targets, set_in, targets_of
from services.manifests.starters import CREATOR
from services.workloads.verbs.edits import Clash

Document = dict[str, Any]
_PATHS = {"least": ("spec", "minReplicas"), "most": ("spec", "maxReplicas")}


def set_targets(stored: Document, *, uid: str, wanted: Targets, seen: Targets) -> Document:
    """The autoscaler with what was changed against `seen`; what somebody else changed besides stays."""
    if (stored.get("metadata") or {}).get("uid") != uid:
        raise Conflict("another object has this name", ref=None)
    now, mine = targets_of(stored), wanted.differing(seen)
    taken = [name for name in mine if getattr(now, name) not in (getattr(seen, name), getattr(wanted, name))]
    if taken:
        raise Clash(_PATHS.get(taken[0], ()) if len(taken) == 1 else (), now)
    changed = deepcopy(stored)
    set_in(changed["spec"], wanted, mine)
    return changed


def new_scaler(scope: Scope, kind: Kind, name: str, wanted: Targets, taken: Container[str]) -> Document:
    """An autoscaler for a workload, of its name; where that is taken (a workload of another kind has it), with its own
    kind behind it, and with a number where that is taken, too.
    """
    behind = f"{name}-{kind.kind.lower()}"
    names = chain((name, behind), (f"{behind}-{number}" for number in count(2)))
    own = next(candidate for candidate in names if candidate not in taken)
    aim = {"apiVersion": kind.api_version, "kind": kind.kind, "name": name}
    spec: dict[str, Any] = {"scaleTargetRef": aim}
    set_in(spec, wanted, FIELDS)
    return {
        "apiVersion": kinds.HPA.api_version,
        "kind": kinds.HPA.kind,
        "metadata": {"name": own, "namespace": scope.place, "annotations": {CREATOR: scope.actor.name}},
        "spec": spec,
    }


def rehearse_scaler(scope: Scope, cluster: Cluster, document: Document) -> Document:
    """What the cluster would store. Nothing is written. Raises KubeError."""
    return cluster.as_user(scope.identity).create(kinds.HPA, scope.place, document, dry_run=True)


def create_scaler(scope: Scope, cluster: Cluster, document: Document) -> Verdict:
    """Create it and record that; what became of it. After a lost answer it is looked up."""
    ref = Ref(kinds.HPA, scope.place, str(document["metadata"]["name"]))
    with audit.attempt(scope, "workload.autoscale", target=target_of(ref)) as entry:
        verdict = batch.create_all(cluster.as_user(scope.identity), [document])[0]
        changes = [f"{verdict.ref}: {verdict.outcome}"]
        message = audit.describe(verdict.error) if verdict.error else ""
        if verdict.outcome == "created":
            entry.done(changes)
        elif verdict.error is not None and 400 <= verdict.error.code < 500:
            entry.refused(message, changes)
        else:
            entry.failed(message, changes)
    return verdict
