"""Pod Settings: replicas, containers, and what holds for all pods."""

from collections import Counter
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from services.manifests import names
from services.steps import inputs, pair_rows
from services.steps.container import ContainerForm
from services.steps.security import PodSecurityForm
from services.steps.stepform import Group, Rows, StepForm


def new_container(number: int) -> dict[str, Any]:
    """A container with the documented defaults and one port to fill in. Its name is the same at each look."""
    name = f"container-{number + 1}"
    ports = [{"protocol": "TCP"}]
    return {"name": name, "type": "worker", "pull_policy": "IfNotPresent", "ports": ports}


class UpdateForm(StepForm):
    """How new pods take over from old ones."""

    noun = _("Update strategy")
    strategy = inputs.radio(_("Update strategy"), [("", _("As the cluster decides"), "")])
    max_unavailable = inputs.text(_("At most unavailable"), names.count_or_percent, placeholder="25%")
    max_surge = inputs.text(_("At most extra"), names.count_or_percent, placeholder="25%")
    partition = inputs.number(
        _("Only pods from number"), least=0, placeholder="0", help=_("Pods with a lower number keep the old version.")
    )
    min_ready = inputs.number(_("Counts as ready after"), least=0, unit=_("s"), placeholder="0")
    deadline = inputs.number(_("Give up after"), least=1, unit=_("s"), placeholder="600")

    _BY_KIND = {
        "StatefulSet": (
            [
                (
                    "RollingUpdate",
                    _("Rolling update (recommended)"),
                    _("One pod after the other, from the highest number down."),
                ),
                ("OnDelete", _("Update on deletion"), _("A pod takes the new version when somebody deletes it.")),
            ],
            ("max_surge", "deadline"),
        ),
        "DaemonSet": (
            [
                ("RollingUpdate", _("Rolling update (recommended)"), _("Node by node.")),
                ("OnDelete", _("Update on deletion"), _("A pod takes the new version when somebody deletes it.")),
            ],
            ("partition", "deadline"),
        ),
        "Deployment": (
            [
                ("RollingUpdate", _("Rolling update (recommended)"), _("New pods take over one by one.")),
                ("Recreate", _("Recreate"), _("All old pods stop before the first new one starts: there is a gap.")),
            ],
            ("partition",),
        ),
    }
    _rolling = ("max_unavailable", "max_surge", "partition")
    kinds = ("strategy", {"RollingUpdate": _rolling, "": _rolling, "Recreate": (), "OnDelete": ()})

    def prepare(self) -> None:
        kind = str(self.context.facts.get("workload"))
        choices, missing = self._BY_KIND.get(kind, self._BY_KIND["Deployment"])
        self.missing = missing
        if self.chosen() not in {value for value, _label, _meaning in choices}:
            unsaid = (self.chosen(), self.chosen() or _("As the cluster decides"), "")
            self.fields["strategy"].choices = inputs.explained([unsaid, *choices])  # type: ignore[attr-defined]
        else:
            self.fields["strategy"].choices = inputs.explained(choices)  # type: ignore[attr-defined]

    def now(self) -> str:
        """The chosen strategy in words."""
        words = {"RollingUpdate": _("Rolling update"), "Recreate": _("Recreate"), "OnDelete": _("Update on deletion")}
        return str(words.get(self.chosen(), _("As the cluster decides")))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name in self.missing:
            data[name] = None if name in ("partition", "deadline") else ""
            self.errors.pop(name, None)
        if {str(data.get(name) or "").rstrip("%") for name in ("max_unavailable", "max_surge")} == {"0"}:
            self.add_error("max_surge", _("Both are 0: then no pod could ever be replaced."))
        return data


