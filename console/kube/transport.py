"""One HTTP exchange with the API server: checked path, one identity, bounded waits, dict in, dict out.

Two things are repeated here, once: a 401 after the credentials were read again (a refused request did nothing), and a
request that changes nothing when its connection was closed before an answer came (a kept-alive one often is).
"""

import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3
from kubernetes.client.rest import RESTClientObject
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from console.kube.config import BadConfig, Connection
from console.kube.errors import AnswerLost, BadName, KubeError, TooLarge, Unauthorized, Unavailable
from console.kube.kinds import Identity
from console.kube.status_errors import error_of

Query = Sequence[tuple[str, str]]
JSON_TYPE = "application/json"

CONNECT_SECONDS = 2.0
READ_SECONDS = 5.0
OPEN_SECONDS = 5.0
MAX_ANSWER = 64 * 1024 * 1024
MAX_ERROR = 256 * 1024
MAX_LINE = 8 * 1024 * 1024
# A stream may be quiet for long; whether anybody is at its other end is asked by the kernel. Noticed after about 8 s.
PROBE_SECONDS, PROBE_AGAIN_SECONDS, UNANSWERED_SECONDS = 3, 2, 7
_CHUNK = 64 * 1024
_PATH = re.compile(r"(/[A-Za-z0-9][-A-Za-z0-9.:]*)+")
_WARNING = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')
# These say that no byte of the request can have reached the server.
_NOT_SENT = (NewConnectionError, ConnectTimeoutError, NameResolutionError)


def secret_facts(body: Mapping[str, Any]) -> dict[str, Any]:
    """A Secret without anything that may hold a value: its annotations go, too (`kubectl apply` notes the whole object
    there). `sizes` has the bytes of each value by its key.
    """
    meta = body.get("metadata") or {}
    names = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "labels", "ownerReferences")
    values = {str(key): str(value) for key, value in sorted((body.get("data") or {}).items())}  # in base64
    sizes = {key: len(value) * 3 // 4 - value.count("=", -2) if value else 0 for key, value in values.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {name: meta[name] for name in names if name in meta},
        "type": str(body.get("type") or ""),
        "immutable": body.get("immutable") is True,
        "sizes": sizes,
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer: its JSON object and the server's Warning headers."""

    body: dict[str, Any]
    warnings: tuple[str, ...] = ()


class Stream:
    """A body that arrives bit by bit. Iterate once; `close` may be called from any thread and ends the iteration."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self._response = response
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        """Chunks as they come. Raises `Unavailable` when the connection breaks or stays silent too long."""
        try:
            while not self._closed:
                chunk = self._response.read1(_CHUNK)
                if not chunk:
                    return
                yield chunk
        except (HTTPError, OSError, ValueError, AttributeError) as error:
            if not self._closed:
                raise Unavailable(f"the stream broke: {type(error).__name__}") from error
        finally:
            self.close()

    def lines(self) -> Iterator[bytes]:
        """Whole lines without their end; a cut last line is dropped. Raises `TooLarge` for one above 8 MB."""
        rest = bytearray()
        for chunk in self:
            rest += chunk
            *whole, tail = rest.split(b"\n") if b"\n" in chunk else (rest,)
            if len(tail) > MAX_LINE:
                self.close()
                raise TooLarge("a line of the stream is too long")
            yield from map(bytes, whole)
            rest = tail

    def close(self) -> None:
        """End it. A thread that waits in a read wakes up."""
        if self._closed:
            return
        self._closed = True
        try:
            self._response.shutdown()
        except (OSError, ValueError, RuntimeError, AttributeError, NotImplementedError):
            pass  # it had ended already
        self._response.close()

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Transport:
    """HTTP to one cluster. Safe between threads."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._lock = threading.Lock()
        self._pool: tuple[int, Any] | None = None

    def call(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        """`send`, for those who want the body only."""
        return self.send(method, path, **how).body

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: Any = None,
        accept: str = JSON_TYPE,
        identity: Identity | None = None,
        timeout: float = READ_SECONDS,
        write: bool | None = None,
    ) -> Answer:
        """One request and its whole answer, within ``timeout`` seconds after connecting.

        ``write`` says whether a lost answer leaves something unknown; by default everything but GET does.
        Raises a `KubeError` for every answer but 2xx and for no answer.
        """
        writes = method != "GET" if write is None else write
        payload = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        request = _Request(method, _target(path, query), payload, accept, identity, writes)
        deadline = time.monotonic() + timeout + CONNECT_SECONDS
        response = self._open(request, timeout)
        try:
            return Answer(_as_object(_read_all(response, deadline)), read_warnings(response))
        except (HTTPError, OSError, ValueError, AttributeError) as error:
            response.close()
            raise _lost(request, f"the answer broke off: {type(error).__name__}") from error
        except TooLarge as error:
            response.close()
            raise (_lost(request, error.message) if writes else error) from None

    def stream(
        self,
        path: str,
        *,
        query: Query = (),
        accept: str = JSON_TYPE,
        identity: Identity | None = None,
        idle: float,
        opening: float = OPEN_SECONDS,
    ) -> Stream:
        """Open a GET whose body goes on; ``idle`` is how many seconds of silence mean that it is dead, ``opening`` how
        many there may be before it begins.
        """
        request = _Request("GET", _target(path, query), None, accept, identity, False)
        response = self._open(request, opening)
        # The headers had to come soon, the body may take its time; that its sender has gone is noticed all the same.
        # http.client takes the socket from a connection that will close after this; its `shutdown` is always kept.
        sock = getattr(getattr(response, "_sock_shutdown", None), "__self__", None)
        if sock is not None:
            sock.settimeout(idle)
            probe_peer(sock)
        return Stream(response)

    def secrets(self, path: str, *, query: Query = (), identity: Identity) -> dict[str, dict[str, Any]]:
        """Secret name to what it is, of a list of Secrets: as `secret_facts`. The values go no further than this."""
        answer = self.call("GET", path, query=query, identity=identity)
        return {str(item["metadata"]["name"]): secret_facts(item) for item in answer.get("items") or ()}

    def close(self) -> None:
        """Drop the idle connections."""
        with self._lock:
            if self._pool is not None:
                self._pool[1].clear()

    def _open(self, request: "_Request", timeout: float) -> urllib3.BaseHTTPResponse:
        try:
            return self._exchange(request, timeout)
        except Unauthorized:
            self.connection.renew()
        except _Closed:
            pass
        return self._exchange(request, timeout)

    def _exchange(self, request: "_Request", timeout: float) -> urllib3.BaseHTTPResponse:
        try:
            response: urllib3.BaseHTTPResponse = self._manager().urlopen(
                request.method,
                self.connection.host + request.target,
                headers=self._headers(request),
                body=request.payload,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=timeout),
                retries=False,
                redirect=False,
                preload_content=False,
            )
        except BadConfig as error:
            raise Unauthorized(str(error)) from error
        except SSLError as error:
            raise Unavailable(f"TLS failed: {error}"[:300], reason=_tls_reason(error)) from error
        except _NOT_SENT as error:
            refused = isinstance(error.__cause__, ConnectionRefusedError)
            reason = "ConnectionRefused" if refused else type(error).__name__
            raise Unavailable("the cluster cannot be reached", reason=reason) from error
        except ProtocolError as error:
            raise (_lost(request, "no response") if request.write else _Closed("no response")) from error
        except (HTTPError, OSError) as error:
            reason = "ReadTimeout" if isinstance(error, ReadTimeoutError) else ""
            raise _lost(request, "no response", reason) from error
        if 200 <= response.status < 300:
            return response
        raise _refusal(request, response, time.monotonic() + timeout)

    def _manager(self) -> Any:
        with self._lock:
            generation = self.connection.generation
            if self._pool is None or self._pool[0] != generation:
                self._pool = (generation, RESTClientObject(self.connection.configuration).pool_manager)
            return self._pool[1]

    def _headers(self, request: "_Request") -> urllib3.HTTPHeaderDict:
        headers = urllib3.HTTPHeaderDict({"Accept": request.accept, "User-Agent": "berth"})
        authorization = self.connection.authorization()
        if authorization is not None:
            headers.add("Authorization", authorization)
        if request.payload is not None:
            headers.add("Content-Type", JSON_TYPE)
        if request.identity is not None:
            headers.add("Impersonate-User", request.identity.user)
            for group in request.identity.groups:
                headers.add("Impersonate-Group", group)
        return headers


