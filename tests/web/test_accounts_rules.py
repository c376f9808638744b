"""Rules of people that hold whichever way one goes: the admin site, the console's pages, and signing in."""

import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.domain import people as verbs
from accounts.domain import throttle
from accounts.models import Membership, Project, Role, User, Workspace
from tests.people import People

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def root(people: People) -> Client:
    client = Client()
    client.force_login(verbs.create_admin("root"))
    return client


def role(level: str, name: str) -> Role:
    return Role.objects.get(level=level, name=name, workspace=None, project=None)


def posted(page: Any, rows: list[dict[str, object]], **more: object) -> dict[str, object]:
    """The form of a page with memberships, as a browser sends it with these rows added."""
    formset = page.context["inline_admin_formsets"][0].formset
    count = formset.initial_form_count()
    data: dict[str, object] = {"memberships-TOTAL_FORMS": count + len(rows), "memberships-INITIAL_FORMS": count}
    for n, form in enumerate(formset.initial_forms):
        row = form.instance
        kept = {"id": row.pk, "user": row.user_id, "workspace": row.workspace_id or "", "project": row.project_id or ""}
        data |= {f"memberships-{n}-{key}": value for key, value in {**kept, "role": row.role_id}.items()}
    for n, added in enumerate(rows, count):
        data |= {f"memberships-{n}-{key}": value for key, value in added.items()}
    return data | more


def test_s12_a_second_role_on_the_platform_is_refused_in_the_form(root: Client, people: People) -> None:
    """S12: in the list of memberships, beside a person, and twice in one form."""
    before = Membership.objects.count()
    regular = role("platform", "platform-regular").pk
    page = root.post("/admin/accounts/membership/add/", {"user": people.bob.pk, "role": regular})
    assert page.status_code == 200
    assert "already has a role on the platform" in page.content.decode()
    address = f"/admin/accounts/user/{people.bob.pk}/change/"
    page = root.post(address, posted(root.get(address), [{"role": regular}], name="bob", is_active="on"))
    assert "already has a role on the platform" in page.content.decode()
    Membership.objects.filter(user=people.bob, level="platform").delete()
    page = root.post(address, posted(root.get(address), [{"role": regular}] * 2, name="bob", is_active="on"))
    assert "Two of these memberships are for the same user and workspace or project" in page.content.decode()
    assert Membership.objects.count() == before - 1


def test_s13_a_role_does_not_lose_what_the_last_administrator_has_by_it(root: Client) -> None:
    """S13: the form is refused, and the administrator stays one."""
    keeper = Role.objects.create(level="platform", name="keeper", capabilities=["platform.admin"])
    Membership.objects.filter(user__name="root", level="platform").update(role=keeper)
    page = root.post(f"/admin/accounts/role/{keeper.pk}/change/", {"name": "keeper", "capabilities": []})
    assert page.status_code == 403
    keeper.refresh_from_db()
    assert "platform.admin" in keeper.capabilities
    assert root.get("/admin/").status_code == 200


def test_m16_the_admin_site_gives_roles_of_a_project_to_members_of_its_workspace_only(
    root: Client, people: People, project: Project
) -> None:
    """M16: from the list, from the person, and from the project; and existing memberships do not move."""
    viewer = role("project", "viewer").pk
    row = {"user": people.charlie.pk, "role": viewer}
    address = f"/admin/accounts/project/{project.pk}/change/"
    answers = [
        root.post("/admin/accounts/membership/add/", {**row, "project": project.pk}),
        root.post(address, posted(root.get(address), [row])),
    ]
    address = f"/admin/accounts/user/{people.charlie.pk}/change/"
    added = {"role": viewer, "project": project.pk}
    answers.append(root.post(address, posted(root.get(address), [added], name="charlie", is_active="on")))
    for page in answers:
        assert page.status_code == 200
        assert f"Only members of workspace {people.workspace.name} can join this project" in page.content.decode()
    assert not Membership.objects.filter(user=people.charlie, project=project).exists()
    theirs = Membership.objects.get(user=people.olive, project=project)
    root.post(f"/admin/accounts/membership/{theirs.pk}/change/", {**row, "project": project.pk})
    theirs.refresh_from_db()
    assert (theirs.user.name, theirs.role.name) == ("olive", "viewer")


