"""Deleting many rows without holding up the others: some at a time, each time in a transaction of its own."""

from typing import Any

from django.db.models import QuerySet

AT_ONCE = 500


def delete(rows: "QuerySet[Any]", at_once: int = AT_ONCE) -> int:
    """Delete the rows that fit, as they are when their turn comes. How many went; others may delete them, too."""
    gone = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:at_once]):
        gone += rows.filter(pk__in=keys).delete()[0]
        if len(keys) < at_once:
            break
    return gone
