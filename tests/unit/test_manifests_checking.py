"""The pure half of the YAML editor: a text against schemas, what can be written at a place, another layout."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from services.manifests.checking import findings, parts
from services.manifests.completing import complete
from services.manifests.rewrite import formatted
from services.manifests.schema import Published
from services.manifests.yamlio import Source, YamlProblem, dump, load
from tests.unit.manifests_strategies import DOCUMENTS

META = {"type": "object", "properties": {"name": {"type": "string"}, "uid": {"type": "string"}}}
PORT = {"type": "object", "required": ["port"], "properties": {"port": {"type": "integer"}, "name": {"type": "string"}}}
SPEC = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "description": "How it is reached. Valid options are ClusterIP, and NodePort."},
        "ports": {"type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/Port"}]}},
        "publish": {"type": "boolean"},
    },
}
SERVICE = {
    "type": "object",
    "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Service"}],
    "properties": {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"$ref": "#/components/schemas/Meta"},
        "spec": {"$ref": "#/components/schemas/Spec"},
        "status": {"type": "object"},
    },
}
PUBLISHED = Published({"components": {"schemas": {"Service": SERVICE, "Meta": META, "Spec": SPEC, "Port": PORT}}})
HEAD = "apiVersion: v1\nkind: Service\n"


def catalogue(version: str) -> Published | None:
    return PUBLISHED if version == "v1" else None


def offered(text: str) -> dict[str, str]:
    """What is offered at the `|`, and what would be typed for it."""
    before = text.partition("|")[0]
    completion = complete(
        text.replace("|", ""), before.count("\n") + 1, len(before) - before.rfind("\n"), catalogue, "demo"
    )
    return {item.name: item.insert for item in completion.items}


def test_each_document_is_checked_where_there_is_a_schema() -> None:
    text = f"{HEAD}spec: {{typ: A}}\n---\nkind: Deployment\napiVersion: apps/v1\nspec: {{x: 1}}\n---\nkind: Secret\n"
    checked = findings(load(text), catalogue)
    assert [(finding.index, finding.path, finding.state) for finding in checked.findings] == [
        (0, ("spec", "typ"), "bad")
    ]
    assert (checked.against, checked.unchecked) == (("v1",), ("apps/v1",))


def test_findings_are_bounded_over_all_documents() -> None:
    many = "---\n".join([HEAD + "spec:\n" + "".join(f"  typ{at}: 1\n" for at in range(30))] * 20)
    assert len(findings(load(many), catalogue).findings) == 100


@pytest.mark.parametrize("document", [{}, {"components": 1}, {"components": {"schemas": {"Service": 3}}}])
def test_a_document_without_schemas_knows_no_kind(document: dict[str, object]) -> None:
    published = Published(document)
    assert published.kind("v1", "Service") is None
    assert published.resolve("#/components/schemas/Nothing") == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "spec:\n  |", {"ports": "ports:", "publish": "publish: ", "type": "type: "}),
        (HEAD + "spec:\n  publish: true\n  |\n  type: A", {"ports": "ports:"}),
        (HEAD + "spec:\n  ports:\n  - |", {"port": "port: ", "name": "name: "}),
        (HEAD + "spec:\n  ports:\n    |", {"port": "- port: ", "name": "- name: "}),
        (HEAD + "spec:\n  publish: |", {"true": "true", "false": "false"}),
        (HEAD + "spec:\n  type: |", {"ClusterIP": "ClusterIP", "NodePort": "NodePort"}),
        (HEAD + "metadata:\n  |", {"name": "name: "}),
        (HEAD + "metadata:\n  namespace: |", {"demo": "demo"}),
        (HEAD + "metadata:\n  name: a\n|", {"spec": "spec:"}),
        (HEAD + "|", {"metadata": "metadata:", "spec": "spec:"}),
        (HEAD + "spec:\n  nothing:\n    |", {}),
        ("kind: Secret\napiVersion: v1\ndata:\n  |", {}),
    ],
)
def test_what_can_be_written_at_a_place(text: str, expected: dict[str, str]) -> None:
    assert offered(text) == expected


def test_without_a_schema_completion_says_so() -> None:
    assert not complete("kind: Deployment\napiVersion: apps/v1\nspec:\n  \n", 4, 3, catalogue, "demo").known


def test_parts_of_a_text_with_a_slip() -> None:
    text = f"{HEAD}---\na: 1\nb: [\n---\n{HEAD}"
    read = parts(text)
    assert [before for before, _ in read] == [0, 2, 5]
    assert isinstance(read[1][1], YamlProblem)
    assert read[1][1].line >= 5
    assert isinstance(read[2][1], Source)
    twice = parts(f"{HEAD}---\na: 1\na: 2\n")[1][1]
    assert isinstance(twice, YamlProblem)
    assert "first on line 4" in str(twice.message)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("b: 1 # why\na: 2\n", 1),
        ("# why\na: 2\n", 1),
        ("a: &x 1\nb: *x\n", 1),
        ("a: é # ü\n", 1),
        ("b: '# not one'\na: \"#\"\n", 0),
        ("a: |\n  #!/bin/sh\n  # in a script\nb: 1\n", 0),
        ("a: x#y\n", 0),
        ("%YAML 1.2\n---\na: 1\n", 1),
        ("", 0),
    ],
)
def test_a_comment_is_never_lost(text: str, kept: int) -> None:
    layout, stayed = formatted(text)
    assert stayed == kept
    assert load(layout) == load(text)
    if kept:
        assert layout == text


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(documents=DOCUMENTS)
def test_a_layout_says_the_same_and_is_final(documents: tuple[dict[str, Any], ...]) -> None:
    layout, _stayed = formatted(dump(documents))
    assert load(layout) == documents
    assert formatted(layout)[0] == layout
