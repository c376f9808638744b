"""Edit YAML of a Service: look, check, see what will be different, apply; never over somebody else's change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube.errors import Conflict, KubeError
from console.web import error_pages, htmx
from services import page_state
from services.changes.replace import Refused
from services.edit.views import reviewing
from services.edit.views.reviewing import Change
from services.manifests.yamlio import Source
from services.yaml_editor import problem_lines
from services.yaml_editor.checking import report_on
from services.yaml_editor.problem_lines import Sheet
from services.yaml_editor.stored import Document, read_service
from services.yaml_editor.text import left_out, uploaded


@require_http_methods(["GET", "HEAD", "POST"])
def yaml(request: Request, **parts: str) -> HttpResponseBase:
    """Everybody here may look; saving takes the right to."""
    return (_save if request.method == "POST" else _show)(request, **parts)


@in_project(Capability.VIEW)
def _show(request: Request, scope: Scope, name: str) -> HttpResponseBase:
    stored = read_service(scope, request.cluster, name)
    sheet = reviewing.sheet_of(stored)
    if "download" in request.GET:
        return htmx.file(sheet.text, f"{name}.yaml")
    return _editor(request, scope, name, sheet)


@in_project(Capability.SERVICES_MANAGE)
def _save(request: Request, scope: Scope, name: str) -> HttpResponseBase:
    posted = (request.POST.get(field, "").replace("\r\n", "\n") for field in ("text", "base", "version"))
    sheet, unreadable = _with_upload(Sheet(*posted), request.FILES.get("file"))
    if unreadable:
        return _editor(request, scope, name, sheet, problems=unreadable, status=422)
    if request.POST.get("do") == "edit":
        return _editor(request, scope, name, sheet)
    if request.POST.get("do") == "leave-out":
        return _left_out(request, scope, name, sheet)
    read = problem_lines.checked(sheet.text, name, scope.place)
    if read.document is None or read.problems:
        found = report_on(request.cluster, scope, sheet.text, service=name).problems
        return _editor(request, scope, name, sheet, problems=found, status=422)
    try:
        return _step(request, scope, _change(scope, name, sheet), read.document)
    except reviewing.Unchanged:
        what, means = gettext("Nothing would change."), gettext("The cluster already stores exactly this.")
        return _editor(request, scope, name, sheet, notice=page_state.Notice("idle", what, means))
    except Refused as refused:
        problems = _with_known(request, scope, name, sheet, problem_lines.placed(Source(sheet.text), refused.problems))
        return _editor(request, scope, name, sheet, problems=problems, status=422)
    except KubeError as error:
        return _refused(request, scope, name, sheet, error)


def _step(request: Request, scope: Scope, change: Change, document: Document) -> HttpResponseBase:
    """What is asked, or both changes where somebody else was faster."""
    try:
        return _STEPS.get(request.POST.get("do", ""), reviewing.review)(request, scope, change, document)
    except Conflict:
        return reviewing.conflict(request, scope, change, document)


def _merge(request: Request, scope: Scope, change: Change, document: Document) -> HttpResponseBase:
    """Review the merged change, once there is a choice for each clash and nobody changed the Service again."""
    done = reviewing.merged(request, scope, change, document)
    if done is None:
        return reviewing.conflict(request, scope, change, document, status=422)
    sheet, together = done
    return reviewing.review(request, scope, replace(change, sheet=sheet), together)


_STEPS = {"apply": reviewing.apply, "merge": _merge}


def _refused(request: Request, scope: Scope, name: str, sheet: Sheet, error: KubeError) -> HttpResponseBase:
    """The cluster did not take it: the text stays, the reason stands above it or on its lines."""
    said = error_pages.said(error)
    problems = problem_lines.refusals(sheet.text, error)
    detail = "" if problems else said.detail  # else it is said on the lines
    notice = page_state.Notice(said.state, said.what, f"{said.means} {detail}".strip())
    if problems:
        problems = _with_known(request, scope, name, sheet, problems)
    return _editor(request, scope, name, sheet, problems=problems, notice=notice, status=said.status)


def _with_known(
    request: Request, scope: Scope, name: str, sheet: Sheet, problems: tuple[problem_lines.Problem, ...]
) -> tuple[problem_lines.Problem, ...]:
    """Problems, and what else is known of the text, so that one round is enough."""
    known = {one.line for one in problems}
    more = report_on(request.cluster, scope, sheet.text, service=name).problems
    return (*problems, *(one for one in more if one.line not in known))


def _left_out(request: Request, scope: Scope, name: str, sheet: Sheet) -> HttpResponseBase:
    """The text without what only the cluster sets, in the editor."""
    text = left_out(request, sheet.text, replaces=True)
    found = report_on(request.cluster, scope, text, service=name).problems
    return _editor(request, scope, name, replace(sheet, text=text), problems=found)


def _editor(
    request: Request,
    scope: Scope,
    name: str,
    sheet: Sheet,
    *,
    problems: tuple[problem_lines.Problem, ...] = (),
    notice: page_state.Notice | None = None,
    status: int = 200,
) -> HttpResponseBase:
    context = _context(scope, name, sheet) | {
        "problems": problems,
        "tally": problem_lines.tally(problems),
        "notice": notice,
    }
    return render(request, "services/edit/yaml.html", context, status=status)


def _context(scope: Scope, name: str, sheet: Sheet) -> dict[str, Any]:
    return reviewing.context_of(scope, _change(scope, name, sheet)) | {
        "may": page_state.allowed(scope, Capability.SERVICES_MANAGE),
        "filename": f"{name}.{scope.place}.service.yaml",
    }


def _change(scope: Scope, name: str, sheet: Sheet) -> Change:
    address = reverse("services:yaml", args=[scope.place, name])
    return Change(name, sheet, gettext("Edit YAML"), address, gettext("Back to the editor"))


def _with_upload(sheet: Sheet, file: Any) -> tuple[Sheet, tuple[problem_lines.Problem, ...]]:
    """The text of a file that takes the place of the editor's, for browsers without scripts."""
    text, wrong = uploaded(sheet.text, file)
    problems = tuple(problem_lines.Problem(one.line, one.column, one.sentence) for one in wrong)
    return replace(sheet, text=text), problems
