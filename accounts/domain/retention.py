"""What is no longer needed of people is deleted: sessions, tries, links, and the record beyond its days.

Safe at any time, and by several at once: only what is over goes, as it is when its turn comes.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.db import Error, IntegrityError, connection, transaction
from django.utils import timezone

from accounts import recycle_bin
from accounts.domain.sign_in_links import LINK_LIFE
from accounts.domain.throttle import FROM_ANYWHERE
from accounts.models import AuditEntry, DailyTask, SignInLink, SignInTries
from console.web import batches

log = logging.getLogger(__name__)

DAY = timedelta(days=1)
AGAIN = timedelta(minutes=30)
"""After so long a task that failed is tried again."""


def parts() -> dict[str, Callable[[], int]]:
    """What deletes each sort of thing that is over and says how many went, by the words of the answer."""
    return {
        "sessions": _sessions,
        "sign-in tries": _tries,
        "sign-in links": _links,
        "deleted objects": recycle_bin.prune,
        "entries of the record": _entries,
    }


def _sessions() -> int:
    sessions = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class().objects
    return batches.delete(sessions.filter(expire_date__lt=timezone.now()))


def _tries() -> int:
    now = timezone.now()
    over = SignInTries.objects.filter(since__lt=now - FROM_ANYWHERE.window)
    return batches.delete(over.exclude(closed_until__gt=now))


def _links() -> int:
    now, links = timezone.now(), SignInLink.objects
    return batches.delete(links.filter(expires__lt=now)) + batches.delete(links.filter(used__lt=now - LINK_LIFE))


def _entries() -> int:
    if settings.BERTH_RECORD_DAYS is None:
        return 0
    oldest, entries = timezone.now() - settings.BERTH_RECORD_DAYS * DAY, 0
    while batch := AuditEntry.objects.forget(oldest, batches.AT_ONCE):
        entries += batch
    return entries


def once_a_day(name: str, task: Callable[[], None]) -> bool:
    """Do the task unless any process on this database did so within a day. Whether it was done."""
    now = timezone.now()
    due = DailyTask.objects.filter(name=name, begun__lte=now - DAY)
    if not due.update(begun=now):  # of several that ask at once one gets the row
        try:
            with transaction.atomic():
                _row, first = DailyTask.objects.get_or_create(name=name, defaults={"begun": now})
        except IntegrityError:
            return False
        if not first:
            return False
    try:
        task()
    except BaseException:
        _again_soon(name, now)
        raise
    return True


def drop_lost_connection() -> None:
    """After a failure: the next query opens a new connection where this one is lost. Not within a transaction."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def _again_soon(name: str, begun: datetime) -> None:
    """The task that failed is due after AGAIN; where the database fails as well, after a day."""
    try:
        drop_lost_connection()  # which may be why the task failed
        DailyTask.objects.filter(name=name, begun=begun).update(begun=begun - DAY + AGAIN)
    except Error as error:
        log.warning("%s is tried again after a day: %s", name, type(error).__name__)
