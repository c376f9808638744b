"""What the pages show that change the settings of a workload: what differs, what stays, what becomes of its pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.kube.records import ServiceRecord, WorkloadRecord
from services.manifests.bundle import Bundle, Document, kind_of, name_of
from services.manifests.health import State
from services.manifests.tree import MISSING, get
from services.manifests.yamlio import load
from services.models import Draft
from services.shown.replacing import replaced
from services.yaml_editor import differences
from services.yaml_editor.text import Wrong

MOST_FIELDS = 30
"""Changed fields that a step names beside its form; the review shows all of them."""
_TEMPLATE = ("spec", "template")
_LABELS = (*_TEMPLATE, "metadata", "labels")


@dataclass(frozen=True, slots=True)
class Fixed:
    """What cannot be changed on a workload that exists, and what it is."""

    words: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to pods and callers. A bad one has to be confirmed."""

    state: State
    what: str
    means: str = ""


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


def effects(
    record: WorkloadRecord | None, stored: Document, proposed: Document, losing: Sequence[ServiceRecord]
) -> tuple[Effect, ...]:
    """What storing it does, the worst first. `losing`: Services that would select its pods no longer."""
    found = [*_callers(losing), *_scaled(stored, proposed), *_pods(record, stored, proposed)]
    order = ("bad", "warn", "idle", "ok")
    return tuple(sorted(found, key=lambda effect: order.index(effect.state)))


def _callers(losing: Sequence[ServiceRecord]) -> list[Effect]:
    names = ", ".join(service.name for service in losing)
    what = ngettext(
        "Service %(names)s will select these pods no longer.",
        "Services %(names)s will select these pods no longer.",
        len(losing),
    )
    means = _("Callers fail unless other pods have the labels of its selector.")
    return [Effect("bad", what % {"names": names}, means)] if names else []


def _scaled(stored: Document, proposed: Document) -> list[Effect]:
    before, after = (get(document, ("spec", "replicas")) for document in (stored, proposed))
    if before == after or not isinstance(before, int) or not isinstance(after, int):
        return []
    if not after:
        return [Effect("warn", _("All its pods are stopped."), _("Services that select them lose these endpoints."))]
    count = abs(after - before)
    if after > before:
        text = ngettext("1 pod is started.", "%(count)s pods are started.", count)
    else:
        text = ngettext("1 pod is stopped.", "%(count)s pods are stopped.", count)
    return [Effect("idle", text % {"count": count})]


def _pods(record: WorkloadRecord | None, stored: Document, proposed: Document) -> list[Effect]:
    if get(stored, _TEMPLATE) == get(proposed, _TEMPLATE):
        return [Effect("ok", _("No pod is restarted."))]
    count = (record.current or record.desired) if record else 0
    if not count:
        return [Effect("idle", _("It has no pods now; the next ones are as changed."))]
    if get(proposed, ("spec", "paused")) is True:
        means = _("Its rollout is paused.")
        return [Effect("warn", _("Its pods are replaced once the rollout is resumed."), means)]
    kind = kind_of(proposed)
    strategy = get(proposed, ("spec", "strategy" if kind == "Deployment" else "updateStrategy", "type"))
    return [Effect("warn", replaced(kind, str(strategy or ""), count))]


def pod_labels(document: Mapping[str, Any]) -> dict[str, str]:
    """The labels of the pods that a workload makes."""
    labels = get(document, _LABELS)
    return {} if labels is MISSING or not isinstance(labels, dict) else labels


def _text(value: Any) -> tuple[str, ...]:
    return (str(value),) if value else ()
