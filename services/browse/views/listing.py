"""The Services list and its stream."""

from __future__ import annotations

from functools import lru_cache
from secrets import token_hex
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project, is_current, is_still_signed_in
from console.kube.access import View
from console.web import htmx, sse, times
from services import page_state
from services.browse.present.listing import SERVICES, ServicesPage
from services.browse.present.rows import Row
from services.browse.present.summaries import project_summary
from services.models import Draft
from services.shown.lists import list_page, parse, shown_columns

_COLUMNS, _ORDER = "services-columns", "services-order"  # cookies
_YEAR = 365 * 86400
_AGE = token_hex(16)  # nobody can write it: a row is kept without the words of its age, which stand in its place
_PARTS = ("chips", "menus", "pager", "remark", "notice", "nothing", "when")


@require_safe
@in_project(Capability.VIEW)
def services(request: Request, scope: Scope) -> HttpResponseBase:
    """The list. `?columns=` chooses columns and comes back without it."""
    if "columns" in request.GET:
        return _choose_columns(request)
    context = _context(request, scope, _look(request, scope))
    context["stream_url"] = _stream_url(request, context["page"].query.sort)
    context["drafts"] = _drafts(scope)
    context["row_menus"] = "menus" in request.GET
    rows = _rows(context["page"], context["may"], menus=context["row_menus"], ages=True)
    context["rows"] = SafeString("".join(rows.values()))
    response = render(request, "services/browse/list.html", context)
    if request.GET.get("sort") == context["page"].query.sort:
        _remember(request, response, _ORDER, context["page"].query.sort)
    return response


@require_safe
@in_project(Capability.VIEW)
def stream(request: Request, scope: Scope) -> HttpResponseBase:
    """The same page, part by part, as it changes."""
    view, alarm = _look(request, scope), sse.Alarm()

    def rendered() -> sse.Fragments:
        context = _context(request, scope, view)
        alarm.at = context["recheck"]
        return _fragments(request, context)

    return sse.stream(
        request,
        subscription=view.subscribe(),
        render=rendered,
        alarm=alarm,
        pulse=lambda: _pulse(request, view),
        recheck=lambda: is_still_signed_in(request) and is_current(scope),
        key=(request.session.session_key, scope.project and scope.project.uuid, scope.epoch),
    )


def backdrop(request: Request, scope: Scope) -> dict[str, Any]:
    """The first page of the list, for a dialog that stands over it; nothing in it can be operated."""
    context = _context(request, scope, _look(request, scope))
    rows = SafeString("".join(_rows(context["page"], context["may"], ages=True).values()))
    return context | {"rows": rows, "backdrop": "services/browse/list.html"}


def _stream_url(request: Request, order: str) -> str:
    """The stream of this page. Its order is named: another page may have another one remembered meanwhile."""
    query = request.GET.copy()
    query["sort"] = order
    return f"stream/?{query.urlencode()}"


def _remember(request: Request, response: HttpResponse, cookie: str, value: str) -> None:
    if request.COOKIES.get(cookie) != value:
        response.set_cookie(cookie, value, max_age=_YEAR, samesite="Lax", secure=request.is_secure())


def _drafts(scope: Scope) -> int:
    """For "Drafts (2)" beside the button that creates."""
    return Draft.objects.of(scope.actor.uuid, scope.project.uuid).unfinished().count() if scope.project else 0


def _look(request: Request, scope: Scope) -> View:
    return request.cluster.look(scope.subject, scope.place)


def _context(request: Request, scope: Scope, view: View) -> dict[str, Any]:
    shown = shown_columns(SERVICES, request.COOKIES.get(_COLUMNS))
    everything = project_summary(view)
    query = parse(SERVICES, request.GET.dict(), request.COOKIES.get(_ORDER, ""))
    page = list_page(SERVICES, everything, query, shown)
    freshness = view.freshness()
    live = page_state.live(freshness)
    return {
        "project": scope.place,
        "page": page,
        "recheck": everything.recheck,
        "shown": page.shown,
        "menus": page.menus,
        "live": live,
        "stale": live.stale,
        "loading": freshness.state == "loading",
        "notice": page_state.notice(freshness),
        "may": page_state.allowed(scope, Capability.SERVICES_MANAGE),
        "create_url": _address("services:new", project=scope.place),
    }


@lru_cache(maxsize=8192)
def _row(row: Row, shown: frozenset[str], may: page_state.Allowed, menus: bool, language: str) -> str:
    """The HTML of a row, with `_AGE` in place of the words of its age: the same for everybody who may do the same.

    `menus`: with its menu filled, for a reader without scripts.
    """
    context = {"row": row, "shown": shown, "pick": may.delete, "may": may, "menus": menus, "age": _AGE}
    return render_to_string("services/browse/parts/row.html", context)


def _rows(page: ServicesPage, may: page_state.Allowed, *, menus: bool = False, ages: bool = False) -> dict[str, str]:
    """The rows by the id of their element; `ages`: with the words of their age, which a stream leaves to the script."""
    language = get_language() or ""
    return {
        row.key: _row(row, page.shown, may, menus, language).replace(_AGE, times.age(row.created) if ages else "")
        for row in page.rows
    }


def _fragments(request: Request, context: dict[str, Any]) -> sse.Fragments:
    parts = {
        f"services-{name}": htmx.fragment(request, f"services/browse/parts/list_{name}.html", context)
        for name in _PARTS
    }
    return {
        **parts,
        "services-rows": _rows(context["page"], context["may"]),
        "live": page_state.pill(request, context["live"]),
    }


def _pulse(request: Request, view: View) -> sse.Fragments:
    """What changes with time alone: how fresh the page is."""
    freshness = view.freshness()
    live = page_state.live(freshness)
    context = {"notice": page_state.notice(freshness), "live": live, "stale": live.stale}
    parts = ("notice", "when")
    told = {
        f"services-{name}": htmx.fragment(request, f"services/browse/parts/list_{name}.html", context) for name in parts
    }
    return {**told, "live": page_state.pill(request, live)}


def _choose_columns(request: Request) -> HttpResponse:
    kept = {name: value for name, value in request.GET.items() if value and name not in ("columns", "col")}
    response = redirect(f"{request.path}?{urlencode(kept)}" if kept else request.path)
    if request.GET["columns"] == "these":
        chosen = [name for name in SERVICES.optional if name in request.GET.getlist("col")]
        _remember(request, response, _COLUMNS, ".".join(chosen) or "-")
    else:
        response.delete_cookie(_COLUMNS)
    return response


def _address(name: str, **parts: str) -> str:
    try:
        return reverse(name, kwargs=parts)
    except NoReverseMatch:
        return ""
