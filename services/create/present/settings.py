"""What the pages show that change the settings of a workload: what differs so far, and what cannot be changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from services import words
from services.manifests.bundle import Bundle, Document, kind_of, name_of
from services.manifests.paths import EntryKey
from services.manifests.tree import get
from services.manifests.yamlio import load
from services.models import Draft
from services.yaml_editor import differences
from services.yaml_editor.problem_lines import Problem

MOST_FIELDS = 30
"""Changed fields that a step names beside its form; the review shows all of them."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What cannot be changed on a workload that exists, and what it is."""

    words: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Altered:
    """A field that the draft changes: what people call it, the entry of a list that it is in, and both values."""

    words: str
    entry: str
    now: str
    after: str


def base_of(draft: Draft) -> Document:
    """The workload as it was opened."""
    return dict(load((draft.base or {})["text"])[0])


def beside(draft: Draft, bundle: Bundle) -> dict[str, Any]:
    """What a step shows beside its form: what the draft changes so far, and what it cannot."""
    base, yours = base_of(draft), bundle.workload or {}
    fields = differences.merged(base, base, yours).fields
    return {
        "fields": [_altered(field) for field in fields[:MOST_FIELDS]],
        "more_fields": max(0, len(fields) - MOST_FIELDS),
        "fixed": fixed(base),
    }


def _altered(field: differences.Field) -> Altered:
    at = max((at for at, step in enumerate(field.place) if isinstance(step, EntryKey)), default=-1)
    below = field.place[at + 1 :]
    if not below:  # the whole entry is new, or gone
        return Altered(field.key, "", field.base, field.yours)
    return Altered(words.inside(below), field.key if at >= 0 else "", field.base, field.yours)


def standing(stored: Document) -> dict[str, str]:
    """What a workload has now, by the step that changes it."""
    spec = stored.get("spec") or {}
    template = spec.get("template") or {}
    pod, meta, of_pods = template.get("spec") or {}, stored.get("metadata") or {}, template.get("metadata") or {}
    containers = len(pod.get("containers") or ()) + len(pod.get("initContainers") or ())
    volumes = len(pod.get("volumes") or ()) + len(spec.get("volumeClaimTemplates") or ())
    labels, notes = (len(meta.get(part) or ()) + len(of_pods.get(part) or ()) for part in ("labels", "annotations"))
    says = [ngettext("%(n)s container", "%(n)s containers", containers) % {"n": containers}]
    if stored.get("kind") != "DaemonSet":  # one on each node
        replicas = spec.get("replicas", 1)
        says.insert(0, ngettext("%(n)s replica", "%(n)s replicas", replicas) % {"n": replicas})
    return {
        "pod": ", ".join(says),
        "storage": ngettext("%(n)s volume", "%(n)s volumes", volumes) % {"n": volumes} if volumes else _("No volumes"),
        "advanced_live": ", ".join(
            (
                ngettext("%(n)s label", "%(n)s labels", labels) % {"n": labels},
                ngettext("%(n)s annotation", "%(n)s annotations", notes) % {"n": notes},
            )
        ),
    }


def fixed(document: Document) -> tuple[Fixed, ...]:
    """What the API server refuses to change, as far as the workload has it."""
    spec = document.get("spec") or {}
    selector = get(spec, ("selector", "matchLabels")) or {}
    labels = tuple(f"{key}={value}" for key, value in selector.items())
    if get(spec, ("selector", "matchExpressions")):
        labels = (*labels, _("and expressions, see the YAML"))
    claims = tuple(name_of(template) for template in spec.get("volumeClaimTemplates") or ())
    known = (
        Fixed(_("Selector"), labels),
        Fixed(_("Service name"), _text(spec.get("serviceName"))),
        Fixed(_("Pod management"), _text(spec.get("podManagementPolicy"))),
        Fixed(_("Claim templates"), claims),
    )
    return tuple(group for group in known if group.lines)


def not_the_workload(draft: Draft, documents: Sequence[Document]) -> tuple[Problem, ...]:
    """Why a text is not the workload that the draft changes; nothing to say of a draft that creates."""
    if draft.base is None or not documents:
        return ()
    kind, name = draft.base["kind"], draft.base["name"]
    if len(documents) == 1 and (kind_of(documents[0]), name_of(documents[0])) == (kind, name):
        return ()
    sentence = _("This changes the %(kind)s %(name)s: the text must be one document of this kind and name.")
    return (Problem(1, 1, sentence % {"kind": kind, "name": name}),)


def _text(value: Any) -> tuple[str, ...]:
    return (str(value),) if value else ()
