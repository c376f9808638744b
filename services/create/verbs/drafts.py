"""The verbs of a draft: each finds only the owner's own drafts of that project, and none writes blindly."""

import json
import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Q, QuerySet, Sum, TextField
from django.db.models.functions import Cast, Length
from django.http import Http404
from django.utils import timezone

from accounts.scope import Scope
from console.web import batches
from services.models import EMPTY, KEPT, SETTINGS, Draft, Drafts

log = logging.getLogger(__name__)

MOST = 50
"""Drafts one person keeps in one project; beyond that the oldest go that nothing was made of."""

MOST_CHARACTERS = 10_000_000
"""What one person's drafts of all projects may hold before more is kept of what is typed."""

ABANDONED = timedelta(minutes=2)
"""After this a claim whose process was not heard of is taken for dead; one that works says so more often (`held`)."""

Typed = Mapping[str, Sequence[str]]
Retype = Callable[[dict[str, Any]], dict[str, Any]]
"""What `typed` becomes, given what it is."""
Merge = Callable[[str, Typed], dict[str, list[str]]]
"""What the input of a step becomes, given its name and what it is."""


class Stale(Exception):
    """The draft was saved elsewhere since this page was shown; `draft` is as it stands now."""

    def __init__(self, draft: Draft) -> None:
        super().__init__("the draft was saved elsewhere")
        self.draft = draft


class Full(Exception):
    """The person's drafts hold MOST_CHARACTERS, and more is not kept."""


def mine(scope: Scope) -> Drafts:
    """Every unfinished draft of this person in this project, the last saved first."""
    return _own(scope).unfinished()


def start(scope: Scope, *, type: str, text: str) -> Draft:
    """A new draft; forgets the ones that are past their time, never what exists in part: only its draft knows what was
    made."""
    for past in _past(_own(scope)):
        past.delete()
    open_ = _own(scope).filter(state=Draft.State.OPEN)
    surplus = open_.exclude(EMPTY).order_by("-updated").values_list("id", flat=True)[MOST - 1 :]
    blank = open_.filter(EMPTY).order_by("-updated").values_list("id", flat=True)[MOST - 1 :]
    open_.filter(id__in=[*surplus, *blank]).delete()
    return Draft.objects.create(owner=scope.actor.uuid, project=_project(scope), type=type, text=text)


def begin_edit(scope: Scope, *, base: dict[str, str]) -> Draft:
    """A draft that changes the workload `base`; the one that the person has of it already, if anything is in it. One
    person keeps MOST of these in a project; beyond that the oldest go. One that is still empty stays with the tab that
    it was opened in, and with what was stored then.
    """
    if draft := edit_of(scope, base["kind"], base["name"]):
        return draft
    mine = _edits(scope)
    for past in _past(mine):
        past.delete()
    mine.filter(id__in=list(mine.values_list("id", flat=True)[MOST - 1 :])).delete()
    return Draft.objects.create(
        owner=scope.actor.uuid, project=_project(scope), type=SETTINGS, text=base["text"], name=base["name"], base=base
    )


def edit_of(scope: Scope, kind: str, name: str) -> Draft | None:
    """What the person has typed to change a workload and did not apply yet."""
    return next((draft for draft in _edits(scope).filter(_about(kind, name)) if draft.differs), None)


def edits(scope: Scope) -> list[Draft]:
    """What the person has typed to change workloads and did not apply yet, the last saved first."""
    return [draft for draft in _edits(scope)[:MOST] if draft.differs]


def load_edit(scope: Scope, draft: uuid.UUID, kind: str, name: str) -> Draft | None:
    """The person's own draft that changes this workload; None where there is none any more: applied or discarded."""
    return _edits(scope).filter(_about(kind, name), id=draft).first()


def rebase(draft: Draft, *, version: int, base: dict[str, str], text: str) -> Draft:
    """Go on from what is stored now: `text` has both changes. Raises Stale."""
    return _write(draft, version, "base", None, dict, text=text, base=base)


def load(scope: Scope, draft: uuid.UUID) -> Draft:
    """The person's own draft of this project, finished or not; anything else does not exist (404)."""
    try:
        row = _own(scope).get(id=draft)
    except Draft.DoesNotExist:
        raise Http404 from None
    if row.type not in Draft.Type.values:
        row.type = Draft.Type.YAML
    return row


def save_step(
    draft: Draft,
    *,
    step: str,
    version: int,
    text: str,
    name: str,
    former: list[dict[str, Any]] | None = None,
    sequence: int | None = None,
) -> Draft:
    """Take over what a step wrote. Raises Stale where the draft is no longer the one that `version` was shown, or the
    step has something newer than `sequence`.
    """
    values = {"saved": [*draft.saved, step] if step not in draft.saved else draft.saved}
    values |= {} if former is None else {"former": former}
    return _write(draft, version, step, sequence, lambda typed: _without(typed, step), text=text, name=name, **values)


