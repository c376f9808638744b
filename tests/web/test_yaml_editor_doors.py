"""Every door for YAML has one list: what Create refuses, Edit refuses when it is new; what says nothing both take; what
only the cluster sets goes at one press."""

from __future__ import annotations

import html as markup
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from services.manifests.yamlio import dump, load
from tests.clusters import Cluster
from tests.manifests import service
from tests.web.creating import Wizard
from tests.web.test_edit_yaml import form, opened, stored

if TYPE_CHECKING:
    from accounts.models import Project

SignIn = Callable[[str], Client]
BUTTON = "Remove fields set by the cluster"


@pytest.fixture
def web(cluster: Cluster, project: Project) -> str:
    """The address of the Service web's YAML."""
    cluster.admin.create(service("web", alias="Web", labels={"team": "red"}), project.name)
    return f"/projects/{project.name}/service/web/yaml/"


def shown(response: Any) -> str:
    return markup.unescape(response.content.decode())


def is_offered(page: str) -> bool:
    """Whether the button is there to press."""
    before, button, _ = page.partition(BUTTON)
    return bool(button) and not before.rpartition("<button")[2].removesuffix(">").endswith("hidden")


def without_namespace(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.strip().startswith("namespace:"))


DANGERS = [
    ("spec:\n", "spec:\n  externalIPs: [8.8.8.8]\n", "externalIPs", "CVE-2020-8554"),
    ("spec:\n", "spec:\n  externalIPs:\n  - 10.0.0.1\n  - 8.8.8.8\n", "externalIPs", "CVE-2020-8554"),
    ("name: web\n", "name: web\n  finalizers:\n  - example.com/hold\n", "finalizers", "Finalizers can prevent"),
    ("name: web\n", "name: web\n  generateName: web-\n", "generateName", "a different object each time"),
    (
        "name: web\n",
        "name: web\n  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: a, uid: b}]\n",
        "ownerReferences",
        "deleting the owner",
    ),
    (
        "spec:\n",
        "status: {loadBalancer: {ingress: [{ip: 10.0.0.1}]}}\nspec:\n",
        "status",
        "status is set by the cluster",
    ),
    ("name: web\n", "name: web\n  namespace: kube-system\n", "namespace", "Objects of other namespaces"),
]


@pytest.mark.parametrize(("old", "new", "field", "says"), DANGERS, ids=lambda value: str(value)[:20].strip())
def test_s4_what_create_refuses_edit_refuses_on_its_line(
    cluster: Cluster, web: str, sign_in: SignIn, project: Project, old: str, new: str, field: str, says: str
) -> None:
    """S4: one list for both doors, at the review, at the apply, and while somebody types."""
    olive = sign_in("olive")
    fields = opened(olive, web)
    before = stored(cluster, web)
    text = without_namespace(fields["text"]).replace(old, new, 1)
    line = next(at for at, text_line in enumerate(text.splitlines(), 1) if text_line.strip().startswith(f"{field}:"))
    for do in ("review", "apply"):
        answer = olive.post(web, {**fields, "text": text, "do": do, "sure": "on"})
        assert answer.status_code == 422
        assert says in shown(answer)
        assert f'data-line="{line}"' in shown(answer)
        assert form(answer)["text"] == text
    checks = f"/projects/{project.name}/services/yaml/problems/"
    for door in ({"name": "web", "kind": "service"}, {}):
        problems = olive.post(checks, {"text": text, **door}).json()["problems"]
        assert [problem["line"] for problem in problems if says in problem["sentence"]] == [line], door
    assert stored(cluster, web)["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_s4_what_is_stored_already_may_stay_and_nothing_may_be_added(
    cluster: Cluster, web: str, sign_in: SignIn
) -> None:
    """S4: a finalizer of a controller stays and may be moved; another beside it, or in its place, is new."""
    mine = stored(cluster, web)
    mine["metadata"]["finalizers"] = ["example.com/one", "example.com/two"]
    cluster.admin.replace(mine)
    try:
        olive = sign_in("olive")
        fields = opened(olive, web)
        assert "example.com/one" in fields["text"]
        for text, line in (
            (fields["text"].replace("example.com/two", "example.com/other"), "example.com/other"),
            (fields["text"].replace("example.com/two", "example.com/two\n  - example.com/three"), "example.com/three"),
        ):
            answer = olive.post(web, {**fields, "text": text, "do": "apply"})
            at = next(at for at, text_line in enumerate(text.splitlines(), 1) if line in text_line)
            assert (answer.status_code, f'data-line="{at}"' in shown(answer)) == (422, True)
        both = ("  - example.com/one\n", "  - example.com/two\n")
        assert "".join(both) in fields["text"]
        moved = fields["text"].replace("".join(both), "".join(reversed(both)))
        assert olive.post(web, {**fields, "text": moved.replace("red", "blue"), "do": "apply"}).status_code == 303
        metadata = stored(cluster, web)["metadata"]
        assert (metadata["finalizers"], metadata["labels"]["team"]) == (["example.com/two", "example.com/one"], "blue")
    finally:
        mine = stored(cluster, web)
        mine["metadata"]["finalizers"] = []
        cluster.admin.replace(mine)


