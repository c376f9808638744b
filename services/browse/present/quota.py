"""What the quotas of a project allow together, and how much of it is in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from services.manifests.quantities import parse_quantity

# In this order; what else a quota counts comes after them under its own name.
_WORDS = {
    "requests.cpu": _("CPU"),
    "limits.cpu": _("CPU limits"),
    "requests.memory": _("Memory"),
    "limits.memory": _("Memory limits"),
    "pods": _("Pods"),
    "services": _("Services"),
    "services.nodeports": _("Node ports"),
    "services.loadbalancers": _("Load balancers"),
    "persistentvolumeclaims": _("Claims"),
    "requests.storage": _("Storage"),
}
_SAME = {"cpu": "requests.cpu", "memory": "requests.memory"}  # another name of it
_UNITS = ((1024**4, "Ti"), (1024**3, "Gi"), (1024**2, "Mi"))
_WIDTH = 52  # of the meter, inside


@dataclass(frozen=True, slots=True)
class Line:
    """One limit. `said`: "9.9 of 16 Gi"; `width`: of the meter's filling; `full`: nothing more fits."""

    word: str
    said: str
    width: int
    full: bool


def lines(quotas: Iterable[Mapping[str, Any]]) -> tuple[Line, ...]:
    """Of each limit the tightest, of quotas that are for all pods."""
    tightest: dict[str, tuple[Fraction, Fraction]] = {}
    for key, used, hard in _limits(quotas):
        if key not in tightest or hard - used < tightest[key][1] - tightest[key][0]:
            tightest[key] = used, hard
    known = [key for key in _WORDS if key in tightest]
    return tuple(_line(key, *tightest[key]) for key in [*known, *sorted(tightest.keys() - _WORDS.keys())])


def is_for_some(quota: Mapping[str, Any]) -> bool:
    """Whether it counts some pods only: of a priority, or that end by themselves."""
    spec = quota.get("spec") or {}
    return bool(spec.get("scopes") or spec.get("scopeSelector"))


def _limits(quotas: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Fraction, Fraction]]:
    for quota in quotas:
        if is_for_some(quota):
            continue
        status = quota.get("status") or {}
        for key, value in (status.get("hard") or {}).items():
            hard, used = parse_quantity(str(value)), parse_quantity(str((status.get("used") or {}).get(key, "0")))
            if hard is not None and used is not None:
                yield _SAME.get(key, key), used, hard


def _line(key: str, used: Fraction, hard: Fraction) -> Line:
    size, unit = 1, gettext("cores") if key.endswith("cpu") else ""
    if key.endswith(("memory", "storage")):
        size, unit = next((pair for pair in _UNITS if hard >= pair[0]), _UNITS[-1])
    usage = gettext("%(used)s of %(hard)s") % {"used": _number(used / size), "hard": _number(hard / size)}
    share = min(Fraction(1), used / hard) if hard else Fraction(1)
    return Line(str(_WORDS.get(key, key)), f"{usage} {unit}".strip(), round(_WIDTH * share), used >= hard)


def _number(number: Fraction) -> str:
    """ "1,500", "9.9", "0.05"."""
    text = f"{float(number):,.{1 if number >= 1 else 2}f}"
    return text.rstrip("0").rstrip(".")
