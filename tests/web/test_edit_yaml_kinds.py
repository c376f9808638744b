"""Edit YAML of workloads and pods: the review, the refusals and the merge that Services have."""

from __future__ import annotations

import html as markup
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.models import AuditEntry
from services.manifests.yamlio import load
from services.manifests.yamlout import dump_one
from tests.clusters import Cluster, eventually
from tests.manifests import daemon_set, deployment, service, stateful_set
from tests.web.editing import Editor, fields_of

if TYPE_CHECKING:
    from accounts.models import Project

SignIn = Callable[[str], Client]
Edit = Callable[[dict[str, Any]], None]
PLURALS = {"deployment": "deployments", "statefulset": "statefulsets", "daemonset": "daemonsets"}


@pytest.fixture
def root(cluster: Cluster, project: Project) -> str:
    """The address of the project, with a workload of each kind."""
    for document in (deployment("web", replicas=2), stateful_set("db"), daemon_set("agent")):
        cluster.admin.create(document, project.name)
    return f"/projects/{project.name}/"


def typed_by(edit: Edit, editor: Editor) -> str:
    body: Any = dict(load(fields_of(editor.page, "edit")["text"][0])[0])
    edit(body)
    return dump_one(body)


def noted(cluster: Cluster, place: str, revision: str) -> None:
    """A controller writes: it notes a revision, which is a new version of the object."""
    note = {"deployment.kubernetes.io/revision": revision}
    cluster.admin.patch("deployments", place, "web-v1", {"metadata": {"annotations": note}})


def image(name: str) -> Edit:
    def edit(body: dict[str, Any]) -> None:
        body["spec"]["template"]["spec"]["containers"][0]["image"] = name

    return edit


