"""Edit YAML of a Service: look, check, see what will be different, apply; never over somebody else's change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube import kinds
from console.kube.errors import Conflict, KubeError
from console.kube.kinds import Ref
from console.web import error_pages, htmx, times
from services import page_state
from services.changes.authors import Changed, last_change
from services.changes.replace import Refused, Rehearsed, action_of, rehearse_replace, replace_object, target_of
from services.edit.present.callers import callers
from services.edit.present.effects import Consequence, consequences, endpoint_counts, harmless
from services.manifests.yamlio import Source, YamlProblem, load
from services.manifests.yamlout import dump_one
from services.yaml_editor import differences, problem_lines
from services.yaml_editor.checking import report_on
from services.yaml_editor.problem_lines import Sheet
from services.yaml_editor.stored import Document, editable, read_service, version_of
from services.yaml_editor.text import left_out, uploaded


@require_http_methods(["GET", "HEAD", "POST"])
def yaml(request: Request, **parts: str) -> HttpResponseBase:
    """Everybody here may look; saving takes the right to."""
    return (_save if request.method == "POST" else _show)(request, **parts)


@in_project(Capability.VIEW)
def _show(request: Request, scope: Scope, name: str) -> HttpResponseBase:
    stored = read_service(scope, request.cluster, name)
    sheet = _sheet(stored)
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
        step = _STEPS.get(request.POST.get("do", ""), _review)
        return step(request, scope, name, sheet, read.document)
    except Conflict:
        return _conflict(request, scope, name, sheet, read.document)
    except Refused as refused:
        problems = problem_lines.placed(Source(sheet.text), refused.problems)
        return _editor(
            request, scope, name, sheet, problems=_with_known(request, scope, name, sheet, problems), status=422
        )
    except KubeError as error:
        return _refused(request, scope, name, sheet, error)


def _review(
    request: Request, scope: Scope, name: str, sheet: Sheet, document: Document, status: int = 200
) -> HttpResponseBase:
    """What will be different, as the cluster would store it."""
    rehearsed = rehearse_replace(scope, request.cluster, kinds.SERVICE, name, document, sheet.version)
    before, after = (dump_one(editable(one)) for one in (rehearsed.stored, rehearsed.proposed))
    if before == after:
        nothing = page_state.Notice(
            "idle", gettext("Nothing would change."), gettext("The cluster already stores exactly this.")
        )
        return _editor(request, scope, name, sheet, notice=nothing)
    effects = _effects(request, scope, rehearsed)
    worst = effects[0] if effects and effects[0].state == "bad" else None
    view = request.cluster.look(scope.subject, scope.place)
    counts = endpoint_counts(view, rehearsed.stored, rehearsed.proposed)
    context = _context(scope, name, sheet) | {
        "lines": differences.diff_lines(before, after),
        "worst": worst,
        "effects": [effect for effect in effects if effect is not worst],
        "manager": problem_lines.manager_of(rehearsed.stored),
        "callers": callers(rehearsed.stored, rehearsed.proposed, counts),
        "harmless": harmless(view, rehearsed.proposed),
        "request_lines": sheet.text.count("\n"),
    }
    return render(request, "services/edit/review.html", context, status=status)


def _effects(request: Request, scope: Scope, rehearsed: Rehearsed) -> tuple[Consequence, ...]:
    view = request.cluster.look(scope.subject, scope.place)
    client = request.cluster.as_user(scope.identity)
    return consequences(view, client, rehearsed.stored, rehearsed.proposed)


def _apply(request: Request, scope: Scope, name: str, sheet: Sheet, document: Document) -> HttpResponseBase:
    """Store it. What leaves the Service without endpoints has to be confirmed."""
    cluster = request.cluster
    rehearsed = rehearse_replace(scope, cluster, kinds.SERVICE, name, document, sheet.version)
    worst = any(effect.state == "bad" for effect in _effects(request, scope, rehearsed))
    if worst and "sure" not in request.POST:
        return _review(request, scope, name, sheet, document, status=422)
    changed = replace_object(scope, cluster, kinds.SERVICE, name, document, sheet.version)
    text = ngettext("Saved %(name)s: 1 field changed.", "Saved %(name)s: %(count)s fields changed.", len(changed))
    messages.success(request, text % {"name": name, "count": len(changed)})
    return htmx.redirect(request, reverse("services:details", args=[scope.place, name]))


def _conflict(
    request: Request, scope: Scope, name: str, sheet: Sheet, document: Document, status: int = 409
) -> HttpResponseBase:
    """Somebody else changed it meanwhile: both changes side by side."""
    stored = read_service(scope, request.cluster, name)
    merge = differences.merged(_base(sheet), editable(stored), document, _chosen(request))
    recorded = audit.latest(scope, action_of(kinds.SERVICE), target=target_of(Ref(kinds.SERVICE, scope.place, name)))
    changed = last_change(stored, recorded, merge.theirs)
    context = _context(scope, name, sheet) | {
        "merge": merge,
        "changed": changed,
        "notice": _conflict_notice(scope, name, merge, changed),
        "stored_version": version_of(stored),
        "result": dump_one(merge.document),
    }
    return render(request, "services/edit/conflict.html", context, status=status)


def _conflict_notice(scope: Scope, name: str, merge: differences.Merge, changed: Changed) -> page_state.Notice:
    """Who was faster, what became of this change, and what to do."""
    values = {"name": name, "who": changed.who, "time": times.element(changed.at, "ago")}
    if not changed.who:
        what = gettext("%(name)s was changed while you were editing, by someone else or in another tab.")
    elif changed.who == scope.actor.name:
        what = gettext("You changed %(name)s %(time)s, in another tab.")
    else:
        what = gettext("%(who)s changed %(name)s %(time)s, while you were editing.")
    counts = {"count": merge.clashes, "fitting": merge.fitting, "total": merge.fitting + merge.clashes}
    if not merge.clashes:
        text = gettext("No field conflicts: review the result.")
    elif merge.fitting:
        text = ngettext(
            "%(fitting)s of %(total)s fields merge automatically; 1 conflicts: choose a value, then review the result.",
            "%(fitting)s of %(total)s fields merge automatically; choose a value for each of the others.",
            merge.clashes,
        )
    else:
        text = ngettext(
            "1 field conflicts: choose a value, then review the result.",
            "%(count)s fields conflict: choose values, then review the result.",
            merge.clashes,
        )
    means = gettext("Your change is not saved. %(merge)s") % {"merge": text % counts if merge.clashes else text}
    return page_state.Notice("warn", times.sentence(what, values), means)


def _merge(request: Request, scope: Scope, name: str, sheet: Sheet, document: Document) -> HttpResponseBase:
    """Review the merged change, once there is a choice for each clash and nobody changed the Service again."""
    stored = read_service(scope, request.cluster, name)
    if version_of(stored) != request.POST.get("stored_version"):
        raise Conflict
    together = differences.resolved(_base(sheet), editable(stored), document, _chosen(request))
    if together is None:
        return _conflict(request, scope, name, sheet, document, status=422)
    return _review(request, scope, name, replace(_sheet(stored), text=dump_one(together)), together)


_STEPS = {"apply": _apply, "merge": _merge}


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
    return {
        "project": scope.place,
        "name": name,
        "sheet": sheet,
        "may": page_state.allowed(scope, Capability.SERVICES_MANAGE),
        "back": reverse("services:details", args=[scope.place, name]),
        "filename": f"{name}.{scope.place}.service.yaml",
    }


def _sheet(stored: Document) -> Sheet:
    text = dump_one(editable(stored))
    return Sheet(text, text, version_of(stored))


def _with_upload(sheet: Sheet, file: Any) -> tuple[Sheet, tuple[problem_lines.Problem, ...]]:
    """The text of a file that takes the place of the editor's, for browsers without scripts."""
    text, wrong = uploaded(sheet.text, file)
    problems = tuple(problem_lines.Problem(one.line, one.column, one.sentence) for one in wrong)
    return replace(sheet, text=text), problems


def _base(sheet: Sheet) -> Document:
    """The document that was opened. A form that was tampered with has none: then everything counts as changed."""
    try:
        documents = load(sheet.base)
    except YamlProblem:
        return {}
    return dict(documents[0]) if documents else {}


def _chosen(request: Request) -> dict[str, str]:
    """The side chosen for each clash, by its path."""
    given = {key: str(value) for key, value in request.POST.items()}
    return {key.removeprefix("clash:"): value for key, value in given.items() if key.startswith("clash:")}
