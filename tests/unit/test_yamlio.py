"""YAML in and out: what is accepted, what is refused and where, and that what is written is read back (Y1-Y3)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.manifests.yamlio import MAX_BYTES, Source, YamlProblem, decode, dump, load

FAST = settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])

ODD = ["no", "22:22", "1e3", "0x1F", "017", "null", "~", "2001-01-01", "", "yes", "1_000", ".inf", "- a", "a: b", "#"]
ODD += [
    "=",
    "<<",
    "*a",
    "&a",
    "!a",
    "|",
    "a #b",
    "a:",
    " a",
    "a ",
    "a\nb\n",
    "a\n\n",
    "\n",
    "\na",
    "  a\nb",
    "a\n  b\n",
]
ODD += ["---", "...", "0b1", "+1", "a\tb\n", "\ta\nb", "a\r\nb", "100m", "10.0.0.1", "{}", "[]", "'", '"', "%a", "@a"]
ODD += [
    "`a",
    "true",
    "True",
    "0o17",
    ".5",
    "a\n \nb\n",
    "--- a",
    "?",
    "? a",
    "-",
    "--",
    "a\u2028b",
    "\x85",
    "\ufeff",
    "0755",
]
TEXTS = st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def as_json_has_it(number: float) -> int | float:
    """JSON has one kind of number: a whole one is an int, as far as 64 bits go."""
    return int(number) if number.is_integer() and -(2**63) <= number < 2**64 else number


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | FLOATS.map(as_json_has_it) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


def problem(text: str) -> YamlProblem:
    with pytest.raises(YamlProblem) as caught:
        load(text)
    return caught.value


@FAST
@given(st.dictionaries(TEXTS, JSON, min_size=1, max_size=4))
def test_what_is_written_is_read_back(document: dict[str, Any]) -> None:
    text = dump([document])
    if document.get("kind") == "List":
        return
    assert load(text) == (document,)
    assert json.dumps(load(text)[0], sort_keys=True) == json.dumps(document, sort_keys=True)


@FAST
@given(TEXTS)
def test_a_text_is_text_to_a_yaml_1_1_reader_too(text: str) -> None:
    written = dump([{"key": text, "list": [text]}])
    read = yaml.load(written, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert read == {"key": text, "list": [text]}


def place_of_problem(read: Callable[[], object]) -> tuple[int, int] | None:
    """Where ``read`` finds a problem; any other exception gets through."""
    try:
        read()
    except YamlProblem as error:
        return (error.line, error.column)
    return None


@FAST
@given(st.text() | st.text("[]{}:-,&*!|>'\"\n a1#?%@`~<.") | st.binary().map(lambda data: data.decode("latin-1")))
def test_y2_any_text_loads_or_is_a_problem_with_a_place(text: str) -> None:
    place = place_of_problem(lambda: load(text))
    if place is None:
        documents = load(text)
        json.dumps(documents, allow_nan=False).encode()
        assert load(dump(documents)) == documents
    else:
        assert min(place) >= 1
        assert place[0] <= max(len(text.splitlines()), 1)


@FAST
@given(st.binary())
def test_y2_any_bytes_decode_or_are_a_problem(data: bytes) -> None:
    place = place_of_problem(lambda: decode(data))
    assert place is None or min(place) >= 1


def test_scalars_are_what_json_has() -> None:
    text = "a: no\nb: 22:22\nc: 2001-01-01\nd: 0x1F\ne: 1e3\nf: ~\ng: yes\nh: 10Gi\ni: -5\nj: true\nk: '1'\nl:\n"
    assert load(text) == (
        {"a": "no", "b": "22:22", "c": "2001-01-01", "d": 31, "e": 1000.0, "f": None, "g": "yes", "h": "10Gi", "i": -5,
         "j": True, "k": "1", "l": None},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "line 1"),
        ("a: {b: 1, b: 2}", 1, 11, "Duplicate key"),
        ("a:\n  <<: {b: 1}\n", 2, 3, "Merge"),
        ("a: !!int '1'", 1, 4, "Tags"),
        ("!!python/object/apply:os.system ['touch /tmp/pwn']", 1, 1, "Tags"),
        ("a: !!python/name:os.system", 1, 4, "Tags"),
        ("a: !!binary aGk=", 1, 4, "Tags"),
        ("a: !!set {x}", 1, 4, "Tags"),
        ("a: !!timestamp foo", 1, 4, "Tags"),
        ("a: !!bool maybe", 1, 4, "Tags"),
        ("a: .nan", 1, 4, "JSON"),
        ("a: -.inf", 1, 4, "JSON"),
        ("a: 1e999", 1, 4, "JSON"),
        ("a: 017", 1, 4, "readers disagree"),
        ("a: 1_000", 1, 4, "readers disagree"),
        ("a: " + "9" * 5000, 1, 4, "too long"),
        ("1: a", 1, 1, "quotes"),
        ("true: a", 1, 1, "quotes"),
        ("? [a]\n: b", 1, 3, "text"),
        ("a: &a [*a]", 1, 8, "itself"),
        ("a: *b", 1, 4, "nothing before"),
        ("--- 5", 1, 5, "set of fields"),
        ("a: 1\n---\n- 1\n", 3, 1, "set of fields"),
        ("a:\n\t- b", 2, 1, "Tabs"),
        ("a: [1", 1, 6, "YAML"),
        ("a: \x01", 1, 4, "U+0001"),
        ("ok: 1\na: \ud800", 2, 4, "U+D800"),
        ('{"a": 1, "a": 2}', 1, 10, "Duplicate key"),
        ('{"a": "\\ud800"}', 1, 10, "YAML"),
    ],
)
def test_what_is_refused_is_named_with_its_place(text: str, line: int, column: int, says: str) -> None:
    error = problem(text)
    assert (error.line, error.column) == (line, column)
    assert says in error.message


def alias_bomb(levels: int) -> str:
    text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    for level in range(1, levels):
        before, name = chr(96 + level), chr(97 + level)
        text += f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    return text


def merge_bomb(levels: int) -> str:
    return alias_bomb(levels).replace("[", "{<<: [").replace("]", "]}")


@pytest.mark.parametrize(
    "text",
    [
        alias_bomb(9),
        merge_bomb(9),
        "[" * 100_000,
        "- " * 100_000,
        "{a: " * 50_000,
        "a: [" + "x," * 400_000 + "x]",
        "a: &a [" + "[" * 60 + "]" * 60 + "]\nb: " + "[" * 60 + "*a" + "]" * 60,
        "a: &a 1\nb: [" + "*a, " * 101 + "*a]",
        "x" * (MAX_BYTES + 1),
        "a: 1\n---\n" * 201,
    ],
    ids=["alias", "merge", "flow", "block", "maps", "nodes", "aliased-depth", "aliases", "bytes", "documents"],
)
def test_y1_bombs_are_refused_quickly(text: str) -> None:
    began = time.process_time()
    problem(text)
    assert time.process_time() - began < 1.0


def test_aliases_are_expanded() -> None:
    assert load("a: &x {b: [1]}\nc: *x\nd: [&y z, *y]\n") == ({"a": {"b": [1]}, "c": {"b": [1]}, "d": ["z", "z"]},)


def test_a_megabyte_is_read_in_half_a_second() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\ndata:\n" + "".join(
        f"  key{n}: value of number {n}\n" for n in range(28_000)
    )
    assert 900_000 < len(text) < MAX_BYTES
    best = min(_timed(text) for _ in range(3))
    assert best < 0.5


def _timed(text: str) -> float:
    began = time.process_time()
    load(text)
    return time.process_time() - began


def test_lists_are_their_items_and_empty_documents_are_dropped() -> None:
    source = Source("---\n# nothing\n---\nkind: List\nitems:\n- kind: A\n  b: {c: [1, 2]}\n- kind: B\n---\n---\nk: 5\n")
    assert [document.get("kind") for document in source.documents] == ["A", "B", None]
    assert source.position(0, ("b", "c", 1)) == (7, 14)
    assert source.position(1) == (8, 3)
    assert source.position(2, ("k",)) == (11, 1)
    assert source.position(2, ("k", "nowhere")) == (11, 1)


def test_json_is_read_with_its_surrogate_pairs() -> None:
    assert load('{"a": "\\ud83d\\ude00", "b": [1, null]}') == ({"a": "😀", "b": [1, None]},)


def test_byte_order_mark_and_dos_line_ends() -> None:
    assert load(decode(b"\xef\xbb\xbfa: 1\r\nb: |\r\n  x\r\n  y\r\n")) == ({"a": 1, "b": "x\ny\n"},)
    assert problem("a: 1\r\nb: [\r\n").line == 2


def test_the_usual_fields_come_first_and_lines_stay_lines() -> None:
    document = {
        "spec": {"containers": [{"image": "nginx:1.25", "name": "web", "args": ["--listen=:80", "no", "100m", ""]}]},
        "metadata": {"labels": {"version": "1"}, "name": "web", "annotations": {}},
        "kind": "Deployment",
        "status": {},
        "apiVersion": "apps/v1",
        "data": {"script": "#!/bin/sh\necho hi\n", "end": "a\nb", "blank": "a\n\n"},
    }
    assert dump([document]) == EXPECTED


EXPECTED = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    version: '1'
  annotations: {}
spec:
  containers:
  - name: web
    image: nginx:1.25
    args:
    - --listen=:80
    - 'no'
    - 100m
    - ''
data:
  script: |
    #!/bin/sh
    echo hi
  end: |-
    a
    b
  blank: |+
    a

status: {}
"""
