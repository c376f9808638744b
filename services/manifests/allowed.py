"""What may be created by hand-written YAML, and what is refused, with the place of each problem."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.manifests.bundle import Document
from services.manifests.paths import Path
from services.manifests.sentences import Sentence, gettext_noop

ALLOWED_KINDS: dict[str, tuple[str, ...]] = {
    "Service": ("v1",),
    "Deployment": ("apps/v1",),
    "StatefulSet": ("apps/v1",),
    "DaemonSet": ("apps/v1",),
    "ConfigMap": ("v1",),
    "PersistentVolumeClaim": ("v1",),
    "HorizontalPodAutoscaler": ("autoscaling/v2", "autoscaling/v1"),
    "Ingress": ("networking.k8s.io/v1",),
    "NetworkPolicy": ("networking.k8s.io/v1",),
}

SERVER_SET = {
    "uid": gettext_noop("The cluster gives the uid; leave it out."),
    "resourceVersion": gettext_noop("A new object has no resourceVersion; leave it out."),
    "generation": gettext_noop("The cluster counts the generation; leave it out."),
    "creationTimestamp": gettext_noop("The cluster sets the creation time; leave it out."),
    "deletionTimestamp": gettext_noop("An object cannot be created as being deleted; leave it out."),
    "deletionGracePeriodSeconds": gettext_noop("An object cannot be created as being deleted; leave it out."),
    "selfLink": gettext_noop("selfLink is no longer used; leave it out."),
    "managedFields": gettext_noop("The cluster keeps managedFields; leave them out."),
    "ownerReferences": gettext_noop("Objects made here belong to no other object; leave ownerReferences out."),
    "finalizers": gettext_noop("Finalizers can keep an object from ever being deleted; leave them out."),
    "generateName": gettext_noop("generateName would make another object each time; give a name."),
}

EXTERNAL_IPS = gettext_noop(
    "externalIPs would let this Service take traffic meant for those addresses from everybody (CVE-2020-8554); "
    "leave them out and use a LoadBalancer."
)

Problem = tuple[Path, Sentence]


def problems(document: Document, namespace: str) -> Iterator[Problem]:
    """Why ``document`` may not be created in ``namespace``: places and sentences, none if it may."""
    yield from _kind(document)
    if document.get("status"):
        yield ("status",), Sentence(gettext_noop("The cluster keeps the status; leave it out."))
    spec = document.get("spec")
    if document.get("kind") == "Service" and isinstance(spec, dict) and spec.get("externalIPs"):
        yield ("spec", "externalIPs"), Sentence(EXTERNAL_IPS)
    metadata = document.get("metadata")
    if isinstance(metadata, dict):
        yield from _metadata(metadata, namespace)
    else:
        place: Path = ("metadata",) if "metadata" in document else ()
        yield place, Sentence(gettext_noop("A document needs metadata with a name."))


def bundle_problems(documents: tuple[Document, ...], namespace: str) -> Iterator[tuple[int, Path, Sentence]]:
    """The problems of all documents with the index of each; the same object twice is one too."""
    seen: set[tuple[Any, ...]] = set()
    for index, document in enumerate(documents):
        for path, sentence in problems(document, namespace):
            yield index, path, sentence
        metadata = document.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if not isinstance(name, str) or not name:
            continue
        if (document.get("kind"), name) in seen:
            template = gettext_noop("%(kind)s %(name)s stands here twice.")
            yield index, ("metadata", "name"), Sentence(template, kind=document.get("kind"), name=name)
        seen.add((str(document.get("kind")), name))


def _kind(document: Document) -> Iterator[Problem]:
    kind, version = document.get("kind"), document.get("apiVersion")
    if not isinstance(kind, str) or kind not in ALLOWED_KINDS:
        place: Path = ("kind",) if "kind" in document else ()
        template = gettext_noop("%(kind)s cannot be created here. Allowed are %(allowed)s.")
        named = kind if isinstance(kind, str) and kind else gettext_noop("A document without a kind")
        yield place, Sentence(template, kind=named, allowed=", ".join(ALLOWED_KINDS))
    elif version not in ALLOWED_KINDS[kind]:
        place = ("apiVersion",) if "apiVersion" in document else ()
        template = gettext_noop("A %(kind)s has apiVersion %(version)s.")
        yield place, Sentence(template, kind=kind, version=" or ".join(ALLOWED_KINDS[kind]))


def _metadata(metadata: dict[str, Any], namespace: str) -> Iterator[Problem]:
    for key, template in SERVER_SET.items():
        if metadata.get(key):
            yield ("metadata", key), Sentence(template)
    if not isinstance(metadata.get("name"), str) or not metadata["name"]:
        place: Path = ("metadata", "name") if "name" in metadata else ("metadata",)
        yield place, Sentence(gettext_noop("A name is needed."))
    other = metadata.get("namespace")
    if other not in (None, "", namespace):
        template = gettext_noop("This project is namespace %(namespace)s; another one cannot be written to from here.")
        yield ("metadata", "namespace"), Sentence(template, namespace=namespace)
