"""What of an autoscaler a dialog sets; what else it says stays as it is.

Of its metrics two are set: the mean share of the CPU request that is used, and the mean memory of a pod.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.manifests.bundle import Document

CPU, MEMORY = ("cpu", "averageUtilization"), ("memory", "averageValue")
FIELDS = ("least", "most", "cpu", "memory")
_TYPES = {CPU: "Utilization", MEMORY: "AverageValue"}


@dataclass(frozen=True, slots=True)
class Targets:
    """What is set: between how many pods, the CPU target in per cent of the request ("": none), the memory of a pod."""

    least: int
    most: int
    cpu: str = ""
    memory: str = ""

    @property
    def text(self) -> str:
        """All of it as a form carries it."""
        return f"{self.least}/{self.most}/{self.cpu}/{self.memory}"

    def differing(self, other: Targets) -> tuple[str, ...]:
        """The names of what differs."""
        return tuple(name for name in FIELDS if getattr(self, name) != getattr(other, name))

    def changed(self, other: Targets, names: Container[str]) -> Targets:
        """These, with the ones that are named from the others."""
        return Targets(*(getattr(other if name in names else self, name) for name in FIELDS))


def targets_of(scaler: Mapping[str, Any]) -> Targets:
    """What a stored autoscaler says of it."""
    spec = scaler.get("spec") or {}
    metrics = spec.get("metrics") or ()
    cpu, memory = (
        next((_value(metric, which) for metric in metrics if _is(metric, which)), "") for which in (CPU, MEMORY)
    )
    least = spec.get("minReplicas")
    return Targets(1 if least is None else int(least), int(spec.get("maxReplicas") or 0), cpu, memory)


def others_of(scaler: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The metrics that are not set here."""
    metrics = (scaler.get("spec") or {}).get("metrics") or ()
    return tuple(metric for metric in metrics if not _is(metric, CPU) and not _is(metric, MEMORY))


def targeting(scalers: Sequence[Mapping[str, Any]], kind: str, name: str) -> tuple[Document, ...]:
    """Those that scale this workload, by name."""
    chosen = []
    for scaler in scalers:
        target = (scaler.get("spec") or {}).get("scaleTargetRef") or {}
        group = str(target.get("apiVersion") or "apps/v1").partition("/")[0]
        if (group, target.get("kind"), target.get("name")) == ("apps", kind, name):
            chosen.append(dict(scaler))
    return tuple(sorted(chosen, key=lambda scaler: str((scaler.get("metadata") or {}).get("name"))))


def set_in(spec: dict[str, Any], targets: Targets, names: Container[str]) -> None:
    """Write these of the targets into a specification."""
    if "least" in names:
        spec["minReplicas"] = targets.least
    if "most" in names:
        spec["maxReplicas"] = targets.most
    for name, which in (("cpu", CPU), ("memory", MEMORY)):
        if name in names:
            spec["metrics"] = list(_metrics(spec.get("metrics") or (), which, getattr(targets, name)))


def _metrics(metrics: Sequence[Mapping[str, Any]], which: tuple[str, str], value: str) -> Iterator[Mapping[str, Any]]:
    """The metrics with that one set, in its place; without it where there is no value."""
    name, field = which
    target = {"type": _TYPES[which], field: int(value) if which == CPU and value else value}
    made = {"type": "Resource", "resource": {"name": name, "target": target}}
    placed = not value
    for metric in metrics:
        if not _is(metric, which):
            yield metric
        elif not placed:
            placed = True
            yield made
    if not placed:
        yield made


def _is(metric: Mapping[str, Any], which: tuple[str, str]) -> bool:
    detail = metric.get("resource") or {}
    return metric.get("type") == "Resource" and detail.get("name") == which[0] and bool(_value(metric, which))


def _value(metric: Mapping[str, Any], which: tuple[str, str]) -> str:
    value = ((metric.get("resource") or {}).get("target") or {}).get(which[1])
    return "" if value is None else str(value)
