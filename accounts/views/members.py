"""Members of a project and of a workspace: the same page and verbs for both, each with its own addresses. Inviting,
changing a role and removing are dialogs over the list.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain import membership as members
from accounts.forms import ChangeRole, Invite
from accounts.models import Membership, Role
from accounts.requests import Request
from accounts.roles import IN_PROJECT, Capability
from accounts.scope import Scope, View, in_project, in_workspace
from accounts.views.answers import address, told_in
from console.web import htmx
from console.web.htmx import redirect

ORDERS = {"name": "user__name", "-name": "-user__name", "role": "role__name", "-role": "-role__name"}


@dataclass(frozen=True, slots=True)
class Row:
    """A member as the table shows it. `above`: what the person is beside it that lets them do more; `blocked`: why it
    may not be changed, or ""."""

    membership: Membership
    you: bool
    above: str
    blocked: str
    role_url: str
    remove_url: str


def _listing(request: Request, scope: Scope) -> HttpResponse:
    return render(request, "accounts/members.html", _list(request, scope))


def _invite(request: Request, scope: Scope) -> HttpResponse:
    roles = members.givable(scope)
    key = request.GET.get("role", "")
    chosen = next((role for role in roles if str(role.pk) == key), roles[-1] if roles else None)
    initial = {"who": request.GET.get("who", ""), "role": chosen and chosen.pk}
    around = _around(scope)
    form = Invite(
        request.POST or None,
        initial=initial,
        roles=roles,
        missing=len(roles) < len(members.roles_for(scope)),
        **around,
    )
    with told_in(request, form) as result:
        if form.is_valid():
            made = members.invite(scope=scope, **form.cleaned_data)
            sentence = ngettext("%(name)s is now %(role)s.", "%(n)d people are now %(role)s: %(name)s.", len(made))
            people = ", ".join(membership.user.name for membership in made)
            messages.success(request, sentence % {"n": len(made), "name": people, "role": made[0].role.name})
            return redirect(request, address(scope, "members"))
    names = members.named(str(form["who"].value() or ""))
    context = {
        "form": form,
        "candidates": members.candidates(scope),
        "chosen": chosen,
        "follows": htmx.wants_part(request),
        "names": names,
        "recognized": members.recognized(scope, names),
        "adds_nothing": _adding_nothing(scope, names, chosen) if chosen else [],
        **around,
        **_list(request, scope),
    }
    button = "accounts/parts/invite_words.html"  # alone while somebody types: whom it invites, as what
    return htmx.render(request, "accounts/member_invite.html", context, part=button, status=result.status)


def _around(scope: Scope) -> dict[str, Any]:
    """Of a project: the workspace whose members can be invited, who invites others to it, and where, for who may."""
    if not scope.project or not scope.workspace:
        return {"workspace": "", "inviters": [], "workspace_invite_url": ""}
    name, may = scope.workspace.name, scope.can(Capability.WORKSPACE_MANAGE)
    return {
        "workspace": name,
        "inviters": members.inviters(scope),
        "workspace_invite_url": reverse("accounts:workspace-members-invite", args=[name]) if may else "",
    }


def _adding_nothing(scope: Scope, names: list[str], role: Role) -> list[str]:
    """A sentence for each who has through the workspace what the role permits already."""
    typed, sentences = {name.casefold() for name in names}, []
    for membership, standing in members.from_above(scope):
        user, held = membership.user, membership.role.capability_set
        if typed & {user.name.casefold(), user.email.casefold()} and role.capability_set <= held:
            words = {"name": user.name, "standing": standing.partition(", ")[0], "role": role.name}
            everything = _("%(name)s already has all rights here as %(standing)s. The role %(role)s adds nothing.")
            these = _("%(name)s already has these rights here as %(standing)s. The role %(role)s adds nothing.")
            sentences.append((everything if held >= IN_PROJECT else these) % words)
    return sentences


def _change(request: Request, scope: Scope, member: str) -> HttpResponse:
    subject = _find(scope, member)
    form = ChangeRole(request.POST or None, roles=members.givable(scope), initial={"role": subject.role_id})
    with told_in(request, form) as result:
        if form.is_valid():
            members.change_role(scope=scope, membership=subject, role=form.cleaned_data["role"])
            words = {"name": subject.user.name, "role": form.cleaned_data["role"].name}
            messages.success(request, _("%(name)s is now %(role)s.") % words)
            return redirect(request, address(scope, "members"))
    context = {"form": form, "member": subject, **_list(request, scope)}
    context["blocked"] = members.blocked(scope, subject)
    return render(request, "accounts/member_role.html", context, status=result.status)


def _remove(request: Request, scope: Scope, member: str) -> HttpResponse:
    subject = _find(scope, member)
    problem, status = "", 200
    if request.method == "POST":
        try:
            members.remove(scope=scope, membership=subject)
        except ValidationError as refused:
            problem, status = " ".join(refused.messages), 422
        else:
            messages.success(request, _("%(name)s is no longer a member.") % {"name": subject.user.name})
            return redirect(request, address(scope, "members"))
    context = {"member": subject, "problem": problem, **_list(request, scope)}
    if scope.capabilities & IN_PROJECT:  # who sees into projects is told which
        context["leaves"] = list(members.in_projects(subject).order_by("project__name"))
    context["blocked"] = members.blocked(scope, subject)
    return render(request, "accounts/member_remove.html", context, status=status)


def _list(request: Request, scope: Scope) -> dict[str, Any]:
    """The list, searched, filtered and in the order that the address says: what every page shows below its dialog."""
    text, role, sort = (request.GET.get(key, "") for key in ("q", "role", "sort"))
    everybody = list(members.members(scope).order_by(ORDERS.get(sort, "user__name"), "user__name"))
    matching = [membership for membership in everybody if members.matches(membership, text)]
    shown = [membership for membership in matching if role in {"", membership.role.name}]
    held = Counter(membership.role.name for membership in matching)
    own, from_above = {membership.user_id for membership in everybody}, members.from_above(scope)
    above = {membership.user_id: standing for membership, standing in from_above}
    managers = members.active_managers(scope, everybody)
    names = dict.fromkeys(role.name for role in members.most_first({membership.role for membership in everybody}))
    return {
        "scope": scope,
        "manages": scope.can(members.MANAGE[members.level_of(scope)]),
        "rows": [
            Row(
                membership=membership,
                you=membership.user.uuid == scope.actor.uuid,
                above=above.get(membership.user_id, ""),
                blocked=members.blocked(scope, membership, managers),
                role_url=address(scope, "member-role", member=membership.user.name),
                remove_url=address(scope, "member-remove", member=membership.user.name),
            )
            for membership in shown
        ],
        "above": [
            (membership.user, *standing.partition(", ")[::2])
            for membership, standing in from_above
            if membership.user_id not in own and members.matches(membership, text)
        ],
        "total": len(everybody),
        "matching": len(matching),
        "roles": [(name, held[name], name == role) for name in names],
        "asked": {"q": text, "role": role, "sort": sort if sort in ORDERS else "name"},
        "list_url": address(scope, "members"),
        "workspace_members_url": _of_workspace(scope),
        "invite_url": address(scope, "members-invite"),
    }


def _of_workspace(scope: Scope) -> str:
    """In a project, the members of the workspace around it, for who may see them."""
    if not scope.project or not scope.workspace or not scope.can(Capability.WORKSPACE_VIEW):
        return ""
    return reverse("accounts:workspace-members", args=[scope.workspace.name])


def _find(scope: Scope, name: str) -> Membership:
    membership = members.members(scope).filter(user__name=name).first()
    if membership is None:
        raise Http404
    return membership


_form = require_http_methods(["GET", "HEAD", "POST"])

listing: View = require_safe(in_project(Capability.VIEW)(_listing))
invite: View = _form(in_project(Capability.PROJECT_MANAGE)(_invite))
change: View = _form(in_project(Capability.PROJECT_MANAGE)(_change))
remove: View = _form(in_project(Capability.PROJECT_MANAGE)(_remove))
workspace_listing: View = require_safe(in_workspace(Capability.WORKSPACE_VIEW)(_listing))
workspace_invite: View = _form(in_workspace(Capability.WORKSPACE_MANAGE)(_invite))
workspace_change: View = _form(in_workspace(Capability.WORKSPACE_MANAGE)(_change))
workspace_remove: View = _form(in_workspace(Capability.WORKSPACE_MANAGE)(_remove))
