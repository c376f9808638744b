"""Django's admin: an administrator sets up people and roles there; it counts at once and is recorded."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.domain import people as verbs
from accounts.domain import sign_in_links, throttle
from accounts.models import AuditEntry, Membership, Project, Role, SignInLink, User, Workspace
from accounts.scope import is_current, project_scope
from tests.people import People

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
PASSWORD = "correct horse battery"


@pytest.fixture
def root(people: People) -> Client:
    client = Client()
    client.force_login(verbs.create_admin("root"))
    return client


def role(level: str, name: str) -> Role:
    return Role.objects.get(level=level, name=name, workspace=None, project=None)


def no_members(**more: Any) -> dict[str, Any]:
    return {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0, **more}


def test_only_platform_administrators_get_in(people: People, sign_in: SignIn, root: Client) -> None:
    assert root.get("/admin/").status_code == 200
    for client in (sign_in("alice"), sign_in("charlie")):
        for address in ("/admin/", "/admin/accounts/user/", "/admin/login/"):
            assert client.get(address).status_code == 403
    assert Client().get("/admin/")["Location"].startswith("/signin/")
    assert Client().post("/admin/login/", {"username": "root", "password": "x"}).status_code == 302


@pytest.mark.parametrize(
    "name", ["user", "workspace", "project", "role", "membership", "auditentry", "invitation", "signinlink"]
)
def test_everything_is_registered_and_shown(project: Project, root: Client, name: str) -> None:
    page = root.get(f"/admin/accounts/{name}/")
    assert page.status_code == 200
    assert b"style=" not in page.content, "nothing inline under our content policy"
    assert b"<script>" not in page.content
    for address in set(re.findall(rf'href="(/admin/accounts/{name}/\d+/change/)', page.content.decode())):
        assert root.get(address).status_code == 200


def test_a_person_with_a_password_is_added(root: Client) -> None:
    response = root.post(
        "/admin/accounts/user/add/",
        no_members(
            name="Wendy",
            email="Wendy@Example.org",
            password=PASSWORD,
            platform_role=role("platform", "users-manager").pk,
        ),
    )
    assert response.status_code == 302
    wendy = User.objects.get(name="wendy")
    assert wendy.email == "wendy@example.org"
    assert wendy.check_password(PASSWORD)
    assert Membership.objects.get(user=wendy, level="platform").role.name == "users-manager"
    entry = AuditEntry.objects.get(action="admin.add")
    assert (entry.actor, entry.outcome, entry.changes) == ("root", "ok", ["added: wendy"])
    assert PASSWORD not in str(AuditEntry.objects.values())


def test_a_person_without_a_password_gets_a_link_that_works(root: Client) -> None:
    page = root.post(
        "/admin/accounts/user/add/",
        no_members(name="lena", platform_role=role("platform", "platform-regular").pk),
        follow=True,
    ).content.decode()
    path = re.search(r"http://testserver(/signin/link/[\w-]+/)", page)
    assert path
    toast = page.partition('id="toasts"')[2].partition("<template")[0]
    assert "User lena was created." in toast
    assert path[1] not in toast, "the link stays in a notice; what was done is said once"
    assert page.count("User lena was created.") == 1
    client = Client()
    assert client.post(path[1]).status_code == 303
    assert client.get("/").status_code == 200
    assert SignInLink.objects.get().made_by == "root"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "alice", "A user with this name already exists."),
        ("name", "ALICE", "A user with this name already exists."),
        ("name", "a b", ""),
        ("name", "", ""),
        ("password", "123", ""),
        ("email", "x", ""),
        ("email", "Taken@example.com", "A user with this email already exists."),
    ],
)
def test_a_wrong_person_is_not_added(root: Client, field: str, value: str, words: str) -> None:
    User.objects.filter(name="alice").update(email="taken@example.com")
    before = User.objects.count()
    data = no_members(name="xaver", password=PASSWORD, platform_role=role("platform", "platform-regular").pk)
    response = root.post("/admin/accounts/user/add/", data | {field: value})
    assert response.status_code == 200
    assert 'class="error"' in (page := response.content.decode())
    assert words in page
    assert User.objects.count() == before
    assert AuditEntry.objects.get(action="admin.add").outcome == "refused"


def test_who_is_taken_out_of_a_workspace_stays_in_no_project_that_the_same_form_changes(
    project: Project, people: People, root: Client
) -> None:
    both = Membership.objects.filter(user=people.bob).exclude(level="platform").order_by("level")
    inside, around = both.select_related("user")
    assert (inside.level, around.level) == ("project", "workspace")
    form: dict[str, object] = {"name": "bob", "is_active": "on"}
    form |= {"memberships-TOTAL_FORMS": 2, "memberships-INITIAL_FORMS": 2, "memberships-1-DELETE": "on"}
    for at, row, chosen_role in ((0, inside, role("project", "operator")), (1, around, around.role)):
        form |= {
            f"memberships-{at}-id": row.pk,
            f"memberships-{at}-user": row.user.pk,
            f"memberships-{at}-role": chosen_role.pk,
        }
    assert root.post(f"/admin/accounts/user/{people.bob.pk}/change/", form).status_code == 302
    assert not both.all().exists()


def test_disabling_signs_out_at_once(project: Project, people: People, sign_in: SignIn, root: Client) -> None:
    olive, scope = sign_in("olive"), people.scope("olive", project)
    root.post("/platform/users/olive/disable/")
    assert olive.get("/")["Location"].startswith("/signin/")
    assert not is_current(scope)
    root.post("/platform/users/olive/enable/")
    assert User.objects.get(name="olive").is_active
    assert list(AuditEntry.objects.filter(action="admin.change").values_list("changes", flat=True)) == [
        ["active: True"],
        ["active: False"],
    ]


def test_nobody_disables_themselves_and_one_administrator_stays(root: Client) -> None:
    me = User.objects.get(name="root")
    assert root.post("/platform/users/root/disable/").status_code == 403
    assert User.objects.get(name="root").is_active
    mine = Membership.objects.get(user=me, level="platform")
    assert root.post(f"/admin/accounts/membership/{mine.pk}/delete/", {"post": "yes"}).status_code == 403
    saved = root.post(
        f"/admin/accounts/membership/{mine.pk}/change/",
        {"user": me.pk, "role": role("platform", "platform-regular").pk},
    )
    assert saved.status_code == 403
    assert root.post(f"/admin/accounts/user/{me.pk}/change/", no_members(name="root")).status_code == 403
    assert User.objects.get(name="root").is_platform_admin


def test_a_membership_given_here_counts_at_once(
    project: Project, people: People, sign_in: SignIn, root: Client
) -> None:
    charlie = sign_in("charlie")
    assert charlie.get(f"/projects/{project.name}/").status_code == 404
    place = {"level": "workspace", "workspace": people.workspace, "role": role("workspace", "regular")}
    Membership.objects.create(user=people.charlie, **place)
    root.post(
        f"/admin/accounts/project/{project.pk}/change/",
        {
            "alias": "",
            "description": "",
            "memberships-TOTAL_FORMS": 1,
            "memberships-INITIAL_FORMS": 0,
            "memberships-0-project": project.pk,
            "memberships-0-user": people.charlie.pk,
            "memberships-0-role": role("project", "viewer").pk,
        },
    )
    assert charlie.get(f"/projects/{project.name}/").status_code == 200
    membership = Membership.objects.get(user=people.charlie, project=project)
    assert (membership.level, membership.added_by) == ("project", "root")
    assert "membership: charlie: viewer (Project)" in AuditEntry.objects.get(action="admin.change").changes
    scope = project_scope(User.objects.get(name="charlie"), project.name)
    assert scope
    root.post(f"/admin/accounts/membership/{membership.pk}/delete/", {"post": "yes"})
    assert charlie.get(f"/projects/{project.name}/").status_code == 404
    assert not is_current(scope)


def test_a_second_role_in_the_same_place_is_refused(project: Project, people: People, root: Client) -> None:
    response = root.post(
        "/admin/accounts/membership/add/",
        {"user": people.bob.pk, "project": project.pk, "role": role("project", "admin").pk},
    )
    assert response.status_code == 200
    assert 'class="error"' in response.content.decode()
    wrong_level = root.post(
        "/admin/accounts/membership/add/",
        {"user": people.charlie.pk, "project": project.pk, "role": role("workspace", "admin").pk},
    )
    assert "The role is of another level." in wrong_level.content.decode()
    assert Membership.objects.filter(project=project).count() == 3


def test_an_own_role_is_made_of_ticked_boxes(project: Project, people: People, root: Client) -> None:
    page = root.get("/admin/accounts/role/add/").content.decode()
    assert page.count('name="capabilities"') == 15
    root.post(
        "/admin/accounts/role/add/",
        {"level": "project", "project": project.pk, "name": "log-reader", "capabilities": ["logs"]},
    )
    made = Role.objects.get(name="log-reader")
    assert made.capabilities == ["logs", "view"], "what it needs comes with it"
    Membership.objects.filter(user=people.bob, project=project).update(role=made)
    scope = people.scope("bob", project)
    root.post(f"/admin/accounts/role/{made.pk}/change/", {"name": "log-reader", "capabilities": ["view"]})
    assert not is_current(scope), "a changed role counts at once for who holds it"
    too_much = root.post(
        "/admin/accounts/role/add/",
        {"level": "project", "project": project.pk, "name": "too-much", "capabilities": ["platform.admin"]},
    )
    assert "A role of this level cannot have: Administer the platform" in too_much.content.decode()
    elsewhere = root.post(
        "/admin/accounts/role/add/",
        {"level": "project", "workspace": people.workspace.pk, "name": "too-much", "capabilities": ["view"]},
    )
    assert "Only roles of the level Workspace belong to a workspace." in elsewhere.content.decode()
    reserved = root.post("/admin/accounts/role/add/", {"level": "project", "name": "new"})
    assert "This name is reserved." in reserved.content.decode()
    same = {"level": "project", "project": project.pk, "name": "operator"}
    twice = root.post("/admin/accounts/role/add/", same).content.decode()
    assert twice.count("A role with this name already exists.") == 1
    assert "Constraint" not in twice
    assert set(Role.objects.filter(built_in=False)) == {made}


def test_a_new_role_offers_what_fits_its_level_and_says_what_is_required(
    project: Project, people: People, root: Client
) -> None:
    """By area, in the words of the console's own page; what another level had ticked is forgotten."""

    def asked(target: str, **chosen: Any) -> str:
        query = {"preview": "1", "name": "keeper", **chosen}
        answer = root.get("/admin/accounts/role/add/", query, headers={"HX-Request": "true", "HX-Target": target})
        assert "<main" not in answer.content.decode()
        return answer.content.decode()

    page = root.get("/admin/accounts/role/add/").content.decode()
    assert "---------" not in page
    assert re.search(r'<option value="project" selected>', page)
    assert re.findall(r'<li class="only-plain">\s*<h3>\s*(\w+)', page) == ["Workspace", "Platform"]
    assert "(optional)" not in page.partition('id="of-level"')[2]

    level = asked("of-level", level="workspace", project=project.pk, capabilities=["users.manage", "projects.create"])
    assert re.findall(r'<li class="only-plain">\s*<h3>\s*(\w+)', level) == ["Platform"]
    assert re.findall(r'name="capabilities" value="([\w.]+)" id="[\w-]+"\s+checked', level) == [
        "workspace.view",
        "projects.create",
    ]
    assert "Required by “Create projects”" in level
    assert re.search(r'<input\s+type="hidden" name="capabilities" value="workspace.view">', level), "a disabled box"
    assert f'value="{project.pk}" selected' not in level
    assert "manages members of a workspace" in level.partition('id="effect" hx-swap-oob="true"')[2]

    ticks = asked("effect", level="project", project=project.pk, capabilities=["logs", "storage.manage"])
    assert f"manages members of {project.name} and" in ticks
    assert 'id="permission-view"' in ticks
    assert "Required by 2 permissions" in ticks
    assert 'id="count-2" hx-swap-oob="true">1 of 2' in ticks
    facts = re.findall(r"<dt>(\w+)</dt>\s*<dd>\s*<span>([^<]*)<", ticks)
    assert facts == [("Name", "keeper"), ("Level", "Project"), ("Project", project.name)]


