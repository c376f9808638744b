"""A button of the create dialog that is answered late, or never: nothing waits for it for ever, and nothing is lost."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browsers import Console, Desk, held_route
from tests.clusters import Cluster
from tests.faults import Proxy

pytestmark = pytest.mark.browser
IMAGE, PORT = "#id_containers-0-image", "#id_containers-0-ports-{}-name"
ADD, NEXT = "button[value='add:containers-0-ports']", ".footbar .primary"
USE, KEY, VALUE = "input[value='use:Deployment/orders-v1']", "#id_selector-0-key", "#id_selector-0-value"
TENTH = """
const native = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, "timeout");
Object.defineProperty(XMLHttpRequest.prototype, "timeout", { set(limit) { native.set.call(this, limit / 10); } });
"""


@pytest.fixture
def between(console: Console) -> Iterator[Proxy]:
    """A proxy between the browser and the console."""
    made = Proxy()
    made.forward_to(console.url)
    yield made
    idle = made.clear()
    made.close()
    assert idle == []


def begin(page: Page, desk: Desk, between: Proxy, type_: str) -> None:
    """Signed in through the proxy, at the second step of a Service."""
    page.goto(desk.links["olive"].replace(desk.console.url, between.url))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/signin/" not in url)
    page.goto(f"{between.url}/projects/{desk.project}/services/new/")
    page.get_by_role("button", name=type_, exact=True).click()
    page.fill("#id_name", "shop")
    page.locator(NEXT).click()
    page.wait_for_url(re.compile("/(pod|service)/$"))


def to_the_workloads(page: Page, desk: Desk, between: Proxy, cluster: Cluster) -> None:
    labels = {"app": "orders"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    meta = {"name": "orders-v1", "namespace": desk.project}
    cluster.admin.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec})
    begin(page, desk, between, "Specify Workload")
    expect(page.locator(USE)).to_be_visible()


def asks(verb: str):  # type: ignore[no-untyped-def]
    return lambda request: request.method == "POST" and verb in unquote(request.post_data or "")


def hold(page: Page, *verbs: str) -> dict[str, list[Route]]:
    """The first request of each of these verbs waits here; all others go on."""
    held: dict[str, list[Route]] = {verb: [] for verb in verbs}

    def sort(route: Route) -> None:
        verb = next((verb for verb in verbs if not held[verb] and asks(verb)(route.request)), "")
        if verb:
            held[verb].append(route)
        else:
            route.continue_()

    page.route("**/service/", sort)
    return held


def test_a_button_that_a_search_takes_away_is_answered_all_the_same(
    desk: Desk, browser_page: Page, between: Proxy, cluster: Cluster
) -> None:
    """M1: a workload is chosen while a slow search is under way, and then the search replaces its button."""
    page = browser_page
    to_the_workloads(page, desk, between, cluster)
    held = hold(page, "find:", "use:")
    with page.expect_request(asks("find:")):
        page.locator("#find").press_sequentially("ord")
    button = page.locator(USE).element_handle()
    with page.expect_request(asks("use:")):
        page.click(USE)
    held_route(page, held["find:"]).continue_()
    page.wait_for_function("(button) => !button.isConnected", arg=button)
    page.fill("#id_ports-0-port", "80")  # and what is typed meanwhile stays, though other requests go in between
    with page.expect_response(lambda answer: asks("match:")(answer.request)):
        page.fill("#id_ports-0-port", "8080")
    held_route(page, held["use:"]).continue_()
    expect(page.locator(VALUE)).to_have_value("orders")
    expect(page.locator(USE)).to_be_checked()
    expect(page.locator("#id_ports-0-port")).to_have_value("8080")
    expect(page.locator("#kept")).to_contain_text("Draft saved")
    expect(page.locator("#topbar.waiting")).to_have_count(0)
    page.fill(VALUE, "mine")
    expect(page.locator("#kept")).to_contain_text("Saving")
    expect(page.locator("#kept")).to_contain_text("Draft saved")
    page.reload()
    expect(page.locator(VALUE)).to_have_value("mine")
    page.locator(NEXT).click()
    page.wait_for_url(re.compile("/advanced/$"))


def test_a_search_that_is_not_answered_does_not_hold_up_the_next(
    desk: Desk, browser_page: Page, between: Proxy, cluster: Cluster
) -> None:
    page = browser_page
    to_the_workloads(page, desk, between, cluster)
    hold(page, "find:")
    with page.expect_request(asks("find:")):
        page.locator("#find").press_sequentially("n")
    page.locator("#find").press_sequentially("othing")
    expect(page.locator("#found")).to_contain_text("No workload has this name.")


def test_a_button_without_an_answer_is_given_up(desk: Desk, browser_page: Page, between: Proxy) -> None:
    """M1: after 15 s (here a tenth) the page says so; what was typed is kept, and Next works again."""
    page = browser_page
    page.add_init_script(TENTH)
    begin(page, desk, between, "Stateless Service")
    with between.hang(method="POST", path="/pod/", times=1), page.expect_request(asks("add:")):
        page.click(ADD)
        page.fill(IMAGE, "nginx:1.27")
        page.locator(NEXT).click()
        expect(page.locator("#toasts")).to_contain_text("The last action failed. Try again.")
        expect(page.locator("#kept")).to_contain_text("Draft saved")
    assert page.url.endswith("/pod/")
    page.reload()
    expect(page.locator(IMAGE)).to_have_value("nginx:1.27")
    expect(page.locator(PORT.format(1))).to_have_count(0)
    page.click(ADD)
    expect(page.locator(PORT.format(1))).to_be_visible()
    page.get_by_role("button", name="Use Default Ports").click()
    expect(page.locator(PORT.format(0))).to_have_value("tcp-80")
    page.locator(NEXT).click()
    page.wait_for_url(re.compile("/storage/$"))


def test_next_after_a_button_that_failed_is_not_silent(desk: Desk, browser_page: Page, between: Proxy) -> None:
    """M1: whoever pressed Next meanwhile stays on the page, is told, and has lost nothing."""
    page = browser_page
    begin(page, desk, between, "Stateless Service")
    page.fill(IMAGE, "nginx:1.27")
    expect(page.locator("#kept")).to_contain_text("Draft saved")
    with between.commit_then_fail(method="POST", path="/pod/", times=1):
        held: list[Route] = []
        page.route("**/pod/", lambda route: route.continue_() if held else held.append(route))
        with page.expect_request(asks("add:")):
            page.click(ADD)
        page.locator(NEXT).click()
        held_route(page, held).continue_()
        expect(page.locator("#toasts")).to_contain_text("The last action failed. Try again.")
    expect(page.locator("#kept")).to_contain_text("Draft saved")
    expect(page.locator(IMAGE)).to_have_value("nginx:1.27")
    expect(page.locator(PORT.format(1))).to_have_count(0)


TYPE_AND_GO = """([field, words, way]) => {
  const control = document.querySelector(field);
  control.value = words;
  control.dispatchEvent(new Event("input", { bubbles: true }));
  document.querySelector(way).click();
}"""


def test_what_was_typed_before_a_way_out_that_failed_is_there_again(
    desk: Desk, browser_page: Page, between: Proxy
) -> None:
    """M1 (walk 76): the way out is asked for at once and never arrives. What was typed comes back with the page, also
    where it is not right yet: it is sent as typed, not as the way out that would be refused or lead away."""
    page = browser_page
    begin(page, desk, between, "Stateless Service")
    address = page.url
    for number, way in enumerate((".switch[value=yaml]", "#track button[value^='go:']", NEXT)):
        words = f"W {number}"
        failed = page.expect_event("requestfailed", lambda request: request.is_navigation_request())
        with between.refuse(method="POST", path="/pod/"), failed:
            page.evaluate(TYPE_AND_GO, [IMAGE, words, way])
        page.close()
        page = page.context.new_page()
        page.goto(address)
        expect(page.locator(IMAGE)).to_have_value(words)
        expect(page.locator("#kept")).to_contain_text("Draft saved")
