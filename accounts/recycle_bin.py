"""What was deleted in a project, kept beside the record so that it can be restored: the door to the recycle bin.

    with audit.attempt(...) as entry:
        kept = recycle_bin.keep(scope, entry, manifest)     before the deletion is sent
        recycle_bin.settle(kept, "deleted")                 when its answer is there

What is kept has a bound for an object, and a share for each person and project: who deletes much pushes out what they
deleted before, and never what somebody else did while they hold more.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import Case, Count, Q, QuerySet, Sum, When
from django.utils import timezone

from accounts.actor import Scope
from accounts.audit import Entry, NotRecorded
from accounts.models import DeletedObject
from console.web import batches

log = logging.getLogger(__name__)

MOST_BYTES = 1_500_000
"""Of one manifest; the largest that a cluster usually stores is as large."""
SHARE_BYTES, SHARE_OBJECTS = 20_000_000, 500
"""Of one person in one project."""
PROJECT_BYTES, PROJECT_OBJECTS = 100_000_000, 2_500
CLAIM_SECONDS = 120
"""After so long a restoration that has not ended belongs to a process that died, and may be begun again."""
TRYING, DELETED = DeletedObject.State.TRYING, DeletedObject.State.DELETED
RESTORING, RESTORED = DeletedObject.State.RESTORING, DeletedObject.State.RESTORED


@dataclass(frozen=True, slots=True)
class Kept:
    """One object of the recycle bin. `state`: deleted, trying (the answer to its deletion was lost), restoring."""

    id: int
    entry: int
    at: datetime
    until: datetime
    actor: str
    kind: str
    name: str
    uid: str
    manifest: dict[str, Any]
    state: str
    restored_by: str


def keep(scope: Scope, entry: Entry, manifest: Mapping[str, Any]) -> int | None:
    """Keep what is about to be deleted; None where it is too large. Raises `NotRecorded`."""
    text = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode())
    if size > MOST_BYTES or scope.project is None:
        return None
    meta = manifest["metadata"]
    row = DeletedObject(
        entry=entry.row.pk,
        actor=scope.actor.name,
        actor_uuid=scope.actor.uuid,
        project_uuid=scope.project.uuid,
        api_version=manifest["apiVersion"],
        kind=manifest["kind"],
        name=meta["name"],
        uid=meta["uid"],
        manifest=text,
        size=size,
    )
    try:
        with transaction.atomic():
            row.save()
            _make_room(row)
    except DatabaseError as error:
        raise NotRecorded from error
    return row.pk


def settle(kept: int | None, outcome: str) -> None:
    """Say what became of it: what was deleted stays in the bin, what may have been as well, and nothing else.

    The deletion has been sent: where this cannot be written the object stays in the bin as one that may exist.
    """
    try:
        row = DeletedObject.objects.filter(pk__in=[kept])
        if outcome == "deleted":
            row.update(state=DELETED)
        elif outcome != "unknown":
            row.delete()
    except DatabaseError as error:
        log.error("what became of a deletion could not be written: %s", type(error).__name__)


def kept_in(scope: Scope) -> QuerySet[DeletedObject]:
    """What is in the bin of the scope's project, the newest first."""
    return _kept_lately(scope).exclude(state=RESTORED).order_by("-entry", "id")


def _kept_lately(scope: Scope) -> QuerySet[DeletedObject]:
    mine = Q(project_uuid=scope.project.uuid) if scope.project else Q(pk__in=())
    return DeletedObject.objects.filter(mine, at__gt=timezone.now() - _days())


def page(scope: Scope, kinds: Iterable[str], *, text: str, first: int, most: int) -> tuple[tuple[Kept, ...], int]:
    """A page of the bin: of these kinds, and with the text in their name or kind; and how many of them there are."""
    rows = kept_in(scope).filter(kind__in=list(kinds))
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(kind__icontains=text))
    return tuple(map(_kept, rows[first : first + most])), rows.count()


