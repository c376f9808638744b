"""The fault proxy itself: what it lets through is unchanged, and each fault is what its name says."""

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from threading import Thread
from typing import Any

import pytest
import urllib3

from tests.admin import Refused, path
from tests.clusters import Cluster, eventually
from tests.faults import Proxy

SERVICES = path("services", "default")


@pytest.fixture
def caller(cluster: Cluster) -> Iterator[urllib3.PoolManager]:
    """An HTTP client as the console, which neither retries nor waits."""
    headers = {"Authorization": f"Bearer {cluster.console.token}"}
    with urllib3.PoolManager(headers=headers, retries=False, timeout=5) as pool:
        yield pool


def get(caller: urllib3.PoolManager, cluster: Cluster, target: str = SERVICES, **more: Any) -> urllib3.BaseHTTPResponse:
    return caller.request("GET", cluster.proxy.url + target, **more)


def test_what_it_passes_on_is_what_the_cluster_says(cluster: Cluster, caller: urllib3.PoolManager) -> None:
    cluster.forget()
    answer = get(caller, cluster, SERVICES + "?limit=5")
    assert answer.status == 200
    assert answer.json()["kind"] == "ServiceList"
    (seen,) = [request for request in cluster.request_log() if request.target == SERVICES + "?limit=5"]
    assert (seen.method, seen.status, seen.fault) == ("GET", 200, "")
    assert seen.all("authorization") == [f"Bearer {cluster.console.token}"]


def test_an_answer_is_made_up_as_often_as_said(cluster: Cluster, caller: urllib3.PoolManager, faults: Proxy) -> None:
    with faults.answer(429, retry_after=2, path=f"{SERVICES}$", method="GET", times=1) as rule:
        refused = get(caller, cluster)
        assert (refused.status, refused.headers["Retry-After"]) == (429, "2")
        assert refused.json()["reason"] == "TooManyRequests"
        assert get(caller, cluster).status == 200
        assert rule.hits == 1


def test_a_fault_ends_with_its_block_and_hits_only_what_it_matches(
    cluster: Cluster, caller: urllib3.PoolManager, faults: Proxy
) -> None:
    with faults.answer(500, path=SERVICES):
        assert get(caller, cluster).status == 500
        assert get(caller, cluster, path("pods", "default")).status == 200
    assert get(caller, cluster).status == 200


def test_refused_and_cut_answers_break_off(cluster: Cluster, caller: urllib3.PoolManager, faults: Proxy) -> None:
    with faults.refuse(path=SERVICES), pytest.raises(urllib3.exceptions.ProtocolError):
        get(caller, cluster)
    with faults.cut(20, path=SERVICES), pytest.raises(urllib3.exceptions.HTTPError):
        get(caller, cluster)


def test_a_hanging_request_never_reaches_the_cluster(
    cluster: Cluster, caller: urllib3.PoolManager, faults: Proxy
) -> None:
    cluster.forget()
    with faults.hang(path=SERVICES), pytest.raises(urllib3.exceptions.ReadTimeoutError):
        get(caller, cluster, timeout=0.3)
    (seen,) = [request for request in cluster.request_log() if request.target == SERVICES]
    assert (seen.fault, seen.status) == ("hang", None)


def test_a_slow_answer_is_late(cluster: Cluster, caller: urllib3.PoolManager, faults: Proxy) -> None:
    with faults.slow(0.3, path=SERVICES):
        started = time.monotonic()
        assert get(caller, cluster).status == 200
        assert time.monotonic() - started >= 0.3


def test_a_dead_cluster_refuses_connections_and_comes_back(
    cluster: Cluster, caller: urllib3.PoolManager, faults: Proxy
) -> None:
    assert get(caller, cluster).status == 200
    faults.down()
    with pytest.raises(urllib3.exceptions.HTTPError):
        get(caller, cluster)
    with pytest.raises(urllib3.exceptions.NewConnectionError):
        get(caller, cluster)
    faults.up()
    assert get(caller, cluster).status == 200


def test_commit_then_drop_does_it_and_says_nothing(cluster: Cluster, namespace: str, faults: Proxy) -> None:
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "lost"}, "data": {"a": "b"}}
    head = {"Authorization": f"Bearer {cluster.admin.token}"}
    with (
        faults.commit_then_drop(method="POST", path="/configmaps"),
        urllib3.PoolManager(retries=False, timeout=5, headers=head) as caller,
        pytest.raises(urllib3.exceptions.ProtocolError),
    ):
        caller.request("POST", cluster.proxy.url + path("configmaps", namespace), json=document)
    assert cluster.admin.get("configmaps", namespace, "lost")["data"] == {"a": "b"}


def test_the_clock_can_be_off(cluster: Cluster, caller: urllib3.PoolManager, faults: Proxy) -> None:
    right = get(caller, cluster).headers["Date"]
    with faults.clock(-3600):
        wrong = get(caller, cluster).headers["Date"]
    assert 3500 < (parsedate_to_datetime(right) - parsedate_to_datetime(wrong)).total_seconds() < 3700


def test_a_watch_streams_and_can_be_dropped(cluster: Cluster, namespace: str, faults: Proxy) -> None:
    events: list[dict[str, Any]] = []
    ended: list[str] = []

    def follow() -> None:
        try:
            events.extend(cluster.console.watch("services", fieldSelector=f"metadata.namespace={namespace}"))
        except urllib3.exceptions.HTTPError:
            ended.append("broken")
        ended.append("ended")

    reader = Thread(target=follow)
    reader.start()
    document = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "seen"},
        "spec": {"ports": [{"port": 80}]},
    }
    eventually(lambda: any(request.watches and request.status == 200 for request in cluster.request_log()))
    cluster.admin.create(document, namespace)
    eventually(lambda: any(event["object"]["metadata"]["name"] == "seen" for event in events))
    assert faults.drop_watches("/services") >= 1
    reader.join(5)
    assert ended


def test_versions_expire_as_an_event_and_as_a_status(cluster: Cluster, faults: Proxy) -> None:
    with faults.expire(path="/services"):
        (event,) = list(cluster.console.watch("services"))
        assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
        assert cluster.console.list("services") is not None
    with faults.expire(path="/services", in_stream=False), pytest.raises(Refused) as caught:
        cluster.console.call("GET", SERVICES + "?watch=true")
    assert caught.value.code == 410
