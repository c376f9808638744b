"""The defaults that the API server writes into what it is given. Functions change the object in place."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from .catalog import (
    CLUSTER_ROLE_BINDING,
    DAEMON_SET,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    HPA,
    INGRESS,
    NAMESPACE,
    NETWORK_POLICY,
    POD,
    PVC,
    REPLICA_SET,
    ROLE_BINDING,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    STORAGE_CLASS,
    Kind,
)
from .objects import Obj

PROTECTION = "kubernetes.io/pvc-protection"


def _fill(target: Obj, values: Mapping[str, Any]) -> Obj:
    for key, value in values.items():
        target.setdefault(key, value)
    return target


def service(body: Obj) -> None:
    """Type, affinity, traffic policies, target ports."""
    spec = body.setdefault("spec", {})
    _fill(spec, {"type": "ClusterIP", "sessionAffinity": "None"})
    if spec["sessionAffinity"] == "ClientIP":
        spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {}).setdefault("timeoutSeconds", 10800)
    elif spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        if port.get("targetPort") in (None, 0, "") and "port" in port:
            port["targetPort"] = port["port"]
    if spec["type"] in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    else:
        spec.pop("externalTrafficPolicy", None)
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    else:
        spec.pop("allocateLoadBalancerNodePorts", None)
    if spec["type"] == "ExternalName":
        spec.pop("internalTrafficPolicy", None)
    else:
        spec.setdefault("internalTrafficPolicy", "Cluster")
    body.setdefault("status", {"loadBalancer": {}})


def _probe(probe: Obj) -> None:
    _fill(probe, {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3})
    _handler(probe)


def _handler(handler: Obj) -> None:
    if "httpGet" in handler:
        _fill(handler["httpGet"], {"path": "/", "scheme": "HTTP"})
    if "grpc" in handler:
        handler["grpc"].setdefault("service", "")


def pull_policy(image: str) -> str:
    """Always for `:latest` and for no tag at all, else IfNotPresent."""
    if "@" in image:
        return "IfNotPresent"
    tag = image.rpartition("/")[2].partition(":")[2]
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def _container(container: Obj) -> None:
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if probe in container:
            _probe(container[probe])
    for hook in ("postStart", "preStop"):
        if hook in container.get("lifecycle", {}):
            _handler(container["lifecycle"][hook])
    for variable in container.get("env") or ():
        source = variable.get("valueFrom", {}).get("fieldRef")
        if source is not None:
            source.setdefault("apiVersion", "v1")
    container.setdefault("resources", {})
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("imagePullPolicy", pull_policy(container.get("image", "")))


def _volume(volume: Obj) -> None:
    if set(volume) == {"name"}:
        volume["emptyDir"] = {}
    for source in ("secret", "configMap", "downwardAPI", "projected"):
        if source in volume:
            volume[source].setdefault("defaultMode", 420)
    if "hostPath" in volume:
        volume["hostPath"].setdefault("type", "")


def pod_spec(spec: Obj) -> None:
    """What a pod template gets."""
    _fill(spec, {"restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst"})
    _fill(spec, {"securityContext": {}, "schedulerName": "default-scheduler"})
    if spec.get("serviceAccountName"):
        spec["serviceAccount"] = spec["serviceAccountName"]
    elif spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"]
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        _container(container)
    for volume in spec.get("volumes") or ():
        _volume(volume)


def pod(body: Obj) -> None:
    """A Pod of its own: the template's defaults and what admission adds."""
    spec = body.setdefault("spec", {})
    pod_spec(spec)
    _fill(spec, {"serviceAccountName": "default", "serviceAccount": "default", "enableServiceLinks": True})
    _fill(spec, {"preemptionPolicy": "PreemptLowerPriority", "priority": 0})
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        if container["resources"].get("limits"):
            _fill(container["resources"].setdefault("requests", {}), container["resources"]["limits"])
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
    if not any(one.get("requests") or one.get("limits") for one in resources):
        return "BestEffort"
    full = all({"cpu", "memory"} <= set(one.get("limits") or ()) for one in resources)
    same = all((one.get("requests") or one.get("limits")) == one.get("limits") for one in resources)
    return "Guaranteed" if full and same else "Burstable"


def _template(spec: Obj) -> None:
    template = spec.setdefault("template", {})
    template.setdefault("metadata", {})
    pod_spec(template.setdefault("spec", {}))


