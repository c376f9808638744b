"""Edit Information, Edit Service and Edit External Access: forms on what the cluster stores, saved as Edit YAML is.

A page carries what was opened (`base`, `version`) and what is typed; nothing is kept on the server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube import kinds
from console.kube.errors import Invalid, KubeError
from console.web import error_pages, htmx
from services import page_state, words
from services.changes.replace import Refused
from services.edit.present import beside
from services.edit.present.callers import addresses, callers, unhandled
from services.edit.present.effects import endpoint_counts
from services.edit.views import reviewing
from services.edit.views.reviewing import Change
from services.manifests.bundle import Bundle, Document
from services.manifests.diff import changes
from services.manifests.paths import parse_path
from services.manifests.yamlout import dump_one
from services.steps import name_checks
from services.steps.extras import extras, use_workload
from services.steps.input_names import Typed
from services.steps.live import DIALOGS, live_context, retyped
from services.steps.row_buttons import act, replace_rows
from services.steps.step import Step, focus_on, in_room, kept, opened, posted, too_large
from services.steps.stepform import FormContext, StepForm
from services.yaml_editor import problem_lines
from services.yaml_editor.problem_lines import Sheet
from services.yaml_editor.stored import read_object

_NOT_TYPED = (
    *("csrfmiddlewaretoken", "do", "find", "use", "text", "base", "version", "opened"),
    *("stored_version", "seen", "sure", "asked", "managed"),
)
_OF_THE_PAGE = ("apply", "merge", "discard", "keep")
"""What is done with the document that a page carries, not with what its form says."""
_SURROGATE = re.compile(r"\\ud[89a-f]", re.I)  # half a character, which no page can show; names of managers have none
_FIRST = {"information": "alias", "edit-service": "selector"}
"""What gets the focus when a dialog is opened."""
Backdrop = Callable[[Request, Scope, str], dict[str, Any]]
"""The context of the page that a dialog stands over, and under `backdrop` its template (services/urls.py)."""


@dataclass(frozen=True, slots=True)
class Dialog:
    """A dialog on a Service as it was opened: `base` is the document, `sheet` what the pages carry of it, `managed` who
    else manages its fields, in sentences."""

    name: str
    step: Step
    sheet: Sheet
    base: Document
    around: FormContext
    managed: tuple[str, ...]
    backdrop: Backdrop | None

    @property
    def bundle(self) -> Bundle:
        return Bundle((self.base,))

    def yours(self, form: StepForm) -> Document:
        """The document with what a valid form says."""
        return self.step.lens.write(self.bundle, form.values()).service or self.base


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.SERVICES_MANAGE)
def edit(request: Request, scope: Scope, name: str, *, step: str, backdrop: Backdrop | None = None) -> HttpResponseBase:
    """Edit Information (alias and description, over the page of the Service), Edit Service (selector, ports, sticky
    session) or Edit External Access (how it is reached from outside the cluster), by its `step`."""
    form_step = DIALOGS[step]
    # The Service as the page was opened on it; where it does not carry that, as it is stored now.
    sheet, managed = reviewing.posted_sheet(request), _managed(request)
    own = problem_lines.own_document(sheet.base, name, scope.place)
    known = own is not None and _is_well_shaped(own)
    if not known:
        stored = read_object(scope, request.cluster, kinds.SERVICE, name)
        sheet, managed = reviewing.sheet_of(stored), beside.managed(stored, step)
    base = reviewing.base_of(sheet)
    around = live_context(form_step, scope.place, Bundle((base,)))
    dialog = Dialog(name, form_step, sheet, base, around, managed, backdrop)
    if too_large(around):
        return render(request, "services/edit/large.html", reviewing.context_of(scope, _change(scope, dialog)))
    if step == "external-access" and beside.stays_inside(base):
        context = reviewing.context_of(scope, _change(scope, dialog)) | {"fixed": beside.fixed(base)}
        context |= {"why": beside.stays_inside(base), "cancel": context["back"]}
        return render(request, "services/edit/inside.html", context, status=422 if request.method == "POST" else 200)
    if request.method != "POST":
        return _page(request, scope, dialog, opened(form_step, around, fresh=False), quiet=True)
    return _work(request, scope, dialog, lost=not known)


def _is_well_shaped(base: Document) -> bool:
    """Whether a posted document has the shapes that each stored Service has, on which the pages rely: a form that was
    tampered with may carry any."""
    meta, spec = base["metadata"], base["spec"]
    maps = (meta.get("annotations"), meta.get("labels"), spec.get("selector"))
    ports, families = spec.get("ports") or [], spec.get("ipFamilies") or []
    return (
        all(isinstance(value or {}, dict) for value in maps)
        and isinstance(families, list)
        and isinstance(ports, list)
        and all(isinstance(port, dict) and isinstance(port.get("port"), int) for port in ports)
    )


def _work(request: Request, scope: Scope, dialog: Dialog, *, lost: bool) -> HttpResponseBase:
    """Do what is asked with what is typed. `lost`: the page does not say which version it was opened on."""
    typed = kept(dict(request.POST.lists()))
    for key in [key for key in typed if key in _NOT_TYPED or key.startswith("clash:")]:
        typed.pop(key)
    do = request.POST.get("do", "")
    if ":" in do:
        return _stay(request, scope, dialog, typed, do)
    form = posted(dialog.step, typed, dialog.around)
    if lost:  # what was typed belongs to a version that is not known: it is not put onto another one
        what, means = gettext("This page is not complete."), gettext("Nothing was changed. Check it and save again.")
        return _page(request, scope, dialog, form, notice=page_state.Notice("warn", what, means), status=422)
    if do == "edit":
        return _page(request, scope, dialog, form, quiet=True)
    if do.startswith("keep-"):
        form, do = _kept(scope, dialog, form, do.removeprefix("keep-")), "review"
    return _save(request, scope, dialog, form, do)


def _managed(request: Request) -> tuple[str, ...]:
    """Who else manages which fields, as the page was told when it was opened."""
    sent = request.POST.get("managed", "[]")
    try:
        told = json.loads(sent) if _SURROGATE.search(sent) is None else []
    except (ValueError, RecursionError):
        told = []
    return tuple(map(str, told)) if isinstance(told, list) else ()


def _change(scope: Scope, dialog: Dialog, typed: Typed | None = None) -> Change:
    address = reverse(f"services:{dialog.step.name}", args=[scope.place, dialog.name])
    fields = [(key, text) for key, texts in (typed or Typed()).lists() for text in texts]
    fields.append(("managed", json.dumps(dialog.managed)))
    return Change(
        dialog.name, dialog.sheet, str(dialog.step.title), address, gettext("Back to the form"), tuple(fields)
    )


def _stay(request: Request, scope: Scope, dialog: Dialog, typed: Typed, do: str) -> HttpResponseBase:
    """Do what a button of the form says, and show the result. Nothing is checked and nothing is saved."""
    before, focus = typed.copy(), ""
    if do == "restore:selector":
        focus = replace_rows(dialog.step.form, typed, "selector", dialog.around.read.get("selector") or [])
    elif do.startswith("label:"):
        focus = beside.use_label(typed, do.removeprefix("label:"))
    elif do.startswith("use:"):
        focus = use_workload(request.cluster, scope, dialog.step.form, typed, do.removeprefix("use:"))
    else:
        focus = act(dialog.step.form, typed, do)
    typed, focus = in_room(request, before, typed, focus)
    form = posted(dialog.step, typed, replace(dialog.around, focus=focus))
    return _page(request, scope, dialog, form, quiet="asked" not in request.POST, focus=focus)


def _save(request: Request, scope: Scope, dialog: Dialog, form: StepForm, do: str) -> HttpResponseBase:
    """Review, apply or merge; what is in the way is said beside what was typed."""
    if do in _OF_THE_PAGE:
        document = problem_lines.own_document(dialog.sheet.text, dialog.name, scope.place)
    else:
        if form.is_valid():  # then what only the cluster can answer
            name_checks.check_node_ports(request.cluster, scope, dialog.name, form)
        document = dialog.yours(form) if form.is_valid() else None
    if document is None:
        return _page(request, scope, dialog, form, status=422)
    change = _change(scope, replace(dialog, sheet=replace(dialog.sheet, text=dump_one(document))), form.typed)
    try:
        return reviewing.settled(_act(dialog, document, do), request, scope, change, document)
    except reviewing.Unchanged:
        if dialog.backdrop is not None:
            messages.info(request, gettext("Nothing was changed."))
            return htmx.redirect(request, reverse("services:details", args=[scope.place, dialog.name]))
        what, means = gettext("Nothing would change."), gettext("The cluster already stores exactly this.")
        return _page(request, scope, dialog, form, notice=page_state.Notice("idle", what, means))
    except Refused as refused:
        notice = page_state.Notice("bad", words.of_manifest(refused.problems[0][1]), gettext("Nothing was changed."))
        return _page(request, scope, dialog, form, notice=notice, status=422)
    except KubeError as error:  # what was typed stays, the reason stands at its field or above
        left = _at_fields(dialog, form, error) if isinstance(error, Invalid) and form.is_valid() else None
        notice, status = page_state.refusal(error, left), error_pages.said(error).status
        return _page(request, scope, dialog, form, notice=notice, status=status)


def _kept(scope: Scope, dialog: Dialog, form: StepForm, field: str) -> StepForm:
    """The form of a review with one field of the spec as it was opened; all else stays as typed."""
    document = problem_lines.own_document(dialog.sheet.text, dialog.name, scope.place)
    if document is None:
        return form
    rest = {key: value for key, value in document["spec"].items() if key != field}
    was = {key: value for key, value in dialog.base["spec"].items() if key == field}
    together = Bundle(({**document, "spec": rest | was},))
    return posted(dialog.step, retyped(dialog.step, dialog.bundle, together), dialog.around)


def _act(dialog: Dialog, document: Document, do: str) -> reviewing.Act:
    """What is asked. Raises `Unchanged`."""
    if do in _OF_THE_PAGE:
        acts: dict[str, reviewing.Act] = {"apply": reviewing.apply, "merge": partial(_merge, dialog)}
        return acts.get(do, reviewing.asked)
    count = sum(1 for _ in changes(dialog.base, document))
    if not count:
        raise reviewing.Unchanged
    small = count == 1 and dialog.backdrop is not None  # no review for one plain value
    return reviewing.store_tried if small else reviewing.review


def _merge(dialog: Dialog, request: Request, scope: Scope, change: Change, document: Document) -> HttpResponseBase:
    """Review the merged change. The form behind it then begins with what is stored now."""
    done = reviewing.merged(request, scope, change, document)
    if done is None:
        return reviewing.conflict(request, scope, change, document, status=422)
    sheet, together = done
    typed = retyped(dialog.step, Bundle((reviewing.base_of(sheet),)), Bundle((together,)))
    change = _change(scope, replace(dialog, sheet=sheet), typed)
    return reviewing.settled(reviewing.review, request, scope, change, together)


def _at_fields(dialog: Dialog, form: StepForm, error: Invalid) -> str:
    """Put what the cluster says of fields beside them; what belongs to no field of this form is returned."""
    yours, left = Bundle((dialog.yours(form),)), []
    known = {node.add_prefix(own): (node, own) for node in form.walk() for own in node.fields}
    for cause in error.causes:
        place = dialog.step.lens.field_for("Service", parse_path(cause.field), yours)
        node, own = known.get(place[1], (None, "")) if place else (None, "")
        if node is None:
            left.append(f"{cause.field}: {cause.message}")
        else:
            node.refuse(own, cause.message[:400])
    return "; ".join(left)[:400] if error.causes else error.message[:400]


def _page(
    request: Request,
    scope: Scope,
    dialog: Dialog,
    form: StepForm,
    *,
    quiet: bool = False,
    focus: str = "",
    status: int = 200,
    notice: page_state.Notice | None = None,
) -> HttpResponseBase:
    """The form as typed. `quiet`: nobody asked to save yet, so nothing is said of what is wrong."""
    valid, remarks = form.is_valid(), form.remarked()
    shown = dialog.yours(form) if valid else dialog.base
    if quiet:
        form.silence()
    problems = form.problems()
    if focus or (not problems and request.method != "POST" and dialog.step.name in _FIRST):
        focus_on(form, focus or _FIRST[dialog.step.name])
    context = reviewing.context_of(scope, _change(scope, dialog)) | {
        "scope": scope,
        "form": form,
        "step": dialog.step,
        "page_url": _change(scope, dialog).address,
        "problems": problems,
        "at_field": len(problems) == 1 and not notice and focus_on(form, problems[0].id.removeprefix("id_")),
        "incomplete": not valid,
        "remarks": remarks,
        "unseen": dialog.step.lens.unseen(dialog.bundle),
        "notice": notice,
        "managed": dialog.managed,
        "managed_json": json.dumps(dialog.managed),
        "cancel": reverse("services:details", args=[scope.place, dialog.name]),
        **_beside(request, scope, dialog, form, shown),
    }
    if not valid:
        context["addresses"] = ()  # where callers reach it afterwards is not known
    if dialog.backdrop is not None:
        context = _behind(request, scope, dialog) | context
    return render(request, f"services/edit/{dialog.step.name.replace('-', '_')}.html", context, status=status)


def _behind(request: Request, scope: Scope, dialog: Dialog) -> dict[str, Any]:
    """The page below the dialog. What was typed is shown even where that page cannot be."""
    try:
        return dialog.backdrop(request, scope, dialog.name) if dialog.backdrop else {}
    except KubeError:
        return {"backdrop": "base.html"}


def _beside(request: Request, scope: Scope, dialog: Dialog, form: StepForm, shown: Document) -> dict[str, Any]:
    """What the page shows beside its fields: of the cluster, of who else manages them, of what will change."""
    view = request.cluster.look(scope.subject, scope.place)
    context: dict[str, Any] = {"fixed": beside.fixed(dialog.base), "read_at": timezone.now()}
    with suppress(KubeError):
        context["preview"] = callers(dialog.base, shown, endpoint_counts(view, dialog.base, shown))
    kind = {"edit-service": "service", "external-access": "advanced"}.get(dialog.step.name, "")
    if kind:
        find = request.POST.get("find", "").strip()
        context |= extras(request.cluster, scope, kind, form, Bundle((shown,)), find=find, own=dialog.name)
    if dialog.step.name == "external-access":
        context |= {"addresses": tuple(addresses(dialog.base, shown)), "unhandled": unhandled(shown)}
    if dialog.step.name == "edit-service":
        context["same"] = beside.same(dialog.base, shown, scope.place)
        context["was_sticky"] = beside.was_sticky(dialog.base, form)
        with suppress(KubeError):
            context["selected"] = beside.selected(view, dialog.base, form)
            match = context.get("match")
            context["asked"] = beside.asked(form)
            context["in_use"] = beside.in_use(view, form) if match and not match.pods else ()
    return context
