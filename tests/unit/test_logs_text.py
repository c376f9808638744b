"""A line of a log is text: colours are shown, everything else that would steer is written out, nothing is markup."""

import re
import sys
import zlib
from base64 import urlsafe_b64encode
from hashlib import sha256
from html import unescape
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.kube.logs import LONGEST, Cursor, Reading, Source, Splitter, parse
from services.workloads.present.logs import pack, unpack
from services.workloads.present.logs_search import NOTHING, Search
from services.workloads.present.logs_text import level_of, plain, shown

SHOWN = [
    ("plain <b>x</b> & \"'", "plain &lt;b&gt;x&lt;/b&gt; &amp; &quot;&#x27;"),
    ("\x1b[31mred\x1b[0m", '<span class="ansi-red">red</span>'),
    ("\x1b[1;4;92mx", '<span class="ansi-green ansi-bold ansi-underlined">x</span>'),
    ("\x1b[38;5;196mx\x1b[38;2;1;2;31my", "xy"),
    ("bot\x1b[2J\u202egnp.exe", "bot<kbd>ESC[2J</kbd><kbd>U+202E</kbd>gnp.exe"),
    ("\x1b]8;;http://evil.example\x07click", "<kbd>ESC]8;;http://evil.example[U+0007]</kbd>click"),
    ("10%\r20%", "10%<kbd>U+000D</kbd>20%"),
    ("a\x00\tb\u200d\u65e5", "a<kbd>U+0000</kbd>\tb\u200d\u65e5"),
    ("<\x1b[31m/code><script>\x1b[0m", '&lt;<span class="ansi-red">/code&gt;&lt;script&gt;</span>'),
    ("\x1b[0mno colour\x1b[m", "no colour"),
    (f"\x1b[{'9' * 5000}mno colour", "no colour"),
    ("data: {}\n\nevent: gone", "data: {}<kbd>U+000A</kbd><kbd>U+000A</kbd>event: gone"),
]


def html_of(text: str, search: Search = NOTHING) -> str:
    """A line as it is shown, with what is searched for marked in it."""
    return shown(text, search)[0]


@pytest.mark.parametrize(("line", "html"), SHOWN)
def test_what_a_line_becomes(line: str, html: str) -> None:
    assert html_of(line) == html


STEERING = st.sampled_from("ab<>&\"' \x1b[]0123456789;mJ\x07\u202e\r\t\x9b=error")


@given(st.text(alphabet=STEERING, max_size=60), st.text(max_size=3))
def test_no_line_is_markup(line: str, find: str) -> None:
    """Only our own elements are in it, each with its end, and every character of the text is there in its order."""
    html = html_of(line, Search(find))
    tags = re.findall(r"<[^>]*>", html)
    assert all(re.fullmatch(r'<(/?(span|mark|kbd))>|<span class="[a-z -]+">', tag) for tag in tags), tags
    for name in ("span", "mark", "kbd"):
        assert sum(tag.startswith(f"<{name}") for tag in tags) == tags.count(f"</{name}>")
    assert not re.search("[\x00-\x08\x0a-\x1f\x9b\u202e]", html)
    text = unescape(re.sub(r"<kbd>.*?</kbd>|<[^>]*>", "", html))
    letters = re.sub("[\r\x07\x1b\x9b\u202e]", "", plain(line))
    assert len(text) <= len(letters)


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ('level=error msg="x"', "bad"),
        ('{"level":"warn","msg":"x"}', "warn"),
        ("2025-11-28 ERROR no way", "bad"),
        ("WARN slow", "warn"),
        ("error: no such file", "bad"),
        ("GET /error/42 200", ""),
        ("an error was expected", ""),
        ('level=info msg="ERROR page shown"', ""),
    ],
)
def test_what_a_program_calls_its_level(line: str, level: str) -> None:
    assert level_of(line)[0] == level


def test_what_is_found_is_marked_whatever_its_case_and_colour() -> None:
    assert html_of("a TimeOut", Search("timeout")) == "a <mark>TimeOut</mark>"
    across = html_of("ti\x1b[31mme\x1b[0m", Search("time"))
    assert across == '<mark>ti</mark><span class="ansi-red"><mark>me</mark></span>'
    assert html_of("a.b", Search(".")) == "a<mark>.</mark>b", "it is no expression"


