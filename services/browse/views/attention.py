"""What needs attention, live: across the projects of home, in a project's overview, and as marks of the switcher.

Those pages stand before the cluster has said anything; what it says comes by their streams.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from accounts import across, recent
from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project, on_platform, project_scopes
from console.kube import kinds
from console.kube.access import BEHIND_SERVICES, Freshness, View, worst_of
from console.kube.errors import KubeError, Unavailable
from console.kube.gateway import Client
from console.kube.hub import Cluster
from console.kube.kinds import Kind
from console.web import htmx, sse
from services import page_state
from services.browse.present import quota
from services.browse.present.attention import Board, ProjectState, project_state
from services.browse.present.recent import recent_changes
from services.shown.usage import MOST_SUMMED, total_cells, total_words

Signs = tuple[tuple[str, str], ...]
_ON_OVERVIEW = (*BEHIND_SERVICES, kinds.REPLICASET, kinds.RESOURCEQUOTA)


@require_safe
@on_platform()
def home(request: Request, scope: Scope) -> HttpResponseBase:
    """The stream of home: of the projects it names, as many as may be asked about.

    `?by=project`: a row a project, and how the Services of each workspace are; `?by=place`: the same rows, and how the
    Services of each project are; `?by=cell`: only that.
    """
    names, by = request.GET.getlist("project")[: across.MOST], request.GET.get("by", "")
    cluster, seen = request.cluster, _Seen()

    def now() -> dict[str, str]:
        parts = _of_now(request, seen.freshness(cluster))
        if by == "project":  # whether the cluster answers, beside what else is said of it
            context = {"answering": cluster.hub.answering()}
            parts["connection"] = htmx.fragment(request, "services/browse/parts/connection.html", context)
        return parts

    def rendered(alarm: sse.Alarm) -> sse.Fragments:
        scopes = project_scopes(request.user.pk, names, Capability.VIEW)
        views = [cluster.look(scope.subject, scope.place) for scope in scopes]
        board = Board(tuple(seen.states(views, [scope.can(Capability.SERVICES_MANAGE) for scope in scopes])))
        alarm.at = board.recheck
        parts = _of_workspaces(request, scopes, board) if by == "project" else _of_projects(request, board)
        parts |= now()
        if by != "cell":
            part = f"services/browse/parts/attention_{'projects' if by in ('project', 'place') else 'across'}.html"
            parts["attention"] = htmx.fragment(request, part, {"board": board, "narrow": by == "place"})
        return parts

    return page_state.stream(request, scope, cluster.wake_ups(names), rendered, now)


@require_safe
@in_project(Capability.VIEW)
def overview(request: Request, scope: Scope) -> HttpResponseBase:
    """The stream of a project's overview: what needs attention in it, and how much there is."""
    cluster, seen = request.cluster, _Seen(_ON_OVERVIEW)
    view, may_edit = cluster.look(scope.subject, scope.place), scope.can(Capability.SERVICES_MANAGE)
    quotas = _Quotas(cluster.as_user(scope.identity), view)

    def rendered(alarm: sse.Alarm) -> sse.Fragments:
        state = seen.states([view], [may_edit], full=True)[0]
        alarm.at = state.recheck
        context = {"board": Board((state,)), "state": state, "project": scope.place, "may_create": may_edit}
        context |= _used(view) if state.known == "yes" else {}
        return {
            "attention": htmx.fragment(request, "services/browse/parts/attention_here.html", context),
            "resources": htmx.fragment(request, "services/browse/parts/resources.html", context),
            "quota": htmx.fragment(request, "services/browse/parts/quota.html", quotas.now()),
            **(_recent(request, scope, view) if state.known == "yes" else {}),
            **_of_now(request, seen.freshness(cluster)),
        }

    subscription = view.subscribe(*_ON_OVERVIEW, usage=True)
    return page_state.stream(request, scope, subscription, rendered, lambda: _of_now(request, seen.freshness(cluster)))


@require_safe
@on_platform()
def marks(request: Request, scope: Scope) -> HttpResponseBase:
    """What the switcher puts beside projects where something needs attention or is in progress."""
    request.place_scope = None  # no place: nothing of the frame is drawn
    scopes = project_scopes(request.user.pk, across.recent_names(request.user.pk), Capability.VIEW)
    cluster = request.cluster
    states = _Seen().states(
        [cluster.look(project_scope.subject, project_scope.place) for project_scope in scopes], [False] * len(scopes)
    )
    return render(request, "services/browse/parts/marks.html", {"projects": states})


