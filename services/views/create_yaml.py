"""The other side of the switch: the documents of a draft as text."""

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.web import htmx
from services import drafts
from services.forms.steps import steps_of
from services.forms.text import Wrong, check, uploaded
from services.manifests.bundle import Bundle
from services.models import Draft
from services.present import differing, editing
from services.present.editing import Problem
from services.views import checking
from services.views import create_page as page


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.SERVICES_MANAGE)
def yaml(request: HttpRequest, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """The text of a draft: shown, checked, saved; back to the form, or on to the review."""
    found = drafts.load(scope, draft)
    if found.state != Draft.State.OPEN:
        return page.begun(request, scope, found)
    if request.method != "POST":
        kept = found.typed.get(page.YAML)
        text = kept["data"]["text"][0] if kept else found.text
        wrong = check(text, scope.place)[1] if kept else ()
        return _page(request, scope, found, text, wrong)
    return _save(request, scope, found)


def _save(request: HttpRequest, scope: Scope, draft: Draft) -> HttpResponseBase:
    if request.POST.get("do") == "forget":
        drafts.forget_typed(draft, step=page.YAML)
        return htmx.redirect(request, _form_address(request, scope, draft))
    text, unreadable = uploaded(request.POST.get("text", ""), request.FILES.get("file"))
    documents, wrong = check(text, scope.place) if not unreadable else ((), unreadable)
    looks = request.POST.get("do") == "diff" and not unreadable
    if looks or wrong:
        drafts.keep_typed(draft, step=page.YAML, typed={"text": [text]}, problems=len(wrong))
    if looks:
        return _page(request, scope, draft, text, wrong, against=draft)
    if wrong:
        found = checking.report_on(request, scope, text).problems
        return _page(request, scope, draft, text, unreadable or found, status=422)
    try:
        name = page.name_for(Bundle(documents))
        drafts.save_text(draft, version=page.seen(request), text=text, name=name)
    except drafts.Stale as stale:
        return _page(request, scope, stale.draft, text, (), status=409, stale=True, against=stale.draft)
    if request.POST.get("do") == "form":
        return htmx.redirect(request, _form_address(request, scope, draft))
    return _saved(request, scope, draft, text)


def _saved(request: HttpRequest, scope: Scope, draft: Draft, text: str) -> HttpResponseBase:
    """On, unless the schemas say that the cluster will refuse it; who knows better lets the cluster judge."""
    found = checking.report_on(request, scope, text).problems if request.POST.get("do") != "anyway" else ()
    if any(one.state == "bad" for one in found):
        return _page(request, scope, draft, text, found, status=422, saved=True)
    if request.POST.get("do") == "save":
        messages.success(request, _("Saved in the draft."))
        return htmx.redirect(request, request.get_full_path())
    return htmx.redirect(request, page.address(scope, draft, page.REVIEW))


def _form_address(request: HttpRequest, scope: Scope, draft: Draft) -> str:
    """The step the person came from, else the first one that waits."""
    steps = {step.name: step for step in steps_of(draft.type)}
    came = request.GET.get("from", "")
    if came == page.REVIEW or not steps:
        return page.address(scope, draft, page.REVIEW)
    return page.step_address(scope, draft, steps[came]) if came in steps else page.resume_address(scope, draft)


def _page(
    request: HttpRequest,
    scope: Scope,
    draft: Draft,
    text: str,
    wrong: Sequence[Wrong | Problem],
    *,
    status: int = 200,
    stale: bool = False,
    saved: bool = False,
    against: Draft | None = None,
) -> HttpResponse:
    """`against`: the draft whose saved text the page shows the difference from."""
    tally = editing.tally(wrong)
    given = {
        "lines": differing.diff_lines(against.text, text) if against is not None else None,
        "text": text,
        "problems": wrong,
        "tally": tally,
        "stale": stale,
        "saved": saved,
        "has_form": bool(steps_of(draft.type)),
        "wrong": {page.YAML: tally.bad} if tally.bad else {},
        "came": request.GET.get("from", ""),
    }
    context = page.context(request, scope, draft, page.YAML, **given)
    return render(request, "services/create/yaml.html", context, status=status)
