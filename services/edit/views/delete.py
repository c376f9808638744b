"""Deleting: a dialog that says what goes, then object by object what went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from accounts import recycle_bin
from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube import kinds
from console.kube.errors import KubeError, NotFound
from console.web import htmx
from services.changes.delete import Deleted, Target, delete_objects
from services.edit.present.deletion import Deletion, called, deletion, deletion_of_pods, deletion_of_workloads
from services.edit.present.picks import May, Pick, some
from services.edit.present.reading import Reading

MOST = 100
Backdrop = Callable[[Request, Scope], dict[str, Any]]
"""The context of the page that the dialog stands over, and under `backdrop` its template (services/urls.py)."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What one of these dialogs is about. `after`: its list, by its url; `back`: where else Cancel leads."""

    dialog: Deletion
    back: str
    after: str
    action: str
    backdrop: Backdrop


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.SERVICES_MANAGE)
def delete(request: Request, scope: Scope, name: str = "", *, backdrop: Backdrop) -> HttpResponseBase:
    """One Service, or those picked in the list."""
    dialog = deletion(_reading(request, scope), [name] if name else picked(request))
    back = reverse("services:details", args=[scope.place, name]) if name else ""
    return _answer(request, scope, Matter(dialog, back, "services:list", "service.delete", backdrop))


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.WORKLOADS_MANAGE)
def delete_workload(
    request: Request, scope: Scope, kind: str = "", name: str = "", *, backdrop: Backdrop
) -> HttpResponseBase:
    """One Deployment, StatefulSet or DaemonSet, or those picked in the list."""
    dialog = deletion_of_workloads(_reading(request, scope), [f"{kind}/{name}"] if name else picked(request))
    back = reverse("services:workload", args=[scope.place, kind, name]) if name else ""
    return _answer(request, scope, Matter(dialog, back, "services:workloads", "workload.delete", backdrop))


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.WORKLOADS_MANAGE)
def delete_pod(request: Request, scope: Scope, name: str = "", *, backdrop: Backdrop) -> HttpResponseBase:
    """One pod, or those picked in the list."""
    dialog = deletion_of_pods(_reading(request, scope), [name] if name else picked(request))
    back = reverse("services:pod", args=[scope.place, name]) if name else ""
    return _answer(request, scope, Matter(dialog, back, "services:pods", "pod.delete", backdrop))


def picked(request: Request) -> list[str]:
    """The names that were picked in the list (`?pick=`; of workloads ``deployment/web``), 100 at most."""
    return sorted(set(request.GET.getlist("pick")))[:MOST]


def _reading(request: Request, scope: Scope) -> Reading:
    may = May(
        workloads=scope.can(Capability.WORKLOADS_MANAGE),
        claims=scope.can(Capability.STORAGE_MANAGE),
        config=scope.can(Capability.CONFIG_MANAGE),
        secrets=scope.can(Capability.SECRETS_LIST),
        reason=gettext("Your role here, %(role)s, does not allow it") % {"role": scope.standing},
    )
    view = request.cluster.look(scope.subject, scope.place)
    return Reading(view, request.cluster.as_user(scope.identity), may)


def _answer(request: Request, scope: Scope, matter: Matter) -> HttpResponseBase:
    """The dialog; or delete what was shown and chosen. What has changed since is not deleted but shown again."""
    dialog = matter.dialog
    if dialog.missing and not dialog.objects:
        raise NotFound(", ".join(dialog.missing))
    if not dialog.objects:
        messages.warning(request, gettext("Nothing is selected. Select what to delete in the list first."))
        return htmx.redirect(request, reverse(matter.after, args=[scope.place]))
    problem = _problem(request, dialog) if request.method == "POST" else ""
    if problem or request.method != "POST":
        return _page(request, scope, matter, problem)
    seen = dict(_shown(request))
    first = [Target(doomed.kind, doomed.name, seen[doomed.sort_and_name]) for doomed in dialog.objects]
    chosen = dialog.chosen(request.POST.getlist("also"))
    also = [Target(pick.kind, pick.name, pick.uid) for pick in chosen]
    done = delete_objects(scope, request.cluster, first, also, action=matter.action)
    if all(deleted.is_away for deleted in done):
        return _away(request, scope, matter, done, {pick.value for pick in chosen})
    context = {
        **behind(request, scope, matter.backdrop),
        "done": [(deleted, "" if deleted.is_away else _again(scope.place, deleted.target)) for deleted in done],
        "tally": _tally(done),
        "back": reverse(matter.after, args=[scope.place]),
        "area": matter.after,
    }
    return render(request, "services/edit/deleted.html", context, status=409)


def _away(
    request: Request, scope: Scope, matter: Matter, done: Sequence[Deleted], chosen: set[str]
) -> HttpResponseBase:
    """To the list, which says what was deleted, what waits and what stays."""
    dialog = matter.dialog
    stays = [pick for pick in (*dialog.picks, *dialog.claims) if not chosen & {pick.value, pick.goes_with}]
    waiting = [deleted for deleted in done if deleted.waits]
    kept = [deleted for deleted in done if deleted.outcome == "deleted" and not deleted.unkept]
    unkept = [str(deleted.target) for deleted in done if deleted.outcome == "deleted" and deleted.unkept]
    sentences = (
        _said([deleted for deleted in done if not deleted.waits]),
        *map(_waits, waiting),
        _stays(stays),
        gettext("Too large for the recycle bin: %(names)s.") % {"names": ", ".join(unkept)} if unkept else "",
    )
    level = messages.WARNING if waiting else messages.SUCCESS
    told = " ".join(filter(None, sentences))
    if kept:
        bin_of = reverse("services:recycle-bin", args=[scope.place])
        told = format_html('{} <a href="{}">{}</a>', told, bin_of, gettext("Recycle Bin"))
    messages.add_message(request, level, told)
    return htmx.redirect(request, reverse(matter.after, args=[scope.place]))


