"""Pod Settings: replicas, containers, and what holds for all pods."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from services.steps import inputs, pair_rows
from services.steps.container import ContainerForm, PodSecurityForm
from services.steps.lenses.field import Missing
from services.steps.lenses.pod import PULL_SECRETS, update_of, workload_record
from services.steps.lenses.scheduling import HOSTNAME, RULE, Scheduling
from services.steps.stepform import RowForm, Rows, StepForm, shows

_ON_DELETE = ("OnDelete", _("Update on Deletion"), _("A pod gets the new version when it is deleted."))
_ROLLING = ("RollingUpdate", _("Rolling update (recommended)"))


def new_container(number: int) -> dict[str, Any]:
    """A container with the documented defaults and one port to fill in. Its name is the same at each look."""
    name = f"container-{number + 1}"
    ports = [{"protocol": "TCP"}]
    return {"name": name, "type": "worker", "pull_policy": "IfNotPresent", "ports": ports}


@shows(update_of("Deployment"))
class UpdateForm(StepForm):
    """How new pods take over from old ones."""

    noun = _("Update Strategy")
    strategy = inputs.radio(_("Update Strategy"), [("", _("Cluster default"), "")])
    _BY_KIND: ClassVar[dict[str, tuple[tuple[str, Any, Any], ...]]] = {
        "StatefulSet": (
            (*_ROLLING, _("One pod after another, from the highest number down.")),
            _ON_DELETE,
        ),
        "DaemonSet": (
            (*_ROLLING, _("Node by node.")),
            _ON_DELETE,
        ),
        "Deployment": (
            (*_ROLLING, _("New pods replace old ones gradually.")),
            (
                "Recreate",
                _("Simultaneous Update"),
                _("All old pods stop before the first new one starts, so there is downtime."),
            ),
        ),
    }
    _rolling = ("max_unavailable", "max_surge", "partition")
    kinds = ("strategy", {"RollingUpdate": _rolling, "": _rolling, "Recreate": (), "OnDelete": ()})

    def ignored(self) -> set[str]:
        """A strategy that the form does not know may have any settings."""
        return super().ignored() if self.chosen() in self.kinds[1] else set()

    def prepare(self) -> None:
        kind = str(self.context.facts.get("workload") or "Deployment")
        choices = [*self._BY_KIND.get(kind, self._BY_KIND["Deployment"])]
        self.missing = [name for name, part in update_of(kind).fields.items() if isinstance(part, Missing)]
        if self.chosen() not in {value for value, _label, _meaning in choices}:
            choices.insert(0, (self.chosen(), self.chosen() or _("Cluster default"), ""))
        self.offer("strategy", inputs.explained(choices))

    def now(self) -> str:
        """The chosen strategy in short: "Rolling update: 25% unavailable, 25% extra"."""
        words = {
            "RollingUpdate": _("Rolling update"),
            "Recreate": _("Simultaneous Update"),
            "OnDelete": _("Update on Deletion"),
        }
        word = str(words.get(self.chosen(), _("Cluster default")))
        if self.chosen() not in ("RollingUpdate", ""):
            return word
        parts = {
            "max_unavailable": _("%(n)s unavailable"),
            "max_surge": _("%(n)s extra"),
            "partition": _("from pod %(n)s"),
        }
        values = {name: self.text(name) for name in parts if name not in self.missing}
        limits = ", ".join(str(parts[name]) % {"n": text} for name, text in values.items() if text)
        return f"{word}: {limits}" if limits else word

    def check(self, data: dict[str, Any]) -> None:
        for name in self.missing:
            data[name] = self.fields[name].to_python(None)
            self.errors.pop(name, None)
        if {str(data.get(name) or "").rstrip("%") for name in ("max_unavailable", "max_surge")} == {"0"}:
            self.add_error("max_surge", _("Both are 0: then no pod could ever be replaced."))


@shows(RULE)
class RuleRow(RowForm):
    """A scheduling rule of one's own."""

    noun = _("Rule")
    field_order = ("type", "strategy", "selector", "topology", "weight")
    type = inputs.choice(
        _("Pods"), [("with", _("Beside pods")), ("away", _("Not beside pods")), ("nodes", _("On nodes"))]
    )
    strategy = inputs.choice(_("Strategy"), [("preferred", _("Match if possible")), ("required", _("Must match"))])

    def check(self, data: dict[str, Any]) -> None:
        if self.unchanged:
            return
        if data.get("type") == "nodes":
            data["topology"] = ""
        elif not data.get("topology"):
            data["topology"] = HOSTNAME
        data["weight"] = (data.get("weight") or 100) if data.get("strategy") == "preferred" else None
        self.need("selector", _("Enter labels, such as app=web."))


@shows(Scheduling.tolerations)
class TolerationRow(RowForm):
    """A taint that the pods tolerate."""

    noun = _("Toleration")

    def prepare(self) -> None:
        unused = "Equal" if self.text("operator") != "Equal" else ""
        self.offer("operator", [choice for choice in self.choices_of("operator") if choice[0] != unused])

    def check(self, data: dict[str, Any]) -> None:
        if data.get("operator") == "Exists" and data.get("value"):
            self.add_error("value", _("Exists takes no value: leave it empty."))
        if data.get("operator") != "Exists":
            self.need("key", _("Enter the key of the taint, or choose Exists."))
        if data.get("seconds") is not None and data.get("effect") != "NoExecute":
            self.add_error("seconds", _("Only NoExecute takes seconds."))


