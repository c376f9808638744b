"""Who changed an object while somebody else was editing it, and when: from the object itself and from the record."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from accounts.audit import Recorded
from console.kube.gateway import FIELD_MANAGER
from console.kube.visible import visible

_SAME = 5.0  # seconds between what the cluster and what the record call the time of one change


@dataclass(frozen=True, slots=True)
class Changed:
    """`who`: a person, or the program that wrote it (kubectl-edit); `at`: epoch seconds. Both may be unknown."""

    who: str = ""
    at: float | None = None


def last_change(stored: Mapping[str, Any], recorded: Recorded | None, paths: Collection[str]) -> Changed:
    """The last change of a stored object. `recorded`: the last one made here; `paths`: what differs by now."""
    managers, at = _last_writers(stored)
    ours = recorded is not None and not set(paths).isdisjoint(recorded.changes)
    if recorded and ours and (at is None or (FIELD_MANAGER in managers and abs(at - recorded.at) < _SAME)):
        return Changed(recorded.actor, recorded.at)
    return Changed(", ".join(sorted(managers - {FIELD_MANAGER})), at)


def _last_writers(stored: Mapping[str, Any]) -> tuple[set[str], float | None]:
    """Who wrote in the newest second that managedFields knows, but for the status: it has no finer times."""
    entries = [
        (moment.timestamp(), visible(str(entry.get("manager") or "")))
        for entry in (stored.get("metadata") or {}).get("managedFields") or ()
        if not entry.get("subresource") and (moment := _moment(entry.get("time")))
    ]
    newest = max((at for at, _ in entries), default=None)
    return {manager for at, manager in entries if at == newest}, newest


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
