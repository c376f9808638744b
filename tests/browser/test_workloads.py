"""Workloads in a browser: lists search while one types, menus of rows fit their row, numbers are stepped and kept."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests import manifests
from tests.browsers import Desk
from tests.clusters import Cluster

pytestmark = pytest.mark.browser


@pytest.fixture
def page(desk: Desk, cluster: Cluster, browser_page: Page) -> Page:
    """Signed in as olive, in a project with a Deployment of two pods, another one, and a DaemonSet."""
    for document in (
        manifests.deployment("web", replicas=2),
        manifests.deployment("shop"),
        manifests.daemon_set("agent"),
        manifests.service("web"),
    ):
        cluster.kubectl("create", "-n", desk.project, "-f", "-", stdin=json.dumps(document))
    desk.sign_in(browser_page, "olive")
    return browser_page


def test_the_list_searches_filters_and_follows(page: Page, desk: Desk, cluster: Cluster) -> None:
    page.goto(f"{desk.url}/workloads/")
    expect(page.get_by_role("row", name="web-v1")).to_contain_text("2/2 available")
    field = page.get_by_label("Name, image or label")
    field.press_sequentially("agent")
    expect(page.get_by_role("row", name="web-v1")).to_have_count(0)
    expect(field).to_be_focused()
    page.wait_for_url("**/?q=agent*")
    field.fill("")
    expect(page.get_by_role("row", name="web-v1")).to_be_visible()
    cluster.kubectl("scale", "-n", desk.project, "deployment/web-v1", "--replicas=3")
    expect(page.get_by_role("row", name="web-v1")).to_contain_text("3/3 available")
    page.goto(f"{desk.url}/pods/?workload=Deployment%2Fweb-v1")
    expect(page.locator("#pods-rows > tr")).to_have_count(3)
    cluster.kubectl("scale", "-n", desk.project, "deployment/web-v1", "--replicas=1")
    expect(page.locator("#pods-rows > tr")).to_have_count(1)


def test_on_a_phone_a_pod_has_its_workload_and_as_much_of_its_name_as_fits(
    page: Page, desk: Desk, cluster: Cluster
) -> None:
    name = "customer-notification-preferences-synchronisation"
    cluster.kubectl("create", "-n", desk.project, "-f", "-", stdin=json.dumps(manifests.deployment(name)))
    for width in (375, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{desk.url}/pods/?q=web-v1")
        expect(page.locator("#pods-rows .name .cut > i").filter(visible=True)).to_have_count(0)
        expect(page.locator("#pods-rows > tr").first.get_by_role("link", name="web-v1", exact=True)).to_be_visible()
        expect(page.locator("#pods-rows .c-restarts").filter(visible=True)).to_have_count(0)  # none was restarted
        page.goto(f"{desk.url}/pods/?q={name}")
        expect(page.locator("#pods-rows small").filter(has_text="Deployment").first).to_be_visible()
        box = page.locator("#pods-rows th .name").bounding_box()
        assert box
        assert box["x"] + box["width"] <= width - 40, "it ends before the menu of its row"


def test_the_menu_of_a_row_has_what_its_kind_can_do(page: Page, desk: Desk, cluster: Cluster) -> None:
    cluster.kubectl("rollout", "pause", "-n", desk.project, "deployment/shop-v1")
    page.goto(f"{desk.url}/workloads/")
    expect(page.locator("tr.paused")).to_have_count(1)
    offers = {"web-v1": ("Scale…", "Pause Rollout…"), "shop-v1": ("Scale…", "Resume Rollout…"), "agent": ()}
    for name, words in offers.items():
        row = page.get_by_role("row", name=name)
        row.locator("summary").click()
        shown = row.get_by_role("link").filter(visible=True)
        for word in ("Scale…", "Pause Rollout…", "Resume Rollout…"):
            expect(shown.filter(has_text=word)).to_have_count(1 if word in words else 0)
        page.keyboard.press("Escape")
    page.get_by_role("row", name="web-v1").locator("summary").click()
    page.get_by_role("row", name="web-v1").get_by_role("link", name="Restart…").click()
    expect(page.get_by_role("heading", name="Restart Deployment web-v1?")).to_be_visible()


def test_a_number_is_stepped_typed_and_sent(page: Page, desk: Desk, cluster: Cluster) -> None:
    """What is typed stays while the page goes on living."""
    page.goto(f"{desk.url}/workload/deployment/web-v1/")
    expect(page.locator("#workload-head")).to_contain_text("2/2 available")
    form = page.locator("#scaling")
    form.get_by_role("button", name="One more").click()
    form.get_by_role("button", name="One more").click()
    form.get_by_role("button", name="One fewer").click()
    expect(form.get_by_role("textbox")).to_have_value("3")
    cluster.kubectl("rollout", "pause", "-n", desk.project, "deployment/web-v1")
    expect(page.locator("#workload-status")).to_contain_text("Rollout paused")
    expect(form.get_by_role("textbox")).to_have_value("3")
    form.get_by_role("button", name="Apply, 2 to 3").click()
    expect(page.locator(".toast")).to_contain_text("Scaled web-v1 from 2 to 3 replicas.")
    expect(page.locator("#workload-head")).to_contain_text("3/3 available")
    page.goto(f"{desk.url}/workload/deployment/web-v1/scale/")
    expect(page.locator("dialog").get_by_role("button", name="Scale")).to_be_disabled()
    page.locator("#id_replicas").fill("4")
    expect(page.locator("dialog").get_by_role("button", name="Scale, 3 to 4 pods")).to_be_enabled()


def test_an_image_that_is_refused_is_red_until_it_is_changed(page: Page, desk: Desk) -> None:
    """And one that is sent as it was is answered, though nothing was done."""
    page.goto(f"{desk.url}/workload/deployment/web-v1/image/")
    field = page.locator("dialog input[type=text], dialog input:not([type])").first
    before = field.input_value()
    field.fill("a b")
    page.get_by_role("button", name="Change image").click()
    expect(page.locator("dialog .errors")).to_have_count(1)
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill(before)
    expect(page.locator("dialog .errors")).to_have_count(0)
    expect(field).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Change image").click()
    expect(page.locator(".toast")).to_contain_text("Nothing was changed.")


def test_without_scripts_it_is_scaled_too(page: Page, desk: Desk, cluster: Cluster) -> None:
    state = page.context.storage_state()
    browser = page.context.browser
    assert browser
    context = browser.new_context(java_script_enabled=False, storage_state=state)
    plain = context.new_page()
    plain.goto(f"{desk.url}/workload/deployment/web-v1/")
    expect(plain.get_by_role("button", name="One more")).to_be_hidden()
    plain.locator("#scaling").get_by_role("textbox").fill("0")
    plain.locator("#scaling").get_by_role("button", name="Scale").click()
    expect(plain.locator("dialog")).to_contain_text("0 replicas stop the workload.")
    plain.get_by_label("Stop it anyway").check()
    plain.get_by_role("button", name="Stop").click()
    expect(plain.locator("body")).to_contain_text("Scaled web-v1 from 2 to 0 replicas.")
    assert cluster.admin.get("deployments", desk.project, "web-v1")["spec"]["replicas"] == 0
    context.close()


def test_nothing_scrolls_sideways(page: Page, desk: Desk, cluster: Cluster) -> None:
    """At 320 the longest name there can be wraps in the heading and is cut in tables."""
    name = "a-name-of-sixty-characters" + "-x" * 16 + "z"
    cluster.kubectl("create", "-n", desk.project, "-f", "-", stdin=json.dumps(manifests.deployment(name, fate="crash")))
    page.set_viewport_size({"width": 320, "height": 700})
    workload = f"workload/deployment/{name}-v1"
    pages = ("revisions", "metadata", "events", "yaml", "scale", "restart", "image", "pause", "rollback/1", "settings")
    for address in ("workloads", "pods", workload, *(f"{workload}/{tab}" for tab in pages)):
        page.goto(f"{desk.url}/{address}/")
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
    for step in ("Pod Settings", "Storage Settings", "Advanced Settings"):
        page.goto(f"{desk.url}/{workload}/settings/")
        page.get_by_role("button", name=step).click()
        expect(page.locator("#made")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, step


def test_settings_are_changed_with_the_keyboard_and_survive_a_closed_tab(
    page: Page, desk: Desk, cluster: Cluster
) -> None:
    """C12: what was typed is kept before anything is pressed; then it is reviewed and applied, by keys alone."""
    address, image = f"{desk.url}/workload/deployment/web-v1/", "#id_containers-0-image"
    page.goto(address)
    page.locator("#acts summary", has_text="More").press("Enter")
    page.locator("#acts").get_by_role("link", name="Edit Settings").press("Enter")
    page.get_by_role("button", name="Pod Settings").press("Enter")
    expect(page.locator(image)).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("nginx:1.28")
    expect(page.locator("#made")).to_contain_text("nginx:1.28")
    expect(page.locator("#kept")).to_have_text("Draft saved")
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    with page.expect_response(lambda answer: "/pods/" in answer.url and "pick" in answer.url):
        page.locator("#fold_scheduling > summary").focus()
    assert not errors, "htmx finds what it includes, where there is no rule, too"
    page.goto(f"{address}settings/")
    expect(page.locator(".notice")).to_contain_text("You have changes that are not applied.")
    page.get_by_role("button", name="Pod Settings").press("Enter")
    expect(page.locator(image)).to_have_value("nginx:1.28")
    page.keyboard.press("Enter")
    page.wait_for_url("**/storage/")
    page.get_by_role("button", name="Review changes").press("Enter")
    page.wait_for_url("**/review/")
    expect(page.locator("main")).to_contain_text("2 pods are replaced, at most 1 at a time.")
    expect(page.locator(".diff")).to_contain_text("nginx:1.28")
    page.get_by_role("button", name="Apply").press("Enter")
    expect(page.locator(".toast")).to_contain_text("Saved web-v1: 1 field changed.")
    assert page.url == address
    expect(page.locator(".toast").get_by_role("link")).to_have_text(["Follow the rollout", "Revisions", "Activity"])
    template = cluster.admin.get("deployments", desk.project, "web-v1")["spec"]["template"]
    assert template["spec"]["containers"][0]["image"] == "nginx:1.28"


def test_on_a_phone_the_tab_that_is_open_is_in_sight(page: Page, desk: Desk) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(f"{desk.url}/workloads/")
    expect(page.locator("#workloads-rows")).to_contain_text("web-v1")
    page.goto(f"{desk.url}/workload/deployment/web-v1/yaml/")
    tab = page.locator("#workload-tabs [aria-current]")
    expect(tab).to_have_text("YAML")
    expect(tab).to_be_in_viewport(ratio=0.9)