def deployment(body: Obj) -> None:
    """Replicas, strategy, history, template."""
    body.setdefault("status", {})
    spec = body.setdefault("spec", {})
    _fill(spec, {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600})
    strategy = _fill(spec.setdefault("strategy", {}), {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        _fill(strategy.setdefault("rollingUpdate", {}), {"maxUnavailable": "25%", "maxSurge": "25%"})
    _template(spec)


def replica_set(body: Obj) -> None:
    """Replicas and template."""
    body.setdefault("status", {"replicas": 0})
    _template(_fill(body.setdefault("spec", {}), {"replicas": 1}))


def stateful_set(body: Obj) -> None:
    """Replicas, order, update strategy, claims, template."""
    body.setdefault("status", {"replicas": 0, "availableReplicas": 0})
    spec = body.setdefault("spec", {})
    _fill(spec, {"replicas": 1, "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10, "serviceName": ""})
    strategy = _fill(spec.setdefault("updateStrategy", {}), {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        _fill(strategy.setdefault("rollingUpdate", {}), {"partition": 0, "maxUnavailable": 1})
    policy = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    _fill(policy, {"whenDeleted": "Retain", "whenScaled": "Retain"})
    for claim in spec.get("volumeClaimTemplates") or ():
        _fill(claim, {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": {"phase": "Pending"}})
        claim.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
    _template(spec)


def daemon_set(body: Obj) -> None:
    """History, update strategy, template."""
    names = ("currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady")
    body.setdefault("status", dict.fromkeys(names, 0))
    generation = str(body["metadata"].get("generation", 1))
    body["metadata"].setdefault("annotations", {})["deprecated.daemonset.template.generation"] = generation
    spec = _fill(body.setdefault("spec", {}), {"revisionHistoryLimit": 10})
    strategy = _fill(spec.setdefault("updateStrategy", {}), {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        _fill(strategy.setdefault("rollingUpdate", {}), {"maxUnavailable": 1, "maxSurge": 0})
    _template(spec)


def claim(body: Obj) -> None:
    """Volume mode, phase, and the finalizer that keeps a claim while a Pod uses it."""
    if "deletionTimestamp" not in body["metadata"]:
        finalizers = body["metadata"].setdefault("finalizers", [])
        if PROTECTION not in finalizers:
            finalizers.append(PROTECTION)
    body.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
    body.setdefault("status", {"phase": "Pending"})


def namespace(body: Obj) -> None:
    """Its own name as a label, the finalizer, the phase."""
    meta = body["metadata"]
    meta.setdefault("labels", {})["kubernetes.io/metadata.name"] = meta.get("name", "")
    body.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    body.setdefault("status", {"phase": "Active"})


def secret(body: Obj) -> None:
    """Type, and `stringData` moved into `data`."""
    body.setdefault("type", "Opaque")
    for key, value in (body.pop("stringData", None) or {}).items():
        body.setdefault("data", {})[key] = base64.b64encode(value.encode()).decode()


def storage_class(body: Obj) -> None:
    """Reclaim policy and binding mode."""
    _fill(body, {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"})


def autoscaler(body: Obj) -> None:
    """At least one replica, 80 % of the requested CPU."""
    spec = body.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    body.setdefault("status", {"currentMetrics": None, "desiredReplicas": 0})


def ingress(body: Obj) -> None:
    """An empty status."""
    body.setdefault("spec", {})
    body.setdefault("status", {"loadBalancer": {}})


def network_policy(body: Obj) -> None:
    """Policy types and protocols."""
    spec = body.setdefault("spec", {})
    spec.setdefault("policyTypes", ["Ingress", *(["Egress"] if spec.get("egress") else [])])
    for rule in (*(spec.get("ingress") or ()), *(spec.get("egress") or ())):
        for port in rule.get("ports") or ():
            port.setdefault("protocol", "TCP")


def binding(body: Obj) -> None:
    """API groups of subjects and of the role."""
    body.setdefault("roleRef", {}).setdefault("apiGroup", "rbac.authorization.k8s.io")
    for subject in body.get("subjects") or ():
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", "rbac.authorization.k8s.io")


def endpoint_slice(body: Obj) -> None:
    """Ports have a name and a protocol."""
    for port in body.get("ports") or ():
        _fill(port, {"name": "", "protocol": "TCP"})


BY_KIND: dict[Kind, Callable[[Obj], None]] = {
    SERVICE: service,
    POD: pod,
    DEPLOYMENT: deployment,
    REPLICA_SET: replica_set,
    STATEFUL_SET: stateful_set,
    DAEMON_SET: daemon_set,
    PVC: claim,
    NAMESPACE: namespace,
    SECRET: secret,
    STORAGE_CLASS: storage_class,
    HPA: autoscaler,
    INGRESS: ingress,
    NETWORK_POLICY: network_policy,
    ROLE_BINDING: binding,
    CLUSTER_ROLE_BINDING: binding,
    ENDPOINT_SLICE: endpoint_slice,
}


def apply(kind: Kind, body: Obj) -> None:
    """Write the defaults of `kind` into `body`."""
    if kind in BY_KIND:
        BY_KIND[kind](body)
