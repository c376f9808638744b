"""What a page sees from memory: filled on first sight, live while the cluster is, honest when it is not."""

import asyncio
import json
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from console.kube import kinds
from console.kube.access import BEHIND_SERVICES, Subject, View
from console.kube.config import load
from console.kube.errors import Forbidden, NotFound, Unavailable
from console.kube.gateway import Gateway
from console.kube.haystacks import Sought
from console.kube.hub import Cluster as Berth
from console.kube.hub import Hub
from console.kube.transport import Transport
from services.browse.present.details import surroundings
from tests.admin import from_kubeconfig, write_kubeconfig
from tests.clusters import Cluster, eventually
from tests.faults import Proxy, Request
from tests.kube.projects import OPERATOR, VIEWER, Project, berth, deployment, elapsed, service


@pytest.fixture
def cluster(cluster: Cluster, tmp_path: Path) -> Iterator[Cluster]:
    """The cluster through a proxy of this test's own: what it counts and disturbs are not other tests' consoles."""
    own = copy(cluster)
    own.proxy, own.kubeconfig = Proxy(), tmp_path / "console.kubeconfig"
    own.attach(cluster.direct)
    yield own
    own.close()


@pytest.fixture
def project(cluster: Cluster, namespace: str) -> Project:
    return Project(cluster, namespace)


@pytest.fixture
def console(cluster: Cluster) -> Iterator[Berth]:
    console = berth(cluster)
    yield console
    started = time.monotonic()
    console.close()
    assert elapsed(started) < 2


def look(console: Berth, project: Project, capabilities: tuple[str, ...] = VIEWER, epoch: int = 0) -> View:
    return console.look(Subject(project.person(capabilities), epoch), project.namespace)


def test_the_first_look_already_shows_what_is_there(cluster: Cluster, console: Berth, project: Project) -> None:
    cluster.admin.create(service(project.namespace, "demo"))
    view = look(console, project)
    assert [record.name for record in view.services()] == ["demo"]
    assert view.service("demo").selector == {"app": "demo"}
    assert eventually(lambda: view.freshness(kinds.SERVICE).state == "live")
    with pytest.raises(NotFound):
        view.service("other")


def test_changes_arrive_and_wake_the_subscription(cluster: Cluster, console: Berth, project: Project) -> None:
    view = look(console, project)
    subscription = view.subscribe(kinds.SERVICE)
    cluster.admin.create(service(project.namespace, "demo"))
    assert eventually(
        lambda: asyncio.run(subscription.wait(1)) and [record.name for record in view.services()] == ["demo"]
    )
    cluster.admin.patch("services", project.namespace, "demo", {"metadata": {"labels": {"a": "b"}}})
    assert eventually(lambda: view.service("demo").labels == {"a": "b"})
    cluster.admin.delete("services", project.namespace, "demo")
    assert eventually(lambda: view.services() == [])
    subscription.close()


def test_a_subscription_wakes_asyncio(cluster: Cluster, console: Berth, project: Project) -> None:
    view = look(console, project)
    subscription = view.subscribe(kinds.SERVICE)
    eventually(lambda: view.freshness(kinds.SERVICE).state == "live")
    asyncio.run(subscription.wait(0))

    async def wait() -> tuple[bool, bool]:
        quiet = await subscription.wait(0.05)
        making = asyncio.get_running_loop().run_in_executor(
            None, cluster.admin.create, service(project.namespace, "demo")
        )
        woken = await subscription.wait(5)
        await making
        return quiet, woken

    assert asyncio.run(wait()) == (False, True)


def test_another_namespace_is_not_seen(cluster: Cluster, console: Berth, project: Project) -> None:
    cluster.admin.create(service(project.namespace, "demo"))
    stranger = Subject(project.person(()))
    for see in (
        lambda view: view.services(),
        lambda view: view.pods(),
        lambda view: view.workloads(),
        lambda view: view.events("of-nothing"),
        lambda view: view.endpoints("demo"),
        lambda view: view.subscribe(kinds.SERVICE),
        lambda view: view.summaries(tally),
    ):
        with pytest.raises(Forbidden) as caught:
            see(console.look(stranger, project.namespace))
        assert not caught.value.console_itself
    viewer = Subject(project.person(VIEWER))
    with pytest.raises(Forbidden):
        console.look(viewer, "kube-system").services()


