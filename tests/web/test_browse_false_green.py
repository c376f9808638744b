"""Nothing is green that nobody can reach, nothing is in progress for ever: list, details, delete dialog, overview."""

from __future__ import annotations

import html as markup
from typing import TYPE_CHECKING, Any

from tests.clusters import Cluster, eventually
from tests.manifests import Object, deployment, service, stateful_set
from tests.web.test_edit_yaml import SignIn

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import Project


def page(client: Client, project: Project, address: str = "services/") -> str:
    return markup.unescape(client.get(f"/projects/{project.name}/{address}").content.decode())


def ready_endpoints(cluster: Cluster, project: Project, number: int) -> None:
    """Wait until the slices have so many ready endpoints, whatever their ports."""

    def found() -> bool:
        slices: list[Object] = cluster.admin.list("endpointslices", project.name)
        return (
            sum(bool(endpoint["conditions"]["ready"]) for piece in slices for endpoint in piece["endpoints"] or ())
            == number
        )

    eventually(found)


def row(client: Client, project: Project, name: str, *, until: str, and_says: str = "") -> str:
    """The row of a Service in the list, once it says this. Slices and pods are watched one by one, so that what comes
    of both may be said a moment later than what comes of one.
    """

    def said() -> str:
        text = page(client, project)
        row_html = next((part for part in text.split("<tr")[1:] if f"/service/{name}/" in part), "")
        assert until in row_html, row_html
        assert and_says in row_html, row_html
        return row_html

    return eventually(said)


def test_a_target_port_that_no_pod_has_is_no_green(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """F3, C2: the pods are ready and stand in a slice, but for no port: nobody is answered."""
    olive = sign_in("olive")
    cluster.admin.create(deployment("web", replicas=3), project.name)
    cluster.admin.create(service("web", ports=[{"name": "http", "port": 80, "targetPort": "nosuch"}]), project.name)
    ready_endpoints(cluster, project, 3)
    row_html = row(olive, project, "web", until="No container port is named nosuch", and_says="No ready endpoints")
    assert "3/3 ready" not in row_html
    details = page(olive, project, "service/web/")
    assert "No ready endpoints" in details
    assert details.count("no port http") == 3, "the addresses have no green mark"
    assert "Its DNS name stops resolving. It has no endpoints." in page(olive, project, "service/web/delete/")


def test_one_dead_port_of_two_is_named(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """F3: with several ports it is said which one is dead, by name and by protocol."""
    olive, ports = sign_in("olive"), [{"name": "web", "port": 80, "targetPort": "http"}]
    cluster.admin.create(deployment("web", replicas=2), project.name)
    udp = {"name": "udp", "port": 81, "targetPort": "http", "protocol": "UDP"}
    cluster.admin.create(service("web", ports=[*ports, udp]), project.name)
    ready_endpoints(cluster, project, 2)
    row(olive, project, "web", until="Port udp has no endpoints", and_says="Container port http is TCP, not UDP")


def test_a_port_that_nobody_declares_gets_a_remark(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """M10: a remark, no alarm: a container may listen on what it does not declare."""
    olive = sign_in("olive")
    cluster.admin.create(deployment("web", replicas=1), project.name)
    cluster.admin.create(service("web", ports=[{"port": 80, "targetPort": 1234}]), project.name)
    row(olive, project, "web", until="1/1 ready", and_says="Port 1234/TCP not declared")
    assert "Port 1234/TCP not declared" in page(olive, project, "service/web/")
    assert "declares port 1234" not in page(olive, project, "services/?status=attention")


def test_pods_that_wait_to_be_deleted_are_no_rollout_in_progress(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    """C3: with OnDelete the old pods stay until somebody deletes them."""
    olive, database = sign_in("olive"), stateful_set("db", replicas=2)
    database["spec"]["updateStrategy"] = {"type": "OnDelete"}
    cluster.admin.create(database, project.name)
    cluster.admin.create(service("db", clusterIP="None"), project.name)
    row(olive, project, "db", until="2/2 ready")
    new: Any = {"spec": {"template": {"metadata": {"labels": {"version": "v1", "new": "yes"}}}}}
    cluster.admin.patch("statefulsets", project.name, "db-v1", new)
    row(olive, project, "db", until="OnDelete: 2 pods keep the old revision until they are deleted")
    assert "Rolling out" not in page(olive, project)


def test_external_services_do_not_count_as_not_serving(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """M15, M21: they serve, elsewhere; and that is said once."""
    olive = sign_in("olive")
    outside = service("maps", type="ExternalName", externalName="maps.example.org", selector=None, ports=None)
    cluster.admin.create(outside, project.name)
    row(olive, project, "maps", until="External")
    text = page(olive, project)
    assert "Stopped or external <b>1</b>" in text
    assert "Not serving" not in text
    assert "Outside the cluster" not in text
    assert "maps" in page(olive, project, "services/?status=other")
