"""Services, and what is behind them, in states that people meet: each is what a real control plane is asked to make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.manifests import Object

Live = Mapping[str, list[Object]]
"""plural -> objects of one scenario, as the cluster has them."""
Until = Callable[[Live], bool]


@dataclass(frozen=True)
class Patch:
    """A merge patch of one object; `plural` may carry a subresource ("pods/status")."""

    plural: str
    name: str
    body: Object


@dataclass(frozen=True)
class Delete:
    """One object is deleted, with the grace of its kind; `labels` instead of a name: all pods that carry them."""

    plural: str
    name: str


Step = Object | Patch | Delete
HTTP = {"name": "http", "containerPort": 8080, "protocol": "TCP"}
DNS = {"name": "dns", "containerPort": 5353, "protocol": "UDP"}


def service(*ports: Object, **spec: Any) -> Object:
    """Service "web" that selects app=web; `spec` replaces fields, None takes one away."""
    fields = {"selector": {"app": "web"}, "ports": list(ports), **spec}
    kept = {key: value for key, value in fields.items() if value is not None}
    notes = {"berth.test/load-balancer": "pending"}  # the embedded cluster gives addresses, the real one has nobody to
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "annotations": notes}, "spec": kept}


def port(number: int, target: int | str, name: str = "", protocol: str = "TCP") -> Object:
    return {"port": number, "targetPort": target, "protocol": protocol} | ({"name": name} if name else {})


def template(*ports: Object, fate: str = "", version: str = "v1", **spec: Any) -> Object:
    """A pod template with labels app=web and version, one container with these ports."""
    notes = {"annotations": {"berth.test/fate": fate}} if fate else {}
    container = {"name": "app", "image": "nginx:1.27", "ports": list(ports)}
    return {
        "metadata": {"labels": {"app": "web", "version": version}, **notes},
        "spec": {"containers": [container], **spec},
    }


def workload(kind: str, pods: Object, name: str = "web", replicas: int = 3, **spec: Any) -> Object:
    labels = {key: pods["metadata"]["labels"][key] for key in ("app",)} | {"set": name}
    pods = {**pods, "metadata": {**pods["metadata"], "labels": pods["metadata"]["labels"] | labels}}
    fields: Object = {"selector": {"matchLabels": labels}, "template": pods, **spec}
    fields |= {} if kind == "DaemonSet" else {"replicas": replicas}
    fields |= {"serviceName": "web"} if kind == "StatefulSet" else {}
    group = "batch/v1" if kind == "Job" else "apps/v1"
    return {"apiVersion": group, "kind": kind, "metadata": {"name": name}, "spec": fields}


def deployment(pods: Object, name: str = "web", **spec: Any) -> Object:
    return workload("Deployment", pods, name, **spec)


def pod(name: str, *ports: Object, fate: str = "", **spec: Any) -> Object:
    made = template(*ports, fate=fate, **spec)
    return {"apiVersion": "v1", "kind": "Pod", **made, "metadata": made["metadata"] | {"name": name}}


def job(name: str, pods: Object) -> Object:
    spec = {"template": {**pods, "spec": pods["spec"] | {"restartPolicy": "Never"}}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec}


def slice_by_hand(name: str, family: str, *endpoints: Object, ports: list[Object] | None = None) -> Object:
    labels = {"kubernetes.io/service-name": "web"}
    slice_ports = [{"name": "", "port": 8080, "protocol": "TCP"}] if ports is None else ports
    body = {"addressType": family, "endpoints": list(endpoints), "ports": slice_ports}
    head = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": name, "labels": labels}}
    return head | body


def at(address: str, **conditions: bool) -> Object:
    return {"addresses": [address]} | ({"conditions": conditions} if conditions else {})


def new_template(plural: str, fate: str = "", **spec: Any) -> Patch:
    """The pod template gets version v2 (and this fate), so there is something to roll out."""
    notes = {"annotations": {"berth.test/fate": fate}} if fate else {}
    return Patch(plural, "web", {"spec": {"template": {"metadata": {"labels": {"version": "v2"}, **notes}}, **spec}})


def counts(plural: str, **status: int) -> Until:
    """The first of these has these numbers in its status, and its controller has seen the latest spec."""

    def reached(live: Live) -> bool:
        document = live[plural][0]
        seen = document.get("status", {}).get("observedGeneration", 0) >= document["metadata"].get("generation", 0)
        return seen and all(document["status"].get(key, 0) == number for key, number in status.items())

    return reached


def says(plural: str, kind: str, reason: str) -> Until:
    """The first of these has a condition of that type with that reason."""
    return lambda live: any(
        (condition["type"], condition.get("reason")) == (kind, reason)
        for condition in live[plural][0].get("status", {}).get("conditions", ())
    )


def endpoints(number: int) -> Until:
    return lambda live: (
        sum(len(endpoint_slice.get("endpoints") or ()) for endpoint_slice in live["endpointslices"]) == number
    )


def serving(number: int) -> Until:
    """So many endpoints are ready: on a busy machine pods rest on their way there."""
    return lambda live: (
        number
        == sum(
            bool(endpoint["conditions"].get("ready"))
            for piece in live["endpointslices"]
            for endpoint in piece.get("endpoints") or ()
        )
    )


QUOTA = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}, "spec": {"hard": {"pods": "1"}}}
ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
PARTITION = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
ON_DELETE = {"type": "OnDelete"}
SIDECAR = {"name": "proxy", "image": "envoy:1", "restartPolicy": "Always", "ports": [HTTP | {"containerPort": 9090}]}

# name -> (objects, changes..., until): a step ends when the cluster has come to rest and what stands last in it holds.
SCENARIOS: dict[str, tuple[tuple[list[Step], Until], ...]] = {
    "all is well": (([service(port(80, "http")), deployment(template(HTTP))], endpoints(3)),),
    "target by number, nothing declared": (([service(port(80, 8080)), deployment(template())], endpoints(3)),),
    "target by number, another one is declared": (
        ([service(port(80, 1234)), deployment(template(HTTP))], endpoints(3)),
    ),
    "named port missing on all pods": (([service(port(80, "web")), deployment(template(HTTP))], endpoints(3)),),
    "named port missing on some pods": (
        (
            [
                service(port(80, "http")),
                deployment(template(HTTP), replicas=2),
                deployment(template(), "old", replicas=1),
            ],
            endpoints(3),
        ),
    ),
    "named port with another protocol": (([service(port(53, "dns")), deployment(template(DNS))], endpoints(3)),),
    "named port of a sidecar": (
        ([service(port(80, "http")), deployment(template(initContainers=[SIDECAR]))], endpoints(3)),
    ),
    "two ports, one dead": (
        (
            [service(port(80, "http", "web"), port(9090, "metrics", "metrics")), deployment(template(HTTP))],
            endpoints(3),
        ),
    ),
    "two ports, each on other pods": (
        (
            [
                service(port(80, "http", "web"), port(53, "dns", "dns", "UDP")),
                deployment(template(HTTP), replicas=2),
                deployment(template(DNS), "names", replicas=1),
            ],
            endpoints(3),
        ),
    ),
    "one number, two protocols": (
        (
            [
                service(port(53, "dns-tcp", "tcp"), port(53, "dns", "udp", "UDP"), type="NodePort"),
                deployment(template(DNS, {"name": "dns-tcp", "containerPort": 5353, "protocol": "TCP"})),
            ],
            endpoints(3),
        ),
    ),
    "some pods not ready": (
        (
            [
                service(port(80, "http")),
                deployment(template(HTTP), replicas=2),
                deployment(template(HTTP, fate="unready"), "slow", replicas=1),
            ],
            endpoints(3),
        ),
    ),
    "no pod ready": (([service(port(80, "http")), deployment(template(HTTP, fate="unready"))], endpoints(3)),),
    "crash loop": (([service(port(80, "http")), deployment(template(HTTP, fate="crash"))], endpoints(3)),),
    "unready pods published": (
        (
            [
                service(port(80, "http"), publishNotReadyAddresses=True),
                deployment(template(HTTP, fate="unready"), replicas=2),
            ],
            endpoints(2),
        ),
    ),
    "a pod is terminating": (
        ([service(port(80, "http")), pod("one", HTTP), pod("two", HTTP, fate="lingers")], endpoints(2)),
        (
            [Delete("pods", "two")],
            lambda live: any(document["metadata"].get("deletionTimestamp") for document in live["pods"]),
        ),
    ),
    "all pods are terminating": (
        ([service(port(80, "http")), pod("two", HTTP, fate="lingers")], endpoints(1)),
        (
            [Delete("pods", "two")],
            lambda live: any(document["metadata"].get("deletionTimestamp") for document in live["pods"]),
        ),
    ),
    "headless": (
        ([service(port(80, "http"), clusterIP="None"), workload("StatefulSet", template(HTTP))], endpoints(3)),
    ),
    "headless without ports": (
        ([service(clusterIP="None", ports=None), workload("StatefulSet", template(HTTP))], endpoints(3)),
    ),
    "headless, named port missing": (
        ([service(port(80, "web"), clusterIP="None"), workload("StatefulSet", template(HTTP))], endpoints(3)),
    ),
    "selector matches nothing": (([service(port(80, "http"))], lambda live: True),),
    "scaled to 0": (
        ([service(port(80, "http")), deployment(template(HTTP), replicas=0)], counts("deployments", replicas=0)),
    ),
    "bare replica set": (([service(port(80, "http")), workload("ReplicaSet", template(HTTP))], endpoints(3)),),
    "pods of a job": (([service(port(80, "http")), job("once", template(HTTP))], endpoints(1)),),
    "selector taken away": (
        ([service(port(80, "http")), deployment(template(HTTP))], serving(3)),
        (
            [Patch("services", "web", {"spec": {"selector": None}})],
            lambda live: "selector" not in live["services"][0]["spec"],
        ),
    ),
    "became an external name": (
        ([service(port(80, "http")), deployment(template(HTTP))], serving(3)),
        (
            [Patch("services", "web", {"spec": {"type": "ExternalName", "externalName": "db.example.org"}})],
            lambda live: live["services"][0]["spec"]["type"] == "ExternalName",
        ),
    ),
    "by hand": (
        (
            [
                service(port(80, 8080), selector=None),
                slice_by_hand("web-1", "IPv4", at("192.0.2.1"), at("192.0.2.2", ready=False)),
            ],
            endpoints(2),
        ),
    ),
    "by hand, dual stack": (
        (
            [
                service(port(80, 8080), selector=None, clusterIP="None"),
                slice_by_hand("web-4", "IPv4", at("192.0.2.1", ready=True)),
                slice_by_hand("web-6", "IPv6", at("2001:db8::1", ready=True)),
            ],
            endpoints(2),
        ),
    ),
    "by hand, another port name": (
        (
            [
                service(port(80, 8080, "http"), selector=None),
                slice_by_hand(
                    "web-1", "IPv4", at("192.0.2.1"), ports=[{"name": "web", "port": 8080, "protocol": "TCP"}]
                ),
            ],
            endpoints(1),
        ),
    ),
    "by hand, a family that the service has not": (
        ([service(port(80, 8080), selector=None), slice_by_hand("web-6", "IPv6", at("2001:db8::1"))], endpoints(1)),
    ),
    "external name": (
        ([service(selector=None, ports=None, type="ExternalName", externalName="db.example.org")], lambda live: True),
    ),
    "OnDelete, old pods": (
        ([service(port(80, "http")), workload("StatefulSet", template(HTTP), updateStrategy=ON_DELETE)], endpoints(3)),
        ([new_template("statefulsets")], counts("statefulsets", readyReplicas=3, updatedReplicas=0)),
    ),
    "OnDelete of a DaemonSet, old pods": (
        ([service(port(80, "http")), workload("DaemonSet", template(HTTP), updateStrategy=ON_DELETE)], endpoints(2)),
        ([new_template("daemonsets")], counts("daemonsets", updatedNumberScheduled=0)),
    ),
    "DaemonSet": (([service(port(80, "http")), workload("DaemonSet", template(HTTP))], endpoints(2)),),
    "partition, canary done": (
        ([service(port(80, "http")), workload("StatefulSet", template(HTTP), updateStrategy=PARTITION)], endpoints(3)),
        ([new_template("statefulsets")], counts("statefulsets", readyReplicas=3, updatedReplicas=1)),
    ),
    "partition, canary not ready": (
        ([service(port(80, "http")), workload("StatefulSet", template(HTTP), updateStrategy=PARTITION)], endpoints(3)),
        ([new_template("statefulsets", "unready")], counts("statefulsets", readyReplicas=2, updatedReplicas=1)),
    ),
    "partition beyond the replicas": (
        (
            [
                service(port(80, "http")),
                workload("StatefulSet", template(HTTP), updateStrategy={"rollingUpdate": {"partition": 9}}),
            ],
            endpoints(3),
        ),
        ([new_template("statefulsets")], counts("statefulsets", readyReplicas=3, updatedReplicas=0)),
    ),
    "ordinals from 5": (
        (
            [
                service(port(80, "http"), clusterIP="None"),
                workload("StatefulSet", template(HTTP), ordinals={"start": 5}, replicas=2),
            ],
            endpoints(2),
        ),
    ),
    "paused": (
        ([service(port(80, "http")), deployment(template(HTTP))], endpoints(3)),
        ([new_template("deployments", paused=True)], counts("deployments", updatedReplicas=0, readyReplicas=3)),
    ),
    "paused in the middle": (
        ([service(port(80, "http")), deployment(template(HTTP), strategy=ROLLING)], endpoints(3)),
        ([new_template("deployments", "unready")], counts("deployments", updatedReplicas=1, readyReplicas=2)),
        (
            [Patch("deployments", "web", {"spec": {"paused": True}})],
            counts("deployments", updatedReplicas=1, readyReplicas=2),
        ),
    ),
    "rolling out": (
        ([service(port(80, "http")), deployment(template(HTTP))], endpoints(3)),
        ([new_template("deployments", "unready")], counts("deployments", updatedReplicas=1, unavailableReplicas=1)),
    ),
    "past the deadline": (
        ([service(port(80, "http")), deployment(template(HTTP), progressDeadlineSeconds=1)], endpoints(3)),
        (
            [new_template("deployments", "unready")],
            says("deployments", "Progressing", "ProgressDeadlineExceeded"),
        ),
    ),
    "quota": (
        ([QUOTA], lambda live: True),
        (
            [service(port(80, "http")), deployment(template(HTTP))],
            says("deployments", "ReplicaFailure", "FailedCreate"),
        ),
    ),
    "ready, not yet available": (
        (
            [
                service(port(80, "http")),
                workload("StatefulSet", template(HTTP), minReadySeconds=3600, podManagementPolicy="Parallel"),
            ],
            endpoints(3),
        ),
    ),
    "load balancer without an address": (
        ([service(port(80, "http"), type="LoadBalancer"), deployment(template(HTTP))], endpoints(3)),
    ),
    "load balancer without node ports": (
        (
            [
                service(port(80, "http"), type="LoadBalancer", allocateLoadBalancerNodePorts=False),
                deployment(template(HTTP)),
            ],
            endpoints(3),
        ),
    ),
}
