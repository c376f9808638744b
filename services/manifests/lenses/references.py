"""Documents beside the Service and its workload that name one of them: they follow when it gets another name."""

from __future__ import annotations

from typing import Any

from services.manifests.bundle import Bundle, Document, kind_of, name_of
from services.manifests.lenses.parts import get, replace


def follow(bundle: Bundle, old: Bundle) -> Bundle:
    """``bundle`` with autoscalers and Ingresses that name what had another name in ``old`` naming it anew."""
    service = (name_of(old.service), name_of(bundle.service))
    workload = (name_of(old.workload), name_of(bundle.workload))
    documents = bundle.documents
    if service[0] and service[1] and service[0] != service[1]:
        documents = tuple(_ingress(one, *service) if kind_of(one) == "Ingress" else one for one in documents)
    if workload[0] and workload[1] and workload[0] != workload[1]:
        kind = kind_of(bundle.workload)
        documents = tuple(_scaler(one, kind, *workload) for one in documents)
    return bundle if documents == bundle.documents else Bundle(documents)


def _scaler(document: Document, kind: str, old: str, new: str) -> Document:
    place = ("spec", "scaleTargetRef")
    target = get(document, place)
    if kind_of(document) != "HorizontalPodAutoscaler" or not isinstance(target, dict):
        return document
    if (target.get("kind"), target.get("name")) != (kind, old):
        return document
    changed: Document = replace(document, (*place, "name"), new)
    return changed


def _ingress(document: Document, old: str, new: str) -> Document:
    spec = get(document, ("spec",))
    if not isinstance(spec, dict):
        return document
    spec = {key: _backend(value, old, new) if key == "defaultBackend" else value for key, value in spec.items()}
    if isinstance(spec.get("rules"), list):
        spec["rules"] = [_rule(rule, old, new) for rule in spec["rules"]]
    return {**document, "spec": spec}


def _rule(rule: Any, old: str, new: str) -> Any:
    paths = get(rule, ("http", "paths"))
    if not isinstance(paths, list):
        return rule
    return replace(rule, ("http", "paths"), [_path(path, old, new) for path in paths])


def _path(path: Any, old: str, new: str) -> Any:
    backend = get(path, ("backend",))
    return replace(path, ("backend",), _backend(backend, old, new)) if isinstance(backend, dict) else path


def _backend(backend: Any, old: str, new: str) -> Any:
    name = ("service", "name")
    return replace(backend, name, new) if get(backend, name) == old else backend
