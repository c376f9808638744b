"""The cluster refuses, hangs, answers an error or dies between the two creates: the truth is told, the draft kept."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import Project
from services.create.verbs import drafts
from services.models import Draft
from tests.clusters import Cluster, eventually
from tests.faults import Proxy
from tests.people import People
from tests.web.creating import Wizard
from tests.web.test_create_refused import GOOD

pytestmark = pytest.mark.django_db(transaction=True)
WRITTEN = r"/services\?fieldManager=berth&fieldValidation=Strict$"


def there(cluster: Cluster, project: Project) -> list[str]:
    """What of the draft exists."""
    deployments = cluster.admin.list("deployments", project.name)
    services = cluster.admin.list("services", project.name)
    return [
        manifest["metadata"]["name"]
        for manifest in [*deployments, *services]
        if not manifest["metadata"].get("deletionTimestamp")
    ]


@pytest.mark.parametrize(("code", "status"), [(409, 409), (422, 422), (429, 503), (500, 502), (403, 403)])
def test_refusal_of_the_dry_run(
    review: Wizard, cluster: Cluster, project: Project, code: int, status: int, faults: Proxy
) -> None:
    with faults.answer(code, path=r"dryRun=All", method="POST"):
        review.post("create")
    assert review.page is not None
    assert review.page.status_code == status, review.problems()
    assert "Nothing has been created" in review.text
    assert there(cluster, project) == []
    assert Draft.objects.get().state == "open"
    review.open("review")
    assert "Accepted" in review.text
    review.post("create")
    assert there(cluster, project) == ["shop-v1", "shop"]


def test_refused_second_object_leaves_nothing(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy
) -> None:
    with faults.answer(422, path=WRITTEN, method="POST"):
        review.post("create")
    assert review.page is not None
    assert review.page.status_code == 422, review.problems()
    assert "Undone" in review.text
    assert "Created" not in review.text
    assert there(cluster, project) == []
    assert Draft.objects.get().state == "open"
    review.page = review.client.get(f"/projects/{project.name}/services/")
    assert "Created shop" not in review.text, "nor does a message wait for the next page"


GOOD_ONE = """apiVersion: v1
kind: Service
metadata: {name: good}
spec: {selector: {app: good}, ports: [{port: 80}]}
---
"""
AT_ONCE = """apiVersion: apps/v1
kind: StatefulSet
metadata: {name: bad}
spec:
  serviceName: good
  selector: {matchLabels: {app: bad}}
  template: {metadata: {labels: {app: other}}, spec: {containers: [{name: main, image: nginx}]}}
