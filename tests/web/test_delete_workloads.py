"""Deleting workloads and pods from their pages over the wire: what follows is said, and only what was meant goes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.test import Client

from accounts.models import AuditEntry, DeletedObject
from tests.clusters import Cluster, eventually
from tests.manifests import deployment, scaler, service, stateful_set
from tests.web.editing import words_of
from tests.web.test_edit_delete import dialog, fields, names, offered, pod, said

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.faults import Proxy

SignIn = Callable[[str], Client]


def with_sources(body: dict[str, Any], *sources: dict[str, Any], **variables: str) -> dict[str, Any]:
    """A workload whose container has these sources and variables in its environment."""
    container = body["spec"]["template"]["spec"]["containers"][0]
    container["envFrom"] = list(sources)
    container["env"] = [{"name": key, "value": value} for key, value in variables.items()]
    return body


def config(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "b"}}


def test_a_workload_goes_with_what_only_it_uses(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """The Services that lose their pods, its autoscaler, and ConfigMaps and Secrets that nothing else uses."""
    own, shared, secret = (
        {key: {"name": name}}
        for key, name in (("configMapRef", "own"), ("configMapRef", "shared"), ("secretRef", "auth"))
    )
    for name in ("own", "shared"):
        cluster.admin.create(config(name), project.name)
    cluster.admin.create(with_sources(deployment("web", replicas=2), own, shared, secret), project.name)
    cluster.admin.create(
        with_sources(deployment("other"), shared, WEB_URL=f"http://web.{project.name}:80"), project.name
    )
    for body in (scaler("web"), service("web"), service("wide", selector={"version": "v1"})):
        cluster.admin.create(body, project.name)
    eventually(lambda: len(names(cluster, "pods", project)) == 3)
    olive, address = sign_in("olive"), f"/projects/{project.name}/workload/deployment/web-v1/delete/"
    both = ("keeps 1 of 3 pods", "Stops 2 pods.")  # of the pods, and of the status that its controller writes
    page = eventually(lambda: text if all(sentence in (text := dialog(olive, address)) for sentence in both) else None)
    words = words_of(page.partition("<dialog")[2])
    assert "Delete Deployment web-v1? Stops 2 pods." in words
    assert "Service web is left without a pod." in words
    assert "Secret auth is used by no other workload or pod here; Berth deletes no Secrets." in words
    assert set(offered(page)) == {"HorizontalPodAutoscaler/web", "ConfigMap/own"}
    assert "checked" not in page.partition("<dialog")[2]
    other = dialog(olive, f"/projects/{project.name}/service/web/delete/", "in its environment")
    assert "Deployment other-v1 has web in its environment (WEB_URL)." in other
    assert "ConfigMap/own" in offered(other)
    assert sign_in("bob").get(address).status_code == 403
    answer = olive.post(address, {**fields(page), "also": list(offered(page).values())})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/projects/{project.name}/workloads/")
    assert names(cluster, "deployments", project) == ["other-v1"]
    assert "own" not in names(cluster, "configmaps", project)
    record = AuditEntry.objects.get(action="workload.delete")
    assert (record.outcome, record.target) == ("ok", f"Deployment {project.name}/web-v1")
    assert sorted(DeletedObject.objects.values_list("kind", flat=True)) == [
        "ConfigMap",
        "Deployment",
        "HorizontalPodAutoscaler",
    ]


def test_what_belongs_to_it_by_its_owner_goes_unasked_and_is_said(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    """Owner references; the DNS names of a StatefulSet's pods; a ReplicaSet that has a template only."""
    made = cluster.admin.create(service("db", clusterIP="None"), project.name)
    owner = {"apiVersion": "v1", "kind": "Service", "name": "db", "uid": made["metadata"]["uid"]}
    body = config("along")
    body["metadata"]["ownerReferences"] = [owner]
    cluster.admin.create(body, project.name)
    cluster.admin.create(stateful_set("db", replicas=1), project.name)
    whole = deployment("db")
    spec = {key: whole["spec"][key] for key in ("selector", "template")} | {"replicas": 0}
    spec["selector"] = {"matchLabels": {"app": "db", "version": "v1"}}
    cluster.admin.create(whole | {"kind": "ReplicaSet", "metadata": {"name": "asleep"}, "spec": spec}, project.name)
    olive = sign_in("olive")
    said(olive, project, "db", "The pods of StatefulSet db-v1 lose their own DNS names, which db gives them.")
    page = said(olive, project, "db", "ReplicaSet asleep, which has no pods, is selected and stays.")
    words = words_of(page.partition("<dialog")[2])
    assert "ConfigMap along belongs to it and is deleted with it." in words
    assert "The pods of StatefulSet db-v1 lose their own DNS names, which db gives them." in words


