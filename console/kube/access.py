"""The gate: nobody sees the store but through it, and it opens when the API server says yes for that very person."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeVar, cast

from console.kube import kinds
from console.kube.errors import Forbidden, KubeError, NotFound, Unavailable
from console.kube.gateway import Gateway
from console.kube.haystacks import Haystacks
from console.kube.kinds import Identity, Kind, is_name
from console.kube.records import (
    EndpointSliceRecord,
    EventRecord,
    PodRecord,
    Record,
    ReplicaSetRecord,
    ServiceRecord,
    SignRecord,
    WorkloadRecord,
)
from console.kube.store import Store, Subscription
from console.kube.summaries import (
    PODS,
    WORKLOADS,
    Compute,
    ComputePod,
    ComputeWorkload,
    Summaries,
    SummaryCaches,
)
from console.kube.trim import trim
from console.kube.usage import HIDDEN, NOT_READ, Usage, UsagePoller

log = logging.getLogger(__name__)

ALLOW_SECONDS, DENY_SECONDS = 10.0, 5.0
_KEPT = 50_000
_AT_ONCE = 16
T = TypeVar("T")

BEHIND_SERVICES = (kinds.SERVICE, kinds.POD, kinds.ENDPOINTSLICE, *kinds.WORKLOADS)
"""The kinds that a Service's status is made of."""
AROUND_WORKLOADS = (*kinds.WORKLOADS, kinds.POD, kinds.REPLICASET, kinds.SERVICE)
AROUND_PODS = (kinds.POD, kinds.REPLICASET)
"""The kinds that the lists of workloads and of pods are made of."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A person as the gate knows them; ``epoch`` grows with each change of what they may, so old answers are void."""

    identity: Identity
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Freshness:
    """How true the store is. ``as_of``: the time (epoch s) it was last known to be so; None before the first load.
    ``reason``: that of the last error; ``answering``: False while the cluster is asked every few seconds whether it is
    there, and is not; else its watches try again, each within a minute.
    """

    state: Literal["live", "loading", "reconnecting", "stale", "forbidden"]
    as_of: float | None = None
    reason: str = ""
    answering: bool = True


class Watcher(Protocol):
    """Who keeps the store filled (the hub), and what is worked out of it."""

    store: Store
    summaries: SummaryCaches
    usage: UsagePoller
    haystacks: Haystacks

    def answering(self) -> bool:
        """False while the cluster is known not to answer, so that nobody waits to find it out again."""

    def watch(self, watched: Iterable[Kind], namespace: str, person: str = "") -> None:
        """Make sure that these are watched there for this person; wait a moment for a first load."""

    def glance(self, watched: Iterable[Kind], namespace: str, person: str = "") -> bool:
        """Have these watched if that takes nothing from anybody; whether they are."""

    def freshness(self, kind: Kind, namespace: str) -> Freshness:
        """How true the store is for one kind in one namespace."""


@dataclass(frozen=True, slots=True)
class Question:
    """What may be asked of a person: a verb on a resource in a namespace."""

    verb: str
    kind: Kind
    namespace: str | None
    subresource: str = ""


