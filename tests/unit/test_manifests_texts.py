"""Text and documents: kept byte for byte, compared, merged, held against the allowed list and against schemas."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.kube.kinds import by_name
from services.manifests.allowed import ALLOWED_KINDS, bundle_problems, dangers, problems
from services.manifests.bundle import Bundle, creation_order
from services.manifests.cursor import cursor_at
from services.manifests.diff import Change, changes
from services.manifests.leaving import leave_out
from services.manifests.lines import opcodes
from services.manifests.paths import format_path, parse_path
from services.manifests.rewrite import lost, rewrite
from services.manifests.schema import complete, describe
from services.manifests.schema import problems as schema_problems
from services.manifests.starters import starter
from services.manifests.tree import MISSING
from services.manifests.yamlio import dump, load
from tests.unit.manifests_strategies import DOCUMENTS

TEXT = """\
# the workload
kind: A
x: 1   # one
---
# the second
kind: B
list: [1,
  2]
--- # third
kind: C
"""


def test_an_unchanged_text_is_kept_byte_for_byte() -> None:
    bundle = Bundle(load(TEXT))
    assert rewrite(TEXT, bundle, Bundle(load(TEXT))) == TEXT
    dos = TEXT.replace("\n", "\r\n")
    assert rewrite(dos, Bundle(load(dos)), Bundle(load(dos))) == dos


def test_only_the_changed_document_is_written_anew() -> None:
    first, second, third = load(TEXT)
    changed = rewrite(TEXT, Bundle((first, second, third)), Bundle((first, {**second, "y": "z"}, third)))
    assert changed == TEXT.replace("list: [1,\n  2]\n", 'list: [1, 2]\n"y": z\n')
    bare = "---\n".join(dump([document]) for document in (first, second, third))
    plain = rewrite(bare, Bundle((first, second, third)), Bundle((first, {**second, "y": "z"}, third)))
    assert plain == bare.replace("- 2\n", "- 2\n'y': z\n")


COMMENTED = """\
# owner: team a
apiVersion: apps/v1
kind: Deployment
metadata:
  name: a # short
spec:
  # how many
  replicas: 1  # keep at one!
  selector: {matchLabels: {app: a}}  # flow
  template:
    spec:
      containers:
        # the app
        - name: app
          image: "nginx:1.27" # pinned
          env:
            - name: A   # first
              value: 'no'
        - name: side # sidecar
          image: busybox
