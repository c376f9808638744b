"""The list searches while one types, and pods open at a click, several at a time, without a reload."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests import manifests
from tests.browsers import Desk
from tests.clusters import Cluster

pytestmark = pytest.mark.browser


@pytest.fixture
def services(desk: Desk, cluster: Cluster, browser_page: Page) -> Page:
    """The list with web (2 replicas) and shop, whose description has the word basket, open before olive."""
    shop = manifests.service("shop")
    shop["metadata"]["annotations"] = {"kubesphere.io/description": "Where the basket is kept"}
    for document in (manifests.deployment("web", replicas=2), manifests.service("web"), shop):
        cluster.kubectl("create", "-n", desk.project, "-f", "-", stdin=json.dumps(document))
    desk.sign_in(browser_page, "olive")
    browser_page.goto(f"{desk.url}/services/")
    expect(browser_page.locator("#live")).to_contain_text("Live")
    expect(browser_page.get_by_role("row", name="web")).to_contain_text("2/2 ready")
    return browser_page


def test_the_list_searches_while_one_types_and_finds_words_of_the_description(services: Page) -> None:
    """M28"""
    field = services.get_by_label("Name, alias or label")
    field.press_sequentially("basket")
    expect(services.get_by_role("row", name="web")).to_have_count(0)
    expect(services.get_by_role("row", name="shop")).to_be_visible()
    expect(field).to_be_focused()
    services.wait_for_url("**/services/?q=basket")  # and nothing of the search in the bar
    field.fill("")
    expect(services.get_by_role("row", name="web")).to_be_visible()


def test_pods_open_at_a_click_several_at_a_time_and_stay_open_at_a_reload(services: Page) -> None:
    """M9"""
    services.get_by_role("link", name="web", exact=True).click()
    pods = services.locator("#pods-rows > tr:not(.inner)")
    expect(pods).to_have_count(2)
    services.evaluate("window.sameDocument = true")
    pods.nth(0).locator("th small").click()
    expect(services.locator("#pods-rows > tr.inner")).to_have_count(1)
    opener = services.get_by_role("link", name="Containers of").nth(1)
    opener.focus()
    services.keyboard.press("Enter")
    expect(services.locator("#pods-rows > tr.inner")).to_have_count(2)
    expect(services.get_by_role("link", name="Containers of").nth(1)).to_be_focused()
    services.get_by_role("link", name="Refresh").click()
    expect(services.locator("#pods-rows > tr.inner")).to_have_count(2)
    assert services.evaluate("window.sameDocument"), "a click on a pod has loaded the page again"
    services.reload()
    expect(services.locator("#pods-rows > tr.inner")).to_have_count(2)
    pods.nth(0).locator("td").nth(1).click()
    expect(services.locator("#pods-rows > tr.inner")).to_have_count(1)


def test_a_box_of_the_events_filter_shows_at_once_what_it_chooses(services: Page, desk: Desk) -> None:
    """M28"""
    services.goto(f"{desk.url}/service/web/events/")
    expect(services.locator("#service-events")).to_contain_text("Deployment")
    services.get_by_role("checkbox", name="Workloads").uncheck()
    expect(services.locator("#service-events td", has_text="Deployment")).to_have_count(0)
    expect(services.get_by_role("checkbox", name="Workloads")).not_to_be_checked()


def test_under_an_open_dialog_nothing_is_reached_by_tab(services: Page, desk: Desk) -> None:
    """C21: neither the bar nor the navigation. The button says how much it deletes."""
    services.goto(f"{desk.url}/service/web/delete/")
    expect(services.get_by_role("link", name="Cancel")).to_be_focused()
    button = services.locator("dialog button[type=submit]")
    expect(button).to_have_text("Delete Service web")
    services.get_by_role("checkbox", name="web-v1").check()
    expect(button).to_have_text("Delete Service web and 1 more object")
    for _ in range(12):
        services.keyboard.press("Tab")
        outside = "!document.activeElement.closest('dialog') && document.activeElement !== document.body"
        assert not services.evaluate(outside), services.evaluate("document.activeElement.outerHTML")


# A table of the test's own: the stream of the page puts no rows into it.
OWN_ROWS = """() => document.body.insertAdjacentHTML("beforeend", '<table><tbody id="own-rows"></tbody></table>')"""
COME_AND_GO = """count => {
  for (let at = 0; at < count; at += 1) {
    const row = `gone-${at}`;
    const html = `<tr id="${row}"><td>${String(at).repeat(20000)}</td></tr>`;
    berth.put("own-rows", { order: [row], rows: { [row]: html } });
  }
  berth.put("own-rows", { order: [], rows: {} });
}"""
SHOWN_AS_CHANGED = """async words => {
  const rows = words ? { one: `<tr id="one"><td>${words}</td></tr>` } : {};
  berth.put("own-rows", { order: Object.keys(rows), rows });
  await new Promise(requestAnimationFrame);
  return document.querySelector("#one.changed") !== null;
}"""


def test_rows_that_are_gone_leave_nothing_behind(services: Page) -> None:
    """C25: an open page does not grow with every row that it has ever shown."""
    tools = services.context.new_cdp_session(services)

    def kept() -> float:
        tools.send("HeapProfiler.collectGarbage")
        return float(tools.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

    services.evaluate(OWN_ROWS)
    services.evaluate(COME_AND_GO, 20)
    before = kept()
    services.evaluate(COME_AND_GO, 400)
    assert kept() - before < 5


def test_a_row_is_shown_as_changed_when_it_differs_from_what_was_said_of_it(services: Page) -> None:
    """C25: not the first time, and not when it comes back."""
    services.evaluate(OWN_ROWS)
    changed = [services.evaluate(SHOWN_AS_CHANGED, words) for words in ("a", "a", "b", "", "c")]
    assert changed == [False, False, True, False, False]


def test_the_first_service_of_an_empty_project_appears_by_itself(
    desk: Desk, cluster: Cluster, browser_page: Page
) -> None:
    """The page says so; and the head has its button, the list its filters again."""
    page = browser_page
    desk.sign_in(page, "olive")
    page.goto(f"{desk.url}/services/")
    expect(page.get_by_role("heading", name="No Services in this project")).to_be_visible()
    expect(page.locator("main").get_by_role("search")).to_have_count(0)
    expect(page.get_by_role("link", name=re.compile("Create"))).to_have_count(1)
    expect(page.locator("#live")).to_contain_text("Live")
    cluster.kubectl("create", "-n", desk.project, "-f", "-", stdin=json.dumps(manifests.service("web")))
    expect(page.get_by_role("row", name="web")).to_be_visible()
    expect(page.get_by_role("heading", name="No Services in this project")).to_have_count(0)
    expect(page.locator("main").get_by_role("search")).to_be_visible()
    expect(page.get_by_role("link", name="Create", exact=True)).to_be_visible()


def test_the_bar_says_how_many_services_it_would_delete(services: Page) -> None:
    """A button is a verb with its object; the bar knows the number."""
    boxes = services.locator("[name=pick]")
    boxes.nth(0).check()
    delete = services.locator(".footbar.bulk .danger")
    expect(delete).to_have_text("Delete 1 Service…")
    boxes.nth(1).check()
    expect(delete).to_have_text("Delete 2 Services…")


@pytest.mark.parametrize(("area", "what", "names"), [("pods", "pods", "web-v1-"), ("workloads", "workloads", "web-v1")])
def test_pods_and_workloads_are_picked_as_services_are(
    services: Page, desk: Desk, area: str, what: str, names: str
) -> None:
    """At 375, by keyboard; the bar has names without kinds, and its button opens the dialog over the list."""
    services.set_viewport_size({"width": 375, "height": 700})
    services.goto(f"{desk.url}/{area}/")
    box = services.locator("[name=pick]").first
    expect(box).to_be_visible()
    box.focus()
    services.keyboard.press("Space")
    bar = services.locator(".footbar.bulk")
    expect(bar.locator(".danger")).to_have_text(f"Delete 1 {what[:-1]}…")
    expect(bar.locator("[data-bulk-names]")).to_contain_text(re.compile(f"^{names}"))
    assert services.evaluate("document.documentElement.scrollWidth") <= 375
    bar.locator(".danger").click()
    expect(services.get_by_role("dialog")).to_contain_text("web-v1")
    services.get_by_role("link", name="Cancel").click()
    services.wait_for_url(f"**/{area}/")


def test_a_long_name_keeps_its_end_at_every_width(services: Page, desk: Desk, cluster: Cluster) -> None:
    """Whole on a phone and on a wide screen, else cut once, in its middle: the end is in which names differ."""
    name = "customer-notification-preferences-synchronisation-eu-central-1"
    cluster.kubectl("create", "-n", desk.project, "-f", "-", stdin=json.dumps(manifests.service(name)))
    services.goto(f"{desk.url}/services/?q=customer")
    link = services.locator("#services a.name")
    expect(link).to_have_accessible_name(name)
    for width in (320, 375, 780, 1024, 1280, 1600, 1920):
        services.set_viewport_size({"width": width, "height": 800})
        expect(link).to_be_visible()
        expect(link.locator("i")).to_be_visible(visible=768 < width < 1600)
        assert link.locator(".cut").evaluate("name => name.scrollWidth <= name.clientWidth"), width
        copied = link.evaluate("name => { getSelection().selectAllChildren(name); return getSelection().toString(); }")
        assert copied == name, width


def test_the_page_of_a_long_name_scrolls_nowhere_sideways(services: Page, desk: Desk, cluster: Cluster) -> None:
    """At 320 the longest name there can be wraps in the heading and is cut in tables; nothing hangs over the edge."""
    name = "a-name-of-three-and-sixty-characters" + "-x" * 13 + "z"
    for document in (manifests.deployment(name[:60]), manifests.service(name, selector={"app": name[:60]})):
        cluster.kubectl("create", "-n", desk.project, "-f", "-", stdin=json.dumps(document))
    services.set_viewport_size({"width": 320, "height": 700})
    edits = (f"edit/{dialog}/" for dialog in ("information", "service", "external-access"))
    for tab in ("", "metadata/", "events/", "endpointslices/", "yaml/", "delete/", "logs/", *edits):
        services.goto(f"{desk.url}/service/{name}/{tab}")
        assert services.evaluate("document.documentElement.scrollWidth") <= 320, tab