"""
# No dry run looks at the range of node ports.
AT_LAST = """apiVersion: v1
kind: Service
metadata: {name: bad}
spec: {type: NodePort, selector: {app: bad}, ports: [{port: 80, nodePort: 81}]}
"""
# Nor does it know what the document before will have. Below 30086: a Service that names none gets a higher one.
TAKEN = AT_LAST.replace("81}", "30017}")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (AT_ONCE, "`selector` does not match template `labels`"),
        (AT_LAST, "provided port is not in the valid range"),
        (TAKEN, "Node port 30017 is taken by good, created before it."),
    ],
    ids=["in the dry run", "when it is made", "taken by the other"],
)
def test_a_document_that_the_cluster_refuses_is_never_said_to_be_created(
    sign_in: Callable[[str], Client], project: Project, cluster: Cluster, bad: str, why: str
) -> None:
    good = GOOD_ONE.replace("{selector", "{type: NodePort, selector").replace("80}", "80, nodePort: 30017}")
    text = (good if bad == TAKEN else GOOD_ONE) + bad
    wizard = Wizard(sign_in("olive"), project.name).start("yaml").submit("review", text=text)
    if "anyway" in wizard.buttons():
        wizard.submit("anyway")
    wizard.open("review")
    assert wizard.step == "review", wizard.problems()
    assert ("The cluster would refuse 1 of 2 objects." in wizard.text) == (bad == AT_ONCE)
    wizard.post("create")  # where the button is not there, whoever sends it all the same learns the same
    assert wizard.page is not None
    assert wizard.page.status_code == 422
    assert "The cluster refused 1 of 2 objects." in wizard.text, wizard.problems() or wizard.text[-6000:]
    told = "Nothing has been created" if bad == AT_ONCE else "What had been created was deleted again"
    assert f"{told}. The draft is kept." in wizard.text
    assert "1 object was refused" in wizard.text
    assert "Accepted" not in wizard.text, "it was not created"
    assert why in unescape(wizard.text)
    assert "Created" not in wizard.text
    assert there(cluster, project) == []
    draft = Draft.objects.get()
    assert (draft.state, draft.text) == ("open", text)
    wizard.page = wizard.client.get(f"/projects/{project.name}/services/")
    assert "Created good" not in wizard.text, "nor does a message wait for the next page"
    assert "Created bad" not in wizard.text


def test_cluster_is_down_at_the_review(review: Wizard, cluster: Cluster, project: Project, faults: Proxy) -> None:
    faults.down()
    try:
        review.open("review")
        assert "is not responding" in review.text
        assert 'aria-disabled="true"' in review.text
        assert "Dry run not done" in review.text
        assert review.text.count("The cluster is not responding") == 1, "once, not again for each object"
        assert "Nothing was changed" not in review.text
        review.post("create")
        assert review.page is not None
        assert review.page.status_code == 503
        assert "Nothing has been created" in review.text
        assert Draft.objects.get().state == "open"
    finally:
        faults.up()
    assert there(cluster, project) == []
    review.open("review").post("create")
    assert there(cluster, project) == ["shop-v1", "shop"]


def test_dies_between_the_two_and_is_completed(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy
) -> None:
    with (
        faults.answer(500, path=WRITTEN, method="POST"),
        faults.answer(500, path=r"/(services|deployments)/shop", method="GET"),
    ):
        review.post("create")
    assert review.page is not None
    assert review.page.status_code >= 500, review.path
    draft = Draft.objects.get()
    assert draft.state == "partial"
    assert "Retry" in review.text
    assert "Undo" in review.text
    review.open("progress")
    assert "1 object exists." in review.text
    undo = review.text[review.text.index('aria-labelledby="undo"') :]
    assert re.search(r"Deployment <span[^>]*>shop-v1\b", undo), "what is left over is named"
    assert ">shop<" not in undo
    assert "delete 1 object" in undo
    assert there(cluster, project) == ["shop-v1"]
    uid = cluster.admin.get("deployments", project.name, "shop-v1")["metadata"]["uid"]
    review.post("retry")
    assert review.path.endswith("/service/shop/"), review.problems()
    assert there(cluster, project) == ["shop-v1", "shop"]
    assert cluster.admin.get("deployments", project.name, "shop-v1")["metadata"]["uid"] == uid


def test_dies_between_the_two_and_is_undone(review: Wizard, cluster: Cluster, project: Project, faults: Proxy) -> None:
    with (
        faults.answer(500, path=WRITTEN, method="POST"),
        faults.answer(500, path=r"/(services|deployments)/shop", method="GET"),
    ):
        review.post("create")
    assert there(cluster, project) == ["shop-v1"]
    review.post("undo")
    assert review.step == "review", review.problems()
    assert there(cluster, project) == []
    assert Draft.objects.get().state == "open"


def test_two_posts_make_it_once(review: Wizard, cluster: Cluster, project: Project) -> None:
    data = review.form()
    address = f"{review.root}{review.draft}/create/"
    cluster.forget()
    first = review.client.post(address, data)
    second = review.client.post(address, data, follow=True)
    assert first.status_code == 303
    assert second.request["PATH_INFO"] == first.headers["Location"]  # type: ignore[attr-defined]
    written = [
        request
        for request in cluster.request_log()
        if request.writes and request.user and "dryRun" not in request.target
    ]
    assert len(written) == 2


def test_session_that_expires_in_a_step_is_followed_through_sign_in_and_back(
    review: Wizard, people: People, settings: Any
) -> None:
    """What the page had sent while it was typed is there again; what came after that was never sent."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    people.olive.set_password("correct horse battery")
    people.olive.save()
    review.client.force_login(people.olive)
    review.open("pod")
    address, text = review.path, Draft.objects.get().text
    typed = {**review.form(), "replicas": ["5"], "containers-0-image": ["nginx:not yet"]}
    review.client.post(address, {**typed, "do": ["look:"]}, headers={"HX-Request": "true"})
    Session.objects.all().delete()
    headers = {"Referer": f"http://testserver{address}"}
    answer = review.client.post(address, typed, headers=headers, follow=True)
    assert answer.request["PATH_INFO"] == "/signin/"  # type: ignore[attr-defined]
    assert Draft.objects.get().text == text
    back = hidden(answer.content.decode(), "next")
    assert back == address
    sent = {"username": "olive", "password": "correct horse battery", "next": back}
    review.page = review.client.post("/signin/", sent, follow=True)
    assert review.path == address
    kept = review.form()
    assert (kept["replicas"], kept["containers-0-image"]) == (["5"], ["nginx:not yet"])
    review.submit(containers__0__image="nginx:1.27")
    assert review.step == "storage", review.problems()
    assert "replicas: 5" in Draft.objects.get().text