def test_m16_who_leaves_a_workspace_in_the_admin_site_leaves_its_projects(
    root: Client, people: People, project: Project
) -> None:
    """M16: as on the console's own page."""
    inside = Membership.objects.get(user=people.bob, workspace=people.workspace)
    assert root.post(f"/admin/accounts/membership/{inside.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Membership.objects.filter(user=people.bob, project=project).exists()
    page = root.get(f"/admin/accounts/user/{people.bob.pk}/change/").content.decode()
    assert "With neither, the role applies to the platform." in page


def test_c23_removing_from_a_workspace_keeps_a_manager_in_its_projects(
    people: People, project: Project, root: Client
) -> None:
    """C23: the only admin of a project is not removed with the workspace, on neither page; another one may be."""
    Membership.objects.filter(user=people.alice, project=project).update(role=role("project", "viewer"))
    Membership.objects.filter(user=people.olive, project=project).update(role=role("project", "admin"))
    inside = Membership.objects.get(user=people.olive, workspace=people.workspace)
    alice = Client()
    alice.force_login(people.alice)
    remove = f"/workspaces/{people.workspace.name}/members/olive/remove/"
    page = alice.post(remove, follow=True).content.decode()
    assert f"only admin of the project {project.name}" in page
    assert root.post(f"/admin/accounts/membership/{inside.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Membership.objects.filter(user=people.olive).count() == 3
    Membership.objects.filter(user=people.alice, project=project).update(role=role("project", "admin"))
    alice.post(remove)
    assert not Membership.objects.filter(user=people.olive, project=project).exists()


def test_s14_closed_for_the_name_tells_nothing_about_the_email(people: People, settings: Any) -> None:
    """S14: the first answer to an email is the same whether or not it is that of a name that is closed."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    verbs.create_user(name="vera", password=PASSWORD, email="vera@example.org")
    client = Client()
    for _ in range(throttle.FROM_PEER.tries):
        client.post("/signin/", {"username": "vera", "password": "wrong"})
    assert client.post("/signin/", {"username": "vera", "password": PASSWORD}).status_code == 429
    answers = []
    for email, password in (("vera@example.org", PASSWORD), ("nobody@example.org", "wrong")):
        page = client.post("/signin/", {"username": email, "password": password})
        answers.append((page.status_code, page.content.decode().replace(email, ""), page.headers.get("Retry-After")))
    assert [status for status, *_ in answers] == [422, 422], "the closed name's password opens nothing"
    assert answers[0][2] == answers[1][2]
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    "name",
    [
        "\u0430dmin",  # one Cyrillic letter
        "adm\u0456n",
        "\u0441\u0430\u0440\u0435",  # Cyrillic throughout: cape
        "\u03bfl\u03b9ve",  # Greek among Latin
        "\u03bf\u03bd\u03b1",  # Greek throughout
        "adm\u0131n",  # dotless i
        "\u0251dmin",  # Latin of the phonetic alphabet
        "root\u0661",  # an Arabic digit
        "\u13aaba",  # Cherokee
    ],
)
def test_s15_a_name_that_looks_like_another_is_refused(name: str) -> None:
    """S15."""
    with pytest.raises(ValidationError):
        verbs.create_user(name=name)
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "zo\u00eb",
        "\u017eofie",
        "\u0434\u043c\u0438\u0442\u0440\u0438\u0439",
        "\u4f50\u3005\u6728\u3055\u304f\u3089",
        "jos\u00e9.m-1_2+x@y",
        "\u03b3\u03b9\u03ce\u03c1\u03b3\u03bf\u03c2",
    ],
)
def test_s15_names_of_one_script_are_taken(name: str) -> None:
    """S15: everybody's own letters."""
    assert verbs.create_user(name=name).pk


def test_s15_a_workspace_has_latin_names_only() -> None:
    """S15: places have the names of namespaces, so nothing can look like them."""
    with pytest.raises(ValidationError):
        Workspace(name="\u0430cme").full_clean()


@pytest.fixture
def warden(people: People, root: Client) -> Client:
    """Somebody who manages users, and is nothing else."""
    client = Client()
    client.force_login(verbs.create_user(name="warden", platform_role="users-manager"))
    return client


def test_m7_who_manages_users_can(warden: Client, people: People) -> None:
    """M7: home leads to the users; adding, editing and links work; what the role does not hold cannot be given."""
    home = warden.get("/").content.decode()
    assert "You manage the users of Berth" in home
    assert "/admin/accounts/user/" in home
    assert warden.get("/admin/")["Location"] == "/admin/accounts/user/", "who sees no other records is led to the users"
    page = warden.get("/admin/accounts/user/add/")
    assert page.status_code == 200
    offered = {row.name for row in page.context["adminform"].form.fields["platform_role"].queryset}
    assert offered == {"platform-regular", "users-manager"}
    none = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    add = {"name": "newt", "platform_role": role("platform", "platform-regular").pk, **none}
    assert warden.post("/admin/accounts/user/add/", add).status_code == 302
    newt = User.objects.get(name="newt")
    edit = {"name": "newt", "display_name": "Newt", "is_active": "on", **none}
    assert warden.post(f"/admin/accounts/user/{newt.pk}/change/", edit).status_code == 302
    newt.refresh_from_db()
    assert newt.display_name == "Newt"
    assert "/signin/link/" in warden.post("/platform/users/newt/link/").content.decode()


def test_m7_who_manages_users_does_not_become_more(warden: Client, root: Client) -> None:
    """M7: administrators, memberships, roles and the record are out of reach, and the answer names whom to ask."""
    boss = User.objects.get(name="root")
    before = Membership.objects.count()
    none = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    admin = role("platform", "platform-admin").pk
    page = warden.post("/admin/accounts/user/add/", {"name": "mole", "platform_role": admin, **none})
    assert page.status_code == 200
    edit = {"name": "root", "is_active": "on", "new_password": PASSWORD, **none}
    assert warden.post(f"/admin/accounts/user/{boss.pk}/change/", edit).status_code == 403
    for action in ("link", "disable", "enable"):
        answer = warden.post("/platform/users/root/" + action + "/", follow=True)
        assert "has rights that you do not have" in answer.content.decode()
        assert "/signin/link/" not in answer.content.decode()
    me = User.objects.get(name="warden")
    row = {"role": admin, "user": me.pk}
    address = f"/admin/accounts/user/{me.pk}/change/"
    rows = {**none, "memberships-TOTAL_FORMS": 1, "memberships-0-role": admin}
    warden.post(address, {"name": "warden", "is_active": "on", **rows})
    for kind in ("membership", "role", "workspace", "project", "auditentry", "invitation", "signinlink"):
        for path in ("", "add/"):
            refused = warden.post(f"/admin/accounts/{kind}/{path}", row)
            assert refused.status_code == 403, (kind, path)
    words = warden.get("/admin/accounts/role/").content.decode()
    assert "root can grant you this permission." in words
    boss.refresh_from_db()
    assert boss.is_active
    assert not boss.has_usable_password()
    assert Membership.objects.count() == before


def test_m7_a_stranger_to_the_admin_site_reads_whom_to_ask(people: People, root: Client) -> None:
    """M7: and what was missing; by name only who may do something on the platform."""
    bob = Client()
    bob.force_login(people.bob)
    page = bob.get("/admin/")
    assert page.status_code == 403
    assert "A platform administrator can grant you this permission." in page.content.decode()
    assert "of the project" not in page.content.decode()


def test_m13_projects_that_one_may_not_see_are_not_said_not_to_be(people: People, project: Project) -> None:
    """M13: neither at home nor on the workspace's page; who sees all of them reads that there is none."""
    client = Client()
    client.force_login(verbs.create_user(name="wm", platform_role="workspaces-manager"))
    workspace = f"/workspaces/{people.workspace.name}/"
    for address, says in {"/": '"Projects" class="num">\u2013<', workspace: "not a member of any project"}.items():
        page = client.get(address).content.decode()
        assert says in page
        assert not re.search("No projects? yet", page)
        assert "0 project" not in page
    client.force_login(people.charlie)
    assert "No projects yet" in client.get(f"/workspaces/{people.elsewhere.name}/").content.decode()


def test_m32_the_members_of_a_workspace_are_a_number_beside_their_word(people: People) -> None:
    """M32."""
    client = Client()
    client.force_login(people.charlie)
    page = client.get(f"/workspaces/{people.elsewhere.name}/").content.decode()
    members = f'<a href="/workspaces/{people.elsewhere.name}/members/">1</a>'
    assert f"<dt>Members</dt><dd><span>{members}</span>" in page


def test_who_has_to_stay_is_asked_once_for_all_members_of_a_workspace(
    project: Project, people: People, root: Client
) -> None:
    """An admin of a project who alone manages it stays in its workspace, in every list; however many members there
    are, it takes no more questions to the database.
    """
    alone = Membership.objects.get(user=people.alice, workspace=people.workspace)
    Membership.objects.filter(user=people.bob, workspace=people.workspace).update(role=role("workspace", "admin"))
    listed = root.get("/admin/accounts/membership/?level__exact=workspace").content.decode()
    assert f"<small>The only admin of the project {project.name}</small>" in listed
    assert f'value="{alone.pk}.' not in listed
    page = f"/admin/accounts/workspace/{people.workspace.pk}/change/"

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            root.get(page)
        return sum('FROM "accounts_membership"' in query["sql"] for query in queries)

    before = asked()
    for name in ("dora", "emil"):
        user = User.objects.create(name=name)
        Membership.objects.create(user=user, level="workspace", workspace=people.workspace, role=alone.role)
        Membership.objects.create(user=user, level="project", project=project, role=role("project", "viewer"))
    assert asked() == before
