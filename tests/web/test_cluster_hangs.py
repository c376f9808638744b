"""A cluster that takes every question and answers none: pages answer all the same, soon, and say what is so (R1)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.clusters import Cluster, eventually
from tests.manifests import deployment, service

if TYPE_CHECKING:
    from accounts.models import Project

pytestmark = pytest.mark.django_db(transaction=True)

PROMISED = 3.0
BUSY = 3.0  # for a machine that does other things, too


def timed(client: Client, address: str) -> tuple[int, float, str]:
    began = time.monotonic()
    answer = client.get(address)
    return answer.status_code, time.monotonic() - began, answer.content.decode()


@pytest.mark.parametrize("known", [True, False], ids=["seen before", "never seen"])
def test_pages_answer_while_the_cluster_hangs(
    cluster: Cluster,
    project: Project,
    sign_in: Callable[[str], Client],
    record_property: Callable[[str, object], None],
    known: bool,
) -> None:
    cluster.admin.create(deployment("web"), project.name)
    cluster.admin.create(service("web"), project.name)
    olive, root = sign_in("olive"), f"/projects/{project.name}"
    olive.get("/")  # what a process does once (addresses, templates) is not the cluster's doing
    if known:
        eventually(lambda: "1/1 ready" in olive.get(f"{root}/services/").content.decode())
    pages = ["/services/", "/service/web/", "/service/web/metadata/", "/service/web/yaml/", "/service/web/delete/", "/"]
    pages += [f"/service/web/edit/{dialog}/" for dialog in ("information", "service", "external-access")]
    with cluster.proxy.hang():
        cluster.proxy.drop_watches()
        for page in pages:
            status, took, text = timed(olive, root + page)
            record_property(
                f"{page} of a project {'seen before' if known else 'never seen'}", f"{status}, {took:.2f} s"
            )
            assert took < PROMISED + BUSY, page
            assert status in (200, 503, 504), page
            assert status == 200 or "<h1" in text
        status, took, _ = timed(Client(), "/healthz/live")
        assert (status, took < 1) == (200, True)
        _, took, _ = timed(Client(), "/healthz/ready")
        assert took < PROMISED + BUSY
    eventually(lambda: "1/1 ready" in olive.get(f"{root}/services/").content.decode(), timeout=40)