def test_another_workload_that_has_the_name_by_now_is_left_alone(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    """Deleted and created again between the dialog and the press; its claims want their name typed."""
    cluster.admin.create(stateful_set("db"), project.name)
    olive, address = sign_in("olive"), f"/projects/{project.name}/workload/statefulset/db-v1/delete/"
    page = dialog(olive, address, "data-db-v1-0")
    claim = offered(page)["PersistentVolumeClaim/data-db-v1-0"]
    refused = olive.post(address, {**fields(page), "also": [claim], "typed": "db"})
    assert refused.status_code == 422
    assert "To delete a claim with its data, type db-v1." in words_of(refused.content.decode())
    cluster.admin.delete("statefulsets", project.name, "db-v1")
    eventually(lambda: names(cluster, "statefulsets", project) == [])
    cluster.admin.create(stateful_set("db"), project.name)
    eventually(lambda: fields(olive.get(address).content.decode()) not in ({"object": []}, fields(page)))
    answer = olive.post(address, fields(page))
    assert answer.status_code == 409
    assert "another object has this name now" in answer.content.decode()
    assert names(cluster, "statefulsets", project) == ["db-v1"]
    assert not DeletedObject.objects.exists()


def test_a_pod_says_whether_it_is_replaced(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(deployment("web"), project.name)
    cluster.admin.create(service("web"), project.name)
    cluster.admin.create(pod("alone", "lone"), project.name)
    olive = sign_in("olive")
    name = eventually(lambda: [pod_name for pod_name in names(cluster, "pods", project) if pod_name != "alone"])[0]
    address = f"/projects/{project.name}/pod/{name}/delete/"
    dialog(olive, address, "Service web has no other ready pod.")
    page = dialog(olive, address, "Deployment web-v1 creates another pod under a new name.")
    cluster.admin.create(pod("beside", "web"), project.name)
    assert "recreated under the same name" not in page, "another one has another name"
    dialog(olive, address, "Service web keeps 1 ready pod.")
    assert olive.post(address, fields(page)).status_code == 303
    eventually(lambda: len(left := names(cluster, "pods", project)) == 3 and name not in left)
    bare = f"/projects/{project.name}/pod/alone/delete/"
    page = dialog(olive, bare, "It belongs to no workload: nothing replaces it.")
    assert olive.post(bare, fields(page)).status_code == 303
    eventually(lambda: "alone" not in names(cluster, "pods", project))
    binned = words_of(olive.get(f"/projects/{project.name}/recycle-bin/").content.decode())
    assert "Berth does not create pods. Its manifest can be copied from here." in binned
    listed = sign_in("bob").get(f"/projects/{project.name}/pods/?menus=1").content.decode()
    assert "You cannot create, edit, scale or delete workloads" in listed
    assert f"../pod/{name}/delete/" not in listed


def test_routes_that_would_lead_nowhere_are_named(
    cluster: Cluster, project: Project, sign_in: SignIn, faults: Proxy
) -> None:
    """HTTPRoutes, of which a cluster without the Gateway API has none; backends of other namespaces are not ours."""
    cluster.admin.create(service("web"), project.name)
    olive = sign_in("olive")
    plain = said(olive, project, "web", "Delete Service")
    assert "httproutes" not in plain
    rules = {
        "front": [{"backendRefs": [{"name": "web", "port": 80}]}],
        "mirror": [{"filters": [{"requestMirror": {"backendRef": {"name": "web", "namespace": project.name}}}]}],
        "away": [{"backendRefs": [{"name": "web", "namespace": "elsewhere"}]}],
    }
    items = [
        {"metadata": {"name": name, "namespace": project.name}, "spec": {"rules": rule}} for name, rule in rules.items()
    ]
    with faults.answer(200, method="GET", path=r"/httproutes\?", body={"kind": "HTTPRouteList", "items": items}):
        page = said(olive, project, "web", "HTTPRoute front sends requests to web.")
    assert "HTTPRoute mirror sends requests to web." in page
    assert "HTTPRoute away" not in page


def test_pods_that_are_picked_are_deleted_together(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """Each with what replaces it, and what the Service keeps without all of them; one entry in the record."""
    for body in (deployment("web", replicas=2), service("web"), pod("alone", "lone")):
        cluster.admin.create(body, project.name)
    olive = sign_in("olive")
    eventually(lambda: len(names(cluster, "pods", project)) == 3)
    made = [name for name in names(cluster, "pods", project) if name != "alone"]
    address = f"/projects/{project.name}/pods/delete/?pick=alone&pick=absent"
    page = dialog(olive, f"{address}&pick={made[0]}", "Service web keeps 1 ready pod.")
    assert "for 30 days. Those of pods that have an owner are not kept. An object" in words_of(page)
    ticked = re.findall(r'name="pick" value="([^"]+)" checked', page)
    assert sorted(ticked) == sorted(["alone", made[0]]), "the list behind it shows which are picked"
    address += "".join(f"&pick={name}" for name in made)
    page = dialog(olive, address, "Service web has no other ready pod.")
    words = words_of(page.partition("<dialog")[2])
    assert "Delete 3 pods?" in words
    assert re.search(rf"{made[0]} \w+ Deployment web-v1 creates another pod under a new name\.", words), "and its state"
    assert re.search(r"alone \w+ It belongs to no workload: nothing replaces it\.", words)
    assert "absent does not exist any more." in words
    alike = f"/projects/{project.name}/pods/delete/?" + "&".join(f"pick={name}" for name in made)
    assert "recreated under" not in dialog(olive, alike, "Deployment web-v1 creates 2 pods under new names.")
    assert olive.post(address, {"object": fields(page)["object"][1:]}).status_code == 422
    assert not AuditEntry.objects.filter(action="pod.delete").exists()
    answer = olive.post(address, fields(page))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/projects/{project.name}/pods/")
    eventually(lambda: len(left := names(cluster, "pods", project)) == 2 and not {*left} & {"alone", *made})
    assert AuditEntry.objects.get(action="pod.delete").outcome == "ok"
    assert [kept.name for kept in DeletedObject.objects.all()] == ["alone"]


def test_workloads_of_two_kinds_are_deleted_together(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """Two of one name differ by their kinds; what a Service loses is counted once, and claims stay."""
    for body in (deployment("db", replicas=1), stateful_set("db", replicas=1), deployment("other"), service("db")):
        cluster.admin.create(body, project.name)
    olive = sign_in("olive")
    address = f"/projects/{project.name}/workloads/delete/?pick=deployment/db-v1&pick=statefulset/db-v1&pick=job/no"
    lost = ("Service db is left without a pod.", "data-db-v1-0", "Deployment. Stops 1 pod", "StatefulSet. Stops 1 pod")
    page = eventually(lambda: text if all(said in (text := dialog(olive, address)) for said in lost) else None)
    assert "Delete 2 workloads?" in words_of(page)
    assert "job/no does not exist any more." in page
    assert olive.post(address, {"object": fields(page)["object"][:1]}).status_code == 422
    assert names(cluster, "deployments", project) == ["db-v1", "other-v1"]
    answer = olive.post(address, fields(page), follow=True).content.decode()
    assert "Deleted Deployment db-v1, StatefulSet db-v1." in answer
    assert names(cluster, "deployments", project) == ["other-v1"]
    assert names(cluster, "statefulsets", project) == []
    assert names(cluster, "persistentvolumeclaims", project) == ["data-db-v1-0"]
    target = f"Deployment {project.name}/db-v1, StatefulSet {project.name}/db-v1"
    assert AuditEntry.objects.filter(action="workload.delete", outcome="ok", target=target).exists()
    assert sorted(DeletedObject.objects.values_list("kind", flat=True))[-2:] == ["Deployment", "StatefulSet"]


def test_rows_have_boxes_for_those_who_may_delete(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    for body in (deployment("web"), pod("alone", "lone")):
        cluster.admin.create(body, project.name)
    olive, bob = sign_in("olive"), sign_in("bob")
    for area, box in (("pods", 'value="alone"'), ("workloads", 'value="deployment/web-v1"')):
        address = f"/projects/{project.name}/{area}/"
        assert f'name="pick" {box}' in dialog(olive, address, box)
        seen = bob.get(address).content.decode()
        assert "data-bulk" not in seen
        assert 'name="pick"' not in seen
        nothing = olive.get(f"{address}delete/", follow=True)
        assert "Nothing is selected." in nothing.content.decode()
        assert [url for url, _status in nothing.redirect_chain] == [address]
