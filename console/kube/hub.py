"""Decides what is watched: started when first looked at, stopped when nobody looks; and says how true the store is."""

import logging
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import cast

from console.kube import kinds
from console.kube.access import BEHIND_SERVICES, Freshness, Gate, Question, Subject, View
from console.kube.config import Connection
from console.kube.errors import KubeError, Unavailable
from console.kube.gateway import Client, Gateway
from console.kube.haystacks import Haystacks
from console.kube.informer import Informer, Phase
from console.kube.kinds import Identity, Kind
from console.kube.looks import Looks, Scope
from console.kube.provisioner import Provisioner, Watchman
from console.kube.records import NodeRecord
from console.kube.searching import Search
from console.kube.store import Store, Subscription
from console.kube.summaries import SummaryCaches
from console.kube.transport import Transport
from console.kube.usage import UsagePoller

log = logging.getLogger(__name__)

IDLE_SECONDS = 600.0
PULSE_SECONDS = 2.0
PATIENCE = 2.0
STALE_SECONDS = 5.0
RENEW_SECONDS = 10.0
WIDEN_SECONDS = 120.0
MOST_INFORMERS = 256
SHARE_OF_INFORMERS = 64  # eight open pages of as many projects, with eight kinds behind each
_SWEEP_SECONDS = 15.0
_GRACE = 1.0
# There are many of these, or large ones, and each page wants those of one project: never watched for the whole cluster.
_BY_NAMESPACE = frozenset({kinds.EVENT, kinds.CONTROLLERREVISION})


