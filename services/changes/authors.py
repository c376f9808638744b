"""Who changed an object while somebody else was editing it, and when: from the object itself and from the record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from accounts import audit
from accounts.audit import Recorded
from accounts.scope import Scope
from console.kube.gateway import FIELD_MANAGER
from console.kube.kinds import Kind, Ref
from console.kube.visible import visible
from services.changes import managers
from services.changes.replace import actions_on, target_of
from services.manifests.paths import Path, format_path

SAME = 5.0  # seconds between what the cluster and what the record call the time of one change


@dataclass(frozen=True, slots=True)
class Changed:
    """`who`: a person, or the program that wrote it (kubectl-edit); `at`: epoch seconds. Both may be unknown."""

    who: str = ""
    at: float | None = None


def last_change(stored: Mapping[str, Any], recorded: Recorded | None, paths: Collection[str]) -> Changed:
    """The last change of a stored object. `recorded`: the last one made here; `paths`: what differs by now."""
    writes = [
        (moment.timestamp(), visible(str(entry.get("manager") or "")))
        for entry in (stored.get("metadata") or {}).get("managedFields") or ()
        if entry.get("subresource") != "status" and (moment := _moment(entry.get("time")))
    ]
    # Who wrote in the newest second that managedFields knows: it has no finer times.
    at = max((moment for moment, _ in writes), default=None)
    writers = {manager for moment, manager in writes if moment == at}
    ours = recorded is not None and not set(paths).isdisjoint(recorded.changes)
    if recorded and ours and (at is None or (FIELD_MANAGER in writers and abs(at - recorded.at) < SAME)):
        return Changed(recorded.actor, recorded.at)
    return Changed(", ".join(sorted(writers - {FIELD_MANAGER})), at)


def author_of(stored: Mapping[str, Any], records: Iterable[Recorded], path: Path) -> Changed:
    """Who gave the field at a path the value that is stored, and when: by managedFields, and of what was written here
    by the record. `records`: the newest first. Of a field that is not there any more only the record may know."""
    entries = (stored.get("metadata") or {}).get("managedFields") or ()
    writers = [entry for entry in entries if entry.get("subresource") != "status" and managers.owns(entry, path)]
    # What scales through the subresource is noted without its time.
    known = [(moment.timestamp() if (moment := _moment(entry.get("time"))) else None, entry) for entry in writers]
    at, newest = max(known, key=lambda pair: pair[0] or 0.0) if known else (None, {})
    manager = visible(str(newest.get("manager") or ""))
    if manager and manager != FIELD_MANAGER:
        return Changed(manager, at)
    wanted = format_path(path)
    return next(
        (Changed(record.actor, record.at) for record in records if _touches(record.changes, wanted)), Changed("", at)
    )


def recorded(scope: Scope, kind: Kind, name: str, *, most: int = 30) -> list[Recorded]:
    """What was done here to an object, as far as the record has it, the newest first."""
    return audit.recent(scope, *actions_on(kind), target=target_of(Ref(kind, scope.place, name)), most=most)


def _touches(changes: Iterable[str], path: str) -> bool:
    """Whether one of the changed paths is this one, or leads to it, or lies below it."""
    pairs = (sorted((change, path), key=len) for change in changes)
    return any(longer.startswith(start) and longer[len(start) :][:1] in ("", ".", "[") for start, longer in pairs)


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
