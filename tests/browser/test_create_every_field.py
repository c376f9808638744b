"""Each way to create in a browser, through every step with every field set, with scripts and without.

That the objects are the whole expected manifests is judged by the cluster: writing the manifest over the object, as a
dry run, would change nothing.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.admin import path
from tests.browsers import Desk, Watched
from tests.clusters import Cluster
from tests.everything import Document, Everything, Visit, differences
from tests.everything.others import EXTERNAL, WORKLOAD, YAML
from tests.everything.stateful import STATEFUL
from tests.everything.stateless import STATELESS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]  # a hundred fields and more, each as a person does
CHOOSERS = ("-kind", "-mode", "external")  # what is chosen here says which other controls and buttons are shown
PLURALS = {"Service": "services", "Deployment": "deployments", "StatefulSet": "statefulsets"}


_OVER_THE_WIRE = "there test_create_every_field.py says the same, without a browser"
_WAYS = (STATELESS, STATEFUL, EXTERNAL, WORKLOAD, YAML)
# Without scripts the stateful way has each fold and button of the stateless, which test_create_stateless.py does too.
_WITHOUT = pytest.mark.embedded_only(_OVER_THE_WIRE)
CASES = [
    *(pytest.param(every, True, id=f"{every.type}-script") for every in _WAYS),
    *(pytest.param(every, False, id=f"{every.type}-no-script", marks=_WITHOUT) for every in _WAYS[1:]),
]


@pytest.fixture
def script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def page(script: bool, browser: Browser, desk: Desk) -> Iterator[Page]:
    """Signed in, at the chooser."""
    context = browser.new_context(java_script_enabled=script, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    watched = Watched(context.new_page())
    made = watched.page
    desk.sign_in(made)
    made.goto(f"{desk.url}/services/new/")
    yield made
    context.close()
    assert watched.problems == []


@pytest.mark.parametrize(("every", "script"), CASES, indirect=["script"])
def test_every_field(every: Everything, page: Page, script: bool, desk: Desk, cluster: Cluster, node_port: int) -> None:
    page.get_by_role("button", name=every.words, exact=True).click()
    for visit in every.visits(node_port):
        page.wait_for_url(re.compile(f"/{visit.step.removeprefix('draft-')}/$"))
        walk(page, visit, script)
        page.locator(".footbar .primary").click()
    page.wait_for_url(re.compile("/review/$"))
    expect(page.get_by_text("Refused")).to_have_count(0)
    page.get_by_role("button", name=re.compile("^Create")).click()
    page.wait_for_url(re.compile(f"/service/{every.name}/$"))
    for document in every.expected(desk.project, desk.people["olive"], node_port):
        wrong = differences(*compared(cluster, document))
        assert not wrong, "\n".join(wrong)


def walk(page: Page, visit: Visit, script: bool) -> None:
    """Choose kinds, press the small buttons of the step, then fill it in, opening what is folded as a person would."""
    control_types = types(page)
    for name, value in visit.typed.items():
        if name.endswith(CHOOSERS) and name in control_types:
            fill(page, name, control_types[name], value)
    for do in visit.presses:
        button = page.locator(f'button[name="do"][value="{do}"]')
        unfold(button)
        if script:  # only a part of the page is put in place
            before = page.locator("#step [name]").count()
            button.click()
            expect(page.locator("#step [name]")).not_to_have_count(before)
        else:
            with page.expect_navigation():
                button.click()
    control_types = types(page)
    for name, value in visit.typed.items():
        fill(page, name, control_types[name], value)


def types(page: Page) -> dict[str, str]:
    """The types of the controls of the page, by name."""
    by_name: dict[str, str] = page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('[name]')].map(field => [field.name, field.type]))"
    )
    return by_name


def fill(page: Page, name: str, type_: str, value: str | bool | list[str]) -> None:
    if name == "text" and page.locator(".ace_editor").count():
        page.evaluate("text => ace.edit(document.querySelector('.ace_editor')).setValue(text)", value)
        return
    control = page.locator(f'[name="{name}"]:not([type="hidden"])')
    if type_ in ("radio", "checkbox") and not isinstance(value, bool):
        wanted = [value] if isinstance(value, str) else value
        unfold(control.first)
        for option in control.all():
            if type_ == "checkbox" or option.get_attribute("value") in wanted:
                option.set_checked(option.get_attribute("value") in wanted)
        return
    unfold(control)
    if type_ == "checkbox":
        control.set_checked(bool(value))
    elif type_ == "select-one":
        control.select_option(str(value))
    else:
        control.fill(str(value))


def unfold(inside: Locator) -> None:
    """Open the folds around a control, from the outermost."""
    if inside.is_visible():
        return
    folded = inside.locator("xpath=ancestor::details[not(@open)]")
    while folded.count():
        folded.first.locator("> summary").click()


def compared(cluster: Cluster, document: Document) -> tuple[Any, Any]:
    """The object as it is and as it would be if the document were written over it; without what every write changes."""
    meta = document["metadata"]
    place = path(PLURALS[document["kind"]], meta["namespace"], meta["name"])
    stored = cluster.admin.call("GET", place)
    revision = {
        key: value
        for key, value in stored["metadata"]["annotations"].items()
        if key.startswith("deployment.kubernetes")
    }
    wanted = {**document, "metadata": {**meta, "annotations": {**meta["annotations"], **revision}}}
    return own(stored), own(cluster.admin.call("PUT", f"{place}?dryRun=All&fieldValidation=Strict", wanted))


def own(document: Document) -> Document:
    meta = {
        key: value for key, value in document["metadata"].items() if key not in ("managedFields", "resourceVersion")
    }
    return {"metadata": meta, "spec": document["spec"]}
