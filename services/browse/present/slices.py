"""The tab EndpointSlices: each endpoint that the cluster offers for a Service, its ports, and what it is good for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from console.kube.records import Endpoint, EndpointSliceRecord, PodRecord, ServiceRecord
from services.manifests.health import State, carries, served_slices
from services.shown.containers import in_short
from services.shown.pages import Pages

PAGE = 100
"""Rows of one page: a Service may have 50,000 endpoints."""
_CONTROLLERS = frozenset({"endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"})


@dataclass(frozen=True, slots=True)
class Row:
    """An endpoint with the ports of its slice, each as "80 http TCP". `state`, `words`: what callers can expect;
    `why` it is not ready, as its pod says."""

    addresses: tuple[str, ...]
    ports: tuple[str, ...]
    state: State
    words: str
    why: str
    node: str
    zone: str
    target: str
    href: str


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice, and those of its rows that stand on this page. `remarks`: what is to be known of all of them."""

    uid: str
    name: str
    about: str
    changed: float
    remarks: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Slices:
    """One page. `first`, `last`: its rows, counted from 1 over all `total`; `previous`, `next`: queries, `address`: its
    own."""

    slices: tuple[Slice, ...]
    counts: str
    first: int
    last: int
    total: int
    previous: str
    next: str
    address: str


def slices(
    service: ServiceRecord,
    records: Sequence[EndpointSliceRecord],
    pods: Sequence[PodRecord],
    pages: Pages,
    page: int,
) -> Slices:
    """The rows of one page, counted from 1. What is not on it is counted, not drawn. `pods`: of the Service."""
    named = {pod.name: pod for pod in pods}
    ordered = sorted(records, key=lambda record: record.name)
    sizes = [len(record.endpoints) for record in ordered]
    total = sum(sizes)
    page = min(max(1, page), max(1, -(-total // PAGE)))
    start, end = (page - 1) * PAGE, page * PAGE
    used = {id(record) for record in served_slices(service, records)}
    shown, before = [], 0
    for record, size in zip(ordered, sizes, strict=True):
        rows = _rows(record, named, pages, slice(max(0, start - before), max(0, end - before)))
        if rows or (not size and page == 1):
            shown.append(_slice(service, record, rows, used=id(record) in used))
        before += size
    return Slices(
        slices=tuple(shown),
        counts=_counts(records),
        first=min(start + 1, total),
        last=min(end, total),
        total=total,
        previous=f"?page={page - 1}" if page > 1 else "",
        next=f"?page={page + 1}" if end < total else "",
        address=f"?page={page}",
    )


def _rows(record: EndpointSliceRecord, pods: Mapping[str, PodRecord], pages: Pages, part: slice) -> tuple[Row, ...]:
    ports = tuple(
        " ".join(filter(None, (str(port.port) if port.port else gettext("any"), port.name, port.protocol)))
        for port in record.ports
    )
    rows = []
    for endpoint in record.endpoints[part]:
        pod = pods.get(endpoint.pod_name)
        state, words = _what(endpoint, offered=bool(ports))
        row = Row(
            addresses=endpoint.addresses,
            ports=ports,
            state=state,
            words=words,
            why=_why(pod) if pod and not endpoint.serving and not endpoint.terminating else "",
            node=endpoint.node,
            zone=endpoint.zone,
            target=endpoint.pod_name,
            href=pages.href("Pod", endpoint.pod_name),
        )
        rows.append(row)
    return tuple(rows)


def _what(endpoint: Endpoint, *, offered: bool) -> tuple[State, str]:
    """What callers can expect: ready is serving and not terminating, unless not-ready addresses are published."""
    if endpoint.terminating:
        return "idle", gettext("Terminating, still serving") if endpoint.serving else gettext("Terminating")
    if not endpoint.ready:
        return "warn", gettext("Not ready")
    if not endpoint.serving:
        return "warn", gettext("Published, but not ready")
    return ("ok", gettext("Ready")) if offered else ("warn", gettext("Ready, without ports"))


def _why(pod: PodRecord) -> str:
    """ "CrashLoopBackOff: exit 137, OOMKilled"; nothing of a pod that is ready, for then the slice is late."""
    if pod.ready or pod.status == "Running":
        return "" if pod.ready else gettext("Its containers run, but are not ready")
    short = in_short(pod)
    return f"{pod.status}: {short[:1].lower()}{short[1:]}" if short else pod.status


def _slice(service: ServiceRecord, record: EndpointSliceRecord, rows: tuple[Row, ...], *, used: bool) -> Slice:
    about = [record.address_type]
    if record.managed_by and record.managed_by not in _CONTROLLERS:
        about.append(gettext("managed by %(name)s") % {"name": record.managed_by})
    return Slice(
        uid=record.uid,
        name=record.name,
        about=", ".join(filter(None, about)),
        changed=record.changed,
        remarks=tuple(_remarks(service, record, used=used)),
        rows=rows,
    )


def _remarks(service: ServiceRecord, record: EndpointSliceRecord, *, used: bool) -> Iterator[str]:
    """Why what stands in a slice is not reached, though it may be ready."""
    if service.type == "ExternalName":
        yield gettext("An external name has no endpoints: this slice is not used.")
        return
    if not used:
        values = {"family": record.address_type or gettext("such")}
        yield gettext("The Service has no %(family)s address, so this slice is not used.") % values
    if not record.endpoints:
        yield gettext("No endpoints.")
        return
    lacking = [port for port in service.ports if not carries(record, port, headless=service.headless)]
    if not lacking:
        return
    names = {"ports": ", ".join(port.name or str(port.port) for port in lacking)}
    if record.ports:
        text = ngettext(
            "These endpoints do not offer port %(ports)s.",
            "These endpoints do not offer ports %(ports)s.",
            len(lacking),
        )
        yield text % names
        return
    yield gettext(
        "The target port of the Service is a name that no container port of these pods has. The cluster lists them "
        "without ports, so no request to the Service reaches them."
    )


def _counts(records: Sequence[EndpointSliceRecord]) -> str:
    """ "3 endpoints: 2 ready, 1 terminating"."""
    every = [endpoint for record in records for endpoint in record.endpoints]
    ready = sum(1 for endpoint in every if endpoint.ready and not endpoint.terminating)
    leaving = sum(1 for endpoint in every if endpoint.terminating)
    values = {"count": len(every), "ready": ready, "leaving": leaving}
    text = ngettext("1 endpoint: %(ready)s ready", "%(count)s endpoints: %(ready)s ready", len(every)) % values
    return text + (gettext(", %(leaving)s terminating") % values if leaving else "")