def test_the_administration_says_create_and_each_answer_once(people: People, root: Client) -> None:
    """No title, button or answer is Django's own."""
    for name, title in (("user", "Create User"), ("role", "Create Role"), ("membership", "Create Membership")):
        page = root.get(f"/admin/accounts/{name}/add/").content.decode()
        assert f"<title>{title} · Berth</title>" in " ".join(page.split())
        assert re.search(rf"<h1>\s*{title}", page)
        assert re.search(rf'name="_save">\s*{title}</button>', page)
        listed = root.get(f"/admin/accounts/{name}/").content.decode()
        assert f"<title>{name.capitalize()}s · Berth</title>" in " ".join(listed.split())
        assert re.search(rf'/accounts/{name}/add/"[^>]*>.*?{title}</a>', listed, re.DOTALL)
    made = root.post("/admin/accounts/role/add/", {"level": "workspace", "name": "keeper"}, follow=True)
    assert made.content.decode().count("Role keeper (Workspace) was created.") == 1
    where = f"/admin/accounts/role/{Role.objects.get(name='keeper').pk}"
    page = root.get(f"{where}/change/").content.decode()
    assert "keeper (Workspace) · Edit Role" in " ".join(page.partition("</title>")[0].split())
    assert "every workspace" in page.partition("<h1>")[2].partition("</h1>")[0]
    kept = root.post(f"{where}/change/", {"name": "keeper", "capabilities": ["logs"]}, follow=True)
    assert kept.content.decode().count("Role keeper (Workspace) was changed. The change takes effect immediately.") == 1
    assert "<h1>Delete role keeper (Workspace)?</h1>" in root.get(f"{where}/delete/").content.decode()
    gone = root.post(f"{where}/delete/", {"post": "yes"}, follow=True)
    assert gone.content.decode().count("Role keeper (Workspace) was deleted.") == 1
    link = f'href="/workspaces/{people.workspace.name}/"'
    assert link in root.get("/admin/accounts/workspace/").content.decode().partition("<tbody")[2]
    assert link in root.get(f"/admin/accounts/workspace/{people.workspace.pk}/change/").content.decode()


