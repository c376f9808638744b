"""CPU and memory as pages draw them: units, limits, age, and a workload's pods added up."""

from __future__ import annotations

import re
import time
from dataclasses import replace

from django.utils.html import conditional_escape

from console.kube.records import ContainerRecord, PodRecord
from console.kube.usage import Reading, Usage, Used
from services.shown import usage
from services.shown.lists import parse
from services.workloads.present.lists_pods import PODS, pod_entry

MI = 2**20


def pod(name: str, **limits: str) -> PodRecord:
    containers = (ContainerRecord(name="app", state="running", limits=limits), ContainerRecord(name="setup", init=True))
    return PodRecord(namespace="n", name=name, uid=name, version="1", created=0.0, labels={}, containers=containers)


def readings(*cores: float, memory: float = MI, ago: float = 0.0, turn: float = 100.0) -> tuple[Reading, ...]:
    at = time.time() - ago
    used = [Used(amount, memory) for amount in cores]
    return tuple(Reading(at + i, turn + i, {"app": amounts}, amounts) for i, amounts in enumerate(used))


def test_cpu_is_in_cores_and_memory_in_the_unit_that_fits() -> None:
    assert [usage.cpu(cores) for cores in (0, 0.0001, 0.0096, 0.025, 1.5)] == [
        "0.00",
        "0.001",
        "0.010",
        "0.025",
        "1.50",
    ]
    assert [usage.memory(amount * MI) for amount in (0, 0.9, 40, 2048, 1229)] == [
        "0 Mi",
        "0 Mi",
        "40 Mi",
        "2 Gi",
        "1.2 Gi",
    ]
    assert usage.shares(0.05, "100m", "500m") == "50% of the request, 10% of the limit"
    assert usage.shares(0.05, None, "") == ""


def test_the_line_says_in_words_what_it_draws() -> None:
    cells = usage.pod_cells(readings(0.1, 0.3, 0.2), pod("a", cpu="500m", memory="1Mi"))
    assert 'aria-label="CPU in cores, last 2 s: 0.10 to 0.30, limit 0.50"' in cells.cpu
    assert 'points="1,14 30,9 59,11"' in cells.cpu, "over the whole width, the newest at the right"
    assert "<span>0.20<small" in cells.cpu
    assert 'class="over">1 Mi<' in cells.memory, "at its memory limit"
    assert '0.20<small class="of">of 0.50</small>' in cells.cpu, "the limit stands below the number"
    assert 'class="area"' in cells.cpu, "the ground is a share of the limit"
    unlimited = usage.pod_cells(readings(0.1, 0.3, 0.2), pod("h")).cpu
    assert 'class="curve"' in unlimited, "the course"
    assert 'class="area"' not in unlimited, "of nothing there is no share"
    assert 'class="nought"' in unlimited, "the course stands on a line"
    assert usage.pod_cells((), pod("a")) == usage.NO_CELLS


def test_of_a_pod_that_does_not_run_the_last_readings_are_grey() -> None:
    waits = replace(pod("i", memory="1Mi"), containers=(ContainerRecord(name="app", limits={"memory": "1Mi"}),))
    last = usage.pod_cells(readings(0.1, 0.3, 0.2), waits).memory
    assert last.startswith('<span class="none" title="Not running. This was its last reading."><span class="spark')
    assert usage.pod_cells((), waits).memory == '<span class="none">Not running</span><small>limit 1 Mi</small>'
    unlimited = usage.pod_cells((), replace(waits, containers=(ContainerRecord(name="app"),)))
    assert str(conditional_escape(unlimited.memory)) == '<span class="none">Not running</span>', "markup, also alone"


def test_a_reading_that_is_old_says_how_old() -> None:
    assert re.search(
        r"0\.20<small><time [^>]+>10 min ago</time></small>", usage.pod_cells(readings(0.2, ago=600), pod("b")).cpu
    )


def test_a_limit_counts_where_each_container_has_one() -> None:
    assert "0.20, no limit" in usage.pod_cells(readings(0.2), pod("c", memory="1Gi")).cpu
    assert "limit 1 Gi" in usage.pod_cells(readings(0.2), pod("d", memory="1Gi")).memory


def test_pods_of_a_workload_are_added_up_turn_by_turn() -> None:
    """A pod that was read later counts from then on."""
    pods = [pod("e", cpu="1"), pod("f", cpu="1"), pod("g", cpu="1")]
    known = Usage("known", {"e": readings(0.1, 0.1), "f": readings(0.2, turn=101), "g": ()})
    cells = usage.total_cells(pods, known)
    assert 'aria-label="CPU in cores, last 1 s: 0.10 to 0.30, limit 2.00"' in cells.cpu
    assert "0.30 of 2.00 cores<" in cells.cpu
    apart = Usage("known", {"e": readings(*[0.1] * 30), "f": readings(*[0.2] * 30, turn=1000)})
    places = re.findall(r"(-?\d+),\d+", usage.total_cells(pods, apart).cpu)
    assert min(map(int, places)) >= 0, "pods that were read in turns of their own are not drawn outside"
    assert usage.total_words(pods, known, 3) == "measured on 2 of 3 pods"
    assert usage.total_words(pods[:2], known, 2) == "measured on all pods"
    assert usage.total_cells(pods, Usage("known")) == usage.NO_CELLS


def test_each_state_of_the_metrics_api_has_a_sentence() -> None:
    old = {"a": readings(0.1, ago=600)}
    remarks = {state: usage.remark(Usage(state), []) for state in ("absent", "refused", "hidden", "failing")}  # type: ignore[arg-type]
    assert all(remark.why and not remark.since for remark in remarks.values())
    assert remarks["absent"].command.startswith("kubectl apply")
    assert "10 min ago" in usage.remark(Usage("failing", old), []).why
    assert usage.remark(Usage("reading"), []).since == "Reading CPU and memory."
    few, many = (Usage("known", {"a": readings(*[0.1] * count)}) for count in (2, 3))
    limited, dashed = [pod("a", cpu="1")], "Dashes show the limit."
    assert "Measured at" in usage.remark(few, limited).since, "no line is drawn of few readings"
    assert "Dashes" not in usage.remark(few, limited).since
    assert dashed in usage.remark(many, limited).since
    assert "Dashes" not in usage.remark(many, [pod("a")]).since, "no pod has a limit"
    partly = replace(limited[0], containers=(*limited[0].containers, ContainerRecord(name="side")))
    assert "Dashes" not in usage.remark(many, [partly]).since, "without a limit for each container there is none"
    assert dashed in usage.remark(many, [partly], ["a"]).since, "but the container has its line"


def test_without_an_order_a_list_is_not_sorted_by_it() -> None:
    fewer = PODS.without(usage.MEASURED)
    assert [parse(shape, {"sort": "-cpu"}).sort for shape in (PODS, fewer)] == ["-cpu", "status"]
    assert "-memory" not in fewer.sorts


def test_a_pod_that_was_not_measured_comes_last_whichever_way() -> None:
    entries = [pod_entry(pod(name), None, 0.0) for name in ("known", "unknown")]
    of_one = Usage("known", {"known": readings(0.2)})
    for descending in (True, False):
        key = usage.orders(of_one, descending=descending)["cpu"]
        assert [entry.name for entry in sorted(entries, key=key, reverse=descending)] == ["known", "unknown"]
