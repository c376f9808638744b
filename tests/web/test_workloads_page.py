"""The page of a workload over the wire: what it says of Deployments, StatefulSets and DaemonSets, and to whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.clusters import Cluster, eventually
from tests.manifests import daemon_set, deployment, scaler, service, stateful_set

if TYPE_CHECKING:
    from accounts.models import Project

SignIn = Callable[[str], Client]


def text(html: str) -> str:
    """What a person reads, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def show(client: Client, project: Project, place: str, *wait_for: str) -> str:
    """The page once it shows all of `wait_for`, of which the store learns one after another."""

    def read() -> str | None:
        response = client.get(f"/projects/{project.name}/workload/{place}")
        html = response.content.decode()
        return html if response.status_code == 200 and all(part in html for part in wait_for) else None

    return eventually(read)


def test_a_deployment_with_everything_around_it(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    made = deployment("web", replicas=2)
    made["metadata"]["annotations"] = {"kubesphere.io/creator": "alice", "kubesphere.io/alias-name": "Web shop"}
    container = made["spec"]["template"]["spec"]["containers"][0]
    container["resources"] = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "128Mi"}}
    cluster.admin.create(made, project.name)
    cluster.admin.create(service("web"), project.name)
    cluster.admin.create(scaler("web"), project.name)
    link = f'href="/projects/{project.name}/service/web/"'
    bob = sign_in("bob")
    html = show(bob, project, "deployment/web-v1/", "2/2 available", link, "Autoscaling")
    both_ready = lambda shown: shown if shown.count("1 of 1 container ready") == 2 else None  # noqa: E731 - read twice
    page_text = eventually(lambda: both_ready(text(show(bob, project, "deployment/web-v1/"))))
    for value in ("Web shop", "Kind Deployment", "app=web, version=v1", "25% unavailable, 25% extra", "alice"):
        assert value in page_text
    assert "2 desired, 2 updated, 2 ready, 2 available" in page_text
    assert "app nginx:1.27 0.1 to 1 core 64 to 128 Mi" in page_text
    assert "Rolled out" in page_text, "its conditions stand in one line"
    assert 'id="rollout"' not in html, "nothing is rolled out"


