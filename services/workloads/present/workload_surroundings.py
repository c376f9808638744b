"""From a person's sight of a project to a workload and everything around it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from console.kube import kinds
from console.kube.access import View
from console.kube.errors import Forbidden, KubeError, NotFound
from console.kube.gateway import Client
from console.kube.kinds import Kind
from console.kube.records import (
    EventRecord,
    PodRecord,
    Record,
    ReplicaSetRecord,
    ServiceRecord,
    SignRecord,
    WorkloadRecord,
)
from services.manifests.autoscalers import targeting
from services.manifests.health import LOADING, Health, workload_with_pods
from services.workloads.present.revision_dates import Stored
from services.workloads.present.rollout_revisions import stored_revisions

KINDS: dict[str, Kind] = {kind.kind.lower(): kind for kind in kinds.WORKLOADS}
"""The kinds of workloads by the word that stands in addresses."""

Document = Mapping[str, Any]
Signs = tuple[tuple[str, str], ...]
_EXACT = ("revisions", "metadata")  # tabs that show what is no part of the specification
AGAIN = 5.0  # seconds after which an open page asks again for what it could not read


def watched_for(kind: Kind, tab: str = "status") -> tuple[Kind, ...]:
    """The kinds that the page of a workload is made of, with this tab open."""
    sets = (kinds.REPLICASET,) if kind is kinds.DEPLOYMENT else ()
    scalers = (kinds.HPA,) if kind is not kinds.DAEMONSET else ()
    kept = (kinds.CONTROLLERREVISION,) if tab == "revisions" and kind is not kinds.DEPLOYMENT else ()
    return (kind, kinds.POD, *sets, kinds.SERVICE, kinds.EVENT, *scalers, *kept)


@dataclass
class Live:
    """What memory does not keep of a workload, read as the person: the object, and its autoscalers.

    A page that stays open asks again only when something but the status is another one, and when an autoscaler of the
    workload is. `tab`: the one that is open; some are read again with each version.
    """

    client: Client
    tab: str = "status"
    _read: tuple[object, ...] = ()
    _scaled: tuple[object, ...] = ()
    _kept: tuple[object, ...] = ()
    document: Document | None = None
    scalers: Sequence[Document] = ()
    stored: tuple[Stored, ...] = ()

    def look(self, kind: Kind, record: WorkloadRecord, scalers: Signs) -> None:
        """Read what belongs to this state of the workload; None and nothing where it cannot be read now. `scalers`:
        versions of its autoscalers."""
        state = (record.uid, *((record.version,) if self.tab in _EXACT else (record.generation, record.beside)))
        if self._read != state:
            try:
                self.document = self.client.get(kind, record.namespace, record.name)
                self._read = state
            except NotFound:
                raise
            except KubeError:
                self.document = None
        scaled = (record.uid, record.generation, *scalers)
        if self._scaled != scaled:
            with suppress(KubeError):
                try:
                    listed = self.client.list(kinds.HPA, record.namespace, limit=500).get("items") or ()
                except (Forbidden, NotFound):
                    listed = ()
                self.scalers, self._scaled = targeting(listed, kind.kind, record.name), scaled

    def revisions(self, kind: Kind, around: Surroundings) -> tuple[Stored, ...]:
        """All that are kept, the newest first: read again once a rollout went on. Raises KubeError."""
        state = (around.workload.version, *(replicaset.version for replicaset in around.replicasets), *around.kept)
        if self._kept != state:
            self.stored, self._kept = stored_revisions(self.client, kind, around.document or {}), state
        return self.stored


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A workload and what stands around it, as read at `now` (epoch seconds); `loading`: not all of it yet; `kept`:
    versions of its ControllerRevisions, where they are shown."""

    workload: WorkloadRecord
    document: Document | None
    scaler: Document | None
    replicasets: Sequence[ReplicaSetRecord]
    pods: Sequence[PodRecord]
    services: Sequence[ServiceRecord]
    events: Sequence[EventRecord]
    now: float
    loading: bool = False
    kept: Signs = ()

    @property
    def health(self) -> Health:
        return LOADING if self.loading else workload_with_pods(self.workload, self.pods, self.now)

    @property
    def spec(self) -> Mapping[str, Any]:
        """The specification; empty where the object could not be read."""
        return (self.document or {}).get("spec") or {}

    @property
    def recheck(self) -> float | None:
        """Epoch seconds when time alone may change what is shown, or what could not be read is asked for again."""
        moments = (self.health.recheck, self.now + AGAIN if self.document is None else None)
        return min((moment for moment in moments if moment is not None), default=None)


@dataclass
class Concerns:
    """Whether a change in the project may be one of this page. It knows more the more was shown."""

    uids: set[str] = field(default_factory=set)
    name: str = ""

    def __call__(self, record: Record) -> bool:
        if isinstance(record, EventRecord):
            return record.involved.uid in self.uids
        if isinstance(record, SignRecord):
            return record.of == self.name or record.of in self.uids
        owner = getattr(record, "owner", None)
        return (
            record.uid in self.uids
            or isinstance(record, ServiceRecord)
            or (owner is not None and owner.uid in self.uids)
        )

    def learn(self, *records: Record) -> None:
        """These belong to the page."""
        self.uids.update(record.uid for record in records)


def surroundings(view: View, live: Live, kind: Kind, name: str, concerns: Concerns | None = None) -> Surroundings:
    """A workload with everything around it. Raises NotFound, Forbidden, Unavailable.

    `concerns` learns of each thing before what belongs to that is looked up: what comes in between wakes the page.
    """
    watched, concerns = watched_for(kind, live.tab), concerns or Concerns()
    view.expect_usage()
    view.check(*watched)
    record = view.workload(kind.kind, name)  # before anything else is watched for it
    view.begin(*watched)
    concerns.learn(record)
    live.look(kind, record, view.signs(kinds.HPA, f"{kind.kind}/{name}") if kinds.HPA in watched else ())
    sets = view.replicasets(record.uid) if kind is kinds.DEPLOYMENT else []
    concerns.learn(*sets)
    pods = view.pods_of(record)
    concerns.learn(*pods)
    about = (record, *sets, *pods)
    return Surroundings(
        workload=record,
        document=live.document,
        scaler=next(iter(live.scalers), None),
        replicasets=sets,
        pods=pods,
        services=view.services_selecting(record.template_labels),
        events=[event for involved in about for event in view.events(involved.uid)],
        now=time.time(),
        loading=view.freshness(*watched).state == "loading",
        kept=view.signs(kinds.CONTROLLERREVISION, record.uid) if kinds.CONTROLLERREVISION in watched else (),
    )
