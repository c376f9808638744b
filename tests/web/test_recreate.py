"""Delete and recreate over the wire: one action, and the page says exactly how it stands when it does not go well."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from accounts.models import AuditEntry, DeletedObject
from tests.clusters import Cluster
from tests.manifests import service
from tests.web.editing import fields_of, words_of
from tests.web.test_edit_delete import names

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.faults import Proxy

SignIn = Callable[[str], Client]
CREATE = r"/services\?fieldManager=berth&fieldValidation=Strict$"


def sent_by(page: str) -> dict[str, Any]:
    """What a browser sends of the page once its box is ticked."""
    return {**fields_of(page, "recreate"), "sure": "on"}


@pytest.fixture
def web(cluster: Cluster, project: Project) -> dict[str, Any]:
    return cluster.admin.create(service("web", type="NodePort", alias="Shop"), project.name)


def test_to_headless_and_back(cluster: Cluster, project: Project, web: dict[str, Any], sign_in: SignIn) -> None:
    """What callers lose is named, nothing happens without the box, and a second click finds another version."""
    olive, base = sign_in("olive"), f"/projects/{project.name}/service/web/"
    assert f'href="{base}edit/recreate/"' in olive.get(f"{base}edit/service/").content.decode()
    page = olive.get(f"{base}edit/recreate/").content.decode()
    words, port = words_of(page), web["spec"]["ports"][0]["nodePort"]
    assert f"The virtual IP {web['spec']['clusterIP']} is released" in words
    assert f"Node port {port} is released: callers from outside can no longer connect." in words
    sent = sent_by(page)
    assert olive.post(f"{base}edit/recreate/", {**sent, "sure": []}).status_code == 422
    assert olive.post(f"{base}edit/recreate/", {**sent, "seen": "x"}).status_code == 409
    assert cluster.admin.get("services", project.name, "web")["metadata"]["uid"] == web["metadata"]["uid"]
    done = olive.post(f"{base}edit/recreate/", sent)
    assert (done.status_code, done.headers["Location"]) == (303, base)
    after = cluster.admin.get("services", project.name, "web")
    assert (after["spec"]["type"], after["spec"]["clusterIP"]) == ("ClusterIP", "None")
    assert after["metadata"]["annotations"] == web["metadata"]["annotations"]
    assert olive.post(f"{base}edit/recreate/", sent).status_code == 409
    wrong = olive.post(f"{base}edit/recreate/", {**sent, "mode": "virtual", "address": "10.96"})
    assert wrong.status_code == 422
    assert "Enter an IP address" in wrong.content.decode()
    back = olive.post(f"{base}edit/recreate/", sent_by(olive.get(f"{base}edit/recreate/").content.decode()))
    assert back.status_code == 303
    assert cluster.admin.get("services", project.name, "web")["spec"]["clusterIP"] not in ("", "None")
    assert [entry.outcome for entry in AuditEntry.objects.filter(action="service.recreate")] == ["ok", "ok"]
    assert DeletedObject.objects.count() == 2, "what was there can be had from the recycle bin"


def test_only_what_was_shown_is_done(cluster: Cluster, project: Project, web: dict[str, Any], sign_in: SignIn) -> None:
    """The box names what is lost for good; another mode than the one shown is shown first."""
    olive, address = sign_in("olive"), f"/projects/{project.name}/service/web/edit/recreate/"
    page = olive.get(address).content.decode()
    lost, port = web["spec"]["clusterIP"], web["spec"]["ports"][0]["nodePort"]
    assert f"I accept the loss of {lost} and node port {port}" in words_of(page)
    other = olive.post(address, {**sent_by(page), "mode": "virtual"})
    assert other.status_code == 409
    assert "The mode or the address is another one than was shown." in words_of(other.content.decode())
    assert cluster.admin.get("services", project.name, "web")["metadata"]["uid"] == web["metadata"]["uid"]
    shown = olive.post(address, {**sent_by(page), "mode": "virtual", "do": "show"})
    assert (shown.status_code, shown.headers["Location"]) == (303, f"{address}?mode=virtual&address=")
    page = olive.get(shown.headers["Location"]).content.decode()
    assert fields_of(page, "recreate")["mode"] == ["virtual"]
    assert re.search(rf"I accept the loss of {re.escape(lost)} (?!and)", words_of(page)), (
        "its node port is asked for again"
    )


def test_where_the_new_one_is_refused_the_old_one_comes_back(
    cluster: Cluster, project: Project, web: dict[str, Any], sign_in: SignIn, faults: Proxy
) -> None:
    """With its address and its node port, which nobody had time to take."""
    olive, address = sign_in("olive"), f"/projects/{project.name}/service/web/edit/recreate/"
    page = olive.get(address).content.decode()
    with faults.answer(403, method="POST", path=CREATE, times=1):
        answer = olive.post(address, sent_by(page))
    assert answer.status_code == 409
    assert "The cluster did not create the new Service. The old one exists again." in answer.content.decode()
    after = cluster.admin.get("services", project.name, "web")
    assert after["spec"] == web["spec"]
    assert AuditEntry.objects.get(action="service.recreate").outcome == "failed"


def test_where_neither_can_be_created_the_page_leads_to_the_recycle_bin(
    cluster: Cluster, project: Project, web: dict[str, Any], sign_in: SignIn, faults: Proxy
) -> None:
    olive, address = sign_in("olive"), f"/projects/{project.name}/service/web/edit/recreate/"
    page = olive.get(address).content.decode()
    with faults.answer(403, method="POST", path=CREATE):
        answer = olive.post(address, sent_by(page))
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "Service web was deleted, and the new one was not created." in html
    restore = re.findall(r'href="(/projects/[^"]+/restore/)"', html)[0]
    assert names(cluster, "services", project) == []
    assert "Restore Service web" in words_of(olive.get(restore).content.decode())


def test_where_it_is_not_known_whether_the_old_one_came_back_nothing_else_is_said(
    cluster: Cluster, project: Project, web: dict[str, Any], sign_in: SignIn, faults: Proxy, monkeypatch: Any
) -> None:
    """The new one was refused; of the old one the answer was lost, and it cannot be read. It exists."""
    olive, address = sign_in("olive"), f"/projects/{project.name}/service/web/edit/recreate/"
    page = olive.get(address).content.decode()
    monkeypatch.setattr("console.kube.batch.LOOKS", (0.0,))
    read = {"method": "GET", "path": r"/services/web$"}
    with (
        faults.answer(503, **read),
        faults.slow(0.0, **read, times=3),  # it is read twice before it is deleted, and once after
        faults.commit_then_drop(method="POST", path=CREATE, times=1),
        faults.answer(403, method="POST", path=CREATE, times=1),
    ):
        answer = olive.post(address, sent_by(page))
    assert names(cluster, "services", project) == ["web"]
    assert "It is not known whether Service web exists." in words_of(answer.content.decode())


@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_a_lost_answer_is_looked_up(
    cluster: Cluster, project: Project, web: dict[str, Any], sign_in: SignIn, faults: Proxy, method: str
) -> None:
    olive, address = sign_in("olive"), f"/projects/{project.name}/service/web/edit/recreate/"
    page = olive.get(address).content.decode()
    with faults.commit_then_drop(method=method, path=CREATE if method == "POST" else r"/services/"):
        assert olive.post(address, sent_by(page)).status_code == 303
    assert cluster.admin.get("services", project.name, "web")["spec"]["clusterIP"] == "None"


def test_what_waits_for_a_finalizer_is_said(
    cluster: Cluster, project: Project, web: dict[str, Any], sign_in: SignIn
) -> None:
    """The new one is not created while the old one is held; its manifest is on the page."""
    held = {"metadata": {"finalizers": ["example.org/cleanup"]}}
    cluster.admin.patch("services", project.name, "web", held)
    olive, address = sign_in("olive"), f"/projects/{project.name}/service/web/edit/recreate/"
    try:
        answer = olive.post(address, sent_by(olive.get(address).content.decode()))
        assert answer.status_code == 409
        page_text = words_of(answer.content.decode())
        assert (
            "Service web is being deleted; the new one was not created. It waits for: example.org/cleanup." in page_text
        )
        assert "clusterIP : None" in page_text, "the key has a colour of its own"
    finally:
        cluster.admin.patch("services", project.name, "web", {"metadata": {"finalizers": None}})
