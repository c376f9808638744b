"""What a real control plane makes of scenarios.py: Services, endpoint slices, pods and workloads, in health.yaml.

Only what a verdict may depend on is kept. Names, UIDs and addresses that the server picks are replaced.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from console.kube import kinds
from console.kube.trim import trim
from tests.admin import Admin, Object, Refused
from tests.recordings.scenarios import SCENARIOS, Delete, Live, Patch, Step

WORKLOADS = ("deployments", "statefulsets", "daemonsets")
PLURALS = ("services", "endpointslices", "pods", *WORKLOADS)
FILE = Path(__file__).parent / "health.yaml"
TIME = "2026-01-01T00:00:00Z"
JUDGED_AT = 1_700_000_000.0  # epoch seconds, long after all that was recorded
REST, LONGEST = 2.0, 40.0  # seconds without a change that count as rest, and after which a scenario has failed

_META = ("name", "uid", "generation", "deletionTimestamp")
_LABELS = re.compile(r"controller-uid|controller-revision-hash|pod-template|job-name|pod-index|pod-name|topology")
_JUDGED = ("Ready", "PodScheduled", "Progressing", "ReplicaFailure")
_STATES = ("name", "ready", "restartCount", "state", "lastState")
_OF_SLICES = ("kubernetes.io/service-name", "endpointslice.kubernetes.io/managed-by")
_SLICE = ("addressType", "endpoints", "ports")
_TEMPLATE = (
    "replicas",
    "paused",
    "strategy",
    "updateStrategy",
    "minReadySeconds",
    "ordinals",
    "selector",
    "serviceName",
)
_GIVEN_NAME = re.compile(r'pods \\?"web-[a-z0-9-]+\\?"')


def recorded() -> dict[str, Live]:
    """scenario -> plural -> objects."""
    scenarios: dict[str, Live] = yaml.load(FILE.read_text(), yaml.CSafeLoader)
    return scenarios


def behind(live: Live) -> Behind:
    """The Service of a scenario with everything behind it, as the console's store would hold it."""
    kinds_of = {kind.plural: kind for kind in (kinds.SERVICE, kinds.ENDPOINTSLICE, kinds.POD, *kinds.WORKLOADS)}
    objects: dict[str, list[Any]] = {
        plural: [trim(kind, _in_a_namespace(document)) for document in live.get(plural, ())]
        for plural, kind in kinds_of.items()
    }
    workloads = [workload for plural in WORKLOADS for workload in objects[plural]]
    return Behind(objects["services"][0], objects["endpointslices"], objects["pods"], workloads)


def _in_a_namespace(document: Object) -> Object:
    return {**document, "metadata": {"namespace": "a", **document["metadata"]}}


def record(admin: Admin) -> None:
    """Make every scenario on this cluster and write health.yaml anew, one object a line."""
    lines = ["# Recorded by `python -m tests.recordings health`; do not edit."]
    for name, live in made(admin, SCENARIOS).items():
        lines.append(f"{name}:")
        for plural, documents in live.items():
            lines += [f"  {plural}:", *(f"  - {json.dumps(document)}" for document in documents)]
    FILE.write_text("\n".join(lines) + "\n")


def made(admin: Admin, names: Iterable[str]) -> dict[str, Live]:
    """These scenarios, all at the same time, as the cluster has them when they have come to rest. Nothing stays."""
    runs = {name: _Run(admin, name) for name in names}
    try:
        for run in runs.values():
            run.begin()
        while any(not run.over for run in runs.values()):
            for run in runs.values():
                run.look()
            time.sleep(0.2)
        return {name: stable(run.live) for name, run in runs.items()}
    finally:
        for run in runs.values():
            run.leave()


class _Run:
    """One scenario in a namespace of its own."""

    def __init__(self, admin: Admin, name: str) -> None:
        self.admin, self.name = admin, name
        self.namespace = f"health-{uuid.uuid4().hex[:10]}"
        self._steps = iter(SCENARIOS[name])
        self._seen, self._since, self._started = "", 0.0, time.monotonic()
        self.live: Live = {}
        self.over = False

    def begin(self) -> None:
        self.admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})
        self._next()

    def look(self) -> None:
        """Go on to the next step when the last one has come to rest. Raises AssertionError where it never does."""
        if self.over:
            return
        self.live = {plural: self.admin.list(plural, self.namespace) for plural in PLURALS}
        now, seen = time.monotonic(), json.dumps(stable(self.live), sort_keys=True)
        if seen != self._seen:
            self._seen, self._since = seen, now
        elif now - self._since > REST and self._until(self.live):
            self._next()
        assert now - self._started < LONGEST, f"{self.name} does not come to rest: {seen[:3000]}"

    def leave(self) -> None:
        """At once: no pod is waited for, those that linger neither."""
        with contextlib.suppress(Refused):
            for pod in self.admin.list("pods", self.namespace):
                with contextlib.suppress(Refused):
                    self.admin.delete("pods", self.namespace, pod["metadata"]["name"], gracePeriodSeconds=0)
            self.admin.delete("namespaces", None, self.namespace)

    def _next(self) -> None:
        self._since = time.monotonic()
        try:
            steps, self._until = next(self._steps)
        except StopIteration:
            self.over = True
            return
        for step in steps:
            self._do(step)

    def _do(self, step: Step) -> None:
        if isinstance(step, Patch):
            self.admin.patch(step.plural, self.namespace, step.name, step.body)
        elif isinstance(step, Delete):
            self.admin.delete(step.plural, self.namespace, step.name, gracePeriodSeconds=600)
        else:
            self.admin.create(step, self.namespace)


@dataclass(frozen=True)
class Behind:
    """A Service and what is behind it, as records."""

    service: Any
    slices: list[Any]
    pods: list[Any]
    workloads: list[Any]


