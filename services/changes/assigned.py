"""What the cluster picks anew at each request: a dry run names a node port or an address that the next request may not get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from django.utils.translation import gettext

from services.yaml_editor.stored import Document

_NUMBERS, _LISTS = ("healthCheckNodePort", "clusterIP"), ("clusterIPs",)


def announced(stored: Mapping[str, Any], sent: Mapping[str, Any], proposed: Document) -> Document:
    """The outcome of a dry run as it can be promised: what was neither sent nor stored before is only said to be chosen.

    `sent`: what the dry run was asked to store.
    """
    spec = proposed.get("spec")
    if proposed.get("kind") != "Service" or not isinstance(spec, dict):
        return proposed
    known = {*_values(stored), *_values(sent)}
    if not {*_values(proposed)} - known:
        return proposed
    said, words = deepcopy(proposed), gettext("chosen by the cluster on Apply")
    spec = said["spec"]
    for key in _NUMBERS:
        if key in spec and (key, spec[key]) not in known:
            spec[key] = words
    for key in _LISTS:
        if key in spec:
            spec[key] = [each if ("clusterIP", each) in known else words for each in spec[key]]
    for port in spec.get("ports") or ():
        if "nodePort" in port and ("nodePort", port["nodePort"]) not in known:
            port["nodePort"] = words
    return said


def _values(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The numbers and addresses of a Service, each with its field."""
    spec = document.get("spec") or {}
    yield from ((key, spec[key]) for key in _NUMBERS if spec.get(key))
    yield from (("clusterIP", each) for key in _LISTS for each in spec.get(key) or ())
    yield from (("nodePort", port["nodePort"]) for port in spec.get("ports") or () if port.get("nodePort"))
