"""F6: no rule of the form is stricter than the cluster. Every rule of names and quantities is held against dry runs."""

from collections.abc import Callable
from typing import Any

import pytest

from console.kube.batch import Verdict, rehearse
from console.kube.errors import Forbidden
from services.manifests import images, names, quantities
from services.manifests.sentences import Remark
from tests.clusters import Cluster, eventually
from tests.kube.projects import Project, client, deployment, service

Document = dict[str, Any]
Place = Callable[[str, str, str], Document]
"""A document with a value in its place: (namespace, a free name, the value)."""


def pod(**fields: Any) -> Place:
    """A Deployment; a field is a function from the value to what its pod spec has there."""

    def place(namespace: str, name: str, value: str) -> Document:
        document = deployment(namespace, name)
        spec = document["spec"]["template"]["spec"]
        for key, make in fields.items():
            spec[key] = make(value)
        return document

    return place


def container(**fields: Any) -> Place:
    """A Deployment; a field is a function from the value to what its container has there."""
    base = {"name": "app", "image": "nginx:1.27"}
    return pod(containers=lambda value: [{**base, **{key: make(value) for key, make in fields.items()}}])


def mounted(mount: Callable[[str], Document], volume: Callable[[str], Document]) -> Place:
    """A Deployment with a volume that its container mounts."""
    base = {"name": "app", "image": "nginx:1.27"}
    return pod(
        containers=lambda value: [{**base, "volumeMounts": [{"name": "v", "mountPath": "/x", **mount(value)}]}],
        volumes=lambda value: [{"name": "v", **volume(value)}],
    )


def of_service(**fields: Any) -> Place:
    """A Service; a field is a function from the value to what its spec has there."""

    def place(namespace: str, name: str, value: str) -> Document:
        document = service(namespace, name)
        document["spec"] |= {key: make(value) for key, make in fields.items()}
        return document

    return place


def labelled(key: str) -> Callable[[Callable[[str], Document]], Place]:
    def made(make: Callable[[str], Document]) -> Place:
        def place(namespace: str, name: str, value: str) -> Document:
            document = service(namespace, name)
            document["metadata"][key] = make(value)
            return document

        return place

    return made


def called(kind: str) -> Place:
    def place(namespace: str, name: str, value: str) -> Document:
        if kind == "Service":
            return service(namespace, value)
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        metadata = {"name": value, "namespace": namespace}
        return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}

    return place


def claimed(namespace: str, name: str, value: str) -> Document:
    """A claim of a size."""
    return called("PersistentVolumeClaim")(namespace, name, name) | {
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": value}}}
    }


EMPTY = {"emptyDir": {}}
PORT = {"containerPort": 80}
LONG = "a" * 63
SIGNS = [
    "a b",
    "a:b",
    "a/b",
    "a.b",
    "a_b",
    "a-b",
    "a--b",
    "A",
    "1a",
    "a1",
    "1",
    "-a",
    "a-",
    "_a",
    ".a",
    "..a",
    "ä",
    "a=b",
]
QUANTITIES = [
    "1",
    "0.5",
    "100m",
    "100M",
    "1.2Gi",
    "0.1Gi",
    "2.8Gi",
    "1e3",
    "1E3",
    "128",
    "1Ki",
    "100u",
    "0",
    "0.0001",
    "1.5k",
]
QUANTITIES += ["-1", "1 Gi", "1MB", "x", "1e", "1ki", "1_000", "+1", ".5", "5.", "1e-3", "1Ei"]
PATHS = ["/", "/a", "/a/b", "a", "/a:b", "a/..", "..a", "../a", "/a/../b", "a//b", "/a b", "./a", "/..a"]

