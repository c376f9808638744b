"""What may be deleted along with something, each with what follows; nothing is chosen beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, ngettext

from console.kube import kinds
from console.kube.kinds import Kind
from console.kube.records import PodRecord, WorkloadRecord
from services.manifests.mentions import CLAIM, uses
from services.shown.quantities import spaced

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pick:
    """Something that may be deleted with a Service. `severe`: what others lose; `blocked`: why this reader may not
    choose it."""

    kind: Kind
    name: str
    uid: str
    what: str
    effect: str
    blocked: str = ""
    goes_with: str = ""
    """The form value of what takes it along, unasked."""
    severe: tuple[str, ...] = ()

    @property
    def value(self) -> str:
        """How the form names it."""
        return f"{self.kind.kind}/{self.name}/{self.uid}"


@dataclass(frozen=True, slots=True)
class May:
    """What the reader may delete along; the reason when not."""

    workloads: bool
    claims: bool
    config: bool
    secrets: bool
    """Whether the reader may list Secrets; nobody deletes them here."""
    reason: str


@dataclass(frozen=True, slots=True)
class Sharing:
    """Another Service that a workload is behind, too: how many pods it has, and how many without that workload."""

    name: str
    pods: int
    left: int


def some(names: Sequence[str]) -> str:
    """The first five, and how many more there are."""
    if len(names) <= 5:
        return ", ".join(names)
    return gettext("%(names)s and %(count)s more") % {"names": ", ".join(names[:5]), "count": len(names) - 5}


def stops(workload: WorkloadRecord) -> str:
    """How many pods stop with a workload."""
    stop = ngettext("Stops 1 pod.", "Stops %(count)s pods.", workload.current) % {"count": workload.current}
    if not workload.current:
        stop = gettext("Has no pods at the moment.")
    if workload.owner:
        owner = f"{workload.owner.kind} {workload.owner.name}"
        stop += " " + gettext("%(owner)s may create it again.") % {"owner": owner}
    return stop


def workload_pick(workload: WorkloadRecord, shared: Sequence[Sharing], may: May) -> Pick:
    """A workload that is behind a Service."""
    kind, blocked = kinds.workload(workload.kind.lower()), "" if may.workloads else may.reason
    emptied = [service for service in shared if service.pods and not service.left]
    effect = " ".join((stops(workload), *losing(service for service in shared if service not in emptied)))
    return Pick(kind, workload.name, workload.uid, workload.kind, effect, blocked, severe=tuple(losing(emptied)))


def losing(shared: Iterable[Sharing]) -> Iterator[str]:
    """What Services lose with a workload."""
    for service in shared:
        values = {"service": service.name, "left": service.left, "pods": service.pods}
        if service.left < service.pods and service.left:
            yield gettext("Service %(service)s keeps %(left)s of %(pods)s pods.") % values
        elif service.left < service.pods:
            yield gettext("Service %(service)s is left without a pod.") % values
        else:
            yield gettext("Service %(service)s selects its pods.") % values


def pod_pick(pod: PodRecord, may: May) -> Pick:
    """A pod that nothing replaces."""
    effect = gettext("Belongs to no workload: nothing replaces it.")
    return Pick(kinds.POD, pod.name, pod.uid, "Pod", effect, "" if may.workloads else may.reason)


def scaler_picks(scalers: Iterable[Document], workloads: Sequence[WorkloadRecord], may: May) -> Iterator[Pick]:
    """The autoscalers that scale these workloads."""
    targets = {(workload.kind, workload.name) for workload in workloads}
    for scaler in scalers:
        target = (scaler.get("spec") or {}).get("scaleTargetRef") or {}
        values = {"kind": target.get("kind"), "name": target.get("name")}
        if (values["kind"], values["name"]) in targets:
            meta, blocked = scaler["metadata"], "" if may.workloads else may.reason
            effect = gettext("Scales %(kind)s %(name)s; has no purpose without it.") % values
            yield Pick(kinds.HPA, meta["name"], meta["uid"], kinds.HPA.kind, effect, blocked)


def config_pick(config: Document, may: May) -> Pick:
    """A ConfigMap that nothing else uses."""
    meta, blocked = config["metadata"], "" if may.config else may.reason
    effect = gettext("No other workload or pod here uses it.")
    return Pick(kinds.CONFIGMAP, meta["name"], meta["uid"], kinds.CONFIGMAP.kind, effect, blocked)


def claim_picks(users: Sequence[Document], claims: Iterable[Document], may: May) -> Iterator[Pick]:
    """The claims that these workloads and pods mount, with those of claim templates."""
    used = [(user, uses(user)) for user in users if user]
    for claim in claims:
        name = claim["metadata"]["name"]
        mounting = (user for user, names in used if (CLAIM, name) in names or _from_template(user, name))
        owner = next(mounting, None)
        if owner is not None:
            yield _claim_pick(claim, owner, may)


def _from_template(workload: Document, claim: str) -> bool:
    """Whether a claim is one that a StatefulSet made from a claim template."""
    templates, name = (workload.get("spec") or {}).get("volumeClaimTemplates") or (), workload["metadata"]["name"]
    named = (re.escape(template["metadata"]["name"]) for template in templates)
    return any(re.fullmatch(rf"{template}-{re.escape(name)}-\d+", claim) for template in named)


def _claim_pick(claim: Document, owner: Document, may: May) -> Pick:
    meta, spec = claim["metadata"], claim.get("spec") or {}
    asked = ((spec.get("resources") or {}).get("requests") or {}).get("storage", "")
    size = ((claim.get("status") or {}).get("capacity") or {}).get("storage") or asked
    what = gettext("Claim, %(size)s") % {"size": spaced(str(size))} if size else gettext("Claim")
    values = {"kind": owner["kind"], "name": owner["metadata"]["name"]}
    effect = gettext("Used by %(kind)s %(name)s. Deleted once no pod mounts it.") % values
    policy = (owner.get("spec") or {}).get("persistentVolumeClaimRetentionPolicy") or {}
    owned = any(reference.get("uid") == owner["metadata"]["uid"] for reference in meta.get("ownerReferences") or ())
    unasked = policy.get("whenDeleted") == "Delete" and _from_template(owner, meta["name"])
    if unasked:
        effect = gettext("Deleted with %(kind)s %(name)s in any case: its retention policy says so.") % values
    elif owned and not policy:
        unasked, effect = True, gettext("Deleted with its owner, %(kind)s %(name)s, in any case.") % values
    goes_with = f"{owner['kind']}/{owner['metadata']['name']}/{owner['metadata']['uid']}" if unasked else ""
    if spec.get("storageClassName"):
        effect += " " + gettext("Storage class %(name)s.") % {"name": spec["storageClassName"]}
    blocked = "" if may.claims else may.reason
    return Pick(kinds.PVC, meta["name"], meta["uid"], what, effect, blocked, goes_with)
