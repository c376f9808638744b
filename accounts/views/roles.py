"""What each role of a place may do."""

from dataclasses import dataclass

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.domain import membership
from accounts.models import Membership, Role
from accounts.roles import ALLOWED, Capability, Level
from accounts.scope import Scope, in_project, in_workspace, on_platform
from accounts.words import AREAS, Text


@dataclass(frozen=True, slots=True)
class Line:
    """One capability, and for each role its name and whether it has it."""

    words: Text
    remark: Text
    held: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Area:
    title: Text
    lines: tuple[Line, ...]


@require_safe
@in_project(Capability.VIEW)
def project_roles(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The roles that can be given in the project."""
    return _page(request, scope, membership.roles_for(scope), Level.PROJECT)


@require_safe
@in_workspace(Capability.WORKSPACE_VIEW)
def workspace_roles(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The roles that can be given in the workspace."""
    return _page(request, scope, membership.roles_for(scope), Level.WORKSPACE)


@require_safe
@on_platform(Capability.PLATFORM_ADMIN)
def platform_roles(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The roles of the platform."""
    return _page(request, scope, list(Role.objects.filter(level=Level.PLATFORM)), Level.PLATFORM)


def _page(request: HttpRequest, scope: Scope, roles: list[Role], level: Level) -> HttpResponse:
    roles = sorted(roles, key=lambda role: (not role.built_in, -len(role.capabilities), role.name))
    holders = Membership.objects.filter(level=level, role__in=roles)
    if level is not Level.PLATFORM:
        holders = membership.members(scope)
    counts = {row["role"]: row["n"] for row in holders.order_by().values("role").annotate(n=Count("pk"))}
    context = {
        "scope": scope,
        "roles": [(role, counts.get(role.pk, 0)) for role in roles],
        "areas": areas(roles, level),
    }
    return render(request, "accounts/roles.html", context)


def areas(roles: list[Role], level: Level) -> tuple[Area, ...]:
    """Capabilities that a role of this level can hold, by area."""
    held = [(role.name, role.capability_set) for role in roles]
    found = (
        Area(
            title,
            tuple(
                Line(words, remark, tuple((name, capability in each) for name, each in held))
                for capability, words, remark in lines
                if capability in ALLOWED[level]
            ),
        )
        for title, lines in AREAS
    )
    return tuple(area for area in found if area.lines)