def test_a_line_without_end_is_kept_only_as_far_as_the_longest() -> None:
    splitter = Splitter()
    for _ in range(100):
        assert list(splitter.feed(b"x" * 10_000)) == []
    [(line, over)] = splitter.feed(b"\nshort")
    assert len(line) == LONGEST + 64
    assert over == 1_000_000 - len(line)
    assert list(splitter.end()) == [(b"short", 0)]


def test_times_of_lines() -> None:
    assert parse(b"2025-11-28T12:00:00.5Z hello\r") == (1764331200_500000000, "hello")
    assert parse(b"2025-11-28T14:00:00.000000001+02:00 x") == (1764331200_000000001, "x")
    assert parse(b"rpc error: \xff") == (0, "rpc error: \ufffd")
    assert parse(b"2025-99-28T12:00:00Z x") == (0, "2025-99-28T12:00:00Z x")


def test_reading_goes_on_behind_the_cursor() -> None:
    """Also where several lines have the very same time, and where a line is cut between two chunks."""
    source, lines = Source("web", "app"), [f"2025-11-28T12:00:0{n // 3}Z line {n}\n".encode() for n in range(9)]
    for cut in range(10):
        first = Reading(source)
        seen = list(first.lines(b"".join(lines[:cut])))
        again = Reading(source, Cursor(first.cursor.at, first.cursor.count))
        whole = b"".join(lines)
        middle = len(whole) // 2 + cut
        seen += [*again.lines(whole[:middle]), *again.lines(whole[middle:]), *again.end()]
        assert [line.text for line in seen] == [f"line {n}" for n in range(9)], cut


def steps(line: str, find: str) -> int:
    """How many lines of our code are gone through to render a line."""
    count = 0

    def step(_frame: FrameType, event: str, _value: object) -> object:
        nonlocal count
        count += event == "line"
        return step

    before = sys.gettrace()
    sys.settrace(step)  # type: ignore[arg-type]
    try:
        html_of(line, Search(find))
    finally:
        sys.settrace(before)
    return count


def test_marks_cost_as_much_as_the_line_is_long() -> None:
    """What is searched for is everywhere in a line of many colours: twice the line, twice the work."""
    short, long = (steps("\x1b[31mx\x1b[32my" * count, "x") for count in (200, 400))
    assert long < short * 2.5
    assert long < 400 * 200


def test_a_line_is_rendered_within_bounds() -> None:
    """So many marks, so many bytes, whatever it is made of; what is left out is said."""
    assert html_of("x" * LONGEST, Search("x")).count("<mark>") == 200
    for text in ("\x00" * LONGEST, "\x1b[31mx\x1b[1m&" * (LONGEST // 11), "x\u202e" * (LONGEST // 4)):
        html = html_of(text, Search("x"))
        assert len(html) < 2 * 64 * 1024
        assert "characters left out" in html, text[:10]


NUMBERS = ["Infinity", "-Infinity", "NaN", "1e400", "1.5", "true", '"1"', "null", "[]", str(2**63), "9" * 400]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_cursor_that_is_none_is_nothing(number: str) -> None:
    """It comes from the browser, and may say anything."""
    for values in (f"[{number}, 1]", f"[1, {number}]"):
        text = zlib.compress(f'{{"web/app": {values}}}'.encode())
        assert unpack(urlsafe_b64encode(text).decode()) == {}
    assert unpack(pack({"web/app": Cursor(5, 2)})) == {"web/app": Cursor(5, 2)}


def test_a_stamp_is_short_and_has_what_was_written_last() -> None:
    """The oldest are left out, however many there are and however long their names; the order of the others stays."""
    keys = [f"{sha256(str(number).encode()).hexdigest() * 3}/app" for number in range(300)]
    short = {key[:5]: Cursor(10**18 + number * 123456789, 1) for number, key in enumerate(keys)}
    assert list(unpack(pack(short)).items()) == list(short.items())[-80:]
    long = {key: Cursor(10**18 + number * 123456789, 1) for number, key in enumerate(keys)}
    assert len(stamp := pack(long)) <= 3000
    assert (kept := list(unpack(stamp))) == keys[-len(kept) :]
    assert kept
    assert unpack(urlsafe_b64encode(zlib.compress(b" " * 10**7)).decode()) == {}
