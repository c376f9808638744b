"""Storage Settings: volumes, claim templates, and where the containers mount them."""

from __future__ import annotations

from typing import Any

from services.manifests.bundle import Bundle, kind_of
from services.manifests.tree import MISSING, get, replace
from services.steps.lenses import mounts
from services.steps.lenses.container import entries_of
from services.steps.lenses.lens import Note, Values, notes
from services.steps.lenses.parts import Amount, At, Choices, Path, Record, Text, joined
from services.steps.lenses.pod import NEW_WORKLOAD
from services.steps.lenses.rows import Row, Rows, from_keep, match, to_keep
from services.steps.lenses.variant import OTHER, Variant

BROKEN = "broken"
_POD = ("spec", "template", "spec")
_TEMPLATES = ("spec", "volumeClaimTemplates")


def _keys_of(name: str) -> Record:
    items = Rows(Record(key=At("key", Text()), path=At("path", Text())), identity=("key",))
    return Record(object=At(name, Text()), items=At("items", items))


_SOURCES = Variant(
    "kind",
    {
        "claim": ("persistentVolumeClaim", Record(object=At("claimName", Text()))),
        "empty": ("emptyDir", Record(medium=At("medium", Text()), size=At("sizeLimit", Amount()))),
        "host": ("hostPath", Record(path=At("path", Text()), host_type=At("type", Text()))),
        "configmap": ("configMap", _keys_of("name")),
        "secret": ("secret", _keys_of("secretName")),
    },
    beside=frozenset({"name"}),
)
VOLUME = Record(_SOURCES, name=At("name", Text()))
TEMPLATE = Record(
    name=At("metadata.name", Text()),
    storage_class=At("spec.storageClassName", Text()),
    access_modes=At("spec.accessModes", Choices()),
    size=At("spec.resources.requests.storage", Amount()),
)


class _Volumes(Rows):
    """Volumes; a source that the form does not know is kept beside the name, so that its mounts can be edited."""

    def read_row(self, entry: Any) -> Row:
        if mounts.volume_of(entry) is None:
            return {**self.record.blank, "kind": BROKEN, "keep": to_keep(entry)}
        row = {**self.record.read(entry), "keep": ""}
        return {**row, "keep": to_keep(mounts.bare(entry))} if row["kind"] == OTHER else row

    def write_row(self, old: Any, row: Row) -> Any:
        if row["kind"] == BROKEN:
            return from_keep(row["keep"])
        if row["kind"] == OTHER:
            source = from_keep(row["keep"])
            return {"name": row["name"], **source} if isinstance(source, dict) else MISSING
        known = old is not MISSING and self.read_row(old)["kind"] not in (OTHER, BROKEN)
        return self.record.write(old if known else MISSING, {key: row[key] for key in self.record.blank})


class _Templates(Rows):
    def read_row(self, entry: Any) -> Row:
        row = super().read_row(entry)
        return row if row["keep"] or row["name"] else {**self.record.blank, "keep": to_keep(entry)}


_LISTS: tuple[tuple[str, tuple[str, ...], Rows], ...] = (
    ("volumes", (*_POD, "volumes"), _Volumes(VOLUME)),
    ("templates", _TEMPLATES, _Templates(TEMPLATE)),
)


class StorageLens:
    """Edits the volumes of the pod template, the claim templates of a StatefulSet and all mounts of both."""

    name = "storage"

    def read(self, bundle: Bundle) -> Values:
        workload = bundle.workload or NEW_WORKLOAD
        found = mounts.rows_by_volume(get(workload, _POD))
        values: Values = {}
        for field, place, rows in _lists(workload):
            values[field] = [
                {**row, "mounts": found.pop(row["name"], []) if row["name"] else []}
                for row in (rows.read(get(workload, place)))
            ]
        return {"volumes": [], "templates": [], **values}

    def write(self, bundle: Bundle, values: Values) -> Bundle:
        old = self.read(bundle)
        if values == old:
            return bundle
        workload = bundle.workload or NEW_WORKLOAD
        moves: list[tuple[str | None, Row]] = []
        for field, place, rows in _lists(workload):
            workload, moved = _listed(workload, place, rows, old[field], values[field])
            moves += moved
        pod = get(workload, _POD)
        written = mounts.remounted(pod, moves)
        return bundle.with_workload(workload if written is pod else replace(workload, _POD, written))

    def unseen(self, bundle: Bundle) -> tuple[Note, ...]:
        workload = bundle.workload
        if workload is None:
            return ()
        paths: list[Path] = []
        for _field, place, rows in _lists(workload):
            for index, entry in enumerate(entries_of(get(workload, place[:-1]), place[-1])):
                kept = rows.read_row(entry)["keep"]
                below = [()] if kept else list(rows.record.unseen(entry))
                paths += [(*place, index, *path) for path in below]
        values = self.read(bundle)
        shown = {row["name"] for field in ("volumes", "templates") for row in values[field] if row["name"]}
        paths += [(*_POD, *path) for path in mounts.unseen_mounts(get(workload, _POD), shown)]
        return notes(kind_of(workload), paths)

    def field_for(self, kind: str, path: Path, bundle: Bundle) -> tuple[int, str] | None:
        workload = bundle.workload or NEW_WORKLOAD
        if kind != kind_of(workload):
            return None
        if "volumeMounts" in path and path[:3] == _POD:
            return self._mount_field(path, bundle)
        for field, place, rows in _lists(workload):
            if path[: len(place)] == place:
                found = rows.locate(path[len(place) :], get(workload, place)) or (0, "")
                return (len(place) + found[0], joined(field, found[1]))
        return None

    def _mount_field(self, path: Path, bundle: Bundle) -> tuple[int, str]:
        values = self.read(bundle)
        pod = get(bundle.workload, _POD)
        for field in ("volumes", "templates"):
            name = mounts.mount_name(pod, path[3:], [row["name"] for row in values[field]])
            if name is not None:
                return (len(path), f"{field}-{name}")
        return (3, "volumes")


def _lists(workload: Any) -> tuple[tuple[str, tuple[str, ...], Rows], ...]:
    return _LISTS if kind_of(workload) == "StatefulSet" else _LISTS[:1]


def _listed(
    workload: Any, place: tuple[str, ...], rows: Rows, old: list[Row], new: list[Row]
) -> tuple[Any, list[tuple[str | None, Row]]]:
    """The workload with the list at ``place`` as the rows say, and which old name each row's mounts come from."""
    blank = {**rows.blank_row, "mounts": []}
    wanted = [row for row in new if row != blank]
    entries = entries_of(get(workload, place[:-1]), place[-1])
    matched = match(old, wanted, rows.identity)
    merged, moves = [], []
    gone = set(range(len(old)))
    for row, index in zip(wanted, matched, strict=True):
        bare_row = {key: value for key, value in row.items() if key != "mounts"}
        entry = rows.write_row(MISSING if index is None else entries[index], bare_row)
        if entry is not MISSING:
            merged.append(entry)
            gone.discard(-1 if index is None else index)
            moves.append((old[index]["name"] or None if index is not None else None, row))
    moves += [(old[index]["name"], {"name": "", "mounts": []}) for index in sorted(gone) if old[index]["name"]]
    shown = [(name, row) for name, row in moves if row["name"] or name]
    if to_keep(merged) != to_keep(entries):
        workload = replace(workload, place, merged or MISSING)
    return workload, shown
