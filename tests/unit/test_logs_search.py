"""What is searched for in logs: words and expressions, within bounds of time and memory."""

import pytest

from services.workloads.present import logs_search
from services.workloads.present.logs_search import LONGEST, Search


@pytest.mark.parametrize(
    ("search", "text", "spans"),
    [
        (Search("a.b"), "A.B axb", [(0, 3)]),
        (Search("a.b", case=True), "A.B a.b", [(4, 7)]),
        (Search("a.b", expression=True), "A.B axb", [(0, 3), (4, 7)]),
        (Search("x*", expression=True), "axxb", [(1, 3)]),
        (Search("\u00fc.", expression=True), "\U0001f600\u00fcx", [(1, 3)]),
        (Search("^", expression=True), "abc", []),
        (Search(""), "abc", []),
    ],
)
def test_where_it_is(search: Search, text: str, spans: list[tuple[int, int]]) -> None:
    assert search.spans(text) == spans


@pytest.mark.parametrize("bad", ["(", "[", "a**", "\\1", "(?=a)", "((a{90}){90}){90}", "(\\pL{90}){9}", "\\pL" * 66])
def test_what_is_none_is_said_and_finds_nothing(bad: str) -> None:
    search = Search(bad, expression=True)
    assert search.problem
    assert "invalid" not in search.problem, "not in the words of the library"
    assert not search.asks
    assert search.matches("anything"), "a bad expression hides nothing"
    assert search.spans("a(") == []


def test_no_more_than_the_longest_is_taken() -> None:
    assert len(Search("x" * 10_000).text) == LONGEST


def test_its_time_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a backtracking search never ends with is nothing; what is slow all the same ends, and says so."""
    search = Search("(x+x+)+y", expression=True)
    assert not search.matches("x" * 16_000)
    monkeypatch.setattr(logs_search, "SECONDS", 1e-9)
    search.again()
    assert not search.slow
    assert not search.matches("x" * 1000)
    assert search.slow
    assert search.matches("z"), "what is not searched is shown"
    assert "takes too long" in search.trouble
    search.again()
    assert search.trouble == ""
