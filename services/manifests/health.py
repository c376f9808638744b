"""The health of a Service, of its workloads and of its pods, in words.

Pure: works on anything that has the attributes of `console.kube.records` (a test may hand in plain objects).
Every sentence is a `Sentence`: English text with named values, translated by whoever shows it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

State = Literal["ok", "warn", "bad", "busy", "idle"]
Group = Literal["attention", "progress", "ready", "other"]

GROUP_OF: dict[State, Group] = {
    "ok": "ready", "warn": "attention", "bad": "attention", "busy": "progress", "idle": "other",
}  # fmt: skip
# Sort order of "status, worst first".
RANK: dict[State, int] = {"bad": 0, "warn": 1, "busy": 2, "idle": 3, "ok": 4}

# Seconds: how long a pod may be unready before "starting" becomes "not ready", and how long a ready pod may be missing
# from the endpoints.
STARTING = 90.0
ENDPOINT_LAG = 15.0

_FAMILIES = ("IPv4", "IPv6")

# Who makes the slices of Services with a selector. What it made stays, as it was, when the selector is taken away.
CONTROLLER = "endpointslice-controller.k8s.io"

_BROKEN = re.compile(
    r"BackOff|Err|OOMKilled|Evicted|Failed|Invalid|CannotRun|ExitCode:|Signal:|OutOf|NodeLost|Unknown|Deadline|NodeAffinity"
    r"|AdmissionError|Preempt"
)
_RESTARTED = frozenset({"OOMKilled", "Error", "ContainerCannotRun", "DeadlineExceeded"})
_INSUFFICIENT = re.compile(r"Insufficient ([\w/-]+(?:\.[\w/-]+)*)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Translatable text: `singular` for a count of 1, `plural` for the rest, `values` for the %(name)s in it."""

    singular: str
    plural: str = ""
    count: int = 1
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        text = self.singular if self.count == 1 or not self.plural else self.plural
        return text % {**self.values, "count": self.count} if "%(" in text else text

    def __bool__(self) -> bool:
        return bool(self.singular)


def say(singular: str, plural: str = "", count: int = 1, **values: object) -> Sentence:
    """A sentence with its values."""
    return Sentence(singular, plural, count, values)


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

# Judging it raised an error of ours: nothing is known, and somebody has to look.
UNJUDGED = Health("warn", say("Status not known"), say("The status could not be determined; see Berth's log"))


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
    if unscheduled := _condition(pod.conditions, "PodScheduled", "False"):
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
    """The commonest of the worst causes: "2 pods unschedulable: memory", "CrashLoopBackOff, 2 pods"."""
    if not troubled:
        return NOTHING
    causes = Counter(health.cause for _, health in troubled)
    worst = min(troubled, key=lambda pair: (RANK[pair[1].state], -causes[pair[1].cause], pair[1].cause))[1]
    count, pods = causes[worst.cause], [pod for pod, health in troubled if health.cause == worst.cause]
    ended = {container.last_reason for pod in pods for container in pod.containers if not container.ready}
    if worst.cause == "CrashLoopBackOff" and "OOMKilled" in ended:  # why they restart says more than that they do
        return say("1 pod restarting: OOMKilled", "%(count)s pods restarting: OOMKilled", count)
    if worst.cause[:1].isupper():
        return say("%(cause)s", "%(cause)s, %(count)s pods", count, cause=worst.cause)
    return say("1 pod %(cause)s", "%(count)s pods %(cause)s", count, cause=worst.cause)


def _condition(conditions: Iterable[Any], kind: str, status: str) -> Any | None:
    """The condition of this kind, where it has this status."""
    matching = (entry for entry in conditions if entry.type == kind and entry.status == status)
    return next(matching, None)


# Workloads


