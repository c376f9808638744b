"""S8: while a watch is down, what exists is there: its pages ask the cluster, as the person, before they say no."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.clusters import Cluster, eventually
from tests.faults import Proxy
from tests.manifests import service

if TYPE_CHECKING:
    from accounts.models import Project

pytestmark = pytest.mark.django_db


@pytest.fixture
def olive(sign_in: Callable[[str], Client], project: Project) -> Client:
    client = sign_in("olive")
    eventually(lambda: "Live" in client.get(f"/projects/{project.name}/services/").content.decode())
    return client


@pytest.fixture
def unwatched(olive: Client, cluster: Cluster, faults: Proxy, project: Project) -> Iterator[str]:
    """A Service that was created while lists and watches of Services fail; everything else answers."""
    with faults.answer(500, path=r"/services\?", method="GET") as rule:
        faults.drop_watches(r"/services\?")
        eventually(lambda: rule.hits)
        cluster.admin.create(service("new"), project.name)
        yield "new"
    eventually(lambda: "Live" in olive.get(f"/projects/{project.name}/services/").content.decode(), timeout=20)


@pytest.mark.parametrize("page", ["", "metadata/", "events/", "yaml/", "delete/"])
def test_pages_of_what_no_watch_has_brought_yet(olive: Client, project: Project, unwatched: str, page: str) -> None:
    answer = olive.get(f"/projects/{project.name}/service/{unwatched}/{page}")
    assert answer.status_code == 200
    assert unwatched in answer.content.decode()
    none = olive.get(f"/projects/{project.name}/service/none/{page}")
    assert none.status_code == 404


def test_what_no_watch_has_brought_yet_can_be_deleted(
    olive: Client, cluster: Cluster, project: Project, unwatched: str
) -> None:
    uid = cluster.admin.get("services", project.name, unwatched)["metadata"]["uid"]
    done = olive.post(f"/projects/{project.name}/service/{unwatched}/delete/", {"object": f"Service/{unwatched}/{uid}"})
    assert done.status_code == 303
    assert unwatched not in [manifest["metadata"]["name"] for manifest in cluster.admin.list("services", project.name)]