def test_a_stateful_set_and_a_daemon_set(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(stateful_set("db", replicas=2), project.name)
    cluster.admin.create(daemon_set("agent"), project.name)
    olive = sign_in("olive")
    page_text = text(show(olive, project, "statefulset/db-v1/", "2/2 available"))
    assert "db-v1-0" in page_text
    assert "No Service selects its pods" in page_text
    page_text = text(show(olive, project, "daemonset/agent/", "available"))
    assert "Kind DaemonSet" in page_text
    assert "Rolling update; 1 unavailable, 0 extra" in page_text


def test_what_is_broken_is_said_first(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    crashing = deployment("web", fate="crash")
    crashing["spec"]["progressDeadlineSeconds"] = 1
    cluster.admin.create(crashing, project.name)
    waited = ("Past its deadline of 1 s. It is complete once every pod is ready.", "</a> is restarting: last exit ")
    html = show(sign_in("olive"), project, "deployment/web-v1/", *waited)
    assert "timed out progressing" not in html
    assert 'class="squares stuck"' in html
    assert "Not available" not in html, "the head says so"
    assert "</svg>Roll Back…" not in html, "there is no revision before this one"
    assert "No earlier revision to roll back to." in html
    assert "<dt>Cluster</dt>" in html
    assert 'settings/">Edit Settings</a>' in html.split('id="part-rollout"')[1].split("</section>")[0], "no step above"
    notice = re.search(r'<div class="notice bad".*?</div></div>', html, re.S)
    assert notice
    pod = re.search(r'href="[^"]*\?open=(web-v1-[^"#]+)#(pod-[^"]+)"', notice[0])
    assert pod
    assert f'<tr id="{pod[2]}"' in html, "the link leads to the row of the pod"


def test_a_rollout_leaves_the_cause_and_the_step_to_the_notice(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    crashing = deployment("web", fate="crash")
    crashing["spec"]["progressDeadlineSeconds"] = 1
    crashing["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"memory": "64Mi"}}
    cluster.admin.create(crashing, project.name)
    waited = ("It is complete once every pod is ready.", ">Raise the memory limit<")
    html = show(sign_in("olive"), project, "deployment/web-v1/", *waited)
    panel = re.search(r'id="part-rollout".*?</section>', html, re.S)
    assert panel
    assert "OOMKilled" not in panel[0]
    assert "1 pod updated, 1 not ready" in text(panel[0])
    assert 'class="status' not in panel[0], "a second warning would be another cause"
    assert "Edit Settings" not in panel[0]


def test_a_rollout_says_how_far_it_is(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(deployment("web", replicas=2), project.name)
    olive = sign_in("olive")
    show(olive, project, "deployment/web-v1/", "2/2 available")
    template = {"metadata": {"annotations": {"berth.test/fate": "unready"}}}
    cluster.admin.patch("deployments", project.name, "web-v1", {"spec": {"template": template}})
    # The store learns of the new ReplicaSet before it learns of its pods.
    page_text = text(show(olive, project, "deployment/web-v1/", "2 of 2 old pods ready"))
    assert "Revision 1 to 2" in page_text
    assert "Roll Back…" in page_text
    assert "0 of 2 pods updated and ready" in page_text
    assert "2 of 2 old pods ready" in page_text


def test_its_other_tabs(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(deployment("web"), project.name)
    bob = sign_in("bob")
    html = show(bob, project, "deployment/web-v1/metadata/", "version")
    assert 'id="labels"' in html
    html = show(bob, project, "deployment/web-v1/events/", "ScalingReplicaSet")
    assert "Scaled up replica set" in text(html)
    assert '<div class="filters">' in html.partition('id="workload-events"')[2], "there is something to filter"


def test_the_details_of_a_service_lead_to_it(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(deployment("web"), project.name)
    cluster.admin.create(service("web"), project.name)
    client = sign_in("bob")
    address = f"/projects/{project.name}/workload/deployment/web-v1/"
    page = f"/projects/{project.name}/service/web/"
    eventually(lambda: f'href="{address}"' in client.get(page).content.decode())
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("place", ["deployment/nothing/", "job/web-v1/", "deployment/%2E%2E/", "Deployment/web-v1/"])
def test_what_is_not_there_is_not_found(cluster: Cluster, project: Project, sign_in: SignIn, place: str) -> None:
    cluster.admin.create(deployment("web"), project.name)
    for tab in ("", "stream/", "events/"):
        assert sign_in("olive").get(f"/projects/{project.name}/workload/{place}{tab}").status_code == 404


def test_a_stranger_finds_nothing(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(deployment("web"), project.name)
    for tab in ("", "metadata/", "events/", "stream/"):
        assert sign_in("charlie").get(f"/projects/{project.name}/workload/deployment/web-v1/{tab}").status_code == 404


def test_its_manifest_is_there_to_read_and_to_keep(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(deployment("web"), project.name)
    bob = sign_in("bob")
    html = show(bob, project, "deployment/web-v1/yaml/", '<span class="y-key">replicas</span>: 1')
    assert "managedFields" not in html
    kept = bob.get(f"/projects/{project.name}/workload/deployment/web-v1/yaml/?download")
    assert kept.headers["Content-Disposition"] == 'attachment; filename="web-v1.yaml"'
    assert b"kind: Deployment\n" in kept.content


def test_the_logs_of_all_pods_are_offered_to_those_who_may(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(deployment("web"), project.name)
    address = f'href="/projects/{project.name}/workload/deployment/web-v1/logs/"'
    assert address in show(sign_in("olive"), project, "deployment/web-v1/", "1/1 available")
    assert address not in show(sign_in("bob"), project, "deployment/web-v1/", "1/1 available")


def test_text_of_the_cluster_is_only_text(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """What nobody would see in it is written out; markup stays text."""
    turn, markup = "a\u202eb", "<script>alert(1)</script>"
    made = deployment("web")
    notes = {"kubernetes.io/change-cause": f"{turn} {markup}", "kubesphere.io/alias-name": markup}
    made["metadata"]["annotations"] = notes | {"meta.helm.sh/release-name": turn}
    made["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "Helm"
    made["spec"]["template"]["metadata"]["annotations"] = {"note": f"{turn}{markup}"}
    cluster.admin.create(made, project.name)
    bob = sign_in("bob")
    show(bob, project, "deployment/web-v1/revisions/", "current")
    other = {"metadata": {"annotations": {"note": markup}}}
    cluster.admin.patch("deployments", project.name, "web-v1", {"spec": {"template": other}})
    pages = ["", "revisions/", "revisions/?open=1", "revisions/?from=1&to=2", "metadata/", "events/"]
    show(bob, project, "deployment/web-v1/revisions/", 'id="r-2"')
    for place in pages:
        html = show(bob, project, f"deployment/web-v1/{place}", "web-v1")
        assert markup not in html, place
        if "?" not in place:
            assert "\u202e" not in html, place
    for area in ("workloads", "pods"):
        assert markup not in bob.get(f"/projects/{project.name}/{area}/").content.decode()
