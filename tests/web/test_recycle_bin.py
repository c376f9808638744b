"""The recycle bin over the wire: what was deleted is kept, shown to who may see it, and created again as it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts import audit, recycle_bin
from accounts.models import AuditEntry, DeletedObject
from tests.clusters import Cluster, eventually
from tests.manifests import deployment, scaler, service
from tests.web.editing import words_of
from tests.web.test_edit_delete import dialog, fields, names, offered

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.faults import Proxy
    from tests.people import People

SignIn = Callable[[str], Client]
WEB = ("Deployment/web-v1", "HorizontalPodAutoscaler/web")


def wanted(stored: dict[str, Any]) -> dict[str, Any]:
    """What somebody asked for with an object: all but what the server and its controllers say."""
    meta = {key: stored["metadata"].get(key) or {} for key in ("labels", "annotations")}
    meta["annotations"] = {
        key: value for key, value in meta["annotations"].items() if not key.startswith("deployment.kubernetes.io/")
    }
    spec = {key: value for key, value in stored["spec"].items() if key not in ("clusterIP", "clusterIPs")}
    return {"kind": stored["kind"], "name": stored["metadata"]["name"], **meta, "spec": spec}


def throw_away(olive: Client, project: Project, name: str, *also: str) -> int:
    """Delete a Service with what stands behind it; the entry under which the bin has them."""
    address = f"/projects/{project.name}/service/{name}/delete/"
    page = eventually(lambda: html if set(also) <= set(offered(html := olive.get(address).content.decode())) else None)
    chosen = [offered(page)[key] for key in also]
    assert olive.post(address, {**fields(page), "also": chosen}).status_code == 303
    return AuditEntry.objects.filter(action="service.delete").latest("id").pk


def page_of(client: Client, project: Project, entry: int) -> str:
    answer = client.get(f"/projects/{project.name}/recycle-bin/{entry}/restore/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def form_of(page: str) -> dict[str, Any]:
    """What a browser would send of the page: the chosen objects and what was seen of each."""
    seen = dict(re.findall(r'name="(seen-\d+)" value="(\w+)"', page))
    return {"object": re.findall(r'name="object" value="(\d+)" checked', page), **seen}


@pytest.fixture
def web(cluster: Cluster, project: Project) -> list[dict[str, Any]]:
    """A Service web with a Deployment and an autoscaler, as they are stored."""
    annotated = service("web", alias="Shop", type="NodePort", sessionAffinity="ClientIP")
    made = [deployment("web", replicas=2), scaler("web"), annotated]
    return [cluster.admin.create(document, project.name) for document in made]


def test_what_was_deleted_together_is_restored_together_as_it_was(
    cluster: Cluster, project: Project, web: list[dict[str, Any]], sign_in: SignIn
) -> None:
    """Twice pressed it is created once, and the record says who did it."""
    olive, bob = sign_in("olive"), sign_in("bob")
    entry = throw_away(olive, project, "web", *WEB)
    listed = words_of(bob.get(f"/projects/{project.name}/recycle-bin/").content.decode())
    assert "Deployment, 2 replicas" in listed
    assert "Restore…" not in listed, "a viewer reads it only"
    assert "Deleted with 2 others" in words_of(olive.get(f"/projects/{project.name}/recycle-bin/").content.decode())
    assert bob.get(f"/projects/{project.name}/recycle-bin/{entry}/restore/").status_code == 403
    assert "Deleted by olive, just now ." in words_of(
        olive.get(f"/projects/{project.name}/recycle-bin/{entry}/restore/").content.decode()
    )
    eventually(lambda: names(cluster, "deployments", project) == [])
    page = page_of(olive, project, entry)
    assert f"It gets a new virtual IP instead of {web[2]['spec']['clusterIP']}." in page
    assert "Its revisions do not come back: it starts at revision 1" in page
    form = form_of(page)
    assert len(form["object"]) == 3
    assert "Restore 3 objects deleted together" in words_of(page)
    alone = olive.get(f"/projects/{project.name}/recycle-bin/{entry}/restore/?object={form['object'][-1]}")
    of_one = words_of(alone.content.decode())
    assert "deleted together" not in of_one
    assert "Restore Service web" in of_one
    assert "Without the pods of Deployment web-v1, which it selects, this Service may have none." in of_one
    assert "which it selects" not in words_of(page), "the Deployment is selected, too"
    address = f"/projects/{project.name}/recycle-bin/{entry}/restore/"
    answer = olive.post(address, form)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/projects/{project.name}/service/web/")
    again = olive.post(address, form, follow=True)
    assert "cannot be restored any more" in words_of(again.content.decode())
    for before, plural in zip(web, ("deployments", "horizontalpodautoscalers", "services"), strict=True):
        after = cluster.admin.get(plural, project.name, before["metadata"]["name"])
        assert wanted(after) == wanted(before)
        assert after["metadata"]["uid"] != before["metadata"]["uid"]
    record = AuditEntry.objects.get(action="object.restore")
    assert (record.outcome, record.actor, len(record.changes)) == ("ok", "olive", 3)
    assert "The recycle bin is empty" in olive.get(f"/projects/{project.name}/recycle-bin/").content.decode()


def test_a_second_click_finds_it_taken(project: Project, people: People, sign_in: SignIn, cluster: Cluster) -> None:
    """Both have the same page; only one claim can be had, and it ends with a process that died."""
    cluster.admin.create(service("web"), project.name)
    entry = throw_away(sign_in("olive"), project, "web")
    scope = people.scope("olive", project)
    ids = [kept.id for kept in recycle_bin.together(scope, entry, ["Service"])]
    assert recycle_bin.claim(scope, ids)
    assert not recycle_bin.claim(scope, ids)
    listed = words_of(sign_in("olive").get(f"/projects/{project.name}/recycle-bin/").content.decode())
    assert "Being restored by olive" in listed
    DeletedObject.objects.update(claimed=timezone.now() - timedelta(seconds=recycle_bin.CLAIM_SECONDS + 1))
    assert recycle_bin.claim(scope, ids)


def test_a_name_that_is_taken_and_a_node_port_that_another_has_are_said(
    cluster: Cluster, project: Project, web: list[dict[str, Any]], sign_in: SignIn
) -> None:
    olive = sign_in("olive")
    entry = throw_away(olive, project, "web")
    port = web[2]["spec"]["ports"][0]["nodePort"]
    taken = service("thief", type="NodePort", ports=[{"port": 80, "nodePort": port}])
    cluster.admin.create(taken, project.name)
    stale = form_of(page := page_of(olive, project, entry))
    assert f"The node port {port} is taken by another Service: it gets a new one." in page
    cluster.admin.delete("services", project.name, "thief")
    eventually(lambda: form_of(page_of(olive, project, entry)) != stale)
    address = f"/projects/{project.name}/recycle-bin/{entry}/restore/"
    changed = olive.post(address, stale)
    assert changed.status_code == 409
    assert "What would be created has changed since this page was opened" in changed.content.decode()
    fresh = form_of(changed.content.decode())
    cluster.admin.create(service("web"), project.name)
    exists = olive.post(address, fresh)
    assert exists.status_code == 409
    assert "Service web exists. It can be restored when that one is deleted." in words_of(exists.content.decode())
    eventually(lambda: "Service web exists." in olive.get(f"/projects/{project.name}/recycle-bin/").content.decode())
    assert not AuditEntry.objects.filter(action="object.restore").exists()
    cluster.admin.delete("services", project.name, "web")
    assert olive.post(address, fresh).status_code == 303
    assert cluster.admin.get("services", project.name, "web")["spec"]["ports"][0]["nodePort"] == port


def test_a_refusal_of_one_of_several_deletes_keeps_only_what_is_away(
    cluster: Cluster, project: Project, web: list[dict[str, Any]], sign_in: SignIn, faults: Proxy
) -> None:
    olive, address = sign_in("olive"), f"/projects/{project.name}/service/web/delete/"
    page = eventually(lambda: html if set(WEB) <= set(offered(html := dialog(olive, address))) else None)
    chosen = [offered(page)[key] for key in WEB]
    with faults.answer(403, method="DELETE", path="/deployments/"):
        answer = olive.post(address, {**fields(page), "also": chosen})
    assert answer.status_code == 409
    page_text = words_of(answer.content.decode())
    assert "2 of 3 objects deleted 1 object was not deleted." in page_text
    assert sorted(DeletedObject.objects.values_list("name", "kind")) == [
        ("web", "HorizontalPodAutoscaler"),
        ("web", "Service"),
    ]
    assert names(cluster, "deployments", project) == ["web-v1"]


@pytest.mark.parametrize("fault", ["commit_then_drop", "commit_then_fail"])
def test_a_lost_answer_to_a_restoration_is_looked_up(
    cluster: Cluster, project: Project, sign_in: SignIn, faults: Proxy, fault: str
) -> None:
    cluster.admin.create(service("web"), project.name)
    olive = sign_in("olive")
    entry = throw_away(olive, project, "web")
    form = form_of(page_of(olive, project, entry))
    with getattr(faults, fault)(method="POST", path=r"/services\?fieldManager=berth&fieldValidation=Strict$"):
        answer = olive.post(f"/projects/{project.name}/recycle-bin/{entry}/restore/", form)
    assert answer.status_code == 303
    assert names(cluster, "services", project) == ["web"]
    assert DeletedObject.objects.get().state == "restored"


def test_where_one_is_refused_nothing_is_restored(
    cluster: Cluster, project: Project, web: list[dict[str, Any]], sign_in: SignIn, faults: Proxy
) -> None:
    """What was created before it is deleted again, and all of it stays in the bin."""
    olive = sign_in("olive")
    entry = throw_away(olive, project, "web", *WEB)
    eventually(lambda: names(cluster, "deployments", project) == [])
    form = form_of(page_of(olive, project, entry))
    with faults.answer(403, method="POST", path=r"/services\?fieldManager=berth&fieldValidation=Strict$"):
        answer = olive.post(f"/projects/{project.name}/recycle-bin/{entry}/restore/", form)
    assert answer.status_code == 409
    assert "Nothing was restored" in answer.content.decode()
    eventually(lambda: names(cluster, "deployments", project) == [])
    assert names(cluster, "horizontalpodautoscalers", project) == []
    assert AuditEntry.objects.get(action="object.restore").outcome == "failed"
    assert set(DeletedObject.objects.values_list("state", flat=True)) == {"deleted"}


def test_nobody_sees_what_they_may_not_list(
    cluster: Cluster, project: Project, people: People, sign_in: SignIn
) -> None:
    """Secrets are in the bin by their keys, and only for who may list Secrets here."""
    scope = people.scope("olive", project)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "auth", "uid": "1"}, "data": {"password": ""}}
    with audit.attempt(scope, "secret.delete") as entry:
        recycle_bin.settle(recycle_bin.keep(scope, entry, secret), "deleted")
    address = f"/projects/{project.name}/recycle-bin/"
    listed = words_of(sign_in("olive").get(address).content.decode())
    assert "The values of a Secret are not kept; create it again with these keys: password." in listed
    assert "The recycle bin is empty" in sign_in("bob").get(address).content.decode()
    assert sign_in("bob").get(f"{address}{entry.row.pk}/yaml/{DeletedObject.objects.get().pk}/").status_code == 404
    assert sign_in("charlie").get(address).status_code == 404


def test_the_bin_is_bounded_and_forgets(people: People, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the size of an object, by the share of a person, by that of the project, and after its days."""
    olive, alice = people.scope("olive", project), people.scope("alice", project)

    def keep(scope: Any, name: str, size: int = 10) -> int | None:
        manifest = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "uid": name},
            "data": "x" * size,
        }
        with audit.attempt(scope, "test") as entry:
            kept = recycle_bin.keep(scope, entry, manifest)
            recycle_bin.settle(kept, "deleted")
        return kept

    assert keep(olive, "large", recycle_bin.MOST_BYTES) is None
    monkeypatch.setattr(recycle_bin, "SHARE_OBJECTS", 3)
    for number in range(5):
        keep(olive, f"o{number}")
    assert list(DeletedObject.objects.order_by("id").values_list("name", flat=True)) == ["o2", "o3", "o4"]
    monkeypatch.setattr(recycle_bin, "PROJECT_OBJECTS", 4)
    keep(alice, "a0"), keep(alice, "a1")
    kept = list(DeletedObject.objects.order_by("id").values_list("name", flat=True))
    assert kept == ["o3", "o4", "a0", "a1"], "who holds most gives way"
    old = timezone.now() - timedelta(days=31)
    DeletedObject.objects.filter(name="o3").update(at=old)
    assert {deleted.name for deleted in recycle_bin.kept_in(olive)} == {"o4", "a0", "a1"}
    call_command("prune")
    assert DeletedObject.objects.count() == 3


