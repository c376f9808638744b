"""Advanced Settings, and the Service Settings of Specify Workload."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from services.manifests import names
from services.manifests.risks import STICKY_HEADLESS, says_nothing
from services.manifests.starters import STICKY_SECONDS
from services.steps import inputs, pair_rows
from services.steps.input_names import Typed, whole
from services.steps.lenses.advanced import ON_SERVICE
from services.steps.lenses.lens import Values
from services.steps.lenses.service import NODE_PORT, SERVICE_PORTS
from services.steps.providers import offered
from services.steps.stepform import Fold, Problem, RowForm, Rows, StepForm, shows
from services.words import said

ACCESS = [
    (
        "virtual_ip",
        _("Virtual IP Address"),
        _("One address for all pods; the cluster distributes requests. Right for most Services."),
    ),
    (
        "headless",
        _("Internal Domain Name (headless)"),
        _(
            "The name resolves to every pod’s address and the caller chooses. Needed where pods differ, as in a "
            "database; with a StatefulSet each pod has its own name."
        ),
    ),
]
ACCESS_MODES = [
    ("", _("None"), _("Inside the cluster only, by its name and virtual IP.")),
    ("NodePort", _("NodePort"), _("The same port on every node.")),
    ("LoadBalancer", _("LoadBalancer"), _("An external address. Its node ports are open as well.")),
]


class StickyForm(StepForm):
    """A form with a sticky session."""

    @classmethod
    def type_in(cls, values: Mapping[str, Any], into: Typed, path: str = "") -> None:
        """While it is off the time is the documented default already: switching it on shows what will be written."""
        shown = values if values.get("sticky") else {**values, "sticky_timeout": STICKY_SECONDS}
        super().type_in(shown, into, path)

    def check_sticky(self, data: Values, *, headless: bool) -> None:
        """The time belongs to a session that is sticky; one that becomes so without a time has the default."""
        timeout = data.get("sticky_timeout")
        if not data.get("sticky"):
            data["sticky_timeout"] = None
            self.errors.pop("sticky_timeout", None)
        elif timeout is not None and (wrong := names.sticky_timeout(timeout)):
            self.add_error("sticky_timeout", said(wrong))
        elif timeout is None and not self.context.read.get("sticky") and "sticky_timeout" not in self.errors:
            data["sticky_timeout"] = STICKY_SECONDS
        if data.get("sticky") and headless:
            self.add_error("sticky", ValidationError(said(STICKY_HEADLESS), code=inputs.REMARK))


_NO_ANNOTATIONS = _(
    "There are no annotations for the load balancer yet. Some providers assign no address without them."
)


class OutsideForm(StepForm):
    """A form that says how a Service is reached from outside."""

    no_annotations: Any = ""
    """What is said where the annotations of a load balancer are suggested, while there are none."""

    def check_outside(self, data: Values, *, headless: bool) -> None:
        """What the cluster refuses, and what it takes that somebody should know of."""
        if data.get("external") in ("NodePort", "LoadBalancer") and headless:
            self.add_error(
                "external", _("A headless Service has no address of its own and cannot be reached from outside.")
            )
        notes = {str(row.cleaned_data.get("key")): "" for row in self.rows("service_annotations")}
        if data.get("external") == "LoadBalancer" and not data.get("load_balancer_class") and says_nothing(notes):
            self.no_annotations = _NO_ANNOTATIONS
            self.remarks.append(
                Problem("no-annotations", gettext("Annotations"), gettext("none for the load balancer yet."))
            )
        pair_rows.unique(self.rows("ports"), "node_port", _("Duplicate node port: %(value)s."), within="protocol")
        pair_rows.unique(self.rows("service_annotations"), "key", _("Duplicate key: %(value)s."))

    def values(self) -> Values:
        """The ports name rows of the Service: they are handed on even where no node port can be chosen."""
        values = super().values()
        if not values["ports"]:
            values["ports"] = [row.shown() for row in self.rows("ports") if isinstance(row, NodePortRow)]
        return values


@shows(NODE_PORT)
class NodePortRow(StepForm):
    """The node port of one port of the Service."""

    tabular = True
    noun = _("Node port")
    name = inputs.text("")
    protocol = inputs.text("")
    port = inputs.number("")
    field_order = ("name", "protocol", "port", "node_port")

    def prepare(self) -> None:
        for name in ("name", "protocol", "port"):
            self.fields[name].widget = self.fields[name].hidden_widget()

    def check(self, data: dict[str, Any]) -> None:
        chosen = data.get("node_port")
        if chosen is not None and not 30000 <= chosen <= 32767:
            self.add_error("node_port", _("Enter a port from 30000 to 32767, unless the cluster is set up otherwise."))

    def shown(self) -> dict[str, Any]:
        """The row as it was read, where no node port can be chosen; it goes when another kind of access is chosen."""
        named = {name: self.text(name) for name in ("name", "protocol")}
        port, node_port = (self.text(name) for name in ("port", "node_port"))
        same = self.context.facts.get("external") == self.typed.get("external")
        return {**named, "port": whole(port), "node_port": whole(node_port) if same else None}


@shows(ON_SERVICE)
class AdvancedForm(OutsideForm, StickyForm):
    """External access, sticky session, nodes, labels and annotations."""

    lists = {
        "ports": Rows(NodePortRow),
        "service_annotations": Rows(pair_rows.AnnotationRow),
        "node_selector": Rows(pair_rows.LabelRow),
        "labels": Rows(pair_rows.LabelRow),
        "annotations": Rows(pair_rows.AnnotationRow),
    }
    kinds = (
        "external",
        {"": (), "NodePort": ("ports",), "LoadBalancer": ("ports",), "ExternalName": ()},
    )
    access_mode = inputs.radio(_("Internal Access Mode"), ACCESS)
    external = inputs.radio(_("Access mode"), ACCESS_MODES)

    def prepare(self) -> None:
        if self.context.facts.get("workload"):
            for row in self.rows("labels"):
                used = row.text("key") == "app"
                row.remark = _("Used by the Service’s selector.") if used else ""
        if self.chosen() == "ExternalName":
            self.offer("external", [*self.choices_of("external"), ("ExternalName", "ExternalName")])

    def folds(self) -> dict[str, Fold]:
        """The groups of the page by name, each with its present value."""
        folds = (
            Fold("ports", _("Node Ports"), self._ports(), self.is_open("ports")),
            Fold("balancer", _("Load Balancer Provider"), self._balancer(), True),
            Fold("service", _("Service Annotations"), self._annotations(), self.is_open("service_annotations")),
            Fold("sticky", _("Sticky Session"), self._sticky(), "sticky_timeout" in self.errors),
            Fold("nodes", _("Select Nodes"), "", self.is_open("node_selector")),
            Fold("meta", _("Metadata"), pair_rows.metadata_in_words(self), self.is_open("labels", "annotations")),
        )
        return {fold.name: fold for fold in folds}

    def _ports(self) -> Any:
        chosen = [row.text("node_port") for row in self.rows("ports")]
        node_ports = [*filter(None, chosen), *([gettext("chosen by the cluster")] if not all(chosen) else ())]
        return ", ".join(node_ports) if any(chosen) else _("Chosen by the cluster")

    def _provider(self) -> tuple[str, int]:
        """The provider whose annotations are set, and how many of them are; "" and 0 without one."""
        annotations = {row.text("key"): "" for row in self.rows("service_annotations")}
        chosen = next((choice.provider for choice in offered(annotations) if choice.chosen), None)
        return (chosen.words, sum(note.key in annotations for note in chosen.notes)) if chosen else ("", 0)

    def _annotations(self) -> Any:
        notes, (_words, from_provider) = len(self.rows("service_annotations")), self._provider()
        if not notes:
            return _("None")
        if notes == from_provider:
            return gettext("%(n)d, from Load Balancer Provider") % {"n": notes}
        words = pair_rows.annotations_in_words(notes)
        more = gettext("%(n)d from Load Balancer Provider") % {"n": from_provider}
        return f"{words}, {more}" if from_provider else words

    def _balancer(self) -> Any:
        texts, (words, count) = [str(self.typed.get("load_balancer_class") or "")], self._provider()
        if count:
            texts = [words, pair_rows.annotations_in_words(count), *texts]
        return ", ".join(filter(None, texts)) or _("Cluster default")

    def _sticky(self) -> Any:
        seconds = whole(str(self.typed.get("sticky_timeout") or STICKY_SECONDS))
        if not self.typed.get("sticky"):
            return _("Off")
        if seconds and seconds % 3600 == 0:
            return gettext("%(n)d h per client IP") % {"n": seconds // 3600}
        return gettext("%(n)s s per client IP") % {"n": self.typed.get("sticky_timeout")}

    def check(self, data: dict[str, Any]) -> None:
        headless = data.get("access_mode") == "headless"
        self.check_sticky(data, headless=headless)
        # A class belongs to a load balancer; one that stands there without one stays while nothing changes.
        as_read = (self.context.facts.get("external"), self.context.facts.get("load_balancer_class"))
        now = (data.get("external"), data.get("load_balancer_class"))
        if data.get("external") != "LoadBalancer" and now != as_read:
            data["load_balancer_class"] = ""
            self.errors.pop("load_balancer_class", None)
        self.check_outside(data, headless=headless)
        for name in ("labels", "annotations", "node_selector"):
            pair_rows.unique(self.rows(name), "key", _("Duplicate key: %(value)s."))


class PodLabelRow(pair_rows.LabelRow):
    """A label of the pods. One that the selector asks for is shown and stays."""

    def prepare(self) -> None:
        self.fixed = self.text("key") in self.context.facts.get("selected", {})
        if self.fixed:
            self.remark = _("Part of the selector, which cannot be changed.")
            for own in self.fields.values():
                own.widget.attrs["readonly"] = True


class AdvancedLiveForm(StepForm):
    """Nodes, labels and annotations of a workload that exists."""

    noun = _("Pod Labels")
    lists = {
        "node_selector": Rows(pair_rows.LabelRow),
        "labels": Rows(pair_rows.LabelRow),
        "pod_labels": Rows(PodLabelRow),
        "annotations": Rows(pair_rows.AnnotationRow),
    }

    def folds(self) -> dict[str, Fold]:
        """The groups of the page by name, each with its present value."""
        labels = pair_rows.labels_in_words(len(self.rows("pod_labels")))
        folds = (
            Fold("nodes", _("Select Nodes"), "", self.is_open("node_selector")),
            Fold("pods", _("Pod Labels"), labels, self.is_open("pod_labels")),
            Fold("meta", _("Metadata"), pair_rows.metadata_in_words(self), self.is_open("labels", "annotations")),
        )
        return {fold.name: fold for fold in folds}

    def is_open(self, *names: str) -> bool:
        return super().is_open(*names) or bool(self.non_field_errors())

    def check(self, data: dict[str, Any]) -> None:
        for name in self.lists:
            pair_rows.unique(self.rows(name), "key", _("Duplicate key: %(value)s."))
        # The pods keep what the selector asks for: the API server refuses them otherwise.
        rows = {row.cleaned_data.get("key"): row for row in self.rows("pod_labels") if not row.carried}
        for key, value in self.context.facts.get("selected", {}).items():
            sentence = _("The selector requires %(label)s, so the pods must keep it.") % {"label": f"{key}={value}"}
            if key not in rows:
                self.add_error(None, sentence)
            elif rows[key].cleaned_data.get("value") != value and "value" not in rows[key].errors:
                rows[key].refuse("value", sentence)


@shows(SERVICE_PORTS)
class ServicePortRow(RowForm):
    """A port of the Service, and where on the pods it leads."""

    noun = _("Port")
    field_order = ("protocol", "app_protocol", "name", "port", "target_port")

    def check(self, data: dict[str, Any]) -> None:
        if not pair_rows.blank(self):
            self.need("port", _("Enter the Service port."))


class ServiceForm(StepForm):
    """Which pods answer, on which ports, and how they are found."""

    noun = _("Service Settings")
    lists = {
        "selector": Rows(pair_rows.LabelRow),
        "ports": Rows(ServicePortRow, start=lambda number: {"protocol": "TCP"}),
    }
    access_mode = inputs.radio(_("Internal Access Mode"), ACCESS)

    def check(self, data: dict[str, Any]) -> None:
        selector, ports = self.rows("selector"), self.rows("ports")
        pair_rows.unique(selector, "key", _("Duplicate key: %(value)s."))
        labelled = any(row.cleaned_data.get("key") or row.carried or row.errors for row in selector)
        if not labelled and not self.context.facts.get("without_selector"):
            sentence = _("Select a workload or enter at least one label: without a selector no pod receives traffic.")
            selector[0].refuse("key", sentence) if selector else self.add_error(None, sentence)
        filled = [row for row in ports if row.carried or not pair_rows.blank(row)]
        if not filled and not self.may_have_no_port() and not any(row.errors for row in ports):
            sentence = _("Enter at least one port.")
            ports[0].refuse("port", sentence) if ports else self.add_error(None, sentence)
        pair_rows.unique(filled, "port", _("Duplicate: %(value)s."), within="protocol")
        for row in filled if len(filled) > 1 else ():
            if not row.carried and not row.cleaned_data.get("name") and "name" not in row.errors:
                row.add_error("name", _("Each of several ports needs a name."))
        pair_rows.unique(filled, "name", _("Duplicate name: %(value)s."))

    def may_have_no_port(self) -> bool:
        """Whether the Service is one that callers reach without a port of its own."""
        return bool(self.cleaned_data.get("access_mode") == "headless")
