"""What each role of a place may do; the page of a role; creating, changing and deleting those of the place's own."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import render
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
from accounts.scope import Scope, View, in_project, in_workspace, on_platform
from accounts.views.answers import address, told_in
from console.web import htmx
from console.web.htmx import redirect


def _roles(request: Request, scope: Scope) -> HttpResponse:
    """The roles of the platform, or those that can be given in the workspace or the project."""
    if scope.workspace:
        level, roles, holders = membership.level_of(scope), membership.roles_for(scope), membership.members(scope)
        manages = scope.can(membership.MANAGE[level])
    else:
        level, manages = Level.PLATFORM, False
        roles = list(Role.objects.filter(level=level))
        holders = Membership.objects.filter(level=level, role__in=roles)
    roles = membership.most_first(roles)
    counts = dict(holders.order_by().values_list("role").annotate(Count("pk")))
    context = {
        "scope": scope,
        "changeable": [role.pk for role in roles if manages and ownroles.may_change(scope, role)],
        "roles": [(role, counts.get(role.pk, 0)) for role in roles],
        "custom": sum(not role.built_in for role in roles),
        "built_in": sum(role.built_in for role in roles),
        "areas": areas(roles, level),
        "width": len(roles) + 1,
        "base": address(scope, "roles") if scope.workspace else "",
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
    with told_in(request, form) as result:
        if form.is_valid():
            typed = {key: form.cleaned_data[key] for key in ("description", "capabilities")}
            ownroles.change(scope=scope, role=subject, **typed)
            messages.success(request, _("%s was changed. The change takes effect immediately.") % subject.name)
            return redirect(request, address(scope, "role", role=subject.name))
    return _show(request, scope, form, subject, status=result.status)


def _new(request: Request, scope: Scope) -> HttpResponse:
    copied = ownroles.find(scope, request.GET.get("from", ""))
    held = copied.capability_set & scope.capabilities if copied else {Capability.VIEW} & ownroles.offered(scope)
    if "preview" in request.POST:
        return _show(request, scope, OwnRole(initial=_unsaved(request)), None)
    form = OwnRole(request.POST or None, initial={"capabilities": sorted(held)})
    with told_in(request, form) as result:
        if form.is_valid():
            made = ownroles.create(scope=scope, **form.cleaned_data)
            messages.success(request, _("Role %s was created.") % made.name)
            return redirect(request, address(scope, "role", role=made.name))
    return _show(request, scope, form, None, status=result.status)


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
            return redirect(request, address(scope, "role", role=subject.name))
        messages.success(request, _("Role %s was deleted.") % subject.name)
        return redirect(request, address(scope, "roles"))
    form = OwnRole(initial={"name": subject.name, "description": subject.description}, named=subject.name)
    return _show(request, scope, form, subject, template="accounts/role_delete.html")


def _show(
    request: Request, scope: Scope, form: OwnRole, role: Role | None, *, template: str = "", status: int = 200
) -> HttpResponse:
    holders = membership.members(scope).filter(role=role).order_by("user__name") if role else []
    level, ticked = membership.level_of(scope), form["capabilities"].value() or ()
    before = role.capability_set if role else frozenset()
    context = {
        "scope": scope,
        "form": form,
        "role": role,
        "changes": role is None or ownroles.may_change(scope, role),
        "manages": scope.can(membership.MANAGE[level]),
        "boxes": boxes(level, ticked, before=before, held=scope.capabilities),
        "effect": effect(ticked, before),
        "reach": reach(level, scope.place),
        "in_part": htmx.wants_part(request),
        "holders": [holder.user.name for holder in holders],
        "base": address(scope, "roles"),
        "members_link": f"{address(scope, 'members')}?{urlencode({'role': role.name if role else ''})}",
    }
    beside = "accounts/parts/role_effect.html"  # alone while boxes are ticked
    return htmx.render(request, template or "accounts/role.html", context, part=beside, status=status)


def _find(scope: Scope, name: str) -> Role:
    role = ownroles.find(scope, name)
    if role is None:
        raise Http404
    return role


_form = require_http_methods(["GET", "HEAD", "POST"])

project_roles: View = require_safe(in_project(Capability.VIEW)(_roles))
workspace_roles: View = require_safe(in_workspace(Capability.WORKSPACE_VIEW)(_roles))
platform_roles: View = require_safe(on_platform(Capability.PLATFORM_ADMIN)(_roles))
role: View = _form(in_project(Capability.VIEW)(_role))
new: View = _form(in_project(Capability.PROJECT_MANAGE)(_new))
delete: View = _form(in_project(Capability.PROJECT_MANAGE)(_delete))
workspace_role: View = _form(in_workspace(Capability.WORKSPACE_VIEW)(_role))
workspace_new: View = _form(in_workspace(Capability.WORKSPACE_MANAGE)(_new))
workspace_delete: View = _form(in_workspace(Capability.WORKSPACE_MANAGE)(_delete))
