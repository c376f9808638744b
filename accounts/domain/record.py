"""Reading the record of what was attempted."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from accounts.models import AuditEntry
from accounts.roles import IN_PROJECT, Capability
from accounts.standing import Scope
from accounts.words import KINDS


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
        found = found.filter(at__date__gte=question.since)
    if question.until:
        found = found.filter(at__date__lte=question.until)
    return found


def by_outcome(found: QuerySet[AuditEntry]) -> dict[str, int]:
    """How many entries ended how."""
    counted = found.order_by().values("outcome").annotate(n=Count("pk"))
    return {row["outcome"]: row["n"] for row in counted}


def actors(scope: Scope) -> list[str]:
    """Who did something here, by name; at most 200."""
    return list(entries(scope).order_by("actor").values_list("actor", flat=True).distinct()[:200])
