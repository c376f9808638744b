"""The whole stateless dialog over the wire, without a script, ends in exactly the documented objects."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from selectolax.lexbor import LexborHTMLParser

from accounts.models import Project
from services.create.verbs import drafts
from services.models import Draft
from tests.clusters import Cluster
from tests.web.creating import Wizard, line_ends

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wizard(sign_in: Callable[[str], Client], project: Project) -> Wizard:
    return Wizard(sign_in("olive"), project.name)


def filled(wizard: Wizard, **basic: str) -> Wizard:
    """Through the first two steps with the least that is needed."""
    wizard.start("stateless").submit(name=basic.get("name", "demo-stateless"))
    assert wizard.step == "pod", wizard.problems()
    wizard.submit(
        replicas=2,
        containers__0__image="nginx",
        containers__0__name="web",
        containers__0__ports__0__container_port=80,
        containers__0__ports__0__service_port=80,
    )
    assert wizard.step == "storage", wizard.problems()
    return wizard


def test_beside_a_form_that_is_not_complete_is_what_is_typed(wizard: Wizard) -> None:
    """Only what is not typed is missing; a wrong image stands as it is typed, with its error at the field."""

    def beside(**typed: object) -> str:
        wizard.submit(**{f"containers__0__{name}": value for name, value in typed.items()})
        assert wizard.step == "pod"
        made = LexborHTMLParser(wizard.text).css_first("#made")
        assert made is not None
        return " ".join(made.text(separator=" ").split())

    wizard.start("stateless").submit(name="Demo!")
    assert "Missing" not in wizard.text, "nobody has seen that step yet"
    wizard.submit(name="my-web")
    of_image = beside(image="nginx")
    assert "Image nginx" in of_image
    assert of_image.count("Missing") == 1, "the ports"
    of_ports = beside(image="", ports__0__container_port=8080, ports__0__service_port=80)
    assert "80 → 8080" in of_ports
    assert of_ports.count("Missing") == 1, "the image"
    wrong = beside(image="ng inx")
    assert "Image ng inx" in wrong
    assert "Missing" not in wrong


def test_the_least_that_is_needed(wizard: Wizard, cluster: Cluster, project: Project, settings: LazySettings) -> None:
    settings.BERTH_EMBEDDED = True
    settings.BERTH_DATA = Path("/srv/berth")
    filled(wizard).submit()
    made = LexborHTMLParser(wizard.text).css_first("#made")
    assert made is not None
    assert f"demo-stateless.{project.name}.svc" in made.text(), "as the details write it"
    assert wizard.step == "advanced", wizard.problems()
    wizard.submit()
    assert wizard.step == "review", wizard.problems()
    assert "Accepted" in wizard.text
    assert "would refuse" not in wizard.text
    assert f"--kubeconfig {settings.BERTH_DATA}/embedded.kubeconfig</pre>" in wizard.text
    wizard.post("create")
    assert wizard.path == f"/projects/{project.name}/service/demo-stateless/", wizard.problems()
    service = cluster.admin.get("services", project.name, "demo-stateless")
    assert service["metadata"]["labels"] == {"app": "demo-stateless", "version": "v1"}
    assert service["spec"]["selector"] == {"app": "demo-stateless"}
    assert service["metadata"]["annotations"] == {
        "kubesphere.io/serviceType": "statelessservice",
        "kubesphere.io/creator": "olive",
    }
    assert [(p["name"], p["port"], p["targetPort"]) for p in service["spec"]["ports"]] == [("tcp-80", 80, 80)]
    deployment = cluster.admin.get("deployments", project.name, "demo-stateless-v1")
    assert deployment["metadata"]["labels"] == {"app": "demo-stateless", "version": "v1"}
    assert deployment["spec"]["replicas"] == 2
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert (container["name"], container["image"]) == ("web", "nginx")
    assert Draft.objects.get().state == "done"


def test_two_tabs_whose_requests_overlap_both_keep_what_was_typed(wizard: Wizard) -> None:
    wizard.start("stateless").submit(name="shop")
    # Both read before either wrote.
    first, second = Draft.objects.get(id=wizard.draft), Draft.objects.get(id=wizard.draft)
    drafts.keep_typed(first, step="pod", typed={"replicas": ["2"]}, problems=0)
    drafts.keep_typed(second, step="storage", typed={"volumes-0-there": ["1"]}, problems=0)
    kept = Draft.objects.get(id=wizard.draft)
    assert set(kept.typed) == {"pod", "storage"}
    late = Draft.objects.get(id=wizard.draft)
    drafts.keep_typed(kept, step="advanced", typed={"sticky": ["on"]}, problems=0)
    drafts.save_step(late, step="pod", version=late.version, text=late.text, name="shop")
    assert set(Draft.objects.get(id=wizard.draft).typed) == {"storage", "advanced"}
    with pytest.raises(drafts.Stale):
        drafts.save_step(second, step="pod", version=second.version, text=second.text, name="shop")


def test_a_person_whose_drafts_are_full_is_told_and_loses_nothing(
    wizard: Wizard, sign_in: Callable[[str], Client], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept stays, what cannot be kept is on the page and said, and a step that is right is saved all the same.
    One person's drafts are nobody else's room.
    """

    def press(by: Wizard, do: str, **typed: str) -> None:
        data = by.form() | {name: [value] for name, value in typed.items()} | {"do": [do]}
        by.page = by.client.post(by.path, line_ends(data), follow=True)

    wizard.start("stateless").submit(name="shop")
    monkeypatch.setattr(drafts, "MOST_CHARACTERS", 8000)
    press(wizard, "look:", replicas="two")
    assert Draft.objects.get(id=wizard.draft).typed["pod"]["data"]["replicas"] == ["two"]
    press(wizard, "look:", replicas="3" * 9000)
    assert "Not saved: your drafts have 10,000,000" in wizard.text
    assert wizard.form()["replicas"] == ["3" * 9000]
    press(wizard, "go:basic", replicas="3" * 9000)
    assert (wizard.step, wizard.page and wizard.page.status_code) == ("pod", 422)
    assert "This was not saved: your drafts have 10,000,000" in wizard.text
    assert Draft.objects.get(id=wizard.draft).typed["pod"]["data"]["replicas"] == ["two"]
    wizard.open("yaml")
    for do, status in (("look:", 200), ("diff", 200), ("go:basic", 422), ("save", 422)):
        press(wizard, do, text="#" * 9000 + "\n: [")
        assert (wizard.page and wizard.page.status_code, "the limit for one user" in wizard.text) == (
            status,
            True,
        ), do
        assert "yaml" not in Draft.objects.get(id=wizard.draft).typed
        wizard.open("yaml")
    other = Wizard(sign_in("alice"), project.name).start("stateless").submit(name="other")
    press(other, "look:", replicas="4" * 500)
    assert "Draft saved" in other.text
    Draft.objects.filter(id=wizard.draft).update(typed={})
    least = {"image": "nginx", "name": "web", "ports__0__container_port": 80, "ports__0__service_port": 80}
    wizard.open("pod").submit(**{f"containers__0__{name}": value for name, value in least.items()})
    assert wizard.step == "storage", "what is right is saved"


