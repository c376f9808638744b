"""What needs attention, live: across the projects of home, in a project's overview, and as marks of the switcher.

Those pages stand before the cluster has said anything; what it says comes by their streams.
"""

from __future__ import annotations

import time
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from accounts import across
from accounts.roles import Capability
from accounts.scope import Scope, in_project, is_current, is_still_signed_in, on_platform, project_scopes
from console.kube.access import Freshness
from console.web import htmx, sse
from services import page_state
from services.browse.present.attention import Board, ProjectState, project_state


@require_safe
@on_platform()
def home(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The stream of home: of the projects it names, as many as may be asked about.

    `?by=project`: a row a project, and how the Services of each workspace are; `?by=cell`: only that of each project.
    """
    names = request.GET.getlist("project")[: across.MOST]
    by, alarm = request.GET.get("by", ""), sse.Alarm()

    def rendered() -> sse.Fragments:
        places = _places(request, names)
        board = Board(tuple(state for _, state in places))
        alarm.at = board.recheck
        parts = _of_workspaces(request, places) if by == "project" else _of_projects(request, board)
        parts["live"] = _pill(request, board.freshness)
        if by != "cell":
            part = f"services/browse/parts/attention_{'projects' if by == 'project' else 'across'}.html"
            parts["attention"] = htmx.fragment(request, part, {"board": board})
        return parts

    return sse.stream(
        request,
        subscription=request.cluster.wake_ups(names),  # type: ignore[attr-defined]
        render=rendered,
        alarm=alarm,
        recheck=lambda: is_still_signed_in(request) and is_current(scope),
        key=(request.session.session_key, None, scope.epoch),
    )


@require_safe
@in_project(Capability.VIEW)
def overview(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The stream of a project's overview: what needs attention in it, and how much there is."""
    view, alarm = request.cluster.look(scope.subject, scope.place), sse.Alarm()  # type: ignore[attr-defined]
    may_edit = scope.can(Capability.SERVICES_MANAGE)

    def rendered() -> sse.Fragments:
        state = project_state(view, may_edit=may_edit, full=True)
        alarm.at = state.recheck
        given = {"board": Board((state,)), "state": state, "project": scope.place, "may_create": may_edit}
        return {
            "attention": htmx.fragment(request, "services/browse/parts/attention_here.html", given),
            "resources": htmx.fragment(request, "services/browse/parts/resources.html", given),
            "live": _pill(request, state.freshness),
        }

    return sse.stream(
        request,
        subscription=view.subscribe(),
        render=rendered,
        alarm=alarm,
        pulse=lambda: {"live": _pill(request, view.freshness())},
        recheck=lambda: is_still_signed_in(request) and is_current(scope),
        key=(request.session.session_key, scope.project and scope.project.uuid, scope.epoch),
    )


@require_safe
@on_platform()
def marks(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """What the switcher puts beside projects where something needs attention or is in progress."""
    request.place_scope = None  # type: ignore[attr-defined]  # no place: nothing of the frame is drawn
    states = [state for _, state in _places(request, across.recent_names(request.user.pk or 0))]
    return render(request, "services/browse/parts/marks.html", {"projects": states})


def _places(request: HttpRequest, names: list[str]) -> list[tuple[Scope, ProjectState]]:
    """Those of the projects that the person may look into, as they are. Who that is, is read anew each time."""
    cluster: Any = request.cluster  # type: ignore[attr-defined]
    scopes = project_scopes(request.user.pk, names, Capability.VIEW) if request.user.pk else []
    return [
        (one, project_state(cluster.look(one.subject, one.place), may_edit=one.can(Capability.SERVICES_MANAGE)))
        for one in scopes
    ]


def _of_projects(request: HttpRequest, board: Board) -> dict[str, str]:
    parts = {}
    for state in board.projects:
        cell = htmx.fragment(request, "services/browse/parts/services_in.html", {"state": state})
        pods = state.pods if state.known == "yes" else "\N{EN DASH}"
        parts[f"services-in-{state.name}"] = cell
        parts[f"pods-in-{state.name}"] = format_html('<span id="pods-in-{}">{}</span>', state.name, pods)
    return parts


def _of_workspaces(request: HttpRequest, places: list[tuple[Scope, ProjectState]]) -> dict[str, str]:
    inside: dict[str, list[ProjectState]] = {}
    for scope, state in places:
        inside.setdefault(scope.workspace.name if scope.workspace else "", []).append(state)
    return {
        f"services-of-{name}": htmx.fragment(
            request, "services/browse/parts/services_of.html", {"workspace": name, "board": Board(tuple(states))}
        )
        for name, states in inside.items()
    }


def _pill(request: HttpRequest, freshness: Freshness | None) -> str:
    live = page_state.live(freshness or Freshness("live", time.time()))
    given = {"state": live.state, "words": live.words, "as_of": live.as_of, "reason": live.reason}
    return htmx.fragment(request, "components/live.html", given)
