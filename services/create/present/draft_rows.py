"""The drafts of a person as a list: what each is about, so that two of one name differ, and where it waits."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.scope import Scope
from services.create.present import dialog, outcome
from services.models import Draft
from services.steps.step import steps_of

LONG_TEXT = 50_000
"""Characters of a draft's text that its line in the list is worked out from: fifty longer ones would hold it up."""

TYPES = {
    "stateless": gettext_lazy("Stateless"),
    "stateful": gettext_lazy("Stateful"),
    "external": gettext_lazy("External"),
}


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One draft. `about`: its image or whatever else tells it from others; `title` and `place`: the step that waits."""

    id: uuid.UUID
    name: str
    about: str
    type: str
    title: str
    place: str
    fix: str
    partial: bool
    url: str
    updated: datetime


@dataclass(frozen=True, slots=True)
class EditRow:
    """A draft that changes a workload."""

    kind: str
    name: str
    url: str
    discard_url: str
    updated: datetime


def edits(scope: Scope, drafts: Sequence[Draft]) -> list[EditRow]:
    """The drafts that change workloads, as they are listed."""
    return [
        EditRow(
            str((draft.base or {})["kind"]),
            draft.name,
            dialog.address(scope, draft, dialog.REVIEW),
            dialog.address(scope, draft, "discard"),
            draft.updated,
        )
        for draft in drafts
    ]


def row(scope: Scope, draft: Draft) -> DraftRow:
    """The draft as it is listed."""
    names = [(step.name, str(step.title)) for step in steps_of(draft.type)] or [(dialog.YAML, _("Edit YAML"))]
    waits = next(
        (at for at, (name, _title) in enumerate(names) if name not in draft.saved or name in draft.typed), len(names)
    )
    title = names[waits][1] if waits < len(names) else _("Review")
    about = _("YAML, %(size)s") % {"size": filesizeformat(len(draft.text))}
    if len(draft.text) <= LONG_TEXT:
        about = outcome.about(dialog.bundle_of(draft), draft.typed)
    problems = dialog.problems_of(draft, names[waits][0] if waits < len(names) else dialog.YAML)
    return DraftRow(
        id=draft.id,
        name=draft.called,
        about=about,
        type=str(TYPES.get(draft.type, draft.type_name or draft.type)),
        title=title,
        place=_("%(n)d of %(count)d") % {"n": waits + 1, "count": len(names) + 1},
        fix=ngettext("%(n)d field to fix", "%(n)d fields to fix", problems) % {"n": problems} if problems else "",
        partial=draft.state == Draft.State.PARTIAL,
        url=dialog.resume_address(scope, draft),
        updated=draft.updated,
    )
