"""Files as people have them: octal modes, numbers with a point, templates, unseen characters, kubectl's own output."""

from __future__ import annotations

import pytest

from services.manifests.bundle import Bundle
from services.manifests.checking import findings, parts
from services.manifests.cursor import cursor_at
from services.manifests.references import loose
from services.manifests.roundtrip import _INDENTED_LIST
from services.manifests.selectors import parse_selector
from services.manifests.sentences import Sentence
from services.manifests.yamlio import YamlProblem, decode, dump, load


def problem(text: str) -> YamlProblem:
    with pytest.raises(YamlProblem) as caught:
        load(text)
    return caught.value


def test_modes_are_octal_as_kubectl_reads_them() -> None:
    """F5"""
    assert load("defaultMode: 0400\nitems: [{mode: 0755}]\n") == ({"defaultMode": 256, "items": [{"mode": 493}]},)
    assert load("defaultMode: 0o400\n") == ({"defaultMode": 256},)


@pytest.mark.parametrize(
    ("text", "says", "never"),
    [
        ("value: 0123", "in quotes", "decimal"),
        ("labels: {a: 0123}", "in quotes", "decimal"),
        ("args: [1_000]", "in quotes", "decimal"),
        ("replicas: 1_000", "kubectl reads 1000", "decimal"),
        ("port: 0120", "kubectl reads 80", "decimal"),
    ],
)
def test_the_advice_on_unsure_numbers_depends_on_the_field(text: str, says: str, never: str) -> None:
    """F5"""
    assert says in problem(text).message
    assert never not in problem(text).message


@pytest.mark.parametrize(("mode", "remarks"), [(400, 1), (644, 1), (755, 1), (420, 0), (256, 0), (493, 0), (440, 1)])
def test_a_decimal_mode_that_was_meant_in_octal_gets_a_remark(mode: int, remarks: int) -> None:
    """F5"""
    pod = {"volumes": [{"name": "a", "secret": {"secretName": "a", "defaultMode": mode}}]}
    document = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": pod}}}
    problems = [
        problem for problem in findings((document,), lambda version: None).findings if problem.path[-1] == "defaultMode"
    ]
    assert [problem.state for problem in problems] == ["warn"] * remarks


def test_whole_numbers_are_whole_however_they_are_written() -> None:
    """F7"""
    (document,) = load("a: 1e+06\nb: 80.0\nc: 1e9\nd: 0.5\n")
    assert [(value, type(value)) for value in document.values()] == [
        (1_000_000, int),
        (80, int),
        (1_000_000_000, int),
        (0.5, float),
    ]
    assert dump([document]) == "a: 1000000\nb: 80\nc: 1000000000\nd: 0.5\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("kind: A\nname: {{ .Values.x }}\n", 2, "template"),
        ("a: 1\n{{- with .Values.x }}\nb: 2\n{{- end }}\n", 2, "template"),
        ('a:\n  - {{ include "x" . }}\n', 2, "template"),
        ("metadata:\n\u00a0 name: x\n", 2, "U+00A0 (no-break space)"),
        ("a:\n  b: 1\n  \u200bc: 2\n", 3, "U+200B"),
        ("a: 1\nb: caf\ufffd\n", 2, "U+FFFD"),
        ("a: 0x" + "F" * 5000, 1, "64 bits"),
        ("a: 0o" + "7" * 5000, 1, "64 bits"),
        ("a: 18446744073709551616", 1, "64 bits"),
        ('{"a": 1}\n{"b": 18446744073709551616}', 2, "64 bits"),
    ],
)
def test_what_is_refused_is_named(text: str, line: int, says: str) -> None:
    """F1, F12, S5"""
    error = problem(text)
    assert (error.line, says in error.message) == (line, True), error


def test_json_documents_one_after_the_other_are_taken() -> None:
    """F12"""
    text = '{"a": 1}\n{"b":\n\t"\\ud83d\\ude00"}{"c": [80.0]}'
    assert load(text) == ({"a": 1}, {"b": "😀"}, {"c": [80]})


def test_text_in_another_encoding_is_refused_and_utf_16_read() -> None:
    """F1"""
    assert decode("a: ü\n".encode("utf-16")) == "a: ü\n"
    for data in (b"note: 'caf\xe9'", "店舖".encode("gbk"), "商店".encode("shift_jis")):
        with pytest.raises(YamlProblem, match="not UTF-8"):
            decode(data)


