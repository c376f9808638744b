"""Sessions whose rows are found by a hash of their key: who reads the database cannot sign in with what it has. Each
row says when its session was last used.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import Error, connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Session

log = logging.getLogger(__name__)
SEEN_EVERY = timedelta(minutes=5)
"""How often at most a session that is in use is written."""


def row_key(session_key: str) -> str:
    """What stands in the database for a key: 160 bits of its SHA-256, which is as long as the column."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


class SessionStore(db.SessionStore):
    """Django's own, with the key hashed wherever a row is looked up or written. Who saves a session uses it; beyond
    that `console.middleware.LastSeen` says when it is used.
    """

    seen: datetime | None = None
    is_stored = False  # as this request read it

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    @property
    def is_to_be_written(self) -> bool:
        """Was it not said for a while that this session is in use?"""
        return self.is_stored and (self.seen is None or self.seen <= timezone.now() - SEEN_EVERY)

    def write_seen(self) -> None:
        """Write that the session is used now: one UPDATE of a row that exists and says nothing newer, so that a session
        that was ended meanwhile stays ended. It waits for nobody, and a database that does not take it is no reason to
        refuse a page: the next request tries again.
        """
        now = timezone.now()
        stale = Session.objects.filter(Q(seen=None) | Q(seen__lte=now - SEEN_EVERY), **self._mine())
        try:
            with _without_waiting():
                stale.update(seen=now)
        except Error as error:
            log.warning("when a session was last used could not be written: %s", type(error).__name__)
        self.seen = now

    def exists(self, session_key: str) -> bool:
        return super().exists(row_key(session_key))

    async def aexists(self, session_key: str) -> bool:
        return await super().aexists(row_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        return self._hashed(super().create_model_instance(data))

    async def acreate_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        return self._hashed(await super().acreate_model_instance(data))

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(row_key(key))

    async def adelete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            await super().adelete(row_key(key))

    def _get_session_from_db(self) -> Session | None:
        row = Session.objects.filter(**self._mine()).first()
        return self._found(row)

    async def _aget_session_from_db(self) -> Session | None:
        row = await Session.objects.filter(**self._mine()).afirst()
        return self._found(row)

    def _mine(self) -> dict[str, str | datetime]:
        return {"session_key": row_key(self.session_key or ""), "expire_date__gt": timezone.now()}

    def _found(self, row: Session | None) -> Session | None:
        if row is None:
            self._session_key = None
        else:
            self.is_stored, self.seen = True, row.seen
        return row

    @staticmethod
    def _hashed(row: AbstractBaseSession) -> AbstractBaseSession:
        row.session_key = row_key(row.session_key)
        if isinstance(row, Session):
            row.seen = timezone.now()
        return row


@contextmanager
def _without_waiting() -> Iterator[None]:
    """A transaction that fails where somebody else has locked the database or the row, instead of waiting."""
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            with transaction.atomic():
                cursor.execute("SET LOCAL lock_timeout = '50ms'")
                yield
            return
        (patience,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            with transaction.atomic():
                yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience}")
