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
from console.kube import kinds
from console.kube.errors import NotFound
from console.kube.kinds import DAEMONSET, DEPLOYMENT
from console.web.forms import Form, Machine, Number
from services import words
from services.manifests.images import image as image_rule
from services.shown.replacing import emptied
from services.workloads.present import workload_effects as says
from services.workloads.verbs import edits
from services.workloads.views.workload_dialog import Dialog, Step

MOST_REPLICAS = 10_000  # more is a slip: no project has the nodes for it
MOST_CONTAINERS = 100
_METHODS = ["GET", "HEAD", "POST"]


class ImagesForm(Form):
    """The images of a workload by the name of their container. `seen`: what the person saw."""

    def __init__(self, seen: dict[str, str], data: Any = None) -> None:
        super().__init__(data, initial={f"image-{name}": image for name, image in seen.items()})
        self.seen = seen
        for name in seen:
            missing = _("Enter an image, such as nginx:1.27.")
            label = _("Image of %(name)s") % {"name": name}
            field = forms.CharField(label=label, widget=Machine(), max_length=500, error_messages={"required": missing})
            field.validators.append(_image)
            self.fields[f"image-{name}"] = field

    @property
    def images(self) -> dict[str, str]:
        """What was entered."""
        return {name: str(self.cleaned_data[f"image-{name}"]) for name in self.seen}

    @property
    def rows(self) -> list[tuple[str, Any, str]]:
        """Container, field and what was seen of each."""
        return [(name, self[f"image-{name}"], image) for name, image in self.seen.items()]


def _image(text: str) -> None:
    if wrong := image_rule(text.strip()):
        raise forms.ValidationError(words.said(wrong))


class ScaleForm(Form):
    """How many pods. `seen`: how many the person saw."""

    replicas = forms.IntegerField(
        label=_("Replicas"),
        min_value=0,
        max_value=MOST_REPLICAS,
        widget=Number({"autofocus": True}),
        error_messages={
            "required": _("Enter the number of pods."),
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
    if kinds.workload(kind) is DAEMONSET:
        raise NotFound("a DaemonSet has a pod on each node that fits, and no number of replicas", code=404)
    dialog = Dialog(request, scope, kinds.workload(kind), name, "scale")
    context: dict[str, Any] = {"stopping": ""}
    if around := dialog.around:
        stopping = emptied([service.name for service in around.services])
        context = {"remarks": says.scaling_remarks(around), "stopping": stopping}
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
        lambda now: ngettext("It has 1 replica now.", "It has %(count)s replicas now.", now) % {"count": now},
    )
    return dialog.apply(step, context)


@require_http_methods(_METHODS)
@in_project(Capability.WORKLOADS_MANAGE)
def restart(request: Request, scope: Scope, kind: str, name: str) -> HttpResponseBase:
    """Replace its pods by new ones of the same template."""
    dialog = Dialog(request, scope, kinds.workload(kind), name, "restart")
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


@require_http_methods(_METHODS)
@in_project(Capability.WORKLOADS_MANAGE)
def image(request: Request, scope: Scope, kind: str, name: str) -> HttpResponseBase:
    """Change the images of its containers. More than one at once is shown before it is sent."""
    dialog = Dialog(request, scope, kinds.workload(kind), name, "image")
    context: dict[str, Any] = {}
    if around := dialog.around:
        context = {"what": says.restarting(around), "remarks": says.image_remarks(around.document or {})}
    if request.method != "POST":
        stored = request.cluster.as_user(scope.identity).get(kinds.workload(kind), scope.place, name)
        return dialog.show({**context, "form": ImagesForm(edits.images_of(stored))})
    sent = {key.removeprefix("seen-"): str(value) for key, value in request.POST.items() if key.startswith("seen-")}
    form = context["form"] = ImagesForm(dict(list(sent.items())[:MOST_CONTAINERS]), request.POST)
    if not form.seen or not form.is_valid():
        return dialog.show(context, status=422)
    images, seen = form.images, form.seen
    changed = {container: new for container, new in images.items() if new != seen[container]}
    reviewed = " ".join(f"{container}={new}" for container, new in sorted(changed.items()))
    step = Step(
        "image",
        lambda stored: edits.set_images(stored, images=images, seen=seen),
        gettext("Changed the image of %(containers)s of %(name)s.") % {"containers": ", ".join(changed), "name": name},
        _images_now,
        lambda now: {"form": ImagesForm({**seen, **now}, request.POST)},
    )
    return dialog.reviewed(step, context, reviewed) if len(changed) > 1 else dialog.apply(step, context)


def _images_now(taken: dict[str, str]) -> str:
    text = gettext("%(container)s now has the image %(image)s.")
    return " ".join(text % {"container": container, "image": image} for container, image in taken.items())


@require_http_methods(_METHODS)
@in_project(Capability.WORKLOADS_MANAGE)
def pause(request: Request, scope: Scope, kind: str, name: str, *, paused: bool) -> HttpResponseBase:
    """Pause the rollout of a Deployment, or let it go on."""
    if kinds.workload(kind) is not DEPLOYMENT:
        raise NotFound("only the rollout of a Deployment can be paused", code=404)
    dialog = Dialog(request, scope, DEPLOYMENT, name, "pause")
    context = {"pausing": paused, "act": "pause" if paused else "resume"}
    if request.method != "POST":
        return dialog.show(context)
    done = gettext("Paused the rollout of %(name)s.") if paused else gettext("Resumed the rollout of %(name)s.")
    step = Step(
        "pause" if paused else "resume",
        lambda stored: edits.pause(stored, paused=paused),
        done % {"name": name},
        lambda _now: "",
    )
    return dialog.apply(step, context)
