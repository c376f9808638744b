"""The frame: what the nav offers to whom, and answers for pages with and without htmx."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.urls import reverse

from console.web import htmx, navigation


def _shell(level: str = "project", **can: bool) -> navigation.Shell:
    return SimpleNamespace(  # type: ignore[return-value]
        level=level,
        project=SimpleNamespace(name="demo-project"),
        workspace=SimpleNamespace(name="demo-workspace"),
        can=can,
        workspaces=(),
    )


def _links(shell: navigation.Shell | None, path: str = "/") -> dict[str, navigation.Link]:
    return {str(link.words): link for group in navigation.groups(shell, path) for link in group.links}


def test_the_nav_has_only_pages_that_exist() -> None:
    links = _links(_shell())
    assert links["Services"].url == reverse("services:list", kwargs={"project": "demo-project"})
    assert all(link.url.startswith("/projects/demo-project/") for link in links.values())


@pytest.mark.parametrize("path", ["services/", "services/new/", "service/orders/", "service/orders/metadata/"])
def test_the_page_of_one_service_is_among_services(path: str) -> None:
    links = _links(_shell(), f"/projects/demo-project/{path}")
    assert [words for words, link in links.items() if link.is_current] == ["Services"]


@pytest.mark.parametrize("kind", ["configmap", "secret", "claim"])
def test_what_leads_back_to_the_workloads_is_among_them(kind: str) -> None:
    links = _links(_shell(), f"/projects/demo-project/{kind}/orders/")
    assert [words for words, link in links.items() if link.is_current] == ["Workloads"]


def test_the_overview_is_here_only_on_itself() -> None:
    assert [words for words, link in _links(_shell(), "/projects/demo-project/").items() if link.is_current] == [
        "Overview"
    ]


@pytest.mark.parametrize("path", ["/projects/demo-project/nothing/", "/projects/demo-project/services-not/"])
def test_a_page_that_is_below_no_entry_is_below_the_overview(path: str) -> None:
    assert [words for words, link in _links(_shell(), path).items() if link.is_current] == ["Overview"]


def test_a_new_workspace_is_created_at_home() -> None:
    links = _links(_shell("home"), reverse("accounts:workspace-new"))
    assert [words for words, link in links.items() if link.is_current] == ["Home"]


def test_home_offers_ones_projects_by_workspace_and_no_more_than_a_glance_takes() -> None:
    shell = _shell("home")
    projects = [SimpleNamespace(place=SimpleNamespace(name=f"p{n}"), url=f"/projects/p{n}/") for n in range(20)]
    shell.workspaces = [  # type: ignore[misc]
        SimpleNamespace(place=SimpleNamespace(name="team"), projects=projects[:3]),
        SimpleNamespace(place=SimpleNamespace(name="empty"), projects=[]),
        SimpleNamespace(place=SimpleNamespace(name="other"), projects=projects[3:]),
    ]
    groups = navigation.groups(shell, "/")
    assert [str(group.title) for group in groups] == ["", "team", "other"]
    assert [link.url for group in groups[1:] for link in group.links] == [f"/projects/p{n}/" for n in range(8)]


def test_nobody_and_an_unknown_place_have_no_nav() -> None:
    assert navigation.groups(None, "/") == ()
    assert navigation.groups(_shell("elsewhere"), "/") == ()


def test_htmx_gets_the_part_and_everybody_else_the_page() -> None:
    factory = RequestFactory()
    htmx_headers = {"HX-Request": "true"}
    for headers, part in ((htmx_headers, True), ({}, False), ({**htmx_headers, "HX-Boosted": "true"}, False)):
        request = factory.get("/", headers=headers)
        request.user = AnonymousUser()
        response = htmx.render(request, "errors/bare.html", {"status": 404}, part="errors/words.html")
        assert (b"<!doctype" not in response.content) is part
        assert "HX-Request" in response.headers["Vary"]


def test_a_redirect_is_one_for_htmx_too() -> None:
    factory = RequestFactory()
    plain = htmx.redirect(factory.post("/"), "/projects/")
    assert (plain.status_code, plain.headers["Location"]) == (303, "/projects/")
    for_htmx = htmx.redirect(factory.post("/", headers={"HX-Request": "true"}), "/projects/")
    assert (for_htmx.status_code, for_htmx.headers["HX-Redirect"]) == (204, "/projects/")