def keep(scope: Any, name: str) -> int:
    """Keep a Service of that name as deleted; its number in the bin."""
    manifest = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "uid": name}}
    with audit.attempt(scope, "service.delete", target=name) as entry:
        kept = recycle_bin.keep(scope, entry, manifest)
        recycle_bin.settle(kept, "deleted")
    assert kept
    return kept


def test_what_was_restored_pushes_nothing_out_that_can_still_be(
    project: Project, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recycle_bin, "SHARE_OBJECTS", 3)
    scope = people.scope("olive", project)
    keep(scope, "first")
    for name in ("second", "third", "fourth", "fifth"):
        claimed = recycle_bin.claim(scope, [kept := keep(scope, name)])
        assert claimed
        recycle_bin.release(claimed, [kept], [kept])
    objects, _total = recycle_bin.page(scope, ["Service"], text="", first=0, most=50)
    assert [deleted.name for deleted in objects] == ["first"]
    assert DeletedObject.objects.count() == 3, "it is no larger than before"


def test_who_restores_slowly_gives_back_only_what_is_still_theirs(project: Project, people: People) -> None:
    """The claim ran out and another has it: it is not freed under them, and what exists again is out of the bin."""
    scope = people.scope("olive", project)
    ids = [keep(scope, "made"), keep(scope, "refused")]
    slow = recycle_bin.claim(scope, ids)
    DeletedObject.objects.update(claimed=(past := timezone.now() - timedelta(seconds=recycle_bin.CLAIM_SECONDS + 1)))
    other = recycle_bin.claim(scope, ids)
    assert slow
    assert other
    recycle_bin.release(past, ids, ids[:1])
    states = dict(DeletedObject.objects.values_list("name", "state"))
    assert states == {"made": "restored", "refused": "restoring"}
    recycle_bin.release(other, ids, [])
    states = dict(DeletedObject.objects.values_list("name", "state"))
    assert states == {"made": "restored", "refused": "deleted"}
