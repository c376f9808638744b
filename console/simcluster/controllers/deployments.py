"""Deployment -> ReplicaSet -> Pod."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..catalog import DEPLOYMENT, POD, REPLICA_SET
from ..objects import Obj, copied, seconds_of, stamp
from ..verbs import suffix
from .actions import (
    Action,
    Again,
    Create,
    Delete,
    Note,
    Update,
    condition_of,
    digest,
    is_going,
    is_ready,
    owner,
    pod_from,
    with_condition,
)
from .pods import is_available

REVISION = "deployment.kubernetes.io/revision"
HISTORY = f"{REVISION}-history"
HASH = "pod-template-hash"
_SOURCE = "deployment-controller"


def share(value: Any, whole: int, *, up: bool) -> int:
    """A number or a percentage of `whole`."""
    if isinstance(value, int):
        return value
    part = whole * int(str(value).rstrip("%")) / 100
    return math.ceil(part) if up else math.floor(part)


def bounds(spec: Obj) -> tuple[int, int]:
    """How many Pods there may be too many, and how many too few."""
    rolling = spec["strategy"].get("rollingUpdate") or {}
    surge = share(rolling.get("maxSurge", "25%"), spec["replicas"], up=True)
    missing = share(rolling.get("maxUnavailable", "25%"), spec["replicas"], up=False)
    return surge, missing if surge or missing else 1


def _template_of(replica_set: Obj) -> Obj:
    template: Obj = copied(replica_set["spec"]["template"])
    template["metadata"].get("labels", {}).pop(HASH, None)
    return template


def _status(body: Obj, name: str) -> int:
    return int(body.get("status", {}).get(name, 0))


def _revision(body: Obj) -> int:
    return int((body["metadata"].get("annotations") or {}).get(REVISION, 0))


def _new_set(deployment: Obj, revision: int, replicas: int) -> Create:
    template = copied(deployment["spec"]["template"])
    name = digest(template)
    template["metadata"].setdefault("labels", {})[HASH] = name
    selector = copied(deployment["spec"]["selector"])
    selector.setdefault("matchLabels", {})[HASH] = name
    meta = {
        "name": f"{deployment['metadata']['name']}-{name}",
        "namespace": deployment["metadata"]["namespace"],
        "labels": dict(template["metadata"]["labels"]),
        "annotations": {REVISION: str(revision)},
        "ownerReferences": [owner(deployment)],
    }
    wait = deployment["spec"].get("minReadySeconds", 0)
    spec = {"replicas": replicas, "selector": selector, "template": template, "minReadySeconds": wait}
    return Create(REPLICA_SET, {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta, "spec": spec})


def _scale(deployment: Obj, replica_set: Obj, count: int) -> list[Action]:
    now = replica_set["spec"]["replicas"]
    if now == count:
        return []
    changed = replica_set | {"spec": replica_set["spec"] | {"replicas": count}}
    way, name = "up" if count > now else "down", replica_set["metadata"]["name"]
    message = f"Scaled {way} replica set {name} from {now} to {count}"
    return [Update(REPLICA_SET, changed), Note(deployment, "ScalingReplicaSet", message, _SOURCE)]


def reconcile(deployment: Obj, sets: Sequence[Obj], now: float) -> list[Action]:
    """What to do for a Deployment, given its ReplicaSets."""
    if is_going(deployment):
        return []
    spec = deployment["spec"]
    current = next((replica_set for replica_set in sets if _template_of(replica_set) == spec["template"]), None)
    old = [replica_set for replica_set in sets if replica_set is not current]
    latest = max(map(_revision, sets), default=0)
    actions: list[Action] = []
    if current is None and not spec.get("paused"):
        actions += _first(deployment, old, latest + 1)
        revision = latest + 1
    else:
        revision = latest
        if current is not None and _revision(current) < latest:
            revision = latest + 1
            notes = current["metadata"].setdefault("annotations", {})
            before = ",".join(filter(None, (notes.get(HISTORY), notes.get(REVISION))))
            notes |= {HISTORY: before, REVISION: str(revision)}
            actions.append(Update(REPLICA_SET, copied(current)))
        actions += _roll(deployment, current, old)
    changed = copied(deployment)
    changed["metadata"].setdefault("annotations", {})[REVISION] = str(max(1, revision))
    again = _report(changed, current, sets, now)
    actions += [*([again] if again else []), *_forget(deployment, old)]
    return [*actions, Update(DEPLOYMENT, changed)]


def _first(deployment: Obj, old: Sequence[Obj], revision: int) -> list[Action]:
    spec = deployment["spec"]
    running = sum(replica_set["spec"]["replicas"] for replica_set in old)
    if spec["strategy"]["type"] == "Recreate":
        count = spec["replicas"] if not any(_status(replica_set, "replicas") for replica_set in old) else 0
    else:
        count = max(0, min(spec["replicas"], spec["replicas"] + bounds(spec)[0] - running))
    made = _new_set(deployment, revision, count)
    if not count:
        return [made]
    message = f"Scaled up replica set {made.body['metadata']['name']} from 0 to {count}"
    return [made, Note(deployment, "ScalingReplicaSet", message, _SOURCE)]


def _roll(deployment: Obj, current: Obj | None, old: Sequence[Obj]) -> list[Action]:
    spec = deployment["spec"]
    desired, active = spec["replicas"], [replica_set for replica_set in old if replica_set["spec"]["replicas"]]
    if spec.get("paused") or current is None:
        return _paused(deployment, [*old, *([current] if current else [])])
    gone = not any(_status(replica_set, "replicas") for replica_set in old)
    if not active and (current["spec"]["replicas"] >= desired or gone):
        return _scale(deployment, current, desired)
    if spec["strategy"]["type"] == "Recreate":
        steps = [step for replica_set in active for step in _scale(deployment, replica_set, 0)]
        return steps or (_scale(deployment, current, desired) if gone else [])
    return _rolling(deployment, current, active)


def _paused(deployment: Obj, sets: Sequence[Obj]) -> list[Action]:
    """Its rollout stays where it is; where it is scaled, or was on its way, the ReplicaSets grow by their shares."""
    spec, live = deployment["spec"], [replica_set for replica_set in sets if replica_set["spec"]["replicas"]]
    if len(live) < 2:
        live = live or sorted(sets, key=_revision)[-1:]
        return [step for replica_set in live for step in _scale(deployment, replica_set, spec["replicas"])]
    live.sort(key=lambda replica_set: -replica_set["spec"]["replicas"])
    allowed = spec["replicas"] and spec["replicas"] + bounds(spec)[0]
    running = sum(replica_set["spec"]["replicas"] for replica_set in live)
    counts = [round(replica_set["spec"]["replicas"] * allowed / running) for replica_set in live]
    counts[0] += allowed - sum(counts)
    return [step for live_set, count in zip(live, counts, strict=True) for step in _scale(deployment, live_set, count)]


def _rolling(deployment: Obj, current: Obj, active: Sequence[Obj]) -> list[Action]:
    spec = deployment["spec"]
    desired, (surge, missing) = spec["replicas"], bounds(spec)
    running = current["spec"]["replicas"] + sum(replica_set["spec"]["replicas"] for replica_set in active)
    count = current["spec"]["replicas"]
    if count > desired:
        return _scale(deployment, current, desired)
    if count < desired and running < desired + surge:
        return _scale(deployment, current, min(desired, count + desired + surge - running))
    room = running - (desired - missing) - (count - _status(current, "availableReplicas"))
    actions: list[Action] = []
    for replica_set in sorted(active, key=_revision):
        drop = max(0, min(replica_set["spec"]["replicas"] - _status(replica_set, "availableReplicas"), room))
        available = sum(_status(live_set, "availableReplicas") for live_set in (current, *active))
        drop = max(drop, min(replica_set["spec"]["replicas"], room, max(0, available - (desired - missing))))
        if drop > 0:
            room -= drop
            actions += _scale(deployment, replica_set, replica_set["spec"]["replicas"] - drop)
    return actions


def _report(deployment: Obj, current: Obj | None, sets: Sequence[Obj], now: float) -> Again | None:
    """Write the status in place; the answer says when the progress deadline has to be looked at."""
    spec, desired = deployment["spec"], deployment["spec"]["replicas"]
    status = deployment.setdefault("status", {})
    names = ("replicas", "readyReplicas", "availableReplicas")
    counts = {name: sum(_status(replica_set, name) for replica_set in sets) for name in names}
    counts["updatedReplicas"] = _status(current, "replicas") if current is not None else 0
    before = {name: status.get(name, 0) for name in counts}
    missing = max(0, max(desired, counts["replicas"]) - counts["availableReplicas"])
    for name, count in (counts | {"unavailableReplicas": missing}).items():
        status.pop(name, None)
        if count:
            status[name] = count
    status["observedGeneration"] = deployment["metadata"].get("generation", 1)
    enough = counts["availableReplicas"] >= desired - bounds(spec)[1]
    truth, kind, has = ("True", "Available", "has") if enough else ("False", "Unavailable", "does not have")
    words = f"Deployment {has} minimum availability."
    with_condition(status, stamp(now), "Available", truth, f"MinimumReplicas{kind}", words)
    done = counts["updatedReplicas"] == desired == counts["replicas"] == counts["availableReplicas"]
    return _progress(deployment, current, now, done=done, moved=before != counts)


def _progress(deployment: Obj, current: Obj | None, now: float, *, done: bool, moved: bool) -> Again | None:
    status, limit = deployment["status"], deployment["spec"]["progressDeadlineSeconds"]
    name = current["metadata"]["name"] if current is not None else ""
    old = condition_of(status, "Progressing") or {}
    kept = "" if moved else old.get("lastUpdateTime", "")
    started = old.get("reason", "NewReplicaSetAvailable") != "NewReplicaSetAvailable"
    if done:
        facts = ("True", "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.')
    elif started and kept and now >= seconds_of(kept) + limit:
        facts = ("False", "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.')
    elif current is None:
        facts = ("True", "NewReplicaSetCreated", "Created new replica set")
    else:
        facts = ("True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.')
    if facts[1] not in (old.get("reason"), "ProgressDeadlineExceeded"):
        kept = ""
    with_condition(status, stamp(now), "Progressing", *facts)
    for condition in status["conditions"]:
        condition.setdefault("lastUpdateTime", stamp(now))
        if condition["type"] == "Progressing":
            condition["lastUpdateTime"] = kept or stamp(now)
    waiting = not done and facts[1] != "ProgressDeadlineExceeded"
    return Again(max(0.5, seconds_of(kept or stamp(now)) + limit - now)) if waiting else None


def _forget(deployment: Obj, old: Sequence[Obj]) -> list[Action]:
    empty = [old_set for old_set in old if not old_set["spec"]["replicas"] and not _status(old_set, "replicas")]
    empty.sort(key=_revision)
    excess = len(empty) - deployment["spec"].get("revisionHistoryLimit", 10)
    where = deployment["metadata"]["namespace"]
    return [Delete(REPLICA_SET, where, replica_set["metadata"]["name"]) for replica_set in empty[: max(0, excess)]]


def replicate(replica_set: Obj, pods: Sequence[Obj], now: float) -> list[Action]:
    """What to do for a ReplicaSet, given its Pods."""
    if is_going(replica_set):
        return []
    meta, spec = replica_set["metadata"], replica_set["spec"]
    alive = [pod for pod in pods if not is_going(pod)]
    actions: list[Action] = []
    for _ in range(spec["replicas"] - len(alive)):
        made = pod_from(spec["template"], replica_set, f"{meta['name']}-"[:58] + suffix(), {})
        text = f"Created pod: {made.body['metadata']['name']}"
        actions += [made, Note(replica_set, "SuccessfulCreate", text, "replicaset-controller")]
    surplus = max(0, len(alive) - spec["replicas"])
    for pod in sorted(alive, key=lambda pod: (is_ready(pod), pod["metadata"]["creationTimestamp"]))[:surplus]:
        text = f"Deleted pod: {pod['metadata']['name']}"
        gone = Delete(POD, meta["namespace"], pod["metadata"]["name"])
        actions += [gone, Note(replica_set, "SuccessfulDelete", text, "replicaset-controller")]
    minimum = spec.get("minReadySeconds", 0)
    ready, available = sum(map(is_ready, alive)), sum(is_available(pod, minimum, now) for pod in alive)
    actions += [Again(1)] if available < ready else []
    labels = spec["template"]["metadata"].get("labels") or {}
    full = sum(labels.items() <= (pod["metadata"].get("labels") or {}).items() for pod in alive)
    status: Obj = {"replicas": len(alive), "observedGeneration": meta.get("generation", 1)}
    counts = {"fullyLabeledReplicas": full, "readyReplicas": ready, "availableReplicas": available}
    status |= {name: count for name, count in counts.items() if count}
    return [*actions, Update(REPLICA_SET, replica_set | {"status": status})]
