"""Members: asking in, changing, removing; who may, and that it counts at once."""

import asyncio
import re
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from selectolax.lexbor import LexborHTMLParser

from accounts import audit
from accounts.actor import NotAllowed
from accounts.domain import membership
from accounts.domain import people as verbs
from accounts.models import AuditEntry, Invitation, Membership, Project, Role, User
from accounts.scope import is_current, project_scope
from console.web import times
from tests.people import People

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]


def role(level: str, name: str) -> Role:
    return Role.objects.get(level=level, name=name, workspace=None, project=None)


def give(user: User, name: str, **place: object) -> Membership:
    (level,) = place
    return Membership.objects.create(user=user, level=level, role=role(level, name), **place)


@pytest.fixture
def newcomer(people: People) -> User:
    user = verbs.create_user(name="nina", email="nina@example.org")
    give(user, "regular", workspace=people.workspace)
    return user


def test_whoever_holds_more_through_the_workspace_is_shown_as_both(
    project: Project, people: People, sign_in: SignIn, newcomer: User
) -> None:
    """On the overview, in the menu, at home, in the record, and for the others among the members."""
    Membership.objects.filter(user=newcomer, workspace=people.workspace).update(role=role("workspace", "admin"))
    give(newcomer, "viewer", project=project)
    give(people.charlie, "admin", workspace=people.workspace)
    give(verbs.create_user(name="wanda"), "viewer", workspace=people.workspace)
    client, address = Client(), f"/projects/{project.name}/"
    client.force_login(newcomer)
    overview = client.get(address).content.decode()
    assert "<span>viewer and workspace admin, all rights here</span>" in overview
    assert f"viewer and workspace admin in {project.name}" in overview
    assert ">viewer and workspace admin</td>" in client.get("/").content.decode()
    client.post(f"{address}members/bob/role/", {"role": role("project", "operator").pk})
    assert AuditEntry.objects.get(action="member.change-role").role == "viewer and workspace admin"
    page = LexborHTMLParser(sign_in("olive").get(f"{address}members/").content.decode())
    direct = {
        row.css_first(".named").text(strip=True): row.css_first("td").text() for row in page.css("#members tbody tr")
    }
    assert "and workspace admin, all rights here" in direct["nina"]
    assert "workspace" not in direct["alice"]  # the admin of the project, too
    above = [[cell.text(strip=True) for cell in row.css("th, td")] for row in page.css("#members-above tbody tr")]
    assert above == [["charlie", "workspace adminall rights here"], ["wanda", "workspace viewer"]]
    client.force_login(User.objects.get(name="wanda"))
    refused = client.get(f"{address}services/new/").content.decode()
    assert "wanda, workspace viewer" in refused
    assert "Your role is workspace viewer." in refused


def test_a_role_that_adds_nothing_is_said_to_before_somebody_is_invited(
    project: Project, people: People, sign_in: SignIn
) -> None:
    give(people.charlie, "admin", workspace=people.workspace)
    alice, address = sign_in("alice"), f"/projects/{project.name}/members/invite/"
    told = "charlie already has all rights here as workspace admin. The role viewer adds nothing."
    viewer = role("project", "viewer").pk
    typed = alice.get(
        address, {"who": "Charlie", "role": viewer}, headers={"HX-Request": "true", "HX-Target": "invite-words"}
    )
    words = " ".join(typed.content.decode().split())
    assert told in words.partition('id="adds-nothing" aria-live="polite" hx-swap-oob="true"')[2]
    assert told in alice.get(address, {"who": "charlie", "role": viewer}).content.decode()
    assert "adds nothing." not in alice.get(address, {"who": "bob", "role": viewer}).content.decode()


def test_a_role_without_a_description_says_how_many_permissions_it_has(project: Project, sign_in: SignIn) -> None:
    alice = sign_in("alice")
    data = {"name": "log-reader", "capabilities": ["view", "logs"]}
    alice.post(f"/projects/{project.name}/roles/new/", data)
    assert (
        "log-reader<small>2 permissions</small>"
        in alice.get(f"/projects/{project.name}/members/invite/").content.decode()
    )
    assert "No description" in alice.get(f"/projects/{project.name}/roles/").content.decode()