def test_s4_a_merge_is_no_way_around_the_list(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    """S4: what comes in by bringing two changes together is refused too."""
    olive = sign_in("olive")
    fields = opened(olive, web)
    theirs = stored(cluster, web)
    theirs["metadata"]["labels"]["team"] = "blue"
    cluster.admin.replace(theirs)
    text = fields["text"].replace("spec:\n", "spec:\n  externalIPs: [8.8.8.8]\n", 1)
    answer = olive.post(web, {**fields, "text": text, "do": "apply"})
    assert answer.status_code == 409
    merged = olive.post(web, {**form(answer), "do": "merge"})
    assert (merged.status_code, "CVE-2020-8554" in shown(merged)) == (422, True)
    assert "externalIPs" not in stored(cluster, web)["spec"]


def test_s4_both_reviews_warn_of_the_same(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    """S4: a name that leads into another namespace is warned of at the review of a change too."""
    olive = sign_in("olive")
    fields = opened(olive, web)
    document = load(fields["text"])[0]
    document["spec"] = {"type": "ExternalName", "externalName": "db.other.svc.cluster.local"}
    review = olive.post(web, {**fields, "text": dump([document]), "do": "review"})
    assert review.status_code == 200
    assert "This points into namespace other" in shown(review)


NOTHING = [
    ("name: web\n", "name: web\n  creationTimestamp: null\n"),
    ("spec:\n", "status: {}\nspec:\n"),
    ("spec:\n", "status:\n  loadBalancer: {}\nspec:\n"),
    (
        "name: web\n",
        'name: web\n  namespace: ""\n  uid: ""\n  resourceVersion: ""\n  generation: 0\n  managedFields: []\n',
    ),
    ("name: web\n", "name: web\n  namespace:\n  ownerReferences: []\n  finalizers: null\n"),
]


@pytest.mark.parametrize(("old", "new"), NOTHING, ids=range(len(NOTHING)))
def test_f7_what_says_nothing_is_taken_by_both_editors(
    cluster: Cluster, web: str, sign_in: SignIn, project: Project, old: str, new: str
) -> None:
    """F7: kubectl and Helm print fields that are empty."""
    olive = sign_in("olive")
    fields = opened(olive, web)
    text = without_namespace(fields["text"]).replace(old, new, 1).replace("red", "blue")
    checks = f"/projects/{project.name}/services/yaml/problems/"
    for door in ({"name": "web", "kind": "service"}, {}):
        assert olive.post(checks, {"text": text, **door}).json()["problems"] == []
    assert olive.post(web, {**fields, "text": text, "do": "apply"}).status_code == 303
    assert stored(cluster, web)["metadata"]["labels"]["team"] == "blue"


def printed(cluster: Cluster, address: str) -> str:
    """What `kubectl get -o yaml` would print of the Service, with comments that somebody wrote into it."""
    document = stored(cluster, address)
    document["metadata"].setdefault("annotations", {})["kubectl.kubernetes.io/last-applied-configuration"] = (
        '{"a": 1}\n'
    )
    document["metadata"] |= {"generation": 1, "selfLink": "/api/v1/x"}
    document["metadata"].setdefault("managedFields", [{"manager": "kubectl", "operation": "Update"}])
    document["status"] = {"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}]}}
    text = dump([document])
    return "# team red\n" + text.replace("\nspec:\n", "\n# what it offers\nspec:\n", 1)


SETS = (
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "selfLink",
    "managedFields",
    "last-applied",
    "status",
)


def test_m8_one_press_takes_out_what_the_cluster_sets_of_a_service(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    """M8: what kubectl printed of this Service, in Edit YAML, without scripts; the comments stay."""
    olive = sign_in("olive")
    fields = opened(olive, web)
    text = printed(cluster, web)
    file = SimpleUploadedFile("web.yaml", text.encode())
    answer = olive.post(web, {**fields, "do": "review", "file": file})
    assert answer.status_code == 422
    assert is_offered(shown(answer))
    left_out = olive.post(web, {**form(answer), "do": "leave-out"})
    left = form(left_out)["text"]
    assert (left_out.status_code, is_offered(shown(left_out))) == (200, False)
    assert "Left out: status, metadata.uid" in shown(left_out)
    assert not [field for field in SETS if f"{field}:" in left or f"/{field}" in left]
    assert "# team red\n" in left
    assert "# what it offers\nspec:\n" in left
    nothing = olive.post(web, {**form(left_out), "do": "review"})
    assert (nothing.status_code, "Nothing would change." in shown(nothing)) == (200, True)
    saved = olive.post(web, {**form(left_out), "text": left.replace("red", "blue"), "do": "apply"})
    assert saved.status_code == 303


def test_m8_one_press_takes_out_what_the_cluster_sets_of_a_draft(
    cluster: Cluster, web: str, sign_in: SignIn, project: Project
) -> None:
    """M8: the same file for a new Service: the problems go, the draft is saved, and the review accepts it."""
    text = printed(cluster, web).replace("name: web\n", "name: copy\n", 1).replace("\nspec:\n", "\nspec: #\n")
    text = "".join(line for line in text.splitlines(keepends=True) if "clusterIP" not in line and "- 10." not in line)
    wizard = Wizard(sign_in("olive"), project.name).start("stateless").open("yaml")
    wizard.submit("form", text=text)
    assert wizard.page is not None
    assert wizard.page.status_code == 422
    assert is_offered(wizard.text)
    wizard.submit("leave-out")
    assert (wizard.page.status_code, is_offered(wizard.text)) == (200, False)
    assert "Left out: status, metadata.uid" in wizard.text
    assert "Draft saved" in wizard.text
    assert "# what it offers\nspec: #\n" in wizard.form()["text"][0]
    assert "Accepted" in wizard.open("review").text


def test_m8_what_kubectl_applied_last_is_kept_in_the_cluster(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    """M8: Edit YAML does not show it and does not take it away: the next `kubectl apply` compares with it."""
    key = "kubectl.kubernetes.io/last-applied-configuration"
    mine = stored(cluster, web)
    mine["metadata"].setdefault("annotations", {})[key] = '{"a": 1}'
    cluster.admin.replace(mine)
    olive = sign_in("olive")
    fields = opened(olive, web)
    assert key not in fields["text"]
    fields["text"] = fields["text"].replace("red", "blue")
    assert olive.post(web, {**fields, "do": "apply"}).status_code == 303
    metadata = stored(cluster, web)["metadata"]
    assert (metadata["annotations"][key], metadata["labels"]["team"]) == ('{"a": 1}', "blue")
