"""Sessions whose rows are found by a hash of their key: who reads the database cannot sign in with what it has."""

import hashlib
from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.utils import timezone


def row_key(session_key: str) -> str:
    """What stands in the database for a key: 160 bits of its SHA-256, which is as long as the column."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


class SessionStore(db.SessionStore):
    """Django's own, with the key hashed wherever a row is looked up or written."""

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
        return row

    @staticmethod
    def _hashed(row: AbstractBaseSession) -> AbstractBaseSession:
        row.session_key = row_key(row.session_key)
        return row
