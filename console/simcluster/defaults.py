"""The defaults that the API server writes into what it is given. Functions change the object in place."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from . import schema
from .catalog import (
    CLUSTER_ROLE_BINDING,
    DAEMON_SET,
    DEPLOYMENT,
    HPA,
    NAMESPACE,
    NETWORK_POLICY,
    POD,
    PVC,
    REPLICA_SET,
    ROLE_BINDING,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    Kind,
)
from .objects import Obj
from .service_validation import reachable_outside

PROTECTION = "kubernetes.io/pvc-protection"


_POINTERS = ("PersistentVolumeClaimSpec", "HPAScalingRules", "NetworkPolicyPort")  # an empty text is kept, and refused


@cache
def _table() -> Mapping[str, Obj]:
    table: Mapping[str, Obj] = yaml.safe_load(Path(__file__).with_name("defaults.yaml").read_text())
    return table


def _fill(definition: str, body: Obj) -> None:
    """The defaults of defaults.yaml, in this object and in all inside of it."""
    kind = definition.rsplit(".", 1)[-1]
    empty: tuple[Any, ...] = (None,) if kind in _POINTERS else (None, "", 0) if kind == "Probe" else (None, "")
    for key, value in _table().get(kind, {}).items():
        if body.get(key) in empty:
            body[key] = copy.deepcopy(value)
    properties = schema.definitions()[definition].get("properties", {})
    for key, value in body.items():
        inner = properties.get(key, {})
        name = schema.reference(inner.get("items", {}) if isinstance(value, list) else inner)
        for item in value if isinstance(value, list) else [value]:
            if name and isinstance(item, dict) and key not in ("status", "metadata"):
                _fill(name, item)


def service(body: Obj) -> None:
    """Affinity, traffic policies, target ports."""
    spec = body["spec"]
    if spec["sessionAffinity"] == "ClientIP":
        config = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        config.setdefault("timeoutSeconds", 10800)
    elif spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    for port in spec.get("ports") or ():
        if port.get("targetPort") in (None, 0, "") and "port" in port:
            port["targetPort"] = port["port"]
    if reachable_outside(spec) and not spec.get("externalTrafficPolicy"):
        spec["externalTrafficPolicy"] = "Cluster"
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if spec["type"] == "ExternalName":
        spec.pop("internalTrafficPolicy", None)
    else:
        spec.setdefault("internalTrafficPolicy", "Cluster")


def pull_policy(image: str) -> str:
    """Always for `:latest` and for no tag at all, else IfNotPresent."""
    if "@" in image:
        return "IfNotPresent"
    return "Always" if image.rpartition("/")[2].partition(":")[2] in ("", "latest") else "IfNotPresent"


def pod_spec(spec: Obj) -> None:
    """What a pod template gets."""
    if spec.get("serviceAccountName"):
        spec["serviceAccount"] = spec["serviceAccountName"]
    elif spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"]
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        if not container.get("imagePullPolicy"):
            container["imagePullPolicy"] = pull_policy(container.get("image", ""))
    for volume in spec.get("volumes") or ():
        if set(volume) == {"name"}:
            volume["emptyDir"] = {}


def pod(body: Obj) -> None:
    """A Pod of its own: the template's defaults and what admission adds."""
    spec = body.setdefault("spec", {})
    pod_spec(spec)
    usual: Obj = {"serviceAccountName": "default", "serviceAccount": "default", "enableServiceLinks": True}
    usual |= {"preemptionPolicy": "PreemptLowerPriority", "priority": 0}
    for key, value in usual.items():
        spec.setdefault(key, value)
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        if limits := container["resources"].get("limits"):
            container["resources"]["requests"] = limits | (container["resources"].get("requests") or {})
    waits = {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    tolerations = spec.setdefault("tolerations", [])
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(item.get("key") == key for item in tolerations):
            tolerations.append({"key": key, **waits})
    body.setdefault("status", {"phase": "Pending", "qosClass": qos(spec)})


def qos(spec: Obj) -> str:
    """Guaranteed, Burstable or BestEffort."""
    containers = spec.get("containers") or []
    resources = [container.get("resources") or {} for container in containers]
    if not any(entry.get("requests") or entry.get("limits") for entry in resources):
        return "BestEffort"
    full = all({"cpu", "memory"} <= set(entry.get("limits") or ()) for entry in resources)
    same = all((entry.get("requests") or entry.get("limits")) == entry.get("limits") for entry in resources)
    return "Guaranteed" if full and same else "Burstable"


def workload(body: Obj) -> None:
    """How it is rolled out, and its template."""
    spec = body["spec"]
    for name in ("strategy", "updateStrategy"):
        if spec.get(name, {}).get("type") == "RollingUpdate":
            spec[name].setdefault("rollingUpdate", {})
    for claim in spec.get("volumeClaimTemplates") or ():
        claim |= {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    pod_spec(spec["template"]["spec"])


def daemon_set(body: Obj) -> None:
    """The number of its template, too."""
    generation = str(body["metadata"].get("generation", 1))
    body["metadata"].setdefault("annotations", {})["deprecated.daemonset.template.generation"] = generation
    workload(body)


def claim(body: Obj) -> None:
    """Its source by both names, and the finalizer that keeps a claim while a Pod uses it."""
    if "deletionTimestamp" not in body["metadata"]:
        finalizers = body["metadata"].setdefault("finalizers", [])
        if PROTECTION not in finalizers:
            finalizers.append(PROTECTION)
    spec = body["spec"]
    source = spec.get("dataSource", {})
    kinds = (("PersistentVolumeClaim", ""), ("VolumeSnapshot", "snapshot.storage.k8s.io"))
    if (source.get("kind"), source.get("apiGroup", "")) not in kinds:
        spec.pop("dataSource", None)
    if spec.get("dataSourceRef", {}).get("namespace"):  # behind a feature gate that is off
        del spec["dataSourceRef"]
    for field, other in (("dataSource", "dataSourceRef"), ("dataSourceRef", "dataSource")):
        if field in spec:
            spec.setdefault(other, dict(spec[field]))


def namespace(body: Obj) -> None:
    """Its own name as a label, the finalizer, the phase."""
    meta = body["metadata"]
    meta.setdefault("labels", {})["kubernetes.io/metadata.name"] = meta.get("name", "")
    body.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    body.setdefault("status", {"phase": "Active"})


def secret(body: Obj) -> None:
    """`stringData` moved into `data`."""
    for key, value in (body.pop("stringData", None) or {}).items():
        body.setdefault("data", {})[key] = base64.b64encode(value.encode()).decode()


def autoscaler(body: Obj) -> None:
    """80 % of the requested CPU; how fast it scales, where that is said for one direction."""
    spec = body["spec"]
    policies: list[Obj] = [{"type": "Pods", "value": 4, "periodSeconds": 15}]
    policies += [{"type": "Percent", "value": 100, "periodSeconds": 15}]
    for name, usual in (("scaleUp", policies), ("scaleDown", policies[1:])):
        if "behavior" in spec:
            spec["behavior"][name].setdefault("policies", usual)
    if "behavior" in spec:
        spec["behavior"]["scaleUp"].setdefault("stabilizationWindowSeconds", 0)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def network_policy(body: Obj) -> None:
    """Policy types."""
    spec = body["spec"]
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", *(["Egress"] if spec.get("egress") else [])]


def binding(body: Obj) -> None:
    """API groups of subjects."""
    for subject in body.get("subjects") or ():
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", "rbac.authorization.k8s.io")


BY_KIND: dict[Kind, Callable[[Obj], None]] = {
    SERVICE: service,
    POD: pod,
    DEPLOYMENT: workload,
    REPLICA_SET: workload,
    STATEFUL_SET: workload,
    DAEMON_SET: daemon_set,
    PVC: claim,
    NAMESPACE: namespace,
    SECRET: secret,
    HPA: autoscaler,
    NETWORK_POLICY: network_policy,
    ROLE_BINDING: binding,
    CLUSTER_ROLE_BINDING: binding,
}


def apply(kind: Kind, body: Obj) -> None:
    """Write the defaults of `kind` into `body`."""
    _fill(schema.definition_of(kind), body)
    if kind in BY_KIND:
        BY_KIND[kind](body)
        _fill(schema.definition_of(kind), body)
