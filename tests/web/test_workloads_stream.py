"""The streams of the page of a workload and of the lists: what changes is sent, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asgiref.sync import sync_to_async

from tests.clusters import Cluster
from tests.manifests import deployment
from tests.web.test_browse_stream import opened, run, signed_in

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.people import People

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_follows_a_change_and_nothing_else(cluster: Cluster, project: Project, people: People) -> None:
    """What another workload does sends nothing; a scaling is shown."""
    cluster.admin.create(deployment("web"), project.name)
    cluster.admin.create(deployment("other"), project.name)

    async def work() -> None:
        address = f"/projects/{project.name}/workload/deployment/web-v1/stream/?tab=status"
        stream = await opened(await signed_in(people, "bob"), address)
        await stream.until(lambda _message: "1/1 available" in stream.page["workload-head"])
        scale = {"spec": {"replicas": 3}}
        await sync_to_async(cluster.admin.patch)("deployments", project.name, "web-v1", scale)
        await stream.until(lambda _message: "3/3 available" in stream.page["workload-head"])
        assert "3 desired" in stream.page["workload-status"]
        assert "other-v1" not in stream.page["workload-status"]

    run(work)


def test_a_deleted_workload_ends_its_stream(cluster: Cluster, project: Project, people: People) -> None:
    cluster.admin.create(deployment("web"), project.name)

    async def work() -> None:
        stream = await opened(
            await signed_in(people, "bob"), f"/projects/{project.name}/workload/deployment/web-v1/stream/"
        )
        await stream.until(lambda _message: "1/1 available" in stream.page["workload-head"])
        await sync_to_async(cluster.admin.delete)("deployments", project.name, "web-v1")
        await stream.until(lambda _message: "gone" in stream.events)

    run(work)


@pytest.mark.parametrize("area", ["workloads", "pods"])
def test_a_list_sends_the_rows_that_changed(cluster: Cluster, project: Project, people: People, area: str) -> None:
    cluster.admin.create(deployment("web"), project.name)

    async def work() -> None:
        stream = await opened(await signed_in(people, "bob"), f"/projects/{project.name}/{area}/stream/")
        sign = "1/1 available" if area == "workloads" else "Running"
        await stream.until(lambda message: sign in str(message.get(f"{area}-rows")))
        scale = {"spec": {"replicas": 3}}
        await sync_to_async(cluster.admin.patch)("deployments", project.name, "web-v1", scale)
        grown = "3/3 available" if area == "workloads" else "1 to 3 of 3"
        part = "workloads-rows" if area == "workloads" else "pods-pager"
        await stream.until(lambda message: grown in str(message.get(part)))

    run(work)
