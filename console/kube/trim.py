"""From the API's objects to records. One poison object spoils its own record only."""

import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from console.kube import kinds
from console.kube.kinds import Kind
from console.kube.podstatus import pod_status, readiness_gates
from console.kube.records import (
    NONE,
    Condition,
    ContainerPort,
    ContainerRecord,
    Endpoint,
    EndpointPort,
    EndpointSliceRecord,
    EventRecord,
    Involved,
    NodeRecord,
    Owner,
    PodRecord,
    Record,
    ReplicaSetRecord,
    ServicePort,
    ServiceRecord,
    WorkloadRecord,
)

_MESSAGE = 1024
_SHARED_LIMIT = 50_000
_REVISION = "deployment.kubernetes.io/revision"
_DAEMON_REVISION = "deprecated.daemonset.template.generation"
_KS = "kubesphere.io/"

Json = Mapping[str, Any]
T = TypeVar("T")
_NOTHING: Json = {}


class Shared:
    """Equal values kept once (siblings share labels, ports, conditions); it forgets all when it grows too large."""

    def __init__(self, limit: int = _SHARED_LIMIT) -> None:
        self._kept: dict[Any, Any] = {}
        self._limit = limit

    def get(self, key: Any, make: Callable[[], T]) -> T:
        """The value kept for ``key``, made now if there is none. Safe between threads: at worst made twice."""
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= self._limit:
                self._kept = {}
            found = self._kept[key] = make()
        return found


_shared = Shared()


def trim(kind: Kind, body: Json) -> Record:
    """The record of one object of a kind that the store holds. Never raises: what cannot be read is a ``problem``."""
    try:
        return _TRIMMERS[kind](body)
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, RecursionError) as error:
        return _poison(kind, body, f"{type(error).__name__}: {error}"[:200])


def watched() -> tuple[Kind, ...]:
    """The kinds that can be trimmed, so the ones that can be watched."""
    return tuple(_TRIMMERS)


def epoch(text: Any) -> float:
    """RFC 3339 text to epoch seconds; 0.0 for absent or unreadable text."""
    if not isinstance(text, str) or len(text) < 19:
        return 0.0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _poison(kind: Kind, body: Any, problem: str) -> Record:
    meta = body.get("metadata") if isinstance(body, Mapping) else None
    meta = meta if isinstance(meta, Mapping) else _NOTHING
    known: dict[str, Any] = {
        "namespace": _plain(meta.get("namespace")),
        "name": _plain(meta.get("name")),
        "uid": _plain(meta.get("uid")),
        "version": _plain(meta.get("resourceVersion")),
        "created": epoch(meta.get("creationTimestamp")),
        "deleting": bool(meta.get("deletionTimestamp")),
        "problem": problem,
    }
    if kind in kinds.WORKLOADS:
        known["kind"] = kind.kind
    return _TYPES[kind](**known)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _word(value: Any) -> str:
    """A short text that repeats (a reason, an image, a node): interned."""
    if not value:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    return sys.intern(value)


def _text(value: Any, limit: int = _MESSAGE) -> str:
    if not value:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    return value if len(value) <= limit else value[: limit - 1] + "…"


def _map(value: Any) -> Mapping[str, str]:
    """A string map, immutable and shared between equals."""
    if not value:
        return NONE
    items = tuple((_word(k), _word(v)) for k, v in value.items())
    return _shared.get(items, lambda: MappingProxyType(dict(items)))


def _words(values: Any) -> tuple[str, ...]:
    return tuple(_word(v) for v in values or ())


def _common(body: Json) -> dict[str, Any]:
    meta = body["metadata"]
    return {
        "namespace": _word(meta.get("namespace")),
        "name": _text(meta["name"], 253),
        "uid": _text(meta.get("uid")),
        "version": _text(meta.get("resourceVersion")),
        "created": epoch(meta.get("creationTimestamp")),
        "labels": _map(meta.get("labels")),
        "deleting": "deletionTimestamp" in meta,
    }


def _annotations(body: Json) -> Json:
    return body["metadata"].get("annotations") or _NOTHING


