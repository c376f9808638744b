"""What pods use: read by one turn a namespace however many look, bounded, and honest about what is not known."""

import asyncio
import json
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from console.kube import usage
from console.kube.hub import Cluster as Berth
from console.kube.records import PodRecord
from console.kube.usage import Used, amount
from tests.clusters import Cluster, eventually
from tests.faults import Request
from tests.kube.projects import Project, deployment
from tests.kube.test_hub import cluster, console, look, project

__all__ = ["cluster", "console", "project"]

METRICS = r"metrics\.k8s\.io"


def measured(name: str, at: float, **containers: tuple[str, str]) -> dict[str, Any]:
    """A PodMetrics. `containers`: CPU and memory by name."""
    listed = [
        {"name": container, "usage": {"cpu": cpu, "memory": memory}} for container, (cpu, memory) in containers.items()
    ]
    stamp = datetime.fromtimestamp(at, tz=UTC).isoformat()
    return {"metadata": {"name": name}, "timestamp": stamp, "window": "15s", "containers": listed}


def listed(*items: Any) -> bytes:
    return json.dumps({"kind": "PodMetricsList", "items": items}).encode()


def pod(name: str, uid: str = "", created: float = 0.0) -> PodRecord:
    return PodRecord(namespace="n", name=name, uid=uid or name, version="1", created=created, labels={})


def asked(cluster: Cluster, namespace: str) -> list[str]:
    """What the metrics API was asked about this namespace."""
    return [
        request.target
        for request in cluster.proxy.log
        if "metrics.k8s.io" in request.target and namespace in request.target
    ]


def test_what_pods_use_is_read_for_all_who_look_and_for_nobody_else(
    cluster: Cluster, console: Berth, project: Project
) -> None:
    """Two people look: one list. Each new reading wakes the pages that show it."""
    cluster.admin.create(deployment(project.namespace, "demo"))
    view, other = look(console, project), look(console, project, epoch=1)
    subscription = view.subscribe(usage=True)
    pods, began = eventually(lambda: [pod for pod in view.pods() if pod.ready]), time.monotonic()
    first = eventually(lambda: view.usage(pods).readings[pods[0].name], timeout=60)
    assert first[-1].pod.cpu > 0
    assert first[-1].pod.memory > 2**20
    assert set(first[-1].containers) == {container.name for container in pods[0].containers}
    assert asyncio.run(subscription.wait(1))
    assert other.usage(pods).state in ("reading", "known")
    lists = [target for target in asked(cluster, project.namespace) if target.endswith("/pods")]
    assert len(lists) <= 1 + (time.monotonic() - began) / usage.SOON


def test_who_may_not_list_metrics_sees_none(cluster: Cluster, console: Berth, project: Project) -> None:
    """The console reads them for all who look; the gate asks for each person."""

    def reviewed(request: Request) -> Iterable[bytes]:
        body = request.json()
        allowed = body["spec"]["resourceAttributes"].get("group") != "metrics.k8s.io"
        yield json.dumps(body | {"status": {"allowed": allowed}}).encode()

    with cluster.proxy.pour(reviewed, path="selfsubjectaccessreviews"):
        view = look(console, project)
        view.pods()
        eventually(lambda: view.usage([pod("demo")]).state == "hidden")
        view.subscribe(usage=True)
        assert view.usage([pod("other")]) == usage.HIDDEN
        looked = console.hub.usage._looked
        assert (project.namespace, "other") not in looked, "nor does it take room from who may see them"


def test_each_trouble_of_the_metrics_api_has_its_word(cluster: Cluster, console: Berth, project: Project) -> None:
    """No API, no right, an API that fails, half an answer: none is an error of a page, and none is waited for."""
    hub, proxy = console.hub, cluster.proxy
    troubles = {
        "absent": proxy.answer(404, body=b"404 page not found", path=f"{METRICS}.*/n-absent/"),
        "refused": proxy.answer(403, path=f"{METRICS}.*/n-refused/"),
        "failing": proxy.answer(503, path=f"{METRICS}.*/n-failing/"),
        "reading": proxy.hang(path=f"{METRICS}.*/n-reading/"),
    }
    half = proxy.answer(200, body=b'{"items": [{"metadata": {"name": "demo"', path=f"{METRICS}.*/n-half/")
    began = time.monotonic()
    for word in troubles:
        hub.usage.look(f"n-{word}", [pod("demo")])
    hub.usage.look("n-half", [pod("demo")])
    assert time.monotonic() - began < 0.5
    for word in troubles:
        assert eventually(lambda word=word: hub.usage.look(f"n-{word}", [pod("demo")]).state == word), word  # type: ignore[misc]
    assert eventually(lambda: hub.usage.look("n-half", [pod("demo")]).state == "failing")
    assert half.hits