@pytest.mark.parametrize(("kind", "name"), [("deployment", "web-v1"), ("statefulset", "db-v1"), ("daemonset", "agent")])
def test_a_workload_is_changed_as_it_was_reviewed(
    cluster: Cluster, root: str, sign_in: SignIn, kind: str, name: str
) -> None:
    place = root.split("/")[2]
    page = f"{root}workload/{kind}/{name}/"
    olive = sign_in("olive")
    assert f'href="{page}edit/yaml/"' in olive.get(page).content.decode()
    editor = Editor(olive, f"{page}edit/yaml/").open()
    body = load(fields_of(editor.page, "edit")["text"][0])[0]
    assert set(body) == {"apiVersion", "kind", "metadata", "spec"}
    assert not {"uid", "resourceVersion", "managedFields", "generation"} & set(body["metadata"])
    assert "deployment.kubernetes.io/revision" not in body["metadata"].get("annotations", {})
    kept = cluster.admin.get(PLURALS[kind], place, name)["metadata"].get("annotations")
    editor.send("review", "edit", text=typed_by(image("nginx:1.28"), editor))
    assert "Dry run accepted" in editor.page
    assert "The pod template changes." in editor.words
    assert f"PUT /apis/apps/v1/namespaces/{place}/{PLURALS[kind]}/{name}" in editor.page
    editor.apply()
    assert (editor.answer.status_code, editor.answer.headers["Location"]) == (303, page)
    stored = cluster.admin.get(PLURALS[kind], place, name)
    assert stored["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:1.28"
    assert set(kept or {}) <= set(stored["metadata"].get("annotations") or {})
    entry = AuditEntry.objects.get(action=f"{kind}.replace")
    assert (entry.outcome, entry.changes) == ("ok", ["spec.template.spec.containers[app].image"])


def test_a_pod_is_changed_as_far_as_the_cluster_lets(cluster: Cluster, root: str, sign_in: SignIn) -> None:
    place = root.split("/")[2]
    bare = {"containers": [{"name": "app", "image": "nginx:1.27"}]}
    document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bare", "labels": {"app": "bare"}}}
    cluster.admin.create({**document, "spec": bare}, place)
    cluster.admin.create(service("bare"), place)
    olive = sign_in("olive")
    assert f'href="{root}pod/bare/edit/yaml/"' in olive.get(f"{root}pod/bare/").content.decode()
    assert "edit/yaml/" not in sign_in("bob").get(f"{root}pod/bare/").content.decode()
    editor = Editor(olive, f"{root}pod/bare/edit/yaml/").open()

    def policy(body: dict[str, Any]) -> None:
        body["spec"]["restartPolicy"] = "Never"

    text = typed_by(policy, editor)
    editor.send("review", "edit", text=text)
    assert editor.answer.status_code == 422
    assert "pod updates may not change fields other than" in editor.words
    assert load(fields_of(editor.page, "edit")["text"][0]) == load(text)

    def other(body: dict[str, Any]) -> None:
        body["spec"]["containers"][0]["image"] = "nginx:1.28"
        body["spec"]["restartPolicy"] = "Always"
        body["metadata"]["labels"]["app"] = "away"

    def reviewed() -> Editor | None:  # the store may not have the pod yet that was just created
        editor = Editor(olive, f"{root}pod/bare/edit/yaml/").open()
        editor.send("review", "edit", text=typed_by(other, editor))
        return editor if "After this change it is no longer selected by bare." in editor.words else None

    editor = eventually(reviewed)
    assert "Container app is restarted with the other image." in editor.words
    editor.apply()
    assert editor.answer.status_code == 422, "callers may fail: it has to be confirmed"
    editor.send("apply", "apply", sure="on")
    assert editor.answer.headers["Location"] == f"{root}pod/bare/"
    assert cluster.admin.get("pods", place, "bare")["spec"]["containers"][0]["image"] == "nginx:1.28"


def test_what_create_refuses_edit_refuses_when_it_is_new(cluster: Cluster, root: str, sign_in: SignIn) -> None:
    """S4: the list of what is dangerous holds for every kind that is changed as YAML."""
    place, olive = root.split("/")[2], sign_in("olive")
    wrong: dict[str, tuple[Edit, str]] = {
        "finalizers": (
            lambda body: body["metadata"].update(finalizers=["example.com/stay"]),
            "from ever being deleted",
        ),
        "ownerReferences": (
            lambda body: body["metadata"].update(
                ownerReferences=[{"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": "1-2"}]
            ),
            "set by controllers",
        ),
        "name": (lambda body: body["metadata"].update(name="other"), "The name cannot be changed"),
        "kind": (lambda body: body.update(kind="Service", apiVersion="v1"), "This page changes one "),
        "namespace": (lambda body: body["metadata"].update(namespace="elsewhere"), "other namespaces"),
        "status": (lambda body: body.update(status={"replicas": 9}), "status is set by the cluster"),
    }
    for kind, name in (("deployment", "web-v1"), ("statefulset", "db-v1"), ("daemonset", "agent")):
        editor = Editor(olive, f"{root}workload/{kind}/{name}/edit/yaml/").open()
        before = cluster.admin.get(PLURALS[kind], place, name)["metadata"].get("generation")
        for field, (edit, sentence) in wrong.items():
            answer = Editor(olive, editor.address, editor.answer)
            answer.send("apply", "edit", text=typed_by(edit, editor))
            assert (answer.answer.status_code, sentence in markup.unescape(answer.words)) == (422, True), (kind, field)
        assert cluster.admin.get(PLURALS[kind], place, name)["metadata"].get("generation") == before


def test_a_status_is_nobodys_change_and_a_field_is_somebodys(cluster: Cluster, root: str, sign_in: SignIn) -> None:
    """C2: what only controllers wrote meanwhile is no conflict; what a person changed is one, field by field."""
    place = root.split("/")[2]
    olive, alice = sign_in("olive"), sign_in("alice")
    address = f"{root}workload/deployment/web-v1/edit/yaml/"
    mine, hers = Editor(olive, address).open(), Editor(alice, address).open()
    noted(cluster, place, "9")
    hers.send("review", "edit", text=typed_by(image("nginx:1.28"), hers)).apply()
    assert hers.answer.status_code == 303
    mine.send("review", "edit", text=typed_by(image("nginx:1.29"), mine))
    assert mine.answer.status_code == 409
    assert "alice" in mine.words
    assert mine.clashes() == ["clash:spec.template.spec.containers[app].image"]
    noted(cluster, place, "10")  # while the choice is made, the rollout goes on
    mine.merge(**{"clash:spec.template.spec.containers[app].image": "yours"})
    mine.apply()
    assert mine.answer.status_code == 303
    stored = cluster.admin.get("deployments", place, "web-v1")
    assert stored["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:1.29"


def test_while_it_is_typed_a_text_is_held_against_the_object_it_stays(
    cluster: Cluster, root: str, sign_in: SignIn
) -> None:
    """S4, too: the problems on the lines are those that saving would name; what was there already is none."""
    place, olive = root.split("/")[2], sign_in("olive")
    cluster.admin.patch("deployments", place, "web-v1", {"metadata": {"finalizers": ["example.com/old"]}})
    editor = Editor(olive, f"{root}workload/deployment/web-v1/edit/yaml/").open()

    def said(edit: Edit, **of: str) -> str:
        fields = {"text": typed_by(edit, editor), **of}
        report = olive.post(f"{root}services/yaml/problems/", fields).json()
        return " ".join(problem["sentence"] for problem in report["problems"])

    def finalizer(body: dict[str, Any]) -> None:
        body["metadata"]["finalizers"].append("example.com/new")

    def slip(body: dict[str, Any]) -> None:
        body["spec"]["replcas"] = 2

    mine = {"name": "web-v1", "kind": "deployment"}
    assert said(lambda body: None, **mine) == ""
    assert "from ever being deleted" in said(finalizer, **mine)
    assert "replcas" in said(slip, **mine)
    assert "This page changes one Pod" in said(lambda body: None, name="web-v1", kind="pod")
    cluster.admin.patch("deployments", place, "web-v1", {"metadata": {"finalizers": None}})


def test_an_object_of_nearly_a_megabyte_can_be_edited(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """A page carries it twice, as it was opened and as it is now, and a browser encodes both."""
    large = {"large.txt": f"a: {'b' * 90}\n" * 9_000}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "large"}, "data": large}
    cluster.admin.create(body, project.name)
    address = f"/projects/{project.name}/configmap/large/edit/yaml/"
    olive = sign_in("olive")
    typed: dict[str, Any] = fields_of(olive.get(address).content.decode(), "edit")
    typed["text"] = [typed["text"][0].replace("a: b", "a: c", 1).replace("\n", "\r\n")]
    sent = urlencode({**typed, "do": "apply"}, doseq=True)
    assert len(sent) > 1_500_000
    answer = olive.post(address, sent, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 303, answer.content.decode()[:2000]
    stored = cluster.admin.get("configmaps", project.name, "large")["data"]["large.txt"]
    assert stored == large["large.txt"].replace("a: b", "a: c", 1)
