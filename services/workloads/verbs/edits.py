"""What a person may change of a workload with one step, each as a function from the stored object to the wanted one.

Each is told what the person saw (`seen`). Where what is stored is neither that nor what is wanted, somebody else was
there, and `Clash` says what is so now; all other fields may have changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from services.manifests.paths import EntryKey, Path, format_path
from services.manifests.tree import MISSING, get, replace

Document = dict[str, Any]
CAUSE = ("metadata", "annotations", "kubernetes.io/change-cause")
RESTARTED = ("spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt")


class Clash(Exception):
    """Somebody else changed the very same: `path` of the field (empty: any of several), and what is stored `now`."""

    def __init__(self, path: Path, now: Any) -> None:
        super().__init__(f"{format_path(path)} is {now!r} by now")
        self.path = path
        self.now = now


class Impossible(Exception):
    """The workload is in no state for it; `reason` is a key that the view has words for."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def scale(stored: Document, *, replicas: int, seen: int) -> Document:
    """So many replicas; it has 1 where it does not say."""
    wanted = (stored.get("spec") or {}).get("replicas")
    now = 1 if wanted is None else int(wanted)
    if now not in (seen, replicas):
        raise Clash(("spec", "replicas"), now)
    return _with(stored, ("spec", "replicas"), replicas)


def restart(stored: Document, *, at: str, seen: str) -> Document:
    """A new set of pods from the same template; `at`: RFC 3339, as kubectl writes it."""
    if is_paused(stored):
        raise Impossible("paused")
    now = str(get(stored, RESTARTED) or "")
    if now not in (seen, at):
        raise Clash(RESTARTED, now)
    return _with(stored, RESTARTED, at)


def pause(stored: Document, *, paused: bool) -> Document:
    """Pause the rollout of a Deployment, or let it go on. Who wants what is so already changes nothing."""
    return _with(stored, ("spec", "paused"), True if paused else MISSING)


def set_images(stored: Document, *, images: Mapping[str, str], seen: Mapping[str, str]) -> Document:
    """Images by the name of their container, init containers as well. Only what differs from `seen` is changed."""
    wanted = {name: image for name, image in images.items() if image != seen.get(name)}
    now = images_of(stored)
    if any(name not in now for name in wanted):
        raise Impossible("container")
    taken = {name: now[name] for name, image in wanted.items() if now[name] not in (seen.get(name), image)}
    if taken:
        among = stored["spec"]["template"]["spec"].get("containers") or ()
        first = next(iter(taken))
        where = "containers" if any(container.get("name") == first for container in among) else "initContainers"
        raise Clash(("spec", "template", "spec", where, EntryKey(first), "image"), taken)
    changed = deepcopy(stored)
    for container in _containers(changed):
        if container.get("name") in wanted:
            container["image"] = wanted[container["name"]]
    return changed


def images_of(document: Mapping[str, Any]) -> dict[str, str]:
    """The image of each container of the template."""
    return {str(container.get("name")): str(container.get("image") or "") for container in _containers(document)}


def _containers(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    pod = ((document.get("spec") or {}).get("template") or {}).get("spec") or {}
    return [*(pod.get("containers") or ()), *(pod.get("initContainers") or ())]


def roll_back(stored: Document, *, template: Mapping[str, Any], cause: str, seen: int) -> Document:
    """The pod template of another revision, with the cause that was noted for it. `seen`: the generation whose
    difference was looked at.
    """
    if is_paused(stored):
        raise Impossible("paused")
    wanted = _with(_with(stored, ("spec", "template"), deepcopy(dict(template))), CAUSE, cause or MISSING)
    now = int((stored.get("metadata") or {}).get("generation") or 0)
    if now != seen and wanted["spec"]["template"] != stored["spec"]["template"]:
        raise Clash((), now)
    return wanted


def is_paused(document: Mapping[str, Any]) -> bool:
    """Whether its rollout is paused (a Deployment's only)."""
    return bool((document.get("spec") or {}).get("paused"))


def _with(stored: Document, path: tuple[str, ...], value: Any) -> Document:
    if get(stored, path) == value:
        return stored
    changed: Document = replace(deepcopy(stored), path, value)
    return changed
