"""Text from the YAML editor or a file: read, and held against what may be made here."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from services.forms.inputs import said
from services.manifests import yamlio
from services.manifests.bundle import Document

MOST_BYTES = 1_000_000
ALLOWED = {
    "Service": "v1",
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "ConfigMap": "v1",
    "PersistentVolumeClaim": "v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "Ingress": "networking.k8s.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
}
# What the cluster fills in: sent along, it would be ignored or would tie the new object to an old one.
_OF_THE_CLUSTER = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "ownerReferences")


@dataclass(frozen=True, slots=True)
class Wrong:
    """A problem at a place of the text, both 1-based; 0 where there is no place."""

    line: int
    column: int
    sentence: str


def uploaded(text: str, file: UploadedFile | None) -> tuple[str, tuple[Wrong, ...]]:
    """The text of the editor, or of the file that takes its place."""
    if file is None:
        return text.replace("\r\n", "\n"), ()
    if (file.size or 0) > MOST_BYTES:
        return text, (Wrong(0, 0, _("The file is larger than 1 MB.")),)
    try:
        return file.read().decode("utf-8-sig").replace("\r\n", "\n"), ()
    except UnicodeDecodeError:
        return text, (Wrong(0, 0, _("The file is not text in UTF-8.")),)


def check(text: str, namespace: str) -> tuple[tuple[Document, ...], tuple[Wrong, ...]]:
    """The documents, or what is wrong with them."""
    try:
        source = yamlio.Source(text)
    except yamlio.YamlProblem as problem:
        return (), (Wrong(problem.line, problem.column, said(problem.message)),)
    wrong: list[Wrong] = []
    for index, document in enumerate(source.documents):
        for path, sentence in _complaints(document, namespace):
            line, column = source.position(index, path)
            wrong.append(Wrong(line, column, sentence))
    if not source.documents:
        wrong.append(Wrong(1, 1, _("There is no document in this text.")))
    return source.documents, tuple(wrong)


def _complaints(document: Document, namespace: str) -> Iterator[tuple[tuple[str, ...], str]]:
    kind, version = document.get("kind"), document.get("apiVersion")
    if not isinstance(kind, str) or kind not in ALLOWED:
        what = {"kind": kind if isinstance(kind, str) else _("without a kind"), "kinds": ", ".join(ALLOWED)}
        yield ("kind",), _("%(kind)s cannot be made here, only %(kinds)s.") % what
        return
    if version != ALLOWED[kind]:
        yield (
            ("apiVersion",),
            _("%(kind)s is made with apiVersion %(version)s.") % {"kind": kind, "version": ALLOWED[kind]},
        )
    if "status" in document:
        yield ("status",), _("status is what the cluster says about an object; take it out.")
    yield from _in_metadata(document.get("metadata"), namespace)


def _in_metadata(metadata: Any, namespace: str) -> Iterator[tuple[tuple[str, ...], str]]:
    if not isinstance(metadata, dict):
        yield ("metadata",), _("metadata with a name is needed.")
        return
    if metadata.get("namespace") not in (None, namespace):
        what = {"other": metadata.get("namespace"), "project": namespace}
        yield ("metadata", "namespace"), _("This is for namespace %(other)s; here only %(project)s is possible.") % what
    if "generateName" in metadata:
        yield ("metadata", "generateName"), _("A name that the cluster makes up cannot be followed; give it a name.")
    for key in _OF_THE_CLUSTER:
        if key in metadata:
            yield ("metadata", key), _("%(key)s is set by the cluster; take it out.") % {"key": key}
