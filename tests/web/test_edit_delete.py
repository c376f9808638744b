"""Deleting Services over the wire: what goes is named, nothing is chosen beforehand, and only what was meant goes."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from django.http import HttpRequest
from django.test import Client

from accounts.models import AuditEntry
from accounts.scope import Scope
from console.kube.errors import Unavailable
from services.edit.views.delete import behind
from tests.clusters import Cluster, eventually
from tests.manifests import deployment, scaler, service, stateful_set

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.faults import Proxy

SignIn = Callable[[str], Client]


def names(cluster: Cluster, plural: str, project: Project) -> list[str]:
    manifests = cluster.admin.list(plural, project.name)
    return sorted(
        manifest["metadata"]["name"] for manifest in manifests if not manifest["metadata"].get("deletionTimestamp")
    )


def fields(page: str) -> dict[str, Any]:
    """The form as it is shown, with nothing chosen."""
    return {"object": re.findall(r'name="object" value="([^"]+)"', page)}


def offered(page: str) -> dict[str, str]:
    """What may be chosen, by kind and name."""
    values = re.findall(r'name="also" value="([^"]+)"(?! checked)(?! disabled)', page)
    return {value.rpartition("/")[0]: value for value in values}


def dialog(client: Client, address: str, wait_for: str = "Delete ") -> str:
    return eventually(lambda: html if wait_for in (html := client.get(address).content.decode()) else None)


@pytest.fixture
def doomed(cluster: Cluster, project: Project) -> str:
    """The address of the delete page of db: a StatefulSet with two claims, and a scaler, stand behind it."""
    cluster.admin.create(stateful_set("db", replicas=2), project.name)
    cluster.admin.create(service("db", clusterIP="None"), project.name)
    cluster.admin.create(scaler("db", kind="StatefulSet"), project.name)
    eventually(lambda: len(names(cluster, "persistentvolumeclaims", project)) == 2)
    return f"/projects/{project.name}/service/db/delete/"


def test_only_the_service_goes_unless_more_is_chosen(
    cluster: Cluster, project: Project, doomed: str, sign_in: SignIn
) -> None:
    olive = sign_in("olive")
    page = dialog(olive, doomed, "data-db-v1-1")
    assert "checked" not in page.partition("<dialog")[2]
    assert "Delete Service db and what is selected" in page
    assert set(offered(page)) == {
        "StatefulSet/db-v1",
        "HorizontalPodAutoscaler/db",
        "PersistentVolumeClaim/data-db-v1-0",
        "PersistentVolumeClaim/data-db-v1-1",
    }
    answer = olive.post(doomed, fields(page))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/projects/{project.name}/services/")
    listed = olive.get(answer.headers["Location"]).content.decode()
    assert "Deleted Service db. StatefulSet db-v1, HorizontalPodAutoscaler db" in listed
    assert f'and 1 more stay. <a href="/projects/{project.name}/recycle-bin/">Recycle Bin</a>' in listed
    assert names(cluster, "services", project) == []
    assert names(cluster, "statefulsets", project) == ["db-v1"]
    assert len(names(cluster, "persistentvolumeclaims", project)) == 2
    entry = AuditEntry.objects.get(action="service.delete")
    assert (entry.outcome, entry.changes) == ("ok", ["Service db: deleted"])


@pytest.mark.parametrize("sent", ["db", "db/", ""])
def test_without_the_uid_that_was_shown_nothing_goes(
    cluster: Cluster, project: Project, doomed: str, sign_in: SignIn, sent: str
) -> None:
    olive = sign_in("olive")
    page = dialog(olive, doomed)
    answer = olive.post(doomed, {"object": [*fields(page)["object"], sent]})
    assert answer.status_code == 422
    assert names(cluster, "services", project) == ["db"]


def test_claims_go_only_when_the_name_is_typed(
    cluster: Cluster, project: Project, doomed: str, sign_in: SignIn
) -> None:
    olive = sign_in("olive")
    page = dialog(olive, doomed, "data-db-v1-1")
    chosen = [offered(page)[key] for key in ("StatefulSet/db-v1", "PersistentVolumeClaim/data-db-v1-0")]
    refused = olive.post(doomed, {**fields(page), "also": chosen, "typed": "d"})
    assert refused.status_code == 422
    assert f'value="{chosen[1]}" checked' in refused.content.decode()
    assert names(cluster, "services", project) == ["db"]
    assert olive.post(doomed, {**fields(page), "also": chosen, "typed": "db"}).status_code == 303
    assert names(cluster, "services", project) == []
    assert names(cluster, "statefulsets", project) == []
    eventually(lambda: names(cluster, "persistentvolumeclaims", project) == ["data-db-v1-1"])


def test_what_was_not_offered_cannot_be_deleted(
    cluster: Cluster, project: Project, doomed: str, sign_in: SignIn
) -> None:
    other = cluster.admin.create(deployment("other"), project.name)
    olive = sign_in("olive")
    page = dialog(olive, doomed)
    sneaky = f"Deployment/other-v1/{other['metadata']['uid']}"
    assert olive.post(doomed, {**fields(page), "also": [sneaky]}).status_code == 422
    assert names(cluster, "services", project) == ["db"]
    assert names(cluster, "deployments", project) == ["other-v1"]


def test_another_service_that_has_the_name_by_now_is_left_alone(
    cluster: Cluster, project: Project, doomed: str, sign_in: SignIn
) -> None:
    olive = sign_in("olive")
    page = dialog(olive, doomed, "data-db-v1-1")
    cluster.admin.delete("services", project.name, "db")
    cluster.admin.create(service("db"), project.name)
    eventually(lambda: fields(olive.get(doomed).content.decode()) != fields(page))
    answer = olive.post(doomed, {**fields(page), "also": [offered(page)["StatefulSet/db-v1"]]})
    assert answer.status_code == 409
    assert "another object has this name now" in answer.content.decode()
    assert f'href="{doomed}">Review and delete the new db…</a>' in answer.content.decode()
    assert names(cluster, "services", project) == ["db"]
    assert names(cluster, "statefulsets", project) == ["db-v1"]


def test_a_refusal_by_the_cluster_stops_the_rest_and_is_told(
    cluster: Cluster, project: Project, doomed: str, sign_in: SignIn, faults: Proxy
) -> None:
    olive = sign_in("olive")
    page = dialog(olive, doomed, "data-db-v1-1")
    with faults.answer(403, method="DELETE"):
        answer = olive.post(doomed, {**fields(page), "also": [offered(page)["StatefulSet/db-v1"]]})
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "Refused, still exists" in html
    assert "Not attempted, still exists" in html
    assert "Nothing was deleted" in html
    assert "2 objects were not deleted." in html
    assert f"Services in {project.name}" in html, "the list stands behind it"
    assert names(cluster, "services", project) == ["db"]
    assert AuditEntry.objects.get(action="service.delete").outcome == "refused"


@pytest.mark.parametrize("fault", ["commit_then_drop", "commit_then_fail"])
def test_a_lost_answer_is_looked_up(
    cluster: Cluster, project: Project, doomed: str, sign_in: SignIn, faults: Proxy, fault: str
) -> None:
    olive = sign_in("olive")
    page = dialog(olive, doomed)
    with getattr(faults, fault)(method="DELETE"):
        assert olive.post(doomed, fields(page)).status_code == 303
    assert names(cluster, "services", project) == []


def test_several_go_together_and_each_is_named(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    for name in ("one", "two", "three"):
        cluster.admin.create(service(name), project.name)
    olive = sign_in("olive")
    address = f"/projects/{project.name}/services/delete/?pick=one&pick=two&pick=absent"
    page = dialog(olive, address, "Delete 2 Services?")
    assert "absent does not exist any more" in page
    assert olive.post(address, fields(page)).status_code == 303
    assert names(cluster, "services", project) == ["three"]


def test_a_workload_shared_with_another_service_is_said_to_be(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    cluster.admin.create(deployment("web"), project.name)
    cluster.admin.create(service("web"), project.name)
    cluster.admin.create(service("web-internal", selector={"app": "web"}), project.name)
    page = dialog(
        sign_in("olive"), f"/projects/{project.name}/service/web/delete/", "Service web-internal is left without a pod."
    )
    assert "Deployment" in page


def test_an_ingress_that_breaks_is_named(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "front"},
        "spec": {"defaultBackend": backend},
    }
    cluster.admin.create(service("web"), project.name)
    cluster.admin.create(ingress, project.name)
    page = dialog(sign_in("olive"), f"/projects/{project.name}/service/web/delete/")
    assert "Ingress front sends requests to web." in page


@pytest.mark.parametrize(("person", "status"), [("bob", 403), ("charlie", 404)])
def test_who_may_not_delete(
    cluster: Cluster, project: Project, doomed: str, sign_in: SignIn, person: str, status: int
) -> None:
    page = dialog(sign_in("olive"), doomed)
    client = sign_in(person)
    assert client.get(doomed).status_code == status
    assert client.post(doomed, fields(page)).status_code == status
    assert names(cluster, "services", project) == ["db"]


def test_nothing_picked_deletes_nothing(project: Project, sign_in: SignIn) -> None:
    answer = sign_in("olive").get(f"/projects/{project.name}/services/delete/")
    assert answer.headers["Location"] == f"/projects/{project.name}/services/"


def test_a_service_that_is_not_there(project: Project, sign_in: SignIn) -> None:
    assert sign_in("olive").get(f"/projects/{project.name}/service/absent/delete/").status_code == 404


def test_a_claim_that_its_stateful_set_takes_along_is_not_said_to_stay(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    body = stateful_set("db", replicas=1)
    body["spec"]["persistentVolumeClaimRetentionPolicy"] = {"whenDeleted": "Delete", "whenScaled": "Retain"}
    cluster.admin.create(body, project.name)
    cluster.admin.create(service("db"), project.name)
    olive, address = sign_in("olive"), f"/projects/{project.name}/service/db/delete/"
    page = dialog(olive, address, "data-db-v1-0")
    assert "its retention policy says so" in page
    also = offered(page)["StatefulSet/db-v1"]
    listed = olive.post(address, {**fields(page), "also": also}, follow=True).content.decode()
    assert "Deleted db and 1 more object." in listed
    assert "stay" not in listed.partition("Deleted db and 1 more object.")[2][:60]


def said(client: Client, project: Project, name: str, wait_for: str) -> str:
    return dialog(client, f"/projects/{project.name}/service/{name}/delete/", wait_for)


def pod(name: str, app: str, **metadata: Any) -> dict[str, Any]:
    meta = {"name": name, "labels": {"app": app}, **metadata}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": deployment(app)["spec"]["template"]["spec"]}


def test_a_node_port_closes_with_its_service(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    made = cluster.admin.create(service("web", type="NodePort"), project.name)
    port = made["spec"]["ports"][0]["nodePort"]
    assert said(sign_in("olive"), project, "web", f"Node port {port} of web closes on every node.")


def test_a_bare_pod_is_named_and_stays(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """F9: nothing made it that Berth knows; it goes only if it is selected."""
    cluster.admin.create(service("web"), project.name)
    cluster.admin.create(pod("alone", "web"), project.name)
    olive = sign_in("olive")
    page = said(olive, project, "web", "Belongs to no workload: nothing replaces it.")
    assert "No workload and no claim belongs to it" not in page
    assert "belongs to no workload here and is not deleted" not in page
    assert set(offered(page)) == {"Pod/alone"}
    assert olive.post(f"/projects/{project.name}/service/web/delete/", fields(page)).status_code == 303
    assert names(cluster, "pods", project) == ["alone"]


def test_pods_of_a_replica_set_of_its_own_are_named(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """F9: a ReplicaSet without a Deployment."""
    manifest = deployment("web")
    spec = {key: manifest["spec"][key] for key in ("selector", "template")} | {"replicas": 2}
    cluster.admin.create(manifest | {"kind": "ReplicaSet", "metadata": {"name": "set"}, "spec": spec}, project.name)
    cluster.admin.create(service("web"), project.name)
    page = said(sign_in("olive"), project, "web", "2 pods belong to no workload here and are not deleted.")
    assert "They belong to ReplicaSet set." in page


def test_pods_of_an_operator_are_named_beside_those_of_a_workload(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    """F9: what makes them is of a kind that Berth does not know; here a ConfigMap stands for it."""
    plain = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "operator"}}
    uid = cluster.admin.create(plain, project.name)["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "operator", "uid": uid, "controller": True}
    cluster.admin.create(pod("run", "web", ownerReferences=[owner]), project.name)
    cluster.admin.create(deployment("web", replicas=1), project.name)
    cluster.admin.create(service("web"), project.name)
    page = said(sign_in("olive"), project, "web", "It belongs to ConfigMap operator.")
    assert "1 pod belongs to no workload here and is not deleted." in page
    eventually(lambda: set(offered(said(sign_in("olive"), project, "web", "web"))) == {"Deployment/web-v1"})


def test_a_workload_is_found_by_its_pods_where_its_template_says_nothing(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    """F9: the label that the Service selects was put on the pods."""
    cluster.admin.create(deployment("web", replicas=1), project.name)
    cluster.admin.create(service("lit", selector={"lit": "yes"}), project.name)
    name = eventually(lambda: names(cluster, "pods", project))[0]
    cluster.admin.patch("pods", project.name, name, {"metadata": {"labels": {"lit": "yes"}}})
    olive = sign_in("olive")
    # The pod may be known before the ReplicaSet that leads to its Deployment is
    eventually(lambda: set(offered(said(olive, project, "lit", "web-v1"))) == {"Deployment/web-v1"})
    assert "belongs to no workload" not in said(olive, project, "lit", "web-v1")


def test_network_policies_for_its_pods_are_named(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """F9: they select pods, not Services; one for all pods of the project is nobody's in particular."""
    for name, selector in (
        ("only-web", {"matchLabels": {"app": "web"}}),
        ("expressed", {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}),
        ("other", {"matchLabels": {"app": "other"}}),
        ("everybody", {}),
    ):
        policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}}
        cluster.admin.create({**policy, "spec": {"podSelector": selector}}, project.name)
    cluster.admin.create(deployment("web"), project.name)
    cluster.admin.create(service("web"), project.name)
    page = said(sign_in("olive"), project, "web", "NetworkPolicies expressed, only-web apply to its pods; they stay.")
    assert "everybody" not in page