"""


def test_f8_comments_survive_a_change_by_the_form() -> None:
    """F8: every comment stays at what it was said of; text is quoted for every reader; the rest is byte for byte."""
    (old,) = load(COMMENTED)
    new = deepcopy(old)
    new["spec"]["replicas"] = 3
    new["metadata"]["labels"] = {"on": "22:22"}
    new["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": "B", "value": "yes"})
    text = rewrite(COMMENTED, Bundle((old,)), Bundle((new,)))
    assert load(text) == (new,)
    assert lost(COMMENTED, text) == 0
    added = ['  labels:\n    "on": "22:22"\n', '            - name: B\n              value: "yes"\n']
    back = text.replace(added[0], "").replace(added[1], "").replace("replicas: 3", "replicas: 1")
    assert back == COMMENTED


def test_f8_a_comment_goes_with_what_it_was_said_of_and_is_counted() -> None:
    """F8: also where the document is too long for the round trip: then the comments of its beginning stay."""
    (old,) = load(COMMENTED)
    new = deepcopy(old)
    del new["spec"]["template"]["spec"]["containers"][1]
    text = rewrite(COMMENTED, Bundle((old,)), Bundle((new,)))
    assert (load(text), lost(COMMENTED, text)) == ((new,), 1)
    long = COMMENTED + "".join(f"x{n}: {n} # c\n" for n in range(3_000))
    (old,) = load(long)
    short = rewrite(long, Bundle((old,)), Bundle(({**old, "x1": "new"},)))
    assert short.startswith("# owner: team a\napiVersion")
    assert lost(long, short) == 3_008
    assert load(short) == ({**old, "x1": "new"},)


def test_f8_a_document_that_changes_while_another_is_added_keeps_its_comments() -> None:
    """F8"""
    (old,) = load(COMMENTED)
    new = {**old, "spec": {**old["spec"], "replicas": 2}}
    text = rewrite(COMMENTED, Bundle((old,)), Bundle(({"kind": "New"}, new)))
    assert text == f"kind: New\n---\n{COMMENTED.replace('replicas: 1', 'replicas: 2')}"


def test_added_and_removed_documents_leave_the_others_their_text() -> None:
    first, second, third = load(TEXT)
    old = Bundle((first, second, third))
    added = rewrite(TEXT, old, Bundle((first, second, third, {"kind": "D"})))
    assert added == TEXT.replace("--- # third\n", "---\n # third\n") + "---\nkind: D\n"
    removed = rewrite(TEXT, old, Bundle((second, third)))
    assert removed == "# the second\nkind: B\nlist: [1,\n  2]\n---\n # third\nkind: C\n"


def test_a_changed_item_of_a_list_takes_the_list_apart() -> None:
    text = "# all\nkind: List\nitems:\n- kind: A\n- kind: B\n---\nkind: C # c\n"
    first, second, third = load(text)
    changed = rewrite(text, Bundle((first, second, third)), Bundle((first, {"kind": "X"}, third)))
    assert changed == "kind: A\n---\nkind: X\n---\nkind: C # c\n"


def test_a_text_that_cannot_be_cut_is_written_whole() -> None:
    text = "%YAML 1.1\n---\nkind: A\n"
    assert rewrite(text, Bundle(load(text)), Bundle(({"kind": "B"},))) == "kind: B\n"
    assert rewrite("kind: other\n", Bundle(({"kind": "A"},)), Bundle(({"kind": "B"},))) == "kind: B\n"


@settings(max_examples=100)
@given(old=DOCUMENTS, new=DOCUMENTS, comment=st.booleans())
def test_a_rewritten_text_says_what_it_should(old: Any, new: Any, comment: bool) -> None:
    dumped = "---\n".join(f"{'# c' if comment else ''}\n{dump([document])}" for document in old)
    text = dumped.replace("metadata:\n", "metadata: # m\n") if comment else dumped
    mixed = Bundle((*old[:1], *new))
    assert load(rewrite(text, Bundle(old), mixed)) == mixed.documents
    assert load(rewrite(text, Bundle(load(text)), Bundle(new))) == new


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("spec.ports[0].nodePort", ("spec", "ports", 0, "nodePort")),
        ("metadata.labels[a.b/c]", ("metadata", "labels", "a.b/c")),
        ("spec.containers[12].resources.limits[cpu]", ("spec", "containers", 12, "resources", "limits", "cpu")),
        ("", ()),
    ],
)
def test_paths_are_read_as_the_api_writes_them(text: str, path: tuple[str | int, ...]) -> None:
    assert parse_path(text) == path
    assert parse_path(format_path(path)) == path


def test_changes_are_named_by_path() -> None:
    old = {"a": 1, "b": [1, 2], "c": {"d": True}, "gone": 1}
    new = {"a": 1, "b": [1, 3, 4], "c": {"d": 1}, "new": None}
    assert list(changes(old, new)) == [
        Change(("b", 1), 2, 3),
        Change(("b", 2), MISSING, 4),
        Change(("c", "d"), True, 1),
        Change(("gone",), 1, MISSING),
        Change(("new",), MISSING, None),
    ]
    assert not list(changes(old, dict(reversed(old.items()))))


@given(
    left=st.lists(st.sampled_from("abcdefgh"), max_size=40),
    right=st.lists(st.sampled_from("abcdefgh"), max_size=40),
    small=st.sampled_from([0, 4, 250_000]),
)
@settings(max_examples=150)
def test_a_difference_covers_both_texts_and_calls_equal_what_is(left: list[str], right: list[str], small: int) -> None:
    with patch("services.manifests.lines._SMALL", small):
        operations = list(opcodes(left, right))
    assert [line for _tag, i1, i2, _j1, _j2 in operations for line in left[i1:i2]] == left
    assert [line for _tag, _i1, _i2, j1, j2 in operations for line in right[j1:j2]] == right
    assert all((tag == "equal") == (left[i1:i2] == right[j1:j2]) for tag, i1, i2, j1, j2 in operations)
    assert left != right or [tag for tag, *_rest in operations] in ([], ["equal"])


def test_large_texts_are_compared_at_the_lines_they_share_once() -> None:
    left = [f"key{number}: 1" for number in range(20_000)]
    right = ["first: 1", *left[:9_000], "middle: 1", *left[9_000:19_000], "last: 1", *left[19_500:]]
    tags = [(tag, i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in opcodes(left, right)]
    assert tags == [
        ("replace", 0, 1),
        ("equal", 9_000, 9_000),
        ("replace", 0, 1),
        ("equal", 10_000, 10_000),
        ("replace", 500, 1),
        ("equal", 500, 500),
    ]


@pytest.mark.timeout(20)
def test_no_text_takes_for_ever() -> None:
    same, numbers = ["- a"] * 200_000, [str(number) for number in range(50_000)]
    assert [tag for tag, *_rest in opcodes(same, [*same[:-1], "- b"])] == ["equal", "replace"]
    assert list(opcodes(["x", *same], [*same, "y"]))
    assert list(opcodes(numbers, numbers[::-1]))
    assert list(opcodes(["a", "b"] * 50_000, ["b", "c", "a"] * 33_000))


def service(**metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", **metadata}}


@pytest.mark.parametrize(
    ("document", "path", "says"),
    [
        ({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}, ("kind",), "Secret cannot"),
        ({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}, ("kind",), "Pod cannot"),
        ({"kind": 5, "metadata": {"name": "a"}}, ("kind",), "cannot"),
        ({"metadata": {"name": "a"}}, (), "without a kind"),
        ({"apiVersion": "apps/v1beta1", "kind": "Deployment", "metadata": {"name": "a"}}, ("apiVersion",), "apps/v1"),
        ({"apiVersion": "v1", "kind": "Service"}, (), "metadata"),
        ({"apiVersion": "v1", "kind": "Service", "metadata": 5}, ("metadata",), "metadata"),
        (service(name=""), ("metadata", "name"), "name"),
        (service(namespace="kube-system"), ("metadata", "namespace"), "namespace shop"),
        (service(uid="1"), ("metadata", "uid"), "uid"),
        (service(resourceVersion="1"), ("metadata", "resourceVersion"), "resourceVersion"),
        (service(ownerReferences=[{}]), ("metadata", "ownerReferences"), "ownerReferences"),
        (service(finalizers=["a"]), ("metadata", "finalizers"), "Finalizers"),
        (service(managedFields=[{}]), ("metadata", "managedFields"), "managedFields"),
        (service(generateName="a"), ("metadata", "generateName"), "generateName"),
        ({**service(), "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}}, ("status",), "status"),
    ],
)
def test_y5_y7_what_may_not_be_created_is_named_with_its_place(document: Any, path: Any, says: str) -> None:
    refusals = list(problems(document, "shop"))
    assert [place for place, _sentence in refusals] == [path]
    assert says in refusals[0][1]


def test_the_allowed_kinds_are_allowed() -> None:
    for kind, versions in ALLOWED_KINDS.items():
        for version in versions:
            document = {
                "apiVersion": version,
                "kind": kind,
                "metadata": {"name": "a", "namespace": "shop"},
                "status": {},
            }
            assert not list(problems(document, "shop"))


def test_s17_c8_what_is_offered_can_be_created() -> None:
    """S17, C8: every kind and version that the editor takes is one that the gateway can write."""
    for kind, versions in ALLOWED_KINDS.items():
        assert [version for version in versions if by_name(version, kind) is None] == [], kind


def test_s4_a_list_that_is_stored_may_be_reordered_and_shortened_but_not_extended() -> None:
    """S4: each new entry is a problem of its own, at its place."""
    old = {**service(finalizers=["a", "b"]), "spec": {"externalIPs": ["1.1.1.1", "2.2.2.2"]}}

    def places(ips: Any, **metadata: Any) -> list[Any]:
        return [path for path, _ in dangers({**service(**metadata), "spec": {"externalIPs": ips}}, old)]

    assert places(["2.2.2.2", "1.1.1.1"], finalizers=["b"]) == []
    assert places([]) == places(None) == []
    assert places(["1.1.1.1", "3.3.3.3", "4.4.4.4"]) == [("spec", "externalIPs", 1), ("spec", "externalIPs", 2)]
    assert places("9.9.9.9", finalizers=["a", "c"]) == [("metadata", "finalizers", 1), ("spec", "externalIPs")]
    assert places(["1.1.1.1"], ownerReferences=[{"uid": "x"}]) == [("metadata", "ownerReferences")]


PRINTED = """\
# who: team a
apiVersion: v1
kind: Service
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"kind":"Service"}
  creationTimestamp: "2026-01-01T00:00:00Z"  # when
  # the name
  name: web  # short
  managedFields:
  - fieldsV1:
      f:spec: {}
  # of the team
  labels: {a: b}
  uid: abc
