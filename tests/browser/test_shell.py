"""The frame in a browser: pieces arrive live and what a person is doing stays; menus, theme, editor."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests import manifests
from tests.browsers import Desk
from tests.clusters import Cluster

pytestmark = pytest.mark.browser


def _make(cluster: Cluster, desk: Desk, *objects: dict[str, object]) -> None:
    for made in objects:
        cluster.kubectl("create", "-n", desk.project, "-f", "-", stdin=json.dumps(made))


@pytest.fixture
def services(desk: Desk, cluster: Cluster, browser_page: Page) -> Page:
    """The list with web (1 replica) and shop, open before olive."""
    _make(cluster, desk, manifests.deployment("web"), manifests.service("web"), manifests.service("shop"))
    desk.sign_in(browser_page, "olive")
    browser_page.goto(f"{desk.url}/services/")
    expect(browser_page.locator("#live")).to_contain_text("Live")
    expect(browser_page.get_by_role("row", name="web")).to_contain_text("1/1 ready")
    return browser_page


def test_home_follows_the_cluster_and_the_switcher_marks_what_is_wrong(
    desk: Desk, cluster: Cluster, browser_page: Page
) -> None:
    page = browser_page
    _make(cluster, desk, manifests.service("lost"))
    desk.sign_in(page, "bob")
    page.goto(f"{desk.console.url}/")
    row = page.locator("#attention li", has_text="lost")
    expect(row).to_contain_text("Selector matches nothing")
    expect(row.locator("time")).to_have_count(1)  # its slice is empty as it was created: since then it matches nothing
    expect(page.get_by_role("row", name=desk.project)).to_contain_text("1 of 1 needs attention")
    expect(page.locator("#live")).to_contain_text("Live")
    page.locator(".switcher > summary").click()
    expect(page.locator(".switcher li", has_text=desk.project).locator(".status.bad")).to_contain_text("1")
    _make(cluster, desk, manifests.deployment("lost"))
    expect(page.locator("#attention")).to_contain_text("None of 1 Service needs attention.")
    expect(page.get_by_role("row", name=desk.project)).to_contain_text("1 ready")


def test_a_row_changes_and_focus_selection_and_an_open_menu_stay(services: Page, desk: Desk, cluster: Cluster) -> None:
    services.get_by_role("checkbox", name="Select shop").check()
    services.get_by_label("Actions for web").click()
    services.keyboard.press("ArrowDown")
    focused = services.evaluate("document.activeElement.textContent")
    cluster.kubectl("scale", "-n", desk.project, "deployment/web-v1", "--replicas=3")
    expect(services.get_by_role("row", name="web")).to_contain_text("3/3 ready")
    expect(services.locator("details.menu[open]")).to_have_count(1)
    expect(services.get_by_role("checkbox", name="Select shop")).to_be_checked()
    assert services.evaluate("document.activeElement.textContent") == focused
    expect(services.locator(".footbar")).to_contain_text("1 selected")


def test_rows_come_and_go_with_their_selection_and_the_counts(services: Page, desk: Desk, cluster: Cluster) -> None:
    _make(cluster, desk, manifests.service("late"))
    expect(services.get_by_role("row", name="late")).to_be_visible()
    expect(services.locator(".chip").first).to_contain_text("3")
    services.get_by_role("checkbox", name="Select late").check()
    cluster.kubectl("delete", "-n", desk.project, "service", "late")
    expect(services.get_by_role("row", name="late")).to_have_count(0)
    expect(services.locator(".footbar")).to_be_hidden()


def test_one_menu_is_open_at_a_time_and_escape_gives_the_focus_back(services: Page) -> None:
    services.get_by_label("Actions for web").click()
    services.get_by_label("Actions for shop").click()
    expect(services.locator("details.menu[open]")).to_have_count(1)
    services.keyboard.press("Escape")
    expect(services.locator("details.menu[open]")).to_have_count(0)
    expect(services.get_by_label("Actions for shop")).to_be_focused()


def test_the_theme_is_the_servers_from_the_first_byte(services: Page) -> None:
    services.locator(".theme summary").click()
    services.get_by_role("button", name="Dark").click()
    expect(services.locator("html")).to_have_attribute("data-theme", "dark")
    answer = services.request.get(services.url).text()
    assert 'data-theme="dark"' in answer
    assert '<meta name="color-scheme" content="dark">' in answer


def test_the_switcher_filters_while_typing(services: Page, desk: Desk) -> None:
    services.locator(".where summary").click()
    services.keyboard.type(desk.project)
    expect(services.locator("#switch-places li:visible a[aria-current]")).to_have_count(1)
    services.keyboard.type("-there-is-none")
    expect(services.locator("#switch-places li:visible")).to_have_count(0)


def test_the_editor_has_a_tab_a_document_and_keeps_the_text_byte_for_byte(services: Page, desk: Desk) -> None:
    services.goto(f"{desk.url}/service/web/yaml/")
    area = services.locator("[data-editor] textarea[name]")
    before = area.input_value()
    expect(services.locator(".ace_editor")).to_be_visible()
    expect(services.locator("[data-tabs] [aria-current]")).to_contain_text("Service web")
    assert area.input_value() == before
    services.locator(".ace_content").click()
    services.keyboard.press("Control+End")
    services.keyboard.type("# mine")
    expect(area).to_have_value(before + "# mine")


def test_enter_in_the_search_searches_and_chooses_no_columns(services: Page) -> None:
    services.locator("#filter").fill("sho")
    services.keyboard.press("Enter")
    services.wait_for_url(lambda url: "q=sho" in url)
    assert "columns" not in services.url
    expect(services.locator("#services-rows tr")).to_have_count(1)
    expect(services.get_by_role("row", name="shop")).to_be_visible()


def test_columns_are_chosen_and_stay_chosen(services: Page) -> None:
    services.get_by_label("Choose columns").click()
    services.get_by_label("Internal access").uncheck()
    services.get_by_role("button", name="Show selected").click()
    expect(services.get_by_role("columnheader", name="Internal access")).to_have_count(0)
    services.reload()
    expect(services.get_by_role("columnheader", name="Internal access")).to_have_count(0)
    expect(services.get_by_role("columnheader", name="External access")).to_have_count(1)


def test_on_a_phone_the_filters_of_activity_are_folded_and_open_by_keyboard(desk: Desk, browser_page: Page) -> None:
    page = browser_page
    page.set_viewport_size({"width": 375, "height": 800})
    desk.sign_in(page, "olive")
    page.goto(f"{desk.url}/activity/?on=nothing-is-called-so")
    filters = page.get_by_role("search", name="Filter activity")
    expect(filters).to_contain_text("nothing-is-called-so")
    expect(filters.get_by_label("Object", exact=True)).to_be_hidden()
    filters.get_by_role("checkbox", name="Filters").focus()
    page.keyboard.press("Space")
    filters.get_by_label("Object", exact=True).fill("web")
    filters.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(r"[?&]on=web\b"))
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(filters.get_by_label("Object", exact=True)).to_be_visible()
    expect(filters.get_by_role("checkbox", name="Filters")).to_be_hidden()
