"""Connections that close, go silent or were closed meanwhile: noticed in time, and no trouble where they are none."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path

import pytest

from console.kube import kinds
from console.kube.access import Subject
from console.kube.config import load
from console.kube.errors import Unavailable
from console.kube.transport import PROBE_SECONDS, UNANSWERED_SECONDS, Transport, probe_peer
from tests.admin import write_kubeconfig
from tests.clusters import Cluster, eventually
from tests.faults import Proxy, go_deaf
from tests.kube.projects import VIEWER, Project, berth, elapsed, service


@pytest.fixture
def cluster(cluster: Cluster, tmp_path: Path) -> Iterator[Cluster]:
    """The cluster through a proxy of this test's own."""
    own = copy(cluster)
    own.proxy, own.kubeconfig = Proxy(), tmp_path / "console.kubeconfig"
    own.attach(cluster.direct)
    yield own
    own.close()


@pytest.mark.parametrize("closes", [True, False], ids=["closing", "kept alive"])
def test_how_long_a_stream_may_be_silent_is_said_by_its_reader(cluster: Cluster, namespace: str, closes: bool) -> None:
    """S9: also where the server says `Connection: close`, which hands the socket from the connection to the answer."""
    transport = Transport(load(cluster.kubeconfig, "console", in_cluster=False))
    query = [("watch", "1"), ("timeoutSeconds", "30")]
    with cluster.proxy.closing(times=int(closes)):
        stream = transport.stream(f"/api/v1/namespaces/{namespace}/services", query=query, idle=0.5)
        started = time.monotonic()
        with pytest.raises(Unavailable):
            list(stream)
    assert elapsed(started) < 3, "the 5 s that the head of an answer may take are not those of its body"


def test_a_half_open_watch_does_not_look_live(cluster: Cluster, namespace: str) -> None:
    """C9: the watches alone are silent, as behind a gateway that forgot them; everything else answers."""
    project, console = Project(cluster, namespace), berth(cluster)
    view = console.look(Subject(project.person(VIEWER)), namespace)
    view.services()
    eventually(lambda: view.freshness(kinds.SERVICE).state == "live")
    assert cluster.proxy.silence_watches("/services") >= 1
    with half_open_connection() as bare:
        cluster.admin.create(service(namespace, "meanwhile"))
        assert view.services() == []
        try:
            eventually(lambda: [record.name for record in view.services()] == ["meanwhile"], timeout=20)
        except AssertionError:
            if kernel_noticed(bare):
                raise
            pytest.skip("this kernel does not notice half-open connections, on a bare socket neither")
        finally:
            console.close()


@contextmanager
def half_open_connection() -> Iterator[socket.socket]:
    """The near end of a connection on loopback whose far end acknowledges nothing any more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    with near, far:
        probe_peer(near)
        go_deaf(far)
        near.setblocking(False)
        yield near


def kernel_noticed(sock: socket.socket) -> bool:
    try:
        sock.recv(1)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return False


def test_each_stream_asks_whether_its_peer_is_there(cluster: Cluster, namespace: str) -> None:
    """C9: what the kernel needs to be told, also where it cannot be seen to work."""
    transport = Transport(load(cluster.kubeconfig, "console", in_cluster=False))
    with transport.stream(f"/api/v1/namespaces/{namespace}/services", query=[("watch", "1")], idle=30) as stream:
        sock = stream._response._sock_shutdown.__self__
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNANSWERED_SECONDS * 1000
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == PROBE_SECONDS


class Closing:
    """A server that answers each first request of a connection, and closes at the second without a word."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            with caller:
                for answer in (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", b""):
                    head = caller.recv(65536).decode()
                    if head:
                        self.requests.append(head.split(" ")[0])
                        caller.sendall(answer)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def test_what_changes_nothing_is_asked_again_when_its_connection_was_closed(tmp_path: Path) -> None:
    """C24: a kept-alive connection that closes as it is used is no cluster that does not answer; a write is not sent
    twice.
    """
    server = Closing()
    file = tmp_path / "kubeconfig"
    write_kubeconfig(file, server.url, {"one": "t"}, current="one")
    transport = Transport(load(file, None, in_cluster=False))
    assert [transport.call("GET", "/version") for _ in range(3)] == [{}] * 3
    assert server.requests == ["GET"] * 5
    server.requests.clear()
    with pytest.raises(Unavailable):
        transport.call("POST", "/api/v1/namespaces", body={})
    assert server.requests == ["POST"]
    server.close()
