"""A pod that nobody made, with something in each of its places."""

from __future__ import annotations

from typing import Any

CONTAINERS = [
    {
        "name": "api",
        "image": "shop/orders:1.18.2",
        "command": ["/bin/api"],
        "args": ["--listen=:8080"],
        "ports": [{"name": "http-web", "containerPort": 8080}],
        "env": [
            {"name": "LOG_LEVEL", "value": "info"},
            {"name": "CURRENCY", "valueFrom": {"configMapKeyRef": {"name": "shop", "key": "currency"}}},
            {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "none", "key": "token", "optional": True}}},
            {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http-web"}, "periodSeconds": 7},
        "volumeMounts": [{"name": "scratch", "mountPath": "/scratch", "readOnly": True}],
    },
    {"name": "proxy", "image": "mesh/proxy:1", "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}]},
]


def bare_pod(name: str = "orders", **spec: Any) -> dict[str, Any]:
    """A pod that nobody made, with something in each of its places."""
    fields = {
        "containers": CONTAINERS,
        "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "100Mi"}}],
        "nodeSelector": {},
        "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
        **spec,
    }
    metadata = {"name": name, "labels": {"app": "orders"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": fields}
