"""The demo: one project with healthy and broken Services of different ages, made when its namespace first appears."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .bootstrap import ADMIN
from .catalog import BY_NAME, DEPLOYMENT, NAMESPACE, POD, Kind
from .controllers import Controllers
from .controllers.network import PENDING
from .controllers.pods import FATE, Delays
from .objects import Change, Entry, Obj, stamp
from .requests import Options, Target
from .verbs import Api

DAY = 86400.0
_TYPES = {"Deployment": "statelessservice", "StatefulSet": "statefulservice", "ExternalName": "externalservice"}
Patch = Callable[["Seeder", str], None]


@dataclass(frozen=True, slots=True)
class Example:
    """One Service and the workload behind it. `ports` are service ports; `spec` is added to the Service's spec."""

    name: str
    days: float
    ports: tuple[int, ...] = (80,)
    workload: str = "Deployment"
    image: str = ""
    replicas: int = 3
    alias: str = ""
    about: str = ""
    app: str = ""
    fate: str = ""
    notes: Obj = field(default_factory=dict)
    spec: Obj = field(default_factory=dict)
    pod: Obj = field(default_factory=dict)
    rollout: Obj = field(default_factory=dict)
    after: Patch | None = None


def _resources(**memory: str) -> Obj:
    return {"resources": {"requests": {"cpu": "100m", "memory": memory["ask"]}, "limits": {"memory": memory["most"]}}}


def _stuck(seeder: Seeder, name: str) -> None:
    """A second version that never becomes ready."""
    body = seeder.body(DEPLOYMENT, name)
    template = body["spec"]["template"]
    template["metadata"].setdefault("annotations", {})[FATE] = "unready"
    template["spec"]["containers"][0]["image"] = "registry.example.net/metrics-push:2"
    seeder.replace(DEPLOYMENT, body)


def _restarting(seeder: Seeder, name: str, count: int, reason: str, code: int, how_many: int) -> None:
    """Some Pods have crashed before, and wait."""
    for entry in seeder.pods(name)[:how_many]:
        body = entry.body()
        body["metadata"].setdefault("annotations", {})[FATE] = "crash"
        over = {"reason": reason, "exitCode": code, "startedAt": seeder.now(90), "finishedAt": seeder.now(60)}
        one = body["status"]["containerStatuses"][0]
        wait = {"reason": "CrashLoopBackOff", "message": f"back-off 5m0s restarting failed container={one['name']}"}
        one |= {"restartCount": count, "ready": False, "started": False}
        one |= {"state": {"waiting": wait}, "lastState": {"terminated": over}}
        for condition in body["status"]["conditions"]:
            if condition["type"] in ("Ready", "ContainersReady"):
                condition |= {"status": "False", "reason": "ContainersNotReady", "lastTransitionTime": seeder.now(60)}
        seeder.api.store.put(POD, body)


def _killed(seeder: Seeder, name: str) -> None:
    _restarting(seeder, name, 3, "OOMKilled", 137, 1)


def _crashing(seeder: Seeder, name: str) -> None:
    _restarting(seeder, name, 14, "Error", 1, 9)


