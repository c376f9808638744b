"""Every kind of page: axe finds nothing, and nothing on it breaks the content policy, in light and in dark; and none
scrolls sideways on the narrowest phone."""

import json
import re
from itertools import pairwise

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests import manifests
from tests.browsers import Desk
from tests.clusters import Cluster

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.embedded_only(reason="the markup is the same on both"),
]

# Before any script of the page: what it would break later is kept for us.
POLICY = (
    "window.broken = []; addEventListener('securitypolicyviolation', event => broken.push(event.violatedDirective));"
)
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
STEPS = ("basic", "pod", "storage", "advanced", "review")


# What is asked in each theme: of all rules only these two look at colours.
FAULTS = {"resultTypes": ["violations"]}  # of what is right nothing is asked: naming it all takes as long again
THEMES = {"light": FAULTS, "dark": {**FAULTS, "runOnly": ["color-contrast", "link-in-text-block"]}}


def check(page: Page, where: str) -> list[str]:
    """What axe finds on the page as it is, in both themes, and every breach of the policy."""
    expect(page.locator("h1").first).to_be_visible(timeout=30_000)
    problems = []
    page.evaluate(AXE_SCRIPT)  # once a page: it is half a megabyte
    for theme, options in THEMES.items():
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        # A colour that is still on its way to another has the contrast of neither.
        page.evaluate("Promise.all(document.getAnimations().map(animation => animation.finished.catch(() => 0)))")
        for rule in page.evaluate("options => axe.run(options)", options)["violations"]:
            nodes = [
                f"{node['html'][:150]} {node['any'][0]['message'] if node['any'] else ''}" for node in rule["nodes"]
            ]
            problems.append(f"{where}, {theme}: {rule['id']} ({rule['impact']}): " + "; ".join(nodes[:3]))
    problems += [f"{where}: policy {breach}" for breach in page.evaluate("window.broken")]
    return problems + sideways(page, where)


def sideways(page: Page, where: str) -> list[str]:
    """What sticks out of a screen of 320 pixels."""
    usual = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 700})
    width = page.evaluate("document.documentElement.scrollWidth")
    if usual:
        page.set_viewport_size(usual)
    return [f"{where}: {width} pixels wide on a screen of 320"] if width > 320 else []


@pytest.fixture
def page(desk: Desk, cluster: Cluster, browser_page: Page) -> Page:
    browser_page.set_default_timeout(30_000)
    browser_page.context.add_init_script(POLICY)
    objects = [
        manifests.deployment("web"),
        manifests.service("web", alias="Web shop", description="Sells things"),
        manifests.deployment("broken", fate="crash"),
        manifests.service("broken"),
        manifests.service("empty"),
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "shop"},
            "data": {"a": "b", "long": "line\n" * 9},
        },
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "files"}, "spec": CLAIM},
    ]
    text = "\n---\n".join(map(json.dumps, objects))
    cluster.kubectl("create", "-n", desk.project, "-f", "-", stdin=text)
    return browser_page


def test_signing_in(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.console.url}/signin/")
    problems = check(page, "sign in")
    page.goto(desk.links["bob"])
    problems += check(page, "sign-in link")
    assert not problems, "\n".join(problems)


def test_the_records_of_the_platform(page: Page, desk: Desk) -> None:
    """Django's own admin, in our shell."""
    name = f"root-{desk.project}"
    page.goto(desk.console.manage("createadmin", name, "--base", desk.console.url).strip())
    page.get_by_role("button", name="Sign in").click()
    problems = []
    for address in [
        "",
        "accounts/user/",
        "accounts/user/add/",
        "accounts/membership/",
        "accounts/membership/remove/",
        "accounts/role/add/",
    ]:
        page.goto(f"{desk.console.url}/admin/{address}")
        problems += check(page, f"admin/{address}")
    level = page.get_by_label("Level")
    expect(page.get_by_label("Manage users")).to_be_hidden()
    level.focus()
    level.select_option("platform")
    expect(page.get_by_label("Manage users")).to_be_visible()
    expect(page.get_by_label("Project", exact=True)).to_be_hidden()
    expect(level).to_be_focused()
    page.goto(f"{desk.console.url}/admin/accounts/user/")
    page.locator("#result_list tbody a").first.click()
    page.locator("#acts summary").click()
    problems += check(page, "a user")
    page.get_by_role("link", name="Edit User").click()
    page.get_by_role("button", name="Add membership").click()
    expect(page.get_by_label("Project", exact=True).first).to_be_visible()
    problems += check(page, "a user's record")
    questions = [f"users/{name}/{question}" for question in ("sign-out/", "disable/")]
    for address in ["roles/", "activity/", "nothing/", f"users/{name}/", *questions]:
        page.goto(f"{desk.console.url}/platform/{address}")
        problems += check(page, f"platform/{address}")
    assert not problems, "\n".join(problems)


