"""Two writes at one moment, on PostgreSQL (`make postgres`): SQLite lets nobody write beside another anyway."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from accounts.actor import NotAllowed
from accounts.domain import membership, ownroles
from accounts.domain.people import create_admin, switch
from accounts.models import Membership, Role, User
from accounts.roles import Capability
from accounts.scope import project_scope, workspace_scope

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.people import People

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 12


def at_once(*verbs: Callable[[], Any]) -> int:
    """How many of the verbs were refused; anything else that they raise is raised."""
    barrier, raised = threading.Barrier(len(verbs)), list[BaseException]()

    def run(verb: Callable[[], Any]) -> None:
        try:
            barrier.wait(30)
            verb()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for error in raised:
        if not isinstance(error, ValidationError | NotAllowed):
            raise error
    return len(raised)


def test_members_and_roles_change_one_by_one(project: Project, people: People) -> None:
    """Whatever comes first, a project keeps an admin, its members are members of its workspace, and nothing is an
    error of the server."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets nobody write beside another")
    admin, viewer = (Role.objects.get(level="project", name=name, project=None) for name in ("admin", "viewer"))
    boss = workspace_scope(people.alice, people.workspace.name)
    assert boss
    inside = Membership.objects.filter(project=project)
    for _round in range(ROUNDS):
        inside.delete()
        for user in (people.alice, people.olive):
            Membership.objects.create(user=user, level="project", project=project, role=admin)
        alice, olive = (people.scope(name, project) for name in ("alice", "olive"))
        of = {row.user.name: row for row in inside.select_related("user", "role")}
        assert at_once(
            partial(membership.remove, scope=alice, membership=of["olive"]),
            partial(membership.remove, scope=olive, membership=of["alice"]),
        ) == 1  # fmt: skip
        assert [row.role for row in inside] == [admin]
        left = people.scope(inside.get().user.name, project)
        own = ownroles.create(scope=left, name="own", description="", capabilities=[Capability.VIEW])
        assert at_once(
            partial(membership.invite, scope=left, who="bob", role=own),
            partial(ownroles.delete, scope=left, role=own),
        ) == 1  # fmt: skip
        inside.filter(user=people.bob).delete()
        Role.objects.filter(project=project).delete()
        bob = Membership.objects.select_related("user", "role", "workspace").get(
            user=people.bob, workspace=people.workspace
        )
        at_once(
            partial(membership.invite, scope=left, who="bob", role=viewer),
            partial(membership.remove, scope=boss, membership=bob),
        )
        assert not inside.filter(user=people.bob).exists(), "who left the workspace is in none of its projects"
        Membership.objects.create(user=people.bob, level="workspace", workspace=people.workspace, role=bob.role)


