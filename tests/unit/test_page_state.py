"""How fresh a page says it is, and what it says a reader may do."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from accounts.roles import Capability
from console.kube.access import Freshness
from services import page_state


@pytest.mark.parametrize(
    ("state", "age", "pill", "words", "noticed"),
    [
        ("live", 0.0, "ok", "Live", False),
        ("loading", None, "busy", "Loading", False),
        ("reconnecting", 1.0, "busy", "Reconnecting", False),
        ("reconnecting", 9.0, "warn", "As of", True),
        ("stale", 60.0, "warn", "As of", True),
        ("stale", None, "warn", "Cluster not responding", True),
        ("forbidden", None, "warn", "Not readable", True),
    ],
)
def test_old_data_never_looks_live(state: str, age: float | None, pill: str, words: str, noticed: bool) -> None:
    as_of = None if age is None else time.time() - age
    freshness = Freshness(state, as_of)  # type: ignore[arg-type]
    live = page_state.live(freshness)
    assert (live.state, live.words, live.stale) == (pill, words, pill == "warn")
    assert (page_state.notice(freshness) is not None) == noticed
    if pill == "warn":
        assert live.as_of == as_of


@pytest.mark.parametrize(
    ("reason", "answering", "said"),
    [
        ("ConnectionRefused", False, "Connection refused. Berth tries again every few seconds. "),
        ("Certificate", False, "Its certificate is not trusted. Berth tries again every few seconds. "),
        ("Unauthorized", True, "Berth’s credentials are refused (401). Berth tries again within a minute. "),
        ("the watch ends at once", True, "Berth tries again within a minute. "),  # what has no class is not repeated
    ],
)
def test_old_data_says_why_and_when_it_is_tried_again(reason: str, answering: bool, said: str) -> None:
    notice = page_state.notice(Freshness("stale", time.time() - 60, reason, answering=answering))
    assert notice
    assert notice.means.startswith(said + "States are grey")
    assert page_state.live(Freshness("stale", 1.0, reason)).reason in said


def test_what_one_may_not_do_has_a_reason() -> None:
    """M14: in words."""
    viewer = SimpleNamespace(can=lambda capability: False, role="viewer", standing="viewer")
    allowed = page_state.allowed(viewer, Capability.SERVICES_MANAGE)
    assert (allowed.create, allowed.edit, allowed.delete) == (False, False, False)
    assert allowed.reason == "You cannot create, edit or delete Services. Your role is viewer."
    operator = SimpleNamespace(can=lambda capability: True, role="operator")
    assert page_state.allowed(operator, Capability.SERVICES_MANAGE).reason == ""
