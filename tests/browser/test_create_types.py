"""What a person meets in the other ways to create, in a browser, with scripts and without.

Every field of them: test_create_every_field.py.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import Desk, Watched
from tests.clusters import Cluster

pytestmark = pytest.mark.browser


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def page(request: pytest.FixtureRequest, browser: Browser, desk: Desk) -> Iterator[Page]:
    """Signed in, at the chooser."""
    context = browser.new_context(java_script_enabled=request.param, viewport={"width": 1280, "height": 900})
    watched = Watched(context.new_page())
    made = watched.page
    desk.sign_in(made)
    made.goto(f"{desk.url}/services/new/")
    yield made
    context.close()
    assert watched.problems == []


def on(page: Page, step: str) -> None:
    """Press the main button; the next step is there."""
    page.locator(".footbar .primary").click()
    page.wait_for_url(re.compile(f"/{step}/$"))


def begin(page: Page, type_: str, name: str, step: str) -> None:
    page.get_by_role("button", name=type_, exact=True).click()
    page.fill("#id_name", name)
    on(page, step)


def create(page: Page, name: str) -> None:
    expect(page.get_by_text("Refused")).to_have_count(0)
    page.get_by_role("button", name=re.compile("^Create")).click()
    page.wait_for_url(re.compile(f"/service/{name}/$"))


def _wait_for_frames(page: Page) -> None:
    """Whatever the page still does after an answer has been done."""
    if page.evaluate("'htmx' in window"):  # without scripts nothing is done later
        page.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(done), 60))")


def test_stateful(page: Page, desk: Desk, cluster: Cluster) -> None:
    begin(page, "Stateful Service", "db", "pod")
    page.fill("#id_containers-0-image", "postgres:15")
    page.fill("#id_containers-0-name", "postgres")
    page.get_by_role("button", name="Use Default Ports").click()
    expect(page.locator("#id_containers-0-ports-0-service_port")).to_have_value("5432")
    page.locator("#fold_containers-0-env summary").click()
    page.get_by_role("button", name="Add variable").click()
    page.locator("#id_containers-0-env-0-source").select_option("field")
    page.fill("#id_containers-0-env-0-name", "POD")
    page.fill("#id_containers-0-env-0-key", "metadata.name")
    expect(page.locator("#id_containers-0-env-0-value")).to_be_hidden()
    on(page, "storage")
    page.get_by_role("button", name="Add template").click()
    page.locator("#id_templates-0-mounts-0-path").focus()
    _wait_for_frames(page)  # a focus that comes after the row has come would send what is typed into another field
    page.keyboard.insert_text("/var/lib/postgresql/data")
    on(page, "advanced")
    page.get_by_label("Internal Domain Name (headless)").check()
    on(page, "review")
    create(page, "db")
    spec = cluster.admin.get("statefulsets", desk.project, "db-v1")["spec"]
    assert spec["serviceName"] == "db"
    assert spec["volumeClaimTemplates"][0]["spec"]["resources"]["requests"] == {"storage": "10Gi"}
    env = spec["template"]["spec"]["containers"][0]["env"][0]
    assert (env["name"], env["valueFrom"]["fieldRef"]["fieldPath"]) == ("POD", "metadata.name")
    assert cluster.admin.get("services", desk.project, "db")["spec"]["clusterIP"] == "None"


def test_external(page: Page, desk: Desk, cluster: Cluster) -> None:
    begin(page, "External Service", "payments", "external")
    page.fill("#id_external_name", "203.0.113.40")
    page.locator(".footbar .primary").click()
    expect(page.locator("#step .error")).to_contain_text("This is an IP address")
    expect(page.locator("#id_external_name")).to_have_value("203.0.113.40")
    page.fill("#id_external_name", "api.payments.example.com")
    on(page, "review")
    create(page, "payments")
    spec = cluster.admin.get("services", desk.project, "payments")["spec"]
    assert (spec["type"], spec["externalName"]) == ("ExternalName", "api.payments.example.com")


def test_specify_workload(page: Page, desk: Desk, cluster: Cluster) -> None:
    begin(page, "Specify Workload", "reports", "service")
    for row, (key, value) in enumerate((("app", "orders"), ("tier", "back"))):
        if row:
            page.get_by_role("button", name="Add label").click()
        page.fill(f"#id_selector-{row}-key", key)
        page.fill(f"#id_selector-{row}-value", value)
    page.fill("#id_ports-0-port", "80")
    page.fill("#id_ports-0-target_port", "http-web")
    on(page, "advanced")
    page.get_by_label("NodePort", exact=False).first.check()
    page.locator("#fold_ports > summary").click()
    page.fill("#id_ports-0-node_port", "99")
    page.locator(".footbar .primary").click()
    expect(page.locator("#step .error")).to_contain_text("30000 to 32767")
    page.fill("#id_ports-0-node_port", "")
    on(page, "review")
    create(page, "reports")
    spec = cluster.admin.get("services", desk.project, "reports")["spec"]
    assert spec["selector"] == {"app": "orders", "tier": "back"}
    assert (spec["type"], spec["ports"][0]["targetPort"]) == ("NodePort", "http-web")


def test_a_workload_is_chosen_among_several(page: Page, desk: Desk, cluster: Cluster) -> None:
    for version in ("v1", "v2"):
        labels = {"app": "orders", "version": version}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}}
        meta = {"name": f"orders-{version}", "namespace": desk.project}
        spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
        cluster.admin.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec})
    begin(page, "Specify Workload", "reports", "service")
    if not page.evaluate("'htmx' in window"):  # a button each
        for version in ("v1", "v2"):
            page.get_by_role("button", name=f"Select orders-{version}").click()
            expect(page.locator("#id_selector-1-value")).to_have_value(version)
        return
    expect(page.get_by_role("radio", name="orders-v")).to_have_count(2)
    page.get_by_role("radio", name="orders-v1").check()
    expect(page.locator("#id_selector-1-value")).to_have_value("v1")
    expect(page.get_by_role("radio", name="orders-v1")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#id_selector-1-value")).to_have_value("v2")
    expect(page.get_by_role("radio", name="orders-v2")).to_be_focused()
    expect(page.get_by_role("radio", name="orders-v2")).to_be_checked()