def hidden(html: str, name: str) -> str:
    match = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', html)
    assert match, html
    return unescape(match[1])


def test_htmx_of_an_expired_session_is_sent_to_sign_in(review: Wizard) -> None:
    step = review.path.replace("/review/", "/pod/")
    review.client.logout()
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{step}"}
    answer = review.client.post(step, {"do": "look:"}, headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, f"/signin/?next={step}&ended=form")


def test_expired_session_comes_back_to_the_step(review: Wizard) -> None:
    step = review.path.replace("/review/", "/pod/")
    review.client.logout()
    answer = review.client.get(step)
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(f"?next={step}")
    headers = {"Referer": f"http://testserver{step}"}
    answer = review.client.post(step, {"replicas": "5"}, headers=headers)
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(f"?next={step}&ended=form"), "also after a button was pressed"


def killed(review: Wizard, faults: Proxy, *, after: int) -> Draft:
    """The process dies in the middle of `create`, after so many writes: nothing after that point runs."""

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch, ExitStack() as broken:
        patch.setattr("services.create.verbs.attempts._settle", die)
        if after:
            broken.enter_context(faults.answer(500, path=WRITTEN, method="POST"))
            broken.enter_context(faults.answer(500, path="/deployments/shop", method="DELETE"))
        else:
            patch.setattr("services.create.verbs.attempts._create", die)
        with pytest.raises(Killed):
            review.post("create")
    Draft.objects.update(claimed=timezone.now() - timedelta(minutes=3))
    return Draft.objects.get()


def test_process_that_died_in_the_middle_is_completed(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy
) -> None:
    draft = killed(review, faults, after=1)
    assert draft.state == "claimed"
    assert there(cluster, project) == ["shop-v1"]
    page = " ".join(re.sub("<[^>]+>", " ", review.open("progress").text).split())
    assert "Berth was restarted while it created 2 objects. 1 object exists. 1 was not created." in page
    assert "Undo: delete 1 object" in page
    assert "Create the Service" in page
    assert re.search(r"Created, \d of 1 pod ready", page)
    assert "Not created" in page
    assert "Review , stopped" in page, "the step shows it, too"
    assert f'href="/projects/{project.name}/workload/deployment/shop-v1/"' in review.text
    with faults.answer(500, path="/services/shop", method="GET"):
        assert "Check again" in review.open("progress").text, "nobody is told that it is not there"
    review.post("retry")
    assert review.path.endswith("/service/shop/"), review.problems()
    assert there(cluster, project) == ["shop-v1", "shop"]