class Hub:
    """The informers of one cluster. Safe between threads."""

    def __init__(
        self,
        gateway: Gateway,
        *,
        idle: float = IDLE_SECONDS,
        pulse: float = PULSE_SECONDS,
        patience: float = PATIENCE,
        most: int = MOST_INFORMERS,
        share: int = SHARE_OF_INFORMERS,
        widen: float = WIDEN_SECONDS,
    ) -> None:
        self.store = Store()
        self._gateway = gateway
        self._idle, self._pulse_every, self._patience, self._widen_every = idle, pulse, patience, widen
        self.summaries = SummaryCaches(self.store)
        self.usage = UsagePoller(
            gateway.reader,
            changed=lambda namespace: self.store.wake(kinds.POD_METRICS, namespace),
            count=lambda namespace: self.store.count(kinds.POD, namespace),
        )
        self.haystacks = Haystacks(self.store)
        # Whether the cluster answers at all, and when it last did (epoch s): a connection that died without a word
        # looks alive to a watch for a minute.
        self._beats, self._last_good = True, 0.0
        self._silence = ""
        """Why it does not answer, as the error's `reason` says it."""
        self._lock = threading.Lock()
        self._informers: dict[Scope, Informer] = {}
        self._looks = Looks(most, share)
        # Kinds that were refused for the whole cluster, when that was tried last, and the trials under way.
        self._narrow: dict[Kind, float] = {}
        self._trials: dict[Kind, Informer] = {}
        self._closing = threading.Event()
        self._nurse: threading.Thread | None = None
        self._renewed = 0.0
        self._version = ""

    def watch(self, watched: Iterable[Kind], namespace: str, person: str = "") -> None:
        """Make sure that these kinds are watched there for this person, and wait a moment for the first load.

        What was looked at longest ago makes room, first of all what this person looked at. Raises `Unavailable` when
        the hub is closed.
        """
        deadline = time.monotonic() + self._patience
        for informer in [self._ensure(kind, namespace, person) for kind in watched]:
            informer.settled.wait(max(0.0, deadline - time.monotonic()))
            if informer.state.forbidden and informer.namespace is None and informer.kind.namespaced:
                narrow = self._ensure(informer.kind, namespace, person)
                narrow.settled.wait(max(0.0, deadline - time.monotonic()))

    def glance(self, watched: Iterable[Kind], namespace: str, person: str = "") -> bool:
        """Have these kinds watched there if that takes nothing from anybody; whether they are. Waits for nothing.

        A glance is older than any look: what was glanced at makes room first.
        """
        watched = tuple(watched)
        with self._lock:
            scopes = [self._scope(kind, namespace) for kind in watched]
            known = all(scope in self._informers for scope in scopes)
            spare = self._looks.spare(scopes, person)
        if spare:
            for kind in watched:
                self._ensure(kind, namespace, person, ago=self._idle / 2)
        return spare or known

    def answering(self) -> bool:
        """False while the cluster is known not to answer."""
        return self._beats

    def version(self) -> str:
        """What the cluster says it is ("v1.37.0"); asked where it has not said so yet, "" while it does not answer."""
        if not self._version and self._beats:
            self._answers()
        return self._version

    def freshness(self, kind: Kind, namespace: str) -> Freshness:
        """How true the store is for one kind in one namespace."""
        now = time.time()
        with self._lock:
            informer = self._informers.get(self._scope(kind, namespace))
        if informer is None:
            return Freshness("loading")
        state = informer.state
        if state.forbidden:
            return Freshness("forbidden", informer.lost_at, state.reason)
        lost_at = informer.lost_at
        recent = informer.connected or (state.phase is Phase.LIVE and lost_at is not None and now - lost_at < _GRACE)
        if recent and self._beats:
            return Freshness("live", now)
        if not state.loaded:
            return Freshness("loading", None, state.reason, answering=self._beats)
        as_of = max(informer.heard_at or 0.0, self._last_good)
        as_of = min(as_of, lost_at or now)
        reason = state.reason if self._beats else self._silence
        stale = now - as_of > STALE_SECONDS
        return Freshness("stale" if stale else "reconnecting", as_of, reason, answering=self._beats)

    def close(self) -> None:
        """Stop everything, within about a second."""
        self._closing.set()
        self.usage.close()
        with self._lock:
            informers = [*self._informers.values(), *self._trials.values()]
            self._informers.clear()
        for informer in informers:
            informer.stop()
        for informer in informers:
            informer.stop(wait=0.2)

    def _scope(self, kind: Kind, namespace: str) -> Scope:
        narrow = kind.namespaced and (kind in _BY_NAMESPACE or kind in self._narrow)
        return (kind, namespace) if narrow else (kind, None)

    def _ensure(self, kind: Kind, namespace: str, person: str, ago: float = 0.0) -> Informer:
        if self._closing.is_set():
            raise Unavailable("the console is stopping")
        left = []
        with self._lock:
            scope = self._scope(kind, namespace)
            informer = self._informers.get(scope)
            if informer is None:
                if scope[1] is not None:
                    left = [
                        evicted
                        for gone in self._looks.make_room(person)
                        if (evicted := self._informers.pop(gone, None))
                    ]
                informer = Informer(self._gateway.reader, self.store, *scope, self._changed)
                try:
                    self._informers[scope] = informer
                    informer.start()
                except RuntimeError:  # the process may begin no more threads; the next look tries again
                    del self._informers[scope]
                    for gone in left:
                        gone.stop()
                    raise Unavailable("the console has no thread left to watch with") from None
            self._looks.note(scope, person, time.monotonic() - ago)
            if self._nurse is None:
                nurse = threading.Thread(target=self._tend, name="hub", daemon=True)
                with suppress(RuntimeError):  # as above
                    nurse.start()
                    self._nurse = nurse
        self._let_go(left, wait=0.2)
        return informer

    def _changed(self, informer: Informer) -> None:
        """An informer's phase changed (called in its thread)."""
        if self._trials.get(informer.kind) is informer:
            self._judge(informer)
        elif informer.state.forbidden and informer.namespace is None and informer.kind.namespaced:
            self._narrow_down(informer)
        self.store.wake(informer.kind, informer.namespace)

    def _narrow_down(self, informer: Informer) -> None:
        """The console may not see this kind everywhere: from now on project by project, until it may."""
        kind = informer.kind
        log.warning(
            "the console may not watch %s in the whole cluster: it watches them project by project", kind.plural
        )
        self.store.forget(kind, None)
        with self._lock:
            self._narrow[kind] = time.monotonic()
            if self._informers.get((kind, None)) is informer:
                del self._informers[(kind, None)]
                self._looks.forget((kind, None))
        self.summaries.forget(None)
        self.haystacks.forget(None)
        informer.stop()

    def _widen(self) -> None:
        """Try again to watch the whole cluster where that was refused: one refusal may be of a moment."""
        now = time.monotonic()
        with self._lock:
            due = [kind for kind, tried in self._narrow.items() if now - tried > self._widen_every]
            due = [kind for kind in due if kind not in self._trials]
            self._narrow |= dict.fromkeys(due, now)
        for kind in due:
            reader = self._gateway.reader
            try:
                page = reader.list(kind, None, limit=1, timeout=PULSE_SECONDS)
                reader.watch(kind, None, str(page["metadata"]["resourceVersion"]), seconds=1).close()
            except (KubeError, KeyError, TypeError):  # half an answer is none
                continue
            trial = Informer(self._gateway.reader, self.store, kind, None, self._changed)
            with self._lock:
                self._trials[kind] = trial
                if not self._closing.is_set():
                    trial.start()

    def _judge(self, trial: Informer) -> None:
        """A trial goes on in place of the watches of single projects once it is live; it ends where it is refused."""
        kind, over = trial.kind, []
        with self._lock:
            if trial.connected and (kind, None) not in self._informers:
                del self._trials[kind]
                self._narrow.pop(kind, None)
                over = [informer for scope, informer in self._informers.items() if scope[0] is kind]
                for informer in over:
                    self._informers.pop((kind, informer.namespace))
                    self._looks.forget((kind, informer.namespace))
                self._informers[(kind, None)] = trial
                self._looks.note((kind, None), "", time.monotonic())
                log.warning("the console watches %s in the whole cluster again", kind.plural)
            elif trial.connected or trial.state.forbidden:
                del self._trials[kind]
                over = [trial]
        for informer in over:
            informer.stop()

    def _tend(self) -> None:
        swept = time.monotonic()
        while not self._closing.wait(self._pulse_every):
            try:
                self._beat()
                if self._beats:
                    self._widen()
                if time.monotonic() - swept > min(_SWEEP_SECONDS, self._idle):
                    swept = time.monotonic()
                    self._sweep()
            except Exception:  # without the pulse a cluster that is down would look live for ever
                log.exception("the watches could not be looked after this time")

    def _beat(self) -> None:
        with self._lock:
            informers = list(self._informers.values())
        if not informers and self._beats:
            return
        before, self._beats = self._beats, self._answers()
        good = self._beats
        self._last_good = time.time() if good else self._last_good
        if good != before:
            log.warning("the cluster %s", "answers again" if good else "does not answer")
            for informer in informers:
                if good and not informer.state.forbidden:
                    informer.kick()
                self.store.wake(informer.kind, informer.namespace)
        if not good and time.monotonic() - self._renewed > RENEW_SECONDS:
            # It may have moved: the files say where it is now.
            self._renewed = time.monotonic()
            self._gateway.renew()

    def _answers(self) -> bool:
        try:
            self._version = str(self._gateway.reader.version().get("gitVersion") or "")
        except Unavailable as error:
            self._silence = error.reason
            return False
        except KubeError:
            return True  # it answers, and what it says is for the watches to judge
        except Exception:  # what nobody can read is no answer
            self._silence = ""
            log.exception("the cluster's answer could not be read")
            return False
        return True

    def _sweep(self) -> None:
        """Stop what nobody has looked at for a while."""
        with self._lock:
            idle = self._looks.unseen_since(time.monotonic() - self._idle)
            stopped = [informer for scope in idle if (informer := self._informers.pop(scope, None))]
            for scope in idle:
                self._looks.forget(scope)
            if not self._informers:
                self._narrow.clear()
        self._let_go(stopped, wait=1.0)

    def _let_go(self, stopped: Iterable[Informer], wait: float) -> None:
        for informer in stopped:
            informer.stop(wait)
            with self._lock:
                if (informer.kind, informer.namespace) in self._informers:
                    continue  # somebody looks again: what is there is being made anew, not to be emptied
                self.store.forget(informer.kind, informer.namespace)
                self.summaries.forget(informer.namespace)
                self.haystacks.forget(informer.namespace)


