"""A proxy between the console and its cluster: it keeps the raw log of all requests, and makes things go wrong.

    with proxy.answer(503, retry_after=2, path=r"/services$", method="GET", times=1): ...
    with proxy.hang(path="/pods"): ...
    proxy.down(); proxy.up()                                  the whole cluster is unreachable: connections are refused
    proxy.log                                                 every request as it came over the wire

Each fault is a context manager, and a rule with `hits`; rules are asked newest first, the first that matches is used.
HTTP/1.1 by hand on threads: nothing normalises a path, joins two headers or retries behind the test's back.
"""

import ctypes
import fcntl
import json
import re
import socket
import ssl
import struct
import sys
import termios
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from types import TracebackType
from typing import Any, BinaryIO, Self
from urllib.parse import unquote, urlsplit

_REASONS = {400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 410: "Expired"}
_REASONS |= {422: "Invalid", 429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout"}
_BODILESS = (204, 304)
_KEPT = 64 * 1024
_ATTACH_FILTER = 26  # SO_ATTACH_FILTER, which Python does not name


def _unacknowledged(sock: socket.socket) -> int:
    """Bytes on their way. Sent again and again, they would tell the peer of a deaf socket that it is still there."""
    return int.from_bytes(fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)), sys.byteorder)


def go_deaf(sock: socket.socket) -> None:
    """Let the kernel drop each packet that arrives for this socket, so that its peer gets no acknowledgement."""
    nothing = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
    program = struct.pack("HP", 1, ctypes.addressof(nothing))  # one instruction: take 0 bytes of each packet
    sock.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)


