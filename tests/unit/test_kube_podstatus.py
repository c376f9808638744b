"""The status word of a pod, case by case as kubectl's printPod has it."""

from typing import Any

import pytest

from console.kube.podstatus import pod_status

RUNNING = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
DONE = {"terminated": {"exitCode": 0, "reason": "Completed"}}
READY = {"type": "Ready", "status": "True"}
INITIALIZED = {"type": "Initialized", "status": "True"}


def waiting(reason: str) -> dict[str, Any]:
    return {"waiting": {"reason": reason}}


def ended(**how: Any) -> dict[str, Any]:
    return {"terminated": {"exitCode": 1, **how}}


def status(state: dict[str, Any], name: str = "main", **more: Any) -> dict[str, Any]:
    return {"name": name, "state": state, "restartCount": 0, "ready": False, **more}


def pod(
    main: list[dict[str, Any]] | None = None,
    init: list[dict[str, Any]] | None = None,
    sidecars: tuple[str, ...] = (),
    deleted: bool = False,
    **about: Any,
) -> dict[str, Any]:
    main, init = main or [], init or []
    init_specs = [
        {"name": container["name"], **({"restartPolicy": "Always"} if container["name"] in sidecars else {})}
        for container in init
    ]
    return {
        "metadata": {"name": "p", **({"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleted else {})},
        "spec": {
            "containers": [{"name": container["name"]} for container in main] or [{"name": "main"}],
            "initContainers": init_specs,
        },
        "status": {"phase": "Running", "containerStatuses": main, "initContainerStatuses": init, **about},
    }


UP = status(RUNNING, ready=True)
UP_B = status(RUNNING, "b", ready=True)
LOOP = "CrashLoopBackOff"

CASES: list[tuple[str, dict[str, Any], tuple[str, int, int, int]]] = [
    ("running", pod([UP], conditions=[READY]), ("Running", 1, 1, 0)),
    ("running, not ready", pod([status(RUNNING)]), ("Running", 0, 1, 0)),
    ("pending", pod(phase="Pending"), ("Pending", 0, 1, 0)),
    ("nothing known", {"metadata": {"name": "p"}}, ("Unknown", 0, 0, 0)),
    ("crash loop", pod([status(waiting("CrashLoopBackOff"), restartCount=7)]), ("CrashLoopBackOff", 0, 1, 7)),
    ("image", pod([status(waiting("ImagePullBackOff"))], phase="Pending"), ("ImagePullBackOff", 0, 1, 0)),
    ("error", pod([status(ended(reason="Error"))]), ("Error", 0, 1, 0)),
    ("out of memory", pod([status(ended(reason="OOMKilled"))]), ("OOMKilled", 0, 1, 0)),
    ("exit code", pod([status(ended(exitCode=3))]), ("ExitCode:3", 0, 1, 0)),
    ("signal", pod([status(ended(signal=9))]), ("Signal:9", 0, 1, 0)),
    ("succeeded", pod([status(DONE)], phase="Succeeded"), ("Completed", 0, 1, 0)),
    ("the first one down speaks", pod([status(waiting("A"), "a"), status(waiting("B"), "b")]), ("A", 0, 2, 0)),
    ("one done, one running, ready", pod([status(DONE, "a"), UP_B], conditions=[READY]), ("Running", 1, 2, 0)),
    ("one done, one running, not ready", pod([status(DONE, "a"), UP_B]), ("NotReady", 1, 2, 0)),
    ("one done, one failed", pod([status(DONE, "a"), status(ended(reason="Error"), "b")]), ("Error", 0, 2, 0)),
    ("one done, one failed, one up", pod([status(DONE, "a"), status(ended(), "c"), UP_B]), ("ExitCode:1", 1, 3, 0)),
    ("evicted", pod(phase="Failed", reason="Evicted"), ("Evicted", 0, 1, 0)),
    (
        "gated",
        pod(phase="Pending", conditions=[{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]),
        ("SchedulingGated", 0, 1, 0),
    ),
    ("init 0 of 2", pod(init=[status(RUNNING, "i"), status(waiting("PodInitializing"), "j")]), ("Init:0/2", 0, 1, 0)),
    ("init 1 of 2", pod(init=[status(DONE, "i"), status(RUNNING, "j")]), ("Init:1/2", 0, 1, 0)),
    ("init crash loop", pod(init=[status(waiting(LOOP), "i", restartCount=2)]), ("Init:CrashLoopBackOff", 0, 1, 2)),
    ("init error", pod(init=[status(ended(reason="Error"), "i")]), ("Init:Error", 0, 1, 0)),
    ("init exit code", pod(init=[status(ended(exitCode=5), "i")]), ("Init:ExitCode:5", 0, 1, 0)),
    ("init signal", pod(init=[status(ended(signal=15), "i")]), ("Init:Signal:15", 0, 1, 0)),
    ("init done", pod([UP], [status(DONE, "i", restartCount=4)], conditions=[READY]), ("Running", 1, 1, 0)),
    (
        "sidecar started",
        pod([UP], [status(RUNNING, "s", started=True, ready=True, restartCount=2)], ("s",), conditions=[READY]),
        ("Running", 2, 2, 2),
    ),
    (
        "sidecar started, not ready",
        pod([UP], [status(RUNNING, "s", started=True)], ("s",), conditions=[READY]),
        ("Running", 1, 2, 0),
    ),
    ("sidecar starting", pod(init=[status(RUNNING, "s", started=False)], sidecars=("s",)), ("Init:0/1", 0, 2, 0)),
    (
        "sidecar fell over after the pod was initialized",
        pod([UP], [status(waiting("CrashLoopBackOff"), "s", restartCount=3)], ("s",), conditions=[READY, INITIALIZED]),
        ("Init:CrashLoopBackOff", 1, 2, 3),
    ),
    ("terminating", pod([UP], conditions=[READY], deleted=True), ("Terminating", 1, 1, 0)),
    ("finished, being deleted", pod([status(DONE)], phase="Succeeded", deleted=True), ("Completed", 0, 1, 0)),
    ("node lost", pod([UP], reason="NodeLost", deleted=True), ("Unknown", 1, 1, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_word(body: dict[str, Any], expected: tuple[str, int, int, int]) -> None:
    status = pod_status(body)
    assert (status.status, status.ready, status.total, status.restarts) == expected
