"""What the dialogs show beside their fields: what cannot be changed, what the selector will select, who is affected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.kube.access import View
from console.web import times
from services.changes import managers
from services.changes.effects import Document
from services.manifests.health import matches
from services.manifests.paths import Path
from services.manifests.starters import STICKY_SECONDS
from services.manifests.tree import get
from services.steps.input_names import Typed, indices
from services.steps.stepform import StepForm

_MOST_PODS, _MOST_LABELS = 10, 4
_SECTIONS: dict[str, dict[Any, tuple[Path, ...]]] = {
    "information": {
        _("Alias"): (("metadata", "annotations", "kubesphere.io/alias-name"),),
        _("Description"): (("metadata", "annotations", "kubesphere.io/description"),),
    },
    "edit-service": {
        _("Workload Selector"): (("spec", "selector"),),
        _("Port Settings"): (("spec", "ports"),),
        _("Sticky Session"): (("spec", "sessionAffinity"),),
    },
    "external-access": {
        _("Access Mode"): (("spec", "type"),),
        _("Load Balancer"): (("spec", "loadBalancerSourceRanges"), ("spec", "loadBalancerClass")),
        _("Service Annotations"): (("metadata", "annotations"),),
        _("Traffic Policies"): (("spec", "externalTrafficPolicy"), ("spec", "internalTrafficPolicy")),
    },
}
_OF_ALIAS = {_("External Service"): (("spec", "externalName"),), _("Sticky Session"): (("spec", "sessionAffinity"),)}
"""Edit Service of a Service that is an alias in DNS."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What stays as long as the Service exists. `facts`: word, value, whether it is for machines; `recreate`: what
    to do for another one; `may`: Berth deletes and recreates it in one step."""

    facts: tuple[tuple[str, str, bool], ...]
    recreate: str
    may: bool


@dataclass(frozen=True, slots=True)
class Selected:
    """The pods that are selected now: how many, the selector in one line, and those that will not be any more."""

    words: str
    selector: str
    lost: tuple[tuple[str, str], ...]
    more: int
    changed: bool


def fixed(document: Document) -> Fixed:
    """What cannot be changed of a Service that exists."""
    spec = document.get("spec") or {}
    kind, address = spec.get("type") or "ClusterIP", spec.get("clusterIP") or ""
    if kind == "ExternalName":
        mode = gettext("ExternalName")
        hint = gettext("To give it pods of its own, create another Service, move the callers, then delete this one.")
    elif address == "None":
        mode = gettext("Internal Domain Name (headless)")
        hint = gettext(
            "For a virtual IP, create another Service and move the callers there. If you delete and recreate this "
            "one instead, its name does not resolve until it is back."
        )
    else:
        mode = gettext("Virtual IP Address")
        hint = gettext(
            "For headless access, create a headless Service and move the callers there. If you delete and recreate "
            "this one instead, calls fail until it is back, and its address changes."
        )
    facts = [(gettext("Mode"), mode, False)]
    if address and address != "None":
        facts.append((gettext("Virtual IP"), ", ".join(spec.get("clusterIPs") or [address]), True))
    if families := spec.get("ipFamilies"):
        facts.append((gettext("IP families"), ", ".join(map(str, families)), False))
    return Fixed(tuple(facts), hint, may=kind != "ExternalName")


def stays_inside(document: Document) -> str:
    """Why a Service cannot be reached from outside, whatever is set; "" where it can."""
    spec = document.get("spec") or {}
    if spec.get("type") == "ExternalName":
        text = gettext("It is an alias in DNS for %(other)s: it has no address and no ports of its own.")
        return text % {"other": spec.get("externalName") or ""}
    if spec.get("clusterIP") == "None":
        return gettext("A headless Service has no address of its own and cannot be reached from outside.")
    return ""


def selected(view: View, document: Document, form: StepForm) -> Selected | None:
    """What becomes of the pods that the Service selects now; None where it has no selector. Raises KubeError."""
    old = {str(key): str(value) for key, value in (get(document, ("spec", "selector")) or {}).items()}
    if not old:
        return None
    new = {key: value for key, value in _typed(form) if key}
    pods = [pod for pod in view.pods(old) if not pod.deleting]
    pairs = ", ".join(f"{key}={value}" for key, value in old.items())
    lost = [pod.name for pod in pods if not new or not matches(new, dict(pod.labels))] if new != old else []
    behind = [workload.name for workload in view.workloads(old)]
    words = ngettext("Now %(count)s pod", "Now %(count)s pods", len(pods)) % {"count": len(pods)}
    if len(behind) == 1 and pods:
        words = gettext("%(now)s of %(workload)s") % {"now": words, "workload": behind[0]}
    rows = tuple((name, pairs) for name in lost[:_MOST_PODS])
    return Selected(words, pairs, rows, max(len(lost) - _MOST_PODS, 0), new != old)


def same(before: Document, after: Document, place: str) -> tuple[tuple[str, str], ...]:
    """What callers go by and keep, beside what changes: the name, and the ports where they stay."""
    spec, ports = after.get("spec") or {}, get(before, ("spec", "ports")) or []
    if spec.get("type") == "ExternalName":
        return ()
    kept = [str(port.get("port")) for port in ports] if ports and spec.get("ports") == ports else []
    return (
        (gettext("Name"), f"{before['metadata']['name']}.{place}"),
        *(((gettext("Ports") if len(kept) > 1 else gettext("Port"), ", ".join(kept)),) if kept else ()),
    )


def was_sticky(document: Document, form: StepForm) -> str:
    """How the sticky session is now, where something else is typed."""
    spec = document.get("spec") or {}
    sticky = spec.get("sessionAffinity") == "ClientIP"
    seconds = get(spec, ("sessionAffinityConfig", "clientIP", "timeoutSeconds")) or STICKY_SECONDS
    typed = bool(form.text("sticky"))
    if typed == sticky and (not typed or form.text("sticky_timeout").strip() == str(seconds)):
        return ""
    return gettext("Was %(time)s per client IP") % {"time": times.exactly(seconds)} if sticky else gettext("Was off")


def asked(form: StepForm) -> str:
    """The labels that are typed, in one line."""
    return ", ".join(f"{key}={value}" for key, value in _typed(form) if key)


def in_use(view: View, form: StepForm) -> tuple[str, ...]:
    """Labels that pods here have with the keys that are typed, those first that begin as what is typed: what may have
    been meant. Raises KubeError."""
    typed = dict(_typed(form))
    pairs = {(key, value) for pod in view.pods() for key, value in pod.labels.items() if key in typed}
    alike = sorted(pairs, key=lambda pair: (-_shared(pair[1], typed[pair[0]]), pair))
    return tuple(f"{key}={value}" for key, value in alike[:_MOST_LABELS])


def _shared(text: str, other: str) -> int:
    """How many characters two texts have in common at their start."""
    return next((at for at, (left, right) in enumerate(zip(text, other, strict=False)) if left != right), len(text))


def use_label(typed: Typed, pair: str) -> str:
    """Put the value of a label that is in use into the row of its key."""
    key, _equals, value = pair.partition("=")
    for at in indices(typed, "selector"):
        if str(typed.get(f"selector-{at}-key", "")).strip() == key:
            typed[f"selector-{at}-value"] = value
            return f"selector-{at}-value"
    return "selector"


def managed(document: Document, dialog: str) -> tuple[str, ...]:
    """Who else manages what a dialog changes of an object as stored: a sentence each, with the sections of the page
    where that are not all of them."""
    alias = dialog == "edit-service" and get(document, ("spec", "type")) == "ExternalName"
    sections = _OF_ALIAS if alias else _SECTIONS[dialog]
    managed_by: dict[managers.Manager, list[str]] = {}
    for section, paths in sections.items():
        managing = (managers.manager_at(document, path) for path in paths)
        if manager := next(filter(None, managing), None):
            managed_by.setdefault(manager, []).append(str(section))
    return tuple(
        manager.sentence(() if len(words) == len(sections) else words) for manager, words in managed_by.items()
    )


def _typed(form: StepForm) -> list[tuple[str, str]]:
    """The keys and values of the selector as they are typed."""
    names = [(f"selector-{at}-key", f"selector-{at}-value") for at in indices(form.typed, "selector")]
    return [(str(form.typed.get(key, "")).strip(), str(form.typed.get(value, "")).strip()) for key, value in names]