_LONG = "customer-notification-preferences-synchronisation-eu-central-1"
EXAMPLES = (
    Example(
        "catalog-search",
        41,
        (80, 9200),
        image="opensearch:2.19",
        alias="Catalogue search",
        about="products and facets",
        app="storefront",
        pod=_resources(ask="150Gi", most="200Gi"),
    ),
    Example(
        "checkout",
        41,
        image="nginx:1.27",
        alias="Checkout",
        about="basket to payment",
        app="storefront",
        spec={"type": "NodePort"},
    ),
    Example(_LONG, 9, (8443,), image="crm-sync:3", replicas=2, about="keeps both CRMs in step", app="crm"),
    Example("docs-site", 88, image="nginx:1.27", replicas=0, alias="Handbook"),
    Example(
        "edge-gateway",
        4 / 1440,
        (80, 443),
        image="haproxy:3.0",
        replicas=2,
        alias="Public edge",
        about="TLS ends here",
        app="edge",
        notes={PENDING: "pending"},
        spec={"type": "LoadBalancer"},
    ),
    Example("legacy-reports", 740, (8080,), workload="", about="nightly PDF", spec={"selector": {"app": "reports"}}),
    Example(
        "maps-geocoder",
        17,
        (),
        workload="ExternalName",
        alias="Geocoding",
        about="by a supplier",
        spec={"type": "ExternalName", "externalName": "api.geocode.example.net"},
    ),
    Example(
        "metrics-push",
        120,
        (9091,),
        image="registry.example.net/metrics-push:1",
        replicas=4,
        app="platform",
        rollout={"progressDeadlineSeconds": 60, "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}},
        after=_stuck,
    ),
    Example(
        "orders",
        41,
        (80, 9090),
        image="registry.example.net/orders:5.2",
        alias="Order intake",
        about="takes paid baskets",
        app="storefront",
        pod=_resources(ask="256Mi", most="512Mi"),
        spec={"type": "NodePort"},
        after=_killed,
    ),
    Example(
        "orders-db",
        41,
        (5432,),
        workload="StatefulSet",
        image="postgres:16",
        alias="Orders database",
        about="PostgreSQL 16",
        app="storefront",
        spec={"clusterIP": "None"},
    ),
    Example(
        "payments-webhook",
        6,
        (443,),
        image="registry.example.net/webhook:1.9",
        replicas=2,
        about="answers the bank",
        app="payments",
        spec={"type": "LoadBalancer"},
        after=_crashing,
    ),
    Example("reports-export", 0.1, (8080,), image="registry.example.net/reports:does-not-exist", replicas=2),
    Example(
        "web-internal",
        22,
        (8080,),
        workload="",
        about="canary and stable",
        app="storefront",
        spec={"selector": {"app": "checkout"}},
    ),
)


def workload_name(name: str) -> str:
    """The name with its version, cut to what a name may be."""
    return f"{name[:60].rstrip('-')}-v1"


class Seeder:
    """Waits for the namespace; then makes everything, each thing at its own time in the past."""

    def __init__(self, api: Api, controllers: Controllers, namespace: str) -> None:
        self.api, self._controllers, self._namespace = api, controllers, namespace
        self._real, self._shift = api.clock, 0.0
        self._done = bool(api.store.fact("seeded"))
        if not self._done:
            api.store.listeners.append(self._changed)
            if api.store.get(NAMESPACE, "", namespace) is not None:
                self._begin()

    def _changed(self, change: Change) -> None:
        entry = change.entry
        if not self._done and entry.kind is NAMESPACE and entry.name == self._namespace and change.type == "ADDED":
            self._begin()

    def _begin(self) -> None:
        self._done = True
        self._controllers.jobs.append(self._seed)

    def now(self, ago: float = 0.0) -> str:
        """The time in the story, or some seconds before it."""
        return stamp(self.api.clock() - ago)

    def _seed(self) -> None:
        delays, self._controllers.delays = self._controllers.delays, Delays(0, 0, 0, 0, 0)
        self.api.clock = lambda: self._real() - self._shift
        try:
            for example in sorted(EXAMPLES, key=lambda example: -example.days):
                self._shift = example.days * DAY
                self._make(example)
                self._controllers.work()
                if example.after is not None:
                    self._shift = min(self._shift, 1800.0)
                    example.after(self, example.name)
                    self._controllers.work()
        finally:
            self.api.clock, self._controllers.delays = self._real, delays
        self.api.store.remember("seeded", self.now())

    def _create(self, body: Obj) -> None:
        kind = BY_NAME[body["apiVersion"], body["kind"]]
        target = Target(kind, self._namespace, body["metadata"]["name"], "", "create")
        if self.api.store.get(kind, target.namespace, target.name) is None:
            self.api.create(target, body, Options(), ADMIN)

    def body(self, kind: Kind, name: str) -> Obj:
        """The object made for an example; a workload carries its version in its name."""
        entry = self.api.entry(Target(kind, self._namespace, workload_name(name), "", "get"))
        return entry.body()

    def replace(self, kind: Kind, body: Obj) -> None:
        """Store a changed object as somebody would."""
        target = Target(kind, self._namespace, body["metadata"]["name"], "", "update")
        self.api.replace(target, body, Options(), ADMIN)

    def pods(self, app: str) -> list[Entry]:
        """The Pods of an example."""
        return self.api.store.selected(self._namespace, {"app": app})

    def _make(self, example: Example) -> None:
        labels = {"app": example.name, "version": "v1"} | (
            {"app.kubernetes.io/name": example.app} if example.app else {}
        )
        notes = {"kubesphere.io/creator": "project-regular"} | example.notes
        if example.workload in _TYPES:
            notes["kubesphere.io/serviceType"] = _TYPES[example.workload]
        for key, text in (("alias-name", example.alias), ("description", example.about)):
            notes |= {f"kubesphere.io/{key}": text} if text else {}
        if example.workload in ("Deployment", "StatefulSet"):
            self._create(self._workload(example, labels))
        ports: list[Obj] = [
            {"name": f"tcp-{port}", "port": port, "targetPort": port, "protocol": "TCP"} for port in example.ports
        ]
        spec: Obj = {"ports": ports} if ports else {}
        if example.workload != "ExternalName":
            spec["selector"] = {"app": example.name}
        meta = {"name": example.name, "namespace": self._namespace, "labels": labels, "annotations": notes}
        self._create({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec | example.spec})

    def _workload(self, example: Example, labels: Obj) -> Obj:
        container: Obj = {"name": f"container-{example.name}"[:40].rstrip("-"), "image": example.image}
        container["ports"] = [
            {"name": f"tcp-{port}", "containerPort": port, "protocol": "TCP"} for port in example.ports
        ]
        pod: Obj = {"containers": [container | example.pod]}
        plain = {"app": example.name, "version": "v1"}
        template: Obj = {"metadata": {"labels": plain}, "spec": pod}
        spec: Obj = {"replicas": example.replicas, "selector": {"matchLabels": plain}, "template": template}
        if example.workload == "StatefulSet":
            container["volumeMounts"] = [{"name": "data", "mountPath": "/var/lib/data"}]
            ask: dict[str, Any] = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}
            spec |= {"serviceName": example.name, "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": ask}]}
        note = {"kubesphere.io/creator": "project-regular"}
        meta = {
            "name": workload_name(example.name),
            "namespace": self._namespace,
            "labels": labels,
            "annotations": note,
        }
        return {"apiVersion": "apps/v1", "kind": example.workload, "metadata": meta, "spec": spec | example.rollout}