def save_text(
    draft: Draft, *, version: int, text: str, name: str, merge: Merge | None = None, sequence: int | None = None
) -> Draft:
    """Take over the text of the YAML editor. `merge`: what the input of a step becomes, which was typed over the old
    text.
    """
    saved = draft.saved if "yaml" in draft.saved else [*draft.saved, "yaml"]

    def kept(typed: dict[str, Any]) -> dict[str, Any]:
        rest = _without(typed, "yaml")
        return {step: {**entry, "data": merge(step, entry["data"])} for step, entry in rest.items()} if merge else rest

    return _write(draft, version, "yaml", sequence, kept, text=text, name=name, saved=saved)


def keep_typed(draft: Draft, *, step: str, typed: Typed, problems: int, sequence: int | None = None) -> bool:
    """Keep what a step did not take over, with the number of its problems (0: it was never checked).

    `sequence`: when it was typed, as the page counts (milliseconds, growing with each request). False: the draft has
    something newer of this step, and a late request does not bring back what was there before. None: it comes from a
    page without scripts, which has one request at a time. Raises Full.
    """
    data = {key: list(values) for key, values in typed.items()}
    _look_for_room(draft, len(json.dumps(data)) - len(json.dumps(draft.typed.get(step))))
    rows = Draft.objects.filter(id=draft.id, state=Draft.State.OPEN)
    return _retype(draft, rows, step, sequence, lambda typed: {**typed, step: {"data": data, "problems": problems}})


def _look_for_room(draft: Draft, more: int) -> None:
    """Raises Full where the person has no room for so many more characters; less than before has room at all times."""
    if more <= 0:
        return
    characters = Sum(Length("text") + Length(Cast("typed", TextField())))
    held = Draft.objects.filter(owner=draft.owner).aggregate(held=characters)["held"] or 0
    if held + more > MOST_CHARACTERS:
        raise Full


def _storable(value: Any) -> Any:
    """PostgreSQL keeps no NUL in texts or JSON; what is shown in its place is just as wrong."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, Mapping):
        return {_storable(key): _storable(part) for key, part in value.items()}
    return [_storable(part) for part in value] if isinstance(value, list) else value


def forget_typed(draft: Draft, *, step: str, sequence: int | None = None) -> bool:
    """Drop what a step did not take over."""
    rows = Draft.objects.filter(id=draft.id, state=Draft.State.OPEN)
    return _retype(draft, rows, step, sequence, lambda typed: _without(typed, step))


def claim(draft: Draft, *, version: int | None = None, trying: list[dict[str, Any]] | None = None) -> bool:
    """Take the draft, as it was read, for one attempt to create, retry or undo. False: it is taken, or was saved
    meanwhile. `trying`: what is kept of the attempt should its process die.
    """
    now = timezone.now()
    free = Q(state__in=(Draft.State.OPEN, Draft.State.PARTIAL)) | Q(
        state=Draft.State.CLAIMED, claimed__lt=now - ABANDONED
    )
    # As it was read, or the attempt would go by what was true before: another may have been settled since.
    rows = Draft.objects.filter(free, id=draft.id, version=draft.version if version is None else version)
    rows = rows.filter(state=draft.state, claimed=draft.claimed, updated=draft.updated)
    result = draft.result if trying is None else _storable(trying)
    if not rows.update(state=Draft.State.CLAIMED, claimed=now, updated=now, result=result):
        return False
    draft.state, draft.claimed, draft.updated, draft.result = Draft.State.CLAIMED, now, now, result
    return True


def others(draft: Draft) -> list[dict[str, Any]]:
    """What the same person's other drafts in the project keep of their attempts, object by object."""
    rows = Draft.objects.filter(owner=draft.owner, project=draft.project).exclude(id=draft.id)
    return [row for result in rows.values_list("result", flat=True) for row in result]


@contextmanager
def held(draft: Draft) -> Iterator[None]:
    """Keep a claim alive while the block runs: an attempt at many objects may outlast ABANDONED."""
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(draft, over), name="draft", daemon=True)
    with suppress(RuntimeError):  # the process may begin no more threads: most attempts end long before ABANDONED
        thread.start()
    try:
        yield
    finally:
        over.set()
        if thread.ident is not None:
            thread.join()


def _beat(draft: Draft, over: threading.Event) -> None:
    while not over.wait(ABANDONED.total_seconds() / 4):
        now = timezone.now()
        try:
            if not _claimed(draft).update(claimed=now):
                return  # taken over
        except DatabaseError:
            continue  # the next beat may come through
        finally:
            connection.close()
        draft.claimed = now


