"""From the manifest of an object that was deleted to the one that creates it again, and what cannot come back."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from services.manifests.allowed import KEPT_ANNOTATIONS, LAST_APPLIED, SERVER_SET
from services.manifests.bundle import WORKLOAD_KINDS, Document, kind_of
from services.manifests.sentences import Sentence, gettext_noop

_OF_SERVER = (*SERVER_SET, "ownerReferences")
# What controllers note on an object about objects that do not exist any more. What kubectl applied last stays true.
_OF_CONTROLLERS = (
    "control-plane.alpha.kubernetes.io/leader",
    *(key for key in KEPT_ANNOTATIONS if key != LAST_APPLIED),
)
# Put there by the server and its controllers, which do so again.
_FINALIZERS = (
    "foregroundDeletion",
    "kubernetes.io/pvc-protection",
    "orphan",
    "service.kubernetes.io/load-balancer-cleanup",
)
_CLUSTER_IP = gettext_noop("It gets a new virtual IP instead of %(address)s.")
_EXTERNAL = gettext_noop(
    "External IPs (%(addresses)s) do not come back: only an administrator of the cluster adds them."
)
_BALANCER = gettext_noop("The load balancer may get another address.")
_VOLUME = gettext_noop("The data does not come back: it gets a new, empty volume instead of %(volume)s.")
_OWNER = gettext_noop("It no longer belongs to %(owner)s.")
_CLAIMS = gettext_noop("Its claims that no longer exist are created empty.")
_REVISIONS = gettext_noop(
    "Its revisions do not come back: it starts at revision 1, and there is nothing to roll back to."
)
_ONLY_KEYS = gettext_noop("The values of a Secret are not kept; create it again with these keys: %(keys)s.")
_PODS = gettext_noop("Berth does not create pods. Its manifest can be copied from here.")


def restorable(manifest: Mapping[str, Any]) -> tuple[Document, tuple[Sentence, ...]]:
    """The document that creates it again, without what is the server's, and in sentences what does not come back."""
    document = {key: deepcopy(value) for key, value in manifest.items() if key not in ("status", "metadata")}
    meta = {key: deepcopy(value) for key, value in manifest["metadata"].items() if key not in _OF_SERVER}
    notes = meta.pop("annotations", None) or {}
    if notes := {key: value for key, value in notes.items() if key not in _OF_CONTROLLERS}:
        meta["annotations"] = notes
    finalizers = meta.pop("finalizers", None) or ()
    if finalizers := [finalizer for finalizer in finalizers if finalizer not in _FINALIZERS]:
        meta["finalizers"] = finalizers
    document["metadata"] = meta
    references = manifest["metadata"].get("ownerReferences") or ()
    owners = ", ".join(f"{owner.get('kind')} {owner.get('name')}" for owner in references)
    lost = [Sentence(_OWNER, owner=owners)] if owners else []
    if (leave := _BY_KIND.get(kind_of(document))) and isinstance(document.get("spec"), dict):
        lost += leave(document["spec"])
    return document, tuple(lost)


def why_not(manifest: Mapping[str, Any]) -> Sentence | None:
    """Why it cannot be created again at all; None where it can."""
    if kind_of(dict(manifest)) == "Secret":
        return Sentence(_ONLY_KEYS, keys=", ".join(sorted(manifest.get("data") or ())) or "-")
    return Sentence(_PODS) if kind_of(dict(manifest)) == "Pod" else None


def _service(spec: Document) -> list[Sentence]:
    lost = []
    address = spec.get("clusterIP")
    if address != "None":
        spec.pop("clusterIP", None)
        spec.pop("clusterIPs", None)
        if address:
            lost.append(Sentence(_CLUSTER_IP, address=address))
    if addresses := spec.pop("externalIPs", None):  # what Create refuses does not come in by this door
        lost.append(Sentence(_EXTERNAL, addresses=", ".join(map(str, addresses))))
    if spec.get("type") == "LoadBalancer":
        lost.append(Sentence(_BALANCER))
    return lost


def _claim(spec: Document) -> list[Sentence]:
    volume = spec.pop("volumeName", None)
    return [Sentence(_VOLUME, volume=volume)] if volume else []


def _workload(spec: Document) -> list[Sentence]:
    claims = [Sentence(_CLAIMS)] if spec.get("volumeClaimTemplates") else []
    return [*claims, Sentence(_REVISIONS)]


_BY_KIND = {
    "Service": _service,
    "PersistentVolumeClaim": _claim,
    **dict.fromkeys(WORKLOAD_KINDS, _workload),
}
