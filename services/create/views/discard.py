"""Discarding drafts: asked over the page one stands on, so that one sees what is lost."""

import re
import uuid
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.web import htmx
from services.create.present import dialog
from services.create.verbs import drafts
from services.create.views import review, step, yaml
from services.create.views.drafts import listed_context
from services.models import Draft
from services.steps.step import steps_of

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.SERVICES_MANAGE)
def discard(request: Request, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """Forget a draft, after asking. One that another tab has discarded is gone, as it was to be."""
    if request.method != "POST":
        loaded = drafts.load(scope, draft)
        behind = _backdrop(request, scope, loaded)
        return _ask(request, [loaded], behind, dialog.address(scope, loaded, "discard"))
    with suppress(Http404):
        mine = drafts.load(scope, draft)
        if not drafts.discard(mine):
            stopped = _("Its creation stopped: undo or complete it first. The draft was not discarded.")
            running = _("The draft is being created. It was not discarded.")
            messages.warning(request, stopped if drafts.abandoned(mine) else running)
            return htmx.redirect(request, dialog.address(scope, mine, "progress"))
    messages.info(request, _("Draft discarded."))
    chooser = reverse("services:new", kwargs={"project": scope.place})
    return htmx.redirect(request, _list_address(scope) if drafts.mine(scope).exists() else chooser)


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.SERVICES_MANAGE)
def discard_many(request: Request, scope: Scope) -> HttpResponseBase:
    """Forget those picked in the list (`pick`), after asking."""
    sent = request.POST if request.method == "POST" else request.GET
    picked = {uuid.UUID(text) for text in sent.getlist("pick") if _UUID.fullmatch(text)}
    chosen = list(drafts.mine(scope).filter(id__in=picked))
    if not chosen:
        messages.warning(request, _("Select drafts in the list first."))
        return htmx.redirect(request, _list_address(scope))
    if request.method != "POST":
        return _ask(request, chosen, _over_the_list(scope), reverse("services:discard-many", args=[scope.place]))
    kept = [draft for draft in chosen if not drafts.discard(draft)]
    gone = len(chosen) - len(kept)
    messages.info(request, ngettext("%(n)d draft discarded.", "%(n)d drafts discarded.", gone) % {"n": gone})
    stopped = [draft for draft in kept if drafts.abandoned(draft)]
    if stopped:
        messages.warning(request, _("A draft whose creation stopped was not discarded: undo or complete it first."))
    if len(stopped) < len(kept):
        messages.warning(request, _("A draft that is being created was not discarded."))
    return htmx.redirect(request, _list_address(scope))


def _ask(request: Request, chosen: list[Draft], behind: dict[str, Any], url: str) -> HttpResponseBase:
    """The question, over the page that `behind` is the context of."""
    alone = chosen[0] if len(chosen) == 1 else None
    context = {
        "discarded": chosen,
        "name": alone.called if alone else "",
        "filled": [str(step.title) for step in steps_of(alone.type) if step.name in {*alone.saved, *alone.typed}]
        if alone
        else [],
        "leaves_objects": any(draft.state == Draft.State.PARTIAL for draft in chosen),
        "discard_url": url,
    }
    return render(request, "services/create/discard.html", behind | context)


def _backdrop(request: Request, scope: Scope, draft: Draft) -> dict[str, Any]:
    """The page of the dialog that one came from (`?from=`), as one left it: its context, `backdrop`, its template, and
    `keep_url`, the way back to it; the list of drafts where one came from there."""
    came = request.GET.get("from", "")
    current = next((candidate for candidate in steps_of(draft.type) if candidate.name == came), None)
    if draft.state != Draft.State.OPEN:
        page = ("services/create/progress.html", review.progress_context(scope, draft), "progress")
    elif dialog.YAML in draft.typed or came == dialog.YAML:
        page = ("services/create/yaml.html", yaml.shown(request, scope, draft), dialog.YAML)
    elif current is not None:
        page = (*step.shown(request, scope, draft, current), current.name)
    elif came == dialog.REVIEW:
        page = ("services/create/review.html", review.shown(request, scope, draft), dialog.REVIEW)
    else:
        return _over_the_list(scope)
    template, context, name = page
    return context | {"backdrop": template, "keep_url": dialog.page_address(scope, draft, name)}


def _over_the_list(scope: Scope) -> dict[str, Any]:
    return listed_context(scope) | {"backdrop": "services/create/drafts.html", "keep_url": _list_address(scope)}


def _list_address(scope: Scope) -> str:
    return reverse("services:drafts", kwargs={"project": scope.place})
