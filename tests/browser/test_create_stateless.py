"""The main job in a browser: with the keyboard only, and the same without a script."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import Desk
from tests.clusters import Cluster

pytestmark = pytest.mark.browser


def tab_to(page: Page, wanted: str, most: int = 80) -> None:
    """Press Tab until the element that has the focus is the wanted one."""
    for _press in range(most):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", wanted):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab reaches {wanted} on {page.url}")


def press(page: Page, wanted: str) -> None:
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def type_into(page: Page, wanted: str, text: str) -> None:
    tab_to(page, wanted)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def through_the_dialog(page: Page) -> None:
    """From the chooser to Create, as the README's reader does it."""
    press(page, ".choice h3 button")
    page.wait_for_url(re.compile("/basic/$"))
    type_into(page, "#id_name", "demo-stateless")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/pod/$"))
    type_into(page, "#id_replicas", "2")
    type_into(page, "#id_containers-0-image", "nginx")
    type_into(page, "#id_containers-0-ports-0-container_port", "80")
    type_into(page, "#id_containers-0-ports-0-service_port", "80")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/storage/$"))
    press(page, ".footbar .primary")
    page.wait_for_url(re.compile("/advanced/$"))
    press(page, ".footbar .primary")
    page.wait_for_url(re.compile("/review/$"))
    expect(page.get_by_text("Accepted")).to_have_count(2)
    press(page, ".footbar .primary")
    page.wait_for_url(re.compile("/service/demo-stateless/$"))


def test_with_the_keyboard_only(desk: Desk, browser_page: Page, cluster: Cluster) -> None:
    page = browser_page
    desk.sign_in(page)
    page.goto(f"{desk.url}/services/")
    press(page, f'a[href$="/projects/{desk.project}/services/new/"]')
    page.wait_for_url(re.compile("/new/$"))
    through_the_dialog(page)
    expect(page.get_by_text("2/2 ready").first).to_be_visible(timeout=5_000)
    deployment = cluster.admin.get("deployments", desk.project, "demo-stateless-v1")
    assert deployment["metadata"]["labels"] == {"app": "demo-stateless", "version": "v1"}
    service = cluster.admin.get("services", desk.project, "demo-stateless")
    assert service["spec"]["selector"] == {"app": "demo-stateless"}
    cluster.kubectl("--namespace", desk.project, "scale", "deployment/demo-stateless-v1", "--replicas=3")
    expect(page.get_by_text("3/3 ready").first).to_be_visible(timeout=5_000)


def test_without_a_script(desk: Desk, browser: Browser, cluster: Cluster) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    try:
        desk.sign_in(page)
        page.goto(f"{desk.url}/services/new/")
        page.get_by_role("button", name="Stateless Service").click()
        page.fill("#id_name", "demo-stateless")
        page.press("#id_name", "Enter")
        page.wait_for_url(re.compile("/pod/$"))
        page.fill("#id_containers-0-image", "nginx")
        page.get_by_role("button", name="Use Default Ports").click()
        expect(page.locator("#id_containers-0-ports-0-container_port")).to_have_value("80")
        page.get_by_role("button", name="Add port").click()
        page.fill("#id_containers-0-ports-1-container_port", "9090")
        page.get_by_role("button", name="One more").click()
        expect(page.locator("#id_containers-0-ports-1-container_port")).to_have_value("9090")
        expect(page.locator("#id_replicas")).to_have_value("2")
        for step in ("storage", "advanced", "review"):
            page.get_by_role("button", name="Next").and_(page.locator(".footbar *")).click()
            page.wait_for_url(re.compile(f"/{step}/$"))
        page.get_by_role("button", name="Create").click()
        page.wait_for_url(re.compile("/service/demo-stateless/$"))
    finally:
        context.close()
    spec = cluster.admin.get("deployments", desk.project, "demo-stateless-v1")["spec"]
    assert spec["replicas"] == 2
    assert [port["containerPort"] for port in spec["template"]["spec"]["containers"][0]["ports"]] == [80, 9090]
