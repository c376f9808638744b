"""The log page in a browser: it follows, pauses where somebody reads, finds, and keeps no more than it can show."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browsers import Desk
from tests.clusters import Cluster, eventually
from tests.faults import Proxy
from tests.web.feeds import LOG, Feed, stamped
from tests.web.pods import bare_pod

pytestmark = pytest.mark.browser

SLOW = 30_000
AT_END = """() => {
  const list = document.getElementById("log-lines");
  return list.scrollHeight - list.scrollTop - list.clientHeight < 40;
}"""


@pytest.fixture
def feed(faults: Proxy) -> Iterator[Feed]:
    made = Feed()
    faults.pour(made, path=LOG)
    yield made
    made.end()


@pytest.fixture
def page(desk: Desk, cluster: Cluster, feed: Feed, browser_page: Page) -> Page:
    """The log of a pod that wrote 300 lines, open before olive."""
    document = bare_pod(containers=[{"name": "app", "image": "nginx"}], volumes=[])
    cluster.kubectl("create", "-n", desk.project, "-f", "-", stdin=json.dumps(document))
    eventually(lambda: cluster.admin.get("pods", desk.project, "orders")["status"].get("phase") == "Running")
    feed.say("orders", *(stamped(n, f"line {n}") for n in range(300)))
    desk.sign_in(browser_page, "olive")
    browser_page.goto(f"{desk.url}/pod/orders/logs/")
    expect(browser_page.locator("#log-state")).to_have_text("Following", timeout=SLOW)
    return browser_page


def test_it_follows_and_pauses_where_somebody_reads(page: Page, feed: Feed) -> None:
    lines = page.locator("#log-lines li")
    expect(lines.last).to_contain_text("line 299")
    assert page.evaluate(AT_END), "it shows the newest"
    feed.say("orders", stamped(300, "<img src=x onerror=alert(1)>"))
    expect(lines.last).to_contain_text("<img src=x onerror=alert(1)>", timeout=SLOW)
    page.locator("#log-lines").hover()
    page.mouse.wheel(0, -2000)
    expect(page.locator("#log-state")).to_contain_text("Paused at")
    feed.say("orders", stamped(301, "while one reads"), stamped(302, "and more"))
    expect(page.locator("#log-newer")).to_have_text("2 newer lines", timeout=SLOW)
    expect(lines).to_have_count(301)
    page.locator("#log-newer").click()
    expect(lines.last).to_contain_text("and more")
    expect(page.locator("#log-newer")).to_be_hidden()
    assert page.evaluate(AT_END)
    size = page.viewport_size
    page.set_viewport_size({"width": 375, "height": 600})
    page.wait_for_function(AT_END)  # lines wrap anew on a phone that is turned
    assert size
    page.set_viewport_size(size)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Follow")).to_be_visible()
    page.get_by_text("Filter", exact=True).click()
    page.wait_for_url("**filter=1**")
    expect(page.locator("#log-state")).to_contain_text("Paused at")
    expect(page.get_by_role("button", name="Follow")).to_be_visible()


def test_what_is_found_is_marked_and_visited(page: Page, feed: Feed) -> None:
    page.get_by_label("Find in these lines").fill("LINE 29")
    expect(page.locator("#log-lines mark")).to_have_count(11, timeout=SLOW)
    expect(page.locator("#log-hits")).to_have_text("11")
    assert "find=LINE%2029" in page.url
    expect(page.get_by_label("Find in these lines")).to_be_focused()
    page.get_by_role("button", name="Next match").click()
    expect(page.locator("#log-hits")).to_have_text("1 / 11")
    expect(page.locator("mark[aria-current]")).to_be_in_viewport()
    feed.say("orders", stamped(400, "line 290 again"))
    page.get_by_role("button", name="Follow").click()
    expect(page.locator("#log-lines mark")).to_have_count(12, timeout=SLOW)
    page.get_by_text("Filter", exact=True).click()
    expect(page.locator("#log-lines li")).to_have_count(12, timeout=SLOW)
    page.get_by_label("Regular expression").check()
    page.get_by_label("Find in these lines").fill("line 29(")
    expect(page.locator("#log-problem")).to_contain_text("A closing ) is missing", timeout=SLOW)
    page.get_by_text("Options", exact=True).click()
    ends = page.evaluate(
        "['#log-problem', '#log-chosen'].map((selector) => document.querySelector(selector).getBoundingClientRect())"
    )
    assert ends[0]["bottom"] <= ends[1]["top"], "the open options hide nothing of it"
    page.get_by_text("Options", exact=True).click()
    expect(page.get_by_label("Find in these lines")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Find in these lines").fill("line 29[0-3]$")
    expect(page.locator("#log-lines li")).to_have_count(4, timeout=SLOW)
    expect(page.locator("#log-problem")).to_be_empty()
    expect(page.get_by_label("Find in these lines")).to_be_focused()


def test_the_page_keeps_the_newest_5000_lines(page: Page, feed: Feed) -> None:
    for start in range(300, 9300, 1000):
        feed.say("orders", b"".join(stamped(3000, f"line {n}") for n in range(start, start + 1000)))
    expect(page.locator("#log-lines li").last).to_contain_text("line 9299", timeout=SLOW)
    kept = page.locator("#log-lines li").count()
    assert 4800 <= kept <= 5000, "the oldest go in parts"
    assert re.search(rf"line {9300 - kept}$", page.locator("#log-lines li").first.text_content() or "")
    page.get_by_role("button", name="Pause").click()
    feed.say("orders", b"".join(stamped(3100, f"later {n}") for n in range(6000)))
    expect(page.locator("#log-newer")).to_have_text("6,000 newer lines", timeout=SLOW)
    page.locator("#log-newer").click()
    expect(page.locator("#log-lines li").last).to_contain_text("later 5999")
    first = page.locator("#log-lines li").first
    expect(first).to_contain_text("1,000 lines skipped while the page was hidden")
    expect(page.locator("#log-lines li")).to_have_count(5001)
    assert page.evaluate(AT_END)


def test_a_line_is_gone_to_copied_and_linked(page: Page, feed: Feed) -> None:
    """Options go to a time, at once; arrows and the pointer reach what can be done with a line; it is said how many
    newer lines there are, and the way back to them is one press."""
    page.set_viewport_size({"width": 375, "height": 900})
    page.locator("#log-options summary").click()
    expect(page.get_by_label("Go to time")).to_be_in_viewport(ratio=1)
    page.locator("#log-options summary").click()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#log-options summary").click()
    field = page.get_by_label("Go to time")
    field.fill("noon")
    field.press("Enter")
    expect(page.locator("#log-at-problem")).to_contain_text("Invalid time", timeout=SLOW)
    expect(field).to_have_attribute("aria-invalid", "true")
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url) if "at=2025" in request.url else None)
    field.fill("2025-11-28 12:01:40")
    field.press("Enter")
    marked = page.locator("#log-lines li.here")
    expect(marked).to_contain_text("line 100", timeout=SLOW)
    assert [url for url in urls if "/stream/" not in url] == urls[:1], "one request, and none that is cut off"
    expect(field).to_be_focused()
    expect(page.locator("#log-at-problem")).to_be_empty()
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(marked).to_be_in_viewport()
    expect(page.locator("#log-state")).to_contain_text("Paused at")
    feed.say("orders", stamped(300, "line 300"))
    expect(page.locator("#log-newer")).to_have_text("1 newer line", timeout=SLOW)
    page.locator("#log-options summary").click()
    page.locator("#log-lines").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(marked).to_contain_text("line 98")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Copy link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".toasts")).to_contain_text("Copied")
    address = page.evaluate("navigator.clipboard.readText()")
    page.locator("#log-lines li", has_text="line 105").hover()
    page.get_by_role("button", name="Copy line").click()
    expect(page.locator("#log-lines li", has_text="line 105").get_by_role("button", name="Copy line")).to_be_focused()
    assert page.evaluate("navigator.clipboard.readText()") == "line 105"
    page.locator("#log-newer").click()
    expect(page.locator("#log-lines li").last).to_contain_text("line 300")
    page.goto(address)
    expect(marked).to_contain_text("line 98", timeout=SLOW)
    expect(marked).to_be_in_viewport()
    page.get_by_role("link", name="Newest lines").click()
    expect(page.locator("#log-state")).to_have_text("Following", timeout=SLOW)
    assert page.evaluate(AT_END)
