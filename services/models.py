"""The one table of this app: drafts, of what is to be created or of the settings of a workload that exists."""

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEPT = timedelta(days=30)
"""How long an untouched draft is kept."""

SETTINGS = "settings"
"""The type of a draft that changes a workload that exists; those of `Draft.Type` create."""

EMPTY = Q(saved=[], typed={})
"""Drafts that nothing was typed into."""


class Drafts(models.QuerySet["Draft"]):
    """Drafts by whose they are."""

    def of(self, owner: uuid.UUID, project: uuid.UUID) -> "Drafts":
        """One person's in one project, finished or not, that are to create something."""
        return self.filter(owner=owner, project=project, base__isnull=True)

    def editing(self, owner: uuid.UUID, project: uuid.UUID) -> "Drafts":
        """One person's in one project that change a workload, the last saved first."""
        return self.filter(owner=owner, project=project, base__isnull=False).order_by("-updated")

    def unfinished(self) -> "Drafts":
        """Those that wait, the last saved first; one that nothing was typed into is none."""
        begun = Q(state__in=(Draft.State.CLAIMED, Draft.State.PARTIAL))
        fresh = Q(state=Draft.State.OPEN, updated__gt=timezone.now() - KEPT)
        return self.filter(begun | fresh).exclude(EMPTY).order_by("-updated")


class Draft(models.Model):
    """What somebody has filled in so far.

    `text` is the model: the YAML of the documents, as the preview shows it. `typed` holds, step by step, raw input
    that the step has not taken over (name -> values, as posted), so that nothing typed is lost by leaving the page.
    `former`: names that the steps took away (`steps.renames.former`), by which the review finds what still uses
    them. `sequences`: of each step when the newest that is stored was typed, so that a late request changes nothing.
    `base`: of a draft that changes a workload, the workload as it was opened: kind, name, uid, version and text.
    Project and owner are the identifiers of `accounts`, kept as plain values: a draft is nobody's foreign key.
    """

    class Type(models.TextChoices):
        STATELESS = "stateless", _("Stateless Service")
        STATEFUL = "stateful", _("Stateful Service")
        EXTERNAL = "external", _("External Service")
        WORKLOAD = "workload", _("Specify Workload")
        YAML = "yaml", _("Edit YAML")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLAIMED = "claimed", _("Being created")
        PARTIAL = "partial", _("Partly created")
        DONE = "done", _("Created")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.UUIDField()
    owner = models.UUIDField()
    type = models.CharField(max_length=16)
    name = models.CharField(max_length=253, blank=True)
    text = models.TextField()
    saved = models.JSONField(default=list)
    typed = models.JSONField(default=dict)
    former = models.JSONField(default=list)
    sequences = models.JSONField(default=dict)
    base = models.JSONField(null=True)
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    result = models.JSONField(default=list)
    claimed = models.DateTimeField(null=True)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    objects = Drafts.as_manager()

    class Meta:
        indexes = [models.Index(fields=["owner", "project", "-updated"], name="services_draft_mine")]

    def __str__(self) -> str:
        return f"{self.type} {self.name or self.id}"

    @property
    def type_name(self) -> str:
        """What it is called where it is chosen: "Stateless Service"; "" for a type of another version."""
        return str(self.Type(self.type).label) if self.type in self.Type.values else ""

    @property
    def differs(self) -> bool:
        """Whether a draft that changes a workload has anything in it."""
        return bool(self.typed) or self.text != (self.base or {}).get("text")

    @property
    def called(self) -> str:
        """Its name; until one is saved the one that was typed; "" if there is none."""
        typed = (self.typed.get("basic") or {}).get("data", {}).get("name") or [""]
        return str(self.name or typed[0])
