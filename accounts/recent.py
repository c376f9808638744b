"""What was done last in a place, as the overviews say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts import changed, words
from accounts.actor import Scope
from accounts.domain import record
from accounts.models import AuditEntry
from accounts.roles import Capability

RECENT = 6  # changes in an overview
_WRONG = (AuditEntry.Outcome.REFUSED, AuditEntry.Outcome.FAILED)


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the record: who, what was done, to what; `service`: the one that is left."""

    entry: AuditEntry
    done: str
    target: str
    service: str
    changes: tuple[str, ...]

    @property
    def at(self) -> datetime:
        return self.entry.at

    @property
    def went_wrong(self) -> bool:
        return self.entry.outcome in _WRONG


def changes(scope: Scope) -> list[Change]:
    """The newest that the person may see from here, the newest first."""
    return [_change(scope, entry) for entry in record.entries(scope)[:RECENT]]


def _change(scope: Scope, entry: AuditEntry) -> Change:
    tried = entry.outcome in _WRONG
    done = str(words.action(entry.action, done=not tried))
    done = done[:1].lower() + done[1:]
    target = entry.target.replace(f" {entry.project}/", " ")
    kind, _space, name = target.partition(" ")
    left = kind == "Service" and "," not in name and not entry.action.endswith((".delete", ".undo"))
    readable = left and entry.outcome == AuditEntry.Outcome.OK and entry.project and scope.can(Capability.VIEW)
    service = name if readable else ""
    fields = changed.in_words(record.changes_for(scope, entry))
    done = _("tried to %(act)s") % {"act": done} if tried and entry.action != "access.refused" else done
    return Change(entry, done, "" if service else target, service, fields)
