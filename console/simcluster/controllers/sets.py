"""StatefulSet and DaemonSet -> Pod (and PersistentVolumeClaim, ControllerRevision)."""

from __future__ import annotations

from collections.abc import Sequence

from ..catalog import CONTROLLER_REVISION, DAEMON_SET, POD, PVC, STATEFUL_SET
from ..objects import Obj, copied
from ..verbs import suffix
from .actions import Action, Again, Create, Delete, Note, Update, digest, is_going, is_ready, owner, pod_from
from .pods import is_available, unfit

REVISION = "controller-revision-hash"


def _revision_of(pod: Obj) -> str:
    return str((pod["metadata"].get("labels") or {}).get(REVISION, ""))


def _remember(parent: Obj, revisions: Sequence[Obj], name: str) -> list[Action]:
    """The ControllerRevision of the present template, when there is none; rolled back to, it is the newest."""
    newest = max((revision["revision"] for revision in revisions), default=0)
    if known := next((revision for revision in revisions if revision["metadata"]["name"] == name), None):
        old = known["revision"] < newest
        return [Update(CONTROLLER_REVISION, known | {"revision": newest + 1})] if old else []
    labels = dict(parent["spec"]["template"]["metadata"].get("labels") or {}) | {REVISION: name}
    where = {"name": name, "namespace": parent["metadata"]["namespace"], "ownerReferences": [owner(parent)]}
    data = {"spec": {"template": parent["spec"]["template"] | {"$patch": "replace"}}}
    body = {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": where | {"labels": labels}}
    return [Create(CONTROLLER_REVISION, body | {"data": data, "revision": newest + 1})]


def ordinal(pod: Obj) -> int:
    """The number at the end of the name."""
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _claims(parent: Obj, number: int, existing: set[str]) -> tuple[list[Action], list[Obj]]:
    """The claims of one replica that are missing, and the volumes that use them."""
    meta, actions, volumes = parent["metadata"], list[Action](), list[Obj]()
    for template in parent["spec"].get("volumeClaimTemplates") or ():
        name = f"{template['metadata']['name']}-{meta['name']}-{number}"
        claim = {"claimName": name}
        volumes.append({"name": template["metadata"]["name"], "persistentVolumeClaim": claim})
        if name not in existing:
            labels = dict(parent["spec"]["selector"].get("matchLabels") or {})
            where = {"name": name, "namespace": meta["namespace"], "labels": labels}
            body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": where, "spec": template["spec"]}
            actions.append(Create(PVC, copied(body)))
            text = f"create Claim {name} Pod {meta['name']}-{number} in StatefulSet {meta['name']} success"
            actions.append(Note(parent, "SuccessfulCreate", text, "statefulset-controller"))
    return actions, volumes


def _replica(parent: Obj, number: int, revision: str, claims: set[str]) -> list[Action]:
    name = f"{parent['metadata']['name']}-{number}"
    actions, volumes = _claims(parent, number, claims)
    spec = copied(parent["spec"]["template"]["spec"])
    names = {volume["name"] for volume in volumes}
    kept = [volume for volume in spec.get("volumes") or () if volume["name"] not in names]
    if volumes or kept:
        spec["volumes"] = [*volumes, *kept]
    spec |= {"hostname": name, "subdomain": parent["spec"].get("serviceName", "")}
    labels = {
        REVISION: revision,
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": str(number),
    }
    text = f"create Pod {name} in StatefulSet {parent['metadata']['name']} successful"
    note = Note(parent, "SuccessfulCreate", text, "statefulset-controller")
    return [*actions, pod_from(parent["spec"]["template"], parent, name, labels, spec), note]


def stateful(parent: Obj, pods: Sequence[Obj], revisions: Sequence[Obj], claims: set[str], now: float) -> list[Action]:
    """What to do for a StatefulSet, given its Pods, its revisions and the names of all claims in the namespace."""
    if is_going(parent):
        return []
    spec, meta = parent["spec"], parent["metadata"]
    revision = f"{meta['name']}-{digest(spec['template'])}"
    mine = {ordinal(pod): pod for pod in pods}
    parallel = spec["podManagementPolicy"] == "Parallel"
    actions = _remember(parent, revisions, revision)
    step = _fill(parent, mine, revision, claims, parallel=parallel)
    if not step:
        step = _shrink(parent, mine, parallel=parallel)
    if not step and spec["updateStrategy"]["type"] == "RollingUpdate":
        step = _renew(parent, mine, revision)
    return [*actions, *step, *_report(parent, mine, revision, now)]


def _fill(parent: Obj, mine: dict[int, Obj], revision: str, claims: set[str], *, parallel: bool) -> list[Action]:
    actions: list[Action] = []
    for number in range(parent["spec"]["replicas"]):
        pod = mine.get(number)
        if pod is None:
            actions += _replica(parent, number, revision, claims)
        if not parallel and (pod is None or not is_ready(pod) or is_going(pod)):
            return actions or ([Again(30)] if pod is not None else [])
    return actions


def _shrink(parent: Obj, mine: dict[int, Obj], *, parallel: bool) -> list[Action]:
    surplus = [number for number in sorted(mine, reverse=True) if number >= parent["spec"]["replicas"]]
    if not parallel and any(is_going(mine[number]) for number in surplus):
        return []
    chosen = surplus if parallel else surplus[:1]
    return [step for number in chosen if not is_going(mine[number]) for step in _take(parent, mine[number])]


def _take(parent: Obj, pod: Obj) -> list[Action]:
    meta = pod["metadata"]
    text = f"delete Pod {meta['name']} in StatefulSet {parent['metadata']['name']} successful"
    note = Note(parent, "SuccessfulDelete", text, "statefulset-controller")
    return [Delete(POD, meta["namespace"], meta["name"]), note]


def _renew(parent: Obj, mine: dict[int, Obj], revision: str) -> list[Action]:
    partition = (parent["spec"]["updateStrategy"].get("rollingUpdate") or {}).get("partition", 0)
    for number in range(parent["spec"]["replicas"] - 1, partition - 1, -1):
        pod = mine[number]
        if is_going(pod):
            return []
        if _revision_of(pod) != revision:
            return _take(parent, pod)
        if not is_ready(pod):
            return []
    return []


def _report(parent: Obj, mine: dict[int, Obj], revision: str, now: float) -> list[Action]:
    spec, status = parent["spec"], dict(parent.get("status") or {})
    pods = [pod for pod in mine.values() if not is_going(pod)]
    updated = sum(_revision_of(pod) == revision for pod in pods)
    minimum = spec.get("minReadySeconds", 0)
    available = sum(is_available(pod, minimum, now) for pod in pods)
    ready = sum(map(is_ready, pods))
    before = status.get("currentRevision", revision)
    if updated == spec["replicas"] == ready:
        before = revision
    status |= {"replicas": len(pods), "readyReplicas": ready, "availableReplicas": available}
    status |= {"observedGeneration": parent["metadata"].get("generation", 1), "collisionCount": 0}
    status |= {"currentRevision": before, "updateRevision": revision, "updatedReplicas": updated}
    status["currentReplicas"] = sum(_revision_of(pod) == before for pod in pods)
    for name in ("readyReplicas", "updatedReplicas", "currentReplicas"):
        if not status[name]:
            del status[name]
    again: list[Action] = [Again(1)] if available < ready else []
    return [Update(STATEFUL_SET, parent | {"status": status}), *again]


def daemon(
    parent: Obj, pods: Sequence[Obj], revisions: Sequence[Obj], nodes: Sequence[Obj], now: float
) -> list[Action]:
    """What to do for a DaemonSet, given its Pods, its revisions and the nodes."""
    if is_going(parent):
        return []
    template, name = parent["spec"]["template"], parent["metadata"]["name"]
    revision = digest(template)
    wanted = [node["metadata"]["name"] for node in nodes if not unfit(template, node)]
    alive = [pod for pod in pods if not is_going(pod)]
    by_node = {pod["spec"].get("nodeName", ""): pod for pod in alive}
    actions = _remember(parent, revisions, f"{name}-{revision}")
    for node in wanted:
        if node not in by_node and not any(pod["spec"].get("nodeName") == node for pod in pods):
            spec = copied(template["spec"]) | {"nodeName": node}
            made = pod_from(template, parent, f"{name}-"[:58] + suffix(), {REVISION: revision}, spec)
            text = f"Created pod: {made.body['metadata']['name']}"
            actions += [made, Note(parent, "SuccessfulCreate", text, "daemonset-controller")]
    for node, pod in by_node.items():
        if node not in wanted:
            actions.append(Delete(POD, pod["metadata"]["namespace"], pod["metadata"]["name"]))
    stale = [pod for pod in alive if _revision_of(pod) != revision]
    settled = len(by_node) == len(wanted) and all(is_ready(pod) or pod in stale for pod in alive)
    if stale and settled and parent["spec"]["updateStrategy"]["type"] == "RollingUpdate":
        actions.append(Delete(POD, stale[0]["metadata"]["namespace"], stale[0]["metadata"]["name"]))
    available = sum(is_available(pod, parent["spec"].get("minReadySeconds", 0), now) for pod in alive)
    status = {"desiredNumberScheduled": len(wanted), "currentNumberScheduled": len(alive), "numberMisscheduled": 0}
    status |= {"numberReady": sum(map(is_ready, alive)), "observedGeneration": parent["metadata"].get("generation", 1)}
    status |= {"numberAvailable": available, "updatedNumberScheduled": len(alive) - len(stale)}
    if available < len(wanted):
        status["numberUnavailable"] = len(wanted) - available
    return [*actions, Update(DAEMON_SET, parent | {"status": status})]
