"""Manifests for property tests: plausible ones with every documented field, unknown fields, and broken ones.

Hypothesis draws one seed an example and these generators make a whole bundle from it: drawing each of the hundreds of
fields from Hypothesis would cost a hundred times as much.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import strategies


class Make:
    """A generator of values; ``a | b`` is either."""

    def __init__(self, make: Callable[[Random], Any]) -> None:
        self.make = make

    def __call__(self, random: Random) -> Any:
        return self.make(random)

    def __or__(self, other: Make) -> Make:
        return Make(lambda random: (self if random.random() < 0.7 else other)(random))


class st:
    """The few generators that are needed, called as in Hypothesis."""

    @staticmethod
    def sampled_from(values: list[Any]) -> Make:
        return Make(lambda random: random.choice(values))

    @staticmethod
    def just(value: Any) -> Make:
        return Make(lambda random: value)

    @staticmethod
    def none() -> Make:
        return Make(lambda random: None)

    @staticmethod
    def booleans() -> Make:
        return Make(lambda random: random.random() < 0.5)

    @staticmethod
    def integers(least: int, most: int) -> Make:
        return Make(lambda random: random.randint(least, most))

    @staticmethod
    def builds(build: Callable[..., Any], *makes: Make) -> Make:
        return Make(lambda random: build(*(make(random) for make in makes)))

    @staticmethod
    def dictionaries(keys: Make, values: Make, *, max_size: int) -> Make:
        return Make(lambda random: {keys(random): values(random) for _ in range(random.randint(0, max_size))})


JUNK = st.sampled_from([None, 5, 1.5, True, "", "text", [], {}, [5], ["a", None], {"x": 1}, {"x": {"y": []}}])
NAMES = st.sampled_from(["web", "db", "a", "b", "http", "data", "host-time"])
WORDS = st.sampled_from(["x", "yes", "/etc/localtime", "a b", "1", "value"])
PORTS = st.sampled_from([80, 81, 8080])
PROTOCOLS = st.sampled_from(["TCP", "UDP"])
INTS = st.integers(0, 5)
KEYS = st.sampled_from(["app", "version", "team", "kubesphere.io/creator", "example.com/a"])


def fields(mapping: dict[str, Make], *, most: bool = False) -> Make:
    """Maps with any (or ``most``) of the fields, now and then one that the form does not know or a value of the wrong
    type."""

    def make(random: Random) -> dict[str, Any]:
        share = 0.9 if most else random.choice([0.2, 0.5, 0.9])
        known = {key: value(random) for key, value in mapping.items() if random.random() < share}
        chance = random.randint(0, 40 if most else 15)
        if chance == 0:
            return {**known, random.choice(sorted(mapping)): JUNK(random)}
        return {**known, "unknownField": JUNK(random)} if chance == 1 else known

    return Make(make)


def few(entry: Make, *, most: int = 3) -> Make:
    """Short lists."""
    return Make(lambda random: [entry(random) for _ in range(random.randint(0, most))])


LABELS = st.dictionaries(KEYS, NAMES, max_size=3)
PAIRS = st.dictionaries(KEYS, WORDS, max_size=3)
PORT_OR_NAME = PORTS | st.sampled_from(["http", "web", "8080"])
HTTP = fields({"path": WORDS, "port": PORT_OR_NAME, "scheme": st.sampled_from(["HTTP", "HTTPS"]), "host": NAMES})
TCP = fields({"port": PORT_OR_NAME})
EXEC = fields({"command": few(WORDS | JUNK)})
HANDLERS = {"httpGet": HTTP, "tcpSocket": TCP, "exec": EXEC}
PROBE = fields(
    {
        "initialDelaySeconds": INTS,
        "periodSeconds": INTS,
        "timeoutSeconds": INTS,
        "successThreshold": INTS,
        "failureThreshold": INTS,
        **HANDLERS,
        "grpc": fields({"port": PORTS, "service": NAMES}),
    }
)
HOOK = fields({**HANDLERS, "sleep": fields({"seconds": INTS})})
AMOUNT = st.sampled_from(["1", 1])
KEY_REF = fields({"name": NAMES, "key": NAMES, "optional": st.booleans()})
VARIABLE = fields(
    {
        "name": NAMES,
        "value": WORDS,
        "valueFrom": fields(
            {
                "configMapKeyRef": KEY_REF,
                "secretKeyRef": KEY_REF,
                "fieldRef": fields({"fieldPath": WORDS, "apiVersion": st.just("v1")}),
                "resourceFieldRef": fields(
                    {"containerName": NAMES, "resource": WORDS, "divisor": st.sampled_from(["1", 1])}
                ),
            }
        ),
    }
)
SOURCE = fields({"name": NAMES, "optional": st.booleans()})
AMOUNTS = fields({"cpu": st.sampled_from(["100m", 1, 0.5]), "memory": st.sampled_from(["64Mi", "1Gi"])})
SELINUX = fields({"level": WORDS, "role": WORDS, "type": WORDS, "user": WORDS})
IDENTITY = {
    "runAsNonRoot": st.booleans(),
    "runAsUser": INTS,
    "runAsGroup": INTS,
    "seLinuxOptions": SELINUX,
    "seccompProfile": fields({"type": st.just("Localhost"), "localhostProfile": WORDS}),
}
CONTAINER = fields(
    {
        "name": NAMES,
        "image": st.sampled_from(["nginx", "nginx:1.25"]),
        "imagePullPolicy": st.sampled_from(["Always", "Never"]),
        "command": few(WORDS | JUNK),
        "args": few(WORDS),
        "ports": few(
            fields(
                {"name": NAMES, "containerPort": PORTS, "protocol": st.sampled_from(["TCP", "UDP"]), "hostPort": PORTS}
            )
            | JUNK
        ),
        "env": few(VARIABLE | JUNK),
        "envFrom": few(fields({"configMapRef": SOURCE, "secretRef": SOURCE, "prefix": WORDS})),
        "resources": fields({"requests": AMOUNTS, "limits": AMOUNTS}),
        "livenessProbe": PROBE,
        "readinessProbe": PROBE,
        "startupProbe": PROBE,
        "lifecycle": fields({"postStart": HOOK, "preStop": HOOK}),
        "securityContext": fields(
            {
                "privileged": st.booleans(),
                "allowPrivilegeEscalation": st.booleans(),
                "readOnlyRootFilesystem": st.booleans(),
                "capabilities": fields({"add": few(st.just("NET_ADMIN") | JUNK), "drop": few(st.just("ALL"))}),
                **IDENTITY,
            }
        ),
        "volumeMounts": few(
            fields({"name": NAMES, "mountPath": WORDS, "subPath": WORDS, "readOnly": st.booleans()}) | JUNK
        ),
        "stdin": st.booleans(),
    }
)
REQUIREMENT = st.sampled_from(
    [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "tier", "operator": "In", "values": ["a"]},
        {"key": "tier", "operator": "NotIn", "values": ["a"]},
        {"key": "batch", "operator": "DoesNotExist"},
        {"key": "cpus", "operator": "Gt", "values": ["4"]},
        {"key": "strange key", "operator": "Exists"},
        {"key": "x", "operator": "Exists", "values": []},
        5,
    ]
)
SELECTOR = fields({"matchLabels": LABELS, "matchExpressions": few(REQUIREMENT)})
TERM = fields({"labelSelector": SELECTOR, "topologyKey": NAMES, "namespaces": st.just(["a"])})
NODE_TERM = fields({"matchExpressions": few(REQUIREMENT), "matchFields": few(REQUIREMENT)})
WEIGHTED = fields({"weight": INTS, "podAffinityTerm": TERM})
PREFERRED, REQUIRED = (
    "preferredDuringSchedulingIgnoredDuringExecution",
    "requiredDuringSchedulingIgnoredDuringExecution",
)
AFFINITY = fields(
    {
        "podAffinity": fields({PREFERRED: few(WEIGHTED), REQUIRED: few(TERM)}),
        "podAntiAffinity": fields({PREFERRED: few(WEIGHTED), REQUIRED: few(TERM)}),
        "nodeAffinity": fields(
            {
                PREFERRED: few(fields({"weight": INTS, "preference": NODE_TERM})),
                REQUIRED: fields({"nodeSelectorTerms": few(NODE_TERM)}),
            }
        ),
    }
)
ITEMS = few(fields({"key": NAMES, "path": WORDS, "mode": INTS}) | JUNK)
VOLUME = fields(
    {
        "name": NAMES,
        "persistentVolumeClaim": fields({"claimName": NAMES, "readOnly": st.booleans()}),
        "emptyDir": fields({"medium": st.just("Memory"), "sizeLimit": st.just("1Gi")}),
        "hostPath": fields({"path": WORDS, "type": st.sampled_from(["", "File"])}),
        "configMap": fields({"name": NAMES, "items": ITEMS, "defaultMode": INTS}),
        "secret": fields({"secretName": NAMES, "items": ITEMS}),
        "projected": fields({"sources": few(JUNK)}),
    }
)
ONE_SOURCE = st.builds(
    lambda name, source: {"name": name, **source},
    NAMES,
    st.sampled_from(
        [
            {"persistentVolumeClaim": {"claimName": "c"}},
            {"emptyDir": {}},
            {"emptyDir": {"medium": "Memory"}},
            {"hostPath": {"path": "/etc/localtime", "type": ""}},
            {"configMap": {"name": "m", "items": [{"key": "a", "path": "b", "mode": 1}], "defaultMode": 420}},
            {"secret": {"secretName": "s"}},
            {"nfs": {"server": "s", "path": "/"}},
        ]
    ),
)
POD_SPEC = fields(
    {
        "containers": few(CONTAINER | JUNK),
        "initContainers": few(CONTAINER, most=2),
        "imagePullSecrets": few(fields({"name": NAMES}) | JUNK),
        "securityContext": fields({"fsGroup": INTS, "sysctls": few(JUNK), **IDENTITY}),
        "affinity": AFFINITY,
        "tolerations": few(
            fields({"key": NAMES, "operator": WORDS, "value": WORDS, "effect": WORDS, "tolerationSeconds": INTS})
        ),
        "terminationGracePeriodSeconds": INTS,
        "priorityClassName": NAMES,
        "nodeSelector": PAIRS,
        "volumes": few(VOLUME | ONE_SOURCE | JUNK),
        "hostNetwork": st.booleans(),
    },
    most=True,
)
METADATA = fields(
    {
        "name": st.sampled_from(["web", "web-v1", "web-v2", "other", ""]),
        "namespace": NAMES,
        "labels": LABELS | fields({"app": NAMES, "version": st.sampled_from(["v1", "v2", ""])}),
        "annotations": PAIRS | fields({"kubesphere.io/alias-name": WORDS, "kubesphere.io/description": WORDS}),
    }
)
TEMPLATE = fields({"metadata": METADATA, "spec": POD_SPEC}, most=True)
ROLLING = fields(
    {"maxUnavailable": st.sampled_from(["25%", 1]), "maxSurge": st.sampled_from(["25%", 0]), "partition": INTS}
)
STRATEGY = fields({"type": st.sampled_from(["RollingUpdate", "Recreate", "OnDelete"]), "rollingUpdate": ROLLING})
CLAIM = fields(
    {
        "metadata": fields({"name": NAMES, "labels": LABELS}),
        "spec": fields(
            {
                "storageClassName": NAMES,
                "accessModes": few(st.just("ReadWriteOnce") | JUNK),
                "resources": fields({"requests": fields({"storage": st.sampled_from(["1Gi", 5])})}),
            }
        ),
    }
)
WORKLOAD = st.builds(
    lambda kind, rest: {"apiVersion": "apps/v1", "kind": kind, **rest},
    st.sampled_from(["Deployment", "StatefulSet", "DaemonSet"]),
    fields(
        {
            "metadata": METADATA,
            "spec": fields(
                {
                    "replicas": INTS,
                    "selector": fields({"matchLabels": LABELS}),
                    "strategy": STRATEGY,
                    "updateStrategy": STRATEGY,
                    "minReadySeconds": INTS,
                    "progressDeadlineSeconds": INTS,
                    "serviceName": NAMES,
                    "template": TEMPLATE,
                    "volumeClaimTemplates": few(CLAIM),
                },
                most=True,
            ),
            "status": JUNK,
        },
        most=True,
    ),
)
SERVICE_PORT = fields(
    {
        "name": NAMES,
        "protocol": st.sampled_from(["TCP", "UDP"]),
        "appProtocol": st.sampled_from(["http", "grpc"]),
        "port": PORTS,
        "targetPort": PORT_OR_NAME,
        "nodePort": st.just(30080),
    }
)
SERVICE = st.builds(
    lambda rest: {"apiVersion": "v1", "kind": "Service", **rest},
    fields(
        {
            "metadata": METADATA,
            "spec": fields(
                {
                    "type": st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]),
                    "clusterIP": st.sampled_from(["None", "10.0.0.1", ""]),
                    "selector": LABELS,
                    "ports": few(SERVICE_PORT | JUNK, most=4),
                    "sessionAffinity": st.sampled_from(["None", "ClientIP"]),
                    "sessionAffinityConfig": fields({"clientIP": fields({"timeoutSeconds": INTS})}),
                    "externalName": NAMES,
                    "loadBalancerClass": NAMES,
                    "externalTrafficPolicy": st.just("Local"),
                },
                most=True,
            ),
        },
        most=True,
    ),
)
OTHER = st.just({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}})
BUNDLE = st.builds(
    lambda *parts: tuple(part for part in parts if part is not None),
    st.none() | OTHER,
    WORKLOAD | (WORKLOAD | st.none()),
    SERVICE | (SERVICE | st.none()),
)
DOCUMENTS = strategies.integers(0, 2**32).map(lambda seed: BUNDLE(Random(seed)))


def linked(random: Random) -> tuple[dict[str, Any], ...]:
    """Documents that name each other in every way: a workload, two Services, and mostly an Ingress, a NetworkPolicy, an
    autoscaler, another workload and a ConfigMap. Every name stands for one thing."""
    some = lambda entries: [entry for entry in entries if random.random() < 0.7]  # noqa: E731
    choice = random.choice
    labels = {"app": "l-app", **dict(some([("version", "v1"), ("tier", "l-tier")]))}
    chosen = {key: value for key, value in labels.items() if key != "version" or random.random() < 0.3}
    mine = choice([{"matchLabels": dict(chosen)}, {"matchExpressions": [_expressed(random, "app", "l-app")]}])
    ports = [{"name": "p-http", "containerPort": 8080}, *some([{"name": "p-more", "containerPort": 9090}])]
    port: Any = lambda: choice(["p-http", "p-http", 8080])  # noqa: E731
    main = {
        "name": "c-main",
        "image": "x",
        "ports": ports,
        "volumeMounts": [{"name": "v-data", "mountPath": "/data"}],
        **dict(
            some(
                [
                    ("livenessProbe", {"httpGet": {"port": port()}}),
                    ("readinessProbe", {"tcpSocket": {"port": port()}}),
                    ("startupProbe", {"grpc": {"port": 8080}}),
                    ("lifecycle", {"preStop": {"httpGet": {"port": port()}}}),
                    ("volumeDevices", [{"name": "v-data", "devicePath": "/dev/x"}]),
                    ("env", [_resource("c-main"), {"name": "URL", "value": "http://s-web.demo.svc:80/"}]),
                ]
            )
        ),
    }
    side = {"name": "c-side", "image": "y", "env": [_resource(choice(["c-main", "c-side"]))]}
    first = {"name": "c-init", "image": "z", "volumeMounts": [{"name": "v-data", "mountPath": "/x"}]}
    term = {"labelSelector": mine, "topologyKey": "zone"}
    pod = {
        "containers": [main, *some([side])],
        **dict(
            some(
                [
                    ("initContainers", [first]),
                    ("affinity", {choice(["podAffinity", "podAntiAffinity"]): {REQUIRED: [term]}}),
                    ("topologySpreadConstraints", [{"maxSkew": 1, "topologyKey": "zone", "labelSelector": mine}]),
                ]
            )
        ),
        "volumes": [{"name": "v-data", "emptyDir": {}}, {"name": "v-info", "downwardAPI": {"items": [_downward()]}}],
    }
    kind = choice(["Deployment", "StatefulSet", "DaemonSet"])
    spec = {
        "selector": choice([{"matchLabels": dict(labels)}, {"matchExpressions": [_expressed(random, "app", "l-app")]}]),
        "template": {"metadata": {"labels": dict(labels)}, "spec": pod},
        **({"serviceName": "s-web"} if kind == "StatefulSet" else {}),
    }
    workload = {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "s-web-v1", "labels": dict(labels)}}
    entries = [
        {"name": "q-http", "port": 80, "targetPort": port()},
        *some([{"name": "q-also", "port": 443, "targetPort": port()}, {"name": "q-more", "port": 9090}]),
    ]
    service = _linked_service("s-web", chosen, entries)
    backend = {"service": {"name": "s-web", "port": choice([{"name": "q-http"}, {"number": 80}])}}
    peer = {"podSelector": mine, **({"namespaceSelector": {}} if random.random() < 0.3 else {})}
    policy = {"ports": [{"port": port()}], choice(["from", "to"]): [peer]}
    side_of = "ingress" if "from" in policy else "egress"
    metrics = [{"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "c-main"}}]
    target = {"apiVersion": "apps/v1", "kind": kind, "name": "s-web-v1"}
    beside = [
        _linked_service(
            "headless", chosen, [{**entry, "name": entry["name"].replace("q-", "r-")} for entry in entries]
        ),
        _document("Ingress", "i", {"defaultBackend": backend, "rules": [{"http": {"paths": [{"backend": backend}]}}]}),
        _document("NetworkPolicy", "n", {"podSelector": mine, side_of: [policy]}),
        _document("HorizontalPodAutoscaler", "h", {"scaleTargetRef": target, "metrics": metrics}),
        {
            "kind": "ConfigMap",
            "metadata": {"name": "m"},
            "data": {"url": "postgres://s-web:80", "host": "s-web.demo.svc"},
        },
        _canary(labels, mine, random),
    ]
    return ({**workload, "spec": spec}, service, *some(beside))


def _expressed(random: Random, key: str, value: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": random.choice([[value], [value, "another"]])}


def _resource(container: str) -> dict[str, Any]:
    return {"name": "N", "valueFrom": {"resourceFieldRef": {"containerName": container, "resource": "limits.cpu"}}}


def _downward() -> dict[str, Any]:
    return {"path": "x", "resourceFieldRef": {"containerName": "c-main", "resource": "limits.cpu"}}


def _document(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name}, "spec": spec}


def _linked_service(name: str, selector: dict[str, Any], ports: list[dict[str, Any]]) -> dict[str, Any]:
    return {"apiVersion": "v1", **_document("Service", name, {"selector": dict(selector), "ports": ports})}


def _canary(labels: dict[str, Any], selector: dict[str, Any], random: Random) -> dict[str, Any]:
    """Another workload: of the same app or of another one, that keeps away from the first."""
    mine = random.choice([{**labels, "version": "v9"}, {"app": "other"}])
    away = {REQUIRED: [{"labelSelector": selector, "topologyKey": "zone"}]}
    template = {"metadata": {"labels": mine}, "spec": {"containers": [], "affinity": {"podAntiAffinity": away}}}
    return _document("Deployment", "other-v9", {"selector": {"matchLabels": mine}, "template": template})
