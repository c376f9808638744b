"""Edit Settings of a workload that exists: the steps that create one, opened on what is stored; then the difference."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube import kinds
from console.kube.errors import NotFound
from console.web import htmx
from services.create.present import dialog, settings
from services.create.verbs import drafts
from services.create.verbs import settings as verbs
from services.create.views import settings_review, yaml
from services.create.views.draft_request import of_draft
from services.create.views.step import answer, shown
from services.manifests.yamlio import YamlProblem
from services.models import SETTINGS, Draft
from services.steps.step import steps_of
from services.yaml_editor.stored import read_object

_MEANINGS = {
    "pod": _("Replicas, containers with their ports, checks and variables, update strategy, scheduling."),
    "storage": _("Volumes, and where the containers mount them."),
    "advanced_live": _("Node selection, labels and annotations."),
}
_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(_METHODS)
@in_project(Capability.WORKLOADS_MANAGE)
def begin(request: Request, scope: Scope, kind: str, name: str) -> HttpResponseBase:
    """Where to begin; by POST the step of that name, of what the person was at or of what is stored now. `limit`: the
    container whose memory limit gets the focus.
    """
    sort = kinds.workload(kind)
    if request.method == "POST":
        try:
            draft = verbs.begin(scope, request.cluster, sort, name)
        except YamlProblem:
            messages.warning(request, gettext("%(name)s is too large for a form.") % {"name": name})
            return htmx.redirect(request, reverse("services:workload", args=[scope.place, kind, name]))
        chosen = next((step for step in steps_of(SETTINGS) if step.name == request.POST.get("step", "")), None)
        limit = request.POST.get("limit", "")
        query = f"?{urlencode({'limit': limit})}" if limit else ""
        return htmx.redirect(request, dialog.step_address(scope, draft, chosen or steps_of(SETTINGS)[0]) + query)
    waiting = drafts.edit_of(scope, sort.kind, name)
    try:
        stored = read_object(scope, request.cluster, sort, name)
    except NotFound:
        if waiting is None:
            raise
        return htmx.redirect(request, dialog.address(scope, waiting, dialog.REVIEW))  # which says so
    now = settings.standing(stored)
    context: dict[str, Any] = {
        "project": scope.place,
        "name": name,
        "kind": sort.kind,
        "out": reverse("services:workload", args=[scope.place, kind, name]),
        "waiting": waiting,
        "steps": [(step.name, step.title, _MEANINGS[step.name], now[step.name]) for step in steps_of(SETTINGS)],
        "fixed": settings.fixed(stored),
    }
    if waiting:
        context["review_url"] = dialog.address(scope, waiting, dialog.REVIEW)
        context["discard_url"] = dialog.address(scope, waiting, "discard")
    return render(request, "services/create/settings.html", context)


@require_http_methods(_METHODS)
@of_draft
def one_step(request: Request, scope: Scope, draft: Draft, step: str) -> HttpResponseBase:
    """A step, as the create dialog has it."""
    return answer(request, scope, draft, step)


@require_http_methods(_METHODS)
@of_draft
def text(request: Request, scope: Scope, draft: Draft) -> HttpResponseBase:
    """The same as YAML."""
    return yaml.answer(request, scope, draft)


@require_safe
@of_draft
def download(request: Request, scope: Scope, draft: Draft) -> HttpResponseBase:
    """What was entered so far, as a file."""
    return htmx.file(draft.text, dialog.file_name(draft))


@require_safe
@of_draft
def review(request: Request, scope: Scope, draft: Draft) -> HttpResponseBase:
    """What will be different, as the cluster would store it; both changes where somebody else was faster."""
    return settings_review.answer(request, scope, draft)


@require_http_methods(_METHODS)
@of_draft
def discard(request: Request, scope: Scope, draft: Draft) -> HttpResponseBase:
    """Forget what was typed, after asking over the step that one stands on."""
    if request.method == "POST":
        drafts.discard(draft)
        messages.info(request, gettext("Your changes of %(name)s were discarded.") % {"name": draft.name})
        return htmx.redirect(request, dialog.way_out(scope, draft))
    came = next((step for step in steps_of(SETTINGS) if step.name == request.GET.get("from", "")), None)
    template, behind = shown(request, scope, draft, came or steps_of(SETTINGS)[0])
    context = behind | {
        "backdrop": template,
        "keep_url": dialog.step_address(scope, draft, came),
        "discarded": [draft],
        "name": draft.name,
        "discard_url": dialog.address(scope, draft, "discard"),
    }
    return render(request, "services/create/discard.html", context)
