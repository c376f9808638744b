"""Objects as an API server sends them, for tests of what becomes of them."""

from typing import Any

NOISE = {"manager": "kubelet", "operation": "Update", "fieldsV1": {"f:status": {f"f:{n}": {} for n in range(60)}}}


def pod(number: int = 0, app: str = "demo", namespace: str = "a", **spec: Any) -> dict[str, Any]:
    """A running pod with everything a kubelet and a controller write."""
    name = f"{app}-v1-5d8f7c9b64-{number:05d}"
    started = f"2026-11-23T10:{number % 60:02d}:00Z"
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"3f1c2f5e-8d0a-4a53-9b64-{number:012d}",
            "resourceVersion": str(1_000_000 + number),
            "creationTimestamp": started,
            "labels": {"app": app, "version": "v1", "pod-template-hash": "5d8f7c9b64"},
            "annotations": {"kubesphere.io/creator": "olive"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": f"{app}-v1-5d8f7c9b64", "uid": app, "controller": True}],
            "managedFields": [NOISE, NOISE],
        },
        "spec": {
            "nodeName": f"node-{number % 20}",
            "containers": [
                {
                    "name": "main",
                    "image": "nginx:1.27",
                    "ports": [{"name": "http", "containerPort": 80, "protocol": "TCP"}],
                    "resources": {"requests": {"cpu": "100m"}, "limits": {"cpu": "1", "memory": "256Mi"}},
                    "readinessProbe": {"httpGet": {"path": "/", "port": 80}},
                }
            ],
            **spec,
        },
        "status": {
            "phase": "Running",
            "podIP": f"10.{number // 65536}.{number // 256 % 256}.{number % 256}",
            "podIPs": [{"ip": f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"}],
            "hostIP": "192.0.2.1",
            "qosClass": "Burstable",
            "startTime": started,
            "conditions": [
                {"type": kind, "status": "True", "lastTransitionTime": started}
                for kind in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
            ],
            "containerStatuses": [
                {
                    "name": "main",
                    "ready": True,
                    "started": True,
                    "restartCount": 0,
                    "image": "nginx:1.27",
                    "imageID": f"docker.io/library/nginx@sha256:{number:064d}",
                    "containerID": f"containerd://{number:064d}",
                    "state": {"running": {"startedAt": started}},
                }
            ],
        },
    }


def service(name: str = "demo", namespace: str = "a", **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name}",
            "resourceVersion": "1",
            "creationTimestamp": "2026-11-23T10:00:00Z",
            "annotations": {"kubesphere.io/serviceType": "statelessservice", "kubesphere.io/alias-name": "Demo"},
        },
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "10.96.0.10",
            "clusterIPs": ["10.96.0.10"],
            "selector": {"app": name},
            "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}],
            **spec,
        },
        "status": {"loadBalancer": {}},
    }


def deployment(name: str = "demo", namespace: str = "a", replicas: int = 5) -> dict[str, Any]:
    labels = {"app": name, "version": "v1"}
    return {
        "metadata": {
            "name": f"{name}-v1",
            "namespace": namespace,
            "uid": f"uid-{name}-v1",
            "resourceVersion": "2",
            "generation": 2,
            "labels": labels,
            "annotations": {"deployment.kubernetes.io/revision": "3"},
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "nginx"}]}},
        },
        "status": {
            "observedGeneration": 2,
            "replicas": replicas,
            "readyReplicas": replicas,
            "availableReplicas": replicas,
            "updatedReplicas": replicas,
            "conditions": [{"type": "Available", "status": "True", "lastTransitionTime": "2026-11-23T10:00:00Z"}],
        },
    }


def endpoint_slice(service_name: str = "demo", namespace: str = "a", pods: range = range(5)) -> dict[str, Any]:
    return {
        "metadata": {
            "name": f"{service_name}-x7k2p",
            "namespace": namespace,
            "uid": f"uid-{service_name}-slice",
            "resourceVersion": "3",
            "labels": {"kubernetes.io/service-name": service_name},
        },
        "addressType": "IPv4",
        "endpoints": [
            {
                "addresses": [f"10.0.0.{number % 250}"],
                "conditions": {"ready": True},
                "targetRef": {"kind": "Pod", "name": f"pod-{number}", "uid": f"uid-{number}"},
            }
            for number in pods
        ],
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
    }
