"""The demo: one project with healthy and broken Services of different ages, made when its namespace first appears."""

from __future__ import annotations

from pathlib import Path

import yaml

from .bootstrap import ADMIN
from .catalog import BY_NAME, DEPLOYMENT, NAMESPACE, POD
from .controllers import Controllers
from .controllers.pods import FATE, Delays
from .objects import Change, Obj, stamp
from .requests import Options, Target
from .verbs import Api

DAY = 86400.0
HALF_AN_HOUR = 1800.0
CREATOR = {"kubesphere.io/creator": "project-regular"}
_TYPES = {"Deployment": "statelessservice", "StatefulSet": "statefulservice", "ExternalName": "externalservice"}


def examples() -> list[Obj]:
    """The entries of demo.yaml, the oldest first."""
    plain = {"workload": "Deployment", "ports": [80], "replicas": 3, "spec": {}, "notes": {}, "pod": {}, "rollout": {}}
    entries = yaml.safe_load(Path(__file__).with_name("demo.yaml").read_text())
    return sorted((plain | entry for entry in entries), key=lambda entry: -float(entry["days"]))


def workload_name(name: str) -> str:
    """The name with its version, cut to what a name may be."""
    return f"{name[:60].rstrip('-')}-v1"


def workload(example: Obj, namespace: str) -> Obj:
    """The Deployment or StatefulSet of an example."""
    name, plain = example["name"], {"app": example["name"], "version": "v1"}
    ports = [{"name": f"tcp-{port}", "containerPort": port, "protocol": "TCP"} for port in example["ports"]]
    container = {"name": f"container-{name}"[:40].rstrip("-"), "image": example["image"], "ports": ports}
    template: Obj = {"metadata": {"labels": plain}, "spec": {"containers": [container | example["pod"]]}}
    spec: Obj = {"replicas": example["replicas"], "selector": {"matchLabels": plain}, "template": template}
    if example["workload"] == "StatefulSet":
        template["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/var/lib/data"}]
        ask = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}
        spec |= {"serviceName": name, "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": ask}]}
    meta = {"name": workload_name(name), "namespace": namespace, "labels": _labels(example), "annotations": CREATOR}
    return {"apiVersion": "apps/v1", "kind": example["workload"], "metadata": meta, "spec": spec | example["rollout"]}


def service(example: Obj, namespace: str) -> Obj:
    """The Service of an example."""
    notes = CREATOR | example["notes"]
    texts = (_TYPES.get(example["workload"]), example.get("alias"), example.get("about"))
    for key, text in zip(("serviceType", "alias-name", "description"), texts, strict=True):
        notes |= {f"kubesphere.io/{key}": text} if text else {}
    ports = [{"name": f"tcp-{port}", "port": port, "targetPort": port} for port in example["ports"]]
    spec: Obj = {"ports": ports} if ports else {}
    if example["workload"] != "ExternalName":
        spec["selector"] = {"app": example["name"]}
    labels = _labels(example) | example.get("labels", {})
    meta = {"name": example["name"], "namespace": namespace, "labels": labels, "annotations": notes}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec | example["spec"]}


def _labels(example: Obj) -> Obj:
    app = {"app.kubernetes.io/name": example["app"]} if "app" in example else {}
    return {"app": example["name"], "version": "v1"} | app


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

    def _now(self, ago: float = 0.0) -> str:
        return stamp(self.api.clock() - ago)

    def _seed(self) -> None:
        delays, self._controllers.delays = self._controllers.delays, Delays(0, 0, 0, 0, 0)
        self.api.clock = lambda: self._real() - self._shift
        try:
            for example in examples():
                self._shift = example["days"] * DAY
                for body in example.get("beside", ()):
                    self._create(body)
                if example["workload"] in ("Deployment", "StatefulSet"):
                    self._create(workload(example, self._namespace))
                self._create(service(example, self._namespace), example.get("managed"))
                self._controllers.work()
                self._shift = HALF_AN_HOUR
                self._then(example["name"], **example.get("then", {}))
                self._controllers.work()
        finally:
            self.api.clock, self._controllers.delays = self._real, delays
        self.api.store.remember("seeded", self._now())

    def _create(self, body: Obj, managed: list[Obj] | None = None) -> None:
        kind = BY_NAME[body["apiVersion"], body["kind"]]
        target = Target(kind, self._namespace, body["metadata"]["name"], "", "create")
        if self.api.store.get(kind, target.namespace, target.name) is None:
            self.api.create(target, body, Options(), ADMIN)
            if managed:  # the one object that tells who set what, until something changes it
                known = {"operation": "Update", "apiVersion": "v1", "time": self._now(), "fieldsType": "FieldsV1"}
                stored = self.api.entry(target).body()
                stored["metadata"]["managedFields"] = [{**known, **entry} for entry in managed]
                self.api.store.put(kind, stored)

    def _then(self, name: str, stuck: str = "", crashed: Obj | None = None) -> None:
        if stuck:
            target = Target(DEPLOYMENT, self._namespace, workload_name(name), "", "update")
            template = (body := self.api.entry(target).body())["spec"]["template"]
            template["metadata"]["annotations"] = {FATE: "unready"}
            template["spec"]["containers"][0]["image"] = stuck
            self.api.replace(target, body, Options(), ADMIN)
        for entry in self.api.store.selected(self._namespace, {"app": name})[: crashed["pods"] if crashed else 0]:
            assert crashed is not None
            self.api.store.put(POD, self._crashed(entry.body(), crashed))

    def _crashed(self, body: Obj, facts: Obj) -> Obj:
        body["metadata"].setdefault("annotations", {})[FATE] = "crash"
        over = {"reason": facts["reason"], "exitCode": facts["exitCode"]}
        over |= {"startedAt": self._now(90), "finishedAt": self._now(60)}
        container = body["status"]["containerStatuses"][0]
        wait = {
            "reason": "CrashLoopBackOff",
            "message": f"back-off 5m0s restarting failed container={container['name']}",
        }
        container |= {"restartCount": facts["restarts"], "ready": False, "started": False}
        container |= {"state": {"waiting": wait}, "lastState": {"terminated": over}}
        for condition in body["status"]["conditions"]:
            if condition["type"] in ("Ready", "ContainersReady"):
                condition |= {"status": "False", "reason": "ContainersNotReady", "lastTransitionTime": self._now(60)}
        return body
