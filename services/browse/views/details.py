"""One Service: its tabs, each with an address of its own, and their stream."""

from __future__ import annotations

import logging
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
from console.kube.summaries import AGAIN
from services import page_state
from services.browse.present import details
from services.browse.present.details import DETAIL_KINDS
from services.browse.present.slices import slices
from services.shown import metadata as pairs
from services.shown.events import happenings
from services.shown.lists import number_in
from services.shown.pages import Pages
from services.shown.pods import asked
from services.shown.usage import Look

log = logging.getLogger(__name__)
_TABS = ("status", "metadata", "events", "endpointslices")
_HEAD_PARTS = ("head", "notice", "facts", "tabs")


@require_safe
@in_project(Capability.VIEW)
def page(request: Request, scope: Scope, name: str, tab: str) -> HttpResponseBase:
    """A tab: ports, workloads and pods; labels and annotations; what the cluster said about all of them; each address
    and port of its EndpointSlices, of which `?page=` counts from 1."""
    context = _context(request, scope, request.cluster.look(scope.subject, scope.place), name, tab)
    query = request.GET.copy()
    query["tab"] = tab
    context["stream_url"] = f"{reverse('services:details-stream', args=[scope.place, name])}?{query.urlencode()}"
    return render(request, "services/browse/details.html", context)


@require_safe
@in_project(Capability.VIEW)
def stream(request: Request, scope: Scope, name: str) -> HttpResponseBase:
    """The same page, part by part, as it changes. `?tab=` says which tab is open."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in _TABS else "status"
    view = request.cluster.look(scope.subject, scope.place)
    view.service(name)  # nothing is watched for one that is not there
    templates = {f"service-{part}": f"details_{part}" for part in _HEAD_PARTS}
    templates |= {f"service-{tab}": f"tab_{tab}", "acts": "details_acts"}
    return page_state.stream_of_one(
        *(request, scope, view, DETAIL_KINDS),
        view.subscribe(*DETAIL_KINDS, service=name, usage=tab == "status"),
        lambda: _context(request, scope, view, name, tab),
        {part: f"services/browse/parts/{template}.html" for part, template in templates.items()},
        "service-notice",
    )


def backdrop(request: Request, scope: Scope, name: str) -> dict[str, Any]:
    """The page of a Service, for a dialog that stands over it; nothing in it can be operated. Raises KubeError."""
    return _context(request, scope, request.cluster.look(scope.subject, scope.place), name, "status") | {
        "backdrop": "services/browse/details.html"
    }


def _context(request: Request, scope: Scope, view: View, name: str, tab: str) -> dict[str, Any]:
    around = details.surroundings(view, name)
    return {
        "project": scope.place,
        "name": name,
        "tab": tab,
        **page_state.freshness_of(view, DETAIL_KINDS),
        "may": page_state.allowed(scope, Capability.SERVICES_MANAGE),
        "has_pods": bool(around.pods) and around.service.type != "ExternalName",
        "has_slices": around.service.type != "ExternalName" or bool(around.slices),
        "back": reverse("services:list", args=[scope.place]),
        "base": reverse("services:details", args=[scope.place, name]),
        **_shown(request, scope, around, tab, view.usage),
    }


def _shown(request: Request, scope: Scope, around: details.Surroundings, tab: str, look: Look) -> dict[str, Any]:
    """What is worked out of the Service and of what stands behind it; where that fails, that it is not known."""
    try:
        shown: dict[str, Any] = {
            "head": details.head(around),
            "recheck": around.recheck,
            "facts": details.facts(
                around,
                cluster=request.cluster.name,
                project_href=reverse("services:list", args=[scope.place]),
            ),
        }
        if tab == "status":
            shown["status"] = details.status(around, asked(request.GET.getlist("open")), look)
    except Exception:  # an object that nobody thought of is no error of the page
        log.exception("Service %s of %s could not be shown", around.service.name, scope.place)
        shown = {"head": details.unjudged(around.service), "recheck": around.now + AGAIN, "facts": ()}
    return shown | _tab(request, scope, around, tab)


def _tab(request: Request, scope: Scope, around: details.Surroundings, tab: str) -> dict[str, Any]:
    if tab == "metadata":
        client = request.cluster.as_user(scope.identity)
        return {"metadata": pairs.metadata(client.get(kinds.SERVICE, scope.place, around.service.name))}
    if tab == "events":
        filters = {"kind": request.GET.get("kind", ""), "of": request.GET.getlist("of") or None}
        events = happenings(around.events, filters, Pages(scope.place, secrets=False))
        return {"happenings": events, "about": details.of_events(around)}
    if tab == "endpointslices":
        number, pages = number_in(request.GET.get("page", ""), 1), Pages(scope.place, secrets=False)
        return {"slices": slices(around.service, around.slices, around.pods, pages, number)}
    return {}
