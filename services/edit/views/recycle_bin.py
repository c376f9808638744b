"""The recycle bin of a project: what was deleted, its manifest, and restoring it."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts import recycle_bin
from accounts.recycle_bin import Kept
from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Refused, Scope, in_project
from console.kube.access import View
from console.kube.batch import Verdict
from console.web import htmx
from services.changes.restore import Claimed, Rehearsed, rehearse_restore, restore
from services.edit.present.recycle_bin import (
    GROUPS,
    MANAGES,
    Existing,
    Restoring,
    blocked_by,
    readable,
    restoring,
    rows,
    summary_of,
)
from services.manifests.bundle import WORKLOAD_KINDS
from services.manifests.restorable import why_not
from services.manifests.yamlout import dump_one
from services.words import said

PAGE = 50


@require_safe
@in_project(Capability.VIEW)
def listing(request: Request, scope: Scope) -> HttpResponseBase:
    """What is in the bin, the newest first, of the kinds that the reader may see."""
    view = request.cluster.look(scope.subject, scope.place)
    may_see = readable(view)
    group, text = request.GET.get("kind", ""), request.GET.get("q", "").replace("\0", "").strip()[:100]
    wanted = [kind for kind in may_see if group not in GROUPS or kind in GROUPS[group]]
    number = int(sent) if (sent := request.GET.get("page", "")).isdecimal() and 0 < len(sent) < 6 else 1
    objects, total = recycle_bin.page(scope, wanted, text=text, first=max(0, number - 1) * PAGE, most=PAGE)
    counts = recycle_bin.counts(scope, may_see)
    context = {
        "project": scope.place,
        "rows": rows(objects, Existing(view, request.cluster.as_user(scope.identity))),
        "chips": _chips(counts, group),
        "text": text,
        "group": group if group in GROUPS else "",
        "days": recycle_bin.days(),
        "may": any(map(scope.can, MANAGES.values())),
        "total": total,
        "kept": sum(counts.values()),
        "newer": number - 1,
        "older": number + 1 if total > number * PAGE else 0,
    }
    return render(request, "services/edit/recycle_bin.html", context)


def _chips(counts: dict[str, int], group: str) -> list[tuple[str, str, int, bool]]:
    """(value, words, how many, chosen)."""
    names = {"services": gettext("Services"), "workloads": gettext("Workloads")}
    sums = {key: sum(counts.get(kind, 0) for kind in kinds) for key, kinds in GROUPS.items()}
    every = ("", gettext("All"), sum(counts.values()), group not in GROUPS)
    return [every, *((key, names[key], sums[key], key == group) for key in GROUPS)]


@require_safe
@in_project(Capability.VIEW)
def yaml(request: Request, scope: Scope, entry: int, number: int) -> HttpResponseBase:
    """The manifest of one deleted object as it was, to read and to keep."""
    _view, objects = _together(request, scope, entry)
    kept = next((candidate for candidate in objects if candidate.id == number), None)
    if kept is None:
        raise Http404
    text = dump_one(kept.manifest)
    if "download" in request.GET:
        return htmx.file(text, f"{kept.name}.yaml")
    never = why_not(kept.manifest)
    context = {
        "project": scope.place,
        "kept": kept,
        "what": summary_of(kept.manifest),
        "yaml": text,
        "never": said(never) if never is not None else "",
        "back": reverse("services:recycle-bin", args=[scope.place]),
        "may": not blocked_by(scope, kept),
    }
    return render(request, "services/edit/recycle_bin_yaml.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.VIEW)
def restoration(request: Request, scope: Scope, entry: int) -> HttpResponseBase:
    """Restore what was deleted together, or some of it (`?object=`): what would be created is shown first."""
    view, objects = _together(request, scope, entry)
    if not any(scope.can(MANAGES[kept.kind]) for kept in objects):
        raise Refused(scope, MANAGES[objects[0].kind])
    tried = [kept for kept in objects if not blocked_by(scope, kept)]
    rehearsed = rehearse_restore(scope, request.cluster, tried)
    sent = request.POST if request.method == "POST" else request.GET
    chosen = {int(value) for value in sent.getlist("object") if value.isdecimal() and len(value) < 19}
    existing = Existing(view, request.cluster.as_user(scope.identity))
    wished = None if request.method != "POST" and not chosen else chosen
    items = restoring(scope, objects, rehearsed, existing, wished)
    problem = _problem(request, items, chosen) if request.method == "POST" else ""
    if request.method == "POST" and not problem:
        return _restore(request, scope, [rehearsal for rehearsal in rehearsed if rehearsal.kept.id in chosen])
    context = {
        "project": scope.place,
        "deleted": objects[0],
        "items": items,
        "only": items[0] if len(items) == 1 else None,
        "asked": [item for item in items if item.chosen] or items,
        "able": sum(not item.blocked for item in items),
        "problem": problem,
        "address": reverse("services:restore", args=[scope.place, objects[0].entry]),
        "back": reverse("services:recycle-bin", args=[scope.place]),
    }
    return render(request, "services/edit/restore.html", context, status=409 if problem else 200)


def _together(request: Request, scope: Scope, entry: int) -> tuple[View, tuple[Kept, ...]]:
    view = request.cluster.look(scope.subject, scope.place)
    objects = recycle_bin.together(scope, entry, readable(view)) if entry < 2**63 else ()
    if not objects:
        raise Http404
    return view, objects


def _problem(request: Request, items: Sequence[Restoring], chosen: set[int]) -> str:
    """Why this cannot be done as it was sent; nothing when it can."""
    if not chosen:
        return gettext("Select what to restore. Nothing was created.")
    wanted = [item for item in items if item.id in chosen]
    if len(wanted) != len(chosen) or any(item.blocked for item in wanted):
        return gettext("Something you selected cannot be restored any more. Nothing was created; check again.")
    if any(request.POST.get(f"seen-{item.id}") != item.seen for item in wanted):
        return gettext(
            "What would be created has changed since this page was opened. Nothing was created; check again."
        )
    return ""


def _restore(request: Request, scope: Scope, rehearsed: Sequence[Rehearsed]) -> HttpResponseBase:
    bin_address = reverse("services:recycle-bin", args=[scope.place])
    try:
        verdicts = restore(scope, request.cluster, rehearsed)
    except Claimed:
        messages.info(request, gettext("It is being restored or was restored already. Nothing was created twice."))
        return htmx.redirect(request, bin_address)
    if all(verdict.outcome == "created" for verdict in verdicts):
        names = [f"{verdict.ref.kind.kind} {verdict.ref.name}" for verdict in verdicts]
        text = ngettext("Restored %(name)s.", "Restored %(name)s and %(more)s more.", len(names))
        messages.success(request, text % {"name": names[-1], "more": len(names) - 1})
        return htmx.redirect(request, _address_of(scope, verdicts) or bin_address)
    context = {
        "project": scope.place,
        "verdicts": verdicts,
        "created": sum(verdict.outcome == "created" for verdict in verdicts),
        "unsure": any(verdict.outcome in ("unknown", "left") for verdict in verdicts),
        "back": bin_address,
    }
    return render(request, "services/edit/restored.html", context, status=409)


def _address_of(scope: Scope, verdicts: Sequence[Verdict]) -> str:
    """The page of the Service that was restored, else of the workload."""
    refs = {verdict.ref.kind.kind: verdict.ref for verdict in verdicts}
    if service := refs.get("Service"):
        return reverse("services:details", args=[scope.place, service.name])
    workload = next((refs[kind] for kind in WORKLOAD_KINDS if kind in refs), None)
    if workload is None:
        return ""
    return reverse("services:workload", args=[scope.place, workload.kind.kind.lower(), workload.name])
