"""The details page of a Service: attributes in documented order, ports, workloads and pods."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import gettext, ngettext

from console.kube import kinds
from console.kube.access import BEHIND_SERVICES, View
from console.kube.records import (
    Endpoint,
    EndpointSliceRecord,
    EventRecord,
    PodRecord,
    ServicePort,
    ServiceRecord,
    WorkloadRecord,
)
from console.web import times
from services import words
from services.manifests.health import (
    LOADING,
    UNJUDGED,
    Health,
    State,
    carries,
    pod_health,
    served_slices,
    service_health,
    undeclared,
    unresolved,
    workload_health,
)
from services.shown.facts import Fact, Line, lines, when_created
from services.shown.pods import Blame, Pods, blame, full_stop, pod_rows, pods_ready
from services.shown.status import StatusCell, status_cell
from services.shown.usage import Look

DETAIL_KINDS = (*BEHIND_SERVICES, kinds.REPLICASET, kinds.EVENT)
MOST_ENDPOINTS = 12
_NO_IMAGE = ("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull")


@dataclass(frozen=True, slots=True)
class Port:
    """A port from container to node; `node` is 0 where there is none. `why`: why it leads nowhere, or might not."""

    name: str
    container: str
    protocol: str
    service: int
    node: int
    app_protocol: str
    state: State = "ok"
    why: str = ""


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload whose pod template the selector selects."""

    uid: str
    kind: str
    name: str
    status: StatusCell
    images: tuple[str, ...]
    revision: str
    created: float

    @property
    def short_revision(self) -> str:
        """ "#3", or the hash of a StatefulSet's revision, which begins with its name."""
        return f"#{self.revision}" if self.revision.isdigit() else self.revision.removeprefix(f"{self.name}-")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above every tab. `notice`: the state of the notice, if there is one; `what` it says in bold;
    `unmatched`: the selector matches nothing; `raises`, `pulls`: the workload whose memory limit is too low,
    whose image cannot be pulled."""

    name: str
    alias: str
    description: str
    status: StatusCell
    notice: str
    what: str
    means: str
    deleting: bool
    blame: Blame | None = None
    unmatched: bool = False
    raises: tuple[str, str] | None = None
    pulls: tuple[str, str] | None = None
    warnings: int = 0
    waits: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """The tab Resource Status. `selects`: it has a selector, so workloads and pods are shown; `address`: the query that
    shows the same again, `pods_query`: that shows all pods in their list.
    """

    external_name: str
    ports: tuple[Port, ...]
    outside: str
    selects: bool
    selector: str
    workloads: tuple[Workload, ...]
    pods: Pods
    no_pods: str
    all_pods: int
    pods_query: str
    address: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A Service and what stands behind it, as read at `now` (epoch seconds); `loading`: not all of it yet."""

    service: ServiceRecord
    slices: Sequence[EndpointSliceRecord]
    pods: Sequence[PodRecord]
    workloads: Sequence[WorkloadRecord]
    events: Sequence[EventRecord]
    now: float
    loading: bool = False

    @property
    def health(self) -> Health:
        if self.loading:
            return LOADING
        return service_health(self.service, self.slices, self.pods, self.workloads, self.now)

    @property
    def recheck(self) -> float | None:
        """Epoch seconds when time alone may change what is shown."""
        moments = (self.health.recheck, *(pod_health(pod, self.now).recheck for pod in self.pods))
        return min((moment for moment in moments if moment is not None), default=None)

    @property
    def offered(self) -> list[tuple[str, set[str]]]:
        """Each port of the Service by name, and the addresses at which a slice offers it."""
        service, slices = self.service, served_slices(self.service, self.slices)
        ports = []
        for port in service.ports:
            carrying = [piece for piece in slices if carries(piece, port, headless=service.headless)]
            addresses = {
                address for piece in carrying for endpoint in piece.endpoints for address in endpoint.addresses
            }
            ports.append((port.name or str(port.port), addresses))
        return ports


def surroundings(view: View, name: str) -> Surroundings:
    """A Service with everything behind it. Raises NotFound, Forbidden, Unavailable."""
    view.expect_usage()
    view.check(*DETAIL_KINDS)
    service = view.service(name)  # before anything else is watched for it
    view.begin(*DETAIL_KINDS)  # also those that this Service has none of: else they would be "loading" for ever
    selector = service.selector
    workloads = view.workloads(selector) if selector else []
    pods = view.pods(selector) if selector else []
    replicasets = [replicaset for workload in workloads for replicaset in view.replicasets(workload.uid)]
    about = (service, *workloads, *replicasets, *pods)
    return Surroundings(
        service=service,
        slices=view.endpoints(name),
        pods=pods,
        workloads=workloads,
        events=[event for record in about for event in view.events(record.uid)],
        now=time.time(),
        loading=view.freshness().state == "loading",
    )


