"""The record of what was attempted: a row before the call, completed with how it ended.

    with audit.attempt(scope, "service.create", target="Service demo-project/demo") as entry:
        ...
        entry.done(changes=["spec.ports"])

The row is committed before the block runs, whatever happens to the block. If it cannot be written, the block does not
run: NotRecorded is raised and its text is for the person. An entry that still says "started" belongs to a process that
died in between.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import Error as DatabaseError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import NotAllowed, Place, Scope
from accounts.models import AuditEntry
from console.kube import errors
from console.web.error_pages import Said

log = logging.getLogger(__name__)

MOST_CHANGES = 100
LONGEST_CHANGE = 200
MOST_REFUSED = 200


class NotRecorded(Exception):
    """The attempt could not be written down, so it was not made. The text is for the person."""

    def __init__(self) -> None:
        what = _("This could not be recorded, so it was not done.")
        means = _("Try again in a moment.")
        super().__init__(f"{what} {means}")
        self.said = Said("bad", what, means, "", 503, retry=True)


@dataclass(slots=True)
class Entry:
    """What the block says about how it went. Without a word it went well."""

    row: AuditEntry
    outcome: str = AuditEntry.Outcome.OK
    changes: list[str] = field(default_factory=list)
    message: str = ""

    def done(self, changes: Iterable[str] = (), message: str = "") -> None:
        """It went well. `changes`: paths or short sentences ("role: viewer to operator"), never values of Secrets."""
        self._end(AuditEntry.Outcome.OK, changes, message)

    def refused(self, message: str, changes: Iterable[str] = ()) -> None:
        """It was not allowed, and nothing was changed."""
        self._end(AuditEntry.Outcome.REFUSED, changes, message)

    def failed(self, message: str, changes: Iterable[str] = ()) -> None:
        """It did not go well; `changes` names what was changed nevertheless."""
        self._end(AuditEntry.Outcome.FAILED, changes, message)

    def _end(self, outcome: str, changes: Iterable[str], message: str) -> None:
        self.outcome, self.message = outcome, _storable(message)
        self.changes = [_storable(str(change))[:LONGEST_CHANGE] for change in changes][:MOST_CHANGES]


@contextmanager
def attempt(scope: Scope, action: str, *, target: str = "", begins: Place | None = None) -> Iterator[Entry]:
    """Record what the block attempts. An exception of the block is recorded (a refusal as refused) and goes on.
    `begins`: the project that begins with it, and whose record this is the first of.
    """
    entry = Entry(_start(scope, action, target, begins or scope.project))
    begun = time.monotonic()
    try:
        yield entry
    except BaseException as error:
        refused = isinstance(error, PermissionDenied | ValidationError | errors.Forbidden)
        outcome = AuditEntry.Outcome.REFUSED if refused else AuditEntry.Outcome.FAILED
        entry._end(outcome, entry.changes, entry.message or describe(error))
        raise
    finally:
        _complete(entry, begun)


def refuse(scope: Scope, action: str, *, target: str = "", message: str) -> None:
    """Record a refusal that needed no attempt. Never raises: the answer is no either way.

    Of one person MOST_REFUSED a day, the last of which says so: nobody fills the record by asking.
    """
    try:
        lately = AuditEntry.objects.filter(
            actor_uuid=scope.actor.uuid, action=action, at__gt=timezone.now() - timedelta(days=1)
        )
        before = lately.order_by()[:MOST_REFUSED].count()
    except DatabaseError:
        before = 0
    if before >= MOST_REFUSED:
        return
    if before == MOST_REFUSED - 1:
        message = f"{message}; more of this person are not recorded for a day"
    try:
        entry = Entry(_start(scope, action, target, scope.project))
    except NotRecorded:
        return
    entry.refused(message)
    _complete(entry, time.monotonic())


@dataclass(frozen=True, slots=True)
class Recorded:
    """A change that went well: who made it, when (epoch seconds), and the paths it changed."""

    actor: str
    at: float
    changes: tuple[str, ...]


def recent(scope: Scope, *actions: str, target: str, most: int) -> list[Recorded]:
    """The last changes of one object of the project by one of these actions, the newest first."""
    project = scope.project.uuid if scope.project else None
    done = AuditEntry.objects.filter(project_uuid=project, target=target, outcome=AuditEntry.Outcome.OK)
    rows = done.filter(action__in=actions).order_by("-at")[:most]
    return [Recorded(row.actor, row.at.timestamp(), tuple(row.changes or ())) for row in rows]


def describe(error: BaseException) -> str:
    """A short text for the record: the reason of a cluster's answer, the sentences of a validation, else the kind of
    error.
    """
    if isinstance(error, ValidationError):
        return " ".join(error.messages)[:500]
    if isinstance(error, NotAllowed):
        return error.said.what[:500]
    if isinstance(error, errors.KubeError):
        return f"{error.reason}: {error.message}"[:500]
    return type(error).__name__


def _start(scope: Scope, action: str, target: str, project: Place | None) -> AuditEntry:
    identity = scope.identity
    row = AuditEntry(
        actor=scope.actor.name,
        actor_uuid=scope.actor.uuid,
        role=scope.standing[:64],
        action=action,
        target=_storable(target)[:320],
        workspace=scope.workspace.name if scope.workspace else "",
        workspace_uuid=scope.workspace.uuid if scope.workspace else None,
        project=project.name if project else "",
        project_uuid=project.uuid if project else None,
        request_id=scope.request_id,
        identity=identity.user,
        groups=list(identity.groups),
        address=scope.address[:64],
    )
    try:
        # durable: an outer transaction would take the row back together with the error that it records.
        with transaction.atomic(durable=True):
            row.save()
    except DatabaseError as error:
        log.error("an attempt could not be recorded: %s %s", action, type(error).__name__)
        raise NotRecorded from error
    return row


def _complete(entry: Entry, begun: float) -> None:
    values = {
        "outcome": entry.outcome,
        "changes": entry.changes,
        "message": entry.message[:500],
        "duration_ms": int((time.monotonic() - begun) * 1000),
    }
    try:
        with transaction.atomic():
            AuditEntry.objects.complete(entry.row, **values)
    except DatabaseError as error:
        # What was done is done; the row keeps saying that its end is not known, which is the truth.
        log.error("entry %s could not be completed: %s", entry.row.pk, type(error).__name__)


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL, which names in a manifest that was not sent yet, and answers about them, may hold."""
    return text.replace("\0", "\ufffd")