def test_discarding_names_the_draft_and_the_focus_is_on_the_way_out(wizard: Wizard) -> None:
    wizard.start("stateless").submit(name="shop").open("discard")
    assert "Discard draft shop?" in wizard.text
    focused = re.findall(r"<(?:a|button|input)\b[^>]* autofocus[^>]*>([^<]*)", wizard.text)
    assert focused == ["Keep draft"]


def test_discarding_is_asked_over_the_step_one_stands_on_and_keeps_what_is_typed(wizard: Wizard) -> None:
    """What was typed without a script is in the draft before the question, and the page behind shows it."""
    wizard.start("stateless").submit(name="shop").submit("discard", containers__0__image="nginx:1.27")
    page = LexborHTMLParser(wizard.text)
    assert "You lose what you typed in Basic Information, Pod Settings." in wizard.text
    behind = page.css_first("main[inert] [name='containers-0-image']")
    assert behind is not None, "over an empty page one does not see what is lost"
    assert behind.attributes["value"] == "nginx:1.27"
    step = page.css_first("main #step")
    keep = page.css_first("dialog [data-cancel]")
    assert step is not None
    assert keep is not None
    assert str(step.attributes["action"]).endswith("/pod/"), "nothing behind the question posts to where it discards"
    assert [element for element in page.css("[hx-post]") if "discard" in str(element.attributes["hx-post"])] == []
    wizard.page = wizard.client.get(keep.attributes["href"])
    assert wizard.form()["containers-0-image"] == ["nginx:1.27"]


