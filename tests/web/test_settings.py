"""Edit Settings of a workload over the wire: the steps that create one change it, and nothing else is stored."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.models import AuditEntry
from services.changes.change import change_workload
from services.models import Draft
from tests.clusters import Cluster, eventually
from tests.manifests import daemon_set, deployment, service, stateful_set
from tests.web.creating import controls, line_ends
from tests.web.editing import fields_of, words_of

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.faults import Proxy

SignIn = Callable[[str], Client]
SIDE = {"name": "side", "image": "busybox:1.36", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}


@dataclass
class Settings:
    """One person in Edit Settings of one workload, without scripts; `answer` is the last page."""

    client: Client
    workload: str
    answer: Any = None

    @property
    def page(self) -> str:
        return str(self.answer.content.decode())

    @property
    def words(self) -> str:
        return words_of(self.page)

    @property
    def path(self) -> str:
        return str(self.answer.request["PATH_INFO"])

    @property
    def stop(self) -> str:
        """Where one is: pod, storage, advanced_live, review ..."""
        return self.path.rstrip("/").rpartition("/")[2]

    def begin(self, step: str = "pod") -> Settings:
        assert self.client.get(f"{self.workload}settings/").status_code == 200
        self.answer = self.client.post(f"{self.workload}settings/", {"step": step}, follow=True)
        assert (self.answer.status_code, self.stop) == (200, step), self.page
        return self

    def send(self, do: str = "", **typed: Any) -> Settings:
        """Send the form `step` of the page with what is typed (`__` stands for `-`); follow where it leads."""
        fields = controls(self.page) | {name.replace("__", "-"): [str(text)] for name, text in typed.items()}
        action = re.search(r'<form id="step" method="post" action="([^"]+)"', self.page)
        assert action, self.page
        self.answer = self.client.post(action[1], line_ends(fields | ({"do": [do]} if do else {})), follow=True)
        return self

    def review(self, **typed: Any) -> Settings:
        self.send("go:review", **typed)
        assert self.stop == "review", self.words
        return self

    def apply(self, **more: str) -> Settings:
        assert "Dry run accepted" in self.words, self.words
        return self.send(**more)

    def go(self, place: str) -> Settings:
        self.answer = self.client.get(f"{self.path.rstrip('/').rpartition('/')[0]}/{place}/", follow=True)
        return self

    @property
    def is_saved(self) -> bool:
        return self.path == self.workload and "Saved" in self.words


def create(cluster: Cluster, project: Project, body: Any) -> str:
    """Create a workload; its address."""
    cluster.admin.create(body, project.name)
    return f"/projects/{project.name}/workload/{body['kind'].lower()}/{body['metadata']['name']}/"


def stored(cluster: Cluster, address: str) -> Any:
    _, _, project, _, kind, name, _ = address.split("/")
    return cluster.admin.get(f"{kind}s", project, name)


def replace(cluster: Cluster, project: Project, body: Any) -> None:
    """Replace a workload, whatever its controller wrote of its status meanwhile."""
    meta = {key: value for key, value in body["metadata"].items() if key != "resourceVersion"}
    cluster.admin.replace({**body, "metadata": meta}, project.name)


def spec_of(body: Any) -> Any:
    return {key: value for key, value in body["spec"].items()} | {"labels": body["metadata"].get("labels")}


@pytest.fixture
def web(cluster: Cluster, project: Project) -> str:
    """The address of the Deployment web-v1: two replicas, containers app and side; a Service selects its pods."""
    body = deployment("web", replicas=2)
    body["spec"]["template"]["spec"]["containers"].append(SIDE)
    cluster.admin.create(service("web"), project.name)
    return create(cluster, project, body)


@pytest.fixture
def olive(sign_in: SignIn, web: str) -> Settings:
    return Settings(sign_in("olive"), web)


@pytest.mark.parametrize("kind", ["deployment", "statefulset", "daemonset"])
def test_opened_and_gone_through_unchanged_sends_nothing_and_one_change_sends_that(
    cluster: Cluster, project: Project, sign_in: SignIn, kind: str
) -> None:
    bodies = {"deployment": deployment("web"), "statefulset": stateful_set("web"), "daemonset": daemon_set("web")}
    address = create(cluster, project, bodies[kind])
    olive, before = Settings(sign_in("olive"), address).begin(), spec_of(stored(cluster, address))
    cluster.forget()
    for _step in ("pod", "storage", "advanced_live"):
        olive.send()
    assert olive.stop == "review"
    assert "Nothing would change" in olive.words
    assert not [request for request in cluster.request_log() if request.writes]
    assert spec_of(stored(cluster, address)) == before
    strategy = "strategy" if kind == "deployment" else "updateStrategy"
    olive.go("pod").review(**{"containers-0-image": "nginx:1.28"})
    assert "replaced" in olive.words or "created again" in olive.words or "no pods now" in olive.words
    assert "nginx:1.28" in olive.words
    assert spec_of(stored(cluster, address)) == before, "the review writes nothing"
    assert olive.apply().is_saved
    before["template"]["spec"]["containers"][0]["image"] = "nginx:1.28"
    assert spec_of(stored(cluster, address)) == before
    olive.begin().review(update__strategy="Recreate" if kind == "deployment" else "OnDelete")
    assert "No pod is restarted." in olive.words
    assert olive.apply().is_saved
    before[strategy] = {"type": "Recreate" if kind == "deployment" else "OnDelete"}
    assert spec_of(stored(cluster, address)) == before
    assert not Draft.objects.exists(), "applied: there is no draft any more"


def test_the_quota_counts_the_pods_that_are_there_once(
    cluster: Cluster, olive: Settings, project: Project, web: str
) -> None:
    """What runs is in use already; only what is typed beyond it is added, saved in the draft or not."""
    # Once the quota is there, pods without limits are refused: those of the Deployment have to be there before it.
    eventually(lambda: stored(cluster, web)["status"]["replicas"] == 2)
    meta = {"name": "of-the-project", "namespace": project.name}
    spec = {"hard": {"pods": "4", "limits.memory": "1Gi"}}
    cluster.admin.create({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": spec})

    def used() -> Any:
        return (cluster.admin.get("resourcequotas", project.name, "of-the-project").get("status") or {}).get("used")

    eventually(lambda: (used() or {}).get("pods") == "2", timeout=60)
    assert "Pods 2 / 4" in olive.begin("pod").words
    assert "Pods 5 / 4" in olive.send("look:", replicas=5).words
    assert "Pods 3 / 4" in olive.send("", replicas=3).go("pod").words, "saved in the draft, and nothing applied"


def test_replicas_that_are_not_given_are_one_pod_and_a_daemon_set_is_held_against_no_quota(
    cluster: Cluster, olive: Settings, sign_in: SignIn, project: Project
) -> None:
    meta = {"name": "of-the-project", "namespace": project.name}
    cluster.admin.create(
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": {"hard": {"pods": "9"}}}
    )
    eventually(lambda: "Pods 2 / 9" in olive.begin("pod").words)
    assert "Pods 1 / 9" in olive.send("look:", replicas="").words
    agent = create(cluster, project, daemon_set("agent"))
    page = Settings(sign_in("olive"), agent).begin("pod")
    assert "agent" in page.words
    assert "/ 9" not in page.words, "on how many nodes it will run is not known"


def test_it_is_written_as_the_person_tried_versioned_and_recorded(cluster: Cluster, olive: Settings) -> None:
    olive.begin().review(**{"containers-1-image": "busybox:1.37", "replicas": "3"})
    assert "2 pods are replaced, at most 1 at a time." in olive.words
    assert "Apply, replace 2 pods" in olive.words
    assert "1 pod is started." in olive.words
    cluster.forget()
    assert olive.apply().is_saved
    writes = [request for request in cluster.request_log() if request.writes]
    assert ["dryRun=All" in request.target for request in writes] == [True, False]
    assert len({request.user for request in writes}) == 1
    assert writes[0].user, "as the person"
    assert all(request.json()["metadata"]["resourceVersion"] for request in writes)
    assert all(request.json()["metadata"]["uid"] for request in writes)
    entry = AuditEntry.objects.get(action="workload.settings")
    paths = ["spec.replicas", "spec.template.spec.containers[side].image"]
    assert (entry.actor, entry.outcome, sorted(entry.changes)) == ("olive", "ok", paths)


def test_all_steps_change_one_object_in_one_write(cluster: Cluster, olive: Settings, web: str) -> None:
    olive.begin().send(**{"containers-0-image": "nginx:1.28"})
    assert olive.stop == "storage"
    olive.send("volume:empty").send(**{"volumes-0-mounts-0-container": "side", "volumes-0-mounts-0-path": "/tmp/x"})
    assert olive.stop == "advanced_live"
    olive.send("add:labels").send("add:pod_labels")
    olive.send(**{"labels-2-key": "team", "labels-2-value": "red", "pod_labels-2-key": "tier"})
    assert olive.stop == "review"
    cluster.forget()
    assert olive.apply().is_saved
    assert len([request for request in cluster.request_log() if request.writes and "dryRun" not in request.target]) == 1
    now = stored(cluster, web)
    template = now["spec"]["template"]
    assert [container["image"] for container in template["spec"]["containers"]] == ["nginx:1.28", "busybox:1.36"]
    assert template["spec"]["volumes"] == [{"name": "scratch", "emptyDir": {}}]
    assert template["spec"]["containers"][1]["volumeMounts"] == [{"name": "scratch", "mountPath": "/tmp/x"}]
    assert now["metadata"]["labels"] == {"app": "web", "version": "v1", "team": "red"}
    assert template["metadata"]["labels"] == {"app": "web", "version": "v1", "tier": ""}
    assert now["spec"]["selector"]["matchLabels"] == {"app": "web", "version": "v1"}


def test_what_is_typed_is_kept_and_shown_where_it_was_left(olive: Settings, sign_in: SignIn, web: str) -> None:
    """C12: what the page showed as entered is there after it was closed, wrong or right; an empty draft is none."""
    olive.begin()
    ways = words_of(olive.client.get(f"{web}settings/").content.decode())
    assert "not applied" not in ways
    assert "2 replicas, 2 containers" in ways
    olive.send(**{"containers-0-image": "nginx:1.28 oops"})
    assert olive.answer.status_code == 422
    assert "You have changes that are not applied." in words_of(olive.client.get(f"{web}settings/").content.decode())
    olive.begin()
    assert controls(olive.page)["containers-0-image"] == ["nginx:1.28 oops"]
    olive.go("review")
    assert "Finish the steps first" in olive.words
    assert "Dry run accepted" not in olive.words
    other = Settings(sign_in("alice"), web).begin()
    assert controls(other.page)["containers-0-image"] == ["nginx:1.27"], "everybody has a draft of their own"
    assert Draft.objects.count() == 2
    listed = sign_in("olive").get(web.replace("workload/deployment/web-v1", "services/new/drafts"))
    assert "Unapplied changes of workloads" in words_of(listed.content.decode())
    assert "web-v1" in words_of(listed.content.decode())


@pytest.mark.parametrize("inserted", ["container", "variable", "volume"])
def test_what_somebody_inserts_before_mine_leaves_my_change_where_it_was(
    cluster: Cluster, olive: Settings, web: str, project: Project, inserted: str
) -> None:
    """Headlamp changes the wrong one here: it goes by the place in the list."""
    volumes = [{"name": "one", "emptyDir": {}}]
    body = stored(cluster, web)
    body["spec"]["template"]["spec"]["volumes"] = volumes
    replace(cluster, project, body)
    step = "storage" if inserted == "volume" else "pod"
    olive.begin(step)
    pod = stored(cluster, web)
    spec = pod["spec"]["template"]["spec"]
    first = {"name": "first", "image": "redis:7"}
    if inserted == "container":
        spec["containers"].insert(0, first)
    elif inserted == "variable":
        spec["containers"][1]["env"].insert(0, {"name": "FIRST", "value": "0"})
    else:
        spec["volumes"].insert(0, {"name": "first", "emptyDir": {}})
    replace(cluster, project, pod)
    mine = {
        "container": {"containers-1-image": "busybox:1.37"},
        "variable": {"containers-1-env-1-value": "3"},
        "volume": {"volumes-0-size": "1Gi"},
    }
    assert olive.review(**mine[inserted]).apply().is_saved
    now = stored(cluster, web)["spec"]["template"]["spec"]
    containers = {container["name"]: container for container in now["containers"]}
    if inserted == "container":
        assert list(containers) == ["first", "app", "side"]
        assert [container["image"] for container in now["containers"]] == ["redis:7", "nginx:1.27", "busybox:1.37"]
    elif inserted == "variable":
        assert {variable["name"]: variable["value"] for variable in containers["side"]["env"]} == {
            "FIRST": "0",
            "A": "1",
            "B": "3",
        }
    else:
        sizes = {volume["name"]: volume["emptyDir"].get("sizeLimit") for volume in now["volumes"]}
        assert sizes == {"first": None, "one": "1Gi"}


def test_what_an_autoscaler_and_others_do_meanwhile_is_not_undone(
    cluster: Cluster, olive: Settings, web: str, project: Project
) -> None:
    """Before the review, and between the review and Apply: the difference that was shown is the same."""
    olive.begin()
    cluster.admin.patch("deployments", project.name, "web-v1", {"spec": {"replicas": 4}})
    olive.review(**{"containers-0-image": "nginx:1.28"})
    meanwhile = {"spec": {"replicas": 5}, "metadata": {"annotations": {"other": "yes"}}}
    cluster.admin.patch("deployments", project.name, "web-v1", meanwhile)
    assert olive.apply().is_saved
    now = stored(cluster, web)
    assert (now["spec"]["replicas"], now["metadata"]["annotations"]["other"]) == (5, "yes")
    assert now["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:1.28"


def test_both_changed_the_same_field(cluster: Cluster, olive: Settings, web: str, sign_in: SignIn) -> None:
    """What collided is shown with both values and who was faster; what was typed stays until there is a choice."""
    olive.begin().send(**{"containers-0-image": "nginx:1.28", "containers-1-image": "busybox:1.37"})
    olive.go("review")
    reviewed = olive.page
    alice = Settings(sign_in("alice"), web).begin().review(**{"containers-0-image": "nginx:1.29"})
    assert alice.apply().is_saved
    assert "shown" in fields_of(reviewed, "step")
    olive.apply()
    assert (olive.answer.status_code, olive.stop) == (409, "apply")
    assert "Merge two changes Edit Settings, web-v1" in olive.words
    assert re.search(
        r"alice changed web-v1 .* while you were editing\. Your change is not saved\. "
        r"1 of 2 fields merge automatically\. Choose a value for the other one\.",
        olive.words,
    )
    assert re.search(r"Deployment web-v1, merged \d+ lines, 1 unresolved", olive.words)
    assert re.search(r"When you opened it [\d:]+ UTC , version \d+", olive.words)
    assert "image: nginx:1.29" in olive.words, "the result so far has what is stored"
    assert "Request " not in olive.words
    assert re.search(r'href="[^"]+/pod/">Back to the form</a>', olive.page), "the step that was filled in"
    assert re.search(r'href="[^"]+/discard/\?from=review"><span[^>]+>Discard my change…</span>', olive.page)
    assert "nginx:1.28" in olive.words
    assert "nginx:1.29" in olive.words
    assert stored(cluster, web)["spec"]["template"]["spec"]["containers"][1]["image"] == "busybox:1.36"
    assert olive.send().answer.status_code == 422, "a choice is missing"
    clash = re.search(r'name="(clash:[^"]*)"', olive.page)
    assert clash
    olive.send(**{clash[1]: "yours"})
    assert olive.stop == "review"
    assert olive.apply().is_saved
    images = [container["image"] for container in stored(cluster, web)["spec"]["template"]["spec"]["containers"]]
    assert images == ["nginx:1.28", "busybox:1.37"]


def test_what_was_not_reviewed_is_not_sent(cluster: Cluster, olive: Settings, web: str, project: Project) -> None:
    olive.begin().review(**{"containers-0-image": "nginx:1.28"})
    draft = Draft.objects.get()
    Draft.objects.filter(id=draft.id).update(text=draft.text.replace("nginx:1.28", "nginx:1.29"))
    olive.apply()
    assert olive.answer.status_code == 409
    assert "Nothing was sent. Below is what would be sent now." in olive.words
    assert stored(cluster, web)["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:1.27"
    assert olive.apply().is_saved


def test_a_workload_that_was_deleted_or_made_anew_is_said_and_what_was_typed_is_kept(
    cluster: Cluster, olive: Settings, web: str, project: Project
) -> None:
    olive.begin().review(**{"containers-0-image": "nginx:1.28"})
    cluster.admin.delete("deployments", project.name, "web-v1")
    eventually(
        lambda: (
            "web-v1"
            not in [workload["metadata"]["name"] for workload in cluster.admin.list("deployments", project.name)]
        )
    )
    olive.send()
    assert olive.answer.status_code == 404
    assert "does not exist any more. What you entered is kept." in olive.words
    olive.answer = olive.client.get(f"{web}settings/", follow=True)
    assert olive.stop == "review", "the way to what was entered stays"
    cluster.admin.create(deployment("web"), project.name)
    olive.go("review")
    assert olive.answer.status_code == 409
    assert "was deleted, and another one with this name exists now" in olive.words
    form = re.search(r'action="([^"]+/merge/)"', olive.page)
    assert form
    version = Draft.objects.get().version
    olive.answer = olive.client.post(form[1], {"seen": version, "anew": "1"}, follow=True)
    assert olive.apply().is_saved
    containers = stored(cluster, web)["spec"]["template"]["spec"]["containers"]
    assert [(container["name"], container["image"]) for container in containers] == [("app", "nginx:1.28")], (
        "what others took away"
    )


def test_a_refusal_names_the_field_and_nothing_is_lost(cluster: Cluster, olive: Settings, faults: Proxy) -> None:
    olive.begin()
    text = Draft.objects.get().text
    Draft.objects.update(text=text.replace("containerPort: 8080", "containerPort: 808080"))
    olive.go("review")
    assert "Change it in" in olive.words
    assert "Pod Settings" in olive.words
    assert "Dry run accepted" not in olive.words
    with faults.answer(503, method="PUT", path="dryRun"):
        olive.go("review")
    assert olive.answer.status_code >= 500
    assert Draft.objects.count() == 1


def test_a_service_that_would_lose_the_pods_is_named_and_has_to_be_confirmed(
    cluster: Cluster, web: str, project: Project, sign_in: SignIn
) -> None:
    cluster.admin.patch(
        "deployments", project.name, "web-v1", {"spec": {"template": {"metadata": {"labels": {"t": "1"}}}}}
    )
    cluster.admin.create(service("tail", selector={"t": "1"}), project.name)
    olive = Settings(sign_in("olive"), web).begin("advanced_live")
    at = next(name for name, texts in controls(olive.page).items() if texts == ["t"] and "pod_labels" in name)
    eventually(
        lambda: (
            "tail" in words_of(olive.client.get(web.replace("workload/deployment/web-v1", "services")).content.decode())
        )
    )
    olive.review(**{at.replace("-key", "-value"): "2"})
    assert "After this change none of its pods is selected by tail." in olive.words
    assert olive.send().answer.status_code == 422, "not without the tick"
    assert olive.apply(sure="on").is_saved
    assert stored(cluster, web)["spec"]["template"]["metadata"]["labels"]["t"] == "2"


def test_what_cannot_be_changed_is_shown_and_not_offered(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    address = create(cluster, project, stateful_set("web"))
    olive = Settings(sign_in("olive"), address)
    assert "Cannot be changed" in words_of(olive.client.get(f"{address}settings/").content.decode())
    olive.begin("storage")
    assert '"add:templates"' not in olive.page
    assert '"drop:templates-0"' not in olive.page
    assert not re.search(r'<input type="text"[^>]*name="templates-0-(name|size)"', olive.page)
    olive.send(**{"templates-0-mounts-0-path": "/data"}) if "templates-0-mounts-0-path" in controls(
        olive.page
    ) else None
    olive.go("storage").send("add:templates-0-mounts")
    olive.send(**{"templates-0-mounts-0-container": "app", "templates-0-mounts-0-path": "/data"})
    assert olive.stop == "advanced_live"
    assert "selector, which cannot be changed" in olive.words
    assert olive.send("drop:pod_labels-0").send().answer.status_code == 422
    assert "The selector requires app=web, so the pods must keep it." in olive.words
    olive.send("forget:").send()
    assert olive.apply().is_saved
    container = stored(cluster, address)["spec"]["template"]["spec"]["containers"][0]
    assert container["volumeMounts"] == [{"name": "data", "mountPath": "/data"}]


def test_as_yaml_it_stays_that_one_document(cluster: Cluster, olive: Settings, web: str) -> None:
    olive.begin().send("yaml")
    assert olive.stop == "yaml"
    text = controls(olive.page)["text"][0]
    olive.send("save", text=text.replace("name: web-v1", "name: other"))
    assert olive.answer.status_code == 422
    assert "This changes the Deployment web-v1" in olive.words
    olive.send("review", text=re.sub(r"( +)image: nginx:1.27", r"\g<0>\n\1stdin: true", text))
    assert olive.stop == "review", olive.words
    assert olive.apply().is_saved
    assert stored(cluster, web)["spec"]["template"]["spec"]["containers"][0]["stdin"] is True


def test_discarded_is_asked_and_then_nothing_is_left(olive: Settings, web: str) -> None:
    olive.begin().send("discard", **{"containers-0-image": "nginx:1.28"})
    assert "What you typed" in olive.words
    address = olive.path
    assert controls(olive.client.get(re.sub("discard/$", "pod/", address)).content.decode())["containers-0-image"] == [
        "nginx:1.28"
    ]
    assert olive.client.post(address).headers["Location"] == web
    assert not Draft.objects.exists()
    late = {"do": "look:", "containers-0-image": "nginx:1.30"}
    kept = olive.client.post(re.sub("discard/$", "pod/", address), late, headers={"HX-Request": "true"})
    assert kept.status_code == 404, "another tab stays on its page, with what is typed there"
    assert "applied or discarded before" in words_of(olive.client.get(address, follow=True).content.decode())


def test_one_person_has_fifty_edits_and_they_take_no_draft_that_creates(
    cluster: Cluster, olive: Settings, project: Project
) -> None:
    draft = olive.begin().send(replicas="3") and Draft.objects.get()
    base = {**draft.base, "name": "other"}
    values = {"owner": draft.owner, "project": draft.project, "text": "a: 1"}
    Draft.objects.bulk_create(
        Draft(**values, type="settings", name=f"w-{at}", base={**base, "name": f"w-{at}"}, typed={"pod": {}})
        for at in range(49)
    )
    Draft.objects.bulk_create(Draft(**values, type="yaml", typed={"yaml": {}}) for _ in range(3))
    Draft.objects.filter(id=draft.id).update(updated=draft.updated - timedelta(days=1))
    cluster.admin.create(deployment("shop"), project.name)
    assert Settings(olive.client, olive.workload.replace("web-v1", "shop-v1")).begin()
    assert Draft.objects.filter(base__isnull=False).count() == 50
    assert not Draft.objects.filter(id=draft.id).exists(), "the oldest went"
    assert Draft.objects.filter(base__isnull=True).count() == 3


def test_two_tabs_of_one_draft_and_an_apply_that_is_lost_or_fails(
    cluster: Cluster, olive: Settings, web: str, faults: Proxy
) -> None:
    """An older tab overwrites nothing unasked; a refused Apply keeps the draft, a lost answer is found out."""
    empty = Settings(olive.client, web).begin()
    olive.begin()
    other = Settings(olive.client, web, olive.client.get(olive.path))
    olive.send(**{"containers-0-image": "nginx:1.28"})
    other.send(**{"containers-1-image": "busybox:1.37"})
    assert other.answer.status_code == 409
    assert "saved elsewhere in the meantime" in other.words
    assert controls(other.page)["containers-1-image"] == ["busybox:1.37"]
    assert other.send("forget:").review(**{"containers-1-image": "busybox:1.37"})
    real = r"deployments/web-v1\?(?!.*dryRun)"
    with faults.answer(403, method="PUT", path=real):
        other.apply()
    assert other.answer.status_code == 403
    assert Draft.objects.count() == 2, "this one, and the empty one of another tab"
    other.go("review")
    with faults.commit_then_drop(method="PUT", path=real):
        assert other.apply().is_saved
    images = [container["image"] for container in stored(cluster, web)["spec"]["template"]["spec"]["containers"]]
    assert images == ["nginx:1.28", "busybox:1.37"]
    assert [entry.outcome for entry in AuditEntry.objects.filter(action="workload.settings").order_by("id")] == [
        "refused",
        "ok",
    ]
    assert empty.review(**{"containers-0-image": "nginx:1.27.1"}).answer.status_code == 409, "it is there, and clashes"
    again = olive.go("pod")
    assert (again.path, "applied or discarded before" in again.words) == (web, True)


def test_what_another_tab_saves_while_apply_is_on_its_way_is_kept(
    cluster: Cluster, olive: Settings, web: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not sent with the rest, so it waits in the draft, on top of what was applied."""
    olive.begin().review(**{"containers-0-image": "nginx:1.28"})
    other = Settings(olive.client, web, olive.client.get(olive.path.replace("/review/", "/pod/")))

    def meanwhile(*args: Any, **options: Any) -> Any:
        changed = change_workload(*args, **options)
        other.send("go:storage", **{"containers-1-image": "busybox:1.37"})
        return changed

    monkeypatch.setattr("services.create.verbs.settings.change_workload", meanwhile)
    assert olive.apply().is_saved
    assert Draft.objects.filter(base__isnull=False).count() == 1, "what the other tab saved is there"
    monkeypatch.undo()
    assert other.go("review").apply().is_saved
    images = [container["image"] for container in stored(cluster, web)["spec"]["template"]["spec"]["containers"]]
    assert images == ["nginx:1.28", "busybox:1.37"]
    assert not Draft.objects.filter(base__isnull=False).exists()


