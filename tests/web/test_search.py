"""The search over everything, over the wire: what it finds, for whom, and what it says that it did not look at."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from accounts.models import Membership, Project, Role
from accounts.roles import Level
from tests.clusters import Cluster, eventually
from tests.manifests import deployment, service

if TYPE_CHECKING:
    from tests.faults import Proxy
    from tests.people import People

SignIn = Callable[[str], Client]


@pytest.fixture
def shop(cluster: Cluster, project: Project) -> Project:
    web, hidden = service("web"), service("lost")
    web["metadata"]["annotations"] = {"kubesphere.io/alias-name": "Front <b>door</b>"}
    hidden["metadata"]["labels"] = {"team": "order-intake"}
    for made in (deployment("web", replicas=2), web, hidden):
        cluster.admin.create(made, project.name)
    return project


def look(client: Client, q: str, part: bool = False, **query: str) -> str:
    headers = {"HX-Request": "true"} if part else {}
    response = client.get("/search/", {"q": q, **query}, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def until(client: Client, q: str, words: str, **query: str) -> str:
    def seen() -> str | None:
        page = look(client, q, **query)
        return page if words in page else None

    return eventually(seen)


def groups(page: str) -> dict[str, list[str]]:
    """Names of the results of each group, in order."""
    parts = re.findall(r'<h[23] id="found-(\w+)".*?<ul[^>]*>(.*?)</ul>', page, re.S)
    names = {key: re.findall(r"<li[^>]*>.*?</svg><span>(.*?)(?: <small|</span>)", part, re.S) for key, part in parts}
    return {key: [re.sub(r"<[^>]+>", "", name) for name in results] for key, results in names.items()}


def test_it_is_found_by_name_alias_label_and_address(shop: Project, sign_in: SignIn, cluster: Cluster) -> None:
    bob = sign_in("bob")
    page = until(bob, "web", "2/2 ready")
    listed = groups(page)
    assert listed["services"] == ["web"]
    assert listed["workloads"] == ["web-v1"]
    assert len(listed["pods"]) == 2
    assert f'href="/projects/{shop.name}/service/web/"' in page
    assert f'href="/projects/{shop.name}/workload/deployment/web-v1/"' in page
    assert "Front &lt;b&gt;door&lt;/b&gt;" in page, "the cluster's text is no markup"
    assert groups(look(bob, "front <B>DOOR"))["services"] == ["web"]
    assert "label <mark>team=ord</mark>er-intake" in look(bob, "team=ord")
    address = cluster.admin.get("services", shop.name, "lost")["spec"]["clusterIP"]
    assert groups(look(bob, address))["services"][0] == "lost"
    assert f"address <mark>{address}</mark>" in look(bob, address)
    assert shop.name in groups(look(bob, shop.name))["places"]


def test_one_row_more_than_fits_stands_in_place_of_the_link_to_all(
    shop: Project, sign_in: SignIn, cluster: Cluster
) -> None:
    for name, count in (("four", 4), ("five", 5)):
        cluster.admin.create(deployment(name, replicas=count), shop.name)
    bob = sign_in("bob")
    page = until(bob, "four", "4/4 available")
    assert len(groups(page)["pods"]) == 4
    assert "All 4 pods" not in page
    page = until(bob, "five", "5/5 available", **{"in": shop.name})
    listed = groups(page)["pods"]
    assert [name.startswith("five-v1-") for name in listed] == [True] * 3 + [False]
    assert listed[-1] == "All 5 pods"
    assert f", {shop.name}</small>" not in page, "where one is, is not said"


def test_what_one_may_not_see_is_not_found(shop: Project, sign_in: SignIn) -> None:
    """Nor is it there for who names the project; what they may not do is no command, either."""
    until(sign_in("olive"), "web", "2/2 ready")
    for q in ("web", shop.name, "10.", "app=web"):
        page = look(sign_in("charlie"), q, **{"in": shop.name})
        assert "2/2 ready" not in page
        assert f'href="/projects/{shop.name}/' not in page
        assert set(groups(page)) <= {"places", "actions"}
    assert "Create <mark>Service</mark>" in look(sign_in("olive"), "service", **{"in": shop.name})
    assert "Create <mark>Service</mark>" not in look(sign_in("bob"), "service", **{"in": shop.name})
    assert f'<a href="/projects/{shop.name}/pods/"' in look(sign_in("bob"), "pods", **{"in": shop.name})


def test_what_can_be_done_with_a_match_is_offered_to_who_may(shop: Project, sign_in: SignIn) -> None:
    """ "scale web" finds nothing called so; it is an action. Logs are offered without asking, so is a new Service."""
    olive, bob, base = sign_in("olive"), sign_in("bob"), f'href="/projects/{shop.name}'
    page = until(olive, "web", "2/2 ready")
    assert f'{base}/service/web/logs/"' in page
    assert f'{base}/workload/deployment/web-v1/logs/"' in page
    assert "Logs of <mark>web</mark>-v1" in page
    for q, path in (
        ("scale web", "workload/deployment/web-v1/scale/"),
        ("web restart", "workload/deployment/web-v1/restart/"),
        ("edit web", "service/web/edit/service/"),
        ("edit web", "workload/deployment/web-v1/settings/"),
        ("delete web", "service/web/delete/"),
        ("log web", "service/web/logs/"),
    ):
        for part in (False, True):
            answer = look(olive, q, part)
            assert f'{base}/{path}"' in answer, q
            assert "No results" not in answer
            assert f'{base}/{path}"' not in look(bob, q, part), "bob only reads"
    assert 'id="palette-hits" hx-swap-oob="innerHTML">1 action' in look(olive, "scale web", part=True), "not 0 results"
    assert look(bob, shop.name, part=True).count(f'{base}/"') == 1, "a project that was found is no action, too"
    assert f"{base}/workload/" not in look(sign_in("charlie"), "scale web", **{"in": shop.name})
    assert "ConfigMaps, Secrets and claims are not searched" in look(bob, "web")
    within = {"in": shop.name}
    assert groups(look(olive, "we", **within))["actions"][-2:] == ["Create Service “we”", "Go to Members"]
    assert groups(look(olive, "web", **within))["actions"][-1:] == ["Go to Members"], "web is there"
    assert groups(look(bob, "no-such", **within))["actions"] == ["Go to Members"]
    assert "No results in what was searched." in look(bob, "no-such", **within)
    begun = olive.post(f"/projects/{shop.name}/services/new/stateless/", {"name": "we"}, follow=True)
    assert 'name="name" value="we"' in begun.text


def test_who_lost_a_project_finds_nothing_of_it_any_more(shop: Project, people: People, sign_in: SignIn) -> None:
    from accounts.domain import membership

    bob = sign_in("bob")
    until(bob, "web", "2/2 ready")
    held = Membership.objects.get(user=people.bob, project=shop)
    membership.remove(scope=people.scope("alice", shop), membership=held)
    assert set(groups(look(bob, "web"))) <= {"actions"}


def test_a_part_for_the_palette_has_the_same_results(shop: Project, sign_in: SignIn, cluster: Cluster) -> None:
    bob = sign_in("bob")
    until(bob, "web", "2/2 ready")
    page, part = look(bob, "web"), look(bob, "web", part=True)
    assert "<html" not in part
    assert groups(part) == groups(page)
    assert part.count('role="option"') == sum(map(len, groups(part).values()))
    assert '<span id="palette-hits" hx-swap-oob="innerHTML">4 results' in part
    assert "Go to Services" in look(bob, "", part=True, **{"in": shop.name}), "commands stand there before one types"
    pods_only = look(bob, "web", kind="pods")
    assert set(groups(pods_only)) == {"pods"}
    cluster.admin.create(deployment("web-zones", fate="crash"), shop.name)
    listed = groups(until(bob, "web", "CrashLoopBackOff", kind="pods"))["pods"]
    assert listed[0].startswith("web-zones"), "of alike names the one in trouble stands first"
    offered = groups(look(sign_in("olive"), "web"))["actions"]
    assert f"Logs of {listed[0]}" in offered, "its logs are the ones that are wanted"


def test_who_is_in_few_places_costs_no_further_queries(
    shop: Project, people: People, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    """The places of the page are searched as the database would, and it is asked no more than for the list."""
    from accounts import finding
    from accounts.domain.reach import places_nearby
    from accounts.models import User

    bob = sign_in("bob")
    look(bob, "web", **{"in": shop.name})
    with django_assert_max_num_queries(6):
        look(bob, "web", **{"in": shop.name})
    for name in ("bob", "alice", "olive", "charlie"):
        user = User.objects.get(name=name)
        near, more = places_nearby(user, 20)
        assert not more
        for words in (["p"], [shop.name], ["e", "o"], ["%"], [shop.workspace.name]):
            assert finding.matching(user, words, 5, near) == finding.matching(user, words, 5, None)
        for before in (0, 1):
            assert finding.to_search(user, shop.name, before, near) == finding.to_search(user, shop.name, before, None)


def test_odd_queries_are_bounded_and_text(shop: Project, sign_in: SignIn) -> None:
    bob = sign_in("bob")
    until(bob, "web", "2/2 ready")
    page = look(bob, "w" * 10_000)
    assert "Only the first 200 characters are searched for." in page
    assert "No results in what was searched." in page
    assert len(page) < 40_000
    for q in (
        ".*",
        "%",
        "web\x07",
        "\x1b[31m",
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        "\N{RIGHT-TO-LEFT OVERRIDE}",
    ):
        page = look(bob, q, kind="nonsense", before="-1")
        assert "<script>alert" not in page
        assert ("services" in groups(page)) == (q == "web\x07"), q
    assert bob.get("/search/").status_code == 200


def test_it_says_what_was_not_searched_and_the_way_on(shop: Project, people: People, sign_in: SignIn) -> None:
    """Projects beyond those of one search, and those whose objects nobody has read."""
    from django.utils import timezone

    bob = sign_in("bob")
    until(bob, "web", "2/2 ready")
    role = Role.objects.get(level=Level.PROJECT, name="viewer")
    names = [f"a-{number:02}" for number in range(20)]
    made = [Project(name=name, workspace=shop.workspace, ready=timezone.now()) for name in names]
    for project in Project.objects.bulk_create(made):
        Membership.objects.create(user=people.bob, level=Level.PROJECT, project=project, role=role)
    first = look(bob, "web", **{"in": shop.name})
    assert "2/2 ready" in first, "where one is comes first"
    assert "of your 21 projects were searched." in first
    assert f'href="/search/?q=web&amp;in={shop.name}&amp;before=12"' in first
    last = look(bob, "web", before="12", **{"in": shop.name})
    assert "services" not in groups(last)
    assert "Search the next ones" not in last
    assert "2/2 ready" not in look(bob, "web"), "elsewhere they come by name"


def test_a_cluster_that_does_not_answer_takes_its_time_only(shop: Project, sign_in: SignIn, faults: Proxy) -> None:
    faults.down()
    page = look(sign_in("olive"), "web")
    assert f"Not searched because time ran out: {shop.name}." in page
    assert "Search again" in page
    assert shop.name in groups(look(sign_in("olive"), shop.name))["places"], "what the database has is there"


@pytest.mark.parametrize("address", ["/", "/projects/{project}/services/", "/nothing/", "/projects/{project}/nothing/"])
def test_the_search_stands_in_every_page(project: Project, sign_in: SignIn, address: str) -> None:
    page = sign_in("bob").get(address.format(project=project.name)).content.decode()
    assert page.count('action="/search/"') == (3 if "nothing" in address else 2), "a missing page has its own as well"
    assert 'id="palette"' in page
    assert (f'name="in" value="{project.name}"' in page) == ("{project}" in address)
