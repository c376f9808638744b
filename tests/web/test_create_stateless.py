"""The whole stateless dialog over the wire, without a script, ends in exactly the documented objects."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Project
from services.create.verbs import drafts
from services.models import Draft
from tests.clusters import Cluster
from tests.web.creating import Wizard

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


def test_the_least_that_is_needed(wizard: Wizard, cluster: Cluster, project: Project) -> None:
    filled(wizard).submit()
    assert wizard.step == "advanced", wizard.problems()
    wizard.submit()
    assert wizard.step == "review", wizard.problems()
    assert "Accepted" in wizard.text
    assert "would refuse" not in wizard.text
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
    one, other = Draft.objects.get(id=wizard.draft), Draft.objects.get(id=wizard.draft)  # both read before either wrote
    drafts.keep_typed(one, step="pod", typed={"replicas": ["2"]}, problems=0)
    drafts.keep_typed(other, step="storage", typed={"volumes-0-there": ["1"]}, problems=0)
    kept = Draft.objects.get(id=wizard.draft)
    assert set(kept.typed) == {"pod", "storage"}
    late = Draft.objects.get(id=wizard.draft)
    drafts.keep_typed(kept, step="advanced", typed={"sticky": ["on"]}, problems=0)
    drafts.save_step(late, step="pod", version=late.version, text=late.text, name="shop")
    assert set(Draft.objects.get(id=wizard.draft).typed) == {"storage", "advanced"}
    with pytest.raises(drafts.Stale):
        drafts.save_step(other, step="pod", version=other.version, text=other.text, name="shop")


def test_discarding_names_the_draft_and_the_focus_is_on_the_way_out(wizard: Wizard) -> None:
    wizard.start("stateless").submit(name="shop").open("discard")
    assert "Discard the draft shop?" in wizard.text
    focused = re.findall(r"<(?:a|button|input)\b[^>]* autofocus[^>]*>([^<]*)", wizard.text)
    assert focused == ["Keep it"]


def test_the_focus_never_waits_on_what_creates(wizard: Wizard) -> None:
    filled(wizard).submit().submit()
    assert wizard.step == "review"
    assert "Create</button>" in wizard.text
    assert "autofocus" not in wizard.text


def test_a_draft_that_is_being_created_is_not_called_gone(wizard: Wizard) -> None:
    wizard.start("stateless").submit(name="shop")
    Draft.objects.filter(id=wizard.draft).update(state=Draft.State.CLAIMED, claimed=timezone.now())
    wizard.post("discard")
    assert Draft.objects.filter(id=wizard.draft).exists()
    assert "It was not discarded." in wizard.text


def test_a_draft_that_another_tab_has_discarded_is_simply_gone(wizard: Wizard) -> None:
    wizard.start("stateless").submit(name="shop")
    draft, kept = wizard.draft, Draft.objects.get(id=wizard.draft)
    for _tab in range(2):
        wizard.page = wizard.client.post(f"{wizard.root}{draft}/discard/", follow=True)
        assert (wizard.path, wizard.page.status_code) == (wizard.root, 200)
        assert "The draft is gone." in wizard.text
        assert "being created" not in wizard.text
    assert drafts.discard(kept), "nor is it being created when the other tab is only a little faster"
    assert wizard.client.get(f"{wizard.root}{draft}/discard/").status_code == 404
