"""The record of what was attempted: added to, completed once, never changed; deleted when its days are over. And what
is kept beside it of objects that were deleted, so that they can be restored.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class AppendOnly(Exception):
    """Somebody tried to change or remove a row of the record."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """The record is added to and completed once; nothing else."""

    def update(self, **values: Any) -> int:
        raise AppendOnly("The record cannot be changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly("The record cannot be shortened.")

    def bulk_create(self, objs: Iterable["AuditEntry"], *args: Any, **options: Any) -> list["AuditEntry"]:
        raise AppendOnly("Entries are written one at a time, before what they record.")

    def complete(self, entry: "AuditEntry", **values: Any) -> bool:
        """Give a started entry its outcome. False if it has one already."""
        started = self.filter(pk=entry.pk, outcome=AuditEntry.Outcome.STARTED).order_by()
        return bool(models.QuerySet.update(started, **values))

    def forget(self, before: datetime, most: int) -> int:
        """Delete entries older than `before`, the oldest first: the end of their keeping, and nothing else."""
        oldest = list(self.filter(at__lt=before).order_by("pk").values_list("pk", flat=True)[:most])
        return models.QuerySet.delete(self.filter(pk__in=oldest))[0] if oldest else 0


class AuditEntry(models.Model):
    """One attempt to change something: who, what, where, how it ended. The key is the sequence.

    People and places stand here as text, so that the record outlives them; their uuids are there for finding, not as
    keys.
    """

    class Outcome(models.TextChoices):
        STARTED = "started", _("Not known")
        OK = "ok", _("Done")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    id = models.BigAutoField(primary_key=True, verbose_name=_("sequence"))
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.CharField(max_length=64)
    actor_uuid = models.UUIDField(null=True, db_index=True)
    role = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=64, db_index=True)
    target = models.CharField(max_length=320, blank=True)
    workspace = models.CharField(max_length=63, blank=True)
    workspace_uuid = models.UUIDField(null=True)
    project = models.CharField(max_length=63, blank=True)
    project_uuid = models.UUIDField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.STARTED)
    changes = models.JSONField(default=list)
    message = models.CharField(max_length=500, blank=True)
    duration_ms = models.PositiveIntegerField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    identity = models.CharField(max_length=64, blank=True)
    groups = models.JSONField(default=list)
    address = models.CharField(max_length=64, blank=True, default="", db_default="")

    objects: ClassVar[models.Manager["AuditEntry"]] = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("entry of the record")
        verbose_name_plural = _("record")
        indexes = [
            models.Index(fields=["project_uuid", "-id"], name="audit_project"),
            models.Index(fields=["workspace_uuid", "-id"], name="audit_workspace"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.actor} {self.action} {self.target}"

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("The record cannot be changed.")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly("The record cannot be shortened.")


class DeletedObject(models.Model):
    """An object of the cluster that was deleted, with its manifest: what is in the recycle bin.

    `entry`: the number of the record's entry, which those that were deleted together share; no key, since the record
    may be kept for less time. `manifest`: JSON as it was stored, without Secret values. Between the look and the answer
    of the cluster it is `trying`; `claimed` is when somebody last began to restore it.
    """

    class State(models.TextChoices):
        TRYING = "trying", _("Not known")
        DELETED = "deleted", _("Deleted")
        RESTORING = "restoring", _("Being restored")
        RESTORED = "restored", _("Restored")

    id = models.BigAutoField(primary_key=True)
    entry = models.BigIntegerField(db_index=True)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.CharField(max_length=64)
    actor_uuid = models.UUIDField()
    project_uuid = models.UUIDField()
    api_version = models.CharField(max_length=253)
    kind = models.CharField(max_length=63)
    name = models.CharField(max_length=253)
    uid = models.CharField(max_length=64)
    manifest = models.TextField()
    size = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.TRYING)
    claimed = models.DateTimeField(null=True)
    restored_by = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("deleted object")
        verbose_name_plural = _("recycle bin")
        indexes = [models.Index(fields=["project_uuid", "-id"], name="recycle_bin_project")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
