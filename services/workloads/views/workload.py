"""One workload: its tabs, each with an address of its own, and their stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project, is_current, is_still_signed_in
from console.kube import kinds
from console.kube.access import View
from console.kube.errors import Unavailable
from console.kube.kinds import Kind
from console.web import htmx, sse
from services import page_state
from services.changes.authors import recorded
from services.manifests.yamlout import dump_one
from services.shown import metadata as pairs
from services.shown.events import happenings
from services.shown.facts import Fact, when_created
from services.shown.pages import Pages
from services.shown.pods import asked
from services.workloads.present import workload
from services.workloads.present.rollout_revisions import revisions
from services.workloads.present.workload_effects import scaling_remarks
from services.workloads.present.workload_surroundings import (
    Concerns,
    Live,
    Surroundings,
    surroundings,
    watched_for,
    without_managers,
)
from services.workloads.present.workload_uses import used

_TABS = ("status", "revisions", "metadata", "events", "yaml")
_READ_ONCE = ("yaml",)  # from the cluster, with the page; its stream keeps what stands above them
_HEAD_PARTS = ("head", "menu", "notice", "facts", "tabs")


@require_safe
@in_project(Capability.VIEW)
def resource_status(request: Request, scope: Scope, kind: str, name: str) -> HttpResponseBase:
    """Rollout, containers and pods."""
    return _page(request, scope, kinds.workload(kind), name, "status")


@require_safe
@in_project(Capability.VIEW)
def past_revisions(request: Request, scope: Scope, kind: str, name: str) -> HttpResponseBase:
    """The revisions, and what tells them apart."""
    return _page(request, scope, kinds.workload(kind), name, "revisions")


@require_safe
@in_project(Capability.VIEW)
def metadata(request: Request, scope: Scope, kind: str, name: str) -> HttpResponseBase:
    """Labels and annotations."""
    return _page(request, scope, kinds.workload(kind), name, "metadata")


@require_safe
@in_project(Capability.VIEW)
def events(request: Request, scope: Scope, kind: str, name: str) -> HttpResponseBase:
    """What the cluster said about the workload and its pods."""
    return _page(request, scope, kinds.workload(kind), name, "events")


@require_safe
@in_project(Capability.VIEW)
def yaml(request: Request, scope: Scope, kind: str, name: str) -> HttpResponseBase:
    """Its manifest and its status, to read and to keep."""
    sort = kinds.workload(kind)
    around, context = page_context(request, scope, sort, name, "yaml")
    if around.document is None:
        raise Unavailable("the cluster does not answer")
    text = dump_one(without_managers(around.document))
    if "download" in request.GET:
        return htmx.file(text, f"{name}.yaml")
    return render(request, "services/workloads/workload.html", {**context, "yaml": text})


@require_safe
@in_project(Capability.VIEW)
def stream(request: Request, scope: Scope, kind: str, name: str) -> HttpResponseBase:
    """The same page, part by part, as it changes. `?tab=` says which tab is open."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in _TABS else "status"
    sort, view, alarm = kinds.workload(kind), _look(request, scope), sse.Alarm()
    concerns, live = Concerns({view.workload(sort.kind, name).uid}, f"{sort.kind}/{name}"), _live(request, scope, tab)

    def rendered() -> sse.Fragments:
        around = surroundings(view, live, sort, name, concerns)
        alarm.at = around.recheck
        return _fragments(request, _context(request, scope, view, live, around, sort, tab))

    return sse.stream(
        request,
        subscription=view.subscribe(*watched_for(sort, tab), concerns=concerns, usage=tab == "status"),
        render=rendered,
        alarm=alarm,
        pulse=lambda: _beat(request, view, watched_for(sort, tab)),
        recheck=lambda: is_still_signed_in(request) and is_current(scope),
        key=(request.session.session_key, scope.project and scope.project.uuid, scope.epoch),
    )


def _look(request: Request, scope: Scope) -> View:
    return request.cluster.look(scope.subject, scope.place)


def _live(request: Request, scope: Scope, tab: str) -> Live:
    return Live(request.cluster.as_user(scope.identity), tab)


def surroundings_of(request: Request, scope: Scope, kind: Kind, name: str) -> Surroundings:
    """The workload with everything around it."""
    return surroundings(_look(request, scope), _live(request, scope, "status"), kind, name)


