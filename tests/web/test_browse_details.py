"""The details of a Service over the wire: its three tabs, and what each says of healthy and broken things."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.clusters import Cluster, eventually
from tests.manifests import deployment, service, stateful_set

if TYPE_CHECKING:
    from accounts.models import Project

SignIn = Callable[[str], Client]


def text(html: str) -> str:
    """What a person reads, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def show(client: Client, project: Project, name: str, tab: str = "", wait_for: str = "") -> str:
    def read() -> str | None:
        response = client.get(f"/projects/{project.name}/service/{name}/{tab}")
        html = response.content.decode()
        return html if response.status_code == 200 and wait_for in html else None

    return eventually(read)


def test_an_image_that_cannot_be_pulled_leads_to_where_it_is_changed(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    """Not to the YAML of the Service, which has no image."""
    cluster.admin.create(deployment("web", fate="pull"), project.name)
    cluster.admin.create(service("web"), project.name)
    html = show(sign_in("olive"), project, "web", wait_for="Change the image")
    assert f'href="/projects/{project.name}/workload/deployment/web-v1/image/">Change the image<' in html
    notice = html[html.index('id="service-notice"') : html.index("Change the image")]
    assert "Edit YAML" not in notice


def test_attributes_stand_in_the_documented_order(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(deployment("web", replicas=2), project.name)
    made = service(
        "web",
        labels={"app.kubernetes.io/name": "shop"},
        alias="Web shop",
        kind="statelessservice",
        type="NodePort",
        sessionAffinity="ClientIP",
    )
    made["metadata"]["annotations"]["kubesphere.io/creator"] = "alice"
    stored = cluster.admin.create(made, project.name)
    show(sign_in("olive"), project, "web", wait_for="web-v1</a>")  # the store learns of pods and of slices apart
    eventually(lambda: text(show(sign_in("olive"), project, "web")).count("1 of 1 container ready") == 2)
    html = show(sign_in("olive"), project, "web", wait_for="2/2 ready")
    assert f'<a href="/projects/{project.name}/services/?q=app.kubernetes.io%2Fname%3Dshop">shop</a>' in html
    labels = re.findall(r"<dt>([^<]+)</dt>", html)
    first = ["Cluster", "Project", "Type", "App", "Virtual IP", "External IP", "Session affinity", "Selector", "DNS"]
    assert [label.partition(",")[0] for label in labels] == [*first, "Endpoints", "Created", "Creator"]
    page_text = text(html)
    for value in (
        "Stateless, virtual IP",
        stored["spec"]["clusterIP"],
        "By client IP, 3 h",
        "app=web",
        "alice",
    ):
        assert value in page_text
    assert f'data-copy="web.{project.name}.svc"' in html
    port = stored["spec"]["ports"][0]["nodePort"]
    assert f"http 8080 TCP 80 {port}" in page_text
    assert "web-v1 Deployment" in page_text
    assert page_text.count("1 of 1 container ready") == 2


def test_what_is_broken_is_said_first_and_its_containers_are_open(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    crashing = deployment("web", fate="crash")
    crashing["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"memory": "64Mi"}}
    cluster.admin.create(crashing, project.name)
    cluster.admin.create(service("web"), project.name)
    show(sign_in("olive"), project, "web", wait_for="No ready endpoints")
    html = show(sign_in("olive"), project, "web", wait_for="CrashLoopBackOff")
    page_text = text(html)
    assert "No ready endpoints" in page_text
    assert 'class="notice bad"' in html
    assert 'aria-expanded="true"' in html
    assert "nginx:1.27" in page_text
    notice = re.search(r'<div class="notice bad".*?</div></div>', html, re.S)
    assert notice, "each notice has its next steps"
    pod = re.search(r'href="[^"]*\?open=(web-v1-[^"#]+)#(pod-[^"]+)"', notice[0])
    assert pod
    assert f'<tr id="{pod[2]}"' in html, "the link leads to the row of the pod"
    if cluster.embedded:  # the nodes of the real control plane write no events of crashing containers
        assert re.search(r'href="[^"]*/events/\?kind=warning">\d+ warnings?<', notice[0])
    assert ">Edit YAML</a>" not in notice[0], "no step for a container that was killed for its memory"
    assert 'name="limit" value="app">Raise the memory limit<' in notice[0]
    assert f'action="/projects/{project.name}/workload/deployment/web-v1/settings/"' in notice[0]
    assert re.search(r'href="[^"]*/pod/web-v1-[^"]*/logs/\?container=app&amp;previous=1">Previous logs', notice[0])
    assert "Previous logs" not in show(sign_in("bob"), project, "web", wait_for="CrashLoopBackOff")
    assert re.search(
        r"Last exit 137, OOMKilled, .*(?:ago|just now) \. Memory limit 64 Mi. Next try (in \d+ (s|min)|soon)", page_text
    ), "what matters first"
    # The endpoint that is not ready says why, as its pod does.
    show(sign_in("olive"), project, "web", "endpointslices/", wait_for="CrashLoopBackOff: exit 137, OOMKilled")
    listed = sign_in("olive").get(f"/projects/{project.name}/pods/").content.decode()
    assert re.search(r">OOMKilled, next try <time [^>]*>(in \d+ (s|min)|soon)<", listed)
    assert re.search(r'"Restarts">\d+\s*<small><time [^>]*data-time="ago">', listed)
    closed = show(sign_in("olive"), project, "web", "?open=-", wait_for="CrashLoopBackOff")
    assert 'aria-expanded="true"' not in closed


def test_pods_of_a_stateful_set_have_names_of_their_own(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(stateful_set("db"), project.name)
    cluster.admin.create(service("db", clusterIP="None"), project.name)
    html = show(sign_in("olive"), project, "db", wait_for="1/1 ready")
    page_text = text(html)
    assert f"db.{project.name}.svc" in html
    assert "Custom, headless" in page_text


def test_an_external_service_has_a_name_and_no_pods(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    outside = service("maps", type="ExternalName", externalName="maps.example.com", selector=None, ports=None)
    cluster.admin.create(outside, project.name)
    html = show(sign_in("olive"), project, "maps", wait_for="maps.example.com")
    assert 'id="pods"' not in html


def test_a_selector_that_matches_nothing(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(service("lost"), project.name)
    html = show(sign_in("olive"), project, "lost", wait_for="Selector matches nothing")
    page_text = text(html)
    assert "No pods match app=lost." in page_text
    assert "The selector app=lost matches no pods." in page_text
    assert "Fix the selector, or the labels of the pods it should match." in page_text
    assert "Change the selector Show pods and their labels Edit YAML" in page_text
    assert "/service/lost/logs/" not in html, "there are no pods to read them of"
    events = show(sign_in("olive"), project, "lost", "events/", wait_for="No events")
    assert re.search(r'<form class="filters" hidden', events), "there is nothing to filter"
    assert "No pods are selected, so only events of the Service itself appear here." in events
    assert "No Deployment, StatefulSet or DaemonSet creates pods with these labels." in page_text


def test_a_stopped_service_says_what_is_scaled_to_0(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """Not that no pod has its label: the selector is right."""
    cluster.admin.create(deployment("web", replicas=0), project.name)
    cluster.admin.create(service("web"), project.name)
    page_text = text(show(sign_in("olive"), project, "web", wait_for="Stopped"))
    assert "No pods: web-v1 is scaled to 0." in page_text
    assert "No pod has" not in page_text


def test_metadata_says_who_set_what(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(service("web", labels={"team": "red"}, description="a" * 300), project.name)
    html = show(sign_in("bob"), project, "web", "metadata/", wait_for="team")
    page_text = text(html)
    assert "team red" in page_text
    assert "kubesphere.io/description 300 characters" in page_text


def test_events_of_pods_and_workloads_can_be_told_apart(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(deployment("web"), project.name)
    cluster.admin.create(service("web"), project.name)
    olive = sign_in("olive")
    html = show(olive, project, "web", "events/", wait_for="Scheduled")
    assert "ScalingReplicaSet" in html
    assert '<ul class="chips" aria-label="Kind">' in html, "there is something to filter"
    without_pods = show(olive, project, "web", "events/?of=service&of=workload", wait_for="ScalingReplicaSet")
    assert (
        f'href="/projects/{project.name}/workload/deployment/web-v1/"'
        in without_pods.partition('id="service-events"')[2]
    )
    assert "Scheduled" not in text(without_pods)


def test_a_viewer_reads_everything_and_changes_nothing(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """M14: and reads in words why."""
    cluster.admin.create(service("web"), project.name)
    html = show(sign_in("bob"), project, "web", wait_for="Selector matches nothing")
    assert "View YAML" in html
    assert "You cannot create, edit or delete Services. Your role is viewer." in html
    assert "/delete/" not in html


@pytest.mark.parametrize("tab", ["", "metadata/", "events/"])
def test_strangers_and_names_that_are_not_there(project: Project, sign_in: SignIn, tab: str) -> None:
    for person, name in (("charlie", "web"), ("olive", "absent"), ("olive", ".."), ("olive", "A b")):
        assert sign_in(person).get(f"/projects/{project.name}/service/{name}/{tab}").status_code == 404


def test_a_service_called_new_has_an_address(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    for name in ("new", "stream", "delete"):
        cluster.admin.create(service(name), project.name)
        assert f"<h1>{name}" in show(sign_in("olive"), project, name, wait_for="Selector matches nothing")


def test_tables_have_captions_and_a_cell_without_a_value_is_no_heading(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    """C21"""
    cluster.admin.create(deployment("web"), project.name)
    cluster.admin.create(service("web"), project.name)
    show(sign_in("olive"), project, "web", wait_for="1/1 ready")
    html = show(sign_in("olive"), project, "web", wait_for="Pods of web")  # slices may come before their pods
    assert re.findall(r"<caption[^>]*>([^<]+)", html) == ["Ports of web", "Workloads of web", "Pods of web"]
    assert re.findall(r"<th\b(?![^>]*scope)[^>]*>", html) == []


def test_characters_that_nobody_sees_are_written_out(
    cluster: Cluster, project: Project, sign_in: Callable[[str], Client]
) -> None:
    """S16: marks of direction and controls cannot turn the words around what the cluster says, wherever it stands."""
    odd, hidden = "pay \u202eeruces\u2066 \x1b[31m now\u200b", "[U+202E]eruces[U+2066] [U+001B][31m now[U+200B]"
    made = service("web", alias=odd)
    made["metadata"]["annotations"] |= {"kubesphere.io/description": odd, "note": odd}
    uid = cluster.admin.create(made, project.name)["metadata"]["uid"]
    about = {"kind": "Service", "name": "web", "namespace": project.name, "uid": uid, "apiVersion": "v1"}
    event = {
        "metadata": {"name": "web.odd"},
        "involvedObject": about,
        "type": "Warning",
        "reason": "Odd",
        "message": odd,
    }
    cluster.admin.create({"apiVersion": "v1", "kind": "Event", **event}, project.name)
    root, bob = f"/projects/{project.name}", sign_in("bob")
    for path in ("services/", "service/web/", "service/web/metadata/", "service/web/events/", "service/web/yaml/"):

        def page(path: str = path) -> str:
            return bob.get(f"{root}/{path}").content.decode()

        if path != "service/web/yaml/":
            eventually(lambda page=page: hidden in page())  # type: ignore[misc]
        assert not set("\u202e\u2066\x1b\u200b") & set(page()), path
