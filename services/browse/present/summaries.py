"""Every Service of a project with its health and what it is filtered by, and how many have which value.

Worked out once for each Service and again only for those that a change touches (console.kube.summaries): a list of
10,000 Services costs what its page costs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from console.kube.access import View
from console.kube.records import EndpointSliceRecord, PodRecord, ServiceRecord, WorkloadRecord
from console.kube.summaries import Failed, Summaries
from services import words
from services.manifests.health import LOADING, UNJUDGED, Health, say, service_health, since
from services.shown.lists import summed_up
from services.shown.summary import Summary, keyed


@dataclass(frozen=True, slots=True, eq=False)
class ServiceSummary:
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
    since: float | None = None
    """Epoch seconds since when it needs attention, if it does and that is known."""

    @property
    def recheck(self) -> float | None:
        """Epoch seconds when time alone may change the health."""
        return self.health.recheck


def newest_first(since: float | None) -> float:
    """To sort by: what began last stands first, what nobody knows the beginning of last."""
    return -(since or 0.0)


# What the list is filtered by, under the names that stand in addresses.
FACETS: dict[str, Callable[[ServiceSummary], str]] = {
    name: attrgetter(name) for name in ("status", "type", "access", "out")
}


def project_summary(view: View) -> Summary[ServiceSummary]:
    """Every Service that this person sees. Raises Forbidden, Unavailable.

    While what stands behind them has not all been read yet, their health is not known.
    """
    known = project_summary_of(view.summaries(service_summary))
    if view.freshness().state != "loading":
        return known
    loading = (replace(service, health=LOADING, status=LOADING.group) for service in known.entries)
    return Summary.of(FACETS, keyed(loading))


def project_summary_of(kept: Summaries[ServiceSummary]) -> Summary[ServiceSummary]:
    """The summary of a project from those of its Services. A Service without one is in it, too: it is there, and nobody
    knows how it is."""
    return summed_up(FACETS, kept, _unjudged)


def _unjudged(failed: Failed) -> ServiceSummary:
    return _summary(failed.record, replace(UNJUDGED, recheck=failed.recheck))


def service_summary(
    service: ServiceRecord,
    slices: Sequence[EndpointSliceRecord],
    pods: Sequence[PodRecord],
    workloads: Sequence[WorkloadRecord],
    now: float,
) -> ServiceSummary:
    """The summary of a Service with what stands behind it. `now`: epoch seconds."""
    if service.problem:
        health = Health("idle", say("Unreadable"), say("The cluster's response could not be read"))
    else:
        health = service_health(service, slices, pods, workloads, now)
    return _summary(service, health, since(slices, pods, health.ready) if health.group == "attention" else None)


def _summary(service: ServiceRecord, health: Health, troubled: float | None = None) -> ServiceSummary:
    return ServiceSummary(
        name=service.name,
        record=service,
        health=health,
        status=health.group,
        type=words.type_of(service),
        access=words.access_of(service),
        out=words.exposure_of(service),
        app=words.app_of(service),
        haystack=f"{service.name}\n{service.alias}\n{service.description}".lower(),
        since=troubled,
    )
