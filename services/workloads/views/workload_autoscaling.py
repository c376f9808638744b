"""The autoscaler of a workload in a dialog over its page: made, changed or removed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube import kinds
from console.kube.errors import KubeError, NotFound
from console.web import htmx
from console.web.forms import Form, Machine, Number
from services import page_state, words
from services.changes.delete import Target, delete_objects
from services.manifests.autoscalers import Targets, others_of, targeting, targets_of
from services.manifests.quantities import quantity, size
from services.manifests.yamlout import dump_one
from services.workloads.present import workload_autoscaling as says
from services.workloads.verbs import scaler as verbs
from services.workloads.verbs.scaler import Document
from services.workloads.views.workload_dialog import Dialog, Step
from services.yaml_editor.differences import diff_lines
from services.yaml_editor.stored import editable

MOST_PODS, MOST_PER_CENT, MOST_SCALERS = 9_999, 9_999, 500


class AutoscalingForm(Form):
    """Between how many pods, and what it goes by. `other`: whether the autoscaler has metrics besides these."""

    least = forms.IntegerField(label=_("Minimum replicas"), widget=Number({"autofocus": True}))
    most = forms.IntegerField(label=_("Maximum replicas"), widget=Number())
    cpu = forms.IntegerField(
        label=_("Target CPU utilization (%)"),
        widget=Number(),
        required=False,
        help_text=_("Average of all pods, as a share of the CPU request."),
    )
    memory = forms.CharField(
        label=_("Target memory usage"),
        widget=Machine(),
        required=False,
        max_length=64,
        help_text=_("Average of all pods, such as 256Mi. Enter at least one target."),
    )

    def __init__(self, *args: Any, other: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.other = other
        for name, most in (("least", MOST_PODS), ("most", MOST_PODS), ("cpu", MOST_PER_CENT)):
            field = self.fields[name]
            field.error_messages |= {
                "required": gettext("Enter a number."),
                "invalid": gettext("Enter a whole number."),
            }
            field.validators.append(_between(most))

    def clean_memory(self) -> str:
        """A size, or nothing."""
        text = str(self.cleaned_data["memory"]).strip()
        if text and (wrong := quantity(text) or size(text)):
            raise forms.ValidationError(words.said(wrong))
        return text

    def clean(self) -> dict[str, Any]:
        """The minimum is not above the maximum, and there is something to go by."""
        values = self.cleaned_data
        if "least" in values and "most" in values and values["least"] > values["most"]:
            self.add_error("least", gettext("It cannot be more than the maximum."))
        no_target = {"cpu", "memory"} <= values.keys() and values["cpu"] is None and not values["memory"]
        if no_target and not self.other:
            self.add_error("cpu", gettext("Enter a target for CPU or for memory."))
        return values

    @property
    def targets(self) -> Targets:
        """What was entered."""
        values = self.cleaned_data
        cpu = "" if values["cpu"] is None else str(values["cpu"])
        return Targets(values["least"], values["most"], cpu, values["memory"])


def _between(most: int) -> Any:
    def check(value: int) -> None:
        if not 1 <= value <= most:
            raise forms.ValidationError(gettext("From 1 to %(most)s.") % {"most": f"{most:,}"})

    return check


def _form(targets: Targets) -> AutoscalingForm:
    initial = {"least": targets.least, "most": targets.most or "", "cpu": targets.cpu, "memory": targets.memory}
    return AutoscalingForm(initial=initial)


@require_http_methods(["GET", "HEAD", "POST"])
@in_project(Capability.WORKLOADS_MANAGE)
def autoscaling(request: Request, scope: Scope, kind: str, name: str) -> HttpResponseBase:
    """Make, change or remove the autoscaler of a workload."""
    if kinds.workload(kind) is kinds.DAEMONSET:
        raise NotFound("a DaemonSet has a pod on each node that fits, and no number of replicas", code=404)
    dialog = Dialog(request, scope, kinds.workload(kind), name, "autoscaling")
    try:
        listed = request.cluster.as_user(scope.identity).list(kinds.HPA, scope.place, limit=MOST_SCALERS)
    except KubeError as error:
        if request.method != "POST":
            raise
        form = AutoscalingForm(request.POST, other=True)
        return dialog.failed(error, {"form": form, **_carried(request)})
    items = listed.get("items") or ()
    scalers = targeting(items, dialog.kind.kind, name)
    stored = scalers[0] if scalers else None
    context: dict[str, Any] = {"remarks": says.remarks(scalers, dialog.around.document if dialog.around else None)}
    if dialog.around is not None:
        context["desired"] = dialog.around.workload.desired
    if stored is not None:
        context |= {"scaler": str(stored["metadata"]["name"]), "states": says.state_of(stored)}
    if request.method != "POST":
        targets = targets_of(stored) if stored is not None else says.suggested(context.get("desired", 1))
        return dialog.show({**context, **_seen(stored), "form": _form(targets)})
    return _sent(dialog, stored, context, {str(scaler["metadata"]["name"]) for scaler in items})


def _sent(dialog: Dialog, stored: Document | None, context: dict[str, Any], taken: set[str]) -> HttpResponseBase:
    """What the form asks for. `stored`: the autoscaler as it is now; `taken`: the names that autoscalers have."""
    request = dialog.request
    if request.POST.get("uid", "") != _uid(stored):
        return _other_now(dialog, stored, context)
    context |= _carried(request)
    if "remove" in request.POST and stored is not None:
        return _remove(dialog, stored, {**context, "form": _form(targets_of(stored))})
    form = context["form"] = AutoscalingForm(request.POST, other=bool(stored and others_of(stored)))
    if not form.is_valid():
        return dialog.show(context, status=422)
    context["effect"] = says.effect(context.get("desired"), form.targets)
    if stored is None:
        return _create(dialog, form.targets, context, taken)
    return _change(dialog, stored, form.targets, context)


def _create(dialog: Dialog, wanted: Targets, context: dict[str, Any], taken: set[str]) -> HttpResponseBase:
    """Show what would be made, then make that."""
    scope, cluster = dialog.scope, dialog.request.cluster
    document = verbs.new_scaler(scope, dialog.kind, dialog.name, wanted, taken)
    if dialog.request.POST.get("reviewed") != wanted.text:
        try:
            proposed = verbs.rehearse_scaler(scope, cluster, document)
        except KubeError as error:
            return dialog.failed(error, context)
        lines = diff_lines("", dump_one(editable(proposed)))
        made = document["metadata"]["name"]
        return dialog.show({**context, "lines": lines, "made": made, "reviewed": wanted.text})
    verdict = verbs.create_scaler(scope, cluster, document)
    if verdict.error is not None:
        return dialog.failed(verdict.error, context)
    messages.success(dialog.request, gettext("%(name)s is scaled automatically now.") % {"name": dialog.name})
    return htmx.redirect(dialog.request, dialog.base)


def _change(dialog: Dialog, stored: Document, wanted: Targets, context: dict[str, Any]) -> HttpResponseBase:
    """Change what differs from what the person saw. More than one value is shown before, and so is a limit that moves
    pods, or may, for their number could not be read. A single target is applied at once: what it does depends on the
    load, and the pods stay between limits that are shown beside it.
    """
    seen, uid, name = _seen_targets(dialog.request), _uid(stored), str(stored["metadata"]["name"])
    step = Step(
        "autoscale",
        lambda now: verbs.set_targets(now, uid=uid, wanted=wanted, seen=seen),
        gettext("Changed the autoscaling of %(name)s.") % {"name": dialog.name},
        says.targets_now,
        lambda now: {"seen": now.text, "form": _form(now.changed(wanted, wanted.differing(seen)))},
    )
    of = (kinds.HPA, name)
    desired, differing = context.get("desired"), wanted.differing(seen)
    if desired is None:
        moves = not {"least", "most"}.isdisjoint(differing)
    else:
        moves = context["effect"] != says.effect(desired, seen)
    if len(differing) > 1 or moves:
        return dialog.reviewed(step, context, wanted.text, of)
    return dialog.apply(step, context, of)


def _remove(dialog: Dialog, stored: Document, context: dict[str, Any]) -> HttpResponseBase:
    """Asked once more, then deleted: that very one, kept in the recycle bin."""
    if "sure" not in dialog.request.POST:
        return dialog.show({**context, "removing": True}, status=422)
    name = str(stored["metadata"]["name"])
    target = Target(kinds.HPA, name, _uid(stored))
    done = delete_objects(dialog.scope, dialog.request.cluster, [target], (), action="workload.autoscale")[0]
    if not done.is_away:
        if done.error is not None:
            return dialog.failed(done.error, {**context, "removing": True})
        problem = page_state.Notice("bad", gettext("It was not removed. Try again."))
        return dialog.show({**context, "removing": True}, status=409, problem=problem)
    kept = gettext("It is too large for the recycle bin.") if done.unkept else gettext("It is in the recycle bin.")
    text = gettext("Removed the autoscaler %(name)s. The number of replicas stays as it is.") % {"name": name}
    messages.success(dialog.request, f"{text} {kept}" if done.outcome == "deleted" else text)
    return htmx.redirect(dialog.request, dialog.base)


def _other_now(dialog: Dialog, stored: Document | None, context: dict[str, Any]) -> HttpResponseBase:
    """Made, removed or replaced by somebody while this was open: what was typed stays, and the next press counts."""
    form = AutoscalingForm(dialog.request.POST, other=True)
    if stored is None:
        text, now = gettext("The autoscaler was removed while this was open."), gettext("There is none now.")
    else:
        text, now = gettext("Another autoscaler was created while this was open."), says.targets_now(targets_of(stored))
    means = gettext("%(now)s Your change was not applied; what you entered is kept.") % {"now": now}
    notice = page_state.Notice("warn", text, means)
    return dialog.show({**context, **_seen(stored), "form": form}, status=409, problem=notice)


def _uid(stored: Document | None) -> str:
    return "" if stored is None else str(stored["metadata"]["uid"])


def _seen(stored: Document | None) -> dict[str, str]:
    """What the form carries of what the person sees."""
    return {"uid": _uid(stored), "seen": "" if stored is None else targets_of(stored).text}


def _carried(request: Request) -> dict[str, str]:
    return {"uid": request.POST.get("uid", ""), "seen": request.POST.get("seen", "")}


def _seen_targets(request: Request) -> Targets:
    """What the form says that the person saw; nothing that could be so where it was tampered with."""
    parts = request.POST.get("seen", "").split("/")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts[:2]):
        return Targets(-1, -1, "?", "?")
    return Targets(int(parts[0]), int(parts[1]), parts[2], parts[3])
