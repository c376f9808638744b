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
from services.steps.input_names import Typed, with_units
from services.steps.renames import former
from services.steps.row_buttons import act
from services.steps.step import (
    Step,
    focus_on,
    form_context,
    in_room,
    kept,
    opened,
    posted,
    steps_of,
    too_large,
    untouched,
    written,
    written_so_far,
)
from services.steps.stepform import StepForm, typed_from
from services.words import said

_PAGE = {"page": "services/create/step.html", "enter": True, "fills": True}
_FIRST = {"pod": "containers-0-image"}
"""The field that gets the focus where it is not the first one: what nobody can leave out."""
_NOT_TYPED = ("csrfmiddlewaretoken", "do", "seen", "find", "use", "sequence", "asked")
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
    page = _StepPage(request, scope, draft, current)
    if request.method == "POST":
        return page.worked_on()
    template, context = page.shown()
    return render(request, template, context)


def shown(request: Request, scope: Scope, draft: Draft, step: Step) -> tuple[str, dict[str, Any]]:
    """Template and context of a step as it is opened, with what was typed and is not saved yet."""
    return _StepPage(request, scope, draft, step).shown()


class _StepPage:
    """One step of a draft, in one request."""

    def __init__(self, request: Request, scope: Scope, draft: Draft, step: Step) -> None:
        self.request, self.scope, self.draft, self.step = request, scope, draft, step
        self.do = request.POST.get("do", "")
        self.bundle = dialog.bundle_of(draft)
        self.around = form_context(draft.type, scope.place, self.bundle, step)

    def shown(self) -> tuple[str, dict[str, Any]]:
        """As `shown`."""
        step = self.step
        if too_large(self.around):
            return "services/create/step_large.html", self._large_context()
        typed = self.draft.typed.get(step.name)
        if typed is not None:
            form = posted(step, kept(typed["data"]), self.around)
        else:
            form = opened(step, self.around, fresh=step.name not in self.draft.saved)
            if (name := self.request.GET.get("name", "")) and step.name == "basic":  # asked for by the search
                form.typed["name"] = name[:63]
        limited = self.request.GET.get("limit", "") if step.name == "pod" else ""
        rows = form.rows("containers") if limited else []
        focus = next((f"{row.at}-memory_limit" for row in rows if row.text("name") == limited), "")
        quiet = typed is None or not typed["problems"]
        return f"services/steps/{step.name}.html", self._context(form, quiet=quiet, focus=focus)

    def worked_on(self) -> HttpResponseBase:
        """What a button of the page does: it stays, is saved, or is left as it is."""
        step, draft, sequence = self.step, self.draft, sequence_of(self.request)
        leaves = dialog.leaves(self.do)
        if too_large(self.around):
            return self._large()
        typed = kept(with_units(dict(self.request.POST.lists())))
        for name in _NOT_TYPED:
            typed.pop(name, None)
        if self.do == "forget:":
            drafts.forget_typed(draft, step=step.name, sequence=sequence)
            return htmx.redirect(self.request, dialog.step_address(self.scope, draft, step))
        if ":" in self.do and not leaves:
            return self._stay(typed)
        form = posted(step, typed, self.around)
        if self._accepted(form):
            return self._save(form)
        if leaves and untouched(step, typed, self.around, fresh=step.name not in draft.saved):
            drafts.forget_typed(draft, step=step.name, sequence=sequence)
            return self._go_on()
        ending = self._keep(typed, problems=len(form.problems()))
        if leaves and not ending:
            return self._go_on()
        return self._page(form, status=409 if "stale" in ending else 422, offer_yaml=self.do == "yaml", **ending)

    def _keep(self, typed: Typed, *, problems: int) -> dict[str, bool]:
        """Whatever the page will show as entered is in the draft before it is shown; else what the page has to say:
        `stale`, something newer is there, or `full`, there is no room for it.
        """
        name, data, sequence = self.step.name, dict(typed.lists()), sequence_of(self.request)
        try:
            kept = drafts.keep_typed(self.draft, step=name, typed=data, problems=problems, sequence=sequence)
        except drafts.Full:
            return {"full": True}
        return {} if kept else {"stale": True}

    def _large(self) -> HttpResponseBase:
        """A step that no form can show: it stays as it is, and the YAML can be edited."""
        draft = self.draft
        if ":" not in self.do or dialog.leaves(self.do):
            with suppress(drafts.Stale):
                version = seen(self.request)
                drafts.save_step(draft, step=self.step.name, version=version, text=draft.text, name=draft.name)
                return self._go_on()
        return render(self.request, "services/create/step_large.html", self._large_context())

    def _large_context(self) -> dict[str, Any]:
        more = {"step": self.step, "next": self._following(), "bundle": self.bundle, "enter": True, "fills": True}
        return dialog.context(self.scope, self.draft, self.step.name, **more)

    def _stay(self, typed: Typed) -> HttpResponse:
        """Do what a button of the form says, keep the result, and show it. `look:` changes nothing: the page sends it
        while one types, so that no closed tab and no expired session loses anything.
        """
        do, request, focus = self.do, self.request, ""
        if do != "look:":
            before = typed.copy()
            if do.startswith("use:") and self.step.name == "service":
                focus = use_workload(request.cluster, self.scope, self.step.form, typed, do.removeprefix("use:"))
            else:
                focus = act(self.step.form, typed, do)
            typed, focus = in_room(request, before, typed, focus)
        form = posted(self.step, typed, replace(self.around, focus=focus))
        asked = do == "look:" and "asked" in request.POST  # what was refused is red until it is right
        problems = 0 if not asked or self._accepted(form) else len(form.problems())
        kept = do in _SEARCHES and htmx.wants_part(request)
        ending = {} if kept else self._keep(typed, problems=problems)
        return self._page(form, quiet=not asked, focus=focus, full="full" in ending)

    def _accepted(self, form: StepForm) -> bool:
        """The form's own rules first, then those that only the cluster can answer."""
        cluster, scope = self.request.cluster, self.scope
        if form.is_valid() and self.step.name == "basic":
            bundle = written(self.step, self.bundle, form)
            if unknown := name_checks.check(cluster.as_user(scope.identity), scope.place, form, bundle):
                messages.warning(self.request, unknown)
        if form.is_valid() and self.step.name == "advanced":
            name_checks.check_node_ports(cluster, scope, self.draft.name, form)
        return form.is_valid()

    def _save(self, form: StepForm) -> HttpResponseBase:
        draft, new = self.draft, written(self.step, self.bundle, form)
        before, text = draft.text, rewrite(draft.text, self.bundle, new)
        try:
            load(text)
        except YamlProblem as problem:  # larger than any text that is read: it could never be opened again
            ending = self._keep(form.typed, problems=1)
            messages.error(self.request, _("Not saved: %(why)s") % {"why": said(problem.message)})
            return self._page(form, status=422, full="full" in ending)
        try:
            drafts.save_step(
                draft,
                step=self.step.name,
                version=seen(self.request),
                text=text,
                name=dialog.name_for(new),
                former=former(self.bundle, new, draft.former),
                sequence=sequence_of(self.request),
            )
        except drafts.Stale as stale:
            self.draft = stale.draft
            return self._page(form, status=409, **(self._keep(form.typed, problems=0) | {"stale": True}))
        if count := lost(before, text):
            sentence = ngettext(
                "%(count)s comment of the YAML was lost: the line it belonged to changed.",
                "%(count)s comments of the YAML were lost: the lines they belonged to changed.",
                count,
            )
            messages.info(self.request, sentence % {"count": count})
        return self._go_on()

    def _go_on(self) -> HttpResponseBase:
        """To where the button leads that was pressed, else to the next step."""
        scope, draft, step = self.scope, self.draft, self.step
        if self.do == "yaml":
            return htmx.redirect(self.request, f"{dialog.address(scope, draft, 'draft-yaml')}?from={step.name}")
        to = dialog.destination(scope, draft, step.name, self.do) or dialog.step_address(scope, draft, self._after())
        return htmx.redirect(self.request, to)

    def _page(self, form: StepForm, *, status: int = 200, **more: Any) -> HttpResponse:
        template = f"services/steps/{self.step.name}.html"
        return render(self.request, template, self._context(form, **more), status=status)

    def _context(self, form: StepForm, *, focus: str = "", quiet: bool = False, **more: object) -> dict[str, Any]:
        """What a step's page shows. `quiet`: nobody asked to go on yet, so nothing is said of what is wrong."""
        request, draft, step = self.request, self.draft, self.step
        shown = written(step, self.bundle, form) if form.is_valid() else self.bundle
        told = shown if form.is_valid() or draft.base else written_so_far(step, self.bundle, form)
        lacks = list(dict.fromkeys(problem.label for problem in form.problems()))
        if quiet:
            form.silence()
        problems = form.problems()
        sole = problems[0].id.removeprefix("id_") if len(problems) == 1 and not more.get("offer_yaml") else ""
        at_field = bool(sole) and focus_on(form, sole)
        opens = not problems and request.method != "POST"
        if focus or (opens and step.name != "service"):  # there one finds a workload
            focus_on(form, focus or _FIRST.get(step.name, ""))
        beside = self._beside(form, shown if step.name == "basic" else self.bundle)
        context = {
            **_PAGE,
            "form": form,
            "step": step,
            "problems": problems,
            "at_field": at_field,
            "next": self._following(),
            "unseen": step.lens.unseen(self.bundle),
            "remarks": form.remarked(),
            "bundle": self.bundle,
            "outcome": outcome.outcome(told, self.scope.place, beside.get("existing_claims", ())),
            "loose": dialog.loose_of(shown, former(self.bundle, shown, draft.former)),
            "lacks": lacks if request.method == "POST" or step.name in draft.typed else [],
            "wrong": {step.name: len(problems)},
            "focus": focus,
            **beside,
            **(settings.beside(draft, shown) if draft.base else {}),
            **more,
        }
        return dialog.context(self.scope, draft, step.name, **context)

    def _beside(self, form: StepForm, bundle: Bundle) -> dict[str, Any]:
        """What the step shows of the cluster."""
        step, find = self.step, self.request.POST.get("find", "").strip()
        stored = Bundle((settings.base_of(self.draft),)) if self.draft.base else None
        before = typed_from(step.form, step.lens.read(stored)) if stored and step.name == "pod" else None
        return extras(self.request.cluster, self.scope, step.name, form, bundle, find=find, before=before)

    def _after(self) -> Step | None:
        """The step that comes next; None where the review does."""
        steps = steps_of(self.draft.type)
        return next(iter(steps[steps.index(self.step) + 1 :]), None)

    def _following(self) -> str:
        """The title of what comes next."""
        step = self._after()
        return str(step.title) if step else _("Review")
