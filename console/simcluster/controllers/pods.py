"""A Pod's life: scheduled, started, ready, crashed, not pulled, terminated. Each step is a pure function."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from ..catalog import POD
from ..defaults import qos
from ..objects import Obj, seconds_of, stamp
from ..quantities import quantity
from .actions import Action, Again, Delete, Note, Update, condition_of, is_going, with_condition

FATE = "berth.test/fate"
CRASHES = 7
OUT_OF_MEMORY = {"exitCode": 137, "reason": "OOMKilled"}
_NO_IMAGE = ("does-not-exist", "no-such", "not-found", "nonexistent")
# Hosts that RFC 2606 and RFC 6761 keep free: nobody can have an image there.
_NO_HOST = re.compile(r"^([^/]+\.)?(example(\.(com|net|org))?|invalid)(:\d+)?/")


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds that things take."""

    start: float = 0.5
    ready: float = 0.5
    slow: float = 8.0
    terminate: float = 1.0
    address: float = 4.0


FAST = Delays(0, 0, 3.0, 0, 0)


def fate(pod: Obj) -> str:
    """ready, unready, crash, pull, slow or lingers (it never ends): by annotation, else by the name of an image."""
    chosen: str = (pod["metadata"].get("annotations") or {}).get(FATE, "")
    if chosen:
        return chosen
    images = [container.get("image", "") for container in pod["spec"]["containers"]]
    return "pull" if any(_problem(image) for image in images) else "ready"


def _problem(image: str) -> str:
    """Why an image cannot be pulled, in containerd's words; empty when it can."""
    name = image if ":" in image.rpartition("/")[2] or "@" in image else f"{image}:latest"
    host, failed = image.partition("/")[0], f'failed to pull and unpack image "{name}": '
    if _NO_HOST.match(image):
        tried = f'failed to resolve reference "{name}": failed to do request: Head "https://{host}/v2/": '
        return f"{failed}{tried}dial tcp: lookup {host.partition(':')[0]}: no such host"
    return f"{failed}not found" if any(word in image for word in _NO_IMAGE) else ""


def life(pod: Obj, nodes: Sequence[Obj], now: float, delays: Delays) -> list[Action]:
    """The next step of a Pod."""
    if is_going(pod):
        return _terminate(pod, now, delays)
    if not pod["spec"].get("nodeName"):
        return _schedule(pod, nodes, now, delays)
    status = pod.setdefault("status", {})
    if status.get("phase") in ("Succeeded", "Failed"):
        return []
    if not status.get("containerStatuses"):
        return _begin(pod, now, delays)
    return {"crash": _crash, "pull": _pull}.get(fate(pod), _run)(pod, now, delays)


def _terminate(pod: Obj, now: float, delays: Delays) -> list[Action]:
    meta = pod["metadata"]
    if fate(pod) == "lingers":
        return []
    deleted_at = seconds_of(meta["deletionTimestamp"]) - meta.get("deletionGracePeriodSeconds", 0)
    wait = min(delays.terminate, meta.get("deletionGracePeriodSeconds", 0))
    if now < deleted_at + wait:
        return [Again(deleted_at + wait - now)]
    return [Delete(POD, meta["namespace"], meta["name"], now=True)]


def _tolerates(pod: Obj, taint: Obj) -> bool:
    for toleration in pod["spec"].get("tolerations") or ():
        key_fits = toleration.get("key", taint["key"]) == taint["key"]
        if key_fits and toleration.get("effect", taint["effect"]) == taint["effect"]:
            return True
    return False


def requested(spec: Obj, name: str, part: str = "requests") -> float:
    """What the containers of a Pod ask for together."""
    return sum(quantity(container.get("resources", {}).get(part, {}).get(name, 0)) for container in spec["containers"])


def unfit(pod: Obj, node: Obj) -> str:
    """Why a Pod cannot run on a node; empty when it can."""
    for taint in node.get("spec", {}).get("taints") or ():
        if taint["effect"] != "PreferNoSchedule" and not _tolerates(pod, taint):
            return "node(s) had untolerated taint(s)"
    labels = node["metadata"].get("labels") or {}
    if any(labels.get(key) != value for key, value in (pod["spec"].get("nodeSelector") or {}).items()):
        return "node(s) didn't match Pod's node affinity/selector"
    for name in ("cpu", "memory"):
        if requested(pod["spec"], name) > quantity(node["status"]["allocatable"][name]):
            return f"Insufficient {name}"
    return ""


