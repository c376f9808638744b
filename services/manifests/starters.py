"""What each entry of the type chooser begins with (services-console.md section 3, without its leaks)."""

from __future__ import annotations

from typing import Any

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
    return {
        "stateless": _stateless,
        "stateful": _stateful,
        "external": _external,
        "workload": _workload,
        "yaml": _yaml,
    }[kind](namespace)


def _stateless(namespace: str) -> Bundle:
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "", "version": VERSION}},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
        "template": _pod_template(),
    }
    return Bundle((_workload_document("Deployment", namespace, spec), _paired_service(namespace, "statelessservice")))


def _stateful(namespace: str) -> Bundle:
    spec = {
        "replicas": 1,
        "serviceName": "",
        "selector": {"matchLabels": {"app": "", "version": VERSION}},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "template": _pod_template(),
    }
    return Bundle((_workload_document("StatefulSet", namespace, spec), _paired_service(namespace, "statefulservice")))


def _external(namespace: str) -> Bundle:
    metadata = {"name": "", "namespace": namespace, "labels": {"app": ""}}
    metadata["annotations"] = {SERVICE_TYPE: "externalservice"}
    return Bundle((_document("v1", "Service", metadata, {"type": "ExternalName", "externalName": ""}),))


def _workload(namespace: str) -> Bundle:
    metadata = {"name": "", "namespace": namespace, "labels": {"app": ""}}
    return Bundle((_document("v1", "Service", metadata, {"sessionAffinity": "None"}),))


def _yaml(namespace: str) -> Bundle:
    metadata = {"name": "", "namespace": namespace, "labels": {"app": ""}}
    spec = {"selector": {"app": ""}, "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 80}]}
    return Bundle((_document("v1", "Service", metadata, {"sessionAffinity": "None", **spec}),))


def _paired_service(namespace: str, service_type: str) -> Document:
    metadata = {
        "name": "",
        "namespace": namespace,
        "labels": {"app": "", "version": VERSION},
        "annotations": {SERVICE_TYPE: service_type},
    }
    return _document("v1", "Service", metadata, {"sessionAffinity": "None", "selector": {"app": ""}})


def _workload_document(kind: str, namespace: str, spec: dict[str, Any]) -> Document:
    metadata = {"name": "", "namespace": namespace, "labels": {"app": "", "version": VERSION}}
    return _document("apps/v1", kind, metadata, spec)


def _pod_template() -> Document:
    return {"metadata": {"labels": {"app": "", "version": VERSION}}, "spec": {"containers": []}}


def _document(api_version: str, kind: str, metadata: dict[str, Any], spec: dict[str, Any]) -> Document:
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}
