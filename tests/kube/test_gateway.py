"""The way to an API server: who a call is made as, what is refused before it is sent, what an answer means."""

import threading
import time

import pytest

from console.kube import kinds
from console.kube.config import load
from console.kube.errors import (
    AlreadyExists,
    AnswerLost,
    BadName,
    BadRequest,
    Conflict,
    Expired,
    Forbidden,
    Invalid,
    KubeError,
    NotFound,
    ServerError,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from console.kube.gateway import Client, Gateway
from console.kube.kinds import Identity, api_path
from console.kube.reader import Reader
from console.kube.transport import Transport
from tests.admin import write_kubeconfig
from tests.clusters import Cluster, eventually
from tests.faults import Proxy
from tests.kube.projects import VIEWER, Project, client, deployment, elapsed, gateway, service


@pytest.fixture
def project(cluster: Cluster, namespace: str) -> Project:
    return Project(cluster, namespace)


@pytest.fixture
def olive(cluster: Cluster, project: Project) -> Client:
    return client(cluster, project)


def test_every_group_travels_on_a_line_of_its_own(cluster: Cluster, project: Project, olive: Client) -> None:
    cluster.forget()
    olive.list(kinds.SERVICE, project.namespace)
    (request,) = cluster.requests_of(olive.identity.user)
    assert request.groups == list(olive.identity.groups)
    assert len(request.groups) == 7
    assert request.all("Authorization")[0].startswith("Bearer ")
    assert len(request.all("Authorization")) == 1


def test_the_console_itself_does_not_impersonate(cluster: Cluster, namespace: str) -> None:
    cluster.forget()
    gateway(cluster).reader.list(kinds.SERVICE, namespace)
    requests = [request for request in cluster.request_log() if f"/namespaces/{namespace}/services" in request.target]
    assert [request.user for request in requests] == [""]


def test_the_reader_has_no_way_to_write() -> None:
    assert not {"create", "replace", "patch", "delete", "send", "call"} & set(dir(Reader))


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "a%2fb", "a?b", "a#b", "A", "a\n", "ж", "../x", "-a", "a" * 254]
)
def test_a_bad_name_never_travels(cluster: Cluster, project: Project, olive: Client, name: str) -> None:
    cluster.forget()
    for call in (
        lambda: olive.get(kinds.SERVICE, project.namespace, name),
        lambda: olive.delete(kinds.SERVICE, project.namespace, name),
        lambda: olive.list(kinds.SERVICE, name),
        lambda: olive.logs(project.namespace, name),
        lambda: olive.secret_keys(project.namespace, name),
    ):
        with pytest.raises(BadName):
            call()
    assert cluster.requests_of(olive.identity.user) == []


def test_create_get_replace_patch_delete(project: Project, olive: Client) -> None:
    place = project.namespace
    made = olive.create(kinds.SERVICE, place, service(place, "demo"))
    assert made["spec"]["clusterIP"]
    stored = olive.get(kinds.SERVICE, place, "demo")
    assert stored["metadata"]["uid"] == made["metadata"]["uid"]
    stored["spec"]["sessionAffinity"] = "ClientIP"
    assert olive.replace(kinds.SERVICE, place, "demo", stored)["spec"]["sessionAffinity"] == "ClientIP"
    with pytest.raises(Conflict):
        olive.replace(kinds.SERVICE, place, "demo", stored)
    with pytest.raises(Conflict):
        olive.delete(kinds.SERVICE, place, "demo", uid="00000000-0000-0000-0000-000000000000")
    olive.delete(kinds.SERVICE, place, "demo", uid=made["metadata"]["uid"])
    with pytest.raises(NotFound) as caught:
        olive.get(kinds.SERVICE, place, "demo")
    assert str(caught.value.ref) == f"Service {place}/demo"


def test_a_dry_run_writes_nothing(project: Project, olive: Client) -> None:
    place = project.namespace
    assert olive.create(kinds.SERVICE, place, service(place, "demo"), dry_run=True)["metadata"]["name"] == "demo"
    with pytest.raises(NotFound):
        olive.get(kinds.SERVICE, place, "demo")


