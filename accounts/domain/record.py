"""Reading the record of what was attempted."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.actor import Scope
from accounts.models import AuditEntry, Project, User
from accounts.roles import IN_PROJECT, Capability
from accounts.words import KINDS

MOST_COUNTED = 1000
_MOMENT = timedelta(minutes=1)


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
    them; who does not is not told which projects there are either. On the platform: everything; only its administrators
    get here.
    """
    if scope.project:
        return AuditEntry.objects.filter(project_uuid=scope.project.uuid)
    if scope.workspace:
        own = AuditEntry.objects.filter(workspace_uuid=scope.workspace.uuid)
        outside = own.filter(project_uuid=None).exclude(action__startswith="project.")
        return own if scope.capabilities & IN_PROJECT else outside
    return AuditEntry.objects.all() if scope.can(Capability.PLATFORM_ADMIN) else AuditEntry.objects.none()


def changes_for(scope: Scope, entry: AuditEntry) -> tuple[str, ...]:
    """What an entry says was changed, without the projects that the person may not see (`leave_projects`)."""
    return tuple(change for change in entry.changes if _sees_all(scope) or not str(change).startswith("project "))


def message_for(scope: Scope, entry: AuditEntry) -> str:
    """What an entry says of how it went. Earlier entries about a removal that was refused name a project."""
    return entry.message if _sees_all(scope) or entry.action != "member.remove" else ""


def address_for(scope: Scope, entry: AuditEntry) -> str:
    """Where the request came from: for who manages the members of the place, and of one's own entries."""
    manages = {Capability.PLATFORM_ADMIN, Capability.PROJECT_MANAGE if scope.project else Capability.WORKSPACE_MANAGE}
    return entry.address if manages & scope.capabilities or entry.actor_uuid == scope.actor.uuid else ""


def _sees_all(scope: Scope) -> bool:
    return bool(scope.project or scope.capabilities & IN_PROJECT)


def last_changes(projects: Iterable[Project]) -> dict[UUID, AuditEntry]:
    """The newest thing that was done in each of these projects once it was created, where something was."""
    done = AuditEntry.objects.filter(project_uuid=OuterRef("uuid"), outcome=AuditEntry.Outcome.OK)
    newest = done.exclude(action="project.create").order_by("-id")
    among = Project.objects.filter(pk__in=[project.pk for project in projects])
    keys = among.annotate(newest=Subquery(newest.values("pk")[:1])).values_list("newest", flat=True)
    changes = AuditEntry.objects.filter(pk__in=[key for key in keys if key])
    return {entry.project_uuid: entry for entry in changes if entry.project_uuid}


def sign_in_addresses(users: Iterable[User]) -> dict[UUID, str]:
    """Where these people last signed in from, where that is in the record."""
    of_user = AuditEntry.objects.filter(actor_uuid=OuterRef("uuid"), action="person.sign-in")
    newest = of_user.filter(outcome=AuditEntry.Outcome.OK).order_by("-id").values("pk")[:1]
    among = {user.uuid: user.last_login for user in users if user.last_login}
    keys = User.objects.filter(uuid__in=among).annotate(newest=Subquery(newest)).values_list("uuid", "newest")
    entries = AuditEntry.objects.in_bulk([key for _uuid, key in keys if key])
    # The entry begins moments before: an older one, from before the record was kept, tells of another sign-in.
    return {
        uuid: entries[key].address for uuid, key in keys if key in entries and entries[key].at > among[uuid] - _MOMENT
    }


def find(scope: Scope, question: Question) -> QuerySet[AuditEntry]:
    """The entries that a question is about, its outcome left aside."""
    matching = entries(scope)
    if question.who:
        matching = matching.filter(actor=question.who)
    if question.kind in KINDS:
        wanted = Q()
        for part in KINDS[question.kind][1]:
            wanted |= Q(action__startswith=part) if part.endswith(".") else Q(action__contains=part)
        matching = matching.filter(wanted)
    if question.target:
        matching = matching.filter(target__icontains=question.target)
    if question.since:
        matching = matching.filter(at__gte=_midnight(question.since))
    if question.until:
        matching = matching.filter(at__lt=_midnight(question.until) + timedelta(days=1))
    return matching


def _midnight(day: date) -> datetime:
    """The days that are asked for are those of UTC, as the page says."""
    return datetime.combine(day, time(), UTC)


def by_outcome(matching: QuerySet[AuditEntry]) -> dict[str, int]:
    """How many of the newest MOST_COUNTED entries ended how: a look must not cost more as the record grows."""
    return Counter(matching.values_list("outcome", flat=True)[:MOST_COUNTED])


def actors(scope: Scope) -> list[str]:
    """Who did the newest MOST_COUNTED things here, by name."""
    return sorted(set(entries(scope).values_list("actor", flat=True)[:MOST_COUNTED]))
