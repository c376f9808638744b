"""What the kubelet says is shown in the words of the page; its own words stay in the title."""

import time

import pytest
from django.utils.html import strip_tags

from console.kube.records import ContainerRecord, PodRecord
from services.shown import containers
from services.shown.containers import in_short
from services.workloads.present import logs, pod, pod_container
from services.workloads.present.logs_options import Options


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("containers with unready status: [web]", "web"),
        ("containers with incomplete status: [migrate web]", "migrate, web"),
        ("0/3 nodes are available", "0/3 nodes are available"),
    ],
)
def test_a_condition_names_its_containers(message: str, shown: str) -> None:
    assert pod._named(message) == shown


def test_a_run_that_waits_says_when_it_is_tried_again_and_one_that_ended_how_long_it_was() -> None:
    raw = "back-off 5m0s restarting failed container=web pod=web-1_shop(b1946ac9-1)"
    ended = {"exitCode": 137, "startedAt": "2026-01-01T10:00:00Z", "finishedAt": "2026-01-01T10:04:12Z"}
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": raw}}
    waits, last = pod_container._runs({"restartCount": 4, "state": waiting, "lastState": {"terminated": ended}})
    assert (strip_tags(waits.why), waits.raw) == ("Next try soon.", raw), "it is due"
    assert waits.again - last.end == 300, "the back-off begins with the end of the last run"
    assert last.lasted == "4 min 12 s"
    assert [(run.number, run.tag) for run in (waits, last)] == [(6, "next"), (5, "last")], "the first was no restart"
    running = {"running": {"startedAt": "2026-01-01T10:05:00Z"}}
    runs = pod_container._runs({"restartCount": 4, "state": running, "lastState": {"terminated": ended}})
    assert [(run.number, run.tag) for run in runs] == [(5, "now"), (4, "last")]


def test_when_a_container_is_tried_again_follows_from_the_end_of_its_last_run() -> None:
    raw = "back-off 2m40s restarting failed container=web pod=web-1_shop(b1946ac9-1)"
    assert containers.tried_again(raw, 1000.0) == 1160.0
    assert strip_tags(containers.next_try(raw, time.time())) == "Next try in 2 min."
    assert (containers.tried_again(raw, 0), containers.next_try(raw, 0)) == (0, "Next try within 160 s.")
    assert (containers.tried_again("other", 1000.0), containers.next_try("other", 1000.0)) == (0, "")


def test_a_row_of_the_list_says_why_its_container_does_not_run() -> None:
    wait = "back-off 5m0s restarting failed container=web pod=web-1_shop(b1946ac9-1)"
    ended = ContainerRecord(name="web", reason="CrashLoopBackOff", message=wait, last_exit=1, last_reason="Error")
    killed = ContainerRecord(
        name="web", reason="CrashLoopBackOff", message=wait, last_exit=137, last_reason="OOMKilled"
    )
    shown = ("Exit 1", "Exit 137, OOMKilled", "")
    for container, words in zip((ended, killed, ContainerRecord(name="web", ready=True)), shown, strict=True):
        assert in_short(PodRecord(namespace="shop", name="web-1", containers=(container,))) == words


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ('Back-off pulling image "shop/web:2.9"', "web:2.9 cannot be pulled"),
        ("failed to resolve reference: shop/web:2.9: not found", "Tag 2.9 is not in the registry"),
        ("pull access denied, repository does not exist", "Registry denies access"),
        ("lookup registry.example.com: no such host", "Registry not found"),
        ("dial tcp: i/o timeout", "Registry not responding"),
    ],
)
def test_an_image_that_cannot_be_pulled_is_named_with_the_reason_of_the_registry(message: str, words: str) -> None:
    image = "registry.example.com/shop/web:2.9"
    container = ContainerRecord(name="web", reason="ImagePullBackOff", image=image, message=message)
    assert in_short(PodRecord(namespace="shop", name="web-1", containers=(container,))) == words


@pytest.mark.parametrize(
    ("probes", "words"),
    [(("readiness",), "Readiness check not passed"), (("readiness", "startup"), ""), ((), "")],
)
def test_a_pod_that_runs_and_is_not_ready_names_the_check_where_it_can_only_be_that(
    probes: tuple[str, ...], words: str
) -> None:
    container = ContainerRecord(name="web", state="running", probes=probes)
    assert in_short(PodRecord(namespace="shop", name="web-1", containers=(container,))) == words


def test_the_key_of_a_pod_that_crashes_says_its_state() -> None:
    crashing, well = (PodRecord(namespace="shop", name=f"web-{word}", status=word) for word in ("Error", "Running"))
    names = [crashing.name, well.name]
    chips = logs.pod_chips((), names, Options(), logs.labels(names, ()), logs.troubled([crashing, well]))
    assert [(chip.state, chip.words) for chip in chips] == [("bad", "Error"), (None, "")]
