"""What each role of a place may do."""

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.domain import membership
from accounts.domain.matrix import areas
from accounts.models import Membership, Role
from accounts.requests import Request
from accounts.roles import Capability, Level
from accounts.scope import Scope, in_project, in_workspace, on_platform


@require_safe
@in_project(Capability.VIEW)
def project_roles(request: Request, scope: Scope) -> HttpResponse:
    """The roles that can be given in the project."""
    return _page(request, scope, membership.roles_for(scope), Level.PROJECT)


@require_safe
@in_workspace(Capability.WORKSPACE_VIEW)
def workspace_roles(request: Request, scope: Scope) -> HttpResponse:
    """The roles that can be given in the workspace."""
    return _page(request, scope, membership.roles_for(scope), Level.WORKSPACE)


@require_safe
@on_platform(Capability.PLATFORM_ADMIN)
def platform_roles(request: Request, scope: Scope) -> HttpResponse:
    """The roles of the platform."""
    return _page(request, scope, list(Role.objects.filter(level=Level.PLATFORM)), Level.PLATFORM)


def _page(request: Request, scope: Scope, roles: list[Role], level: Level) -> HttpResponse:
    roles = membership.most_first(roles)
    holders = Membership.objects.filter(level=level, role__in=roles)
    if level is not Level.PLATFORM:
        holders = membership.members(scope)
    counts = {row["role"]: row["n"] for row in holders.order_by().values("role").annotate(n=Count("pk"))}
    context = {
        "scope": scope,
        "roles": [(role, counts.get(role.pk, 0)) for role in roles],
        "custom": sum(not role.built_in for role in roles),
        "areas": areas(roles, level),
        "width": len(roles) + 1,
    }
    return render(request, "accounts/roles.html", context)
