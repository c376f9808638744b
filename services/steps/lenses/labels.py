"""Labels and the four places that must agree on them, plus the Service's selector."""

from typing import Any

from services.manifests.bundle import Bundle, Document
from services.manifests.tree import MISSING, get, replace
from services.steps.lenses.scheduling import with_pod_labels

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
        for place in (OBJECT, MATCH):
            workload = _at(workload, place, old, new)
        labels = labels_of(workload, TEMPLATE)
        wanted = changed(labels, old, new)
        bundle = bundle.with_workload(workload if wanted == labels else with_pod_labels(workload, wanted or MISSING))
    if service is not None:
        service = _at(service, OBJECT, old, new)
        if workload is not None:
            selected = labels_of(service, SELECTOR)
            shared = {key: value for key, value in new.items() if key != "version" or key in selected}
            service = _at(service, SELECTOR, old, shared)
        bundle = bundle.with_service(service)
    return bundle


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


def _at(document: Document, place: tuple[str, ...], old: Labels, new: Labels) -> Document:
    labels = labels_of(document, place)
    wanted = changed(labels, old, new)
    changed_document: Document = document if wanted == labels else replace(document, place, wanted or MISSING)
    return changed_document
