"""The end of the create dialog: what the cluster would say, create, and what became of it."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import NotRecorded
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.web import htmx
from services import actions, drafts
from services.forms.text import check
from services.manifests import kubectl, yamlio
from services.manifests.bundle import Document, kind_of, name_of
from services.models import Draft
from services.views import create_page as page
from services.views.create_extras import undeclared
from services.views.create_verdicts import lines, not_twice, status_of, summary

_STOPPED = (Draft.State.PARTIAL, Draft.State.CLAIMED)  # claimed: by a process that died, or the claim is refused


@require_safe
@in_project(Capability.SERVICES_MANAGE)
def review(request: HttpRequest, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """The objects in the order they are made, what the dry run says, and what is sent."""
    found = drafts.load(scope, draft)
    elsewhere = _elsewhere(scope, found)
    if elsewhere:
        return htmx.redirect(request, elsewhere)
    documents = _documents(scope, found)
    verdicts = actions.rehearse(scope, request.cluster, documents)  # type: ignore[attr-defined]
    return _review(request, scope, found, documents, verdicts)


@require_POST
@in_project(Capability.SERVICES_MANAGE)
def create(request: HttpRequest, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """Create it. A second click finds the draft claimed and is shown what the first one does."""
    found = drafts.load(scope, draft)
    if _elsewhere(scope, found):
        return htmx.redirect(request, page.address(scope, found, "progress"))
    if found.typed:  # kept by another tab since: the review says which step waits
        return htmx.redirect(request, page.address(scope, found, page.REVIEW))
    documents = _documents(scope, found)
    if not drafts.claim(found, version=page.seen(request), trying=actions.tried(documents, (), timezone.now())):
        return htmx.redirect(request, page.address(scope, found, "progress"))
    verb = lambda: actions.create(scope, request.cluster, documents)  # type: ignore[attr-defined] # noqa: E731
    return _attempt(request, scope, found, documents, (), verb)


@require_POST
@in_project(Capability.SERVICES_MANAGE)
def retry(request: HttpRequest, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """Make what is missing of an attempt that stopped half-way."""
    found = drafts.load(scope, draft)
    before = found.result
    if found.state not in _STOPPED:
        return htmx.redirect(request, page.address(scope, found, "progress"))
    documents, others = _documents(scope, found), drafts.others(found)
    if not drafts.claim(found, trying=actions.tried(documents, before, timezone.now())):
        return htmx.redirect(request, page.address(scope, found, "progress"))
    verb = lambda: actions.retry(scope, request.cluster, documents, before, others)  # type: ignore[attr-defined] # noqa: E731
    return _attempt(request, scope, found, documents, before, verb)


@require_POST
@in_project(Capability.SERVICES_MANAGE)
def undo(request: HttpRequest, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """Delete what an attempt that stopped half-way has made, and nothing else."""
    found = drafts.load(scope, draft)
    before = found.result
    if found.state not in _STOPPED or not drafts.claim(found):
        return htmx.redirect(request, page.address(scope, found, "progress"))
    outcome = None
    try:
        with drafts.held(found):
            outcome = actions.undo(scope, request.cluster, before, drafts.others(found))  # type: ignore[attr-defined]
    finally:
        _settle(found, outcome, before)
    if outcome.state == "none":
        messages.success(request, _("Undone: nothing of it exists. The draft is kept."))
        return htmx.redirect(request, page.address(scope, found, page.REVIEW))
    return _progress(request, scope, found, status=status_of(outcome.worst))


@require_safe
@in_project(Capability.SERVICES_MANAGE)
def progress(request: HttpRequest, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """Where an attempt stands: under way, done, or stopped half-way."""
    found = drafts.load(scope, draft)
    if found.state == Draft.State.DONE:
        return htmx.redirect(request, _details(scope, found))
    if found.state == Draft.State.OPEN:
        return htmx.redirect(request, page.address(scope, found, page.REVIEW))
    return _progress(request, scope, found, status=200)


@require_safe
@in_project(Capability.SERVICES_MANAGE)
def download(request: HttpRequest, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """What would be sent, as a file; with `raw` the text as it is in the editor."""
    found = drafts.load(scope, draft)
    text = found.text if "raw" in request.GET else yamlio.dump(_documents(scope, found))
    return htmx.file(text, page.file_name(found))


def _attempt(
    request: HttpRequest, scope: Scope, draft: Draft, documents: tuple[Document, ...], before: Any, verb: Any
) -> HttpResponseBase:
    """Run a verb on a claimed draft and give the draft back, whatever happens."""
    outcome, refused, left = None, "", list(draft.result)
    try:
        with drafts.held(draft):
            outcome = verb()
    except NotRecorded as problem:
        refused, left = str(problem), list(before)  # it never began
        if before:
            raise  # the page of the review would say that nothing exists
    finally:
        _settle(draft, outcome, left)
    if outcome is None:
        return _review(request, scope, draft, documents, (), status=503, attempted=True, said=refused)
    if outcome.state == "done":
        messages.success(request, _("Created %(name)s.") % {"name": draft.name})
        return htmx.redirect(request, _details(scope, draft))
    status = status_of(outcome.worst)
    if outcome.state == "partial":
        return _progress(request, scope, draft, status=status)
    return _review(request, scope, draft, documents, outcome.verdicts, status=status, attempted=True)


def _settle(draft: Draft, outcome: actions.Outcome | None, left: list[dict[str, Any]]) -> None:
    """Give a claimed draft back. `left`: what is to be looked for where an attempt ended without a word."""
    if outcome is None:
        drafts.partial(draft, result=left) if left else drafts.reopen(draft, result=[])
    elif outcome.state == "none":
        drafts.reopen(draft, result=[])
    else:
        result = actions.to_json(outcome.verdicts, draft.result)
        (drafts.finish if outcome.state == "done" else drafts.partial)(draft, result=result)


def _review(
    request: HttpRequest,
    scope: Scope,
    draft: Draft,
    documents: tuple[Document, ...],
    verdicts: Any,
    *,
    status: int = 200,
    attempted: bool = False,
    said: str = "",
) -> HttpResponse:
    found = lines(scope, draft, documents, verdicts, undeclared(request, scope, documents))
    told = summary(found, attempted=attempted, said=said)
    texts = [(kind_of(one), name_of(one), yamlio.dump((one,))) for one in documents]
    given = {
        "lines": not_twice(found, told),
        "told": told,
        "attempted": attempted,
        "label": _("Attempt") if attempted else _("Dry run"),
        "texts": texts,
        "command": kubectl.create(scope.place, page.file_name(draft)),
        "waiting": [name for name in draft.typed],
        "wrong": {name: 1 for line in found for name in line.steps} | ({page.REVIEW: 1} if told.state == "bad" else {}),
    }
    context = page.context(request, scope, draft, page.REVIEW, **given)
    return render(request, "services/create/review.html", context, status=status)


def _progress(request: HttpRequest, scope: Scope, draft: Draft, *, status: int) -> HttpResponse:
    documents = _documents(scope, draft)
    verdicts = actions.from_json(draft.result)
    running = draft.state == Draft.State.CLAIMED and not drafts.abandoned(draft)
    found = lines(scope, draft, documents, verdicts)
    given = {
        "lines": found,
        "running": running,
        "abandoned": drafts.abandoned(draft),
        "exist": [line for line in found if line.exists],
        "missing": [line for line in found if not line.exists],
        "stopped": next((line for line in found if line.error), None),
        "wrong": {page.REVIEW: 1},
    }
    context = page.context(request, scope, draft, page.REVIEW, **given)
    response = render(request, "services/create/progress.html", context, status=status)
    if running:
        response.headers["Refresh"] = "2"
    return response


def _elsewhere(scope: Scope, draft: Draft) -> str:
    """Where the person has to be instead of at the review, or ""."""
    if draft.state != Draft.State.OPEN:
        return page.address(scope, draft, "progress")
    if page.YAML in draft.typed or check(draft.text, scope.place)[1]:
        return page.address(scope, draft, "draft-yaml")
    return ""


def _documents(scope: Scope, draft: Draft) -> tuple[Document, ...]:
    return actions.prepared(scope, page.bundle_of(draft).documents)


def _details(scope: Scope, draft: Draft) -> str:
    """The Service that was created; the list where there are several, or none."""
    services = [row["name"] for row in draft.result if row["kind"] == "Service"]
    if len(services) != 1:
        return reverse("services:list", kwargs={"project": scope.place})
    return reverse("services:details", kwargs={"project": scope.place, "name": services[0]})
