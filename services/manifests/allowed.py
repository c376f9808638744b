"""What hand-written YAML may say, and what is refused, with the place of each problem: one list for every door (created
from text or a file, put in the place of what is stored)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.manifests.bundle import Document, kind_of, name_of
from services.manifests.paths import Path
from services.manifests.sentences import Sentence, ServerSet, gettext_noop
from services.manifests.tree import MISSING, get

ALLOWED_KINDS: dict[str, tuple[str, ...]] = {
    "Service": ("v1",),
    "Deployment": ("apps/v1",),
    "StatefulSet": ("apps/v1",),
    "DaemonSet": ("apps/v1",),
    "ConfigMap": ("v1",),
    "PersistentVolumeClaim": ("v1",),
    "HorizontalPodAutoscaler": ("autoscaling/v2",),
    "Ingress": ("networking.k8s.io/v1",),
    "NetworkPolicy": ("networking.k8s.io/v1",),
}

# Pods are created by workloads only, but those that exist may be changed.
EDITED_KINDS: dict[str, tuple[str, ...]] = {**ALLOWED_KINDS, "Pod": ("v1",)}

STATUS = gettext_noop("status is set by the cluster. Remove it.")
SERVER_SET = {
    "uid": gettext_noop("uid is set by the cluster. Remove it."),
    "resourceVersion": gettext_noop("resourceVersion is set by the cluster. Remove it."),
    "generation": gettext_noop("generation is set by the cluster. Remove it."),
    "creationTimestamp": gettext_noop("creationTimestamp is set by the cluster. Remove it."),
    "deletionTimestamp": gettext_noop("deletionTimestamp is set by the cluster. Remove it."),
    "deletionGracePeriodSeconds": gettext_noop("deletionGracePeriodSeconds is set by the cluster. Remove it."),
    "selfLink": gettext_noop("selfLink is no longer used. Remove it."),
    "managedFields": gettext_noop("managedFields is set by the cluster. Remove it."),
}

# Annotations by which the cluster and kubectl remember what they did: on a copy they say something untrue.
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
KEPT_ANNOTATIONS = (
    LAST_APPLIED,
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
    "volume.kubernetes.io/storage-provisioner",
)

# Refused when it is new: what is stored already may stay as it is.
OWNERS = ("metadata", "ownerReferences")
FINALIZERS = ("metadata", "finalizers")
GENERATE_NAME = ("metadata", "generateName")
EXTERNAL_IPS = ("spec", "externalIPs")
DANGERS = {
    OWNERS: gettext_noop(
        "ownerReferences are set by controllers: deleting the owner would delete this object. Remove them."
    ),
    FINALIZERS: gettext_noop("Finalizers can prevent an object from ever being deleted. Remove them."),
    GENERATE_NAME: gettext_noop("generateName would create a different object each time. Enter a name."),
    EXTERNAL_IPS: gettext_noop(
        "externalIPs would let this Service intercept traffic to those addresses (CVE-2020-8554). "
        "Remove them and use a LoadBalancer."
    ),
}

Problem = tuple[Path, Sentence]


def problems(document: Document, namespace: str) -> Iterator[Problem]:
    """Why ``document`` may not be created in ``namespace``: places and sentences, none if it may."""
    kind, version, metadata = (document.get(key) for key in ("kind", "apiVersion", "metadata"))
    place: Path
    if not isinstance(kind, str) or kind not in ALLOWED_KINDS:
        place = ("kind",) if "kind" in document else ()
        template = gettext_noop("%(kind)s cannot be created here. Allowed kinds: %(allowed)s.")
        named = kind if isinstance(kind, str) and kind else gettext_noop("A document without a kind")
        yield place, Sentence(template, kind=named, allowed=", ".join(ALLOWED_KINDS))
    elif version not in ALLOWED_KINDS[kind]:
        place = ("apiVersion",) if "apiVersion" in document else ()
        template = gettext_noop("The apiVersion of a %(kind)s is %(version)s.")
        yield place, Sentence(template, kind=kind, version=" or ".join(ALLOWED_KINDS[kind]))
    if not isinstance(metadata, dict):
        place = ("metadata",) if "metadata" in document else ()
        yield place, Sentence(gettext_noop("metadata.name is missing."))
    yield from set_by_the_cluster(document)
    yield from dangers(document)
    if isinstance(metadata, dict) and not name_of(document):
        place = ("metadata", "name") if "name" in metadata else ("metadata",)
        yield place, Sentence(gettext_noop("Enter a name."))
    yield from other_namespace(document, namespace)


def says_nothing(value: Any) -> bool:
    """Whether a field might as well not be there: ``null``, ``""``, ``0``, or only such below it. (kubectl and Helm
    print ``creationTimestamp: null`` and ``status: {loadBalancer: {}}``.)"""
    return all(says_nothing(below) for below in value.values()) if isinstance(value, dict) else not value


def set_by_the_cluster(document: Document) -> Iterator[Problem]:
    """The fields with which only the cluster says something."""
    if not says_nothing(document.get("status")):
        yield ("status",), ServerSet(STATUS)
    for key, template in SERVER_SET.items():
        if not says_nothing(get(document, ("metadata", key))):
            yield ("metadata", key), ServerSet(template)


def kept_annotations(document: Document) -> Iterator[Problem]:
    """Annotations that are taken, and better left out."""
    for key in KEPT_ANNOTATIONS:
        path = ("metadata", "annotations", key)
        if get(document, path) is not MISSING:
            template = gettext_noop("%(key)s is set by the cluster or kubectl. Remove it.")
            yield path, ServerSet(template, key=key)


def dangers(document: Document, stored: Document | None = None) -> Iterator[Problem]:
    """What no document may bring in, by its place. ``stored``: the object whose place it takes; what that has already
    may stay, in any order."""
    for path, template in DANGERS.items():
        if path == EXTERNAL_IPS and document.get("kind") != "Service":
            continue
        value, had = get(document, path), _entries(get(stored, path)) if stored is not None else []
        if not value or all(entry in had for entry in _entries(value)):
            continue
        removable = path == OWNERS or (stored is None and path != EXTERNAL_IPS)
        sentence = ServerSet(template) if removable else Sentence(template)
        if not had or not isinstance(value, list):
            yield path, sentence
            continue
        for at, entry in enumerate(value):
            if entry not in had:
                yield (*path, at), sentence


def other_namespace(document: Document, namespace: str) -> Iterator[Problem]:
    """Each project writes to its own namespace only."""
    if get(document, ("metadata", "namespace")) not in (None, MISSING, "", namespace):
        template = gettext_noop(
            "This project is namespace %(namespace)s. Objects of other namespaces cannot be changed here."
        )
        yield ("metadata", "namespace"), Sentence(template, namespace=namespace)


def bundle_problems(documents: tuple[Document, ...], namespace: str) -> Iterator[tuple[int, Path, Sentence]]:
    """The problems of all documents with the index of each; the same object twice is one too."""
    seen: set[tuple[str, str]] = set()
    for index, document in enumerate(documents):
        for path, sentence in problems(document, namespace):
            yield index, path, sentence
        kind, name = kind_of(document), name_of(document)
        if kind and name and (kind, name) in seen:
            template = gettext_noop("Duplicate: %(kind)s %(name)s.")
            yield index, ("metadata", "name"), Sentence(template, kind=kind, name=name)
        seen.add((kind, name))


def _entries(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []
