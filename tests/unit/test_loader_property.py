"""Files in: any bytes are documents or a problem on its line, and what loads can be sent, written and opened again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.manifests.checking import parts
from services.manifests.yamlio import YamlProblem, decode, dump, load

FAST = settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])

SEEDS = [
    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - port: 80.0\n",
    "a: 0400\nmode: 0400\nb: 1_000\nc: 0x1F\nd: 1e+06\ne: -.inf\nf: 22:22\n",
    '{"a": "\\ud83d\\ude00"}\n{"b":\t[1, null, 1e3]}',
    "a: &x [1]\nb: *x\n---\n# c\n---\nkind: List\nitems: [{a: |\n  b\n}]\n",
    "name: {{ .Values.x }}\n{{- end }}\n",
    "\u00a0a: b\n\ufffd? [a]\n: !!int 5\n<<: {}\n",
]
# What the fuzzer broke the property with once.
FOUND: list[bytes] = [b"['a', {x: 017}]"]

SIGNS = "{}[]:,-?|>#&*!%@`'\"\n\t \\0127eExo_.+~<\u00a0\ufffd\ufeff\x85\u2028"
WORDS = [
    "---",
    "...",
    "\n  ",
    ": ",
    "- ",
    "\\ud83d\\ude00",
    "\\ud800",
    "0x",
    "0o",
    "kind: List\nitems:",
    "mode: 0",
    "{{ ",
]
TOKENS = st.sampled_from([*SIGNS, *WORDS])


def holds(data: bytes) -> None:
    """The property, for one file."""
    text, problem = _or_problem(lambda: decode(data))
    if problem is not None:
        return
    parts(text)
    documents, problem = _or_problem(lambda: load(text))
    if problem is not None:
        assert problem.line <= max(len(text.splitlines()), 1)
        return
    json.dumps(documents, allow_nan=False).encode()
    again, problem = _or_problem(lambda: load(dump(documents)))
    if problem is not None:  # aliases are written out
        assert any(bound in problem.message for bound in ("longer than 1 MB", "200,000", "100 deep")), problem
    elif not any(document.get("kind") == "List" for document in documents):
        assert json.dumps(again, sort_keys=True) == json.dumps(documents, sort_keys=True)


def _or_problem(read: Callable[[], Any]) -> tuple[Any, YamlProblem | None]:
    try:
        return read(), None
    except YamlProblem as problem:
        error = problem
    assert min(error.line, error.column) >= 1
    assert str(error.message)
    return None, error


@FAST
@given(
    st.binary() | st.text().map(str.encode) | st.lists(TOKENS, max_size=30).map(lambda tokens: "".join(tokens).encode())
)
def test_any_bytes_load_or_are_a_problem_on_its_line(data: bytes) -> None:
    """Loader property: never another exception; what loads can be dumped, sent and opened again."""
    holds(data)


@pytest.mark.parametrize("data", [*(seed.encode() for seed in SEEDS), *FOUND], ids=range(len(SEEDS) + len(FOUND)))
def test_what_was_found_once_holds(data: bytes) -> None:
    """Loader property."""
    holds(data)
