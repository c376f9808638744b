"""The other side of the switch: the documents of a draft as text."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.web import htmx
from services.create.present import dialog, settings
from services.create.verbs import drafts
from services.create.views.draft_request import begun, seen, sequence_of
from services.manifests.bundle import Bundle
from services.models import Draft
from services.steps.step import merged, steps_of
from services.yaml_editor import differences, problem_lines
from services.yaml_editor.checking import report_on
from services.yaml_editor.problem_lines import Problem
from services.yaml_editor.text import check, left_out, uploaded


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.SERVICES_MANAGE)
def yaml(request: Request, scope: Scope, draft: uuid.UUID) -> HttpResponseBase:
    """The text of a draft: shown, checked, saved; back to the form, or on to the review."""
    return answer(request, scope, drafts.load(scope, draft))


def answer(request: Request, scope: Scope, draft: Draft) -> HttpResponseBase:
    """The text of a draft that was found."""
    if draft.state != Draft.State.OPEN:
        return begun(request, scope, draft)
    if request.method != "POST":
        return render(request, "services/create/yaml.html", shown(request, scope, draft))
    return _save(request, scope, draft)


def shown(request: Request, scope: Scope, draft: Draft) -> dict[str, Any]:
    """Context of the page as it is opened, with a text that is not saved yet."""
    kept = draft.typed.get(dialog.YAML)
    text = kept["data"]["text"][0] if kept else draft.text
    return _context(request, scope, draft, text, check(text, scope.place)[1] if kept else ())


def _save(request: Request, scope: Scope, draft: Draft) -> HttpResponseBase:
    do = request.POST.get("do", "")
    if do in ("forget", "take"):
        drafts.forget_typed(draft, step=dialog.YAML, sequence=sequence_of(request))
        address = _form_address(request, scope, draft) if do == "forget" else request.get_full_path()
        return htmx.redirect(request, address)
    text, unreadable = uploaded(request.POST.get("text", ""), request.FILES.get("file"))
    if (do == "look:" or do in dialog.LEAVING) and not unreadable:
        full = not _keep(request, draft, text, problems=0)
        if do in dialog.LEAVING and full:
            return _page(request, scope, draft, text, (), status=422, full=True)
        if do in dialog.LEAVING:
            return htmx.redirect(request, dialog.destination(scope, draft, dialog.YAML, do))
        context = dialog.context(scope, draft, dialog.YAML, full=full)
        return render(request, "services/create/parts/saved.html", context)
    if do == "leave-out":
        text = left_out(request, text, replaces=False)
    documents, wrong = check(text, scope.place) if not unreadable else ((), unreadable)
    wrong = wrong or settings.not_the_workload(draft, documents)
    looks = do == "diff" and not unreadable
    full = bool(looks or wrong) and not _keep(request, draft, text, problems=len(wrong))
    if looks:
        return _page(request, scope, draft, text, wrong, against=draft, full=full)
    if wrong:
        problems = report_on(request.cluster, scope, text).problems
        own = settings.not_the_workload(draft, documents)
        return _page(request, scope, draft, text, unreadable or (*own, *problems), status=422, full=full)
    return _take_over(request, scope, draft, text, Bundle(documents))


def _take_over(request: Request, scope: Scope, draft: Draft, text: str, new: Bundle) -> HttpResponseBase:
    """Saved; then on, unless the schemas say that the cluster will refuse it. Who knows better lets it judge."""
    merge = _merge(draft, new) if text != draft.text else None
    name, version, sequence = dialog.name_for(new), seen(request), sequence_of(request)
    try:
        drafts.save_text(draft, version=version, text=text, name=name, merge=merge, sequence=sequence)
    except drafts.Stale as stale:
        full = not _keep(request, stale.draft, text, problems=0)
        return _page(request, scope, stale.draft, text, (), status=409, stale=True, against=stale.draft, full=full)
    do = request.POST.get("do", "")
    if do == "form":
        return htmx.redirect(request, _form_address(request, scope, draft))
    if do != f"go:{dialog.REVIEW}" and (to := dialog.destination(scope, draft, dialog.YAML, do)):
        return htmx.redirect(request, to)
    problems = report_on(request.cluster, scope, text).problems if do != "anyway" else ()
    if any(problem.state == "bad" for problem in problems):
        return _page(request, scope, draft, text, problems, status=422, saved=True)
    if do in ("save", "leave-out"):
        if do == "save":  # else the message says what was left out
            messages.success(request, _("Saved in the draft."))
        return htmx.redirect(request, request.get_full_path())
    return htmx.redirect(request, dialog.address(scope, draft, dialog.REVIEW))


def _keep(request: Request, draft: Draft, text: str, *, problems: int) -> bool:
    """Keep a text that is not taken over, unless it is the one that is saved. False: there is no room for it."""
    sequence = sequence_of(request)
    if text == draft.text:
        drafts.forget_typed(draft, step=dialog.YAML, sequence=sequence)
        return True
    try:
        drafts.keep_typed(draft, step=dialog.YAML, typed={"text": [text]}, problems=problems, sequence=sequence)
    except drafts.Full:
        return False
    return True


def _merge(draft: Draft, new: Bundle) -> drafts.Merge:
    """What becomes of the input of steps that was typed over the old text."""
    steps, old = {step.name: step for step in steps_of(draft.type)}, dialog.bundle_of(draft)

    def merge(name: str, data: drafts.Typed) -> dict[str, list[str]]:
        step = steps[name]
        return merged(step, data, step.lens.read(old), step.lens.read(new))

    return merge


def _form_address(request: Request, scope: Scope, draft: Draft) -> str:
    """The step the person came from, else the first one that waits."""
    steps = {step.name: step for step in steps_of(draft.type)}
    came = request.GET.get("from", "")
    if came == dialog.REVIEW or not steps:
        return dialog.address(scope, draft, dialog.REVIEW)
    return dialog.step_address(scope, draft, steps[came]) if came in steps else dialog.resume_address(scope, draft)


def _page(
    request: Request,
    scope: Scope,
    draft: Draft,
    text: str,
    wrong: Sequence[Problem],
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = _context(request, scope, draft, text, wrong, **more)
    return render(request, "services/create/yaml.html", context, status=status)


def _context(
    request: Request,
    scope: Scope,
    draft: Draft,
    text: str,
    wrong: Sequence[Problem],
    *,
    stale: bool = False,
    saved: bool = False,
    full: bool = False,
    against: Draft | None = None,
) -> dict[str, Any]:
    """`against`: the draft whose saved text the page shows the difference from."""
    tally = problem_lines.tally(wrong)
    context = {
        "lines": differences.diff_lines(against.text, text) if against is not None else None,
        "text": text,
        "problems": wrong,
        "tally": tally,
        "stale": stale,
        "saved": saved,
        "full": full,
        "has_form": bool(steps_of(draft.type)),
        "wrong": {dialog.YAML: tally.bad} if tally.bad else {},
        "fills": True,
        "quiet": not (draft.saved or draft.typed or wrong),  # nothing was typed yet
        "in_yaml": bool(steps_of(draft.type)),
    }
    page_url = f"{dialog.page_address(scope, draft, dialog.YAML)}?{request.GET.urlencode()}".rstrip("?")
    return dialog.context(scope, draft, dialog.YAML, page_url=page_url, **context)
