"""The words of the record."""

import pytest

from accounts.words import ACTION, KINDS


@pytest.mark.parametrize("action", sorted(set(ACTION) - {"access.refused"}))  # it stands under Outcome
def test_each_action_of_the_record_is_let_through_by_a_filter(action: str) -> None:
    parts = [part for _title, parts in KINDS.values() for part in parts]
    assert any(action.startswith(part) if part.endswith(".") else part in action for part in parts)