RULES: dict[str, tuple[Callable[[str], Any], Place, list[str]]] = {
    "service name": (names.service_name, called("Service"), [*SIGNS, LONG, LONG + "a"]),
    "object name": (names.object_name, called("PersistentVolumeClaim"), [*SIGNS, LONG + ".a", "a..b", "a" * 253]),
    "container name": (names.container_name, container(name=str), [*SIGNS, LONG, LONG + "a"]),
    "volume name": (names.volume_name, pod(volumes=lambda v: [{"name": v, **EMPTY}]), [*SIGNS, LONG, LONG + "a"]),
    "port name": (names.port_name, container(ports=lambda v: [{**PORT, "name": v}]), [*SIGNS, "a" * 15, "a" * 16]),
    "service port name": (
        names.service_port_name,
        of_service(ports=lambda v: [{"name": v, "port": 80}]),
        [*SIGNS, LONG, LONG + "a"],
    ),
    "app protocol": (
        names.app_protocol,
        of_service(ports=lambda v: [{"port": 80, "appProtocol": v}]),
        [*SIGNS, "kubernetes.io/h2c", "a/b/c", "/a", "A.b/c", LONG, LONG + "a"],
    ),
    "target port": (
        names.port_or_name,
        of_service(ports=lambda v: [{"port": 80, "targetPort": int(v) if v.lstrip("-").isdecimal() else v}]),
        ["http", "1", "65535", "0", "65536", "-1", "a--b", "A", "a" * 15, "a" * 16, "1a"],
    ),
    "variable name": (
        names.variable_name,
        container(env=lambda v: [{"name": v, "value": "x"}]),
        [*SIGNS, "Logging:LogLevel", "4K_SEPARATION", "a\tb", "~", "!", " ", "a" * 300],
    ),
    "prefix": (
        names.env_prefix,
        container(envFrom=lambda v: [{"prefix": v, "configMapRef": {"name": "x"}}]),
        [*SIGNS, "Logging:", "4K_"],
    ),
    "key of an object": (
        names.config_key,
        container(env=lambda v: [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "x", "key": v}}}]),
        [*SIGNS, ".", "..", "...", "a..b", "a" * 253, "a" * 254],
    ),
    "label key": (
        names.label_key,
        labelled("labels")(lambda v: {v: "x"}),
        [*SIGNS, "example.com/a", "Example.com/a", "a/b/c", LONG, LONG + "a", "a" * 253 + "/a"],
    ),
    "annotation key": (
        names.annotation_key,
        labelled("annotations")(lambda v: {v: "x"}),
        [*SIGNS, "Example.com/A", "a/b/c", LONG, LONG + "a"],
    ),
    "label value": (names.label_value, labelled("labels")(lambda v: {"a": v}), ["", *SIGNS, LONG, LONG + "a"]),
    "external name": (
        names.external_name,
        of_service(type=lambda v: "ExternalName", externalName=str, ports=lambda v: None, selector=lambda v: None),
        [
            *SIGNS,
            "api.example.com",
            "API.example.com",
            "a.",
            "a..b",
            "localhost",
            "_sip.a",
            "1.2.3.4",
            LONG + "a.b",
            "*.a",
        ],
    ),
    "mount path": (names.mount_path, mounted(lambda v: {"mountPath": v}, lambda v: EMPTY), PATHS),
    "sub path": (names.relative_path, mounted(lambda v: {"subPath": v}, lambda v: EMPTY), PATHS),
    "path of a key": (
        names.key_path,
        pod(volumes=lambda v: [{"name": "v", "configMap": {"name": "x", "items": [{"key": "a", "path": v}]}}]),
        PATHS,
    ),
    "path on the node": (names.host_path, pod(volumes=lambda v: [{"name": "v", "hostPath": {"path": v}}]), PATHS),
    "share": (
        names.count_or_percent,
        lambda namespace, name, value: {
            **(made := deployment(namespace, name)),
            "spec": made["spec"]
            | {
                "strategy": {
                    "type": "RollingUpdate",
                    "rollingUpdate": {"maxSurge": int(value) if value.lstrip("-").isdecimal() else value},
                }
            },
        },
        ["0", "1", "25%", "100%", "1000%", "120%", "-1", "1.5", "x", "%", "5 %", "2000000000"],
    ),
    "CPU": (quantities.cpu, container(resources=lambda v: {"limits": {"cpu": v}}), QUANTITIES),
    "memory": (quantities.memory, container(resources=lambda v: {"limits": {"memory": v}}), [*QUANTITIES, "128974848"]),
    "size limit": (
        quantities.memory,
        pod(volumes=lambda v: [{"name": "v", "emptyDir": {"sizeLimit": v}}]),
        QUANTITIES,
    ),
    "size of a claim": (quantities.size, claimed, QUANTITIES),
    "sticky timeout": (
        lambda text: names.sticky_timeout(int(text)),
        of_service(
            sessionAffinity=lambda v: "ClientIP",
            sessionAffinityConfig=lambda v: {"clientIP": {"timeoutSeconds": int(v)}},
        ),
        ["0", "1", "10800", "86400", "86401", "-1"],
    ),
    "image": (
        images.image,
        container(image=str),
        ["nginx", "nginx:1.27", "a.b:5000/c:d", "a b", " a", "A", "a/B", "http://a", "a:", "a@sha256:1", "-a", "a//b"],
    ),
}


REFUSED: dict[str, set[str]] = {
    "target port": {"0"},  # taken for a port that is not set
    "external name": {"1", "1.2.3.4", LONG + "a.b"},  # DNS would never find it
    "mount path": {"/a:b", "a", "a/..", "..a", "../a", "./a", "a//b"},  # ":" starts an option; the rest is a slip
    "path on the node": {"a", "..a", "./a", "a//b"},  # a slip
    "CPU": {"100M"},  # millions of cores: a slip
    "memory": {"100m"},  # thousandths of a byte: a slip
    "size limit": {"100m"},
    "image": {"a b", " a", "A", "a/B", "http://a", "a:", "a@sha256:1", "-a", "a//b"},  # kubelet: InvalidImageName
}
"""What the form refuses although an API server takes it: nothing behind the API server can use it, or it is nearly
always a slip (the YAML takes it)."""


def is_forbidden(verdict: Verdict) -> bool:
    """Refused for who asks, not for what."""
    return isinstance(verdict.error, Forbidden)


@pytest.mark.parametrize("case", RULES)
def test_no_rule_of_the_form_is_stricter_than_the_cluster(cluster: Cluster, namespace: str, case: str) -> None:
    """F6: what a dry run takes no rule refuses; on the real control plane, what a rule takes no dry run refuses."""
    rule, place, values = RULES[case]
    olive = client(cluster, Project(cluster, namespace))
    documents = [place(namespace, f"d-{at}", value) for at, value in enumerate(values)]
    # A new binding may reach the authorizer after the first question
    verdicts = eventually(lambda: [] if any(map(is_forbidden, tried := rehearse(olive, documents))) else tried)
    taken = {value for value, verdict in zip(values, verdicts, strict=True) if verdict.outcome == "accepted"}
    refused = {value for value in values if (answer := rule(value)) is not None and not isinstance(answer, Remark)}
    assert {verdict.outcome for verdict in verdicts} <= {"accepted", "refused"}
    if not cluster.embedded:
        assert set(values) - taken <= refused
        assert taken & refused == REFUSED.get(case, set())
    else:  # it takes more than the real one in places, which its own tests are about
        assert set(values) - refused <= taken
