"""The recycle bin: what was deleted, whether it can be restored, and what does not come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, ngettext

from accounts.recycle_bin import Kept
from accounts.roles import Capability
from accounts.scope import Scope
from console.kube import kinds
from console.kube.access import View
from console.kube.errors import AlreadyExists, Forbidden, KubeError
from console.kube.gateway import Client
from console.web import error_pages
from services import words
from services.changes.restore import Rehearsed
from services.manifests.bundle import WORKLOAD_KINDS
from services.manifests.health import matches
from services.manifests.mentions import Use, uses
from services.manifests.restorable import restorable, why_not
from services.manifests.tree import get
from services.manifests.yamlout import dump_one
from services.shown.quantities import spaced
from services.yaml_editor.stored import digest

MANAGES = {
    "Service": Capability.SERVICES_MANAGE,
    "Ingress": Capability.SERVICES_MANAGE,
    "Deployment": Capability.WORKLOADS_MANAGE,
    "StatefulSet": Capability.WORKLOADS_MANAGE,
    "DaemonSet": Capability.WORKLOADS_MANAGE,
    "HorizontalPodAutoscaler": Capability.WORKLOADS_MANAGE,
    "Pod": Capability.WORKLOADS_MANAGE,
    "ConfigMap": Capability.CONFIG_MANAGE,
    "NetworkPolicy": Capability.CONFIG_MANAGE,
    "Secret": Capability.CONFIG_MANAGE,
    "PersistentVolumeClaim": Capability.STORAGE_MANAGE,
}
"""The kinds that can be in the bin, and what writing them takes."""
KINDS = tuple(kind for kind in kinds.ALL if kind.kind in MANAGES)
GROUPS = {"services": ("Service",), "workloads": (*WORKLOAD_KINDS, "Pod")}
_MOST_NAMES = 10_000


def readable(view: View) -> tuple[str, ...]:
    """The kinds of the bin that the reader may list here. Raises `Unavailable`."""
    try:
        view.check(*KINDS)
        return tuple(kind.kind for kind in KINDS)
    except Forbidden:
        listed = []
    for kind in KINDS:
        with suppress(Forbidden):
            view.check(kind)
            listed.append(kind.kind)
    return tuple(listed)


class Existing:
    """What the project has by name now, asked once for each kind; None where that is not known."""

    def __init__(self, view: View, client: Client) -> None:
        self._view, self._client = view, client
        self._names: dict[str, frozenset[str] | None] = {}

    def names(self, kind: str) -> frozenset[str] | None:
        """The names of this kind."""
        if kind not in self._names:
            self._names[kind] = None
            with suppress(KubeError):
                self._names[kind] = self._read(kind)
        return self._names[kind]

    def _read(self, kind: str) -> frozenset[str] | None:
        if kind == "Service":
            return frozenset(service.name for service in self._view.services())
        if kind in WORKLOAD_KINDS:
            return frozenset(workload.name for workload in self._view.workloads() if workload.kind == kind)
        known = next((candidate for candidate in KINDS if candidate.kind == kind), None)
        if known is None:
            return None
        names = self._client.names(known, self._view.namespace, limit=_MOST_NAMES)
        return None if names.more else frozenset(names.names)

    def missing(self, manifest: Mapping[str, Any]) -> list[Use]:
        """What it names that is not there (any more), as far as that is known."""
        pairs = [(use, self.names(use[0])) for use in sorted(uses(manifest))]
        return [use for use, names in pairs if names is not None and use[1] not in names]


@dataclass(frozen=True, slots=True)
class Row:
    """One object of the bin. `state`: of its `can`; "" where nothing is wrong with it."""

    kept: Kept
    what: str
    at: datetime
    until: datetime
    state: str
    can: str
    why: str
    restorable: bool
    together: str
    beside: Kept | None


def rows(objects: Sequence[Kept], existing: Existing) -> list[Row]:
    """The list. `together`: at each of several that were deleted together, with how many; `beside`: with which one."""
    entries: dict[int, list[Kept]] = {}
    for kept in objects:
        entries.setdefault(kept.entry, []).append(kept)
    listed = []
    company = {(kept.entry, kept.kind, kept.name) for kept in objects}
    for kept in objects:
        state, can, why = _outlook(kept, existing, company)
        others = [other for other in entries[kept.entry] if other is not kept]
        text = gettext("Deleted with %(count)s others") if len(others) > 1 else ""
        together, beside = text % {"count": len(others)}, others[0] if len(others) == 1 else None
        what = summary_of(kept.manifest)
        listed.append(Row(kept, what, kept.at, kept.until, state, can, why, state != "idle", together, beside))
    return listed


def _outlook(kept: Kept, existing: Existing, company: set[tuple[int, str, str]]) -> tuple[str, str, str]:
    """Whether it can be restored, as far as a list can tell: the page of the restoration asks the cluster."""
    never = why_not(kept.manifest)
    if never is not None:
        return "idle", gettext("No"), words.said(never)
    if kept.state == "restoring":
        return "busy", gettext("Being restored"), gettext("by %(who)s") % {"who": kept.restored_by}
    names = existing.names(kept.kind)
    if names is None:
        return "unknown", gettext("Not known"), gettext("The cluster is not responding.")
    if kept.name in names:
        text = gettext("%(kind)s %(name)s exists.") % {"kind": kept.kind, "name": kept.name}
        return "warn", gettext("Not at the moment"), text
    if missing := [use for use in existing.missing(kept.manifest) if (kept.entry, *use) not in company]:
        text = ngettext("%(names)s does not exist.", "%(names)s do not exist.", len(missing))
        runs = kept.kind in GROUPS["workloads"]  # what its pods need and is not optional
        can = gettext("Yes, but pods will not start") if runs else gettext("Yes, but not as it was")
        return "warn", can, text % {"names": ", ".join(map(" ".join, missing))}
    lost = " ".join(map(words.said, restorable(kept.manifest)[1]))
    return (
        ("warn", gettext("Yes, but not as it was"), lost) if kept.kind == kinds.PVC.kind else ("", gettext("Yes"), lost)
    )


def summary_of(manifest: Mapping[str, Any]) -> str:
    """What it was: "Deployment, 2 replicas"."""
    kind, spec = str(manifest.get("kind")), manifest.get("spec") or {}
    if kind == "Service":
        selector = ",".join(f"{key}={value}" for key, value in (spec.get("selector") or {}).items())
        return gettext("Service, selector %(selector)s") % {"selector": selector} if selector else kind
    if kind in ("Deployment", "StatefulSet"):
        count = 1 if spec.get("replicas") is None else int(spec["replicas"])
        text = ngettext("%(kind)s, %(count)s replica", "%(kind)s, %(count)s replicas", count)
        return text % {"kind": kind, "count": count}
    if kind == kinds.PVC.kind:
        size = ((spec.get("resources") or {}).get("requests") or {}).get("storage", "")
        return gettext("Claim, %(size)s") % {"size": spaced(str(size))}
    return kind


@dataclass(frozen=True, slots=True)
class Restoring:
    """One object on the page of a restoration. `blocked`: why it cannot be chosen; `risk`: what will not work once it
    is restored; `seen`: what its manifest is recognised by when the form comes back."""

    id: int
    kind: str
    name: str
    what: str
    text: str
    seen: str
    risk: str
    remarks: tuple[str, ...]
    blocked: str
    detail: str
    chosen: bool


def restoring(
    scope: Scope, objects: Sequence[Kept], rehearsed: Sequence[Rehearsed], existing: Existing, chosen: set[int] | None
) -> list[Restoring]:
    """What can be restored together, first what would be created first, then what cannot be restored."""
    known = {rehearsal.kept.id: rehearsal for rehearsal in rehearsed}
    ordered = [*(rehearsal.kept for rehearsal in rehearsed), *(kept for kept in objects if kept.id not in known)]
    together = {(rehearsal.kept.kind, rehearsal.kept.name) for rehearsal in rehearsed if rehearsal.error is None}
    items = []
    for kept in ordered:
        rehearsal = known.get(kept.id)
        blocked, detail = blocked_by(scope, kept), ""
        if not blocked and rehearsal is not None and rehearsal.error is not None:
            blocked, detail = _refusal(kept, rehearsal.error)
        document = rehearsal.document if rehearsal else kept.manifest
        missing = [" ".join(use) for use in existing.missing(document) if use not in together]
        risk = ngettext(
            "It refers to %(names)s, which does not exist.", "It refers to %(names)s, which do not exist.", len(missing)
        ) % {"names": ", ".join(missing)}
        item = Restoring(
            id=kept.id,
            kind=kept.kind,
            name=kept.name,
            what=summary_of(kept.manifest),
            text=dump_one(document),
            seen=digest(document),
            risk=risk if missing and not blocked else "",
            remarks=tuple(map(words.said, rehearsal.lost)) if rehearsal else (),
            blocked=blocked,
            detail=detail,
            chosen=not blocked and (chosen is None or kept.id in chosen),
        )
        items.append(item)
    return _told_of_workloads(items, {kept.id: known[kept.id].document for kept in ordered if kept.id in known})


def _told_of_workloads(items: Sequence[Restoring], documents: Mapping[int, Any]) -> list[Restoring]:
    """The objects; a Service that is chosen says which workload it selects that could be restored and is not chosen."""
    left = [item for item in items if item.kind in WORKLOAD_KINDS and not item.chosen and not item.blocked]
    told = []
    for item in items:
        selector = get(documents.get(item.id), ("spec", "selector")) if item.kind == "Service" and item.chosen else None
        for other in left:
            labels = get(documents.get(other.id), ("spec", "template", "metadata", "labels"))
            if isinstance(selector, dict) and isinstance(labels, dict) and matches(selector, labels):
                names = {"kind": other.kind, "name": other.name}
                text = gettext("Without the pods of %(kind)s %(name)s, which it selects, this Service may have none.")
                item = replace(item, remarks=(*item.remarks, text % names))
        told.append(item)
    return told


def blocked_by(scope: Scope, kept: Kept) -> str:
    """Why it is not tried at all; "" where it is."""
    if kept.state == "restored":
        return gettext("Restored by %(who)s.") % {"who": kept.restored_by}
    never = why_not(kept.manifest)
    if never is not None:
        return words.said(never)
    if not scope.can(MANAGES[kept.kind]):
        return gettext("Your role here, %(role)s, does not allow it.") % {"role": scope.standing}
    return ""


def _refusal(kept: Kept, error: KubeError) -> tuple[str, str]:
    if isinstance(error, AlreadyExists):
        text = gettext("%(kind)s %(name)s exists. It can be restored when that one is deleted.")
        return text % {"kind": kept.kind, "name": kept.name}, ""
    said = error_pages.said(error)
    return said.what, said.detail
