"""Edit YAML of an object: look, check, see what will be different, apply; never over somebody else's change. And the
YAML of several Services as one file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube import kinds
from console.kube.errors import KubeError, NotFound
from console.kube.kinds import Kind, Ref
from console.web import error_pages, htmx
from services import page_state
from services.changes.replace import Refused
from services.edit.views import reviewing
from services.edit.views.delete import picked
from services.edit.views.reviewing import Change
from services.manifests.bundle import Document
from services.manifests.yamlio import Source
from services.manifests.yamlout import dump
from services.yaml_editor import problem_lines
from services.yaml_editor.checking import report_on
from services.yaml_editor.problem_lines import Sheet
from services.yaml_editor.stored import editable, read_object
from services.yaml_editor.text import left_out, uploaded

_MOST_BESIDE = 3  # of what belongs to the object; its page has all
_METHODS = ["GET", "HEAD", "POST"]
_MANAGING = {
    kinds.SERVICE: Capability.SERVICES_MANAGE,
    kinds.CONFIGMAP: Capability.CONFIG_MANAGE,
    kinds.PVC: Capability.STORAGE_MANAGE,
}
_ADDRESSES = {
    kinds.SERVICE: "yaml",
    kinds.POD: "edit-pod-yaml",
    kinds.CONFIGMAP: "edit-configmap-yaml",
    kinds.PVC: "edit-claim-yaml",
}


@require_http_methods(_METHODS)
def yaml(request: Request, kind: Kind, **parts: str) -> HttpResponseBase:
    """Of a Service, a pod (of which the cluster lets little be changed: what it refuses it says itself), a ConfigMap or
    a claim. Everybody here may look at a Service; to look at, the others have their pages."""
    looks = kind is kinds.SERVICE and request.method != "POST"
    capability = Capability.VIEW if looks else _MANAGING.get(kind, Capability.WORKLOADS_MANAGE)
    return in_project(capability)(partial(_answer, kind=kind))(request, **parts)


@require_safe
@in_project(Capability.VIEW)
def download_many(request: Request, scope: Scope) -> HttpResponseBase:
    """Of the Services picked in the list, as the editor shows each, in one file. What was deleted meanwhile is named in
    a comment."""
    names = picked(request)
    if not names:
        messages.warning(request, gettext("Select Services in the list first."))
        return htmx.redirect(request, reverse("services:list", args=[scope.place]))
    documents, missing = [], []
    for name in names:
        try:
            documents.append(editable(read_object(scope, request.cluster, kinds.SERVICE, name)))
        except NotFound:
            missing.append(name)
    if not documents:
        raise NotFound(", ".join(missing))
    absent = "".join(f"# {name} does not exist any more\n" for name in missing if name.isprintable())
    return htmx.file(absent + dump(documents), f"{scope.place}.services.yaml")


@require_http_methods(_METHODS)
@in_project(Capability.WORKLOADS_MANAGE)
def workload(request: Request, scope: Scope, kind: str, name: str) -> HttpResponseBase:
    """Of a workload; to look at, its page has it."""
    return _answer(request, scope, kinds.workload(kind), name)


def _answer(request: Request, scope: Scope, kind: Kind, name: str) -> HttpResponseBase:
    ref = Ref(kind, scope.place, name)
    if request.method == "POST":
        return _save(request, scope, ref)
    sheet = reviewing.sheet_of(read_object(scope, request.cluster, kind, name))
    if kind is kinds.SERVICE and "download" in request.GET:
        return htmx.file(sheet.text, f"{name}.yaml")
    return _editor(request, scope, ref, sheet)


def _save(request: Request, scope: Scope, ref: Ref) -> HttpResponseBase:
    sheet = reviewing.posted_sheet(request)
    text, unreadable = uploaded(sheet.text, request.FILES.get("file"))  # for browsers without scripts
    sheet = replace(sheet, text=text)
    if unreadable:
        return _editor(request, scope, ref, sheet, problems=unreadable, status=422)
    if request.POST.get("do") == "edit":
        return _editor(request, scope, ref, sheet)
    if request.POST.get("do") == "leave-out":
        sheet = replace(sheet, text=left_out(request, sheet.text, replaces=True))
        problems = report_on(request.cluster, scope, sheet.text, of=ref).problems
        return _editor(request, scope, ref, sheet, problems=problems)
    document = problem_lines.own_document(sheet.text, ref.name, scope.place, ref.kind)
    if document is None:
        problems = report_on(request.cluster, scope, sheet.text, of=ref).problems
        return _editor(request, scope, ref, sheet, problems=problems, status=422)
    try:
        act = _STEPS.get(request.POST.get("do", ""), reviewing.review)
        return reviewing.settled(act, request, scope, _change(scope, ref, sheet), document)
    except reviewing.Unchanged:
        what, means = gettext("Nothing would change."), gettext("The cluster already stores exactly this.")
        return _editor(request, scope, ref, sheet, notice=page_state.Notice("idle", what, means))
    except Refused as refused:
        problems = _with_known(request, scope, ref, sheet, problem_lines.placed(Source(sheet.text), refused.problems))
        return _editor(request, scope, ref, sheet, problems=problems, status=422)
    except KubeError as error:
        return _refused(request, scope, ref, sheet, error)


def _merge(request: Request, scope: Scope, change: Change, document: Document) -> HttpResponseBase:
    """Review the merged change, once there is a choice for each clash and nobody changed the Service again."""
    done = reviewing.merged(request, scope, change, document)
    if done is None:
        return reviewing.conflict(request, scope, change, document, status=422)
    sheet, together = done
    return reviewing.settled(reviewing.review, request, scope, replace(change, sheet=sheet), together)


_STEPS = {"apply": reviewing.apply, "merge": _merge, "discard": reviewing.asked, "keep": reviewing.asked}


def _refused(request: Request, scope: Scope, ref: Ref, sheet: Sheet, error: KubeError) -> HttpResponseBase:
    """The cluster did not take it: the text stays, the reason stands above it or on its lines."""
    problems = problem_lines.refusals(sheet.text, error)
    notice = page_state.refusal(error, "" if problems else None)  # on the lines it is said already
    if problems:
        problems = _with_known(request, scope, ref, sheet, problems)
    return _editor(request, scope, ref, sheet, problems=problems, notice=notice, status=error_pages.said(error).status)


def _with_known(
    request: Request, scope: Scope, ref: Ref, sheet: Sheet, problems: tuple[problem_lines.Problem, ...]
) -> tuple[problem_lines.Problem, ...]:
    """Problems, and what else is known of the text, so that one round is enough."""
    known = {problem.line for problem in problems}
    more = report_on(request.cluster, scope, sheet.text, of=ref).problems
    return (*problems, *(problem for problem in more if problem.line not in known))


def _editor(
    request: Request,
    scope: Scope,
    ref: Ref,
    sheet: Sheet,
    *,
    problems: tuple[problem_lines.Problem, ...] = (),
    notice: page_state.Notice | None = None,
    status: int = 200,
) -> HttpResponseBase:
    context = reviewing.context_of(scope, _change(scope, ref, sheet)) | {
        "may": page_state.allowed(scope, _MANAGING.get(ref.kind, Capability.WORKLOADS_MANAGE)),
        "filename": f"{ref.name}.{scope.place}.{ref.kind.kind.lower()}.yaml",
        "download_url": "?download" if ref.kind is kinds.SERVICE else "",
        "problems": problems,
        "tally": problem_lines.tally(problems),
        "notice": notice,
        "beside": _beside(request, scope, ref),
    }
    return render(request, "services/edit/yaml.html", context, status=status)


def _beside(request: Request, scope: Scope, ref: Ref) -> tuple[tuple[str, str], ...]:
    """What belongs to this object and has YAML of its own, with its address: the workloads that a Service selects,
    the Services that select a workload. The first few; none where they cannot be read."""
    links: tuple[tuple[str, str], ...] = ()
    with suppress(KubeError):
        view = request.cluster.look(scope.subject, scope.place)
        if ref.kind is kinds.SERVICE:
            page = "edit-workload-yaml" if scope.can(Capability.WORKLOADS_MANAGE) else "workload-yaml"
            selector = view.service(ref.name).selector
            links = tuple(
                (f"{record.kind} {record.name}", _address(page, scope.place, record.kind.lower(), record.name))
                for record in (view.workloads(selector)[:_MOST_BESIDE] if selector else ())
            )
        elif ref.kind in kinds.WORKLOADS:
            services = view.services_selecting(view.workload(ref.kind.kind, ref.name).template_labels)
            links = tuple(
                (f"Service {record.name}", _address("yaml", scope.place, record.name))
                for record in services[:_MOST_BESIDE]
            )
    return links


def _address(page: str, *parts: str) -> str:
    return reverse(f"services:{page}", args=parts)


def _change(scope: Scope, ref: Ref, sheet: Sheet) -> Change:
    if ref.kind in kinds.WORKLOADS:
        address = reverse("services:edit-workload-yaml", args=[scope.place, ref.kind.kind.lower(), ref.name])
    else:
        address = reverse(f"services:{_ADDRESSES[ref.kind]}", args=[scope.place, ref.name])
    return Change(ref.name, sheet, gettext("Edit YAML"), address, gettext("Back to the editor"), kind=ref.kind)