class Cluster:
    """One cluster, as the pages get it."""

    def __init__(self, gateway: Gateway, *, name: str, embedded: bool = False, hub: Hub | None = None) -> None:
        self.name, self.embedded, self.gateway = name, embedded, gateway
        self.hub = hub or Hub(gateway)
        self._gate = Gate(gateway, self.hub)
        self.provisioner = Provisioner(gateway.transport)
        self.watchman = Watchman(self.provisioner)

    def look(self, subject: Subject, namespace: str) -> View:
        """One person's sight on one namespace, from memory."""
        return View(self._gate, self.hub, subject, namespace)

    def search(self, seconds: float) -> Search:
        """A search that ends after so many seconds."""
        return Search(self._gate, self.hub, seconds)

    def wake_ups(self, namespaces: Iterable[str]) -> Subscription:
        """Wake-ups for what stands behind the Services of these namespaces. What is seen then is asked for then."""
        return self.hub.store.subscribe_across(namespaces, *BEHIND_SERVICES)

    def nodes(self, subject: Subject) -> list[NodeRecord]:
        """All nodes by name, from memory, for a person who may list them."""
        self._gate.require(subject, [Question("list", kinds.NODE, None)])
        self.hub.watch((kinds.NODE,), "")
        return cast(list[NodeRecord], self.hub.store.all(kinds.NODE, ""))

    def as_user(self, identity: Identity) -> Client:
        """The cluster itself, as this person."""
        return self.gateway.as_user(identity)

    def close(self) -> None:
        """Stop watching and asking. Quick."""
        self._gate.close()
        self.hub.close()
        self.gateway.close()


def connect(connection: Connection, *, name: str, embedded: bool = False) -> Cluster:
    """The cluster at the end of a connection. Nothing is asked of it yet."""
    return Cluster(Gateway(Transport(connection)), name=name or connection.host, embedded=embedded)
