"""What workloads keep configuration and data in: of a ConfigMap its values, as bounded text, of a Secret keys and sizes
only, of a claim what it asked for and what it got.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.kube.fields import NOTHING, epoch
from console.kube.visible import visible
from services.changes.managers import manager_of
from services.manifests.health import State
from services.manifests.starters import CREATOR
from services.shown.facts import Fact, lines, value_text, when_created
from services.shown.quantities import spaced
from services.shown.status import StatusCell

MOST_KEYS = 200
MOST_TEXT = 20_000
SHORT = 160
_STATES: dict[str, State] = {"Bound": "ok", "Pending": "busy", "Lost": "bad"}
_MODES = {
    "ReadWriteOnce": _("read and written by one node"),
    "ReadOnlyMany": _("read by many nodes"),
    "ReadWriteMany": _("read and written by many nodes"),
    "ReadWriteOncePod": _("read and written by one pod"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A key. `text`: its value as people see it, nothing where it is not shown; `hidden`: the characters left out."""

    key: str
    size: str
    text: str | None = None
    long: bool = False
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """`entries`: text by key; `binary`: keys whose values are not text; `more`: how many keys are not listed."""

    entries: tuple[Entry, ...]
    binary: tuple[Entry, ...]
    more: int
    total: str


def of_configmap(body: Mapping[str, Any]) -> Held:
    """The data of a ConfigMap."""
    data, binary = body.get("data") or NOTHING, body.get("binaryData") or NOTHING
    texts = [(key, str(value)) for key, value in sorted(data.items())]
    # how many bytes their base64 stands for
    sizes = [(key, len(str(value)) * 3 // 4 - str(value).count("=", -2)) for key, value in sorted(binary.items())]
    total = sum(len(value.encode()) for _key, value in texts) + sum(size for _key, size in sizes)
    entries = (
        Entry(
            key=visible(key),
            size=filesizeformat(len(value.encode())),
            text=visible(value[:MOST_TEXT]),
            long=len(value) > SHORT or "\n" in value,
            hidden=max(0, len(value) - MOST_TEXT),
        )
        for key, value in texts[:MOST_KEYS]
    )
    return Held(
        entries=tuple(entries),
        binary=tuple(Entry(visible(key), filesizeformat(size)) for key, size in sizes[:MOST_KEYS]),
        more=max(0, len(texts) - MOST_KEYS) + max(0, len(sizes) - MOST_KEYS),
        total=filesizeformat(total),
    )


def of_secret(facts: Mapping[str, Any]) -> Held:
    """The keys of a Secret, from `Client.secret_facts`."""
    sizes = [(visible(key), size) for key, size in facts["sizes"].items()]
    entries = tuple(Entry(key, filesizeformat(size)) for key, size in sizes[:MOST_KEYS])
    return Held(entries, (), max(0, len(sizes) - MOST_KEYS), filesizeformat(sum(size for _key, size in sizes)))


def facts(body: Mapping[str, Any], held: Held, *, project_href: str) -> tuple[Fact, ...]:
    """The attributes beside it."""
    meta = body.get("metadata") or NOTHING
    creator = str((meta.get("annotations") or NOTHING).get(CREATOR) or "")
    manager = manager_of(body)
    kind = (Fact("type", gettext("Type"), lines(visible(str(body.get("type") or ""))), mono=True),)
    return (
        Fact("project", gettext("Project"), lines(str(meta.get("namespace") or "")), href=project_href),
        *(kind if body.get("type") else ()),
        Fact("size", gettext("Size"), lines(held.total)),
        Fact("immutable", gettext("Immutable"), lines(gettext("Yes") if body.get("immutable") else gettext("No"))),
        *((Fact("manager", gettext("Managed by"), lines(manager.name)),) if manager else ()),
        Fact("created", gettext("Created"), lines(when_created(epoch(meta.get("creationTimestamp"))))),
        Fact("creator", gettext("Creator"), lines(visible(creator)), none=gettext("Not recorded")),
    )


def claim_status(body: Mapping[str, Any]) -> StatusCell:
    """The phase of a claim, and what is under way, as far as the claim itself tells."""
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


def claim_facts(body: Mapping[str, Any], *, project_href: str) -> tuple[Fact, ...]:
    """The attributes of a claim: what it asked for, and what it got."""
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
