"""Plain objects that tests put into the cluster."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
_KS = "kubesphere.io/"


def service(
    name: str,
    *,
    labels: dict[str, str] | None = None,
    alias: str = "",
    description: str = "",
    kind: str = "",
    **spec: Any,
) -> Object:
    """A Service that selects app=NAME on port 80; `spec` replaces fields, None takes one away."""
    notes = {f"{_KS}alias-name": alias, f"{_KS}description": description, f"{_KS}serviceType": kind}
    fields = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}], **spec}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "labels": {"app": name, **(labels or {})},
            "annotations": {key: value for key, value in notes.items() if value},
        },
        "spec": {key: value for key, value in fields.items() if value is not None},
    }


def _template(app: str, fate: str) -> Object:
    note = {"annotations": {"berth.test/fate": fate}} if fate else {}
    container = {"name": "app", "image": "nginx:1.27", "ports": [{"name": "http", "containerPort": 8080}]}
    return {"metadata": {"labels": {"app": app, "version": "v1"}, **note}, "spec": {"containers": [container]}}


def deployment(app: str, *, replicas: int = 1, fate: str = "") -> Object:
    """Deployment APP-v1 whose pods carry app=APP; `fate`: ready, unready, crash, pull, slow."""
    selector = {"matchLabels": {"app": app, "version": "v1"}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"{app}-v1", "labels": {"app": app, "version": "v1"}},
        "spec": {"replicas": replicas, "selector": selector, "template": _template(app, fate)},
    }


def stateful_set(app: str, *, replicas: int = 1) -> Object:
    """StatefulSet APP-v1 with a claim template "data"."""
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    made = deployment(app, replicas=replicas)
    made["kind"] = "StatefulSet"
    made["spec"] |= {"serviceName": app, "volumeClaimTemplates": [claim]}
    return made


def scaler(app: str, *, kind: str = "Deployment") -> Object:
    """A HorizontalPodAutoscaler APP of workload APP-v1."""
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
    }
    target = {"apiVersion": "apps/v1", "kind": kind, "name": f"{app}-v1"}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": app},
        "spec": {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3, "metrics": [metric]},
    }


def daemon_set(name: str) -> Object:
    """DaemonSet NAME whose pods carry app=NAME."""
    template = _template(name, "")
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template},
    }