@require_safe
@on_platform(Capability.WORKSPACE_VIEW)
def cluster_facts(request: Request, scope: Scope) -> HttpResponseBase:
    """What the cluster says of itself, for the home of the platform, which stands before it has."""
    request.place_scope = None  # no place: nothing of the frame is drawn
    try:
        nodes = request.cluster.nodes(scope.subject)
    except KubeError:
        nodes = None
    context = {
        "version": request.cluster.hub.version(),
        "nodes": nodes,
        "ready": sum(node.ready for node in nodes or ()),
    }
    return render(request, "services/browse/parts/cluster_facts.html", context)


class _Seen:
    """What a stream has shown, of these kinds. It stays while the cluster is silent; the pill says how old it is."""

    def __init__(self, watched: Sequence[Kind] = BEHIND_SERVICES) -> None:
        self._watched = watched
        self._views: list[View] = []
        self._any = False

    def states(self, views: Sequence[View], may_edit: Sequence[bool], *, full: bool = False) -> list[ProjectState]:
        """The projects now. Raises Unavailable where something was shown before that can stay."""
        try:
            states = [project_state(view, may_edit=may, full=full) for view, may in zip(views, may_edit, strict=True)]
        except Unavailable:
            if self._any:
                raise
            return [ProjectState(view.namespace, "unreadable") for view in views]
        self._any = True
        self._views = [view for view, state in zip(views, states, strict=True) if state.freshness is not None]
        return states

    def freshness(self, cluster: Cluster) -> Freshness:
        """How true what is shown is; asks nobody."""
        if self._views:
            return worst_of([view.freshness(*self._watched) for view in self._views])
        if self._any:
            return Freshness("live", time.time())
        return Freshness("reconnecting" if cluster.hub.answering() else "stale")


class _Quotas:
    """The quotas of a project, read as the person when one has changed; none where they cannot be read."""

    def __init__(self, client: Client, view: View) -> None:
        self._client, self._view = client, view
        self._read: Signs | None = None
        self._shown: dict[str, object] = {}

    def now(self) -> dict[str, object]:
        """What the template is given."""
        signs = self._view.signs(kinds.RESOURCEQUOTA)
        if signs != self._read:
            with suppress(KubeError):
                quotas = list(self._client.items(kinds.RESOURCEQUOTA, self._view.namespace))
                self._shown = {"lines": quota.lines(quotas), "for_some": sum(map(quota.is_for_some, quotas))}
                self._read = signs
        return self._shown


def _used(view: View) -> dict[str, object]:
    """CPU and memory of the project's pods together, as far as the metrics API has them and the person may see them."""
    pods = view.pods()
    summed = pods[:MOST_SUMMED]
    usage = view.usage(summed)
    return {"used": total_cells(summed, usage), "used_by": total_words(summed, usage, len(pods))}


def _recent(request: Request, scope: Scope, view: View) -> dict[str, str]:
    """The recent changes of a project; those of the record stay where the cluster cannot be read."""
    recorded = recent.changes(scope)
    with suppress(KubeError):
        context = {"recent": recent_changes(view, recorded), "project": scope.place}
        return {"recent": htmx.fragment(request, "services/browse/parts/recent.html", context)}
    return {}


def _of_projects(request: Request, board: Board) -> dict[str, str]:
    parts = {}
    for state in board.projects:
        cell = htmx.fragment(request, "services/browse/parts/services_in.html", {"state": state})
        pods = state.pods if state.known == "yes" else "\N{EN DASH}"
        parts[f"services-in-{state.name}"] = cell
        parts[f"pods-in-{state.name}"] = format_html('<span id="pods-in-{}">{}</span>', state.name, pods)
    return parts


def _of_workspaces(request: Request, scopes: list[Scope], board: Board) -> dict[str, str]:
    inside: dict[str, list[ProjectState]] = {}
    for scope, state in zip(scopes, board.projects, strict=True):
        inside.setdefault(scope.workspace.name if scope.workspace else "", []).append(state)
    return {
        f"services-of-{name}": htmx.fragment(
            request, "services/browse/parts/services_of.html", {"workspace": name, "board": Board(tuple(states))}
        )
        for name, states in inside.items()
    }


def _of_now(request: Request, freshness: Freshness) -> dict[str, str]:
    """The pill, and the notice that stands while what is shown is not of now."""
    notice = None if freshness.state == "forbidden" else page_state.notice(freshness)  # one project's: its row says it
    return {
        "live": page_state.pill(request, page_state.live(freshness)),
        "attention-notice": htmx.fragment(request, "services/browse/parts/attention_notice.html", {"notice": notice}),
    }
