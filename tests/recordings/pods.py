"""Pods in states that people meet, and what `kubectl get pods` says of each: the server's own table, in pods.yaml."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from tests.admin import Admin, Object, Refused, path

HERE = Path(__file__).parent
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
STAYS = "berth.test/stays"

BEGAN, ENDED = "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"
RUNNING = {"running": {"startedAt": BEGAN}}
DONE = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": BEGAN, "finishedAt": ENDED}}
READY, INITIALIZED = {"type": "Ready", "status": "True"}, {"type": "Initialized", "status": "True"}
GATED = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}
LOOP = "CrashLoopBackOff"


def waiting(reason: str = "") -> Object:
    return {"waiting": {"reason": reason} if reason else {}}


def ended(code: int = 1, **how: Any) -> Object:
    return {"terminated": {"exitCode": code, "startedAt": BEGAN, "finishedAt": ENDED, **how}}


def one(state: Object, name: str = "a", restarts: int = 0, **more: Any) -> Object:
    """A container's status."""
    return {
        "name": name, "state": state, "restartCount": restarts, "ready": False, "image": "nginx", "imageID": "", **more,
    }  # fmt: skip


def pod(
    *main: Object,
    init: tuple[Object, ...] = (),
    sidecars: tuple[str, ...] = (),
    gates: tuple[str, ...] = (),
    deleted: bool = False,
    spec: Mapping[str, Any] | None = None,
    **status: Any,
) -> Object:
    """A pod that no node runs and no scheduler places, with this status. `deleted`: it is, and a finalizer holds it."""
    worker = [{"name": container["name"], "image": "nginx"} for container in main] or [{"name": "a", "image": "nginx"}]
    always = {"restartPolicy": "Always"}
    before = [
        {"name": container["name"], "image": "nginx", **(always if container["name"] in sidecars else {})}
        for container in init
    ]
    fields = {"containers": worker, "initContainers": before, "schedulerName": "nobody", **(spec or {})}
    if gates:
        fields["readinessGates"] = [{"conditionType": gate} for gate in gates]
    statuses = {"containerStatuses": list(main), "initContainerStatuses": list(init)}
    metadata: Object = {"labels": {"berth.test/deleted": "yes"}} if deleted else {}
    return {"metadata": metadata, "spec": fields, "status": {"phase": "Running", **statuses, **status}}


UP, UP_B = one(RUNNING, ready=True), one(RUNNING, "b", ready=True)
FINE = {"conditions": [READY, INITIALIZED]}
SIDE = ("s",)

PODS: dict[str, Object] = {
    "runs and is ready": pod(UP, **FINE),
    "runs and is not ready": pod(one(RUNNING)),
    "two of two": pod(UP, UP_B, **FINE),
    "one of two": pod(UP, one(RUNNING, "b")),
    "restarted": pod(one(RUNNING, ready=True, restarts=4, lastState=ended(137, reason="OOMKilled")), **FINE),
    "pending": pod(phase="Pending"),
    "gated": pod(phase="Pending", conditions=[GATED], spec={"schedulingGates": [{"name": "berth.test/gate"}]}),
    "unschedulable": pod(
        phase="Pending", conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]
    ),
    "being created": pod(one(waiting("ContainerCreating")), phase="Pending"),
    "waits without a reason": pod(one(waiting()), phase="Pending"),
    "crash loop": pod(one(waiting(LOOP), restarts=7)),
    "image cannot be pulled": pod(one(waiting("ImagePullBackOff")), phase="Pending"),
    "image error": pod(one(waiting("ErrImagePull")), phase="Pending"),
    "image with a wrong name": pod(one(waiting("InvalidImageName")), phase="Pending"),
    "a key is missing": pod(one(waiting("CreateContainerConfigError")), phase="Pending"),
    "cannot run": pod(one(waiting("RunContainerError"), restarts=1)),
    "ended with a reason": pod(one(ended(reason="Error")), spec={"restartPolicy": "Never"}),
    "out of memory": pod(one(ended(137, reason="OOMKilled"), restarts=2)),
    "ended by a code": pod(one(ended(3))),
    "ended by a signal": pod(one(ended(137, signal=9))),
    "ended well without a reason": pod(one(ended(0))),
    "succeeded": pod(one(DONE), phase="Succeeded"),
    "failed": pod(one(ended(reason="Error")), phase="Failed"),
    "evicted": pod(phase="Failed", reason="Evicted"),
    "past its deadline": pod(one(ended(reason="Error")), phase="Failed", reason="DeadlineExceeded"),
    "not admitted": pod(phase="Failed", reason="UnexpectedAdmissionError"),
    "node lost": pod(UP, reason="NodeLost"),
    "the first that waits speaks": pod(one(waiting("A")), one(waiting("B"), "b")),
    "one done, one runs, ready": pod(one(DONE), UP_B, **FINE),
    "one done, one runs, not ready": pod(one(DONE), UP_B),
    "one done, one failed": pod(one(DONE), one(ended(reason="Error"), "b")),
    "one done, one failed, one runs": pod(one(DONE), one(ended(), "c"), UP_B),
    "all done": pod(one(DONE), one(DONE, "b"), phase="Succeeded"),
    "none of two has begun to prepare": pod(init=(one(waiting("PodInitializing"), "i"), one(waiting(), "j"))),
    "the first prepares": pod(init=(one(RUNNING, "i"), one(waiting("PodInitializing"), "j")), phase="Pending"),
    "the second prepares": pod(init=(one(DONE, "i"), one(RUNNING, "j")), phase="Pending"),
    "preparing crashes": pod(init=(one(waiting(LOOP), "i", restarts=2),), phase="Pending"),
    "preparing failed": pod(init=(one(ended(reason="Error"), "i"),), phase="Pending"),
    "preparing ended by a code": pod(init=(one(ended(5), "i"),), phase="Pending"),
    "preparing ended by a signal": pod(init=(one(ended(143, signal=15), "i"),), phase="Pending"),
    "prepared": pod(UP, init=(one(DONE, "i", restarts=4),), **FINE),
    "a sidecar runs": pod(
        UP, init=(one(RUNNING, "s", started=True, ready=True, restarts=2),), sidecars=SIDE, **FINE
    ),
    "a sidecar is not ready": pod(UP, init=(one(RUNNING, "s", started=True),), sidecars=SIDE, **FINE),
    "a sidecar starts": pod(init=(one(RUNNING, "s", started=False),), sidecars=SIDE, phase="Pending"),
    "a sidecar crashes later": pod(
        UP, init=(one(waiting(LOOP), "s", restarts=3),), sidecars=SIDE, **FINE
    ),
    "a sidecar crashes at first": pod(
        one(waiting("PodInitializing")), init=(one(waiting(LOOP), "s", restarts=3),), sidecars=SIDE, phase="Pending"
    ),
    "terminating": pod(UP, deleted=True, **FINE),
    "pending and deleted": pod(phase="Pending", deleted=True),
    "succeeded and deleted": pod(one(DONE), phase="Succeeded", deleted=True),
    "failed and deleted": pod(one(ended(reason="Error")), phase="Failed", deleted=True),
    "node lost and deleted": pod(UP, reason="NodeLost", deleted=True),
    "a gate is closed": pod(UP, gates=("berth.test/open",), conditions=[INITIALIZED]),
}  # fmt: skip


