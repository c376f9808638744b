"""One workload: its tabs, each with an address of its own, and their stream."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube import kinds
from console.kube.access import View
from console.kube.errors import Unavailable
from console.kube.kinds import Kind
from console.web import htmx
from services import page_state
from services.changes.authors import recorded
from services.shown import metadata as pairs
from services.shown.events import happenings
from services.shown.pages import pages_for
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
)
from services.yaml_editor.stored import to_read

_TABS = ("status", "revisions", "metadata", "events", "yaml")
_READ_ONCE = ("yaml",)  # from the cluster, with the page; its stream keeps what stands above them
_HEAD_PARTS = ("head", "menu", "notice", "facts", "tabs")


@require_safe
@in_project(Capability.VIEW)
def page(request: Request, scope: Scope, kind: str, name: str, tab: str) -> HttpResponseBase:
    """A tab: rollout, containers and pods; the revisions, and what tells them apart; labels and annotations; what the
    cluster said about the workload and its pods; its manifest and its status, to read and to keep."""
    around, context = page_context(request, scope, kinds.workload(kind), name, tab)
    if tab == "yaml":
        if around.document is None:
            raise Unavailable("the cluster does not answer")
        context["yaml"] = to_read(around.document)
        if "download" in request.GET:
            return htmx.file(context["yaml"], f"{name}.yaml")
    return render(request, "services/workloads/workload.html", context)


@require_safe
@in_project(Capability.VIEW)
def stream(request: Request, scope: Scope, kind: str, name: str) -> HttpResponseBase:
    """The same page, part by part, as it changes. `?tab=` says which tab is open."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in _TABS else "status"
    sort, view = kinds.workload(kind), request.cluster.look(scope.subject, scope.place)
    concerns, live = (
        Concerns({view.workload(sort.kind, name).uid}, f"{sort.kind}/{name}"),
        Live(request.cluster.as_user(scope.identity), tab),
    )
    parts = _HEAD_PARTS if tab in _READ_ONCE else (*_HEAD_PARTS, tab)
    return page_state.stream_of_one(
        *(request, scope, view, watched_for(sort, tab)),
        view.subscribe(*watched_for(sort, tab), concerns=concerns, usage=tab == "status"),
        lambda: _context(request, scope, view, live, surroundings(view, live, sort, name, concerns), sort, tab),
        {f"workload-{part}": f"services/workloads/parts/workload_{part}.html" for part in parts},
        "workload-notice",
    )


def surroundings_of(request: Request, scope: Scope, kind: Kind, name: str) -> Surroundings:
    """The workload with everything around it."""
    return surroundings(
        request.cluster.look(scope.subject, scope.place), Live(request.cluster.as_user(scope.identity)), kind, name
    )


def page_context(
    request: Request, scope: Scope, kind: Kind, name: str, tab: str
) -> tuple[Surroundings, dict[str, Any]]:
    """What the page of a workload shows, but for what its tab asks the cluster for."""
    view, live = request.cluster.look(scope.subject, scope.place), Live(request.cluster.as_user(scope.identity), tab)
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


def _context(
    request: Request, scope: Scope, view: View, read: Live, around: Surroundings, kind: Kind, tab: str
) -> dict[str, Any]:
    name = around.workload.name
    return {
        "project": scope.place,
        "name": name,
        "kind": kind.kind,
        "tab": tab,
        **page_state.freshness_of(view, watched_for(kind, tab)),
        "may": page_state.allowed(scope, Capability.WORKLOADS_MANAGE),
        "back": reverse("services:workloads", args=[scope.place]),
        "base": reverse("services:workload", args=[scope.place, kind.kind.lower(), name]),
        "recheck": around.recheck,
        "head": workload.head(around),
        "scales": around.workload.kind != "DaemonSet",
        "may_log": scope.can(Capability.LOGS),
        "pausable": around.workload.kind == "Deployment",
        "paused": around.workload.paused,
        "facts": workload.facts(
            around,
            cluster=request.cluster.name,
            project_href=reverse("accounts:project", args=[scope.place]),
            pages=pages_for(scope),
        ),
        **_tab(request, scope, view, read, around, kind, tab),
    }


def _tab(
    request: Request, scope: Scope, view: View, read: Live, around: Surroundings, kind: Kind, tab: str
) -> dict[str, Any]:
    """What stands below the tabs. Of revisions `?open=` says which are open, `?from=&to=` which two are compared."""
    pages = pages_for(scope)
    if tab == "metadata":
        return {"metadata": pairs.metadata(around.document or {}), "unread": around.document is None}
    if tab == "events":
        return {"happenings": happenings(around.events, {"kind": request.GET.get("kind", "")}, pages)}
    if tab == "revisions" and around.document is None:
        return {"unread": True}
    if tab == "revisions":
        chosen = {"open": request.GET.getlist("open"), "from": request.GET.get("from"), "to": request.GET.get("to")}
        records = recorded(scope, kind, around.workload.name, most=100)
        return {"revisions": revisions(kind, around.document or {}, read.revisions(kind, around), chosen, records)}
    if tab in _READ_ONCE:
        return {}
    opened = asked(request.GET.getlist("open"))
    return {
        "status": workload.status(around, opened, view.usage),
        "remarks": scaling_remarks(around),
        "uses": workload.used(around.document or {}, [pod.name for pod in around.pods], pages),
    }
