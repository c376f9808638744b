"""KubeSphere's documentation, "Check Service Details", sentence by sentence, with scripts and without.

Each write is seen on the page and by kubectl; the sentences stand above what is done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import manifests
from tests.browsers import Desk
from tests.clusters import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
ATTRIBUTES = (
    "Cluster", "Project", "Type", "App", "Virtual IP", "External IP", "Session affinity", "Selector", "DNS",
    "Endpoints", "Created", "Creator",
)  # fmt: skip
MENU = ["Edit Information", "Edit YAML", "Edit Service", "Edit External Access", "Delete…"]


class Reader:
    """Who reads the documentation beside the console. Without scripts a page is loaded again until it shows a thing."""

    def __init__(self, page: Page, desk: Desk, cluster: Cluster, scripts: bool) -> None:
        self.page, self.desk, self.cluster, self.scripts = page, desk, cluster, scripts
        self.service, self.list = f"{desk.url}/service/web/", f"{desk.url}/services/"

    def sees(self, place: str, words: str | re.Pattern[str], seconds: int = 20) -> None:
        for _again in range(1 if self.scripts else seconds * 2):
            try:
                wait = seconds * 1000 if self.scripts else 500
                expect(self.page.locator(place).first).to_contain_text(words, timeout=wait)
                return
            except AssertionError:
                if self.scripts:
                    raise
                self.page.reload()
        raise AssertionError(f"{words} was not shown in {place}")

    def kubectl(self, *arguments: str) -> str:
        return self.cluster.kubectl("-n", self.desk.project, *arguments)

    def stored(self) -> Any:
        return json.loads(self.kubectl("get", "service", "web", "-o", "json"))

    def menu(self, of_the_list: bool) -> Locator:
        """The menu of the Service, opened: on the right of its row, or under More on its page."""
        self.page.goto(self.list if of_the_list else self.service)
        if not of_the_list:
            self.page.locator(".head summary", has_text="More").click()
            return self.page.locator(".head .menu")
        if not self.scripts:
            self.page.get_by_role("link", name="Show the menu of each row").click()
        row = self.page.locator("tr", has=self.page.get_by_role("link", name="web", exact=True))
        row.locator("summary").click()
        return row.locator(".menu")

    def opens(self, entry: str, *, of_the_list: bool) -> None:
        self.menu(of_the_list).get_by_role("link", name=entry).click()

    def saves(self) -> None:
        """On to the difference, where there is one, and to the page of the Service."""
        self.page.locator(".footbar .primary, dialog footer .primary").first.click()
        apply = self.page.locator("button[name=do][value=apply]")
        expect(apply.or_(self.page.locator("main:not([inert]) #service-head")).first).to_be_visible()
        if apply.count():
            if self.page.locator("input[name=sure]").count():
                self.page.locator("input[name=sure]").check()
            apply.click()
        self.page.wait_for_url(self.service)


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
    menus(reader)
    information(reader)
    yaml(reader)
    service(reader)
    external_access(reader)
    details(reader)
    resource_status(reader)
    containers_and_log(reader)
    pod_and_workload(reader)
    metadata(reader)
    events(reader)
    usage(reader)
    deletes(reader)


def menus(reader: Reader) -> None:
    """Click the three dots on the right of a Service to edit it further. More opens a menu that is the same."""
    shown = []
    for of_the_list in (True, False):
        entries = reader.menu(of_the_list).get_by_role("link")
        expect(entries).to_have_text(MENU)
        page = reader.page.url
        shown.append([urljoin(page, entry.get_attribute("href") or "") for entry in entries.all()])
    assert shown[0] == shown[1]


def information(reader: Reader) -> None:
    """Edit Information: view and edit the basic information, excluding the name."""
    page = reader.page
    reader.opens("Edit Information", of_the_list=True)
    expect(page.locator("#id_name")).to_have_value("web")
    expect(page.locator("#id_name")).not_to_be_editable()
    expect(page.locator("#id_alias")).to_have_value("Web shop")
    page.fill("#id_alias", "The shop")
    page.fill("#id_description", "What customers see")
    reader.saves()
    reader.sees("#service-head", "The shop")
    reader.sees("#service-head", "What customers see")
    notes = reader.stored()["metadata"]["annotations"]
    assert (notes["kubesphere.io/alias-name"], notes["kubesphere.io/description"]) == ("The shop", "What customers see")


def yaml(reader: Reader) -> None:
    """Edit YAML: view, upload, download, or update the YAML file."""
    page = reader.page
    reader.opens("Edit YAML", of_the_list=True)
    area = page.locator("textarea[name=text]")
    with page.expect_download() as saved:
        page.locator("a:visible, button:visible", has_text=re.compile("^Download$")).click()
    text = Path(saved.value.path()).read_text()
    assert saved.value.suggested_filename.endswith(".yaml")
    assert (text.strip(), "name: web" in text) == (area.input_value().strip(), True)
    uploaded = text.replace("  labels:\n", "  labels:\n    tier: front\n").encode()
    page.set_input_files("input[type=file]", {"name": "web.yaml", "mimeType": "text/yaml", "buffer": uploaded})
    if reader.scripts:
        expect(area).to_have_value(re.compile("tier: front"))
    reader.saves()
    assert reader.stored()["metadata"]["labels"]["tier"] == "front"

    reader.opens("Edit YAML", of_the_list=False)
    changed = area.input_value().replace("tier: front", "tier: back")
    if reader.scripts:
        page.locator(".ace_text-input").focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.insert_text(changed)
    else:
        area.fill(changed)
    reader.saves()
    assert reader.stored()["metadata"]["labels"]["tier"] == "back"


def service(reader: Reader) -> None:
    """Edit Service: view the access type and set selectors and ports."""
    page = reader.page
    reader.opens("Edit Service", of_the_list=False)
    expect(page.locator(".outcome")).to_contain_text("Virtual IP Address")
    page.fill("#id_ports-0-port", "8081")
    page.get_by_role("button", name="Add label").click()
    page.fill("#id_selector-1-key", "version")
    page.fill("#id_selector-1-value", "v1")
    reader.saves()
    spec = reader.stored()["spec"]
    assert ([port["port"] for port in spec["ports"]], spec["selector"]) == ([8081], {"app": "web", "version": "v1"})
    reader.sees("#main .ports", "8081")
    reader.sees("#service-facts", "version=v1")


def external_access(reader: Reader) -> None:
    """Edit External Access: edit the external access method for the Service."""
    reader.opens("Edit External Access", of_the_list=False)
    reader.page.locator("input[value=NodePort]").check()
    reader.saves()
    spec = reader.stored()["spec"]
    assert spec["type"] == "NodePort"
    reader.sees("#main .ports", str(spec["ports"][0]["nodePort"]))


def details(reader: Reader) -> None:
    """Click the name of the Service to go to its details page. Its attributes: all of them, in this order."""
    page = reader.page
    page.goto(reader.list)
    page.get_by_role("link", name="web", exact=True).click()
    page.wait_for_url(reader.service)
    names = [re.split(r",| \(", text)[0].strip() for text in page.locator("#service-facts dt").all_inner_texts()]
    assert names == list(ATTRIBUTES)
    for words in (reader.stored()["spec"]["clusterIP"], "app=web", f"web.{reader.desk.project}"):
        reader.sees("#service-facts", words)


def resource_status(reader: Reader) -> None:
    """Click Resource Status to view ports, workloads and pods: of each pod its status, node and Pod IP. Click the icon
    to refresh the pods.
    """
    page = reader.page
    page.goto(reader.service)
    page.get_by_role("link", name="Resource Status", exact=True).click()
    reader.sees("#main .ports", "8080")
    reader.sees("#service-status", "web-v1")
    reader.sees("#service-head", "2/2 ready")
    pods = pods_of(reader)
    assert len(pods) == 2
    for pod in pods:
        for words in (pod["metadata"]["name"], "Running", pod["spec"]["nodeName"], pod["status"]["podIP"]):
            reader.sees(row_of(pod), words)
    reader.kubectl("scale", "deployment", "web-v1", "--replicas=3")
    with page.expect_response(lambda answer: answer.url.startswith(reader.service) and answer.ok):
        page.get_by_role("link", name="Refresh").click()
    reader.sees("#service-head", "3/3 ready")
    for pod in pods_of(reader):
        reader.sees(row_of(pod), "Running")


def pods_of(reader: Reader) -> list[Any]:
    return list(json.loads(reader.kubectl("get", "pods", "-o", "json"))["items"])


def row_of(pod: Any) -> str:
    return f"[id='pod-{pod['metadata']['uid']}']"


def containers_and_log(reader: Reader) -> None:
    """Click a pod to view its containers, and again to hide them. Click the log of a container to view its output."""
    page = reader.page
    name = pods_of(reader)[0]["metadata"]["name"]
    page.get_by_role("link", name=f"Containers of {name}").click()
    reader.sees("tr.inner", "nginx:1.27")
    reader.sees("tr.inner", re.compile("started", re.I))
    page.get_by_role("link", name=f"Containers of {name}").click()
    expect(page.locator("tr.inner")).to_have_count(0)
    page.get_by_role("link", name=f"Containers of {name}").click()
    line = reader.kubectl("logs", name).splitlines()[-1]
    page.locator("tr.inner").get_by_role("link", name="Logs of app").click()
    page.wait_for_url(re.compile(r"/logs/"))
    reader.sees("#log-lines", line.strip())


def pod_and_workload(reader: Reader) -> None:
    """Click the name of a pod to view its page; those of its container and of the workload are links, too."""
    page = reader.page
    name = pods_of(reader)[0]["metadata"]["name"]
    page.goto(reader.service)
    page.locator(f"a.name[href$='/pod/{name}/']").first.click()
    page.wait_for_url(re.compile(f"/pod/{name}/$"))
    reader.sees("#main", "Running")
    page.locator("a.name[href*='container/app/']").first.click()
    page.wait_for_url(re.compile("/container/app/#"))
    reader.sees("#main", "nginx:1.27")
    page.goto(reader.service)
    page.locator("a.name[href$='/workload/deployment/web-v1/']").first.click()
    reader.sees("#workload-head", "3/3 available")


def metadata(reader: Reader) -> None:
    """Click Metadata to view the labels and annotations of the Service."""
    reader.page.goto(reader.service)
    reader.page.get_by_role("link", name="Metadata", exact=True).click()
    stored = reader.stored()["metadata"]
    for title, pairs in (("labels", stored["labels"]), ("annotations", stored["annotations"])):
        for key, value in pairs.items():
            reader.sees(f"section[aria-labelledby={title}]", key)
            reader.sees(f"section[aria-labelledby={title}]", value)


def events(reader: Reader) -> None:
    """Click Events to view the events of the Service."""
    about = {
        "kind": "Service",
        "namespace": reader.desk.project,
        "name": "web",
        "uid": reader.stored()["metadata"]["uid"],
    }
    event = {"involvedObject": about, "type": "Warning", "reason": "Odd", "message": "It looks odd."}
    kind = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "web.odd"}}
    reader.cluster.admin.create({**kind, **event}, reader.desk.project)
    reader.page.goto(reader.service)
    reader.page.get_by_role("link", name=re.compile("^Events")).click()
    reader.page.wait_for_url(re.compile("/events/$"))
    reader.sees("#service-events", "Odd")
    reader.sees("#service-events", "It looks odd.")


def usage(reader: Reader) -> None:
    """The list of pods says what they use. Last, for a metrics server takes up to two minutes for a new pod."""
    reader.page.goto(reader.service)
    for name in ("CPU", "Memory"):
        reader.sees(f"#pods-rows td[data-label={name}]", re.compile(r"\d"), seconds=150)


def deletes(reader: Reader) -> None:
    """Delete: associated resources are displayed, and those you check are deleted together with the Service."""
    page = reader.page
    reader.opens("Delete…", of_the_list=True)
    choice = page.get_by_label(re.compile("web-v1")).first
    expect(choice).not_to_be_checked()
    choice.check()
    page.locator("dialog footer .danger").first.click()
    page.wait_for_url(reader.list)
    reader.sees("#main", "No Services in this project")
    assert reader.kubectl("get", "services,deployments", "-o", "name").split() == []