def recorded() -> dict[str, Object]:
    """What the real one said: case -> its columns STATUS, READY and RESTARTS."""
    by_case: dict[str, Object] = yaml.safe_load((HERE / "pods.yaml").read_text())
    return by_case


def record(admin: Admin) -> None:
    """Make these pods on this API server and write its columns to pods.yaml anew."""
    namespace = f"pods-{uuid.uuid4().hex[:8]}"
    admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    try:
        by_case = {case: columns for case, (columns, _pod) in said(admin, namespace).items()}
    finally:
        admin.delete("namespaces", None, namespace)
    text = yaml.safe_dump(by_case, sort_keys=False, width=1000, allow_unicode=True)
    (HERE / "pods.yaml").write_text("# Recorded by `python -m tests.recordings pods`; do not edit.\n" + text)


def said(admin: Admin, namespace: str) -> dict[str, tuple[Object, Object]]:
    """case -> the columns of kubectl, and the pod as the server stores it."""
    names = {f"pod-{number}": case for number, case in enumerate(PODS)}
    for name, case in names.items():
        _make(admin, namespace, name, PODS[case])
    table = Admin(admin.url, admin.token, admin.authority, headers=(("Accept", TABLE),))
    answer = table.call("GET", path("pods", namespace))
    at = {column["name"]: number for number, column in enumerate(answer["columnDefinitions"])}
    stored = {document["metadata"]["name"]: document for document in admin.list("pods", namespace)}
    rows = {row["cells"][at["Name"]]: row["cells"] for row in answer["rows"]}
    table.close()
    for name in names:
        with suppress(Refused):
            admin.patch("pods", namespace, name, {"metadata": {"finalizers": None}})
    return {case: (_columns(rows[name], at), stored[name]) for name, case in names.items()}


def _columns(cells: list[Any], at: Mapping[str, int]) -> Object:
    """STATUS and READY as they are; of RESTARTS the number without how long ago."""
    restarts = int(str(cells[at["Restarts"]]).partition(" ")[0])
    return {"status": cells[at["Status"]], "ready": cells[at["Ready"]], "restarts": restarts}


def _make(admin: Admin, namespace: str, name: str, case: Object) -> None:
    deleted = "labels" in case["metadata"]
    metadata = {**case["metadata"], "name": name, **({"finalizers": [STAYS]} if deleted else {})}
    admin.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": case["spec"]}, namespace)
    admin.patch("pods", namespace, name, {"status": case["status"]}, subresource="status")
    if deleted:
        admin.delete("pods", namespace, name, gracePeriodSeconds=0)
