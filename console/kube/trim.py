"""From the API's objects to records. One poison object spoils its own record only."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from console.kube import kinds
from console.kube.fields import (
    NOTHING,
    Json,
    annotations,
    common,
    conditions,
    epoch,
    owner,
    shared,
    string_map,
    text,
    word,
    words,
)
from console.kube.kinds import Kind
from console.kube.podstatus import pod_status
from console.kube.records import (
    ContainerPort,
    ContainerRecord,
    Endpoint,
    EndpointPort,
    EndpointSliceRecord,
    EventRecord,
    Involved,
    NodeRecord,
    PodRecord,
    Record,
    ReplicaSetRecord,
    ServicePort,
    ServiceRecord,
    SignRecord,
    WorkloadRecord,
)

_REVISION = "deployment.kubernetes.io/revision"
_KS = "kubesphere.io/"


def trim(kind: Kind, body: Json) -> Record:
    """The record of one object of a kind that the store holds. Never raises: what cannot be read is a ``problem``."""
    try:
        return _TRIMMERS[kind][1](body)
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError, RecursionError) as error:
        return _poison(kind, body, f"{type(error).__name__}: {error}"[:200])


def _poison(kind: Kind, body: Any, problem: str) -> Record:
    meta = body.get("metadata") if isinstance(body, Mapping) else None
    meta = meta if isinstance(meta, Mapping) else NOTHING
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
    return _TRIMMERS[kind][0](**known)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _service(body: Json) -> ServiceRecord:
    spec = body.get("spec") or NOTHING
    notes = annotations(body)
    affinity = ((spec.get("sessionAffinityConfig") or NOTHING).get("clientIP") or NOTHING).get("timeoutSeconds")
    ingress = ((body.get("status") or NOTHING).get("loadBalancer") or NOTHING).get("ingress") or ()
    return ServiceRecord(
        **common(body),
        type=word(spec.get("type")) or "ClusterIP",
        cluster_ip=text(spec.get("clusterIP")),
        cluster_ips=tuple(text(ip) for ip in spec.get("clusterIPs") or ()),
        selector=string_map(spec.get("selector")),
        ports=tuple(_service_port(port) for port in spec.get("ports") or ()),
        external_name=text(spec.get("externalName")),
        ingress=tuple(text(point.get("ip") or point.get("hostname")) for point in ingress),
        external_ips=words(spec.get("externalIPs")),
        session_affinity=word(spec.get("sessionAffinity")) or "None",
        affinity_timeout=int(affinity or 0),
        service_type=word(notes.get(_KS + "serviceType")),
        alias=text(notes.get(_KS + "alias-name")),
        description=text(notes.get(_KS + "description")),
        creator=word(notes.get(_KS + "creator")),
        finalizers=words((body.get("metadata") or NOTHING).get("finalizers")),
        owner=owner(body),
    )


def _service_port(port: Json) -> ServicePort:
    target = port.get("targetPort") or 0
    key = (
        word(port.get("name")),
        word(port.get("protocol")) or "TCP",
        word(port.get("appProtocol")),
        int(port["port"]),
        target if isinstance(target, int) else word(target),
        int(port.get("nodePort") or 0),
    )
    return shared.get(key, lambda: ServicePort(*key))


def _pod(body: Json) -> PodRecord:
    spec, status = body.get("spec") or NOTHING, body.get("status") or NOTHING
    shown = pod_status(body)
    states = conditions(status.get("conditions"))
    return PodRecord(
        **common(body),
        status=word(shown.status),
        message=text(status.get("message")),
        phase=word(status.get("phase")),
        ready=any(c.type == "Ready" and c.status == "True" for c in states),
        ready_containers=shown.ready,
        total_containers=shown.total,
        restarts=shown.restarts,
        node=word(spec.get("nodeName")),
        ip=text(status.get("podIP")),
        ips=tuple(text(pod_ip.get("ip")) for pod_ip in (status.get("podIPs") or ())[1:]),
        host_ip=word(status.get("hostIP")),
        owner=owner(body),
        qos=word(status.get("qosClass")),
        creator=word(annotations(body).get(_KS + "creator")),
        started_at=epoch(status.get("startTime")),
        containers=_containers(spec, status),
        conditions=shared.get(states, lambda: states),
    )


def _containers(spec: Json, status: Json) -> tuple[ContainerRecord, ...]:
    made = []
    for init, specs, states in (
        (True, "initContainers", "initContainerStatuses"),
        (False, "containers", "containerStatuses"),
    ):
        by_name = {state["name"]: state for state in status.get(states) or ()}
        made += [
            _container(container, by_name.get(container["name"], NOTHING), init) for container in spec.get(specs) or ()
        ]
    return tuple(made)


def _container(spec: Json, status: Json, init: bool) -> ContainerRecord:
    state, detail = next(((k, v or NOTHING) for k, v in (status.get("state") or NOTHING).items()), ("waiting", NOTHING))
    last = (status.get("lastState") or NOTHING).get("terminated") or NOTHING
    resources = spec.get("resources") or NOTHING
    return ContainerRecord(
        name=word(spec["name"]),
        image=word(spec.get("image")),
        init=init,
        sidecar=init and spec.get("restartPolicy") == "Always",
        state=word(state),
        reason=word(detail.get("reason")),
        message=text(detail.get("message")),
        exit_code=detail.get("exitCode"),
        started_at=epoch(detail.get("startedAt")),
        finished_at=epoch(detail.get("finishedAt")),
        ready=bool(status.get("ready")),
        restarts=int(status.get("restartCount") or 0),
        last_reason=word(last.get("reason")),
        last_exit=last.get("exitCode"),
        last_started=epoch(last.get("startedAt")),
        last_finished=epoch(last.get("finishedAt")),
        ports=_container_ports(spec.get("ports") or ()),
        requests=string_map(resources.get("requests")),
        limits=string_map(resources.get("limits")),
        probes=_probes(spec),
        hooks=bool(spec.get("lifecycle")),
    )


def _container_ports(ports: Iterable[Json]) -> tuple[ContainerPort, ...]:
    key = tuple((word(p.get("name")), int(p["containerPort"]), word(p.get("protocol")) or "TCP") for p in ports)
    return shared.get(("ports", key), lambda: tuple(ContainerPort(*port) for port in key)) if key else ()


def _probes(spec: Json) -> tuple[str, ...]:
    key = tuple(name for name in ("liveness", "readiness", "startup") if spec.get(name + "Probe"))
    return shared.get(("probes", key), lambda: key) if key else ()


def _workload(body: Json, kind: Kind) -> WorkloadRecord:
    spec, status = body.get("spec") or NOTHING, body.get("status") or NOTHING
    notes, selector = annotations(body), spec.get("selector") or NOTHING
    template = spec.get("template") or NOTHING
    meta = template.get("metadata") or NOTHING
    update = spec.get("updateStrategy") or spec.get("strategy") or NOTHING
    progress: Iterable[Json] = status.get("conditions") or ()
    counts: dict[str, Any] = _daemon_counts(status) if kind is kinds.DAEMONSET else _replica_counts(spec, status)
    return WorkloadRecord(
        **common(body),
        **counts,
        kind=kind.kind,
        generation=int(body["metadata"].get("generation") or 0),
        observed=int(status.get("observedGeneration") or 0),
        selector=string_map(selector.get("matchLabels")),
        expressions=bool(selector.get("matchExpressions")),
        template_labels=string_map(meta.get("labels")),
        revision=word(
            notes.get(_REVISION)
            or status.get("updateRevision")
            or notes.get("deprecated.daemonset.template.generation")
        ),
        images=words(c.get("image") for c in (template.get("spec") or NOTHING).get("containers") or ()),
        conditions=conditions(status.get("conditions")),
        paused=bool(spec.get("paused")),
        alias=text(notes.get(_KS + "alias-name")),
        creator=word(notes.get(_KS + "creator")),
        owner=owner(body),
        service_name=word(spec.get("serviceName")),
        strategy=word(update.get("type")) or "RollingUpdate",
        partition=int((update.get("rollingUpdate") or NOTHING).get("partition") or 0),
        first_ordinal=int((spec.get("ordinals") or NOTHING).get("start") or 0),
        restarted_at=text((meta.get("annotations") or NOTHING).get("kubectl.kubernetes.io/restartedAt")),
        progressed=next((epoch(c.get("lastUpdateTime")) for c in progress if c.get("type") == "Progressing"), 0.0),
        beside=_beside(body),
    )


def _beside(body: Json) -> int:
    """A number for what stands beside specification and status. Of who manages fields what controllers note with each
    status is left out.
    """
    meta = body["metadata"]
    managers = [(entry.get("manager"), entry.get("time")) for entry in _managed(body) if not entry.get("subresource")]
    parts = ("labels", "annotations", "finalizers", "ownerReferences")
    return hash(repr((*(meta.get(part) for part in parts), managers)))


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
    counts = _replica_counts(body.get("spec") or NOTHING, body.get("status") or NOTHING)
    return ReplicaSetRecord(
        **common(body),
        owner=owner(body),
        desired=counts["desired"],
        ready=counts["ready"],
        revision=word(annotations(body).get(_REVISION)),
        reused=bool(annotations(body).get(f"{_REVISION}-history")),
    )


def _endpoint_slice(body: Json) -> EndpointSliceRecord:
    ports = tuple(_endpoint_port(port) for port in body.get("ports") or ())
    about = common(body)
    return EndpointSliceRecord(
        **about,
        service=about["labels"].get("kubernetes.io/service-name", ""),
        managed_by=about["labels"].get("endpointslice.kubernetes.io/managed-by", ""),
        changed=max((epoch(entry.get("time")) for entry in _managed(body)), default=0.0) or about["created"],
        address_type=word(body.get("addressType")),
        endpoints=tuple(_endpoint(endpoint) for endpoint in body.get("endpoints") or ()),
        ports=shared.get(ports, lambda: ports),
    )


def _managed(body: Json) -> list[Json]:
    return (body.get("metadata") or NOTHING).get("managedFields") or []


def _endpoint_port(port: Json) -> EndpointPort:
    name, protocol = word(port.get("name")), word(port.get("protocol")) or "TCP"
    return EndpointPort(name, protocol, word(port.get("appProtocol")), int(port.get("port") or 0))


def _endpoint(body: Json) -> Endpoint:
    conditions, target = body.get("conditions") or NOTHING, body.get("targetRef") or NOTHING
    pod = target if target.get("kind") == "Pod" else NOTHING
    ready = conditions.get("ready") is not False
    serving = conditions.get("serving")
    return Endpoint(
        addresses=tuple(text(address) for address in body.get("addresses") or ()),
        ready=ready,
        serving=ready if serving is None else bool(serving),
        terminating=bool(conditions.get("terminating")),
        pod_name=text(pod.get("name")),
        pod_uid=text(pod.get("uid")),
        node=word(body.get("nodeName")),
        zone=word(body.get("zone")),
    )


def _event(body: Json) -> EventRecord:
    about, series = body.get("involvedObject") or NOTHING, body.get("series") or NOTHING
    first = epoch(body.get("firstTimestamp")) or epoch(body.get("eventTime"))
    last = epoch(body.get("lastTimestamp")) or epoch(series.get("lastObservedTime")) or first
    return EventRecord(
        **common(body),
        involved=Involved(word(about.get("kind")), word(about.get("name")), word(about.get("uid"))),
        type=word(body.get("type")) or "Normal",
        reason=word(body.get("reason")),
        message=text(body.get("message")),
        count=int(body.get("count") or series.get("count") or 1),
        first=first,
        last=last,
        source=word((body.get("source") or NOTHING).get("component") or body.get("reportingComponent")),
    )


def _autoscaler(body: Json) -> SignRecord:
    target = (body.get("spec") or NOTHING).get("scaleTargetRef") or NOTHING
    return SignRecord(**common(body), of=f"{word(target.get('kind'))}/{word(target.get('name'))}")


def _controller_revision(body: Json) -> SignRecord:
    above = owner(body)
    return SignRecord(**common(body), of=above.uid if above else "")


def _node(body: Json) -> NodeRecord:
    spec, status = body.get("spec") or NOTHING, body.get("status") or NOTHING
    addresses = {address.get("type"): address.get("address") for address in status.get("addresses") or ()}
    about = common(body)
    role = "node-role.kubernetes.io/"
    return NodeRecord(
        **about,
        ready=any(c.get("type") == "Ready" and c.get("status") == "True" for c in status.get("conditions") or ()),
        schedulable=not spec.get("unschedulable"),
        internal_ip=text(addresses.get("InternalIP")),
        roles=tuple(sorted(label[len(role) :] for label in about["labels"] if label.startswith(role))),
        taints=tuple(f"{t['key']}={t.get('value', '')}:{t['effect']}" for t in spec.get("taints") or ()),
    )


_TRIMMERS: dict[Kind, tuple[type[Record], Callable[[Json], Record]]] = {
    kinds.SERVICE: (ServiceRecord, _service),
    kinds.POD: (PodRecord, _pod),
    kinds.DEPLOYMENT: (WorkloadRecord, lambda body: _workload(body, kinds.DEPLOYMENT)),
    kinds.STATEFULSET: (WorkloadRecord, lambda body: _workload(body, kinds.STATEFULSET)),
    kinds.DAEMONSET: (WorkloadRecord, lambda body: _workload(body, kinds.DAEMONSET)),
    kinds.REPLICASET: (ReplicaSetRecord, _replica_set),
    kinds.ENDPOINTSLICE: (EndpointSliceRecord, _endpoint_slice),
    kinds.EVENT: (EventRecord, _event),
    kinds.NODE: (NodeRecord, _node),
    kinds.HPA: (SignRecord, _autoscaler),
    kinds.CONTROLLERREVISION: (SignRecord, _controller_revision),
    kinds.RESOURCEQUOTA: (SignRecord, lambda body: SignRecord(**common(body))),
}
