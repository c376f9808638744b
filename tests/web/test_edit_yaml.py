"""Edit YAML of a Service over the wire: nothing is overwritten, nothing typed is lost."""

from __future__ import annotations

import html as markup
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from accounts.models import AuditEntry
from tests.clusters import Cluster, eventually
from tests.manifests import deployment, service

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.faults import Proxy

SignIn = Callable[[str], Client]


@pytest.fixture
def web(cluster: Cluster, project: Project) -> str:
    """The address of the Service web's YAML; two ready pods are behind it."""
    cluster.admin.create(deployment("web", replicas=2), project.name)
    cluster.admin.create(service("web", alias="Web shop", labels={"team": "red"}), project.name)
    return f"/projects/{project.name}/service/web/yaml/"


def form(response: Any) -> dict[str, str]:
    """The fields of the editor's form."""
    page = response.content.decode()
    areas = dict(re.findall(r'<textarea[^>]* name="(text|base)"[^>]*>\n?(.*?)</textarea>', page, flags=re.S))
    version = re.search(r'name="version" value="([^"]*)"', page)
    assert version, page
    stored, since = (re.search(rf'name="{name}" value="([^"]*)"', page) for name in ("stored_version", "opened"))
    assert since, page
    fields = {name: markup.unescape(text) for name, text in areas.items()}
    fields |= {"version": version[1], "opened": since[1]}
    return fields | ({"stored_version": stored[1]} if stored else {})


def opened(client: Client, address: str) -> dict[str, str]:
    response = client.get(address)
    assert response.status_code == 200
    return form(response)


def stored(cluster: Cluster, address: str) -> dict[str, Any]:
    return cluster.admin.get("services", address.split("/")[2], "web")


def test_beside_a_line_that_changes_stands_who_set_it(web: str, sign_in: SignIn) -> None:
    olive, alice = sign_in("olive"), sign_in("alice")
    fields = opened(olive, web)
    green = fields["text"].replace("team: red", "team: green")
    assert olive.post(web, {**fields, "text": green, "do": "apply"}).status_code == 303
    fields = opened(alice, web)
    blue = fields["text"].replace("team: green", "team: blue").replace("Web shop", "Shop")
    page = alice.post(web, {**fields, "text": blue, "do": "review"}).content.decode()
    rows = re.findall(r"<tr[^>]*>(?:(?!</tr>).)*<ins>(?:(?!</tr>).)*</tr>", page, flags=re.S)
    texts = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", row)) for row in rows]
    beside = {text.partition(": ")[0].split()[-1]: "Set by olive, just now" in text for text in texts}
    assert beside == {"team": True, "kubesphere.io/alias-name": False}
    assert "2 fields, against version" in page


def test_the_text_is_what_a_person_may_change(web: str, sign_in: SignIn) -> None:
    text = opened(sign_in("olive"), web)["text"]
    assert "name: web\n" in text
    assert "kubesphere.io/alias-name: Web shop" in text
    for kept_by_the_cluster in ("resourceVersion", "uid", "managedFields", "status", "creationTimestamp"):
        assert f"{kept_by_the_cluster}:" not in text


def test_a_change_is_shown_and_then_made(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    fields = opened(olive, web)
    fields["text"] = fields["text"].replace("Web shop", "The shop")
    review = olive.post(web, {**fields, "do": "review"})
    assert review.status_code == 200
    page = review.content.decode()
    assert "Dry run accepted" in page
    assert "<del>Web</del>" in page
    assert "<ins>The</ins>" in page
    assert stored(cluster, web)["metadata"]["annotations"]["kubesphere.io/alias-name"] == "Web shop"
    done = olive.post(web, {**form(review), "do": "apply"})
    assert (done.status_code, done.headers["Location"]) == (303, web.removesuffix("yaml/"))
    assert stored(cluster, web)["metadata"]["annotations"]["kubesphere.io/alias-name"] == "The shop"
    entry = AuditEntry.objects.get(action="service.replace")
    assert (entry.outcome, entry.actor) == ("ok", "olive")
    assert entry.changes == ["metadata.annotations[kubesphere.io/alias-name]"]


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("kind: Service", "kind: Service: x", 2, ""),
        ("kind: Service", "kind: Pod", 2, "This page changes one Service"),
        ("  name: web\n", "  name: other\n", 4, "The name cannot be changed"),
        ("  name: web\n", "  name: web\n  uid: 1-2\n", 5, "uid is set by the cluster"),
        ("spec:\n", "status: {replicas: 1}\nspec:\n", None, "status is set by the cluster"),
        ("targetPort: 8080", "targetPort: 8080\n      tragetPort: 1", None, "tragetPort"),
        ("port: 80\n", "port: 70000\n", None, "spec.ports[0].port"),
        ("apiVersion: v1", "---\n---\napiVersion: v1\nkind: Service\n---\napiVersion: v1", None, "2 documents"),
    ],
)
def test_what_is_wrong_stands_on_its_line_and_the_text_stays(
    cluster: Cluster, web: str, sign_in: SignIn, old: str, new: str, line: int | None, sentence: str
) -> None:
    olive = sign_in("olive")
    fields = opened(olive, web)
    before = stored(cluster, web)["metadata"]["resourceVersion"]
    assert old in fields["text"]
    typed = fields["text"].replace(old, new, 1)
    answer = olive.post(web, {**fields, "text": typed, "do": "apply"})
    page = markup.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert form(answer)["text"] == typed
    assert sentence in page
    if line:
        assert f'data-line="{line}"' in page
    assert stored(cluster, web)["metadata"]["resourceVersion"] == before


