"""What each entry of the type chooser begins with (services-console.md section 3, without its leaks)."""

from __future__ import annotations

from services.manifests.bundle import Bundle, Document

SERVICE_TYPE = "kubesphere.io/serviceType"
ALIAS = "kubesphere.io/alias-name"
DESCRIPTION = "kubesphere.io/description"
CREATOR = "kubesphere.io/creator"

VERSION = "v1"
STICKY_SECONDS = 10800


def starter(kind: str, namespace: str) -> Bundle:
    """The bundle a new draft of type ``kind`` starts with, in ``namespace``; names are still empty.

    Raises ``KeyError`` for an unknown type.
    """
    pod = {"metadata": {"labels": {"app": "", "version": VERSION}}, "spec": {"containers": []}}
    selector = {"matchLabels": {"app": "", "version": VERSION}}
    deployment = {
        "replicas": 1,
        "selector": selector,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
        "template": pod,
    }
    stateful_set = {
        "replicas": 1,
        "serviceName": "",
        "selector": selector,
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "template": pod,
    }
    service = {"sessionAffinity": "None", "selector": {"app": ""}}
    port = {"name": "http", "protocol": "TCP", "port": 80, "targetPort": 80}
    starters: dict[str, list[tuple[str, Document, str]]] = {
        "stateless": [("Deployment", deployment, ""), ("Service", service, "statelessservice")],
        "stateful": [("StatefulSet", stateful_set, ""), ("Service", service, "statefulservice")],
        "external": [("Service", {"type": "ExternalName", "externalName": ""}, "externalservice")],
        "workload": [("Service", {"sessionAffinity": "None"}, "")],
        "yaml": [("Service", {**service, "ports": [port]}, "")],
    }
    labels = {"app": "", "version": VERSION} if len(starters[kind]) > 1 else {"app": ""}
    return Bundle(tuple(_document(namespace, labels, *document) for document in starters[kind]))


def _document(namespace: str, labels: dict[str, str], kind: str, spec: Document, service_type: str) -> Document:
    metadata: Document = {"name": "", "namespace": namespace, "labels": labels}
    if service_type:
        metadata["annotations"] = {SERVICE_TYPE: service_type}
    version = "v1" if kind == "Service" else "apps/v1"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