def test_lists_are_read_to_their_end(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """C10: what stands behind the five hundredth breaks, too."""
    cluster.admin.create(service("web"), project.name)
    first = {"metadata": {"name": "zz-last"}, "apiVersion": "networking.k8s.io/v1", "kind": "Ingress"}
    for number in range(500):
        backend = {"service": {"name": "other", "port": {"number": 80}}}
        cluster.admin.create(
            {**first, "metadata": {"name": f"a-{number}"}, "spec": {"defaultBackend": backend}}, project.name
        )
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    cluster.admin.create({**first, "spec": {"defaultBackend": backend}}, project.name)
    page = said(sign_in("olive"), project, "web", "Delete Service")
    assert "Ingress zz-last sends requests to web." in page


def test_a_list_without_an_end_is_said_to_have_more(
    cluster: Cluster, project: Project, sign_in: SignIn, faults: Proxy
) -> None:
    """C10: it is read up to a bound, and the rest is not passed over in silence."""
    cluster.admin.create(service("web"), project.name)
    said(olive := sign_in("olive"), project, "web", "Delete Service")
    page = {"kind": "IngressList", "apiVersion": "networking.k8s.io/v1", "items": [], "metadata": {"continue": "on"}}
    with faults.answer(200, method="GET", path=r"/ingresses\?", body=page) as rule:
        html = said(olive, project, "web", "ingresses; the others were not checked.")
        assert rule.hits <= 21
    assert "No workload and no claim belongs to it" not in html


def test_the_dialog_stands_over_the_list(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """M26: what is behind it is the list, which cannot be operated meanwhile and is not live."""
    for name in ("web", "beside"):
        cluster.admin.create(service(name), project.name)
    olive = sign_in("olive")
    eventually(lambda: "beside" in olive.get(f"/projects/{project.name}/services/").content.decode())
    page = said(olive, project, "web", "Delete Service")
    behind, _dialog, _rest = page.partition("<dialog")
    assert re.search(r"<main[^>]* inert", behind)
    assert 'id="services-rows"' in behind
    assert "beside" in behind
    assert "stream/" not in page


def test_a_service_that_would_be_emptied_is_said_to_break(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """M26: with a workload that stands behind another Service, too."""
    cluster.admin.create(deployment("web", replicas=2), project.name)
    cluster.admin.create(service("web"), project.name)
    cluster.admin.create(service("inner", selector={"app": "web"}), project.name)
    cluster.admin.create(service("wide", selector={"version": "v1"}), project.name)
    other = deployment("other", replicas=1)
    cluster.admin.create(other, project.name)
    eventually(lambda: len(names(cluster, "pods", project)) == 3)
    page = said(sign_in("olive"), project, "web", "Service wide keeps 1 of 3 pods.")
    breaks = page.partition("Also delete")[2].partition("</fieldset>")[0]
    said_of_it = " ".join(re.sub("<[^>]+>", " ", breaks).split())
    for sentence in ("Stops 2 pods.", "Service inner is left without a pod.", "Service wide keeps 1 of 3 pods."):
        assert sentence in said_of_it


def test_what_waits_for_a_finalizer_is_not_called_deleted(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """S4: it is there until somebody takes the finalizer away, and both pages say so."""
    held = service("held")
    held["metadata"]["finalizers"] = ["example.org/cleanup"]
    cluster.admin.create(held, project.name)
    olive, address = sign_in("olive"), f"/projects/{project.name}/service/held/"
    try:
        page = said(olive, project, "held", "Delete Service")
        listed = olive.post(f"{address}delete/", fields(page), follow=True).content.decode()
        assert "Service held is being deleted: it waits for the finalizer example.org/cleanup." in listed
        assert "Deleted Service" not in listed
        eventually(lambda: "waits for the finalizer example.org/cleanup" in olive.get(address).content.decode())
        entry = AuditEntry.objects.get(action="service.delete")
        assert entry.changes == ["Service held: is being deleted, waits for example.org/cleanup"]
    finally:
        cluster.admin.patch("services", project.name, "held", {"metadata": {"finalizers": None}})


def test_the_result_is_told_where_the_list_cannot_be_shown_any_more() -> None:
    """The cluster may fall silent between a deletion and the list that its result stands over."""

    def silent(_request: HttpRequest, _scope: Scope) -> dict[str, Any]:
        raise Unavailable("no answer")

    scope = cast(Scope, SimpleNamespace(place="shop"))
    assert behind(HttpRequest(), scope, silent) == {"project": "shop", "backdrop": "base.html"}
