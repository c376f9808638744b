"""The record of a project, a workspace or the platform: filtered, paged, each entry to be opened."""

from datetime import date

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from accounts import words
from accounts.domain import record
from accounts.domain.record import Question
from accounts.models import AuditEntry
from accounts.roles import Capability
from accounts.scope import Scope, in_project, in_workspace, on_platform

PAGE = 50
STATES = {"ok": "ok", "refused": "bad", "failed": "warn", "started": "busy"}


@require_safe
@in_project(Capability.VIEW)
def project_activity(request: HttpRequest, scope: Scope) -> HttpResponse:
    """What was attempted in the project."""
    return _page(request, scope)


@require_safe
@in_workspace(Capability.WORKSPACE_VIEW)
def workspace_activity(request: HttpRequest, scope: Scope) -> HttpResponse:
    """What was attempted in the workspace."""
    return _page(request, scope)


@require_safe
@on_platform(Capability.PLATFORM_ADMIN)
def platform_activity(request: HttpRequest, scope: Scope) -> HttpResponse:
    """What was attempted at all."""
    return _page(request, scope)


def _page(request: HttpRequest, scope: Scope) -> HttpResponse:
    question = _question(request)
    found = record.find(scope, question)
    counts = record.by_outcome(found)
    shown = found.filter(outcome=question.outcome) if question.outcome in STATES else found
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    context = {
        "scope": scope,
        "page": page,
        "rows": [(entry, words.action(entry.action), STATES[entry.outcome]) for entry in page],
        "question": question,
        "opened": request.GET.get("open", ""),
        "actors": record.actors(scope),
        "kinds": [(key, title) for key, (title, _parts) in words.KINDS.items()],
        "outcomes": _outcomes(question, counts),
        "total": sum(counts.values()),
    }
    return render(request, "accounts/activity.html", context)


def _question(request: HttpRequest) -> Question:
    asked = request.GET
    return Question(
        who=asked.get("who", "")[:64],
        kind=asked.get("what", ""),
        target=asked.get("on", "")[:320],
        outcome=asked.get("out", ""),
        since=_day(asked.get("from", "")),
        until=_day(asked.get("to", "")),
    )


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _outcomes(question: Question, counts: dict[str, int]) -> list[tuple[str, str, str, int, bool]]:
    """(value, state, words, count, chosen) for each outcome there is, and the chosen one."""
    return [
        (value, STATES[value], str(AuditEntry.Outcome(value).label), counts.get(value, 0), question.outcome == value)
        for value in STATES
        if counts.get(value) or question.outcome == value
    ]
