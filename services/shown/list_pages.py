"""The pages of all big lists: the list, its stream, the same behind a dialog, and which columns one sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
from accounts.scope import Scope, in_project
from console.kube.access import View
from console.kube.kinds import Kind
from console.kube.usage import SMALL
from console.web import htmx, sse, times
from services import page_state
from services.shown.lists import ListPage, Shape, list_page, parse, shown_columns
from services.shown.summary import Summary
from services.shown.usage import MEASURED, orders, pod_cells, remark

_YEAR = 365 * 86400
_MOST_PICKED = 100  # as many as one dialog deletes
# Nobody can write them: a row is kept without the words of its times, which stand in their place.
_AGE, _ROLLED, _CPU, _MEMORY, _RESTARTED, _NEXT_TRY = (token_hex(16) for _ in range(6))


@dataclass(frozen=True)
class Listing:
    """A list. `area`: how the ids of its parts and its cookies begin; `kinds`: those that are watched for it;
    `templates`: where those of the page and of its parts are, `row`: which is that of a row; `measured`: it has columns
    of what is used; `beside`: what the page is given besides, which its stream is not.
    """

    area: str
    shape: Shape[Any]
    kinds: tuple[Kind, ...]
    summary: Callable[[View], Summary[Any]]
    templates: str
    row: str
    needs: Capability
    measured: bool = False
    beside: Callable[[Scope], Mapping[str, Any]] = lambda _scope: {}

    @property
    def page(self) -> str:
        """The template of the whole page."""
        return f"{self.templates}/list.html"

    @property
    def parts(self) -> dict[str, str]:
        """The templates of what changes on it besides the rows."""
        shared = ("chips", "menus", "pager", "notice", "when")
        own = {part: f"{self.templates}/parts/list_{part}.html" for part in ("remark", "nothing")}
        return own | {part: f"services/shown/list_{part}.html" for part in shared}

    def backdrop(self, request: Request, scope: Scope) -> dict[str, Any]:
        """The first page of it, for a dialog that stands over it: what was picked is ticked, nothing can be used."""
        context = _context(request, scope, request.cluster.look(scope.subject, scope.place), self)
        rows = "".join(_rows(context, self).values())
        for name in sorted(set(request.GET.getlist("pick")))[:_MOST_PICKED]:
            box = format_html('name="pick" value="{}"', name)
            rows = rows.replace(box, f"{box} checked")
        return context | {"rows": SafeString(rows), "backdrop": self.page}


@require_safe
@in_project(Capability.VIEW)
def page(request: Request, scope: Scope, listing: Listing) -> HttpResponseBase:
    """The list. `?columns=` chooses columns and comes back without it."""
    if "columns" in request.GET:
        return _choose_columns(request, listing)
    context = _context(request, scope, request.cluster.look(scope.subject, scope.place), listing)
    order = context["page"].query.sort
    query = request.GET.copy()
    query["sort"] = order  # another page may have another order remembered meanwhile
    context |= {"stream_url": f"stream/?{query.urlencode()}", "row_menus": "menus" in request.GET}
    context |= listing.beside(scope)
    context["rows"] = SafeString("".join(_rows(context, listing, menus=context["row_menus"]).values()))
    response = render(request, listing.page, context)
    if request.GET.get("sort") == order:
        _remember(request, response, f"{listing.area}-order", order)
    return response


@require_safe
@in_project(Capability.VIEW)
def stream(request: Request, scope: Scope, listing: Listing) -> HttpResponseBase:
    """The same page, part by part, as it changes."""
    view, templates = request.cluster.look(scope.subject, scope.place), listing.parts

    def fragments(parts: Iterable[str], context: dict[str, Any]) -> sse.Fragments:
        shown = {f"{listing.area}-{part}": htmx.fragment(request, templates[part], context) for part in parts}
        return {**shown, "live": page_state.pill(request, context["live"])}

    def rendered(alarm: sse.Alarm) -> sse.Fragments:
        context = _context(request, scope, view, listing)
        alarm.at = context["recheck"]
        return {**fragments(templates, context), f"{listing.area}-rows": _rows(context, listing)}

    def pulse() -> sse.Fragments:
        """What changes with time alone: how fresh the page is."""
        return fragments(("notice", "when"), _freshness(view, listing))

    subscription = view.subscribe(*listing.kinds, usage=listing.measured)
    return page_state.stream(request, scope, subscription, rendered, pulse)


def _context(request: Request, scope: Scope, view: View, listing: Listing) -> dict[str, Any]:
    if listing.measured:
        view.expect_usage()
    everything = listing.summary(view)
    # Of many pods only those of the page are measured, which does not tell the order of all.
    unmeasured = listing.measured and len(everything.entries) > SMALL
    shape = listing.shape.without(MEASURED) if unmeasured else listing.shape
    query = parse(shape, request.GET.dict(), request.COOKIES.get(f"{listing.area}-order", ""))
    shown = shown_columns(listing.shape, request.COOKIES.get(f"{listing.area}-columns"))
    measured = None
    if query.column in MEASURED:
        measured = orders(view.usage([entry.record for entry in everything.entries]), descending=query.descending)
    page: ListPage[Any] = list_page(shape, everything, query, shown, measured)
    records = [entry.record for entry in page.entries]
    usage = view.usage(records) if listing.measured and page.shown & MEASURED else None
    return {
        "project": scope.place,
        "page": page,
        "menus": page.menus,
        "shown": page.shown,
        "recheck": everything.recheck,
        "readings": usage.readings if usage else {},
        "usage": remark(usage, records) if usage else None,
        "may": page_state.allowed(scope, listing.needs),
        **_freshness(view, listing),
    }


def _freshness(view: View, listing: Listing) -> dict[str, Any]:
    freshness = view.freshness(*listing.kinds)
    live = page_state.live(freshness)
    return {
        "area": listing.area,
        "live": live,
        "stale": live.stale,
        "loading": freshness.state == "loading",
        "notice": page_state.notice(freshness),
    }


def _rows(context: Mapping[str, Any], listing: Listing, *, menus: bool = False) -> dict[str, str]:
    """The rows by the id of their element; a stream leaves the words of their times to the script."""
    language, page, rows = get_language() or "", context["page"], {}
    nothing = format_html('<span class="none">{}</span>', gettext("No data"))
    for entry, row in zip(page.entries, page.rows, strict=True):
        html = _row(row, listing.row, page.shown, context["may"], menus, language)
        html = html.replace(_AGE, times.bare(row.created, "age"))
        if listing.measured:
            used = pod_cells(context["readings"].get(entry.name, ()), entry.record)
            html = html.replace(_CPU, used.cpu or nothing).replace(_MEMORY, used.memory or nothing)
            html = html.replace(_RESTARTED, times.bare(row.restarted, "ago"))
            html = html.replace(_NEXT_TRY, times.bare(row.next_try, "coming"))
        rows[row.key] = html.replace(_ROLLED, times.bare(getattr(row, "rolled", None), "ago"))
    return rows


@lru_cache(maxsize=16384)
def _row(row: Any, template: str, shown: frozenset[str], may: page_state.Allowed, menus: bool, language: str) -> str:
    """The HTML of a row with marks in place of its times and of what it uses: the same for all who may do the same.

    `menus`: with its menu filled, for a reader without scripts.
    """
    context = {"row": row, "shown": shown, "may": may, "menus": menus, "age": _AGE, "rolled": _ROLLED}
    context |= {"cpu": _CPU, "memory": _MEMORY, "restarted": _RESTARTED, "next_try": _NEXT_TRY}
    return render_to_string(template, context)


def _choose_columns(request: Request, listing: Listing) -> HttpResponse:
    kept = {name: value for name, value in request.GET.items() if value and name not in ("columns", "col")}
    response = redirect(f"{request.path}?{urlencode(kept)}" if kept else request.path)
    cookie = f"{listing.area}-columns"
    if request.GET["columns"] == "these":
        chosen = [key for key in listing.shape.optional if key in request.GET.getlist("col")]
        _remember(request, response, cookie, ".".join(chosen) or "-")
    else:
        response.delete_cookie(cookie)
    return response


def _remember(request: Request, response: HttpResponse, cookie: str, value: str) -> None:
    if request.COOKIES.get(cookie) != value:
        response.set_cookie(cookie, value, max_age=_YEAR, samesite="Lax", secure=request.is_secure())
