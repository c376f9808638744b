"""A change of a Service on its way: what will be different, applied, or brought together with somebody else's change.

Edit YAML and the dialogs end here alike: `change.sheet.text` is the document that is sent, its base what was opened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from accounts import audit
from accounts.requests import Request
from accounts.scope import Scope
from console.kube import kinds
from console.kube.errors import Conflict
from console.kube.kinds import Ref
from console.web import htmx, times
from services import page_state
from services.changes import managers
from services.changes.authors import Changed, author_of, last_change
from services.changes.replace import Rehearsed, action_of, rehearse_replace, replace_object, target_of
from services.edit.present.callers import callers
from services.edit.present.effects import Consequence, consequences, endpoint_counts, harmless
from services.manifests.diff import changes
from services.manifests.paths import Path
from services.manifests.yamlio import YamlProblem, load
from services.manifests.yamlout import dump_one
from services.yaml_editor import differences
from services.yaml_editor.problem_lines import Sheet
from services.yaml_editor.stored import Document, editable, read_service, version_of

_RECORDS = 30  # entries of the record in which the author of a field is looked for


class Unchanged(Exception):
    """The cluster already stores exactly this."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the Service `name`. `title`: the page it was entered on; `address`: where its pages are posted;
    `back`: words of the button that leads to what was entered; `typed`: the fields of a form, carried along."""

    name: str
    sheet: Sheet
    title: str
    address: str
    back: str
    typed: tuple[tuple[str, str], ...] = ()


def sheet_of(stored: Document) -> Sheet:
    """What a page begins with."""
    text = dump_one(editable(stored))
    return Sheet(text, text, version_of(stored))


def base_of(sheet: Sheet) -> Document:
    """The document that was opened. A form that was tampered with has none: then everything counts as changed."""
    try:
        documents = load(sheet.base)
    except YamlProblem:
        return {}
    return dict(documents[0]) if documents else {}


def review(
    request: Request, scope: Scope, change: Change, document: Document, *, status: int = 200
) -> HttpResponseBase:
    """What will be different, as the cluster would store it. Raises KubeError, `Refused` and `Unchanged`."""
    version = change.sheet.version
    rehearsed = rehearse_replace(scope, request.cluster, kinds.SERVICE, change.name, document, version)
    before, after = (dump_one(editable(one)) for one in (rehearsed.stored, rehearsed.proposed))
    if before == after:
        raise Unchanged
    effects = _effects(request, scope, rehearsed)
    worst = effects[0] if effects and effects[0].state == "bad" else None
    view = request.cluster.look(scope.subject, scope.place)
    counts = endpoint_counts(view, rehearsed.stored, rehearsed.proposed)
    context = context_of(scope, change) | {
        "lines": differences.diff_lines(before, after),
        "worst": worst,
        "effects": [effect for effect in effects if effect is not worst],
        "managers": managers.sentences(rehearsed.stored, _paths(rehearsed)),
        "callers": callers(rehearsed.stored, rehearsed.proposed, counts),
        "harmless": harmless(view, rehearsed.proposed),
        "request_lines": change.sheet.text.count("\n"),
    }
    return render(request, "services/edit/review.html", context, status=status)


def apply(request: Request, scope: Scope, change: Change, document: Document) -> HttpResponseBase:
    """Store it. What leaves the Service without endpoints has to be confirmed."""
    version = change.sheet.version
    rehearsed = rehearse_replace(scope, request.cluster, kinds.SERVICE, change.name, document, version)
    worst = any(effect.state == "bad" for effect in _effects(request, scope, rehearsed))
    if worst and "sure" not in request.POST:
        return review(request, scope, change, document, status=422)
    return store(request, scope, change, document)


def store_tried(request: Request, scope: Scope, change: Change, document: Document) -> HttpResponseBase:
    """Store it without a review, once the cluster has said that it would take it."""
    rehearse_replace(scope, request.cluster, kinds.SERVICE, change.name, document, change.sheet.version)
    return store(request, scope, change, document)


def store(request: Request, scope: Scope, change: Change, document: Document) -> HttpResponseBase:
    """Store it, and lead to the Service."""
    changed = replace_object(scope, request.cluster, kinds.SERVICE, change.name, document, change.sheet.version)
    text = ngettext("Saved %(name)s: 1 field changed.", "Saved %(name)s: %(count)s fields changed.", len(changed))
    messages.success(request, text % {"name": change.name, "count": len(changed)})
    return htmx.redirect(request, reverse("services:details", args=[scope.place, change.name]))


def conflict(
    request: Request, scope: Scope, change: Change, document: Document, *, status: int = 409
) -> HttpResponseBase:
    """Somebody else changed it meanwhile: both changes side by side."""
    stored = read_service(scope, request.cluster, change.name)
    merge = differences.merged(base_of(change.sheet), editable(stored), document, _chosen(request))
    if merge.document == editable(stored) and not merge.clashes:  # the same was saved meanwhile: a second click
        messages.info(request, gettext("%(name)s has this change already.") % {"name": change.name})
        return htmx.redirect(request, reverse("services:details", args=[scope.place, change.name]))
    target = target_of(Ref(kinds.SERVICE, scope.place, change.name))
    records = audit.recent(scope, action_of(kinds.SERVICE), target=target, most=_RECORDS)
    changed = last_change(stored, next(iter(records), None), merge.theirs)
    context = context_of(scope, change) | {
        "merge": merge,
        "changed": changed,
        "fields": [
            (field, author_of(stored, records, field.place) if field.by != "you" else None) for field in merge.fields
        ],
        "notice": _conflict_notice(scope, change.name, merge, changed),
        "stored_version": version_of(stored),
        "result": dump_one(merge.document),
    }
    return render(request, "services/edit/conflict.html", context, status=status)


def _conflict_notice(scope: Scope, name: str, merge: differences.Merge, changed: Changed) -> page_state.Notice:
    """Who was faster, what became of this change, and what to do."""
    values = {"name": name, "who": changed.who, "time": times.element(changed.at, "ago")}
    if not changed.who:
        what = gettext("%(name)s was changed while you were editing, by someone else or in another tab.")
    elif changed.who == scope.actor.name:
        what = gettext("You changed %(name)s %(time)s, in another tab.")
    else:
        what = gettext("%(who)s changed %(name)s %(time)s, while you were editing.")
    counts = {"count": merge.clashes, "fitting": merge.fitting, "total": merge.fitting + merge.clashes}
    if not merge.clashes:
        text = gettext("No field conflicts: review the result.")
    elif merge.fitting:
        text = ngettext(
            "%(fitting)s of %(total)s fields merge automatically; 1 conflicts: choose a value, then review the result.",
            "%(fitting)s of %(total)s fields merge automatically; choose a value for each of the others.",
            merge.clashes,
        )
    else:
        text = ngettext(
            "1 field conflicts: choose a value, then review the result.",
            "%(count)s fields conflict: choose values, then review the result.",
            merge.clashes,
        )
    means = gettext("Your change is not saved. %(merge)s") % {"merge": text % counts if merge.clashes else text}
    return page_state.Notice("warn", times.sentence(what, values), means)


def merged(request: Request, scope: Scope, change: Change, document: Document) -> tuple[Sheet, Document] | None:
    """The change on top of what is stored now, once there is a choice for each clash; None while one is open. Raises
    `Conflict` where somebody changed the Service again."""
    stored = read_service(scope, request.cluster, change.name)
    if version_of(stored) != request.POST.get("stored_version"):
        raise Conflict
    together = differences.resolved(base_of(change.sheet), editable(stored), document, _chosen(request))
    return None if together is None else (replace(sheet_of(stored), text=dump_one(together)), together)


def context_of(scope: Scope, change: Change) -> dict[str, Any]:
    """What every page about a change shows."""
    return {
        "project": scope.place,
        "name": change.name,
        "change": change,
        "sheet": change.sheet,
        "back": reverse("services:details", args=[scope.place, change.name]),
    }


def _paths(rehearsed: Rehearsed) -> list[Path]:
    return [changed.path for changed in changes(editable(rehearsed.stored), editable(rehearsed.proposed))]


def _effects(request: Request, scope: Scope, rehearsed: Rehearsed) -> tuple[Consequence, ...]:
    view = request.cluster.look(scope.subject, scope.place)
    client = request.cluster.as_user(scope.identity)
    return consequences(view, client, rehearsed.stored, rehearsed.proposed)


def _chosen(request: Request) -> dict[str, str]:
    """The side chosen for each clash, by its path."""
    given = {key: str(value) for key, value in request.POST.items()}
    return {key.removeprefix("clash:"): value for key, value in given.items() if key.startswith("clash:")}
