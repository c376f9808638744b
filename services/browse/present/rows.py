"""The list of Services: its rows, with everything the template shows and nothing it has to work out; its chips, menus,
columns and orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.kube.records import ServicePort, ServiceRecord
from services import words
from services.browse.present.summaries import FACETS, ServiceSummary
from services.manifests.health import RANK
from services.shown.lists import Column, Filter, Menu, Shape
from services.shown.status import StatusCell, status_cell

TYPES = list(words.TYPES)


@dataclass(frozen=True, slots=True)
class ExternalAccess:
    """Where it is reached from outside: a line in monospace, a second line; `waiting` while an address is awaited."""

    text: str = ""
    line: str = ""
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the Services list."""

    uid: str
    name: str
    alias: str
    description: str
    status: StatusCell
    type: str
    access: str
    inside: str
    outside: ExternalAccess
    app: str
    created: float

    @property
    def key(self) -> str:
        """The id of its element."""
        return f"s{self.uid}"

    @property
    def second(self) -> str:
        """Alias and description in one line."""
        return ": ".join(text for text in (self.alias, self.description) if text)


@lru_cache(maxsize=4096)
def service_row(entry: ServiceSummary, _language: str) -> Row:
    """The row of an entry, in words of the present language."""
    service = entry.record
    access = words.access_of(service)
    address = service.cluster_ip if access == "virtual-ip" and service.cluster_ip else gettext("No IP")
    inside = f"{address} : {port_list(service) or gettext('no ports')}"
    if access == "external-name" and not service.ports:
        inside = gettext("No IP, no ports")
    return Row(
        uid=service.uid,
        name=service.name,
        alias=service.alias,
        description=service.description,
        status=status_cell(entry.health),
        type=str(words.TYPES[words.type_of(service)]),
        access=str(words.ACCESS[access]),
        inside=inside,
        outside=external_access(service),
        app=words.app_of(service),
        created=service.created,
    )


SERVICES: Shape[ServiceSummary] = Shape(
    groups=words.GROUPS,
    states=words.GROUP_STATES,
    # What a Service is and how it is reached inside stand in one menu, as in their column.
    menus=(
        Menu(_("Type"), (Filter("type", words.TYPES), Filter("access", words.ACCESS))),
        Menu(_("Exposure"), (Filter("out", words.EXPOSURE),)),
    ),
    columns=(
        Column("status", _("Status"), lambda entry: RANK[entry.health.state], optional=False),
        Column("name", _("Name"), attrgetter("name"), optional=False),
        Column("type", _("Type"), lambda entry: TYPES.index(entry.type)),
        Column("internal", _("Internal access")),
        Column("external", _("External access")),
        Column("app", _("App"), lambda entry: (not entry.app, entry.app)),
        Column("age", _("Age"), lambda entry: entry.record.created, by="created"),
    ),
    sorts={
        "name": _("Name, A to Z"),
        "-name": _("Name, Z to A"),
        "status": _("Status, worst first"),
        "type": _("Type"),
        "app": _("App"),
        "-created": _("Created, newest first"),
    },
    facets=FACETS,
    row=service_row,
)


def port_list(service: ServiceRecord, most: int = 3) -> str:
    """ "80, 9090"; the rest is counted. A number that stands for two protocols is told with them: "53/TCP, 53/UDP"."""
    seen = Counter(port.port for port in service.ports)
    numbers = [f"{port.port}/{port.protocol}" if seen[port.port] > 1 else str(port.port) for port in service.ports]
    if len(numbers) > most:
        return ", ".join(numbers[:most]) + f" +{len(numbers) - most}"
    return ", ".join(numbers)


def external_access(service: ServiceRecord) -> ExternalAccess:
    """Node ports, load-balancer address or external name; empty for a Service that is reached from inside only."""
    if service.type == "ExternalName":
        return ExternalAccess(service.external_name, gettext("External name"))
    if service.type == "LoadBalancer":
        line = gettext("Load balancer")
        if service.ingress:
            return ExternalAccess(", ".join(service.ingress), line)
        return ExternalAccess(gettext("No address yet"), line, waiting=True)
    if service.type == "NodePort":
        return _node_ports([port for port in service.ports if port.node_port])
    if service.external_ips:
        return ExternalAccess(", ".join(service.external_ips), gettext("External IP"))
    return ExternalAccess()


def _node_ports(ports: Sequence[ServicePort]) -> ExternalAccess:
    if not ports:
        return ExternalAccess()
    protocols = "/".join(sorted({port.protocol for port in ports}))
    count = len({port.node_port for port in ports})
    line = ngettext("Node port, %(protocols)s", "%(count)s node ports, %(protocols)s", count)
    first = f"{ports[0].port} → {ports[0].node_port}"
    return ExternalAccess(first, line % {"count": count, "protocols": protocols})
