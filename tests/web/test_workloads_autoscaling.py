"""Autoscaling of a workload over the wire: made, changed and removed as the person; what it cannot show stays."""

from __future__ import annotations

import html as markup
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.test import Client

from accounts.models import AuditEntry, DeletedObject
from services.manifests.autoscalers import targets_of
from tests.clusters import Cluster
from tests.manifests import daemon_set, deployment, scaler, stateful_set

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.faults import Proxy

SignIn = Callable[[str], Client]
PLURAL = "horizontalpodautoscalers"


def read(response: Any) -> str:
    """What a person reads, on one line."""
    return re.sub(r"\s+", " ", markup.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def fields(response: Any) -> dict[str, str]:
    """What the form of the dialog would send."""
    page = response.content.decode()
    dialog = page[page.index("<dialog open") : page.index("</dialog>")]
    inputs = [tag for tag in re.findall(r"<input[^>]*>", dialog) if "csrf" not in tag and 'type="checkbox"' not in tag]
    pairs = {re.search(r' name="([^"]*)"', tag)[1]: re.search(r' value="([^"]*)"', tag) for tag in inputs}  # type: ignore[index]
    return {name: markup.unescape(value[1]) if value else "" for name, value in pairs.items()}


def spec(cluster: Cluster, project: Project, name: str) -> dict[str, Any]:
    stored: dict[str, Any] = cluster.admin.get(PLURAL, project.name, name)["spec"]
    return stored


def writes(cluster: Cluster) -> list[bool]:
    """Of each write, whether it was a dry run."""
    return ["dryRun=All" in request.target for request in cluster.request_log() if request.writes]


def test_one_is_made_changed_and_removed(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(deployment("web"), project.name)
    page = f"/projects/{project.name}/workload/deployment/web-v1/"
    address, olive = f"{page}autoscaling/", sign_in("olive")
    opened = olive.get(address)
    assert "No CPU request: app. A CPU target cannot work" in read(opened)
    assert f'href="{address}"' in olive.get(page).content.decode(), "in the menu of its page"
    typed = fields(opened)
    assert (typed["least"], typed["cpu"], typed["uid"]) == ("1", "80", "")
    cluster.forget()
    for wrong, field in (
        ({"most": "0"}, "most"),
        ({"most": "10000"}, "most"),
        ({"least": "4", "most": "3"}, "least"),
        ({"most": "3", "cpu": ""}, "cpu"),
        ({"most": "3", "memory": "lots"}, "memory"),
    ):
        answer = olive.post(address, {**typed, **wrong})
        assert (answer.status_code, f'id="id_{field}_error"' in answer.content.decode()) == (422, True), wrong
        assert fields(answer)[field] == (typed | wrong)[field], "what was typed stays"
    assert writes(cluster) == []
    reviewed = olive.post(address, {**typed, "most": "3", "memory": "64Mi"})
    assert "averageUtilization: 80" in read(reviewed)
    assert writes(cluster) == [True]
    assert olive.post(address, fields(reviewed)).status_code == 303
    made = spec(cluster, project, "web-v1")
    assert (made["minReplicas"], made["maxReplicas"], len(made["metrics"])) == (1, 3, 2)
    assert made["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web-v1"}

    typed = fields(olive.get(address))
    cluster.forget()
    assert olive.post(address, {**typed, "memory": ""}).status_code == 303
    assert writes(cluster) == [True, False], "one plain value needs no review"
    assert [metric["resource"]["name"] for metric in spec(cluster, project, "web-v1")["metrics"]] == ["cpu"]

    removal = olive.post(address, {**fields(olive.get(address)), "remove": "1"})
    assert removal.status_code == 422
    assert olive.post(address, {**fields(removal), "sure": "on"}).status_code == 303
    assert cluster.admin.list(PLURAL, project.name) == []
    assert DeletedObject.objects.filter(kind="HorizontalPodAutoscaler", name="web-v1").exists()
    entries = AuditEntry.objects.filter(action="workload.autoscale")
    assert [(entry.actor, entry.outcome) for entry in entries] == [("olive", "ok")] * 3


def test_it_starts_from_the_pods_there_are_and_says_where_they_may_go(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    cluster.admin.create(deployment("web", replicas=3), project.name)
    address, olive = f"/projects/{project.name}/workload/deployment/web-v1/autoscaling/", sign_in("olive")
    typed = fields(olive.get(address))
    assert (typed["least"], typed["most"]) == ("3", "5"), "nothing shrinks unasked"
    for limits, effect in (
        ({"least": "1"}, "May go down from 3 to 1 pod."),
        ({"least": "1", "most": "2"}, "Goes down from 3 to 2 pods."),
        ({"least": "4"}, "Goes up from 3 to 4 pods."),
    ):
        assert effect in read(olive.post(address, {**typed, **limits}))
    shown = read(olive.post(address, {**typed, "least": "1"}))
    assert "Review autoscaling of Deployment web-v1" in shown
    assert "HorizontalPodAutoscaler web-v1" in shown
    assert "Apply, 1 to 5 replicas" in shown
    reviewed = olive.post(address, typed)
    assert "from 3 to" not in read(reviewed)
    assert olive.post(address, fields(reviewed)).status_code == 303
    reviewed = olive.post(address, {**fields(olive.get(address)), "least": "1"})
    assert "May go down from 3 to 1 pod." in read(reviewed), "a single value that lets pods go is shown before"
    assert spec(cluster, project, "web-v1")["minReplicas"] == 3
    assert olive.post(address, fields(reviewed)).status_code == 303
    assert spec(cluster, project, "web-v1")["minReplicas"] == 1


def test_limits_are_shown_before_where_the_number_of_pods_is_not_known(
    cluster: Cluster, project: Project, sign_in: SignIn, faults: Proxy
) -> None:
    """The page of the workload cannot be read, its autoscaler can: a single limit may remove pods. A target alone is
    applied at once, as where the number is known."""
    cluster.admin.create(deployment("web", replicas=3), project.name)
    cluster.admin.create(scaler("web"), project.name)
    stored = cluster.admin.get(PLURAL, project.name, "web")
    limits, cpu = targets_of(stored), str(int(targets_of(stored).cpu) + 10)
    address = f"/projects/{project.name}/workload/deployment/web-v1/autoscaling/"
    typed = {"uid": stored["metadata"]["uid"], "seen": limits.text, "least": limits.least, "cpu": limits.cpu}
    unknown, olive = "The number of pods could not be read. These limits may remove or start pods.", sign_in("olive")
    with faults.answer(503, path="subjectaccessreviews"):
        reviewed = olive.post(address, {**typed, "most": "1"})
        assert unknown in read(reviewed)
        assert spec(cluster, project, "web")["maxReplicas"] == limits.most
        assert olive.post(address, fields(reviewed)).status_code == 303
        assert spec(cluster, project, "web")["maxReplicas"] == 1
        typed["seen"] = targets_of({"spec": spec(cluster, project, "web")}).text
        assert olive.post(address, {**typed, "most": "1", "cpu": cpu}).status_code == 303
    assert targets_of({"spec": spec(cluster, project, "web")}).cpu == cpu


def test_what_others_wrote_stays_and_who_was_faster_is_said(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    cluster.admin.create(deployment("web"), project.name)
    cluster.admin.create(daemon_set("agent"), project.name)
    body = scaler("web")
    waits = {"scaleDown": {"stabilizationWindowSeconds": 60}}
    external = {"metric": {"name": "queue"}, "target": {"type": "Value", "value": "30"}}
    body["spec"] |= {"behavior": waits}
    body["spec"]["metrics"].append({"type": "External", "external": external})
    cluster.admin.create(body, project.name)
    cluster.admin.create({**scaler("web"), "metadata": {"name": "web-2"}}, project.name)
    address = f"/projects/{project.name}/workload/deployment/web-v1/autoscaling/"
    olive, alice = sign_in("olive"), sign_in("alice")
    opened = olive.get(address)
    page_text = read(opened)
    assert "2 autoscalers target it and work against each other: web, web-2. web is shown." in page_text
    assert "Stays as it is: behavior, metric queue (External)." in page_text
    typed = fields(opened)
    assert alice.post(address, {**typed, "most": "5"}).status_code == 303
    reviewed = olive.post(address, {**typed, "least": "2", "cpu": "60"})
    assert reviewed.status_code == 200
    assert olive.post(address, fields(reviewed)).status_code == 303, "another field: both changes are kept"
    now = spec(cluster, project, "web")
    assert (now["minReplicas"], now["maxReplicas"]) == (2, 5)
    assert now["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 60
    kinds = {metric["type"]: metric for metric in now["metrics"]}
    assert kinds["Resource"]["resource"]["target"]["averageUtilization"] == 60
    assert kinds["External"]["external"] == external

    clash = olive.post(address, {**typed, "most": "4"})
    assert clash.status_code == 409
    assert "alice changed web" in read(clash)
    assert "It has 2 to 5 pods, CPU target 60%, memory target none now. Your change was not applied" in read(clash)
    kept = fields(clash)
    assert (kept["least"], kept["most"], kept["cpu"]) == ("2", "4", "60"), "what was typed, over what is so now"

    cluster.admin.delete(PLURAL, project.name, "web")
    cluster.admin.delete(PLURAL, project.name, "web-2")
    cluster.forget()
    gone = olive.post(address, {**typed, "most": "6"})
    assert (gone.status_code, fields(gone)["most"], fields(gone)["uid"]) == (409, "6", "")
    assert "The autoscaler was removed while this was open. There is none now." in read(gone)
    assert writes(cluster) == []
    assert olive.get(address.replace("deployment/web-v1", "daemonset/agent")).status_code == 404


def test_workloads_of_one_name_and_two_kinds_have_an_autoscaler_each(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    """Under a free name: that of the workload, with its kind behind it, with a number behind that."""
    olive, addresses = sign_in("olive"), []
    cluster.admin.create(scaler("web-statefulset"), project.name)
    for body in (deployment("web"), stateful_set("web")):
        body["metadata"]["name"] = "web"
        cluster.admin.create(body, project.name)
        addresses.append(address := f"/projects/{project.name}/workload/{body['kind'].lower()}/web/autoscaling/")
        reviewed = olive.post(address, {**fields(olive.get(address)), "most": "3"})
        assert olive.post(address, fields(reviewed)).status_code == 303, read(reviewed)
    aims = {name: spec(cluster, project, name)["scaleTargetRef"]["kind"] for name in ("web", "web-statefulset-2")}
    assert aims == {"web": "Deployment", "web-statefulset-2": "StatefulSet"}
    assert olive.post(addresses[1], {**fields(olive.get(addresses[1])), "most": "5"}).status_code == 303
    most = [spec(cluster, project, name)["maxReplicas"] for name in aims]
    assert most == [3, 5]
    removal = olive.post(addresses[0], {**fields(olive.get(addresses[0])), "remove": "1"})
    assert olive.post(addresses[0], {**fields(removal), "remove": "1", "sure": "1"}).status_code == 303
    assert [autoscaler["metadata"]["name"] for autoscaler in cluster.admin.list(PLURAL, project.name)] == [
        "web-statefulset",
        "web-statefulset-2",
    ]
