"""A tab of events: what the cluster said about an object and what belongs to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from console.kube.records import EventRecord
from services.manifests.health import State
from services.shown.lists import Choice
from services.shown.pages import Pages

MOST_EVENTS = 200
_IDENTITY = re.compile(r"_[a-z0-9-]+\([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\)")
"""What the kubelet writes behind the name of a pod: "web-1_shop(b1946ac9-...)"."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `first` and `last` are epoch seconds. `raw`: the message as it came, if UIDs were left out;
    `href`: the page of the object, if it has one."""

    uid: str
    state: State
    reason: str
    source: str
    message: str
    raw: str
    kind: str
    name: str
    times: int
    first: float
    last: float
    href: str


@dataclass(frozen=True, slots=True)
class Happenings:
    """The tab. `hidden`: how many older events are not listed."""

    events: tuple[Event, ...]
    chips: tuple[Choice, ...]
    workloads: bool
    pods: bool
    hidden: int
    kind: str
    filtered: bool


def happenings(records: Iterable[EventRecord], query: Mapping[str, Any], pages: Pages) -> Happenings:
    """Events, newest first. `query`: `kind` (warning, normal or "") and `of` (of workload, pods; None for both)."""
    of = query.get("of")
    shown = {"workload", "pods"} if of is None else set(of)
    groups = {"Pod": "pods", "Service": "service"}
    near = [event for event in records if groups.get(event.involved.kind, "workload") in shown | {"service"}]
    warnings = sum(1 for event in near if event.type == "Warning")
    kind = query.get("kind") if query.get("kind") in ("warning", "normal") else ""
    wanted = [event for event in near if not kind or (event.type == "Warning") == (kind == "warning")]
    wanted.sort(key=lambda event: (-(event.last or event.created), event.name))
    keep = "" if of is None else "&of=" + "&of=".join(sorted(shown) or ["service"])
    chips = (
        Choice("", gettext("All"), f"?{keep.lstrip('&')}", not kind, len(near)),
        Choice("warning", gettext("Warnings"), f"?kind=warning{keep}", kind == "warning", warnings, "warn"),
        Choice("normal", gettext("Normal"), f"?kind=normal{keep}", kind == "normal", len(near) - warnings),
    )
    return Happenings(
        events=tuple(_event(event, pages) for event in wanted[:MOST_EVENTS]),
        chips=chips,
        workloads="workload" in shown,
        pods="pods" in shown,
        hidden=max(0, len(wanted) - MOST_EVENTS),
        kind=str(kind or ""),
        filtered=bool(kind) or of is not None,
    )


def _event(record: EventRecord, pages: Pages) -> Event:
    message = _IDENTITY.sub("", record.message)
    if record.involved.kind == "Pod":  # which stands in the next column
        name = record.involved.name
        message = message.removesuffix(f" in pod {name}").replace(
            f"assigned {record.namespace}/{name} to", "assigned to"
        )
    return Event(
        uid=record.uid,
        state="warn" if record.type == "Warning" else "idle",
        reason=record.reason or gettext("No reason given"),
        source=record.source,
        message=message,
        raw=record.message if message != record.message else "",
        kind=record.involved.kind,
        name=record.involved.name,
        times=record.count,
        first=record.first or record.created,
        last=record.last or record.created,
        href=pages.href(record.involved.kind, record.involved.name),
    )
