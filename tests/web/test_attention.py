"""Home and a project's overview: what needs attention, worst first, live; and that neither waits for the cluster."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from accounts.domain import membership
from accounts.models import Membership
from console.kube.access import Freshness
from tests.clusters import Cluster, eventually
from tests.manifests import deployment, service
from tests.web.test_browse_stream import opened, run, signed_in

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.faults import Proxy
    from tests.people import People

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[str], Client]


@pytest.fixture
def shop(cluster: Cluster, project: Project) -> Project:
    """web is served by two pods, lost selects none."""
    cluster.admin.create(deployment("web", replicas=2), project.name)
    cluster.admin.create(service("web"), project.name)
    cluster.admin.create(service("lost"), project.name)
    return project


def home(*names: str, **query: str) -> str:
    return "/attention/stream/?" + urlencode([*(("project", name) for name in names), *query.items()])


def has(words: str, part: str = "attention") -> Callable[[dict[str, Any]], bool]:
    return lambda message: words in message.get(part, "")


def test_home_stands_before_the_cluster_has_said_anything(shop: Project, sign_in: SignIn, faults: Proxy) -> None:
    """Home names the stream of its projects, and asks the cluster nothing itself."""
    faults.down()
    page = sign_in("bob").get("/").content.decode()
    assert f'sse-connect="/attention/stream/?project={shop.name}"' in page
    assert "Reading the Services…" in page
    assert f'<span id="services-in-{shop.name}">' in page
    overview = sign_in("bob").get(f"/projects/{shop.name}/").content.decode()
    assert f'sse-connect="/projects/{shop.name}/overview/stream/"' in overview


def test_home_lists_what_needs_attention_with_its_next_step_and_follows_it(
    cluster: Cluster, shop: Project, people: People
) -> None:
    async def work() -> None:
        stream = await opened(await signed_in(people, "olive"), home(shop.name))
        await stream.until(has("1 in 1 project<"))
        told = stream.page["attention"]
        assert "Selector matches nothing" in told
        assert f'<a class="name" href="/projects/{shop.name}/service/lost/">' in told
        way = f'<a href="/projects/{shop.name}/service/lost/edit/service/"'
        assert way in told, "who may edit is led to the selector"
        while "<time" not in stream.page["attention"].partition("Selector matches nothing")[2].partition("</li>")[0]:
            await stream.next()  # it never had an endpoint: since its slice was created, which may be known later
        assert 'title="Since ' in stream.page["attention"]
        assert "1 of 2 needs attention" in stream.page[f"services-in-{shop.name}"]
        await sync_to_async(cluster.admin.create)(deployment("lost"), shop.name)
        while "None of 2 Services needs attention." not in stream.page["attention"]:
            await stream.next()
        while "2 ready" not in stream.page[f"services-in-{shop.name}"]:
            await stream.next()

    run(work)


def test_who_may_not_edit_is_led_to_what_they_may_read(shop: Project, people: People) -> None:
    async def work() -> None:
        stream = await opened(await signed_in(people, "bob"), home(shop.name))
        await stream.until(has("Selector matches nothing"))
        assert f'<a href="/projects/{shop.name}/service/lost/metadata/"' in stream.page["attention"]
        assert "/edit/" not in stream.page["attention"]

    run(work)


def test_home_shows_nothing_of_projects_that_one_may_not_see(shop: Project, people: People) -> None:
    """A stream that names the project of others has no word of it, and one that lost it loses it at once."""

    async def work() -> None:
        foreign = await opened(await signed_in(people, "charlie"), home(shop.name))
        assert "lost" not in str(await foreign.next())
        stream = await opened(await signed_in(people, "bob"), home(shop.name))
        await stream.until(has("lost"))
        await sync_to_async(remove)(people, shop)
        while not stream.events and "lost" in stream.page["attention"]:
            await stream.next()

    def remove(people: People, shop: Project) -> None:
        held = Membership.objects.get(user=people.bob, project=shop)
        membership.remove(scope=people.scope("alice", shop), membership=held)

    run(work)


def test_home_of_the_platform_has_a_row_a_project_and_its_workspaces(
    shop: Project, people: People, sign_in: SignIn
) -> None:
    from accounts.domain.people import create_user

    root = create_user(name="root", platform_role="platform-admin")
    client = Client()
    client.force_login(root)
    page = client.get("/").content.decode()
    assert "Create Workspace" in page
    assert f'<span id="services-of-{people.workspace.name}"' in page
    assert people.elsewhere.name in page
    assert "by=project" in page
    assert '<span id="connection">' in page
    facts = client.get("/attention/cluster/").content.decode()
    assert re.search(r"Kubernetes v1\.\d+", facts)
    assert re.search(r"<span>\d+ ready</span>|\d+ of \d+ ready", facts), "a platform administrator may list nodes"

    async def work() -> None:
        from django.test import AsyncClient

        admin = AsyncClient()
        await admin.aforce_login(root)
        stream = await opened(admin, home(shop.name, by="project"))
        await stream.until(has("1 of 2 Services"))
        told = stream.page["attention"]
        assert "lost: Selector matches nothing" in told
        assert f'<a href="/projects/{shop.name}/"' in told
        assert "Responding" in stream.page["connection"]
        assert "1 of 2 needs attention" in stream.page[f"services-of-{people.workspace.name}"]

    run(work)


def test_the_overview_says_what_needs_attention_and_how_much_there_is(
    cluster: Cluster, shop: Project, people: People
) -> None:
    async def work() -> None:
        stream = await opened(await signed_in(people, "bob"), f"/projects/{shop.name}/overview/stream/")
        await stream.until(has("1 of 2<"))
        assert f'<a class="name" href="/projects/{shop.name}/service/lost/">' in stream.page["attention"]
        assert stream.page["attention"].count('class="name"') == 1
        while f'<a href="/projects/{shop.name}/services/">2</a>, 1 ready' not in stream.page["resources"]:
            await stream.next()
        for counted in ('/workloads/">1</a>, 1 available', '/pods/">2</a>, 2 running'):
            while counted not in stream.page["resources"]:
                await stream.next()
        while 'class="live ok"' not in stream.page["live"]:  # what it counts may not have been read yet
            await stream.next()
        await sync_to_async(cluster.admin.create)(service("late"), shop.name)
        await stream.until(has("2 of 3, worst first"))

    run(work)


def test_the_overview_tells_of_changes_by_other_programs_and_of_none_twice(
    cluster: Cluster, shop: Project, people: People
) -> None:
    from accounts import audit

    def created_here() -> None:
        with audit.attempt(people.scope("olive", shop), "service.create", target=f"Service {shop.name}/here"):
            cluster.admin.create(service("here"), shop.name)

    def rolled_out() -> None:
        container = {"name": "app", "image": "shop/web:2"}
        patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
        cluster.admin.patch("deployments", shop.name, "web-v1", patch, how="strategic")

    async def work() -> None:
        stream = await opened(await signed_in(people, "bob"), f"/projects/{shop.name}/overview/stream/")
        await stream.until(has(f'href="/projects/{shop.name}/service/lost/">lost</a> was created', "recent"))
        assert "No changes yet" not in stream.page["recent"]
        await sync_to_async(rolled_out)()
        await stream.until(
            has(f'New revision 2 of <a href="/projects/{shop.name}/workload/deployment/web-v1/">web-v1</a>', "recent")
        )
        assert "Deployment, shop/web:2" in stream.page["recent"]
        await sync_to_async(created_here)()
        await stream.until(has("olive created", "recent"))
        assert stream.page["recent"].count(">here</a>") == 1

    run(work)


def test_what_was_wrong_has_no_colour_when_the_cluster_fell_silent(
    shop: Project, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/projects/{shop.name}/overview/stream/"

    async def work() -> None:
        client = await signed_in(people, "bob")
        await (await opened(client, address)).until(has('class="status bad"'))
        then = Freshness("stale", 1_700_000_000.0, "Unavailable")
        monkeypatch.setattr("console.kube.access.View.freshness", lambda *_kinds: then)
        fragments = await (await opened(client, address)).until(has("lost"))
        assert 'class="status idle"' in fragments["attention"]
        assert 'class="status bad"' not in fragments["attention"]
        assert 'datetime="2023-11-14T22:13:20Z"' in fragments["live"]
        assert "The cluster has not responded since" in fragments["attention-notice"]

    run(work)


@pytest.mark.parametrize(
    "freshness",
    [Freshness("forbidden", None, "services"), Freshness("stale", None, "Unavailable")],
    ids=lambda freshness: freshness.state,
)
def test_what_was_never_read_is_not_said_to_be_empty(
    project: Project, people: People, freshness: Freshness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.kube.access.View.freshness", lambda *_kinds: freshness)

    async def work() -> None:
        for address in (home(project.name), f"/projects/{project.name}/overview/stream/"):
            attention = (await (await opened(await signed_in(people, "bob"), address)).next())["attention"]
            assert "does not show the Services of:" in attention
            assert "No Services yet" not in attention

    run(work)


def test_a_cluster_that_does_not_answer_is_no_error_of_home(project: Project, people: People, cluster: Cluster) -> None:
    async def work() -> None:
        with cluster.proxy.answer(503, path="selfsubjectaccessreviews", method="POST"):
            fragments = await (await opened(await signed_in(people, "bob"), home(project.name))).next()
        assert "The cluster is not responding" in fragments["attention"]
        assert "Not readable" in fragments[f"services-in-{project.name}"]

    run(work)


def test_the_switcher_marks_the_projects_where_something_is_wrong(
    shop: Project, people: People, sign_in: SignIn
) -> None:
    page = sign_in("bob").get("/").content.decode()
    assert 'hx-get="/attention/marks/"' in page
    marked = eventually(
        lambda: marks if "1<span" in (marks := sign_in("bob").get("/attention/marks/").content.decode()) else None
    )
    assert f"beforeend:#switch-places a[href='/projects/{shop.name}/']" in marked
    assert 'class="count status bad"' in marked
    assert shop.name not in sign_in("charlie").get("/attention/marks/").content.decode()


def test_home_has_the_projects_that_changed_last_first_and_asks_about_a_dozen(
    project: Project, people: People, sign_in: SignIn
) -> None:
    """It costs with the page: of hundreds of projects it shows some and asks the cluster about fewer."""
    from accounts import audit
    from accounts.models import Project as Row

    Row.objects.bulk_create(
        Row(name=f"{project.name[:40]}-{number:02}", workspace=people.workspace, ready=project.ready)
        for number in range(30)
    )
    last = Row.objects.get(name=f"{project.name[:40]}-17")
    with audit.attempt(people.scope("alice", last), "service.create", target=f"Service {last.name}/web"):
        pass
    page = sign_in("alice").get("/").content.decode()
    rows = re.findall(r'<span id="services-in-([^"]+)">', page)
    assert rows[0] == last.name
    assert len(rows) == 20
    assert page.count("project=") == 12
    assert 'href="?all"' in page
    assert len(re.findall(r'<span id="services-in-', sign_in("alice").get("/?all").content.decode())) == 31
    assert re.search(rf"{last.name}.*?(?:just now|s ago).*?alice", page, re.S)
    some = sign_in("alice").get("/", {"q": f"{last.name[-3:]} {people.workspace.name.upper()}"}).content.decode()
    assert re.findall(r'<span id="services-in-([^"]+)">', some) == [last.name]
    assert some.count("project=") == 1, "only what is found is asked about"
    none = sign_in("alice").get("/", {"q": "<b>"}).content.decode()
    assert "No project of yours has “&lt;b&gt;” in its name, alias or workspace." in none


def test_recent_changes_are_sentences_and_lead_to_what_is_left(
    project: Project, people: People, sign_in: SignIn
) -> None:
    from accounts import audit

    scope = people.scope("olive", project)
    with audit.attempt(scope, "service.create", target=f"Service {project.name}/web"):
        pass
    with audit.attempt(scope, "service.delete", target=f"Service {project.name}/old"):
        pass
    workspace = f"/workspaces/{people.workspace.name}/"
    for name, address in (("bob", f"/projects/{project.name}/"), ("alice", workspace)):
        page = sign_in(name).get(address).content.decode()
        assert f'olive created <a href="/projects/{project.name}/service/web/">web</a>' in page
        assert "olive deleted Service old" in page
    page = sign_in("bob").get(workspace).content.decode()
    assert "No changes in Berth yet." in page, "who does not see into the projects is told nothing of them"
