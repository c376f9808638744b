"""How a project's Services are, in a sentence, for pages that are not about them: home, and the project's overview.

A part on its own, which those pages ask for when they stand: home never waits for the cluster.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube.errors import KubeError
from services.present import frame
from services.present.board import roll


@require_safe
@in_project(Capability.VIEW)
def glance(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """How many Services need attention, with the way to them. A cluster that says nothing is no error of the page."""
    view = request.cluster.look(scope.subject, scope.place)  # type: ignore[attr-defined]
    asked = request.GET.get("asked", "")
    wait = min(2 * int(asked), 30) if asked.isdecimal() and len(asked) < 6 else 2
    given = {"project": scope.place, "unknown": True, "wait": wait, "asked": wait // 2 + 1}
    try:
        found = roll(view)
        freshness = view.freshness()
    except KubeError:
        return render(request, "services/parts/glance.html", given)
    live = frame.live(freshness)
    if freshness.state == "forbidden" or (live.stale and live.as_of is None):
        return render(request, "services/parts/glance.html", given)
    given |= {
        "unknown": False,
        "loading": freshness.state == "loading",
        "overall": len(found.entries),
        "attention": found.counts["status"]["attention"],
        "as_of": live.as_of if live.stale else None,
    }
    return render(request, "services/parts/glance.html", given)
