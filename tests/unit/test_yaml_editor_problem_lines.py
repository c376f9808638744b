"""Editing as data: what is wrong with a text, how two changes come together, what a diff shows."""

from __future__ import annotations

from typing import Any

import pytest

from console.kube.errors import BadRequest, Cause, Conflict, Invalid
from services.manifests.yamlio import Source, YamlProblem
from services.yaml_editor import differences, problem_lines

TEXT = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
  - port: 80
    tragetPort: 8080
"""


def test_the_text_of_the_service_itself_is_in_order() -> None:
    document = problem_lines.own_document(TEXT, "web", "shop")
    assert document is not None
    assert document["metadata"] == {"name": "web"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("a: [", 1),
        (TEXT + "---\n" + TEXT, 1),
        (TEXT.replace("v1", "v2"), 2),
        (TEXT.replace("name: web", "name: other"), 4),
        (TEXT.replace("name: web", "name: web\n  namespace: elsewhere"), 5),
        (TEXT.replace("name: web", "name: web\n  resourceVersion: '1'"), 5),
        (TEXT + "status: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}\n", 9),
        ("apiVersion: v1\nkind: Service\nmetadata: []\nspec: {}\n", 3),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: web}\n", 1),
    ],
)
def test_what_is_wrong_has_a_line(text: str, line: int) -> None:
    assert problem_lines.own_document(text, "web", "shop") is None
    try:
        source = Source(text)
        problems = problem_lines.placed(source, problem_lines.faults(source, "web", "shop"))
    except YamlProblem as problem:
        problems = (problem_lines.unreadable(problem),)
    assert [problem.line for problem in problems] == [line]
    assert problems[0].sentence


def test_what_the_cluster_refuses_is_found_in_the_text() -> None:
    invalid = Invalid("no", causes=(Cause("spec.ports[0].port", "FieldValueInvalid", "too large"),))
    assert [(problem.line, problem.sentence) for problem in problem_lines.refusals(TEXT, invalid)] == [
        (7, "spec.ports[0].port: too large")
    ]
    unknown = BadRequest('strict decoding error: unknown field "spec.ports[0].tragetPort"')
    assert [problem.line for problem in problem_lines.refusals(TEXT, unknown)] == [8]
    assert problem_lines.refusals(TEXT, Conflict("no")) == ()


def test_texts_are_compared_line_by_line() -> None:
    """Four lines or more between two changes are folded; the fold names the fields that hold the next line."""
    middle = "  c:\n  - d: 1\n    e: 1\n    f:\n      g: 1\n      h: 1\n    i: 1\n    j: 1\n    k: 1\n    l: 1\n"
    old = f"a:\n  b: 1\n{middle}"
    new = f"a:\n  B: 1\n{middle}  m: 1\n"
    assert differences.diff_lines("", "") == ()
    lines = differences.diff_lines(old, new)
    assert [(line.kind, line.before, line.after, line.head + line.changed, line.count) for line in lines] == [
        ("same", 1, 1, "a:", 0),
        ("gone", 2, None, "  b", 0),
        ("new", None, 2, "  B", 0),
        ("same", 3, 3, "  c:", 0),
        ("same", 4, 4, "  - d: 1", 0),
        ("skip", None, None, "a.c", 6),
        ("same", 11, 11, "    k: 1", 0),
        ("same", 12, 12, "    l: 1", 0),
        ("new", None, 13, "  m: 1", 0),
    ]
    fewer = old.replace("    j: 1\n    k: 1\n    l: 1\n", "")
    shown = differences.diff_lines(fewer, fewer.replace("b: 1", "B: 1") + "  m: 1\n")
    assert not [line for line in shown if line.kind == "skip"]


def test_a_diff_marks_the_words_that_changed() -> None:
    lines = differences.diff_lines("a: 1\nb: old words\nc: 3\n", "a: 1\nb: new words\nc: 3\nd: 4\n")
    assert differences.differing(lines) == 2
    shown = [(line.kind, line.before, line.after, line.head, line.changed, line.tail) for line in lines]
    assert shown == [
        ("same", 1, 1, "a: 1", "", ""),
        ("gone", 2, None, "b: ", "old", " words"),
        ("new", None, 2, "b: ", "new", " words"),
        ("same", 3, 3, "c: 3", "", ""),
        ("new", None, 4, "d: 4", "", ""),
    ]


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("app: orders", "app: orders-api", ["orders", "orders-api"]),
        ("app: orders", "app: my-orders", ["orders", "my-orders"]),
        ("say: a b", "say: a b c", ["", " c"]),
        ("image: web:2", "image: web:1", ["2", "1"]),
        ("port: 80", "port: 8080", ["80", "8080"]),
    ],
)
def test_a_word_that_became_longer_is_marked_whole_in_both_lines(before: str, after: str, marked: list[str]) -> None:
    assert [line.changed for line in differences.diff_lines(before, after)] == marked


def service(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web", "labels": {"team": "red"}}, "spec": {"type": "ClusterIP", **spec}}


def test_changes_of_two_people_fit_together_or_clash() -> None:
    base, stored, yours = service(a=1, b=1, c=1), service(a=2, b=1, c=2), service(a=1, b=3, c=3)
    stored["metadata"]["labels"]["team"] = yours["metadata"]["labels"]["team"] = "blue"
    merged = differences.merged(base, stored, yours)
    fields = {field.path: (field.by, field.base, field.stored, field.yours) for field in merged.fields}
    assert fields == {
        "spec.c": ("clash", "1", "2", "3"),
        "metadata.labels.team": ("both", "red", "blue", "blue"),
        "spec.a": ("them", "1", "2", "1"),
        "spec.b": ("you", "1", "1", "3"),
    }
    assert (merged.clashes, merged.fitting) == (1, 3)
    assert merged.document["spec"] == {"type": "ClusterIP", "a": 2, "b": 3, "c": 2}


@pytest.mark.parametrize(("choice", "expected"), [("stored", 2), ("yours", 3), ("", None), ("nonsense", None)])
def test_a_clash_takes_a_choice(choice: str, expected: int | None) -> None:
    base, stored, yours = service(c=1), service(c=2), service(c=3)
    document = differences.resolved(base, stored, yours, {"spec.c": choice})
    assert (document and document["spec"]["c"]) == expected


def test_your_removal_can_win() -> None:
    base, stored, yours = service(c=1), service(c=2), service()
    document = differences.resolved(base, stored, yours, {"spec.c": "yours"})
    assert document is not None
    assert "c" not in document["spec"]
