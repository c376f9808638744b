"""Changing a workload in one step: a dialog over its page that says what follows, then the change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube.errors import NotFound
from console.kube.kinds import DAEMONSET
from console.web.forms import Form, Number
from services.workloads.present import workload_changes as says
from services.workloads.present.workload_surroundings import kind_of
from services.workloads.verbs import edits
from services.workloads.views.workload_dialog import Dialog, Step

MOST_REPLICAS = 10_000  # more is a slip: no project has the nodes for it
_METHODS = ["GET", "HEAD", "POST"]


class ScaleForm(Form):
    """How many pods. `seen`: how many the person saw."""

    replicas = forms.IntegerField(
        label=_("Replicas"),
        min_value=0,
        max_value=MOST_REPLICAS,
        widget=Number({"autofocus": True}),
        error_messages={
            "required": _("Enter how many pods there shall be."),
            "invalid": _("Enter a whole number."),
            "min_value": _("It cannot be negative. 0 stops the workload."),
            "max_value": _("At most 10,000."),
        },
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


@require_http_methods(_METHODS)
@in_project(Capability.WORKLOADS_MANAGE)
def scale(request: Request, scope: Scope, kind: str, name: str) -> HttpResponseBase:
    """Set the number of replicas. 0 where Services select the pods asks once more."""
    if kind_of(kind) is DAEMONSET:
        raise NotFound("a DaemonSet has a pod on each node that fits, and no number of replicas", code=404)
    dialog = Dialog(request, scope, kind_of(kind), name, "scale")
    context: dict[str, Any] = {"stopping": ""}
    if around := dialog.around:
        context = {"remarks": says.scaling_remarks(around), "stopping": says.stopping(around)}
    if request.method != "POST":
        desired = around.workload.desired if around else 0
        return dialog.show({**context, "form": ScaleForm(initial={"replicas": desired, "seen": desired})})
    form = context["form"] = ScaleForm(request.POST)
    if not form.is_valid():
        return dialog.show(context, status=422)
    replicas, seen = form.cleaned_data["replicas"], form.cleaned_data["seen"] or 0
    if not replicas and seen and context["stopping"] and "sure" not in request.POST:
        return dialog.show({**context, "ask": True}, status=422)
    text = ngettext(
        "Scaled %(name)s from %(old)s to 1 replica.", "Scaled %(name)s from %(old)s to %(count)s replicas.", replicas
    )
    step = Step(
        "scale",
        lambda stored: edits.scale(stored, replicas=replicas, seen=seen),
        text % {"name": name, "old": seen, "count": replicas},
        _replicas_now,
    )
    return dialog.apply(step, context)


def _replicas_now(count: int) -> str:
    text = ngettext("It has 1 replica now.", "It has %(count)s replicas now.", count)
    return text % {"count": count}


@require_http_methods(_METHODS)
@in_project(Capability.WORKLOADS_MANAGE)
def restart(request: Request, scope: Scope, kind: str, name: str) -> HttpResponseBase:
    """Replace its pods by new ones of the same template."""
    dialog = Dialog(request, scope, kind_of(kind), name, "restart")
    context: dict[str, Any] = {}
    if around := dialog.around:
        record = around.workload
        context = {"what": says.restarting(around), "seen": record.restarted_at, "paused": record.paused}
    if request.method != "POST":
        return dialog.show(context)
    seen, at = request.POST.get("seen", ""), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    step = Step(
        "restart",
        lambda stored: edits.restart(stored, at=at, seen=seen),
        gettext("Restarting %(name)s.") % {"name": name},
        lambda when: gettext("It was restarted at %(time)s.") % {"time": when} if when else "",
    )
    return dialog.apply(step, context)