def test_both_changes_together_may_be_larger_than_any_text_that_is_read(
    cluster: Cluster, olive: Settings, web: str, project: Project
) -> None:
    """The draft stays as it is: taken over, it could not be opened any more."""
    olive.begin().send("go:review", **{"containers-1-image": "busybox:1.37"})
    Draft.objects.update(text=Draft.objects.get().text.replace("value: '1'", f"value: {'x' * 600_000}"), version=2)
    theirs = stored(cluster, web)
    side = theirs["spec"]["template"]["spec"]["containers"][1]
    side["image"], side["env"][1]["value"] = "busybox:1.38", "y" * 500_000
    replace(cluster, project, theirs)
    olive.go("review")
    assert olive.answer.status_code == 409
    review = olive.path
    (clash,) = re.findall(r'name="(clash:[^"]+)" value="yours"', olive.page)
    before = Draft.objects.get()
    olive.send(**{clash: "yours"})
    assert (olive.answer.status_code, "longer than 1 MB" in olive.words) == (422, True)
    assert Draft.objects.get().text == before.text
    assert olive.client.get(review).status_code == 409, "it can be opened, and decided otherwise"


def test_a_draft_that_cannot_be_forgotten_was_applied_all_the_same(
    cluster: Cluster, olive: Settings, web: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    olive.begin().review(**{"containers-0-image": "nginx:1.28"})

    def locked(*_args: Any, **_options: Any) -> Any:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr("django.db.models.query.QuerySet.delete", locked)
        assert olive.apply().is_saved
    assert stored(cluster, web)["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:1.28"
    again = Settings(olive.client, web).begin().go("review")
    assert "Nothing would change" in again.words