def rolling_out(workload: Any) -> bool:
    """Whether a change of this workload is still on its way, as `kubectl rollout status` says.

    With OnDelete, and for the pods that a partition keeps, nothing is on its way: they stay until somebody acts.
    """
    if workload.observed < workload.generation:
        return True
    if workload.kind == "Deployment":
        progressing = [condition for condition in workload.conditions if condition.type == "Progressing"]
        on_its_way = any(
            condition.status != "False" and condition.reason != "NewReplicaSetAvailable" for condition in progressing
        )
        replacing = workload.updated < workload.desired or workload.current > workload.updated
        return bool(replacing or (on_its_way and workload.available < workload.desired))
    if workload.strategy == "OnDelete":
        return bool(workload.current < workload.desired)
    if workload.kind == "StatefulSet" and workload.current < workload.desired:
        return True
    return bool(workload.updated < workload.desired - workload.partition)


def held_back(workload: Any) -> Sentence:
    """What keeps pods of an old revision on purpose: a pause, OnDelete, a partition; empty where nothing does."""
    if workload.paused:
        return say("Rollout paused") if rolling_out(workload) else NOTHING
    old = max(min(workload.current, workload.desired) - workload.updated, 0)
    if not old or workload.observed < workload.generation:
        return NOTHING
    if workload.strategy == "OnDelete":
        return say(
            "OnDelete: 1 pod keeps the old revision until it is deleted",
            "OnDelete: %(count)s pods keep the old revision until they are deleted",
            old,
        )
    if workload.partition and not rolling_out(workload):
        return say(
            "Partition %(partition)s: 1 pod keeps the old revision",
            "Partition %(partition)s: %(count)s pods keep the old revision",
            old,
            partition=workload.partition,
        )
    return NOTHING


def stuck(workload: Any) -> Sentence:
    """Why the controller itself says that it cannot go on; an empty sentence when it does not say so."""
    if failure := _condition(workload.conditions, "ReplicaFailure", "True"):
        if "exceeded quota" in (failure.message or ""):
            return say("Quota exceeded, pods cannot be created")
        return say("Pods cannot be created: %(reason)s", reason=failure.reason)
    if _condition(workload.conditions, "Progressing", "False"):
        return say("Rollout stuck, past its deadline")
    return NOTHING


def workload_health(workload: Any) -> Health:
    """State of one Deployment, StatefulSet or DaemonSet: available of desired replicas."""
    available, desired = min(workload.available, workload.desired), workload.desired
    if not desired and workload.current:
        return Health("busy", say("Stopping"), say("1 pod running", "%(count)s pods running", workload.current))
    if not desired:
        why = say("No node matches") if workload.kind == "DaemonSet" else say("Scaled to 0 replicas")
        return Health("idle", say("Stopped"), why)
    share = say("%(ready)s/%(total)s available", ready=available, total=desired)
    short: State = "warn" if available else "bad"
    state, why = "ok" if available == desired else short, stuck(workload)
    if why:
        state = short
    elif workload.paused and rolling_out(workload):
        state, why = "warn" if available else short, held_back(workload)
    elif rolling_out(workload):
        state, why = "busy", rollout_why(workload)
    elif available < desired <= workload.ready:
        state, why = "busy", say("Ready, but not yet for minReadySeconds")
    else:
        why = held_back(workload)
    return Health(state, share, why, available, desired)


def workload_with_pods(workload: Any, pods: Sequence[Any], now: float) -> Health:
    """The state of a workload as its pods explain it: what they lack is the cause, unless it is that no more can be
    created, or a pause. A rollout whose pods crash is no progress.
    """
    health = workload_health(workload)
    judged = [(pod, pod_health(pod, now)) for pod in pods]
    recheck = min((verdict.recheck for _, verdict in judged if verdict.recheck is not None), default=None)
    troubled = [(pod, verdict) for pod, verdict in judged if verdict.state in ("bad", "warn")]
    failing = _condition(workload.conditions, "ReplicaFailure", "True")
    if not troubled or not workload.desired or health.state == "ok" or failing or held_back(workload):
        return replace(health, recheck=recheck)
    state: State = "warn" if health.ready else "bad"
    return replace(health, state=state, why=pods_why(troubled), recheck=recheck)


