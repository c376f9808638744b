"""How often a change is tried again where the cluster says that somebody was faster."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from services.changes import change


@pytest.mark.parametrize(("duration", "fewest", "most", "longest"), [(0.0, 6, 25, 5), (0.5, 6, 12, 6), (2.0, 3, 6, 13)])
def test_it_is_tried_for_seconds_with_pauses_and_has_an_end(
    monkeypatch: pytest.MonkeyPatch, duration: float, fewest: int, most: int, longest: float
) -> None:
    """A try takes `duration` seconds. The API server answers a few of them, and not hundreds."""
    clock = [0.0]

    def wait(seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr(change, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=wait))
    tries = 0
    for last in change._tries():
        tries += 1
        wait(duration)
        if last:
            break
    assert fewest <= tries <= most
    assert clock[0] <= longest
