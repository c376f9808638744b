"""Delete and recreate a Service: what cannot be changed is, under a confirmation that says what callers lose."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube import kinds
from console.kube.errors import Conflict, KubeError, NotFound
from console.web import error_pages, htmx
from services import page_state
from services.changes import managers
from services.changes.delete import Target
from services.changes.replace import Rehearsed
from services.edit.present.recreating import VIRTUAL, consent, losses, modes, pause, remade
from services.edit.verbs.recreate import Recreated, recreate, rehearse_recreate
from services.manifests.bundle import Document
from services.manifests.health import reachable
from services.manifests.yamlout import dump_one
from services.yaml_editor.stored import digest, read_object, version_of


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.SERVICES_MANAGE)
def recreation(request: Request, scope: Scope, name: str) -> HttpResponseBase:
    """`?mode=` says what it becomes, `?address=` which cluster IP it asks for."""
    stored = read_object(scope, request.cluster, kinds.SERVICE, name)
    sent = request.POST if request.method == "POST" else request.GET
    offered = modes(stored)
    if not offered:
        raise NotFound(gettext("An external name has no field that requires recreating it."))
    mode = sent.get("mode", "")
    mode = mode if mode in [value for value, *_words in offered] else offered[0][0]
    address = sent.get("address", "").strip()[:64] if mode == VIRTUAL else ""
    wrong = _wrong(address)
    after = remade(stored, mode, "" if wrong else address)
    page: dict[str, Any] = {"mode": mode, "address": address, "wrong": wrong, "offered": offered}
    if request.method != "POST":
        return _page(request, scope, stored, after, page)
    if request.POST.get("do") == "show":
        address_shown = reverse("services:recreate", args=[scope.place, name])
        return htmx.redirect(request, f"{address_shown}?{urlencode({'mode': mode, 'address': address})}")
    if wrong:
        return _page(request, scope, stored, after, page, status=422)
    seen = (request.POST.get("uid"), request.POST.get("version"), request.POST.get("seen"))
    if seen != (stored["metadata"]["uid"], version_of(stored), digest(after)):
        same = seen[:2] == (stored["metadata"]["uid"], version_of(stored))
        return _page(request, scope, stored, after, page, problem=_other() if same else _changed(), status=409)
    if "sure" not in request.POST:
        return _page(request, scope, stored, after, page, status=422)
    return _recreate(request, scope, stored, after, page)


def _recreate(
    request: Request, scope: Scope, stored: Document, after: Document, page: dict[str, Any]
) -> HttpResponseBase:
    name = stored["metadata"]["name"]
    target = Target(kinds.SERVICE, name, stored["metadata"]["uid"])
    try:
        result = recreate(scope, request.cluster, target, version_of(stored), after)
    except Conflict:
        return _page(request, scope, stored, after, page, problem=_changed(), status=409)
    except KubeError as error:
        status = error_pages.said(error).status
        return _page(request, scope, stored, after, page, problem=page_state.refusal(error), status=status)
    if result.state == "created":
        messages.success(request, gettext("Deleted and recreated Service %(name)s.") % {"name": name})
        return htmx.redirect(request, reverse("services:details", args=[scope.place, name]))
    context = {
        "project": scope.place,
        "name": name,
        "result": result,
        "notice": _stands(name, result),
        "yaml": dump_one(after),
        "back": reverse("services:list", args=[scope.place]),
    }
    return render(request, "services/edit/recreated.html", context, status=409)


def _stands(name: str, result: Recreated) -> page_state.Notice:
    """How it stands when it did not go as it was wanted."""
    values = {"name": name, "finalizers": ", ".join(result.waits)}
    what, means = {
        "kept": (gettext("Service %(name)s was not deleted."), gettext("Nothing was changed.")),
        "restored": (
            gettext("The cluster did not create the new Service. The old one exists again."),
            gettext("It has its previous settings and a new UID; its endpoints return in seconds."),
        ),
        "waiting": (
            gettext("Service %(name)s is being deleted; the new one was not created."),
            gettext("It waits for: %(finalizers)s. Create the new one from the manifest below when it is deleted."),
        ),
        "deleted": (
            gettext("Service %(name)s was deleted, and the new one was not created."),
            gettext("The old one could not be created again either. Restore it from the recycle bin."),
        ),
        "unknown": (
            gettext("It is not known whether Service %(name)s exists."),
            gettext(
                "The cluster did not respond. The list shows it as soon as it does; the recycle bin has the old one."
            ),
        ),
    }[result.state]
    state = "bad" if result.state == "deleted" else "warn"
    return page_state.Notice(state, what % values, means % values)


def _changed() -> page_state.Notice:
    what = gettext("This object has changed since you opened this page.")
    return page_state.Notice("warn", what, gettext("Nothing was changed. Check it again."))


def _other() -> page_state.Notice:
    what = gettext("The mode or the address is another one than was shown.")
    return page_state.Notice("warn", what, gettext("Nothing was changed. Check below what callers lose."))


def _wrong(address: str) -> str:
    if not address:
        return ""
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return gettext("Enter an IP address of the cluster’s service range, or nothing for any.")
    return ""


def _page(
    request: Request,
    scope: Scope,
    stored: Document,
    after: Document,
    page: dict[str, Any],
    *,
    problem: page_state.Notice | None = None,
    status: int = 200,
) -> HttpResponseBase:
    name, client = stored["metadata"]["name"], request.cluster.as_user(scope.identity)
    verdict = rehearse_recreate(client, scope.place, after)
    if verdict.error is not None and problem is None:
        problem = page_state.refusal(verdict.error)
    view = request.cluster.look(scope.subject, scope.place)
    endpoints = reachable(view.service(name), view.endpoints(name)).ready
    context = {
        **page,
        "project": scope.place,
        "name": name,
        "uid": stored["metadata"]["uid"],
        "version": version_of(stored),
        "seen": digest(after),
        "lines": Rehearsed(stored, after).lines,
        "losses": list(losses(stored, after)),
        "pause": pause(name, endpoints),
        "managers": managers.sentences(stored, [("spec", "clusterIP"), ("spec", "type")]),
        "problem": problem,
        "sure": consent(stored, after),
        "able": verdict.error is None and not page["wrong"],
        "back": reverse("services:details", args=[scope.place, name]),
        "page_url": reverse("services:recreate", args=[scope.place, name]),
    }
    return render(request, "services/edit/recreate.html", context, status=status)
