"""Edit Information, Edit Service and Edit External Access: the forms of a Service that exists."""

import ipaddress
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from services.manifests.bundle import Bundle, name_of
from services.manifests.tree import get
from services.steps import inputs, pair_rows
from services.steps.advanced import ACCESS_MODES, NodePortRow, OutsideForm, ServiceForm, ServicePortRow, StickyForm
from services.steps.existing_values import ExistingValues
from services.steps.input_names import Typed, whole
from services.steps.lenses import live as lenses
from services.steps.providers import PROVIDERS
from services.steps.step import Step
from services.steps.stepform import FormContext, Rows, StepForm, shows, typed_from

_LOCAL = lenses.LOCAL


@shows(lenses.INFORMATION.record)
class InformationForm(StepForm):
    """Alias and description."""


class LivePortRow(ServicePortRow):
    """A port of a Service that exists; its node port is shown and stays with it."""

    field_order = ("protocol", "name", "port", "target_port", "app_protocol")
    was = inputs.keep()

    @property
    def node_port(self) -> Any:
        """The node port it has; "" without one."""
        ports = self.context.facts.get("node_ports", ())
        place = whole(self.text("was"))
        return (ports[place] if place is not None and place < len(ports) else None) or ""


@shows(lenses.SERVICE.record)
class LiveServiceForm(StickyForm, ServiceForm):
    """Selector, ports and sticky session of a Service that exists."""

    lists = {
        "selector": Rows(pair_rows.LabelRow),
        "ports": Rows(LivePortRow, start=lambda number: {"protocol": "TCP"}),
    }
    access_mode = None  # type: ignore[assignment]

    @property
    def leads_outside(self) -> bool:
        """Whether the Service is an alias of a name outside of the cluster."""
        return self.context.facts.get("type") == "ExternalName"

    def prepare(self) -> None:
        self.fields["external_name"].required = self.leads_outside

    def may_have_no_port(self) -> bool:
        return bool(self.context.facts.get("headless") or self.leads_outside)

    def check(self, data: dict[str, Any]) -> None:
        super().check(data)
        self.check_sticky(data, headless=bool(self.context.facts.get("headless")))


_OF_BALANCER = ("load_balancer_class", "source_ranges", "health_check_port", "allocate_node_ports")


class LiveNodePortRow(NodePortRow):
    """The node port of one port of a Service that exists, and which it has now."""

    @property
    def node_port_now(self) -> Any:
        """The node port it has; "" without one."""
        ports = self.context.facts.get("node_ports", ())
        return (ports[self.number - 1] if self.number <= len(ports) else None) or ""


@shows(lenses.EXTERNAL_ACCESS.record)
class ExternalAccessForm(OutsideForm):
    """How a Service that exists is reached from outside."""

    lists = {"ports": Rows(LiveNodePortRow), "service_annotations": Rows(pair_rows.AnnotationRow)}
    kinds = (
        "external",
        {
            "": (),
            "NodePort": ("ports", "external_policy"),
            "LoadBalancer": ("ports", "external_policy", *_OF_BALANCER),
            "ExternalName": (),
        },
    )
    external = inputs.radio(_("Access Mode"), ())

    def prepare(self) -> None:
        facts = self.context.facts
        self.offer("external", inputs.explained(self._modes()))
        for name in ("external_policy", "internal_policy"):
            if not self.context.read.get(name):
                blank = ("", _("Not set"), _("The cluster uses its default, Cluster."))
                self.offer(name, [*inputs.explained([blank]), *self.choices_of(name)])
        if facts.get("external") == "LoadBalancer":
            self.fields["load_balancer_class"].widget.attrs["readonly"] = True
        if self.context.read.get("health_check_port"):
            self.fields["health_check_port"].widget.attrs["readonly"] = True
            self.fields["health_check_port"].help_text = _("Cannot be changed while the cluster uses it.")

    def _modes(self) -> list[tuple[str, Any, Any]]:
        """The kinds of access, with what leaving the present one costs."""
        ports = list(dict.fromkeys(str(port) for port in self.context.facts.get("node_ports", ()) if port))
        inside = gettext("Inside the cluster only, by its name and virtual IP.")
        if ports:
            text = ngettext(
                "Inside the cluster only. Closes %(ports)s on every node; another Service may then take it.",
                "Inside the cluster only. Closes %(ports)s on every node; other Services may then take them.",
                len(ports),
            )
            *first, last = ports
            both = gettext("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last}
            inside = text % {"ports": both if first else last}
        return [("", _("None"), inside), *ACCESS_MODES[1:]]

    @property
    def access_now(self) -> str:
        """The mode that it has."""
        mode = str(self.context.facts.get("external") or "")
        return mode if mode in ("NodePort", "LoadBalancer") else gettext("None")

    @property
    def idle_annotations(self) -> int:
        """How many annotations are for a load balancer, where there will be none."""
        known = {note.key for provider in PROVIDERS for note in provider.notes}
        keys = [row.text("key") for row in self.rows("service_annotations")]
        return sum(key in known for key in keys) if self.chosen() != "LoadBalancer" else 0

    def check(self, data: dict[str, Any]) -> None:
        # What belongs to a load balancer alone stays with it; one that stands there without stays as it is.
        for text in data.get("source_ranges") or ():
            try:
                ipaddress.ip_network(str(text), strict=False)
            except ValueError:
                sentence = _("%(value)s is not a valid address range, such as 203.0.113.0/24.")
                self.add_error("source_ranges", sentence % {"value": str(text)[:80]})
                break
        local = data.get("external") == "LoadBalancer" and data.get("external_policy") == _LOCAL
        if not local and not self.unchanged:
            data["health_check_port"] = None
            self.errors.pop("health_check_port", None)
        self.check_outside(data, headless=bool(self.context.facts.get("headless")))


DIALOGS = {
    step.name: step
    for step in (
        Step("information", _("Edit Information"), InformationForm, lenses.INFORMATION),
        Step("edit-service", _("Edit Service"), LiveServiceForm, lenses.SERVICE),
        Step("external-access", _("Edit External Access"), ExternalAccessForm, lenses.EXTERNAL_ACCESS),
    )
}


def live_context(step: Step, project: str, bundle: Bundle) -> FormContext:
    """What the form of a dialog must know about the Service that it was opened for."""
    read, spec = step.lens.read(bundle), get(bundle.service, ("spec",))
    ports = get(spec, ("ports",))
    facts = {
        "type": get(spec, ("type",)) or "ClusterIP",
        "headless": get(spec, ("clusterIP",)) == "None",
        "without_selector": not get(spec, ("selector",)),
        "node_ports": [get(port, ("nodePort",)) or None for port in ports] if isinstance(ports, list) else [],
        "external": read.get("external", ""),
        "load_balancer_class": read.get("load_balancer_class", ""),
    }
    existing = ExistingValues(typed_from(step.form, read))
    return FormContext("live", project, name_of(bundle.service), facts=facts, read=read, existing=existing)


def retyped(step: Step, base: Bundle, merged: Bundle) -> Typed:
    """What a form shows of a merged Service, once it is opened on `base`: its ports know their places there."""
    return typed_from(step.form, lenses.placed(step.lens.read(merged), base, merged))