def page_context(
    request: Request, scope: Scope, kind: Kind, name: str, tab: str
) -> tuple[Surroundings, dict[str, Any]]:
    """What the page of a workload shows, but for what its tab asks the cluster for."""
    view, live = _look(request, scope), _live(request, scope, tab)
    around = surroundings(view, live, kind, name)
    context = _context(request, scope, view, live, around, kind, tab)
    query = request.GET.copy()
    query["tab"] = tab
    context["stream_url"] = f"{context['base']}stream/?{query.urlencode()}"
    return around, context


def backdrop(request: Request, scope: Scope, kind: Kind, name: str) -> tuple[Surroundings, dict[str, Any]]:
    """The page for a dialog that stands over it; nothing in it can be operated."""
    around, context = page_context(request, scope, kind, name, "status")
    return around, context | {"backdrop": "services/workloads/workload.html"}


def _page(request: Request, scope: Scope, kind: Kind, name: str, tab: str) -> HttpResponseBase:
    return render(request, "services/workloads/workload.html", page_context(request, scope, kind, name, tab)[1])


def _context(
    request: Request, scope: Scope, view: View, read: Live, around: Surroundings, kind: Kind, tab: str
) -> dict[str, Any]:
    freshness = view.freshness(*watched_for(kind, tab))
    live = page_state.live(freshness)
    name = around.workload.name
    return {
        "project": scope.place,
        "name": name,
        "kind": kind.kind,
        "tab": tab,
        "live": live,
        "stale": live.stale,
        "stale_notice": page_state.notice(freshness),
        "may": page_state.allowed(scope, Capability.WORKLOADS_MANAGE),
        "back": reverse("services:workloads", args=[scope.place]),
        "base": reverse("services:workload", args=[scope.place, kind.kind.lower(), name]),
        "head": workload.head(around),
        "scales": around.workload.kind != "DaemonSet",
        "may_log": scope.can(Capability.LOGS),
        "pausable": around.workload.kind == "Deployment",
        "paused": around.workload.paused,
        "facts": _facts(scope, around),
        **(_revisions(request, scope, read, around, kind) if tab == "revisions" else {}),
        **_tab(request, scope, view, around, tab),
    }


def _facts(scope: Scope, around: Surroundings) -> tuple[Fact, ...]:
    return workload.facts(
        around,
        project_href=reverse("accounts:project", args=[scope.place]),
        service_href=lambda name: reverse("services:details", args=[scope.place, name]),
        created=when_created(around.workload.created),
    )


def _revisions(request: Request, scope: Scope, read: Live, around: Surroundings, kind: Kind) -> dict[str, Any]:
    """The tab Revisions. `?open=` numbers that are open, `?from=&to=` two that are compared."""
    if around.document is None:
        return {"unread": True}
    chosen = {"open": request.GET.getlist("open"), "from": request.GET.get("from"), "to": request.GET.get("to")}
    records = recorded(scope, kind, around.workload.name, most=100)
    return {"revisions": revisions(kind, around.document, read.revisions(kind, around), chosen, records)}


def _tab(request: Request, scope: Scope, view: View, around: Surroundings, tab: str) -> dict[str, Any]:
    pages = Pages(scope.place, secrets=scope.can(Capability.SECRETS_LIST))
    if tab == "metadata":
        return {"metadata": pairs.metadata(around.document or {}), "unread": around.document is None}
    if tab == "events":
        return {"happenings": happenings(around.events, {"kind": request.GET.get("kind", "")}, pages)}
    if tab in ("revisions", *_READ_ONCE):
        return {}
    opened = asked(request.GET.getlist("open"))
    pages = Pages(scope.place, secrets=scope.can(Capability.SECRETS_LIST))
    return {
        "status": workload.status(around, opened, view.usage),
        "remarks": scaling_remarks(around),
        "uses": used(around.document or {}, [pod.name for pod in around.pods], pages),
    }


def _fragments(request: Request, context: dict[str, Any]) -> sse.Fragments:
    parts = {
        f"workload-{part}": htmx.fragment(request, f"services/workloads/parts/workload_{part}.html", context)
        for part in (*_HEAD_PARTS, *((context["tab"],) if context["tab"] not in _READ_ONCE else ()))
    }
    return {**parts, "live": page_state.pill(request, context["live"])}


def _beat(request: Request, view: View, watched: Sequence[Kind]) -> sse.Fragments:
    """What time alone changes; it asks neither the cluster nor the gate."""
    freshness = view.freshness(*watched)
    fragments = {"live": page_state.pill(request, page_state.live(freshness))}
    if notice := page_state.notice(freshness):
        template = "services/workloads/parts/workload_notice.html"
        fragments["workload-notice"] = htmx.fragment(request, template, {"stale_notice": notice})
    return fragments