def head(around: Surroundings) -> Head:
    """Name, status sentence and what the menus need to know. What a person can mend is mended in the one workload,
    named by its kind as in addresses."""
    service = around.service
    status = status_cell(around.health)
    notice = status.state if status.state in ("warn", "bad") else ""
    blamed = blame(around.pods, around.now) if notice else None
    only = around.workloads[0] if notice and len(around.workloads) == 1 else None
    mended = (only.kind.lower(), only.name) if only else None
    unpulled = any(pod.status.removeprefix("Init:") in _NO_IMAGE for pod in around.pods)
    return Head(
        name=service.name,
        alias=service.alias,
        description=service.description,
        status=status,
        notice=notice,
        what=_what(around, status) if notice else "",
        means=_means(around),
        blame=blamed,
        unmatched=_matches_nothing(around),
        raises=mended if blamed and blamed.limit else None,
        pulls=mended if unpulled else None,
        warnings=sum(1 for event in around.events if event.type == "Warning"),
        deleting=service.deleting,
        waits=", ".join(service.finalizers) if service.deleting else "",
    )


def unjudged(service: ServiceRecord) -> Head:
    """What stands above every tab where what stands behind the Service could not be worked out."""
    return Head(
        name=service.name,
        alias=service.alias,
        description=service.description,
        status=status_cell(UNJUDGED),
        notice=UNJUDGED.state,
        what=full_stop(words.in_words(UNJUDGED.words)),
        means=full_stop(words.in_words(UNJUDGED.why)),
        deleting=service.deleting,
    )


def _matches_nothing(around: Surroundings) -> bool:
    return around.health.words.singular == "Selector matches nothing"


def _what(around: Surroundings, status: StatusCell) -> str:
    """What is so, in a sentence: the head has the words of the state above it."""
    if _matches_nothing(around):
        return gettext("The selector %(selector)s matches no pods.") % {"selector": selector_text(around.service)}
    if blame(around.pods, around.now):
        return pods_ready(around.pods)
    return full_stop(status.why or status.words)


def _means(around: Surroundings) -> str:
    """What follows: from a selector that matches nothing, and what can be done; for who calls, where pods are left."""
    if not _matches_nothing(around):
        left = around.health.ready if blame(around.pods, around.now) and not around.service.headless else 0
        text = ngettext("The other pod takes all requests.", "The other %(count)s pods take all requests.", left)
        return text % {"count": left} if left and around.health.ready < around.health.total else ""
    return ngettext(
        "No pod in this project has this label, so requests to the Service fail. "
        "Fix the selector, or the labels of the pods it should match.",
        "No pod in this project has these labels, so requests to the Service fail. "
        "Fix the selector, or the labels of the pods it should match.",
        len(around.service.selector),
    )


def selector_text(service: ServiceRecord) -> str:
    """ "app=web, tier=front"."""
    return ", ".join(f"{key}={value}" for key, value in sorted(service.selector.items()))


def facts(around: Surroundings, *, cluster: str, project_href: str) -> tuple[Fact, ...]:
    """The attributes in documented order.

    An external name has no address, no pods and no sessions: what it cannot have is not listed.
    """
    service = around.service
    access = words.access_of(service)
    name = words.ACCESS_AFTER_TYPE[access] % {"type": words.TYPES[words.type_of(service)]}
    label, app = words.app_label_of(service)
    app_href = f"{project_href}?{urlencode({'q': f'{label}={app}'})}" if app else ""
    virtual = (service.cluster_ips or (service.cluster_ip,)) if access == "virtual-ip" else ()
    none = gettext("None")
    outside = service.ingress or service.external_ips
    affinity = gettext("Off")
    if service.session_affinity == "ClientIP":
        affinity = gettext("By client IP, %(time)s") % {"time": times.exactly(service.affinity_timeout or 10800)}
    every = (
        Fact("cluster", gettext("Cluster"), lines(cluster)),
        Fact("project", gettext("Project"), lines(service.namespace), href=project_href),
        Fact("type", gettext("Type"), lines(name)),
        Fact("app", gettext("App"), lines(app), href=app_href, none=none),
        Fact("virtual-ip", gettext("Virtual IP"), lines(*virtual), mono=True, none=none),
        Fact(
            "external-ip",
            gettext("External IP"),
            lines(*outside),
            mono=True,
            none=gettext("Waiting for the load balancer") if service.type == "LoadBalancer" else none,
        ),
        Fact("affinity", gettext("Session affinity"), lines(affinity)),
        Fact("selector", gettext("Selector"), lines(selector_text(service)), mono=True, none=none),
        Fact("dns", gettext("DNS"), lines(*_dns(around)), mono=True),
        _endpoints(around),
        Fact("created", gettext("Created"), lines(when_created(service.created))),
        Fact("creator", gettext("Creator"), lines(service.creator), none=gettext("Not recorded")),
    )
    if service.type != "ExternalName":
        return every
    return tuple(fact for fact in every if fact.lines and fact.key != "affinity")


def _dns(around: Surroundings) -> list[str]:
    service = around.service
    base = f"{service.name}.{service.namespace}.svc"
    sets = [w for w in around.workloads if w.kind == "StatefulSet" and w.service_name == service.name and w.desired]
    return [base, *(f"{workload.name}-{workload.first_ordinal}.{base}" for workload in sets)]


