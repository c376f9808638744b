"""The lists of workloads and of pods over the wire: what they say, search, filters, order, pages, and to whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.clusters import Cluster, eventually
from tests.manifests import daemon_set, deployment, service, stateful_set

if TYPE_CHECKING:
    from accounts.models import Project

SignIn = Callable[[str], Client]


@pytest.fixture
def some(cluster: Cluster, project: Project) -> str:
    """A project with six workloads; its address."""
    crashing = deployment("crashing", fate="crash")
    crashing["metadata"]["labels"]["team"] = "red"
    stopped = deployment("docs", replicas=0)
    stopped["metadata"]["annotations"] = {"kubesphere.io/alias-name": "Handbook"}
    web = deployment("web", replicas=2)
    web["spec"]["template"]["spec"]["containers"][0]["image"] = "ghcr.io/shop/web:1.2"
    for made in (web, crashing, stopped, stateful_set("db"), daemon_set("agent")):
        cluster.admin.create(made, project.name)
    cluster.admin.create(service("web"), project.name)
    return f"/projects/{project.name}"


def show(client: Client, address: str, wait_for: str = "") -> str:
    def read() -> str | None:
        response = client.get(address)
        html = response.content.decode()
        return html if response.status_code == 200 and wait_for in html else None

    return eventually(read)


def rows(html: str) -> list[str]:
    """Names of the rows, in order."""
    body = html[html.index("<tbody") : html.index("</tbody>")]
    heads = re.findall(r'<th scope="row"><a class="name[^"]*" href="\.\./[^"]*/([^/"]+)/"', body)
    return [str(name) for name in heads]


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def row(html: str, name: str) -> str:
    """What a row says."""
    match = re.search(rf'<tr id="[wp][^>]*>(?:(?!</tr>).)*/{name}/"(?:(?!</tr>).)*</tr>', html, re.S)
    assert match, name
    return text(match[0])


def chips(html: str) -> dict[str, int]:
    return {label.strip(): int(count) for label, count in re.findall(r"([A-Z][a-z ]+) <b>(\d+)</b>", html)}


def settled(client: Client, some: str) -> str:
    """The list of workloads once everything is as it will be."""

    def read() -> str | None:
        html = client.get(f"{some}/workloads/").content.decode()
        return html if chips(html) == _ALL else None

    return eventually(read, timeout=20)


_ALL = {"All": 5, "Needs attention": 1, "In progress": 0, "Available": 3, "Stopped": 1}


def test_workloads_with_what_they_are(some: str, sign_in: SignIn) -> None:
    settled(sign_in("bob"), some)
    html = show(sign_in("bob"), f"{some}/workloads/", wait_for='href="../service/web/"')
    assert rows(html) == ["crashing-v1", "docs-v1", "agent", "db-v1", "web-v1"], "the worst first"
    row_text = row(html, "web-v1")
    for value in ("2/2 available", "Deployment Rolling update", "shop/web:1.2", "Revision 1", "web"):
        assert value in row_text
    assert "1 pod restarting: OOMKilled" in row(html, "crashing-v1"), "what its pods lack is the cause"
    assert re.search(r"Created (just now|\d+ s ago)", row(html, "db-v1")), "its revisions have no numbers here"
    assert "Stopped Scaled to 0 replicas" in row(html, "docs-v1")
    assert "1 of 5 needs attention" in text(html)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?status=attention", ["crashing-v1"]),
        ("?kind=StatefulSet", ["db-v1"]),
        ("?kind=DaemonSet&status=ready", ["agent"]),
        ("?q=handbook", ["docs-v1"]),
        ("?q=SHOP/web", ["web-v1"]),
        ("?q=team%3Dred", ["crashing-v1"]),
        ("?q=team%3Dblue", []),
        ("?sort=-name", ["web-v1", "docs-v1", "db-v1", "crashing-v1", "agent"]),
        ("?sort=name", ["agent", "crashing-v1", "db-v1", "docs-v1", "web-v1"]),
        ("?sort=kind", ["agent", "crashing-v1", "docs-v1", "web-v1", "db-v1"]),
        ("?sort=-kind", ["db-v1", "crashing-v1", "docs-v1", "web-v1", "agent"]),
        ("?kind=Job&status=rubbish&sort=rubbish&page=x&size=7", ["crashing-v1", "docs-v1", "agent", "db-v1", "web-v1"]),
    ],
)
def test_search_filters_and_order(some: str, sign_in: SignIn, query: str, names: list[str]) -> None:
    bob = sign_in("bob")
    settled(bob, some)
    html = bob.get(f"{some}/workloads/{query}").content.decode()
    assert rows(html) == names
    if not names:
        assert "No matching workloads" in html


def test_counts_follow_the_other_filters(some: str, sign_in: SignIn) -> None:
    bob = sign_in("bob")
    settled(bob, some)
    html = bob.get(f"{some}/workloads/?kind=Deployment&status=ready").content.decode()
    assert chips(html) == {"All": 3, "Needs attention": 1, "In progress": 0, "Available": 1, "Stopped": 1}


def test_pods_with_what_made_them(cluster: Cluster, some: str, sign_in: SignIn, project: Project) -> None:
    bob = sign_in("bob")
    settled(bob, some)
    pods = {pod["metadata"]["name"] for pod in cluster.admin.list("pods", project.name)}

    def read() -> str | None:
        html = show(bob, f"{some}/pods/", wait_for="CrashLoopBackOff")
        return html if set(rows(html)) == pods else None

    html = eventually(read)
    names = rows(html)
    assert names[0].startswith("crashing-v1-"), "the worst first"
    row_text = row(html, "db-v1-0")
    assert "Running" in row_text
    assert "db-v1 , StatefulSet" in row_text
    web = bob.get(f"{some}/pods/?workload=Deployment%2Fweb-v1").content.decode()
    assert len(rows(web)) == 2
    assert 'href="../workload/deployment/web-v1/"' in web
    node = re.search(r'href="\?node=([^"]+)"', html)
    assert node, "a menu of the nodes there are"
    left = rows(bob.get(f"{some}/pods/?node={node[1]}").content.decode())
    assert 0 < len(left) < len(names)
    assert rows(bob.get(f"{some}/pods/?q=db-v1-0").content.decode()) == ["db-v1-0"]
    assert chips(bob.get(f"{some}/pods/?status=running").content.decode())["Needs attention"] == 1


def test_pages_of_pods(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(deployment("web", replicas=23), project.name)
    bob, address = sign_in("bob"), f"/projects/{project.name}/pods/"
    show(bob, f"{address}?status=running", wait_for="1 to 20 of 23")  # the order is that of their states
    first = show(bob, address, wait_for="1 to 20 of 23")
    second = bob.get(f"{address}?page=2").content.decode()
    assert "21 to 23 of 23" in second
    assert re.search(r'href="\?[^"]*">1</a><a href="\?[^"]*page=2" aria-current="page">2</a>', second), (
        "each page by number"
    )
    assert len({*rows(first), *rows(second)}) == 23
    assert rows(bob.get(f"{address}?page=99").content.decode()) == rows(second), "the last one there is"
    assert len(rows(bob.get(f"{address}?size=50").content.decode())) == 23


@pytest.mark.parametrize("area", ["workloads", "pods"])
def test_an_empty_project_says_so(project: Project, sign_in: SignIn, area: str) -> None:
    html = show(sign_in("olive"), f"/projects/{project.name}/{area}/", wait_for=f"No {area} in this project")
    assert 'class="empty"' in html


def test_workloads_are_created_with_a_service(some: str, sign_in: SignIn) -> None:
    olive, bob = (sign_in(name).get(f"{some}/workloads/").content.decode() for name in ("olive", "bob"))
    assert f'href="{some}/services/new/"' in olive
    assert f'href="{some}/services/new/"' not in bob
    assert "Workloads are created together with a Service." in text(bob)
    assert "Workloads are created together with a Service." not in text(olive)


@pytest.mark.parametrize("area", ["workloads", "pods"])
def test_strangers_and_the_navigation(some: str, sign_in: SignIn, area: str) -> None:
    for tail in ("", "stream/"):
        assert sign_in("charlie").get(f"{some}/{area}/{tail}").status_code == 404
    html = sign_in("bob").get(f"{some}/{area}/").content.decode()
    assert re.search(rf'<a href="{some}/{area}/" aria-current="page">', html)
    details = sign_in("bob").get(f"{some}/workload/deployment/web-v1/").content.decode()
    assert re.search(rf'<a href="{some}/workloads/" aria-current="page">', details)


def test_columns_and_order_are_remembered(some: str, sign_in: SignIn) -> None:
    bob = sign_in("bob")
    settled(bob, some)
    answer = bob.get(f"{some}/workloads/?columns=these&col=age&q=web")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{some}/workloads/?q=web")
    html = bob.get(f"{some}/workloads/").content.decode()
    assert "Rolling update" not in html
    bob.get(f"{some}/workloads/?sort=-name")
    assert rows(bob.get(f"{some}/workloads/").content.decode())[0] == "web-v1"
    bob.get(f"{some}/workloads/?columns=all")
    assert "Rolling update" in bob.get(f"{some}/workloads/").content.decode()


def test_the_menu_of_a_row_is_that_of_the_page(some: str, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    settled(olive, some)
    html = olive.get(f"{some}/workloads/?menus=1").content.decode()
    assert 'href="../workload/deployment/web-v1/scale/"' in html
    assert 'href="../workload/daemonset/agent/restart/"' in html
    assert 'href="../workload/daemonset/agent/scale/"' not in html
    assert 'href="../workload/daemonset/agent/logs/"' in html
    assert re.search(r'href="../pod/web-v1-[^/"]+/logs/"', olive.get(f"{some}/pods/?menus=1").content.decode())
    seen = sign_in("bob").get(f"{some}/workloads/?menus=1").content.decode()
    assert "/scale/" not in seen
    assert "/logs/" not in seen
    assert "You cannot create, edit, scale or delete workloads" in seen