def test_several_are_removed_all_or_none_while_others_remove_them(project: Project, people: People) -> None:
    """Two administrators of the platform, each of whom removes another of the two admins of a project beside a third
    member: one of them is refused as a whole, and neither waits for ever."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets nobody write beside another")
    admin = Role.objects.get(level="project", name="admin", project=None)
    bosses = [create_admin(name) for name in ("root", "boss")]
    scopes = [(project_scope(boss, project.name), workspace_scope(boss, people.workspace.name)) for boss in bosses]
    everybody = Membership.objects.exclude(level="platform")
    rows = list(everybody.values("user_id", "level", "workspace_id", "project_id", "role_id"))
    for _round in range(ROUNDS):
        everybody.delete()
        Membership.objects.bulk_create(Membership(**row) for row in rows)
        inside = Membership.objects.filter(project=project)
        inside.filter(user__in=(people.alice, people.olive)).update(role=admin)
        around = Membership.objects.select_related("user", "role", "workspace").get(
            user=people.bob, workspace=people.workspace
        )
        of = {row.user.name: row for row in inside.select_related("user", "role", "project")}
        removals = []
        for (in_project, in_workspace), name in zip(scopes, ("alice", "olive"), strict=True):
            assert in_project
            assert in_workspace
            first = membership.Removal(in_project, of[name], admin.pk)
            removals.append([first, membership.Removal(in_workspace, around, around.role_id)])
        removals[1].reverse()
        assert at_once(*(partial(membership.remove_all, both) for both in removals)) == 1
        left = {row.user.name for row in inside.select_related("user")}
        assert left in ({"alice"}, {"olive"})


def test_the_administration_and_a_manager_do_not_wait_for_each_other(project: Project, people: People) -> None:
    """The administration takes a user out of the workspace while a manager invites them into a project: nothing is a
    deadlock, and who left the workspace is in none of its projects."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets nobody write beside another")
    root, alice = Client(), people.scope("alice", project)
    root.force_login(create_admin("root"))
    viewer = Role.objects.get(level="project", name="viewer", project=None)
    regular = Role.objects.get(level="workspace", name="regular", workspace=None)
    both = Membership.objects.filter(user=people.bob).exclude(level="platform")

    def take_away(row: Membership, over: threading.Event) -> None:
        form = {"memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 1, "memberships-0-id": row.pk}
        form |= {"memberships-0-user": row.user.pk, "memberships-0-role": row.role.pk, "memberships-0-DELETE": "on"}
        try:
            answer = root.post(
                f"/admin/accounts/user/{row.user.pk}/change/", {"name": "bob", "is_active": "on", **form}
            )
            assert answer.status_code == 302
        finally:
            over.set()

    def in_and_out(over: threading.Event) -> None:
        while not over.is_set():
            [row] = membership.invite(scope=alice, who="bob", role=viewer)
            membership.remove(scope=alice, membership=row)

    for _round in range(ROUNDS):
        both.delete()
        row = Membership.objects.create(user=people.bob, level="workspace", workspace=people.workspace, role=regular)
        over = threading.Event()
        at_once(partial(take_away, row, over), partial(in_and_out, over))
        assert not both.exists()


def test_two_administrators_do_not_disable_each_other(people: People) -> None:
    """On the page of a user, and in the form of the administration."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets nobody write beside another")
    for number in range(4):
        both = [create_admin(f"{name}-{number}") for name in ("root", "ruth")]
        assert at_once(*(partial(switch, user, False) for user in both)) == 1
        User.objects.filter(pk__in=[user.pk for user in both]).update(is_active=False)

    def disable(user: User, by: User) -> None:
        client = Client()
        client.force_login(by)
        form = {"name": user.name, "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
        assert client.post(f"/admin/accounts/user/{user.pk}/change/", form).status_code in (200, 302, 403)

    for number in range(4):
        root, ruth = (create_admin(f"{name}-{number}") for name in ("rita", "rosa"))
        assert at_once(partial(disable, root, ruth), partial(disable, ruth, root)) == 0
        left = User.objects.filter(pk__in=[root.pk, ruth.pk], is_active=True)
        assert left.count() == 1
        left.update(is_active=False)


def test_two_administrators_do_not_take_each_others_role(people: People) -> None:
    """In the list of memberships: by deleting the other's, or by changing it."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets nobody write beside another")
    of_platform = Membership.objects.filter(level="platform", role__name="platform-admin")
    regular = Role.objects.get(level="platform", name="platform-regular")

    def take(row: Membership, by: User, verb: str) -> None:
        client = Client()
        client.force_login(by)
        form = {"post": "yes"} if verb == "delete" else {"user": row.user.pk, "role": regular.pk}
        answer = client.post(f"/admin/accounts/membership/{row.pk}/{verb}/", form)
        assert answer.status_code in (200, 302, 403), answer.status_code

    for number in range(ROUNDS):
        of_platform.delete()
        root, ruth = (create_admin(f"{name}-{number}") for name in ("root", "ruth"))
        first, second = of_platform.get(user=root), of_platform.get(user=ruth)
        verb = ("delete", "change")[number % 2]
        assert at_once(partial(take, first, ruth, verb), partial(take, second, root, "delete")) == 0
        assert of_platform.count() == 1


def test_a_form_with_two_memberships_and_another_of_the_same_user(project: Project, people: People) -> None:
    """One administrator takes a user out of the workspace, in the same form in which another gives them more in one of
    its projects: nothing is an error of the server, and who left the workspace is in none of its projects."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets nobody write beside another")
    roots = [create_admin(name) for name in ("root", "ruth")]
    viewer, operator = (Role.objects.get(level="project", name=name, project=None) for name in ("viewer", "operator"))
    regular = Role.objects.get(level="workspace", name="regular", workspace=None)
    both = Membership.objects.filter(user=people.bob).exclude(level="platform")

    def send(by: User, rows: list[Membership], changed: dict[str, object]) -> None:
        client = Client()
        client.force_login(by)
        form: dict[str, object] = {"name": "bob", "is_active": "on"}
        form |= {"memberships-TOTAL_FORMS": len(rows), "memberships-INITIAL_FORMS": len(rows)}
        for at, row in enumerate(rows):
            values = {"id": row.pk, "user": row.user.pk, "role": row.role.pk}
            form |= {f"memberships-{at}-{name}": value for name, value in values.items()}
        answer = client.post(f"/admin/accounts/user/{people.bob.pk}/change/", form | changed)
        assert answer.status_code in (200, 302, 403), answer.status_code

    for _round in range(ROUNDS):
        both.delete()
        inside = Membership.objects.create(user=people.bob, level="project", project=project, role=viewer)
        around = Membership.objects.create(user=people.bob, level="workspace", workspace=people.workspace, role=regular)
        rows = list(both.select_related("user", "role").order_by("pk"))
        leave, more = (f"memberships-{rows.index(row)}" for row in (around, inside))
        assert at_once(
            partial(send, roots[0], rows, {f"{leave}-DELETE": "on"}),
            partial(send, roots[1], rows, {f"{more}-role": operator.pk}),
        ) == 0  # fmt: skip
        assert not both.filter(level="workspace").exists()
        assert not both.exists(), "who left the workspace is in none of its projects"
