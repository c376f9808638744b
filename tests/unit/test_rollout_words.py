"""What a rollout that is stuck waits for, in words."""

import pytest

from services.workloads.present import rollout


@pytest.mark.parametrize(
    ("ready", "desired", "words"),
    [
        (2, 3, "1 of 3 pods does not become ready"),
        (1, 3, "2 of 3 pods do not become ready"),
        (0, 1, "The pod does not become ready"),
        (3, 3, "Rollout stuck"),
    ],
)
def test_a_rollout_that_is_stuck_counts_the_pods_it_waits_for(ready: int, desired: int, words: str) -> None:
    assert rollout._missing(ready, desired) == words