def invite(client: Client, project: Project, who: str, name: str = "operator"):  # type: ignore[no-untyped-def]
    chosen = role("project", name).pk
    return client.post(f"/projects/{project.name}/members/invite/", {"who": who, "role": chosen}, follow=True)


@pytest.mark.parametrize("typed", ["nina", "NINA", "nina@example.org"])
def test_a_known_person_is_a_member_at_once(project: Project, sign_in: SignIn, newcomer: User, typed: str) -> None:
    client = Client()
    client.force_login(newcomer)
    address = f"/projects/{project.name}/"
    assert client.get(address).status_code == 404
    page = invite(sign_in("alice"), project, typed).content.decode()
    assert "nina is now operator." in page
    assert "added by alice" in page
    assert client.get(address).status_code == 200
    invitation = Invitation.objects.get(user=newcomer)
    assert (invitation.state, invitation.invited_by, invitation.project) == ("accepted", "alice", project)
    entry = AuditEntry.objects.get(action="member.invite")
    assert (entry.actor, entry.target, entry.outcome, entry.changes) == (
        "alice",
        f"Member {typed}",
        "ok",
        ["role: operator"],
    )


def test_several_are_invited_at_once_each_with_an_entry_of_the_record_or_nobody(
    project: Project, people: People, sign_in: SignIn, newcomer: User
) -> None:
    dana = verbs.create_user(name="dana", email="dana@example.org")
    give(dana, "regular", workspace=people.workspace)
    alice, before = sign_in("alice"), Membership.objects.count()
    refused = invite(alice, project, "nina, nobody, bob; dana dana@example.org")
    assert refused.status_code == 422
    page = refused.content.decode()
    assert f"No member of {people.workspace.name} is called nobody." in page
    assert "bob is already a member." in page
    assert "dana@example.org is the same person as dana." in page
    assert (Membership.objects.count(), Invitation.objects.count()) == (before, 0)
    entries = AuditEntry.objects.filter(action="member.invite")
    assert {entry.outcome for entry in entries} == {"refused"}
    assert entries.get(target="Member nina").message == "Another name in the same invitation is wrong."
    assert "2 people are now operator: nina, dana." in invite(alice, project, "nina dana@example.org,").content.decode()
    assert Membership.objects.count() == before + 2
    assert entries.filter(outcome="ok").count() == 2
    address, viewer = f"/projects/{project.name}/members/invite/", role("project", "viewer").pk
    give(verbs.create_user(name="omar"), "regular", workspace=people.workspace)
    give(verbs.create_user(name="pia"), "regular", workspace=people.workspace)
    typed = alice.get(address, {"who": "omar, pia", "role": viewer}, headers={"HX-Request": "true"})
    assert "Invite 2 as viewer" in typed.content.decode()
    crowd = invite(alice, project, " ".join(f"person{number}" for number in range(21)))
    assert (crowd.status_code, "Name between 1 and 20 people." in crowd.content.decode()) == (422, True)


@pytest.mark.parametrize("who", ["charlie", "nobody", "olive", "", "disabled", "\x00", "a" * 300])
def test_who_cannot_be_asked_in_is_told_beside_the_field(
    project: Project, people: People, sign_in: SignIn, who: str
) -> None:
    disabled = verbs.create_user(name="disabled")
    give(disabled, "regular", workspace=people.workspace)
    verbs.set_active(disabled, False)
    response = invite(sign_in("alice"), project, who)
    assert response.status_code == 422
    assert 'id="id_who_error"' in response.content.decode()
    assert Membership.objects.filter(project=project).count() == 3
    assert Invitation.objects.count() == 0


def test_whom_a_project_can_invite_is_said_before_with_the_way_for_others(
    project: Project, people: People, sign_in: SignIn
) -> None:
    """The rule stands in the form, and who may invite into the workspace has a link to it there."""
    workspace, address = people.workspace.name, f"/projects/{project.name}/members/invite/"
    link = f'href="/workspaces/{workspace}/members/invite/"'
    Membership.objects.filter(user=people.olive, project=project).update(role=role("project", "admin"))
    page = sign_in("olive").get(address).content.decode()
    rule = f"Only members of {workspace} can be invited, and they join immediately."
    assert f"{rule} alice can add others to the workspace." in page
    assert "You can only grant rights you have." not in page, "she can grant every role there is"
    assert link not in page
    assert link in sign_in("alice").get(address).content.decode(), "alice is the admin of the workspace, too"
    into_workspace = sign_in("alice").get(f"/workspaces/{workspace}/members/invite/").content.decode()
    assert "Users of Berth become members immediately." in into_workspace
    assert "Only members" not in into_workspace


