"""One user: what they are where, where they are signed in, and what they did; signing them out, disabling them, and a
link that signs them in. What is stored of them is changed on their record's page.
"""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit, userstate, words
from accounts.actor import NotAllowed
from accounts.domain import membership as membership_rules
from accounts.domain import people, record, sign_in_links, signed_in
from accounts.models import Membership, User
from accounts.requests import Request
from accounts.roles import Capability, Level, may_give
from accounts.scope import Scope, on_platform
from console.web.htmx import redirect

RECENT = 6  # what they did last


@require_safe
@on_platform(Capability.USERS_MANAGE)
def user(request: Request, scope: Scope, name: str) -> HttpResponse:
    """The page of a user."""
    return render(request, "accounts/user.html", _context(request, scope, _find(name)))


@require_http_methods(["GET", "HEAD", "POST"])
@on_platform(Capability.USERS_MANAGE)
def sign_out(request: Request, scope: Scope, name: str) -> HttpResponse:
    """End one session of a user, after a question all, or of one's own all others."""
    person = _find(name)
    if request.method != "POST":
        context = _context(request, scope, person)
        key = request.GET.get("session", "")
        ending = [session for session in context["sessions"] if not key or session.key == key]
        context |= {"only": ending[0] if key and ending else None, "ending": len(ending)}
        context["includes_this"] = any(session.is_current for session in ending)
        context["others"] = len(ending) - 1 if context["includes_this"] else 0
        context["another_can_link"] = context["you"] and people.another_can_link(person)
        return render(request, "accounts/user_sign_out.html", context)
    _require_more(scope, person)
    _require_active(person)
    chosen = request.POST.getlist("session") or None
    if "others" in request.POST:
        own = request.session.session_key or ""
        chosen = [session.key for session in signed_in.sessions(person, own) if not session.is_current]
    with audit.attempt(scope, "admin.sign-out", target=f"User {person}") as entry:
        ended = signed_in.end(person, chosen)
        entry.done(changes=[f"sessions: {ended}"])
    message = ngettext("%(name)s is signed out of %(n)d session.", "%(name)s is signed out of %(n)d sessions.", ended)
    messages.success(request, message % {"name": person.name, "n": ended})
    return redirect(request, reverse("accounts:user", args=[person.name]))


@require_POST
@on_platform(Capability.USERS_MANAGE)
def link(request: Request, scope: Scope, name: str) -> HttpResponse:
    """A link that signs the user in once. It is shown on this page only, and kept by nobody."""
    person = _find(name)
    _require_more(scope, person)
    _require_active(person)
    with audit.attempt(scope, "admin.sign-in-link", target=f"User {person}"):
        url = sign_in_links.sign_in_link(person.name, request.build_absolute_uri("/"), made_by=scope.actor.name)
    return render(request, "accounts/user.html", {**_context(request, scope, _find(name)), "link": url})


@require_http_methods(["GET", "HEAD", "POST"])
@on_platform(Capability.USERS_MANAGE)
def switch(request: Request, scope: Scope, name: str, *, active: bool) -> HttpResponse:
    """Disable a user, or enable them again, after a question. Nobody disables themselves."""
    person = _find(name)
    if request.method != "POST":
        context = {**_context(request, scope, person), "enable": active, "alone": [] if active else _alone(person)}
        return render(request, "accounts/user_switch.html", context)
    _require_more(scope, person)
    if person.uuid == scope.actor.uuid:
        raise NotAllowed(_("You cannot disable yourself."))
    with audit.attempt(scope, "admin.change", target=f"User {person}") as entry:
        people.switch(person, active)
        entry.done(changes=[f"active: {active}"])
    message = _("%s is enabled.") if active else _("%s is disabled and signed out everywhere.")
    messages.success(request, message % person)
    return redirect(request, reverse("accounts:user", args=[person.name]))


def _find(name: str) -> User:
    person = userstate.with_links(User.objects.filter(name=name.replace("\0", ""))).first()  # PostgreSQL takes no NUL
    if person is None:
        raise Http404
    userstate.note_closed([person])
    return person


def _require_more(scope: Scope, person: User) -> None:
    """Who signs somebody out or in gets near to being them: nobody does so with one who may do more."""
    if not may_give(scope.capabilities, person.platform_capabilities):
        raise NotAllowed(_("%s has rights that you do not have.") % person)


def _require_active(person: User) -> None:
    if not person.is_active:
        raise NotAllowed(_("%s is disabled and not signed in anywhere.") % person)


def _context(request: Request, scope: Scope, person: User) -> dict[str, Any]:
    """Places and what was done in them are shown to who may see all of them."""
    everywhere = scope.can(Capability.PLATFORM_ADMIN)
    held = Membership.objects.filter(user=person).select_related("role", "workspace", "project__workspace")
    done = record.entries(scope).filter(actor_uuid=person.uuid)[:RECENT]
    return {
        "scope": scope,
        "person": person,
        "state": userstate.state_of(person),
        "link_left": userstate.time_left(person) if person.is_active else "",
        "address": record.sign_in_addresses([person]).get(person.uuid, "") if everywhere else "",
        "you": person.uuid == scope.actor.uuid,
        "may_act": person.is_active and may_give(scope.capabilities, person.platform_capabilities),
        "may_change": may_give(scope.capabilities, person.platform_capabilities),
        "platform_role": next((membership.role.name for membership in held if membership.level == Level.PLATFORM), ""),
        "memberships": sorted(
            (membership for membership in held if everywhere and membership.level != Level.PLATFORM), key=_by_place
        ),
        "everywhere": everywhere,
        "reach": _reach(person) if everywhere else "",
        "sessions": signed_in.sessions(person, request.session.session_key or ""),
        "done": [
            (entry, words.action(entry.action, done=entry.outcome not in ("refused", "failed"))) for entry in done
        ],
    }


def _alone(person: User) -> list[Membership]:
    """Where nobody else manages the members, by place."""
    held = Membership.objects.filter(user=person).select_related("workspace", "project__workspace")
    only = membership_rules.only_managers(held)
    return sorted((membership for membership in held if membership.pk in only), key=_by_place)


def _reach(person: User) -> str:
    """Where the role on the platform lets a user in without any membership, or ""."""
    held = person.platform_capabilities
    if Capability.WORKSPACES_MANAGE not in held:
        return ""
    return _("All workspaces and projects, by role.") if Capability.VIEW in held else _("All workspaces, by role.")


def _by_place(membership: Membership) -> tuple[str, str]:
    """A workspace, then its projects."""
    project = membership.project
    return (project.workspace.name, project.name) if project else (str(membership.workspace), "")
