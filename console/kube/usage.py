"""What pods use, from the metrics API (metrics.k8s.io): read while somebody looks, and kept for a short while.

One turn a namespace each 15 s, however many pages show it. A small namespace is read by one list; of a large one the
pods that pages show are read by name, so that a turn costs what the pages cost. What is kept is bounded: the newest 30
readings of the 2,000 pods that were looked at last. Nobody has looked for two minutes: the namespace is forgotten.
"""

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from console.kube import kinds
from console.kube.errors import Forbidden, KubeError, NotFound
from console.kube.fields import NOTHING, epoch
from console.kube.reader import Reader
from console.kube.records import PodRecord

log = logging.getLogger(__name__)

PERIOD = 15.0
SOON = 2.0  # after the last turn, where a page shows pods that were in none
LONGEST_PERIOD = 60.0  # between two turns that failed
IDLE = 120.0
READINGS = 30
MOST_PODS = 2000
MOST_NAMESPACES = 128
SMALL = 500  # pods of a namespace up to which one list is read
BY_NAME = 100  # pods that are read by name in one turn
TURN_SECONDS = 5.0
_AT_ONCE = 4
_AMOUNT = re.compile(r"(\d+(?:\.\d*)?)(n|u|m|k|[KMGTPE]i?|e\d{1,2})?")
_UNITS = {"": 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3}
_UNITS |= {unit: 1e3**power for power, unit in enumerate("KMGTPE", 1)}
_UNITS |= {f"{unit}i": 1024.0**power for power, unit in enumerate("KMGTPE", 1)}

State = Literal["reading", "known", "absent", "refused", "failing", "hidden"]
"""Nothing read yet; read; the cluster has no metrics API; the console may not read it; it does not answer; the person
may not see it."""


class Used(NamedTuple):
    """What something used: CPU in cores, memory in bytes."""

    cpu: float
    memory: float


class Reading(NamedTuple):
    """What a pod used, and each of its containers. `at`: when it was measured, `turn`: when it was read (epoch s)."""

    at: float
    turn: float
    containers: Mapping[str, Used]
    pod: Used


@dataclass(frozen=True, slots=True)
class Usage:
    """What is known of the pods that were asked for. `readings`: by the name of the pod, the oldest first; `reason`:
    why nothing newer is known, in the server's words.
    """

    state: State
    readings: Mapping[str, tuple[Reading, ...]] = field(default_factory=dict)
    reason: str = ""


NOT_READ = Usage("reading")
HIDDEN = Usage("hidden")


@dataclass(slots=True)
class _Pod:
    uid: str
    created: float
    looked: float
    asked: float = 0.0
    readings: list[Reading] = field(default_factory=list)

    def add(self, reading: Reading) -> bool:
        """Keep a reading, unless it is of the same moment as the last, or of the pod that had this name before."""
        if reading.at < self.created or (self.readings and reading.at <= self.readings[-1].at):
            return False
        self.readings.append(reading)
        del self.readings[:-READINGS]
        return True


@dataclass(slots=True)
class _Place:
    """A namespace. When somebody looked last, when it was read last, and when it is due again (`time.monotonic`).

    `newest`: the last reading of all its pods, where one list has them all: the next page begins with it.
    """

    looked: float
    last: float = 0.0
    due: float = 0.0
    busy: bool = False
    state: State = "reading"
    reason: str = ""
    failures: int = 0
    pods: dict[str, _Pod] = field(default_factory=dict)
    newest: dict[str, Reading] = field(default_factory=dict)


