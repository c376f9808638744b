"""Signing in, by password or by link, and out."""

import logging
import math
from dataclasses import replace
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.backends import find
from accounts.domain import sign_in_links, signed_in, throttle
from accounts.forms import SignIn
from accounts.models import User, folded
from accounts.scope import Scope, platform_scope
from console.web.requests import ClusterRequest

log = logging.getLogger(__name__)
BACKEND = "accounts.backends.PasswordOrLink"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def signin(request: ClusterRequest) -> HttpResponse:
    """The form; who is signed in already goes on."""
    onward = _onward(request)
    if request.method != "POST":
        return redirect(onward) if request.user.is_authenticated else _form(request, SignIn(), onward)
    form = SignIn(request.POST)
    if not form.is_valid():
        return _form(request, form, onward, status=422)
    typed, peer = form.cleaned_data["username"], request.META.get("REMOTE_ADDR", "")
    wait = throttle.of_peers.wait(peer)
    if wait:
        return _crowded(request, form, onward, wait, status=429)
    known = find(typed)
    with throttle.hasher() as free:
        if not free:
            return _crowded(request, form, onward, 5, status=503)
        wait = throttle.admit(folded(typed), peer)
        if wait:
            return _too_many(request, form, onward, wait)
        # A name and an email of one person share a counter, and the answer must not tell: where that is closed, it is
        # the answer for nobody, at the same cost.
        closed = known is not None and throttle.admit(str(known.uuid), peer)
        user = authenticate(request, username="" if closed else typed, password=form.cleaned_data["password"])
    if not isinstance(user, User):
        log.warning("sign-in refused, request %s", request.request_id)
        form.add_error(None, _("Wrong user name or password."))
        form.means = _("After too many attempts, wait a few minutes.")
        form.focus("password")
        return _form(request, form, onward, status=422)
    throttle.forget(folded(typed), peer)
    throttle.forget(str(user.uuid), peer)
    return _enter(request, user, onward, how=_("by password"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: ClusterRequest, token: str) -> HttpResponse:
    """A one-time link. Looking at it changes nothing (mail scanners and previews do); its button signs in."""
    user = sign_in_links.use_link(token) if request.method == "POST" else sign_in_links.owner_of(token)
    if user is None:
        response = render(request, "accounts/link_over.html", status=410)
    elif request.method == "POST":
        return _enter(request, user, resolve_url(settings.LOGIN_REDIRECT_URL), how=_("by link"))
    else:
        response = render(request, "accounts/link.html", {"person": user.name})
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@never_cache
@require_POST
def signout(request: ClusterRequest) -> HttpResponse:
    """End the session here, and what the browser kept of it."""
    if isinstance(request.user, User):
        scope = _scope(request, request.user)
        logout(request)
        with audit.attempt(scope, "person.sign-out"):
            pass
    response = HttpResponseRedirect(resolve_url(settings.LOGIN_URL), status=303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@never_cache
@require_safe
def who(request: ClusterRequest) -> HttpResponse:
    """Who is signed in by now, asked before a form is sent (static/js/send.js), with a token for it, and what the page
    says where that is somebody else."""
    name = request.user.get_username()
    says = _("You are signed in as %(person)s now. What you typed is still here.") % {"person": name}
    return JsonResponse({"person": name, "token": get_token(request), "says": says})


def _scope(request: ClusterRequest, user: User) -> Scope:
    return replace(platform_scope(user, request.request_id), address=request.META.get("REMOTE_ADDR", ""))


def _enter(request: ClusterRequest, user: User, onward: str, *, how: str) -> HttpResponse:
    scope = _scope(request, user)
    with audit.attempt(scope, "person.sign-in") as entry:
        login(request, user, backend=BACKEND)  # gives the session a new key and the browser a new CSRF secret
        signed_in.begin(request.session, request.headers.get("User-Agent", ""), request.META.get("REMOTE_ADDR", ""))
        entry.done(message=how)
    return HttpResponseRedirect(onward, status=303)


def _form(request: ClusterRequest, form: SignIn, onward: str, status: int = 200) -> HttpResponse:
    context = {"form": form, "next": onward, "ended": request.GET.get("ended", "")}
    return render(request, "accounts/signin.html", context, status=status)


def _too_many(request: ClusterRequest, form: SignIn, onward: str, wait: int) -> HttpResponse:
    minutes = math.ceil(wait / 60)
    text = ngettext(
        "Too many attempts. Try again in %d minute.", "Too many attempts. Try again in %d minutes.", minutes
    )
    return _later(request, form, onward, text % minutes, wait, status=429)


def _crowded(request: ClusterRequest, form: SignIn, onward: str, wait: int, *, status: int) -> HttpResponse:
    """More sign-ins at this moment than are looked at; nobody's password was, and no try counts."""
    text = ngettext(
        "Many people are signing in. Try again in %d second.",
        "Many people are signing in. Try again in %d seconds.",
        wait,
    )
    return _later(request, form, onward, text % wait, wait, status=status)


def _later(
    request: ClusterRequest, form: SignIn, onward: str, sentence: str, wait: int, *, status: int
) -> HttpResponse:
    form.add_error(None, sentence)
    response = _form(request, form, onward, status=status)
    response.headers["Retry-After"] = str(wait)
    return response


def _onward(request: ClusterRequest) -> str:
    """Where to go after signing in: `next`, if it is an address of this console, else home."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    home = resolve_url(settings.LOGIN_REDIRECT_URL)
    own = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    if not own or not address.isprintable():
        return home
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith(("//", "/\\")):
        return home
    return address
