"""The YAML editor in a browser: problems while typing, what can be written, files, and a way out for the keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browsers import Desk

pytestmark = pytest.mark.browser

TEXT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop-v1
spec:
  replica: 2
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop}
    spec:
      containers:
      - name: app
        image: nginx:1.27
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: shop\nspec:\n  ports:\n  - port: 80\n"


def test_problems_completion_files_and_the_way_out(desk: Desk, browser_page: Page) -> None:
    page = browser_page
    desk.sign_in(page)
    page.goto(f"{desk.url}/services/new/")
    page.get_by_role("button", name="Edit YAML").click()
    page.wait_for_url(re.compile("/yaml/$"))
    area = page.locator("[data-editor] textarea[name=text]")
    checked = page.locator("[data-foot=checked]")
    expect(page.locator(".ace_editor")).to_be_visible()

    page.locator("input[type=file]").set_input_files(
        {"name": "shop.yaml", "mimeType": "application/yaml", "buffer": f"{TEXT}---\n{SERVICE}".encode()}
    )
    expect(page.locator("[data-tabs] button")).to_have_text([re.compile("Deployment shop-v1"), "Service shop"])
    expect(page.locator(".problems li")).to_have_count(1)
    expect(page.locator(".problems")).to_contain_text("Unknown field replica in spec. Did you mean replicas?")
    expect(checked).to_contain_text("Checked against apps/v1, v1")
    expect(page.locator(".ace_gutter-cell.ace_error")).to_have_text("6")
    expect(page.locator("[data-foot=cursor]")).to_have_text("Line 1, column 1")
    expect(page.locator("[data-tabs] small.bad")).to_have_text("1")
    shape = "getComputedStyle(document.querySelector('.ace_gutter-cell.ace_error'), '::before').clipPath"
    assert page.evaluate(shape).count(",") == 7, "an error is said by its shape as well: an octagon"
    expect(page.locator("[data-tabs] small.bad use")).to_have_attribute("href", re.compile("#g-bad$"))

    page.get_by_role("button", name="Service shop").click()
    page.get_by_role("button", name="Change it to replicas").click()
    expect(page.locator(".problems li")).to_have_count(0)
    expect(area).to_have_value(re.compile("^  replicas: 2$", re.M))
    expect(page.locator(".ace_text-input")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.locator(".problems li")).to_have_count(1)

    page.get_by_role("button", name="Service shop").click()
    page.get_by_role("link", name="Line 6").click()
    expect(page.locator("[data-tabs] [aria-current]")).to_contain_text("Deployment")
    expect(page.locator("[data-foot=cursor]")).to_have_text("Line 6, column 3")
    page.keyboard.press("End")
    page.keyboard.press("Shift+Home")
    page.keyboard.type("re")
    popup = page.locator(".ace_autocomplete")
    expect(popup.get_by_text("replicas", exact=False).first).to_be_visible()
    expect(page.locator(".ace_doc-tooltip")).to_contain_text("Number of desired pods")
    page.keyboard.press("Enter")
    page.keyboard.type("2")
    expect(area).to_have_value(re.compile("^  replicas: 2$", re.M))
    expect(page.locator(".problems li")).to_have_count(0)
    expect(page.locator(".problems")).to_be_hidden()

    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.closest('.ace_editor')"), "Esc, then Tab leaves the editor"

    page.get_by_role("button", name="Format").click()
    expect(area).to_have_value(re.compile("^    matchLabels:\n      app: shop$", re.M))
    page.get_by_role("button", name="Undo").click()
    expect(area).to_have_value(re.compile("matchLabels: {app: shop}"))
    with page.expect_download() as download:
        page.locator(".toolbar summary", has_text="Download").click()
        page.get_by_role("button", name="This document", exact=True).click()
    assert download.value.suggested_filename == "deployment-shop-v1.yaml"
    page.get_by_role("button", name="Next: Review").click()
    page.wait_for_url(re.compile("/review/$"))


def test_the_keyboard_gets_in_and_out_and_is_told_how(desk: Desk, browser_page: Page) -> None:
    page = browser_page
    desk.sign_in(page)
    page.goto(f"{desk.url}/services/new/")
    page.get_by_role("button", name="Edit YAML").click()
    page.wait_for_url(re.compile("/yaml/$"))
    place, area = page.locator(".ace_scroller"), page.locator("[data-editor] textarea[name=text]")
    expect(place).to_have_accessible_description(re.compile("Enter edit Tab indent Esc Tab leave"))
    page.get_by_role("button", name="Find").focus()
    for _ in range(4):  # past the gutter
        if not place.evaluate("place => place === document.activeElement"):
            page.keyboard.press("Tab")
    expect(place).to_be_focused()
    before = area.input_value()
    page.keyboard.type("x")
    expect(area).to_have_value(before)
    page.keyboard.press("Enter")
    expect(page.locator(".ace_text-input")).to_be_focused()
    page.keyboard.type("#")
    page.keyboard.press("Tab")
    expect(area).to_have_value(re.compile("^# "))
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.closest('.ace_editor')"), "Esc, then Tab leaves the editor"


def test_a_saved_problem_has_the_focus_and_leads_to_its_line(desk: Desk, browser_page: Page) -> None:
    page = browser_page
    desk.sign_in(page)
    page.goto(f"{desk.url}/services/new/")
    page.get_by_role("button", name="Edit YAML").click()
    page.wait_for_url(re.compile("/yaml/$"))
    hinted = TEXT.replace("nginx:1.27", "nginx")
    file = {"name": "shop.yaml", "mimeType": "application/yaml", "buffer": f"{hinted}---\n{SERVICE}".encode()}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator("[data-tabs] button").first).to_contain_text("Deployment shop-v1")
    page.get_by_role("button", name="Next: Review").click()
    notice = page.get_by_role("alert").filter(has_text="The text has 1 error.")
    expect(notice).to_be_focused()
    expect(notice).to_be_in_viewport()
    expect(page.locator("[data-total]")).to_have_text("1 error, 1 warning")
    expect(page.locator("[data-tabs] small.bad")).to_have_text("1")
    expect(page.locator("[data-tabs] small.warn")).to_have_text("1")
    page.get_by_role("button", name="Service shop").click()
    notice.get_by_role("link", name="Line 6").click()
    expect(page.locator("[data-foot=cursor]")).to_have_text("Line 6, column 3")
    expect(page.locator("[data-tabs] [aria-current]")).to_contain_text("Deployment")


def test_m8_one_press_takes_out_what_the_cluster_sets(desk: Desk, browser_page: Page) -> None:
    """M8: the button comes with the problems while somebody types, goes with them, and the draft has the text."""
    page = browser_page
    desk.sign_in(page)
    page.goto(f"{desk.url}/services/new/")
    page.get_by_role("button", name="Edit YAML").click()
    page.wait_for_url(re.compile("/yaml/$"))
    button = page.get_by_role("button", name="Remove fields set by the cluster")
    expect(button).to_be_hidden()
    printed = SERVICE.replace("  name: shop\n", "  name: shop # mine\n  uid: 1-2\n  resourceVersion: '7'\n")
    page.locator("input[type=file]").set_input_files(
        {
            "name": "shop.yaml",
            "mimeType": "application/yaml",
            "buffer": f"{printed}status: {{loadBalancer: {{ingress: [{{ip: 10.0.0.1}}]}}}}\n".encode(),
        }
    )
    expect(page.locator(".problems li")).to_have_count(3)
    primary = page.locator(".footbar .primary")
    expect(primary).to_have_class(re.compile(r"\bheld\b"))
    expect(primary).to_have_accessible_description("3 errors")
    page.get_by_role("button", name="Delete line 6").click()
    expect(page.locator(".problems li")).to_have_count(2)
    page.keyboard.press("Control+z")
    expect(page.locator(".problems li")).to_have_count(3)
    button.click()
    expect(page.locator("#toasts")).to_contain_text("Left out: status, metadata.uid, metadata.resourceVersion.")
    area = page.locator("[data-editor] textarea[name=text]")
    expect(area).to_have_value(SERVICE.replace("shop\n", "shop # mine\n"))
    expect(primary).not_to_have_class(re.compile(r"\bheld\b"))
    expect(button).to_be_hidden()


@pytest.mark.parametrize("encoding", ["latin-1", "gbk"])
def test_a_file_in_another_encoding_is_refused(desk: Desk, browser_page: Page, encoding: str) -> None:
    """F1: its characters would be replaced without a word."""
    page = browser_page
    desk.sign_in(page)
    page.goto(f"{desk.url}/services/new/")
    page.get_by_role("button", name="Edit YAML").click()
    expect(page.locator(".ace_editor")).to_be_visible()
    before = page.locator("[data-editor] textarea[name=text]").input_value()
    note = {"latin-1": "café", "gbk": "店舖"}[encoding]
    file = {"name": "a.yaml", "mimeType": "application/yaml", "buffer": f"note: {note}\n".encode(encoding)}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator("#toasts")).to_contain_text("not UTF-8")
    assert page.locator("[data-editor] textarea[name=text]").input_value() == before