def test_a_menu_asks_for_hints(console: Berth, project: Project) -> None:
    assert look(console, project, OPERATOR).allowed("delete", kinds.SERVICE)
    assert not look(console, project, VIEWER).allowed("delete", kinds.SERVICE)


def test_an_answer_is_asked_for_once_and_a_new_epoch_asks_again(
    cluster: Cluster, console: Berth, project: Project
) -> None:
    person = project.person(VIEWER)
    console.look(Subject(person, 1), project.namespace).services()
    cluster.forget()
    console.look(Subject(person, 1), project.namespace).services()
    assert reviews(cluster) == 0
    console.look(Subject(person, 2), project.namespace).services()
    assert reviews(cluster) == 1


def test_the_same_question_at_the_same_time_is_asked_once(
    cluster: Cluster, faults: Proxy, console: Berth, project: Project
) -> None:
    view = look(console, project)
    cluster.forget()
    with faults.slow(0.3, path="selfsubjectaccessreviews"):
        asking = [threading.Thread(target=view.services) for _ in range(8)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join(5)
    assert reviews(cluster) == 1


def test_no_page_waits_for_the_many_questions_of_a_search(faults: Proxy, console: Berth, project: Project) -> None:
    """S1: one person searches twelve projects while the cluster is slow to say what they may."""
    held: list[Any] = []
    over, person, places = threading.Event(), project.person(VIEWER), [f"n-searched-{number}" for number in range(12)]

    def reviewed(request: Request) -> Iterable[bytes]:
        body = request.json()
        if body["spec"]["resourceAttributes"]["namespace"] in places:
            held.append(body)
            over.wait(10)
        yield json.dumps(body | {"status": {"allowed": True}}).encode()

    with faults.pour(reviewed, path="selfsubjectaccessreviews"):
        wanted = [(Subject(person, 0), place) for place in places]
        search = threading.Thread(target=console.search(5).across, args=(wanted, Sought.of("web"), 5))
        search.start()
        try:
            eventually(lambda: len(held) > 6)
            look(console, project).check(*BEHIND_SERVICES)
            assert search.is_alive()
        finally:
            over.set()
            search.join(10)


def test_not_knowing_is_not_a_yes_and_is_not_remembered(faults: Proxy, console: Berth, project: Project) -> None:
    view = look(console, project)
    for status in (429, 500):
        with faults.answer(status, path="selfsubjectaccessreviews"), pytest.raises(Unavailable):
            view.services()
    assert view.services() == []


def reviews(cluster: Cluster) -> int:
    return sum("selfsubjectaccessreviews" in request.target for request in cluster.request_log())


def test_a_dead_cluster_is_said_so_and_comes_back_with_nothing_missing(
    cluster: Cluster, faults: Proxy, console: Berth, project: Project
) -> None:
    view = look(console, project)
    cluster.admin.create(service(project.namespace, "before"))
    eventually(lambda: [record.name for record in view.services()] == ["before"])
    eventually(lambda: view.freshness(kinds.SERVICE).state == "live")
    faults.down()
    started = time.time()
    freshness = eventually(lambda: (f := view.freshness(kinds.SERVICE)).state == "reconnecting" and f, timeout=3)
    assert freshness.as_of is not None
    assert started - 2 < freshness.as_of < started + 1
    cluster.admin.create(service(project.namespace, "meanwhile"))
    cluster.admin.delete("services", project.namespace, "before")
    assert view.freshness(kinds.SERVICE).as_of == freshness.as_of
    faults.up()
    eventually(lambda: view.freshness(kinds.SERVICE).state == "live")
    eventually(lambda: [record.name for record in view.services()] == ["meanwhile"])


def test_once_it_is_known_to_be_gone_nobody_waits_to_find_out(faults: Proxy, console: Berth, project: Project) -> None:
    look(console, project).services()
    with faults.hang():
        eventually(lambda: not console.hub.answering())
        started = time.monotonic()
        for _ in range(20):
            with pytest.raises(Unavailable):
                look(console, project).summaries(tally)
        assert elapsed(started) < 0.5
    eventually(console.hub.answering)
    assert look(console, project).services() == []


# JSON that Python's reader gives up on with a RecursionError, and a version that no address can hold.
BOTTOMLESS = b"[" * 200_000
UNUSABLE = rb'{"metadata": {"resourceVersion": "\ud800"}, "items": []}'


def test_an_answer_that_nobody_can_read_is_none(faults: Proxy, console: Berth, project: Project) -> None:
    """C5: else the cluster would look live for ever, whatever became of it."""
    view = look(console, project)
    view.services()
    eventually(lambda: view.freshness(kinds.SERVICE).state == "live")
    with faults.answer(200, body=BOTTOMLESS, path="^/version"):
        eventually(lambda: not console.hub.answering())
        assert view.freshness(kinds.SERVICE).state in ("reconnecting", "stale")
    eventually(console.hub.answering)


def test_the_pulse_goes_on_whatever_the_watches_are_looked_after_with(
    cluster: Cluster, faults: Proxy, project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    """C5: an error in one round of the hub's thread is not the last of it."""
    console = berth(cluster, widen=0.2, pulse=0.1)
    with faults.answer(403, path=r"^/api/v1/services\?"):
        assert look(console, project).services() == []
    with faults.answer(200, body=UNUSABLE, path=r"^/api/v1/services\?.*limit=1$"):
        eventually(lambda: "UnicodeEncodeError" in caplog.text, timeout=5)
    with faults.hang(path="^/version"):
        eventually(lambda: not console.hub.answering(), timeout=8)
    eventually(console.hub.answering, timeout=5)
    console.close()


def test_a_cluster_that_moved_is_found_by_its_kubeconfig(
    cluster: Cluster, faults: Proxy, project: Project, tmp_path: Path
) -> None:
    file = tmp_path / "kubeconfig"
    write_kubeconfig(file, faults.url, {"console": cluster.console.token}, current="console")
    gateway = Gateway(Transport(load(file, None, in_cluster=False)))
    console = Berth(gateway, name="moving", hub=Hub(gateway, pulse=0.2, patience=5))
    view = look(console, project)
    view.services()
    eventually(lambda: view.freshness(kinds.SERVICE).state == "live")
    moved = Proxy()
    direct = from_kubeconfig(cluster.direct, "console")
    moved.forward_to(direct.url, direct.authority)
    direct.close()
    write_kubeconfig(file, moved.url, {"console": cluster.console.token}, current="console")
    faults.down()
    eventually(lambda: view.freshness(kinds.SERVICE).state == "live" and moved.log, timeout=10)
    console.close()
    moved.close()


def test_a_connection_that_hangs_is_noticed(cluster: Cluster, faults: Proxy, console: Berth, project: Project) -> None:
    view = look(console, project)
    view.services()
    eventually(lambda: view.freshness(kinds.SERVICE).state == "live")
    with faults.hang() as hanging:
        faults.drop_watches()
        eventually(lambda: view.freshness(kinds.SERVICE).state == "reconnecting", timeout=5)
        eventually(lambda: hanging.hits > 0, timeout=8)
        cluster.admin.create(service(project.namespace, "meanwhile"))
    eventually(lambda: view.freshness(kinds.SERVICE).state == "live", timeout=8)
    eventually(lambda: [record.name for record in view.services()] == ["meanwhile"])


def test_dropped_watches_go_on_where_they_were(
    cluster: Cluster, faults: Proxy, console: Berth, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = look(console, project)
    view.services()
    eventually(lambda: view.freshness(kinds.SERVICE).state == "live")
    lists: list[object] = []  # of this console: the request log has those of other tests' consoles as well
    monkeypatch.setattr(view._store, "replace", lambda *arguments: lists.append(arguments))
    assert faults.drop_watches("/services") >= 1
    cluster.admin.create(service(project.namespace, "demo"))
    eventually(lambda: [record.name for record in view.services()] == ["demo"])
    assert lists == [], "it resumed, and did not list again"


@pytest.mark.parametrize("in_stream", [True, False])
def test_a_version_that_is_too_old_is_listed_again(
    cluster: Cluster, faults: Proxy, console: Berth, project: Project, in_stream: bool
) -> None:
    view = look(console, project)
    view.services()
    eventually(lambda: view.freshness(kinds.SERVICE).state == "live")
    with faults.expire(in_stream=in_stream, path="/services", times=1) as rule:
        faults.drop_watches("/services")
        cluster.admin.create(service(project.namespace, "demo"))
        eventually(lambda: rule.hits)
    eventually(lambda: [record.name for record in view.services()] == ["demo"])
    eventually(lambda: view.freshness(kinds.SERVICE).state == "live")


def test_a_server_that_ends_each_watch_at_once_is_not_stormed(
    cluster: Cluster, faults: Proxy, console: Berth, project: Project
) -> None:
    with faults.inject(b"", path="/services") as rule:
        look(console, project).services()
        cluster.forget()
        deadline = threading.Event()
        deadline.wait(2)
        assert 2 <= rule.hits <= 8


def test_rubbish_in_a_watch_is_survived(cluster: Cluster, faults: Proxy, console: Berth, project: Project) -> None:
    view = look(console, project)
    with faults.inject(b'{"type":"ADDED","object":{"metadata":', path="/services", times=1) as rule:
        view.services()
        eventually(lambda: rule.hits)
    cluster.admin.create(service(project.namespace, "demo"))
    eventually(lambda: [record.name for record in view.services()] == ["demo"])


def test_a_poison_object_spoils_its_own_row_only(
    cluster: Cluster, faults: Proxy, console: Berth, project: Project
) -> None:
    cluster.admin.create(service(project.namespace, "demo"))
    poison = {
        "metadata": {"name": "poison", "namespace": project.namespace, "uid": "u"},
        "spec": {"ports": "none", "selector": 7},
    }
    view = look(console, project)
    event = json.dumps({"type": "ADDED", "object": poison}).encode() + b"\n"
    with faults.inject(event, path="/services", times=1):
        view.services()
        eventually(lambda: len(view.services()) == 2)
    demo, spoilt = view.services()
    assert (demo.problem, spoilt.name, spoilt.ports) == ("", "poison", ())
    assert spoilt.problem
    cluster.admin.create(service(project.namespace, "later"))
    eventually(lambda: "later" in [record.name for record in view.services()])


def test_where_the_console_may_not_watch_everything_it_watches_the_project(
    cluster: Cluster, faults: Proxy, console: Berth, project: Project
) -> None:
    cluster.admin.create(service(project.namespace, "demo"))
    with faults.answer(403, path=r"^/api/v1/services\?"):
        view = look(console, project)
        assert [record.name for record in view.services()] == ["demo"]
        eventually(lambda: view.freshness(kinds.SERVICE).state == "live")
        assert any(project.namespace in request.path for request in cluster.request_log() if request.watches)


def test_where_the_console_may_not_look_at_all_it_says_so(faults: Proxy, console: Berth, project: Project) -> None:
    with faults.answer(403, path=r"/services\?", method="GET"):
        view = look(console, project)
        assert view.services() == []
        assert view.freshness(kinds.SERVICE).state == "forbidden"


def test_what_nobody_looks_at_is_stopped(cluster: Cluster, project: Project) -> None:
    console = berth(cluster, idle=0.5, pulse=0.1)
    cluster.admin.create(service(project.namespace, "demo"))
    assert eventually(lambda: look(console, project).services())
    before = {thread.name for thread in threading.enumerate() if thread.name.startswith("informer services")}
    assert before
    eventually(lambda: console.hub.store.count(kinds.SERVICE, project.namespace) == 0, timeout=5)
    assert console.hub.freshness(kinds.SERVICE, project.namespace).state == "loading"
    assert [record.name for record in look(console, project).services()] == ["demo"]
    console.close()


def test_who_looks_at_everything_lets_go_of_it_and_takes_nothing_from_others(
    cluster: Cluster, project: Project
) -> None:
    """S1: watches are bounded; one person looks at 30 projects, another's stays as it is, and nobody is refused."""
    console = berth(cluster, most=8, share=3)
    uid = cluster.admin.create(deployment(project.namespace, "demo"))["metadata"]["uid"]
    mine = look(console, project)
    assert eventually(lambda: mine.events(uid))
    eventually(lambda: mine.freshness(kinds.EVENT).state == "live")
    cluster.forget()
    for number in range(30):
        console.hub.watch((kinds.EVENT,), f"{project.namespace}-{number}", "greedy")
    assert mine.freshness(kinds.EVENT).state == "live"
    assert mine.events(uid)
    assert not [request for request in cluster.request_log() if request.path.endswith(f"/{project.namespace}/events")]
    eventually(lambda: sum(request.path.endswith("/events") for request in open_requests(cluster)) <= 3 + 1)
    for number in range(30):
        console.hub.watch((kinds.EVENT,), f"{project.namespace}-{number}", f"person {number}")
    eventually(lambda: sum(request.path.endswith("/events") for request in open_requests(cluster)) <= 8)
    assert mine.events(uid), "what was let go of is watched again when it is looked at"
    console.close()


def test_who_glances_at_many_projects_takes_nothing_from_anybody(cluster: Cluster, project: Project) -> None:
    """S1: home asks about hundreds of projects, has a few watched, and every page's watch stays as it is."""
    console = berth(cluster, most=16, share=8)
    mine = look(console, project)
    mine.events("of-nothing")
    eventually(lambda: mine.freshness(kinds.EVENT).state == "live")
    cluster.forget()
    names = [f"{project.namespace}-{number}" for number in range(200)]
    watched = [name for name in names if console.hub.glance((kinds.EVENT,), name, mine.subject.identity.user)]
    assert watched == names[:3], "half of the share, with what is looked at"
    assert mine.freshness(kinds.EVENT).state == "live"
    assert console.hub.freshness(kinds.EVENT, names[-1]).state == "loading"
    eventually(lambda: sum(request.path.endswith("/events") for request in open_requests(cluster)) == 4)
    assert console.hub.glance((kinds.EVENT,), project.namespace, "somebody else"), "what is watched anyway is known"
    for number in range(5):
        console.hub.watch((kinds.EVENT,), f"{project.namespace}-page-{number}", mine.subject.identity.user)
    assert mine.freshness(kinds.EVENT).state == "live", "what was glanced at makes room first"
    assert console.hub.freshness(kinds.EVENT, names[0]).state == "loading"
    console.close()


def open_requests(cluster: Cluster) -> list[Any]:
    return [work.request for work in cluster.proxy._open.values() if work]


def test_what_is_not_there_is_not_watched(cluster: Cluster, console: Berth, project: Project) -> None:
    """S1: a page of a Service that does not exist starts no watches of what would stand behind it."""
    view = look(console, project)
    cluster.forget()
    with pytest.raises(NotFound):
        surroundings(view, "none")
    looked_at = {request.path.rsplit("/", 1)[-1] for request in cluster.request_log() if request.method == "GET"}
    assert looked_at <= {"services", "none", "version"}


def test_one_refusal_narrows_a_kind_for_a_while_only(
    cluster: Cluster, faults: Proxy, project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    """C4: it is said in the log, and the whole cluster is watched again once it may be; nothing is lost in between."""
    cluster.admin.create(service(project.namespace, "demo"))
    console = berth(cluster, widen=0.5, pulse=0.1)
    view = look(console, project)
    with faults.answer(403, path=r"^/api/v1/services\?"):
        assert [record.name for record in view.services()] == ["demo"]
        eventually(lambda: view.freshness(kinds.SERVICE).state == "live")
    assert "may not watch services in the whole cluster" in caplog.text
    eventually(lambda: "watches services in the whole cluster again" in caplog.text)
    eventually(lambda: {request.path for request in open_requests(cluster) if request.watches} == {"/api/v1/services"})
    assert view.freshness(kinds.SERVICE).state == "live"
    assert [record.name for record in view.services()] == ["demo"]
    cluster.admin.create(service(project.namespace, "later"))
    eventually(lambda: [record.name for record in view.services()] == ["demo", "later"])
    console.close()


def test_what_goes_while_a_kind_is_narrowed_is_in_no_list(
    cluster: Cluster, faults: Proxy, console: Berth, project: Project
) -> None:
    """C4: the summaries are forgotten with the store."""
    view = look(console, project)
    for name in ("gone", "stays"):  # without endpoints, whose own watch would tell of it
        cluster.admin.create(service(project.namespace, name, selector={}))
    eventually(lambda: set(view.summaries(tally).values) == {"gone", "stays"})
    eventually(lambda: view.freshness(kinds.SERVICE).state == "live")
    with faults.answer(403, path=r"^/api/v1/services\?"):
        faults.drop_watches("/services")
        cluster.admin.delete("services", project.namespace, "gone")
        eventually(lambda: [record.name for record in view.services()] == ["stays"])
        assert set(view.summaries(tally).values) == {"stays"}


def test_what_memory_does_not_have_is_asked_of_the_cluster(
    cluster: Cluster, faults: Proxy, console: Berth, project: Project
) -> None:
    """S8: "not there" is said by the cluster, as the person; not by a watch that is down."""
    view = look(console, project)
    with faults.answer(500, path="services[?]", method="GET"):
        faults.drop_watches("/services")
        cluster.admin.create(service(project.namespace, "demo"))
        assert view.service("demo").selector == {"app": "demo"}
        with pytest.raises(NotFound):
            view.service("none")
        with pytest.raises(NotFound):
            view.service("No Name")


# ---- what a Service's status is made of


@dataclass(frozen=True)
class Tally:
    ready: int
    pods: int
    workloads: int


def tally(_service: Any, slices: Sequence[Any], pods: Sequence[Any], workloads: Sequence[Any], _now: float) -> Tally:
    ready = sum(endpoint.ready for piece in slices for endpoint in piece.endpoints)
    return Tally(ready, len(pods), len(workloads))


def test_summaries_follow_what_stands_behind_a_service(cluster: Cluster, console: Berth, project: Project) -> None:
    view = look(console, project)
    cluster.admin.create(service(project.namespace, "demo"))
    cluster.admin.create(service(project.namespace, "other"))
    eventually(lambda: view.summaries(tally).values.get("demo") == Tally(0, 0, 0))
    cluster.admin.create(deployment(project.namespace, "demo", replicas=2))
    eventually(lambda: view.summaries(tally).values["demo"] == Tally(2, 2, 1), timeout=15)
    assert view.summaries(tally).values["other"] == Tally(0, 0, 0)
    ready = [("Deployment", 2, 2)]
    eventually(
        lambda: (
            [(workload.kind, workload.ready, workload.desired) for workload in view.workloads({"app": "demo"})] == ready
        )
    )
    workload = view.workloads({"app": "demo"})[0]
    assert {pod.status for pod in view.pods_of(workload)} == {"Running"}
    assert len(view.replicasets(workload.uid)) == 1
    cluster.admin.delete("services", project.namespace, "demo")
    eventually(lambda: set(view.summaries(tally).values) == {"other"})


def test_events_of_an_object(cluster: Cluster, console: Berth, project: Project) -> None:
    view = look(console, project)
    uid = cluster.admin.create(deployment(project.namespace, "demo"))["metadata"]["uid"]
    events = eventually(lambda: view.events(uid))
    assert {event.involved.name for event in events} == {"demo-v1"}
    assert [event.last for event in events] == sorted((event.last for event in events), reverse=True)


def test_reading_is_never_a_write_and_never_as_somebody(cluster: Cluster, console: Berth, project: Project) -> None:
    cluster.forget()
    look(console, project).summaries(tally)
    log = cluster.request_log()
    assert not [request for request in log if request.writes]
    assert all(request.user for request in log if "selfsubjectaccessreviews" in request.target)
    assert not any(request.user for request in log if request.watches)
    assert {kind.plural for kind in BEHIND_SERVICES} <= {request.path.rsplit("/", 1)[-1] for request in log}


def test_who_looks_again_while_it_is_being_forgotten_sees_what_is_there(
    cluster: Cluster, console: Berth, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.admin.create(service(project.namespace, "demo"))
    view = look(console, project)
    assert [record.name for record in view.services()] == ["demo"]
    hub = console.hub
    old = next(informer for informer in hub._informers.values() if informer.kind is kinds.SERVICE)
    stop = old.stop

    def looked_at_meanwhile(wait: float = 0.0) -> None:
        stop(wait)
        assert [record.name for record in view.services()] == ["demo"]

    monkeypatch.setattr(old, "stop", looked_at_meanwhile)
    monkeypatch.setattr(hub, "_idle", -1.0)
    hub._sweep()
    monkeypatch.setattr(hub, "_idle", 600.0)
    assert [record.name for record in view.services()] == ["demo"]


def test_what_has_no_thread_to_begin_with_is_begun_by_the_next_look(
    cluster: Cluster, console: Berth, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process may have so many threads: what could not begin must not stand there as if it had."""
    cluster.admin.create(service(project.namespace, "demo"))
    view, start = look(console, project), threading.Thread.start

    def begin(thread: threading.Thread) -> None:
        if thread.name.startswith(("informer", "hub", "usage")):
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", begin)
        with pytest.raises(Unavailable):
            view.services()
        console.hub.usage.look(project.namespace, [])
    assert [record.name for record in eventually(view.services)] == ["demo"]
    console.hub.usage.look(project.namespace, [])
    assert {"hub", "usage"} <= {thread.name for thread in threading.enumerate()}
