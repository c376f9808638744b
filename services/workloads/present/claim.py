"""A claim: what it asked for, what it got, and whether it is bound."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.kube.fields import NOTHING, epoch
from console.kube.visible import visible
from services.changes.managers import manager_of
from services.manifests.health import State
from services.shown.facts import Fact, lines, when_created
from services.shown.status import StatusCell

_STATES: dict[str, State] = {"Bound": "ok", "Pending": "busy", "Lost": "bad"}
_MODES = {
    "ReadWriteOnce": _("read and written by one node"),
    "ReadOnlyMany": _("read by many nodes"),
    "ReadWriteMany": _("read and written by many nodes"),
    "ReadWriteOncePod": _("read and written by one pod"),
}


def status(body: Mapping[str, Any]) -> StatusCell:
    """Its phase, and what is under way."""
    phase = str((body.get("status") or NOTHING).get("phase") or "Pending")
    if (body.get("metadata") or NOTHING).get("deletionTimestamp"):
        return StatusCell("busy", gettext("Terminating"), gettext("it is deleted once no pod uses it"))
    why = {"Lost": gettext("its volume does not exist any more"), "Pending": _waiting(body)}.get(phase, _resizing(body))
    return StatusCell(_STATES.get(phase, "idle"), visible(phase), why)


def facts(body: Mapping[str, Any], *, project_href: str) -> tuple[Fact, ...]:
    """The attributes."""
    meta, spec, got = (body.get(part) or NOTHING for part in ("metadata", "spec", "status"))
    requested = ((spec.get("resources") or NOTHING).get("requests") or NOTHING).get("storage")
    size = (got.get("capacity") or NOTHING).get("storage")
    modes = [str(mode) for mode in spec.get("accessModes") or ()]
    manager = manager_of(body)
    default = gettext("The default of the cluster")
    return (
        Fact("project", gettext("Project"), lines(str(meta.get("namespace") or "")), href=project_href),
        *((Fact("asked", gettext("Requested"), lines(_size(requested))),) if requested != size else ()),
        Fact("size", gettext("Size"), lines(_size(size)), none=_none()),
        Fact("modes", gettext("Access mode"), lines(*(_mode(mode) for mode in modes)), none=_none()),
        Fact("class", gettext("Storage class"), lines(_class(spec)), none=default),
        Fact("volume", gettext("Volume"), lines(_text(spec.get("volumeName"))), mono=True, none=_none()),
        Fact("mode", gettext("Volume mode"), lines(_text(spec.get("volumeMode") or "Filesystem"))),
        *((Fact("manager", gettext("Managed by"), lines(manager.name)),) if manager else ()),
        Fact("created", gettext("Created"), lines(when_created(epoch(meta.get("creationTimestamp"))))),
    )


def _waiting(body: Mapping[str, Any]) -> str:
    """Why it is not bound yet, as far as the claim itself tells."""
    if (body.get("spec") or NOTHING).get("volumeName"):
        return gettext("its volume is not ready yet")
    return gettext("no volume is bound to it yet; Events say why")


def _resizing(body: Mapping[str, Any]) -> str:
    conditions = (body.get("status") or NOTHING).get("conditions") or ()
    types = {str(condition.get("type")) for condition in conditions if condition.get("status") == "True"}
    if "FileSystemResizePending" in types:
        return gettext("it grows when a pod that uses it starts again")
    return gettext("it is being resized") if "Resizing" in types else ""


def _class(spec: Mapping[str, Any]) -> str:
    name = spec.get("storageClassName")
    return gettext("None: a volume that exists already") if name == "" else _text(name)


def _mode(mode: str) -> str:
    words = _MODES.get(mode)
    return f"{mode}, {words}" if words else visible(mode)


def _size(value: Any) -> str:
    """The quantity as people read it: "10 Gi"."""
    return re.sub(r"(?<=\d)(?=[A-Za-z]+$)", " ", _text(value))


def _none() -> str:
    return gettext("None yet")


def _text(value: Any) -> str:
    return "" if value is None else visible(str(value))[:300]