def rollout_why(workload: Any) -> Sentence:
    """ "Rolling out v2, waiting for 1 pod", or "Starting, waiting for 2 pods" when nothing was there before."""
    old = workload.current > workload.updated or workload.available > workload.updated
    goal = workload.desired - workload.partition
    left = max(goal - min(workload.updated, workload.available), workload.current - workload.desired, 1)
    if not old and workload.available == 0:
        return say("Starting, waiting for 1 pod", "Starting, waiting for %(count)s pods", left)
    version = workload.template_labels.get("version", "")
    if version:
        singular = "Rolling out %(version)s, waiting for 1 pod"
        plural = "Rolling out %(version)s, waiting for %(count)s pods"
        return say(singular, plural, left, version=version)
    return say("Rolling out, waiting for 1 pod", "Rolling out, waiting for %(count)s pods", left)


# Services


@dataclass(frozen=True, slots=True)
class Offer:
    """What the slices offer for one port of a Service: `ready` of `known` endpoints.

    `port`: None for all ports together. `unready`: endpoints whose pods are not ready, published all the same.
    """

    port: Any
    ready: int
    known: int
    unready: int


def carries(piece: Any, port: Any, *, headless: bool) -> bool:
    """Whether a slice offers this port of a Service, by name and protocol.

    The controller puts a pod without the named target port into a slice with ready endpoints and no ports.
    A port without a number means any, which only those understand who read the name of a headless Service.
    """
    return any((p.name, p.protocol) == (port.name, port.protocol) and (p.port or headless) for p in piece.ports)


def served_slices(service: Any, slices: Iterable[Any]) -> list[Any]:
    """The slices that are used: of IP addresses, and of a family that the Service has an address of.

    A Service that became an ExternalName keeps its slices, and they serve nobody.
    """
    if service.type == "ExternalName":
        return []
    families = ["IPv6" if ":" in ip else "IPv4" for ip in service.cluster_ips if ip not in ("", "None")] or _FAMILIES
    return [piece for piece in slices if piece.address_type in families]


def offers(service: Any, slices: Iterable[Any]) -> tuple[Offer, ...]:
    """What each port of a Service is offered, in the order of its ports."""
    served = served_slices(service, slices)
    counted: dict[tuple[int, ...], tuple[int, int, int]] = {}
    port_offers = []
    for port in service.ports:
        carrying = [piece for piece in served if carries(piece, port, headless=service.headless)]
        key = tuple(map(id, carrying))
        if key not in counted:
            counted[key] = _count(carrying)
        port_offers.append(Offer(port, *counted[key]))
    return tuple(port_offers)


def reachable(service: Any, slices: Iterable[Any]) -> Offer:
    """The endpoints that callers of the Service can get: on any of its ports, or by the name of a headless one."""
    served = served_slices(service, slices)
    if not service.headless:
        served = [piece for piece in served if any(carries(piece, port, headless=False) for port in service.ports)]
    return Offer(None, *_count(served))


def silent_family(service: Any, slices: Iterable[Any]) -> str:
    """A family of addresses that a Service of two has and none of its ready endpoints; empty where there is none."""
    if len(service.cluster_ips) < 2:
        return ""
    served = served_slices(service, slices)
    answering = {piece.address_type for piece in served if any(endpoint.ready for endpoint in piece.endpoints)}
    return next((family for family in ("IPv4", "IPv6") if family not in answering), "")


def _count(slices: Sequence[Any]) -> tuple[int, int, int]:
    """(ready, all, published but not ready) endpoints, each once: by its pod, else by its address.

    A backend kept by hand has an address of each family, and nothing says which two belong together: of those
    endpoints as many count as one family has.
    """
    named: dict[str, Any] = {}
    by_hand: dict[str, dict[str, Any]] = {}
    for piece in slices:
        for endpoint in piece.endpoints:
            identity = endpoint.pod_uid or endpoint.pod_name
            if identity:
                seen = named
            else:
                seen, identity = by_hand.setdefault(piece.address_type, {}), ",".join(endpoint.addresses)
            if identity not in seen or endpoint.ready:
                seen[identity] = endpoint
    counts = _states(named.values())
    if not by_hand:
        return counts
    most = [max(column) for column in zip(*(_states(seen.values()) for seen in by_hand.values()), strict=True)]
    return counts[0] + most[0], counts[1] + most[1], counts[2] + most[2]


