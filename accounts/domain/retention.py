"""What is no longer needed of people is deleted: sessions, tries, links, and the record beyond its days.

Safe at any time, and by several at once: only what is over goes, as it is when its turn comes.
"""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import recycle_bin
from accounts.domain.sign_in_links import LINK_LIFE
from accounts.domain.throttle import FROM_ANYWHERE
from accounts.models import AuditEntry, DailyTask, SignInLink, SignInTries
from console.web import batches

DAY = timedelta(days=1)
AGAIN = timedelta(minutes=30)
"""After so long a task that failed is tried again."""


def prune() -> dict[str, int]:
    """How many went of each: "sessions", "sign-in tries", "sign-in links" and so on, by the words of the answer."""
    now = timezone.now()
    sessions = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class().objects
    tries = SignInTries.objects.filter(since__lt=now - FROM_ANYWHERE.window)
    links = SignInLink.objects
    entries = 0
    if settings.BERTH_RECORD_DAYS is not None:
        oldest = now - settings.BERTH_RECORD_DAYS * DAY
        while batch := AuditEntry.objects.forget(oldest, batches.AT_ONCE):
            entries += batch
    return {
        "sessions": batches.delete(sessions.filter(expire_date__lt=now)),
        "sign-in tries": batches.delete(tries.exclude(closed_until__gt=now)),
        "sign-in links": batches.delete(links.filter(expires__lt=now))
        + batches.delete(links.filter(used__lt=now - LINK_LIFE)),
        "deleted objects": recycle_bin.prune(),
        "entries of the record": entries,
    }


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
        DailyTask.objects.filter(name=name, begun=now).update(begun=now - DAY + AGAIN)
        raise
    return True
