"""What a change of a Service does to those who call it: endpoints, ports and addresses before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from django.utils.translation import gettext, ngettext

from console.kube import kinds
from console.kube.access import BEHIND_SERVICES, View
from console.kube.errors import KubeError
from console.kube.gateway import Client
from console.kube.records import EndpointSliceRecord, PodRecord, ServicePort, ServiceRecord
from console.kube.trim import trim
from services import words
from services.changes.effects import Consequence, Document
from services.edit.present.dependents import backends
from services.manifests.health import (
    NOTHING,
    Sentence,
    offers,
    reachable,
    resolves,
    say,
    undeclared,
    unresolved,
)
from services.manifests.risks import advice, risks

_MOST_INGRESSES = 500
_OF_ENDPOINTS = (
    "type",
    "selector",
    "ports",
    "publishNotReadyAddresses",
    "clusterIPs",
    "internalTrafficPolicy",
    "externalTrafficPolicy",
)


@dataclass(frozen=True, slots=True)
class _Side:
    """A Service before or after the change: how many endpoints it has, in all and by (port, protocol)."""

    service: ServiceRecord
    spec: Document
    endpoints: int
    ports: Mapping[tuple[int, str], int]

    @property
    def external(self) -> bool:
        return self.service.type == "ExternalName"


def consequences(view: View, client: Client, before: Document, after: Document) -> tuple[Consequence, ...]:
    """What changing a Service from `before` to `after` (as stored) does to those who call it. The worst first."""
    consequences: list[Consequence] = []
    if _touches_endpoints(before, after) and _known(view):
        old, new = _as_it_is(view, before), _as_it_will_be(view, before, after)
        consequences += [*_endpoints(view, old, new), *_ports(view, old, new), *_policies(view, old, new)]
    elif _touches_endpoints(before, after):  # nobody is cut off unasked because the store is being filled just now
        what = gettext("The endpoints before and after this change are not known yet.")
        means = gettext("Review the change again in a moment.")
        button, sure = gettext("Apply anyway"), gettext("I want this without knowing which calls will fail")
        consequences.append(Consequence("bad", what, means, button, sure))
    consequences += [*_addresses(before, after), *_ingresses(view, client, before, after)]
    # What the review of a new Service says too: what is dangerous, and what may have been forgotten just now.
    known = set(advice(dict(before)))
    remarks = [remark for _, remark in risks(dict(after))]
    remarks += [remark for remark in advice(dict(after)) if remark not in known]
    consequences += [Consequence("warn", words.of_manifest(remark)) for remark in remarks]
    return tuple(sorted(consequences, key=lambda consequence: consequence.state != "bad"))


def endpoint_counts(view: View, before: Document, after: Document) -> tuple[int, int] | None:
    """How many endpoints there are and will be; None where that is not known, or does not change."""
    if not _known(view) or not _touches_endpoints(before, after):
        return None
    return _as_it_is(view, before).endpoints, _as_it_will_be(view, before, after).endpoints


def harmless(view: View, document: Document) -> str:
    """What to say about a change that callers do not feel."""
    service = _record(document)
    if not _known(view) or service.type == "ExternalName":
        return gettext("Nothing: no pod is restarted.")
    ready = reachable(service, view.endpoints(service.name)).ready
    text = ngettext(
        "Nothing: no pod is restarted, and the Service keeps its endpoint.",
        "Nothing: no pod is restarted, and the Service keeps its %(count)s endpoints.",
        ready,
    )
    return text % {"count": ready}


def _known(view: View) -> bool:
    """Whether what is behind Services is in memory."""
    view.begin(*BEHIND_SERVICES)
    freshness = view.freshness()
    return freshness.state != "loading" and freshness.as_of is not None


def _touches_endpoints(before: Document, after: Document) -> bool:
    old, new = before.get("spec") or {}, after.get("spec") or {}
    return any(old.get(field) != new.get(field) for field in _OF_ENDPOINTS)


def _record(document: Document) -> ServiceRecord:
    return cast(ServiceRecord, trim(kinds.SERVICE, document))


def _key(port: ServicePort) -> tuple[int, str]:
    return port.port, port.protocol


def _as_it_is(view: View, document: Document) -> _Side:
    """What the slices offer now."""
    return _by_slices(document, view.endpoints(document["metadata"]["name"]))


def _by_slices(document: Document, slices: Sequence[EndpointSliceRecord]) -> _Side:
    service, spec = _record(document), document.get("spec") or {}
    addresses = reachable(service, slices)
    ports = {_key(offer.port): offer.ready + offer.unready for offer in offers(service, slices)}
    return _Side(service, spec, addresses.ready + addresses.unready, ports)


def _as_it_will_be(view: View, before: Document, document: Document) -> _Side:
    """What the slices will offer. Those kept by hand stay; those that a selector made nobody keeps without it."""
    service, spec = _record(document), document.get("spec") or {}
    if not service.selector:
        slices = [] if (before.get("spec") or {}).get("selector") else view.endpoints(service.name)
        return _by_slices(document, slices)
    if service.type == "ExternalName":
        return _Side(service, spec, 0, {})
    pods = _answering(view, service, spec)
    ports = {_key(port): sum(1 for pod in pods if resolves(port, pod)) for port in service.ports}
    some = sum(1 for pod in pods if service.headless or any(resolves(port, pod) for port in service.ports))
    return _Side(service, spec, some, ports)


def _answering(view: View, service: ServiceRecord, spec: Document) -> list[PodRecord]:
    """The pods that become endpoints by the selector: ready ones, or all with an address where it publishes those."""
    anyway = bool(spec.get("publishNotReadyAddresses"))
    return [pod for pod in view.pods(service.selector) if not pod.deleting and (pod.ready or (anyway and pod.ip))]


def _endpoints(view: View, old: _Side, new: _Side) -> Iterator[Consequence]:
    name = new.service.name
    if new.external and not old.external:
        means = gettext(
            "The name %(name)s will resolve to %(other)s. The ports and addresses of this Service stop working."
        )
        means %= {"name": name, "other": new.service.external_name}
        if old.endpoints:
            yield _alarm(gettext("%(count)s endpoints go to 0.") % {"count": old.endpoints}, means, name)
        else:
            what = gettext("It becomes an alias of %(other)s.") % {"other": new.service.external_name}
            yield Consequence("warn", what, means)
    elif old.external and not new.external:
        yield _from_outside(view, old, new)
    elif not new.endpoints and old.endpoints:
        what = gettext("%(count)s endpoints will go to 0: %(why)s.") % {
            "count": old.endpoints,
            "why": words.in_words(_why_none(view, new)),
        }
        means = gettext("All calls to %(name)s will fail immediately.") % {"name": name}
        if not new.service.selector:
            means = gettext(
                "The endpoints of %(name)s are no longer managed: the remaining addresses stop working "
                "when their pods are deleted, and new pods are not added."
            ) % {"name": name}
        button = gettext("Apply, %(count)s endpoints to 0") % {"count": old.endpoints}
        yield _kept_selector(view, old, new, _alarm(what, means, name, button))
    elif old.service.selector != new.service.selector or old.endpoints != new.endpoints:
        if not new.endpoints:
            why = words.in_words(_why_none(view, new))
            yield Consequence("warn", gettext("It has no endpoints, and will have none: %(why)s.") % {"why": why})
        else:
            text = gettext("Endpoints go from %(before)s to %(after)s.")
            what = text % {"before": old.endpoints, "after": new.endpoints}
            yield Consequence("warn", what, _selected(new))


def _kept_selector(view: View, old: _Side, new: _Side, alarm: Consequence) -> Consequence:
    """What the selector found until now, and that it may stay, where it is the selector that changes."""
    pods = view.pods(old.service.selector) if old.service.selector else []
    if old.service.selector == new.service.selector or not pods:
        return alarm
    values = {"count": len(pods), "selector": _pairs(old)}
    text = ngettext("1 pod has %(selector)s.", "%(count)s pods have %(selector)s.", len(pods))
    keeps = gettext("Keep %(selector)s") % values
    return replace(alarm, means=f"{text % values} {alarm.means}", field="selector", keeps=keeps)


def _from_outside(view: View, old: _Side, new: _Side) -> Consequence:
    values = {"name": new.service.name, "other": old.service.external_name, "count": new.endpoints}
    if new.endpoints:
        text = ngettext(
            "%(name)s leads to 1 endpoint here, no longer to %(other)s.",
            "%(name)s leads to %(count)s endpoints here, no longer to %(other)s.",
            new.endpoints,
        )
        return Consequence("warn", text % values, _selected(new))
    why = words.in_words(_why_none(view, new))
    what = gettext("%(name)s no longer leads to %(other)s, and has no endpoints here: %(why)s.")
    return _alarm(what % (values | {"why": why}), "", new.service.name, gettext("Apply, without endpoints"))


def _selected(new: _Side) -> str:
    pairs = _pairs(new)
    return gettext("The selector will be %(selector)s.") % {"selector": pairs} if pairs else ""


def _pairs(side: _Side) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(side.service.selector.items()))


def _why_none(view: View, new: _Side) -> Sentence:
    """Why it will have no endpoint."""
    service = new.service
    if not service.selector:
        return say("there is no selector")
    pairs = _pairs(new)
    pods = view.pods(service.selector)
    ready = _answering(view, service, new.spec)
    if not pods:
        return say("no pod has %(selector)s", selector=pairs)
    if not ready:
        return say("no ready pod has %(selector)s", selector=pairs)
    return next((why for port in service.ports if (why := unresolved(port, ready))), say("it has no ports"))


def _ports(view: View, old: _Side, new: _Side) -> Iterator[Consequence]:
    """Ports that close, that lose their endpoints while others keep theirs, and that nobody may listen on."""
    if old.external or new.external:
        return
    closed = [key for key in old.ports if key not in new.ports]
    if closed:
        text = ngettext("Port %(ports)s closes.", "Ports %(ports)s close.", len(closed))
        what = text % {"ports": ", ".join(f"{number}/{protocol}" for number, protocol in sorted(closed))}
        lost = any(old.ports[key] for key in closed)
        means = gettext("Calls to it will fail.") if lost else ""
        yield _alarm(what, means, new.service.name) if lost else Consequence("warn", what)
    pods = _answering(view, new.service, new.spec) if new.service.selector else []
    for port in new.service.ports if new.endpoints else ():
        before, after = old.ports.get(_key(port), 0), new.ports[_key(port)]
        if before and not after:
            why = words.in_words(unresolved(port, pods) if pods else NOTHING)
            what = gettext("Port %(port)s will have no endpoints.") % {"port": port.name or port.port}
            yield _alarm(what, f"{why}." if why else "", new.service.name)
        elif after < before and new.endpoints == old.endpoints:
            values = {"port": port.name or port.port, "before": before, "after": after}
            yield Consequence("warn", gettext("Endpoints of port %(port)s go from %(before)s to %(after)s.") % values)
    yield from _names(old, new)
    changed = [port for port in new.service.ports if port not in old.service.ports]
    if remark := undeclared(changed, pods):
        yield Consequence("warn", words.in_words(remark) + ".", gettext("Containers may still listen on it."))


def _names(old: _Side, new: _Side) -> Iterator[Consequence]:
    lost = sorted({port.name for port in old.service.ports} - {port.name for port in new.service.ports} - {""})
    if lost:
        text = ngettext("Port name %(names)s is removed.", "Port names %(names)s are removed.", len(lost))
        means = gettext("Whatever refers to the port by name (an Ingress, a ServiceMonitor, DNS) no longer finds it.")
        yield Consequence("warn", text % {"names": ", ".join(lost)}, means)


def _policies(view: View, old: _Side, new: _Side) -> Iterator[Consequence]:
    """With the policy Local a node without a pod answers nobody. A DaemonSet has one on each."""
    exposed = new.service.type in ("NodePort", "LoadBalancer")
    behind = view.workloads(new.service.selector) if new.service.selector else []
    everywhere = bool(behind) and all(workload.kind == "DaemonSet" for workload in behind)
    for key, callers, matters in (
        (
            "internalTrafficPolicy",
            gettext("Calls from pods on a node without a ready pod of this Service will fail."),
            True,
        ),
        (
            "externalTrafficPolicy",
            gettext("Nodes without a ready pod of this Service no longer accept traffic from outside."),
            exposed,
        ),
    ):
        was, will = old.spec.get(key) or "Cluster", new.spec.get(key) or "Cluster"
        if matters and will == "Local" and was != "Local" and not new.external:
            what = gettext("%(field)s becomes Local.") % {"field": key}
            alarm = replace(_alarm(what, callers, new.service.name), field=key, keeps=gettext("Keep Cluster"))
            yield Consequence("warn", what, callers) if everywhere else alarm


def _addresses(before: Document, after: Document) -> Iterator[Consequence]:
    """Addresses, load balancers and node ports that it will not have any more."""
    old, new = _record(before), _record(after)
    was, will = ({*service.cluster_ips, *service.external_ips} - {"", "None"} for service in (old, new))
    if lost := sorted(was - will):
        text = ngettext(
            "The address %(addresses)s is released.", "The addresses %(addresses)s are released.", len(lost)
        )
        means = gettext("Calls to it will fail, and the same address may not come back.")
        yield _alarm(text % {"addresses": ", ".join(lost)}, means, new.name)
    ranges = (after.get("spec") or {}).get("loadBalancerSourceRanges") or []
    if ranges and ranges != (before.get("spec") or {}).get("loadBalancerSourceRanges"):
        means = gettext("Callers from outside are answered only from %(ranges)s.") % {"ranges": ", ".join(ranges)}
        yield Consequence("warn", gettext("loadBalancerSourceRanges changes."), means)
    if old.type == "LoadBalancer" and new.type != "LoadBalancer":
        what = gettext("The load balancer is released.")
        means = gettext("Callers from outside lose their address, and it may not come back.")
        yield _alarm(what, means, new.name) if old.ingress else Consequence("warn", what, means)
    closed = sorted({port.node_port for port in old.ports} - {port.node_port for port in new.ports} - {0})
    if closed:
        text = ngettext("Node port %(ports)s closes.", "Node ports %(ports)s close.", len(closed))
        means = gettext("Calls from outside to it will fail.")
        yield _alarm(text % {"ports": ", ".join(map(str, closed))}, means, new.name)


def _ingresses(view: View, client: Client, before: Document, after: Document) -> Iterator[Consequence]:
    """Ingresses that send requests to a port which the Service will not have any more."""
    offered = [_record(document).ports for document in (before, after)]
    old, new = ({name for port in ports for name in (port.name, port.port) if name} for ports in offered)
    if not old - new:
        return
    try:
        ingresses = client.list(kinds.INGRESS, view.namespace, limit=_MOST_INGRESSES).get("items") or ()
    except KubeError as error:
        why = gettext("Which Ingresses use it could not be read: %(why)s") % {"why": error.reason}
        yield Consequence("warn", why)
        return
    name = str((before.get("metadata") or {}).get("name"))
    for ingress in ingresses:
        ports = [
            backend.get("port") or {} for backend in backends(ingress.get("spec") or {}) if backend.get("name") == name
        ]
        used = {port.get(key) for port in ports for key in ("name", "number")}
        if gone := sorted(str(port) for port in used & (old - new)):
            values = {"ingress": ingress["metadata"]["name"], "ports": ", ".join(gone)}
            what = gettext("Ingress %(ingress)s sends requests to port %(ports)s, which will not exist.") % values
            yield _alarm(what, gettext("It will answer with an error."), name)


def _alarm(what: str, means: str, name: str, button: str = "") -> Consequence:
    """Something that has to be confirmed; with a `button` of its own where it leaves the Service without endpoints."""
    sure = (
        gettext("I want %(name)s to have no endpoints") if button else gettext("I want these calls to %(name)s to fail")
    )
    return Consequence("bad", what, means, button or gettext("Apply anyway"), sure % {"name": name})
