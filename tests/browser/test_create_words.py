"""What a form says of itself while one types: values of folds, and errors that go when they are put right."""

import pytest
from playwright.sync_api import Page, expect

from tests.browsers import Desk

pytestmark = pytest.mark.browser
ONE = "#id_containers-0-"
TYPED = """(name) => {
  name.dispatchEvent(new Event("input", { bubbles: true }));
  return document.getElementById("made").ariaBusy;
}"""
BELOW = "#id_containers-0-ports-0 td[data-col=container_port] .error"


def name_it(page: Page) -> None:
    """What is wrong with the name is said beside it once it is left, and goes when it is put right."""
    name, wrong = page.locator("#id_name"), page.locator("#id_name_error")
    expect(page.locator("[data-discards][hidden]")).to_have_count(2)  # there is nothing to discard yet
    name.press_sequentially("Shop Front")
    expect(page.locator("#made")).to_contain_text("Incomplete", timeout=20_000)
    expect(page.locator("[data-discards][hidden]")).to_have_count(0)
    expect(wrong).to_have_count(0)
    name.press("Tab")
    expect(wrong).to_be_visible(timeout=20_000)
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_attribute("aria-describedby", "id_name_helptext id_name_error")
    name.fill("web")
    expect(wrong).to_have_count(0, timeout=20_000)
    expect(name).not_to_have_attribute("aria-invalid", "true")
    made = page.locator("#made")
    expect(made).not_to_have_attribute("aria-busy", "true")
    assert name.evaluate(TYPED) == "true"  # what will be created waits for what was typed
    expect(made).not_to_have_attribute("aria-busy", "true", timeout=20_000)


def read_the_image(page: Page) -> None:
    """What is read out of an image is never that of another one, while it is typed and after."""
    hint = page.locator(f"{ONE}image_read")
    page.fill(f"{ONE}image", "nginx")
    expect(hint).to_contain_text("Docker Hub, repository library/nginx, tag latest", timeout=20_000)
    page.route("**/pod/", lambda route: route.abort())
    page.fill(f"{ONE}image", "ghcr.io/shop/orders:5.2")
    expect(hint).to_be_hidden()
    expect(page.locator("#kept.bad")).to_be_visible(timeout=20_000)
    expect(hint).to_be_hidden()
    page.unroute("**/pod/")
    expect(hint).to_be_visible(timeout=30_000)
    expect(hint).to_contain_text("ghcr.io, repository shop/orders, tag 5.2", timeout=20_000)


def test_folds_and_errors_follow_what_is_typed(desk: Desk, browser_page: Page) -> None:
    """M17, and a fold that says "Off" while something is on."""
    page = browser_page
    desk.sign_in(page, "olive")
    page.goto(f"{desk.url}/services/new/")
    page.get_by_role("button", name="Stateless Service").click()
    name_it(page)
    page.get_by_role("button", name="Next").click()
    expect(page.locator(f"{ONE}image")).to_be_focused()
    fold = page.locator("#fold_containers-0-health > summary")
    expect(fold.locator(".now")).to_have_text("Off")
    fold.click()
    page.locator(f"{ONE}readiness-kind").select_option("http")
    expect(fold.locator(".now")).to_have_text("Readiness: HTTP GET /")
    page.fill(f"{ONE}readiness-path", "/ready")
    expect(fold.locator(".now")).to_have_text("Readiness: HTTP GET /ready")
    page.locator(f"{ONE}readiness-kind").select_option("")
    expect(fold.locator(".now")).to_have_text("Off")
    read_the_image(page)
    port, below = page.locator(f"{ONE}ports-0-container_port"), page.locator(BELOW)
    port.fill("99999")
    port.press("Tab")
    expect(below).to_contain_text("65535", timeout=20_000)
    port.fill("")
    port.press("Tab")
    expect(below).to_be_hidden(timeout=20_000)
    page.fill(f"{ONE}name", "api")
    expect(page.locator("#named_containers-0")).to_have_text("api", timeout=20_000)
    page.fill("#id_replicas", "many")
    page.fill(f"{ONE}ports-0-name", "web")
    page.locator(".footbar .primary").click()
    hint, error = page.locator("#id_replicas_helptext"), page.locator("#id_replicas_error")
    below = page.locator(BELOW)
    expect(error).to_be_visible()
    expect(hint).to_be_hidden()
    expect(below).to_be_visible()
    page.fill("#id_replicas", "2")
    page.fill(f"{ONE}ports-0-container_port", "80")
    page.fill(f"{ONE}ports-0-service_port", "80")
    expect(page.locator("#step .errors, #problems")).to_have_count(0)
    expect(hint).to_be_visible()
    expect(below).to_be_hidden()
