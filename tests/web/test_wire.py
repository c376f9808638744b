"""What the console really sends to the API server, line by line, over making, changing and deleting a Service."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.clusters import Cluster, eventually
from tests.faults import Request
from tests.web.creating import Wizard
from tests.web.test_create_refused import GOOD
from tests.web.test_services_delete import fields, offered
from tests.web.test_services_yaml import form

if TYPE_CHECKING:
    from accounts.models import Project
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
    dialog = eventually(
        lambda: page if "Deployment/shop-v1" in (page := client.get(f"{address}delete/").content.decode()) else None
    )
    chosen = {**fields(dialog), "also": [offered(dialog)["Deployment/shop-v1"]]}
    assert client.post(f"{address}delete/", chosen).status_code == 303


@pytest.fixture
def sent(cluster: Cluster, project: Project, sign_in: Callable[[str], Client]) -> list[Request]:
    """Every request of the flow (informers that other tests started may be in it, too)."""
    cluster.forget()
    flow(sign_in("olive"), project.name)
    eventually(lambda: not alive(cluster, "services", project.name) and not alive(cluster, "deployments", project.name))
    return cluster.request_log()


def alive(cluster: Cluster, plural: str, namespace: str) -> list[str]:
    found = cluster.admin.list(plural, namespace)
    return [one["metadata"]["name"] for one in found if not one["metadata"].get("deletionTimestamp")]


def test_every_write_is_olives_with_each_group_on_a_line_of_its_own(
    sent: list[Request], project: Project, people: People
) -> None:
    writes = [one for one in sent if one.writes]
    done = [f"{one.method} {re.sub('.*/', '', one.path)}" for one in writes if "dryRun" not in one.target]
    assert done == ["POST deployments", "POST services", "PUT shop", "DELETE shop", "DELETE shop-v1"], done
    expected = set(people.scope("olive", project).identity.groups)
    for write in writes:
        assert write.all("Impersonate-User") == [f"berth:{people.olive.uuid}"], write.target
        assert write.all("Impersonate-Group") == write.groups
        assert set(write.groups) == expected
        assert len(write.groups) == len(expected) > 1
        assert not any(re.search(r"[,\s]", group) for group in write.groups)
    assert not [name for one in writes for name, _ in one.headers if name.lower().startswith("impersonate-extra")]


def test_as_itself_the_console_only_reads(sent: list[Request]) -> None:
    own = [one for one in sent if not one.all("Impersonate-User")]
    assert own
    assert {one.method for one in own} == {"GET"}
    assert not any(one.groups for one in own), "a group without a user would be the console's own rights and more"


def test_the_token_is_a_bearer_token_and_nowhere_else(sent: list[Request]) -> None:
    for one in sent:
        (value,) = one.all("Authorization")
        scheme, _, token = value.partition(" ")
        assert scheme == "Bearer"
        assert token not in one.target + one.body.decode(errors="replace")
        assert not one.all("Cookie")
