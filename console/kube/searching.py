"""A search across projects: through the gate, in bounded time, and without a watch that would take another's place."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from console.kube import kinds
from console.kube.access import AROUND_WORKLOADS, BEHIND_SERVICES, Gate, Question, Subject, Watcher
from console.kube.haystacks import Matches, Sought
from console.kube.kinds import Kind
from console.kube.records import Record
from console.kube.summaries import Topic

SEARCHED = (kinds.SERVICE, *kinds.WORKLOADS, kinds.POD)
_ALL = tuple(dict.fromkeys((*SEARCHED, *BEHIND_SERVICES, *AROUND_WORKLOADS)))
T = TypeVar("T")

Known = Literal["yes", "late", "loading", "unwatched", "unreadable"]


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search had of one namespace. `known` is "yes", or why nothing is known: there was no time for it, it is
    being read, it is not watched now, or the person may not list (or nobody can read) what is in it.
    """

    namespace: str
    known: Known
    matches: Mapping[Kind, Matches] = field(default_factory=dict)
    judges: frozenset[Kind] = frozenset()
    """What the person may look at, so that it may be judged by it."""
    others: Mapping[Kind, Matches] = field(default_factory=dict)
    """The matches of the other words, where two were looked for."""


class Search:
    """One search by one person: in the namespaces given, each with the person as the gate knows them there."""

    def __init__(self, gate: Gate, watcher: Watcher, seconds: float) -> None:
        self._gate, self._watcher = gate, watcher
        self._end = time.monotonic() + seconds

    def across(
        self, places: Sequence[tuple[Subject, str]], sought: Sought, most: int, other: Sought | None = None
    ) -> list[Searched]:
        """The `most` best of each kind of each namespace, in the order given, until time is over; and those of `other`,
        which the rights and what is watched are not asked for again. Raises nothing of the cluster.
        """
        wanted = [(subject, Question("list", kind, place)) for subject, place in places for kind in _ALL]
        answers = self._gate.ask(wanted, max(0.0, self._end - time.monotonic()))
        return [self._in(subject, place, answers, (sought, other), most) for subject, place in places]

    def judged(
        self, searched: Searched, topic: Topic, takes: Sequence[Kind], compute: Callable[..., T], record: Record
    ) -> T | None:
        """What `compute` says of a record that was matched, if the kinds that it takes may be looked at, and are."""
        if not searched.judges.issuperset(takes) or self._over():
            return None
        return topic.computed(self._watcher.store, compute, record, time.time())

    def _in(
        self,
        subject: Subject,
        place: str,
        answers: Mapping[tuple[Subject, Question], bool],
        sought: tuple[Sought, Sought | None],
        most: int,
    ) -> Searched:
        known = {kind: answers.get((subject, Question("list", kind, place))) for kind in _ALL}
        if self._over() or any(known[kind] is None for kind in SEARCHED):
            return Searched(place, "late")
        may = [kind for kind in SEARCHED if known[kind]]
        if not may:
            return Searched(place, "unreadable")
        person = subject.identity.user
        if not self._watcher.glance(may, place, person):
            return Searched(place, "unwatched")
        around = [kind for kind in _ALL if known[kind]]
        seen = around if self._watcher.glance(around, place, person) else may
        states = {kind: self._watcher.freshness(kind, place).state for kind in seen}
        if any(states[kind] == "loading" for kind in may):
            return Searched(place, "loading")
        readable = [kind for kind in may if states[kind] != "forbidden"]
        if not readable:
            return Searched(place, "unreadable")
        matches, others = {}, {}
        for kind in readable:
            if self._over():
                return Searched(place, "late")
            matches[kind], others[kind] = (
                self._watcher.haystacks.matches(kind, place, terms, most) if terms else Matches() for terms in sought
            )
        judges = frozenset(kind for kind in seen if states[kind] == "live")
        return Searched(place, "yes", matches, judges, others)

    def _over(self) -> bool:
        return time.monotonic() > self._end
