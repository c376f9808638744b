"""What each role of a place may do; the page of a role; creating, changing and deleting those of the place's own."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actor import NotAllowed
from accounts.boxes import boxes, effect, reach
from accounts.domain import membership, ownroles
from accounts.domain.matrix import areas
from accounts.forms import OwnRole
from accounts.models import Membership, Role
from accounts.requests import Request
from accounts.roles import Capability, Level
from accounts.scope import Scope, in_project, in_workspace, on_platform
from accounts.views.answers import told_in
from console.web import htmx
from console.web.htmx import redirect


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
    manages = level is not Level.PLATFORM and scope.can(membership.MANAGE[level])
    context = {
        "scope": scope,
        "changeable": [role.pk for role in roles if manages and ownroles.may_change(scope, role)],
        "roles": [(role, counts.get(role.pk, 0)) for role in roles],
        "custom": sum(not role.built_in for role in roles),
        "built_in": sum(role.built_in for role in roles),
        "areas": areas(roles, level),
        "width": len(roles) + 1,
        "base": "" if level is Level.PLATFORM else _address(scope, "roles"),
        "manages": manages,
    }
    return render(request, "accounts/roles.html", context)


def _role(request: Request, scope: Scope, role: str) -> HttpResponse:
    subject = _find(scope, role)
    if request.method == "POST" and not ownroles.may_change(scope, subject):
        raise NotAllowed(_("You cannot change this role."))
    initial = {"name": subject.name, "description": subject.description, "capabilities": subject.capabilities}
    if "preview" in request.POST:
        form = OwnRole(initial=initial | _unsaved(request) | {"name": subject.name}, named=subject.name)
        return _show(request, scope, form, subject)
    form = OwnRole(request.POST if request.method == "POST" else None, initial=initial, named=subject.name)
    if request.method == "POST":
        with told_in(form) as result:
            if form.is_valid():
                typed = {key: form.cleaned_data[key] for key in ("description", "capabilities")}
                ownroles.change(scope=scope, role=subject, **typed)
                messages.success(request, _("%s was changed. The change takes effect immediately.") % subject.name)
                return redirect(request, _address(scope, "role", role=subject.name))
        return _show(request, scope, form, subject, status=result.status if result.status != 200 else 422)
    return _show(request, scope, form, subject)


def _new(request: Request, scope: Scope) -> HttpResponse:
    copied = ownroles.find(scope, request.GET.get("from", ""))
    held = copied.capability_set & scope.capabilities if copied else {Capability.VIEW} & ownroles.offered(scope)
    if "preview" in request.POST:
        return _show(request, scope, OwnRole(initial=_unsaved(request)), None)
    form = OwnRole(request.POST or None, initial={"capabilities": sorted(held)})
    if request.method == "POST":
        with told_in(form) as result:
            if form.is_valid():
                made = ownroles.create(scope=scope, **form.cleaned_data)
                messages.success(request, _("Role %s was created.") % made.name)
                return redirect(request, _address(scope, "role", role=made.name))
        return _show(request, scope, form, None, status=result.status if result.status != 200 else 422)
    return _show(request, scope, form, None)


def _unsaved(request: Request) -> dict[str, Any]:
    """The form as somebody is filling it in, who asks what it would change."""
    typed = {name: request.POST.get(name, "") for name in ("name", "description")}
    return {**typed, "capabilities": request.POST.getlist("capabilities")}


def _delete(request: Request, scope: Scope, role: str) -> HttpResponse:
    subject = _find(scope, role)
    if request.method == "POST":
        try:
            ownroles.delete(scope=scope, role=subject)
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))
            return redirect(request, _address(scope, "role", role=subject.name))
        messages.success(request, _("Role %s was deleted.") % subject.name)
        return redirect(request, _address(scope, "roles"))
    form = OwnRole(initial={"name": subject.name, "description": subject.description}, named=subject.name)
    return _show(request, scope, form, subject, template="accounts/role_delete.html")


def _show(
    request: Request, scope: Scope, form: OwnRole, role: Role | None, *, template: str = "", status: int = 200
) -> HttpResponse:
    holders = membership.members(scope).filter(role=role).order_by("user__name") if role else []
    names = [holder.user.name for holder in holders]
    level, ticked = membership.level_of(scope), form["capabilities"].value() or ()
    context = {
        "scope": scope,
        "form": form,
        "role": role,
        "changes": role is None or ownroles.may_change(scope, role),
        "manages": scope.can(membership.MANAGE[level]),
        "boxes": boxes(level, ticked, held=scope.capabilities),
        "effect": effect(ticked, role.capability_set if role else frozenset()),
        "reach": reach(level, scope.place),
        "in_part": htmx.wants_part(request),
        "holders": names,
        "base": _address(scope, "roles"),
        "members_link": f"{_address(scope, 'members')}?{urlencode({'role': role.name if role else ''})}",
    }
    beside = "accounts/parts/role_effect.html"  # alone while boxes are ticked
    return htmx.render(request, template or "accounts/role.html", context, part=beside, status=status)


def _find(scope: Scope, name: str) -> Role:
    role = ownroles.find(scope, name)
    if role is None:
        raise Http404
    return role


def _address(scope: Scope, name: str, **parts: Any) -> str:
    level = "project" if scope.project else "workspace"
    view = f"accounts:{name}" if scope.project else f"accounts:workspace-{name}"
    return reverse(view, kwargs={level: scope.place, **parts})


View = Callable[..., HttpResponseBase]
_form = require_http_methods(["GET", "HEAD", "POST"])

role: View = _form(in_project(Capability.VIEW)(_role))
new: View = _form(in_project(Capability.PROJECT_MANAGE)(_new))
delete: View = _form(in_project(Capability.PROJECT_MANAGE)(_delete))
workspace_role: View = _form(in_workspace(Capability.WORKSPACE_VIEW)(_role))
workspace_new: View = _form(in_workspace(Capability.WORKSPACE_MANAGE)(_new))
workspace_delete: View = _form(in_workspace(Capability.WORKSPACE_MANAGE)(_delete))
