"""What becomes of the pods of a workload whose template changes, and of its Services when it has none any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext, ngettext


def replaced(kind: str, update: Mapping[str, Any], count: int) -> str:
    """How its pods are replaced. `update`: its update strategy; `count`: how many pods it has."""
    strategy = str(update.get("type") or "")
    if strategy == "OnDelete":
        return gettext("Its pods keep running until they are deleted: its update strategy is On delete.")
    if strategy == "Recreate":
        text = ngettext(
            "1 pod is stopped, then a new one starts: there is an interruption.",
            "All %(count)s pods are stopped, then new ones start: there is an interruption.",
            count,
        )
    elif kind == "Deployment":
        text = ngettext(
            "1 pod is replaced.",
            "%(count)s pods are replaced, at most %(most)s at a time.",
            count,
        )
    else:
        text = ngettext("1 pod is deleted and created again.", "%(count)s pods are replaced one at a time.", count)
    # How many start or are missing at a time: a share of the extra ones is rounded up, of the missing ones down, as the
    # controller of a Deployment does.
    extra, missing = ((update.get("rollingUpdate") or {}).get(key, "25%") for key in ("maxSurge", "maxUnavailable"))
    at_once = max(1, _share(extra, count, up=True) + _share(missing, count, up=False))
    return text % {"count": count, "most": min(count, at_once)}


def _share(value: Any, count: int, *, up: bool) -> int:
    """A number of pods, or a share of them such as "25%"."""
    text = str(value)
    number = text.removesuffix("%")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return 0
    return (int(number) * count + (99 if up else 0)) // 100 if text.endswith("%") else int(number)


def emptied(services: Sequence[str]) -> str:
    """What callers lose when nothing of it runs any more; empty where no Service selects its pods."""
    text = ngettext(
        "Service %(names)s will have no endpoints from it: callers fail unless other pods answer.",
        "Services %(names)s will have no endpoints from it: callers fail unless other pods answer.",
        len(services),
    )
    return text % {"names": ", ".join(services)} if services else ""
