"""Edit Information and Edit Service in a browser: what is typed is answered at once, and ends in the cluster."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import manifests
from tests.browsers import Desk
from tests.clusters import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
VALUE, TARGET = "#id_selector-0-value", "#id_ports-0-target_port"


@pytest.fixture
def at_web(desk: Desk, cluster: Cluster, browser_page: Page) -> Page:
    """Signed in as olive, on the page of the Service web with two ready pods."""
    objects = [manifests.deployment("web", replicas=2), manifests.service("web", alias="Web shop", type="NodePort")]
    for body in objects:
        cluster.admin.create(body, desk.project)
    desk.sign_in(browser_page)
    browser_page.goto(f"{desk.url}/service/web/")
    expect(browser_page.get_by_text("2/2 ready").first).to_be_visible(timeout=20_000)
    return browser_page


def stored(cluster: Cluster, desk: Desk) -> Any:
    return cluster.admin.get("services", desk.project, "web")


def box(page: Page, selector: str) -> Any:
    """Where an element is, and how large."""
    return page.locator(selector).bounding_box()


def test_information_is_edited_with_the_keyboard(at_web: Page, desk: Desk, cluster: Cluster) -> None:
    page = at_web
    page.get_by_role("link", name="Edit Information").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#id_alias")).to_be_focused()
    page.keyboard.press("Escape")
    page.wait_for_url(f"{desk.url}/service/web/")
    page.get_by_role("link", name="Edit Information").first.click()
    expect(page.locator("#id_alias")).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("The shop")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.url}/service/web/")
    expect(page.locator("h1")).to_contain_text("The shop")
    assert stored(cluster, desk)["metadata"]["annotations"]["kubesphere.io/alias-name"] == "The shop"


def test_a_selector_and_a_port_are_changed(at_web: Page, desk: Desk, cluster: Cluster) -> None:
    page = at_web
    page.locator(".head summary", has_text="More").click()
    page.get_by_role("link", name="Edit Service").click()
    expect(page.locator(VALUE)).to_have_value("web")
    page.locator(VALUE).press("End")
    page.keyboard.type("-api")
    expect(page.locator("#match")).to_contain_text("Matches no pods")
    expect(page.locator("#match")).to_contain_text("No pod in")
    expect(page.locator("#selector-was")).to_contain_text("Was app=")
    expect(page.locator("#changes")).to_contain_text(f"web.{desk.project}, same")
    expect(page.locator("#match")).to_contain_text("No longer selected")
    expect(page.locator("#changes")).to_contain_text("No endpoints")
    expect(page.locator(VALUE)).to_be_focused()
    page.locator(".switch:has(#id_sticky)").click()
    expect(page.locator("#sticky-was")).to_have_text("Was off", timeout=20_000)
    page.locator(".switch:has(#id_sticky)").click()
    expect(page.locator("#sticky-was")).to_have_text("", timeout=20_000)
    page.get_by_role("button", name="Back to app=web").click()
    expect(page.locator(VALUE)).to_have_value("web")
    page.get_by_role("button", name="Add port").click()
    expect(page.locator("#id_ports-1-name")).to_be_visible()
    page.fill("#id_ports-1-name", "metrics")
    page.fill("#id_ports-1-port", "9090")
    expect(page.locator("#changes")).to_contain_text("Port 9090/TCP is new", timeout=20_000)
    page.locator("#id_ports-0-port").press("ControlOrMeta+A")
    page.keyboard.type("8082")
    page.keyboard.press("Tab")
    expect(page.locator("#changes")).to_contain_text("Port 80/TCP closes", timeout=20_000)
    page.fill("#id_ports-0-port", "80")
    expect(page.locator("#changes")).not_to_contain_text("Port 80/TCP closes", timeout=20_000)
    page.fill(TARGET, "http")
    page.fill("#id_ports-1-port", "0")
    page.locator(".footbar .primary").click()
    expect(page.locator("#id_ports-1-port_error")).to_be_visible()
    page.fill("#id_ports-1-port", "9090")
    expect(page.locator("#step .errors, .tells, #step [aria-invalid=true]")).to_have_count(0)
    page.locator(".footbar .primary").click()
    expect(page.locator(".diff")).to_contain_text("metrics")
    page.get_by_role("button", name="Back to the form").click()
    expect(page.locator(TARGET)).to_have_value("http")
    expect(page.locator("#id_ports-1-port")).to_have_value("9090")
    page.locator(".footbar .primary").click()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(f"{desk.url}/service/web/")
    expect(page.locator(".toast")).to_contain_text("Saved web")
    expect(page.locator(".toast").get_by_role("link")).to_have_text(["Check its endpoints", "Activity"])
    first, second = stored(cluster, desk)["spec"]["ports"]
    assert (first["targetPort"], second["port"], second["targetPort"]) == ("http", 9090, 9090), json.dumps(first)


def test_a_load_balancer_asks_for_health_only_where_traffic_stays_local(at_web: Page, desk: Desk) -> None:
    """Kubernetes takes the port with Local alone; the warning goes as soon as there is a class."""
    page = at_web
    page.goto(f"{desk.url}/service/web/edit/external-access/")
    health, warning = page.locator("#id_health_check_port"), page.locator("#no-annotations")
    page.locator("[name=external][value=LoadBalancer]").check()
    expect(warning).to_contain_text("no annotations for the load balancer yet", timeout=20_000)
    expect(health).to_be_hidden()
    page.locator("[name=external_policy][value=Local]").check()
    expect(health).to_be_visible()
    page.locator("[name=external][value=NodePort]").check()
    expect(health).to_be_hidden()
    page.locator("[name=external][value=LoadBalancer]").check()
    page.locator("[name=external_policy][value=Cluster]").check()
    expect(health).to_be_hidden()
    page.fill("#id_load_balancer_class", "example.com/lb")
    expect(warning).to_be_hidden(timeout=20_000)


def test_two_changes_are_decided_on_a_phone(at_web: Page, desk: Desk, cluster: Cluster) -> None:
    """Both buttons stand in one row, with short words."""
    page = at_web
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(f"{desk.url}/workload/deployment/web-v1/settings/")
    page.locator("button[value=pod]").click()
    page.fill("#id_containers-0-image", "nginx:1.29")
    page.locator("button[value='go:review']").last.click()
    page.wait_for_url(re.compile("/review/$"))
    expect(page.locator(".diff")).to_contain_text("nginx:1.29")
    change = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "nginx:1.30"}]}}}}
    cluster.admin.patch("deployments", desk.project, "web-v1", change, "strategic")
    page.reload()
    expect(page.locator("h1")).to_have_text("Merge two changes Edit Settings, web-v1")
    discard, review = (box(page, f".footbar {part}") for part in (".danger", ".primary"))
    assert (discard["y"], discard["height"]) == (review["y"], review["height"])
    assert discard["x"] + discard["width"] < review["x"], "that which goes on is the last"
    page.locator(".merge .check", has_text="nginx:1.29").click()
    page.get_by_role("button", name="Review the result").click()
    expect(page.locator(".diff")).to_contain_text("nginx:1.29")


def test_another_mode_shows_at_once_what_callers_lose(at_web: Page, desk: Desk) -> None:
    """By keyboard; what was accepted of the other mode is not accepted of this one."""
    page = at_web
    page.goto(f"{desk.url}/service/web/edit/recreate/")
    again = page.get_by_role("button", name="Delete and recreate web")
    expect(again).to_be_disabled()
    page.locator("#sure").check()
    expect(again).to_be_enabled()
    page.locator("[name=mode][value=headless]").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Cluster IP")).to_be_visible()
    expect(page.locator("[name=mode][value=virtual]")).to_be_focused()
    expect(page.locator("#sure")).not_to_be_checked()
    expect(again).to_be_disabled()
    expect(page.locator(".diff")).not_to_contain_text("clusterIP: None")
    expect(page).to_have_url(re.compile("mode=virtual"))


def test_what_was_typed_is_not_left_unasked(at_web: Page, desk: Desk) -> None:
    """By a press on a link, by Escape over a dialog, after a refusal; Cancel is no accident."""
    page = at_web
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.goto(f"{desk.url}/service/web/edit/service/")
    page.locator(VALUE).click()
    page.keyboard.type("-api")
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Workloads").click()
    expect(page.locator(VALUE)).to_have_value(re.compile("-api"))
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(f"{desk.url}/service/web/")
    page.goto(f"{desk.url}/service/web/edit/information/")
    page.locator("#id_alias").click()
    page.keyboard.type("The shop")
    with page.expect_event("dialog"):
        page.keyboard.press("Escape")
    expect(page.locator("#id_alias")).to_have_value(re.compile("The shop"))
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(f"{desk.url}/service/web/")
    page.goto(f"{desk.url}/service/web/yaml/")
    page.locator(".ace_text-input").focus()
    page.keyboard.press("ControlOrMeta+Home")
    page.keyboard.type("nonsense: true")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Review changes").click()
    expect(page.locator(".notice.bad")).to_be_visible()
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Workloads").click()
    expect(page.locator(".ace_content")).to_contain_text("nonsense")


def test_restoring_counts_what_is_ticked(at_web: Page, desk: Desk) -> None:
    page = at_web
    page.goto(f"{desk.url}/service/web/delete/")
    page.locator("dialog [name=also]").first.check()
    page.locator("dialog .danger.primary").click()
    page.wait_for_url(f"{desk.url}/services/")
    page.goto(f"{desk.url}/recycle-bin/")
    expect(page.get_by_text("Deleted with web-v1")).to_be_visible()
    page.get_by_role("link", name="Restore web", exact=True).click()
    expect(page.get_by_role("button", name="Restore 1 object")).to_be_visible()
    page.locator("#restore [name=object]:not(:checked)").check()
    expect(page.get_by_role("button", name="Restore 2 objects")).to_be_visible()
