"""Revisions over the wire: what each changed, the difference of two, and the way back, shown before it is sent."""

from __future__ import annotations

import html as markup
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from accounts.models import AuditEntry
from tests.clusters import Cluster, eventually
from tests.manifests import daemon_set, deployment, stateful_set

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.faults import Proxy

SignIn = Callable[[str], Client]
KINDS = ("deployment", "statefulset", "daemonset")


def read(response: Any) -> str:
    """What a person reads, on one line."""
    return re.sub(r"\s+", " ", markup.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def seen(response: Any) -> str:
    match = re.search(r'name="seen" value="(\d+)"', response.content.decode())
    assert match, response.content.decode()
    return match[1]


def image(cluster: Cluster, address: str) -> str:
    _, _, project, _, kind, name, _ = address.split("/")
    return str(cluster.admin.get(f"{kind}s", project, name)["spec"]["template"]["spec"]["containers"][0]["image"])


def changed_twice(cluster: Cluster, project: Project, kind: str) -> str:
    """A workload of this kind with three revisions; its address."""
    made = deployment("web") if kind == "deployment" else stateful_set("web")
    made = daemon_set("web-v1") if kind == "daemonset" else made
    made["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:1.25"
    cluster.admin.create(made, project.name)
    of = "replicasets" if kind == "deployment" else "controllerrevisions"
    for number, tag in enumerate(("1.26", "1.27"), start=1):
        eventually(lambda number=number: len(cluster.admin.list(of, project.name)) == number)  # type: ignore[misc]
        template = {"spec": {"containers": [{"name": "app", "image": f"nginx:{tag}"}]}}
        note = {"kubernetes.io/change-cause": f"to {tag}"}
        patch = {"metadata": {"annotations": note}, "spec": {"template": template}}
        cluster.admin.patch(f"{kind}s", project.name, "web-v1", patch, how="strategic")
    eventually(lambda: len(cluster.admin.list(of, project.name)) == 3)
    return f"/projects/{project.name}/workload/{kind}/web-v1/"


@pytest.mark.parametrize("kind", KINDS)
def test_what_each_revision_changed(cluster: Cluster, project: Project, sign_in: SignIn, kind: str) -> None:
    web = changed_twice(cluster, project, kind)
    html = sign_in("bob").get(f"{web}revisions/").content.decode()
    numbers = re.findall(r'<tr id="r-(\d+)"', html)
    assert numbers == ["3", "2", "1"]
    page_text = read(sign_in("bob").get(f"{web}revisions/"))
    assert "3 current" in page_text
    assert "Image of app: 1.26 to 1.27" in page_text
    assert "Image of app: 1.25 to 1.26" in page_text
    assert "First revision" in page_text
    assert "to 1.27" in page_text
    assert "Roll Back" not in page_text, "bob only reads"


def test_the_difference_to_the_current_one_and_of_any_two(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    web = changed_twice(cluster, project, "deployment")
    bob = sign_in("bob")
    opened = bob.get(f"{web}revisions/?open=1").content.decode()
    assert 'aria-expanded="true"' in opened
    assert "From revision 3 (current) to 1" in opened
    assert "<del>7</del>" in opened
    assert "<ins>5</ins>" in opened
    compared = bob.get(f"{web}revisions/?from=1&to=2").content.decode()
    assert "<del>5</del>" in compared
    assert "<ins>6</ins>" in compared
    assert "pod-template-hash" not in compared
    for rubbish in ("?open=99", "?from=1&to=x", "?from=&to=1", "?open=-1&open=1e9", "?open=99999999999999"):
        assert bob.get(f"{web}revisions/{rubbish}").status_code == 200


def test_a_revision_says_whose_change_it_was(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    web = changed_twice(cluster, project, "deployment")
    olive = sign_in("olive")
    assert olive.post(f"{web}image/", {"image-app": "nginx:1.28", "seen-app": "nginx:1.27"}).status_code == 303
    html = eventually(lambda: _has(olive, f"{web}revisions/", 'id="r-4"'))
    rows = dict(re.findall(r'<tr id="r-(\d)"(.*?)</tr>', html, re.S))
    assert "<small>olive</small>" in rows["4"]
    assert "<small>olive</small>" not in rows["3"], "that was somebody with kubectl"


def _has(client: Client, address: str, sign: str) -> str:
    html = client.get(address).content.decode()
    return html if sign in html else ""


@pytest.mark.parametrize("kind", KINDS)
def test_rolling_back_shows_exactly_what_is_sent(
    cluster: Cluster, project: Project, sign_in: SignIn, kind: str
) -> None:
    web = changed_twice(cluster, project, kind)
    olive = sign_in("olive")
    assert "Roll Back" in read(olive.get(f"{web}revisions/"))
    review = olive.get(f"{web}rollback/1/")
    assert "Dry run accepted" in read(review)
    assert "<ins>5</ins>" in review.content.decode()
    assert image(cluster, web) == "nginx:1.27", "nothing is sent yet"
    cluster.forget()
    done = olive.post(f"{web}rollback/1/", {"seen": seen(review)})
    assert (done.status_code, done.headers["Location"]) == (303, web)
    assert image(cluster, web) == "nginx:1.25"
    writes = [request for request in cluster.request_log() if request.writes]
    dry = ["dryRun=All" in request.target for request in writes]
    assert set(dry) == {True, False}
    assert dry == sorted(dry, reverse=True), (
        "tried, then sent: each again where a controller wrote the status meanwhile"
    )
    entry = AuditEntry.objects.get(action="workload.rollback")
    assert (entry.actor, entry.outcome) == ("olive", "ok")
    assert "spec.template.spec.containers[app].image" in entry.changes

    def newest() -> bool:
        html = olive.get(f"{web}revisions/").content.decode()
        return re.findall(r'<tr id="r-(\d+)"', html) == ["4", "3", "2"]

    eventually(newest)
    tab = olive.get(f"{web}revisions/")
    assert "4 current" in read(tab), "the old revision is the newest again"
    assert "Not known: the revision before it is not in this list" in read(tab)
    assert "<small>olive</small>" in dict(re.findall(r'<tr id="r-(\d)"(.*?)</tr>', tab.content.decode(), re.S))["4"]
    same = read(olive.get(f"{web}rollback/4/"))
    assert "Nothing would change." in same


def test_somebody_else_changes_it_while_the_difference_is_read(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    web = changed_twice(cluster, project, "deployment")
    olive, alice = sign_in("olive"), sign_in("alice")
    review = olive.get(f"{web}rollback/1/")
    alice.post(f"{web}scale/", {"replicas": "3", "seen": "1"})
    answer = olive.post(f"{web}rollback/1/", {"seen": seen(review)})
    assert answer.status_code == 409
    assert "alice changed web-v1" in read(answer)
    assert "Below is what rolling back would change now." in read(answer)
    assert image(cluster, web) == "nginx:1.27"
    assert olive.post(f"{web}rollback/1/", {"seen": seen(answer)}).status_code == 303
    assert image(cluster, web) == "nginx:1.25"
    assert cluster.admin.get("deployments", project.name, "web-v1")["spec"]["replicas"] == 3, "alice's change stays"


def test_a_status_in_between_is_no_conflict(cluster: Cluster, project: Project, sign_in: SignIn, faults: Proxy) -> None:
    """A rollout writes the status many times a second: the difference is shown, and sent, all the same."""
    web = changed_twice(cluster, project, "deployment")
    olive = sign_in("olive")
    with faults.answer(409, method="PUT", path=r"deployments/web-v1\?.*dryRun", times=1):
        review = olive.get(f"{web}rollback/1/")
    assert "Dry run accepted" in read(review)
    with faults.answer(409, method="PUT", path=r"deployments/web-v1\?(?!.*dryRun)", times=1):
        assert olive.post(f"{web}rollback/1/", {"seen": seen(review)}).status_code == 303
    assert image(cluster, web) == "nginx:1.25"


def test_what_is_paused_is_not_rolled_back(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    web = changed_twice(cluster, project, "deployment")
    cluster.admin.patch("deployments", project.name, "web-v1", {"spec": {"paused": True}})
    olive = sign_in("olive")
    review = olive.get(f"{web}rollback/1/")
    assert "Its rollout is paused." in read(review)
    assert f'<a href="{web}resume/">Resume Rollout…</a>' in review.content.decode(), "the way on"
    assert olive.post(f"{web}rollback/1/", {"seen": seen(review)}).status_code == 409
    assert image(cluster, web) == "nginx:1.27"


def test_one_revision_says_that_there_is_none_to_go_back_to(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    cluster.admin.create(deployment("web"), project.name)
    other = deployment("other")
    other["spec"]["revisionHistoryLimit"] = 0
    cluster.admin.create(other, project.name)
    eventually(lambda: len(cluster.admin.list("replicasets", project.name)) == 2)
    olive, root = sign_in("olive"), f"/projects/{project.name}/workload/deployment/"
    for name, why in (("web", "Each change of the pod template adds a revision."), ("other", "limit is 0")):
        page = eventually(lambda name=name: _with_rows(olive.get(f"{root}{name}-v1/revisions/")))  # type: ignore[misc]
        assert "There is no older revision to roll back to." in page
        assert why in page


def _with_rows(response: Any) -> str | None:
    return page if "current" in (page := read(response)) and response.status_code == 200 else None


def test_a_revision_that_is_not_kept(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    web = changed_twice(cluster, project, "deployment")
    for number in ("9", "0", "99999999999999999999"):
        assert sign_in("olive").get(f"{web}rollback/{number}/").status_code == 404
        assert sign_in("olive").post(f"{web}rollback/{number}/", {"seen": "1"}).status_code == 404


def test_a_tampered_form_rolls_nothing_back(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    web = changed_twice(cluster, project, "deployment")
    for text in ("", "x", "-1", "9" * 40):
        assert sign_in("olive").post(f"{web}rollback/1/", {"seen": text}).status_code == 409
    assert image(cluster, web) == "nginx:1.27"


def test_who_may_not(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    web = changed_twice(cluster, project, "deployment")
    assert sign_in("charlie").get(f"{web}revisions/").status_code == 404
    for method in ("get", "post"):
        assert getattr(sign_in("bob"), method)(f"{web}rollback/1/", {"seen": "1"}).status_code == 403
        assert getattr(sign_in("charlie"), method)(f"{web}rollback/1/", {"seen": "1"}).status_code == 404


@pytest.mark.parametrize("fault", ["403", "422", "503", "lost", "down"])
def test_faults_on_the_way_back(cluster: Cluster, project: Project, sign_in: SignIn, faults: Proxy, fault: str) -> None:
    web = changed_twice(cluster, project, "deployment")
    olive = sign_in("olive")
    generation = seen(olive.get(f"{web}rollback/1/"))
    match: dict[str, Any] = {"method": "PUT", "path": r"deployments/web-v1\?(?!.*dryRun)"}
    if fault == "lost":
        with faults.commit_then_drop(**match):
            assert olive.post(f"{web}rollback/1/", {"seen": generation}).status_code == 303
        assert image(cluster, web) == "nginx:1.25"
        return
    if fault == "down":
        faults.down()
        try:
            assert olive.post(f"{web}rollback/1/", {"seen": generation}).status_code == 503
        finally:
            faults.up()
    else:
        with faults.answer(int(fault), **match):
            answer = olive.post(f"{web}rollback/1/", {"seen": generation})
        assert answer.status_code >= 400
        assert seen(answer), "the review stays, with its button"
    assert image(cluster, web) == "nginx:1.27"


def test_a_rollback_that_waits_for_a_broken_pod_says_so(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """A StatefulSet whose pods start in order replaces none while one is broken: the page says which one to delete."""
    made = stateful_set("web")
    made["spec"]["template"]["metadata"]["annotations"] = {"berth.test/fate": "crash"}
    cluster.admin.create(made, project.name)
    web, olive = f"/projects/{project.name}/workload/statefulset/web-v1/", sign_in("olive")
    eventually(lambda: "CrashLoopBackOff" in olive.get(web).content.decode())
    assert "The rollout waits until" not in read(olive.get(web)), "nothing is rolled out yet"
    template = {"metadata": {"annotations": {"berth.test/fate": "ready"}}}
    cluster.admin.patch("statefulsets", project.name, "web-v1", {"spec": {"template": template}})
    eventually(lambda: len(cluster.admin.list("controllerrevisions", project.name)) == 2)
    eventually(lambda: "The rollout waits until web-v1-0 is ready" in read(olive.get(web)))
    assert f"kubectl -n {project.name} delete pod web-v1-0" in read(sign_in("bob").get(web))
    delete = f'href="/projects/{project.name}/pod/web-v1-0/delete/"'
    assert delete in olive.get(web).content.decode()
    assert delete in olive.get(f"{web}rollback/1/").content.decode(), "it is said before it is done, too"
    cluster.admin.delete("pods", project.name, "web-v1-0")
    eventually(lambda: "The rollout waits until" not in read(olive.get(web)))
    eventually(lambda: cluster.admin.get("statefulsets", project.name, "web-v1")["status"].get("readyReplicas") == 1)


def test_revisions_are_read_to_their_end_and_few_are_open(
    cluster: Cluster, project: Project, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page, not the first page only; differences for a dozen revisions cost time, and an address may ask."""
    web, bob = changed_twice(cluster, project, "deployment"), sign_in("bob")
    monkeypatch.setattr("console.kube.gateway._PAGE", 1)
    monkeypatch.setattr("services.workloads.present.rollout_revisions.MOST_OPEN", 1)
    query = "&".join(f"open={number}" for number in (1, 2, *range(9, 99)))
    html = bob.get(f"{web}revisions/?{query}").content.decode()
    assert re.findall(r'<tr id="r-(\d+)"', html) == ["3", "2", "1"]
    assert html.count('aria-expanded="true"') == 1
    assert not re.search(r'href="\?[^"]*open=98', html)
    many = "&".join(f"open=pod-{number}" for number in range(99))
    assert not re.search(r'href="\?[^"]*open=pod-98', bob.get(f"{web}?{many}").content.decode())


def test_a_revision_that_came_back_by_kubectl_is_not_called_whose_it_was(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    """olive makes two; kubectl brings the first of them back under a new number: that was not olive."""
    cluster.admin.create(deployment("web"), project.name)
    web, olive = f"/projects/{project.name}/workload/deployment/web-v1/", sign_in("olive")
    for number, (old, new) in enumerate((("nginx:1.27", "nginx:1.28"), ("nginx:1.28", "nginx:1.29")), start=1):
        eventually(lambda number=number: len(cluster.admin.list("replicasets", project.name)) == number)  # type: ignore[misc]
        assert olive.post(f"{web}image/", {"image-app": new, "seen-app": old}).status_code == 303
    eventually(lambda: _has(olive, f"{web}revisions/", 'id="r-3"'))
    cluster.kubectl("rollout", "undo", "-n", project.name, "deployment/web-v1")
    html = eventually(lambda: _has(olive, f"{web}revisions/", 'id="r-4"'))
    rows = dict(re.findall(r'<tr id="r-(\d)"(.*?)</tr>', html, re.S))
    assert sorted(rows) == ["1", "3", "4"]
    assert ("nginx:1.28" in rows["4"], "current" in rows["4"]) == (True, True)
    assert "<small>olive</small>" in rows["3"]
    assert "<small>olive</small>" not in rows["4"], rows["4"]
