"""What workloads keep their configuration and data in: the pages of a ConfigMap, a Secret and a claim.

All of it is read as the person, now. Values of Secrets never come here (`transport.secret_facts`), and so there is no
YAML of a Secret either: shown without its values it could not be sent back whole.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube import kinds
from console.kube.errors import KubeError, NotFound
from console.kube.kinds import Kind
from console.kube.records import EventRecord
from console.web import htmx
from services import page_state
from services.shown.events import happenings
from services.shown.metadata import metadata
from services.shown.pages import Pages, page_of, pages_for
from services.shown.users import users
from services.workloads.present import holding
from services.yaml_editor.stored import read_object, to_read


@require_safe
@in_project(Capability.VIEW)
def configmap(request: Request, scope: Scope, name: str) -> HttpResponseBase:
    """Its values, as far as they can be shown, and who uses it."""
    body = read_object(scope, request.cluster, kinds.CONFIGMAP, name)
    if "download" in request.GET:
        return htmx.file(to_read(body), f"{name}.yaml")
    held = holding.of_configmap(body)
    facts = holding.facts(body, held, project_href=_project(scope))
    context = {"held": held, "facts": facts, "metadata": metadata(body)}
    return _page(request, scope, kinds.CONFIGMAP, body, context, Capability.CONFIG_MANAGE)


@require_safe
@in_project(Capability.SECRETS_LIST)
def secret(request: Request, scope: Scope, name: str) -> HttpResponseBase:
    """Its keys and how long their values are, and who uses it."""
    if not kinds.is_name(kinds.SECRET, name):
        raise NotFound(f"{name[:80]!r} is not the name of a Secret")
    body = request.cluster.as_user(scope.identity).secret_facts(scope.place, name)
    held = holding.of_secret(body)
    context = {"held": held, "facts": holding.facts(body, held, project_href=_project(scope))}
    return _page(request, scope, kinds.SECRET, body, context, None)


@require_safe
@in_project(Capability.VIEW)
def claim(request: Request, scope: Scope, name: str) -> HttpResponseBase:
    """What it asked for and what it got, who uses it, and what the cluster said about it."""
    body = read_object(scope, request.cluster, kinds.PVC, name)
    if "download" in request.GET:
        return htmx.file(to_read(body), f"{name}.yaml")
    events: list[EventRecord] = []
    with suppress(KubeError):  # what memory has of it; none where that cannot be read now
        view = request.cluster.look(scope.subject, scope.place)
        view.check(kinds.EVENT)
        view.begin(kinds.EVENT)
        events = view.events(str(body["metadata"].get("uid") or ""))
    context = {
        "facts": holding.claim_facts(body, project_href=_project(scope)),
        "status": holding.claim_status(body),
        "metadata": metadata(body),
        "happenings": happenings(events, {}, Pages(scope.place, secrets=False)),
    }
    return _page(request, scope, kinds.PVC, body, context, Capability.STORAGE_MANAGE)


def _page(
    request: Request,
    scope: Scope,
    kind: Kind,
    body: Mapping[str, Any],
    context: Mapping[str, Any],
    manage: Capability | None,
) -> HttpResponseBase:
    name = str(body["metadata"]["name"])
    client = request.cluster.as_user(scope.identity)
    shown = {
        "project": scope.place,
        "name": name,
        "kind": kind.kind,
        "base": page_of(scope.place, kind, name),
        "back": reverse("services:workloads", args=[scope.place]),
        "may": page_state.allowed(scope, manage) if manage else None,
        "read": time.time(),
        "deleting": bool(body["metadata"].get("deletionTimestamp")),
        "users": users(client, pages_for(scope), kind, name),
        **context,
    }
    return render(request, "services/workloads/holding.html", shown)


def _project(scope: Scope) -> str:
    return reverse("accounts:project", args=[scope.place])
