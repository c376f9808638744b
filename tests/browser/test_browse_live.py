"""An open page while things happen: kubectl works, a cluster or a console dies, rights and sessions end."""

import json
import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests import manifests
from tests.browser.test_create_stateless import through_the_dialog
from tests.browsers import Desk
from tests.clusters import Cluster, eventually

pytestmark = pytest.mark.browser

SLOW = 30_000  # ms; for what has no bound of its own on a busy machine
Record = Callable[[str, object], None]

# Notes when the words first stand on the page (epoch ms), by the page's own eyes: no test polls between.
NOTICE = """words => {
  const seen = new RegExp(words);
  window.seenAt = 0;
  const look = () => {
    if (!window.seenAt && seen.test(document.body.textContent.replace(/\\s+/g, " "))) window.seenAt = Date.now();
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  look();
}"""
# Keeps every word the pill has said, and what a reload would lose.
LISTEN = """() => {
  window.said = [];
  window.notReloaded = true;
  const look = () => {
    const word = document.querySelector("#live b")?.textContent;
    if (word && window.said.at(-1) !== word) window.said.push(word);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  look();
}"""


def make(cluster: Cluster, desk: Desk, *objects: dict[str, object]) -> None:
    text = "\n---\n".join(map(json.dumps, objects))
    cluster.kubectl("create", "-n", desk.project, "-f", "-", stdin=text)


def scale(cluster: Cluster, desk: Desk, name: str, replicas: int) -> None:
    cluster.kubectl("scale", "-n", desk.project, f"deployment/{name}", f"--replicas={replicas}")


def live(page: Page) -> None:
    expect(page.locator("#live")).to_contain_text("Live", timeout=SLOW)


def colours(page: Page, which: str = "#main *") -> set[str]:
    """The colours of everything that is visible there."""
    values: list[str] = page.locator(which).evaluate_all(
        "all => all.filter(element => element.checkVisibility()).map(element => getComputedStyle(element).color)"
    )
    return set(values)


@pytest.fixture
def pages(desk: Desk, cluster: Cluster, browser_page: Page) -> Iterator[tuple[Page, Page]]:
    """The list and the details of web (1 replica), both open before olive; shop is there too."""
    make(cluster, desk, manifests.deployment("web"), manifests.service("web"), manifests.service("shop"))
    desk.sign_in(browser_page, "olive")
    details = browser_page.context.new_page()
    browser_page.goto(f"{desk.url}/services/")
    details.goto(f"{desk.url}/service/web/")
    for page in (browser_page, details):
        live(page)
        expect(page.get_by_text("1/1 ready").first).to_be_visible(timeout=SLOW)
    yield browser_page, details
    details.close()


def test_kubectl_sees_what_the_console_made_and_the_pages_see_what_kubectl_does(
    desk: Desk, browser_page: Page, cluster: Cluster, record_property: Record
) -> None:
    streams: list[str] = []
    browser_page.context.on(
        "request", lambda request: streams.append(request.url) if request.resource_type == "eventsource" else None
    )
    desk.sign_in(browser_page)
    browser_page.goto(f"{desk.url}/services/new/")
    streams.clear()  # of home, which signing in leads to
    through_the_dialog(browser_page)
    service = json.loads(cluster.kubectl("get", "-n", desk.project, "service", "demo-stateless", "-o", "json"))
    assert service["spec"]["selector"] == {"app": "demo-stateless"}
    assert service["metadata"]["annotations"] == {
        "kubesphere.io/serviceType": "statelessservice",
        "kubesphere.io/creator": desk.people["olive"],
    }
    made = json.loads(cluster.kubectl("get", "-n", desk.project, "deployment", "demo-stateless-v1", "-o", "json"))
    assert made["metadata"]["labels"] == {"app": "demo-stateless", "version": "v1"}

    listing = browser_page.context.new_page()
    listing.goto(f"{desk.url}/services/")
    both = {"details": browser_page, "list": listing}
    for page in both.values():
        live(page)
        expect(page.get_by_text("2/2 ready").first).to_be_visible(timeout=SLOW)
        page.evaluate(NOTICE, r"\d/3 ready")
    scale(cluster, desk, "demo-stateless-v1", 3)
    returned = time.time()
    for name, page in both.items():
        seen = eventually(lambda page=page: page.evaluate("window.seenAt"), timeout=15) / 1000
        took = max(0.0, seen - returned)
        record_property(f"kubectl scale seen on the {name} page", f"{took:.2f} s on the {cluster.name} cluster")
        assert took < 2
        expect(page.get_by_text("3/3 ready").first).to_be_visible(timeout=SLOW)
    inside = [url for url in streams if f"/projects/{desk.project}/" in url]  # home has one, too
    assert [url.partition(desk.project)[2].partition("?")[0] for url in inside] == [
        "/service/demo-stateless/stream/",
        "/services/stream/",
    ], "one stream a page"
    listing.close()


