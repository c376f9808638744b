"""Several documents as one deed, and the truth about each of them whatever happens on the way."""

import threading
from typing import Any

import pytest

from console.kube.batch import create_all, rehearse, undo
from console.kube.errors import AlreadyExists, AnswerLost, BadRequest, Forbidden, Invalid, Unavailable
from console.kube.gateway import Client
from tests.clusters import Cluster, eventually
from tests.faults import Proxy
from tests.kube.projects import VIEWER, Project, client, deployment, service


@pytest.fixture
def project(cluster: Cluster, namespace: str) -> Project:
    return Project(cluster, namespace)


@pytest.fixture
def olive(cluster: Cluster, project: Project) -> Client:
    return client(cluster, project)


@pytest.fixture
def documents(namespace: str) -> list[dict[str, Any]]:
    return [deployment(namespace, "demo"), service(namespace, "demo")]


def outcomes(verdicts: Any) -> list[str]:
    return [verdict.outcome for verdict in verdicts]


def there(cluster: Cluster, namespace: str) -> list[str]:
    expected = [("deployments", "demo-v1"), ("services", "demo")]
    names = []
    for plural, name in expected:
        listed = {document["metadata"]["name"]: document for document in cluster.admin.list(plural, namespace)}
        if name in listed and "deletionTimestamp" not in listed[name]["metadata"]:
            names.append(plural)
    return names


def test_all_are_made_in_order(cluster: Cluster, olive: Client, namespace: str, documents: list[Any]) -> None:
    cluster.forget()
    verdicts = create_all(olive, documents)
    assert outcomes(verdicts) == ["created", "created"]
    assert [str(verdict.ref) for verdict in verdicts] == [
        f"Deployment {namespace}/demo-v1",
        f"Service {namespace}/demo",
    ]
    assert all(verdict.uid for verdict in verdicts)
    writes = [request for request in cluster.request_log() if request.writes]
    assert all(request.user == olive.identity.user for request in writes)
    assert all("fieldValidation=Strict" in request.target for request in writes)
    assert [("dryRun=All" in request.target) for request in writes] == [True, True, False, False]


def test_a_rehearsal_writes_nothing(cluster: Cluster, olive: Client, namespace: str, documents: list[Any]) -> None:
    assert outcomes(rehearse(olive, documents)) == ["accepted", "accepted"]
    assert there(cluster, namespace) == []
    assert rehearse(olive, []) == ()


def test_one_bad_document_and_nothing_is_made(
    cluster: Cluster, olive: Client, namespace: str, documents: list[Any]
) -> None:
    documents[1]["spec"]["ports"][0]["port"] = 70000
    verdicts = create_all(olive, documents)
    assert outcomes(verdicts) == ["accepted", "refused"]
    assert isinstance(verdicts[1].error, Invalid)
    assert "spec.ports[0].port" in [cause.field for cause in verdicts[1].error.causes]
    documents[1]["spec"]["ports"][0] = {"port": 80, "prot": "TCP"}
    assert isinstance(create_all(olive, documents)[1].error, BadRequest)
    assert there(cluster, namespace) == []


def test_a_kind_that_berth_does_not_know_is_refused(olive: Client, documents: list[Any]) -> None:
    strange = {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "w"}}
    verdicts = create_all(olive, [*documents, strange, {}])
    assert outcomes(verdicts) == ["accepted", "accepted", "refused", "refused"]
    assert verdicts[2].ref.kind.kind == "Widget"


def test_a_taken_name_is_found_in_the_rehearsal(
    cluster: Cluster, olive: Client, namespace: str, documents: list[Any]
) -> None:
    cluster.admin.create(service(namespace, "demo"))
    verdicts = create_all(olive, documents)
    assert outcomes(verdicts) == ["accepted", "refused"]
    assert isinstance(verdicts[1].error, AlreadyExists)
    assert there(cluster, namespace) == ["services"]


def test_who_may_not_write_is_told_so(cluster: Cluster, project: Project, documents: list[Any]) -> None:
    verdicts = create_all(client(cluster, project, VIEWER), documents)
    assert outcomes(verdicts) == ["refused", "refused"]
    assert isinstance(verdicts[0].error, Forbidden)
    assert (verdicts[0].error.verb, verdicts[0].error.resource) == ("create", "deployments.apps")


REAL_SERVICE = r"/services\?(?!.*dryRun)"


def test_when_the_second_fails_the_first_is_undone(
    cluster: Cluster, faults: Proxy, olive: Client, namespace: str, documents: list[Any]
) -> None:
    cluster.forget()
    with faults.answer(422, method="POST", path=REAL_SERVICE):
        verdicts = create_all(olive, documents)
    assert outcomes(verdicts) == ["undone", "failed"]
    assert there(cluster, namespace) == []
    deleted = next(request for request in cluster.request_log() if request.method == "DELETE")
    assert deleted.json()["preconditions"] == {"uid": verdicts[0].uid}


