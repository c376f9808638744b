"""Who changed an object meanwhile, and when: from managedFields, and from the record where the change was made here."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.audit import Recorded
from services.changes.authors import Changed, author_of, last_change

NOON = 1764331200.0  # 2025-11-28T12:00:00Z
OLD = {"manager": "helm", "time": "2025-11-28T11:00:00Z"}
KUBECTL = {"manager": "kubectl-edit", "time": "2025-11-28T12:00:00Z"}
BERTH = {"manager": "berth", "time": "2025-11-28T12:00:00Z"}
STATUS = {"manager": "cloud", "subresource": "status", "time": "2025-11-28T12:30:00Z"}
ALICE = Recorded("alice", NOON + 0.4, ("spec.ports", "metadata.labels.team"))
LONG_AGO = Recorded("alice", NOON - 86400, ("spec.ports",))


@pytest.mark.parametrize(
    ("managed", "recorded", "expected"),
    [
        ([OLD, KUBECTL, STATUS], None, Changed("kubectl-edit", NOON)),
        ([OLD, KUBECTL], LONG_AGO, Changed("kubectl-edit", NOON)),
        ([OLD, BERTH], ALICE, Changed("alice", NOON + 0.4)),
        ([OLD, BERTH], LONG_AGO, Changed("", NOON)),
        ([KUBECTL, BERTH], ALICE, Changed("alice", NOON + 0.4)),
        ([BERTH, KUBECTL], LONG_AGO, Changed("kubectl-edit", NOON)),
        ([], ALICE, Changed("alice", NOON + 0.4)),
        ([], Recorded("alice", NOON, ("spec.type",)), Changed()),
        ([], None, Changed()),
        ([{"manager": "kubectl-edit", "time": "soon"}, {}], None, Changed()),
    ],
)
def test_who_was_faster(managed: list[dict[str, Any]], recorded: Recorded | None, expected: Changed) -> None:
    stored = {"metadata": {"managedFields": managed}}
    assert last_change(stored, recorded, ("spec.ports",)) == expected


SPEC = {"f:spec": {"f:type": {}}}


@pytest.mark.parametrize(
    ("managed", "expected"),
    [
        ([OLD | {"fieldsV1": SPEC}, KUBECTL], Changed("helm", NOON - 3600)),
        ([OLD | {"fieldsV1": SPEC}, KUBECTL | {"fieldsV1": SPEC}], Changed("kubectl-edit", NOON)),
        ([OLD, BERTH | {"fieldsV1": SPEC}], Changed("bob", NOON - 60)),
        ([], Changed("bob", NOON - 60)),
        ([STATUS | {"fieldsV1": SPEC}], Changed("bob", NOON - 60)),
    ],
)
def test_who_changed_a_field(managed: list[dict[str, Any]], expected: Changed) -> None:
    records = [ALICE, Recorded("bob", NOON - 60, ("spec.type",)), Recorded("carl", NOON - 90, ("spec",))]
    assert author_of({"metadata": {"managedFields": managed}}, records, ("spec", "type")) == expected
    assert author_of({"metadata": {"managedFields": [BERTH]}}, [], ("spec", "type")) == Changed()


def test_who_scales_through_the_subresource_is_noted_without_a_time() -> None:
    fields = {"fieldsV1": {"f:spec": {"f:replicas": {}}}}
    scaled = {"manager": "kubectl", "operation": "Update", "subresource": "scale", **fields}
    status = {"manager": "cloud", "subresource": "status", "time": "2025-11-28T12:30:00Z", **fields}
    stored = {"metadata": {"managedFields": [status, scaled]}}
    alice = Recorded("alice", NOON, ("spec.replicas",))
    assert author_of(stored, [alice], ("spec", "replicas")) == Changed("kubectl", None)