def test_process_that_died_in_the_middle_is_undone(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy
) -> None:
    killed(review, faults, after=1)
    review.open("progress").post("undo")
    assert review.step == "review", review.problems()
    assert there(cluster, project) == []


def test_undo_spares_what_the_same_person_had_before(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy
) -> None:
    """Nothing is known of the attempt but the names: an older object of the same person is not its work."""
    mine: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "shop", "annotations": {"kubesphere.io/creator": "olive"}},
        "spec": {"ports": [{"port": 80}]},
    }
    cluster.admin.create(mine, project.name)
    killed(review, faults, after=0)
    draft = Draft.objects.get()
    later = (timezone.now() + timedelta(minutes=1)).isoformat()  # as if the Service were a minute older than the draft
    draft.result = [{**row, "since": later} for row in draft.result]
    draft.save()
    review.open("progress").post("undo")
    assert there(cluster, project) == ["shop"]


def test_left_behind_is_completed(review: Wizard, cluster: Cluster, project: Project, faults: Proxy) -> None:
    """What could not be undone counts as made when the rest is made."""
    with (
        faults.answer(422, path=WRITTEN, method="POST"),
        faults.answer(403, method="DELETE"),
    ):
        review.post("create")
    assert [row["outcome"] for row in Draft.objects.get().result] == ["left", "failed"]
    review.post("retry")
    assert review.path.endswith("/service/shop/"), review.problems()
    assert Draft.objects.get().state == "done"


def test_late_attempt_does_not_overwrite_the_next(review: Wizard, project: Project) -> None:
    late = Draft.objects.get()
    assert drafts.claim(late)
    Draft.objects.update(claimed=timezone.now() - timedelta(minutes=3))
    late.claimed = Draft.objects.get().claimed
    second = Draft.objects.get()
    assert drafts.claim(second)
    drafts.settle(late, Draft.State.OPEN, [])
    assert Draft.objects.get().state == "claimed"
    drafts.settle(second, Draft.State.PARTIAL, [])
    assert Draft.objects.get().state == "partial"


def test_one_document_whose_answer_is_lost_keeps_its_record(
    sign_in: Callable[[str], Client], project: Project, cluster: Cluster, faults: Proxy
) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("external").submit(name="pay")
    wizard.submit(external_name="api.example.com")
    with (
        faults.commit_then_drop(path=WRITTEN, method="POST"),
        faults.answer(500, path="/services/pay", method="GET"),
    ):
        wizard.post("create")
    assert "Nothing has been created" not in wizard.text
    assert Draft.objects.get().state == "partial"
    wizard.post("undo")
    assert there(cluster, project) == []


def test_an_undo_that_failed_never_deletes_what_another_made_since(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy
) -> None:
    with faults.answer(422, path=WRITTEN, method="POST"), faults.answer(429, method="DELETE"):
        review.post("create")
    assert there(cluster, project) == ["shop-v1"]
    with faults.answer(429, method="DELETE"):
        review.post("undo")
    ours = cluster.admin.get("deployments", project.name, "shop-v1")
    cluster.admin.delete("deployments", project.name, "shop-v1")
    kept = ("name", "namespace", "labels", "annotations")
    meta = {key: ours["metadata"][key] for key in kept}
    eventually(lambda: there(cluster, project) == [])
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": ours["spec"]}
    uid = cluster.admin.create(body)["metadata"]["uid"]  # by the same person, under the same name
    review.post("undo")
    assert cluster.admin.get("deployments", project.name, "shop-v1")["metadata"]["uid"] == uid


def half_made(review: Wizard, faults: Proxy) -> None:
    """The Deployment is there, the Service was refused, and nothing could be undone."""
    with faults.answer(422, path=WRITTEN, method="POST"), faults.answer(429, method="DELETE"):
        review.post("create")


