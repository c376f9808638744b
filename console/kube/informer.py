"""Keeps the store in step with the cluster for one kind in one scope. What to do next is the pure function `step`."""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from console.kube.errors import Expired, Forbidden, KubeError, NotFound, TooLarge, Unavailable
from console.kube.kinds import Kind
from console.kube.reader import Reader, Watch
from console.kube.records import Record
from console.kube.store import Store
from console.kube.trim import trim

log = logging.getLogger(__name__)
# Threads share it, and nobody who seeds the module's own source (as test tools do) is disturbed.
_jitter = random.Random()

PAGE = 500
SMALLEST_PAGE = 5
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
REFUSED_WAIT = 60.0
SHORT_WATCH = 5.0
# Short: what swallows a watch and still answers the kernel is noticed when the watch should have ended.
WATCH_SECONDS = (20, 30)


class Phase(StrEnum):
    """Where an informer stands."""

    LISTING = "listing"
    LIVE = "live"
    RETRYING = "retrying"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class State:
    """``version``: where the watch goes on. ``loaded``: one list was whole.
    ``fruitless``: watches in a row that opened and brought nothing.
    """

    phase: Phase = Phase.LISTING
    version: str = ""
    page: int = PAGE
    failures: int = 0
    fruitless: int = 0
    loaded: bool = False
    forbidden: bool = False
    reason: str = ""


# What happened.


@dataclass(frozen=True, slots=True)
class Listed:
    """A page came; ``token`` is "" after the last, whose ``version`` the watch starts from."""

    version: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """The watch is connected."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A change or a bookmark at this version."""

    version: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The server ended the watch after so many seconds; ``heard``: something came through it."""

    lasted: float
    heard: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """The list or the watch failed."""

    error: KubeError


@dataclass(frozen=True, slots=True)
class Ready:
    """The thread runs, or its pause is over."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Nobody needs this any more."""


Happening = Ready | Listed | Opened | Heard | Ended | Failed | Stopped


# What to do next.


@dataclass(frozen=True, slots=True)
class DoList:
    """Ask for a page; ``token`` "" begins anew."""

    token: str
    page: int


@dataclass(frozen=True, slots=True)
class DoWatch:
    """Watch from this version."""

    version: str


@dataclass(frozen=True, slots=True)
class DoRead:
    """Go on reading the open watch."""


@dataclass(frozen=True, slots=True)
class DoWait:
    """Pause for so many seconds, or until kicked."""

    seconds: float


@dataclass(frozen=True, slots=True)
class DoStop:
    """End the thread."""


Action = DoList | DoWatch | DoRead | DoWait | DoStop


def step(state: State, event: Happening, luck: float) -> tuple[State, Action]:
    """The next state and what to do now. Pure; ``luck`` in [0, 1) is the jitter."""
    match event:
        case Stopped():
            return replace(state, phase=Phase.STOPPED), DoStop()
        case Listed(version, token):
            return _listed(state, version, token)
        case Opened():
            return replace(state, phase=Phase.LIVE, failures=0, forbidden=False, reason=""), DoRead()
        case Heard(version):
            return replace(state, version=version or state.version, fruitless=0), DoRead()
        case Ended(lasted, heard):
            return _ended(state, lasted, heard, luck)
        case Failed(error):
            return _failed(state, error, luck)
        case Ready():
            return _go(state)


def _listed(state: State, version: str, token: str) -> tuple[State, Action]:
    if token:
        return state, DoList(token, state.page)
    return replace(state, version=version, loaded=True, forbidden=False), DoWatch(version)


def _go(state: State) -> tuple[State, Action]:
    if state.loaded and state.version:
        return state, DoWatch(state.version)
    phase = Phase.RETRYING if state.failures else Phase.LISTING
    return replace(state, phase=phase), DoList("", state.page)


def _ended(state: State, lasted: float, heard: bool, luck: float) -> tuple[State, Action]:
    if heard or lasted >= SHORT_WATCH:
        return replace(state, fruitless=0), DoWatch(state.version)
    # A server that closes each watch at once must not be asked a thousand times a second.
    tired = replace(
        state,
        phase=Phase.RETRYING,
        failures=state.failures + 1,
        fruitless=state.fruitless + 1,
        reason="the watch ends at once",
    )
    return tired, DoWait(backoff(tired.fruitless, luck))


def _failed(state: State, error: KubeError, luck: float) -> tuple[State, Action]:
    failing = replace(state, phase=Phase.RETRYING, failures=state.failures + 1, reason=error.reason)
    if isinstance(error, Expired):
        # Too old to go on from there: list anew, at once the first time. It is said in a watch that had opened, too.
        failing = replace(failing, version="", forbidden=False, fruitless=state.fruitless + 1)
        tries = max(failing.failures, failing.fruitless)
        return (failing, DoList("", failing.page)) if tries == 1 else (failing, DoWait(backoff(tries, luck)))
    if isinstance(error, Forbidden | NotFound):
        return replace(failing, forbidden=isinstance(error, Forbidden)), DoWait(REFUSED_WAIT)
    if isinstance(error, TooLarge) and state.page > SMALLEST_PAGE:
        smaller = max(state.page // 10, SMALLEST_PAGE)
        return replace(failing, page=smaller), DoList("", smaller)
    retry_after = min(error.retry_after or 0.0, LONGEST_WAIT)
    return replace(failing, forbidden=False), DoWait(max(backoff(failing.failures, luck), retry_after))


def backoff(failures: int, luck: float) -> float:
    """Seconds to wait after so many failures in a row: full jitter between 0.5 s and 1 s, 2 s, ... 30 s."""
    most = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures, 10))
    return FIRST_WAIT + luck * (most - FIRST_WAIT)