def test_refusals_by_what_they_mean(project: Project, olive: Client) -> None:
    place = project.namespace
    olive.create(kinds.SERVICE, place, service(place, "demo"))
    with pytest.raises(AlreadyExists):
        olive.create(kinds.SERVICE, place, service(place, "demo"))
    with pytest.raises(Invalid) as caught:
        olive.create(kinds.SERVICE, place, service(place, "bad", ports=[{"port": 70000}]))
    assert [cause.field for cause in caught.value.causes] == ["spec.ports[0].port", "spec.ports[0].targetPort"]
    with pytest.raises(BadRequest) as unknown:
        olive.create(kinds.SERVICE, place, service(place, "bad", portz=[]))
    assert "portz" in unknown.value.message


def test_a_document_of_another_place_or_kind_is_not_sent(cluster: Cluster, project: Project, olive: Client) -> None:
    cluster.forget()
    with pytest.raises(BadRequest):
        olive.create(kinds.SERVICE, project.namespace, service("elsewhere", "demo"))
    with pytest.raises(BadRequest):
        olive.create(kinds.SERVICE, project.namespace, deployment(project.namespace, "demo"))
    assert cluster.requests_of(olive.identity.user) == []


def test_the_person_may_not_and_the_console_may_not_are_told_apart(
    cluster: Cluster, project: Project, olive: Client
) -> None:
    bob = client(cluster, project, VIEWER)
    with pytest.raises(Forbidden) as person:
        bob.create(kinds.SERVICE, project.namespace, service(project.namespace, "demo"))
    assert (person.value.verb, person.value.resource) == ("create", "services")
    assert not person.value.console_itself
    with pytest.raises(Forbidden) as console:
        olive.list(kinds.SERVICE, "kube-system")
    assert console.value.console_itself
    with pytest.raises(Forbidden) as own:
        gateway(cluster).reader.list(kinds.SECRET, project.namespace)
    assert own.value.console_itself


def test_reviews_answer_for_the_person(cluster: Cluster, project: Project, olive: Client) -> None:
    bob = client(cluster, project, VIEWER)
    assert olive.review("create", kinds.SERVICE, project.namespace)
    assert bob.review("list", kinds.SERVICE, project.namespace)
    assert not bob.review("create", kinds.SERVICE, project.namespace)
    assert olive.review("get", kinds.POD, project.namespace, subresource="log")
    assert not bob.review("get", kinds.POD, project.namespace, subresource="log")


def test_names_of_secrets_and_their_keys_without_a_value(cluster: Cluster, project: Project, olive: Client) -> None:
    for name in ("alpha", "beta"):
        body = {"metadata": {"name": name, "namespace": project.namespace}, "stringData": {"user": "u", "pass": "p"}}
        cluster.admin.create({"apiVersion": "v1", "kind": "Secret", **body})
    secrets = olive.names(kinds.SECRET, project.namespace, contains="et")
    assert (secrets.names, secrets.more) == (("beta",), False)
    assert olive.names(kinds.SECRET, project.namespace, limit=1) == type(secrets)(("alpha",), True)
    assert olive.secret_keys(project.namespace, "alpha") == ("pass", "user")
    with pytest.raises(NotFound):
        olive.secret_keys(project.namespace, "gamma")
    with pytest.raises(BadRequest):
        olive.list(kinds.SECRET, project.namespace)


def test_the_schema_of_the_cluster_is_kept_until_it_changes(cluster: Cluster) -> None:
    reader = gateway(cluster).reader
    first = reader.openapi("apps/v1")
    assert "io.k8s.api.apps.v1.Deployment" in first["components"]["schemas"]
    assert reader.openapi("apps/v1") is first
    assert "io.k8s.api.core.v1.Service" in reader.openapi("v1")["components"]["schemas"]
    with pytest.raises(NotFound):
        reader.openapi("nothing.example/v1")