def _states(endpoints: Collection[Any]) -> tuple[int, int, int]:
    ready = unready = 0
    for endpoint in endpoints:
        if endpoint.ready:
            ready, unready = (ready + 1, unready) if endpoint.serving else (ready, unready + 1)
    return ready, len(endpoints), unready


def named_target(port: Any) -> str:
    """The name of the container port that a Service's port leads to; empty where it is a number."""
    target = port.target_port
    return target if isinstance(target, str) and not (target.isascii() and target.isdecimal()) else ""


def container_ports(pod: Any) -> list[Any]:
    """What the containers of a pod declare, sidecars too; an init container that ends serves nobody."""
    return [port for container in pod.containers if container.sidecar or not container.init for port in container.ports]


def resolves(port: Any, pod: Any) -> bool:
    """Whether a Service's port leads anywhere in this pod: a number always does."""
    name = named_target(port)
    return not name or any((entry.name, entry.protocol) == (name, port.protocol) for entry in container_ports(pod))


def unresolved(port: Any, pods: Sequence[Any]) -> Sentence:
    """Why a port of a Service leads nowhere in some of these pods; empty where it leads somewhere in all."""
    name, lacking = named_target(port), [pod for pod in pods if not resolves(port, pod)]
    if not lacking:
        return NOTHING
    if len(lacking) < len(pods):
        singular = "1 pod has no container port named %(port)s"
        plural = "%(count)s pods have no container port named %(port)s"
        return say(singular, plural, len(lacking), port=name)
    others = sorted({entry.protocol for pod in lacking for entry in container_ports(pod) if entry.name == name})
    if others:
        values = {"port": name, "other": ", ".join(others), "protocol": port.protocol}
        return say("Container port %(port)s is %(other)s, not %(protocol)s", **values)
    return say("No container port is named %(port)s", port=name)


def undeclared(ports: Iterable[Any], pods: Iterable[Any]) -> Sentence:
    """A numbered target port that no container declares, where containers declare any. They may listen all the same."""
    for port in ports:
        if named_target(port):
            continue
        number, declared = int(port.target_port or port.port), False
        for entry in (entry for pod in pods for entry in container_ports(pod)):
            if (entry.container_port, entry.protocol) == (number, port.protocol):
                break
            declared = True
        else:
            if declared:
                return say("Port %(port)s not declared", port=f"{number}/{port.protocol}")
    return NOTHING


def service_health(
    service: Any, slices: Sequence[Any], pods: Sequence[Any], workloads: Sequence[Any], now: float
) -> Health:
    """The status of a Service.

    `slices`: its EndpointSlices; `pods`: those its selector selects; `workloads`: those whose pod template it selects;
    `now`: epoch seconds.
    """
    if service.type == "ExternalName":
        return Health("idle", say("External"))
    if not service.selector:
        return _by_hand(service, slices)
    alive = [pod for pod in pods if not pod.deleting and pod.phase != "Succeeded"]
    desired = sum(workload.desired for workload in workloads)
    if not alive and not desired:
        return _nobody(service, slices, workloads, [pod for pod in pods if pod.deleting])
    health = _Serving(service, slices, alive, workloads, now).health()
    if service.type == "LoadBalancer" and not service.ingress and health.state == "ok":
        inside = say("%(ready)s/%(total)s ready inside", ready=health.ready, total=health.total)
        return Health("busy", say("Load balancer pending"), inside, health.ready, health.total)
    return health


