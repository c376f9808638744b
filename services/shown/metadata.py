"""The tab Metadata: labels and annotations, and who set each, as the object itself tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from console.kube.visible import visible

LONG = 160


@dataclass(frozen=True, slots=True)
class Pair:
    """A label or annotation; `setter`: the field manager that owns it, or nothing."""

    key: str
    value: str
    setter: str

    @property
    def long(self) -> bool:
        """Too long for a cell of a table; shown folded."""
        return len(self.value) > LONG or "\n" in self.value


@dataclass(frozen=True, slots=True)
class Metadata:
    """All pairs, sorted by key."""

    labels: tuple[Pair, ...]
    annotations: tuple[Pair, ...]

    @property
    def setters(self) -> bool:
        """Whether the object tells who set anything."""
        return any(pair.setter for pair in (*self.labels, *self.annotations))


def metadata(document: Mapping[str, Any]) -> Metadata:
    """From the object as the API gives it."""
    meta = document.get("metadata") or {}
    return Metadata(labels=_pairs(meta, "labels"), annotations=_pairs(meta, "annotations"))


def _pairs(meta: Mapping[str, Any], field: str) -> tuple[Pair, ...]:
    setters: dict[str, str] = {}  # a later manager of the same key wins
    release = str((meta.get("annotations") or {}).get("meta.helm.sh/release-name", ""))
    helm = gettext("Helm, release %(name)s") % {"name": release} if release else "Helm"
    programs = {"helm": helm, "berth": "Berth"}
    for entry in meta.get("managedFields") or ():
        owned = ((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get(f"f:{field}") or {}
        manager = str(entry.get("manager", ""))
        setters |= {key.removeprefix("f:"): programs.get(manager, manager) for key in owned if key.startswith("f:")}
    values = meta.get(field) or {}
    return tuple(
        Pair(visible(str(key)), visible(str(value)), visible(setters.get(str(key), "")))
        for key, value in sorted(values.items())
    )
