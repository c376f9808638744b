"""Since when a revision is current, and by whom: of one that was rolled back to, its creation says neither."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from accounts.audit import Recorded
from console.kube.records import Condition, Owner, ReplicaSetRecord, WorkloadRecord
from services.changes.authors import Changed
from services.workloads.present.lists_workloads import workload_entry
from services.workloads.present.revision_dates import Stored, begun, rolled_back_to

IMAGE = "spec.template.spec.containers[app].image"
STARTED = 1_000_000.0  # the first revision; the second came an hour later, the rollback a day later
BACK = STARTED + 86_400
STAMP = "1970-01-13T13:46:40Z"  # BACK


def stored(number: int, image: str, created: float, **more: Any) -> Stored:
    template = {"spec": {"containers": [{"name": "app", "image": image}]}}
    return Stored(number, f"web-{image}", template, "", created, None, **more)


def dates(workload: dict[str, Any], *recorded: Recorded, reused: bool = True) -> list[Changed]:
    current = stored(3, "a", STARTED, reused=reused)
    return list(begun(workload, [current, stored(2, "b", STARTED + 3600)], current, recorded))


def by(manager: str, time: str = STAMP) -> dict[str, Any]:
    """A workload whose image a program wrote."""
    app = {"f:image": {}, "f:name": {}}
    spec = {"f:template": {"f:spec": {"f:containers": {'k:{"name":"app"}': app}}}}
    return {"metadata": {"managedFields": [{"manager": manager, "time": time, "fieldsV1": {"f:spec": spec}}]}}


def progressed(name: str) -> dict[str, Any]:
    message = f'ReplicaSet "{name}" has successfully progressed.'
    return {"status": {"conditions": [{"type": "Progressing", "message": message, "lastUpdateTime": STAMP}]}}


def test_a_rollback_in_the_console_is_dated_by_the_record() -> None:
    target = stored(1, "a", STARTED)
    record = Recorded("olive", BACK, (rolled_back_to(target, 3), IMAGE))
    first = Recorded("alice", STARTED + 3599, (IMAGE,))
    assert dates({}, record, first) == [Changed("olive", BACK), Changed("alice", STARTED + 3600)]
    later = by("kubectl-rollout", "1970-01-13T14:00:00Z")
    assert dates(later, record, first)[0] == Changed(), "somebody rolled back once more, with kubectl"


def test_a_rollback_in_the_console_is_not_the_one_that_came_back_later_elsewhere() -> None:
    """The record counts only for the number that it gave; one without it only for what is current and unchanged."""
    target = stored(1, "a", STARTED)
    with_number, without_number = rolled_back_to(target, 3), "revision 1 (web-a)"
    away = [stored(6, "c", BACK + 900), stored(5, "a", STARTED, reused=True), stored(2, "b", STARTED + 3600)]
    for remark in (with_number, without_number):
        assert list(begun({}, away, away[0], [Recorded("olive", BACK, (remark, IMAGE))]))[1] == Changed()
    own = Recorded("olive", BACK + 60, (rolled_back_to(stored(3, "a", STARTED), 5), IMAGE))
    twice = [own, Recorded("alice", BACK, (with_number, IMAGE))]
    assert list(begun({}, away, away[0], twice))[1] == Changed("olive", BACK + 60)
    assert dates({}, Recorded("olive", BACK, (without_number, IMAGE)))[0] == Changed("olive", BACK)

    for remark in (rolled_back_to(target, 5), without_number):
        later = [stored(5, "a", STARTED, numbered=BACK + 900), stored(4, "b", STARTED + 3600, numbered=BACK + 600)]
        record = Recorded("olive", BACK, (remark, IMAGE))
        assert next(begun({}, later, later[0], [record])) == Changed("", BACK + 900), "the cluster noted when"
        assert next(begun({}, later, later[0], [replace(record, at=BACK + 898)])) == Changed("olive", BACK + 898)


@pytest.mark.parametrize(
    ("workload", "recorded", "expected"),
    [
        ({}, (), Changed()),
        (progressed("web-a"), (), Changed("", BACK)),
        (progressed("web-b"), (), Changed()),
        (by("kubectl-rollout") | progressed("web-a"), (), Changed("kubectl-rollout", BACK)),
        (by("berth") | progressed("web-a"), (Recorded("olive", BACK - 60, (IMAGE,)),), Changed("olive", BACK - 60)),
        (by("berth") | progressed("web-a"), (Recorded("olive", BACK - 9000, (IMAGE,)),), Changed("", BACK)),
        ({}, (Recorded("olive", STARTED + 60, (IMAGE,)),), Changed()),
    ],
)
def test_what_is_known_of_a_rollback_elsewhere(
    workload: dict[str, Any], recorded: tuple[Recorded, ...], expected: Changed
) -> None:
    """The end of its rollout, and whose field it is; never the creation of the ReplicaSet."""
    assert dates(workload, *recorded)[0] == expected
    assert dates(workload, *recorded, reused=False)[0] == expected, "an older revision was created later: it was reused"


def test_a_controller_revision_says_itself_when_it_was_numbered() -> None:
    current = stored(3, "a", STARTED, numbered=BACK)
    record = Recorded("olive", BACK - 2, (IMAGE,))
    assert next(begun({}, [current, stored(2, "b", STARTED + 3600)], current, [record])) == Changed("olive", BACK)


def test_the_list_of_workloads_says_when_it_was_rolled_back() -> None:
    about: dict[str, Any] = {"namespace": "shop", "version": "1", "labels": {}}
    message = 'ReplicaSet "web-a" has successfully progressed.'
    condition = Condition("Progressing", "True", "NewReplicaSetAvailable", message, STARTED)
    web = WorkloadRecord(
        **about, name="web", uid="w", created=1.0, kind="Deployment", conditions=(condition,), progressed=BACK
    )
    owner = Owner("Deployment", "web", "w")
    newest = ReplicaSetRecord(**about, name="web-a", uid="a", created=STARTED, owner=owner, revision="3", reused=True)

    def rolled(workload: WorkloadRecord, last: ReplicaSetRecord) -> float | None:
        return workload_entry(workload, (), (last,), (), BACK).rolled

    assert rolled(web, newest) == BACK
    assert rolled(replace(web, progressed=0.0), newest) is None
    assert rolled(web, replace(newest, name="web-c")) is None
    assert rolled(web, replace(newest, reused=False)) == STARTED