# What is kept, and under which names


def stable(live: Live) -> Live:
    """The part of these objects that verdicts depend on, with names, UIDs, addresses and an order that stay."""
    kept = {plural: [_KEPT.get(plural, _workload)(document) for document in live.get(plural, ())] for plural in PLURALS}
    names = dict(_pods_named(kept["pods"]))
    named = {plural: [_renamed(document, names) for document in documents] for plural, documents in kept.items()}
    for number, piece in enumerate(sorted(named["endpointslices"], key=_content)):
        piece["metadata"] |= {"name": f"slice-{number}", "uid": f"slice-{number}"}
        piece["ports"] = piece["ports"] and sorted(piece["ports"], key=_content)
        piece["endpoints"] = sorted(piece["endpoints"] or [], key=_content)
    return {
        plural: sorted(documents, key=lambda document: str(document["metadata"]["name"]))
        for plural, documents in named.items()
        if documents
    }


def _pods_named(pods: list[Object]) -> Iterator[tuple[str, str]]:
    """(name, UID or address of a pod) -> what stands for it."""
    for number, pod in enumerate(sorted(pods, key=_anonymous)):
        yield pod["metadata"]["name"], f"pod-{number}"
        yield pod["metadata"]["uid"], f"uid-{number}"
        for address in pod["status"].get("podIPs") or ():
            yield address["ip"], f"10.0.0.{number + 1}"


def _anonymous(pod: Object) -> str:
    hidden = {key: value for key, value in pod["metadata"].items() if key not in ("name", "uid")}
    status = {key: value for key, value in pod["status"].items() if key not in ("podIP", "podIPs")}
    ordinal = pod["metadata"]["name"] if pod["metadata"].get("owner") == "StatefulSet" else ""
    return ordinal + _content({"metadata": hidden, "spec": pod["spec"], "status": status})


def _content(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: TIME if key == "deletionTimestamp" else _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return _GIVEN_NAME.sub('pods "web-?"', names.get(value, value)) if isinstance(value, str) else value


def _meta(document: Object) -> Object:
    meta = {key: document["metadata"][key] for key in _META if key in document["metadata"]}
    labels = {key: text for key, text in (document["metadata"].get("labels") or {}).items() if not _LABELS.search(key)}
    return meta | ({"labels": labels} if labels else {})


def _service(document: Object) -> Object:
    spec = {key: value for key, value in document["spec"].items() if key != "healthCheckNodePort"}
    if spec.get("clusterIP") not in (None, "None"):
        spec |= {"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"]}
    ports = [
        port | ({"nodePort": 30000 + port["port"]} if "nodePort" in port else {}) for port in spec.get("ports") or ()
    ]
    meta = _meta(document) | {"uid": "service"}
    return {"metadata": meta, "spec": spec | ({"ports": ports} if ports else {}), "status": document.get("status", {})}


def _slice(document: Object) -> Object:
    labels = document["metadata"]["labels"]
    meta = {"name": "", "labels": {key: labels[key] for key in _OF_SLICES if key in labels}}
    endpoints = [_endpoint(endpoint) for endpoint in document.get("endpoints") or ()]
    return {"metadata": meta} | {key: document.get(key) for key in _SLICE} | {"endpoints": endpoints}


def _endpoint(endpoint: Object) -> Object:
    target = endpoint.get("targetRef")
    kept = {key: endpoint[key] for key in ("addresses", "conditions", "hostname") if key in endpoint}
    return kept | ({"targetRef": {key: target[key] for key in ("kind", "name", "uid")}} if target else {})


def _pod(document: Object) -> Object:
    spec, status = document["spec"], document.get("status", {})
    meta = _meta(document)
    owner = next((reference["kind"] for reference in document["metadata"].get("ownerReferences") or ()), "")
    kept: Object = {"phase": status.get("phase"), "podIPs": status.get("podIPs") or []}
    kept["conditions"] = _conditions(status)
    for group in ("initContainerStatuses", "containerStatuses"):
        if group in status:
            kept[group] = [_container_status(container) for container in status[group]]
    containers = {group: _containers(spec[group]) for group in ("initContainers", "containers") if group in spec}
    return {"metadata": meta | ({"owner": owner} if owner else {}), "spec": containers, "status": kept}


def _container_status(status: Object) -> Object:
    kept = {key: status[key] for key in _STATES if status.get(key)}
    for group in ("state", "lastState"):
        if group in kept:
            kept[group] = {
                state: {k: v for k, v in details.items() if not k.endswith("At")}
                for state, details in kept[group].items()
            }
    return kept


def _containers(containers: Iterable[Object]) -> list[Object]:
    return [
        {key: container[key] for key in ("name", "restartPolicy", "ports") if key in container}
        for container in containers
    ]


def _conditions(status: Object) -> list[Object]:
    judged = [condition for condition in status.get("conditions") or () if condition["type"] in _JUDGED]
    kept = ("type", "status", "reason", "message")
    return [
        {key: condition[key] for key in kept if key in condition}
        for condition in sorted(judged, key=lambda condition: str(condition["type"]))
    ]


def _workload(document: Object) -> Object:
    spec, status = document["spec"], document.get("status", {})
    pods = spec["template"]
    kept: Object = {key: spec[key] for key in _TEMPLATE if key in spec}
    kept["template"] = {
        "metadata": {"labels": pods["metadata"]["labels"]},
        "spec": {"containers": _containers(pods["spec"]["containers"])},
    }
    status = {key: value for key, value in status.items() if value} | {"conditions": _conditions(status)}
    return {"metadata": _meta(document) | {"uid": document["metadata"]["name"]}, "spec": kept, "status": status}


_KEPT = {"services": _service, "endpointslices": _slice, "pods": _pod}
