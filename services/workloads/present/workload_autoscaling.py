"""What a person is told about the autoscaler of a workload: what it does now, and what it cannot do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, ngettext

from console.kube.visible import visible
from services.manifests.autoscalers import Targets, others_of

Document = Mapping[str, Any]


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
    seen = [metric for metric in status.get("currentMetrics") or () if isinstance(metric, Mapping)]
    return Autoscaling(
        name=str((scaler.get("metadata") or {}).get("name") or ""),
        least=int(spec.get("minReplicas") or 1),
        most=int(spec.get("maxReplicas") or 0),
        current=status.get("currentReplicas"),
        metrics=tuple(_metric(metric, seen) for metric in spec.get("metrics") or ()),
    )


def _metric(metric: Mapping[str, Any], seen: list[Mapping[str, Any]]) -> Metric:
    kind = str(metric.get("type") or "")
    detail = metric.get(_field(kind)) or {}
    name = _name(detail)
    now = next(
        (
            reading.get(_field(kind)) or {}
            for reading in seen
            if reading.get("type") == kind and _name(reading.get(_field(kind)) or {}) == name
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


def state_of(scaler: Document) -> tuple[str, ...]:
    """What it sees and does now, in sentences."""
    status = scaler.get("status") or {}
    counts = {"current": status.get("currentReplicas") or 0, "desired": status.get("desiredReplicas") or 0}
    sentences = [gettext("Current replicas %(current)s, desired %(desired)s.") % counts]
    conditions = [condition for condition in status.get("conditions") or () if isinstance(condition, Mapping)]
    if not conditions:
        sentences = [gettext("It has not checked the workload yet.")]
    shown = autoscaling(scaler)
    for metric in shown.metrics if shown else ():
        values = {"name": metric.name, "now": metric.now, "target": metric.target}
        sentences.append(gettext("%(name)s: %(now)s, target %(target)s.") % values)
    return (*sentences, *filter(None, map(_condition, conditions)))


def _condition(condition: Document) -> str:
    """What a condition means, empty where it is as it should be."""
    place, reason = (str(condition.get("type")), str(condition.get("status"))), str(condition.get("reason") or "")
    detail = visible(str(condition.get("message") or "")[:300])
    if place == ("ScalingActive", "False"):
        if reason == "ScalingDisabled":
            return gettext("The workload has 0 replicas, so it does nothing until it is scaled up.")
        return gettext("No metrics, so it changes nothing: %(detail)s") % {"detail": detail or reason}
    if place == ("AbleToScale", "False"):
        return gettext("It cannot scale the workload: %(detail)s") % {"detail": detail or reason}
    if place == ("ScalingLimited", "True") and reason == "TooManyReplicas":
        return gettext("It would start more pods, but has reached the maximum.")
    if place == ("ScalingLimited", "True") and reason == "TooFewReplicas":
        return gettext("It would stop more pods, but has reached the minimum.")
    return ""


def suggested(desired: int) -> Targets:
    """What a new autoscaler starts from: never fewer pods than there are now, so that nothing shrinks unasked."""
    least = max(desired, 1)
    return Targets(least, least + 2, "80")


def effect(desired: int | None, wanted: Targets) -> str:
    """What the limits do to the pods that there are now; empty where nothing can shrink and nothing has to grow.
    `desired`: how many there are, None where that could not be read.
    """
    if desired is None:
        return gettext("The number of pods could not be read. These limits may remove or start pods.")
    values = {"now": desired, "least": wanted.least, "most": wanted.most}
    if 0 < desired < wanted.least:
        return gettext("Goes up from %(now)s to %(least)s pods.") % values
    if desired > wanted.most:
        text = ngettext(
            "Goes down from %(now)s to %(most)s pod.",
            "Goes down from %(now)s to %(most)s pods.",
            wanted.most,
        )
        return text % values
    if desired > wanted.least:
        text = ngettext(
            "May go down from %(now)s to %(least)s pod.", "May go down from %(now)s to %(least)s pods.", wanted.least
        )
        return text % values
    return ""


def remarks(scalers: Sequence[Document], document: Document | None) -> tuple[str, ...]:
    """What a person should know who sets it. The first autoscaler is the one that is set."""
    sentences = []
    names = [visible(str((scaler.get("metadata") or {}).get("name"))) for scaler in scalers]
    if len(names) > 1:
        text = gettext("%(count)s autoscalers target it and work against each other: %(names)s. %(first)s is shown.")
        sentences.append(text % {"count": len(names), "names": ", ".join(names), "first": names[0]})
    if kept := _kept(scalers[0]) if scalers else ():
        sentences.append(gettext("Stays as it is: %(fields)s.") % {"fields": ", ".join(kept)})
    if without := _without_request(document):
        text = gettext("No CPU request: %(names)s. A CPU target cannot work until each container has one.")
        sentences.append(text % {"names": ", ".join(without)})
    return tuple(sentences)


def _kept(scaler: Document) -> tuple[str, ...]:
    """What it says besides what is set in the dialog."""
    spec = scaler.get("spec") or {}
    fields = [name for name in spec if name not in ("scaleTargetRef", "minReplicas", "maxReplicas", "metrics")]
    metrics = []
    for metric in others_of(scaler):
        kind = str(metric.get("type") or "")
        name = _name(metric.get(_field(kind)) or {})
        metrics.append(gettext("metric %(name)s") % {"name": visible(f"{name} ({kind})" if name else kind)})
    return (*map(visible, fields), *metrics)


def _without_request(document: Document | None) -> tuple[str, ...]:
    pod = (((document or {}).get("spec") or {}).get("template") or {}).get("spec") or {}
    names = []
    for container in pod.get("containers") or ():
        resources = container.get("resources") or {}
        if not ((resources.get("requests") or {}).get("cpu") or (resources.get("limits") or {}).get("cpu")):
            names.append(visible(str(container.get("name"))))
    return tuple(names)


def targets_now(now: Targets) -> str:
    """What is stored, in a sentence."""
    text = gettext("It has %(least)s to %(most)s pods, CPU target %(cpu)s, memory target %(memory)s now.")
    none = gettext("none")
    cpu = f"{now.cpu}%" if now.cpu else none
    return text % {"least": now.least, "most": now.most, "cpu": cpu, "memory": visible(now.memory) or none}
