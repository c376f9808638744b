"""What the pages show that change the settings of a workload: what differs so far, and what cannot be changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from services.manifests.bundle import Bundle, Document, kind_of, name_of
from services.manifests.tree import get
from services.manifests.yamlio import load
from services.models import Draft
from services.yaml_editor import differences
from services.yaml_editor.text import Wrong

MOST_FIELDS = 30
"""Changed fields that a step names beside its form; the review shows all of them."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What cannot be changed on a workload that exists, and what it is."""

    words: str
    lines: tuple[str, ...]


def base_of(draft: Draft) -> Document:
    """The workload as it was opened."""
    return dict(load((draft.base or {})["text"])[0])


def beside(draft: Draft, bundle: Bundle) -> dict[str, Any]:
    """What a step shows beside its form: what the draft changes so far, and what it cannot."""
    base, yours = base_of(draft), bundle.workload or {}
    fields = differences.merged(base, base, yours).fields
    return {"fields": fields[:MOST_FIELDS], "more_fields": max(0, len(fields) - MOST_FIELDS), "fixed": fixed(base)}


def fixed(document: Document) -> tuple[Fixed, ...]:
    """What the API server refuses to change, as far as the workload has it."""
    spec = document.get("spec") or {}
    selector = get(spec, ("selector", "matchLabels")) or {}
    labels = tuple(f"{key}={value}" for key, value in selector.items())
    if get(spec, ("selector", "matchExpressions")):
        labels = (*labels, _("and expressions, see the YAML"))
    claims = tuple(name_of(one) for one in spec.get("volumeClaimTemplates") or ())
    known = (
        Fixed(_("Selector"), labels),
        Fixed(_("Service name"), _text(spec.get("serviceName"))),
        Fixed(_("Pod management"), _text(spec.get("podManagementPolicy"))),
        Fixed(_("Claim templates"), claims),
    )
    return tuple(each for each in known if each.lines)


def not_the_workload(draft: Draft, documents: Sequence[Document]) -> tuple[Wrong, ...]:
    """Why a text is not the workload that the draft changes; nothing to say of a draft that creates."""
    if draft.base is None or not documents:
        return ()
    kind, name = draft.base["kind"], draft.base["name"]
    if len(documents) == 1 and (kind_of(documents[0]), name_of(documents[0])) == (kind, name):
        return ()
    sentence = _("This changes the %(kind)s %(name)s: the text must be that one document, of that kind and name.")
    return (Wrong(1, 1, sentence % {"kind": kind, "name": name}),)


def _text(value: Any) -> tuple[str, ...]:
    return (str(value),) if value else ()
