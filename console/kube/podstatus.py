"""The status word of a pod, as `kubectl get pods` shows it: the logic of printPod, nothing invented."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class PodStatus:
    """``status`` is the word, ``ready``/``total`` count containers (sidecars included), ``restarts`` their restarts."""

    status: str
    ready: int
    total: int
    restarts: int


def pod_status(pod: Mapping[str, Any]) -> PodStatus:
    """The status of a Pod object (plain JSON). Pure; tolerates absent fields, not wrong types."""
    status = pod.get("status") or _NOTHING
    spec = pod.get("spec") or _NOTHING
    sidecars = {c.get("name") for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"}
    conditions = status.get("conditions") or ()
    init = _initializing(status, len(spec.get("initContainers") or ()), sidecars)
    gated = any(c.get("type") == "PodScheduled" and c.get("reason") == "SchedulingGated" for c in conditions)
    word = init.word or ("SchedulingGated" if gated else status.get("reason") or status.get("phase") or "Unknown")
    ready, restarts = init.ready, init.restarts
    if not init.word or _is_true(conditions, "Initialized"):
        word, main_ready, main_restarts = _running(status, conditions, word)
        ready, restarts = ready + main_ready, init.sidecar_restarts + main_restarts
    if (pod.get("metadata") or _NOTHING).get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            word = "Unknown"
        elif status.get("phase") not in ("Succeeded", "Failed"):
            word = "Terminating"
    return PodStatus(word, ready, len(spec.get("containers") or ()) + len(sidecars), restarts)


@dataclass(slots=True)
class _Init:
    word: str = ""
    ready: int = 0
    restarts: int = 0
    sidecar_restarts: int = 0


def _initializing(status: Mapping[str, Any], total: int, sidecars: set[Any]) -> _Init:
    init = _Init()
    for index, container in enumerate(status.get("initContainerStatuses") or ()):
        restarts = int(container.get("restartCount") or 0)
        sidecar = container.get("name") in sidecars
        init.restarts += restarts
        init.sidecar_restarts += restarts if sidecar else 0
        terminated = (container.get("state") or _NOTHING).get("terminated")
        if terminated is not None and not terminated.get("exitCode"):
            continue
        if sidecar and container.get("started"):
            init.ready += 1 if container.get("ready") else 0
            continue
        init.word = _init_word(container, index, total)
        break
    return init


def _init_word(container: Mapping[str, Any], index: int, total: int) -> str:
    state = container.get("state") or _NOTHING
    if state.get("terminated") is not None:
        return "Init:" + _ended(state["terminated"])
    waiting = (state.get("waiting") or _NOTHING).get("reason")
    if waiting and waiting != "PodInitializing":
        return f"Init:{waiting}"
    return f"Init:{index}/{total}"


def _ended(terminated: Mapping[str, Any]) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode') or 0}"


def _running(status: Mapping[str, Any], conditions: Sequence[Mapping[str, Any]], word: str) -> tuple[str, int, int]:
    ready = restarts = 0
    broken = ""
    for container in reversed(status.get("containerStatuses") or ()):
        restarts += int(container.get("restartCount") or 0)
        state = container.get("state") or _NOTHING
        terminated = state.get("terminated")
        if (state.get("waiting") or _NOTHING).get("reason"):
            word = state["waiting"]["reason"]
        elif terminated is not None:
            word = _ended(terminated)
            broken = word if terminated.get("exitCode") else broken
        elif container.get("ready") and state.get("running") is not None:
            ready += 1
    if word == "Completed":  # the first container has; others may run, or have failed
        if ready and _is_true(conditions, "Ready"):
            word = "Running"
        else:
            word = broken or ("NotReady" if ready else "Completed")
    return word, ready, restarts


def _is_true(conditions: Sequence[Mapping[str, Any]], kind: Any) -> bool:
    return any(c.get("type") == kind and c.get("status") == "True" for c in conditions)