@pytest.mark.parametrize(
    "how",
    [
        "unreachable",
        pytest.param("killed", marks=pytest.mark.embedded_only(reason="the real one is shared by all tests")),
    ],
)
def test_a_cluster_that_dies_under_open_pages(
    pages: tuple[Page, Page], desk: Desk, cluster: Cluster, record_property: Record, how: str
) -> None:
    green = colours(pages[0], "#main .status.ok")
    for page in pages:
        page.evaluate(LISTEN)
        assert green & colours(page)
    died = time.time()
    if how == "killed":
        cluster.crash()
    else:
        cluster.proxy.down()
    try:
        for page in pages:
            expect(page.locator("#live")).to_contain_text("As of", timeout=20_000)
            expect(page.locator("#main")).to_have_class(re.compile(r"\bstale\b"))
            assert not green & colours(page), "a colour would be a claim about now"
            said = page.locator("#main").inner_text()
            assert "The cluster has not responded since" in said
            assert "Berth tries again every few seconds." in said
        record_property(f"as of, on both pages, after the cluster was {how}", f"{time.time() - died:.1f} s")
        assert time.time() - died < 10
        if how != "killed":
            scale(cluster, desk, "web-v1", 3)
            make(cluster, desk, manifests.service("meanwhile"))
        states = [page.evaluate("window.said") for page in pages]
    finally:
        if how == "killed":
            cluster.revive()
        cluster.proxy.up()
    back = time.time()
    if how == "killed":
        scale(cluster, desk, "web-v1", 3)
        make(cluster, desk, manifests.service("meanwhile"))
    assert all(words[0] == "Live" and "Live" not in words[1:] for words in states), states
    listing, _ = pages
    for page in pages:
        expect(page.locator("#live")).to_contain_text("Live", timeout=60_000)
        expect(page.locator("#main")).not_to_have_class(re.compile(r"\bstale\b"))
        expect(page.get_by_text("3/3 ready").first).to_be_visible(timeout=SLOW)
        expect(page.locator("#main")).not_to_contain_text("The cluster has not responded")
        assert page.evaluate("window.notReloaded"), "it came back without a reload"
    record_property(f"live again, both pages, after the cluster was {how}", f"{time.time() - back:.1f} s")
    expect(listing.get_by_role("row", name="meanwhile")).to_be_visible()
    expect(listing.get_by_role("row", name="shop")).to_be_visible()


def test_focus_selection_an_open_menu_and_the_place_survive_updates(
    desk: Desk, cluster: Cluster, browser_page: Page
) -> None:
    page = browser_page
    many = [manifests.service(f"a-{number:02}") for number in range(18)]
    make(cluster, desk, manifests.deployment("web"), manifests.service("web"), *many)
    desk.sign_in(page)
    page.set_viewport_size({"width": 1280, "height": 500})
    page.goto(f"{desk.url}/services/")
    live(page)
    expect(page.get_by_role("row", name="web")).to_contain_text("1/1 ready", timeout=SLOW)
    page.get_by_role("checkbox", name="Select web").check()
    page.get_by_role("checkbox", name="Select a-15").check()
    page.get_by_label("Actions for web").click()
    page.keyboard.press("ArrowDown")
    at = "[scrollY, document.querySelector('#main').scrollTop, document.activeElement.textContent]"
    before = page.evaluate(at)
    assert max(before[:2]) > 100, "the list is longer than the window"
    scale(cluster, desk, "web-v1", 3)
    expect(page.get_by_role("row", name="web")).to_contain_text("3/3 ready", timeout=SLOW)
    make(cluster, desk, manifests.service("z-last"))
    expect(page.get_by_role("row", name="z-last")).to_have_count(1, timeout=SLOW)
    cluster.kubectl("delete", "-n", desk.project, "service", "z-last")
    expect(page.get_by_role("row", name="z-last")).to_have_count(0, timeout=SLOW)
    assert page.evaluate(at) == before
    expect(page.locator("details.menu[open]")).to_have_count(1)
    for name in ("web", "a-15"):
        expect(page.get_by_role("checkbox", name=f"Select {name}")).to_be_checked()


