"""A step of the create dialog: shown, worked on, saved."""

import uuid
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.web import htmx
from services.create.present import dialog, outcome, settings
from services.create.verbs import drafts
from services.create.views.draft_request import begun, seen, sequence_of
from services.manifests.bundle import Bundle
from services.manifests.rewrite import lost, rewrite
from services.manifests.yamlio import YamlProblem, load
from services.models import Draft
from services.steps import name_checks
from services.steps.extras import extras, use_workload
from services.steps.input_names import Typed
from services.steps.renames import former
from services.steps.row_buttons import act
from services.steps.step import (
    MOST_FIELDS,
    Step,
    focus_on,
    form_context,
    kept,
    opened,
    posted,
    steps_of,
    too_large,
    untouched,
    written,
)
from services.steps.stepform import FormContext, Problem, StepForm, typed_from
from services.words import said

_PAGE = {"page": "services/create/step.html", "enter": True, "fills": True}
_FIRST = {"pod": "containers-0-image"}
"""The field that gets the focus where it is not the first one: what nobody can leave out."""
_NOT_TYPED = ("csrfmiddlewaretoken", "do", "seen", "find", "sequence", "asked")
_SEARCHES = ("find:", "match:")
"""With scripts they look for something while one types; what is typed is sent by `look:`."""


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.SERVICES_MANAGE)
def step(request: Request, scope: Scope, draft: uuid.UUID, step: str) -> HttpResponseBase:
    """One step of a draft: shown, worked on, saved."""
    return answer(request, scope, drafts.load(scope, draft), step)


def answer(request: Request, scope: Scope, draft: Draft, step: str) -> HttpResponseBase:
    """The step of that name of a draft that was found."""
    current = next((candidate for candidate in steps_of(draft.type) if candidate.name == step), None)
    if current is None:
        raise Http404
    if draft.state != Draft.State.OPEN:
        return begun(request, scope, draft)
    if dialog.YAML in draft.typed:
        unread = dialog.problems_of(draft, dialog.YAML)
        unsaved = _("The YAML has unsaved changes. Save them to see them in the form.")
        messages.warning(request, _("The YAML must be readable before the form can show it.") if unread else unsaved)
        return htmx.redirect(request, dialog.address(scope, draft, "draft-yaml"))
    if request.method == "POST":
        return _work(request, scope, draft, current)
    template, context = shown(request, scope, draft, current)
    return render(request, template, context)


def shown(request: Request, scope: Scope, draft: Draft, step: Step) -> tuple[str, dict[str, Any]]:
    """Template and context of a step as it is opened, with what was typed and is not saved yet."""
    bundle = dialog.bundle_of(draft)
    around = form_context(draft.type, scope.place, bundle, step)
    if too_large(around):
        return "services/create/step_large.html", _large_context(scope, draft, step, bundle)
    typed = draft.typed.get(step.name)
    if typed is not None:
        form = posted(step, kept(typed["data"]), around)
    else:
        form = opened(step, around, fresh=step.name not in draft.saved)
    limited = request.GET.get("limit", "") if step.name == "pod" else ""
    rows = form.rows("containers") if limited else []
    focus = next((f"{row.at}-memory_limit" for row in rows if row.text("name") == limited), "")
    quiet = typed is None or not typed["problems"]
    context = _context(request, scope, draft, step, form, bundle, quiet=quiet, focus=focus)
    return f"services/steps/{step.name}.html", context


def _work(request: Request, scope: Scope, draft: Draft, step: Step) -> HttpResponseBase:
    bundle = dialog.bundle_of(draft)
    around = form_context(draft.type, scope.place, bundle, step)
    if too_large(around):
        return _large(request, scope, draft, step, bundle)
    typed, do = kept(dict(request.POST.lists())), request.POST.get("do", "")
    for name in _NOT_TYPED:
        typed.pop(name, None)
    if do == "forget:":
        drafts.forget_typed(draft, step=step.name, sequence=sequence_of(request))
        return htmx.redirect(request, dialog.step_address(scope, draft, step))
    leaves = dialog.leaves(do)
    if ":" in do and not leaves:
        return _stay(request, scope, draft, step, typed, bundle, around)
    form = posted(step, typed, around)
    if _accepted(request, scope, draft, form, step, bundle):
        return _save(request, scope, draft, step, form, bundle)
    if leaves and untouched(step, typed, around, fresh=step.name not in draft.saved):
        drafts.forget_typed(draft, step=step.name, sequence=sequence_of(request))
        return htmx.redirect(request, _next(request, scope, draft, step))
    ending = _keep(request, draft, step, typed, problems=len(form.problems()))
    if leaves and not ending:
        return htmx.redirect(request, _next(request, scope, draft, step))
    status = 409 if "stale" in ending else 422
    return _page(request, scope, draft, step, form, bundle, status=status, offer_yaml=do == "yaml", **ending)


