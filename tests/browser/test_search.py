"""The palette in a browser: by keys alone, what comes late, what was opened lately, and what screen readers hear."""

import json
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests import manifests
from tests.browser.test_accessibility import POLICY, check
from tests.browsers import Desk
from tests.clusters import Cluster

pytestmark = pytest.mark.browser


@pytest.fixture
def page(desk: Desk, cluster: Cluster, browser_page: Page) -> Page:
    browser_page.context.add_init_script(POLICY)
    objects = [manifests.deployment("web"), manifests.service("web"), manifests.service("web-two")]
    cluster.kubectl("create", "-n", desk.project, "-f", "-", stdin="\n---\n".join(map(json.dumps, objects)))
    desk.sign_in(browser_page, "olive")
    return browser_page


def test_the_palette_by_keys(page: Page, desk: Desk) -> None:
    """The list keeps its own "/"; Escape gives the focus back; arrows move, Enter opens."""
    page.goto(f"{desk.url}/services/")
    page.keyboard.press("/")
    expect(page.locator(".filters .find input")).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.locator(".filters .find input")).to_have_value("a/b")
    palette, field = page.locator("#palette"), page.locator("#palette-q")
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    expect(palette.get_by_role("option", name="Create Service")).to_be_visible()
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    expect(page.locator(".filters .find input")).to_be_focused()
    page.goto(f"{desk.url}/")
    expect(page.locator("h1")).to_be_visible()
    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type("web")
    expect(palette.get_by_role("status")).to_contain_text("results")
    first = palette.get_by_role("option").first
    expect(first).to_have_attribute("aria-selected", "true")
    expect(first).to_contain_text("web")
    expect(field).to_have_attribute("aria-activedescendant", "option-0")
    assert not (faults := check(page, "palette")), "\n".join(faults)
    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "option-1")
    expect(palette.get_by_role("option").nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.url}/service/web/")


def test_the_actions_of_the_page_by_keys(page: Page, desk: Desk) -> None:
    """What the head and More of the page have, and nothing more: opened, typed, entered."""
    page.goto(f"{desk.url}/workload/deployment/web-v1/")
    page.keyboard.press("Control+k")
    group = page.locator("#palette").get_by_role("group", name="On this page")
    expect(group.get_by_role("option", name="Restart…")).to_have_count(1)
    expect(group.get_by_role("option", name="Delete…")).to_be_visible()
    page.keyboard.type("web-v1 sca")
    expect(group.get_by_role("option")).to_have_count(2)
    expect(group.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    expect(group.get_by_role("option").first).to_contain_text("Scale…")
    assert not (faults := check(page, "palette")), "\n".join(faults)
    page.keyboard.press("Enter")
    page.wait_for_url("**/web-v1/scale/")
    desk.sign_in(page, "bob")
    page.goto(f"{desk.url}/service/web/")
    page.keyboard.press("Control+k")
    expect(group.get_by_role("option")).to_have_text(["View YAML"])


def test_what_was_opened_lately_is_there_until_one_signs_out(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.url}/service/web-two/")
    page.goto(f"{desk.url}/service/nothing/")
    page.goto(f"{desk.url}/services/")
    page.keyboard.press("Control+k")
    group = page.locator("#palette").get_by_role("group", name="Recent")
    expect(group.get_by_role("option")).to_have_count(1)
    expect(group).to_contain_text("web-two")
    page.locator("#palette-q").fill("we")
    expect(page.locator("#found-services")).to_have_text("Services 1")  # the other one stands above
    page.locator("#palette-q").fill("Web")
    exact = page.locator("#palette").get_by_role("group", name="Exact name")
    expect(exact.get_by_role("option")).to_contain_text(["web"])
    expect(page.locator("#palette [role=option]").first).to_have_attribute(
        "href", f"/projects/{desk.project}/service/web/"
    )
    expect(page.locator("#palette [role=option]").nth(1)).to_contain_text("web-two")
    expect(group).to_contain_text("web-two")
    page.locator("#palette-q").fill("sign out")
    page.locator("#palette [role=option]", has_text="Sign out").click()
    page.wait_for_url("**/signin/**")
    assert page.evaluate("localStorage.getItem('berth-recent')") is None


def test_the_newest_question_wins(page: Page, desk: Desk) -> None:
    """An answer that comes late to what is no longer typed is not shown; Enter before an answer leads to the page."""
    page.goto(f"{desk.url}/services/")
    expect(page.locator("#services-rows")).to_contain_text("web-two")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette [role=option]").first).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.is_navigation_request():
            route.continue_()
        else:
            held.append(route)

    page.route("**/search/?q=web-*", hold)
    page.locator("#palette-q").fill("web-two")
    expect(page.locator("#palette-q.htmx-request")).to_be_visible()
    page.locator("#palette-q").fill("members")
    expect(page.locator("#palette-results[data-q=members]")).to_contain_text("Go to Members")
    for route in held:
        with suppress(Error):  # nobody waits for it any more
            route.continue_()
    expect(page.locator("#palette-results")).not_to_contain_text("web-two")
    page.locator("#palette-q").fill("web-two")
    page.keyboard.press("Enter")  # the answer is held back
    page.wait_for_url("**/search/?q=web-two*")
