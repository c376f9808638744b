"""Who else keeps an object as it is (Helm, Argo CD, a controller), so that a change may not last."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from console.kube.visible import visible
from services.manifests.allowed import LAST_APPLIED
from services.manifests.paths import EntryKey, Path, format_path

_HELM, _ARGO, _FLUX, _APPLY = "Helm", "Argo CD", "Flux", "kubectl apply"
# What these call themselves in managedFields.
_IN_FIELDS = {
    "helm": _HELM,
    "argocd-controller": _ARGO,
    "argocd-application-controller": _ARGO,
    "kustomize-controller": _FLUX,
    "helm-controller": _FLUX,
    "kubectl-client-side-apply": _APPLY,
    "before-first-apply": _APPLY,
    "kubectl": _APPLY,
}
_OURS = ("", "berth", "kubesphere")
_MOST_LISTED = 5


@dataclass(frozen=True, slots=True)
class Manager:
    """`name` in words ("Helm, release shop"); `program`: which of the known ones it is, "" for another."""

    name: str
    program: str = ""

    def sentence(self, fields: Sequence[str] = ()) -> str:
        """What will become of a change; of which fields, where that are not all of them."""
        what = listed(fields) if fields else gettext("what you change here")
        named = {"manager": self.name, "what": what}
        if self.program == _HELM:
            return gettext("Managed by %(manager)s: the next release overwrites %(what)s.") % named
        if self.program == _APPLY:
            return gettext("Managed by %(manager)s: the next apply overwrites %(what)s.") % named
        if self.program:
            return gettext("Managed by %(manager)s: its next sync overwrites %(what)s.") % named
        return gettext("Managed by %(manager)s: it may overwrite %(what)s.") % named

    @property
    def note(self) -> str:
        """What will become of a change, beside its line."""
        named = {"manager": self.program or self.name}
        if self.program == _HELM:
            return gettext("Managed by %(manager)s: overwritten by the next release") % named
        if self.program == _APPLY:
            return gettext("Managed by %(manager)s: overwritten by the next apply") % named
        if self.program:
            return gettext("Managed by %(manager)s: overwritten by its next sync") % named
        return gettext("Managed by %(manager)s") % named


def manager_of(document: Mapping[str, Any]) -> Manager | None:
    """Who manages the object as a whole, by its owners, labels and annotations."""
    meta = document.get("metadata") or {}
    labels, notes = meta.get("labels") or {}, meta.get("annotations") or {}
    owners = [f"{owner.get('kind')} {owner.get('name')}" for owner in meta.get("ownerReferences") or ()]
    if owners:
        return Manager(visible(", ".join(owners)))
    if flux := labels.get("kustomize.toolkit.fluxcd.io/name") or labels.get("helm.toolkit.fluxcd.io/name"):
        return Manager(f"{_FLUX}, {visible(str(flux))}", _FLUX)
    argo = labels.get("argocd.argoproj.io/instance") or str(notes.get("argocd.argoproj.io/tracking-id", ""))
    if argo := str(argo).partition(":")[0]:
        return Manager(gettext("%(program)s, application %(name)s") % {"program": _ARGO, "name": visible(argo)}, _ARGO)
    managed = str(labels.get("app.kubernetes.io/managed-by") or "")
    release = notes.get("meta.helm.sh/release-name")
    if release or managed == _HELM:
        name = gettext("%(program)s, release %(name)s") % {"program": _HELM, "name": visible(str(release))}
        return Manager(name if release else _HELM, _HELM)
    if managed.lower() not in _OURS:
        return Manager(visible(managed))
    return Manager(_APPLY, _APPLY) if LAST_APPLIED in notes else None


def manager_at(document: Mapping[str, Any], path: Path) -> Manager | None:
    """Who else manages the field at a path: by managedFields where the object has them, else who manages all of it."""
    whole, written = manager_of(document), (document.get("metadata") or {}).get("managedFields") or ()
    if not written or (whole and not whole.program):
        return whole
    names = [entry.get("manager") for entry in written if not entry.get("subresource") and owns(entry, path)]
    programs = [_IN_FIELDS[name] for name in names if name in _IN_FIELDS]
    if whole and whole.program in programs:
        return whole
    return Manager(programs[0], programs[0]) if programs else None


def sentences(document: Mapping[str, Any], paths: Iterable[Path]) -> tuple[str, ...]:
    """Who may undo the change of these fields, in a sentence each; which fields, where that are not all of them."""
    paths = list(paths)
    managed: dict[Manager, list[str]] = {}
    for path in paths:
        if manager := manager_at(document, path):
            managed.setdefault(manager, []).append(format_path(path))
    return tuple(manager.sentence(() if len(fields) == len(paths) else fields) for manager, fields in managed.items())


def listed(words: Sequence[str]) -> str:
    """Some things in a sentence; of many the first ones, and how many more there are."""
    if len(words) > _MOST_LISTED:
        more = gettext("%(count)s more fields") % {"count": len(words) - _MOST_LISTED + 1}
        words = [*words[: _MOST_LISTED - 1], more]
    *first, last = words
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last} if first else last


def owns(entry: Mapping[str, Any], path: Path) -> bool:
    """Whether an entry of managedFields has the field at a path, or something that holds it whole."""
    fields = entry.get("fieldsV1")
    for step in path:
        if not isinstance(fields, Mapping):
            return False
        below = [fields[key] for key in fields if _is_step(str(key), step)]
        if not below:
            return False
        fields = below[0]
        if fields == {}:
            return True
    return True


def _is_step(key: str, step: str | int) -> bool:
    kind, _colon, name = key.partition(":")
    if isinstance(step, EntryKey) and kind == "k":
        try:
            values = json.loads(name)
        except ValueError:
            return False
        return isinstance(values, dict) and set(map(str, values.values())) == set(step.split("/"))
    return kind == "f" and name == step
