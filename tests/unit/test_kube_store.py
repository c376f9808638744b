"""The store: what is found by which question, who is woken, and that summaries follow what stands behind a Service."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.kube import kinds
from console.kube.kinds import Kind
from console.kube.store import Store
from console.kube.summaries import SummaryCaches
from console.kube.trim import trim
from tests.unit.kube_objects import deployment, endpoint_slice, pod, service


def put(store: Store, kind: Kind, body: dict[str, Any]) -> None:
    store.apply(kind, trim(kind, body))


@pytest.fixture
def store() -> Store:
    store = Store()
    put(store, kinds.SERVICE, service("demo"))
    put(store, kinds.SERVICE, service("other"))
    put(store, kinds.DEPLOYMENT, deployment("demo"))
    put(store, kinds.ENDPOINTSLICE, endpoint_slice("demo"))
    for number in range(5):
        put(store, kinds.POD, pod(number))
    put(store, kinds.POD, pod(9, app="stray"))
    put(store, kinds.POD, pod(1, namespace="b"))
    return store


def test_questions(store: Store) -> None:
    assert [record.name for record in store.services("a")] == ["demo", "other"]
    assert len(store.pods("a")) == 6
    assert [record.name[-1] for record in store.pods("a", {"app": "demo"})] == ["0", "1", "2", "3", "4"]
    assert len(store.pods("a", {"app": "demo", "version": "v1"})) == 5
    assert store.pods("a", {"app": "demo", "version": "v2"}) == []
    assert store.pods("a", {}) == []
    assert store.pods("nowhere", {"app": "demo"}) == []
    assert [record.name for record in store.workloads("a", {"app": "demo"})] == ["demo-v1"]
    assert len(store.pods_of("a", "demo")) == 5
    assert [record.service for record in store.slices_of("a", "demo")] == ["demo"]
    assert store.services_selecting("a", {"app": "demo", "x": "y"}) == ["demo"]
    assert store.services_selecting("a", {"app": "nobody"}) == []
    assert (store.count(kinds.POD, "a"), store.count(kinds.POD, "b"), store.count(kinds.EVENT, "a")) == (6, 1, 0)


def test_a_selector_of_a_label_that_is_not_indexed(store: Store) -> None:
    body = pod(20)
    body["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] = "db-0"
    put(store, kinds.POD, body)
    pods = store.pods("a", {"statefulset.kubernetes.io/pod-name": "db-0"})
    assert [record.name for record in pods] == [body["metadata"]["name"]]


def test_changes_move_an_object_in_every_index(store: Store) -> None:
    moved = pod(0)
    moved["metadata"]["labels"] = {"app": "other"}
    moved["metadata"]["ownerReferences"] = []
    put(store, kinds.POD, moved)
    assert len(store.pods("a", {"app": "demo"})) == 4
    assert len(store.pods("a", {"app": "other"})) == 1
    assert len(store.pods_of("a", "demo")) == 4
    store.remove(kinds.POD, "a", moved["metadata"]["name"])
    store.remove(kinds.POD, "a", moved["metadata"]["name"])
    assert store.pods("a", {"app": "other"}) == []


def test_a_fresh_list_says_what_is_gone(store: Store) -> None:
    dirty = set()
    store.listen(lambda _namespace, _kind, before, after: dirty.add((after or before).name[-1]))
    store.replace(kinds.POD, None, [trim(kinds.POD, pod(0)), trim(kinds.POD, pod(7))])
    assert {record.name[-1] for record in store.pods("a")} == {"0", "7"}
    assert store.count(kinds.POD, "b") == 0
    assert dirty == {"1", "2", "3", "4", "9", "7"}, "0 is as it was"


def test_a_fresh_list_of_one_namespace_leaves_the_others(store: Store) -> None:
    store.replace(kinds.POD, "a", [])
    assert (store.count(kinds.POD, "a"), store.count(kinds.POD, "b")) == (0, 1)


def test_only_who_subscribed_is_woken(store: Store) -> None:
    mine, theirs, pods = (
        store.subscribe("a", kinds.SERVICE),
        store.subscribe("b", kinds.SERVICE),
        store.subscribe("a", kinds.POD),
    )
    put(store, kinds.SERVICE, service("new"))
    assert [asyncio.run(subscription.wait(0)) for subscription in (mine, mine, theirs, pods)] == [
        True,
        False,
        False,
        False,
    ]
    mine.close()
    put(store, kinds.SERVICE, service("newer"))
    assert not asyncio.run(mine.wait(0))


def test_a_page_of_one_service_is_woken_by_what_stands_behind_it(store: Store) -> None:
    """C14: what changes chooses who renders; nothing is kept of changes that nobody asks for."""
    put(store, kinds.SERVICE, service("other", selector={"app": "other"}))
    watched = (kinds.SERVICE, kinds.POD, kinds.ENDPOINTSLICE, kinds.DEPLOYMENT, kinds.REPLICASET, kinds.EVENT)
    demo, other = (store.subscribe("a", *watched, service=name) for name in ("demo", "other"))
    moved = pod(0)
    moved["metadata"]["labels"] = {"app": "other"}
    event = {"metadata": {"name": "e", "namespace": "a"}}
    of_pod = {**event, "involvedObject": {"kind": "Pod", "name": pod(1)["metadata"]["name"]}}
    of_other = {**event, "involvedObject": {"kind": "Service", "name": "other"}}
    of_nobody = {**event, "involvedObject": {"kind": "Lease", "name": "other"}}
    for kind, body, woken in (
        (kinds.SERVICE, service("demo"), (True, False)),
        (kinds.SERVICE, service("third"), (False, False)),
        (kinds.POD, pod(1), (True, False)),
        (kinds.POD, moved, (True, True)),
        (kinds.POD, moved, (False, True)),
        (kinds.DEPLOYMENT, deployment(), (True, False)),
        (kinds.EVENT, of_pod, (True, False)),
        (kinds.EVENT, of_other, (True, True)),  # it was of demo's pod before
        (kinds.EVENT, of_other, (False, True)),
        (kinds.EVENT, of_nobody, (True, True)),
    ):
        put(store, kind, body)
        assert (asyncio.run(demo.wait(0)), asyncio.run(other.wait(0))) == woken, body["metadata"]
    store.remove(kinds.POD, "a", moved["metadata"]["name"])
    assert (asyncio.run(demo.wait(0)), asyncio.run(other.wait(0))) == (False, True)
    store.wake(kinds.POD, "a")
    assert (asyncio.run(demo.wait(0)), asyncio.run(other.wait(0))) == (True, True)


def test_freshness_wakes_without_a_change(store: Store) -> None:
    subscription = store.subscribe("a", kinds.SERVICE)
    store.wake(kinds.SERVICE, None)
    assert asyncio.run(subscription.wait(0))


def test_a_change_from_another_thread_wakes_a_loop(store: Store) -> None:
    subscription = store.subscribe("a", kinds.SERVICE)

    async def wait() -> list[bool]:
        first = await subscription.wait(0.01)
        threading.Timer(0.05, put, (store, kinds.SERVICE, service("new"))).start()
        second = await subscription.wait(5)
        put(store, kinds.SERVICE, service("newer"))
        return [first, second, await subscription.wait(5), await subscription.wait(0.01)]

    assert asyncio.run(wait()) == [False, True, True, False]


def count(_service: Any, slices: Sequence[Any], pods: Sequence[Any], workloads: Sequence[Any], _now: float) -> Any:
    return (sum(len(record.endpoints) for record in slices), len(pods), len(workloads))


def test_summaries_are_made_anew_only_where_something_changed(store: Store) -> None:
    caches = SummaryCaches(store)
    computed: list[str] = []

    def compute(record: Any, *behind: Any) -> Any:
        computed.append(record.name)
        return count(record, *behind)

    first = caches.current("a", compute, 0)
    assert first.values == {"demo": (5, 5, 1), "other": (0, 0, 0)}
    computed.clear()
    assert caches.current("a", compute, 1) is first
    put(store, kinds.POD, pod(6))
    put(store, kinds.POD, pod(7, app="stray"))
    second = caches.current("a", compute, 2)
    assert (computed, second.values["demo"], second.version) == (["demo"], (5, 6, 1), first.version + 1)
    computed.clear()
    put(store, kinds.DEPLOYMENT, deployment("other"))
    put(store, kinds.ENDPOINTSLICE, endpoint_slice("demo", pods=range(3)))
    assert caches.current("a", compute, 3).values == {"demo": (3, 6, 1), "other": (0, 0, 1)}
    assert sorted(computed) == ["demo", "other"]
    store.remove(kinds.SERVICE, "a", "demo")
    assert set(caches.current("a", compute, 4).values) == {"other"}


def test_a_summary_that_time_changes_is_made_anew_in_time(store: Store) -> None:
    class Due:
        def __init__(self, now: float) -> None:
            self.recheck = now + 10 if now < 5 else None

    caches = SummaryCaches(store)

    def compute(_service: Any, _slices: Any, _pods: Any, _workloads: Any, now: float) -> Due:
        return Due(now)

    first = caches.current("a", compute, 0)
    assert caches.current("a", compute, 9) is first
    assert caches.current("a", compute, 10) is not first


def test_a_service_that_cannot_be_judged_spoils_no_other_and_is_tried_again(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """One poison object spoils its own row only, and what was computed before does not stay in its place."""
    caches, poison = SummaryCaches(store), {"demo"}

    def compute(service: Any, *behind: Any) -> Any:
        if service.name in poison:
            raise ZeroDivisionError(service.name)
        return count(service, *behind)

    first = caches.current("a", compute, 0)
    assert (dict(first.values), first.failed["demo"].record.name) == ({"other": (0, 0, 0)}, "demo")
    assert "ZeroDivisionError: demo" in caplog.text
    assert caches.current("a", compute, 1) is first
    poison.clear()
    second = caches.current("a", compute, first.failed["demo"].recheck)
    assert (second.values, second.failed) == ({"demo": (5, 5, 1), "other": (0, 0, 0)}, {})
    poison.add("demo")
    put(store, kinds.POD, pod(6))
    put(store, kinds.DEPLOYMENT, deployment("other"))
    third = caches.current("a", compute, 20)
    assert (third.values, set(third.failed)) == ({"other": (0, 0, 1)}, {"demo"}), "what it was is old"
    poison.clear()
    put(store, kinds.POD, pod(7))
    assert caches.current("a", compute, 21).values["demo"] == (5, 7, 1), "a change is a reason to try again"
    poison.add("demo")
    put(store, kinds.POD, pod(8))
    assert caches.current("a", compute, 22).failed
    store.remove(kinds.SERVICE, "a", "demo")
    gone = caches.current("a", compute, 23)
    assert (set(gone.values), gone.failed) == ({"other"}, {})


label_maps = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), max_size=3)


@given(st.lists(st.tuples(st.integers(0, 4), label_maps | st.none()), max_size=25), label_maps, label_maps)
@settings(max_examples=100)
def test_the_indexes_agree_with_looking_at_everything(
    changes: list[tuple[int, dict[str, str] | None]], selector: dict[str, str], other: dict[str, str]
) -> None:
    store = Store()
    caches = SummaryCaches(store)
    put(store, kinds.SERVICE, service("s", selector=selector))
    put(store, kinds.SERVICE, service("t", selector=other))
    for number, labels in changes:
        body = pod(number)
        if labels is None:
            store.remove(kinds.POD, "a", body["metadata"]["name"])
        else:
            body["metadata"]["labels"] = labels
            put(store, kinds.POD, body)
        caches.current("a", count, 0)
    for name, wanted in (("s", selector), ("t", other)):
        expected = [p for p in store.pods("a") if wanted and all(p.labels.get(k) == v for k, v in wanted.items())]
        assert store.pods("a", wanted) == expected
        assert caches.current("a", count, 0).values[name] == (0, len(expected), 0)


def an_event(number: int) -> dict[str, Any]:
    seen = f"2026-01-{1 + number // 1440 % 28:02}T{number // 60 % 24:02}:{number % 60:02}:00Z"
    meta = {"namespace": "a", "name": f"e-{number}", "uid": f"u-{number}", "resourceVersion": str(number)}
    return {
        "metadata": meta,
        "involvedObject": {"kind": "Pod", "name": f"pod-{number % 3}", "uid": f"p-{number % 3}"},
        "lastTimestamp": seen,
    }


def test_of_events_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.kube.store._MOST", {kinds.EVENT: 20})
    monkeypatch.setattr("console.kube.store._SLACK", 5)
    store = Store()
    store.replace(kinds.EVENT, "a", [trim(kinds.EVENT, an_event(number)) for number in range(30)])
    assert {event.name for event in store.all(kinds.EVENT, "a")} == {f"e-{number}" for number in range(10, 30)}
    told: list[str] = []
    store.listen(lambda _namespace, _kind, _before, after: told.append("new" if after else "gone"))
    for number in range(30, 100):
        put(store, kinds.EVENT, an_event(number))
        assert store.count(kinds.EVENT, "a") <= 25
    names = {event.name for event in store.all(kinds.EVENT, "a")}
    assert {f"e-{number}" for number in range(80, 100)} <= names
    assert told.count("new") - told.count("gone") == len(names) - 20
    about = store.events_of("a", "p-1")
    assert {event.name for event in about} == {name for name in names if int(name[2:]) % 3 == 1}
