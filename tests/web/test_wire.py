"""What the console really sends to the API server, line by line, over making, changing and deleting a Service."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from accounts.models import Role
from tests.clusters import Cluster, eventually
from tests.faults import Proxy, Request
from tests.manifests import service
from tests.web.creating import Wizard
from tests.web.test_create_refused import GOOD
from tests.web.test_edit_delete import dialog, fields, offered
from tests.web.test_edit_yaml import form

if TYPE_CHECKING:
    from accounts.models import Project
    from console.kube.kinds import Identity
    from tests.people import People

pytestmark = pytest.mark.django_db(transaction=True)


def flow(client: Client, project: str) -> None:
    """Olive makes shop, gives it another alias, and deletes it with its Deployment."""
    wizard = Wizard(client, project).start("stateless").submit(name="shop").submit(**GOOD).submit().submit()
    wizard.post("create")
    address = f"/projects/{project}/service/shop/"
    eventually(lambda: client.get(address).status_code == 200)
    typed = form(client.get(f"{address}yaml/"))
    typed["text"] = typed["text"].replace("annotations:\n", "annotations:\n    kubesphere.io/alias-name: The shop\n", 1)
    review = client.post(f"{address}yaml/", {**typed, "do": "review"})
    assert client.post(f"{address}yaml/", {**form(review), "do": "apply"}).status_code == 303
    page = dialog(client, f"{address}delete/", "Deployment/shop-v1")
    chosen = {**fields(page), "also": [offered(page)["Deployment/shop-v1"]]}
    assert client.post(f"{address}delete/", chosen).status_code == 303


@pytest.fixture
def sent(cluster: Cluster, project: Project, sign_in: Callable[[str], Client]) -> list[Request]:
    """Every request of the flow (informers that other tests started may be in it, too)."""
    cluster.forget()
    flow(sign_in("olive"), project.name)
    eventually(lambda: not alive(cluster, "services", project.name) and not alive(cluster, "deployments", project.name))
    return cluster.request_log()


def alive(cluster: Cluster, plural: str, namespace: str) -> list[str]:
    manifests = cluster.admin.list(plural, namespace)
    return [manifest["metadata"]["name"] for manifest in manifests if not manifest["metadata"].get("deletionTimestamp")]


def test_every_write_is_olives_with_each_group_on_a_line_of_its_own(
    sent: list[Request], project: Project, people: People
) -> None:
    writes = [request for request in sent if request.writes]
    done = [
        f"{request.method} {re.sub('.*/', '', request.path)}" for request in writes if "dryRun" not in request.target
    ]
    assert done == ["POST deployments", "POST services", "PUT shop", "DELETE shop", "DELETE shop-v1"], done
    expected = set(people.scope("olive", project).identity.groups)
    for write in writes:
        assert write.all("Impersonate-User") == [f"berth:{people.olive.uuid}"], write.target
        assert write.all("Impersonate-Group") == write.groups
        assert set(write.groups) == expected
        assert len(write.groups) == len(expected) > 1
        assert not any(re.search(r"[,\s]", group) for group in write.groups)
    assert not [
        name for request in writes for name, _ in request.headers if name.lower().startswith("impersonate-extra")
    ]


def test_as_itself_the_console_only_reads(sent: list[Request]) -> None:
    own = [request for request in sent if not request.all("Impersonate-User")]
    assert own
    assert {request.method for request in own} == {"GET"}
    assert not any(request.groups for request in own), (
        "a group without a user would be the console's own rights and more"
    )


def test_the_token_is_a_bearer_token_and_nowhere_else(sent: list[Request]) -> None:
    for request in sent:
        (value,) = request.all("Authorization")
        scheme, _, token = value.partition(" ")
        assert scheme == "Bearer"
        assert token not in request.target + request.body.decode(errors="replace")
        assert not request.all("Cookie")


def written(cluster: Cluster, project: Project) -> list[Request]:
    """What was written in the project since the log was emptied."""
    return [
        request
        for request in cluster.request_log()
        if request.writes and f"/namespaces/{project.name}/" in request.path
    ]


def are_of(writes: list[Request], identity: Identity) -> bool:
    return {(request.user, tuple(request.groups)) for request in writes} == {(identity.user, identity.groups)}


@pytest.mark.parametrize("verb", ["retry", "undo"])
def test_retry_and_undo_are_written_as_the_person(
    cluster: Cluster, project: Project, people: People, sign_in: Callable[[str], Client], faults: Proxy, verb: str
) -> None:
    wizard = Wizard(sign_in("olive"), project.name)
    wizard.start("stateless").submit(name="shop").submit(**GOOD).submit().submit()
    with (
        faults.answer(500, path=r"/services\?fieldManager=berth&fieldValidation=Strict$", method="POST"),
        faults.answer(500, path=r"/(services|deployments)/shop", method="GET"),
    ):
        wizard.post("create")
    assert wizard.text.count("Unknown") == 1
    cluster.forget()
    wizard.post(verb)
    writes = written(cluster, project)
    done = [(request.method, request.path.rpartition("/")[2]) for request in writes if "dryRun" not in request.target]
    assert done == ([("POST", "services")] if verb == "retry" else [("DELETE", "shop-v1")])
    assert are_of(writes, people.scope("olive", project).identity)


def test_deleting_several_is_written_as_the_person(
    cluster: Cluster, project: Project, people: People, sign_in: Callable[[str], Client]
) -> None:
    for name in ("one", "two", "three"):
        cluster.admin.create(service(name), project.name)
    olive, address = sign_in("olive"), f"/projects/{project.name}/services/delete/?pick=one&pick=two&pick=three"
    page = dialog(olive, address, "Delete 3 Services?")
    cluster.forget()
    assert olive.post(address, fields(page)).status_code == 303
    writes = written(cluster, project)
    done = {(request.method, request.path.rpartition("/")[2]) for request in writes if "dryRun" not in request.target}
    assert done == {("DELETE", "one"), ("DELETE", "two"), ("DELETE", "three")}
    assert are_of(writes, people.scope("olive", project).identity)


def test_a_change_of_members_writes_nothing_and_the_next_write_carries_it(
    cluster: Cluster, project: Project, people: People, sign_in: Callable[[str], Client]
) -> None:
    """Roles are bound to groups once, when the project is made: who is in which group travels with each request."""
    alice, bob, members = sign_in("alice"), sign_in("bob"), f"/projects/{project.name}/members/"
    chosen = {name: Role.objects.get(level="project", name=name, project=None).pk for name in ("operator", "viewer")}
    before = people.scope("bob", project).identity
    cluster.forget()
    assert alice.post(f"{members}bob/role/", {"role": chosen["operator"]}).status_code == 303
    assert alice.post(f"{members}olive/remove/").status_code == 303
    assert written(cluster, project) == []
    wizard = Wizard(bob, project.name).start("external").submit(name="pay").submit(external_name="pay.example.com")
    wizard.post("create")
    assert wizard.path.endswith("/service/pay/"), wizard.problems()
    now = people.scope("bob", project).identity
    assert set(now.groups) > set(before.groups)
    writes = written(cluster, project)
    assert [request.method for request in writes if "dryRun" not in request.target] == ["POST"]
    assert are_of(writes, now)
    cluster.forget()
    assert alice.post(f"{members}bob/role/", {"role": chosen["viewer"]}).status_code == 303
    assert bob.post(f"{wizard.root}external/").status_code == 403
    assert sign_in("olive").get(f"/projects/{project.name}/services/").status_code == 404
    assert written(cluster, project) == []