def _by_hand(service: Any, slices: Sequence[Any]) -> Health:
    reached = reachable(service, slices)
    if not any(piece.endpoints for piece in slices):
        return Health("bad", say("No endpoints"), say("No selector and no manually managed endpoints"))
    dead = [offer for offer in offers(service, slices) if not offer.known]
    left = any(piece.managed_by == CONTROLLER for piece in slices)
    why = _not_by_hand(service, slices, dead[0].port) if dead else say("Endpoints are managed manually")
    why = say("Endpoints of a previous selector, no longer updated") if left and not dead else why
    silent = silent_family(service, slices)
    why = say("No endpoint has an %(family)s address", family=silent) if silent and not dead else why
    ready, known = reached.ready, max(reached.known, 1)
    if not ready:
        return Health("bad", say("No ready endpoints"), why, 0, known)
    if dead:
        words = say("%(ready)s/%(total)s ready", ready=ready, total=known)
        return Health("warn", words if len(service.ports) == 1 else _no_endpoints(dead[0].port), why, ready, known)
    least = min((offer.ready for offer in offers(service, slices)), default=ready)
    words = say("%(ready)s/%(total)s ready", ready=least, total=known)
    good = least == known and not left and not silent
    return Health("ok" if good else "warn", words, why, least, known)


def _not_by_hand(service: Any, slices: Sequence[Any], port: Any) -> Sentence:
    if not served_slices(service, slices):
        families = ", ".join(sorted({piece.address_type for piece in slices}))
        return say("The manually managed endpoints are %(families)s, which the Service is not", families=families)
    if port.name:
        values = {"port": port.name, "protocol": port.protocol}
        return say("The manually managed endpoints have no %(protocol)s port named %(port)s", **values)
    return say("The manually managed endpoints have no %(protocol)s port without a name", protocol=port.protocol)


def _nobody(service: Any, slices: Sequence[Any], workloads: Sequence[Any], leaving: Sequence[Any]) -> Health:
    """No pod is there that stays. Those that end still answer while they serve; one that hangs does so for ever."""
    if workloads:
        return Health("idle", say("Stopped"), say("Scaled to 0 replicas"))
    if leaving and any(endpoint.serving for piece in slices for endpoint in piece.endpoints):
        return Health("busy", say("Stopping"), say("1 pod running", "%(count)s pods running", len(leaving)))
    if leaving:
        return Health(
            "bad",
            say("No ready endpoints"),
            say("1 pod is terminating", "%(count)s pods are terminating", len(leaving)),
        )
    pairs = ", ".join(f"{key}={value}" for key, value in sorted(service.selector.items()))
    return Health("bad", say("Selector matches nothing"), say("%(selector)s: no pods", selector=pairs))


def _no_endpoints(port: Any) -> Sentence:
    return say("Port %(port)s has no endpoints", port=port.name or f"{port.port}/{port.protocol}")


def since(slices: Sequence[Any], pods: Sequence[Any], ready: int) -> float | None:
    """Since when a Service needs attention, in epoch seconds; None where nothing tells. `ready`: how many of its
    endpoints are.

    With none, since the last pod stopped being ready; with some, since the first did. Without any pod, since its slices
    were written last: nobody writes them while nothing changes. As they were created, empty ones tell that there never
    was an endpoint, others nothing.
    """
    staying = [pod for pod in pods if not pod.deleting and pod.phase != "Succeeded"]
    down = [moment for pod in staying if not pod.ready and (moment := _unready_since(pod)) is not None]
    if down:
        return min(down) if ready else max(down)
    telling = [piece for piece in slices if piece.changed > piece.created or not piece.endpoints]
    written = [max(piece.changed, piece.created) for piece in telling]
    return None if staying else max(written, default=None)


def _unready_since(pod: Any) -> float | None:
    """A container that crashes at once is ready for a moment each time: then this is its last crash. A pod that never
    ran is unready since it was created."""
    for kind in ("Ready", "PodScheduled"):
        condition = _condition(pod.conditions, kind, "False")
        if condition and condition.since:
            return float(condition.since)
    return float(pod.created) if pod.phase == "Pending" else None