def test_built_in_roles_and_the_record_are_only_read(project: Project, root: Client) -> None:
    built_in, entry = role("project", "viewer"), AuditEntry.objects.first()
    assert entry
    assert root.post(f"/admin/accounts/role/{built_in.pk}/change/", {"name": "x"}).status_code == 403
    assert root.post(f"/admin/accounts/role/{built_in.pk}/delete/", {"post": "yes"}).status_code == 403
    assert root.post(f"/admin/accounts/auditentry/{entry.pk}/change/", {"actor": "x"}).status_code == 403
    assert root.post(f"/admin/accounts/auditentry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert root.get("/admin/accounts/auditentry/add/").status_code == 403
    read = root.get(f"/admin/accounts/auditentry/{entry.pk}/change/").content.decode()
    assert "Copy UUID" not in read, "an entry's identity is not a user's"
    assert root.get("/admin/accounts/user/1/delete/").status_code == 403, "people are disabled, not deleted"


def test_a_workspace_is_made_with_its_members(people: People, root: Client) -> None:
    root.post(
        "/admin/accounts/workspace/add/",
        {
            "name": "harbour",
            "memberships-TOTAL_FORMS": 1,
            "memberships-INITIAL_FORMS": 0,
            "memberships-0-user": people.charlie.pk,
            "memberships-0-role": role("workspace", "admin").pk,
        },
    )
    made = Workspace.objects.get(name="harbour")
    assert Membership.objects.get(user=people.charlie, workspace=made).role.name == "admin"


def test_a_new_password_ends_sessions_and_is_not_recorded(people: People, sign_in: SignIn, root: Client) -> None:
    olive = sign_in("olive")
    root.post(
        f"/admin/accounts/user/{people.olive.pk}/change/",
        no_members(name="olive", is_active="on", new_password=PASSWORD),
    )
    assert User.objects.get(name="olive").check_password(PASSWORD)
    assert olive.get("/").status_code == 302
    assert PASSWORD not in str(list(AuditEntry.objects.values()))


def test_the_admin_site_wears_the_shell(root: Client) -> None:
    """Bar, navigation and theme of every other page, none of Django's own stylesheets, our models in our order."""
    page = root.get("/admin/").content.decode()
    assert re.findall(r'<a class="name" href="/admin/accounts/(\w+)/">', page) == [
        "project",
        "membership",
        "role",
        "invitation",
        "signinlink",
        "auditentry",
    ]
    lead = page.partition("<h1>")[2].partition("<table")[0]
    own_pages = [("accounts/workspace", "Workspaces"), ("accounts/user", "Users")]
    for address, words in own_pages:
        assert f'<a href="/admin/{address}/">{words}</a>' in lead, "everyday work is one click away"
    assert '<a href="/platform/activity/">Activity</a>' in page
    assert f'<td class="num">{AuditEntry.objects.count()}</td>' in page
    kinds = root.get("/admin/accounts/role/").content.decode().partition('<nav class="tabs"')[2].partition("</nav>")[0]
    tabs = re.findall(r'href="/admin/accounts/(\w+)/"( aria-current="page")?', kinds)
    assert [name for name, _ in tabs] == ["project", "membership", "role", "invitation", "signinlink", "auditentry"]
    assert [name for name, current in tabs if current] == ["role"]
    for address in ("/admin/", "/admin/accounts/user/", "/admin/accounts/user/add/", "/admin/accounts/role/"):
        page = root.get(address).content.decode()
        assert 'id="topbar"' in page
        assert "<strong>Platform</strong>" in page
        assert '<h2 id="nav-1">Access Control</h2>' in page
        assert "admin/css/" not in page.partition("</head>")[0]


def test_a_role_keeps_its_name_and_the_form_says_why(root: Client) -> None:
    made = Role.objects.create(level="workspace", name="keeper", capabilities=["view"])
    address = f"/admin/accounts/role/{made.pk}/change/"
    page = root.get(address).content.decode()
    assert "Cannot be changed: Activity refers to roles by name." in page
    assert re.search(r'<input[^>]*name="name"[^>]* readonly', page)
    root.post(address, {"name": "other", "capabilities": ["logs"]})
    made.refresh_from_db()
    assert (made.name, made.capabilities) == ("keeper", ["logs", "view"])


def test_memberships_beside_a_record_say_who_is_the_last_admin_and_lead_to_their_places(
    project: Project, people: People, root: Client
) -> None:
    Membership.objects.filter(project=project).exclude(user=people.alice).delete()
    places = root.get(f"/admin/accounts/user/{people.alice.pk}/change/").content.decode()
    assert f'href="/projects/{project.name}/members/">{project.name}</a>' in places
    barred = f'Cannot be removed: the only admin of <a href="/projects/{project.name}/members/">{project.name}</a>'
    assert barred in " ".join(places.split()), "of the workspace around it"
    around = root.get(f"/admin/accounts/workspace/{people.workspace.pk}/change/").content.decode()
    assert barred in " ".join(around.split()), "where its members are"
    assert len(re.findall(r'name="memberships-\d+-DELETE"[^>]* disabled', places)) == 2
    assert "Remove alice: platform" not in places, "everybody has a role on the platform"
    members = root.get(f"/admin/accounts/project/{project.pk}/change/").content.decode()
    assert 'href="/platform/users/alice/">alice</a>' in members
    assert members.count("the only admin there") == 1
    offered = members.partition("Only roles that manage members")[0].rpartition("<select")[2]
    assert re.findall(r"<option[^>]*>(\w+)<", offered) == ["admin"]
    Membership.objects.create(user=people.bob, level="project", project=project, role=role("project", "admin"))
    assert "the only admin there" not in root.get(f"/admin/accounts/project/{project.pk}/change/").content.decode()
    Membership.objects.filter(user=people.bob, workspace=people.workspace).update(role=role("workspace", "admin"))
    places = root.get(f"/admin/accounts/user/{people.alice.pk}/change/").content.decode()
    assert f"Removing also ends the role in {project.name}." in places
    assert not re.findall(r'name="memberships-\d+-DELETE"[^>]* disabled', places)


def test_the_form_of_a_user_is_like_every_other_form(people: People, root: Client) -> None:
    """What is only read stands beside the fields, the buttons in the foot; a role that is changed stays of its level,
    and a new user is nobody's administrator unless it is chosen.
    """
    page = root.get(f"/admin/accounts/user/{people.bob.pk}/change/").content.decode()
    assert str(people.bob.uuid) in page.partition('<aside class="outcome"')[2].partition("</aside>")[0]
    assert re.search(r'<a class="btn" href="/platform/users/bob/">Cancel</a>\s*<button[^>]* form="user_form"', page)
    assert "Add membership" in page
    first = page.partition('name="memberships-0-role"')[2].partition("</select>")[0]
    assert set(re.findall(r">([\w-]+)</option>", first)) <= set(Role.objects.values_list("name", flat=True))
    assert f"/admin/accounts/membership/add/?user={people.bob.pk}" in page, "without scripts"
    new = root.get("/admin/accounts/user/add/").content.decode()
    assert re.search(r'<input type="radio" name="platform_role"[^>]* checked>\s*<span>platform-regular', new)
    built_in = root.get(f"/admin/accounts/role/{role('project', 'viewer').pk}/change/").content.decode()
    assert "<form" not in built_in.partition("<main")[2].partition("</main>")[0], "what is only read has no form"


def test_a_cell_says_its_column_where_a_row_is_a_card_and_a_filter_speaks_in_the_words_of_its_column(
    people: People, root: Client
) -> None:
    page = root.get("/admin/accounts/user/?state=active").content.decode()
    assert '<td data-label="Platform role" class="field-platform_role">' in page
    assert re.search(r'<a class="chip" href="\?"\s*>All', page)
    memberships = root.get("/admin/accounts/membership/?level__exact=platform").content.decode()
    assert 'name="pick"' not in memberships, "everybody has a role on the platform"
    assert "Level: Platform" in memberships
    every = root.get("/admin/accounts/membership/").content.decode()
    assert f'<a href="/workspaces/{people.workspace.name}/members/">' in every
    assert 'aria-sort="ascending"' in every


def test_users_are_filtered_by_their_state_and_each_row_has_its_menu(people: People, root: Client) -> None:
    verbs.set_active(people.bob, False)
    sign_in_links.sign_in_link("olive", "http://console")
    for peer in range(throttle.FROM_ANYWHERE.tries):
        throttle.admit(str(people.charlie.uuid), str(peer))
    page = root.get("/admin/accounts/user/").content.decode()
    every = User.objects.count()
    assert re.findall(r'class="chip[^>]*>(?:<span.*?</span>)?\s*(\w+)\s+<b>(\d+)</b>', page) == [
        ("All", str(every)), ("Active", str(every - 2)), ("Pending", "1"), ("Disabled", "1"),
    ]  # fmt: skip
    assert "link not opened, 23 h left" in page or "link not opened, 24 h left" in page
    assert re.search(r"Valid, 2[34] h left", root.get("/admin/accounts/signinlink/").content.decode())
    assert "too many wrong passwords, until" in page
    assert 'formaction="/platform/users/olive/link/"' in page
    assert "/platform/users/bob/enable/" in page
    assert "/platform/users/root/disable/" not in page
    assert re.search(r'>root <span class="tag">you</span>', page)
    assert "All, by role" in page
    assert f'<a href="/workspaces/{people.workspace.name}/members/">' in page
    administrators = root.get("/admin/accounts/user/?role=platform-admin").content.decode()
    assert "/platform/users/root/" in administrators
    assert "/platform/users/olive/" not in administrators
    pending = root.get("/admin/accounts/user/?state=pending&q=e").content.decode()
    assert "/platform/users/olive/" in pending
    assert "/platform/users/bob/" not in pending
    assert "Disable olive?" in root.get("/platform/users/olive/disable/").content.decode()


def picks(*rows: Membership) -> dict[str, list[str]]:
    return {"pick": [f"{row.pk}.{row.role_id}" for row in rows]}


REMOVE = "/admin/accounts/membership/remove/"


def test_several_memberships_are_removed_at_once(
    project: Project, people: People, sign_in: SignIn, root: Client
) -> None:
    """The list offers those that can be removed; the question names them and what is removed with them; each is
    recorded where its place is, and counts at once.
    """
    of = {row.user.name: row for row in Membership.objects.filter(project=project).select_related("user", "role")}
    around = Membership.objects.get(user=people.bob, workspace=people.workspace)
    listed = root.get("/admin/accounts/membership/?level__exact=project").content.decode()
    rows = dict(re.findall(r'<a href="/platform/users/(\w+)/[^"]*">(.*?Remove….*?)</li>', listed, re.DOTALL))
    assert rows["alice"].startswith("alice<small>The only admin there</small>"), "and says why its box is grey"
    assert f'value="{of["bob"].pk}.{of["bob"].role_id}"' in listed
    assert f'value="{of["alice"].pk}.' not in listed
    question = root.get(REMOVE, picks(around, of["olive"], of["bob"])).content.decode()
    assert "Remove 3 memberships?" in question
    assert f"Also ends viewer in {project.name}" in question
    assert question.partition("<dialog")[0].count("inert") == 1, "the list behind it is not operated"
    scope = people.scope("bob", project)
    answer = root.post(REMOVE, picks(around, of["olive"], of["bob"]), follow=True).content.decode()
    assert "3 memberships were removed." in answer
    assert [row.user.name for row in Membership.objects.filter(project=project)] == ["alice"]
    assert not Membership.objects.filter(pk=around.pk).exists()
    assert not is_current(scope)
    entries = AuditEntry.objects.filter(action="member.remove", outcome="ok", actor="root")
    assert sorted(entries.values_list("target", "workspace", "project")) == [
        ("Member bob", people.workspace.name, ""),
        ("Member bob", people.workspace.name, project.name),
        ("Member olive", people.workspace.name, project.name),
    ]
    assert "olive" in sign_in("alice").get(f"/projects/{project.name}/activity/").content.decode()


def test_removing_several_memberships_follows_the_rules_of_the_console_all_or_none(
    project: Project, people: People, sign_in: SignIn, root: Client
) -> None:
    of = {row.user.name: row for row in Membership.objects.filter(project=project).select_related("user", "role")}
    before = set(Membership.objects.values_list("pk", flat=True))

    def refused(*rows: Membership) -> str:
        answer = root.post(REMOVE, picks(*rows))
        assert answer.status_code == 422
        assert set(Membership.objects.values_list("pk", flat=True)) >= before
        return answer.content.decode().partition("<dialog")[2]

    asked = root.get(REMOVE, picks(of["alice"], of["bob"])).content.decode().partition("<dialog")[2]
    assert "The only admin there" in asked
    assert "1 of 2 memberships cannot be removed" in asked
    assert "Nothing has been removed." in asked
    assert f'href="/projects/{project.name}/members/">Appoint another admin first<' in asked
    assert 'type="submit"' not in asked
    assert re.search(rf'href="\?pick={of["bob"].pk}\.\d+">\s*Remove only bob…<', asked)
    assert "The only admin there" in refused(of["alice"], of["bob"])
    sentences = AuditEntry.objects.filter(action="member.remove", outcome="refused").values_list("target", "message")
    assert dict(sentences) == {
        "Member alice": "alice is the only admin here. Appoint another admin first.",
        "Member bob": "Another membership that was selected cannot be removed.",
    }
    me = User.objects.get(name="root")
    own = Membership.objects.create(user=me, level="project", project=project, role=role("project", "admin"))
    assert "Your own membership" in refused(own, of["bob"])
    Membership.objects.filter(pk=of["alice"].pk).update(role=role("project", "viewer"))
    assert "Another role since it was selected: alice." in refused(of["alice"], of["bob"])
    own.delete()
    everywhere = Membership.objects.get(user=people.bob, level="platform")
    assert "Every user has a platform role." in refused(everywhere, of["bob"])
    gone = Membership.objects.create(user=me, level="project", project=project, role=role("project", "viewer"))
    as_shown = picks(gone, of["bob"])
    gone.delete()
    answer = root.post(REMOVE, as_shown)
    assert "1 membership no longer exists." in answer.content.decode()
    assert set(Membership.objects.values_list("pk", flat=True)) >= before
    for client in (sign_in("alice"), sign_in("charlie")):
        assert client.get(REMOVE, picks(of["bob"])).status_code == 403
        assert client.post(REMOVE, picks(of["bob"])).status_code == 403
    assert Membership.objects.filter(pk=of["bob"].pk).exists()


def test_the_only_admin_of_a_place_is_not_removed_in_a_form_either(
    project: Project, people: People, root: Client
) -> None:
    alice = Membership.objects.get(user=people.alice, project=project)
    assert root.post(f"/admin/accounts/membership/{alice.pk}/delete/", {"post": "yes"}).status_code == 403
    page = root.get(f"/admin/accounts/project/{project.pk}/change/").content.decode()
    boxes = dict(re.findall(r'type="checkbox" name="memberships-(\d+)-DELETE"([^>]*)>', page))
    at = next(n for n in boxes if f'name="memberships-{n}-id" value="{alice.pk}"' in page)
    assert [n for n, attributes in boxes.items() if "disabled" in attributes] == [at]
    rows = list(Membership.objects.filter(project=project).order_by("user__name"))
    form: dict[str, object] = {"memberships-TOTAL_FORMS": len(rows), "memberships-INITIAL_FORMS": len(rows)}
    for n, row in enumerate(rows):
        form |= {
            f"memberships-{n}-id": row.pk,
            f"memberships-{n}-user": row.user_id,
            f"memberships-{n}-role": row.role_id,
        }
        form |= {f"memberships-{n}-DELETE": "on", f"memberships-{n}-project": project.pk}
    root.post(f"/admin/accounts/project/{project.pk}/change/", form)
    assert [row.user.name for row in Membership.objects.filter(project=project)] == ["alice"]


def test_the_only_admin_of_a_place_keeps_the_role_in_every_form(project: Project, people: People, root: Client) -> None:
    alice = Membership.objects.get(user=people.alice, project=project)
    viewer, words = (
        role("project", "viewer").pk,
        f"alice is the only admin of {project.name}. Appoint another admin first.",
    )
    answer = root.post(f"/admin/accounts/membership/{alice.pk}/change/", {"role": viewer})
    assert words in answer.content.decode()
    rows = list(Membership.objects.filter(project=project))
    form: dict[str, object] = {"memberships-TOTAL_FORMS": len(rows), "memberships-INITIAL_FORMS": len(rows)}
    for number, row in enumerate(rows):
        form |= {f"memberships-{number}-id": row.pk, f"memberships-{number}-user": row.user_id}
        form |= {f"memberships-{number}-project": project.pk, f"memberships-{number}-role": viewer}
    answer = root.post(f"/admin/accounts/project/{project.pk}/change/", form)
    assert words in answer.content.decode()
    alice.refresh_from_db()
    assert alice.role.name == "admin"
    Membership.objects.filter(user=people.bob, project=project).update(role=role("project", "admin"))
    assert root.post(f"/admin/accounts/membership/{alice.pk}/change/", {"role": viewer}).status_code == 302


def test_a_record_says_why_it_cannot_be_deleted_and_what_belongs_to_it(
    project: Project, people: People, root: Client
) -> None:
    address = f"/admin/accounts/workspace/{people.workspace.pk}/"
    page = " ".join(root.get(f"{address}change/").content.decode().split())
    assert f'<a href="/projects/{project.name}/">{project.name}</a>' in page.partition("<aside")[2]
    assert str(people.workspace.uuid) in page
    assert f'Has 1 project<span class="more">: {project.name}</span>' in page
    assert f'href="{address}delete/"' not in page
    other = f"/admin/accounts/workspace/{people.elsewhere.pk}/"
    assert f'href="{other}delete/"' in root.get(f"{other}change/").content.decode()
    alice, bob = (
        Membership.objects.get(user=user, project=project, level="project") for user in (people.alice, people.bob)
    )
    assert "The only admin there" in root.get(f"/admin/accounts/membership/{alice.pk}/change/").content.decode()
    form = root.get(f"/admin/accounts/membership/{bob.pk}/change/").content.decode()
    assert re.findall(r'<select[^>]* name="(\w+)"', form) == ["role"], "the place of a membership stays"
    assert f'<a href="/projects/{project.name}/members/">' in form.partition("<aside")[2]
    assert f"{REMOVE}?pick={bob.pk}." in form
    made = Role.objects.create(level="project", project=project, name="keeper", capabilities=["logs", "view"])
    Membership.objects.filter(pk=bob.pk).update(role=made)
    page = root.get(f"/admin/accounts/role/{made.pk}/change/").content.decode()
    assert "Has 1 member" in page
    copy = re.search(r'href="([^"]*)">Copy as New Role', page)
    assert copy
    new = root.get(copy[1].replace("&amp;", "&")).content.decode()
    assert re.findall(r'name="capabilities" value="([\w.]+)" id="[\w-]+"\s+checked', new) == ["view", "logs"]
    assert f'<option value="{project.pk}" selected>' in new
