"""What the YAML editor asks the server while somebody types, held against the schemas of the connected cluster."""

from __future__ import annotations

import html as markup
import json
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console import wiring
from services.models import Draft
from tests.clusters import Cluster
from tests.manifests import service
from tests.web.creating import Wizard

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.faults import Proxy

SignIn = Callable[[str], Client]

TEXT = """\
apiVersion: v1
kind: Service
metadata:
  name: shop
spec:
  selector: {app: shop}
  ports:
  - port: 80
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop-v1
spec:
  replicas: 1
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop}
    spec:
      containers:
      - name: app
        image: nginx:1.27
        resources:
          requests: {cpu: 1, memory: 64Mi}
"""
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


class Editor:
    """One person's editor in one project."""

    def __init__(self, client: Client, project: str) -> None:
        self.client, self.root = client, f"/projects/{project}/services/yaml/"

    def ask(self, path: str, **fields: Any) -> Any:
        answer = self.client.post(f"{self.root}{path}/", fields)
        assert answer.status_code in (200, 422), answer.content[:300]
        return answer.json()

    def problems(self, text: str, **fields: str) -> list[tuple[int, int, str]]:
        problems = self.ask("problems", text=text, **fields)["problems"]
        return [(problem["line"], problem["column"], problem["sentence"]) for problem in problems]

    def offered(self, text: str) -> dict[str, Any]:
        """What completion offers at the `|` in `text`, by name."""
        before = text.partition("|")[0]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        items = self.ask("completion", text=text.replace("|", "", 1), line=line, column=column)["items"]
        return {item["name"]: item for item in items}


@pytest.fixture
def editor(sign_in: SignIn, project: Project) -> Editor:
    return Editor(sign_in("bob"), project.name)


def test_a_text_that_is_right_has_been_checked(editor: Editor) -> None:
    report = editor.ask("problems", text=TEXT)
    assert report == {"problems": [], "checked": "Checked against v1, apps/v1", "whole": True}


@pytest.mark.parametrize(
    ("old", "new", "was", "instead"),
    [
        ("replicas: 1", "replica: 1", "replica", "replicas"),
        ("replicas: 1", "replica: 1\n  replicas: 1", "", ""),
        ("replicas: 1", 'replicas: "1"', '"1"', "1"),
        ("replicas: 1", 'replicas: "one"', "", ""),
        ("- name: app", '- tty: "true"\n        name: app', '"true"', "true"),
        ("labels: {app: shop}", "labels: {app: 1}", "1", '"1"'),
    ],
)
def test_a_problem_that_one_word_mends_says_which(editor: Editor, old: str, new: str, was: str, instead: str) -> None:
    problems = editor.ask("problems", text=TEXT.replace(old, new, 1))["problems"]
    assert [(problem["was"], problem["instead"]) for problem in problems] == [(was, instead)]


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "sentence"),
    [
        ("replicas: 1", "replica: 1", 15, 3, "Unknown field replica in spec. Did you mean replicas?"),
        ("replicas: 1", "replica: 1\n  replicas: 1", 15, 3, "Unknown field replica in spec. replicas is on line 16."),
        ("resources:", "resource:", 25, 9, "Unknown field resource in containers. Did you mean resources?"),
        ("replicas: 1", 'replicas: "1"', 15, 3, 'replicas must be a whole number, this is text: "1"'),
        ("- port: 80", "- port: http", 8, 5, 'port must be a whole number, this is text: "http"'),
        ("labels: {app: shop}", "labels: {app: 1}", 20, 16, "app must be text, this is a whole number: 1"),
        ("- name: app", "- tty: false", 23, 9, "spec.template.spec.containers[0] needs the field name."),
        (
            "nginx:1.27",
            "nginx",
            24,
            9,
            "No tag means latest, which can point to a different image after a restart. Pin a version.",
        ),
        ("memory: 64Mi", "memory: 128", 26, 30, "128 means 128 bytes"),
        ("cpu: 1", "cpu: 100M", 26, 22, "millions of cores"),
        ("kind: Service", "kind: Secret", 2, 1, "Secret cannot be created here."),
        ("name: shop\n", "name: shop\n  namespace: kube-system\n", 5, 3, "Objects of other namespaces"),
        ("name: shop\n", "name: shop\n  uid: 1-2-3\n", 5, 3, "uid is set by the cluster. Remove it."),
        (
            "kind: Service",
            "kind: Service\nstatus: {loadBalancer: {ingress: [{ip: 10.0.0.1}]}}",
            3,
            1,
            "status is set by the cluster",
        ),
        ("replicas: 1", "replicas: 1\n  replicas: 2", 16, 3, "Duplicate key replicas, first on line 15."),
        ("selector: {app", "selector: {{app", 6, 0, "This is a template"),
    ],
)
def test_a_problem_stands_on_its_line(
    editor: Editor, old: str, new: str, line: int, column: int, sentence: str
) -> None:
    """M19, F12: units that were nearly always meant otherwise, beside what a schema and the rules know."""
    problems = editor.problems(TEXT.replace(old, new, 1))
    assert problems, "there is a problem"
    assert [(at, words) for at, _, words in problems if at == line and sentence in words], problems
    if column:
        assert (line, column) in {(at, where) for at, where, _ in problems}


