"""Where the containers mount a volume: the mount rows of one volume, and a container's list put together again."""

from collections.abc import Iterator
from typing import Any

from services.manifests import names
from services.manifests.sentences import gettext_noop as _
from services.manifests.tree import MISSING, replace
from services.steps.lenses import field
from services.steps.lenses.container import entries_of
from services.steps.lenses.parts import At, Flag, Path, Record
from services.steps.lenses.rows import Row, Rows, to_keep

Spot = tuple[str, str, int]  # (name shown to the person, list in the pod spec, index there)

MOUNT = Rows(
    Record(
        path=field.text("mountPath", _("Path"), names.mount_path, placeholder=_("e.g. /data")),
        sub_path=field.text(
            "subPath", _("Subpath"), names.relative_path, optional=True, placeholder=_("e.g. data/2025")
        ),
        read_only=At("readOnly", Flag()),
    ),
    identity=("path",),
)
BLANK: Row = {"container": "", **MOUNT.blank_row}


def spots(pod_spec: Any) -> list[Spot]:
    """The containers, workers first; one without a name of its own is called by its place."""
    listed = [
        (entry.get("name") if isinstance(entry, dict) else None, key, index)
        for key in ("containers", "initContainers")
        for index, entry in enumerate(entries_of(pod_spec, key))
    ]
    names = [name for name, _key, _index in listed]
    return [
        (name if isinstance(name, str) and name and names.count(name) == 1 else f"{key}[{index}]", key, index)
        for name, key, index in listed
    ]


def mounts_at(pod_spec: Any, spot: Spot) -> list[Any]:
    """The container's volume mounts as they stand."""
    return entries_of(entries_of(pod_spec, spot[1])[spot[2]], "volumeMounts")


def volume_of(mount: Any) -> str | None:
    """The name of the volume that a mount is of."""
    name = mount.get("name") if isinstance(mount, dict) else None
    return name if isinstance(name, str) and name else None


def bare(mount: dict[str, Any]) -> dict[str, Any]:
    """The mount without its volume's name."""
    return {key: value for key, value in mount.items() if key != "name"}


def rows_by_volume(pod_spec: Any) -> dict[str, list[Row]]:
    """All mount rows of each volume, container by container."""
    rows: dict[str, list[Row]] = {}
    for spot in spots(pod_spec):
        for mount in mounts_at(pod_spec, spot):
            name = volume_of(mount)
            if name is not None:
                rows.setdefault(name, []).append({"container": spot[0], **MOUNT.read_row(bare(mount))})
    return rows


def remounted(pod_spec: Any, moves: list[tuple[str | None, Row]]) -> Any:
    """The pod spec with each container's mounts as the rows of ``moves`` say: pairs of a volume's old name (``None``:
    new) and its new row. Mounts of volumes that no row shows stay; mounts of volumes that went are removed by naming
    them with a row without mounts."""
    for spot in spots(pod_spec):
        old = mounts_at(pod_spec, spot)
        new = _list_for(spot, old, moves)
        if new != old or to_keep(new) != to_keep(old):
            entries = list(entries_of(pod_spec, spot[1]))
            entries[spot[2]] = replace(entries[spot[2]], ("volumeMounts",), new or MISSING)
            pod_spec = replace(pod_spec, (spot[1],), entries)
    return pod_spec


def _list_for(spot: Spot, old: list[Any], moves: list[tuple[str | None, Row]]) -> list[Any]:
    was = [name for name, _row in moves if name is not None]
    now = {row["name"] for _name, row in moves}
    ready: dict[int, list[Any]] = {}
    for position, (name, row) in enumerate(moves):
        own = [bare(mount) for mount in old if name is not None and volume_of(mount) == name]
        own_rows = [mount for mount in row["mounts"] if mount["container"] == spot[0] and mount != BLANK]
        rows = [{key: mount[key] for key in MOUNT.blank_row} for mount in own_rows]
        merged = [mount for mount in MOUNT.merge(own, rows) if isinstance(mount, dict)]
        ready[position] = [{"name": row["name"], **mount} for mount in merged]
    places = {name: position for position, (name, _row) in enumerate(moves) if name is not None}
    result = []
    for mount in old:
        volume = volume_of(mount)
        if volume in was:
            result += [ready[places[volume]].pop(0)] if ready[places[volume]] else []
        elif volume not in now:
            result.append(mount)
    for rest in ready.values():
        result += rest
    return result


def unseen_mounts(pod_spec: Any, volumes: set[str]) -> Iterator[Path]:
    """Mounts, and fields of mounts, that the step does not show."""
    for spot in spots(pod_spec):
        for index, mount in enumerate(mounts_at(pod_spec, spot)):
            place: Path = (spot[1], spot[2], "volumeMounts", index)
            if volume_of(mount) not in volumes or MOUNT.read_row(bare(mount))["keep"]:
                yield place
            else:
                yield from ((*place, *path) for path in MOUNT.record.unseen(bare(mount)))


def mount_name(pod_spec: Any, path: Path, volumes: list[str]) -> str | None:
    """``<volume index>-mounts-<row>-<field>`` for an error at ``containers[i].volumeMounts[k].field``."""
    seen: dict[str, int] = {}
    for spot in spots(pod_spec):
        for index, mount in enumerate(mounts_at(pod_spec, spot)):
            name = volume_of(mount)
            if name is None or name not in volumes:
                continue
            row = seen.setdefault(name, 0)
            seen[name] += 1
            if path[:4] == (spot[1], spot[2], "volumeMounts", index):
                location = MOUNT.record.locate(path[4:]) or (0, "path")
                return f"{volumes.index(name)}-mounts-{row}-{location[1] if location[0] else 'path'}"
    return None
