"""External Service, Specify Workload and Edit YAML with everything set."""

import yaml

from tests.everything import Document, Everything, Visit
from tests.everything.stateless import STATELESS


def _external_visits(_node_port: int) -> tuple[Visit, ...]:
    return (
        Visit("basic", (), {"name": "payments", "alias": "Payments", "description": "Paid elsewhere"}),
        Visit("external", (), {"external_name": "api.payments.example.com"}),
    )


def _external_expected(namespace: str, person: str, _node_port: int) -> list[Document]:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "payments",
            "namespace": namespace,
            "labels": {"app": "payments"},
            "annotations": {
                "kubesphere.io/serviceType": "externalservice",
                "kubesphere.io/alias-name": "Payments",
                "kubesphere.io/description": "Paid elsewhere",
                "kubesphere.io/creator": person,
            },
        },
        "spec": {"type": "ExternalName", "externalName": "api.payments.example.com"},
    }
    return [service]


def _workload_visits(node_port: int) -> tuple[Visit, ...]:
    return (
        Visit("basic", (), {"name": "reports", "alias": "Reports", "description": "For the books"}),
        Visit(
            "service",
            ("add:selector", "add:ports"),
            {
                "access_mode": "virtual_ip",
                "selector-0-key": "app",
                "selector-0-value": "orders",
                "selector-1-key": "tier",
                "selector-1-value": "back",
                "ports-0-protocol": "TCP",
                "ports-0-app_protocol": "http",
                "ports-0-name": "web",
                "ports-0-port": "80",
                "ports-0-target_port": "http-web",
                "ports-1-protocol": "SCTP",
                "ports-1-app_protocol": "example.com/bus",
                "ports-1-name": "bus",
                "ports-1-port": "7000",
                "ports-1-target_port": "7001",
            },
        ),
        Visit(
            "advanced",
            ("add:labels", "add:service_annotations"),
            {
                "external": "LoadBalancer",
                "load_balancer_class": "example.com/slow",
                "ports-0-node_port": str(node_port),
                "ports-1-node_port": str(node_port + 1),
                "sticky": True,
                "sticky_timeout": "600",
                "labels-1-key": "team",
                "labels-1-value": "books",
                "service_annotations-0-key": "example.com/probe",
                "service_annotations-0-value": "yes",
            },
        ),
    )


def _workload_expected(namespace: str, person: str, node_port: int) -> list[Document]:
    web = {"name": "web", "protocol": "TCP", "appProtocol": "http", "port": 80, "targetPort": "http-web"}
    bus = {"name": "bus", "protocol": "SCTP", "appProtocol": "example.com/bus", "port": 7000, "targetPort": 7001}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "reports",
            "namespace": namespace,
            "labels": {"app": "reports", "team": "books"},
            "annotations": {
                "kubesphere.io/alias-name": "Reports",
                "kubesphere.io/description": "For the books",
                "example.com/probe": "yes",
                "kubesphere.io/creator": person,
            },
        },
        "spec": {
            "type": "LoadBalancer",
            "loadBalancerClass": "example.com/slow",
            "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 600}},
            "selector": {"app": "orders", "tier": "back"},
            "ports": [{**web, "nodePort": node_port}, {**bus, "nodePort": node_port + 1}],
        },
    }
    return [service]


def _yaml_visits(node_port: int) -> tuple[Visit, ...]:
    documents = STATELESS.expected("", "", node_port)
    for document in documents:
        meta = document["metadata"]
        del meta["namespace"], meta["annotations"]["kubesphere.io/creator"]
    del documents[1]["spec"]["template"]["metadata"]["annotations"]["kubesphere.io/creator"]
    text = yaml.safe_dump_all(documents, sort_keys=False)
    return (Visit("draft-yaml", (), {"text": f"# by hand\n{text}"}),)


EXTERNAL = Everything("external", "External Service", "payments", _external_visits, _external_expected)
WORKLOAD = Everything("workload", "Specify Workload", "reports", _workload_visits, _workload_expected)
YAML = Everything("yaml", "Edit YAML", "web", _yaml_visits, STATELESS.expected)