def counts(scope: Scope, kinds: Iterable[str]) -> dict[str, int]:
    """How many of each of these kinds are in the bin."""
    rows = kept_in(scope).filter(kind__in=list(kinds)).order_by().values_list("kind")
    return dict(rows.annotate(number=Count("pk")).values_list("kind", "number"))


def together(scope: Scope, entry: int, kinds: Iterable[str]) -> tuple[Kept, ...]:
    """What was deleted together, also what was restored meanwhile, as it was deleted."""
    return tuple(map(_kept, _kept_lately(scope).filter(entry=entry, kind__in=list(kinds)).order_by("id")))


def claim(scope: Scope, ids: Sequence[int]) -> datetime | None:
    """Take these to restore them, all or none: a second click finds them taken, and gets None."""
    now = timezone.now()
    free = Q(state__in=(DELETED, TRYING)) | Q(state=RESTORING, claimed__lt=now - timedelta(seconds=CLAIM_SECONDS))
    with transaction.atomic():
        rows = DeletedObject.objects.filter(free, pk__in=ids)
        if rows.update(state=RESTORING, claimed=now, restored_by=scope.actor.name) == len(set(ids)):
            return now
        transaction.set_rollback(True)
    return None


def release(claimed: datetime, ids: Iterable[int], restored: Iterable[int]) -> None:
    """Give back what was claimed then. What was restored is out of the bin, whoever claimed it meanwhile; the rest is
    given back by whose claim it is. Where this cannot be written, the claim ends by its time.
    """
    done = set(restored)
    try:
        DeletedObject.objects.filter(pk__in=done).update(state=RESTORED)
        own = DeletedObject.objects.filter(pk__in=set(ids) - done, state=RESTORING, claimed=claimed)
        own.update(state=DELETED, restored_by="", claimed=None)
    except DatabaseError as error:
        log.error("what became of a restoration could not be written: %s", type(error).__name__)


def prune() -> int:
    """Forget what is past its days; how many objects."""
    return batches.delete(DeletedObject.objects.filter(at__lte=timezone.now() - _days()))


def days() -> int:
    """For how many days deleted objects are kept."""
    return int(settings.BERTH_RECYCLE_BIN_DAYS)


def _days() -> timedelta:
    return timedelta(days=days())


def _kept(row: DeletedObject) -> Kept:
    return Kept(
        id=row.pk,
        entry=row.entry,
        at=row.at,
        until=row.at + _days(),
        actor=row.actor,
        kind=row.kind,
        name=row.name,
        uid=row.uid,
        manifest=json.loads(row.manifest),
        state=row.state,
        restored_by=row.restored_by,
    )


def _make_room(new: DeletedObject) -> None:
    """Push out the oldest of the person who keeps most, until the new one has its place."""
    own = DeletedObject.objects.filter(project_uuid=new.project_uuid, actor_uuid=new.actor_uuid)
    while _is_over(own, SHARE_BYTES, SHARE_OBJECTS) and _drop_oldest(own.exclude(pk=new.pk)):
        pass
    everybody = DeletedObject.objects.filter(project_uuid=new.project_uuid)
    while _is_over(everybody, PROJECT_BYTES, PROJECT_OBJECTS):
        most = everybody.order_by().values("actor_uuid").annotate(bytes=Sum("size")).order_by("-bytes").first()
        rows = everybody.filter(actor_uuid=most["actor_uuid"]).exclude(pk=new.pk) if most else None
        if rows is None or not _drop_oldest(rows):
            break


def _is_over(rows: "QuerySet[DeletedObject]", most_bytes: int, most_objects: int) -> bool:
    return rows.count() > most_objects or (rows.aggregate(all=Sum("size"))["all"] or 0) > most_bytes


def _drop_oldest(rows: "QuerySet[DeletedObject]") -> int:
    """What was restored goes first: it is in the bin no more, and kept only to be shown with what is."""
    last = Case(When(state=RESTORED, then=0), default=1)
    oldest = list(rows.order_by(last, "pk").values_list("pk", flat=True)[:1])
    return DeletedObject.objects.filter(pk__in=oldest).delete()[0]