def test_what_is_still_unknown_is_not_made_again(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy
) -> None:
    with faults.commit_then_drop(path=WRITTEN, method="POST"), faults.answer(500, path="/services/shop", method="GET"):
        review.post("create")
    assert [row["outcome"] for row in Draft.objects.get().result] == ["created", "unknown"]
    with faults.answer(500, path="/services/shop", method="GET"):
        cluster.forget()
        review.post("retry")
        assert not [request for request in cluster.request_log() if request.method == "POST" and request.user]
    draft = Draft.objects.get()
    assert draft.state == "partial"
    assert [row["outcome"] for row in draft.result] == ["created", "unknown"]
    assert "shop-v1" in review.text
    review.post("undo")
    assert there(cluster, project) == []


def test_what_was_made_in_part_is_not_changed_under_it(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy
) -> None:
    """A changed draft would orphan what exists, or call made what was never sent."""
    half_made(review, faults)
    before = Draft.objects.get().text
    for step in ("basic", "pod", "draft-yaml"):
        address = f"{review.root}{review.draft}/{'yaml' if step == 'draft-yaml' else step}/"
        assert review.client.get(address).headers["Location"].endswith("/progress/")
        answer = review.client.post(address, {"seen": "9", "name": "other", "text": before.replace("shop", "other")})
        assert answer.headers["Location"].endswith("/progress/")
        assert "not included" in review.client.get(answer.headers["Location"]).content.decode()
    assert Draft.objects.get().text == before
    assert "To edit the draft, undo first. Otherwise it would differ from what exists." in review.open("progress").text
    review.post("retry")
    assert there(cluster, project) == ["shop-v1", "shop"]


def test_an_object_that_another_draft_made_is_not_ours(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy, sign_in: Callable[[str], Client]
) -> None:
    """Both of the same person, of one name, and the first died before it was told anything."""
    dead = killed(review, faults, after=0)
    second = Wizard(sign_in("olive"), project.name)
    second.start("stateless").submit(name="shop").submit(**GOOD).submit().submit().post("create")
    assert there(cluster, project) == ["shop-v1", "shop"], second.problems()
    review.open("progress").post("undo")
    assert there(cluster, project) == ["shop-v1", "shop"]
    Draft.objects.filter(id=dead.id).update(state="partial", result=dead.result)
    review.open("progress").post("retry")
    assert Draft.objects.get(id=dead.id).state != "done"


def test_an_object_that_either_of_two_drafts_made_is_not_guessed(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy, sign_in: Callable[[str], Client]
) -> None:
    first = killed(review, faults, after=1)
    untold = [{**row, "outcome": "unknown", "uid": ""} for row in first.result]  # it died before the answer came
    Draft.objects.filter(id=first.id).update(result=untold)
    Draft.objects.create(
        owner=first.owner, project=first.project, type="stateless", text=first.text, state="partial", result=untold
    )
    assert there(cluster, project) == ["shop-v1"]
    review.open("progress").post("undo")
    assert there(cluster, project) == ["shop-v1"]
    assert Draft.objects.get(id=first.id).state == "partial"
    assert "another draft of yours" in review.text


def test_a_draft_read_before_it_was_settled_is_not_claimed(review: Wizard) -> None:
    """A stale tab retries by what it read, and would forget what was made since."""
    early = Draft.objects.get()
    now = Draft.objects.get()
    assert drafts.claim(now)
    drafts.settle(now, Draft.State.PARTIAL, [{"outcome": "left"}])
    assert not drafts.claim(early)
    assert Draft.objects.get().result == [{"outcome": "left"}]


def test_a_fault_of_ours_after_the_first_write_forgets_nothing(
    review: Wizard, cluster: Cluster, project: Project
) -> None:
    class Broken(Exception):
        pass

    def broken(*_: object, **__: object) -> None:
        raise Broken

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.create.verbs.attempts._record", broken)
        with pytest.raises(Broken):
            review.post("create")
    assert there(cluster, project) == ["shop-v1", "shop"]
    assert Draft.objects.get().state == "partial"
    review.open("progress").post("retry")
    assert Draft.objects.get().state == "done"
