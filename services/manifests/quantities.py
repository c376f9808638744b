"""Kubernetes quantities, exactly: ``100m``, ``0.5``, ``64Mi``, ``1e3``, ``12E``. No floating point."""

from __future__ import annotations

import math
import re
from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction

from services.manifests.sentences import Remark, Sentence, gettext_noop

_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?P<suffix>[numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?"
)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_MANY_CORES = 100
_LITTLE_MEMORY = 1024**2
_LONGEST_IN_MI = 5  # digits of a number that may have been meant in Mi
_MAX_EXPONENT = 100
_MAX_LENGTH = 64


def parse_quantity(text: str) -> Fraction | None:
    """The exact value of a quantity, ``None`` if it is none. (Kubernetes rounds up below 10^-9; so does this.)"""
    match = _QUANTITY.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    if match is None:
        return None
    number, suffix = Fraction(match["number"]), match["suffix"] or ""
    if suffix in _BINARY:
        value = number * 1024 ** _BINARY[suffix]
    elif suffix in _DECIMAL:
        value = number * Fraction(10) ** _DECIMAL[suffix]
    else:
        exponent = int(suffix[1:])
        if abs(exponent) > _MAX_EXPONENT:
            return None
        value = number * Fraction(10) ** exponent
    nanos = value * 10**9  # rounded away from zero to a whole number
    whole = -(-abs(nanos).numerator // nanos.denominator)
    return Fraction(whole if value >= 0 else -whole, 10**9)


def quantity(text: str) -> Sentence | None:
    """The rule for a quantity that may not be negative."""
    value = parse_quantity(text)
    if value is None:
        return Sentence(gettext_noop("Invalid quantity. Examples: 0.5, 100m, 256Mi, 10Gi, 1e3."))
    return Sentence(gettext_noop("It cannot be negative.")) if value < 0 else None


def size(text: str) -> Sentence | None:
    """The rule for a size: more than nothing."""
    if parse_quantity(text) == 0:
        return Sentence(gettext_noop("It must be more than 0."))
    return quantity(text)


def cpu(text: str) -> Sentence | None:
    """The rule for CPU: finer than a thousandth of a core is rounded up."""
    value = parse_quantity(text)
    fine = value is not None and value * 1000 % 1 != 0
    remark = Remark(gettext_noop("The smallest CPU quantity is 1m, a thousandth of a core.")) if fine else None
    return quantity(text) or cpu_slip(text) or remark


def cpu_slip(text: str) -> Sentence | None:
    """What is nearly always meant for thousandths of a core: ``M``; more cores than a machine has is remarked."""
    value = parse_quantity(text)
    if value is None or value < _MANY_CORES:
        return None
    if text.endswith("M"):
        return Sentence(gettext_noop("“M” means millions of cores here. Did you mean m?"))
    if text.isdecimal():
        return Remark(gettext_noop("%(text)s means %(text)s cores. Did you mean %(text)sm?"), text=text)
    return Remark(gettext_noop("%(text)s means %(cores)s cores."), text=text, cores=math.ceil(value))


def memory(text: str) -> Sentence | None:
    """The rule for memory: parts of a byte are rounded up."""
    wrong, value = quantity(text) or memory_slip(text), parse_quantity(text)
    if wrong or value is None or value % 1 == 0:
        return wrong
    template = gettext_noop("Memory is in whole bytes; this is %(bytes)s. The cluster accepts it with a warning.")
    return Remark(template, bytes=math.ceil(value))


def memory_slip(text: str) -> Sentence | None:
    """What is nearly always meant for Mi: ``m``; less than any program needs is remarked."""
    value = parse_quantity(text)
    if value is not None and text.endswith("m"):
        return Sentence(gettext_noop("“m” means thousandths of a byte here. Did you mean Mi?"))
    if value is None or not 0 < value < _LITTLE_MEMORY:
        return None
    if text.isdecimal() and len(text) <= _LONGEST_IN_MI:
        return Remark(gettext_noop("%(text)s means %(text)s bytes. Did you mean %(text)sMi?"), text=text)
    return Remark(gettext_noop("%(text)s means %(bytes)s bytes."), text=text, bytes=math.ceil(value))


def more_than(value: str, other: str) -> bool:
    """Whether ``value`` is more than ``other``; blank and unreadable values are left to their own rules."""
    left, right = parse_quantity(value), parse_quantity(other)
    return left is not None and right is not None and left > right


def canonical(value: Fraction, *, binary: bool = False) -> str:
    """A short quantity for an exact value: ``1500m``, ``2``, ``64Mi``."""
    if binary and value.denominator == 1 and value:
        for suffix in reversed(_BINARY):
            unit = 1024 ** _BINARY[suffix]
            if value % unit == 0:
                return f"{value // unit}{suffix}"
    if value.denominator == 1:
        return str(value.numerator)
    milli = value * 1000
    if milli.denominator == 1:
        return f"{milli.numerator}m"
    with localcontext() as context:
        context.prec = 60
        nanos = (Decimal(value.numerator) * 10**9 / value.denominator).to_integral_value(ROUND_CEILING)
    return f"{nanos}n"