spec: {}
status:
  loadBalancer:
    ingress: []
# the end
"""
LEFT = """\
# who: team a
apiVersion: v1
kind: Service
metadata:
  # the name
  name: web  # short
  # of the team
  labels: {a: b}
spec: {}
# the end
"""


def test_m8_what_the_cluster_sets_is_left_out_and_nothing_else() -> None:
    """M8: comments, layout and the other documents stay."""
    text, other = PRINTED, "---\nkind: Service # b\napiVersion: v1\nmetadata: {name: b}\n"
    left, fields = leave_out(text + other, replaces=False)
    assert left == LEFT + other
    assert fields[0] == "status"
    assert leave_out(left, replaces=False) == (left, ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metadata: {uid: a, name: b, selfLink: c}\n", "metadata: {name: b}\n"),
        ("metadata: {name: b, uid: a, selfLink: c}  # d\n", "metadata: {name: b}  # d\n"),
        ("- status: {}\n  metadata: {name: b}\n", "- metadata: {name: b}\n"),
        ('{"metadata": {"name": "b",\n  "uid": "a"\n}}\n', '{"metadata": {"name": "b"\n}}\n'),
        ("metadata: {name: b}\nspec: &a {b: 1}\nstatus: *a\n", "metadata: {name: b}\nspec: &a {b: 1}\n"),
        ("metadata: {name: b}\nstatus: &a {b: 1}\nspec: *a\n", "metadata:\n  name: b\nspec:\n  b: 1\n"),
        ("metadata: {name: b}\nstatus: |\n  a\n\n# c\nspec: {}", "metadata: {name: b}\n\n# c\nspec: {}"),
        ("metadata: {name: b}\nspec: {}\nstatus: {}", "metadata: {name: b}\nspec: {}\n"),
    ],
)
def test_m8_in_every_way_of_writing_it(text: str, expected: str) -> None:
    """M8: flow style, lists, JSON, aliases; what cannot be cut is written anew."""
    head = "apiVersion: v1\nkind: List\nitems:\n" if text.startswith("-") else ""
    assert leave_out(head + text, replaces=True)[0] == head + expected


def test_the_same_object_twice_is_a_problem_of_the_second() -> None:
    assert [
        index for index, _path, _sentence in bundle_problems((service(), service(name="b"), service()), "shop")
    ] == [2]


def test_a_kind_that_is_no_text_is_a_problem_and_never_the_same_twice() -> None:
    odd = {"kind": ["Service"], "apiVersion": "v1", "metadata": {"name": "a"}}
    problems = list(bundle_problems((odd, odd), "shop"))
    assert [(index, path) for index, path, _sentence in problems] == [(0, ("kind",)), (1, ("kind",))]


def test_starters_are_allowed_but_for_their_name() -> None:
    refusals = bundle_problems(starter("stateful", "shop").documents, "shop")
    assert [(index, path) for index, path, _sentence in refusals] == [
        (0, ("metadata", "name")),
        (1, ("metadata", "name")),
    ]


def test_what_others_need_is_created_first() -> None:
    kinds = ["Ingress", "Service", "Deployment", "ConfigMap", "HorizontalPodAutoscaler", "PersistentVolumeClaim"]
    ordered = [document["kind"] for document in creation_order({"kind": kind} for kind in kinds)]
    assert ordered == [
        "ConfigMap",
        "PersistentVolumeClaim",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Service",
        "Ingress",
    ]


SCHEMAS: dict[str, Any] = {
    "Deployment": {
        "type": "object",
        "required": ["spec"],
        "properties": {
            "kind": {"type": "string"},
            "metadata": {"allOf": [{"$ref": "Meta"}], "description": "About it"},
            "spec": {"$ref": "Spec", "description": "What is wanted"},
        },
    },
    "Meta": {
        "type": "object",
        "properties": {"labels": {"type": "object", "additionalProperties": {"type": "string"}}},
    },
    "Spec": {
        "type": "object",
        "required": ["containers"],
        "properties": {
            "replicas": {"type": "integer"},
            "paused": {"type": "boolean"},
            "policy": {"type": "string", "enum": ["Always", "Never"]},
            "port": {"$ref": "IntOrString"},
            "containers": {"type": "array", "items": {"$ref": "some.v1.Container"}},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"a": {}}},
        },
    },
    "some.v1.Container": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
    "IntOrString": {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
}


def resolve(reference: str) -> Any:
    return SCHEMAS[reference]


@pytest.mark.parametrize(
    ("spec", "path", "words"),
    [
        ({"containers": []}, None, None),
        ({"containers": [{"name": "a"}], "port": "http", "free": {"b": 1}, "paused": None}, None, None),
        ({"containers": [{"name": "a", "imagee": 1}]}, ("spec", "containers", 0, "imagee"), "Unknown field"),
        ({"containers": [], "replica": 1}, ("spec", "replica"), "Unknown field"),
        ({"containers": [], "replicas": "1"}, ("spec", "replicas"), "must be"),
        ({"containers": [], "replicas": True}, ("spec", "replicas"), "must be"),
        ({"containers": {}}, ("spec", "containers"), "must be"),
        ({"containers": [], "paused": "yes"}, ("spec", "paused"), "must be"),
        ({"containers": [], "port": []}, ("spec", "port"), "must be"),
        ({"containers": [], "policy": "always"}, ("spec", "policy"), "is not one of"),
        ({"containers": [{}]}, ("spec", "containers", 0), "needs the field"),
        ({}, ("spec",), "needs the field"),
    ],
)
def test_documents_are_held_against_the_schema(spec: Any, path: Any, words: str | None) -> None:
    document = {"kind": "Deployment", "metadata": {"labels": {"a": "b"}}, "spec": spec}
    mistakes = schema_problems(document, SCHEMAS["Deployment"], resolve)
    assert [place for place, _sentence in mistakes] == ([path] if path else [])
    assert all(words and words in sentence for _place, sentence in mistakes)


def test_a_slip_gets_a_proposal_and_labels_must_be_text() -> None:
    document = {"spec": {"containers": [], "replcas": 1}, "metadata": {"labels": {"a": 1}}}
    mistakes = dict(schema_problems(document, SCHEMAS["Deployment"], resolve))
    assert mistakes.keys() == {("metadata", "labels", "a"), ("spec", "replcas")}
    assert "text" in mistakes["metadata", "labels", "a"]
    assert "Did you mean replicas?" in mistakes["spec", "replcas"]


def test_what_can_be_written_at_a_place() -> None:
    schema = SCHEMAS["Deployment"]
    assert [(field.name, field.required) for field in complete(schema, (), resolve)] == [
        ("spec", True), ("kind", False), ("metadata", False),
    ]  # fmt: skip
    kinds = {field.name: field.kind for field in complete(schema, ("spec",), resolve)}
    assert kinds["containers"] == "list of Container"
    assert kinds["port"] == "text or number"
    assert [field.name for field in complete(schema, ("spec", "containers", 0), resolve)] == ["name"]
    assert [field.name for field in complete(schema, ("spec", "containers"), resolve)] == ["name"]
    assert [field.name for field in complete(schema, ("spec", "policy"), resolve)] == ["Always", "Never"]
    assert [field.name for field in complete(schema, ("spec", "paused"), resolve)] == ["true", "false"]
    assert complete(schema, ("nowhere", 0), resolve) == ()
    described = describe(schema, ("spec",), resolve)
    assert described is not None
    assert described.description == "What is wanted"


UNFINISHED = """\
apiVersion: apps/v1
kind: Deployment
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: a
        ports:
        - containerPort: 80
          na
        im
      - name: b
        resources:
          limits:
            cp
      vol
  sel