def test_a_character_that_was_lost_elsewhere_can_be_opened_and_kept() -> None:
    """F1: an object in the cluster may have it."""
    documents = ({"a": "caf\ufffd", "b": "c\n\ufffd\n"},)
    assert load(dump(documents)) == documents


def test_many_empty_documents_are_refused_at_once() -> None:
    """S19"""
    for text in ("---\n" * 250_000, "--- {}\n" * 140_000):
        assert len(parts(text)) == 1


@pytest.mark.parametrize("item", ["{}", "", "{kind: List, items: [{}]}", "&a {}\n- *a"])
def test_many_empty_items_of_a_list_are_refused_where_the_first_is_too_many(item: str) -> None:
    """S19: and read no further. The broken end of the text would be a problem of its own."""
    lines = ["kind: List", "items:", *f"- {item}\n".splitlines() * 250, "}"]
    assert (problem("\n".join(lines)).line, "200 documents" in problem("\n".join(lines)).message) == (203, True)


def test_too_many_items_of_a_list_are_refused_wherever_its_kind_stands() -> None:
    """S19: on the line of the first one too many, in one list or in several; other lists may be longer."""
    items = "- {}\n" * 150
    assert problem(f"items:\n{items}{items}kind: List\n").line == 202
    assert problem(f"kind: List\nitems:\n{items}---\n{{}}\n---\nkind: List\nitems:\n{items}").line == 157 + 50
    assert problem("items:\n" + "- null\n" * 201 + "kind: List\n").line == 202
    nested = "".join(f"- kind: List\n  items: [{'{}, ' * 99}{{}}]\n" for _ in range(3))
    assert problem(f"kind: List\nitems:\n{nested}").line == 8
    assert len(load(f"kind: List\nitems:\n{items}")) == 150
    assert len(load(f"spec:\n  kind: List\n  items: [{'{}, ' * 300}]\nkind: Other\nitems: [{'1, ' * 300}]\n")) == 1


@pytest.mark.parametrize("text", ["a: !{}", "a: *{}", "{}: 1\n{}: 2", "a: 1e{}", "1{}: a", "!!{} a"])
def test_what_is_long_is_named_in_short(text: str) -> None:
    """S5, S19: a problem is a sentence, whatever stands in the file."""
    assert len(problem(text.replace("{}", "9" * 390)).message) < 130


@pytest.mark.timeout(30)  # a search that goes back at each step would take many minutes
@pytest.mark.parametrize("line", ["x{} y", "x{}", '"x"{}y', "x{}#", "- {}x", "kind:{}!"])
def test_a_long_line_does_not_hold_up_the_completion(line: str) -> None:
    """S5, C13: one regular expression holds the interpreter, and with it the console."""
    text = line.replace("{}", " " * 600_000)
    for at in (1, 3):
        assert cursor_at(f"a: 1\n{text}\nb: 2\n", at, 1).path == ()


@pytest.mark.timeout(30)
def test_long_lines_do_not_hold_up_what_reads_texts() -> None:
    """S5, C13: comments of a document, and addresses in texts."""
    assert _INDENTED_LIST.search("a" + ": #" * 300_000 + "\nb") is None
    assert _INDENTED_LIST.search("a: b\nc:  # d\n  - e\n") is not None
    data = {"kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"x": "web." * 200_000, "y": "http://web.b:80/"}}
    data["data"] |= {"z": "http://not.web:80/", "w": "a." * 400_000}
    listed = loose(Bundle((data,)), [{"service": "web", "port": 80}, *({"service": "a", "port": n} for n in range(50))])
    assert [reference.path for reference in listed] == [("data", "y")]


@pytest.mark.timeout(30)
def test_many_dashes_above_do_not_hold_up_the_completion() -> None:
    """C13"""
    assert len(cursor_at("- " * 400_000 + "a:\n#", 2, 800_004).path) <= 101


@pytest.mark.timeout(30)
@pytest.mark.parametrize("text", ["a{}!", "a={}!", "a in{}!", "!{}!", "{}!", "a in (b{}!", "a,{}!"])
def test_a_long_selector_is_refused_at_once(text: str) -> None:
    """S5, C13"""
    assert isinstance(parse_selector(text.replace("{}", " " * 300_000)), Sentence)
