"""Workspaces and projects: their pages, and making them."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import across, recent
from accounts.domain import membership, places, record
from accounts.forms import NewProject, NewWorkspace
from accounts.models import Project, Workspace
from accounts.requests import Request
from accounts.roles import IN_PROJECT, Capability
from accounts.scope import Scope, in_project, in_workspace, on_platform
from accounts.views.answers import sentence, told_in
from console.kube import errors
from console.web.htmx import redirect


@require_safe
@in_workspace(Capability.WORKSPACE_VIEW)
def workspace(request: Request, scope: Scope) -> HttpResponse:
    """A workspace: its projects that the person reaches, what was changed recently, and whom to ask."""
    assert scope.workspace is not None  # noqa: S101 - in_workspace has seen to it
    projects = list(places.projects_in(scope))
    changes = record.last_changes(projects)
    names = [project.name for project in projects if project.ready][: across.MOST]
    members = list(membership.members(scope))
    context = {
        "workspace": Workspace.objects.get(uuid=scope.workspace.uuid),
        "scope": scope,
        "projects": [(project, changes.get(project.uuid)) for project in projects],
        "stream_query": urlencode([*(("project", name) for name in names), *([("by", "place")] if names else ())]),
        "recent": recent.changes(scope),
        "member_count": len(members),
        "administrators": [
            member.user.name
            for member in members
            if member.user.is_active and Capability.WORKSPACE_MANAGE in member.role.capability_set
        ],
        "sees_all": bool(scope.capabilities & IN_PROJECT),
        "creates": scope.can(Capability.PROJECTS_CREATE),
    }
    return render(request, "accounts/workspace.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@on_platform(Capability.WORKSPACES_CREATE)
def workspace_new(request: Request, scope: Scope) -> HttpResponse:
    """Make a workspace."""
    form = NewWorkspace(request.POST or None)
    with told_in(request, form) as result:
        if form.is_valid():
            made = places.create_workspace(scope=scope, **form.cleaned_data)
            return redirect(request, reverse("accounts:workspace", args=[made.name]))
    return render(request, "accounts/workspace_new.html", {"form": form}, status=result.status)


@require_http_methods(["GET", "HEAD", "POST"])
@in_workspace(Capability.PROJECTS_CREATE)
def project_new(request: Request, scope: Scope) -> HttpResponse:
    """Make a project in the workspace, and its namespace."""
    form = NewProject(request.POST or None)
    with told_in(request, form) as result:
        if form.is_valid():
            made = places.create_project(scope=scope, cluster=request.cluster, **form.cleaned_data)
            return redirect(request, reverse("accounts:project", args=[made.project.name]))
    return render(request, "accounts/project_new.html", {"form": form, "scope": scope}, status=result.status)


@require_safe
@in_project(Capability.VIEW)
def project(request: Request, scope: Scope) -> HttpResponse:
    """A project at a glance: its recent changes and facts. What the cluster says of it comes by the page's stream."""
    context = {
        "project": _project(scope),
        "scope": scope,
        "recent": recent.changes(scope),
        "member_count": membership.members(scope).count(),
        "manages": scope.can(Capability.PROJECT_MANAGE),
        "makes_services": scope.can(Capability.SERVICES_MANAGE),
    }
    return render(request, "accounts/project.html", context)


@require_POST
@in_project(Capability.PROJECT_MANAGE)
def project_complete(request: Request, scope: Scope) -> HttpResponse:
    """Make what is missing of the project in the cluster."""
    try:
        result = places.complete_project(scope=scope, cluster=request.cluster, project=_project(scope))
    except errors.KubeError as problem:
        messages.error(request, sentence(problem))
    else:
        if result.missing:
            messages.error(request, _("Still missing: %s") % ", ".join(outcome.name for outcome in result.missing))
        else:
            messages.success(request, _("The project is complete in the cluster."))
    return redirect(request, reverse("accounts:project", args=[scope.place]))


def _project(scope: Scope) -> Project:
    assert scope.project is not None  # noqa: S101 - in_project has seen to it
    return Project.objects.select_related("workspace").get(uuid=scope.project.uuid)
