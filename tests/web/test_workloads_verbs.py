"""Scaling and restarting over the wire: what is typed is kept, nobody is overwritten, and the truth is told."""

from __future__ import annotations

import html as markup
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from accounts.models import AuditEntry
from tests.clusters import Cluster, eventually
from tests.manifests import daemon_set, deployment, scaler, service, stateful_set

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.faults import Proxy

SignIn = Callable[[str], Client]
RESTARTED = "kubectl.kubernetes.io/restartedAt"


@pytest.fixture
def web(cluster: Cluster, project: Project) -> str:
    """The address of the Deployment web-v1 with two replicas."""
    cluster.admin.create(deployment("web", replicas=2), project.name)
    return f"/projects/{project.name}/workload/deployment/web-v1/"


def read(response: Any) -> str:
    """What a person reads, on one line."""
    return re.sub(r"\s+", " ", markup.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def value(response: Any, name: str) -> str:
    """The value of a field in the dialog, not in the page behind it."""
    page = response.content.decode()
    dialog = page[page.index("<dialog open") :]
    field = re.search(rf'<input[^>]* name="{name}"[^>]*>', dialog)
    assert field, dialog
    match = re.search(r' value="([^"]*)"', field[0])
    return markup.unescape(match[1]) if match else ""


def stored(cluster: Cluster, address: str, plural: str = "deployments") -> dict[str, Any]:
    _, _, project, _, _, name, _ = address.split("/")
    return cluster.admin.get(plural, project, name)


def replicas(cluster: Cluster, address: str) -> int:
    return int(stored(cluster, address)["spec"]["replicas"])


def restarted(cluster: Cluster, address: str) -> str:
    template = stored(cluster, address)["spec"]["template"]
    return str((template["metadata"].get("annotations") or {}).get(RESTARTED, ""))


def test_scaling_is_done_as_the_person_and_recorded(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    page = olive.get(web).content.decode()
    assert f'action="{web}scale/"' in page
    cluster.forget()
    answer = olive.post(f"{web}scale/", {"replicas": "3", "seen": "2"})
    assert (answer.status_code, answer.headers["Location"]) == (303, web)
    assert replicas(cluster, web) == 3
    writes = [request for request in cluster.request_log() if request.writes]
    dry = ["dryRun=All" in request.target for request in writes]
    assert set(dry) == {True, False}
    assert dry == sorted(dry, reverse=True), (
        "tried, then sent: each again where a controller wrote the status meanwhile"
    )
    assert len({request.user for request in writes}) == 1
    assert writes[0].user, "as the person"
    assert all(request.json()["metadata"]["resourceVersion"] for request in writes)
    entry = AuditEntry.objects.get(action="workload.scale")
    assert (entry.actor, entry.outcome, entry.changes) == ("olive", "ok", ["spec.replicas"])
    assert "Scaled web-v1 from 2 to 3 replicas." in read(olive.get(web))


def test_the_dialog_alone_does_it_too(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    opened = olive.get(f"{web}scale/")
    assert (value(opened, "replicas"), value(opened, "seen")) == ("2", "2")
    answer = olive.post(f"{web}scale/", {"replicas": "1", "seen": "2"})
    assert answer.status_code == 303
    assert replicas(cluster, web) == 1


@pytest.mark.parametrize("typed", ["-1", "", "two", "1.5", "10001", "99999999999999999999"])
def test_bad_input_is_said_at_its_field_and_nothing_is_sent(
    cluster: Cluster, web: str, sign_in: SignIn, typed: str
) -> None:
    cluster.forget()
    answer = sign_in("olive").post(f"{web}scale/", {"replicas": typed, "seen": "2"})
    assert answer.status_code == 422
    assert value(answer, "replicas") == typed, "what was typed stays"
    assert 'id="id_replicas_error"' in answer.content.decode()
    assert not [request for request in cluster.request_log() if request.writes]
    assert not AuditEntry.objects.filter(action="workload.scale").exists()


def test_two_writers_of_the_same_number(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    """Nobody is overwritten unseen; who was faster is named, and what was typed is sent by pressing again."""
    olive, alice = sign_in("olive"), sign_in("alice")
    assert alice.post(f"{web}scale/", {"replicas": "4", "seen": "2"}).status_code == 303
    answer = olive.post(f"{web}scale/", {"replicas": "5", "seen": "2"})
    assert answer.status_code == 409
    page_text = read(answer)
    assert re.search(r"alice changed web-v1 .*, while this was open\.", page_text)
    assert "It has 4 replicas now. Your change was not applied" in page_text
    assert (value(answer, "replicas"), value(answer, "seen")) == ("5", "4")
    assert replicas(cluster, web) == 4
    assert olive.post(f"{web}scale/", {"replicas": "5", "seen": "4"}).status_code == 303
    assert replicas(cluster, web) == 5


def test_who_scaled_with_kubectl_is_named(cluster: Cluster, web: str, sign_in: SignIn, project: Project) -> None:
    """Not who changed the object here before."""
    assert sign_in("alice").post(f"{web}scale/", {"replicas": "3", "seen": "2"}).status_code == 303
    cluster.kubectl("scale", "-n", project.name, "deployment/web-v1", "--replicas=4")
    answer = sign_in("olive").post(f"{web}scale/", {"replicas": "5", "seen": "3"})
    assert answer.status_code == 409
    page_text = read(answer)
    assert "It has 4 replicas now." in page_text
    if not cluster.embedded:  # which keeps no note of who manages which field
        assert "alice changed" not in page_text
        assert re.search(r"kubectl\S* changed web-v1 .*while this was open", page_text)


def test_what_others_change_elsewhere_stays(cluster: Cluster, web: str, sign_in: SignIn, project: Project) -> None:
    olive = sign_in("olive")
    olive.get(web)
    labels = {"metadata": {"labels": {"team": "red"}}, "spec": {"minReadySeconds": 1}}
    cluster.admin.patch("deployments", project.name, "web-v1", labels)
    assert olive.post(f"{web}scale/", {"replicas": "3", "seen": "2"}).status_code == 303
    now = stored(cluster, web)
    assert (now["spec"]["replicas"], now["spec"]["minReadySeconds"]) == (3, 1)
    assert now["metadata"]["labels"]["team"] == "red"


def test_the_version_is_sent_and_a_status_in_between_is_no_conflict(
    cluster: Cluster, web: str, sign_in: SignIn, faults: Proxy, project: Project
) -> None:
    """A rollout writes the status many times a second; each is a new version, and nobody's change."""
    hits: list[int] = []

    def touch() -> None:
        hits.append(1)
        note = {"metadata": {"annotations": {"controller": str(len(hits))}}}
        cluster.admin.patch("deployments", project.name, "web-v1", note)

    with faults.answer(409, method="PUT", path=r"deployments/web-v1\?.*dryRun", times=1):
        touch()
        assert sign_in("olive").post(f"{web}scale/", {"replicas": "3", "seen": "2"}).status_code == 303
    assert replicas(cluster, web) == 3


def test_stopping_what_services_select_asks_once_more(
    cluster: Cluster, web: str, sign_in: SignIn, project: Project
) -> None:
    cluster.admin.create(service("web"), project.name)
    olive = sign_in("olive")
    eventually(lambda: "/service/web/" in olive.get(web).content.decode())
    answer = olive.post(f"{web}scale/", {"replicas": "0", "seen": "2"})
    assert answer.status_code == 422
    assert "Service web will have no endpoints from it" in read(answer)
    assert replicas(cluster, web) == 2
    assert olive.post(f"{web}scale/", {"replicas": "0", "seen": "2", "sure": "on"}).status_code == 303
    assert replicas(cluster, web) == 0


def test_an_autoscaler_is_named(cluster: Cluster, web: str, sign_in: SignIn, project: Project) -> None:
    cluster.admin.create(scaler("web"), project.name)
    page_text = read(sign_in("olive").get(f"{web}scale/"))
    assert re.search(r"The autoscaler \S+ keeps it between \d+ and \d+ and may change the number again\.", page_text)


def test_who_else_manages_it_is_said_before(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    made = deployment("web")
    made["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "Helm"
    made["metadata"]["annotations"] = {"meta.helm.sh/release-name": "shop"}
    cluster.admin.create(made, project.name)
    web, olive = f"/projects/{project.name}/workload/deployment/web-v1/", sign_in("olive")
    assert "Managed by Helm, release shop" in read(olive.get(web))
    if cluster.embedded:  # on the real one managedFields tell that not Helm set these
        warning = "Managed by Helm, release shop: the next release overwrites what you change here."
        for verb in ("scale", "image"):
            assert warning in read(olive.get(f"{web}{verb}/")), verb


def test_a_stateful_set_is_scaled_and_a_daemon_set_is_not(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(stateful_set("db"), project.name)
    cluster.admin.create(daemon_set("agent"), project.name)
    olive, base = sign_in("olive"), f"/projects/{project.name}/workload"
    assert "Claims of pods that are removed stay" in read(olive.get(f"{base}/statefulset/db-v1/scale/"))
    assert olive.post(f"{base}/statefulset/db-v1/scale/", {"replicas": "2", "seen": "1"}).status_code == 303
    assert stored(cluster, f"{base}/statefulset/db-v1/", "statefulsets")["spec"]["replicas"] == 2
    assert olive.get(f"{base}/daemonset/agent/scale/").status_code == 404
    assert "/scale/" not in olive.get(f"{base}/daemonset/agent/").content.decode()


def test_restarting_replaces_the_pods(cluster: Cluster, web: str, sign_in: SignIn, project: Project) -> None:
    olive = sign_in("olive")
    before = eventually(lambda: names(cluster, project) if len(names(cluster, project)) == 2 else None)
    opened = olive.get(f"{web}restart/")
    assert "Restart Deployment web-v1?" in read(opened)
    assert olive.post(f"{web}restart/", {"seen": value(opened, "seen")}).status_code == 303
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", restarted(cluster, web)), "as kubectl writes it"
    eventually(lambda: len(names(cluster, project)) == 2 and not names(cluster, project) & before)
    assert AuditEntry.objects.get(action="workload.restart").outcome == "ok"


def names(cluster: Cluster, project: Project) -> set[str]:
    return {pod["metadata"]["name"] for pod in cluster.admin.list("pods", project.name)}


@pytest.mark.parametrize("kind", ["statefulset", "daemonset"])
def test_the_other_kinds_restart_too(cluster: Cluster, project: Project, sign_in: SignIn, kind: str) -> None:
    made = stateful_set("db") if kind == "statefulset" else daemon_set("db-v1")
    cluster.admin.create(made, project.name)
    address = f"/projects/{project.name}/workload/{kind}/db-v1/"
    assert sign_in("olive").post(f"{address}restart/", {"seen": ""}).status_code == 303
    assert stored(cluster, address, f"{kind}s")["spec"]["template"]["metadata"]["annotations"][RESTARTED]


def test_who_restarts_after_somebody_else_is_told(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    olive, alice = sign_in("olive"), sign_in("alice")
    assert alice.post(f"{web}restart/", {"seen": ""}).status_code == 303
    first = restarted(cluster, web)
    answer = eventually(lambda: _refused(olive, web))
    assert "alice changed web-v1" in read(answer)
    assert value(answer, "seen") == first
    assert restarted(cluster, web) == first


def _refused(client: Client, web: str) -> Any:
    """In the very second of the first restart the second is the same."""
    answer = client.post(f"{web}restart/", {"seen": ""})
    return answer if answer.status_code == 409 else None


def test_what_is_paused_cannot_be_restarted(cluster: Cluster, web: str, sign_in: SignIn, project: Project) -> None:
    cluster.admin.patch("deployments", project.name, "web-v1", {"spec": {"paused": True}})
    answer = sign_in("olive").post(f"{web}restart/", {"seen": ""})
    assert answer.status_code == 409
    assert "Its rollout is paused. Resume it first" in read(answer)
    assert restarted(cluster, web) == ""


@pytest.mark.parametrize("verb", ["scale", "restart", "image", "pause", "resume"])
def test_who_may_not(cluster: Cluster, web: str, sign_in: SignIn, verb: str) -> None:
    bob, charlie = sign_in("bob"), sign_in("charlie")
    page = bob.get(web).content.decode()
    assert 'id="scaling"' not in page
    assert f'href="{web}{verb}/"' not in page
    for method in ("get", "post"):
        assert getattr(bob, method)(f"{web}{verb}/", {"replicas": "5", "seen": "2"}).status_code == 403
        assert getattr(charlie, method)(f"{web}{verb}/", {"replicas": "5", "seen": "2"}).status_code == 404
    assert replicas(cluster, web) == 2


def test_a_lost_answer_is_read_again(cluster: Cluster, web: str, sign_in: SignIn, faults: Proxy) -> None:
    """It was done: that is said, and nothing is sent twice."""
    olive = sign_in("olive")
    with faults.commit_then_drop(method="PUT", path=r"deployments/web-v1\?(?!.*dryRun)"):
        answer = olive.post(f"{web}scale/", {"replicas": "3", "seen": "2"})
    assert answer.status_code == 303
    assert replicas(cluster, web) == 3


def test_a_lost_answer_is_read_again_while_its_controller_writes(
    cluster: Cluster, web: str, sign_in: SignIn, faults: Proxy
) -> None:
    """What is tried again to see what became of it meets another version each time: that is nobody else's change."""
    olive, tried = sign_in("olive"), {"method": "PUT", "path": "dryRun"}
    with faults.answer(409, times=2, **tried), faults.slow(0, times=1, **tried):  # the first try, before, goes through
        with faults.commit_then_drop(method="PUT", path=r"deployments/web-v1\?(?!.*dryRun)"):
            answer = olive.post(f"{web}scale/", {"replicas": "3", "seen": "2"}, follow=True)
        assert "already" not in answer.content.decode()
    assert replicas(cluster, web) == 3
    entry = AuditEntry.objects.get(action="workload.scale")
    assert (entry.outcome, entry.changes) == ("ok", ["spec.replicas"])


def test_what_is_tried_again_is_recorded_once(
    cluster: Cluster, web: str, sign_in: SignIn, faults: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rollout writes the status in between, for seconds: that leaves no failed rows in the record. What was rehearsed
    is not rehearsed again for another status."""
    monkeypatch.setattr("services.changes.change._PATIENCE", 30.0)  # a machine that is busy with other tests
    with (
        faults.slow(0, method="PUT", path=r"deployments/web-v1\?.*dryRun", times=1),
        faults.answer(409, times=8, method="PUT", path=r"deployments/web-v1\?"),
    ):
        assert sign_in("olive").post(f"{web}scale/", {"replicas": "3", "seen": "2"}).status_code == 303
    assert replicas(cluster, web) == 3
    assert AuditEntry.objects.get(action="workload.scale").outcome == "ok"


def test_a_write_that_never_arrived_is_not_called_done(
    cluster: Cluster, web: str, sign_in: SignIn, faults: Proxy
) -> None:
    eventually(lambda: stored(cluster, web)["status"].get("availableReplicas") == 2)
    with faults.refuse(method="PUT", path=r"deployments/web-v1\?(?!.*dryRun)"):
        answer = sign_in("olive").post(f"{web}scale/", {"replicas": "3", "seen": "2"})
    assert answer.status_code in (502, 503, 504)
    assert value(answer, "replicas") == "3"
    assert replicas(cluster, web) == 2


@pytest.mark.parametrize("status", [403, 422, 500])
def test_a_refusal_names_itself_and_keeps_what_was_typed(
    cluster: Cluster, web: str, sign_in: SignIn, faults: Proxy, status: int
) -> None:
    with faults.answer(status, method="PUT"):
        answer = sign_in("olive").post(f"{web}scale/", {"replicas": "3", "seen": "2"})
    assert answer.status_code >= 400
    assert value(answer, "replicas") == "3"
    page_text = read(answer)
    if status == 403:
        assert "update deployments.apps" in page_text
    assert 'role="alert"' in answer.content.decode()
    assert replicas(cluster, web) == 2


def test_a_cluster_that_is_down_keeps_what_was_typed(web: str, sign_in: SignIn, faults: Proxy) -> None:
    olive = sign_in("olive")
    olive.get(web)
    faults.down()
    try:
        answer = olive.post(f"{web}scale/", {"replicas": "3", "seen": "2"})
        assert answer.status_code == 503
        assert value(answer, "replicas") == "3"
    finally:
        faults.up()


def test_a_clash_keeps_what_was_typed_though_its_author_cannot_be_read(
    cluster: Cluster, web: str, sign_in: SignIn, faults: Proxy
) -> None:
    olive, once_more = sign_in("olive"), {"method": "GET", "path": "deployments/web-v1$"}
    for _ in range(3):  # a controller that writes meanwhile has the change read once more
        with faults.answer(503, **once_more), faults.slow(0, times=2, **once_more):  # for the page, and for the change
            answer = olive.post(f"{web}scale/", {"replicas": "5", "seen": "4"})
        if answer.status_code == 409:
            break
    assert answer.status_code == 409
    assert "web-v1 was changed while this was open, by someone else or in another tab." in read(answer)
    assert value(answer, "replicas") == "5"
    assert replicas(cluster, web) == 2


def images(cluster: Cluster, address: str) -> dict[str, str]:
    pod = stored(cluster, address)["spec"]["template"]["spec"]
    return {
        container["name"]: container["image"] for container in (*pod["containers"], *(pod.get("initContainers") or ()))
    }


@pytest.fixture
def two(cluster: Cluster, project: Project) -> str:
    """The address of a Deployment with a container and an init container."""
    made = deployment("two")
    made["spec"]["template"]["spec"]["initContainers"] = [{"name": "first", "image": "busybox:1.36"}]
    cluster.admin.create(made, project.name)
    return f"/projects/{project.name}/workload/deployment/two-v1/"


def test_one_image_is_changed_at_once(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    opened = olive.get(f"{web}image/")
    assert (value(opened, "image-app"), value(opened, "seen-app")) == ("nginx:1.27", "nginx:1.27")
    answer = olive.post(f"{web}image/", {"image-app": "nginx:1.28", "seen-app": "nginx:1.27"})
    assert (answer.status_code, answer.headers["Location"]) == (303, web)
    assert images(cluster, web) == {"app": "nginx:1.28"}
    entry = AuditEntry.objects.get(action="workload.image")
    assert entry.changes == ["spec.template.spec.containers[app].image"]


def test_two_images_are_shown_before_they_are_sent(cluster: Cluster, two: str, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    typed = {"image-app": "nginx:1.28", "image-first": "busybox:1.37"}
    seen = {"seen-app": "nginx:1.27", "seen-first": "busybox:1.36"}
    review = olive.post(f"{two}image/", typed | seen)
    page = review.content.decode()
    assert review.status_code == 200
    assert "Dry run accepted" in page
    assert page.count("<ins>") == 2
    assert images(cluster, two) == {"app": "nginx:1.27", "first": "busybox:1.36"}
    reviewed = {"reviewed": value(review, "reviewed")}
    other = olive.post(f"{two}image/", typed | seen | reviewed | {"image-app": "nginx:1.29"})
    assert other.status_code == 200, "what was not reviewed is reviewed"
    assert images(cluster, two) == {"app": "nginx:1.27", "first": "busybox:1.36"}
    assert olive.post(f"{two}image/", typed | seen | reviewed).status_code == 303
    assert images(cluster, two) == {"app": "nginx:1.28", "first": "busybox:1.37"}


@pytest.mark.parametrize("typed", ["", " ", "nginx 1", "http://nginx", "Nginx:1", "nginx:", "nginx@sha256:12"])
def test_a_bad_image_is_said_at_its_field(cluster: Cluster, web: str, sign_in: SignIn, typed: str) -> None:
    cluster.forget()
    answer = sign_in("olive").post(f"{web}image/", {"image-app": typed, "seen-app": "nginx:1.27"})
    assert answer.status_code == 422
    assert value(answer, "image-app") == typed
    assert 'id="id_image-app_error"' in answer.content.decode()
    assert not [request for request in cluster.request_log() if request.writes]
    assert images(cluster, web) == {"app": "nginx:1.27"}


def test_two_writers_of_two_images(cluster: Cluster, two: str, sign_in: SignIn) -> None:
    """What collides is asked; what does not is kept, whoever was faster."""
    olive, alice = sign_in("olive"), sign_in("alice")
    seen = {"seen-app": "nginx:1.27", "seen-first": "busybox:1.36"}
    old = {"image-app": "nginx:1.27", "image-first": "busybox:1.36"}
    assert alice.post(f"{two}image/", old | {"image-app": "nginx:1.28"} | seen).status_code == 303
    assert olive.post(f"{two}image/", old | {"image-first": "busybox:1.37"} | seen).status_code == 303
    assert images(cluster, two) == {"app": "nginx:1.28", "first": "busybox:1.37"}
    answer = olive.post(f"{two}image/", old | {"image-app": "nginx:1.29"} | seen)
    assert answer.status_code == 409
    assert "app now has the image nginx:1.28." in read(answer)
    assert (value(answer, "image-app"), value(answer, "seen-app")) == ("nginx:1.29", "nginx:1.28")
    assert images(cluster, two)["app"] == "nginx:1.28"
    again = old | {"image-app": "nginx:1.29"} | seen | {"seen-app": value(answer, "seen-app")}
    assert olive.post(f"{two}image/", again).status_code == 303
    assert images(cluster, two) == {"app": "nginx:1.29", "first": "busybox:1.37"}


def test_a_container_that_is_not_there(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    answer = olive.post(f"{web}image/", {"image-gone": "nginx:2", "seen-gone": "nginx:1"})
    assert answer.status_code == 409
    assert "A container was removed in the meantime." in read(answer)
    assert olive.post(f"{web}image/", {}).status_code == 422
    assert images(cluster, web) == {"app": "nginx:1.27"}


def test_pausing_and_resuming(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    assert "Pause the rollout of Deployment web-v1?" in read(olive.get(f"{web}pause/"))
    assert olive.post(f"{web}pause/").status_code == 303
    assert stored(cluster, web)["spec"]["paused"] is True
    page = eventually(lambda: _with(olive, web, f'action="{web}resume/"'))
    assert "Rollout paused" in page
    assert olive.post(f"{web}pause/").status_code == 303
    assert "web-v1 already has this setting." in read(olive.get(web))
    assert f'href="{web}resume/">Resume Rollout…</a>' in olive.get(f"{web}restart/").content.decode(), "the way on"
    assert olive.post(f"{web}resume/").status_code == 303
    assert not stored(cluster, web)["spec"].get("paused")
    actions = AuditEntry.objects.filter(action__startswith="workload.").values_list("action", "outcome")
    assert set(actions) == {("workload.pause", "ok"), ("workload.resume", "ok")}


def _with(client: Client, address: str, sign: str) -> str:
    html = client.get(address).content.decode()
    return html if sign in html else ""


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_only_the_rollout_of_a_deployment_is_paused(
    cluster: Cluster, project: Project, sign_in: SignIn, verb: str
) -> None:
    cluster.admin.create(stateful_set("db"), project.name)
    address = f"/projects/{project.name}/workload/statefulset/db-v1/"
    for method in ("get", "post"):
        assert getattr(sign_in("olive"), method)(f"{address}{verb}/").status_code == 404


@pytest.mark.parametrize(("verb", "typed"), [("image", {"image-app": "a:2", "seen-app": "nginx:1.27"}), ("pause", {})])
def test_faults_of_the_other_verbs(
    cluster: Cluster, web: str, sign_in: SignIn, faults: Proxy, verb: str, typed: dict[str, str]
) -> None:
    olive = sign_in("olive")
    before = stored(cluster, web)["metadata"]["generation"]
    with faults.answer(403, method="PUT"):
        answer = olive.post(f"{web}{verb}/", typed)
    assert answer.status_code == 403
    assert "update deployments.apps" in read(answer)
    if typed:
        assert value(answer, "image-app") == "a:2"
    assert stored(cluster, web)["metadata"]["generation"] == before
    with faults.commit_then_drop(method="PUT", path=r"deployments/web-v1\?(?!.*dryRun)"):
        assert olive.post(f"{web}{verb}/", typed).status_code == 303
    assert stored(cluster, web)["metadata"]["generation"] == before + 1, "sent once"
