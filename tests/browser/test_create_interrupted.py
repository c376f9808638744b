"""What interrupts a person half-way: reload, Back, the other tab, a restart. Nothing is lost, nothing is made twice."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browsers import Console, Desk, held_route
from tests.clusters import Cluster

pytestmark = pytest.mark.browser
IMAGE = "#id_containers-0-image"


def to_pod_settings(page: Page, desk: Desk) -> None:
    """Signed in, at the second step of a stateless Service called shop."""
    desk.sign_in(page)
    page.goto(f"{desk.url}/services/new/")
    page.get_by_role("button", name="Stateless Service", exact=True).click()
    page.fill("#id_name", "shop")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/pod/$"))


def test_reload_back_another_tab_and_a_restart(
    desk: Desk, browser_page: Page, console: Console, cluster: Cluster
) -> None:
    page = browser_page
    to_pod_settings(page, desk)
    page.fill("#id_replicas", "2")
    page.fill(IMAGE, "nginx")
    page.fill("#id_containers-0-ports-0-container_port", "80")
    page.fill("#id_containers-0-ports-0-service_port", "80")
    page.keyboard.press("Tab")
    expect(page.locator("#made")).to_contain_text("2 replicas")  # kept, and shown beside the form
    expect(page.locator("#made")).to_contain_text("80 → 80")
    page.reload()
    expect(page.locator(IMAGE)).to_have_value("nginx")
    console.restart()
    page.reload()
    expect(page.locator(IMAGE)).to_have_value("nginx")
    expect(page.locator("#id_replicas")).to_have_value("2")

    other = page.context.new_page()
    other.goto(page.url)
    page.locator(".footbar .primary").click()
    page.wait_for_url(re.compile("/storage/$"))
    other.fill(IMAGE, "httpd")
    other.locator(".footbar .primary").click()
    expect(other.locator("#stale")).to_contain_text("What you typed is still here")
    expect(other.locator(IMAGE)).to_have_value("httpd")
    other.reload()
    expect(other.locator(IMAGE)).to_have_value("httpd")  # kept, though the step did not take it over
    other.fill(IMAGE, "nginx")
    expect(other.locator("#kept")).to_contain_text("Draft saved")
    other.close()

    page.go_back()
    expect(page.locator(IMAGE)).to_have_value("nginx")
    for step in ("storage", "advanced", "review"):
        page.locator(".footbar .primary").click()
        page.wait_for_url(re.compile(f"/{step}/$"))
    review = page.url
    page.get_by_role("button", name=re.compile("^Create")).dblclick()
    page.wait_for_url(re.compile("/service/shop/$"))
    page.goto(review)
    page.wait_for_url(re.compile("/service/shop/$"))
    assert [service["metadata"]["name"] for service in cluster.admin.list("services", desk.project)] == ["shop"]
    assert [deployment["metadata"]["name"] for deployment in cluster.admin.list("deployments", desk.project)] == [
        "shop-v1"
    ]


def test_what_is_typed_after_a_refusal_is_there_after_a_reload(desk: Desk, browser_page: Page) -> None:
    """The page that refuses answers a POST: loading it again must not send the old one over what was kept since."""
    page = browser_page
    to_pod_settings(page, desk)
    page.fill(IMAGE, "nginx")
    page.locator(".footbar .primary").click()
    expect(page.locator("#step .error")).to_contain_text(["Enter a port", "Enter a port"])
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
        page.locator("#id_containers-0-ports-0-service_port").press_sequentially("81")  # kept while one types
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
        page.fill("#id_replicas", "7")
    with page.expect_response(lambda answer: answer.request.method == "GET" and answer.url.endswith("/pod/")):
        page.reload()
    expect(page.locator("#id_replicas")).to_have_value("7")
    expect(page.locator("#id_containers-0-ports-0-service_port")).to_have_value("81")
    expect(page.locator(IMAGE)).to_have_value("nginx")


def test_what_is_typed_while_an_answer_is_on_its_way_is_kept(desk: Desk, browser_page: Page) -> None:
    page = browser_page
    page.clock.install()
    to_pod_settings(page, desk)
    held: list[Route] = []
    page.route("**/pod/", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request(lambda request: request.method == "POST"):
        page.fill(IMAGE, "nginx")
    seven = 'name="replicas"\r\n\r\n7'
    with page.expect_response(lambda answer: seven in (answer.request.post_data or "") and answer.ok):
        page.fill("#id_replicas", "7")
        page.clock.fast_forward(1_000)  # its own request comes, and is dropped: another one is on its way
        held_route(page, held).continue_()
    page.unroute("**/pod/")
    page.reload()
    expect(page.locator("#id_replicas")).to_have_value("7")
    expect(page.locator(IMAGE)).to_have_value("nginx")


def test_buttons_typing_and_links_of_the_steps_lose_nothing(desk: Desk, browser_page: Page) -> None:
    """M1: the steps of the fault; M17: what is put right is no longer red; M30: the phone says that it is saved."""
    page = browser_page
    to_pod_settings(page, desk)
    page.fill(IMAGE, "nginx:1.27")
    page.get_by_role("button", name="Use Default Ports").click()
    expect(page.locator("#id_containers-0-ports-0-container_port")).to_have_value("80")
    for pods in "234":
        page.get_by_role("button", name="One more").click()
        expect(page.locator("#id_replicas")).to_have_value(pods)
    page.locator("#track button", has_text="Basic").click()
    page.wait_for_url(re.compile("/basic/$"))
    page.locator("#track button", has_text="Pod").click()
    page.wait_for_url(re.compile("/pod/$"))
    expect(page.locator("#id_replicas")).to_have_value("4")
    expect(page.locator(IMAGE)).to_have_value("nginx:1.27")
    expect(page.locator("#id_containers-0-ports-0-container_port")).to_have_value("80")
    page.fill("#id_replicas", "x")
    page.locator(".footbar .primary").click()
    expect(page.locator("#track .bad")).to_have_count(1)
    page.fill("#id_replicas", "6")
    expect(page.locator("#problems, #track .bad, [aria-invalid=true], #step .errors")).to_have_count(0)
    page.set_viewport_size({"width": 375, "height": 800})
    expect(page.locator("#kept")).to_be_visible()
    page.get_by_role("switch", name="Edit YAML").click()
    page.wait_for_url(re.compile("/yaml/"))
    expect(page.locator("#track [aria-current]")).to_have_text("YAML, all steps")
    expect(page.locator("#kept")).to_be_visible()
    tools = page.locator(".toolbar").bounding_box()
    assert tools
    assert tools["height"] < 100, "two rows at most"


def type_an_image_that_cannot_be_saved(page: Page, desk: Desk) -> None:
    """Until the route "**/pod/" is taken away."""
    to_pod_settings(page, desk)
    page.route("**/pod/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.fill(IMAGE, "nginx:1.27")
    expect(page.locator("#kept")).to_contain_text("Not saved")


def test_what_could_not_be_kept_is_said_and_kept_later(desk: Desk, browser_page: Page) -> None:
    """M1: no answer is no "Draft saved"; what was typed is in the draft as soon as the console answers again."""
    page = browser_page
    type_an_image_that_cannot_be_saved(page, desk)
    page.get_by_role("button", name="One more").click()
    expect(page.locator("#kept")).to_contain_text("Not saved")
    page.reload()  # what is put back is not answered at first, either
    expect(page.locator("#work[inert]")).to_have_count(1)
    page.unroute("**/pod/")
    expect(page.locator(IMAGE)).to_have_value("nginx:1.27")
    expect(page.locator("#kept")).to_contain_text("Draft saved")
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('berth-draft/'))") == []


def test_an_empty_editor_does_not_complain(desk: Desk, browser_page: Page) -> None:
    """M27: nothing was typed yet, so nothing is wrong."""
    page = browser_page
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    desk.sign_in(page)
    page.goto(f"{desk.url}/services/new/")
    page.get_by_role("button", name="Edit YAML", exact=True).click()
    page.wait_for_selector(".ace_content")
    page.wait_for_load_state("networkidle")
    assert not [url for url in urls if url.endswith("/problems/")]
    expect(page.locator("#text-problems li")).to_have_count(0)


def test_what_is_typed_while_a_row_is_being_removed_moves_with_its_row(desk: Desk, browser_page: Page) -> None:
    """M1: the rows after it move up, and so does what is typed in them meanwhile."""
    page = browser_page
    to_pod_settings(page, desk)
    name = "#id_containers-0-ports-{}-name"
    page.get_by_role("button", name="Use Default Ports").click()
    expect(page.locator(name.format(0))).to_have_value("tcp-80")
    page.get_by_role("button", name="Add port").click()
    expect(page.locator(name.format(1))).to_be_visible()
    held: list[Route] = []
    page.route("**/pod/", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request(lambda request: request.method == "POST"):
        page.locator("button[value='drop:containers-0-ports-0']").click()
    page.fill(name.format(1), "admin")
    held_route(page, held).continue_()
    expect(page.locator(name.format(1))).to_have_count(0)
    expect(page.locator(name.format(0))).to_have_value("admin")
    expect(page.locator("#kept")).to_contain_text("Draft saved")
    page.unroute("**/pod/")
    page.reload()
    expect(page.locator(name.format(0))).to_have_value("admin")


PORT = "#id_containers-0-ports-{}-name"
ADD, DROP = "button[value='add:containers-0-ports']", "button[value='drop:containers-0-ports-{}']"


def hold_a_button(page: Page) -> list[Route]:
    """The next request of a button that adds or removes a row waits here; all others go on."""
    held: list[Route] = []

    def sort(route: Route) -> None:
        presses = 'name="do"\r\n\r\nlook:' not in (route.request.post_data or "") and route.request.method == "POST"
        if presses and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/pod/", sort)
    return held


@pytest.mark.parametrize("arrives", [True, False])
def test_a_button_counts_though_the_page_goes_before_it_is_answered(
    desk: Desk, browser_page: Page, arrives: bool
) -> None:
    """M1: whether or not its request arrives, and with what was typed before and after it."""
    page = browser_page
    to_pod_settings(page, desk)
    held = hold_a_button(page)
    page.fill(PORT.format(0), "web")
    with page.expect_request(lambda request: request.method == "POST" and "add" in (request.post_data or "")):
        page.click(ADD)
    if arrives:
        held_route(page, held).fetch()
    page.fill(IMAGE, "nginx:1.27")
    page.reload()
    expect(page.locator(PORT.format(1))).to_have_value("")
    expect(page.locator(PORT.format(2))).to_have_count(0)
    expect(page.locator(PORT.format(0))).to_have_value("web")
    expect(page.locator(IMAGE)).to_have_value("nginx:1.27")
    expect(page.locator("#kept")).to_contain_text("Draft saved")
    page.fill(PORT.format(1), "admin")
    # "Saving" may stand for less time than a busy machine takes to look: this browser keeps it until it is saved
    page.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('berth-draft/'))")
    expect(page.locator("#kept")).to_contain_text("Draft saved")
    page.reload()
    expect(page.locator(PORT.format(1))).to_have_value("admin")
    expect(page.locator(PORT.format(2))).to_have_count(0)


def hold_the_scripts(page: Page) -> list[Route]:
    held: list[Route] = []
    page.route("**/static/berth.*.js", lambda route: held.append(route))
    return held


def test_what_was_typed_before_the_scripts_came_is_in_the_draft(desk: Desk, browser_page: Page) -> None:
    """M1: the page can be typed into while its scripts are on their way, and nobody listens then."""
    page = browser_page
    to_pod_settings(page, desk)
    held = hold_the_scripts(page)
    page.reload(wait_until="commit")
    page.fill(IMAGE, "nginx:1.27")
    page.select_option("#id_pull_policy, [name$=pull_policy]", index=1)
    policy = page.locator("[name$=pull_policy]").input_value()
    held_route(page, held).continue_()
    page.wait_for_load_state()  # until then "Draft saved" is what the server said before
    expect(page.locator("#kept")).to_contain_text("Draft saved")
    page.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('berth-draft/'))")
    page.unroute("**/static/berth.*.js")
    page.reload()
    expect(page.locator(IMAGE)).to_have_value("nginx:1.27")
    expect(page.locator("[name$=pull_policy]")).to_have_value(policy)


def test_what_was_typed_before_the_scripts_came_stands_over_what_they_put_back(desk: Desk, browser_page: Page) -> None:
    """M1: what did not arrive is put back, and what was typed in the page that opened meanwhile stays."""
    page = browser_page
    type_an_image_that_cannot_be_saved(page, desk)
    held = hold_the_scripts(page)
    page.reload(wait_until="commit")
    expect(page.locator(IMAGE)).to_have_value("")
    page.fill(PORT.format(0), "web")
    page.unroute("**/pod/")
    held_route(page, held).continue_()
    expect(page.locator(IMAGE)).to_have_value("nginx:1.27")
    expect(page.locator(PORT.format(0))).to_have_value("web")
    page.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('berth-draft/'))")
    page.unroute("**/static/berth.*.js")
    page.reload()
    expect(page.locator(IMAGE)).to_have_value("nginx:1.27")
    expect(page.locator(PORT.format(0))).to_have_value("web")


def test_what_was_typed_before_a_slow_button_does_not_undo_it(desk: Desk, browser_page: Page) -> None:
    """M1: while a button is on its way the form does not have its row yet, so it is not sent after it."""
    page = browser_page
    page.clock.install()
    to_pod_settings(page, desk)
    held = hold_a_button(page)
    with page.expect_request(lambda request: request.method == "POST" and "add" in (request.post_data or "")):
        page.click(ADD)
    answer = held_route(page, held).fetch()  # the draft has the row, the page does not yet
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.fill(IMAGE, "nginx:1.27")
    page.clock.fast_forward(2_000)
    page.evaluate("fetch(location.href)")
    assert "POST" not in sent
    held_route(page, held).fulfill(response=answer)
    expect(page.locator(PORT.format(1))).to_have_value("")
    page.clock.fast_forward(2_000)
    expect(page.locator("#kept")).to_contain_text("Draft saved")
    page.reload()
    expect(page.locator(PORT.format(1))).to_have_value("")
    expect(page.locator(IMAGE)).to_have_value("nginx:1.27")


def test_who_goes_on_before_a_row_is_gone_goes_on_without_it(desk: Desk, browser_page: Page) -> None:
    """M1: Next waits for the button that was pressed before it; where that fails, the page stays."""
    page = browser_page
    to_pod_settings(page, desk)
    page.fill(IMAGE, "nginx:1.27")
    page.get_by_role("button", name="Use Default Ports").click()
    expect(page.locator(PORT.format(0))).to_have_value("tcp-80")
    page.click(ADD)
    page.fill(PORT.format(1), "NOT A NAME")
    held = hold_a_button(page)
    with page.expect_request(lambda request: request.method == "POST" and "drop" in (request.post_data or "")):
        page.click(DROP.format(1))
    page.locator(".footbar .primary").click()
    held_route(page, held).continue_()
    page.wait_for_url(re.compile("/storage/$"))
    page.go_back()
    expect(page.locator(PORT.format(0))).to_have_value("tcp-80")
    expect(page.locator(PORT.format(1))).to_have_count(0)


def test_what_arrives_while_the_page_is_loaded_again_is_shown(desk: Desk, browser_page: Page) -> None:
    """M1: the new page was made before it arrived; that the old page was told so does not help the new one."""
    page = browser_page
    to_pod_settings(page, desk)
    first: dict[str, Route] = {}

    def sort(route: Route) -> None:
        method = route.request.method
        if method in first:
            route.continue_()
            return
        first[method] = route
        if method == "GET":
            made = route.fetch()
            with page.expect_event("requestfinished", lambda request: request.method == "POST"):
                first["POST"].continue_()
            route.fulfill(response=made)

    page.route("**/pod/", sort)
    with page.expect_request(lambda request: request.method == "POST"):
        page.fill(IMAGE, "nginx:1.27")
    with page.expect_event("load"):
        page.evaluate("setTimeout(() => location.reload())")
    expect(page.locator("#work[inert]")).to_have_count(0)
    expect(page.locator(IMAGE)).to_have_value("nginx:1.27")
