"""A claim: what it asked for, what it got, and whether it is bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.kube.fields import NOTHING, epoch
from console.kube.visible import visible
from services.changes.managers import manager_of
from services.manifests.health import State
from services.shown.facts import Fact, lines, value_text, when_created
from services.shown.quantities import spaced
from services.shown.status import StatusCell

_STATES: dict[str, State] = {"Bound": "ok", "Pending": "busy", "Lost": "bad"}
_MODES = {
    "ReadWriteOnce": _("read and written by one node"),
    "ReadOnlyMany": _("read by many nodes"),
    "ReadWriteMany": _("read and written by many nodes"),
    "ReadWriteOncePod": _("read and written by one pod"),
}


def status(body: Mapping[str, Any]) -> StatusCell:
    """Its phase, and what is under way, as far as the claim itself tells."""
    got = body.get("status") or NOTHING
    phase = str(got.get("phase") or "Pending")
    conditions = {
        condition.get("type") for condition in got.get("conditions") or () if condition.get("status") == "True"
    }
    if (body.get("metadata") or NOTHING).get("deletionTimestamp"):
        return StatusCell("busy", gettext("Terminating"), gettext("it is deleted once no pod uses it"))
    why = ""
    if phase == "Lost":
        why = gettext("its volume does not exist any more")
    elif phase == "Pending" and (body.get("spec") or NOTHING).get("volumeName"):
        why = gettext("its volume is not ready yet")
    elif phase == "Pending":
        why = gettext("no volume is bound to it yet; Events say why")
    elif "FileSystemResizePending" in conditions:
        why = gettext("it grows when a pod that uses it starts again")
    elif "Resizing" in conditions:
        why = gettext("it is being resized")
    return StatusCell(_STATES.get(phase, "idle"), visible(phase), why)


def facts(body: Mapping[str, Any], *, project_href: str) -> tuple[Fact, ...]:
    """The attributes."""
    meta, spec, got = (body.get(part) or NOTHING for part in ("metadata", "spec", "status"))
    requested = ((spec.get("resources") or NOTHING).get("requests") or NOTHING).get("storage")
    size = (got.get("capacity") or NOTHING).get("storage")
    modes = [str(mode) for mode in spec.get("accessModes") or ()]
    explained = (f"{mode}, {_MODES[mode]}" if mode in _MODES else visible(mode) for mode in modes)
    storage_class = spec.get("storageClassName")
    named = gettext("None: a volume that exists already") if storage_class == "" else value_text(storage_class)
    manager = manager_of(body)
    none = gettext("None yet")
    return (
        Fact("project", gettext("Project"), lines(str(meta.get("namespace") or "")), href=project_href),
        *((Fact("asked", gettext("Requested"), lines(spaced(value_text(requested)))),) if requested != size else ()),
        Fact("size", gettext("Size"), lines(spaced(value_text(size))), none=none),
        Fact("modes", gettext("Access mode"), lines(*explained), none=none),
        Fact("class", gettext("Storage class"), lines(named), none=gettext("The default of the cluster")),
        Fact("volume", gettext("Volume"), lines(value_text(spec.get("volumeName"))), mono=True, none=none),
        Fact("mode", gettext("Volume mode"), lines(value_text(spec.get("volumeMode") or "Filesystem"))),
        *((Fact("manager", gettext("Managed by"), lines(manager.name)),) if manager else ()),
        Fact("created", gettext("Created"), lines(when_created(epoch(meta.get("creationTimestamp"))))),
    )
