"""What becomes of the pods of a workload whose template changes, and of its Services when it has none any more."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext, ngettext


def replaced(kind: str, strategy: str, count: int) -> str:
    """How its pods are replaced. `strategy`: the type of its update strategy; `count`: how many pods it has."""
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
            "1 pod is replaced, as the update strategy allows.",
            "%(count)s pods are replaced a few at a time, as the update strategy allows.",
            count,
        )
    else:
        text = ngettext("1 pod is deleted and created again.", "%(count)s pods are replaced one at a time.", count)
    return text % {"count": count}


def emptied(services: Sequence[str]) -> str:
    """What callers lose when nothing of it runs any more; empty where no Service selects its pods."""
    text = ngettext(
        "Service %(names)s will have no endpoints from it: callers fail unless other pods answer.",
        "Services %(names)s will have no endpoints from it: callers fail unless other pods answer.",
        len(services),
    )
    return text % {"names": ", ".join(services)} if services else ""