def _schedule(pod: Obj, nodes: Sequence[Obj], now: float, delays: Delays) -> list[Action]:
    reasons = [unfit(pod, node) for node in nodes]
    fitting = [node["metadata"]["name"] for node, reason in zip(nodes, reasons, strict=True) if not reason]
    if fitting:
        pod["spec"]["nodeName"] = fitting[zlib.crc32(pod["metadata"]["uid"].encode()) % len(fitting)]
        where = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        message = f"Successfully assigned {where} to {pod['spec']['nodeName']}"
        with_condition(pod.setdefault("status", {}), stamp(now), "PodScheduled", "True")
        return [Note(pod, "Scheduled", message, "default-scheduler"), *_begin(pod, now, delays)]
    counted = ", ".join(f"{reasons.count(reason)} {reason}" for reason in sorted(set(reasons)))
    message = f"0/{len(nodes)} nodes are available: {counted}."
    status = pod.setdefault("status", {"phase": "Pending"})
    with_condition(status, stamp(now), "PodScheduled", "False", "Unschedulable", message)
    note = Note(pod, "FailedScheduling", message, "default-scheduler", "Warning")
    return [Update(POD, pod), note, Again(60)]


def _begin(pod: Obj, now: float, delays: Delays) -> list[Action]:
    """On a node: containers are being made. Without delays the next step is taken at once."""
    status, number = pod["status"], int(pod["metadata"]["resourceVersion"])
    address = f"10.{244 + number // 64000 % 8}.{number // 250 % 256}.{number % 250 + 2}"
    status |= {"phase": "Pending", "startTime": stamp(now), "hostIP": "192.168.0.11"}
    status |= {"qosClass": qos(pod["spec"]), "podIP": address, "podIPs": [{"ip": address}]}
    with_condition(status, stamp(now), "PodScheduled", "True")
    with_condition(status, stamp(now), "Initialized", "True")
    waiting = {"waiting": {"reason": "ContainerCreating"}}
    status["containerStatuses"] = [_container(container, waiting) for container in pod["spec"]["containers"]]
    _done_init(pod, now)
    _conditions(pod, now)
    wait = delays.slow if fate(pod) == "slow" else delays.start
    if wait:
        return [Update(POD, pod), Again(wait)]
    return life(pod, (), now, delays)


def _done_init(pod: Obj, now: float) -> None:
    over = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": stamp(now), "finishedAt": stamp(now)}}
    containers = pod["spec"].get("initContainers") or ()
    statuses = [_container(container, over) | {"ready": True} for container in containers]
    if statuses:
        pod["status"]["initContainerStatuses"] = statuses


def _container(container: Obj, state: Obj) -> Obj:
    names = {"name": container["name"], "image": container.get("image", ""), "imageID": ""}
    return names | {"state": state, "lastState": {}, "ready": False, "restartCount": 0, "started": False}


def _conditions(pod: Obj, now: float) -> None:
    status = pod["status"]
    unready = [container["name"] for container in status["containerStatuses"] if not container["ready"]]
    for kind in ("ContainersReady", "Ready"):
        if unready:
            why = f"containers with unready status: [{' '.join(unready)}]"
            with_condition(status, stamp(now), kind, "False", "ContainersNotReady", why)
        else:
            with_condition(status, stamp(now), kind, "True")


def _run(pod: Obj, now: float, delays: Delays) -> list[Action]:
    """Start the containers, then make them ready."""
    statuses, actions = pod["status"]["containerStatuses"], list[Action]()
    wanted = fate(pod) != "unready"
    if any("running" not in container["state"] for container in statuses):
        for container in statuses:
            container |= {
                "state": {"running": {"startedAt": stamp(now)}},
                "started": True,
                "ready": not delays.ready and wanted,
            }
            actions += _started(pod, container)
        pod["status"]["phase"] = "Running"
        if delays.ready and wanted:
            actions.append(Again(delays.ready))
    elif all(container["ready"] is wanted for container in statuses):
        return []
    else:
        for container in statuses:
            container["ready"] = wanted
    _conditions(pod, now)
    return [Update(POD, pod), *actions]


