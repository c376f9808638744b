"""What the cluster picks anew at each request: the node port of a dry run is not the one that the next request gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from django.utils.translation import gettext

from services.yaml_editor.stored import Document

_ADDRESS, _ADDRESSES, _HEALTH, _NODE = "clusterIP", "clusterIPs", "healthCheckNodePort", "nodePort"


def announced(stored: Mapping[str, Any], sent: Mapping[str, Any], proposed: Document) -> Document:
    """The outcome of a dry run as it can be promised: what was neither sent nor stored is only said to be chosen.

    `sent`: what the dry run was asked to store.
    """
    known = {*_values(stored), *_values(sent)}
    if proposed.get("kind") != "Service" or not {*_values(proposed)} - known:
        return proposed
    promised, words = deepcopy(proposed), gettext("chosen by the cluster on Apply")
    spec = promised["spec"]
    for holder, key in ((spec, _ADDRESS), (spec, _HEALTH), *((port, _NODE) for port in spec.get("ports") or ())):
        if holder.get(key) and (key, holder[key]) not in known:
            holder[key] = words
    if _ADDRESSES in spec:
        spec[_ADDRESSES] = [address if (_ADDRESS, address) in known else words for address in spec[_ADDRESSES]]
    return promised


def _values(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The numbers and addresses of a Service, each with its field."""
    spec = document.get("spec") or {}
    yield from ((key, spec[key]) for key in (_ADDRESS, _HEALTH) if spec.get(key))
    yield from ((_ADDRESS, address) for address in spec.get(_ADDRESSES) or ())
    yield from ((_NODE, port[_NODE]) for port in spec.get("ports") or () if port.get(_NODE))