def test_odd_items_spoil_only_themselves(cluster: Cluster, console: Berth) -> None:
    now = time.time()
    odd = [None, {}, {"metadata": {"name": "demo"}}, measured("late", 0, app=("1m", "1Mi"))]
    odd += [measured("demo", now, app=("12345678n", "40Mi"), side=("1", "?")), measured("none", now)]
    cluster.proxy.answer(200, body=listed(*odd), path=METRICS)
    readings = eventually(lambda: console.hub.usage.look("n-odd", [pod("demo"), pod("late")]).readings["demo"])
    assert readings[-1].containers == {"app": Used(pytest.approx(0.012345678), 40 * 2**20), "side": Used(1, 0)}
    assert not console.hub.usage.look("n-odd", [pod("late")]).readings["late"]


def test_what_the_pod_before_used_is_not_shown_of_the_one_that_has_its_name_now(
    cluster: Cluster, console: Berth
) -> None:
    """A pod of a StatefulSet that ran out of memory comes back under its name. One that is new is read soon."""
    now = time.time()
    cluster.proxy.answer(200, body=listed(measured("db-0", now - 9, app=("1m", "512Mi"))), path=METRICS)
    look = console.hub.usage.look
    assert eventually(lambda: look("n-again", [pod("db-0", "a", now - 60)]).readings["db-0"])
    assert not look("n-again", [pod("db-0", "b", now - 5)]).readings["db-0"]
    assert eventually(lambda: len(asked(cluster, "n-again")) > 1), "soon, though nobody asks again"
    assert not look("n-again", [pod("db-0", "b", now - 5)]).readings["db-0"]


def test_readings_are_bounded_and_forgotten_when_nobody_looks(
    cluster: Cluster, console: Berth, monkeypatch: pytest.MonkeyPatch
) -> None:
    """30 of each pod; a pod of the same name begins anew; the same moment is one reading; the thread ends."""
    monkeypatch.setattr(usage, "PERIOD", 0.01)
    monkeypatch.setattr(usage, "IDLE", 0.4)
    began = time.time()
    count = iter(range(10**6))

    def answers(_request: Request) -> Iterable[bytes]:
        yield listed(measured("demo", began + next(count) // 2, app=("1m", "1Mi")))

    cluster.proxy.pour(answers, path=METRICS)
    look = console.hub.usage.look
    turns = eventually(lambda: len(kept := look("n-many", [pod("demo")]).readings["demo"]) == 30 and kept)
    assert [reading.at for reading in turns] == sorted({reading.at for reading in turns})
    assert len(look("n-many", [pod("demo", "another")]).readings["demo"]) < 30
    ours = [thread for thread in threading.enumerate() if thread.name == "usage"]
    eventually(lambda: not all(thread.is_alive() for thread in ours))


def test_of_a_large_namespace_only_what_pages_show_is_read(
    cluster: Cluster, console: Berth, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reads cost with the page: two pods are two reads, whatever stands beside them; no API is still no API."""
    monkeypatch.setattr(usage, "SMALL", -1)
    now = time.time()
    cluster.proxy.answer(200, body=json.dumps(measured("b", now, app=("5m", "1Mi"))).encode(), path=r"/n-large/pods/b$")
    gone = cluster.proxy.answer(404, path=r"/n-large/pods/a$")
    ill = cluster.proxy.answer(500, path=r"/n-large/pods/c$")
    readings = eventually(lambda: console.hub.usage.look("n-large", [pod("a"), pod("b"), pod("c")]).readings["b"])
    assert readings[-1].pod.cpu == pytest.approx(0.005)
    assert gone.hits
    assert ill.hits, "one that cannot be read takes nothing from the others"
    assert {target.rsplit("/", 1)[1] for target in asked(cluster, "n-large")} == {"a", "b", "c"}
    cluster.proxy.answer(404, body=b"404 page not found", path=f"{METRICS}/v1beta1($|/namespaces/n-none/)")
    assert eventually(lambda: console.hub.usage.look("n-none", [pod("a")]).state == "absent")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("12345678n", 0.012345678), ("250m", 0.25), ("2", 2), ("40Mi", 40 * 2**20), ("128974848", 128974848)),
        *(("129e6", 129e6), ("1.5Gi", 1.5 * 2**30), ("-1", 0), ("1e999", 0), ("9" * 50, 0), (None, 0), ("Mi", 0)),
    ],
)
def test_amounts_are_read_as_the_api_writes_them(text: Any, value: float) -> None:
    assert amount(text) == pytest.approx(value)