def test_the_button_says_whom_it_invites_as_what_while_one_types(
    project: Project, sign_in: SignIn, newcomer: User
) -> None:
    """Only where a script keeps it true, and whom it can invite: half a name names nobody."""
    alice, address = sign_in("alice"), f"/projects/{project.name}/members/invite/"
    typed = {"who": "nina", "role": role("project", "operator").pk}
    for who, words in (("nina", "Invite nina as operator"), ("ni", "Invite members"), ("<nina>", "Invite members")):
        answer = alice.get(address, {**typed, "who": who}, headers={"HX-Request": "true"}).content.decode()
        assert words in answer
        assert "<nina>" not in answer
    page = alice.get(address, typed).content.decode()
    assert "Invite members" in page
    assert re.search(r"checked>\s*<span>operator", page)
    assert re.search(r"checked>\s*<span>viewer", alice.get(address).content.decode())


def test_people_can_be_ticked_where_no_script_completes_their_names(
    project: Project, people: People, sign_in: SignIn, newcomer: User
) -> None:
    """Boxes and what is typed are one invitation; a role that one cannot grant is left out, with the reason."""
    own = Role.objects.create(
        level="project", project=project, name="doorkeeper", capabilities=["project.manage", "view"]
    )
    Membership.objects.filter(user=people.bob, project=project).update(role=own)
    give(people.charlie, "regular", workspace=people.workspace)
    bob, address = sign_in("bob"), f"/projects/{project.name}/members/invite/"
    page = bob.get(address).content.decode()
    assert '<input type="checkbox" name="who" value="nina">' in page
    assert "You can only grant rights you have." in page
    answer = bob.post(address, {"who": ["charlie", "nina"], "role": role("project", "viewer").pk}, follow=True)
    assert "2 people are now viewer: charlie, nina." in answer.content.decode()


def test_a_project_does_not_tell_who_exists_outside_of_its_workspace(project: Project, sign_in: SignIn) -> None:
    """Z2."""
    client = sign_in("alice")
    existing, missing = (invite(client, project, who).content.decode() for who in ("charlie", "charlix"))
    assert len(re.findall(r"No member of [\w-]+ is called X\.", existing.replace("charlie", "X"))) == 1
    assert len(re.findall(r"No member of [\w-]+ is called X\.", missing.replace("charlix", "X"))) == 1


def test_nobody_gives_more_than_they_hold(project: Project, people: People, sign_in: SignIn, newcomer: User) -> None:
    """A member of an own role that manages members, but nothing else, cannot make operators."""
    own = Role.objects.create(
        level="project", project=project, name="doorkeeper", capabilities=["project.manage", "view"]
    )
    Membership.objects.filter(user=people.bob, project=project).update(role=own)
    response = invite(sign_in("bob"), project, "nina")
    assert response.status_code == 422, "the role is not even offered"
    assert invite(sign_in("bob"), project, "nina", "viewer").status_code == 200
    olive = f"/projects/{project.name}/members/olive/"
    assert sign_in("bob").post(olive + "remove/").status_code == 403, "nor is one taken away who can do more"
    assert sign_in("bob").post(olive + "role/", {"role": role("project", "viewer").pk}).status_code == 403
    assert Membership.objects.get(user=people.olive, project=project).role.name == "operator"


def test_a_role_of_another_place_cannot_be_given(project: Project, sign_in: SignIn, newcomer: User) -> None:
    foreign = Role.objects.get(level="workspace", name="admin", workspace=None, project=None)
    response = sign_in("alice").post(f"/projects/{project.name}/members/invite/", {"who": "nina", "role": foreign.pk})
    assert response.status_code == 422
    assert not Membership.objects.filter(user=newcomer, project=project).exists()


