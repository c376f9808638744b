"""ResourceQuota: counts objects and adds up requests; refuses what goes beyond."""

from __future__ import annotations

from .catalog import Kind
from .objects import Obj, Store


def charge(store: Store, kind: Kind, body: Obj, old: Obj | None) -> None:
    """Raises Forbidden when a quota of the namespace leaves no room."""
