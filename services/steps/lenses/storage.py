"""Storage Settings: volumes, claim templates, and where the containers mount them."""

from typing import Any

from services.manifests import names, quantities
from services.manifests.bundle import Bundle, kind_of
from services.manifests.sentences import gettext_noop as _
from services.manifests.tree import MISSING, get, replace
from services.steps.lenses import field, mounts
from services.steps.lenses.container import entries_of
from services.steps.lenses.lens import NEW_WORKLOAD, Note, Values, notes
from services.steps.lenses.parts import At, Path, Record, joined
from services.steps.lenses.rows import Row, Rows, from_keep, match, to_keep
from services.steps.lenses.variant import OTHER, Variant

BROKEN = "broken"
_POD = ("spec", "template", "spec")
_TEMPLATES = ("spec", "volumeClaimTemplates")

ITEMS = Rows(
    Record(
        key=field.text("key", _("Key"), names.config_key),
        path=field.text("path", _("File, below the mount path"), names.key_path),
    ),
    identity=("key",),
)
MEDIA = [("", _("Node disk")), ("Memory", _("Memory"))]
HOST_TYPES = [
    ("DirectoryOrCreate", _("Directory, created if missing")),
    ("Directory", _("Existing directory")),
    ("FileOrCreate", _("File, created if missing")),
    ("File", _("Existing file")),
    ("Socket", _("Socket")),
    ("CharDevice", _("Character device")),
    ("BlockDevice", _("Block device")),
    ("", _("Any, not checked")),
]
MODES = [
    ("ReadWriteOnce", _("One node at a time can write: right for a database.")),
    ("ReadWriteOncePod", _("One pod at a time, even on the same node.")),
    ("ReadOnlyMany", _("Many nodes, none can write.")),
    ("ReadWriteMany", _("Many nodes can write.")),
]


def _object(path: str) -> field.Field:
    return field.text(path, _("Object"), names.object_name)


def _keys_of(name: str) -> Record:
    return Record(object=_object(name), items=At("items", ITEMS))


_SIZE_LIMIT = field.amount(
    "sizeLimit",
    _("Size limit"),
    quantities.memory,
    optional=True,
    units=("Mi", "Gi"),
    help=_("A pod that writes more is evicted."),
)
SOURCES = Variant(
    "kind",
    {
        "claim": ("persistentVolumeClaim", Record(object=_object("claimName"))),
        "empty": (
            "emptyDir",
            Record(
                medium=field.choice(
                    "medium", _("Medium"), MEDIA, help=_("Memory counts against the memory limit of the container.")
                ),
                size=_SIZE_LIMIT,
            ),
        ),
        "host": (
            "hostPath",
            Record(
                path=field.text("path", _("Path on the node"), names.host_path),
                host_type=field.choice("type", _("Type"), HOST_TYPES),
            ),
        ),
        "configmap": ("configMap", _keys_of("name")),
        "secret": ("secret", _keys_of("secretName")),
    },
    beside=frozenset({"name"}),
)
VOLUME = Record(SOURCES, name=field.text("name", _("Name"), names.volume_name, most=63))
TEMPLATE = Record(
    name=field.text(
        "metadata.name",
        _("Name prefix"),
        names.volume_name,
        required=True,
        most=63,
        missing=_("Enter a prefix for the names of the claims."),
        help=_("The name of each claim begins with it."),
    ),
    storage_class=field.text(
        "spec.storageClassName",
        _("Storage class"),
        names.object_name,
        optional=True,
        help=_("Empty uses the default of the cluster."),
    ),
    access_modes=field.several("spec.accessModes", _("Access modes"), [(mode, mode, means) for mode, means in MODES]),
    size=field.amount(
        "spec.resources.requests.storage",
        _("Capacity per pod"),
        quantities.size,
        required=True,
        missing=_("Enter a size, such as 10Gi."),
        units=("Gi", "Mi"),
    ),
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

    def read(self, bundle: Bundle) -> Values:
        workload = bundle.workload or NEW_WORKLOAD
        mount_rows = mounts.rows_by_volume(get(workload, _POD))
        values: Values = {}
        for key, place, rows in _lists(workload):
            values[key] = [
                {**row, "mounts": mount_rows.pop(row["name"], []) if row["name"] else []}
                for row in (rows.read(get(workload, place)))
            ]
        return {"volumes": [], "templates": [], **values}

    def write(self, bundle: Bundle, values: Values) -> Bundle:
        old = self.read(bundle)
        if values == old:
            return bundle
        workload = bundle.workload or NEW_WORKLOAD
        moves: list[tuple[str | None, Row]] = []
        for key, place, rows in _lists(workload):
            workload, moved = _listed(workload, place, rows, old[key], values[key])
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
        shown = {row["name"] for key in ("volumes", "templates") for row in values[key] if row["name"]}
        paths += [(*_POD, *path) for path in mounts.unseen_mounts(get(workload, _POD), shown)]
        return notes(kind_of(workload), paths)

    def field_for(self, kind: str, path: Path, bundle: Bundle) -> tuple[int, str] | None:
        workload = bundle.workload or NEW_WORKLOAD
        if kind != kind_of(workload):
            return None
        if "volumeMounts" in path and path[:3] == _POD:
            values, pod = self.read(bundle), get(bundle.workload, _POD)
            for key in ("volumes", "templates"):
                name = mounts.mount_name(pod, path[3:], [row["name"] for row in values[key]])
                if name is not None:
                    return (len(path), f"{key}-{name}")
            return (3, "volumes")
        for key, place, rows in _lists(workload):
            if path[: len(place)] == place:
                location = rows.locate(path[len(place) :], get(workload, place)) or (0, "")
                return (len(place) + location[0], joined(key, location[1]))
        return None


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