class RuleRow(StepForm):
    """A scheduling rule of one's own."""

    tabular = True
    noun = _("Rule")
    type = inputs.choice(
        _("Pods"), [("with", _("Beside pods")), ("away", _("Not beside pods")), ("nodes", _("On nodes"))]
    )
    strategy = inputs.choice(_("Strategy"), [("preferred", _("Match if possible")), ("required", _("Must match"))])
    selector = inputs.text(_("Labels"), names.selector, placeholder="app=web", list="list_pods")
    topology = inputs.text(_("Same"), names.label_key, list="topologies", placeholder="kubernetes.io/hostname")
    weight = inputs.number(_("Weight"), least=1, most=100, placeholder="100")
    keep = inputs.keep()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.unchanged:
            return data
        if data.get("type") == "nodes":
            data["topology"] = ""
        elif not data.get("topology"):
            data["topology"] = "kubernetes.io/hostname"
        data["weight"] = (data.get("weight") or 100) if data.get("strategy") == "preferred" else None
        if not data.get("selector") and "selector" not in self.errors:
            self.add_error("selector", _("Say which labels: app=web, for example."))
        return data


class TolerationRow(StepForm):
    """A taint that the pods put up with."""

    tabular = True
    noun = _("Toleration")
    key = inputs.text(_("Taint"), names.label_key, placeholder=_("every taint"))
    operator = inputs.choice(_("Is"), [("", _("equal to")), ("Equal", _("equal to")), ("Exists", _("set"))])
    value = inputs.text(_("Value"), names.label_value)
    effect = inputs.choice(
        _("Effect"),
        [
            ("", _("every effect")),
            ("NoSchedule", "NoSchedule"),
            ("PreferNoSchedule", "PreferNoSchedule"),
            ("NoExecute", "NoExecute"),
        ],
    )
    seconds = inputs.number(_("For"), least=0, unit=_("s"))
    keep = inputs.keep()

    def prepare(self) -> None:
        unused = "Equal" if self.typed.get(self.add_prefix("operator")) != "Equal" else ""
        own = self.fields["operator"]
        own.choices = [one for one in own.choices if one[0] != unused]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("operator") == "Exists" and data.get("value"):
            self.add_error("value", _("A taint that only has to be set is compared with nothing: leave the value out."))
        if data.get("operator") != "Exists" and not data.get("key") and "key" not in self.errors:
            self.add_error("key", _("Name the taint, or choose: is set."))
        if data.get("seconds") is not None and data.get("effect") != "NoExecute":
            self.add_error("seconds", _("Only NoExecute knows a time."))
        return data


class SchedulingForm(StepForm):
    """Where the pods run."""

    noun = _("Scheduling rules")
    lists = {
        "rules": Rows(RuleRow, start=lambda number: {"type": "away", "strategy": "preferred"}),
        "tolerations": Rows(TolerationRow, start=lambda number: {"operator": "Exists"}),
    }
    kinds = ("mode", {"default": (), "decentralized": (), "centralized": (), "custom": ("rules",), "other": ()})
    EXPLAINED = (
        ("default", _("Default Rules"), _("The scheduler of the cluster decides.")),
        (
            "decentralized",
            _("Decentralized Scheduling"),
            _("As few as possible on one node, so that losing a node loses the least."),
        ),
        ("centralized", _("Centralized Scheduling"), _("As many as possible on one node.")),
        ("custom", _("Custom Rules"), _("Beside or away from pods by their labels, or on certain nodes.")),
    )
    mode = inputs.radio(_("Where the pods run"), EXPLAINED)

    def now(self) -> str:
        """The chosen mode in words."""
        return str({value: label for value, label, _meaning in self.EXPLAINED}.get(self.chosen(), ""))

    def prepare(self) -> None:
        if self.chosen() == "other":
            mode = self.fields["mode"]
            mode.choices = [*mode.choices, ("other", _("As in the YAML"))]  # type: ignore[attr-defined]


class PullSecretRow(StepForm):
    """A secret that opens a registry."""

    tabular = True
    noun = _("Pull secret")
    name = inputs.text(_("Pull secret"), names.object_name, list="list_registry")
    keep = inputs.keep()


