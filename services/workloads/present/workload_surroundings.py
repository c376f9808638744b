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
from console.kube.records import EventRecord, PodRecord, Record, ReplicaSetRecord, ServiceRecord, WorkloadRecord
from services.manifests.health import LOADING, Health, workload_with_pods
from services.workloads.present.revision_dates import Stored
from services.workloads.present.rollout_revisions import stored_revisions

KINDS: dict[str, Kind] = {kind.kind.lower(): kind for kind in kinds.WORKLOADS}
"""The kinds of workloads by the word that stands in addresses."""

Document = Mapping[str, Any]


def watched_for(kind: Kind) -> tuple[Kind, ...]:
    """The kinds that the page of a workload is made of."""
    sets = (kinds.REPLICASET,) if kind is kinds.DEPLOYMENT else ()
    return (kind, kinds.POD, *sets, kinds.SERVICE, kinds.EVENT)


@dataclass
class Live:
    """What memory does not keep of a workload, read as the person: the object, and the autoscalers of its project.

    A page that stays open asks again only when the specification is another one; `exact`: with each version, for labels
    and annotations are no part of it.
    """

    client: Client
    exact: bool = False
    _read: tuple[str, str] = ("", "")
    _scaled: tuple[str, int] = ("", -1)
    _kept: tuple[str, ...] = ()
    document: Document | None = None
    scalers: Sequence[Document] = ()
    stored: tuple[Stored, ...] = ()

    def look(self, kind: Kind, record: WorkloadRecord) -> None:
        """Read what belongs to this state of the workload; None and nothing where it cannot be read now."""
        state = (record.uid, record.version if self.exact else str(record.generation))
        if self._read != state:
            try:
                self.document = self.client.get(kind, record.namespace, record.name)
                self._read = state
            except NotFound:
                raise
            except KubeError:
                self.document = None
        if self._scaled != (record.uid, record.generation):
            with suppress(KubeError):
                self.scalers = self._autoscalers(record.namespace)
                self._scaled = (record.uid, record.generation)

    def _autoscalers(self, namespace: str) -> Sequence[Document]:
        try:
            return tuple(self.client.list(kinds.HPA, namespace, limit=500).get("items") or ())
        except (Forbidden, NotFound):
            return ()

    def revisions(self, kind: Kind, around: Surroundings) -> tuple[Stored, ...]:
        """All that are kept, the newest first: read again once a rollout went on. Raises KubeError."""
        state = (around.workload.version, *(one.version for one in around.replicasets))
        if self._kept != state:
            self.stored, self._kept = stored_revisions(self.client, kind, around.document or {}), state
        return self.stored


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A workload and what stands around it, as read at `now` (epoch seconds); `loading`: not all of it yet."""

    workload: WorkloadRecord
    document: Document | None
    scaler: Document | None
    replicasets: Sequence[ReplicaSetRecord]
    pods: Sequence[PodRecord]
    services: Sequence[ServiceRecord]
    events: Sequence[EventRecord]
    now: float
    loading: bool = False

    @property
    def health(self) -> Health:
        return LOADING if self.loading else workload_with_pods(self.workload, self.pods, self.now)

    @property
    def spec(self) -> Mapping[str, Any]:
        """The specification; empty where the object could not be read."""
        return (self.document or {}).get("spec") or {}

    @property
    def recheck(self) -> float | None:
        """Epoch seconds when time alone may change what is shown."""
        return self.health.recheck


@dataclass
class Concerns:
    """Whether a change in the project may be one of this page. It knows more the more was shown."""

    uids: set[str] = field(default_factory=set)

    def __call__(self, record: Record) -> bool:
        if isinstance(record, EventRecord):
            return record.involved.uid in self.uids
        owner = getattr(record, "owner", None)
        return (
            record.uid in self.uids
            or isinstance(record, ServiceRecord)
            or (owner is not None and owner.uid in self.uids)
        )

    def learn(self, around: Surroundings) -> None:
        """What belongs to the page by now."""
        self.uids.update(one.uid for one in (around.workload, *around.replicasets, *around.pods))


def surroundings(view: View, live: Live, kind: Kind, name: str) -> Surroundings:
    """A workload with everything around it. Raises NotFound, Forbidden, Unavailable."""
    watched = watched_for(kind)
    view.expect_usage()
    view.check(*watched)
    record = view.workload(kind.kind, name)  # before anything else is watched for it
    view.begin(*watched)
    live.look(kind, record)
    sets = view.replicasets(record.uid) if kind is kinds.DEPLOYMENT else []
    pods = view.pods_of(record)
    about = (record, *sets, *pods)
    return Surroundings(
        workload=record,
        document=live.document,
        scaler=next((one for one in live.scalers if _scales(one, record)), None),
        replicasets=sets,
        pods=pods,
        services=view.services_selecting(record.template_labels),
        events=[event for one in about for event in view.events(uid=one.uid)],
        now=time.time(),
        loading=view.freshness(*watched).state == "loading",
    )


def _scales(scaler: Document, record: WorkloadRecord) -> bool:
    target = (scaler.get("spec") or {}).get("scaleTargetRef") or {}
    return target.get("kind") == record.kind and target.get("name") == record.name


def without_managers(document: Document) -> dict[str, Any]:
    """The object without the notes of who manages which field."""
    meta = {key: value for key, value in (document.get("metadata") or {}).items() if key != "managedFields"}
    return {**document, "metadata": meta}