def test_a_list_comes_in_pages(cluster: Cluster, project: Project, olive: Client) -> None:
    for number in range(5):
        cluster.admin.create(service(project.namespace, f"s{number}"))
    first = olive.list(kinds.SERVICE, project.namespace, limit=3)
    rest = olive.list(kinds.SERVICE, project.namespace, limit=3, continue_=first["metadata"]["continue"])
    names = [item["metadata"]["name"] for item in first["items"] + rest["items"]]
    assert names == ["s0", "s1", "s2", "s3", "s4"]


# ---- when things go wrong


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, TooManyRequests), (500, ServerError), (503, ServerError), (410, Expired), (409, Conflict)],
)
def test_an_error_is_an_answer_and_is_asked_for_once(
    faults: Proxy, project: Project, olive: Client, status: int, kind: type[KubeError]
) -> None:
    with faults.answer(status, retry_after=3600, method="DELETE", path=project.namespace) as rule:
        started = time.monotonic()
        with pytest.raises(kind) as caught:
            olive.delete(kinds.SERVICE, project.namespace, "demo")
    assert rule.hits == 1
    assert elapsed(started) < 1
    assert caught.value.retry_after == 3600


def test_a_redirect_is_not_followed(faults: Proxy, project: Project, olive: Client) -> None:
    with faults.answer(302, path=project.namespace) as rule, pytest.raises(KubeError):
        olive.get(kinds.SERVICE, project.namespace, "demo")
    assert rule.hits == 1


def test_a_server_that_never_answers_costs_seconds(faults: Proxy, project: Project, olive: Client) -> None:
    with faults.hang(path="selfsubjectaccessreviews") as rule:
        started = time.monotonic()
        with pytest.raises(Unavailable):
            olive.review("list", kinds.SERVICE, project.namespace)
    assert elapsed(started) < 3
    assert rule.hits == 1


def test_a_dead_cluster_is_noticed_at_once(faults: Proxy, project: Project, olive: Client) -> None:
    faults.down()
    started = time.monotonic()
    with pytest.raises(Unavailable) as read:
        olive.get(kinds.SERVICE, project.namespace, "demo")
    with pytest.raises(Unavailable) as write:
        olive.create(kinds.SERVICE, project.namespace, service(project.namespace, "demo"))
    assert elapsed(started) < 1
    assert not isinstance(read.value, AnswerLost)
    assert not isinstance(write.value, AnswerLost), "nothing was sent, so nothing is unknown"


@pytest.mark.parametrize("fault", ["cut", "commit_then_drop", "refuse"])
def test_a_write_whose_answer_is_lost_says_so_and_is_not_repeated(
    faults: Proxy, project: Project, olive: Client, fault: str
) -> None:
    with getattr(faults, fault)(method="POST", path=project.namespace) as rule, pytest.raises(AnswerLost) as caught:
        olive.create(kinds.SERVICE, project.namespace, service(project.namespace, "demo"))
    assert rule.hits == 1
    assert str(caught.value.ref) == f"Service {project.namespace}/demo"


def test_a_cut_read_is_not_half_an_answer(faults: Proxy, project: Project, olive: Client) -> None:
    with faults.cut(60, method="GET"), pytest.raises(Unavailable) as caught:
        olive.list(kinds.SERVICE, project.namespace)
    assert not isinstance(caught.value, AnswerLost)


def test_a_gateway_timeout_of_a_write_leaves_it_unknown(faults: Proxy, project: Project, olive: Client) -> None:
    with faults.answer(504, body=b"<html>gateway timeout</html>"), pytest.raises(AnswerLost):
        olive.create(kinds.SERVICE, project.namespace, service(project.namespace, "demo"))
    with faults.answer(504, body=b"<html>gateway timeout</html>"), pytest.raises(ServerError):
        olive.create(kinds.SERVICE, project.namespace, service(project.namespace, "demo"), dry_run=True)