@dataclass(frozen=True, slots=True)
class _Request:
    """One request as it will travel; made before anything is opened, so a bad path opens nothing."""

    method: str
    target: str
    payload: bytes | None
    accept: str
    identity: Identity | None
    write: bool


def _target(path: str, query: Query) -> str:
    if not _PATH.fullmatch(path):
        raise BadName(f"not a path: {path[:100]!r}")
    return f"{path}?{urlencode(query)}" if query else path


class _Closed(Unavailable):
    """The connection of a request that changes nothing ended before an answer came: it may be sent again."""


def probe_peer(sock: socket.socket) -> None:
    """Let the kernel ask whether anybody is at the other end, and end the connection when nothing answers."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", PROBE_SECONDS),
        ("TCP_KEEPINTVL", PROBE_AGAIN_SECONDS),
        ("TCP_USER_TIMEOUT", UNANSWERED_SECONDS * 1000),
    ):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _lost(request: _Request, message: str, reason: str = "") -> Unavailable:
    return AnswerLost(message) if request.write else Unavailable(message, reason=reason)


def _tls_reason(error: SSLError) -> str:
    checked = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args)
    return "Certificate" if checked else "TLS"


def _read_all(response: urllib3.BaseHTTPResponse, deadline: float, most: int = MAX_ANSWER) -> bytes:
    chunks, size = [], 0
    while chunk := response.read1(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            raise TooLarge("the answer is too large")
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(chunks)


def parse(raw: bytes | bytearray) -> Any:
    """JSON, with whole numbers of any length: one that Python does not take as such must not cost the whole list.

    Raises ValueError for everything that is not JSON, or nested deeper than Python reads.
    """
    try:
        try:
            return json.loads(raw)
        except json.JSONDecodeError:
            raise
        except ValueError:
            return json.loads(raw, parse_int=lambda digits: int(digits) if len(digits) < 400 else float(digits))
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _as_object(raw: bytes) -> dict[str, Any]:
    value = parse(raw)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _refusal(request: _Request, response: urllib3.BaseHTTPResponse, deadline: float) -> KubeError:
    """The error that an answer other than 2xx means. Its body may be anything, or missing."""
    try:
        body = _as_object(_read_all(response, deadline, MAX_ERROR))
    except (HTTPError, OSError, ValueError, AttributeError, TooLarge):
        body = {}
    finally:
        response.close()
    error = error_of(response.status, body, response.headers.get("Retry-After"), request.identity)
    if request.write and response.status in (502, 504):
        # Somebody between us and the server gave up waiting; the server may have acted.
        return AnswerLost(error.message, reason=error.reason, code=error.code)
    return error


def read_warnings(response: urllib3.BaseHTTPResponse) -> tuple[str, ...]:
    """The texts of the Warning headers (RFC 9110 form, as the API server writes them)."""
    warnings = []
    for header in response.headers.getlist("Warning"):
        warnings += [text.replace('\\"', '"').replace("\\\\", "\\") for text in _WARNING.findall(header)]
    return tuple(warnings)