def _started(pod: Obj, container: Obj) -> list[Action]:
    words = (
        ("Pulled", f'Container image "{container["image"]}" already present on machine'),
        ("Created", f"Created container: {container['name']}"),
        ("Started", f"Started container {container['name']}"),
    )
    return [Note(pod, reason, message, "kubelet") for reason, message in words]


def _crash(pod: Obj, now: float, delays: Delays) -> list[Action]:
    """Run for a moment, fall over, wait longer each time."""
    container = pod["status"]["containerStatuses"][0]
    running = container["state"].get("running")
    pod["status"]["phase"] = "Running"
    for other in pod["status"]["containerStatuses"][1:]:
        other |= {"state": {"running": {"startedAt": stamp(now)}}, "started": True, "ready": True}
    if "waiting" in container["state"] and container["lastState"]:
        ended = seconds_of(container["lastState"]["terminated"]["finishedAt"])
        rest = ended + min(300, 10 * 2 ** (container["restartCount"] - 1)) - now
        if rest > 0:
            return [Again(rest)]
    if not running and delays.start:
        container |= {"state": {"running": {"startedAt": stamp(now)}}, "started": True}
        _conditions(pod, now)
        return [Update(POD, pod), *_started(pod, container), Again(delays.start)]
    begun = running["startedAt"] if running else stamp(now)
    crash = {"exitCode": 1, "reason": "Error"} if delays.start else OUT_OF_MEMORY
    over = (container["lastState"].get("terminated") or crash) | {"startedAt": begun, "finishedAt": stamp(now)}
    count = container["restartCount"] + 1 if delays.start or container["restartCount"] else CRASHES
    wait = min(300, 10 * 2 ** (count - 1))
    message = f"back-off {wait}s restarting failed container={container['name']} pod={_full(pod)}"
    container |= {"state": {"waiting": {"reason": "CrashLoopBackOff", "message": message}}, "started": False}
    container |= {"lastState": {"terminated": over}, "restartCount": count, "ready": False}
    _conditions(pod, now)
    text = f"Back-off restarting failed container {container['name']} in pod {_full(pod)}"
    return [Update(POD, pod), Note(pod, "BackOff", text, "kubelet", "Warning"), Again(wait)]


def _full(pod: Obj) -> str:
    meta = pod["metadata"]
    return f"{meta['name']}_{meta['namespace']}({meta['uid']})"


def _pull(pod: Obj, now: float, delays: Delays) -> list[Action]:
    """An image cannot be had: an error, then waiting. Containers whose image can be had run meanwhile."""
    changed, actions, statuses = False, list[Action](), pod["status"]["containerStatuses"]
    all_of_them = not any(map(_problem, (container["image"] for container in statuses)))
    for container in statuses:
        image, reason = container["image"], container["state"].get("waiting", {}).get("reason", "")
        failed = _problem(image) or f'failed to pull and unpack image "{image}": not found'
        if reason == "ImagePullBackOff" or container["ready"]:
            continue
        changed = True
        if not _problem(image) and not all_of_them:
            container |= {"state": {"running": {"startedAt": stamp(now)}}, "started": True, "ready": True}
            actions += _started(pod, container)
            continue
        if reason != "ErrImagePull" and delays.start:
            container["state"] = {"waiting": {"reason": "ErrImagePull", "message": failed}}
            actions += [Note(pod, "Pulling", f'Pulling image "{image}"', "kubelet"), Again(1)]
        else:
            message = f'Back-off pulling image "{image}": ErrImagePull: {failed}'
            container["state"] = {"waiting": {"reason": "ImagePullBackOff", "message": message}}
            actions.append(Note(pod, "BackOff", f'Back-off pulling image "{image}"', "kubelet"))
        actions += [
            Note(pod, "Failed", f'Failed to pull image "{image}": {failed}', "kubelet", "Warning"),
            Note(pod, "Failed", "Error: ErrImagePull", "kubelet", "Warning"),
        ]
    if not changed:
        return []
    _conditions(pod, now)
    return [Update(POD, pod), *actions]


def is_available(pod: Obj, minimum: int, now: float) -> bool:
    """Whether a Pod has been ready for `minReadySeconds`."""
    ready = condition_of(pod.get("status", {}), "Ready")
    if ready is None or ready["status"] != "True":
        return False
    return not minimum or now >= seconds_of(ready["lastTransitionTime"]) + minimum
