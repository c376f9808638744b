"""What the API server checks, in its words."""

from __future__ import annotations

from .catalog import Kind
from .errors import Cause
from .objects import Obj


def structure(kind: Kind, body: Obj) -> None:
    """Raises Invalid where a binding lacks what its check needs."""


def check(kind: Kind, body: Obj, old: Obj | None) -> list[Cause]:
    """Everything that is wrong with an object."""
    return []
