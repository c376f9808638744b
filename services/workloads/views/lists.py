"""The lists of a project's workloads and of its pods, and their streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from secrets import token_hex
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project, is_current, is_still_signed_in
from console.kube.access import AROUND_PODS, AROUND_WORKLOADS, View
from console.kube.kinds import Kind
from console.web import htmx, sse, times
from services import page_state
from services.shown.lists import ListPage, Shape, list_page, parse, shown_columns
from services.shown.summary import Summary
from services.shown.usage import pod_cells, remark
from services.workloads.present.lists_pods import PODS, pods_summary
from services.workloads.present.lists_workloads import WORKLOADS, workloads_summary

_YEAR = 365 * 86400
# Nobody can write them: a row is kept without the words of its times, which stand in their place.
_AGE, _ROLLED, _CPU, _MEMORY = (token_hex(16) for _ in range(4))


@dataclass(frozen=True)
class Listing:
    """One of the lists. `area`: how the ids of its parts begin; `measured`: it has columns of what is used."""

    area: str
    shape: Shape[Any]
    kinds: tuple[Kind, ...]
    summary: Callable[[View], Summary[Any]]
    template: str
    needs: Capability = Capability.WORKLOADS_MANAGE
    measured: bool = False


_WORKLOADS = Listing(
    "workloads",
    WORKLOADS,
    AROUND_WORKLOADS,
    workloads_summary,
    "services/workloads/parts/row_workload.html",
)
_PODS = Listing("pods", PODS, AROUND_PODS, pods_summary, "services/workloads/parts/row_pod.html", measured=True)


@require_safe
@in_project(Capability.VIEW)
def workloads(request: Request, scope: Scope) -> HttpResponseBase:
    """The list of workloads. `?columns=` chooses columns and comes back without it."""
    return _page(request, scope, _WORKLOADS)


@require_safe
@in_project(Capability.VIEW)
def workloads_stream(request: Request, scope: Scope) -> HttpResponseBase:
    """The same page, part by part, as it changes."""
    return _stream(request, scope, _WORKLOADS)


@require_safe
@in_project(Capability.VIEW)
def pods(request: Request, scope: Scope) -> HttpResponseBase:
    """The list of pods. `?columns=` chooses columns and comes back without it."""
    return _page(request, scope, _PODS)


@require_safe
@in_project(Capability.VIEW)
def pods_stream(request: Request, scope: Scope) -> HttpResponseBase:
    """The same page, part by part, as it changes."""
    return _stream(request, scope, _PODS)


def workloads_backdrop(request: Request, scope: Scope) -> dict[str, Any]:
    """The first page of the list of workloads, for a dialog that stands over it; nothing in it can be operated."""
    return _backdrop(request, scope, _WORKLOADS)


def pods_backdrop(request: Request, scope: Scope) -> dict[str, Any]:
    """The first page of the list of pods, likewise."""
    return _backdrop(request, scope, _PODS)


def _backdrop(request: Request, scope: Scope, listing: Listing) -> dict[str, Any]:
    context = _context(request, scope, request.cluster.look(scope.subject, scope.place), listing)
    rows = SafeString("".join(_rows(context, listing).values()))
    return context | {"rows": rows, "backdrop": "services/workloads/list.html"}


def _page(request: Request, scope: Scope, listing: Listing) -> HttpResponseBase:
    if "columns" in request.GET:
        return _choose_columns(request, listing)
    view = request.cluster.look(scope.subject, scope.place)
    context = _context(request, scope, view, listing)
    query = context["page"].query
    parameters = request.GET.copy()
    parameters["sort"] = query.sort  # another page may have another order remembered meanwhile
    context["stream_url"] = f"stream/?{parameters.urlencode()}"
    context["row_menus"] = "menus" in request.GET
    rows = _rows(context, listing, menus=context["row_menus"])
    context["rows"] = SafeString("".join(rows.values()))
    response = render(request, "services/workloads/list.html", context)
    if request.GET.get("sort") == query.sort:
        _remember(request, response, f"{listing.area}-order", query.sort)
    return response


def _stream(request: Request, scope: Scope, listing: Listing) -> HttpResponseBase:
    view, alarm = request.cluster.look(scope.subject, scope.place), sse.Alarm()

    def rendered() -> sse.Fragments:
        context = _context(request, scope, view, listing)
        alarm.at = context["recheck"]
        parts = {
            f"{listing.area}-{part}": htmx.fragment(request, template, context) for part, template in _PARTS.items()
        }
        pill = page_state.pill(request, context["live"])
        return {**parts, f"{listing.area}-rows": _rows(context, listing), "live": pill}

    return sse.stream(
        request,
        subscription=view.subscribe(*listing.kinds, usage=listing.measured),
        render=rendered,
        alarm=alarm,
        pulse=lambda: _pulse(request, view, listing),
        recheck=lambda: is_still_signed_in(request) and is_current(scope),
        key=(request.session.session_key, scope.project and scope.project.uuid, scope.epoch),
    )


_PARTS = {
    **{name: f"services/shown/list_{name}.html" for name in ("chips", "menus", "pager", "notice", "when")},
    **{name: f"services/workloads/parts/list_{name}.html" for name in ("remark", "nothing")},
}


def _context(request: Request, scope: Scope, view: View, listing: Listing) -> dict[str, Any]:
    if listing.measured:
        view.expect_usage()
    everything = listing.summary(view)
    query = parse(listing.shape, request.GET.dict(), request.COOKIES.get(f"{listing.area}-order", ""))
    shown = shown_columns(listing.shape, request.COOKIES.get(f"{listing.area}-columns"))
    page: ListPage[Any] = list_page(listing.shape, everything, query, shown)
    usage = view.usage([entry.record for entry in page.entries]) if _shows_usage(listing, page) else None
    freshness = view.freshness(*listing.kinds)
    live = page_state.live(freshness)
    return {
        "project": scope.place,
        "readings": usage.readings if usage else {},
        "usage": remark(usage, [entry.record for entry in page.entries]) if usage else None,
        "area": listing.area,
        "page": page,
        "menus": page.menus,
        "recheck": everything.recheck,
        "live": live,
        "stale": live.stale,
        "loading": freshness.state == "loading",
        "notice": page_state.notice(freshness),
        "may": page_state.allowed(scope, listing.needs),
    }


def _shows_usage(listing: Listing, page: ListPage[Any]) -> bool:
    return listing.measured and bool(page.shown & {"cpu", "memory"})


def _rows(context: Mapping[str, Any], listing: Listing, *, menus: bool = False) -> dict[str, str]:
    """The rows by the id of their element; a stream leaves the words of their times to the script."""
    language, page, rows = get_language() or "", context["page"], {}
    nothing = format_html('<span class="none">{}</span>', gettext("No data"))
    for entry, row in zip(page.entries, page.rows, strict=True):
        html = _row(row, listing.template, page.shown, context["may"], menus, language)
        html = html.replace(_AGE, times.bare(row.created, "age"))
        if listing.measured:
            used = pod_cells(context["readings"].get(entry.name, ()), entry.record)
            html = html.replace(_CPU, used.cpu or nothing).replace(_MEMORY, used.memory or nothing)
        rows[row.key] = html.replace(_ROLLED, times.bare(getattr(row, "rolled", None), "ago"))
    return rows


@lru_cache(maxsize=8192)
def _row(row: Any, template: str, shown: frozenset[str], may: page_state.Allowed, menus: bool, language: str) -> str:
    """The HTML of a row with marks in place of its times and of what it uses: the same for all who may do the same.

    `menus`: with its menu filled, for a reader without scripts.
    """
    context = {"row": row, "shown": shown, "may": may, "menus": menus, "age": _AGE, "rolled": _ROLLED}
    context |= {"cpu": _CPU, "memory": _MEMORY}
    if menus:
        context["base"] = (
            f"../workload/{row.kind.lower()}/{row.name}/" if hasattr(row, "scales") else f"../pod/{row.name}/"
        )
    return render_to_string(template, context)


def _pulse(request: Request, view: View, listing: Listing) -> sse.Fragments:
    """What changes with time alone: how fresh the page is."""
    freshness = view.freshness(*listing.kinds)
    live = page_state.live(freshness)
    context = {"area": listing.area, "notice": page_state.notice(freshness), "live": live, "stale": live.stale}
    fragments = {f"{listing.area}-{part}": htmx.fragment(request, _PARTS[part], context) for part in ("notice", "when")}
    return {**fragments, "live": page_state.pill(request, live)}


def _choose_columns(request: Request, listing: Listing) -> HttpResponse:
    kept = {name: value for name, value in request.GET.items() if value and name not in ("columns", "col")}
    response = redirect(f"{request.path}?{urlencode(kept)}" if kept else request.path)
    cookie = f"{listing.area}-columns"
    if request.GET["columns"] == "these":
        chosen = set(request.GET.getlist("col"))
        keys = [key for key in listing.shape.optional if key in chosen]
        _remember(request, response, cookie, ".".join(keys) or "-")
    else:
        response.delete_cookie(cookie)
    return response


def _remember(request: Request, response: HttpResponse, cookie: str, value: str) -> None:
    if request.COOKIES.get(cookie) != value:
        response.set_cookie(cookie, value, max_age=_YEAR, samesite="Lax", secure=request.is_secure())