def test_drafts_of_one_name_differ_and_several_are_discarded_at_once(wizard: Wizard) -> None:
    images = ["nginx:1.27", "nginx:1.28", "redis:7"]
    for image in images:
        wizard.start("stateless").submit(name="shop").submit("close", containers__0__image=image)
    rows = [row.text(separator=" ") for row in LexborHTMLParser(wizard.text).css("#drafts tbody tr")]
    assert [image for row in rows for image in images if image in row] == images[::-1]
    assert all("Pod Settings, 2 of 5" in row and re.search(r"just now|s ago", row) for row in rows)
    picks = [str(control.attributes["value"]) for control in LexborHTMLParser(wizard.text).css("[name=pick]")]
    dialog = wizard.client.get(f"{wizard.root}drafts/discard/", {"pick": picks[:2]}).content.decode()
    assert "Discard 2 drafts?" in dialog
    wizard.page = wizard.client.post(f"{wizard.root}drafts/discard/", {"pick": [*picks[:2], "0"]}, follow=True)
    assert [str(draft.id) for draft in Draft.objects.all()] == picks[2:]


def test_the_focus_never_waits_on_what_creates(wizard: Wizard) -> None:
    filled(wizard).submit().submit()
    assert wizard.step == "review"
    assert 'Create<span class="more"> 2 objects</span>' in wizard.text
    assert not re.search(r"<(button|a|input)\b[^>]*autofocus", wizard.text)


def test_a_draft_that_is_being_created_is_not_called_gone(wizard: Wizard) -> None:
    wizard.start("stateless").submit(name="shop")
    Draft.objects.filter(id=wizard.draft).update(state=Draft.State.CLAIMED, claimed=timezone.now())
    wizard.post("discard")
    assert Draft.objects.filter(id=wizard.draft).exists()
    assert "It was not discarded." in wizard.text


def test_a_draft_whose_creation_died_is_not_called_being_created(wizard: Wizard) -> None:
    wizard.start("stateless").submit(name="shop")
    hours_ago = timezone.now() - timedelta(hours=3)
    Draft.objects.filter(id=wizard.draft).update(state=Draft.State.CLAIMED, claimed=hours_ago)
    answer = wizard.client.post(f"{wizard.root}drafts/discard/", {"pick": [wizard.draft]}, follow=True)
    for page in (wizard.post("discard").text, answer.content.decode()):
        assert "creation stopped" in page
        assert "undo or complete it first" in page
        assert "draft is being created" not in page
    assert Draft.objects.filter(id=wizard.draft).exists()


def test_a_draft_that_another_tab_has_discarded_is_simply_gone(wizard: Wizard) -> None:
    wizard.start("stateless").submit(name="shop")
    draft, kept = wizard.draft, Draft.objects.get(id=wizard.draft)
    for _tab in range(2):
        wizard.page = wizard.client.post(f"{wizard.root}{draft}/discard/", follow=True)
        assert (wizard.path, wizard.page.status_code) == (wizard.root, 200)
        assert "Draft discarded." in wizard.text
        assert "being created" not in wizard.text
    assert drafts.discard(kept), "nor is it being created when the other tab is only a little faster"
    assert wizard.client.get(f"{wizard.root}{draft}/discard/").status_code == 404
