"""The end of the create dialog: what the cluster would say, create, and what became of it."""

import shlex
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import NotRecorded
from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube.batch import Verdict
from console.web import htmx
from services.create.present import dialog
from services.create.present.verdicts import (
    Line,
    lines,
    not_twice,
    of_attempt,
    retry_words,
    status_of,
    summary,
    under_way,
    undo_words,
)
from services.create.verbs import attempts, drafts
from services.create.views.draft_request import seen
from services.manifests import yamlio
from services.manifests.bundle import WORKLOAD_KINDS, Document, kind_of, name_of
from services.models import Draft
from services.steps.extras import undeclared
from services.yaml_editor.text import check


@require_safe
@in_project(Capability.SERVICES_MANAGE)
def review(request: Request, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """The objects in the order they are made, what the dry run says, and what is sent."""
    loaded = drafts.load(scope, draft)
    if elsewhere := _elsewhere(scope, loaded):
        return htmx.redirect(request, elsewhere)
    return render(request, "services/create/review.html", shown(request, scope, loaded))


def shown(request: Request, scope: Scope, draft: Draft) -> dict[str, Any]:
    """Context of the review as it is opened: after a dry run."""
    documents = _documents(scope, draft)
    verdicts = attempts.rehearse(scope, request.cluster, documents)
    return _context(request, scope, draft, documents, verdicts)


@require_POST
@in_project(Capability.SERVICES_MANAGE)
def create(request: Request, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """Create it. A second click finds the draft claimed and is shown what the first one does."""
    loaded = drafts.load(scope, draft)
    if _elsewhere(scope, loaded):
        return htmx.redirect(request, dialog.address(scope, loaded, "progress"))
    if loaded.typed:  # kept by another tab since: the review says which step waits
        return htmx.redirect(request, dialog.address(scope, loaded, dialog.REVIEW))
    return _attempt(request, scope, loaded, partial(attempts.create, version=seen(request)))


@require_POST
@in_project(Capability.SERVICES_MANAGE)
def retry(request: Request, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """Make what is missing of an attempt that stopped half-way."""
    return _attempt(request, scope, drafts.load(scope, draft), attempts.retry)


@require_POST
@in_project(Capability.SERVICES_MANAGE)
def undo(request: Request, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """Delete what an attempt that stopped half-way has made, and nothing else."""
    loaded = drafts.load(scope, draft)
    try:
        outcome = attempts.undo(scope, request.cluster, loaded)
    except attempts.Claimed:
        return htmx.redirect(request, dialog.address(scope, loaded, "progress"))
    if outcome.state == "none":
        messages.success(request, _("Undone: all created objects were deleted. The draft is kept."))
        return htmx.redirect(request, dialog.address(scope, loaded, dialog.REVIEW))
    return _progress(request, scope, loaded, status=status_of(outcome.worst))


@require_safe
@in_project(Capability.SERVICES_MANAGE)
def progress(request: Request, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """Where an attempt stands: under way, done, or stopped half-way."""
    loaded = drafts.load(scope, draft)
    if loaded.state == Draft.State.DONE:
        return htmx.redirect(request, _details(scope, loaded))
    if loaded.state == Draft.State.OPEN:
        return htmx.redirect(request, dialog.address(scope, loaded, dialog.REVIEW))
    known = None if _is_running(loaded) else attempts.looked(scope, request.cluster, loaded)
    return _progress(request, scope, loaded, status=200, verdicts=known)


@require_safe
@in_project(Capability.SERVICES_MANAGE)
def download(request: Request, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """What would be sent, as a file; with `raw` the text as it is in the editor."""
    loaded = drafts.load(scope, draft)
    text = loaded.text if "raw" in request.GET else yamlio.dump(_documents(scope, loaded))
    return htmx.file(text, dialog.file_name(loaded))


def _attempt(request: Request, scope: Scope, draft: Draft, verb: Callable[..., attempts.Outcome]) -> HttpResponseBase:
    """Create or retry, and where that leads: to what was created, to what is missing, or back to the review."""
    began, documents = verb is attempts.retry and bool(draft.result), _documents(scope, draft)
    try:
        outcome = verb(scope, request.cluster, draft, documents)
    except NotRecorded as problem:
        if began:
            raise  # the page of the review would say that nothing exists
        # What cannot be recorded is not done: nothing was sent.
        context = _context(request, scope, draft, documents, (), attempted=True, said=str(problem))
        return render(request, "services/create/review.html", context, status=503)
    except attempts.Claimed:
        return htmx.redirect(request, dialog.address(scope, draft, "progress"))
    if outcome.state == "done":
        messages.success(request, _("Created %(name)s.") % {"name": draft.name})
        return htmx.redirect(request, _details(scope, draft))
    status = status_of(outcome.worst)
    if outcome.state == "partial":
        return _progress(request, scope, draft, status=status)
    context = _context(request, scope, draft, documents, outcome.verdicts, attempted=True)
    return render(request, "services/create/review.html", context, status=status)


def _context(
    request: Request,
    scope: Scope,
    draft: Draft,
    documents: tuple[Document, ...],
    verdicts: Any,
    *,
    attempted: bool = False,
    said: str = "",
) -> dict[str, Any]:
    beside = undeclared(request.cluster, scope, documents)
    checked = lines(scope, draft, documents, verdicts, beside)
    checked = of_attempt(checked) if attempted else checked
    told = summary(checked, attempted=attempted, said=said)
    texts = [(kind_of(document), name_of(document), yamlio.dump((document,))) for document in documents]
    context = {
        "lines": not_twice(checked, told),
        "told": told,
        "attempted": attempted,
        "asked_at": timezone.now(),
        "counted": ngettext("%(n)d object", "%(n)d objects", len(documents)) % {"n": len(documents)},
        "label": _("Result") if attempted else _("Dry run"),
        "texts": texts,
        "command": shlex.join(("kubectl", "create", "--namespace", scope.place, "--filename", dialog.file_name(draft))),
        "waiting": list(draft.typed),
        "wrong": {name: 1 for line in checked for name in line.steps}
        | ({dialog.REVIEW: 1} if told.state == "bad" else {}),
    }
    return dialog.context(scope, draft, dialog.REVIEW, **context)


def _progress(
    request: Request, scope: Scope, draft: Draft, *, status: int, verdicts: Sequence[Verdict] | None = None
) -> HttpResponse:
    context = progress_context(scope, draft, verdicts)
    response = render(request, "services/create/progress.html", context, status=status)
    if context["running"]:
        response.headers["Refresh"] = "2"
    return response


def progress_context(scope: Scope, draft: Draft, verdicts: Sequence[Verdict] | None = None) -> dict[str, Any]:
    """Each object of an attempt so far. `verdicts`: as the cluster has them now, else as the draft does."""
    running, verdicts = _is_running(draft), verdicts if verdicts is not None else attempts.from_json(draft.result)
    attempted = lines(scope, draft, _documents(scope, draft), verdicts)
    stopped = next((line for line in attempted if line.error), None) if not drafts.abandoned(draft) else None
    context = {
        "lines": under_way(attempted) if running else attempted,
        "running": running,
        "since": max((datetime.fromisoformat(row["since"]) for row in draft.result if row.get("since")), default=None),
        "place": attempted.index(stopped) + 1 if stopped else 0,
        "abandoned": drafts.abandoned(draft),
        "exist": [line for line in attempted if line.exists],
        "unknown": [line for line in attempted if line.outcome == "unknown"],
        "untried": [line for line in attempted if line.outcome == "not-tried"],
        "missing": [line for line in attempted if line.outcome == "missing"],
        "stopped": stopped,
        "means": _left_behind(attempted),
        "retry": retry_words(attempted, stopped),
        "undo": undo_words(attempted),
        "read_at": timezone.now(),
        "warned": not running,
        "wrong": {dialog.REVIEW: 1} if stopped and stopped.state == "bad" else {},
    }
    page_url = dialog.address(scope, draft, "progress")
    return dialog.context(scope, draft, dialog.REVIEW, page_url=page_url, **context)


def _left_behind(attempted: Sequence[Line]) -> str:
    """What it means for callers that only some of the objects exist; "" where that is not known, or nothing special."""
    exist, all_kinds = {line.kind for line in attempted if line.exists}, {line.kind for line in attempted}
    workloads = set(WORKLOAD_KINDS)
    if any(line.outcome == "unknown" for line in attempted):
        return ""
    if exist & workloads and "Service" in all_kinds - exist:
        return _("Its pods run without a Service in front of them.")
    if "Service" in exist and all_kinds & workloads and not exist & workloads:
        return _("The Service has no pods of this draft to send requests to.")
    return ""


def _is_running(draft: Draft) -> bool:
    return draft.state == Draft.State.CLAIMED and not drafts.abandoned(draft)


def _elsewhere(scope: Scope, draft: Draft) -> str:
    """Where the person has to be instead of at the review, or ""."""
    if draft.state != Draft.State.OPEN:
        return dialog.address(scope, draft, "progress")
    if dialog.YAML in draft.typed or check(draft.text, scope.place)[1]:
        return dialog.address(scope, draft, "draft-yaml")
    return ""


def _documents(scope: Scope, draft: Draft) -> tuple[Document, ...]:
    return attempts.prepared(scope, dialog.bundle_of(draft).documents)


def _details(scope: Scope, draft: Draft) -> str:
    """The Service that was created; the list where there are several, or none."""
    services = [row["name"] for row in draft.result if row["kind"] == "Service"]
    if len(services) != 1:
        return reverse("services:list", kwargs={"project": scope.place})
    return reverse("services:details", kwargs={"project": scope.place, "name": services[0]})
