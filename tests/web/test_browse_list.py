"""The Services list, over the wire: rows, filters, rights, and what it says when the cluster is silent."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from console import wiring
from console.kube import kinds
from console.kube.records import ServicePort, ServiceRecord
from services.manifests.yamlio import load
from tests.clusters import Cluster, eventually
from tests.manifests import deployment, service

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.faults import Proxy

SignIn = Callable[[str], Client]


@pytest.fixture
def shop(cluster: Cluster, project: Project) -> Project:
    """web is served by two pods, lost by none, maps is outside."""
    cluster.admin.create(deployment("web", replicas=2), project.name)
    cluster.admin.create(
        service("web", labels={"team": "red"}, alias="Web shop", kind="statelessservice"), project.name
    )
    cluster.admin.create(service("lost"), project.name)
    outside: dict[str, Any] = {
        "type": "ExternalName",
        "externalName": "maps.example.com",
        "selector": None,
        "ports": None,
    }
    cluster.admin.create(service("maps", kind="externalservice", **outside), project.name)
    return project


def page(client: Client, project: Project, query: str = "") -> str:
    response = client.get(f"/projects/{project.name}/services/{query}")
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


def all_of(client: Client, project: Project) -> str:
    """The list of the shop once memory has all of it: each Service and each pod comes by itself."""

    def seen() -> str | None:
        html = page(client, project)
        return html if "2/2 ready" in html and len(re.findall(r'<tr id="s', html)) == 3 else None

    return eventually(seen) or ""


def names(html: str) -> list[str]:
    return re.findall(r'name="pick" value="([^"]+)"', html)


def test_every_service_has_a_row_with_its_status(shop: Project, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    html = all_of(olive, shop)
    assert names(html) == ["lost", "maps", "web"]
    assert "Selector matches nothing" in html
    assert "app=lost: no pods" in html
    assert "maps.example.com" in html
    assert "Web shop" in html
    assert "1 of 3 needs attention" in html


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=shop", ["web"]),
        ("?q=team%3Dred", ["web"]),
        ("?status=attention", ["lost"]),
        ("?type=external", ["maps"]),
        ("?access=external-name", ["maps"]),
        ("?sort=-name", ["web", "maps", "lost"]),
        ("?q=%3Cscript%3E", []),
    ],
)
def test_search_filter_and_order(shop: Project, sign_in: SignIn, query: str, expected: list[str]) -> None:
    olive = sign_in("olive")
    all_of(olive, shop)
    html = page(olive, shop, query)
    assert names(html) == expected
    assert "<script>" not in html
    assert ("No matching Services" in html) == (not expected)


def test_a_viewer_sees_all_and_is_told_why_nothing_can_be_changed(shop: Project, sign_in: SignIn) -> None:
    """M14: in words, not by the name of a capability."""
    bob = sign_in("bob")
    html = all_of(bob, shop)
    assert names(html) == []
    assert "View YAML" in html
    assert "You cannot create, edit or delete Services. Your role is viewer." in html
    assert "services.manage" not in html
    assert "/delete/" not in html


def test_a_stranger_is_told_nothing(shop: Project, sign_in: SignIn) -> None:
    assert sign_in("charlie").get(f"/projects/{shop.name}/services/").status_code == 404


def test_an_empty_project_offers_to_create(project: Project, sign_in: SignIn) -> None:
    html = page(sign_in("olive"), project)
    assert "No Services in this project" in html
    assert project.name in html


def test_what_others_write_into_names_and_aliases_stays_text(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    cluster.admin.create(service("web", alias='"><img src=x onerror=alert(1)>'), project.name)
    olive = sign_in("olive")
    html = eventually(lambda: listing if names(listing := page(olive, project)) else None)
    assert "<img" not in html
    assert "&lt;img" in html


def test_chosen_columns_are_remembered(shop: Project, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    address = f"/projects/{shop.name}/services/"
    response = olive.get(f"{address}?columns=these&col=type&q=web")
    assert response.headers["Location"] == f"{address}?q=web"
    html = page(olive, shop)
    assert "Internal access" not in re.sub(r"<details.*?</details>", "", html, flags=re.S)
    olive.get(f"{address}?columns=all")
    assert 'class="c-in"' in page(olive, shop)


def test_the_last_order_is_remembered(shop: Project, sign_in: SignIn) -> None:
    """Worst first is what an operator wants each time; a page that says an order keeps it, and so does its stream."""
    olive = sign_in("olive")
    all_of(olive, shop)
    assert names(page(olive, shop, "?sort=-name")) == ["web", "maps", "lost"]
    again = page(olive, shop)
    assert names(again) == ["web", "maps", "lost"]
    assert "stream/?sort=-name" in again
    assert 'href="?sort=name"' in again, "the usual order has a name, too, or one could not come back to it"
    assert names(page(olive, shop, "?sort=nonsense")) == ["web", "maps", "lost"]
    assert names(page(olive, shop, "?sort=name")) == ["lost", "maps", "web"]
    assert names(page(olive, shop)) == ["lost", "maps", "web"]


def test_a_search_brings_no_columns_into_the_address(shop: Project, sign_in: SignIn) -> None:
    """People paste these addresses: the boxes of the columns belong to a form of their own."""
    html = all_of(sign_in("olive"), shop)
    search = re.search(r'<form class="filters.*?</form>', html, re.S)
    assert search
    assert set(re.findall(r'name="(\w+)"', re.sub(r'<[^>]* form="columns"[^>]*>', "", search[0]))) == {"q"}


def test_picked_services_are_downloaded_as_one_file(shop: Project, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    all_of(olive, shop)
    answer = olive.get(f"/projects/{shop.name}/services/download/?pick=web&pick=maps&pick=absent")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{shop.name}.services.yaml"'
    text = answer.content.decode()
    assert text.startswith("# absent does not exist any more\n")
    assert [document["metadata"]["name"] for document in load(text)] == ["maps", "web"]
    assert "resourceVersion" not in text
    nothing = olive.get(f"/projects/{shop.name}/services/download/?pick=absent")
    assert nothing.status_code == 404


def test_what_is_known_stays_when_the_cluster_falls_silent(shop: Project, sign_in: SignIn, faults: Proxy) -> None:
    olive = sign_in("olive")
    all_of(olive, shop)
    faults.down()
    try:
        html = eventually(lambda: listing if 'class="live ok"' not in (listing := page(olive, shop)) else None)
        assert re.search('class="live (busy|warn)"', html)
        assert names(html) == ["lost", "maps", "web"]
    finally:
        faults.up()
    eventually(lambda: 'class="live ok"' in page(olive, shop), timeout=20)


def test_rows_have_their_menu_without_scripts(shop: Project, sign_in: SignIn) -> None:
    """M29: a link below the filters puts the entries into each row; a reader without rights sees why not."""
    all_of(sign_in("olive"), shop)
    html = page(sign_in("olive"), shop, "?sort=-name")
    assert re.search(r'<noscript>.*href="\?sort=-name&amp;menus=1"', html)
    with_menus = page(sign_in("olive"), shop, "?sort=-name&menus=1")
    assert names(with_menus) == ["web", "maps", "lost"]
    for name in ("web", "maps", "lost"):
        assert f'href="../service/{name}/yaml/"' in with_menus
        assert f'href="../service/{name}/delete/"' in with_menus
    bob = page(sign_in("bob"), shop, "?menus=1")
    assert "/delete/" not in bob.partition("<tbody")[2].partition("</tbody>")[0]


def test_more_and_the_menu_of_a_row_have_the_same_entries(shop: Project, sign_in: SignIn) -> None:
    """M31"""
    olive = sign_in("olive")
    row = re.search(r'<template id="menu-of">(.*?)</template>', page(olive, shop), re.S)
    details = olive.get(f"/projects/{shop.name}/service/lost/").content.decode()
    more = re.search(r"<summary[^>]*>More.*?<ul>(.*?)</ul>", details, re.S)
    assert row
    assert more
    entries = [re.findall(r"<a[^>]*>([^<]+)</a>", part[1]) for part in (row, more)]
    expected = ["Edit Information", "Edit YAML", "Edit Service", "Edit External Access", "Delete…"]
    assert entries[0] == entries[1] == expected
    assert "Not built yet" not in details


def test_only_the_age_of_a_row_is_put_into_it(
    cluster: Cluster, project: Project, sign_in: Callable[[str], Client]
) -> None:
    """C22: what the cluster says is no place for it, and a row has one."""
    made = service("web")
    made["metadata"]["annotations"] = {
        "kubesphere.io/alias-name": "a></time>b",
        "kubesphere.io/description": "{{ age }}",
    }
    cluster.admin.create(made, project.name)
    client = sign_in("bob")
    row = eventually(lambda: re.search(r'<tr id="s[^"]+">.*?</tr>', list_of(client, project), re.S))[0]
    assert len(re.findall(r"<time [^>]*>\d+ s</time>", row)) == 1
    assert "a&gt;&lt;/time&gt;b" in row
    assert "{{ age }}" in row


def list_of(client: Client, project: Project) -> str:
    return client.get(f"/projects/{project.name}/services/").content.decode()


def test_a_service_that_cannot_be_judged_is_listed_as_such(shop: Project, sign_in: SignIn) -> None:
    """Never green, no error of the page, and the others are as they are."""
    olive = sign_in("olive")
    all_of(olive, shop)
    store = wiring.cluster().hub.store
    port = ServicePort("http", "TCP", "", 80, "9" * 5000, 0)  # no API server lets it through: nothing else is so odd
    web = store.get(kinds.SERVICE, shop.name, "web")
    assert isinstance(web, ServiceRecord)

    def odd(address: str, words: str) -> str:
        """The page while the store has the odd Service: the watch may bring the true one at any time."""

        def read() -> str:
            store.apply(kinds.SERVICE, replace(web, ports=(port,)))
            answer = olive.get(f"/projects/{shop.name}/{address}")
            assert answer.status_code == 200, address
            html = answer.content.decode()
            return html if words in html and "2/2 ready" not in html else ""

        return eventually(read)

    html = odd("services/", "Status not known")
    assert names(html) == ["lost", "maps", "web"]
    assert "2 of 3 need attention" in html
    for part in ("service/web/metadata/", "service/web/"):
        odd(part, "web")
    store.apply(kinds.SERVICE, web)
    assert "2/2 ready" in page(olive, shop)
