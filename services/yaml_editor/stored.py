"""An object as it is stored, and as the editor shows it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from hashlib import sha256
from typing import Any

from accounts.scope import Scope
from console.kube import kinds
from console.kube.errors import NotFound
from console.kube.hub import Cluster
from console.kube.kinds import Kind
from services.manifests.allowed import KEPT_ANNOTATIONS
from services.manifests.bundle import Document
from services.manifests.tree import MISSING, replace
from services.manifests.yamlout import dump_one

EDITED: dict[str, Kind] = {
    kind.kind.lower(): kind for kind in (kinds.SERVICE, *kinds.WORKLOADS, kinds.POD, kinds.CONFIGMAP, kinds.PVC)
}
"""The kinds whose objects are changed as YAML, by the word that stands in addresses and forms."""

# What the server keeps and an editor does not show. Owner references, and the annotations by which controllers and
# `kubectl apply` remember what they did, are put back from the stored object.
_SERVER_OWNED = (
    "managedFields",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "ownerReferences",
)
HIDDEN_PATHS = tuple(("metadata", "annotations", key) for key in KEPT_ANNOTATIONS)


def editable(document: Mapping[str, Any]) -> Document:
    """A copy of an object without what only the server may set."""
    kept = {key: deepcopy(value) for key, value in document.items() if key not in ("status", "metadata")}
    meta = document.get("metadata") or {}
    metadata = {key: deepcopy(value) for key, value in meta.items() if key not in _SERVER_OWNED}
    shown: Document = {**kept, "metadata": metadata}
    for path in HIDDEN_PATHS:
        shown = replace(shown, path, MISSING)
    return shown


def to_read(document: Mapping[str, Any]) -> str:
    """An object with its status as YAML, without the notes of who manages which field."""
    meta = {key: value for key, value in (document.get("metadata") or {}).items() if key != "managedFields"}
    return dump_one({**document, "metadata": meta})


def digest_of(document: Mapping[str, Any]) -> str:
    """Which of its states an object is in, in a few characters, whatever its status says."""
    return digest(editable(document))


def digest(document: Mapping[str, Any]) -> str:
    """What a manifest is recognised by."""
    return sha256(dump_one(document).encode()).hexdigest()[:32]


def version_of(document: Mapping[str, Any]) -> str:
    """The resource version of an object."""
    return str((document.get("metadata") or {}).get("resourceVersion") or "")


def read_object(scope: Scope, cluster: Cluster, kind: Kind, name: str) -> Document:
    """An object of the project as stored now, read as the person. Raises KubeError; `NotFound` also for what can be no
    name."""
    if not kinds.is_name(kind, name):
        raise NotFound(f"{name[:80]!r} is not the name of a {kind.kind}")
    return cluster.as_user(scope.identity).get(kind, scope.place, name)
