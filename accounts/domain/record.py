"""Reading the record of what was attempted."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q, QuerySet

from accounts.actor import Scope
from accounts.models import AuditEntry
from accounts.roles import IN_PROJECT, Capability
from accounts.words import KINDS

MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for; empty fields let everything through."""

    who: str = ""
    kind: str = ""
    target: str = ""
    outcome: str = ""
    since: date | None = None
    until: date | None = None


def entries(scope: Scope) -> QuerySet[AuditEntry]:
    """What the person may see of the record from here, newest first.

    In a project: what was done in it. In a workspace: what was done to it, and in its projects for who sees into all of
    them. On the platform: everything; only its administrators get here.
    """
    if scope.project:
        return AuditEntry.objects.filter(project_uuid=scope.project.uuid)
    if scope.workspace:
        own = AuditEntry.objects.filter(workspace_uuid=scope.workspace.uuid)
        return own if scope.capabilities & IN_PROJECT else own.filter(project_uuid=None)
    return AuditEntry.objects.all() if scope.can(Capability.PLATFORM_ADMIN) else AuditEntry.objects.none()


def find(scope: Scope, question: Question) -> QuerySet[AuditEntry]:
    """The entries that a question is about, its outcome left aside."""
    found = entries(scope)
    if question.who:
        found = found.filter(actor=question.who)
    if question.kind in KINDS:
        wanted = Q()
        for part in KINDS[question.kind][1]:
            wanted |= Q(action__startswith=part) if part.endswith(".") else Q(action__contains=part)
        found = found.filter(wanted)
    if question.target:
        found = found.filter(target__icontains=question.target)
    if question.since:
        found = found.filter(at__gte=_midnight(question.since))
    if question.until:
        found = found.filter(at__lt=_midnight(question.until) + timedelta(days=1))
    return found


def _midnight(day: date) -> datetime:
    """The days that are asked for are those of UTC, as the page says."""
    return datetime.combine(day, time(), UTC)


def by_outcome(found: QuerySet[AuditEntry]) -> dict[str, int]:
    """How many of the newest MOST_COUNTED entries ended how: a look must not cost more as the record grows."""
    return Counter(found.values_list("outcome", flat=True)[:MOST_COUNTED])


def actors(scope: Scope) -> list[str]:
    """Who did the newest MOST_COUNTED things here, by name."""
    return sorted(set(entries(scope).values_list("actor", flat=True)[:MOST_COUNTED]))
