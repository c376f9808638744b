"""Update strategy of each kind of workload. Works on the workload document."""

from __future__ import annotations

from typing import Any

from services.steps.lenses.parts import At, NumberOrName, Part, Record, Text, Whole, constant

_WITHOUT_SETTINGS = ("Recreate", "OnDelete")
_SETTINGS = {"max_unavailable": "", "max_surge": "", "partition": None}


class Update(Record):
    """The strategy with its settings; Recreate and OnDelete have none, Kubernetes refuses them there."""

    def write(self, node: Any, value: Any) -> Any:
        if value["strategy"] in _WITHOUT_SETTINGS and value != self.read(node):
            value = {**value, **_SETTINGS}
        return super().write(node, value)

    put = write


def update_of(kind: str) -> Update:
    """The part for a workload of ``kind``."""
    strategy = "spec.strategy" if kind == "Deployment" else "spec.updateStrategy"
    rolling = f"{strategy}.rollingUpdate"
    fields: dict[str, Part] = {
        "strategy": At(f"{strategy}.type", Text()),
        "max_unavailable": At(f"{rolling}.maxUnavailable", NumberOrName()),
        "max_surge": At(f"{rolling}.maxSurge", NumberOrName()) if kind != "StatefulSet" else constant(""),
        "partition": At(f"{rolling}.partition", Whole()) if kind == "StatefulSet" else constant(None),
        "min_ready": At("spec.minReadySeconds", Whole()),
        "deadline": At("spec.progressDeadlineSeconds", Whole()) if kind == "Deployment" else constant(None),
    }
    return Update(**fields)
