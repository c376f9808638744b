"""Namespaces, claims, quotas, autoscalers: the small controllers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..catalog import BY_NAME, CONFIGMAP, HPA, NAMESPACE, PV, PVC, RESOURCE_QUOTA, SERVICE_ACCOUNT
from ..defaults import PROTECTION
from ..objects import Entry, Obj, stamp
from .actions import Action, Create, Delete, Note, Update, is_going, with_condition


def namespace(space: Obj, content: Sequence[Entry]) -> list[Action]:
    """A new namespace gets its service account; one that is being deleted is emptied, then goes."""
    name = space["metadata"]["name"]
    if is_going(space):
        gone: list[Action] = [
            Delete(entry.kind, entry.namespace, entry.name) for entry in content if not entry.deleting
        ]
        return gone if content else [Delete(NAMESPACE, "", name, now=True)]
    existing = {(entry.kind, entry.name) for entry in content}
    actions: list[Action] = []
    if (SERVICE_ACCOUNT, "default") not in existing:
        meta = {"name": "default", "namespace": name}
        actions.append(Create(SERVICE_ACCOUNT, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta}))
    if (CONFIGMAP, "kube-root-ca.crt") not in existing:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt", "namespace": name}}
        actions.append(Create(CONFIGMAP, body | {"data": {"ca.crt": ""}}))
    return actions


def claim(body: Obj, classes: Mapping[str, Obj], *, used: bool) -> list[Action]:
    """Bind a claim to a volume made for it, when its class is one that makes volumes; let it go when no Pod uses it."""
    if is_going(body):
        kept = [name for name in body["metadata"].get("finalizers") or () if name != PROTECTION or used]
        return [Update(PVC, body | {"metadata": body["metadata"] | {"finalizers": kept}})]
    spec, meta = body["spec"], body["metadata"]
    storage = classes.get(spec.get("storageClassName", ""))
    if body.get("status", {}).get("phase") == "Bound":
        return []
    if storage is None:
        if not spec.get("storageClassName"):
            return []
        text = f'storageclass.storage.k8s.io "{spec["storageClassName"]}" not found'
        return [Note(body, "ProvisioningFailed", text, "persistentvolume-controller", "Warning")]
    name, size = f"pvc-{meta['uid']}", spec["resources"]["requests"]["storage"]
    ref = {"kind": "PersistentVolumeClaim", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}
    volume: Obj = {"accessModes": spec["accessModes"], "capacity": {"storage": size}, "claimRef": ref}
    volume |= {"persistentVolumeReclaimPolicy": "Delete", "volumeMode": spec["volumeMode"]}
    volume |= {"storageClassName": spec["storageClassName"], "hostPath": {"path": f"/embedded/{name}", "type": ""}}
    made = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": volume}
    status = {"phase": "Bound", "accessModes": spec["accessModes"], "capacity": {"storage": size}}
    note = Note(body, "ProvisioningSucceeded", f"Successfully provisioned volume {name}", storage["provisioner"])
    return [Create(PV, made), Update(PVC, body | {"spec": spec | {"volumeName": name}, "status": status}), note]


def quota(body: Obj, used: Mapping[str, str]) -> list[Action]:
    """What is used, beside what is allowed."""
    hard = body["spec"].get("hard") or {}
    status = {"hard": hard, "used": {name: used.get(name, "0") for name in hard}}
    return [Update(RESOURCE_QUOTA, body | {"status": status})]


def autoscaler(body: Obj, target: Obj | None, now: float) -> list[Action]:
    """Keep the replicas of the target within bounds. Nothing is measured here, and the status says so."""
    status, spec = dict(body.get("status") or {}), body["spec"]
    if target is None:
        text = "the HPA controller was unable to get the target's current scale"
        with_condition(status, stamp(now), "AbleToScale", "False", "FailedGetScale", text)
        return [Update(HPA, body | {"status": status})]
    replicas = target["spec"].get("replicas", 0)
    wanted = min(max(replicas, spec["minReplicas"]), spec["maxReplicas"]) if replicas else 0
    status |= {"currentReplicas": replicas, "desiredReplicas": wanted}
    with_condition(
        status, stamp(now), "AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size"
    )
    text = "the embedded cluster does not measure load"
    with_condition(status, stamp(now), "ScalingActive", "False", "FailedGetResourceMetric", text)
    actions: list[Action] = [Update(HPA, body | {"status": status})]
    if wanted != replicas:
        kind = BY_NAME[target["apiVersion"], target["kind"]]
        actions.append(Update(kind, target | {"spec": target["spec"] | {"replicas": wanted}}))
    return actions
