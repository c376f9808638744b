"""The smaller faults of the create dialog (M12, M17, M18, M27, M33, C7, F12), and M1 where one request shows it."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from accounts.models import Project
from services.manifests import yamlio
from services.models import Draft
from tests.clusters import Cluster, eventually
from tests.faults import Proxy
from tests.manifests import service
from tests.web.creating import Wizard

pytestmark = pytest.mark.django_db(transaction=True)
IMAGE = "containers-0-image"


@pytest.fixture
def wizard(sign_in: Callable[[str], Client], project: Project) -> Wizard:
    return Wizard(sign_in("olive"), project.name)


@pytest.fixture
def pod(wizard: Wizard) -> Wizard:
    """At Pod Settings of a stateless Service called shop."""
    return wizard.start("stateless").submit(name="shop")


def look(wizard: Wizard, **typed: Any) -> str:
    """What the page sends while one types, and its answer."""
    data = {**wizard.form(), **{name: [value] for name, value in typed.items()}, "do": ["look:"]}
    return wizard.client.post(wizard.path, data, headers={"HX-Request": "true"}).content.decode()


def test_what_buttons_change_is_kept(pod: Wizard) -> None:
    """M1: default ports, stepper, a row more and a row less are there after a reload."""
    pod.submit("ports:containers-0", containers__0__image="nginx:1.27")
    for _ in range(3):
        pod.submit("more:replicas")
    pod.submit("add:containers").submit("drop:containers-1")
    shown = pod.form()
    pod.open("pod")
    assert pod.form() == {**shown, "csrfmiddlewaretoken": pod.form()["csrfmiddlewaretoken"]}
    assert (shown["replicas"], shown[IMAGE]) == (["4"], ["nginx:1.27"])
    assert shown["containers-0-ports-0-container_port"] == ["80"]
    assert "containers-1-there" not in shown


def test_whether_a_name_is_free_is_said_while_one_types(wizard: Wizard, project: Project, cluster: Cluster) -> None:
    cluster.admin.create(service("held"), project.name)
    wizard.start("stateless")
    eventually(lambda: "as a Service and a Deployment" in look(wizard, name="shop"))
    eventually(lambda: "Service held exists in" in look(wizard, name="held"))
    assert "Free" not in look(wizard, name="Not a name")


def test_links_of_the_steps_send_the_form(pod: Wizard) -> None:
    """M1: without scripts, too."""
    pod.submit("go:basic", replicas="7", containers__0__image="nginx")
    assert pod.step == "basic"
    pod.submit("go:pod")
    assert (pod.form()["replicas"], pod.form()[IMAGE]) == (["7"], ["nginx"])


def test_a_step_one_only_looked_at_does_not_wait(pod: Wizard) -> None:
    pod.submit("go:basic")
    assert Draft.objects.get().typed == {}


def test_a_late_request_brings_nothing_back(pod: Wizard) -> None:
    """M1: what arrives after something that was typed later changes nothing, and a newer one is not refused."""
    late = {**pod.form(), "replicas": ["2"], "sequence": ["10"], "do": ["look:"]}
    look(pod, replicas="3", sequence="11")
    pod.client.post(pod.path, late)
    assert Draft.objects.get().typed["pod"]["data"]["replicas"] == ["3"]
    pod.client.post(pod.path, {**late, "do": ["more:replicas"]})
    assert Draft.objects.get().typed["pod"]["data"]["replicas"] == ["3"]
    look(pod, replicas="4", sequence="12")
    assert Draft.objects.get().typed["pod"]["data"]["replicas"] == ["4"]


def test_what_was_typed_in_a_step_survives_a_change_of_the_yaml(pod: Wizard) -> None:
    """M1: what the person did not change follows the YAML, the rest stays as typed."""
    look(pod, **{IMAGE: "nginx:1.27"})
    pod.open("yaml")
    text = Draft.objects.get().text.replace("replicas: 1", "replicas: 5")
    pod.submit("form", text=text)
    pod.open("pod")
    assert (pod.form()["replicas"], pod.form()[IMAGE]) == (["5"], ["nginx:1.27"])


def test_text_of_the_editor_is_kept_while_one_types(pod: Wizard) -> None:
    """M1: the YAML page of a draft keeps what is typed, and forgets it when it is as before."""
    pod.open("yaml")
    saved = Draft.objects.get().text
    assert "Draft saved" in look(pod, text="kind: [")
    pod.open("yaml")
    assert pod.form()["text"] == ["kind: ["]
    look(pod, text=saved)
    assert Draft.objects.get().typed == {}


def test_links_of_the_steps_lead_out_of_the_yaml(pod: Wizard) -> None:
    """M12: to the step that they name; where the text cannot be read the page says why not."""
    pod.open("yaml").submit("go:basic", text=Draft.objects.get().text.replace("name: shop", "name: shop2"))
    assert (pod.step, pod.form()["name"]) == ("basic", ["shop2"])
    pod.open("yaml").submit("go:basic", text="kind: [")
    assert pod.step == "yaml"
    assert "the form opens again when the text can be read" in pod.text


def test_an_error_goes_when_it_is_put_right(pod: Wizard) -> None:
    """M17: the field, the notice and the marker of the step; what is still wrong stays."""
    pod.submit(replicas="x")
    page = LexborHTMLParser(look(pod, replicas="3"))
    assert not page.css("#id_replicas[aria-invalid]")
    assert page.css(f"#id_{IMAGE}[aria-invalid=true]")
    assert page.css("#track .bad")
    right = {IMAGE: "nginx", "containers-0-ports-0-container_port": "80", "containers-0-ports-0-service_port": "80"}
    page = LexborHTMLParser(look(pod, replicas="3", **right))
    assert not page.css("[aria-invalid], #problems, #track .bad")


@pytest.mark.parametrize(
    ("type", "typed", "label"),
    [
        ("stateless", {"name": "a" * 64}, "Name"),
        ("stateless", {"name": "shop", "version": "v" * 17}, "Version"),
        ("stateless", {"name": "shop", "alias": "x" * 64}, "Alias"),
    ],
)
def test_one_mistake_is_one_sentence(wizard: Wizard, type: str, typed: dict[str, str], label: str) -> None:
    """M18, F12: and the browser cuts nothing off."""
    wizard.start(type)
    assert "maxlength" not in LexborHTMLParser(wizard.text).css_first(f"#id_{label.lower()}").attributes
    wizard.submit(**typed)
    assert wizard.problems()[0] == "Fix 1 field to continue:"
    assert len(wizard.problems()) == 2


def test_the_editor_greets_without_a_problem(wizard: Wizard) -> None:
    """M27: nothing was typed yet."""
    wizard.start("yaml")
    assert wizard.problem_lines() == []
    assert 'id="text-problems" role="alert"' not in wizard.text


def two(project: Project) -> str:
    pattern = (
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {}}}\nspec: {{ports: [{{port: 80}}], selector: {{app: a}}}}\n"
    )
    return "---\n".join(pattern.format(name) for name in ("one", "two"))


def test_several_services_end_at_the_list(wizard: Wizard, project: Project, cluster: Cluster) -> None:
    """M33"""
    wizard.start("yaml").submit("review", text=two(project))
    wizard.post("create")
    assert wizard.path == f"/projects/{project.name}/services/"


def test_an_attempt_that_failed_is_not_called_a_dry_run(
    wizard: Wizard, project: Project, cluster: Cluster, faults: Proxy
) -> None:
    """F12"""
    wizard.start("yaml").submit("review", text=two(project).partition("---")[0])
    causes = [
        {"reason": "FieldValueInvalid", "message": f"no {n}", "field": f"spec.ports[{n}].port"} for n in range(60)
    ]
    body = {"kind": "Status", "status": "Failure", "reason": "Invalid", "code": 422, "details": {"causes": causes}}
    with faults.answer(422, body=body, path="/services", method="POST"):
        wizard.post("create")
    assert "attempted <time" in wizard.text
    assert "dry run <time" not in wizard.text
    with faults.answer(422, body=body, path="/services", method="POST"):
        wizard.open("review")
    assert "dry run <time" in wizard.text


@pytest.mark.parametrize("causes", [1, 60])
def test_a_refused_create_parses_once(pod: Wizard, cluster: Cluster, faults: Proxy, causes: int) -> None:
    """C7: however many causes the cluster names."""
    pod.submit("ports:containers-0", containers__0__image="nginx")
    for _ in range(3):
        pod.submit()
    assert pod.step == "review", pod.problems()
    named = [{"reason": "FieldValueInvalid", "message": f"no {n}", "field": "spec.replicas"} for n in range(causes)]
    body = {"kind": "Status", "status": "Failure", "reason": "Invalid", "code": 422, "details": {"causes": named}}
    parsed = 0

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal parsed
        parsed += event == "call" and frame.f_code is yamlio.load.__code__

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        with faults.answer(422, body=body, path="/deployments", method="POST"):
            pod.post("create")
    finally:
        sys.setprofile(before)
    assert "no 0" in pod.text
    assert parsed <= 4