def test_without_undo_the_first_stays(
    cluster: Cluster, faults: Proxy, olive: Client, namespace: str, documents: list[Any]
) -> None:
    with faults.answer(422, method="POST", path=REAL_SERVICE):
        verdicts = create_all(olive, documents, undo=False)
    assert outcomes(verdicts) == ["created", "failed"]
    assert there(cluster, namespace) == ["deployments"]
    assert outcomes(undo(olive, [(verdicts[0].ref, verdicts[0].uid)])) == ["undone"]
    assert there(cluster, namespace) == []


def test_what_cannot_be_undone_is_left_and_named(
    cluster: Cluster, faults: Proxy, olive: Client, namespace: str, documents: list[Any]
) -> None:
    with faults.answer(422, method="POST", path=REAL_SERVICE), faults.answer(403, method="DELETE"):
        verdicts = create_all(olive, documents)
    assert outcomes(verdicts) == ["left", "failed"]
    assert isinstance(verdicts[0].error, Forbidden)
    assert verdicts[0].uid
    assert there(cluster, namespace) == ["deployments"]


@pytest.mark.parametrize("fault", ["commit_then_drop", "cut"])
def test_a_lost_answer_is_looked_up(
    cluster: Cluster, faults: Proxy, olive: Client, namespace: str, documents: list[Any], fault: str
) -> None:
    with getattr(faults, fault)(method="POST", path=REAL_SERVICE) as rule:
        verdicts = create_all(olive, documents)
    assert rule.hits == 1, "a write is not repeated"
    assert outcomes(verdicts) == ["created", "created"]
    assert verdicts[1].uid == cluster.admin.get("services", namespace, "demo")["metadata"]["uid"]


def test_a_request_that_was_lost_may_still_be_on_its_way(
    cluster: Cluster, faults: Proxy, olive: Client, namespace: str, documents: list[Any]
) -> None:
    with faults.refuse(method="POST", path=REAL_SERVICE) as rule:
        verdicts = create_all(olive, documents)
    assert rule.hits == 1
    assert outcomes(verdicts) == ["created", "unknown"]
    assert isinstance(verdicts[1].error, AnswerLost)
    assert there(cluster, namespace) == ["deployments"]


def test_after_a_lost_answer_somebody_elses_object_is_not_taken_for_ours(
    cluster: Cluster, faults: Proxy, olive: Client, namespace: str, documents: list[Any]
) -> None:
    theirs = service(namespace, "demo", ports=[{"name": "https", "port": 443}])
    told: list[Any] = []
    creating = threading.Thread(target=lambda: told.extend(create_all(olive, documents)))
    with (
        faults.refuse(method="POST", path=REAL_SERVICE),
        faults.slow(1, method="POST", path=r"/deployments\?(?!.*dryRun)") as rehearsed,
    ):
        creating.start()
        eventually(lambda: rehearsed.hits)
        cluster.admin.create(theirs)
        creating.join(20)
    assert outcomes(told) == ["undone", "exists"]
    assert cluster.admin.get("services", namespace, "demo")["spec"]["ports"][0]["port"] == 443


def test_what_cannot_be_found_out_is_said_to_be_unknown(
    cluster: Cluster, faults: Proxy, olive: Client, namespace: str, documents: list[Any]
) -> None:
    with (
        faults.commit_then_drop(method="POST", path=REAL_SERVICE),
        faults.answer(503, method="GET", path="/services/demo"),
    ):
        verdicts = create_all(olive, documents)
    assert outcomes(verdicts) == ["created", "unknown"], "nothing is undone while the rest may exist"
    assert there(cluster, namespace) == ["deployments", "services"]


def test_the_cluster_dies_between_the_two(
    cluster: Cluster, faults: Proxy, olive: Client, namespace: str, documents: list[Any]
) -> None:
    with faults.answer(503, method="POST", path=REAL_SERVICE), faults.refuse(method="DELETE|GET"):
        verdicts = create_all(olive, documents)
    assert outcomes(verdicts) == ["created", "unknown"]
    assert there(cluster, namespace) == ["deployments"]


def test_undo_does_not_touch_a_later_object_of_the_same_name(
    cluster: Cluster, olive: Client, namespace: str, documents: list[Any]
) -> None:
    verdicts = create_all(olive, documents)
    cluster.admin.delete("services", namespace, "demo")
    cluster.admin.create(service(namespace, "demo"))
    undone = undo(olive, [(verdict.ref, verdict.uid) for verdict in verdicts])
    assert outcomes(undone) == ["undone", "undone"]
    assert there(cluster, namespace) == ["services"]


def test_an_undo_whose_answer_is_lost_is_looked_up(
    cluster: Cluster, faults: Proxy, olive: Client, namespace: str, documents: list[Any]
) -> None:
    made = [(verdict.ref, verdict.uid) for verdict in create_all(olive, documents)]
    with faults.commit_then_drop(method="DELETE", path="/services"), faults.refuse(method="DELETE", path="/deploy"):
        undone = undo(olive, made)
    assert outcomes(undone) == ["left", "undone"]
    assert there(cluster, namespace) == ["deployments"]


def test_an_unreachable_cluster_refuses_nothing_and_makes_nothing(
    faults: Proxy, olive: Client, documents: list[Any]
) -> None:
    faults.down()
    verdicts = create_all(olive, documents)
    assert outcomes(verdicts) == ["not-tried", "not-tried"]
    assert isinstance(verdicts[0].error, Unavailable)
