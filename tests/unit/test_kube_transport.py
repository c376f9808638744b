"""Bits of the wire: warnings, lines, what is never sent."""

import io
import threading
from pathlib import Path

import pytest
import urllib3

from console.kube.config import BadConfig, Connection, load
from console.kube.errors import BadName, TooLarge, Unavailable
from console.kube.transport import MAX_LINE, Stream, Transport, parse, read_warnings
from tests.admin import write_kubeconfig


def answer(body: bytes, **headers: str) -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(io.BytesIO(body), headers=headers, preload_content=False)


def test_warnings_are_texts() -> None:
    headers = urllib3.HTTPHeaderDict()
    headers.add("Warning", '299 - "unknown field \\"spec.portz\\""')
    headers.add("Warning", '299 - "first, with a comma", 299 - "second"')
    headers.add("Warning", "rubbish")
    warnings = read_warnings(urllib3.HTTPResponse(b"", headers=headers))
    assert warnings == ('unknown field "spec.portz"', "first, with a comma", "second")


def test_lines_are_whole() -> None:
    assert list(Stream(answer(b"one\ntwo\n\nthree")).lines()) == [b"one", b"two", b""]
    long = b"x" * 200_000
    assert list(Stream(answer(long + b"\n" + long + b"\nrest")).lines()) == [long, long]
    with pytest.raises(TooLarge):
        list(Stream(answer(b"x" * (MAX_LINE + 100_000))).lines())


def test_what_python_cannot_read_is_not_json() -> None:
    """S5: whoever reads an answer expects ValueError, and nothing else."""
    assert parse(b'{"n": ' + b"9" * 5000 + b"}") == {"n": float("inf")}
    for unreadable in (b"[" * 200_000, b'{"a":' * 200_000, b"[" + b"9" * 5000 + b"," + b"[" * 200_000, b"{", b"\xff"):
        with pytest.raises(ValueError):  # noqa: PT011 - the kind is what is asked for
            parse(unreadable)


def test_a_stream_that_is_cut_is_not_a_stream_that_ended() -> None:
    cut = urllib3.HTTPResponse(
        io.BytesIO(b"half"), headers={"Content-Length": "100"}, preload_content=False, enforce_content_length=True
    )
    with pytest.raises(Unavailable):
        list(Stream(cut))


@pytest.mark.parametrize("path", ["", "/", "//evil.example/api", "/api/../x", "/api/v1?x=1", "/api/a b", "api", "/a/"])
def test_only_plain_paths_are_sent(tmp_path: Path, path: str) -> None:
    file = tmp_path / "kubeconfig"
    write_kubeconfig(file, "http://127.0.0.1:9", {"one": "t"}, current="one")
    with pytest.raises(BadName):
        Transport(load(file, None, in_cluster=False)).call("GET", path)


class Plugin:
    """A configuration whose credentials come from something that may fail in its own way, or hang."""

    def __init__(self, begun: threading.Event, over: threading.Event) -> None:
        self.begun, self.over = begun, over

    def get_api_key_with_prefix(self, _name: str) -> str:
        self.begun.set()
        self.over.wait(10)
        raise urllib3.exceptions.HTTPError("the issuer is down")


def test_credentials_that_cannot_be_renewed_are_said_so_and_hold_up_one_caller_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("console.kube.config._PATIENCE", 0.01)
    begun, over = threading.Event(), threading.Event()
    connection = Connection(lambda: Plugin(begun, over))
    messages: list[str] = []

    def ask() -> None:
        with pytest.raises(BadConfig) as caught:
            connection.authorization()
        messages.append(str(caught.value))

    first = threading.Thread(target=ask)
    first.start()
    assert begun.wait(5)
    ask()
    connection.renew()
    assert connection.generation == 0
    over.set()
    first.join(5)
    assert messages == [
        "the credentials are still being renewed",
        "the credentials cannot be renewed: the issuer is down",
    ]
