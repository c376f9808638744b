"""KubeSphere's documentation, "Check Service Details", sentence by sentence, with scripts and without.

Each write is seen on the page and on the API server; the sentences stand above what is done.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import manifests
from tests.browsers import Desk
from tests.clusters import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
ATTRIBUTES = (
    "Cluster", "Project", "Type", "App", "Virtual IP", "External IP", "Session affinity", "Selector", "DNS",
    "Endpoints", "Created", "Creator",
)  # fmt: skip


class Reader:
    """Who reads the documentation beside the console. Without scripts a page is loaded again until it shows a thing."""

    def __init__(self, page: Page, desk: Desk, cluster: Cluster, scripts: bool) -> None:
        self.page, self.desk, self.cluster, self.scripts = page, desk, cluster, scripts
        self.service = f"{desk.url}/service/web/"

    def sees(self, place: str, words: str | re.Pattern[str]) -> None:
        for _again in range(1 if self.scripts else 40):
            try:
                expect(self.page.locator(place).first).to_contain_text(words, timeout=20_000 if self.scripts else 500)
                return
            except AssertionError:
                if self.scripts:
                    raise
                self.page.reload()
        raise AssertionError(f"{words} was not shown in {place}")

    def stored(self, resource: str = "services", name: str = "web") -> Any:
        return self.cluster.admin.get(resource, self.desk.project, name)

    def opens(self, entry: str) -> None:
        """An entry of More, on the page of the Service."""
        self.page.goto(self.service)
        self.page.locator(".head summary", has_text="More").click()
        self.page.locator(".head .menu").get_by_role("link", name=entry).click()

    def saves(self) -> None:
        """On to the difference, where there is one, and to the page of the Service."""
        self.foot().click()
        apply = self.page.locator("button[name=do][value=apply]")
        expect(apply.or_(self.page.locator("#service-head")).first).to_be_visible()
        if apply.count():
            if self.page.locator("input[name=sure]").count():
                self.page.locator("input[name=sure]").check()
            apply.click()
        self.page.wait_for_url(self.service)

    def foot(self) -> Locator:
        return self.page.locator(".footbar .primary, dialog footer .primary").first


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def reader(request: pytest.FixtureRequest, browser: Browser, desk: Desk, cluster: Cluster) -> Iterator[Reader]:
    context = browser.new_context(java_script_enabled=request.param, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    page = context.new_page()
    for body in (
        manifests.deployment("web", replicas=2),
        manifests.service("web", alias="Web shop", kind="statelessservice"),
    ):
        cluster.admin.create(body, desk.project)
    desk.sign_in(page)
    yield Reader(page, desk, cluster, request.param)
    context.close()


def test_check_service_details(reader: Reader) -> None:
    of_the_list(reader)
    basic_information(reader)
    operations(reader)
    resource_status(reader)
    metadata_and_events(reader)
    deletes(reader)


def of_the_list(reader: Reader) -> None:
    """Go to Services, click a Service to go to its details page."""
    page = reader.page
    page.goto(f"{reader.desk.url}/services/")
    page.get_by_role("link", name="web", exact=True).click()
    page.wait_for_url(reader.service)
    reader.sees("#service-head", "2/2 ready")


def basic_information(reader: Reader) -> None:
    """The attributes on the left: all of them, in this order."""
    names = [re.split(r",| \(", text)[0].strip() for text in reader.page.locator("#service-facts dt").all_inner_texts()]
    assert names == list(ATTRIBUTES)
    spec = reader.stored()["spec"]
    reader.sees("#service-facts", spec["clusterIP"])
    reader.sees("#service-facts", "app=web")
    reader.sees("#service-facts", f"web.{reader.desk.project}")


def operations(reader: Reader) -> None:
    """Edit Information; under More: Edit YAML, Edit Service, Edit External Access."""
    page = reader.page
    reader.opens("Edit Information")
    page.fill("#id_alias", "The shop")
    page.fill("#id_description", "What customers see")
    reader.saves()
    reader.sees("#service-head", "The shop")
    notes = reader.stored()["metadata"]["annotations"]
    assert (notes["kubesphere.io/alias-name"], notes["kubesphere.io/description"]) == ("The shop", "What customers see")

    reader.opens("Edit YAML")
    expect(page.get_by_text(re.compile("Upload")).first).to_be_attached()
    save = re.compile("^Download")
    expect(page.get_by_role("button", name=save).or_(page.get_by_role("link", name=save)).first).to_be_visible()
    area = page.locator("textarea[name=text]")
    changed = area.input_value().replace("  labels:\n", "  labels:\n    tier: front\n")
    if reader.scripts:
        page.locator(".ace_text-input").focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.insert_text(changed)
    else:
        area.fill(changed)
    reader.saves()
    assert reader.stored()["metadata"]["labels"]["tier"] == "front"

    reader.opens("Edit Service")
    page.fill("#id_ports-0-port", "8081")
    reader.saves()
    assert [port["port"] for port in reader.stored()["spec"]["ports"]] == [8081]
    reader.sees("#main", "8081")

    reader.opens("Edit External Access")
    page.locator("input[value=NodePort]").check()
    reader.saves()
    spec = reader.stored()["spec"]
    assert spec["type"] == "NodePort"
    reader.sees("#main", str(spec["ports"][0]["nodePort"]))


def resource_status(reader: Reader) -> None:
    """Ports, workloads and pods; a pod is opened for its containers, log and details; the area is refreshed."""
    page = reader.page
    page.goto(reader.service)
    reader.sees("#main", "web-v1")
    pod = next(name for name in names_of_pods(reader))
    page.get_by_role("link", name=f"Containers of {pod}").click()
    reader.sees("tr.inner", "nginx:1.27")
    reader.sees("tr.inner", re.compile("running", re.I))
    page.locator("tr.inner").get_by_role("link", name="Log of app").click()
    page.wait_for_url(re.compile(r"/logs/"))
    expect(page.locator("#log")).to_be_visible()
    page.goto(reader.service)
    page.get_by_role("link", name="Refresh").first.click()
    reader.sees("#main", pod)
    page.goto(reader.service)
    page.locator(f"a.name[href$='/pod/{pod}/']").first.click()
    page.wait_for_url(re.compile(f"/pod/{pod}/$"))
    reader.sees("#main", "Running")
    page.locator("a.name[href*='container/app/']").first.click()
    page.wait_for_url(re.compile("/container/app/#"))
    reader.sees("#main", "nginx:1.27")
    page.goto(reader.service)
    page.locator("a.name[href$='/workload/deployment/web-v1/']").first.click()
    reader.sees("#workload-head", "2/2 available")


def names_of_pods(reader: Reader) -> list[str]:
    return [pod["metadata"]["name"] for pod in reader.cluster.admin.list("pods", reader.desk.project)]


def metadata_and_events(reader: Reader) -> None:
    """Metadata: labels and annotations. Events of the Service."""
    page = reader.page
    page.goto(reader.service)
    page.get_by_role("link", name="Metadata", exact=True).click()
    reader.sees("#main", "tier")
    reader.sees("#main", "kubesphere.io/alias-name")
    page.get_by_role("link", name=re.compile("^Events")).click()
    page.wait_for_url(re.compile("/events/$"))
    expect(page.locator("#main")).to_contain_text(re.compile("event", re.I))


def deletes(reader: Reader) -> None:
    """Delete: the resources that belong to it are shown, and deleted with it where they are selected."""
    page = reader.page
    reader.opens("Delete…")
    choice = page.get_by_label(re.compile("web-v1")).first
    expect(choice).not_to_be_checked()
    choice.check()
    page.locator("dialog footer .danger").first.click()
    page.wait_for_url(f"{reader.desk.url}/services/")
    expect(page.locator("#main")).not_to_contain_text("The shop")
    assert [one["metadata"]["name"] for one in reader.cluster.admin.list("services", reader.desk.project)] == []
    left = [one["metadata"]["name"] for one in reader.cluster.admin.list("deployments", reader.desk.project)]
    assert "web-v1" not in left
