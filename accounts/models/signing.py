"""What signing in leaves behind: sessions, one-time links, and how often it was tried; and what is done about it each
day.
"""

from typing import Any

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class Session(AbstractBaseSession):
    """Django's own row of a session, in Django's own table, and beside it when the session was last used: written by
    `accounts.sessions`. The column is nullable, and who does not know it leaves it alone.
    """

    seen = models.DateTimeField(null=True)

    class Meta(AbstractBaseSession.Meta):
        managed = False  # the table is that of django.contrib.sessions; migration 0008 adds the column
        db_table = "django_session"

    @classmethod
    def get_session_store_class(cls) -> Any:
        from accounts.sessions import SessionStore

        return SessionStore


class SignInLink(models.Model):
    """A link that signs one person in, once. Only the hash of its token is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="links")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True)
    made_by = models.CharField(max_length=64, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created"]
        verbose_name = _("sign-in link")
        verbose_name_plural = _("sign-in links")

    def __str__(self) -> str:
        return f"{self.user}, {self.expires:%Y-%m-%d %H:%M} UTC"


class SignInTries(models.Model):
    """How often signing in was tried lately, per name and per name with peer. Keys are hashes; the table is bounded."""

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()
    closed_until = models.DateTimeField(null=True, db_index=True)

    class Meta:
        verbose_name = _("sign-in tries")
        verbose_name_plural = _("sign-in tries")

    def __str__(self) -> str:
        return f"{self.key[:8]}: {self.count}"


class DailyTask(models.Model):
    """What one process of several does once a day, and when it last began."""

    name = models.CharField(max_length=32, unique=True)
    begun = models.DateTimeField()

    class Meta:
        verbose_name = _("daily task")
        verbose_name_plural = _("daily tasks")

    def __str__(self) -> str:
        return self.name
