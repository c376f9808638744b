"""Where one lands: one's workspaces and projects."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.domain.reach import places_of
from accounts.models import User
from accounts.roles import Capability
from accounts.scope import Scope, on_platform

# Of how many projects home says how their Services are. Each may have to be watched, and one console holds so many.
MOST_GLANCED = 12


@require_safe
@on_platform()
def home(request: HttpRequest, scope: Scope) -> HttpResponse:
    """All that the person reaches, by workspace."""
    assert isinstance(request.user, User)  # noqa: S101 - on_platform has seen to it
    request.place_scope = None  # type: ignore[attr-defined]  # home is a place of its own, not the platform
    around = places_of(request.user)
    ready = [reached.project.name for each in around for reached in each.projects if reached.project.ready]
    context = {
        "around": around,
        "glanced": ready[:MOST_GLANCED],
        "project_count": sum(len(each.projects) for each in around),
        "sees_all": all(each.sees_all for each in around),
        "manages_users": scope.can(Capability.USERS_MANAGE),
        "creates_workspaces": scope.can(Capability.WORKSPACES_CREATE),
    }
    return render(request, "accounts/home.html", context)