def test_a_token_that_was_changed_is_read_again(cluster: Cluster, faults: Proxy, tmp_path: object) -> None:
    token = cluster.console.token
    file = cluster.kubeconfig.with_name("rotating.kubeconfig")
    write_kubeconfig(file, faults.url, {"console": "an-old-token"}, current="console")
    reader = Gateway(Transport(load(file, None, in_cluster=False))).reader
    with pytest.raises(Unauthorized):
        reader.list(kinds.NAMESPACE, None)
    write_kubeconfig(file, faults.url, {"console": token}, current="console")
    assert eventually(lambda: _lists(reader))


def _lists(reader: Reader) -> bool:
    try:
        return bool(reader.list(kinds.NAMESPACE, None)["items"])
    except Unauthorized:
        return False


def test_the_identity_is_plain_ascii() -> None:
    for name in ("жук", "josé", "a b", "a\r\nX: y", "", "system:masters", "system:serviceaccount:a:b", "a "):
        with pytest.raises(BadName):
            Identity(name)
        with pytest.raises(BadName):
            Identity("berth:x", (name,))
    with pytest.raises(BadName):
        Identity("berth:x", tuple(f"berth:{number}" for number in range(65)))


def test_warnings_of_the_server_reach_the_caller(project: Project, olive: Client) -> None:
    place, body = project.namespace, service(project.namespace, "one", colour='a "blue" one', shape=1)
    path = api_path(kinds.SERVICE, namespace=place)  # our own verbs have unknown fields refused
    olive._send("POST", path, query=[("fieldValidation", "Warn")], body=body)
    assert olive.warnings == ['unknown field "spec.colour"', 'unknown field "spec.shape"']
    olive.get(kinds.SERVICE, place, "one")
    assert olive.warnings == [], "they are those of the last call"


@pytest.mark.real_only("the embedded cluster knows the warnings of strict decoding only")
def test_warnings_of_a_creation_reach_the_caller(project: Project, olive: Client) -> None:
    body = deployment(project.namespace, "one")
    body["spec"]["template"]["spec"]["containers"][0]["env"] = [
        {"name": "A", "value": "1"},
        {"name": "A", "value": "2"},
    ]
    olive.create(kinds.DEPLOYMENT, project.namespace, body, dry_run=True)
    (warning,) = olive.warnings
    assert 'hides previous definition of "A"' in warning


def test_logs_are_a_stream_that_can_be_closed(cluster: Cluster, project: Project, olive: Client) -> None:
    place = project.namespace
    olive.create(kinds.DEPLOYMENT, place, deployment(place, "demo"))
    pod = eventually(
        lambda: next((p for p in cluster.admin.list("pods", place) if p["status"]["phase"] == "Running"), 0)
    )
    name = pod["metadata"]["name"]
    assert b"".join(olive.logs(place, name, container="main", tail=5)).strip()
    stream = olive.logs(place, name, container="main", follow=True)
    seen: list[bytes] = []
    reading = threading.Thread(target=lambda: seen.extend(stream), daemon=True)
    reading.start()
    eventually(lambda: seen)
    started = time.monotonic()
    stream.close()
    reading.join(3)
    assert not reading.is_alive()
    assert elapsed(started) < 2
    with pytest.raises(Forbidden):
        client(cluster, project, VIEWER).logs(place, name, container="main")


def test_a_watch_ends_when_another_thread_closes_it(cluster: Cluster, project: Project) -> None:
    reader = gateway(cluster).reader
    version = reader.list(kinds.SERVICE, project.namespace)["metadata"]["resourceVersion"]
    watch = reader.watch(kinds.SERVICE, project.namespace, version)
    seen: list[str] = []
    reading = threading.Thread(target=lambda: seen.extend(kind for kind, _ in watch), daemon=True)
    reading.start()
    cluster.admin.create(service(project.namespace, "demo"))
    eventually(lambda: "ADDED" in seen)
    watch.close()
    reading.join(3)
    assert not reading.is_alive()