class UsagePoller:
    """Reads what pods use where somebody looks. Safe between threads.

    ``changed`` is called with a namespace, in a thread of this, after each turn that brought something new; ``count``
    says how many pods a namespace has.
    """

    def __init__(self, reader: Reader, *, changed: Callable[[str], None], count: Callable[[str], int]) -> None:
        self._reader, self._told, self._count = reader, changed, count
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}
        # In the order in which they were looked at: what was looked at longest ago makes room.
        self._looked: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._closing = False

    def look(self, namespace: str, pods: Iterable[PodRecord]) -> Usage:
        """What is known of these pods. Waits for nothing; what is looked at is read from now on."""
        now = time.monotonic()
        with self._lock:
            place = self._places.get(namespace)
            if place is None:
                place = self._places[namespace] = _Place(now)
                while len(self._places) > MOST_NAMESPACES:
                    self._forget(min(self._places, key=lambda name: self._places[name].looked))
            place.looked, before = now, place.due
            kept = {pod.name: self._noted(namespace, place, pod, now) for pod in pods}
            while len(self._looked) > MOST_PODS:
                (place_of_oldest, oldest), _ = self._looked.popitem(last=False)
                self._places[place_of_oldest].pods.pop(oldest, None)
            usage = Usage(place.state, {name: tuple(pod.readings) for name, pod in kept.items()}, place.reason)
            if (place.due <= now or place.due < before) and not place.busy:
                self._start()
        return usage

    def close(self) -> None:
        """Read no more."""
        with self._lock:
            self._closing = True
            self._places.clear()
            self._looked.clear()
        self._wake.set()

    def _noted(self, namespace: str, place: _Place, pod: PodRecord, now: float) -> _Pod:
        """Somebody looks at this pod. One that is new to the pages is read soon."""
        kept = place.pods.get(pod.name)
        if kept is None or kept.uid != pod.uid:
            begin = place.newest.get(pod.name) if kept is None else None
            kept = place.pods[pod.name] = _Pod(pod.uid, pod.created, now)
            if not (begin and kept.add(begin)) and place.failures == 0:
                place.due = min(place.due, max(now, place.last + SOON))
        kept.looked = now
        self._looked[(namespace, pod.name)] = None
        self._looked.move_to_end((namespace, pod.name))
        return kept

    def _start(self) -> None:
        if self._thread is None and not self._closing:
            thread = threading.Thread(target=self._tend, name="usage", daemon=True)
            with suppress(RuntimeError):  # the process may begin no more threads; the next look tries again
                thread.start()
                self._thread = thread
        self._wake.set()

    def _forget(self, namespace: str) -> None:
        for name in self._places.pop(namespace).pods:
            self._looked.pop((namespace, name), None)

    def _tend(self) -> None:
        """Have each place read when its turn comes; ends when nobody looks at any."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="usage-turn") as pool:
            while True:
                self._wake.clear()
                with self._lock:
                    now = time.monotonic()
                    for namespace in [name for name, place in self._places.items() if now - place.looked > IDLE]:
                        self._forget(namespace)
                    if not self._places:
                        self._thread = None
                        return
                    due = [name for name, place in self._places.items() if place.due <= now and not place.busy]
                    for namespace in due:
                        self._places[namespace].busy = True
                    waits = [place.due - now for place in self._places.values() if not place.busy]
                for namespace in due:
                    pool.submit(self._turn, namespace)
                self._wake.wait(max(0.05, min(waits, default=PERIOD)))

    def _turn(self, namespace: str) -> None:
        """Read a namespace once, and tell whether anything is new."""
        state: State = "known"
        reason, readings = "", dict[str, Reading]()
        try:
            readings = self._read(namespace)
        except NotFound:
            state = "absent"
        except Forbidden as error:
            state, reason = "refused", error.message
        except KubeError as error:
            state, reason = "failing", error.message
        except Exception:  # half an answer is none, and must not end the turns
            log.exception("what pods use could not be read")
            state = "failing"
        with self._lock:
            place = self._places.get(namespace)
            if place is None:
                return
            news = place.state != state
            place.state, place.reason, place.busy = state, reason[:300], False
            place.failures = 0 if state == "known" else place.failures + 1
            place.last = time.monotonic()
            place.due = place.last + min(PERIOD * 2 ** min(place.failures, 4), LONGEST_PERIOD)
            place.newest = readings
            for name, reading in readings.items():
                kept = place.pods.get(name)
                news = (kept is not None and kept.add(reading)) or news
        self._wake.set()
        if news:
            self._told(namespace)

    def _read(self, namespace: str) -> dict[str, Reading]:
        turn = time.time()
        if self._count(namespace) <= SMALL:
            items = self._reader.list(kinds.POD_METRICS, namespace, timeout=TURN_SECONDS).get("items") or ()
        else:
            items = self._by_name(namespace)
        known = (reading_of(item, turn) for item in items)
        return dict(pair for pair in known if pair is not None)

    def _by_name(self, namespace: str) -> list[Any]:
        """The pods that were read longest ago, one by one; a pod that has no readings yet is none. One that cannot be
        read is no other's trouble, unless none can.
        """
        with self._lock:
            place = self._places.get(namespace)
            now = time.monotonic()
            shown = [(name, pod) for name, pod in place.pods.items() if now - pod.looked < IDLE] if place else []
        deadline, items, trouble = now + TURN_SECONDS, list[Any](), None
        for name, pod in sorted(shown, key=lambda pair: pair[1].asked)[:BY_NAME]:
            pod.asked = now
            try:
                items.append(self._reader.get(kinds.POD_METRICS, namespace, name, timeout=TURN_SECONDS))
            except NotFound:
                if not items:
                    self._reader.group(kinds.POD_METRICS)  # or is it the whole API that is not found?
            except Forbidden:
                raise
            except KubeError as error:
                trouble = error
            if time.monotonic() > deadline:
                break
        if trouble and not items:
            raise trouble
        return items


def reading_of(item: Any, turn: float) -> tuple[str, Reading] | None:
    """The name of a pod and what it used; None for what is no PodMetrics with a time and containers."""
    item = item if isinstance(item, Mapping) else NOTHING
    meta, containers = item.get("metadata"), item.get("containers")
    at = epoch(item.get("timestamp"))
    if not isinstance(meta, Mapping) or not isinstance(containers, list) or not at:
        return None
    used = {}
    for container in containers:
        usage = container.get("usage") if isinstance(container, Mapping) else None
        if isinstance(usage, Mapping):
            used[str(container.get("name"))] = Used(amount(usage.get("cpu")), amount(usage.get("memory")))
    total = Used(sum(amounts.cpu for amounts in used.values()), sum(amounts.memory for amounts in used.values()))
    return (str(meta.get("name")), Reading(at, turn, used, total)) if used else None


def amount(text: Any) -> float:
    """A quantity as the metrics API writes it ("12345678n", "40Mi"); 0 for what is none."""
    match = _AMOUNT.fullmatch(str(text)) if len(str(text)) < 40 else None
    if match is None:
        return 0.0
    unit = match[2] or ""
    return float(match[1]) * (10.0 ** int(unit[1:]) if unit[:1] == "e" else _UNITS[unit])
