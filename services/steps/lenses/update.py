"""Update strategy of each kind of workload. Works on the workload document."""

from __future__ import annotations

from functools import cache
from typing import Any

from services.manifests import names
from services.manifests.sentences import gettext_noop as _
from services.steps.lenses import field
from services.steps.lenses.parts import At, Record, Text

_WITHOUT_SETTINGS = ("Recreate", "OnDelete")
_SETTINGS = {"max_unavailable": "", "max_surge": "", "partition": None}


class Update(Record):
    """The strategy with its settings; Recreate and OnDelete have none, Kubernetes refuses them there."""

    def write(self, node: Any, value: Any) -> Any:
        if value["strategy"] in _WITHOUT_SETTINGS and value != self.read(node):
            value = {**value, **_SETTINGS}
        return super().write(node, value)


@cache
def update_of(kind: str) -> Update:
    """The part for a workload of ``kind``."""
    strategy = "spec.strategy" if kind == "Deployment" else "spec.updateStrategy"
    rolling = f"{strategy}.rollingUpdate"
    rule, share = names.count_or_percent, _("A number or a percentage, such as 25%.")
    unavailable = field.number_or_name(f"{rolling}.maxUnavailable", _("Maximum Unavailable Pods"), rule, help=share)
    surge = field.number_or_name(f"{rolling}.maxSurge", _("Maximum Extra Pods"), rule, help=share)
    lower = _("Default 0. Pods with a lower number keep the old version.")
    partition = field.number(f"{rolling}.partition", _("Partition"), least=0, help=lower)
    ready = field.number("spec.minReadySeconds", _("Minimum ready time"), least=0, unit=_("s"), help=_("Default 0"))
    deadline = field.number(
        "spec.progressDeadlineSeconds", _("Progress deadline"), least=1, unit=_("s"), help=_("Default 600")
    )
    return Update(
        strategy=At(f"{strategy}.type", Text()),
        max_unavailable=unavailable,
        max_surge=field.only(kind != "StatefulSet", surge),
        partition=field.only(kind == "StatefulSet", partition),
        min_ready=ready,
        deadline=field.only(kind == "Deployment", deadline),
    )