class Gate:
    """Asks the API server, as the person, and remembers the answer for seconds. Errors deny and are not remembered."""

    def __init__(self, gateway: Gateway, watcher: Watcher) -> None:
        self._gateway, self._watcher = gateway, watcher
        self._lock = threading.Lock()
        self._answers: OrderedDict[tuple[Subject, Question], tuple[float, bool]] = OrderedDict()
        self._asking: dict[tuple[Subject, Question], Future[bool]] = {}
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="gate")
        # A search asks 150 questions: where the cluster is slow no page waits behind them.
        self._beside = ThreadPoolExecutor(_AT_ONCE // 2, thread_name_prefix="gate-beside")

    def close(self) -> None:
        """Ask no more."""
        for pool in (self._pool, self._beside):
            pool.shutdown(wait=False, cancel_futures=True)

    def allowed(self, subject: Subject, question: Question) -> bool:
        """Whether this person may. Raises `Unavailable` when it cannot be found out: then nobody may."""
        key = (subject, question)
        with self._lock:
            known = self._known(key)
            if known is not None:
                self._answers.move_to_end(key)
                return known
            if not self._watcher.answering():
                raise Unavailable("the cluster does not answer")
            asking = self._asking.get(key)
            mine = asking is None
            if asking is None:
                asking = self._asking[key] = Future()
        if mine:
            self._ask(key, asking)
        return asking.result()

    def answer(self, subject: Subject, question: Question) -> bool | None:
        """The answer if it is known; else None, and it is asked meanwhile. Waits for nothing."""
        with self._lock:
            known = self._known((subject, question))
            if known is not None:
                return known
            pending = (subject, question) in self._asking
        if not pending and self._watcher.answering():
            self._beside.submit(self.allowed, subject, question)
        return None

    def require(self, subject: Subject, questions: Sequence[Question]) -> None:
        """Raise `Forbidden` for the first thing this person may not; unknown ones are asked at the same time."""
        with self._lock:
            new = [question for question in questions if self._known((subject, question)) is None]
        if len(new) > 1:
            for future in [self._pool.submit(self.allowed, subject, question) for question in new]:
                future.result()
        for question in questions:
            if not self.allowed(subject, question):
                error = Forbidden(f"{question.verb} {question.kind.resource} is not allowed here")
                error.verb = question.verb
                error.resource = question.kind.resource + (f"/{question.subresource}" if question.subresource else "")
                raise error

    def ask(self, wanted: Sequence[tuple[Subject, Question]], seconds: float) -> dict[tuple[Subject, Question], bool]:
        """What is known of these within so many seconds; the unknown ones are asked at the same time."""
        with self._lock:
            known = {key: answer for key in wanted if (answer := self._known(key)) is not None}
        if not self._watcher.answering():
            return known
        futures = {self._beside.submit(self.allowed, *key): key for key in dict.fromkeys(wanted) if key not in known}
        done, late = wait(futures, seconds)
        for future in late:
            future.cancel()
        return known | {futures[future]: future.result() for future in done if not future.exception()}

    def read(self, subject: Subject, kind: Kind, namespace: str, name: str) -> Record:
        """One object as the cluster has it now, read as the person. Raises `KubeError`, `NotFound` for one."""
        if not is_name(kind, name):
            raise NotFound(f'{kind.plural} "{name}" not found', code=404)
        if not self._watcher.answering():
            raise Unavailable("the cluster does not answer")
        return trim(kind, self._gateway.as_user(subject.identity).get(kind, namespace, name))

    def _known(self, key: tuple[Subject, Question]) -> bool | None:
        until, answer = self._answers.get(key, (0.0, None))
        return answer if until > time.monotonic() else None

    def _ask(self, key: tuple[Subject, Question], asking: "Future[bool]") -> None:
        subject, question = key
        try:
            answer = self._gateway.as_user(subject.identity).review(
                question.verb, question.kind, question.namespace, subresource=question.subresource
            )
        except Exception as error:
            if not isinstance(error, KubeError):
                log.exception("a review failed")
            with self._lock:
                del self._asking[key]
            asking.set_exception(_unknown(error))
            return
        with self._lock:
            del self._asking[key]
            self._answers[key] = (time.monotonic() + (ALLOW_SECONDS if answer else DENY_SECONDS), answer)
            self._answers.move_to_end(key)
            while len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
        asking.set_result(answer)


class View:
    """What one person sees of one namespace. Each method asks the gate first: `Forbidden`, `Unavailable`."""

    def __init__(self, gate: Gate, watcher: Watcher, subject: Subject, namespace: str) -> None:
        self._gate, self._watcher, self.subject, self.namespace = gate, watcher, subject, namespace
        self._store = watcher.store
        self._waits = False

    def check(self, *watched: Kind) -> None:
        """Ask whether these kinds may be looked at, all at the same time. Nothing is watched for it."""
        self._gate.require(self.subject, [Question("list", kind, self.namespace) for kind in watched])

    def begin(self, *watched: Kind) -> None:
        """Ask for these kinds and have them watched, all at the same time, before they are looked at one by one."""
        self.check(*watched)
        self._watcher.watch(watched, self.namespace, self.subject.identity.user)

    def services(self) -> list[ServiceRecord]:
        """All Services, by name."""
        self.begin(kinds.SERVICE)
        return self._store.services(self.namespace)

    def service(self, name: str) -> ServiceRecord:
        """One Service. Raises `NotFound`."""
        return cast(ServiceRecord, self._one(kinds.SERVICE, name))

    def services_selecting(self, labels: Mapping[str, str]) -> list[ServiceRecord]:
        """The Services whose selector selects these labels, by name."""
        self.begin(kinds.SERVICE)
        names = sorted(self._store.services_selecting(self.namespace, labels))
        records = (self._store.get(kinds.SERVICE, self.namespace, name) for name in names)
        return [cast(ServiceRecord, record) for record in records if record is not None]

    def pods(self, selector: Mapping[str, str] | None = None) -> list[PodRecord]:
        """Pods by name: all, or those a selector selects (an empty one selects nothing)."""
        self.begin(kinds.POD)
        return self._store.pods(self.namespace, selector)

    def pod(self, name: str) -> PodRecord:
        """One pod. Raises `NotFound`."""
        return cast(PodRecord, self._one(kinds.POD, name))

    def pods_of(self, workload: WorkloadRecord) -> list[PodRecord]:
        """The pods of a workload, for a Deployment through its ReplicaSets."""
        if workload.kind != "Deployment":
            self.begin(kinds.POD)
            return self._store.pods_of(self.namespace, workload.uid)
        self.begin(kinds.POD, kinds.REPLICASET)
        sets = self._store.replicasets_of(self.namespace, workload.uid)
        pods = [pod for replicaset in sets for pod in self._store.pods_of(self.namespace, replicaset.uid)]
        return sorted(pods, key=lambda pod: pod.name)

    def workloads(self, selector: Mapping[str, str] | None = None) -> list[WorkloadRecord]:
        """Deployments, StatefulSets, DaemonSets: all, or those whose pod template a selector selects."""
        self.begin(*kinds.WORKLOADS)
        return self._store.workloads(self.namespace, selector)

    def workload(self, kind: str, name: str) -> WorkloadRecord:
        """One workload. Raises `NotFound`."""
        wanted = next((candidate for candidate in kinds.WORKLOADS if candidate.kind == kind), None)
        if wanted is not None:
            return cast(WorkloadRecord, self._one(wanted, name))
        raise NotFound(f'{kind} "{name}" not found', code=404)

    def replicasets(self, owner_uid: str = "") -> list[ReplicaSetRecord]:
        """ReplicaSets by name: all, or those of one Deployment."""
        self.begin(kinds.REPLICASET)
        if owner_uid:
            return self._store.replicasets_of(self.namespace, owner_uid)
        return cast(list[ReplicaSetRecord], self._store.all(kinds.REPLICASET, self.namespace))

    def endpoints(self, service: str) -> list[EndpointSliceRecord]:
        """The EndpointSlices of a Service."""
        self.begin(kinds.ENDPOINTSLICE)
        return self._store.slices_of(self.namespace, service)

    def events(self, uid: str) -> list[EventRecord]:
        """Events about the object with this UID, the newest first."""
        self.begin(kinds.EVENT)
        return sorted(self._store.events_of(self.namespace, uid), key=lambda event: event.last, reverse=True)

    def signs(self, kind: Kind, of: str = "") -> tuple[tuple[str, str], ...]:
        """UID and version of each object of a kind that is read as the person when it has changed: of all of them, or
        of those that are about this (`SignRecord`).
        """
        self.begin(kind)
        records = cast(list[SignRecord], self._store.all(kind, self.namespace))
        return tuple((record.uid, record.version) for record in records if not of or record.of == of)

    def summaries(self, compute: Compute[T]) -> Summaries[T]:
        """``compute(service, slices, pods, workloads, now)`` of every Service, kept and computed anew only where
        something behind it changed (or its ``recheck`` time came). Give the same function each time.
        """
        self.begin(*BEHIND_SERVICES)
        return self._watcher.summaries.current(self.namespace, compute, time.time())

    def workload_summaries(self, compute: ComputeWorkload[T]) -> Summaries[T]:
        """``compute(workload, pods, replicasets, services, now)`` of every workload, kept as `summaries` is."""
        self.begin(*AROUND_WORKLOADS)
        return self._watcher.summaries.current(self.namespace, compute, time.time(), topic=WORKLOADS)

    def pod_summaries(self, compute: ComputePod[T]) -> Summaries[T]:
        """``compute(pod, its topmost owner, now)`` of every pod, kept as `summaries` is."""
        self.begin(*AROUND_PODS)
        return self._watcher.summaries.current(self.namespace, compute, time.time(), topic=PODS)

    def glance(self, compute: Compute[T]) -> Summaries[T] | None:
        """`summaries` for a page about many projects: waits for no first load, and None of what could only be watched
        at the expense of other pages.
        """
        self.check(*BEHIND_SERVICES)
        if not self._watcher.glance(BEHIND_SERVICES, self.namespace, self.subject.identity.user):
            return None
        return self._watcher.summaries.current(self.namespace, compute, time.time())

    def expect_usage(self) -> None:
        """`usage` is going to be asked for: whether it may be shown is found out while the page does other things."""
        self._gate.answer(self.subject, Question("list", kinds.POD_METRICS, self.namespace))

    def usage(self, pods: Sequence[PodRecord]) -> Usage:
        """What is known of what these pods use, as the metrics API says. A page that is opened waits for nothing: what
        is not known yet comes by its stream.
        """
        self.check(kinds.POD)
        question = Question("list", kinds.POD_METRICS, self.namespace)
        try:
            ask = self._gate.allowed if self._waits else self._gate.answer
            may = ask(self.subject, question)
        except KubeError:
            return NOT_READ
        if may is False:  # nothing is read for who may not see it, and nobody else's readings make room for that
            return HIDDEN
        known = self._watcher.usage.look(self.namespace, pods)
        return known if may else NOT_READ

    def count(self, kind: Kind) -> int:
        """How many of a kind memory has; nothing is watched for it."""
        self.check(kind)
        return self._store.count(kind, self.namespace)

    def allowed(self, verb: str, kind: Kind, subresource: str = "") -> bool:
        """Whether a menu entry makes sense. A hint: the API server decides. False when it cannot be found out."""
        try:
            return self._gate.allowed(self.subject, Question(verb, kind, self.namespace, subresource))
        except KubeError:
            return False

    def freshness(self, *watched: Kind) -> Freshness:
        """The worst freshness of these kinds (of what a Service's status is made of, if none are given)."""
        return worst_of([self._watcher.freshness(kind, self.namespace) for kind in watched or BEHIND_SERVICES])

    def subscribe(
        self,
        *watched: Kind,
        service: str | None = None,
        concerns: Callable[[Record], bool] | None = None,
        usage: bool = False,
    ) -> Subscription:
        """Wake-ups for changes of these kinds: of what may stand behind one Service, or of what the caller says it is
        concerned with; and for each new reading of what pods use, where that is shown. Asks for list and watch.
        """
        self._waits = True
        watched = watched or BEHIND_SERVICES
        questions = [Question(verb, kind, self.namespace) for kind in watched for verb in ("list", "watch")]
        self._gate.require(self.subject, questions)
        self._watcher.watch(watched, self.namespace, self.subject.identity.user)
        measured = (kinds.POD_METRICS,) if usage else ()
        return self._store.subscribe(self.namespace, *watched, *measured, service=service, concerns=concerns)

    def _one(self, kind: Kind, name: str) -> Record:
        """One object. That memory does not have it may only mean that it is behind: then the cluster is asked."""
        self.begin(kind)
        record = self._store.get(kind, self.namespace, name)
        return record or self._gate.read(self.subject, kind, self.namespace, name)


def worst_of(freshnesses: Sequence[Freshness]) -> Freshness:
    """How true all of it is: as the worst of it. At least one."""
    worst = max(freshnesses, key=lambda freshness: _WORST.index(freshness.state))
    known = [freshness.as_of for freshness in freshnesses if freshness.as_of is not None]
    return replace(worst, as_of=min(known) if len(known) == len(freshnesses) else None)


_WORST = ("live", "loading", "reconnecting", "stale", "forbidden")


def _unknown(error: Exception) -> Exception:
    """Not knowing is not a yes. That the console may not ask stays visible as what it is."""
    if isinstance(error, Unavailable) or (isinstance(error, Forbidden) and error.console_itself):
        return error
    reason, retry_after = (error.reason, error.retry_after) if isinstance(error, KubeError) else ("", None)
    return Unavailable("your rights cannot be checked now", reason=reason, retry_after=retry_after)