---
kind: Service
spec:
  type: Clu
  ports:
    - port: 1
      tar
    -
"""
POD = ("spec", "template", "spec")


@pytest.mark.parametrize(
    ("line", "typed", "path", "siblings"),
    [
        (11, "na", (*POD, "containers", 0, "ports", 0), {"containerPort"}),
        (12, "im", (*POD, "containers", 0), {"name", "ports"}),
        (16, "cp", (*POD, "containers", 0, "resources", "limits"), set()),
        (17, "vol", POD, {"containers"}),
        (18, "sel", ("spec",), {"replicas", "template"}),
        (25, "tar", ("spec", "ports", 0), {"port"}),
        (26, "", ("spec", "ports", 0), set()),
    ],
)
def test_the_place_of_the_cursor_in_an_unfinished_text(line: int, typed: str, path: Any, siblings: set[str]) -> None:
    text = UNFINISHED.replace("    -\n", "    - \n")
    column = len(text.splitlines()[line - 1]) + 1
    cursor = cursor_at(text, line, column)
    assert (cursor.path, cursor.typed, cursor.in_value, set(cursor.siblings)) == (path, typed, False, siblings)
    assert cursor.kind == ("Deployment" if line < 19 else "Service")


def test_the_cursor_in_a_value_and_outside_of_everything() -> None:
    cursor = cursor_at(UNFINISHED, 22, 12)
    assert (cursor.path, cursor.typed, cursor.in_value) == (("spec", "type"), "Clu", True)
    assert cursor_at("", 1, 1).path == ()
    assert cursor_at("a:\n  ", 99, 3).path == ("a",)


@settings(max_examples=150)
@given(text=st.text("ab:- \n#'\"[]{}"), line=st.integers(-1, 9), column=st.integers(-1, 20))
def test_a_cursor_anywhere_in_any_text_is_somewhere(text: str, line: int, column: int) -> None:
    assert isinstance(cursor_at(text, line, column).path, tuple)
