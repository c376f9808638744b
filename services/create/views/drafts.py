"""The create dialog from outside: what can be created, and the drafts that wait: begun, resumed, discarded."""

import uuid
from contextlib import suppress

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.web import htmx
from services.create.present import dialog
from services.create.verbs import drafts
from services.manifests import yamlio
from services.manifests.starters import starter
from services.models import Draft
from services.steps.step import steps_of


@require_safe
@in_project(Capability.SERVICES_MANAGE)
def chooser(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The five ways to make a Service, and the drafts that wait."""
    found = [(draft, dialog.resume_address(scope, draft), _reached(draft)) for draft in drafts.mine(scope)]
    return render(request, "services/create/chooser.html", {"scope": scope, "project": scope.place, "drafts": found})


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.SERVICES_MANAGE)
def start(request: HttpRequest, scope: Scope, type: str) -> HttpResponseBase:
    """A new draft of a type; its first step. By GET the chooser, for nothing is begun by following a link."""
    if type not in Draft.Type.values:
        raise Http404
    if request.method != "POST":
        return htmx.redirect(request, reverse("services:new", kwargs={"project": scope.place}))
    draft = drafts.start(scope, type=type, text=yamlio.dump(starter(type, scope.place).documents))
    return htmx.redirect(request, dialog.resume_address(scope, draft))


@require_safe
@in_project(Capability.SERVICES_MANAGE)
def resume(request: HttpRequest, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """Where the person was in a draft."""
    return htmx.redirect(request, dialog.resume_address(scope, drafts.load(scope, draft)))


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.SERVICES_MANAGE)
def discard(request: HttpRequest, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """Forget a draft, after asking. One that another tab has discarded is gone, as it was to be."""
    if request.method != "POST":
        asked = dialog.context(scope, drafts.load(scope, draft), "")
        return render(request, "services/create/discard.html", asked)
    with suppress(Http404):
        mine = drafts.load(scope, draft)
        if not drafts.discard(mine):
            messages.warning(request, _("The draft is being created just now. It was not discarded."))
            return htmx.redirect(request, dialog.address(scope, mine, "progress"))
    messages.info(request, _("The draft is gone."))
    return htmx.redirect(request, reverse("services:new", kwargs={"project": scope.place}))


def _reached(draft: Draft) -> tuple[str, int]:
    """The step that waits, and how many problems it has."""
    for one in steps_of(draft.type):
        if one.name not in draft.saved or one.name in draft.typed:
            return str(one.title), dialog.problems_of(draft, one.name)
    return _("Review"), dialog.problems_of(draft, dialog.YAML)
