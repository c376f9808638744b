"""S1: what a page costs does not grow with what the person is in."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.context import MOST_PLACES
from accounts.models import AuditEntry, Membership, Project, Role
from accounts.roles import Level
from accounts.views.home import MOST_ROWS
from tests.web.test_edit_yaml import SignIn

if TYPE_CHECKING:
    from django.test import Client

MANY = 3 * MOST_PLACES


@pytest.fixture
def many(project: Project, sign_in: SignIn) -> Client:
    """bob, who is also a viewer of many projects of the workspace."""
    client = sign_in("bob")
    bob = Membership.objects.filter(user__name="bob").select_related("user")[0].user
    viewer = Role.objects.get(level=Level.PROJECT, name="viewer")
    names = [f"many-{number:03}" for number in range(MANY)]
    Project.objects.bulk_create(Project(name=name, workspace=project.workspace) for name in names)
    made = Project.objects.filter(name__in=names)
    Membership.objects.bulk_create(
        Membership(user=bob, level=Level.PROJECT, project=place, role=viewer) for place in made
    )
    return client


def rows_read(client: Client, address: str) -> int:
    """How many memberships and projects a page reads, by what its queries come to when they are asked again."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    statements = [
        query["sql"] for query in queries if 'FROM "accounts_membership"' in query["sql"] or "_project" in query["sql"]
    ]
    with connection.cursor() as cursor:
        return sum(
            len(cursor.execute(sql.replace("%", "%%")).fetchall()) for sql in statements if sql.startswith("SELECT")
        )


def test_a_page_holds_the_first_places_and_the_switcher_loads_the_rest(many: Client, project: Project) -> None:
    page = many.get(f"/projects/{project.name}/").content.decode()
    assert 0 < page.count('href="/projects/many-') <= MOST_PLACES
    assert 'hx-get="/places/"' in page
    assert "/?all" in page, "without scripts all projects are one press away"
    every = many.get("/places/", headers={"HX-Current-URL": f"http://testserver/projects/{project.name}/services/"})
    text = every.content.decode()
    assert text.count('href="/projects/many-') == MANY
    assert f'<a href="/projects/{project.name}/" aria-current="true">' in text
    assert 'hx-get="/attention/marks/" hx-trigger="load"' in text


def test_a_page_reads_no_more_than_it_shows(many: Client, project: Project) -> None:
    assert rows_read(many, f"/projects/{project.name}/activity/") <= MOST_PLACES + 15


def test_home_reads_no_more_than_it_shows(many: Client, project: Project) -> None:
    """S1: the newest first, whether it is new or was changed: the same rows as the list of all begins with."""
    changed = Project.objects.filter(name__startswith="many-").order_by("-name")[0]
    AuditEntry.objects.create(project_uuid=changed.uuid, action="x", actor="bob", outcome=AuditEntry.Outcome.OK)
    for number, failed in enumerate(Project.objects.filter(name__startswith="many-").order_by("name")[: MANY // 2]):
        Project.objects.filter(pk=failed.pk).update(created=failed.created + timedelta(seconds=number - MANY))
    assert rows_read(many, "/") <= MOST_PLACES + 3 * MOST_ROWS + 15
    first, every = (
        re.findall(r'<th scope="row"><a class="name" href="/projects/([^/]+)/', many.get(page).content.decode())
        for page in ("/", "/?all")
    )
    assert (first[0], len(first), len(every)) == (changed.name, MOST_ROWS, MANY + 1)
    assert first == every[:MOST_ROWS]
    page = many.get("/").content.decode()
    assert f"<span>{MANY + 1}<noscript>, most recently changed first</noscript>" in page
    assert "Workspaces without a project of yours" not in page


def test_whoever_is_in_few_places_has_all_of_them_at_once(project: Project, sign_in: SignIn) -> None:
    page = sign_in("olive").get(f"/projects/{project.name}/").content.decode()
    assert 'hx-get="/places/"' not in page
    assert 'hx-get="/attention/marks/"' in page


def test_a_stranger_reaches_nothing_by_the_page_that_is_named(project: Project, sign_in: SignIn) -> None:
    """The address that a browser says it is on is not believed: it is a place only for who is something there."""
    answer = sign_in("charlie").get("/places/", headers={"HX-Current-URL": f"http://x/projects/{project.name}/"})
    assert project.name not in answer.content.decode()
