"""The dialog of one step over the page of its workload, and what becomes of the step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from accounts.requests import Request
from accounts.scope import Scope
from console.kube.errors import KubeError, NotFound
from console.kube.kinds import Kind
from console.web import error_pages, htmx
from services import page_state
from services.changes.authors import Changed, author_of, last_change, recorded
from services.changes.change import Edit, change_workload, rehearse_change
from services.workloads.present.workload_effects import clash_notice
from services.workloads.present.workload_surroundings import Surroundings
from services.workloads.verbs import edits
from services.workloads.views.workload import backdrop

MOST_RECORDS = 20
Context = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: how it changes the object, what the record calls it, what is said when it is done, and in words what
    is stored `instead` of what the person saw; `renewed`: what the dialog shows anew once they saw that."""

    action: str
    edit: Edit
    done: str
    instead: Callable[[Any], str]
    renewed: Callable[[Any], Context] = lambda _now: {}


class Dialog:
    """What is behind it may be unreadable when it is sent: then what was typed stays, over an empty page."""

    def __init__(self, request: Request, scope: Scope, kind: Kind, name: str, template: str) -> None:
        self.request, self.scope, self.kind, self.name = request, scope, kind, name
        self.template = f"services/workloads/{template}.html"
        self.base = reverse("services:workload", args=[scope.place, kind.kind.lower(), name])
        self.around: Surroundings | None = None
        self._behind: dict[str, Any] = {"backdrop": "base.html", "project": scope.place, "base": self.base}
        try:
            self.around, self._behind = backdrop(request, scope, kind, name)
        except NotFound:
            raise
        except KubeError:
            if request.method != "POST":
                raise

    def show(
        self, context: Context, *, status: int = 200, problem: page_state.Notice | None = None
    ) -> HttpResponseBase:
        """The dialog; `problem` stands in it."""
        values = {**self._behind, "name": self.name, "kind": self.kind.kind, "problem": problem, **context}
        return render(self.request, self.template, values, status=status)

    def apply(self, step: Step, context: Context, of: tuple[Kind, str] | None = None) -> HttpResponseBase:
        """Do it and go to the workload's page, or say why not with what was typed. `of`: the object that is changed,
        where it is not the workload itself."""
        cluster = self.request.cluster
        kind, name = of or (self.kind, self.name)
        try:
            changed = change_workload(self.scope, cluster, kind, name, step.edit, action=step.action)
        except edits.Clash as clash:
            problem = clashed(self.request, self.scope, kind, name, clash, step.instead(clash.now))
            renewed = step.renewed(clash.now)
            return self.show({**context, "clash": clash, **renewed}, status=409, problem=problem)
        except edits.Impossible as error:
            return self.show(context, status=409, problem=page_state.Notice("warn", impossible(error.reason)))
        except NotFound:
            raise
        except KubeError as error:
            return self.failed(error, context)
        if changed:
            messages.success(self.request, step.done)
        else:
            text = gettext("%(name)s already has this setting. Nothing was changed.")
            messages.info(self.request, text % {"name": name})
        return htmx.redirect(self.request, self.base)

    def reviewed(
        self, step: Step, context: Context, token: str, of: tuple[Kind, str] | None = None
    ) -> HttpResponseBase:
        """Show what the cluster would store before it is sent. `token`: what the person is asked to look at; once the
        form carries that, it is done."""
        if self.request.POST.get("reviewed") == token:
            return self.apply(step, context, of)
        kind, name = of or (self.kind, self.name)
        try:
            rehearsed = rehearse_change(self.scope, self.request.cluster, kind, name, step.edit)
        except (edits.Clash, edits.Impossible):
            rehearsed = None
        except KubeError as error:
            if of is None and isinstance(error, NotFound):
                raise
            return self.failed(error, context)
        if rehearsed is None:  # nothing would change, or it cannot: `apply` says what is so by now, and sends nothing
            return self.apply(step, context, of)
        return self.show({**context, "lines": rehearsed.lines, "reviewed": token})

    def failed(self, error: KubeError, context: Context) -> HttpResponseBase:
        """What the cluster said against it, with what was typed."""
        return self.show(context, status=error_pages.said(error).status, problem=page_state.refusal(error))


def clashed(
    request: Request, scope: Scope, kind: Kind, name: str, clash: edits.Clash, instead: str
) -> page_state.Notice:
    """Who was faster, as far as the object and the record tell: nobody is named where the object cannot be read again.
    `instead`: in words what is so now. Raises NotFound.
    """
    try:
        stored = request.cluster.as_user(scope.identity).get(kind, scope.place, name)
    except NotFound:
        raise
    except KubeError:
        return clash_notice(scope.actor.name, name, Changed(), instead)
    records = recorded(scope, kind, name, most=MOST_RECORDS)
    if clash.path:
        changed = author_of(stored, records, clash.path)
    else:
        changed = last_change(stored, records[0] if records else None, records[0].changes if records else ())
    return clash_notice(scope.actor.name, name, changed, instead)


def impossible(reason: str) -> str:
    """Why the workload is in no state for it."""
    return {
        "paused": gettext("Its rollout is paused. Resume it first; nothing was changed."),
        "container": gettext("A container was removed in the meantime. Nothing was changed; open this again."),
    }[reason]
