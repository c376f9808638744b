"""A change of an object on its way: what will be different, applied, or brought together with somebody else's change.

Edit YAML and the dialogs end here alike: `change.sheet.text` is the document that is sent, its base what was opened.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext, ngettext

from accounts.requests import Request
from accounts.scope import Scope
from console.kube import kinds
from console.kube.errors import Conflict
from console.kube.kinds import Kind, api_path
from console.web import htmx
from services.changes import managers
from services.changes.authors import recorded
from services.changes.conflicts import conflict_context, moment_in
from services.changes.effects import Consequence, consequences_of
from services.changes.replace import Rehearsed, rehearse_replace, replace_object
from services.changes.setters import noted_lines
from services.edit.present.callers import callers, unhandled
from services.edit.present.effects import consequences, endpoint_counts, harmless
from services.manifests.bundle import Document
from services.manifests.yamlio import YamlProblem, load
from services.manifests.yamlout import dump_one
from services.shown.pages import page_of
from services.shown.saved import with_next_steps
from services.yaml_editor import differences
from services.yaml_editor.problem_lines import Sheet
from services.yaml_editor.stored import digest_of, editable, read_object, version_of

_SECONDS = 4.0  # a rollout writes its status many times a second; a page answers in time all the same


class Unchanged(Exception):
    """The cluster already stores exactly this."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the object `name`. `title`: the page it was entered on; `address`: where its pages are posted;
    `back`: words of the button that leads to what was entered; `typed`: the fields of a form, carried along."""

    name: str
    sheet: Sheet
    title: str
    address: str
    back: str
    typed: tuple[tuple[str, str], ...] = ()
    kind: Kind = kinds.SERVICE


Act = Callable[[Request, Scope, Change, Document], HttpResponseBase]


def sheet_of(stored: Document) -> Sheet:
    """What a page begins with."""
    text = dump_one(editable(stored))
    return Sheet(text, text, version_of(stored), str(int(time.time())))


def posted_sheet(request: Request) -> Sheet:
    """What a page carried."""
    fields = ("text", "base", "version", "opened")
    return Sheet(*(request.POST.get(field, "").replace("\r\n", "\n") for field in fields))


def base_of(sheet: Sheet) -> Document:
    """The document that was opened. A form that was tampered with has none: then everything counts as changed."""
    try:
        documents = load(sheet.base)
    except YamlProblem:
        return {}
    return dict(documents[0]) if documents else {}


def settled(act: Act, request: Request, scope: Scope, change: Change, document: Document) -> HttpResponseBase:
    """Do what is asked, or show both changes where somebody else was faster. What the cluster alone wrote meanwhile (a
    status, each of which is a new version) is nobody's change: then it is done on the version that is stored now."""
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        try:
            return act(request, scope, change, document)
        except Conflict:
            stored = read_object(scope, request.cluster, change.kind, change.name)
            if editable(stored) != base_of(change.sheet):
                break
            change = replace(change, sheet=replace(change.sheet, version=version_of(stored)))
            time.sleep(random.uniform(0.02, 0.1))
    return conflict(request, scope, change, document)


def review(
    request: Request, scope: Scope, change: Change, document: Document, *, status: int = 200
) -> HttpResponseBase:
    """What will be different, as the cluster would store it. Raises KubeError, `Refused` and `Unchanged`."""
    rehearsed = _rehearsed(request, scope, change, document)
    lines = noted_lines(rehearsed, recorded(scope, change.kind, change.name))
    if not lines:
        raise Unchanged
    effects = _effects(request, scope, change, rehearsed)
    worst = effects[0] if effects and effects[0].state == "bad" else None
    context = context_of(scope, change) | {
        "lines": lines,
        "noted": any(line.note for line in lines),
        "managers_noted": any(line.note and line.note.manager for line in lines),
        "field_count": len(rehearsed.paths),
        "worst": worst,
        "effects": [effect for effect in effects if effect is not worst],
        "button": next((effect.button for effect in effects if effect.button), ""),
        "managers": managers.sentences(rehearsed.stored, rehearsed.paths),
        "path": api_path(change.kind, namespace=scope.place, name=change.name),
        "request_lines": change.sheet.text.count("\n"),
    }
    if change.kind is kinds.SERVICE:
        view = request.cluster.look(scope.subject, scope.place)
        counts = endpoint_counts(view, rehearsed.stored, rehearsed.proposed)
        context["callers"] = callers(rehearsed.stored, rehearsed.announced, counts)
        context["unhandled"] = [choice for choice in unhandled(rehearsed.announced) if choice.chosen]
        context["harmless"] = harmless(view, rehearsed.proposed)
    return render(request, "services/edit/review.html", context, status=status)