def _tally(done: Sequence[Deleted]) -> dict[str, Any]:
    """How many objects are away, of how many that is not known, and a heading that claims no more than that."""
    away = sum(deleted.is_away for deleted in done)
    unknown = sum(deleted.outcome == "unknown" for deleted in done)
    if unknown and not any(deleted.outcome in ("refused", "failed", "changed") for deleted in done):
        heading = gettext("Deletion not confirmed")
    elif not away:
        heading = gettext("Nothing was deleted")
    else:  # "1 of 2 Services deleted": the kind by its name, where all are of one sort
        values = {"count": away, "total": len(done), "what": called(deleted.target.kind for deleted in done)}
        heading = gettext("%(count)s of %(total)s %(what)s deleted") % values
    return {"heading": heading, "deleted": away, "unknown": unknown, "others": len(done) - away - unknown}


def _again(place: str, target: Target) -> str:
    """The address of the dialog that deletes what stayed; empty for what is deleted only along with something."""
    if target.kind is kinds.SERVICE:
        return reverse("services:delete", args=[place, target.name])
    if target.kind is kinds.POD:
        return reverse("services:pod-delete", args=[place, target.name])
    if target.kind in kinds.WORKLOADS:
        return reverse("services:workload-delete", args=[place, target.kind.kind.lower(), target.name])
    return ""


def behind(request: Request, scope: Scope, backdrop: Backdrop) -> dict[str, Any]:
    """The page below the result. What became of each object is told even where the list cannot be shown any more."""
    try:
        return backdrop(request, scope)
    except KubeError:
        return {"project": scope.place, "backdrop": "base.html"}


def _problem(request: Request, dialog: Deletion) -> str:
    """Why this cannot be done as it was sent; nothing when it can."""
    shown = _shown(request)
    meant = {doomed.sort_and_name for doomed in dialog.objects}
    if {key for key, _uid in shown} != meant or not all(uid for _, uid in shown):
        return gettext("This object has changed since you opened this page. Nothing was deleted; check again.")
    wanted = set(request.POST.getlist("also"))
    chosen = dialog.chosen(wanted)
    if len(chosen) != len(wanted):
        return gettext("Something you selected no longer exists. Nothing was deleted; select again.")
    if any(pick.kind is kinds.PVC for pick in chosen) and request.POST.get("typed", "").strip() != dialog.typed:
        return gettext("To delete a claim with its data, type %(name)s. Nothing was deleted.") % {"name": dialog.typed}
    return ""


def _shown(request: Request) -> list[tuple[str, str]]:
    """Kinds with names, and UIDs, of the objects as the page showed them; without a UID nothing is deleted."""
    return [(key, uid) for key, _, uid in (sent.rpartition("/") for sent in request.POST.getlist("object"))]


def _page(request: Request, scope: Scope, matter: Matter, problem: str) -> HttpResponseBase:
    dialog = matter.dialog
    context: dict[str, Any] = {
        **matter.backdrop(request, scope),
        "dialog": dialog,
        "days": recycle_bin.days(),
        "back": matter.back or reverse(matter.after, args=[scope.place]),
        "problem": problem,
        "also": set(request.POST.getlist("also")),
        "typed": request.POST.get("typed", ""),
        "single_object": dialog.objects[0] if len(dialog.objects) == 1 else None,
    }
    return render(request, "services/edit/delete.html", context, status=422 if problem else 200)


def _waits(deleted: Deleted) -> str:
    text = ngettext(
        "%(kind)s %(name)s is being deleted: it waits for the finalizer %(finalizers)s.",
        "%(kind)s %(name)s is being deleted: it waits for the finalizers %(finalizers)s.",
        len(deleted.waits),
    )
    return text % {
        "kind": deleted.target.kind.kind,
        "name": deleted.target.name,
        "finalizers": ", ".join(deleted.waits),
    }


def _said(done: Sequence[Deleted]) -> str:
    """What has gone for good; "" for nothing."""
    names = [deleted.target.name for deleted in done if deleted.target.kind is kinds.SERVICE]
    more = len(done) - len(names)
    if not names:
        others = some([str(deleted.target) for deleted in done])
        return gettext("Deleted %(names)s.") % {"names": others} if others else ""
    if more:
        text = ngettext("Deleted %(name)s and 1 more object.", "Deleted %(name)s and %(count)s more objects.", more)
        return text % {"name": ", ".join(names[:3]), "count": more}
    text = ngettext("Deleted Service %(name)s.", "Deleted %(count)s Services.", len(names))
    return text % {"name": names[0], "count": len(names)}


def _stays(picks: Sequence[Pick]) -> str:
    """What still runs or is still kept, so that nobody looks for it in vain."""
    if not picks:
        return ""
    names = ", ".join(f"{pick.kind.kind} {pick.name}" for pick in picks[:3])
    if len(picks) > 3:
        names = gettext("%(names)s and %(count)s more") % {"names": names, "count": len(picks) - 3}
    return ngettext("%(names)s stays.", "%(names)s stay.", len(picks)) % {"names": names}
