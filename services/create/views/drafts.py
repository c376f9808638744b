"""The create dialog from outside: what can be created, and the drafts that wait: begun, listed, resumed."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.web import htmx
from services.create.present import dialog, draft_rows
from services.create.verbs import drafts
from services.manifests import yamlio
from services.manifests.starters import starter
from services.models import Draft


@require_safe
@in_project(Capability.SERVICES_MANAGE)
def chooser(request: Request, scope: Scope) -> HttpResponseBase:
    """The five ways to create a Service, and how many drafts wait. `?name=`: what it is to be called."""
    shown = {"scope": scope, "project": scope.place, "waiting": drafts.mine(scope).count()}
    return render(request, "services/create/chooser.html", {**shown, "name": request.GET.get("name", "")[:63]})


@require_safe
@in_project(Capability.SERVICES_MANAGE)
def listed(request: Request, scope: Scope) -> HttpResponseBase:
    """The drafts that wait, the last saved first."""
    return render(request, "services/create/drafts.html", listed_context(scope))


def listed_context(scope: Scope) -> dict[str, Any]:
    """What the list of drafts shows."""
    rows = [draft_rows.row(scope, draft) for draft in drafts.mine(scope)]
    edits = drafts.edits(scope) if scope.can(Capability.WORKLOADS_MANAGE) else ()
    return {"scope": scope, "project": scope.place, "drafts": rows, "edits": draft_rows.edits(scope, edits)}


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.SERVICES_MANAGE)
def start(request: Request, scope: Scope, type: str) -> HttpResponseBase:
    """A new draft of a type; its first step. By GET the chooser, for nothing is begun by following a link."""
    if type not in Draft.Type.values:
        raise Http404
    if request.method != "POST":
        return htmx.redirect(request, reverse("services:new", kwargs={"project": scope.place}))
    draft = drafts.start(scope, type=type, text=yamlio.dump(starter(type, scope.place).documents))
    name = request.POST.get("name", "")[:63]
    return htmx.redirect(
        request, dialog.resume_address(scope, draft) + (f"?{urlencode({'name': name})}" if name else "")
    )


@require_safe
@in_project(Capability.SERVICES_MANAGE)
def resume(request: Request, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """Where the person was in a draft."""
    return htmx.redirect(request, dialog.resume_address(scope, drafts.load(scope, draft)))