def _keep(request: Request, draft: Draft, step: Step, typed: Typed, *, problems: int) -> dict[str, bool]:
    """Whatever the page will show as entered is in the draft before it is shown; else what the page has to say:
    `stale`, something newer is there, or `full`, there is no room for it.
    """
    data, sequence = dict(typed.lists()), sequence_of(request)
    try:
        kept = drafts.keep_typed(draft, step=step.name, typed=data, problems=problems, sequence=sequence)
    except drafts.Full:
        return {"full": True}
    return {} if kept else {"stale": True}


def _large(request: Request, scope: Scope, draft: Draft, step: Step, bundle: Bundle) -> HttpResponseBase:
    """A step that no form can show: it stays as it is, and the YAML can be edited."""
    do = request.POST.get("do", "")
    if ":" not in do or dialog.leaves(do):
        with suppress(drafts.Stale):
            drafts.save_step(draft, step=step.name, version=seen(request), text=draft.text, name=draft.name)
            return htmx.redirect(request, _next(request, scope, draft, step))
    return render(request, "services/create/step_large.html", _large_context(scope, draft, step, bundle))


def _large_context(scope: Scope, draft: Draft, step: Step, bundle: Bundle) -> dict[str, Any]:
    following = _following(draft, step)
    return dialog.context(scope, draft, step.name, step=step, next=following, bundle=bundle, enter=True, fills=True)


def _stay(
    request: Request, scope: Scope, draft: Draft, step: Step, typed: Typed, bundle: Bundle, around: FormContext
) -> HttpResponse:
    """Do what a button of the form says, keep the result, and show it. `look:` changes nothing: the page sends it while
    one types, so that no closed tab and no expired session loses anything.
    """
    do, focus = request.POST.get("do", ""), ""
    if do != "look:":
        before = typed.copy()
        if do.startswith("use:") and step.name == "service":
            focus = use_workload(request.cluster, scope, step.form, typed, do.removeprefix("use:"))
        else:
            focus = act(step.form, typed, do)
        if len(typed) > max(MOST_FIELDS, len(before)):
            messages.warning(request, _("The form has no room for more rows. Use Edit YAML."))
            typed, focus = before, ""
    form = posted(step, typed, replace(around, focus=focus))
    asked = do == "look:" and "asked" in request.POST  # what was refused is red until it is right
    problems = 0 if not asked or _accepted(request, scope, draft, form, step, bundle) else len(form.problems())
    kept = do in _SEARCHES and htmx.wants_part(request)
    ending = {} if kept else _keep(request, draft, step, typed, problems=problems)
    return _page(request, scope, draft, step, form, bundle, quiet=not asked, focus=focus, full="full" in ending)


def _accepted(request: Request, scope: Scope, draft: Draft, form: StepForm, step: Step, bundle: Bundle) -> bool:
    """The form's own rules first, then those that only the cluster can answer."""
    if form.is_valid() and step.name == "basic":
        client = request.cluster.as_user(scope.identity)
        unknown = name_checks.check(client, scope.place, form, written(step, bundle, form))
        if unknown:
            messages.warning(request, unknown)
    if form.is_valid() and step.name == "advanced":
        name_checks.check_node_ports(request.cluster, scope, draft.name, form)
    return form.is_valid()


