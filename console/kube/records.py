"""Trimmed, immutable records of what the store holds: what pages show, and nothing else.

Fields keep the API's names in snake_case. Times are epoch seconds (0.0 where absent). A record whose object could not
be read whole says so in ``problem`` and has the defaults for the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Owner:
    """The controller of an object."""

    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a pod or workload; ``status`` is "True", "False" or "Unknown"."""

    type: str
    status: str
    reason: str
    message: str
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every record has. ``version`` is the resourceVersion, ``problem`` why the rest could not be read."""

    namespace: str
    name: str
    uid: str = ""
    version: str = ""
    created: float = 0.0
    labels: Mapping[str, str] = field(default_factory=lambda: NONE)
    deleting: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ServicePort:
    """``target_port`` is a number, a port name, or 0 where absent; ``node_port`` 0 where there is none."""

    name: str
    protocol: str
    app_protocol: str
    port: int
    target_port: int | str
    node_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecord(Record):
    """A Service. ``service_type`` is KubeSphere's annotation (statelessservice, ...), ``type`` the API's."""

    type: str = "ClusterIP"
    cluster_ip: str = ""
    cluster_ips: tuple[str, ...] = ()
    selector: Mapping[str, str] = field(default_factory=lambda: NONE)
    ports: tuple[ServicePort, ...] = ()
    external_name: str = ""
    ingress: tuple[str, ...] = ()
    external_ips: tuple[str, ...] = ()
    session_affinity: str = "None"
    affinity_timeout: int = 0
    service_type: str = ""
    alias: str = ""
    description: str = ""
    creator: str = ""
    finalizers: tuple[str, ...] = ()
    owner: Owner | None = None

    @property
    def headless(self) -> bool:
        """Whether it has no virtual address."""
        return self.cluster_ip == "None"


@dataclass(frozen=True, slots=True)
class ContainerPort:
    """A port that a container names."""

    name: str
    container_port: int
    protocol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRecord:
    """One container of a pod. ``state`` is running, waiting or terminated; exit codes are None where there was no exit.

    ``probes`` holds which there are, of "liveness", "readiness", "startup"; ``hooks``: something runs after it starts
    or before it ends; ``sidecar``: an init container that stays.
    """

    name: str
    image: str = ""
    init: bool = False
    sidecar: bool = False
    state: str = "waiting"
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    started_at: float = 0.0
    finished_at: float = 0.0
    ready: bool = False
    restarts: int = 0
    last_reason: str = ""
    last_exit: int | None = None
    last_started: float = 0.0
    last_finished: float = 0.0
    ports: tuple[ContainerPort, ...] = ()
    requests: Mapping[str, str] = field(default_factory=lambda: NONE)
    limits: Mapping[str, str] = field(default_factory=lambda: NONE)
    probes: tuple[str, ...] = ()
    hooks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PodRecord(Record):
    """A Pod. ``status`` is kubectl's word (see `podstatus`); ``ready`` is the Ready condition.

    ``containers`` holds init containers first, in the order of the spec.
    """

    status: str = "Unknown"
    message: str = ""
    phase: str = ""
    ready: bool = False
    ready_containers: int = 0
    total_containers: int = 0
    restarts: int = 0
    node: str = ""
    ip: str = ""
    ips: tuple[str, ...] = ()
    host_ip: str = ""
    owner: Owner | None = None
    qos: str = ""
    creator: str = ""
    started_at: float = 0.0
    containers: tuple[ContainerRecord, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadRecord(Record):
    """A Deployment, StatefulSet or DaemonSet; for a DaemonSet ``desired`` is how many nodes want it.

    ``selector`` holds matchLabels; ``expressions``: there are matchExpressions as well, which it does not show.
    ``strategy`` is RollingUpdate, Recreate or OnDelete; pods below ``partition``, counted from the first, keep their
    revision. ``progressed``: when its rollout went on last, of a Deployment, epoch s. ``beside`` is another number when
    something beside its specification and status is: labels, annotations, finalizers, owners, who manages which field.
    """

    kind: str
    desired: int = 0
    ready: int = 0
    available: int = 0
    updated: int = 0
    current: int = 0
    generation: int = 0
    observed: int = 0
    selector: Mapping[str, str] = field(default_factory=lambda: NONE)
    expressions: bool = False
    template_labels: Mapping[str, str] = field(default_factory=lambda: NONE)
    revision: str = ""
    images: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    paused: bool = False
    alias: str = ""
    creator: str = ""
    owner: Owner | None = None
    service_name: str = ""
    strategy: str = ""
    partition: int = 0
    first_ordinal: int = 0
    restarted_at: str = ""
    progressed: float = 0.0
    beside: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaSetRecord(Record):
    """A ReplicaSet; ``revision`` is the Deployment's revision annotation, ``reused``: it had another one before."""

    owner: Owner | None = None
    desired: int = 0
    ready: int = 0
    revision: str = ""
    reused: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint. ``ready`` is true where the API says nothing, as the API documents."""

    addresses: tuple[str, ...]
    ready: bool
    serving: bool
    terminating: bool
    pod_name: str
    pod_uid: str
    node: str
    zone: str = ""


@dataclass(frozen=True, slots=True)
class EndpointPort:
    """A port of an endpoint slice; ``port`` is 0 where it is any."""

    name: str
    protocol: str
    app_protocol: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSliceRecord(Record):
    """An EndpointSlice; ``service`` is the name of the Service it belongs to, ``managed_by`` who keeps it, ``changed``
    when it was written last (epoch s; its creation where nobody noted it).
    """

    service: str = ""
    managed_by: str = ""
    changed: float = 0.0
    address_type: str = ""
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


@dataclass(frozen=True, slots=True)
class Involved:
    """The object that an event is about."""

    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord(Record):
    """An Event; ``type`` is Normal or Warning, ``first`` and ``last`` when it was seen."""

    involved: Involved = field(default_factory=lambda: Involved("", "", ""))
    type: str = "Normal"
    reason: str = ""
    message: str = ""
    count: int = 1
    first: float = 0.0
    last: float = 0.0
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignRecord(Record):
    """What only tells that there is another version of something, which pages then read as the person. ``of``: what it
    is about: the UID of its owner, or kind and name of the workload that it scales ("Deployment/web").
    """

    of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRecord(Record):
    """A Node; ``namespace`` is "". ``taints`` are ``key=value:Effect``."""

    ready: bool = False
    schedulable: bool = True
    internal_ip: str = ""
    roles: tuple[str, ...] = ()
    taints: tuple[str, ...] = ()