@dataclass
class Request:
    """One request as it came: `target` raw path and query, `headers` all lines in order, `body` its first 64 kB."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    status: int | None = None
    fault: str = ""
    at: float = field(default_factory=time.monotonic)

    def all(self, name: str) -> list[str]:
        """The values of a header, one for each line that carries it."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def user(self) -> str:
        """Whom the request impersonates; empty if nobody."""
        return ",".join(self.all("Impersonate-User"))

    @property
    def groups(self) -> list[str]:
        return self.all("Impersonate-Group")

    @property
    def writes(self) -> bool:
        """Does it change something? Reviews are questions, though they are POSTed, and so is what the console tries as
        itself, to see whether it would be refused."""
        asks = "selfsubject" in self.target or ("dryRun=All" in self.target and not self.user)
        return self.method not in ("GET", "HEAD", "OPTIONS") and not asks

    @property
    def watches(self) -> bool:
        return "watch=1" in self.target or "watch=true" in self.target.lower()

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(eq=False)
class Rule:
    """One fault: `before` is called with a matching exchange, and says whether that has dealt with it."""

    name: str
    method: re.Pattern[str]
    path: re.Pattern[str]
    watches: bool | None
    left: int | None
    before: "Callable[[Exchange], bool]"
    proxy: "Proxy"
    hits: int = 0

    def matches(self, request: Request) -> bool:
        return (
            self.left != 0
            and (self.watches is None or self.watches == request.watches)
            and self.method.fullmatch(request.method) is not None
            and self.path.search(request.target) is not None
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.proxy.drop(self)


class Gone(Exception):
    """The other side closed the connection."""


class Proxy:
    """Listens on loopback (plain HTTP) and forwards to one API server, whose address may be set later."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._upstream: tuple[str, int] | None = None
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._open: dict[socket.socket, Exchange | None] = {}
        self._rules: list[Rule] = []
        self._idle: list[str] = []
        self.log: deque[Request] = deque(maxlen=50_000)
        self.is_down = False
        self._closing = threading.Event()
        self._start()
        self._janitor = threading.Thread(target=self._hang_up_for_the_gone, name="fault-proxy-janitor", daemon=True)
        self._janitor.start()

    def forward_to(self, url: str, authority: str = "") -> None:
        parts = urlsplit(url)
        assert parts.hostname
        self._upstream = (parts.hostname, parts.port or 443)
        self._tls = ssl.create_default_context(cadata=authority or None) if parts.scheme == "https" else None

    # ---- faults

    def down(self) -> None:
        """Refuse every connection and reset those that are open, as a cluster that has died does."""
        if not self.is_down:
            self.is_down = True
            self._stop_listening()
            self._close(lambda _: True, reset=True)

    def up(self) -> None:
        if self.is_down:
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
            self.is_down = False
            self._start()

    def refuse(self, **match: Any) -> Rule:
        """Reset the connection instead of answering; nothing reaches the cluster."""
        return self._add("refuse", lambda exchange: exchange.reset(), **match)

    def hang(self, **match: Any) -> Rule:
        """Never answer (until the rule goes or the caller does); nothing reaches the cluster."""

        def wait(exchange: Exchange) -> bool:
            while not self._closing.is_set() and rule in self._rules and exchange.caller_is_there():
                time.sleep(0.02)
            return exchange.reset()

        rule = self._add("hang", wait, **match)
        return rule

    def slow(self, seconds: float, **match: Any) -> Rule:
        """Wait, then forward."""

        def wait(_exchange: Exchange) -> bool:
            time.sleep(seconds)
            return False

        return self._add("slow", wait, **match)

    def meanwhile(self, act: Callable[[], object], **match: Any) -> Rule:
        """Something else happens first, then forward."""

        def wait(_exchange: Exchange) -> bool:
            act()
            return False

        return self._add("meanwhile", wait, **match)

    def answer(
        self,
        status: int,
        *,
        retry_after: float | None = None,
        body: Any = None,
        message: str = "made by the fault proxy",
        **match: Any,
    ) -> Rule:
        """Answer with this status and a Status object (or `body`: bytes as they are); nothing reaches the cluster."""
        content = body if isinstance(body, bytes) else json.dumps(body or status_object(status, message)).encode()
        head = {"Retry-After": f"{retry_after:g}"} if retry_after is not None else {}
        return self._add(f"answer {status}", lambda exchange: exchange.answer(status, content, head), **match)

    def cut(self, after: int = 40, **match: Any) -> Rule:
        """Forward, pass on the head and `after` bytes of the body, then close."""

        def cut(exchange: Exchange) -> bool:
            exchange.cut_after = after
            return False

        return self._add("cut", cut, **match)

    def commit_then_drop(self, *, deaf: Rule | None = None, **match: Any) -> Rule:
        """Forward, wait for the whole answer, then close without a word: it is done, and the caller cannot know. From
        then on a rule that was made `deaf`, to be used no times, is used once.
        """
        return self._add("commit then drop", lambda exchange: exchange.swallow(deaf), **match)

    def commit_then_fail(self, *, deaf: Rule | None = None, **match: Any) -> Rule:
        """Forward, wait for the whole answer, then answer 500: it is done, though the server says it failed. `deaf`: as
        above."""
        content = json.dumps(status_object(500, "made by the fault proxy")).encode()
        return self._add(
            "commit then fail", lambda exchange: exchange.swallow(deaf) and exchange.answer(500, content, {}), **match
        )

    def overtake(self, act: Callable[[], object], **match: Any) -> Rule:
        """Somebody else acts first, then answer 500; the request itself reaches nothing."""
        content = json.dumps(status_object(500, "made by the fault proxy")).encode()

        def overtaken(exchange: Exchange) -> bool:
            act()
            return exchange.answer(500, content, {})

        return self._add("overtake", overtaken, **match)

    def expire(self, *, in_stream: bool = True, **match: Any) -> Rule:
        """The version a watch starts at is too old: 410 as an event in the stream, or as the HTTP status."""
        gone = status_object(410, "too old resource version")
        if not in_stream:
            return self.answer(410, body=gone, **({"watches": True} | match))
        event = json.dumps({"type": "ERROR", "object": gone}).encode() + b"\n"
        return self._add("expire", lambda exchange: exchange.answer(200, event, {}), **({"watches": True} | match))

    def inject(self, event: bytes, **match: Any) -> Rule:
        """Answer a watch with these raw bytes (events, rubbish, half a line), then end it."""
        return self._add("inject", lambda exchange: exchange.answer(200, event, {}), **({"watches": True} | match))

    def pour(self, pieces: "Callable[[Request], Iterable[bytes]]", **match: Any) -> Rule:
        """Answer 200 with these pieces of a body, each as it comes; an empty one breaks the connection off."""
        return self._add("pour", lambda exchange: exchange.pour(pieces(exchange.request)), **match)

    def clock(self, offset: float, **match: Any) -> Rule:
        """The cluster's clock is off by so many seconds (its Date header)."""

        def shift(exchange: Exchange) -> bool:
            exchange.clock_offset = offset
            return False

        return self._add("clock", shift, **match)

    def closing(self, **match: Any) -> Rule:
        """Forward, and say `Connection: close` in each answer, as many balancers and HTTP/1.0 servers do."""

        def close(exchange: Exchange) -> bool:
            exchange.closes = True
            return False

        return self._add("closing", close, **match)

    def silence_watches(self, path: str = "") -> int:
        """Make the watches that are open now half open: nothing is sent on, and the kernel acknowledges nothing."""
        wanted = re.compile(path)
        with self._lock:
            chosen = [(caller, work) for caller, work in self._open.items() if work and work.request.watches]
        chosen = [(caller, work) for caller, work in chosen if wanted.search(work.request.target)]
        for caller, work in chosen:
            work.silent = True
            until = time.monotonic() + 2
            while _unacknowledged(caller) and time.monotonic() < until:
                time.sleep(0.01)
            go_deaf(caller)
        return len(chosen)

    def drop_watches(self, path: str = "") -> int:
        """Close the watches that are open now, mid-stream; how many."""
        wanted = re.compile(path)
        return self._close(lambda request: bool(request and request.watches and wanted.search(request.target)))

    def drop(self, rule: Rule) -> None:
        with self._lock:
            if rule in self._rules:
                self._rules.remove(rule)
                self._idle += [] if rule.hits else [f"{rule.name} {rule.method.pattern} {rule.path.pattern}"]

    def clear(self) -> list[str]:
        """No faults any more. Returns those that never happened: their tests proved nothing."""
        with self._lock:
            rules = list(self._rules)
        for rule in rules:
            self.drop(rule)
        self.up()
        with self._lock:
            idle, self._idle = self._idle, []
        return idle

    def _add(
        self,
        name: str,
        before: "Callable[[Exchange], bool]",
        *,
        method: str = ".*",
        path: str = "",
        watches: bool | None = None,
        times: int | None = None,
    ) -> Rule:
        rule = Rule(name, re.compile(method), re.compile(path), watches, times, before, self)
        with self._lock:
            self._rules.insert(0, rule)
        return rule

    def rule_for(self, request: Request) -> Rule | None:
        with self._lock:
            for rule in self._rules:
                if rule.matches(request):
                    rule.hits += 1
                    if rule.left is not None:
                        rule.left -= 1
                    request.fault = rule.name
                    return rule
        return None

    # ---- life

    def close(self) -> None:
        self._closing.set()
        self._janitor.join()
        if not self.is_down:
            self._stop_listening()
        self._close(lambda _: True)

    def connect(self) -> socket.socket:
        """A connection to the API server. Raises OSError."""
        if self._upstream is None:
            raise ConnectionRefusedError("no cluster has been started yet")
        plain = socket.create_connection(self._upstream, timeout=10)
        plain.settimeout(None)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._tls.wrap_socket(plain, server_hostname=self._upstream[0]) if self._tls else plain

    def working_on(self, caller: socket.socket, exchange: "Exchange | None") -> None:
        with self._lock:
            self._open[caller] = exchange

    def _start(self) -> None:
        self._accepting = threading.Thread(target=self._accept, args=(self._listener,), name="fault-proxy", daemon=True)
        self._accepting.start()

    def _stop_listening(self) -> None:
        # Closing alone does not wake a thread that is in accept().
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.working_on(caller, None)
            threading.Thread(target=self._converse, args=(caller,), name="fault-proxy-call", daemon=True).start()

    def _converse(self, caller: socket.socket) -> None:
        line = _Line(self, caller)
        try:
            while line.one():
                pass
        except (OSError, Gone, ValueError):
            pass
        finally:
            line.close()
            with self._lock:
                self._open.pop(caller, None)

    def _hang_up_for_the_gone(self) -> None:
        # A watch is silent for long: that its caller has gone would be noticed only at the next event.
        while not self._closing.wait(0.5):
            with self._lock:
                working = [work for work in self._open.values() if work]
            for work in working:
                if not work.caller_is_there():
                    work.hang_up()

    def _close(self, wanted: Callable[[Request | None], bool], *, reset: bool = False) -> int:
        with self._lock:
            chosen = [(caller, work) for caller, work in self._open.items() if wanted(work.request if work else None)]
        for caller, _ in chosen:
            with suppress(OSError):
                if reset:
                    caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                caller.shutdown(socket.SHUT_RDWR)
        for _, work in chosen:
            if work:
                work.hang_up()
        return len(chosen)


class _Line:
    """One caller's connection, and our own to the API server that goes with it (kept alive between requests)."""

    def __init__(self, proxy: Proxy, caller: socket.socket) -> None:
        self.proxy, self.caller = proxy, caller
        self._from_caller: BinaryIO = caller.makefile("rb")
        self.server: socket.socket | None = None
        self.from_server: BinaryIO | None = None

    def one(self) -> bool:
        """Handle one request; False when the connection is over."""
        head = _read_head(self._from_caller)
        if not head:
            return False
        method, target, _ = head[0].split(" ", 2)
        headers = tuple(_header(line) for line in head[1:])
        request = Request(method, target, headers)
        body = b"".join(_body(self._from_caller, headers, request=True))
        request.body = body[:_KEPT]
        self.proxy.log.append(request)
        exchange = Exchange(self, request, _bytes(head), body)
        self.proxy.working_on(self.caller, exchange)
        try:
            return exchange.run()
        finally:
            self.proxy.working_on(self.caller, None)

    def open_server(self) -> BinaryIO:
        if self.server is None or self.from_server is None:
            self.server = self.proxy.connect()
            self.from_server = self.server.makefile("rb")
        return self.from_server

    def close_server(self) -> None:
        for stream in (self.from_server, self.server):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self.server = self.from_server = None

    def close(self) -> None:
        self.close_server()
        for stream in (self._from_caller, self.caller):
            with suppress(OSError):
                stream.close()


class Exchange:
    """One request and what becomes of it."""

    def __init__(self, line: _Line, request: Request, head: bytes, body: bytes) -> None:
        self.request = request
        self._line, self._head, self._body = line, head, body
        self.cut_after: int | None = None
        self.clock_offset: float | None = None
        self.closes = False
        self.silent = False

    def run(self) -> bool:
        """True if the caller's connection can carry another request."""
        rule = self._line.proxy.rule_for(self.request)
        if rule and rule.before(self):
            return False
        return self._forward()

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> bool:
        lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Whatever')}", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "Connection: close"]
        self.request.status = status
        self._line.caller.sendall(_bytes(lines) + body)
        return True

    def pour(self, pieces: Iterable[bytes]) -> bool:
        lines = ["HTTP/1.1 200 OK", "Content-Type: text/plain", "Transfer-Encoding: chunked", "Connection: close"]
        self.request.status = 200
        caller = self._line.caller
        with suppress(OSError):  # the reader has gone
            caller.sendall(_bytes(lines))
            for piece in pieces:
                if not piece:
                    return True
                caller.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            caller.sendall(b"0\r\n\r\n")
        return True

    def reset(self) -> bool:
        self._line.caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return True

    def swallow(self, deaf: Rule | None = None) -> bool:
        head, headers = self._send()
        if int(head[0].split(" ")[1]) not in _BODILESS:
            for _ in _body(self._line.open_server(), headers):
                pass
        if deaf is not None:
            deaf.left = 1
        return True

    def caller_is_there(self) -> bool:
        try:
            return self._line.caller.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def hang_up(self) -> None:
        server = self._line.server
        if server is not None:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)

    def _send(self) -> tuple[list[str], tuple[tuple[str, str], ...]]:
        """Send the request on; the answer's head. An idle connection that the server has closed is replaced once."""
        for fresh in (self._line.server is None, True):
            from_server = self._line.open_server()
            try:
                assert self._line.server
                self._line.server.sendall(self._head + self._body)
                head = _read_head(from_server)
            except OSError:
                head = []
            if head:
                return head, tuple(_header(line) for line in head[1:])
            self._line.close_server()
            if fresh:
                break
        raise Gone

    def _forward(self) -> bool:
        head, headers = self._send()
        self.request.status = int(head[0].split(" ")[1])
        if self.clock_offset is not None:
            date = formatdate(time.time() + self.clock_offset, usegmt=True)
            head = [line if not line.lower().startswith("date:") else f"Date: {date}" for line in head]
        if self.closes:
            head = [line for line in head if not line.lower().startswith("connection:")] + ["Connection: close"]
        send = self._send_on
        send(_bytes(head))
        if self.request.method != "HEAD" and self.request.status not in _BODILESS:
            self._pass_on(send, _body(self._line.open_server(), headers))
        ends = "close" in ",".join(value for name, value in headers if name.lower() == "connection").lower()
        if ends or not _framed(headers):
            self._line.close_server()
            return False
        return not self.closes

    def _send_on(self, piece: bytes) -> None:
        if not self.silent:
            self._line.caller.sendall(piece)

    def _pass_on(self, send: Callable[[bytes], None], pieces: Iterable[bytes]) -> None:
        left = self.cut_after
        for piece in pieces:
            if left is None:
                send(piece)
            elif len(piece) >= left:
                send(piece[:left])
                raise Gone
            else:
                left -= len(piece)
                send(piece)


