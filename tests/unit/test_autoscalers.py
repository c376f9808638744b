"""What is said of an autoscaler, and what of its metrics is set and stays."""

from __future__ import annotations

from typing import Any

import pytest

from services.manifests.autoscalers import Targets, others_of, set_in, targets_of
from services.workloads.present.workload_autoscaling import remarks, state_of
from tests.manifests import deployment, scaler


@pytest.mark.parametrize(
    ("kind", "status", "reason", "sentence"),
    [
        ("ScalingActive", "False", "FailedGetResourceMetric", "No metrics, so it changes nothing: why"),
        ("ScalingActive", "False", "ScalingDisabled", "has 0 replicas, so it does nothing"),
        ("AbleToScale", "False", "FailedGetScale", "It cannot scale the workload: why"),
        ("ScalingLimited", "True", "TooManyReplicas", "has reached the maximum"),
        ("ScalingLimited", "True", "TooFewReplicas", "has reached the minimum"),
    ],
)
def test_a_condition_is_a_sentence(kind: str, status: str, reason: str, sentence: str) -> None:
    condition = {"type": kind, "status": status, "reason": reason, "message": "why"}
    state = state_of(
        {**scaler("web"), "status": {"currentReplicas": 2, "desiredReplicas": 3, "conditions": [condition]}}
    )
    assert state[0] == "Current replicas 2, desired 3."
    assert sentence in state[-1]
    condition["status"] = "True" if status == "False" else "False"
    assert sentence not in " ".join(state_of({**scaler("web"), "status": {"conditions": [condition]}})), (
        "as it should be"
    )
    assert state_of(scaler("web"))[0] == "It has not checked the workload yet."


def test_metrics_of_another_sort_stay_in_their_place() -> None:
    def metric(name: str, **target: Any) -> dict[str, Any]:
        return {"type": "Resource", "resource": {"name": name, "target": target}}

    mean = metric("cpu", type="AverageValue", averageValue="200m")
    share = metric("memory", type="Utilization", averageUtilization=70)
    cpu = metric("cpu", type="Utilization", averageUtilization=80)
    spec = {"minReplicas": 0, "maxReplicas": 3, "metrics": [mean, cpu, share]}
    assert targets_of({"spec": spec}) == Targets(0, 3, "80", "")
    assert others_of({"spec": spec}) == (mean, share)
    set_in(spec, Targets(1, 3, "60", "64Mi"), ("cpu", "memory"))
    memory = metric("memory", type="AverageValue", averageValue="64Mi")
    assert spec["metrics"] == [mean, metric("cpu", type="Utilization", averageUtilization=60), share, memory]
    set_in(spec, Targets(1, 3), ("cpu", "memory"))
    assert spec["metrics"] == [mean, share]


def test_a_limit_is_a_request_too() -> None:
    """Where there is only a limit, the cluster takes it for the request."""
    document = deployment("web")
    assert "No CPU request: app." in remarks((), document)[0]
    document["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "1"}}
    assert remarks((), document) == ()
