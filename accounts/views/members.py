"""Members of a project and of a workspace: the same page and verbs for both, each with its own addresses."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain import membership as members
from accounts.forms import ChangeRole, Invite
from accounts.models import Membership
from accounts.roles import Capability
from accounts.scope import Scope, in_project, in_workspace
from accounts.views.answers import told_in
from console.web.htmx import redirect


@dataclass(frozen=True, slots=True)
class Row:
    """A member as the table shows it. `blocked`: why the person may not change it, or ""."""

    membership: Membership
    you: bool
    blocked: str
    role_url: str
    remove_url: str


def rows(scope: Scope) -> list[Row]:
    """The members of the place, by name."""
    return [
        Row(
            membership=each,
            you=each.user.uuid == scope.actor.uuid,
            blocked=members.blocked(scope, each),
            role_url=_address(scope, "member-role", each.user.name),
            remove_url=_address(scope, "member-remove", each.user.name),
        )
        for each in members.members(scope)
    ]


def _listing(request: HttpRequest, scope: Scope) -> HttpResponse:
    roles = members.givable(scope)
    least = min(roles, key=lambda role: len(role.capabilities), default=None)
    initial = {"who": request.GET.get("who", ""), "role": least.pk if least else None}
    return _page(request, scope, Invite(roles=roles, initial=initial))


def _invite(request: HttpRequest, scope: Scope) -> HttpResponse:
    form = Invite(request.POST, roles=members.givable(scope))
    status = 422
    if form.is_valid():
        with told_in(form) as result:
            made = members.invite(scope=scope, **form.cleaned_data)
            messages.success(request, _("%(name)s is now %(role)s.") % {"name": made.user.name, "role": made.role.name})
            return redirect(request, _address(scope, "members"))
        status = result.status
    return _page(request, scope, form, status=status)


def _change(request: HttpRequest, scope: Scope, member: str) -> HttpResponse:
    subject = _find(scope, member)
    form = ChangeRole(request.POST or None, roles=members.givable(scope), initial={"role": subject.role_id})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with told_in(form) as result:
                members.change_role(scope=scope, membership=subject, role=form.cleaned_data["role"])
                words = {"name": subject.user.name, "role": form.cleaned_data["role"].name}
                messages.success(request, _("%(name)s is now %(role)s.") % words)
                return redirect(request, _address(scope, "members"))
            status = result.status
    context = {"form": form, "member": subject, "scope": scope, "back": _address(scope, "members")}
    context["blocked"] = members.blocked(scope, subject)
    return render(request, "accounts/member_role.html", context, status=status)


def _remove(request: HttpRequest, scope: Scope, member: str) -> HttpResponse:
    subject = _find(scope, member)
    problem, status = "", 200
    if request.method == "POST":
        try:
            members.remove(scope=scope, membership=subject)
        except ValidationError as refused:
            problem, status = " ".join(refused.messages), 422
        else:
            messages.success(request, _("%(name)s is no longer a member.") % {"name": subject.user.name})
            return redirect(request, _address(scope, "members"))
    context = {"member": subject, "scope": scope, "back": _address(scope, "members"), "problem": problem}
    context["blocked"] = members.blocked(scope, subject)
    return render(request, "accounts/member_remove.html", context, status=status)


def _page(request: HttpRequest, scope: Scope, form: Invite, status: int = 200) -> HttpResponse:
    manages = scope.can(members.MANAGE[members.level_of(scope)])
    context = {
        "scope": scope,
        "rows": rows(scope),
        "form": form if manages else None,
        "candidates": members.candidates(scope, most=50) if manages else [],
        "invite_url": _address(scope, "members-invite"),
    }
    return render(request, "accounts/members.html", context, status=status)


def _find(scope: Scope, name: str) -> Membership:
    found = members.members(scope).filter(user__name=name).first()
    if found is None:
        raise Http404
    return found


def _address(scope: Scope, name: str, member: str = "") -> str:
    level = "project" if scope.project else "workspace"
    view = f"accounts:{name}" if scope.project else f"accounts:workspace-{name}"
    return reverse(view, kwargs={level: scope.place, **({"member": member} if member else {})})


View = Callable[..., HttpResponseBase]
_form = require_http_methods(["GET", "HEAD", "POST"])

listing: View = require_safe(in_project(Capability.VIEW)(_listing))
invite: View = require_POST(in_project(Capability.PROJECT_MANAGE)(_invite))
change: View = _form(in_project(Capability.PROJECT_MANAGE)(_change))
remove: View = _form(in_project(Capability.PROJECT_MANAGE)(_remove))
workspace_listing: View = require_safe(in_workspace(Capability.WORKSPACE_VIEW)(_listing))
workspace_invite: View = require_POST(in_workspace(Capability.WORKSPACE_MANAGE)(_invite))
workspace_change: View = _form(in_workspace(Capability.WORKSPACE_MANAGE)(_change))
workspace_remove: View = _form(in_workspace(Capability.WORKSPACE_MANAGE)(_remove))
