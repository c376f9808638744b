"""Since when a Service needs attention, what its next step is, and which of several are the worst."""

from datetime import UTC, datetime

import pytest

from console.kube import kinds
from console.kube.access import Freshness
from console.kube.records import ContainerRecord
from console.kube.trim import trim
from services.browse.present.attention import Board, ProjectState, Step, Trouble, _evidence, next_step
from services.browse.present.recent import ClusterChange, _joined
from services.manifests.health import Health, say, since
from services.shown.status import StatusCell
from tests.unit.kube_objects import endpoint_slice
from tests.unit.test_health import pod, unready, unschedulable


def test_without_a_ready_endpoint_it_is_since_the_last_one_was_lost() -> None:
    pods = [unready(since=100.0), unready(since=300.0)]
    assert since([], pods, ready=0) == 300.0
    assert since([], [*pods, pod()], ready=1) == 100.0, "with some left, since the first was lost"


def test_a_pod_that_never_ran_is_unready_since_it_could_not_be_scheduled_or_was_created() -> None:
    assert since([], [unschedulable()], ready=0) == unschedulable().conditions[0].since
    assert since([], [pod("ImagePullBackOff", created=50.0)], ready=0) == 50.0
    assert since([], [pod()], ready=0) is None, "pods are ready: nothing tells since when a port leads nowhere"


def test_without_pods_it_is_since_the_slices_were_written_last() -> None:
    body = endpoint_slice(pods=range(0))
    body["metadata"]["managedFields"] = [{"time": "2026-12-01T10:00:00Z"}, {"time": "2026-12-02T10:00:00Z"}, {}]
    changed = trim(kinds.ENDPOINTSLICE, body)
    del body["metadata"]["managedFields"]
    created = trim(kinds.ENDPOINTSLICE, body)
    assert since([created, changed], [], ready=0) == 1796205600.0
    assert since([created], [], ready=0) == created.created, "empty as it was created: it never had an endpoint"
    kept = trim(kinds.ENDPOINTSLICE, endpoint_slice(pods=range(1)))
    assert since([kept], [], ready=0) is None, "with endpoints and as it was created, it tells nothing"
    assert since([], [], ready=0) is None


def _why(sentence: str) -> Health:
    return Health("bad", say("No ready endpoints"), say(sentence))


@pytest.mark.parametrize(
    ("health", "may_edit", "words", "page"),
    [
        (Health("bad", say("Selector matches nothing")), True, "Change the selector", "edit-service"),
        (Health("bad", say("Selector matches nothing")), False, "Show its labels", "metadata"),
        (_why("CrashLoopBackOff, 2 pods"), True, "Why it restarts", "details"),
        (_why("1 pod restarting: OOMKilled"), True, "Raise the memory limit", "details"),
        (_why("1 pod restarting: OOMKilled"), False, "Why it restarts", "details"),
        (_why("ImagePullBackOff, 2 pods"), True, "Why the pull fails", "events"),
        (_why("1 pod unschedulable: memory"), False, "Why no node fits", "events"),
        (_why("1 pod not ready"), True, "Why it is not ready", "events"),
        (_why("No container port is named http"), True, "Change the port", "edit-service"),
        (_why("No container port is named http"), False, "Events", "events"),
        (_why("Rollout stuck"), True, "Events", "events"),
    ],
)
def test_each_trouble_has_a_next_step_that_one_may_take(health: Health, may_edit: bool, words: str, page: str) -> None:
    assert next_step(health, may_edit=may_edit) == Step(words, f"services:{page}")


@pytest.mark.parametrize(
    ("why", "evidence"),
    [("CrashLoopBackOff, 2 pods", "Exit 137, OOMKilled, 7 restarts"), ("1 pod restarting: OOMKilled", "7 restarts")],
)
def test_the_cause_is_followed_by_what_the_worst_pod_says_and_by_nothing_twice(why: str, evidence: str) -> None:
    container = ContainerRecord(name="app", reason="CrashLoopBackOff", last_exit=137, last_reason="OOMKilled")
    less, worst = (pod("CrashLoopBackOff", name=f"app-{n}", containers=(container,), restarts=n) for n in (2, 7))
    assert _evidence([pod(), less, worst], why) == evidence
    assert _evidence([pod()], why) == "", "pods that are all right explain nothing"


def test_a_workload_created_with_a_service_that_selects_it_is_one_entry_with_it() -> None:
    def change(kind: str, name: str, at: int, revision: str = "") -> ClusterChange:
        return ClusterChange(datetime.fromtimestamp(at, UTC), kind, name, {"app": name[:1]}, ("image",), revision)

    seen = [change("Service", "a", 10), change("Deployment", "a-v1", 11), change("Deployment", "b-v1", 10)]
    seen += [change("Deployment", "a-v2", 10, "2"), change("Deployment", "a-v3", 13), change("Service", "c", 13)]
    said = [(entry.name, entry.workload) for entry in _joined(seen)]
    assert said == [("a", "Deployment"), ("c", ""), ("b-v1", ""), ("a-v2", ""), ("a-v3", "")]


def _state(name: str, *ranks: int) -> ProjectState:
    cell = StatusCell("bad", "No ready endpoints")
    worst = tuple(
        Trouble(name, f"s{n}", cell, "", None, Step("Events", "services:events"), rank) for n, rank in enumerate(ranks)
    )
    return ProjectState(name, "yes", total=20, attention=len(ranks), worst=worst, freshness=Freshness("live", 1.0))


def test_a_board_has_the_worst_of_all_projects_first_and_no_more_than_fit() -> None:
    board = Board((_state("b", 0, 1, 1), _state("a", 1, *[1] * 11), _state("c")))
    assert [(trouble.project, trouble.rank) for trouble in board.worst][:3] == [("b", 0), ("a", 1), ("a", 1)]
    assert (len(board.worst), board.count, board.total) == (10, 15, 60)
    assert [project.name for project in board.troubled] == ["b", "a"]


def test_of_two_that_are_equally_bad_the_newer_stands_first_and_one_of_unknown_age_last() -> None:
    cell, step = StatusCell("bad", "No ready endpoints"), Step("Events", "services:events")
    began = {"old": 100.0, "unknown": None, "new": 200.0}
    worst = tuple(Trouble("a", name, cell, "", since, step, 0) for name, since in began.items())
    warned = Trouble("a", "warned", cell, "", 300.0, step, 1)
    board = Board((ProjectState("a", "yes", attention=4, worst=(*worst, warned)),))
    assert [trouble.name for trouble in board.worst] == ["new", "old", "unknown", "warned"]


def test_a_board_says_of_which_projects_nothing_is_known() -> None:
    board = Board((_state("b"), ProjectState("d", "unwatched"), ProjectState("e", "loading")))
    assert (board.unwatched, board.loading, board.unreadable) == (["d"], ["e"], [])
