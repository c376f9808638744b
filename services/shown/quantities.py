"""Quantities of the cluster as pages write them: "0.1 to 0.5 cores", "256 Mi"."""

from __future__ import annotations

import re

from django.utils.translation import gettext

from services.manifests.quantities import parse_quantity

_CORES = "cores"
_UNIT = re.compile(r"(?<=\d)(?=[A-Za-z]+$)")


def cores(request: object, limit: object) -> str:
    """ "0.1 to 0.5 cores": request and limit."""
    return _range(_cores(request), _cores(limit))


def memory(request: object, limit: object) -> str:
    """ "256 to 512 Mi": request and limit."""
    return _range(_size(request), _size(limit))


def size_of(name: str, quantity: object) -> str:
    """ "0.1 cores", "256 Mi": a quantity of the resource of this name; anything else as it is written."""
    if name == "cpu":
        return _with_unit(*_cores(quantity))
    return _with_unit(*_size(quantity))


def _range(request: tuple[str, str], limit: tuple[str, str]) -> str:
    """ "0.1 to 0.5 cores": the request and the limit, the unit once where it is the same."""
    if request[0] and limit[0] and request != limit:
        low = request[0] if request[1] == limit[1] else _with_unit(*request)
        return gettext("%(low)s to %(high)s") % {"low": low, "high": _with_unit(*limit)}
    if limit[0]:
        return _with_unit(*limit) if request[0] else gettext("up to %(high)s") % {"high": _with_unit(*limit)}
    return gettext("%(low)s, no limit") % {"low": _with_unit(*request)} if request[0] else ""


def _with_unit(number: str, unit: str) -> str:
    if unit == _CORES and number == "1":
        return gettext("1 core")
    return f"{number} {gettext('cores') if unit == _CORES else unit}".strip()


def spaced(quantity: str) -> str:
    """ "10 Gi" of "10Gi"."""
    return _UNIT.sub(" ", quantity)


def in_cores(quantity: object) -> str:
    """ "0.1" of "100m"; what is no quantity as it is written."""
    return _cores(quantity)[0]


def _cores(quantity: object) -> tuple[str, str]:
    if quantity is None:
        return "", ""
    value = parse_quantity(str(quantity))
    if value is None:
        return str(quantity), ""
    return f"{float(value):.3f}".rstrip("0").rstrip(".") or "0", _CORES


def _size(quantity: object) -> tuple[str, str]:
    if quantity is None:
        return "", ""
    number, _, unit = spaced(str(quantity)).partition(" ")
    return number, unit
