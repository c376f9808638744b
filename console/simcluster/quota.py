"""ResourceQuota: counts objects and adds up requests; refuses what goes beyond."""

from __future__ import annotations

from .catalog import KINDS, POD, PVC, RESOURCE_QUOTA, SERVICE, Kind
from .errors import forbidden
from .objects import Obj, Store

_SUMS = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory")


def charge(store: Store, kind: Kind, body: Obj, old: Obj | None) -> None:
    """Raises Forbidden when a quota of the namespace leaves no room."""


def usage(store: Store, namespace: str) -> dict[str, str]:
    """What a namespace uses."""
    return {}