def apply(request: Request, scope: Scope, change: Change, document: Document) -> HttpResponseBase:
    """Store it. What leaves a Service without endpoints has to be confirmed."""
    rehearsed = _rehearsed(request, scope, change, document)
    worst = any(effect.state == "bad" for effect in _effects(request, scope, change, rehearsed))
    if worst and "sure" not in request.POST:
        return review(request, scope, change, document, status=422)
    return store(request, scope, change, document)


def store_tried(request: Request, scope: Scope, change: Change, document: Document) -> HttpResponseBase:
    """Store it without a review, once the cluster has said that it would take it."""
    _rehearsed(request, scope, change, document)
    return store(request, scope, change, document)


def store(request: Request, scope: Scope, change: Change, document: Document) -> HttpResponseBase:
    """Store it, and lead to the page of the object."""
    changed = replace_object(scope, request.cluster, change.kind, change.name, document, change.sheet.version)
    text = ngettext("Saved %(name)s: 1 field changed.", "Saved %(name)s: %(count)s fields changed.", len(changed))
    said = text % {"name": change.name, "count": len(changed)}
    messages.success(request, with_next_steps(said, scope.place, change.kind, change.name, changed))
    return htmx.redirect(request, page_of(scope.place, change.kind, change.name))


def asked(request: Request, scope: Scope, change: Change, document: Document) -> HttpResponseBase:
    """Both changes side by side, and over them the question whether yours is discarded, or not any more."""
    return conflict(request, scope, change, document, status=200)


def conflict(
    request: Request, scope: Scope, change: Change, document: Document, *, status: int = 409
) -> HttpResponseBase:
    """Somebody else changed it meanwhile: both changes side by side."""
    stored = read_object(scope, request.cluster, change.kind, change.name)
    merge = differences.merged(base_of(change.sheet), editable(stored), document, differences.choices(request.POST))
    if merge.document == editable(stored) and not merge.clashes:  # the same was saved meanwhile: a second click
        messages.info(request, gettext("%(name)s has this change already.") % {"name": change.name})
        return htmx.redirect(request, page_of(scope.place, change.kind, change.name))
    context = context_of(scope, change)
    context |= conflict_context(scope, change.kind, stored, merge) | {
        "dialog_title": change.title,
        "out": context["back"],
        "discards": request.POST.get("do") == "discard",
        "merge_form": "merge",
        "merge_url": change.address,
        "base_version": change.sheet.version,
        "opened_at": moment_in(change.sheet.opened),
    }
    return render(request, "services/edit/conflict.html", context, status=status)


def merged(request: Request, scope: Scope, change: Change, document: Document) -> tuple[Sheet, Document] | None:
    """The change on top of what is stored now, once there is a choice for each clash; None while one is open. Raises
    `Conflict` where somebody changed the object again."""
    stored = read_object(scope, request.cluster, change.kind, change.name)
    if version_of(stored) != request.POST.get("stored_version") and digest_of(stored) != request.POST.get("seen"):
        raise Conflict
    together = differences.resolved(
        base_of(change.sheet), editable(stored), document, differences.choices(request.POST)
    )
    return None if together is None else (replace(sheet_of(stored), text=dump_one(together)), together)


def context_of(scope: Scope, change: Change) -> dict[str, Any]:
    """What every page about a change shows."""
    return {
        "project": scope.place,
        "name": change.name,
        "kind": change.kind.kind,
        "plural": change.kind.plural,
        "change": change,
        "sheet": change.sheet,
        "back": page_of(scope.place, change.kind, change.name),
    }


def _rehearsed(request: Request, scope: Scope, change: Change, document: Document) -> Rehearsed:
    return rehearse_replace(scope, request.cluster, change.kind, change.name, document, change.sheet.version)


def _effects(request: Request, scope: Scope, change: Change, rehearsed: Rehearsed) -> tuple[Consequence, ...]:
    view = request.cluster.look(scope.subject, scope.place)
    judge = consequences if change.kind is kinds.SERVICE else consequences_of
    return judge(view, request.cluster.as_user(scope.identity), rehearsed.stored, rehearsed.proposed)
