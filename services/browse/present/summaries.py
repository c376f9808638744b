"""Every Service of a project with its health and what it is filtered by, and how many have which value.

Worked out once for each Service and again only for those that a change touches (console.kube.summaries): a list of
10,000 Services costs what its page costs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from console.kube.access import View
from console.kube.records import EndpointSliceRecord, PodRecord, ServiceRecord, WorkloadRecord
from console.kube.summaries import Failed, Summaries
from services import words
from services.manifests.health import LOADING, UNJUDGED, Health, say, service_health


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A Service, its health and what it is filtered by. `out`: its exposure.

    `haystack`: name, alias and description in lower case. Made anew when anything in it changes, so what is worked
    out of it can be kept by its identity.
    """

    name: str
    record: ServiceRecord
    health: Health
    status: str
    type: str
    access: str
    out: str
    app: str
    haystack: str

    @property
    def recheck(self) -> float | None:
        """Epoch seconds when time alone may change the health."""
        return self.health.recheck


# What entries are filtered by, under the names that stand in addresses.
FACETS: dict[str, Callable[[Entry], str]] = {name: attrgetter(name) for name in ("status", "type", "access", "out")}
_BY_NAME: Callable[[Entry], str] = attrgetter("name")


@dataclass(frozen=True, slots=True)
class Roll:
    """All entries of a project, by name, and how many have which value of each facet."""

    entries: tuple[Entry, ...]
    counts: Mapping[str, Counter[str]]
    recheck: float | None = None
    """Epoch seconds when time alone may change the health of one of them."""


def roll(view: View) -> Roll:
    """Every Service that this person sees. Raises Forbidden, Unavailable.

    While what stands behind them has not all been read yet, their health is not known.
    """
    kept = roll_of_kept(view.summaries(entry))
    if view.freshness().state != "loading":
        return kept
    return roll_of(replace(one, health=LOADING, status=LOADING.group) for one in kept.entries)


def roll_of_kept(kept: Summaries[Entry]) -> Roll:
    """All Services of kept entries; those without one are in it, too: they are there, and nobody knows how they are."""
    unjudged = [_unjudged(one) for one in kept.failed.values()]
    made: Roll = kept.derive("roll", lambda entries: roll_of([*entries.values(), *unjudged]))
    return made


def _unjudged(failed: Failed) -> Entry:
    return _entry(failed.service, replace(UNJUDGED, recheck=failed.recheck))


def roll_of(entries: Iterable[Entry]) -> Roll:
    """A roll counted from its entries."""
    listed = tuple(sorted(entries, key=_BY_NAME))
    counts = {name: Counter(map(key, listed)) for name, key in FACETS.items()}
    return Roll(listed, counts, min((one.recheck for one in listed if one.recheck is not None), default=None))


def entry(
    service: ServiceRecord,
    slices: Sequence[EndpointSliceRecord],
    pods: Sequence[PodRecord],
    workloads: Sequence[WorkloadRecord],
    now: float,
) -> Entry:
    """The entry of a Service with what stands behind it. `now`: epoch seconds."""
    return _entry(service, _health(service, slices, pods, workloads, now))


def _entry(service: ServiceRecord, health: Health) -> Entry:
    return Entry(
        name=service.name,
        record=service,
        health=health,
        status=health.group,
        type=words.type_of(service),
        access=words.access_of(service),
        out=words.exposure_of(service),
        app=words.app_of(service),
        haystack=f"{service.name}\n{service.alias}\n{service.description}".lower(),
    )


def _health(
    service: ServiceRecord,
    slices: Sequence[EndpointSliceRecord],
    pods: Sequence[PodRecord],
    workloads: Sequence[WorkloadRecord],
    now: float,
) -> Health:
    if service.problem:
        return Health("idle", say("Unreadable"), say("The cluster's answer could not be read"))
    return service_health(service, slices, pods, workloads, now)
