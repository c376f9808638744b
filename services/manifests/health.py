"""The health of a Service, of its workloads and of its pods, in words.

Pure: works on anything that has the attributes of `console.kube.records` (a test may hand in plain objects).
Every sentence is a `Sentence`: English text with named values, translated by whoever shows it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["ok", "warn", "bad", "busy", "idle"]
Group = Literal["attention", "progress", "ready", "other"]

GROUPS: tuple[Group, ...] = ("attention", "progress", "ready", "other")
GROUP_OF: dict[State, Group] = {
    "ok": "ready", "warn": "attention", "bad": "attention", "busy": "progress", "idle": "other",
}  # fmt: skip
# Sort order of "status, worst first".
RANK: dict[State, int] = {"bad": 0, "warn": 1, "busy": 2, "idle": 3, "ok": 4}

# Seconds: how long a pod may be unready before "starting" becomes "not ready", and how long a ready pod may be missing
# from the endpoints.
STARTING = 90.0
ENDPOINT_LAG = 15.0

_BROKEN = re.compile(
    r"BackOff|Err|OOMKilled|Evicted|Failed|Invalid|CannotRun|ExitCode:|Signal:|OutOf|NodeLost|Unknown|Deadline|NodeAffinity"
    r"|AdmissionError|Preempt"
)
_RESTARTED = frozenset({"OOMKilled", "Error", "ContainerCannotRun", "DeadlineExceeded"})
_INSUFFICIENT = re.compile(r"Insufficient ([\w/-]+(?:\.[\w/-]+)*)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Translatable text: `one` for a count of 1, `many` for the rest, `values` for the %(name)s in it."""

    one: str
    many: str = ""
    count: int = 1
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        text = self.one if self.count == 1 or not self.many else self.many
        return text % {**self.values, "count": self.count} if "%(" in text else text

    def __bool__(self) -> bool:
        return bool(self.one)


def say(one: str, many: str = "", count: int = 1, **values: object) -> Sentence:
    """A sentence with its values."""
    return Sentence(one, many, count, values)


NOTHING = Sentence("")


@dataclass(frozen=True, slots=True)
class Health:
    """What a status column shows: `ready` of `total`. `recheck`: epoch s when time alone may change it."""

    state: State
    words: Sentence
    why: Sentence = NOTHING
    ready: int = 0
    total: int = 0
    recheck: float | None = None

    @property
    def group(self) -> Group:
        return GROUP_OF[self.state]


# While what stands behind a Service has not been read yet, nothing can be said about it.
LOADING = Health("busy", say("Loading"))


@dataclass(frozen=True, slots=True)
class PodHealth:
    """A pod's state, its cause (short, equal for pods with the same trouble) and when to look again."""

    state: State
    cause: str = ""
    recheck: float | None = None


