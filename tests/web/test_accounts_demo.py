"""The demo's people and project: made once, kept as people leave them, and complete in the cluster."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts import demo
from accounts.domain import people as verbs
from accounts.models import Membership, Project, User, Workspace
from console import wiring
from console.simcluster import seed
from services.shown.metadata import metadata
from tests.clusters import Cluster

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.embedded_only(reason="the demo is only ever made in the embedded cluster"),
]


@pytest.fixture
def made(cluster: Cluster) -> Iterator[list[str]]:
    yield demo.ensure(wiring.cluster())
    cluster.admin.delete("namespaces", None, demo.PROJECT)


def test_the_documented_people_and_their_roles(made: list[str]) -> None:
    assert made == ["admin", "ws-manager", "ws-admin", "project-admin", "project-regular"]
    roles = {
        (membership.user.name, membership.level, membership.role.name)
        for membership in Membership.objects.select_related("user", "role")
    }
    assert roles >= {
        ("admin", "platform", "platform-admin"),
        ("ws-manager", "platform", "workspaces-manager"),
        ("ws-admin", "workspace", "admin"),
        ("project-admin", "project", "admin"),
        ("project-regular", "workspace", "regular"),
        ("project-regular", "project", "operator"),
    }
    assert not any(user.has_usable_password() for user in User.objects.all()), "no password is built in"


def test_each_link_signs_its_person_in(made: list[str]) -> None:
    for person in made:
        client = Client()
        path = demo.link(person, "http://testserver").removeprefix("http://testserver")
        assert client.post(path).status_code == 303
        assert person in client.get("/").content.decode()


def test_a_new_start_voids_the_links_of_the_one_before(made: list[str]) -> None:
    """S, suspected: a link in a terminal's scroll-back or a log file is worth nothing after the next start."""
    old, new = (demo.link(made[0], "") for _ in range(2))
    assert Client().post(old).status_code == 410
    assert Client().post(new).status_code == 303


def test_m32_the_demo_is_as_old_as_what_it_holds(made: list[str]) -> None:
    """M32: "Created 41 s" for a project with Services of two years."""
    oldest = timezone.now() - timedelta(days=max(example["days"] for example in seed.examples()))
    assert Project.objects.get().created < oldest
    assert Workspace.objects.get().created < oldest


def test_the_project_is_complete_in_the_cluster(made: list[str], cluster: Cluster) -> None:
    assert Project.objects.get().ready
    namespace = cluster.admin.get("namespaces", None, demo.PROJECT)
    assert namespace["metadata"]["labels"]["kubesphere.io/workspace"] == demo.WORKSPACE
    assert len(cluster.admin.list("rolebindings", demo.PROJECT)) == 8


def test_one_service_tells_who_set_what() -> None:
    """So that the column "Set by" can be seen without a real cluster, whose objects all tell it."""
    example = next(example for example in seed.examples() if example["name"] == "orders")
    document = seed.service(example, demo.PROJECT)
    document["metadata"]["managedFields"] = example["managed"]
    shown = metadata(document)
    assert {pair.key: pair.setter for pair in shown.labels if pair.key in ("app", "team")} == {
        "app": "Helm, release shop",
        "team": "kubectl-label",
    }
    assert {pair.setter for pair in shown.annotations} == {"Berth", "Helm, release shop"}


def test_a_second_start_keeps_what_people_made(made: list[str], cluster: Cluster) -> None:
    verbs.set_active(User.objects.get(name="ws-manager"), False)
    Membership.objects.filter(user__name="project-regular", level="project").delete()
    verbs.create_user(name="zoe")
    again = demo.ensure(wiring.cluster())
    assert again == ["admin", "ws-admin", "project-admin", "project-regular"]
    assert not Membership.objects.filter(user__name="project-regular", level="project").exists()
    assert User.objects.filter(name="zoe").exists()
    assert (Workspace.objects.count(), Project.objects.count()) == (1, 1)


def test_a_cluster_that_was_thrown_away_is_furnished_again(made: list[str], cluster: Cluster) -> None:
    cluster.admin.delete("rolebindings", demo.PROJECT, "berth:view")
    cluster.admin.delete("rolebindings", demo.PROJECT, "berth:act")
    demo.ensure(wiring.cluster())
    assert len(cluster.admin.list("rolebindings", demo.PROJECT)) == 8


def test_a_cluster_that_outlived_the_database_is_taken_up_again(made: list[str], cluster: Cluster) -> None:
    before = Project.objects.get().uuid
    for model in (Membership, Project, Workspace, User):
        model.objects.all().delete()
    demo.ensure(wiring.cluster())
    assert Project.objects.get().uuid == before
    assert Project.objects.get().ready


def test_a_console_with_people_of_its_own_gets_no_demo(cluster: Cluster) -> None:
    verbs.create_admin("root")
    assert demo.ensure(wiring.cluster()) == []
    assert User.objects.count() == 1


def test_commands_make_an_administrator_and_a_link(capsys: Any) -> None:
    call_command("createadmin", "Root", base="https://console.example")
    first = capsys.readouterr().out.strip()
    call_command("signinlink", "root", base="https://console.example/")
    second = capsys.readouterr().out.strip()
    for url in (first, second):
        assert url.startswith("https://console.example/signin/link/")
        assert Client().post(url.removeprefix("https://console.example")).status_code == 303
    assert User.objects.get().is_platform_admin
