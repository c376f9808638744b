"""What an attempt left behind is never forgotten, never taken for another's, and never called nothing."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.models import AuditEntry, Project
from services.create.verbs import drafts
from services.models import Draft
from tests.clusters import Cluster
from tests.faults import Proxy
from tests.web.creating import Wizard, controls
from tests.web.test_create_faults import WRITTEN, there

pytestmark = pytest.mark.django_db(transaction=True)


DEPLOYED = WRITTEN.replace("services", "deployments")


def half(wizard: Wizard, faults: Proxy) -> Draft:
    """The Deployment is made, and what became of the Service is not known."""
    unread = faults.answer(500, path=r"/(services|deployments)/shop", method="GET")
    with faults.answer(500, path=WRITTEN, method="POST"), unread:
        wizard.post("create")
    draft = Draft.objects.get()
    assert draft.state == "partial"
    return draft


def locked(*_: object, **__: object) -> None:
    raise OperationalError("database is locked")


def test_a_retry_that_could_not_be_recorded_does_not_say_that_nothing_exists(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = half(review, faults).result
    with monkeypatch.context() as patch:
        patch.setattr(AuditEntry, "save", locked)
        review.post("retry")
    assert review.page is not None
    assert review.page.status_code == 503
    assert "Nothing has been created" not in review.text
    draft = Draft.objects.get()
    assert (draft.state, draft.result) == ("partial", before)
    assert there(cluster, project) == ["shop-v1"]


def test_a_draft_is_not_claimed_by_an_attempt_that_cannot_begin(
    review: Wizard, faults: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    half(review, faults)
    with monkeypatch.context() as patch:
        patch.setattr(drafts, "others", locked)
        review.post("retry")
    assert Draft.objects.get().state == "partial"


def test_new_drafts_never_push_out_one_that_was_made_in_part(
    review: Wizard, faults: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "MOST", 3)
    first = half(review, faults)
    Draft.objects.update(updated=timezone.now() - timedelta(days=40))
    for number in range(5):
        other = Wizard(review.client, review.project).start("stateless")
        if number % 2:
            other.submit(name=f"shop-{number}")
    assert Draft.objects.filter(id=first.id).exists()
    assert "Created in part" in review.client.get(f"{review.root}drafts/").content.decode()
    kept = [draft.name for draft in Draft.objects.filter(state="open").exclude(saved=[])]
    assert kept == ["shop-1", "shop-3"], "what nobody typed into pushes out nothing"


def test_an_attempt_that_came_too_late_for_an_object_does_not_lay_claim_to_it(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy
) -> None:
    unread = faults.answer(500, path=r"/(services|deployments)/shop", method="GET")
    with faults.commit_then_drop(path=DEPLOYED, method="POST"), unread:
        review.post("create")
    mine = Draft.objects.get()
    later = (timezone.now() + timedelta(hours=1)).isoformat()
    rows = [{**row, "since": later, "outcome": "unknown", "uid": ""} for row in mine.result]
    Draft.objects.create(
        owner=mine.owner, project=mine.project, type="stateless", text=mine.text, state="partial", result=rows
    )
    review.open("progress").post("undo")
    assert there(cluster, project) == []
    assert Draft.objects.get(id=mine.id).state == "open"


def test_a_request_that_may_be_on_its_way_is_not_called_nothing(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy
) -> None:
    with faults.refuse(path=DEPLOYED, method="POST"):
        review.post("create")
    assert "Nothing has been created" not in review.text
    assert "Unknown" in review.text
    cluster.admin.create(made_late(cluster, project), project.name)
    review.post("undo")
    assert there(cluster, project) == []


def made_late(cluster: Cluster, project: Project) -> dict[str, object]:
    """The Deployment as it was sent; by now it is stored."""
    sent = [
        request for request in cluster.request_log() if request.method == "POST" and "deployments" in request.target
    ]
    body: dict[str, object] = next(request.json() for request in reversed(sent) if project.name in request.target)
    return body


def test_what_another_tab_kept_is_not_passed_over(review: Wizard, cluster: Cluster, project: Project) -> None:
    create, data = f"{review.root}{review.draft}/create/", review.form()
    pod = review.client.get(f"{review.root}{review.draft}/pod/").content.decode()
    kept = {**controls(pod), "replicas": ["5"], "do": ["look:"]}
    review.client.post(f"{review.root}{review.draft}/pod/", kept)
    answer = review.client.post(create, data, follow=True)
    assert "changes that are not complete" in answer.content.decode()
    assert there(cluster, project) == []


def test_a_long_draft_is_listed_without_reading_it(review: Wizard) -> None:
    """C13: fifty drafts of a megabyte would hold the console up for a quarter of a minute."""
    Draft.objects.update(text="kind: ConfigMap\ndata:\n" + "  key: {not: yaml\n" * 5000)
    page = review.client.get(f"{review.root}drafts/")
    assert page.status_code == 200
    assert "YAML, 87.9" in page.content.decode()


def test_an_attempt_needs_no_thread_and_tells_what_it_did_though_the_draft_cannot_be_given_back(
    review: Wizard, cluster: Cluster, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process may have so many threads, and a database may be locked just then: the objects exist."""
    start = threading.Thread.start

    def begin(thread: threading.Thread) -> None:
        if thread.name == "draft":
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", begin)
        patch.setattr(drafts, "_claimed", locked)
        review.post("create")
    assert review.page is not None
    assert review.page.request["PATH_INFO"] == f"/projects/{project.name}/service/shop/"
    assert there(cluster, project) == ["shop-v1", "shop"]