def _endpoints(around: Surroundings) -> Fact:
    numbers: dict[int, None] = {}
    lines: dict[str, tuple[int, Line]] = {}
    ports = around.offered
    for piece in around.slices if around.service.type != "ExternalName" else ():
        numbers.update(dict.fromkeys(port.port for port in piece.ports if port.port))
        for endpoint in piece.endpoints:
            for address in endpoint.addresses:
                seen = _address(address, endpoint, [port for port, offered in ports if address not in offered])
                lines[address] = min(seen, lines.get(address, seen), key=lambda pair: pair[0])
    ordered = [line for _, line in sorted(lines.values(), key=lambda pair: (pair[0], pair[1].text))]
    label = gettext("Endpoints")
    if numbers:
        text = ", ".join(map(str, sorted(numbers)))
        label = ngettext("Endpoints, port %(ports)s", "Endpoints, ports %(ports)s", len(numbers)) % {"ports": text}
    left = len(ordered) - MOST_ENDPOINTS
    more = ngettext("and 1 more", "and %(count)s more", left) % {"count": left} if left > 0 else ""
    return Fact("endpoints", label, tuple(ordered[:MOST_ENDPOINTS]), mono=True, none=gettext("None"), more=more)


def _address(address: str, endpoint: Endpoint, lacking: Sequence[str]) -> tuple[int, Line]:
    """An address with what it is good for, and its rank: the best stand first. `lacking`: ports it does not offer."""
    if endpoint.terminating:
        return 4, Line(address, "idle", gettext("terminating"))
    if not endpoint.ready:
        return 3, Line(address, "warn", gettext("not ready"))
    if not endpoint.serving:
        return 2, Line(address, "warn", gettext("published, but not ready"))
    if not lacking:
        return 0, Line(address, "ok")
    text = ngettext("no port %(ports)s", "no ports %(ports)s", len(lacking))
    return 1, Line(address, "warn", text % {"ports": ", ".join(lacking)})


def status(around: Surroundings, opened: Sequence[str] | None, look: Look) -> Status:
    """The tab Resource Status. `opened`: names of pods whose containers show; None: the worst one, if it is bad."""
    service = around.service
    return Status(
        external_name=service.external_name if service.type == "ExternalName" else "",
        ports=tuple(_port(port, around.pods) for port in service.ports),
        outside=_outside(service),
        selects=bool(service.selector),
        selector=selector_text(service),
        workloads=tuple(map(workload_row, sorted(around.workloads, key=lambda w: (w.name, w.kind)))),
        pods=pod_rows(around.pods, opened, around.now, look),
        no_pods=_no_pods(around),
        all_pods=len(around.pods),
        pods_query="?" + urlencode({"q": selector_text(service).replace(", ", " ")}),
        address="?" + urlencode([("open", name) for name in opened or ()]),
    )


def _no_pods(around: Surroundings) -> str:
    """Why no pod is listed."""
    stopped = [workload.name for workload in around.workloads if not workload.desired]
    if stopped and len(stopped) == len(around.workloads):
        text = ngettext("No pods: %(names)s is scaled to 0.", "No pods: %(names)s are scaled to 0.", len(stopped))
        return text % {"names": ", ".join(stopped)}
    return gettext("No pods match %(selector)s.") % {"selector": selector_text(around.service)}


def of_events(around: Surroundings) -> str:
    """Of what the events are that the tab Events has."""
    if around.service.selector and not around.pods and not around.workloads:
        return gettext("No pods are selected, so only events of the Service itself appear here.")
    return gettext("Events of this Service, its workloads and its pods appear here.")


def _outside(service: ServiceRecord) -> str:
    """How its ports are reached from outside, as far as that is known here."""
    on_nodes = any(port.node_port for port in service.ports)
    if service.type != "LoadBalancer":
        return gettext("From outside: any node’s address, on the node port") if on_nodes else ""
    if not service.ingress:
        if on_nodes:
            return gettext("From outside: any node’s address, on the node port; the load balancer has no address yet")
        return gettext("From outside: the load balancer’s address, which is not assigned yet")
    at = {"address": ", ".join(service.ingress)}
    if on_nodes:
        return gettext("From outside: %(address)s, and any node’s address on the node port") % at
    return gettext("From outside: %(address)s") % at


def _port(port: ServicePort, pods: Sequence[PodRecord]) -> Port:
    target = str(port.target_port or port.port)
    wrong = unresolved(port, [pod for pod in pods if not pod.deleting])
    why = words.in_words(wrong or undeclared([port], pods))
    state: State = "warn" if wrong else "idle"
    return Port(port.name, target, port.protocol, port.port, port.node_port, port.app_protocol, state, why)


def workload_row(workload: WorkloadRecord) -> Workload:
    """A workload as a row."""
    return Workload(
        uid=workload.uid,
        kind=workload.kind,
        name=workload.name,
        status=status_cell(workload_health(workload)),
        images=workload.images,
        revision=workload.revision,
        created=workload.created,
    )