def _owner(body: Json) -> Owner | None:
    for owner in body["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            key = (_word(owner["kind"]), _word(owner["name"]), _word(owner["uid"]))
            return _shared.get(key, lambda key=key: Owner(*key))  # type: ignore[misc]
    return None


def _conditions(values: Any) -> tuple[Condition, ...]:
    return tuple(_condition(value) for value in values or ())


def _condition(value: Json) -> Condition:
    key = (
        _word(value.get("type")),
        _word(value.get("status")),
        _word(value.get("reason")),
        _text(value.get("message")),
        epoch(value.get("lastTransitionTime")),
    )
    return _shared.get(key, lambda: Condition(*key))


def _service(body: Json) -> ServiceRecord:
    spec = body.get("spec") or _NOTHING
    notes = _annotations(body)
    affinity = ((spec.get("sessionAffinityConfig") or _NOTHING).get("clientIP") or _NOTHING).get("timeoutSeconds")
    ingress = ((body.get("status") or _NOTHING).get("loadBalancer") or _NOTHING).get("ingress") or ()
    return ServiceRecord(
        **_common(body),
        type=_word(spec.get("type")) or "ClusterIP",
        cluster_ip=_text(spec.get("clusterIP")),
        cluster_ips=tuple(_text(ip) for ip in spec.get("clusterIPs") or ()),
        selector=_map(spec.get("selector")),
        ports=tuple(_service_port(port) for port in spec.get("ports") or ()),
        external_name=_text(spec.get("externalName")),
        ingress=tuple(_text(one.get("ip") or one.get("hostname")) for one in ingress),
        external_ips=_words(spec.get("externalIPs")),
        session_affinity=_word(spec.get("sessionAffinity")) or "None",
        affinity_timeout=int(affinity or 0),
        service_type=_word(notes.get(_KS + "serviceType")),
        alias=_text(notes.get(_KS + "alias-name")),
        description=_text(notes.get(_KS + "description")),
        creator=_word(notes.get(_KS + "creator")),
        annotations_count=len(notes),
        owner=_owner(body),
    )


def _service_port(port: Json) -> ServicePort:
    target = port.get("targetPort", 0)
    key = (
        _word(port.get("name")),
        _word(port.get("protocol")) or "TCP",
        _word(port.get("appProtocol")),
        int(port["port"]),
        target if isinstance(target, int) else _word(target),
        int(port.get("nodePort") or 0),
    )
    return _shared.get(key, lambda: ServicePort(*key))


def _pod(body: Json) -> PodRecord:
    spec, status = body.get("spec") or _NOTHING, body.get("status") or _NOTHING
    word = pod_status(body)
    conditions = _conditions(status.get("conditions"))
    return PodRecord(
        **_common(body),
        status=_word(word.status),
        message=_text(status.get("message")),
        phase=_word(status.get("phase")),
        ready=any(c.type == "Ready" and c.status == "True" for c in conditions),
        ready_containers=word.ready,
        total_containers=word.total,
        restarts=word.restarts,
        readiness_gates=_word(readiness_gates(body)),
        node=_word(spec.get("nodeName")),
        ip=_text(status.get("podIP")),
        ips=tuple(_text(one.get("ip")) for one in (status.get("podIPs") or ())[1:]),
        host_ip=_word(status.get("hostIP")),
        owner=_owner(body),
        qos=_word(status.get("qosClass")),
        creator=_word(_annotations(body).get(_KS + "creator")),
        started_at=epoch(status.get("startTime")),
        containers=_containers(spec, status),
        conditions=_shared.get(conditions, lambda: conditions),
    )


def _containers(spec: Json, status: Json) -> tuple[ContainerRecord, ...]:
    made = []
    for init, specs, states in (
        (True, "initContainers", "initContainerStatuses"),
        (False, "containers", "containerStatuses"),
    ):
        by_name = {state["name"]: state for state in status.get(states) or ()}
        made += [_container(one, by_name.get(one["name"], _NOTHING), init) for one in spec.get(specs) or ()]
    return tuple(made)


def _container(spec: Json, status: Json, init: bool) -> ContainerRecord:
    state, detail = next(
        ((k, v or _NOTHING) for k, v in (status.get("state") or _NOTHING).items()), ("waiting", _NOTHING)
    )
    last = (status.get("lastState") or _NOTHING).get("terminated") or _NOTHING
    resources = spec.get("resources") or _NOTHING
    return ContainerRecord(
        name=_word(spec["name"]),
        image=_word(spec.get("image")),
        init=init,
        sidecar=init and spec.get("restartPolicy") == "Always",
        state=_word(state),
        reason=_word(detail.get("reason")),
        message=_text(detail.get("message")),
        exit_code=detail.get("exitCode"),
        signal=int(detail.get("signal") or 0),
        started_at=epoch(detail.get("startedAt")),
        finished_at=epoch(detail.get("finishedAt")),
        started=bool(status.get("started")),
        ready=bool(status.get("ready")),
        restarts=int(status.get("restartCount") or 0),
        last_reason=_word(last.get("reason")),
        last_exit=last.get("exitCode"),
        last_finished=epoch(last.get("finishedAt")),
        ports=_container_ports(spec.get("ports") or ()),
        requests=_map(resources.get("requests")),
        limits=_map(resources.get("limits")),
        probes=_probes(spec),
    )


def _container_ports(ports: Iterable[Json]) -> tuple[ContainerPort, ...]:
    key = tuple((_word(p.get("name")), int(p["containerPort"]), _word(p.get("protocol")) or "TCP") for p in ports)
    return _shared.get(("ports", key), lambda: tuple(ContainerPort(*port) for port in key)) if key else ()


def _probes(spec: Json) -> tuple[str, ...]:
    key = tuple(name for name in ("liveness", "readiness", "startup") if spec.get(name + "Probe"))
    return _shared.get(("probes", key), lambda: key) if key else ()


def _workload(body: Json, kind: Kind) -> WorkloadRecord:
    spec, status = body.get("spec") or _NOTHING, body.get("status") or _NOTHING
    notes, selector = _annotations(body), spec.get("selector") or _NOTHING
    template = spec.get("template") or _NOTHING
    meta = template.get("metadata") or _NOTHING
    counts: dict[str, Any] = _daemon_counts(status) if kind is kinds.DAEMONSET else _replica_counts(spec, status)
    return WorkloadRecord(
        **_common(body),
        **counts,
        kind=kind.kind,
        generation=int(body["metadata"].get("generation") or 0),
        observed=int(status.get("observedGeneration") or 0),
        selector=_map(selector.get("matchLabels")),
        expressions=bool(selector.get("matchExpressions")),
        template_labels=_map(meta.get("labels")),
        revision=_word(
            notes.get(_REVISION)
            or status.get("updateRevision")
            or notes.get("deprecated.daemonset.template.generation")
        ),
        images=_words(c.get("image") for c in (template.get("spec") or _NOTHING).get("containers") or ()),
        conditions=_conditions(status.get("conditions")),
        paused=bool(spec.get("paused")),
        alias=_text(notes.get(_KS + "alias-name")),
        creator=_word(notes.get(_KS + "creator")),
        owner=_owner(body),
        service_name=_word(spec.get("serviceName")),
        restarted_at=_text((meta.get("annotations") or _NOTHING).get("kubectl.kubernetes.io/restartedAt")),
    )


def _replica_counts(spec: Json, status: Json) -> dict[str, int]:
    wanted = spec.get("replicas")
    return {
        "desired": 1 if wanted is None else int(wanted),
        "ready": int(status.get("readyReplicas") or 0),
        "available": int(status.get("availableReplicas") or 0),
        "updated": int(status.get("updatedReplicas") or 0),
        "current": int(status.get("replicas") or 0),
    }


def _daemon_counts(status: Json) -> dict[str, int]:
    return {
        "desired": int(status.get("desiredNumberScheduled") or 0),
        "ready": int(status.get("numberReady") or 0),
        "available": int(status.get("numberAvailable") or 0),
        "updated": int(status.get("updatedNumberScheduled") or 0),
        "current": int(status.get("currentNumberScheduled") or 0),
    }


def _replica_set(body: Json) -> ReplicaSetRecord:
    counts = _replica_counts(body.get("spec") or _NOTHING, body.get("status") or _NOTHING)
    return ReplicaSetRecord(
        **_common(body),
        owner=_owner(body),
        desired=counts["desired"],
        ready=counts["ready"],
        revision=_word(_annotations(body).get(_REVISION)),
    )


def _endpoint_slice(body: Json) -> EndpointSliceRecord:
    ports = tuple(
        EndpointPort(
            _word(p.get("name")), _word(p.get("protocol")), _word(p.get("appProtocol")), int(p.get("port") or 0)
        )
        for p in body.get("ports") or ()
    )
    common = _common(body)
    return EndpointSliceRecord(
        **common,
        service=common["labels"].get("kubernetes.io/service-name", ""),
        address_type=_word(body.get("addressType")),
        endpoints=tuple(_endpoint(one) for one in body.get("endpoints") or ()),
        ports=_shared.get(ports, lambda: ports),
    )


def _endpoint_port(port: Json) -> EndpointPort:
    name, protocol = _word(port.get("name")), _word(port.get("protocol"))
    return EndpointPort(name, protocol, _word(port.get("appProtocol")), int(port.get("port") or 0))


def _endpoint(body: Json) -> Endpoint:
    conditions, target = body.get("conditions") or _NOTHING, body.get("targetRef") or _NOTHING
    pod = target if target.get("kind") == "Pod" else _NOTHING
    ready = conditions.get("ready") is not False
    serving = conditions.get("serving")
    return Endpoint(
        addresses=tuple(_text(address) for address in body.get("addresses") or ()),
        ready=ready,
        serving=ready if serving is None else bool(serving),
        terminating=bool(conditions.get("terminating")),
        pod_name=_text(pod.get("name")),
        pod_uid=_text(pod.get("uid")),
        node=_word(body.get("nodeName")),
    )


def _event(body: Json) -> EventRecord:
    about, series = body.get("involvedObject") or _NOTHING, body.get("series") or _NOTHING
    first = epoch(body.get("firstTimestamp")) or epoch(body.get("eventTime"))
    last = epoch(body.get("lastTimestamp")) or epoch(series.get("lastObservedTime")) or first
    return EventRecord(
        **_common(body),
        involved=Involved(_word(about.get("kind")), _word(about.get("name")), _word(about.get("uid"))),
        type=_word(body.get("type")) or "Normal",
        reason=_word(body.get("reason")),
        message=_text(body.get("message")),
        count=int(body.get("count") or series.get("count") or 1),
        first=first,
        last=last,
        source=_word((body.get("source") or _NOTHING).get("component") or body.get("reportingComponent")),
    )


def _node(body: Json) -> NodeRecord:
    spec, status = body.get("spec") or _NOTHING, body.get("status") or _NOTHING
    addresses = {one.get("type"): one.get("address") for one in status.get("addresses") or ()}
    common = _common(body)
    role = "node-role.kubernetes.io/"
    return NodeRecord(
        **common,
        ready=any(c.get("type") == "Ready" and c.get("status") == "True" for c in status.get("conditions") or ()),
        schedulable=not spec.get("unschedulable"),
        internal_ip=_text(addresses.get("InternalIP")),
        roles=tuple(sorted(label[len(role) :] for label in common["labels"] if label.startswith(role))),
        taints=tuple(f"{t['key']}={t.get('value', '')}:{t['effect']}" for t in spec.get("taints") or ()),
        kubelet=_word((status.get("nodeInfo") or _NOTHING).get("kubeletVersion")),
    )


_TRIMMERS: dict[Kind, Callable[[Json], Record]] = {
    kinds.SERVICE: _service,
    kinds.POD: _pod,
    kinds.DEPLOYMENT: lambda body: _workload(body, kinds.DEPLOYMENT),
    kinds.STATEFULSET: lambda body: _workload(body, kinds.STATEFULSET),
    kinds.DAEMONSET: lambda body: _workload(body, kinds.DAEMONSET),
    kinds.REPLICASET: _replica_set,
    kinds.ENDPOINTSLICE: _endpoint_slice,
    kinds.EVENT: _event,
    kinds.NODE: _node,
}
_TYPES: dict[Kind, type[Record]] = {
    kinds.SERVICE: ServiceRecord,
    kinds.POD: PodRecord,
    kinds.DEPLOYMENT: WorkloadRecord,
    kinds.STATEFULSET: WorkloadRecord,
    kinds.DAEMONSET: WorkloadRecord,
    kinds.REPLICASET: ReplicaSetRecord,
    kinds.ENDPOINTSLICE: EndpointSliceRecord,
    kinds.EVENT: EventRecord,
    kinds.NODE: NodeRecord,
}