class SchedulingForm(StepForm):
    """Where the pods run."""

    noun = _("Pod Scheduling Rules")
    lists = {
        "rules": Rows(RuleRow, start=lambda number: {"type": "away", "strategy": "preferred"}),
        "tolerations": Rows(TolerationRow, start=lambda number: {"operator": "Exists"}),
    }
    kinds = ("mode", {"default": (), "decentralized": (), "centralized": (), "custom": ("rules",), "other": ()})
    EXPLAINED = (
        ("default", _("Default Rules"), _("The cluster’s scheduler decides.")),
        (
            "decentralized",
            _("Decentralized Scheduling"),
            _("Spread over nodes, so that losing one affects the fewest pods."),
        ),
        ("centralized", _("Centralized Scheduling"), _("As many as possible on one node.")),
        ("custom", _("Custom Rules"), _("Near or away from pods by their labels, or on certain nodes.")),
    )
    mode = inputs.radio(_("Where the pods run"), EXPLAINED)

    def now(self) -> str:
        """The chosen mode in short: "Custom Rules: 2, 1 toleration"."""
        words = str({value: label for value, label, _meaning in self.EXPLAINED}.get(self.chosen(), _("As in the YAML")))
        rules, tolerations = len(self.rows("rules")), len(self.rows("tolerations"))
        words += f": {rules}" if self.chosen() == "custom" and rules else ""
        more = ngettext("%(n)d toleration", "%(n)d tolerations", tolerations) % {"n": tolerations}
        return f"{words}, {more}" if tolerations else words

    def prepare(self) -> None:
        if self.chosen() == "other":
            self.offer("mode", [*self.choices_of("mode"), ("other", _("As in the YAML"))])


@shows(PULL_SECRETS)
class PullSecretRow(RowForm):
    """A Secret for a registry."""

    noun = _("Pull Secret")


@shows(workload_record("Deployment"))
class PodForm(StepForm):
    """The whole step."""

    noun = _("Containers")
    groups = {"update": UpdateForm, "pod_security": PodSecurityForm, "scheduling": SchedulingForm}
    lists = {
        "containers": Rows(ContainerForm, start=new_container),
        "pull_secrets": Rows(PullSecretRow),
        "annotations": Rows(pair_rows.AnnotationRow),
    }

    def prepare(self) -> None:
        if not self.context.facts.get("replicas"):
            own = self.fields["replicas"]
            own.required = False
            own.help_text = _("Each replica is one pod. Empty means 1; a DaemonSet runs one pod on each node.")

    def check(self, data: dict[str, Any]) -> None:
        containers = self._containers()
        pair_rows.unique(containers, "name", _("Duplicate: %(value)s. Each container needs its own name."))
        if all(container.is_init() for container in containers):
            self.add_error(None, _("A pod needs at least one worker container."))
        ports = [row for container in containers if not container.is_init() for row in container.rows("ports")]
        sentence = _("Duplicate: %(value)s. It must be unique over all containers.")
        pair_rows.unique(ports, "service_port", sentence, within="protocol")
        of_service = [row for row in ports if row.cleaned_data.get("service_port") is not None]
        pair_rows.unique(of_service, "name", sentence)
        self._compare_numbers(ports)
        self._check_service_port(ports)
        pair_rows.unique(self.rows("annotations"), "key", _("Duplicate key: %(value)s."))
        pair_rows.unique(self.rows("pull_secrets"), "name", _("Duplicate: %(value)s."))

    def _containers(self) -> list[ContainerForm]:
        return [container for container in self.rows("containers") if isinstance(container, ContainerForm)]

    def counted(self) -> str:
        """How many containers of each kind: "1 worker, 2 init"."""
        init = sum(container.is_init() for container in self._containers())
        workers = len(self.rows("containers")) - init
        counts = [ngettext("%(n)d worker", "%(n)d workers", workers) % {"n": workers}]
        return ", ".join([*counts, *([str(_("%(n)d init") % {"n": init})] if init else [])])

    def _check_service_port(self, rows: list[StepForm]) -> None:
        """A Service with a virtual IP needs a port. Said here, not four steps later by the cluster."""
        containers = self.rows("containers")
        if not self.context.facts.get("needs_port") or all(container.unchanged for container in containers):
            return
        if any(row.cleaned_data.get("service_port") is not None or "service_port" in row.errors for row in rows):
            return
        sentence = _("Enter a port.") if len(rows) == 1 else _("Enter at least one Service port.")
        if rows:
            rows[0].refuse("service_port", sentence)
            # Both at once, or the next round asks for it
            if not rows[0].text("container_port") and "container_port" not in rows[0].errors:
                rows[0].refuse("container_port", _("Enter a port."))
        else:
            self.add_error(None, sentence)

    def _compare_numbers(self, rows: list[StepForm]) -> None:
        """Two ports of the Service may lead to one container port; two containers cannot listen on it."""
        lists: dict[tuple[Any, Any], str] = {}
        for row in rows:
            data, container = row.cleaned_data, row.at.rpartition("-")[0]
            number = (data.get("container_port"), data.get("protocol"))
            other = lists.setdefault(number, container)
            if number[0] is not None and other != container and not row.unchanged:
                sentence = _("Another container has port %(value)s, too: only one of them can listen on it.")
                remark = ValidationError(sentence % {"value": number[0]}, code=inputs.REMARK)
                row.add_error("container_port", remark)