def test_a_changed_role_counts_at_once(project: Project, people: People, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    before = people.scope("olive", project)
    response = sign_in("alice").post(
        f"/projects/{project.name}/members/olive/role/", {"role": role("project", "viewer").pk}
    )
    assert response["Location"] == f"/projects/{project.name}/members/"
    assert not is_current(before)
    after = project_scope(User.objects.get(name="olive"), project.name)
    assert after
    assert after.role == "viewer"
    assert after.epoch > before.epoch
    assert len(after.identity.groups) == 2
    assert "viewer" in olive.get(f"/projects/{project.name}/").content.decode()
    assert AuditEntry.objects.get(action="member.change-role").changes == ["role: operator to viewer"]


def test_who_is_removed_is_a_stranger_at_once(project: Project, people: People, sign_in: SignIn) -> None:
    bob, before = sign_in("bob"), people.scope("bob", project)
    dialog = sign_in("alice").get(f"/projects/{project.name}/members/bob/remove/").content.decode()
    assert "loses access immediately" in dialog
    assert f"bob remains a member of {people.workspace.name}." in dialog
    assert bob.get(f"/projects/{project.name}/").status_code == 200
    sign_in("alice").post(f"/projects/{project.name}/members/bob/remove/")
    assert bob.get(f"/projects/{project.name}/").status_code == 404
    assert not is_current(before)
    assert AuditEntry.objects.get(action="member.remove").target == "Member bob"


def test_the_only_admin_stays(project: Project, people: People, sign_in: SignIn) -> None:
    """charlie administers the workspace, and so the project; but alice is the only admin who is its member."""
    give(people.charlie, "admin", workspace=people.workspace)
    client = sign_in("charlie")
    assert "The only admin here." in client.get(f"/projects/{project.name}/members/").content.decode()
    removed = client.post(f"/projects/{project.name}/members/alice/remove/")
    changed = client.post(f"/projects/{project.name}/members/alice/role/", {"role": role("project", "viewer").pk})
    assert (removed.status_code, changed.status_code) == (422, 422)
    assert "alice is the only admin here" in removed.content.decode()
    assert Membership.objects.get(user=people.alice, project=project).role.name == "admin"


def test_nobody_changes_themselves(project: Project, people: People, sign_in: SignIn) -> None:
    give(people.charlie, "admin", workspace=people.workspace)
    client = sign_in("alice")
    mine = f"/projects/{project.name}/members/alice/"
    assert client.post(mine + "remove/").status_code == 403
    assert client.post(mine + "role/", {"role": role("project", "viewer").pk}).status_code == 403
    assert Membership.objects.get(user=people.alice, project=project).role.name == "admin"


def test_leaving_a_workspace_is_leaving_its_projects(project: Project, people: People, sign_in: SignIn) -> None:
    give(people.charlie, "admin", workspace=people.workspace)
    sign_in("charlie").post(f"/workspaces/{people.workspace.name}/members/olive/remove/")
    assert not Membership.objects.filter(user=people.olive).exclude(level="platform").exists()
    assert AuditEntry.objects.get(action="member.remove").changes == [
        "role: regular",
        f"project {project.name}: operator",
    ]
    assert sign_in("olive").get(f"/projects/{project.name}/").status_code == 404


def test_who_manages_workspaces_appoints_others_and_not_themselves(people: People) -> None:
    """The documentation's quick start: ws-manager makes ws-admin the administrator of a workspace."""
    manager = verbs.create_user(name="ws-manager", platform_role="workspaces-manager")
    verbs.create_user(name="ws-admin")
    client = Client()
    client.force_login(manager)
    address = f"/workspaces/{people.workspace.name}/members/"
    admin = role("workspace", "admin").pk
    assert client.post(address + "invite/", {"who": "ws-admin", "role": admin}).status_code == 303
    assert client.post(address + "invite/", {"who": "ws-manager", "role": admin}).status_code == 403
    assert not Membership.objects.filter(user=manager, workspace=people.workspace).exists()


def test_a_viewer_sees_members_and_is_offered_nothing(project: Project, sign_in: SignIn) -> None:
    page = sign_in("bob").get(f"/projects/{project.name}/members/").content.decode()
    assert "olive" in page
    assert "Your role does not include managing members." in page
    assert "members/invite/" not in page
    assert "members/olive/remove/" not in page


def test_suggested_are_only_those_whom_the_inviter_can_read_of_elsewhere(
    project: Project, people: People, sign_in: SignIn, newcomer: User
) -> None:
    """Z2: the members of the workspace for a project; no names of other tenants for a workspace."""
    names = re.compile(r'<option value="([^"]+)">')
    page = sign_in("alice").get(f"/projects/{project.name}/members/invite/").content.decode()
    assert names.findall(page) == ["nina"]
    give(people.olive, "admin", workspace=people.elsewhere)
    address = f"/workspaces/{people.elsewhere.name}/members/invite/"
    give(verbs.create_user(name="zoe"), "regular", workspace=people.elsewhere)
    assert set(names.findall(sign_in("olive").get(address).content.decode())) == {"alice", "bob", "nina"}
    assert names.findall(sign_in("charlie").get(address).content.decode()) == [], "charlie is in no other place"
    root = Client()
    root.force_login(verbs.create_admin("root"))
    assert {"alice", "bob", "nina", "root"} <= set(names.findall(root.get(address).content.decode()))


def test_dialogs_stand_over_the_list(project: Project, sign_in: SignIn) -> None:
    """One way to confirm: rendered open by the server, the page below inert, with a way out."""
    base = f"/projects/{project.name}/members/"
    for below in ("invite/", "olive/role/", "olive/remove/"):
        page = LexborHTMLParser(sign_in("alice").get(base + below).content)
        assert "inert" in page.css_first("main").attributes
        assert [cell.text(strip=True) for cell in page.css("#members .named")] == ["alice", "bob", "olive"]
        assert page.css_first(".scrim > dialog[open] form[method=post]")
        assert page.css_first("dialog [data-cancel]").attributes["href"] == base
    locked = LexborHTMLParser(sign_in("alice").get(base + "alice/remove/").content)
    assert "You cannot change your own membership." in locked.css_first("dialog").text()
    assert not locked.css("dialog button[type=submit]")


def test_members_are_searched_filtered_and_sorted(project: Project, sign_in: SignIn) -> None:
    def shown(query: str) -> list[str]:
        page = LexborHTMLParser(sign_in("bob").get(f"/projects/{project.name}/members/?{query}").content)
        return [cell.text(strip=True) for cell in page.css("#members .named")]

    assert shown("") == ["alice", "bob", "olive"]
    assert shown("sort=-name") == ["olive", "bob", "alice"]
    assert shown("sort=role&q=O") == ["olive", "bob"], "by role: operator, viewer"
    assert shown("role=viewer") == ["bob"]
    assert shown("role=viewer&q=alice&sort=junk") == []


def test_when_somebody_signed_in_last_is_for_who_manages_members(project: Project, sign_in: SignIn) -> None:
    address = f"/projects/{project.name}/members/"
    assert "Last sign-in" in sign_in("alice").get(address).content.decode()
    assert "Last sign-in" not in sign_in("bob").get(address).content.decode()


def test_roles_say_what_each_may_do(project: Project, sign_in: SignIn) -> None:
    Role.objects.create(level="project", project=project, name="release-keeper", capabilities=["view", "logs"])
    page = LexborHTMLParser(sign_in("bob").get(f"/projects/{project.name}/roles/").content)
    names = [cell.text() for cell in page.css(".matrix thead th")]
    assert names == ["Permission", "admin", "operator", "release-keeper", "viewer"], "what may do most comes first"
    held = {
        row.css_first("th").text(deep=False): [cell.text(strip=True) for cell in row.css("td")]
        for row in page.css(".matrix tbody tr:has(td)")
    }
    assert held["View logs"] == ["yes", "yes", "yes", "no"]
    assert held["Manage members and settings"] == ["yes", "no", "no", "no"]
    assert not page.css(".matrix .status"), "what a role may do is no state"
    assert "Custom" in page.css("table.lean tbody tr")[2].text()
    assert page.css_first("table.lean tbody td a").attributes["href"] == f"/projects/{project.name}/members/?role=admin"


def test_an_own_role_is_a_set_of_capabilities_and_counts_in_the_cluster(project: Project, people: People) -> None:
    own = Role.objects.create(level="project", project=project, name="reader", capabilities=["view", "logs"])
    Membership.objects.filter(user=people.bob, project=project).update(role=own)
    scope = people.scope("bob", project)
    assert [group.rpartition(":")[2] for group in scope.identity.groups] == ["logs", "view", "cluster.view"]


def test_activity_shows_filters_and_opens_entries(project: Project, people: People, sign_in: SignIn) -> None:
    client = sign_in("alice")
    client.post(f"/projects/{project.name}/members/bob/role/", {"role": role("project", "operator").pk})
    sign_in("olive").post(f"/projects/{project.name}/members/bob/remove/")
    address = f"/projects/{project.name}/activity/"
    page = client.get(address).content.decode()
    assert "Changed the role of" in page
    assert "Refused" in page, "what was refused is in the record too"
    only = client.get(address + "?out=refused&who=olive").content.decode()
    assert "Changed the role of" not in only
    assert "needs “Manage members and settings”" in only, "in words, not by the name of the capability"
    nothing = client.get(address + "?on=nothing-is-called-so&from=2020-01-01&to=junk").content.decode()
    assert "No activity matches" in nothing
    assert ">object “nothing-is-called-so”, from 2020-01-01<" in nothing, (
        "folded, the filters say what they let through"
    )
    assert ">none<" in page
    assert "From viewer to operator" in page
    assert ", last 400 days" in re.sub(r"\s+", " ", page), "which period this is"
    entry = AuditEntry.objects.get(action="member.change-role")
    opened = client.get(f"{address}?open={entry.pk}").content.decode()
    assert f"berth:{people.alice.uuid}" in opened
    assert entry.request_id in opened
    assert f">{times.exact(entry.at)}</time>" in opened, "whole and with its zone, also where nothing can hover"
    assert '<span class="mono">127.0.0.1</span>' in opened, "where the request came from"
    assert f'href="/projects/{project.name}/members/?q=bob">bob</a>' in opened
    assert "127.0.0.1" not in sign_in("bob").get(f"{address}?open={entry.pk}").content.decode(), "not for a viewer"
    assert re.search(r"role: <del>viewer\s*</del>.*role: <ins>operator</ins>", opened, re.DOTALL)
    assert "From viewer to operator" not in opened, "the difference says it"
    assert f'href="/projects/{project.name}/members/bob/role/">Change role…' in opened
    assert "Change role…" not in sign_in("bob").get(f"{address}?open={entry.pk}").content.decode(), "a viewer may not"
    client.post(f"/projects/{project.name}/roles/new/", {"name": "log-reader", "capabilities": ["view", "logs"]})
    created = re.sub(r"\s+", " ", client.get(address).content.decode())
    assert "Created role" in created
    assert "With 2 permissions: “View logs” and 1 more" in created
    with audit.attempt(people.scope("alice", project), "service.edit", target="Service x") as attempt:
        attempt.done(changes=["image of api: a:1 to a:2", "removed: logs", "spec.ports"])
    opened = client.get(f"{address}?open={AuditEntry.objects.latest('pk').pk}").content.decode()
    assert re.findall(r"<(?:del|ins)>(.*?)\s*<", opened) == ["a:1", "a:2", "View logs"], "paths alone are no difference"


def test_activity_asks_once_who_and_what_is_there_not_for_each_entry(
    project: Project, people: People, sign_in: SignIn
) -> None:
    """Roles, members and users that are there now are links; those that are not are only names."""
    root = Client()
    root.force_login(verbs.create_admin("root"))
    project_page, client, counts = f"/projects/{project.name}/activity/", sign_in("alice"), []
    for _ in range(2):
        for target in ("Role viewer", "Role lost", "Member bob", "Member nobody", "User bob", "User nobody"):
            with audit.attempt(people.scope("alice", project), "service.edit", target=target):
                pass
        with CaptureQueriesContext(connection) as queries:
            page, platform = client.get(project_page).content.decode(), root.get("/platform/activity/").content.decode()
        counts.append(sum(query["sql"].startswith("SELECT") for query in queries))
    assert counts[0] == counts[1]
    for link, name in (("roles/viewer/", "viewer"), ("members/?q=bob", "bob")):
        assert page.count(f'href="/projects/{project.name}/{link}">{name}</a>') == 2
    assert ">lost</a>" not in page
    assert ">nobody</a>" not in page
    assert platform.count('href="/platform/users/bob/">bob</a>') == 2
    assert ">nobody</a>" not in platform


@pytest.mark.django_db(transaction=True)
def test_activity_is_downloaded_as_it_is_filtered_and_runs_in_no_spreadsheet(
    project: Project, people: People, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.views.activity.PIECE", 2)
    client = sign_in("alice")
    client.post(f"/projects/{project.name}/members/bob/role/", {"role": role("project", "operator").pk})
    with audit.attempt(people.scope("olive", project), "service.edit", target="=cmd|' /C calc'!A0"):
        pass
    address = f"/projects/{project.name}/activity/"
    assert 'href="download/?who=alice"' in client.get(f"{address}?who=alice&page=1").content.decode()
    lines = downloaded(people, f"{address}download/")
    assert lines[0].startswith("entry,at,who,role,action,object,")
    assert len(lines) == 1 + AuditEntry.objects.filter(project_uuid=project.uuid).count()
    assert any("member.change-role,Member bob" in line and "role: viewer to operator" in line for line in lines)
    assert any(",'=cmd" in line for line in lines)
    assert len(downloaded(people, f"{address}download/?who=olive")) == 2
    monkeypatch.setattr("accounts.views.activity.MOST_DOWNLOADED", 1)
    assert len(downloaded(people, f"{address}download/")) == 2


def downloaded(people: People, address: str) -> list[str]:
    """The lines of a file that comes in pieces."""

    async def read() -> bytes:
        client = AsyncClient()
        await client.aforce_login(people.alice)
        response = await client.get(address)
        return b"".join([piece async for piece in response.streaming_content])  # type: ignore[attr-defined]

    return asyncio.run(read()).decode().splitlines()


def test_a_workspace_shows_the_record_of_its_projects_only_to_who_sees_into_them(
    project: Project, people: People, sign_in: SignIn
) -> None:
    sign_in("alice").post(f"/projects/{project.name}/members/bob/remove/")
    address = f"/workspaces/{people.workspace.name}/activity/"
    assert ">bob<" in sign_in("alice").get(address).content.decode()
    assert ">bob<" not in sign_in("olive").get(address).content.decode()


def test_the_record_is_paged(project: Project, people: People, sign_in: SignIn) -> None:
    client = sign_in("bob")
    for number in range(52):
        target = f"Service {project.name}/web-{number}"
        with audit.attempt(people.scope("bob", project), "service.replace", target=target):
            pass
    first = client.get(f"/projects/{project.name}/activity/?who=bob").content.decode()
    assert first.count(f'<a class="name" href="/projects/{project.name}/service/web-') == 50
    assert "Page 1<" in first
    assert "page=2&amp;who=bob" in first or "who=bob&amp;page=2" in first
    second = client.get(f"/projects/{project.name}/activity/?who=bob&page=2").content.decode()
    assert "Page 2<" in second
    assert "51 to 5" in second
    assert second.count('rel="prev"') == 1
    assert 'rel="next"' not in second


def test_who_was_removed_meanwhile_removes_and_invites_nobody(project: Project, people: People, newcomer: User) -> None:
    """Two admins remove each other at once; a third is there, so that neither is the last."""
    for user in (people.olive, people.bob):
        Membership.objects.filter(project=project, user=user).update(role=role("project", "admin"))
    alice, olive = (people.scope(name, project) for name in ("alice", "olive"))
    of = {row.user.name: row for row in Membership.objects.filter(project=project).select_related("user")}
    membership.remove(scope=alice, membership=of["olive"])
    for late in (
        lambda: membership.remove(scope=olive, membership=of["alice"]),
        lambda: membership.change_role(scope=olive, membership=of["alice"], role=role("project", "viewer")),
        lambda: membership.invite(scope=olive, who="nina", role=role("project", "viewer")),
    ):
        with pytest.raises(NotAllowed):
            late()
    left = Membership.objects.filter(project=project).values_list("user__name", "role__name")
    assert sorted(left) == [("alice", "admin"), ("bob", "admin")]


def test_a_role_that_was_changed_meanwhile_is_given_as_it_is_now(project: Project, people: People) -> None:
    """Its permission to manage members was taken while somebody gave it to the last admin."""
    Membership.objects.filter(project=project, user=people.olive).update(role=role("project", "admin"))
    keeper = Role.objects.create(level="project", project=project, name="keeper", capabilities=["project.manage"])
    Role.objects.filter(pk=keeper.pk).update(capabilities=["view"])
    Membership.objects.filter(project=project).exclude(user=people.olive).delete()
    last = Membership.objects.get(project=project)
    with pytest.raises(ValidationError, match="the only admin"):
        membership.change_role(scope=people.scope("alice", project), membership=last, role=keeper)
