"""Roll a workload back to one of its revisions: what the cluster would store is shown before it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
from console.kube.errors import KubeError, NotFound
from console.kube.kinds import Kind
from console.web import error_pages, htmx
from services import page_state
from services.changes.change import change_workload, rehearse_change
from services.changes.managers import sentences
from services.shown.lists import number_in
from services.workloads.present import rollout_revisions as present
from services.workloads.present.revision_dates import Stored, next_number, rolled_back_to
from services.workloads.present.rollout import blocking
from services.workloads.present.workload_effects import restarting
from services.workloads.verbs import edits
from services.workloads.views.workload import surroundings_of
from services.workloads.views.workload_dialog import clashed, impossible


@dataclass(frozen=True)
class _Way:
    """Back to one revision: the workload as it is stored, the revision, and the `number` that it gets."""

    kind: Kind
    name: str
    document: dict[str, Any]
    to: Stored
    number: int

    def edit(self, stored: edits.Document, seen: int) -> edits.Document:
        return edits.roll_back(stored, template=self.to.template, cause=self.to.cause, seen=seen)


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.WORKLOADS_MANAGE)
def roll_back(request: Request, scope: Scope, kind: str, name: str, revision: int) -> HttpResponseBase:
    """Roll back to a revision: what the cluster would store is shown before it is sent."""
    way = _way(request, scope, kinds.workload(kind), name, revision)
    if request.method != "POST":
        return _review(request, scope, way)
    seen = number_in(request.POST.get("seen", ""), -1, digits=11)
    try:
        changed = change_workload(
            *(scope, request.cluster, way.kind, name),
            lambda stored: way.edit(stored, seen),
            action="rollback",
            remark=rolled_back_to(way.to, way.number),
        )
    except edits.Clash as clash:
        instead = gettext("Below is what rolling back would change now.")
        return _review(request, scope, way, status=409, problem=clashed(request, scope, way.kind, name, clash, instead))
    except edits.Impossible as error:
        return _review(request, scope, way, status=409, problem=page_state.Notice("warn", impossible(error.reason)))
    except NotFound:
        raise
    except KubeError as error:
        status = error_pages.said(error).status
        return _review(request, scope, way, status=status, problem=page_state.refusal(error))
    values = {"name": name, "revision": revision}
    if changed:
        messages.success(request, gettext("Rolling %(name)s back to revision %(revision)s.") % values)
    else:
        messages.info(request, gettext("%(name)s has this template already. Nothing was changed.") % values)
    return htmx.redirect(request, reverse("services:workload", args=[scope.place, kind, name]))


def _way(request: Request, scope: Scope, kind: Kind, name: str, number: int) -> _Way:
    client = request.cluster.as_user(scope.identity)
    document = client.get(kind, scope.place, name)
    stored = present.stored_revisions(client, kind, document)
    to = next((revision for revision in stored if revision.number == number), None)
    if to is None:
        raise NotFound(f"{kind.kind} {name} keeps no revision {number}", code=404)
    return _Way(kind, name, document, to, next_number(stored))


def _review(
    request: Request, scope: Scope, way: _Way, *, status: int = 200, problem: page_state.Notice | None = None
) -> HttpResponseBase:
    """What the cluster would store, beside what it stores: exactly what Roll back sends, tried."""
    base = reverse("services:workload", args=[scope.place, way.kind.kind.lower(), way.name])
    context: dict[str, Any] = {
        "project": scope.place,
        "name": way.name,
        "kind": way.kind.kind,
        "base": base,
        "may": page_state.allowed(scope, Capability.WORKLOADS_MANAGE),
        "revision": way.to,
        "seen": _generation(way.document),
        "problem": problem,
        "paused": edits.is_paused(way.document),
        "resume": (page_state.Act(f"{base}resume/", gettext("Resume Rollout…")),),
        "lines": (),
    }
    if not context["paused"]:
        try:
            context |= _rehearsed(request, scope, way)
        except NotFound:
            raise
        except KubeError as error:
            context["problem"] = problem or page_state.refusal(error)
            status = status if status != 200 else error_pages.said(error).status
    return render(request, "services/workloads/rollback.html", context, status=status)


def _rehearsed(request: Request, scope: Scope, way: _Way) -> dict[str, Any]:
    rehearsed = rehearse_change(
        scope, request.cluster, way.kind, way.name, lambda stored: way.edit(stored, _generation(stored))
    )
    if rehearsed is None:
        return {"same": True}
    around = surroundings_of(request, scope, way.kind, way.name)
    return {
        "lines": rehearsed.lines,
        "what": restarting(around),
        "waits_for": blocking(around),
        "remarks": sentences(rehearsed.stored, rehearsed.paths),
        "accepted": True,
        "seen": _generation(rehearsed.stored),
    }


def _generation(stored: edits.Document) -> int:
    return int(stored["metadata"].get("generation") or 0)
