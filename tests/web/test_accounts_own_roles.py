"""Roles of a place's own: who manages its members creates, changes and deletes them, up to what they may themselves."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.domain.membership import invite
from accounts.models import AuditEntry, Membership, Project, Role, Workspace
from accounts.roles import IN_PROJECT
from accounts.scope import project_scope
from tests.people import People

pytestmark = pytest.mark.django_db

SignIn = Callable[..., Client]


@pytest.fixture
def base(project: Project) -> str:
    return f"/projects/{project.name}/roles/"


def typed(*capabilities: str, name: str = "keeper") -> dict[str, object]:
    return {"name": name, "description": "Ships releases", "capabilities": capabilities}


def test_a_role_is_created_given_changed_and_counts_at_once(
    base: str, project: Project, people: People, sign_in: SignIn
) -> None:
    alice = sign_in("alice")
    page = alice.post(f"{base}new/", typed("services.manage"), follow=True).content.decode()
    assert "Custom role of" in page
    keeper = Role.objects.get(project=project, name="keeper")
    assert keeper.capabilities == ["services.manage", "view"], "what it needs comes along"
    Membership.objects.filter(project=project, user=people.bob).update(role=keeper)
    answer = alice.post(f"{base}keeper/", typed("logs"), follow=True).content.decode()
    assert "keeper was changed" in answer
    assert "Save for 1 member" in answer
    scope = project_scope(people.bob, project.name)
    assert scope is not None
    assert sorted(scope.capabilities & IN_PROJECT) == ["logs", "view"]
    listed = alice.get(base).content.decode()
    assert "3 built in, 1 custom" in " ".join(listed.split())
    assert f'href="{base}new/?from=operator"' in listed
    assert "Members have this role" in listed, "it cannot be deleted"
    assert f"{base}new/?from" not in sign_in("bob").get(base).content.decode()
    entry = AuditEntry.objects.get(action="role.edit")
    assert entry.changes == ["added: logs", "removed: services.manage"]


def test_a_name_that_is_there_and_nothing_ticked_are_refused_in_the_form(base: str, sign_in: SignIn) -> None:
    alice = sign_in("alice")
    for data, sentence in (
        (typed("view", name="operator"), "A role with this name already exists."),
        (typed("view", name="new"), "A role with this name already exists."),
        (typed(name="nothing"), "Select at least one permission."),
        (typed("view", name="Not This"), "Use lowercase letters"),
    ):
        answer = alice.post(f"{base}new/", data)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    assert not Role.objects.filter(built_in=False).exists()


def test_nobody_makes_a_role_that_may_do_more_than_they_do(
    base: str, project: Project, people: People, sign_in: SignIn
) -> None:
    few = Role.objects.create(level="project", project=project, name="few", capabilities=["project.manage", "view"])
    Membership.objects.filter(project=project, user=people.olive).update(role=few)
    olive = sign_in("olive")
    assert "You do not have it, so you cannot grant it." in olive.get(f"{base}new/").content.decode()
    assert olive.post(f"{base}new/", typed("logs")).status_code == 403
    more = Role.objects.create(level="project", project=project, name="more", capabilities=["logs", "view"])
    assert olive.post(f"{base}more/", typed("view")).status_code == 403
    assert olive.post(f"{base}more/delete/").status_code == 403
    more.refresh_from_db()
    assert more.capabilities == ["logs", "view"]


def test_a_place_keeps_somebody_who_manages_its_members(
    base: str, project: Project, people: People, sign_in: SignIn
) -> None:
    chief = Role.objects.create(level="project", project=project, name="chief", capabilities=["project.manage", "view"])
    Membership.objects.filter(project=project, user=people.alice).update(role=chief)
    answer = sign_in("alice").post(f"{base}chief/", typed("view"))
    assert answer.status_code == 422
    assert "Appoint another admin first." in answer.content.decode()
    chief.refresh_from_db()
    assert "project.manage" in chief.capabilities


def test_built_in_roles_are_read_and_one_that_is_held_is_not_deleted(
    base: str, project: Project, people: People, sign_in: SignIn
) -> None:
    alice = sign_in("alice")
    page = alice.get(f"{base}operator/").content.decode()
    assert "Built-in role" in page
    assert 'class="btn primary"' not in page
    assert alice.post(f"{base}operator/", typed("view")).status_code == 403
    assert "logs" in Role.objects.get(name="operator", level="project", project=None).capabilities
    keeper = Role.objects.create(level="project", project=project, name="keeper", capabilities=["view"])
    scope = project_scope(people.alice, project.name)
    assert scope is not None
    Membership.objects.filter(project=project, user=people.bob).delete()
    invite(scope=scope, who="bob", role=keeper)
    answer = alice.post(f"{base}keeper/delete/", follow=True).content.decode()
    assert "Give them another one first." in answer
    Membership.objects.filter(role=keeper).delete()
    assert "Delete role keeper?" in alice.get(f"{base}keeper/delete/").content.decode()
    alice.post(f"{base}keeper/delete/")
    assert not Role.objects.filter(name="keeper").exists()


def test_members_read_and_only_managers_write_in_workspaces_too(people: People, sign_in: SignIn) -> None:
    where = f"/workspaces/{people.workspace.name}/roles/"
    bob, alice = sign_in("bob"), sign_in("alice")
    assert bob.get(f"{where}admin/").status_code == 200
    assert bob.get(f"{where}new/").status_code == 403
    assert bob.get(f"{where}nothing/").status_code == 404
    assert alice.post(f"{where}new/", typed("projects.create")).status_code in {302, 303}
    made = Role.objects.get(workspace=people.workspace, name="keeper")
    assert made.capabilities == ["projects.create", "workspace.view"]


@pytest.mark.parametrize(
    ("made", "address", "rival"),
    [
        (Role, "/projects/{project}/roles/new/", "A role with this name already exists."),
        (Workspace, "/new-workspace/", "A workspace with this name already exists."),
    ],
)
def test_two_who_create_one_name_at_once(
    made: Any, address: str, rival: str, project: Project, people: People, sign_in: SignIn, monkeypatch: Any
) -> None:
    """The second is told in the form, and not by an error of the server."""
    saved = made.save

    def overtaken(self: Any, *args: Any, **options: Any) -> None:
        place = {"level": "project", "project": project} if made is Role else {}
        made.objects.bulk_create([made(name="keeper", **place)])
        saved(self, *args, **options)

    give_all(people)
    client = sign_in("alice")
    monkeypatch.setattr(made, "save", overtaken)
    answer = client.post(address.format(project=project.name), typed("view"))
    assert (answer.status_code, rival in answer.content.decode()) == (422, True)


def give_all(people: People) -> None:
    """alice administers the platform as well."""
    role = Role.objects.get(level="platform", name="platform-admin")
    Membership.objects.update_or_create(user=people.alice, level="platform", defaults={"role": role})


def test_what_saving_would_change_stands_beside_the_boxes(base: str, project: Project, sign_in: SignIn) -> None:
    """With what a permission brings along or still needs; alone for htmx, else in the page."""
    own = {"level": "project", "project": project, "name": "keeper", "description": "Before"}
    keeper = Role.objects.create(**own, capabilities=["services.manage", "view"])
    alice, wanted = sign_in("alice"), {**typed("logs", "workloads.manage"), "preview": "1"}
    page = alice.post(f"{base}keeper/", wanted)
    assert page.status_code == 200
    effect = page.content.decode().partition('id="effect"')[2].partition("</aside>")[0]
    added, removed = effect.partition("<h3>Removed</h3>")[::2]
    assert "View logs" in added
    assert "Create, edit, scale and delete workloads" in added
    assert "Create, edit and delete Services" in removed
    assert "View Services, workloads and pods” is kept" in removed
    part = alice.post(f"{base}keeper/", wanted, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<aside")
    assert 'id="count-2" hx-swap-oob="true">2 of 2' in part
    assert "View logs" in alice.post(f"{base}new/", wanted).content.decode().partition('id="effect"')[2]
    keeper.refresh_from_db()
    assert (keeper.description, keeper.capabilities) == ("Before", ["services.manage", "view"])
    assert not AuditEntry.objects.filter(action__startswith="role.").exists()