def test_losing_all_endpoints_takes_a_second_thought(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    details = web.removesuffix("yaml/")
    eventually(lambda: "2/2 ready" in olive.get(details).content.decode())
    fields = opened(olive, web)
    fields["text"] = fields["text"].replace("selector:\n    app: web", "selector:\n    app: nobody")
    review = olive.post(web, {**fields, "do": "review"})
    assert "2 endpoints will go to 0" in review.content.decode()
    unsure = olive.post(web, {**fields, "do": "apply"})
    assert unsure.status_code == 422
    assert stored(cluster, web)["spec"]["selector"] == {"app": "web"}
    assert olive.post(web, {**fields, "do": "apply", "sure": "on"}).status_code == 303
    assert stored(cluster, web)["spec"]["selector"] == {"app": "nobody"}


def test_two_changes_are_brought_together_and_none_is_lost(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    fields = opened(olive, web)
    theirs = stored(cluster, web)
    theirs["metadata"]["labels"]["team"] = "blue"
    theirs["metadata"]["annotations"]["kubesphere.io/alias-name"] = "Theirs"
    cluster.admin.replace(theirs)
    fields["text"] = fields["text"].replace("Web shop", "Mine").replace("targetPort: 8080", "targetPort: 8081")
    answer = olive.post(web, {**fields, "do": "apply"})
    assert answer.status_code == 409
    assert stored(cluster, web)["metadata"]["annotations"]["kubesphere.io/alias-name"] == "Theirs"
    page = answer.content.decode()
    assert all(word in page for word in ("Theirs", "Mine", "Web shop", "blue", "8081"))
    clash = "clash:metadata.annotations[kubesphere.io/alias-name]"
    assert f'name="{clash}"' in page
    open_still = olive.post(web, {**form(answer), "do": "merge"})
    assert open_still.status_code == 422
    review = olive.post(web, {**form(answer), clash: "yours", "do": "merge"})
    assert review.status_code == 200, review.content.decode()
    assert olive.post(web, {**form(review), "do": "apply"}).status_code == 303
    manifest = stored(cluster, web)
    assert manifest["metadata"]["labels"]["team"] == "blue"
    assert manifest["metadata"]["annotations"]["kubesphere.io/alias-name"] == "Mine"
    assert manifest["spec"]["ports"][0]["targetPort"] == 8081


def test_a_conflict_says_who_was_faster_and_when(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    """From the record, where the change was made here; each side has its version in the head of its column."""
    olive, alice = sign_in("olive"), sign_in("alice")
    fields, hers = opened(olive, web), opened(alice, web)
    hers["text"] = hers["text"].replace("Web shop", "Hers")
    assert alice.post(web, {**hers, "do": "apply"}).status_code == 303
    fields["text"] = fields["text"].replace("Web shop", "Mine")
    page = olive.post(web, {**fields, "do": "review"}).content.decode()
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert re.search(r"alice\S* changed web (?:just now|\d+ s ago) , while you were editing\.", shown)
    assert "1 field conflicts. Choose a value." in shown
    assert re.search(rf"When you opened it [\d:]+ UTC , version {fields['version']} ", shown)
    now = stored(cluster, web)["metadata"]["resourceVersion"]
    assert re.search(rf"Stored now alice\S*, [\d:]+ UTC , version {now} ", shown)
    page = olive.post(web, {**fields, "opened": "9" * 30, "do": "review"}).content.decode()
    assert f"When you opened it version {fields['version']} " in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_owner_references_stay(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    mine = stored(cluster, web)
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "maker", "uid": mine["metadata"]["uid"]}
    place = mine["metadata"]["namespace"]
    made = cluster.admin.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "maker"}}, place)
    mine["metadata"]["ownerReferences"] = [owner | {"uid": made["metadata"]["uid"]}]
    cluster.admin.replace(mine)
    olive = sign_in("olive")
    fields = opened(olive, web)
    assert "ownerReferences" not in fields["text"]
    fields["text"] = fields["text"].replace("Web shop", "The shop")
    review = olive.post(web, {**fields, "do": "review"})
    assert "ConfigMap maker" in review.content.decode()
    assert olive.post(web, {**fields, "do": "apply"}).status_code == 303
    assert stored(cluster, web)["metadata"]["ownerReferences"][0]["name"] == "maker"