class _Serving:
    """A Service with a selector that pods or workloads answer to, on its way to a verdict."""

    def __init__(
        self, service: Any, slices: Sequence[Any], pods: Sequence[Any], workloads: Sequence[Any], now: float
    ) -> None:
        self.service, self.pods, self.workloads, self.now = service, pods, workloads, now
        self.judged = [(pod, pod_health(pod, now)) for pod in pods]
        self.total = max(sum(workload.desired for workload in workloads) or len(pods), 1)
        self.ports = offers(service, slices)
        single = len(self.ports) == 1 and not service.headless
        self.reached = self.ports[0] if single else reachable(service, slices)
        least = min(self.ports, key=lambda offer: offer.ready, default=self.reached)
        self.least = self.reached if service.headless else least
        self.silent = silent_family(service, slices)
        self.shown = min(self.least.ready, self.total)
        self.recheck = min((verdict.recheck for _, verdict in self.judged if verdict.recheck is not None), default=None)

    def health(self) -> Health:
        bad = [pair for pair in self.judged if pair[1].state in ("bad", "warn")]
        trouble = pods_why(bad) or next(filter(None, map(stuck, self.workloads)), NOTHING)
        unpaused = (workload for workload in self.workloads if workload.desired and not workload.paused)
        moving = next(filter(rolling_out, unpaused), None)
        port, why = self._unresolved() if trouble or moving is None else (None, NOTHING)
        if why:
            return self._short(why, port)
        if trouble:
            return self._short(trouble, None)
        if moving is not None:
            return self._verdict("busy", rollout_why(moving))
        if self.shown == self.total and self.silent:
            return self._verdict("warn", say("No endpoint has an %(family)s address", family=self.silent))
        if self.shown == self.total:
            held = next(filter(None, map(held_back, self.workloads)), NOTHING)
            return self._verdict("ok", undeclared(self.service.ports, self.pods) or held)
        if len(self.pods) < self.total or any(verdict.state == "busy" for _, verdict in self.judged):
            left = say("Starting, waiting for 1 pod", "Starting, waiting for %(count)s pods", self.total - self.shown)
            return self._verdict("busy", left)
        # Pods are ready, yet not all are endpoints: the controller lags, or nobody knows why.
        since = max((c.since or 0.0 for pod in self.pods for c in pod.conditions if c.type == "Ready"), default=0.0)
        if self.now < since + ENDPOINT_LAG:
            self.recheck = since + ENDPOINT_LAG
            return self._verdict("busy", say("Ready, not yet among the endpoints"))
        return self._short(say("Pods are ready but not listed as endpoints"), self.least.port)

    def _verdict(self, state: State, why: Sentence, words: Sentence = NOTHING) -> Health:
        share = say("%(ready)s/%(total)s ready", ready=self.shown, total=self.total)
        return Health(state, words or share, why, self.shown, self.total, self.recheck)

    def _short(self, why: Sentence, port: Any) -> Health:
        """Something is wrong: on one `port` of several where only that is dead, else on all."""
        if not self.reached.ready:
            return self._verdict("bad", why, NOTHING if self.reached.unready else say("No ready endpoints"))
        if port is not None and len(self.service.ports) > 1:
            offer = next(offer for offer in self.ports if offer.port is port)
            if not offer.ready:
                return self._verdict("warn", why, _no_endpoints(port))
            named = {"port": port.name or port.port, "ready": min(offer.ready, self.total), "total": self.total}
            return self._verdict("warn", why, say("Port %(port)s: %(ready)s/%(total)s ready", **named))
        return self._verdict("warn", why)

    def _unresolved(self) -> tuple[Any, Sentence]:
        """The port that leads nowhere in the most of the ready pods, and why."""
        ready = [pod for pod in self.pods if pod.ready]
        if all(offer.ready >= len(ready) for offer in self.ports):
            return None, NOTHING
        for offer in sorted(self.ports, key=lambda offer: offer.ready):
            if why := unresolved(offer.port, ready):
                return offer.port, why
        return None, NOTHING
