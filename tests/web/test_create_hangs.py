"""A cluster that takes a request of the create dialog and never answers: the dialog ends all the same, says what is so,
keeps what was typed, and knows afterwards what to look for.

The console's own limits are shortened here, all by the same factor; what a page takes is measured against them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from console.kube import batch, gateway
from services.models import Draft
from tests.clusters import Cluster, eventually
from tests.faults import Proxy
from tests.web.creating import Wizard
from tests.web.test_create_faults import there
from tests.web.test_create_refused import GOOD, nothing_written

if TYPE_CHECKING:
    from accounts.models import Project

pytestmark = pytest.mark.django_db(transaction=True)

SHORTER = 20
WRITE, LOOK = gateway.WRITE_SECONDS / SHORTER, gateway.LOOK_SECONDS / SHORTER
BUSY = 3.0  # for a machine that does other things, too
NEW_SERVICE = {"path": r"/services\?fieldManager=berth&fieldValidation=Strict$", "method": "POST"}
OUR_OBJECTS = {"path": r"/(services|deployments)/shop", "method": "GET"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gateway.WRITE_SECONDS <= 15
    monkeypatch.setattr(gateway, "WRITE_SECONDS", WRITE)
    monkeypatch.setattr(gateway, "LOOK_SECONDS", LOOK)
    monkeypatch.setattr(batch, "LOOKS", tuple(pause / SHORTER for pause in batch.LOOKS))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds + BUSY


def rows(wizard: Wizard) -> dict[str, str]:
    """What the page says of each object: its name to the words of its row."""
    words = {}
    for row in wizard.text.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]:
        name = re.split('class="name mono"[^>]*>', row)[1].split("<")[0]
        words[name] = " ".join(unescape(row).split())
    return words


def stopped_half_way(review: Wizard, faults: Proxy) -> None:
    """The Deployment is made; the Service reached nobody, and nobody can tell."""
    with faults.hang(**NEW_SERVICE), faults.hang(**OUR_OBJECTS), within(WRITE + 3 * LOOK + 1):
        review.post("create")


def outcomes() -> list[tuple[str, str]]:
    return [(row["name"], row["outcome"]) for row in Draft.objects.get().result]


def test_review_and_create_of_a_cluster_that_hangs(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy
) -> None:
    before = Draft.objects.get()
    cluster.forget()
    with faults.hang(path="dryRun=All"):
        with within(WRITE):
            review.open("review")
        assert "The cluster is not responding." in review.text
        assert 'aria-disabled="true"' in review.text
        with within(WRITE):
            review.post("create", seen=str(before.version))
    assert review.page is not None
    assert review.page.status_code == 503
    assert "The cluster is not responding." in review.text
    assert "Nothing has been created. The draft is kept." in review.text
    assert "Created" not in review.text
    after = Draft.objects.get()
    assert (after.state, after.text, after.result) == ("open", before.text, [])
    assert nothing_written(cluster)
    assert there(cluster, project) == []
    review.open("review").post("create")
    assert there(cluster, project) == ["shop-v1", "shop"]


def test_create_that_hangs_in_the_middle_names_what_is_unknown(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy
) -> None:
    text = Draft.objects.get().text
    stopped_half_way(review, faults)
    assert review.page is not None
    assert review.page.status_code == 504
    assert "Stopped at object 2 of 2: Service shop." in review.text
    assert "1 object exists. 1 may exist." in " ".join(review.text.split())
    assert "Created" in rows(review)["shop-v1"]
    assert "Unknown" in rows(review)["shop"]
    assert "before the cluster answered" in rows(review)["shop"]
    draft = Draft.objects.get()
    assert (draft.state, draft.text) == ("partial", text)
    assert outcomes() == [("shop-v1", "created"), ("shop", "unknown")]
    review.open("progress")
    assert "Not created" in rows(review)["shop"], "the page reads the cluster again"
    review.post("retry")
    assert review.path.endswith("/service/shop/"), review.problems()
    assert there(cluster, project) == ["shop-v1", "shop"]


@pytest.mark.parametrize("answers", ["nothing at all", "reads"])
def test_retry_of_a_cluster_that_hangs(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy, answers: str
) -> None:
    stopped_half_way(review, faults)
    silent = {"path": r"/(services|deployments)"} if answers == "nothing at all" else {"path": "dryRun=All"}
    cluster.forget()
    with faults.hang(**silent), within(2 * LOOK + WRITE):
        review.post("retry")
    assert review.page is not None
    assert review.page.status_code == 503
    assert "The cluster is not responding." in review.text
    assert "1 object exists." in review.text
    assert "Retry" in review.text
    assert nothing_written(cluster)
    assert Draft.objects.get().state == "partial"
    assert outcomes()[0] == ("shop-v1", "created")
    assert there(cluster, project) == ["shop-v1"]
    review.post("undo")
    assert review.step == "review", review.problems()
    assert there(cluster, project) == []


def test_undo_of_a_cluster_that_hangs(review: Wizard, cluster: Cluster, project: Project, faults: Proxy) -> None:
    stopped_half_way(review, faults)
    with faults.hang(path=r"/(services|deployments)/shop"), within(2 * LOOK + WRITE + 3 * LOOK + 1):
        review.post("undo")
    assert review.page is not None
    assert review.page.status_code in (503, 504)
    assert "Undone" not in review.text
    assert "Unknown" in rows(review)["shop-v1"]
    assert Draft.objects.get().state == "partial"
    assert there(cluster, project) == ["shop-v1"]
    review.post("undo")
    assert review.step == "review", review.problems()
    assert "Undone" in review.text
    assert there(cluster, project) == []
    assert Draft.objects.get().state == "open"


def test_steps_are_saved_while_the_cluster_hangs(
    sign_in: Callable[[str], Client], project: Project, cluster: Cluster, faults: Proxy
) -> None:
    """What a step asks of the cluster is a help, not a condition."""
    wizard = Wizard(sign_in("olive"), project.name).start("stateless")
    cluster.forget()
    with faults.hang():
        with within(2 * LOOK):
            wizard.submit(name="shop")
        assert wizard.step == "pod", wizard.problems()
        assert "Could not check whether the name is free" in wizard.text
        for typed, follows in ((GOOD, "storage"), ({}, "advanced"), ({"external": "NodePort"}, "review")):
            with within(WRITE + LOOK):
                wizard.submit(**typed)
            assert wizard.step == follows, wizard.problems()
        assert "The cluster is not responding." in wizard.text
    draft = Draft.objects.get()
    assert draft.saved == ["basic", "pod", "storage", "advanced"]
    assert "image: nginx" in draft.text
    assert "type: NodePort" in draft.text
    assert nothing_written(cluster)


def test_refused_input_is_kept_while_the_cluster_hangs(
    sign_in: Callable[[str], Client], project: Project, cluster: Cluster, faults: Proxy
) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("stateless").submit(name="shop").submit(**GOOD).submit()
    typed = {"external": "NodePort", "ports__0__node_port": 80}
    with faults.hang() as hanging:
        cluster.proxy.drop_watches()
        assert eventually(lambda: hanging.hits)
        with within(LOOK):
            wizard.submit(**typed)
        assert wizard.page is not None
        assert wizard.page.status_code == 422
        assert any("30000 to 32767" in line for line in wizard.problems()), wizard.problems()
        assert wizard.form()["ports-0-node_port"] == ["80"]
        wizard.open("advanced")
        assert wizard.form()["ports-0-node_port"] == ["80"]
    assert there(cluster, project) == []


def test_what_was_unknown_before_a_retry_that_hangs_is_not_forgotten(
    review: Wizard, cluster: Cluster, project: Project, faults: Proxy
) -> None:
    """The Service was made, though nobody could tell: an undo after a retry in vain still finds it."""
    with faults.commit_then_drop(**NEW_SERVICE), faults.hang(**OUR_OBJECTS):
        review.post("create")
    assert there(cluster, project) == ["shop-v1", "shop"]
    assert outcomes() == [("shop-v1", "created"), ("shop", "unknown")]
    with faults.hang(path=r"/(services|deployments)"):
        review.post("retry")
    assert "Unknown" in rows(review)["shop"]
    assert outcomes() == [("shop-v1", "created"), ("shop", "unknown")]
    review.post("undo")
    assert review.step == "review", review.problems()
    assert eventually(lambda: there(cluster, project) == [])
