"""Quantities as numbers."""

from __future__ import annotations

from typing import Any

_POWERS = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}


def quantity(value: Any) -> float:
    """`1500m` is 1.5, `1Gi` is 2**30."""
    text = str(value)
    for powers, ending in ((_BINARY, text[-2:]), (_POWERS, text[-1:])):
        if ending in powers:
            return float(text[: -len(ending)] or 0) * powers[ending]
    return float(text or 0)


def shown(number: float, like: str = "") -> str:
    """A number as a quantity: whole when it can be, in milli otherwise."""
    if "memory" in like or "storage" in like:
        for ending, size in reversed(list(_BINARY.items())):
            if number and number % size == 0:
                return f"{int(number // size)}{ending}"
    return str(int(number)) if number == int(number) else f"{round(number * 1000)}m"
