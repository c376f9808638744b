"""How a project's Services are, in a sentence, for pages that are not about them: home, and the project's overview.

A part on its own, which those pages ask for when they stand: home never waits for the cluster.
"""

from __future__ import annotations

from dataclasses import replace
from heapq import nsmallest
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube.errors import KubeError
from services import page_state
from services.browse.present.rows import StatusCell, status_cell
from services.browse.present.summaries import ServiceSummary, project_summary
from services.manifests.health import RANK

WORST = 5  # as many as the overview shows before it points to the list


@require_safe
@in_project(Capability.VIEW)
def glance(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """How many Services need attention, with the way to them. A cluster that says nothing is no error of the page."""
    return render(request, "services/browse/parts/glance.html", _look(request, scope))


@require_safe
@in_project(Capability.VIEW)
def wrong(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The Services that need attention, the worst first: what is wrong with each, and the way to it."""
    given = _look(request, scope)
    troubled = [one for one in given.pop("entries", ()) if one.status == "attention"]
    given["worst"] = [_worst(one, given["as_of"]) for one in nsmallest(WORST, troubled, _badness)]
    given["makes_services"] = scope.can(Capability.SERVICES_MANAGE)
    return render(request, "services/browse/parts/wrong.html", given)


def _look(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    view = request.cluster.look(scope.subject, scope.place)  # type: ignore[attr-defined]
    asked = request.GET.get("asked", "")
    wait = min(2 * int(asked), 30) if asked.isdecimal() and len(asked) < 6 else 2
    given = {"project": scope.place, "unknown": True, "wait": wait, "asked": wait // 2 + 1}
    try:
        found = project_summary(view)
        freshness = view.freshness()
    except KubeError:
        return given
    live = page_state.live(freshness)
    if freshness.state == "forbidden" or (live.stale and live.as_of is None):
        return given
    return given | {
        "unknown": False,
        "loading": freshness.state == "loading",
        "entries": found.services,
        "overall": len(found.services),
        "attention": found.counts["status"]["attention"],
        "as_of": live.as_of if live.stale else None,
    }


def _worst(entry: ServiceSummary, as_of: object) -> tuple[str, StatusCell]:
    """A Service's name and how it is. What is not of now has no colour: that would be a claim about now."""
    cell = status_cell(entry.health)
    return entry.name, replace(cell, state="idle", glyph=cell.glyph or cell.state) if as_of else cell


def _badness(entry: ServiceSummary) -> tuple[int, str]:
    return RANK[entry.health.state], entry.name