def test_a_console_that_is_killed_is_said_and_comes_back_without_a_reload(
    pages: tuple[Page, Page], desk: Desk, cluster: Cluster, record_property: Record
) -> None:
    listing, details = pages
    for page in pages:
        page.evaluate(LISTEN)
    listing.get_by_role("checkbox", name="Select shop").check()
    port = int(desk.console.url.rpartition(":")[2])
    died = time.time()
    desk.console.crash()
    try:
        for page in pages:
            expect(page.locator("#live")).to_contain_text("As of", timeout=20_000)
            expect(page.locator("#main")).to_have_class(re.compile(r"\bstale\b"))
            expect(page.locator("#lost")).to_contain_text("Berth has not responded since", timeout=100)
        record_property("as of, on both pages, after the console was killed", f"{time.time() - died:.1f} s")
        assert time.time() - died < 10
        make(cluster, desk, manifests.service("meanwhile"))
        scale(cluster, desk, "web-v1", 2)
    finally:
        desk.console.start(port)
    for page in pages:
        expect(page.locator("#live")).to_contain_text("Live", timeout=60_000)
        expect(page.locator("#lost")).to_have_count(0)
        assert page.evaluate("window.notReloaded")
        words = page.evaluate("window.said")
        assert words[:3] == ["Live", "Reconnecting", "As of"], words
    expect(listing.get_by_role("row", name="meanwhile")).to_be_visible(timeout=SLOW)
    expect(details.get_by_text("2/2 ready").first).to_be_visible(timeout=SLOW)
    expect(listing.get_by_role("checkbox", name="Select shop")).to_be_checked()


def test_rights_taken_away_end_the_open_page(
    pages: tuple[Page, Page], desk: Desk, browser: Browser, record_property: Record
) -> None:
    ended: list[tuple[int, float]] = []
    for page in pages:
        page.on(
            "response",
            lambda response: (
                ended.append((response.status, time.time())) if response.request.is_navigation_request() else None
            ),
        )
    hers = browser.new_context()
    try:
        alice = hers.new_page()
        desk.sign_in(alice, "alice")
        alice.goto(f"{desk.url}/members/{desk.people['olive']}/remove/")
        alice.get_by_role("button", name="Remove").click()
        alice.wait_for_url(re.compile("/members/$"))
        removed = time.time()
        for page in pages:
            expect(page.get_by_role("heading", level=1)).not_to_contain_text(re.compile("Services|web"), timeout=15_000)
    finally:
        hers.close()
    assert [status for status, _ in ended] == [404, 404]
    took = max(0.0, max(at for _, at in ended) - removed)
    record_property("both pages ended after the membership", f"{took:.1f} s")
    assert took < 5


def test_a_session_that_ended_leads_to_sign_in_and_asks_no_more(pages: tuple[Page, Page]) -> None:
    page, _ = pages
    urls: list[str] = []

    def note(request: Request) -> None:
        if "/stream/" in request.url:
            urls.append(request.url)

    page.on("request", note)
    page.context.clear_cookies()
    # The stream ends and is opened anew, as when the browser gives a page back that was left.
    page.evaluate(
        "dispatchEvent(new PageTransitionEvent('pagehide')); "
        "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    )
    page.wait_for_url(re.compile("/signin/"), timeout=SLOW)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert len(urls) == 1, urls
