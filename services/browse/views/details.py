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
from accounts.scope import Scope, in_project, is_current, is_still_signed_in
from console.kube import kinds
from console.kube.access import View
from console.kube.summaries import AGAIN
from console.web import htmx, sse
from services import page_state
from services.browse.present import details, surroundings
from services.browse.present.slices import slices
from services.shown import metadata as pairs
from services.shown.events import happenings
from services.shown.facts import Fact, when_created
from services.shown.pages import Pages
from services.shown.pods import asked
from services.shown.usage import Look

log = logging.getLogger(__name__)
_TABS = ("status", "metadata", "events", "endpointslices")
_HEAD_PARTS = ("head", "notice", "facts", "tabs")


@require_safe
@in_project(Capability.VIEW)
def resource_status(request: Request, scope: Scope, name: str) -> HttpResponseBase:
    """Ports, workloads and pods."""
    return _page(request, scope, name, "status")


@require_safe
@in_project(Capability.VIEW)
def metadata(request: Request, scope: Scope, name: str) -> HttpResponseBase:
    """Labels and annotations."""
    return _page(request, scope, name, "metadata")


@require_safe
@in_project(Capability.VIEW)
def events(request: Request, scope: Scope, name: str) -> HttpResponseBase:
    """What the cluster said about the Service, its workloads and its pods."""
    return _page(request, scope, name, "events")


@require_safe
@in_project(Capability.VIEW)
def endpointslices(request: Request, scope: Scope, name: str) -> HttpResponseBase:
    """Each address and port of its EndpointSlices. `?page=` counts from 1."""
    return _page(request, scope, name, "endpointslices")


@require_safe
@in_project(Capability.VIEW)
def stream(request: Request, scope: Scope, name: str) -> HttpResponseBase:
    """The same page, part by part, as it changes. `?tab=` says which tab is open."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in _TABS else "status"
    view = _look(request, scope)
    view.service(name)  # nothing is watched for one that is not there
    alarm = sse.Alarm()

    def rendered() -> sse.Fragments:
        context = _context(request, scope, view, name, tab)
        alarm.at = context["recheck"]
        return _fragments(request, context)

    return sse.stream(
        request,
        subscription=view.subscribe(*surroundings.DETAIL_KINDS, service=name, usage=tab == "status"),
        render=rendered,
        alarm=alarm,
        pulse=lambda: _beat(request, view),
        recheck=lambda: is_still_signed_in(request) and is_current(scope),
        key=(request.session.session_key, scope.project and scope.project.uuid, scope.epoch),
    )


def _look(request: Request, scope: Scope) -> View:
    return request.cluster.look(scope.subject, scope.place)


def _page(request: Request, scope: Scope, name: str, tab: str) -> HttpResponseBase:
    context = _context(request, scope, _look(request, scope), name, tab)
    query = request.GET.copy()
    query["tab"] = tab
    context["stream_url"] = f"{reverse('services:details-stream', args=[scope.place, name])}?{query.urlencode()}"
    return render(request, "services/browse/details.html", context)


def backdrop(request: Request, scope: Scope, name: str) -> dict[str, Any]:
    """The page of a Service, for a dialog that stands over it; nothing in it can be operated. Raises KubeError."""
    return _context(request, scope, _look(request, scope), name, "status") | {
        "backdrop": "services/browse/details.html"
    }


def _context(request: Request, scope: Scope, view: View, name: str, tab: str) -> dict[str, Any]:
    around = surroundings.surroundings(view, name)
    freshness = view.freshness(*surroundings.DETAIL_KINDS)
    live = page_state.live(freshness)
    return {
        "project": scope.place,
        "name": name,
        "tab": tab,
        "live": live,
        "stale": live.stale,
        "stale_notice": page_state.notice(freshness),
        "may": page_state.allowed(scope, Capability.SERVICES_MANAGE),
        "has_pods": bool(around.service.selector) and around.service.type != "ExternalName",
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
            "facts": _facts(request, scope, around),
        }
        if tab == "status":
            shown["status"] = details.status(around, asked(request.GET.getlist("open")), look)
    except Exception:  # an object that nobody thought of is no error of the page
        log.exception("Service %s of %s could not be shown", around.service.name, scope.place)
        shown = {"head": details.unjudged(around.service), "recheck": around.now + AGAIN, "facts": ()}
    return shown | _tab(request, scope, around, tab)


def _facts(request: Request, scope: Scope, around: details.Surroundings) -> tuple[Fact, ...]:
    created = around.service.created
    return details.facts(
        around,
        cluster=request.cluster.name,
        project_href=reverse("services:list", args=[scope.place]),
        created=when_created(created),
    )


def _tab(request: Request, scope: Scope, around: details.Surroundings, tab: str) -> dict[str, Any]:
    if tab == "metadata":
        client = request.cluster.as_user(scope.identity)
        return {"metadata": pairs.metadata(client.get(kinds.SERVICE, scope.place, around.service.name))}
    if tab == "events":
        filters = {"kind": request.GET.get("kind", ""), "of": request.GET.getlist("of") or None}
        return {"happenings": happenings(around.events, filters, Pages(scope.place, secrets=False))}
    if tab == "endpointslices":
        number = request.GET.get("page", "")
        page = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1
        return {"slices": slices(around.service, around.slices, around.pods, Pages(scope.place, secrets=False), page)}
    return {}


def _fragments(request: Request, context: dict[str, Any]) -> sse.Fragments:
    templates = {part: f"details_{part}" for part in _HEAD_PARTS} | {context["tab"]: f"tab_{context['tab']}"}
    parts = {
        f"service-{part}": htmx.fragment(request, f"services/browse/parts/{template}.html", context)
        for part, template in templates.items()
    }
    acts = htmx.fragment(request, "services/browse/parts/details_acts.html", context)
    return {**parts, "acts": acts, "live": page_state.pill(request, context["live"])}


def _beat(request: Request, view: View) -> sse.Fragments:
    """What time alone changes; it asks neither the cluster nor the gate."""
    freshness = view.freshness(*surroundings.DETAIL_KINDS)
    fragments = {"live": page_state.pill(request, page_state.live(freshness))}
    if notice := page_state.notice(freshness):
        fragments["service-notice"] = htmx.fragment(
            request, "services/browse/parts/details_notice.html", {"stale_notice": notice}
        )
    return fragments