class Informer:
    """One thread that lists, watches and fills the store. ``namespace=None`` is the whole cluster.

    ``changed`` is called, in that thread, when the phase or what the freshness depends on changes.
    """

    def __init__(
        self,
        reader: Reader,
        store: Store,
        kind: Kind,
        namespace: str | None,
        changed: Callable[["Informer"], None] = lambda _: None,
    ) -> None:
        self.kind, self.namespace = kind, namespace
        self.state = State()
        self.connected = False
        self.lost_at: float | None = None
        """When the watch was last seen to end (epoch s)."""
        self.heard_at: float | None = None
        """When the cluster last said something on it (epoch s)."""
        self.settled = threading.Event()
        """Set once it has loaded, or has failed for the first time."""
        self._reader, self._store, self._changed = reader, store, changed
        self._fresh: list[Record] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._watch: Watch | None = None
        self._reading: Any = None
        self._opened_at = 0.0
        self._heard_any = False
        scope = namespace or "all"
        self._thread = threading.Thread(target=self._run, name=f"informer {kind.plural} {scope}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, wait: float = 0.0) -> None:
        """End soon; with ``wait`` give the thread so many seconds to be gone."""
        with self._lock:
            self._stopping = True
        self.kick()
        if wait:
            self._thread.join(wait)

    def kick(self) -> None:
        """Whatever it waits for: try again now. An open watch is closed and resumed."""
        self._wake.set()
        with self._lock:
            watch = self._watch
        if watch is not None:
            watch.close()

    def _run(self) -> None:
        event: Happening = Ready()
        while True:
            if self._stopping:
                event = Stopped()
            self.state, action = step(self.state, event, _jitter.random())
            self._note(event)
            if isinstance(action, DoStop):
                return
            event = self._perform(action)

    def _note(self, event: Happening) -> None:
        now = time.time()
        if isinstance(event, Opened | Heard | Listed):
            self.heard_at = now
        if isinstance(event, Opened):
            self.connected, self.lost_at = True, None
        elif isinstance(event, Ended | Failed | Stopped) and self.connected:
            self.connected, self.lost_at = False, now
        if not isinstance(event, Heard):
            self._changed(self)
        if self.state.loaded or isinstance(event, Failed | Stopped):
            self.settled.set()  # last: whoever waits for it acts on what `changed` did

    def _perform(self, action: Action) -> Happening:
        try:
            match action:
                case DoList(token, page):
                    return self._list(token, page)
                case DoWatch(version):
                    return self._open(version)
                case DoRead():
                    return self._read()
                case DoWait(seconds):
                    self._wake.wait(seconds)
                    self._wake.clear()
                    return Ready()
                case _:
                    return Stopped()
        except KubeError as error:
            self._drop_watch()
            return Failed(error)
        except Exception as error:
            # A bug or an answer nobody thought of must not end the thread in silence.
            log.exception("informer %s", self._thread.name)
            self._drop_watch()
            return Failed(Unavailable(type(error).__name__, reason="Internal"))

    def _list(self, token: str, page: int) -> Listed:
        if not token:
            self._fresh = []
        answer = self._reader.list(self.kind, self.namespace, limit=page, continue_=token)
        items = answer.get("items")
        self._fresh += [record for record in map(self._trim, items or ()) if record.name]
        meta = answer.get("metadata") or {}
        more = str(meta.get("continue") or "")
        if not more:
            fresh, self._fresh = self._fresh, []
            if not self._stopping:
                self._store.replace(self.kind, self.namespace, fresh)
        return Listed(str(meta.get("resourceVersion") or ""), more)

    def _open(self, version: str) -> Opened:
        self._wake.clear()
        watch = self._reader.watch(self.kind, self.namespace, version, seconds=_jitter.randint(*WATCH_SECONDS))
        with self._lock:
            self._watch = watch
            if self._stopping:
                watch.close()
        self._reading = iter(watch)
        self._opened_at, self._heard_any = time.monotonic(), False
        return Opened()

    def _read(self) -> Heard | Ended:
        for change, body in self._reading:
            self._heard_any = True
            version = str((body.get("metadata") or {}).get("resourceVersion") or "")
            if change != "BOOKMARK":
                self._apply(change, body)
            return Heard(version)
        self._drop_watch()
        return Ended(time.monotonic() - self._opened_at, self._heard_any)

    def _apply(self, change: str, body: dict[str, Any]) -> None:
        record = self._trim(body)
        if not record.name or self._stopping:
            return
        if change == "DELETED":
            self._store.remove(self.kind, record.namespace, record.name)
        else:
            self._store.apply(self.kind, record)

    def _trim(self, body: Any) -> Record:
        record = trim(self.kind, body)
        if record.problem:
            log.warning("%s %s/%s cannot be read: %s", self.kind.kind, record.namespace, record.name, record.problem)
        return record

    def _drop_watch(self) -> None:
        with self._lock:
            watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()
