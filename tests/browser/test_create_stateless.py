"""The main job in a browser: with the keyboard only, and the same without a script."""

import re
from collections import Counter

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import Desk
from tests.clusters import Cluster

pytestmark = pytest.mark.browser(whole=True)  # the main job, in the browser as people have it


MOST_PRESSES = 100  # 146 at d18b7a7, without the annotations of the pods
PRESSES: list[str] = []
"""Each press of Tab since it was cleared, and what was looked for."""


def tab_to(page: Page, wanted: str, most: int = 80, key: str = "Tab") -> None:
    """Press Tab until the element that has the focus is the wanted one. Each press is kept in PRESSES."""
    for _press in range(most):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", wanted):
            return
        PRESSES.append(wanted)
        page.keyboard.press(key)
    raise AssertionError(f"no Tab reaches {wanted} on {page.url}")


def press(page: Page, wanted: str) -> None:
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def type_into(page: Page, wanted: str, text: str, key: str = "Tab") -> None:
    tab_to(page, wanted, key=key)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


# Keeps what the page's first status said, from the moment there is a page.
STATUS = """(() => {
  window.statuses = [];
  const look = () => {
    const word = document.querySelector("#main .status")?.textContent.replace(/\\s+/g, " ").trim();
    if (word && window.statuses.at(-1) !== word) window.statuses.push(word);
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
})()"""


def sign_in_and_walk(page: Page, desk: Desk) -> None:
    """From the sign-in link over home to the list of the project's Services."""
    page.goto(desk.links["olive"])
    press(page, "button.primary")
    page.wait_for_url(f"{desk.console.url}/")
    press(page, f'#main a[href="/projects/{desk.project}/"]')
    page.wait_for_url(re.compile(f"/projects/{desk.project}/$"))
    press(page, f'.nav a[href="/projects/{desk.project}/services/"]')
    page.wait_for_url(re.compile("/services/$"))


def through_the_dialog(page: Page, *, slow: bool = False) -> None:
    """From the chooser to Create, as the README's reader does it. slow: the pods take three seconds to start."""
    press(page, ".choice h3 button")
    page.wait_for_url(re.compile("/basic/$"))
    type_into(page, "#id_name", "demo-stateless")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/pod/$"))
    type_into(page, "#id_replicas", "2", key="Shift+Tab")  # the step begins in the image, which nobody can leave out
    type_into(page, "#id_containers-0-image", "nginx")
    type_into(page, "#id_containers-0-ports-0-container_port", "80")
    type_into(page, "#id_containers-0-ports-0-service_port", "80")
    if slow:
        press(page, "#fold_annotations summary")
        press(page, 'button[value="add:annotations"]')
        expect(page.locator("#id_annotations-0-key")).to_be_focused()
        type_into(page, "#id_annotations-0-key", "berth.test/fate")
        type_into(page, "#id_annotations-0-value", "slow")
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
    """Issue 12: with no more presses of Tab than before it. It took 146 at d18b7a7."""
    page = browser_page
    PRESSES.clear()
    page.add_init_script(STATUS)
    sign_in_and_walk(page, desk)
    press(page, f'a[href$="/projects/{desk.project}/services/new/"]')
    page.wait_for_url(re.compile("/new/$"))
    through_the_dialog(page, slow=True)
    assert len(PRESSES) <= MOST_PRESSES, Counter(PRESSES)
    expect(page.locator("#main .status").first).to_have_text("2/2 ready", timeout=20_000)
    statuses = page.evaluate("window.statuses")
    assert statuses[0].startswith("0/2"), statuses
    assert statuses[-1] == "2/2 ready", statuses
    deployment = cluster.admin.get("deployments", desk.project, "demo-stateless-v1")
    assert deployment["metadata"]["labels"] == {"app": "demo-stateless", "version": "v1"}
    service = cluster.admin.get("services", desk.project, "demo-stateless")
    assert service["spec"]["selector"] == {"app": "demo-stateless"}
    cluster.kubectl("--namespace", desk.project, "scale", "deployment/demo-stateless-v1", "--replicas=3")
    expect(page.get_by_text("3/3 ready").first).to_be_visible(timeout=20_000)


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
        page.get_by_role("button", name=re.compile("^Create")).click()
        page.wait_for_url(re.compile("/service/demo-stateless/$"))
    finally:
        context.close()
    spec = cluster.admin.get("deployments", desk.project, "demo-stateless-v1")["spec"]
    assert spec["replicas"] == 2
    assert [port["containerPort"] for port in spec["template"]["spec"]["containers"][0]["ports"]] == [80, 9090]
