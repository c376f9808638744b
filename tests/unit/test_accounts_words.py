"""The words of the record."""

import pytest

from accounts.words import ACTION, KINDS

ACTIONS = (
    "admin.add", "admin.change", "admin.delete", "admin.sign-in-link", "admin.sign-out", "member.change-role",
    "member.invite", "member.remove", "person.sign-in", "person.sign-out", "project.complete", "project.create",
    "project.reconcile", "role.create", "role.delete", "role.edit", "service.create", "service.delete", "service.edit",
    "service.recreate", "service.replace", "service.restore", "service.retry", "service.undo", "workload.autoscale",
    "workload.image", "workload.pause", "workload.restart", "workload.resume", "workload.rollback", "workload.scale",
    "workload.settings", "workspace.create",
)  # fmt: skip


@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_of_the_record_is_let_through_by_a_filter(action: str) -> None:
    parts = [part for _title, parts in KINDS.values() for part in parts]
    assert any(action.startswith(part) if part.endswith(".") else part in action for part in parts)


def test_each_action_has_words() -> None:
    assert {action.rpartition(".")[2] for action in ACTIONS} == set(ACTION) - {"refused"}  # it stands under Outcome
