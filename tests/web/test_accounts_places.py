"""Workspaces and projects: who sees what, making them, and what the cluster gets."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from accounts import audit, recycle_bin
from accounts.domain import people as verbs
from accounts.models import AuditEntry, Membership, Project, Role, Workspace
from accounts.roles import KUBERNETES
from accounts.scope import is_current, project_scope, workspace_scope
from tests.clusters import Cluster, eventually
from tests.faults import Proxy
from tests.manifests import service
from tests.people import People

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]


def fresh(word: str) -> str:
    """A name that no other run has: a real namespace takes a while to go, and others may use the cluster."""
    return f"{word}-{uuid4().hex[:8]}"


def give(user: object, role: str, **place: object) -> None:
    level = next(iter(place))
    stored_role = Role.objects.get(level=level, name=role, workspace=None, project=None)
    Membership.objects.create(user=user, level=level, role=stored_role, **place)


def test_home_shows_what_one_reaches_and_nothing_else(project: Project, people: People, sign_in: SignIn) -> None:
    page = sign_in("olive").get("/").content.decode()
    assert f'href="/projects/{project.name}/"' in page
    assert "operator" in page
    assert people.elsewhere.name not in page
    stranger = sign_in("charlie").get("/").content.decode()
    assert project.name not in stranger
    assert people.workspace.name not in stranger


def test_who_is_in_nothing_is_told_how_to_get_in(people: People) -> None:
    client = Client()
    client.force_login(verbs.create_user(name="new"))
    assert "You are not a member of any workspace or project yet." in client.get("/").content.decode()


def test_overview_of_a_project_says_its_facts_and_what_was_done(project: Project, sign_in: SignIn) -> None:
    page = sign_in("bob").get(f"/projects/{project.name}/").content.decode()
    for fact in (project.name, "alice", "viewer", "Created", f"/projects/{project.name}/services/"):
        assert fact in page
    assert "not complete" not in page


def test_overview_stands_when_the_cluster_does_not_answer(project: Project, sign_in: SignIn, faults: Proxy) -> None:
    faults.down()
    page = sign_in("bob").get(f"/projects/{project.name}/")
    assert page.status_code == 200
    assert project.name in page.content.decode()


def test_a_refusal_says_what_is_missing_and_who_can_give_it(project: Project, sign_in: SignIn) -> None:
    page = sign_in("olive").post(f"/projects/{project.name}/members/bob/remove/")
    assert page.status_code == 403
    text = page.content.decode()
    assert "You cannot manage members and settings in" in text
    assert "alice can grant you this permission." in text
    page = LexborHTMLParser(text)
    facts = {term.text(): term.parent.css_first("dd span").text() for term in page.css("main dt")}
    assert facts["Permission"] == "Manage members and settings"
    assert (facts["You"], facts["Smallest sufficient role"], facts["Who can grant it"]) == (
        "olive, role operator",
        "admin",
        "alice",
    )
    assert page.css_first("main .primary").attributes["href"] == f"/projects/{project.name}/members/", "the way back"
    assert page.css_first("main .back").text() == "Members"
    request = page.css_first("main aside pre").text()
    assert request.startswith(f"I am olive. I need the role admin in {project.name}, for the permission")
    assert request.endswith(f"/projects/{project.name}/members/bob/remove/"), "the address comes last"
    assert page.css_first("main aside [data-copy]").attributes["data-copy"] == request
    assert f"/<wbr>{project.name}/<wbr>members/<wbr>" in re.sub("</?span[^>]*>", "", text), "and breaks after slashes"
    roles = {row.css_first("th").text(): row.css("td") for row in page.css("main .matrix tbody tr")}
    assert [" ".join(name.split()) for name in roles] == ["viewer", "operator you", "admin sufficient"], "as rows"
    assert [[cell.text().strip() for cell in cells] for cells in roles.values()] == [["no"], ["no"], ["yes"]]
    assert page.css_first("nav.nav [aria-current]").text() == "Members"


def test_what_is_missing_keeps_the_shell_of_its_place_and_a_stranger_learns_nothing(
    project: Project, people: People, sign_in: SignIn
) -> None:
    def seen(name: str, address: str) -> tuple[str, str, str]:
        answer = sign_in(name).get(address)
        assert answer.status_code == 404
        page = LexborHTMLParser(answer.content)
        back = page.css_first("main .primary").attributes["href"] or ""
        return page.css_first("h1").text(), page.css_first("nav.nav").attributes["aria-label"] or "", back

    place, workspace = f"/projects/{project.name}/", f"/workspaces/{people.workspace.name}/"
    assert seen("bob", f"{place}nonsense/") == ("Page not found", project.name, place)
    assert seen("bob", f"{place}service/nope/") == ("Service nope does not exist", project.name, f"{place}services/")
    assert seen("bob", f"{workspace}nonsense/") == ("Page not found", people.workspace.name, workspace)
    assert seen("charlie", f"{place}nonsense/") == seen("charlie", "/projects/none/nonsense/")
    assert seen("charlie", f"{place}service/nope/") == ("Page not found", "Home", "/")


def test_a_missing_page_offers_the_search_and_ones_own_projects(project: Project, sign_in: SignIn) -> None:
    """What is searched for is the name in the address; who is a stranger is offered nothing of others."""
    for name, offered in (("bob", [f"/projects/{project.name}/"]), ("charlie", [])):
        page = LexborHTMLParser(sign_in(name).get("/projects/other/services/").content)
        assert [link.attributes["href"] for link in page.css("main .results a")] == offered
        assert page.css_first("main input[name=q]").attributes["value"] == "other"
    page = LexborHTMLParser(sign_in("bob").get(f"/projects/{project.name}/service/nope/").content)
    assert page.css_first("main input[name=q]").attributes["value"] == "nope"
    assert page.css_first("main input[name=in]").attributes["value"] == project.name


def test_a_name_that_was_misspelt_leads_to_the_service_that_is_meant(
    project: Project, people: People, cluster: Cluster, sign_in: SignIn
) -> None:
    document = service("checkout")
    document["metadata"]["annotations"] = {"kubesphere.io/alias-name": "Till"}
    cluster.admin.create(document, project.name)
    with audit.attempt(people.scope("olive", project), "service.delete", target="Service old") as entry:
        old = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "old-till", "uid": "1"}}
        kept = recycle_bin.keep(people.scope("olive", project), entry, old)
        recycle_bin.settle(kept, "deleted")

    def states() -> list[str]:
        page = LexborHTMLParser(sign_in("bob").get(f"/projects/{project.name}/service/checkuot/").content)
        return [state.text().strip() for state in page.css(f'.results li:has(a[href="{address}"]) .status')]

    address = f"/projects/{project.name}/service/checkout/"
    eventually(lambda: states() == ["Selector matches nothing"])
    page = sign_in("bob").get(f"/projects/{project.name}/service/checkuot/").content.decode()
    assert "<small>Till</small>" in page
    assert not LexborHTMLParser(page).css("main input[name=q]"), "a search for the name finds nothing again"
    assert re.search(r"Deleted recently.*recycle-bin/.*old-till.*olive", page, re.S)


def test_a_refusal_in_a_workspace_says_who_can_give_it(people: People, project: Project, sign_in: SignIn) -> None:
    page = sign_in("olive").get(f"/workspaces/{people.workspace.name}/projects/new/")
    assert page.status_code == 403
    assert "alice can grant you this permission." in page.content.decode()


def test_a_workspace_shows_members_only_the_projects_they_are_in(
    project: Project, people: People, sign_in: SignIn
) -> None:
    give(people.charlie, "regular", workspace=people.workspace)
    address = f"/workspaces/{people.workspace.name}/"
    assert project.name in sign_in("olive").get(address).content.decode()
    assert project.name not in sign_in("charlie").get(address).content.decode()
    assert project.name not in sign_in("charlie").get(f"{address}activity/").content.decode(), "nor that it was created"


def test_a_viewer_of_the_workspace_looks_into_its_projects(project: Project, people: People, sign_in: SignIn) -> None:
    give(people.charlie, "viewer", workspace=people.workspace)
    client = sign_in("charlie")
    assert client.get(f"/projects/{project.name}/").status_code == 200
    assert client.get(f"/projects/{project.name}/members/").status_code == 200
    scope = project_scope(people.charlie, project.name)
    assert scope
    assert [group.rpartition(":")[2] for group in scope.identity.groups] == ["view", "cluster.view"]


def test_an_administrator_of_the_workspace_is_one_of_its_projects(project: Project, people: People) -> None:
    give(people.charlie, "admin", workspace=people.workspace)
    scope = project_scope(people.charlie, project.name)
    assert scope
    assert {group for group in scope.identity.groups if str(project.uuid) in group} == {
        f"berth:{project.uuid}:{capability}" for capability in KUBERNETES
    }


def test_making_a_workspace_makes_its_administrator(people: People) -> None:
    maker = verbs.create_user(name="maker", platform_role="platform-self-provisioner")
    client = Client()
    client.force_login(maker)
    response = client.post("/new-workspace/", {"name": "harbour", "alias": "Harbour"})
    assert response["Location"] == "/workspaces/harbour/"
    scope = workspace_scope(maker, "harbour")
    assert scope
    assert scope.role == "admin"
    assert "Harbour" in client.get("/workspaces/harbour/").content.decode()
    assert AuditEntry.objects.get(action="workspace.create").outcome == "ok"


@pytest.mark.parametrize("name", ["", "Upper", "-a", "a-", "new", "workspaces", "a" * 64, "team", "a b", "a/b", "ä"])
def test_a_workspace_with_a_bad_name_is_not_made(people: People, name: str) -> None:
    client = Client()
    client.force_login(verbs.create_admin("root"))
    response = client.post("/new-workspace/", {"name": name, "alias": "kept as typed"})
    assert response.status_code == 422
    assert "kept as typed" in response.content.decode()
    assert Workspace.objects.count() == 2


def test_making_a_project_makes_its_namespace_as_the_console(people: People, sign_in: SignIn, cluster: Cluster) -> None:
    name = fresh("made")
    cluster.forget()
    try:
        response = sign_in("alice").post(
            f"/workspaces/{people.workspace.name}/projects/new/", {"name": name, "alias": "Made", "description": "x"}
        )
        assert response["Location"] == f"/projects/{name}/"
        project = Project.objects.get(name=name)
        assert project.ready
        namespace = cluster.admin.get("namespaces", None, name)
        assert namespace["metadata"]["labels"]["kubesphere.io/workspace"] == people.workspace.name
        assert namespace["metadata"]["annotations"]["kubesphere.io/creator"] == "alice"
        bound = {binding["roleRef"]["name"] for binding in cluster.admin.list("rolebindings", name)}
        assert bound == {f"berth:{capability}" for capability in KUBERNETES} | {"berth:act"}
        writes = [request for request in cluster.request_log() if request.writes]
        assert writes
        assert {request.user for request in writes} == {""}
        entry = AuditEntry.objects.get(action="project.create")
        assert (entry.outcome, entry.target, len(entry.changes)) == ("ok", f"Project {name}", 9)
        assert (entry.actor, entry.identity) == ("alice", f"berth:{people.alice.uuid}")
        for place in (f"projects/{name}", f"workspaces/{people.workspace.name}"):
            page = re.sub(r"<[^>]+>|\s+", " ", sign_in("alice").get(f"/{place}/activity/").content.decode())
            assert re.search(rf"Created +{name} +Project", page), page[-1500:]
        again = sign_in("alice").post(f"/workspaces/{people.workspace.name}/projects/new/", {"name": name})
        assert (again.status_code, "A project with this name already exists." in again.content.decode()) == (422, True)
    finally:
        cluster.admin.delete("namespaces", None, name)


@pytest.mark.parametrize("name", ["", "1abc", "kube-system", "kube-mine", "default", "berth", "Upper", "a" * 64, "a.b"])
def test_a_project_with_a_bad_name_is_not_made(people: People, sign_in: SignIn, cluster: Cluster, name: str) -> None:
    cluster.forget()
    response = sign_in("alice").post(f"/workspaces/{people.workspace.name}/projects/new/", {"name": name})
    assert response.status_code == 422
    assert Project.objects.count() == 0
    assert [request for request in cluster.request_log() if request.writes] == []


def test_a_namespace_that_was_there_is_never_taken_over(
    people: People, sign_in: SignIn, namespace: str, cluster: Cluster
) -> None:
    response = sign_in("alice").post(f"/workspaces/{people.workspace.name}/projects/new/", {"name": namespace})
    assert response.status_code == 422
    assert "already has a namespace with this name" in response.content.decode()
    assert Project.objects.count() == 0
    assert cluster.admin.list("rolebindings", namespace) == []
    assert AuditEntry.objects.get(action="project.create").outcome == "refused"


def test_a_cluster_that_does_not_answer_makes_nothing_and_keeps_what_was_typed(
    people: People, sign_in: SignIn, faults: Proxy
) -> None:
    faults.down()
    response = sign_in("alice").post(
        f"/workspaces/{people.workspace.name}/projects/new/", {"name": "later", "alias": "Typed"}
    )
    assert response.status_code == 503
    page = response.content.decode()
    assert "The cluster is not responding." in page
    assert "Nothing was changed." in page
    assert 'value="Typed"' in page
    assert Project.objects.count() == 0


@pytest.mark.parametrize("fault", ["commit_then_drop", "commit_then_fail"])
def test_a_lost_answer_is_looked_after(
    people: People, sign_in: SignIn, faults: Proxy, cluster: Cluster, fault: str
) -> None:
    """Also where the first look is not answered either."""
    name = fresh("lost")
    deaf = faults.answer(503, method="GET", path=f"/namespaces/{name}$", times=0)
    getattr(faults, fault)(deaf=deaf, method="POST", path=r"/namespaces\?(?!.*dryRun)", times=1)
    try:
        answer = sign_in("alice").post(f"/workspaces/{people.workspace.name}/projects/new/", {"name": name})
        assert Project.objects.get(name=name).ready, answer.content.decode()
        assert deaf.hits == 1
    finally:
        cluster.admin.delete("namespaces", None, name)


def test_a_namespace_whose_making_failed_is_not_left_behind_unknown(
    people: People, sign_in: SignIn, faults: Proxy, cluster: Cluster
) -> None:
    failed, unknown = fresh("failed"), fresh("unknown")
    root = f"/workspaces/{people.workspace.name}/projects/new/"
    with faults.answer(500, method="POST", path=r"/namespaces\?"):
        assert sign_in("alice").post(root, {"name": failed}).status_code == 502
    assert not Project.objects.filter(name=failed).exists()
    with (
        faults.commit_then_fail(method="POST", path=r"/namespaces\?"),
        faults.answer(500, method="GET", path="/namespaces/"),
    ):
        sign_in("alice").post(root, {"name": unknown})
    try:
        kept = Project.objects.get(name=unknown)
        assert not kept.ready
        assert cluster.admin.get("namespaces", None, unknown)
    finally:
        cluster.admin.delete("namespaces", None, unknown)


def test_a_project_that_was_made_in_part_is_told_and_completed(
    people: People, sign_in: SignIn, faults: Proxy, cluster: Cluster
) -> None:
    name = fresh("half-made")
    faults.answer(500, method="POST", path="rolebindings", times=2)
    client = sign_in("alice")
    try:
        client.post(f"/workspaces/{people.workspace.name}/projects/new/", {"name": name})
        project = Project.objects.get(name=name)
        assert project.ready is None
        assert "not complete in the cluster" in client.get(f"/projects/{name}/").content.decode()
        entry = AuditEntry.objects.get(action="project.create")
        assert entry.outcome == "failed"
        assert "2 objects are missing" in entry.message
        response = client.post(f"/projects/{name}/complete/", follow=True)
        assert "The project is complete in the cluster." in response.content.decode()
        project.refresh_from_db()
        assert project.ready
        assert len(cluster.admin.list("rolebindings", name)) == 8
    finally:
        cluster.admin.delete("namespaces", None, name)


def test_what_a_scope_says_ends_when_a_membership_does(project: Project, people: People) -> None:
    scope = people.scope("olive", project)
    assert is_current(scope)
    Membership.objects.filter(user=people.olive, project=project).delete()
    from accounts.models import bump

    bump(people.olive)
    assert not is_current(scope)
    assert project_scope(people.olive, project.name) is None


def test_who_is_disabled_has_no_current_scope(project: Project, people: People) -> None:
    scope = people.scope("bob", project)
    verbs.set_active(people.bob, False)
    assert not is_current(scope)


def test_a_person_creates_so_many_projects_and_no_more(people: People, sign_in: SignIn, settings: Any) -> None:
    """S1: a share for each person; nothing is created beyond it, and the page says so with what was typed."""
    settings.BERTH_PROJECTS_PER_PERSON = 2
    for number in range(2):
        Project.objects.create(name=f"mine-{number}", workspace=people.workspace, creator="alice")
    address = f"/workspaces/{people.workspace.name}/projects/new/"
    refused = sign_in("alice").post(address, {"name": "third", "alias": "The third"})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "You have created 2 projects, the limit for one user." in page
    assert 'value="third"' in page
    assert not Project.objects.filter(name="third").exists()