def note(draft: Draft, *, result: list[dict[str, Any]]) -> None:
    """What is known of an attempt that goes on; where this cannot be written, its end says it."""
    draft.result = _storable(result)
    with suppress(DatabaseError):
        _claimed(draft).update(result=draft.result)


def abandoned(draft: Draft, now: datetime | None = None) -> bool:
    """Whether an attempt began and never reported: the console stopped in the middle of it."""
    begun = draft.claimed if draft.state == Draft.State.CLAIMED else None
    return begun is not None and begun < (now or timezone.now()) - ABANDONED


def settle(draft: Draft, state: Draft.State, result: list[dict[str, Any]]) -> None:
    """Give a claimed draft back. DONE: all of it exists; PARTIAL: some of it, or nobody knows, `result` tells object by
    object; OPEN: nothing of it, so it can be changed and tried again.
    """
    result = _storable(result)
    try:
        mine = _claimed(draft).update(state=state, result=result, claimed=None, updated=timezone.now())
    except DatabaseError as error:  # what was done is told all the same; the claim ends by its time
        log.error("what became of a draft could not be written: %s", type(error).__name__)
        mine = 1
    if mine:
        draft.state, draft.result, draft.claimed = state, result, None
    else:
        draft.refresh_from_db()  # taken for dead, and another attempt goes on with it


def discard(draft: Draft) -> bool:
    """Forget the draft, which another tab may have done before. What it made, if anything, stays. False: it is being
    created just now, and stays too.
    """
    rows = Draft.objects.filter(id=draft.id)
    return rows.exclude(state=Draft.State.CLAIMED).delete()[0] > 0 or not rows.exists()


def forget_applied(draft: Draft) -> None:
    """Forget the draft as it was read, and was applied: what another tab has saved in it since is not. Where this
    cannot be written it stays, and says when it is opened that nothing would change.
    """
    try:
        Draft.objects.filter(id=draft.id, version=draft.version).delete()
    except DatabaseError as error:
        log.error("an applied draft could not be forgotten: %s", type(error).__name__)


def prune() -> int:
    """Delete everybody's drafts that are past their time, as `start` does one person's. How many went."""
    return sum(batches.delete(rows) for rows in _past(Draft.objects.all()))


def _own(scope: Scope) -> Drafts:
    return Draft.objects.of(scope.actor.uuid, _project(scope))


def _edits(scope: Scope) -> Drafts:
    return Draft.objects.editing(scope.actor.uuid, _project(scope))


def _about(kind: str, name: str) -> Q:
    return Q(base__kind=kind, base__name=name)


def _project(scope: Scope) -> uuid.UUID:
    if scope.project is None:
        raise ValueError("a draft belongs to a project")
    return scope.project.uuid


def _without(typed: dict[str, Any], step: str) -> dict[str, Any]:
    return {key: value for key, value in typed.items() if key != step}


def _retype(
    draft: Draft, rows: QuerySet[Draft], step: str, sequence: int | None, change: Retype, **values: Any
) -> bool:
    """Change `typed` as it stands now, not as it was when the request began: another tab may have kept its step since.
    False: there is no such row any more, or it has something newer of the step.
    """
    with transaction.atomic():
        try:
            row = rows.select_for_update().get()
        except Draft.DoesNotExist:
            return False
        newest = row.sequences.get(step, 0)
        fits = sequence is None or sequence > newest
        if fits:
            values = {key: _storable(value) for key, value in (values | {"typed": change(row.typed)}).items()}
            values["updated"] = timezone.now()
            values["sequences"] = {**row.sequences, step: newest + 1 if sequence is None else sequence}
            rows.update(**values)
        else:
            values = {}
    for name in (field.attname for field in Draft._meta.concrete_fields):
        setattr(draft, name, values.get(name, getattr(row, name)))
    return fits


def _write(draft: Draft, version: int, step: str, sequence: int | None, change: Retype, **values: Any) -> Draft:
    rows = Draft.objects.filter(id=draft.id, version=version, state=Draft.State.OPEN)
    if not _retype(draft, rows, step, sequence, change, version=version + 1, **values):
        raise Stale(Draft.objects.filter(id=draft.id).first() or draft)
    return draft


def _claimed(draft: Draft) -> QuerySet[Draft]:
    """The row, as long as the claim is the one that `draft` has."""
    return Draft.objects.filter(id=draft.id, state=Draft.State.CLAIMED, claimed=draft.claimed)


def _past(rows: QuerySet[Draft]) -> tuple[QuerySet[Draft], ...]:
    """Of these, the ones that are past their time."""
    now = timezone.now()
    old = Q(updated__lt=now - KEPT)
    empty = EMPTY & Q(updated__lt=now - timedelta(days=1))
    return rows.filter(old, state=Draft.State.DONE), rows.filter(old | empty, state=Draft.State.OPEN)
