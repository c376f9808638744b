"""Parts of a Service that several steps share."""

from functools import partial
from typing import Any

from services.manifests import names
from services.manifests.bundle import Bundle
from services.manifests.sentences import gettext_noop as _
from services.manifests.tree import MISSING, get, replace
from services.steps.lenses import field
from services.steps.lenses.container import APP_PROTOCOL, PROTOCOLS
from services.steps.lenses.lens import ServiceLens
from services.steps.lenses.parts import At, Choice, Entry, Found, Known, Part, Path, Record, Text, Whole
from services.steps.lenses.rows import Pairs, Row, Rows

VIRTUAL_IP, HEADLESS = "virtual_ip", "headless"
CLIENT_IP = "ClientIP"

# Fields that the API server refuses once the Service is no longer reached from outside, or has no load balancer.
_ONLY_LOAD_BALANCER = (
    "loadBalancerClass",
    "loadBalancerIP",
    "loadBalancerSourceRanges",
    "allocateLoadBalancerNodePorts",
    "healthCheckNodePort",
)
_ONLY_OUTSIDE = ("externalTrafficPolicy",)


BALANCER_CLASS = field.text(
    "spec.loadBalancerClass",
    _("Class"),
    names.label_key,
    optional=True,
    help=_("Empty uses the cluster’s default. Cannot be changed while the Service is a LoadBalancer."),
)


class AccessMode(Part):
    """``spec.clusterIP``: ``None`` makes a Service headless. Works on the spec."""

    def read(self, node: Any) -> str:
        return HEADLESS if get(node, ("clusterIP",)) == "None" else VIRTUAL_IP

    def put(self, node: Any, value: Any) -> Any:
        node = replace(node, ("clusterIPs",), MISSING)
        return replace(node, ("clusterIP",), "None" if value == HEADLESS else MISSING)

    def entries(self) -> list[Entry]:
        return [(("clusterIP",), Known()), (("clusterIPs",), Known())]

    def locate(self, path: Path, node: Any = MISSING) -> Found | None:
        return (1, "") if path and path[0] in ("clusterIP", "clusterIPs") else None


class Exposure(Part):
    """``spec.type``: ``""`` is ClusterIP. Works on the spec; leaving a type removes what only that type may have."""

    def read(self, node: Any) -> str:
        kind = get(node, ("type",))
        return kind if isinstance(kind, str) and kind != "ClusterIP" else ""

    def put(self, node: Any, value: Any) -> Any:
        node = replace(node, ("type",), value or MISSING)
        drop = set() if value == "LoadBalancer" else set(_ONLY_LOAD_BALANCER)
        if not value:
            drop.update(_ONLY_OUTSIDE)
            ports = get(node, ("ports",))
            if isinstance(ports, list):
                node = {**node, "ports": [replace(port, ("nodePort",), MISSING) for port in ports]}
        for key in drop:
            node = replace(node, (key,), MISSING)
        return node

    def entries(self) -> list[Entry]:
        return [(("type",), Known())]

    def locate(self, path: Path, node: Any = MISSING) -> Found | None:
        return (1, "") if path and path[0] == "type" else None


class _ByClientAddress(Part):
    """``sessionAffinity``: by the client's address or not at all."""

    def read(self, node: Any) -> bool:
        return bool(node == CLIENT_IP)

    def put(self, node: Any, value: Any) -> Any:
        return CLIENT_IP if value else "None"


class Sticky(Record):
    """Session affinity by client address with its timeout in seconds, which it has only while it is on. Works on the
    spec."""

    spread = True

    def __init__(self) -> None:
        super().__init__(
            sticky=field.tick("sessionAffinity", _("Sticky Session"), part=_ByClientAddress),
            sticky_timeout=field.number(
                "sessionAffinityConfig.clientIP.timeoutSeconds",
                _("Maximum Session Sticky Time"),
                unit=_("s"),
                help=_("From 1 to 86400. Callers are identified by client IP: all behind one gateway share a pod."),
            ),
        )

    def _read(self, node: Any) -> dict[str, Any]:
        values = super()._read(node)
        return values if values["sticky"] else {**values, "sticky_timeout": None}

    def write(self, node: Any, value: Any) -> Any:
        if value == self.read(node):
            return node
        written = super().write(node, value)
        return written if value["sticky"] else replace(written, ("sessionAffinityConfig",), MISSING)

    def entries(self) -> list[Entry]:
        return [(path, Known()) for path, _part in super().entries()]


NODE_PORT = Record(
    name=At("name", Text()),
    protocol=At("protocol", Choice("TCP")),
    port=At("port", Whole()),
    node_port=field.number("nodePort", _("Node port"), mono=True, placeholder=_("e.g. 30080")),
)


class NodePorts(Part):
    """One row for each port of the Service; only its node port is written. Works on ``spec.ports``."""

    def read(self, node: Any) -> list[Row]:
        return [NODE_PORT.read(entry) for entry in node] if isinstance(node, list) else []

    def put(self, node: Any, value: Any) -> Any:
        if not isinstance(node, list):
            return node
        rows = [row["node_port"] for row in value][: len(node)]
        rows += [NODE_PORT.read(entry)["node_port"] for entry in node[len(rows) :]]
        part = At("nodePort", Whole())
        return [part.write(entry, row) for entry, row in zip(node, rows, strict=True)]

    def locate(self, path: Path, node: Any = MISSING) -> Found | None:
        if len(path) > 1 and path[1] == "nodePort":
            return (2, f"{path[0]}-node_port")
        return (0, "")


SERVICE_PORTS = Rows(
    Record(
        name=field.text("name", _("Name"), names.service_port_name, most=63),
        protocol=field.choice("protocol", _("Protocol"), PROTOCOLS, part=partial(Choice, "TCP")),
        port=field.port("port", _("Service port")),
        target_port=field.number_or_name(
            "targetPort", _("Container port"), names.port_or_name, placeholder=_("e.g. 8080"), list="targets"
        ),
        app_protocol=APP_PROTOCOL,
    )
)

SELECTING = ServiceLens(
    Record(
        access_mode=At("spec", AccessMode()),
        selector=At("spec.selector", Pairs()),
        ports=At("spec.ports", SERVICE_PORTS),
    ),
    elsewhere=("type", "sessionAffinity", "sessionAffinityConfig", "loadBalancerClass", "externalName"),
)
"""Specify Workload, Service Settings: which pods a Service selects, and by which ports; node ports stay with theirs."""


class ExternalName(Record):
    """A Service that gets a name becomes an ExternalName."""

    def write(self, node: Any, value: Any) -> Any:
        written = super().write(node, value)
        named = written is not node and value["external_name"]
        return replace(written, ("spec", "type"), "ExternalName") if named else written


EXTERNAL_SERVICE = ExternalName(
    external_name=field.text(
        "spec.externalName",
        _("External Service Address"),
        names.external_name,
        required=True,
        most=253,
        help=_("A DNS name, such as api.geocode.example.net; no https://, port or path. At most 253 characters."),
        missing=_("Enter the DNS name of the external system."),
    )
)


class ExternalLens(ServiceLens):
    """Edits ``spec.externalName``; the type is said at the same field."""

    def field_for(self, kind: str, path: Path, bundle: Bundle) -> tuple[int, str] | None:
        if kind == "Service" and path == ("spec", "type"):
            return (1, "external_name")
        return super().field_for(kind, path, bundle)


EXTERNAL_SERVICE_LENS = ExternalLens(EXTERNAL_SERVICE, place=("metadata", "nothing"))