def _save(request: Request, scope: Scope, draft: Draft, step: Step, form: StepForm, bundle: Bundle) -> HttpResponseBase:
    new, before = written(step, bundle, form), draft.text
    text, gone = rewrite(before, bundle, new), former(bundle, new, draft.former)
    name, version, sequence = dialog.name_for(new), seen(request), sequence_of(request)
    try:
        load(text)
    except YamlProblem as problem:  # larger than any text that is read: it could never be opened again
        ending = _keep(request, draft, step, form.typed, problems=1)
        messages.error(request, _("Not saved: %(why)s") % {"why": said(problem.message)})
        return _page(request, scope, draft, step, form, bundle, status=422, full="full" in ending)
    try:
        drafts.save_step(draft, step=step.name, version=version, text=text, name=name, former=gone, sequence=sequence)
    except drafts.Stale as stale:
        ending = {**_keep(request, stale.draft, step, form.typed, problems=0), "stale": True}
        return _page(request, scope, stale.draft, step, form, bundle, status=409, **ending)
    if count := lost(before, text):
        sentence = ngettext(
            "%(count)s comment of the YAML was lost: the line it belonged to changed.",
            "%(count)s comments of the YAML were lost: the lines they belonged to changed.",
            count,
        )
        messages.info(request, sentence % {"count": count})
    return htmx.redirect(request, _next(request, scope, draft, step))


def _next(request: Request, scope: Scope, draft: Draft, step: Step) -> str:
    do = request.POST.get("do", "")
    if do == "yaml":
        return f"{dialog.address(scope, draft, 'draft-yaml')}?from={step.name}"
    if to := dialog.destination(scope, draft, step.name, do):
        return to
    steps = steps_of(draft.type)
    at = steps.index(step)
    return dialog.step_address(scope, draft, steps[at + 1] if at + 1 < len(steps) else None)


def _page(
    request: Request,
    scope: Scope,
    draft: Draft,
    step: Step,
    form: StepForm,
    bundle: Bundle,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = _context(request, scope, draft, step, form, bundle, **more)
    return render(request, f"services/steps/{step.name}.html", context, status=status)


def _context(
    request: Request,
    scope: Scope,
    draft: Draft,
    step: Step,
    form: StepForm,
    bundle: Bundle,
    *,
    focus: str = "",
    quiet: bool = False,
    **more: object,
) -> dict[str, Any]:
    """What a step's page shows. `quiet`: nobody asked to go on yet, so nothing is said of what is wrong."""
    shown = written(step, bundle, form) if form.is_valid() else bundle
    lacks, problems = _wrong(form, quiet=quiet)
    at_field = len(problems) == 1 and not more.get("offer_yaml") and focus_on(form, problems[0].id.removeprefix("id_"))
    if focus or (not problems and request.method != "POST" and step.name != "service"):  # there one finds a workload
        focus_on(form, focus or _FIRST.get(step.name, ""))
    context = {
        **_PAGE,
        "form": form,
        "step": step,
        "problems": problems,
        "at_field": at_field,
        "next": _following(draft, step),
        "unseen": step.lens.unseen(bundle),
        "remarks": form.remarked(),
        "bundle": bundle,
        "outcome": outcome.outcome(shown, scope.place),
        "loose": dialog.loose_of(shown, former(bundle, shown, draft.former)),
        "lacks": lacks if request.method == "POST" or step.name in draft.typed else [],
        "wrong": {step.name: len(problems)},
        "focus": focus,
        **_beside(request, scope, draft, step, form, shown if step.name == "basic" else bundle),
        **(settings.beside(draft, shown) if draft.base else {}),
        **more,
    }
    return dialog.context(scope, draft, step.name, **context)


def _wrong(form: StepForm, *, quiet: bool) -> tuple[list[str], list[Problem]]:
    """The labels of what is wrong, and what is said of it: nothing where nobody asked yet."""
    labels = list(dict.fromkeys(problem.label for problem in form.problems()))
    if quiet:
        form.silence()
    return labels, form.problems()


def _beside(request: Request, scope: Scope, draft: Draft, step: Step, form: StepForm, bundle: Bundle) -> dict[str, Any]:
    """What the step shows of the cluster."""
    find = request.POST.get("find", "").strip()
    stored = Bundle((settings.base_of(draft),)) if draft.base else None
    before = typed_from(step.form, step.lens.read(stored)) if stored and step.name == "pod" else None
    return extras(request.cluster, scope, step.name, form, bundle, find=find, before=before)


def _following(draft: Draft, step: Step) -> str:
    """The title of what comes after a step."""
    steps = steps_of(draft.type)
    return str(steps[steps.index(step) + 1].title) if step is not steps[-1] else _("Review")