class PodForm(StepForm):
    """The whole step."""

    groups = {"update": Group(UpdateForm), "pod_security": Group(PodSecurityForm), "scheduling": Group(SchedulingForm)}
    lists = {
        "containers": Rows(ContainerForm, start=new_container),
        "pull_secrets": Rows(PullSecretRow),
        "annotations": Rows(pair_rows.AnnotationRow),
    }
    replicas = inputs.number(
        _("Replicas"),
        least=0,
        most=100000,
        required=True,
        help=_("One pod each."),
        missing=_("How many pods? 0 is possible."),
    )
    grace_period = inputs.number(
        _("Time to finish"),
        least=0,
        unit=_("s"),
        placeholder="30",
        help=_("From the request to stop until the pod is ended."),
    )

    def prepare(self) -> None:
        if not self.context.facts.get("replicas"):
            own = self.fields["replicas"]
            own.required = False
            own.help_text = _("One pod each. The documents say nothing, which is 1; a DaemonSet has one on each node.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        containers = self.containers  # type: ignore[attr-defined]
        pair_rows.unique(containers, "name", _("The name %(value)s is there twice; every container needs its own."))
        if not any(not one.is_init() for one in containers):
            self.add_error(None, _("A pod needs at least one worker container."))
        ports = [row for one in containers if not one.is_init() for row in one.ports]
        self._compare_ports(ports)
        self._compare_numbers(ports)
        self._check_service_port(ports)
        pair_rows.unique(self.annotations, "key", _("The key %(value)s is there twice."))  # type: ignore[attr-defined]
        pair_rows.unique(self.pull_secrets, "name", _("The secret %(value)s is there twice."))  # type: ignore[attr-defined]
        return data

    def _check_service_port(self, rows: list[StepForm]) -> None:
        """A Service with a virtual IP needs a port. Said here, not four steps later by the cluster."""
        containers = self.containers  # type: ignore[attr-defined]
        if not self.context.facts.get("needs_port") or all(one.unchanged for one in containers):
            return
        if any(row.cleaned_data.get("service_port") is not None or "service_port" in row.errors for row in rows):
            return
        sentence = _("The Service needs at least one port: the number others reach it at.")
        if rows:
            rows[0].refuse("service_port", sentence)
        else:
            self.add_error(None, sentence)

    def _compare_ports(self, rows: list[StepForm]) -> None:
        """A port of the Service and its name can be there once, over all containers."""
        service, service_names = (Counter[object]() for _list in range(2))
        for row in rows:
            data = row.cleaned_data
            protocol = data.get("protocol")
            self._once(row, "service_port", (data.get("service_port"), protocol), service)
            if data.get("service_port") is not None:
                self._once(row, "name", (data.get("name"),), service_names)

    def _compare_numbers(self, rows: list[StepForm]) -> None:
        """Two ports of the Service may lead to one container port; two containers cannot listen on it."""
        lists: dict[tuple[Any, Any], str] = {}
        for row in rows:
            data, container = row.cleaned_data, row.at.rpartition("-")[0]
            number = (data.get("container_port"), data.get("protocol"))
            other = lists.setdefault(number, container)
            if number[0] is not None and other != container and not row.unchanged:
                sentence = _("%(value)s is a port of another container, too: only one of them can listen on it.")
                remark = ValidationError(sentence % {"value": number[0]}, code=inputs.REMARK)
                row.add_error("container_port", remark)

    def _once(self, row: StepForm, name: str, value: tuple[Any, ...], seen: Counter[object]) -> None:
        if value[0] in (None, ""):
            return
        seen[value] += 1
        if seen[value] > max(1, pair_rows.existing_rows([row], {name: str(value[0])})) and name not in row.errors:
            row.refuse(
                name, _("%(value)s is used twice; it must be there once over all containers.") % {"value": value[0]}
            )
