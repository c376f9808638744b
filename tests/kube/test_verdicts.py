"""What is accepted and what is refused, held to the recording of the real control plane (tests/recordings)."""

from typing import Any

import pytest

from tests.clusters import Cluster
from tests.recordings.verdicts import CASES, Verdict, recorded, verdicts


@pytest.mark.parametrize("group", CASES)
def test_an_odd_spec_gets_the_verdict_of_the_real_control_plane(cluster: Cluster, namespace: str, group: str) -> None:
    """F10: refused for the same reason at the same fields, accepted with the same defaults; on the real one, no drift.

    tests/recordings/cases.yaml has the specs, those of F10 among them.
    """
    wanted, actual = recorded()[group], verdicts(cluster.admin, namespace, group)
    assert list(actual) == list(wanted), "cases.yaml has changed: record again"
    shown = _essence if cluster.embedded else _whole
    differ = [
        f"{case}\n  recorded  {wanted[case]}\n  here      {actual[case]}"
        for case in wanted
        if shown(actual[case]) != shown(wanted[case])
    ]
    assert not differ, f"{len(differ)} of {len(wanted)} differ\n" + "\n".join(differ)


def _whole(verdict: Verdict) -> Any:
    return verdict


def _essence(verdict: Verdict) -> Any:
    """Without the sentences' wording and order, and without how the real server spells quantities and empty fields."""
    if isinstance(verdict, str):
        return {}
    (first, sentences), *_ = verdict.items()
    if isinstance(sentences, list):
        return first, {sentence.partition(": ")[0] for sentence in sentences}
    spelt = ("cpu", "memory", "storage")
    return {key: value for key, value in verdict.items() if value not in (None, {}) and not key.endswith(spelt)}
