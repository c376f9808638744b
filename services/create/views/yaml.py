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
    return _TextPage(request, scope, draft).worked_on()


def shown(request: Request, scope: Scope, draft: Draft) -> dict[str, Any]:
    """Context of the page as it is opened, with a text that is not saved yet."""
    kept = draft.typed.get(dialog.YAML)
    text = kept["data"]["text"][0] if kept else draft.text
    return _TextPage(request, scope, draft).context(text, check(text, scope.place)[1] if kept else ())


class _TextPage:
    """The text of a draft, in one request."""

    def __init__(self, request: Request, scope: Scope, draft: Draft) -> None:
        self.request, self.scope, self.draft = request, scope, draft
        self.do, self.sequence = request.POST.get("do", ""), sequence_of(request)

    def worked_on(self) -> HttpResponseBase:
        """What a button of the page does."""
        request, scope, draft, do = self.request, self.scope, self.draft, self.do
        if do in ("forget", "take"):
            drafts.forget_typed(draft, step=dialog.YAML, sequence=self.sequence)
            return htmx.redirect(request, self._form_address() if do == "forget" else request.get_full_path())
        text, unreadable = uploaded(request.POST.get("text", ""), request.FILES.get("file"))
        if (do == "look:" or do in dialog.LEAVING) and not unreadable:
            full = not self._keep(text, problems=0)
            if do in dialog.LEAVING and full:
                return self._page(text, (), status=422, full=True)
            if do in dialog.LEAVING:
                return htmx.redirect(request, dialog.destination(scope, draft, dialog.YAML, do))
            context = dialog.context(scope, draft, dialog.YAML, full=full)
            return render(request, "services/create/parts/saved.html", context)
        if do == "leave-out":
            text = left_out(request, text, replaces=False)
        documents, wrong = check(text, scope.place) if not unreadable else ((), unreadable)
        wrong = wrong or settings.not_the_workload(draft, documents)
        looks = do == "diff" and not unreadable
        full = bool(looks or wrong) and not self._keep(text, problems=len(wrong))
        if looks:
            return self._page(text, wrong, against=draft, full=full)
        if wrong:
            problems = report_on(request.cluster, scope, text).problems
            own = settings.not_the_workload(draft, documents)
            return self._page(text, unreadable or (*own, *problems), status=422, full=full)
        return self._take_over(text, Bundle(documents))

    def _take_over(self, text: str, new: Bundle) -> HttpResponseBase:
        """Saved; then on, unless the schemas say that the cluster will refuse it. Who knows better lets it judge."""
        request, scope, draft, do = self.request, self.scope, self.draft, self.do
        merge = _merge(draft, new) if text != draft.text else None
        name, version = dialog.name_for(new), seen(request)
        try:
            drafts.save_text(draft, version=version, text=text, name=name, merge=merge, sequence=self.sequence)
        except drafts.Stale as stale:
            self.draft = stale.draft
            full = not self._keep(text, problems=0)
            return self._page(text, (), status=409, stale=True, against=stale.draft, full=full)
        if do == "form":
            return htmx.redirect(request, self._form_address())
        if do != f"go:{dialog.REVIEW}" and (to := dialog.destination(scope, draft, dialog.YAML, do)):
            return htmx.redirect(request, to)
        problems = report_on(request.cluster, scope, text).problems if do != "anyway" else ()
        if any(problem.state == "bad" for problem in problems):
            return self._page(text, problems, status=422, saved=True)
        if do in ("save", "leave-out"):
            if do == "save":  # else the message says what was left out
                messages.success(request, _("Saved in the draft."))
            return htmx.redirect(request, request.get_full_path())
        return htmx.redirect(request, dialog.address(scope, draft, dialog.REVIEW))

    def _keep(self, text: str, *, problems: int) -> bool:
        """Keep a text that is not taken over, unless it is the one that is saved. False: there is no room for it."""
        if text == self.draft.text:
            drafts.forget_typed(self.draft, step=dialog.YAML, sequence=self.sequence)
            return True
        typed = {"text": [text]}
        try:
            drafts.keep_typed(self.draft, step=dialog.YAML, typed=typed, problems=problems, sequence=self.sequence)
        except drafts.Full:
            return False
        return True

    def _form_address(self) -> str:
        """The step the person came from, else the first one that waits."""
        steps, came = {step.name: step for step in steps_of(self.draft.type)}, self.request.GET.get("from", "")
        if came == dialog.REVIEW or not steps:
            return dialog.address(self.scope, self.draft, dialog.REVIEW)
        if came in steps:
            return dialog.step_address(self.scope, self.draft, steps[came])
        return dialog.resume_address(self.scope, self.draft)

    def _page(self, text: str, wrong: Sequence[Problem], *, status: int = 200, **more: Any) -> HttpResponse:
        return render(self.request, "services/create/yaml.html", self.context(text, wrong, **more), status=status)

    def context(
        self, text: str, wrong: Sequence[Problem], *, against: Draft | None = None, **more: bool
    ) -> dict[str, Any]:
        """`against`: the draft whose saved text the page shows the difference from. `more`: whether the draft is
        `stale`, was `saved`, is `full`.
        """
        draft, tally = self.draft, problem_lines.tally(wrong)
        lines = differences.diff_lines(against.text, text) if against is not None else None
        context = {
            "lines": lines,
            "differing": differences.differing(lines or ()),
            "text": text,
            "problems": wrong,
            "tally": tally,
            "has_form": bool(steps_of(draft.type)),
            "wrong": {dialog.YAML: tally.bad} if tally.bad else {},
            "fills": True,
            "quiet": not (draft.saved or draft.typed or wrong),  # nothing was typed yet
            "in_yaml": bool(steps_of(draft.type)),
            **more,
        }
        address = dialog.page_address(self.scope, draft, dialog.YAML)
        page_url = f"{address}?{self.request.GET.urlencode()}".rstrip("?")
        return dialog.context(self.scope, draft, dialog.YAML, page_url=page_url, **context)


def _merge(draft: Draft, new: Bundle) -> drafts.Merge:
    """What becomes of the input of steps that was typed over the old text."""
    steps, old = {step.name: step for step in steps_of(draft.type)}, dialog.bundle_of(draft)

    def merge(name: str, data: drafts.Typed) -> dict[str, list[str]]:
        step = steps[name]
        return merged(step, data, step.lens.read(old), step.lens.read(new))

    return merge
