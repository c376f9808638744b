"""What a review of the pages of people and places came upon, held: names that leaked, and work that grew."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from selectolax.lexbor import LexborHTMLParser

from accounts import trouble
from accounts.domain import people as verbs
from accounts.models import AuditEntry, Membership, Project, Role, User, Workspace
from tests.people import People

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]


def role(level: str, name: str) -> Role:
    return Role.objects.get(level=level, name=name, workspace=None, project=None)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def secret(people: People) -> Project:
    """A project whose only member and only admin is bob, a regular member of its workspace."""
    project = Project.objects.create(name="secret-merger", workspace=people.workspace)
    Membership.objects.create(user=people.bob, level="project", role=role("project", "admin"), project=project)
    return project


def removal(people: People) -> str:
    return f"/workspaces/{people.workspace.name}/members/bob/remove/"


def test_a_refused_removal_names_no_project_that_one_may_not_see(people: People, secret: Project) -> None:
    """Neither in the answer nor in the record, which every member of the workspace reads."""
    outsider = client_of(verbs.create_user(name="wm", platform_role="workspaces-manager"))
    assert outsider.get(f"/projects/{secret.name}/").status_code == 404
    answer = outsider.post(removal(people))
    assert answer.status_code == 422
    assert "bob is the only admin of a project of this workspace." in answer.content.decode()
    assert secret.name not in answer.content.decode()
    assert secret.name not in AuditEntry.objects.get(action="member.remove").message
    activity = f"/workspaces/{people.workspace.name}/activity/"
    assert secret.name not in client_of(people.olive).get(activity).content.decode()


def test_a_refused_removal_names_the_project_to_who_sees_it_and_records_no_name(
    people: People, secret: Project
) -> None:
    answer = client_of(people.alice).post(removal(people))
    assert answer.status_code == 422
    assert f"bob is the only admin of the project {secret.name}." in answer.content.decode()
    assert AuditEntry.objects.get(action="member.remove").message.startswith("bob is the only admin of a project of")


def test_what_was_recorded_of_refused_removals_before_is_not_shown_to_who_does_not_see_all_projects(
    people: People, secret: Project
) -> None:
    """Rows written by an earlier Berth have the name in them; rows are not changed."""
    sentence = f"bob is the only admin of the project {secret.name}. Appoint another admin first."
    place = people.workspace
    entry = AuditEntry.objects.create(
        actor="alice",
        actor_uuid=people.alice.uuid,
        action="member.remove",
        target="Member bob",
        workspace=place.name,
        workspace_uuid=place.uuid,
        outcome="refused",
        message=sentence,
    )
    address = f"/workspaces/{place.name}/activity/?open={entry.pk}"
    page = client_of(people.olive).get(address).content.decode()
    assert f'id="entry-{entry.pk}"' in page
    assert secret.name not in page
    assert sentence in client_of(people.alice).get(address).content.decode()


def test_who_may_do_nothing_on_the_platform_does_not_read_who_administers_it(people: People) -> None:
    """Who may do something there reads at most three names."""
    for number in range(5):
        verbs.create_user(name=f"boss{number}", platform_role="platform-admin")

    def seen(user: User) -> tuple[set[str], str, str]:
        answer = client_of(user).get("/platform/roles/")
        assert answer.status_code == 403
        text = answer.content.decode()
        facts = {term.text(): term.parent.css_first("dd span").text() for term in LexborHTMLParser(text).css("main dt")}
        return {f"boss{number}" for number in range(5) if f"boss{number}" in text}, facts["Who can grant it"], text

    names, grant, text = seen(people.olive)
    assert (names, grant) == (set(), "a platform administrator")
    assert "A platform administrator can grant you this permission." in text
    names, grant, text = seen(verbs.create_user(name="warden", platform_role="users-manager"))
    assert (names, grant) == ({"boss0", "boss1", "boss2"}, "boss0, boss1, boss2")
    assert "boss0 or boss1 or boss2 can grant you this permission." in text


def test_a_refusal_asks_once_who_can_give_the_role(project: Project, people: People, sign_in: SignIn) -> None:
    client = sign_in("olive")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = client.get(f"/projects/{project.name}/members/bob/remove/")
    assert answer.status_code == 403
    scans = [query["sql"] for query in queries if "is_active" in query["sql"] and "accounts_membership" in query["sql"]]
    names = [sql for sql in scans if "LIMIT 3" in sql]
    assert (len(names), len([sql for sql in scans if "LIMIT" not in sql])) == (1, 1), scans


def filled(workspace: Workspace, count: int) -> None:
    """More administrators."""
    before = User.objects.count()
    made = User.objects.bulk_create(User(name=f"many{before + number}") for number in range(count))
    admin = role("workspace", "admin")
    Membership.objects.bulk_create(
        Membership(user=user, level="workspace", role=admin, workspace=workspace) for user in made
    )


def test_the_list_of_members_costs_the_same_however_many_administrators_there_are(people: People) -> None:
    client = client_of(people.alice)
    address = f"/workspaces/{people.workspace.name}/members/"

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    cost()  # what is read once in a process is read
    filled(people.workspace, 2)
    few = cost()
    filled(people.workspace, 40)
    assert cost() == few


def test_the_list_still_says_who_is_the_only_admin(people: People) -> None:
    """A disabled one does not count; of two nobody is the only one."""
    manager = client_of(verbs.create_user(name="wm", platform_role="workspaces-manager"))
    address = f"/workspaces/{people.workspace.name}/members/"
    assert "The only admin here." in manager.get(address).content.decode()
    admin = role("workspace", "admin")
    Membership.objects.filter(user=people.olive, workspace=people.workspace).update(role=admin)
    assert "The only admin here." not in manager.get(address).content.decode()
    verbs.set_active(people.olive, False)
    assert manager.get(address).content.decode().count("<small>The only admin here.</small>") == 2, "both verbs of one"


def test_of_many_names_few_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    plain = trouble.get_close_matches

    def counted(name: str, names: list[str], n: int) -> list[str]:
        compared.append(len(names))
        return plain(name, names, n)

    monkeypatch.setattr(trouble, "get_close_matches", counted)
    names = [f"other-{number:05d}" for number in range(5000)] + ["checkout"]
    names += [f"another-{number:05d}" for number in range(5000)]
    assert trouble.nearest("checkuot", names)[0] == "checkout"
    assert trouble.nearest("other-04132x", names)[0] == "other-04132"
    assert trouble.nearest("heckout", ["checkout"]) == ("checkout",), "of few, all are compared"
    assert max(compared) <= 2000


def test_who_is_disabled_is_nobody_to_ask(people: People) -> None:
    """On the workspace's page, and at home for who looks after all workspaces."""
    admin = role("workspace", "admin")
    gone = verbs.create_user(name="aaron")
    Membership.objects.create(user=gone, level="workspace", role=admin, workspace=people.workspace)
    client = client_of(verbs.create_user(name="wm", platform_role="workspaces-manager"))
    pages = [f"/workspaces/{people.workspace.name}/", "/"]
    assert all("aaron" in client.get(page).content.decode() for page in pages)
    verbs.set_active(gone, False)
    for page in pages:
        text = client.get(page).content.decode()
        assert ("alice" in text, "aaron" in text) == (True, False)