def status_object(code: int, message: str) -> dict[str, Any]:
    """A Status as the API server sends it."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": _REASONS.get(code, ""),
        "code": code,
    }


def _read_head(stream: BinaryIO) -> list[str]:
    """The lines before the empty one; empty if the connection has ended."""
    lines = []
    while True:
        line = stream.readline(70_000)
        if not line:
            return []
        text = line.rstrip(b"\r\n").decode("latin-1")
        if not text:
            if lines:
                return lines
            continue
        lines.append(text)


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.strip()


def _bytes(lines: list[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _framed(headers: tuple[tuple[str, str], ...]) -> bool:
    names = {name.lower() for name, _ in headers}
    return bool(names & {"content-length", "transfer-encoding"})


def _body(stream: BinaryIO, headers: tuple[tuple[str, str], ...], *, request: bool = False) -> Iterable[bytes]:
    """The body's raw bytes (with the chunk marks, if chunked) as they come. Raises Gone if it ends early."""
    fields = {name.lower(): value for name, value in headers}
    if "chunked" in fields.get("transfer-encoding", "").lower():
        yield from _chunks(stream)
    elif "content-length" in fields:
        yield from _exactly(stream, int(fields["content-length"]))
    elif not request:
        while piece := stream.read1(65536):  # type: ignore[attr-defined]
            yield piece


def _chunks(stream: BinaryIO) -> Iterable[bytes]:
    while True:
        mark = stream.readline(100)
        if not mark:
            raise Gone
        size = int(mark.split(b";")[0], 16)
        yield mark + b"".join(_exactly(stream, size + 2))
        if size == 0:
            return


def _exactly(stream: BinaryIO, size: int) -> Iterable[bytes]:
    while size:
        piece = stream.read1(min(size, 65536))  # type: ignore[attr-defined]
        if not piece:
            raise Gone
        size -= len(piece)
        yield piece