def deleted(page: Page, desk: Desk) -> list[str]:
    """A Service is deleted: the pages about what was."""
    page.goto(f"{desk.console.url}/projects/{desk.project}/service/empty/delete/")
    page.get_by_role("button", name="Delete Service empty").click()
    page.goto(f"{desk.console.url}/projects/{desk.project}/recycle-bin/")
    links = [page.get_by_role("link", name=f"{action} empty") for action in ("View YAML of", "Restore")]
    shown = [str(link.get_attribute("href")).partition(f"/{desk.project}/")[2] for link in links]
    return ["recycle-bin/", *shown]


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_places_and_services(page: Page, desk: Desk, name: str) -> None:
    desk.sign_in(page, name)
    workspace = f"{desk.console.url}/workspaces/{desk.workspace}"
    addresses = [
        "services/",
        "service/web/",
        "service/web/yaml/",
        "",
        "members/",
        "members/invite/",
        "roles/",
        "activity/",
    ]
    addresses += ["service/none/", "nonsense/"]
    if name == "alice":
        addresses += ["service/broken/", "service/web/metadata/", "service/web/events/", "service/web/endpointslices/"]
        addresses += ["service/web/delete/", "services/delete/?pick=web&pick=empty", "services/new/"]
        addresses += ["workloads/delete/?pick=deployment/web-v1&pick=deployment/broken-v1"]
        addresses += ["workloads/", "pods/", "workload/deployment/broken-v1/", "workload/deployment/web-v1/yaml/"]
        addresses += ["configmap/shop/", "claim/files/"]
        workload = "workload/deployment/web-v1"
        addresses += [
            f"{workload}/{page}/" for page in ("revisions", "scale", "restart", "image", "pause", "rollback/1")
        ]
        pod = desk.console.cluster.admin.list("pods", desk.project)[0]
        name, container = pod["metadata"]["name"], pod["spec"]["containers"][0]["name"]
        tabs = ("", f"container/{container}/", "environment/", "events/", "yaml/", "logs/")
        addresses += [f"pod/{name}/{tab}" for tab in tabs]
        addresses += ["service/web/logs/?at=noon", f"{workload}/logs/?find=a"]
        addresses += ["roles/new/?from=operator", "roles/operator/"]
        addresses += [f"{workload}/delete/", f"pod/{name}/delete/", "service/web/edit/recreate/", *deleted(page, desk)]
        addresses += [f"members/{desk.people['olive']}/role/", f"members/{desk.people['olive']}/remove/"]
    problems = []
    for address in ["/", "/connect/", "/platform/roles/", "/nothing/"]:
        page.goto(desk.console.url + address)
        problems += check(page, address)
    for place in ["/", "/members/", "/members/invite/", "/roles/", "/activity/", "/projects/new/"]:
        page.goto(workspace + place)
        problems += check(page, f"workspace{place}")
    for address in addresses:
        page.goto(f"{desk.url}/{address}")
        problems += check(page, address or "project")
    assert not problems, "\n".join(problems)


def test_what_a_form_comes_to_follows_what_is_ticked_and_typed(page: Page, desk: Desk) -> None:
    desk.sign_in(page, "alice")
    page.goto(f"{desk.url}/roles/new/")
    expect(page.locator("#effect")).to_contain_text("No name yet")
    page.get_by_label("Name", exact=True).fill("keeper")
    page.locator("[value=logs]").check()
    expect(page.locator("#effect")).to_contain_text("keeper")
    expect(page.locator("#effect")).to_contain_text("View logs")
    expect(page.locator("#count-2")).to_have_text("1 of 2")
    expect(page.locator("[value=logs]")).to_be_focused()
    required = page.locator("#box-view")
    expect(required).to_be_disabled()
    page.locator("[value=logs]").uncheck()
    expect(required).to_be_enabled()
    required.uncheck()  # its own line comes anew
    expect(page.locator("#effect")).to_contain_text("0 permissions")
    expect(required).to_be_focused()
    page.locator("[value=logs]").check()
    expect(required).to_be_disabled()
    page.get_by_role("button", name="Create Role").click()
    expect(page.locator(".toast")).to_contain_text("Role keeper was created.")
    expect(page.locator(".unsaved:visible")).to_have_count(0)
    page.locator("[value=logs]").uncheck()
    expect(page.locator("label:has([value=logs]) .unsaved")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)  # it would stand over what changes
    problems = check(page, "a role's effect")
    page.goto(f"{desk.url}/members/invite/")
    page.locator("#id_who").fill("dana")
    page.locator("dialog").get_by_label("operator").check()
    expect(page.get_by_role("button", name="Invite members")).to_be_visible()  # nobody is called so
    problems += check(page, "an invitation")
    assert not problems, "\n".join(problems)


