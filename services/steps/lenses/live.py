"""Edit Information, Edit Service and Edit External Access: lenses on a Service that exists.

A port is recognised by the place it had when the form was opened (`was`), not by what it is like: whatever is changed
of it, its node port and every field that no form knows stay with it.
"""

from typing import Any

from services.manifests.bundle import Bundle
from services.manifests.entries import aligned
from services.manifests.sentences import gettext_noop as _
from services.manifests.tree import MISSING, get, replace
from services.steps.lenses import field
from services.steps.lenses.basic import ALIAS_AND_DESCRIPTION
from services.steps.lenses.lens import ServiceLens, Values, hidden_annotation
from services.steps.lenses.parts import At, Record
from services.steps.lenses.rows import Pairs, Row, Rows
from services.steps.lenses.service import BALANCER_CLASS, EXTERNAL_SERVICE, SERVICE_PORTS, Exposure, NodePorts, Sticky

CLUSTER, LOCAL = "Cluster", "Local"


class LivePorts(Rows):
    """The ports of a Service that exists, each with its place in the list; new ones have none."""

    def read(self, node: Any) -> list[Row]:
        return [{**row, "was": str(place)} for place, row in enumerate(super().read(node))]

    def merge(self, old: list[Any], rows: list[Row]) -> list[Any]:
        blank = {**self.record.nothing, "keep": "", "was": ""}
        free = {str(place): entry for place, entry in enumerate(old)}
        merged = []
        for row in rows:
            if {**row, "was": ""} == blank:
                continue
            entry = self.write_row(free.pop(row["was"], MISSING), row)
            if entry is not MISSING:
                merged.append(entry)
        return merged


_PORTS = LivePorts(SERVICE_PORTS.record)


def placed(values: Values, base: Bundle, now: Bundle) -> Values:
    """Values read from `now` with the places that its ports have in `base`."""
    rows = values.get("ports") or []
    old, new = (get(bundle.service, ("spec", "ports")) for bundle in (base, now))
    sides = aligned(old, new)
    if sides is None or not rows or "was" not in rows[0]:
        return values
    places = {key: str(place) for place, key in enumerate(sides[0])}
    return {**values, "ports": [{**row, "was": places.get(key, "")} for row, key in zip(rows, sides[1], strict=True)]}


class ExternalAccess(Record):
    """How a Service is reached from outside. What only one kind of access may have goes when it is left."""

    def write(self, node: Any, value: Any) -> Any:
        written = super().write(node, value)
        if written is node or value["health_check_port"] is not None:
            return written
        spec = get(written, ("spec",))
        if get(spec, ("type",)) != "LoadBalancer" or get(spec, ("externalTrafficPolicy",)) != LOCAL:
            written = replace(written, ("spec", "healthCheckNodePort"), MISSING)
        return written


_CLUSTER_SETS = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")
_OUTSIDE = (
    "type",
    "externalTrafficPolicy",
    "internalTrafficPolicy",
    "loadBalancerClass",
    "loadBalancerSourceRanges",
    "allocateLoadBalancerNodePorts",
    "healthCheckNodePort",
)
_INSIDE = ("selector", "ports", "sessionAffinity", "sessionAffinityConfig", "externalName")

INFORMATION = ServiceLens(Record(**ALIAS_AND_DESCRIPTION), place=("metadata", "nothing"))
SERVICE = ServiceLens(
    Record(
        At("spec", Sticky()),
        selector=At("spec.selector", Pairs()),
        ports=At("spec.ports", _PORTS),
        external_name=EXTERNAL_SERVICE.fields["external_name"],
    ),
    elsewhere=(*_CLUSTER_SETS, *_OUTSIDE),
)
EXTERNAL_ACCESS = ServiceLens(
    ExternalAccess(
        external=At("spec", Exposure()),
        ports=At("spec.ports", NodePorts()),
        load_balancer_class=BALANCER_CLASS,
        source_ranges=field.words(
            "spec.loadBalancerSourceRanges",
            _("Load balancer source ranges"),
            optional=True,
            help=_("Address ranges that may call, e.g. 203.0.113.0/24, separated by commas. Empty allows everyone."),
        ),
        external_policy=field.radio(
            "spec.externalTrafficPolicy",
            _("External traffic policy"),
            [
                (CLUSTER, CLUSTER, _("Any node answers and passes requests on; the address of the caller is lost.")),
                (LOCAL, LOCAL, _("Only nodes with a ready pod answer; the address of the caller is kept.")),
            ],
        ),
        internal_policy=field.radio(
            "spec.internalTrafficPolicy",
            _("Internal traffic policy"),
            [
                (CLUSTER, CLUSTER, _("Pods are called on any node.")),
                (LOCAL, LOCAL, _("Only pods on the caller’s own node are called; without one the call fails.")),
            ],
        ),
        health_check_port=field.number(
            "spec.healthCheckNodePort",
            _("Health check node port"),
            help=_("The load balancer checks here whether a node has a ready pod. Empty lets the cluster choose."),
        ),
        allocate_node_ports=field.yes_no(
            "spec.allocateLoadBalancerNodePorts",
            _("Allocate load balancer node ports"),
            unset=_("Default (yes)"),
            help=_("Some load balancers send traffic directly to pods and need none."),
        ),
        service_annotations=At("metadata.annotations", Pairs(hidden_annotation)),
    ),
    elsewhere=(*_CLUSTER_SETS, *_INSIDE),
)
