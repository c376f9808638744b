"""Where one lands: what needs attention across one's projects, and the projects; for the platform, its workspaces."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import across
from accounts.context import switcher
from accounts.domain.reach import Around, places_of, projects_of
from accounts.models import User
from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, on_platform
from accounts.trouble import place_of_path

MOST_ROWS = 20  # of projects or workspaces; the rest by a link
MOST_SOUGHT = 63  # characters: as long as a name may be
MANY = 3  # projects: with more of them there is a field to find one


@require_safe
@on_platform()
def home(request: Request, scope: Scope) -> HttpResponse:
    """Nothing is asked of the cluster: what it says comes by the page's stream.

    `?all`: every project; `?q=`: those with all words in their name, alias or workspace.
    """
    request.place_scope = None  # home is a place of its own, not the platform
    over_all = scope.can(Capability.WORKSPACE_VIEW)
    sought = "" if over_all else request.GET.get("q", "").strip()[:MOST_SOUGHT]
    most = None if "all" in request.GET or sought else MOST_ROWS
    projects = projects_of(request.user)
    shown = None if over_all or most is None else across.newest(request.user, most)
    around = places_of(request.user, shown)
    rows = across.having(across.recent(around), sought)
    streamed = [row.project.name for row in rows if row.project.ready][: across.MOST]
    inhabited = set(projects.order_by().values_list("workspace", flat=True).distinct())
    context = {
        "around": around,
        "asked": streamed,
        "stream_query": urlencode([("project", name) for name in streamed] + [("by", "project")] * over_all),
        "project_count": projects.count(),
        "sought": sought,
        "many": MANY,
        "answering": request.cluster.hub.answering(),
        "creates_workspaces": scope.can(Capability.WORKSPACES_CREATE),
        "manages_users": scope.can(Capability.USERS_MANAGE),
        "creates": [place.workspace for place in around if place.creates],
        "without": [place for place in around if place.workspace.pk not in inhabited],
        **(_platform(scope, around, rows, streamed, most) if over_all else {"rows": rows[:most]}),
    }
    return render(request, "accounts/home.html", context)


@require_safe
@on_platform()
def places(request: Request, scope: Scope) -> HttpResponse:
    """The list of the switcher with every place, for who has more than a page shows; the page it is on is a place."""
    page = urlsplit(request.headers.get("HX-Current-URL", "")).path
    request.place_scope = place_scope = place_of_path(request.user, page)
    every = switcher(request.user, place_scope)
    return render(request, "components/places.html", {"workspaces": every, "whole": True})


def _platform(
    scope: Scope, around: tuple[Around, ...], rows: list[across.ProjectRow], streamed: list[str], most: int | None
) -> dict[str, Any]:
    """Workspaces instead of projects."""
    users = User.objects.all() if scope.can(Capability.USERS_MANAGE) else None
    today = timezone.now() - timedelta(days=1)
    return {
        "workspaces": across.workspaces(around[:most], rows, streamed),
        "workspace_count": len(around),
        "user_count": None if users is None else users.count(),
        "users_lately": None if users is None else users.filter(last_login__gte=today).count(),
    }