def test_several_people_are_completed_chosen_and_taken_out_by_keyboard(page: Page, desk: Desk) -> None:
    desk.sign_in(page, "alice")
    olive, bob = desk.people["olive"], desk.people["bob"]
    for name in (olive, bob):
        page.goto(f"{desk.url}/members/{name}/remove/")
        page.locator("dialog").get_by_role("button").last.click()
        expect(page.locator("dialog")).to_have_count(0)
    page.goto(f"{desk.url}/members/invite/")
    who, sent = page.get_by_role("combobox"), page.locator("[type=hidden][name=who]")
    who.fill("nobody, oli")
    expect(page.get_by_role("option", name=olive, selected=True)).to_be_visible()
    problems = check(page, "people to choose from")
    who.press("Enter")
    expect(sent).to_have_value(f"nobody, {olive}")
    expect(page.get_by_role("button", name="Invite members")).to_be_visible()  # one of the two is nobody
    who.press("ArrowDown")
    expect(page.get_by_role("option")).to_have_text([bob])
    who.press("Escape")
    expect(page.locator("dialog")).to_be_visible()
    who.press_sequentially(bob)
    who.press("Enter")
    who.press("Enter")
    expect(page.locator("dialog .errors")).to_contain_text("is called nobody.")
    expect(who).to_have_value("nobody")
    expect(sent).to_have_value(f"{olive}, {bob}, nobody")
    who.fill("")
    expect(page.get_by_role("button", name="Invite 2 as viewer")).to_be_visible()
    who.press("Backspace")
    page.get_by_role("button", name=f"Remove {olive}").press("Enter")
    expect(sent).to_have_value("")
    expect(who).to_be_focused()
    assert not problems, "\n".join(problems)


def test_the_create_dialog(page: Page, desk: Desk) -> None:
    desk.sign_in(page)
    page.goto(f"{desk.url}/services/new/")
    problems = check(page, "chooser")
    page.locator(".choice h3 button").first.click()
    page.wait_for_url(re.compile("/basic/$"))
    problems += check(page, "basic")
    page.locator(".footbar .primary").click()
    expect(page.locator("#problems")).to_be_visible()
    problems += check(page, "basic with problems")
    page.fill("#id_name", "shop")
    for step, following in pairwise(STEPS):
        if step == "pod":
            page.fill("#id_containers-0-image", "nginx")
            page.fill("#id_containers-0-ports-0-container_port", "80")
            page.fill("#id_containers-0-ports-0-service_port", "80")
            page.locator("main details").evaluate_all("all => all.forEach(fold => { fold.open = true })")
            problems += check(page, "pod, everything open")
        page.locator(".footbar .primary").click()
        page.wait_for_url(re.compile(f"/{following}/$"))
        problems += check(page, following)
    page.goto(page.url.replace("/review/", "/yaml/"))
    problems += check(page, "draft as YAML")
    assert not problems, "\n".join(problems)


def test_the_edit_dialogs(page: Page, desk: Desk) -> None:
    desk.sign_in(page)
    problems = []
    for dialog in ("information", "service", "external-access"):
        page.goto(f"{desk.url}/service/web/edit/{dialog}/")
        if dialog == "external-access":
            page.locator("[name=external][value=LoadBalancer]").check()
        problems += check(page, dialog)
    page.goto(f"{desk.url}/service/web/edit/service/")
    page.fill("#id_ports-0-port", "70000")
    page.locator(".footbar .primary").click()
    expect(page.locator("#problems")).to_be_visible()
    problems += check(page, "service with problems")
    page.fill("#id_ports-0-port", "81")
    page.locator(".footbar .primary").click()
    expect(page.locator(".diff")).to_be_visible()
    problems += check(page, "review")
    assert not problems, "\n".join(problems)


def test_edit_settings_of_a_workload(page: Page, desk: Desk, cluster: Cluster) -> None:
    """The steps differ from those that create in what is fixed; the review and a conflict are pages of their own."""
    cluster.admin.create(manifests.stateful_set("db"), desk.project)
    desk.sign_in(page)
    address = f"{desk.url}/workload/statefulset/db-v1/settings/"
    page.goto(address)
    problems = check(page, "settings")
    page.get_by_role("button", name="Pod Settings").click()
    page.fill("#id_containers-0-image", "nginx:1.28")
    page.keyboard.press("Enter")
    page.wait_for_url("**/storage/")
    problems += check(page, "settings, storage")
    page.locator(".footbar .primary").click()
    page.wait_for_url("**/advanced_live/")
    page.locator("#fold_pods summary").click()
    problems += check(page, "settings, advanced")
    page.locator(".footbar .primary").click()
    expect(page.locator(".diff")).to_be_visible()
    problems += check(page, "settings, review")
    theirs = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "nginx:1.29"}]}}}}
    cluster.admin.patch("statefulsets", desk.project, "db-v1", theirs)
    page.reload()
    problems += check(page, "settings, conflict")
    page.goto(f"{desk.url}/services/new/drafts/")
    problems += check(page, "drafts with changes of workloads")
    assert not problems, "\n".join(problems)
