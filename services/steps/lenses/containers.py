"""All containers of a pod as one list of rows: workers first, then init containers."""

from __future__ import annotations

from typing import Any

from services.manifests.tree import MISSING, replace
from services.steps.lenses.container import container, entries_of, with_zone_volume, zone_of
from services.steps.lenses.parts import Entry, Found, Part, Path, joined
from services.steps.lenses.rows import Row, Rows, match

WORKER, INIT = "worker", "init"
_LISTS = ((WORKER, "containers"), (INIT, "initContainers"))


class Containers(Part):
    """Works on the pod spec, because time zones need volumes beside the containers."""

    def read(self, node: Any) -> list[Row]:
        rows = Rows(container(zone_of(node)))
        return [{**row, "type": kind} for kind, key in _LISTS for row in map(rows.read_row, entries_of(node, key))]

    def put(self, node: Any, value: Any) -> Any:
        zone = zone_of(node)
        rows = Rows(container(zone))
        old_rows = self.read(node)
        old = [entry for _kind, key in _LISTS for entry in entries_of(node, key)]
        wanted = [row for row in value if _without_type(row) != rows.blank_row]
        merged: dict[str, list[Any]] = {WORKER: [], INIT: []}
        for row, index in zip(wanted, match(old_rows, wanted, ("name",)), strict=True):
            entry = rows.write_row(MISSING if index is None else old[index], _without_type(row))
            if entry is not MISSING:
                merged[INIT if row["type"] == INIT else WORKER].append(entry)
        for kind, key in _LISTS:
            node = _replaced(node, key, merged[kind])
        had = any(row["host_timezone"] for row in old_rows)
        return with_zone_volume(node, zone, wanted=any(row["host_timezone"] for row in wanted), had=had)

    def entries(self) -> list[Entry]:
        rows = Rows(container(zone_of(MISSING)))  # a time zone's volumes do not matter for what is unseen
        return [((key,), rows) for _kind, key in _LISTS]

    def locate(self, path: Path, node: Any = MISSING) -> Found | None:
        for kind, key in _LISTS:
            if path and path[0] == key:
                return self._locate(path, node, len(entries_of(node, "containers")) if kind == INIT else 0)
        return None

    def _locate(self, path: Path, node: Any, offset: int) -> Found:
        if len(path) < 2 or not isinstance(path[1], int):
            return (1, "")
        entries = entries_of(node, str(path[0]))
        entry = entries[path[1]] if path[1] < len(entries) else MISSING
        location = container(zone_of(node)).locate(path[2:], entry) or (0, "")
        return (2 + location[0], joined(str(path[1] + offset), location[1]))


def _without_type(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "type"}


def _replaced(node: Any, key: str, entries: list[Any]) -> Any:
    if entries == entries_of(node, key):
        return node
    return replace(node, (key,), entries or ([] if key == "containers" else MISSING))
