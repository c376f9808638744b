"""Labels and the four places that must agree on them, plus the Service's selector."""

from __future__ import annotations

from typing import Any

from services.manifests.bundle import Bundle, Document
from services.manifests.tree import MISSING, get, replace
from services.steps.lenses import scheduling

OBJECT = ("metadata", "labels")
MATCH = ("spec", "selector", "matchLabels")
TEMPLATE = ("spec", "template", "metadata", "labels")
SELECTOR = ("spec", "selector")

Labels = dict[str, Any]


def labels_of(document: Document | None, place: tuple[str, ...] = OBJECT) -> Labels:
    """The map at ``place``; empty where there is none."""
    labels = get(document, place)
    return labels if isinstance(labels, dict) else {}


def relabelled(bundle: Bundle, old: Labels, new: Labels) -> Bundle:
    """The bundle with labels changed from ``old`` to ``new`` everywhere they stood as in ``old``; new keys everywhere
    (``version`` not in the Service's selector, so that versions side by side share its requests). What deviates
    stays as it is."""
    workload, service = bundle.workload, bundle.service
    if workload is not None:
        bundle = bundle.with_workload(_workload(workload, old, new))
    if service is not None:
        bundle = bundle.with_service(_service(service, old, new, selects=workload is not None))
    return bundle


def _workload(workload: Document, old: Labels, new: Labels) -> Document:
    for place in (OBJECT, MATCH):
        workload = _at(workload, place, changed(labels_of(workload, place), old, new))
    labels = labels_of(workload, TEMPLATE)
    wanted = changed(labels, old, new)
    if wanted == labels:
        return workload
    template = scheduling.with_labels(get(workload, ("spec", "template")), wanted or MISSING)
    return _replaced(workload, ("spec", "template"), template)


def _service(service: Document, old: Labels, new: Labels, *, selects: bool) -> Document:
    service = _at(service, OBJECT, changed(labels_of(service, OBJECT), old, new))
    if not selects:
        return service
    without = {key: value for key, value in new.items() if key != "version" or key in labels_of(service, SELECTOR)}
    return _at(service, SELECTOR, changed(labels_of(service, SELECTOR), old, without))


def changed(labels: Labels, old: Labels, new: Labels) -> Labels:
    """``labels`` with the difference between ``old`` and ``new`` applied where they agree with ``old``."""
    result = dict(labels)
    for key, value in new.items():
        if key not in old or (old[key] != value and labels.get(key, MISSING) == old[key]):
            result[key] = value
    for key, value in old.items():
        if key not in new and labels.get(key, MISSING) == value:
            del result[key]
    return result


def _replaced(document: Document, place: tuple[str, ...], new: Any) -> Document:
    changed_document: Document = replace(document, place, new)
    return changed_document


def _at(document: Document, place: tuple[str, ...], labels: Labels) -> Document:
    if labels == labels_of(document, place):
        return document
    return _replaced(document, place, labels or MISSING)
