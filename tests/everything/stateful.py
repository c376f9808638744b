"""A stateful Service with every field set; the checks and hooks are of the kinds that the stateless one leaves out."""

from tests.everything import Document, Everything, Typed, Visit, pod

_SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"
_PRESSES = tuple(do for do in pod.PRESSES if not do.endswith(("liveness-command", "pre_stop-command")))
_LEFT_OUT = ("containers-0-liveness-command", "containers-0-pre_stop-command", "update-max_surge", "update-deadline")
_POD: Typed = {
    **{name: value for name, value in pod.TYPED.items() if not name.startswith(_LEFT_OUT)},
    "update-partition": "1",
    "containers-0-liveness-kind": "tcp",
    "containers-0-liveness-port": "http",
    "containers-0-readiness-kind": "grpc",
    "containers-0-readiness-port": "9001",
    "containers-0-readiness-service": "shop.Ready",
    "containers-0-startup-kind": "http",
    "containers-0-startup-scheme": "HTTP",
    "containers-0-startup-path": "/begun",
    "containers-0-startup-port": "8080",
    "containers-0-post_start-kind": "sleep",
    "containers-0-post_start-seconds": "3",
    "containers-0-pre_stop-kind": "http",
    "containers-0-pre_stop-scheme": "HTTP",
    "containers-0-pre_stop-path": "/stop",
    "containers-0-pre_stop-port": "http",
}
_HIDDEN = (  # they belong to the kinds of the stateless one
    "containers-0-readiness-scheme",
    "containers-0-readiness-path",
    "containers-0-startup-service",
    "containers-0-post_start-scheme",
    "containers-0-post_start-path",
    "containers-0-post_start-port",
)
_STORAGE: Typed = {
    **pod.STORAGE,
    "templates-0-name": "db",
    "templates-0-storage_class": "standard",
    "templates-0-size": "20Gi",
    "templates-0-access_modes": ["ReadWriteOnce", "ReadOnlyMany"],
    "templates-0-mounts-0-container": "web",
    "templates-0-mounts-0-path": "/var/lib/db",
    "templates-0-mounts-0-sub_path": "data",
    "templates-0-mounts-0-read_only": "false",
}
_ADVANCED_PRESSES = ("add:node_selector", "add:labels", "add:annotations", "add:service_annotations")
_ADVANCED: Typed = {
    "access_mode": "virtual_ip",
    "external": "LoadBalancer",
    "load_balancer_class": "example.com/fast",
    "sticky": True,
    "sticky_timeout": "86400",
    "node_selector-0-key": "disktype",
    "node_selector-0-value": "ssd",
    "labels-2-key": "team",
    "labels-2-value": "shop",
    "annotations-0-key": "example.com/owner",
    "annotations-0-value": "db@example.com",
    "service_annotations-0-key": "example.com/probe",
    "service_annotations-0-value": "yes",
    "service_annotations-1-key": _SCHEME,
    "service_annotations-1-value": "internal",
}


def _visits(node_port: int) -> tuple[Visit, ...]:
    return (
        Visit("basic", (), {"name": "db", "version": "v3", "alias": "Orders", "description": "Where orders are kept"}),
        Visit("pod", _PRESSES, {name: value for name, value in _POD.items() if name not in _HIDDEN}),
        Visit("storage", ("add:templates", *pod.STORAGE_PRESSES), _STORAGE),
        Visit(
            "advanced",
            (*_ADVANCED_PRESSES, "add:service_annotations"),
            {**_ADVANCED, "ports-0-node_port": str(node_port), "ports-1-node_port": str(node_port + 1)},
        ),
    )


def _expected(namespace: str, person: str, node_port: int) -> list[Document]:
    labels = {"app": "db", "version": "v3", "team": "shop"}
    creator = {"kubesphere.io/creator": person}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "db",
            "namespace": namespace,
            "labels": labels,
            "annotations": {
                "kubesphere.io/serviceType": "statefulservice",
                "kubesphere.io/alias-name": "Orders",
                "kubesphere.io/description": "Where orders are kept",
                "example.com/probe": "yes",
                _SCHEME: "internal",
                **creator,
            },
        },
        "spec": {
            "type": "LoadBalancer",
            "loadBalancerClass": "example.com/fast",
            "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 86400}},
            "selector": {"app": "db", "team": "shop"},
            "ports": [
                {
                    "name": "http",
                    "protocol": "TCP",
                    "appProtocol": "http",
                    "port": 80,
                    "targetPort": 8080,
                    "nodePort": node_port,
                },
                {
                    "name": "dns",
                    "protocol": "UDP",
                    "appProtocol": "example.com/dns",
                    "port": 5353,
                    "targetPort": 53,
                    "nodePort": node_port + 1,
                },
            ],
        },
    }
    claim = {
        "metadata": {"name": "db"},
        "spec": {
            "accessModes": ["ReadWriteOnce", "ReadOnlyMany"],
            "storageClassName": "standard",
            "resources": {"requests": {"storage": "20Gi"}},
        },
    }
    stateful = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {
            "name": "db-v3",
            "namespace": namespace,
            "labels": labels,
            "annotations": {"example.com/owner": "db@example.com", **creator},
        },
        "spec": {
            "replicas": 3,
            "serviceName": "db",
            "selector": {"matchLabels": labels},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "partition": 1}},
            "minReadySeconds": 10,
            "volumeClaimTemplates": [claim],
            "template": {
                "metadata": {"labels": labels, "annotations": {"example.com/scrape": "true", **creator}},
                "spec": _pod_spec(),
            },
        },
    }
    return [service, stateful]


def _pod_spec() -> Document:
    spec = pod.spec()
    worker = spec["containers"][0]
    worker["livenessProbe"] = {"tcpSocket": {"port": "http"}, **pod.timings(15, 17, 3, 1, 6)}
    worker["readinessProbe"] = {"grpc": {"port": 9001, "service": "shop.Ready"}, **pod.timings(5, 7, 2, 2, 4)}
    worker["startupProbe"] = {
        "httpGet": {"path": "/begun", "port": 8080},
        **pod.timings(25, 27, 4, 1, 8),
    }
    worker["lifecycle"] = {
        "postStart": {"sleep": {"seconds": 3}},
        "preStop": {"httpGet": {"path": "/stop", "port": "http"}},
    }
    worker["volumeMounts"].append({"name": "db", "mountPath": "/var/lib/db", "subPath": "data"})
    return spec


STATEFUL = Everything("stateful", "Stateful Service", "db", _visits, _expected)