def test_one_line_one_word_for_it(editor: Editor) -> None:
    """What both the rules and the schema know is said once."""
    problems = editor.problems(TEXT.replace("replicas: 1", "replicaz: 1\n  paused: 7"))
    assert [line for line, _, _ in problems] == [15, 16]


def test_a_slip_in_one_document_hides_no_problem_of_another(editor: Editor) -> None:
    problems = editor.problems(TEXT.replace("  name: shop\n", "  name: shop\n im\n", 1).replace("replicas", "replica"))
    assert [(line, sentence.partition(":")[0]) for line, _, sentence in problems] == [
        (5, "This is not valid YAML"),
        (16, "Unknown field replica in spec. Did you mean replicas?"),
    ]


def test_a_service_stays_the_service_it_is(editor: Editor) -> None:
    first, shop = TEXT.partition("---")[0], {"name": "shop", "kind": "service"}
    assert editor.problems(first, **shop) == []
    other = editor.problems(first.replace("name: shop", "name: other").replace("- port", "- prt"), **shop)
    assert [sentence for line, _, sentence in other if line == 4] == ["The name cannot be changed: it is shop."]
    assert [line for line, _, sentence in other if "Unknown field prt" in sentence] == [8]
    assert "2 documents" in editor.problems(TEXT, **shop)[0][2]


def test_fields_are_offered_with_what_they_are(editor: Editor) -> None:
    fields = editor.offered(TEXT.replace("  replicas: 1\n", "  re|\n"))
    assert fields["replicas"]["insert"] == "replicas: "
    assert "Number of desired pods" in fields["replicas"]["about"]
    assert fields["replicas"]["kind"] == "integer"
    assert "selector" not in fields, "it is there already"
    fields_at_end = editor.offered(f"{TEXT.partition('  template:')[0]}  te|\n")
    assert fields_at_end["template"]["required"]
    assert not fields_at_end["paused"]["required"]
    inside = editor.offered(TEXT.replace("        resources:", "        |\n        resources:"))
    assert {"env", "ports", "livenessProbe"} <= set(inside)
    assert "image" not in inside


def test_values_are_offered(editor: Editor) -> None:
    types = editor.offered(TEXT.replace("selector: {app: shop}", "type: |", 1))
    assert set(types) == {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"}
    assert set(editor.offered("apiVersion: apps/v1\nkind: |\n")) == {"Deployment", "StatefulSet", "DaemonSet"}
    assert set(editor.offered("|\n")) == {"apiVersion", "kind", "metadata"}
    assert set(editor.offered(TEXT.replace("replicas: 1", "paused: |"))) == {"true", "false"}


def test_a_kind_that_may_not_be_written_is_not_looked_up(editor: Editor, cluster: Cluster) -> None:
    cluster.forget()
    text = "apiVersion: ../../api/v1/secrets\nkind: Service\nspec:\n  |\n"
    assert editor.offered(text) == {}
    assert editor.problems(text.replace("|", "a: 1"))
    assert not [request for request in cluster.request_log() if "secrets" in request.target]


def test_a_new_layout_says_the_same_and_keeps_comments(editor: Editor) -> None:
    jumbled = 'spec: {ports: [{port: 80}]}\nkind: Service\nmetadata: {name: "shop"}\napiVersion: v1\n'
    commented = "kind: ConfigMap # mine\napiVersion: v1\nmetadata: {name: shop}\n"
    formatted = editor.ask("format", text=f"{jumbled}---\n{commented}")
    assert formatted["kept"] == 1
    assert "1 document keeps its layout" in formatted["said"]
    first, _, second = formatted["text"].partition("---\n")
    assert first == "apiVersion: v1\nkind: Service\nmetadata:\n  name: shop\nspec:\n  ports:\n  - port: 80\n"
    assert second == commented
    unreadable = editor.ask("format", text="a: [")
    assert unreadable["problems"][0]["line"] == 1


def test_a_list_and_json_become_documents(editor: Editor) -> None:
    items = [service("one"), service("two")]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    assert editor.problems(text) == []
    assert editor.ask("format", text=text)["text"].count("kind: Service") == 2


def test_without_schemas_nothing_is_claimed(editor: Editor, project: Project, faults: Proxy) -> None:
    wiring.cluster().close()
    wiring.cluster.cache_clear()  # it had the schemas already
    with faults.answer(503, path="/openapi"):
        report = editor.ask("problems", text=TEXT.replace("replicas", "replica"))
        assert report["problems"] == []
        assert not report["whole"]
        assert "could not be checked" in report["checked"]
        assert editor.ask("problems", text=TEXT.replace("kind: Service", "kind: Secret"))["problems"]
        offered = editor.ask("completion", text="apiVersion: v1\nkind: Service\nspec:\n  \n", line=4, column=3)
        assert offered == {"items": [], "known": False}
    again = editor.ask("problems", text=TEXT.replace("replicas", "replica"))
    assert (len(again["problems"]), again["whole"]) == (1, True)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "a: &a [*a]",
        "x: &x {a: 1}\ny: {<<: *x}",
        "[" * 100_000,
        "- " * 100_000,
        "[" + "x," * 300_000 + "x]",
        "a" * 1_000_001,
        '!!python/object/apply:os.system ["touch /tmp/pwn"]',
        "!!python/name:os.system",
        "a: !!binary aGk=",
        "a: !!set {b, c}",
        "a: !!timestamp foo",
        'a: !!int ""',
        "a: !!bool maybe",
        "a: .nan",
        "1: a",
        "a: " + "9" * 5000,
        "a: \x00",
        '{"a": "\\ud800"}',
    ],
)
@pytest.mark.parametrize("path", ["problems", "format", "completion"])
def test_hostile_text_is_a_problem_on_a_line(editor: Editor, path: str, text: str) -> None:
    """Y1, Y2, Y3: bombs, nesting, tags and what is no JSON are refused, soon, with line and column."""
    editor.problems("")  # what a process loads at its first request does not count
    started = time.thread_time()
    answer = editor.client.post(f"{editor.root}{path}/", {"text": text, "line": 1, "column": 2})
    assert answer.status_code in (200, 422)
    assert time.thread_time() - started < 1
    if path != "completion":
        (problem,) = answer.json()["problems"][:1]
        assert problem["line"] >= 1
        assert problem["column"] >= 1


