"""The autoscaler of a workload: between how many pods it stays, and what it goes by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from console.kube.visible import visible


@dataclass(frozen=True, slots=True)
class Metric:
    """What an autoscaler goes by: "CPU", what it is now and what it shall be."""

    name: str
    now: str
    target: str


@dataclass(frozen=True, slots=True)
class Autoscaling:
    """A HorizontalPodAutoscaler. `current`: how many pods it last saw, None where it has not said so yet."""

    name: str
    least: int
    most: int
    current: int | None
    metrics: tuple[Metric, ...]


def autoscaling(scaler: Mapping[str, Any] | None) -> Autoscaling | None:
    """From the object as the API gives it."""
    if scaler is None:
        return None
    spec, status = scaler.get("spec") or {}, scaler.get("status") or {}
    seen = [one for one in status.get("currentMetrics") or () if isinstance(one, Mapping)]
    return Autoscaling(
        name=str((scaler.get("metadata") or {}).get("name") or ""),
        least=int(spec.get("minReplicas") or 1),
        most=int(spec.get("maxReplicas") or 0),
        current=status.get("currentReplicas"),
        metrics=tuple(_metric(one, seen) for one in spec.get("metrics") or ()),
    )


def _metric(one: Mapping[str, Any], seen: list[Mapping[str, Any]]) -> Metric:
    kind = str(one.get("type") or "")
    detail = one.get(_field(kind)) or {}
    name = _name(detail)
    now = next(
        (
            found.get(_field(kind)) or {}
            for found in seen
            if found.get("type") == kind and _name(found.get(_field(kind)) or {}) == name
        ),
        {},
    )
    return Metric(
        name={"cpu": gettext("CPU"), "memory": gettext("Memory")}.get(name) or visible(name or kind),
        now=_value(now.get("current") or {}) or gettext("No data"),
        target=_value(detail.get("target") or {}),
    )


def _field(kind: str) -> str:
    return kind[:1].lower() + kind[1:]


def _name(detail: Mapping[str, Any]) -> str:
    return str(detail.get("name") or (detail.get("metric") or {}).get("name") or "")


def _value(target: Mapping[str, Any]) -> str:
    if (share := target.get("averageUtilization")) is not None:
        return gettext("%(share)s%% of the request") % {"share": share}
    if (mean := target.get("averageValue")) is not None:
        return gettext("%(value)s a pod") % {"value": mean}
    return str(target.get("value") or "")