def test_the_yaml_of_what_belongs_to_it_is_one_press_away(web: str, sign_in: SignIn) -> None:
    """A Service leads to the workloads that it selects and back; who may not change them reads them."""
    place = web.split("service/")[0]
    alice, edits = sign_in("alice"), f"{place}workload/deployment/web-v1/edit/yaml/"
    eventually(lambda: f'href="{edits}">Deployment web-v1</a>' in alice.get(web).content.decode())
    assert (
        f'href="{place}workload/deployment/web-v1/yaml/">Deployment web-v1</a>'
        in sign_in("bob").get(web).content.decode()
    )
    # The Service itself is read of the cluster while memory is behind; who selects a workload, only memory knows
    eventually(lambda: f'href="{web}">Service web</a>' in alice.get(edits).content.decode())


def test_a_viewer_may_look_and_not_change(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    bob = sign_in("bob")
    page = bob.get(web).content.decode()
    assert "Read only." in page
    assert " readonly" in page
    assert "Review changes" not in page
    fields = form(bob.get(web))
    assert bob.post(web, {**fields, "do": "apply"}).status_code == 403


def test_the_text_survives_a_cluster_that_refuses_hangs_up_or_is_silent(
    cluster: Cluster, web: str, sign_in: SignIn, faults: Proxy
) -> None:
    olive = sign_in("olive")
    fields = opened(olive, web)
    typed = fields["text"].replace("Web shop", "The shop")
    for status, code in ((403, 403), (429, 503), (500, 502)):
        with faults.answer(status, method="PUT"):
            answer = olive.post(web, {**fields, "text": typed, "do": "apply"})
            assert answer.status_code == code
            assert form(answer)["text"] == typed
    faults.down()
    try:
        answer = olive.post(web, {**fields, "text": typed, "do": "apply"})
        assert answer.status_code == 503
        assert form(answer)["text"] == typed
    finally:
        faults.up()
    assert stored(cluster, web)["metadata"]["annotations"]["kubesphere.io/alias-name"] == "Web shop"


@pytest.mark.parametrize("fault", ["commit_then_drop", "commit_then_fail"])
def test_a_lost_answer_is_looked_up(cluster: Cluster, web: str, sign_in: SignIn, faults: Proxy, fault: str) -> None:
    olive = sign_in("olive")
    fields = opened(olive, web)
    typed = fields["text"].replace("Web shop", "The shop")
    with getattr(faults, fault)(method="PUT", path=r"services/web\?(?!.*dryRun)"):
        answer = olive.post(web, {**fields, "text": typed, "do": "apply"})
    assert answer.status_code == 303
    assert stored(cluster, web)["metadata"]["annotations"]["kubesphere.io/alias-name"] == "The shop"


def test_a_lost_answer_is_not_taken_for_saved_because_somebody_else_saved(
    cluster: Cluster, web: str, sign_in: SignIn, faults: Proxy
) -> None:
    """A change that only takes away: all that was sent is in the object, though it was never stored."""
    olive = sign_in("olive")
    fields = opened(olive, web)
    typed = re.sub(r"\n +team: red", "", fields["text"])
    assert typed != fields["text"]

    def another() -> None:
        note = {"metadata": {"annotations": {"team": "blue"}}}
        cluster.admin.patch("services", web.split("/")[2], "web", note)

    with faults.overtake(another, method="PUT", path=r"services/web\?(?!.*dryRun)"):
        answer = olive.post(web, {**fields, "text": typed, "do": "apply"})
    assert answer.status_code == 409
    kept = stored(cluster, web)["metadata"]
    assert kept["labels"]["team"] == "red"
    assert kept["annotations"]["team"] == "blue"


def test_what_a_controller_adds_to_a_stored_change_is_no_conflict(
    cluster: Cluster, web: str, sign_in: SignIn, faults: Proxy
) -> None:
    olive, place = sign_in("olive"), web.split("/")[2]
    fields = opened(olive, web)
    typed = fields["text"].replace("Web shop", "The shop")

    def store_and_more() -> None:
        note = {"annotations": {"kubesphere.io/alias-name": "The shop", "team": "blue"}}
        cluster.admin.patch("services", place, "web", {"metadata": note})

    with faults.overtake(store_and_more, method="PUT", path=r"services/web\?(?!.*dryRun)"):
        answer = olive.post(web, {**fields, "text": typed, "do": "apply"})
    assert answer.status_code == 303
    assert stored(cluster, web)["metadata"]["annotations"]["team"] == "blue"


def test_the_yaml_can_be_kept_as_a_file_without_scripts(web: str, sign_in: SignIn) -> None:
    """M29: also by those who may only look."""
    for name in ("olive", "bob"):
        client = sign_in(name)
        page = client.get(web).content.decode()
        assert re.search(r'<noscript><a [^>]*href="\?download"', page)
        answer = client.get(f"{web}?download")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="web.yaml"'
        assert answer.content.decode() == form(client.get(web))["text"]
