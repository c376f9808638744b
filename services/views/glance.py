"""How a project's Services are, in a sentence, for pages that are not about them: home, and the project's overview.

A part on its own, which those pages ask for when they stand: home never waits for the cluster.
"""

from __future__ import annotations

from heapq import nsmallest
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube.errors import KubeError
from services.manifests.health import RANK
from services.present import frame
from services.present.board import Entry, roll
from services.present.rows import status_cell

WORST = 5  # as many as the overview shows before it points to the list


@require_safe
@in_project(Capability.VIEW)
def glance(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """How many Services need attention, with the way to them. A cluster that says nothing is no error of the page."""
    return render(request, "services/parts/glance.html", _look(request, scope))


@require_safe
@in_project(Capability.VIEW)
def wrong(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The Services that need attention, the worst first: what is wrong with each, and the way to it."""
    given = _look(request, scope) | {"makes_services": scope.can(Capability.SERVICES_MANAGE)}
    return render(request, "services/parts/wrong.html", given)


def _look(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    view = request.cluster.look(scope.subject, scope.place)  # type: ignore[attr-defined]
    asked = request.GET.get("asked", "")
    wait = min(2 * int(asked), 30) if asked.isdecimal() and len(asked) < 6 else 2
    given = {"project": scope.place, "unknown": True, "wait": wait, "asked": wait // 2 + 1}
    try:
        found = roll(view)
        freshness = view.freshness()
    except KubeError:
        return given
    live = frame.live(freshness)
    if freshness.state == "forbidden" or (live.stale and live.as_of is None):
        return given
    troubled = [one for one in found.entries if one.status == "attention"]
    return given | {
        "unknown": False,
        "loading": freshness.state == "loading",
        "overall": len(found.entries),
        "attention": len(troubled),
        "worst": [(one.name, status_cell(one.health)) for one in nsmallest(WORST, troubled, _badness)],
        "as_of": live.as_of if live.stale else None,
    }


def _badness(entry: Entry) -> tuple[int, str]:
    return RANK[entry.health.state], entry.name
