"""Whoever edits a Service or a workload loses nothing when the session ends or the console is gone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import manifests
from tests.browsers import Desk
from tests.clusters import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
SEND = ".footbar .primary, dialog footer .primary"
GONE = "Berth is not responding. What you typed is still here."
ENDED = "Your session ended. Sign in, and what you typed is still here."
PORT = "#id_ports-1-port"


@pytest.fixture
def at_work(desk: Desk, cluster: Cluster, browser_page: Page) -> Page:
    """Signed in as olive, who has a Service with a workload behind it."""
    for body in (manifests.deployment("web", replicas=2), manifests.service("web", alias="Web shop")):
        cluster.admin.create(body, desk.project)
    desk.sign_in(browser_page)
    return browser_page


@contextmanager
def signed_out(page: Page) -> Iterator[None]:
    """The session is over, and at the end the same person is signed in again."""
    cookies: Any = page.context.cookies()
    page.context.clear_cookies(name=re.compile("^berth$"))
    yield
    page.context.add_cookies(cookies)


def again(page: Page, desk: Desk) -> None:
    """Sign in as olive by another link."""
    link = re.search(r"/signin/link/\S+", desk.console.manage("signinlink", desk.people["olive"]))
    assert link
    page.goto(desk.console.url + link[0])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{desk.console.url}/")


def a_port_more(page: Page, desk: Desk, name: str = "") -> None:
    page.goto(f"{desk.url}/service/web/edit/service/")
    page.get_by_role("button", name="Add port").click()
    page.fill(PORT, "9090")
    page.fill("#id_ports-1-name", name)


def in_the_editor(page: Page) -> None:
    page.locator(".ace_text-input").focus()
    page.keyboard.press("ControlOrMeta+Home")
    page.keyboard.insert_text("# mine\n")


def fields(page: Page) -> dict[str, tuple[Callable[[], object], str, str]]:
    """The pages of edits, below the project: how one types there, in which field, and what it has then."""
    image = "#id_image-app"
    return {
        "service/web/edit/information/": (lambda: page.fill("#id_alias", "The shop"), "#id_alias", "The shop"),
        "service/web/edit/external-access/": (
            lambda: page.locator("input[value=NodePort]").check(), "input[name=external]:checked", "NodePort",
        ),
        "service/web/yaml/": (lambda: in_the_editor(page), "textarea[name=text]", "# mine"),
        "workload/deployment/web-v1/scale/": (lambda: page.fill("#id_replicas", "7"), "#id_replicas", "7"),
        "workload/deployment/web-v1/image/": (lambda: page.fill(image, "nginx:9"), image, "nginx:9"),
    }  # fmt: skip


def test_a_session_that_ends_loses_nothing(at_work: Page, desk: Desk, cluster: Cluster) -> None:
    """The page for signing in says why it shows; the same person has everything again, and nobody else sees it."""
    page = at_work
    asks = re.compile("do=look")  # what is asked while one types would come to signing in before the button
    page.route(
        "**/external-access/",
        lambda route: route.abort() if asks.search(route.request.post_data or "") else route.continue_(),
    )
    for place, (type_it, field, value) in fields(page).items():
        page.goto(f"{desk.url}/{place}")
        type_it()
        with signed_out(page):
            page.locator(SEND).first.click()
            expect(page.locator(".notice.warn")).to_contain_text(ENDED)
        page.reload()
        expect(page.locator(field)).to_have_value(re.compile(value))
        expect(page.locator("#toasts")).to_contain_text("What you typed is here again.")
        assert page.url == f"{desk.url}/{place}"

    a_port_more(page, desk)
    other = page.context.new_page()
    other.goto(desk.url)
    other.locator("header details.menu.end summary").last.click()
    other.get_by_role("button", name="Sign out").click()
    page.fill("#id_ports-1-name", "metrics")  # what would change is asked for: signing in is the answer
    expect(page.locator(".notice.warn")).to_contain_text(ENDED)
    again(other, desk)
    page.reload()
    expect(page.locator(PORT)).to_have_value("9090")
    expect(page.locator("#id_ports-1-name")).to_have_value("metrics")
    page.locator(SEND).first.click()
    expect(page.locator(".diff")).to_contain_text("9090")
    with signed_out(page):
        page.get_by_role("button", name="Apply").click()
        expect(page.locator(".notice.warn")).to_contain_text(ENDED)
    other.context.clear_cookies()
    desk.sign_in(other, "alice")
    page.reload()
    expect(page.locator("#id_ports-0-port")).to_have_value("80")
    expect(page.locator(PORT)).to_have_count(0)
    assert page.evaluate("sessionStorage.getItem('berth-sent')") is None
    assert len(cluster.admin.get("services", desk.project, "web")["spec"]["ports"]) == 1


def test_a_console_that_does_not_answer_loses_nothing(at_work: Page, desk: Desk, cluster: Cluster) -> None:
    """The page stays, and says so; what was sent and never answered is on the page again."""
    page = at_work
    for place, (type_it, field, value) in fields(page).items():
        page.goto(f"{desk.url}/{place}")
        type_it()
        page.context.set_offline(True)
        page.locator(SEND).first.click()
        expect(page.locator("#toasts")).to_contain_text(GONE)
        expect(page.locator(field)).to_have_value(re.compile(value))
        page.context.set_offline(False)

    a_port_more(page, desk, "metrics")
    page.locator(SEND).first.click()
    expect(page.locator(".diff")).to_contain_text("9090")
    page.go_back()
    expect(page.locator(PORT)).to_have_value("9090")
    page.route("**/edit/service/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    with page.expect_event("requestfailed", lambda request: request.is_navigation_request()):
        page.locator(SEND).first.click()
    page.unroute("**/edit/service/")
    page.goto(f"{desk.url}/service/web/edit/service/")
    expect(page.locator(PORT)).to_have_value("9090")
    other = page.context.new_page()
    with signed_out(page):
        desk.sign_in(other, "alice")
        page.locator(SEND).first.click()
        expect(page.locator("#toasts")).to_contain_text(f"You are signed in as {desk.people['alice']} now.")
        page.context.clear_cookies()
    page.context.clear_cookies(name="berth-csrf")  # as who signed in again in another tab: the form's token is over
    expect(page.locator(PORT)).to_have_value("9090")
    page.locator(SEND).first.click()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(f"{desk.url}/service/web/")
    assert [port["port"] for port in cluster.admin.get("services", desk.project, "web")["spec"]["ports"]] == [80, 9090]