def matches(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether an equality selector selects these labels. An empty selector selects nothing, as in a Service."""
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


# Pods


def pod_health(pod: Any, now: float) -> PodHealth:
    """Colour and cause of one pod. BackOff, Err, OOM, Evicted and failing init containers are red, never yellow."""
    if pod.deleting:
        return PodHealth("busy", "Terminating")
    if pod.phase == "Succeeded" or pod.status == "Completed":
        return PodHealth("idle", "Completed")
    if _BROKEN.search(pod.status) or pod.phase == "Failed":
        return PodHealth("bad", pod.status)
    unscheduled = _condition(pod.conditions, "PodScheduled")
    if unscheduled is not None and unscheduled.status == "False":
        return PodHealth("warn", _unschedulable(unscheduled.message))
    if pod.status == "Running" and pod.ready:
        return PodHealth("ok")
    return _unready(pod, now)


def _unready(pod: Any, now: float) -> PodHealth:
    crashed = next((c for c in pod.containers if not c.ready and c.restarts and c.last_reason in _RESTARTED), None)
    if crashed is not None:
        return PodHealth("bad", f"restarting: {crashed.last_reason}")
    if pod.status != "Running":
        return PodHealth("busy", pod.status)
    settled = max([pod.created, *(c.since for c in pod.conditions if c.type == "Ready" and c.since)]) + STARTING
    if now < settled:
        return PodHealth("busy", "starting", recheck=settled)
    return PodHealth("warn", "not ready")


def _unschedulable(message: str) -> str:
    short = sorted(set(_INSUFFICIENT.findall(message or "")))
    if short:
        return "unschedulable: " + ", ".join(short)
    if "taint" in (message or ""):
        return "unschedulable: taints"
    if "affinity" in (message or "") or "selector" in (message or ""):
        return "unschedulable: no node fits"
    return "unschedulable"


def pods_why(troubled: Sequence[tuple[Any, PodHealth]]) -> Sentence:
    """The commonest of the worst causes: "2 pods unschedulable: memory", "CrashLoopBackOff, 14 restarts"."""
    if not troubled:
        return NOTHING
    causes = Counter(health.cause for _, health in troubled)
    worst = min(troubled, key=lambda pair: (RANK[pair[1].state], -causes[pair[1].cause], pair[1].cause))[1]
    count = causes[worst.cause]
    restarts = sum(pod.restarts for pod, health in troubled if health.cause == worst.cause)
    if "BackOff" in worst.cause and restarts and "Image" not in worst.cause:
        return say("%(cause)s, 1 restart", "%(cause)s, %(count)s restarts", restarts, cause=worst.cause)
    if worst.cause[:1].isupper():
        return say("%(cause)s", "%(cause)s, %(count)s pods", count, cause=worst.cause)
    return say("1 pod %(cause)s", "%(count)s pods %(cause)s", count, cause=worst.cause)


def _condition(conditions: Iterable[Any], kind: str) -> Any | None:
    return next((condition for condition in conditions if condition.type == kind), None)


# Workloads


def rolling_out(workload: Any) -> bool:
    """Whether a change of this workload is still on its way (and has not been given up)."""
    if (
        workload.observed < workload.generation
        or workload.updated < workload.desired
        or workload.current > workload.updated
    ):
        return True
    progressing = _condition(workload.conditions, "Progressing")
    return (
        progressing is not None
        and progressing.status != "False"
        and progressing.reason != "NewReplicaSetAvailable"
        and workload.available < workload.desired
    )


def stuck(workload: Any) -> Sentence:
    """Why the controller itself says that it cannot go on; an empty sentence when it does not say so."""
    failure = _condition(workload.conditions, "ReplicaFailure")
    if failure is not None and failure.status == "True":
        if "exceeded quota" in (failure.message or ""):
            return say("Quota exceeded, pods cannot be made")
        return say("Pods cannot be made: %(reason)s", reason=failure.reason)
    progressing = _condition(workload.conditions, "Progressing")
    if progressing is not None and progressing.status == "False":
        return say("Rollout stuck, past its deadline")
    return NOTHING


def workload_health(workload: Any) -> Health:
    """State of one Deployment, StatefulSet or DaemonSet: available of desired replicas."""
    available, desired = min(workload.available, workload.desired), workload.desired
    if not desired:
        return _stopped(workload)
    share = say("%(ready)s/%(total)s available", ready=available, total=desired)
    short: State = "warn" if available else "bad"
    state, why = ("ok" if available == desired else short), stuck(workload)
    if why:
        state = short
    elif rolling_out(workload):
        state, why = ("warn", say("Rollout paused")) if workload.paused else ("busy", rollout_why(workload))
    return Health(state, share, why, available, desired)


def _stopped(workload: Any) -> Health:
    if workload.current:
        return Health("busy", say("Stopping"), say("1 pod to go", "%(count)s pods to go", workload.current))
    if workload.kind == "DaemonSet":
        return Health("idle", say("Stopped"), say("No node wants it"))
    return Health("idle", say("Stopped"), say("Scaled to 0 replicas"))


def rollout_why(workload: Any) -> Sentence:
    """ "Rolling out v2, 1 to go", or "Starting, 2 to go" when nothing was there before."""
    old = workload.current > workload.updated or workload.available > workload.updated
    left = max(workload.desired - min(workload.updated, workload.available), workload.current - workload.desired, 1)
    if not old and workload.available == 0:
        return say("Starting, 1 to go", "Starting, %(count)s to go", left)
    version = workload.template_labels.get("version", "")
    if version:
        return say(
            "Rolling out %(version)s, 1 to go", "Rolling out %(version)s, %(count)s to go", left, version=version
        )
    return say("Rolling out, 1 to go", "Rolling out, %(count)s to go", left)


# Services


def endpoint_counts(slices: Iterable[Any]) -> tuple[int, int]:
    """(ready, all) endpoints over all slices; a pod that stands in an IPv4 and an IPv6 slice counts once."""
    ready: dict[str, bool] = {}
    for piece in slices:
        for endpoint in piece.endpoints:
            key = endpoint.pod_uid or endpoint.pod_name or (endpoint.addresses[0] if endpoint.addresses else "")
            ready[key] = ready.get(key, False) or bool(endpoint.ready)
    return sum(ready.values()), len(ready)


def service_health(
    service: Any, slices: Sequence[Any], pods: Sequence[Any], workloads: Sequence[Any], now: float
) -> Health:
    """The status of a Service.

    `slices`: its EndpointSlices; `pods`: those its selector selects; `workloads`: those whose pod template it selects;
    `now`: epoch seconds.
    """
    if service.type == "ExternalName":
        return Health("idle", say("External"), say("Outside the cluster"))
    ready, known = endpoint_counts(slices)
    if not service.selector:
        return _by_hand(ready, known)
    alive = [pod for pod in pods if not pod.deleting and pod.phase != "Succeeded"]
    desired = sum(workload.desired for workload in workloads)
    if not alive and not desired:
        return _nobody(service, workloads)
    health = _serving(service, ready, alive, workloads, now)
    if service.type == "LoadBalancer" and not service.ingress and health.state == "ok":
        inside = say("%(ready)s/%(total)s ready inside", ready=health.ready, total=health.total)
        return Health("busy", say("Load balancer pending"), inside, health.ready, health.total)
    return health


def _by_hand(ready: int, known: int) -> Health:
    if not known:
        return Health("bad", say("No endpoints"), say("No selector, and no endpoints kept by hand"))
    if not ready:
        return Health("bad", say("No ready endpoints"), say("Endpoints are kept by hand"), 0, known)
    words = say("%(ready)s/%(total)s ready", ready=ready, total=known)
    return Health("ok" if ready == known else "warn", words, say("Endpoints are kept by hand"), ready, known)


def _nobody(service: Any, workloads: Sequence[Any]) -> Health:
    if workloads:
        return Health("idle", say("Stopped"), say("Scaled to 0 replicas"))
    pairs = ", ".join(f"{key}={value}" for key, value in sorted(service.selector.items()))
    return Health("bad", say("Selector matches nothing"), say("%(selector)s: 0 pods", selector=pairs))


def _serving(service: Any, ready: int, pods: Sequence[Any], workloads: Sequence[Any], now: float) -> Health:
    judged = [(pod, pod_health(pod, now)) for pod in pods]
    bad = [pair for pair in judged if pair[1].state in ("bad", "warn")]
    starting = [pair for pair in judged if pair[1].state == "busy"]
    total = max(sum(workload.desired for workload in workloads) or len(pods), 1)
    shown = min(ready, total)
    recheck = min((health.recheck for _, health in judged if health.recheck is not None), default=None)
    share = say("%(ready)s/%(total)s ready", ready=shown, total=total)
    trouble = _trouble(bad, workloads)
    if trouble:
        if shown:
            return Health("warn", share, trouble, shown, total, recheck)
        return Health("bad", say("No ready endpoints"), trouble, 0, total, recheck)
    moving = next((workload for workload in workloads if workload.desired and rolling_out(workload)), None)
    if moving is not None:
        return Health("busy", share, rollout_why(moving), shown, total, recheck)
    if shown == total:
        return Health("ok", share, NOTHING, shown, total)
    if starting or len(pods) < total:
        left = say("Starting, 1 to go", "Starting, %(count)s to go", total - shown)
        return Health("busy", share, left, shown, total, recheck)
    return _not_endpoints(service, judged, share, (shown, total), now)


def _trouble(bad: Sequence[tuple[Any, PodHealth]], workloads: Sequence[Any]) -> Sentence:
    if bad:
        return pods_why(bad)
    return next((sentence for sentence in map(stuck, workloads) if sentence), NOTHING)


def _not_endpoints(
    service: Any, judged: Sequence[tuple[Any, PodHealth]], share: Sentence, counts: tuple[int, int], now: float
) -> Health:
    """Pods are ready, yet not all are endpoints: the controller lags, or no container has the named target port."""
    shown, total = counts
    since = max((c.since or 0.0 for pod, _ in judged for c in pod.conditions if c.type == "Ready"), default=0.0)
    if now < since + ENDPOINT_LAG:
        return Health("busy", share, say("Ready, not yet among the endpoints"), shown, total, since + ENDPOINT_LAG)
    missing = missing_port(service, [pod for pod, _ in judged])
    why = (
        say("No container port is called %(port)s", port=missing)
        if missing
        else say("Pods are ready but not endpoints")
    )
    if shown:
        return Health("warn", share, why, shown, total)
    return Health("bad", say("No ready endpoints"), why, 0, total)


def missing_port(service: Any, pods: Iterable[Any]) -> str:
    """The first named target port that no container of these pods declares; empty when there is none."""
    declared = {port.name for pod in pods for container in pod.containers for port in container.ports}
    named = (
        port.target_port
        for port in service.ports
        if isinstance(port.target_port, str) and not port.target_port.isdigit()
    )
    return next((name for name in named if name not in declared), "")
