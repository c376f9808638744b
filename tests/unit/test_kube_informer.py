"""What an informer does next, for everything that can happen to it."""

from dataclasses import replace

import pytest

from console.kube.errors import (
    Expired,
    Forbidden,
    KubeError,
    NotFound,
    ServerError,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from console.kube.informer import (
    LONGEST_WAIT,
    PAGE,
    Action,
    DoList,
    DoRead,
    DoStop,
    DoWait,
    DoWatch,
    Ended,
    Failed,
    Happening,
    Heard,
    Listed,
    Opened,
    Phase,
    Ready,
    State,
    Stopped,
    backoff,
    step,
)

NEW = State()
LISTED = State(version="7", loaded=True)
LIVE = replace(LISTED, phase=Phase.LIVE)
RETRYING = replace(LISTED, phase=Phase.RETRYING, failures=3, reason="Unavailable")


@pytest.mark.parametrize(
    ("state", "event", "expected", "action"),
    [
        (NEW, Ready(), NEW, DoList("", PAGE)),
        (NEW, Listed("7", "next"), NEW, DoList("next", PAGE)),
        (NEW, Listed("7"), LISTED, DoWatch("7")),
        (LISTED, Opened(), LIVE, DoRead()),
        (RETRYING, Opened(), LIVE, DoRead()),
        (LIVE, Heard("9"), replace(LIVE, version="9"), DoRead()),
        (LIVE, Heard(""), LIVE, DoRead()),
        (LIVE, Ended(60, heard=False), LIVE, DoWatch("7")),
        (LIVE, Ended(0.1, heard=True), LIVE, DoWatch("7")),
        (RETRYING, Ready(), RETRYING, DoWatch("7")),
        (State(failures=2), Ready(), State(phase=Phase.RETRYING, failures=2), DoList("", PAGE)),
        (LIVE, Stopped(), replace(LIVE, phase=Phase.STOPPED), DoStop()),
        (RETRYING, Stopped(), replace(RETRYING, phase=Phase.STOPPED), DoStop()),
    ],
)
def test_the_straight_way(state: State, event: Happening, expected: State, action: Action) -> None:
    assert step(state, event, 0.5) == (expected, action)


def test_a_version_too_old_is_listed_at_once_but_not_in_a_loop() -> None:
    state, action = step(LIVE, Failed(Expired()), 0.5)
    assert (state.phase, state.version, action) == (Phase.RETRYING, "", DoList("", PAGE))
    again, action = step(state, Failed(Expired()), 0.5)
    assert isinstance(action, DoWait)
    assert step(again, Ready(), 0.5)[1] == DoList("", PAGE)


@pytest.mark.parametrize("end", [Failed(Expired()), Ended(0.01, heard=False)])
def test_watches_that_open_and_bring_nothing_are_asked_for_less_and_less(end: Happening) -> None:
    """A server that opens each watch and says 410 in it (or ends it) would otherwise be listed without a pause."""
    state, waits = LIVE, []
    for _ in range(9):
        state, action = step(state, end, 0.999)
        if isinstance(action, DoWait):
            waits.append(action.seconds)
            state, action = step(state, Ready(), 0.5)
        if isinstance(action, DoList):
            state, action = step(state, Listed("7"), 0.5)
        assert action == DoWatch("7")
        state, _ = step(state, Opened(), 0.5)
    assert len(waits) >= 8
    assert waits == sorted(waits)
    assert waits[-1] > 20
    state, _ = step(state, Heard("9"), 0.5)
    assert state.fruitless == 0


@pytest.mark.parametrize("error", [Forbidden(), NotFound()])
def test_a_refused_kind_is_tried_each_minute(error: KubeError) -> None:
    state, action = step(NEW, Failed(error), 0.5)
    assert action == DoWait(60.0)
    assert state.forbidden is isinstance(error, Forbidden)
    assert step(state, Ready(), 0.5)[1] == DoList("", PAGE)
    listed, _ = step(state, Listed("7"), 0.5)
    assert not listed.forbidden


@pytest.mark.parametrize("error", [Unavailable(), ServerError(), TooManyRequests(), Unauthorized()])
def test_everything_else_waits_and_goes_on_where_it_was(error: KubeError) -> None:
    state, action = step(LIVE, Failed(error), 0.5)
    assert isinstance(action, DoWait)
    assert 0.5 <= action.seconds <= 1
    assert (state.phase, state.version, state.reason) == (Phase.RETRYING, "7", error.reason)
    assert step(state, Ready(), 0.5)[1] == DoWatch("7")


def test_retry_after_is_honoured_up_to_a_bound() -> None:
    assert step(LIVE, Failed(TooManyRequests(retry_after=10)), 0.0)[1] == DoWait(10)
    assert step(LIVE, Failed(TooManyRequests(retry_after=3600)), 0.0)[1] == DoWait(LONGEST_WAIT)


def test_an_answer_too_large_asks_for_smaller_pages() -> None:
    state, action = step(NEW, Failed(TooLarge()), 0.5)
    assert action == DoList("", 50)
    state, action = step(state, Failed(TooLarge()), 0.5)
    assert action == DoList("", 5)
    assert isinstance(step(state, Failed(TooLarge()), 0.5)[1], DoWait)


def test_a_watch_that_ends_at_once_is_not_asked_for_at_once() -> None:
    state, waits = LIVE, []
    for _ in range(8):
        state, action = step(state, Ended(0.01, heard=False), 0.999)
        assert isinstance(action, DoWait)
        waits.append(action.seconds)
    assert waits == sorted(waits)
    assert waits[-1] > 20


def test_the_backoff_is_jittered_and_bounded() -> None:
    assert backoff(1, 0.0) == backoff(50, 0.0) == 0.5
    assert backoff(50, 1.0) == 30.0
    assert backoff(2, 1.0) == 2.0
