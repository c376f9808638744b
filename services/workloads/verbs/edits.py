"""What a person may change of a workload with one step, each as a function from the stored object to the wanted one.

Each is told what the person saw (`seen`). Where what is stored is neither that nor what is wanted, somebody else was
there, and `Clash` says what is so now; all other fields may have changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from services.manifests.tree import MISSING, get, replace

Document = dict[str, Any]
RESTARTED = ("spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt")


class Clash(Exception):
    """Somebody else changed the very same: `path` of the field, and what is stored there `now`."""

    def __init__(self, path: str, now: Any) -> None:
        super().__init__(f"{path} is {now!r} by now")
        self.path = path
        self.now = now


class Impossible(Exception):
    """The workload is in no state for it; `reason` is a key that the view has words for."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def replicas_of(document: Mapping[str, Any]) -> int:
    """How many pods it shall have; 1 where it does not say."""
    wanted = (document.get("spec") or {}).get("replicas")
    return 1 if wanted is None else int(wanted)


def scale(stored: Document, *, replicas: int, seen: int) -> Document:
    """So many replicas."""
    now = replicas_of(stored)
    if now not in (seen, replicas):
        raise Clash("spec.replicas", now)
    return _with(stored, ("spec", "replicas"), replicas)


def restart(stored: Document, *, at: str, seen: str) -> Document:
    """A new set of pods from the same template; `at`: RFC 3339, as kubectl writes it."""
    if is_paused(stored):
        raise Impossible("paused")
    now = restarted_at(stored)
    if now not in (seen, at):
        raise Clash("spec.template.metadata.annotations", now)
    return _with(stored, RESTARTED, at)


def restarted_at(document: Mapping[str, Any]) -> str:
    """When it was restarted last, as it is written there."""
    return str(get(dict(document), RESTARTED) or "")


def is_paused(document: Mapping[str, Any]) -> bool:
    """Whether its rollout is paused (a Deployment's only)."""
    return bool((document.get("spec") or {}).get("paused"))


def _with(stored: Document, path: tuple[str, ...], value: Any) -> Document:
    if get(stored, path) == value and value is not MISSING:
        return stored
    changed: Document = replace(deepcopy(stored), path, value)
    return changed
