"""A stateless Service with every field set."""

from tests.everything import Document, Everything, Visit, pod


def _visits(node_port: int) -> tuple[Visit, ...]:
    return (
        Visit("basic", (), {"name": "web", "version": "v2", "alias": "Web shop", "description": "Front end,\nfor all"}),
        Visit("pod", pod.PRESSES, pod.TYPED),
        Visit("storage", pod.STORAGE_PRESSES, pod.STORAGE),
        Visit("advanced", _ADVANCED_PRESSES, {**_ADVANCED, "ports-0-node_port": str(node_port)}),
    )


_ADVANCED_PRESSES = ("add:node_selector", "add:labels", "add:annotations", "add:service_annotations")
_ADVANCED = {
    "external": "NodePort",
    "sticky": True,
    "sticky_timeout": "600",
    "node_selector-0-key": "disktype",
    "node_selector-0-value": "ssd",
    "labels-2-key": "team",
    "labels-2-value": "shop",
    "annotations-0-key": "example.com/owner",
    "annotations-0-value": "shop@example.com",
    "service_annotations-0-key": "example.com/probe",
    "service_annotations-0-value": "yes",
}


def _expected(namespace: str, person: str, node_port: int) -> list[Document]:
    labels = {"app": "web", "version": "v2", "team": "shop"}
    creator = {"kubesphere.io/creator": person}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "web",
            "namespace": namespace,
            "labels": labels,
            "annotations": {
                "kubesphere.io/serviceType": "statelessservice",
                "kubesphere.io/alias-name": "Web shop",
                "kubesphere.io/description": "Front end,\nfor all",
                "example.com/probe": "yes",
                **creator,
            },
        },
        "spec": {
            "type": "NodePort",
            "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 600}},
            "selector": {"app": "web", "team": "shop"},
            "ports": [
                {
                    "name": "http",
                    "protocol": "TCP",
                    "appProtocol": "http",
                    "port": 80,
                    "targetPort": 8080,
                    "nodePort": node_port,
                },
                {"name": "dns", "protocol": "UDP", "appProtocol": "example.com/dns", "port": 5353, "targetPort": 53},
            ],
        },
    }
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web-v2",
            "namespace": namespace,
            "labels": labels,
            "annotations": {"example.com/owner": "shop@example.com", **creator},
        },
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": labels},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": "50%"}},
            "minReadySeconds": 10,
            "progressDeadlineSeconds": 300,
            "template": {
                "metadata": {"labels": labels, "annotations": {"example.com/scrape": "true", **creator}},
                "spec": pod.spec(),
            },
        },
    }
    return [service, deployment]


STATELESS = Everything("stateless", "Stateless Service", "web", _visits, _expected)