def test_more_than_a_request_may_have(editor: Editor) -> None:
    """Y4: what is larger than any text that is taken does not reach the parser."""
    for sent in ({"text": "a" * 4_600_000}, {f"field-{number}": "a" for number in range(4001)}):
        answer = editor.client.post(f"{editor.root}problems/", sent)
        words = answer.content.decode()
        assert (answer.status_code, "larger than Berth accepts" in words) == (413, True)
        assert "as the browser encodes them, 4.5 MB" in words, "not what a manifest may have: others' letters take more"


def test_any_text_gets_an_answer(editor: Editor, cluster: Cluster) -> None:
    """Y2: nothing a person can type is a fault of the server, and nothing is written."""
    cluster.forget()
    pieces = st.sampled_from(
        ["a", ":", " ", "\n", "- ", "{", "}", "[", "]", "&x ", "*x", "!!", "|", ">", "'", '"', "#"]
    )
    typed = st.one_of(st.text(max_size=80), st.lists(pieces, max_size=30).map("".join))

    @settings(max_examples=75, suppress_health_check=list(HealthCheck))
    @given(typed, st.integers(-1, 50), st.integers(-1, 50))
    def check(text: str, line: int, column: int) -> None:
        for path in ("problems", "completion", "format"):
            fields = {"text": text, "line": line, "column": column}
            assert editor.client.post(f"{editor.root}{path}/", fields).status_code in (200, 422)

    check()
    assert not [request for request in cluster.request_log() if request.writes]


def test_schema_problems_are_on_their_lines_when_a_draft_is_saved(
    sign_in: SignIn, project: Project, cluster: Cluster
) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("yaml")
    text = TEXT.replace("replicas: 1", "replica: 1")
    cluster.forget()
    wizard.submit("review", text=text)
    assert wizard.page is not None
    assert wizard.page.status_code == 422
    assert "Unknown field replica in spec. Did you mean replicas?" in markup.unescape(wizard.text)
    assert "Line 15" in wizard.text
    assert Draft.objects.get().text == text, "it is saved nevertheless"
    wizard.submit("anyway")
    assert wizard.step == "review", "the cluster is the judge"
    assert not [request for request in cluster.request_log() if request.writes and "dryRun=All" not in request.target]


def test_schema_problems_are_on_their_lines_when_a_service_is_saved(
    sign_in: SignIn, project: Project, cluster: Cluster
) -> None:
    cluster.admin.create(service("web"), project.name)
    olive, address = sign_in("olive"), f"/projects/{project.name}/service/web/yaml/"
    page = markup.unescape(olive.get(address).content.decode())
    text = re.search(r'name="text"[^>]*>\n(.*?)</textarea>', page, re.S)
    version = re.search(r'name="version" value="([^"]*)"', page)
    assert text
    assert version
    wrong = text[1].replace("    port: 80", "    prt: 80").replace("spec:\n", "spec:\n  typ: NodePort\n")
    answer = olive.post(address, {"text": wrong, "base": text[1], "version": version[1], "do": "review"})
    shown = markup.unescape(answer.content.decode())
    assert answer.status_code in (400, 422)
    for field in ("typ", "prt"):
        line = next(at for at, text_line in enumerate(wrong.splitlines(), 1) if f" {field}:" in text_line)
        assert re.search(rf'data-line="{line}"[^>]*data-sentence="[^"]*{field}', shown), shown
