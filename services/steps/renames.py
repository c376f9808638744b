"""What a step gave another name is followed by everything in the draft that names it.

The lenses write what a step says; this looks at the documents before and after, finds what has another name now, and
writes it where the old one stood.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.manifests import references as refs
from services.manifests import selection
from services.manifests.bundle import WORKLOAD_KINDS, Bundle, Document, kind_of, name_of
from services.manifests.paths import Path
from services.manifests.references import Reference, Scene, at_path, put, references
from services.manifests.tree import get
from services.steps.lenses.container import Containers
from services.steps.lenses.rows import Row, match
from services.steps.lenses.service import SERVICE_PORTS
from services.steps.lenses.storage import StorageLens

MOST_FORMER = 50

Names = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class _Inside:
    """What has another name inside of one document: old name (or number) -> new one.

    ``own_ports``: of each container by its path now. ``ports``: of the whole pod by (protocol, name); of a Service by
    name. ``origins``: where a container or a Service port that is at a path now was before.
    """

    containers: Names = field(default_factory=dict)
    volumes: Names = field(default_factory=dict)
    ports: Names = field(default_factory=dict)
    own_ports: dict[Path, Names] = field(default_factory=dict)
    origins: dict[Path, Path] = field(default_factory=dict)

    @property
    def renames(self) -> bool:
        return bool(self.containers or self.volumes or self.ports or any(self.own_ports.values()))


def follow(before: Bundle, after: Bundle) -> Bundle:
    """``after`` with everything that named what has another name than in ``before`` naming it as it is called now."""
    pairs = _changed(before, after)
    if not pairs:
        return after
    objects = _objects(pairs)
    if objects:
        after = _rewritten(after, lambda reference: _object(reference, objects))
    for at, (old, new) in pairs.items():
        if kind_of(new) in WORKLOAD_KINDS:
            after = _relabelled(after, at, selection.labels_of_pods(old), selection.labels_of_pods(new))
    inside = {at: _inside(old, new) for at, (old, new) in pairs.items()}
    if not any(names.renames for names in inside.values()):
        return after
    olds = {at: old for at, (old, _new) in pairs.items()}
    return _rewritten(after, lambda reference: _renamed(reference, olds, after, inside))


def former(before: Bundle, after: Bundle, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``known`` and the names that something had in ``before`` and nothing has in ``after``, as JSON: an object
    (``kind``, ``name``), the labels of pods (``kind`` and name ``of`` their workload, ``labels``, and of these the
    changed ``keys``), a container port by number (``port``), a port of a Service (``service``, ``port``), a claim
    ``template`` ``of`` a StatefulSet. The last 50.
    """
    renamed = {old: new for (_kind, old), new in _objects(_changed(before, after)).items()}
    entries = [{**entry, "of": renamed.get(entry["of"], entry["of"])} if "of" in entry else entry for entry in known]
    for entry in _former(before, after):
        if entry not in entries:
            entries.append(entry)
    return entries[-MOST_FORMER:]


def _changed(before: Bundle, after: Bundle) -> dict[int, tuple[Document, Document]]:
    """The changed documents by their number now, as they were and as they are. A workload that was added stands first,
    a Service last."""
    added = len(after.documents) - len(before.documents)
    first = 1 if added and before.workload is None and after.workload is not None else 0
    pairs = enumerate(zip(before.documents, after.documents[first:], strict=False), first)
    return {at: (old, new) for at, (old, new) in pairs if old is not new}


def _former(before: Bundle, after: Bundle) -> Iterator[dict[str, Any]]:
    for old, new in _changed(before, after).values():
        kind = kind_of(old)
        if kind not in ("Service", *WORKLOAD_KINDS):
            continue
        if name_of(old) and name_of(old) != name_of(new):
            yield {"kind": kind, "name": name_of(old)}
        if kind == "Service":
            lost = _numbers(old, "spec.ports[].port") - _numbers(new, "spec.ports[].port")
            yield from ({"service": name_of(new), "port": number} for number in sorted(lost))
            continue
        labels = selection.labels_of_pods(old)
        keys = [key for key in selection.changes(labels, selection.labels_of_pods(new)) if labels[key]]
        if keys:
            yield {"kind": kind, "of": name_of(new), "labels": dict(labels), "keys": keys}
        declared = [
            {
                number
                for _path, container in refs.containers_of(document)
                for number in _numbers(container, "ports[].containerPort")
            }
            for document in (old, new)
        ]
        yield from ({"port": number} for number in sorted(declared[0] - declared[1]))
        if kind == "StatefulSet":
            lost_templates = refs.claim_templates(old) - refs.claim_templates(new)
            yield from ({"template": name, "of": name_of(new)} for name in sorted(lost_templates))


def _numbers(node: Any, pattern: str) -> set[int]:
    return {
        value for _path, value in refs.find(node, pattern) if isinstance(value, int) and not isinstance(value, bool)
    }


def _rewritten(bundle: Bundle, new_name: Callable[[Reference], Any]) -> Bundle:
    """The bundle with each reference as ``new_name`` says; ``None`` leaves it."""
    documents = list(bundle.documents)
    for reference in references(bundle):
        new = new_name(reference)
        if new is None or new == reference.name:
            continue
        if reference.what == refs.SERVICE_PORT:
            value = {"number" if isinstance(new, int) else "name": new}
            documents[reference.document] = put(documents[reference.document], reference.path[:-1], value)
        else:
            documents[reference.document] = put(documents[reference.document], reference.path, new)
    return Bundle(tuple(documents)) if documents != list(bundle.documents) else bundle


# ---- objects by name -------------------------------------------------------------------------------------------------


def _objects(pairs: Mapping[int, tuple[Document, Document]]) -> dict[tuple[str, str], str]:
    names = {(kind_of(old), name_of(old)): name_of(new) for old, new in pairs.values() if kind_of(old) == kind_of(new)}
    return {(kind, old): new for (kind, old), new in names.items() if old and new and old != new}


def _object(reference: Reference, renamed: Mapping[tuple[str, str], str]) -> Any:
    if reference.what == refs.OBJECT:
        return renamed.get((reference.kind, reference.name)) if not reference.holders else None
    if reference.what != refs.LABELS:
        return None
    selector = reference.name
    for (kind, old), new in renamed.items():
        if kind == "StatefulSet" and selector is not None:
            selector = selection.renamed_pods(selector, old, new, plain=reference.plain)
    return selector


# ---- labels ----------------------------------------------------------------------------------------------------------


def _relabelled(bundle: Bundle, at: int, old: selection.Labels, new: selection.Labels) -> Bundle:
    """Selectors that were about the pods of the workload ``at`` are so still, unless other pods would be lost."""
    changed = selection.changes(old, new)
    if not changed:
        return bundle
    scene = Scene(bundle)
    others = [labels for index, labels in scene.pods.items() if index != at]

    keys = {key: change.key for key, change in changed.items() if change.key not in (None, key)}
    fields = {refs.field_of(key): refs.field_of(new) for key, new in keys.items()}

    def selector_now(reference: Reference) -> Any:
        if reference.what in (refs.FIELD, refs.LABEL_KEY) and at in reference.holders:
            return (fields if reference.what == refs.FIELD else keys).get(reference.name)
        if reference.what != refs.LABELS or not reference.sure or (reference.holders and at not in reference.holders):
            return None
        if not selection.names(reference.name, old, changed, plain=reference.plain):
            return None
        wanted = selection.followed(reference.name, changed, plain=reference.plain)
        if wanted is None or (not reference.holders and _loses(reference, wanted, others)):
            return None
        return wanted

    return _rewritten(bundle, selector_now)


def _loses(reference: Reference, wanted: Any, others: list[selection.Labels]) -> bool:
    return any(
        selection.selects(reference.name, labels, plain=reference.plain)
        != selection.selects(wanted, labels, plain=reference.plain)
        for labels in others
    )


# ---- what is inside of a workload or a Service -----------------------------------------------------------------------


def _inside(old: Document, new: Document) -> _Inside:
    if kind_of(new) == "Service":
        return _of_service(old, new)
    return _of_workload(old, new) if kind_of(new) in WORKLOAD_KINDS else _Inside()


def _of_service(old: Document, new: Document) -> _Inside:
    inside = _Inside()
    rows = [SERVICE_PORTS.read(get(document, ("spec", "ports"))) for document in (old, new)]
    for at, origin in enumerate(match(rows[0], rows[1], ("name",))):
        if origin is None:
            continue
        before, after = rows[0][origin], rows[1][at]
        inside.origins["spec", "ports", at] = ("spec", "ports", origin)
        if before["keep"] or after["keep"] or _is_another(before, after, "port"):
            continue
        if before["name"] and before["name"] != after["name"]:
            inside.ports.setdefault(before["name"], after["name"] or after["port"])
        if None not in (before["port"], after["port"]) and before["port"] not in [row["port"] for row in rows[1]]:
            inside.ports.setdefault(before["port"], after["port"])
    return inside


def _of_workload(old: Document, new: Document) -> _Inside:
    volumes = [StorageLens().read(Bundle((document,))) for document in (old, new)]
    names = [_new_names(volumes[0][field], volumes[1][field]) for field in ("templates", "volumes")]
    inside = _Inside(volumes={**names[0], **names[1]})
    rows = [Containers().read(get(document, ("spec", "template", "spec"))) for document in (old, new)]
    paths = [[path for path, _container in refs.containers_of(document)] for document in (old, new)]
    still = {(port["protocol"], port["container_port"]) for row in rows[1] for port in row["ports"]}
    inside.containers.update(_new_names(*rows))
    for at, origin in enumerate(match(rows[0], rows[1], ("name",))):
        if origin is None or rows[0][origin]["keep"] or rows[1][at]["keep"]:
            continue
        before, after = rows[0][origin], rows[1][at]
        inside.origins[paths[1][at]] = paths[0][origin]
        own = inside.own_ports.setdefault(paths[1][at], {})
        for protocol, was, now in _ports(before["ports"], after["ports"], still):
            inside.ports.setdefault((protocol, was), now)
            own.setdefault(was, now)
    return inside


def _new_names(before: list[Row], after: list[Row]) -> Names:
    """Old name -> new one of the rows that were renamed, and not replaced by others: most of what stands beside the
    name is as it was, and where rows were removed as well only one of those that are gone can be meant."""
    matched = match(before, after, ("name",))
    gone = [row for at, row in enumerate(before) if at not in matched]
    names: Names = {}
    for row, origin in zip(after, matched, strict=True):
        if origin is None or row["keep"] or before[origin]["keep"]:
            continue
        old, alike = before[origin], _beside_the_name(before[origin], row)
        if not old["name"] or not row["name"] or old["name"] == row["name"] or alike <= 0.5:
            continue
        if all(_beside_the_name(other, row) < alike for other in gone):
            names.setdefault(old["name"], row["name"])
    return names


def _beside_the_name(old: Row, new: Row) -> float:
    """Share of the old row's filled fields, but for its name, that the new row still has."""
    fields = [dict(_filled(row)) for row in (old, new)]
    same = sum(fields[1].get(path) == value for path, value in fields[0].items())
    return same / len(fields[0]) if fields[0] else 1.0


def _filled(row: Row, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    for key, value in row.items():
        if isinstance(value, dict):
            yield from _filled(value, (*path, key))
        elif value not in ("", None, [], False) and key not in ("name", "keep"):
            yield (*path, key), value


def _is_another(old: Row, new: Row, number: str) -> bool:
    """Whether the row of a port was written over with another port: neither name nor number is as it was. What names
    the old one is then listed, not led to a port that it may not mean."""
    return bool(old["name"] != new["name"] and old[number] != new[number])


def _ports(before: list[Row], after: list[Row], still: set[tuple[str, Any]]) -> Iterator[tuple[str, Any, Any]]:
    """(protocol, old name or number, new one) of each port that has another. ``still``: protocols and numbers of all
    containers now."""
    for row, origin in zip(after, match(before, after, ("name",)), strict=True):
        if (
            origin is None
            or row["keep"]
            or before[origin]["keep"]
            or _is_another(before[origin], row, "container_port")
        ):
            continue
        old, protocol = before[origin], before[origin]["protocol"]
        new_name = row["name"] or row["container_port"]
        if old["name"] and old["name"] != row["name"] and new_name is not None:
            yield protocol, old["name"], new_name
        numbers = (old["container_port"], row["container_port"])
        if None not in numbers and numbers[0] != numbers[1] and (protocol, numbers[0]) not in still:
            yield protocol, numbers[0], numbers[1]


def _renamed(reference: Reference, olds: Mapping[int, Document], after: Bundle, inside: Mapping[int, _Inside]) -> Any:
    """What a reference to something inside of a document is to say now; ``None`` as it does."""
    if reference.what in (refs.OBJECT, refs.LABELS, refs.FIELD, refs.LABEL_KEY):
        return None
    names = [_name_in(inside[at], reference) for at in reference.holders if at in inside]
    new = next((name for name in names if name is not None), None)
    if new is None or not _as_before(reference, olds, inside):
        return None
    kept = [at for at in reference.holders if at not in inside or _name_in(inside[at], reference) is None]
    if reference.what == refs.PORT and any(refs.has_port(after.documents[at], reference) for at in kept):
        return None  # other pods behind it have the port by its old name
    return new


def _name_in(inside: _Inside, reference: Reference) -> Any:
    if reference.what == refs.CONTAINER:
        return inside.containers.get(reference.name)
    if reference.what == refs.VOLUME:
        return inside.volumes.get(reference.name)
    if reference.what == refs.SERVICE_PORT:
        return inside.ports.get(reference.name)
    if reference.container:
        return inside.own_ports.get(reference.container, {}).get(reference.name)
    return inside.ports.get((reference.protocol, reference.name))


def _as_before(reference: Reference, olds: Mapping[int, Document], inside: Mapping[int, _Inside]) -> bool:
    """Whether the step left the reference as it was. Names cannot have been swapped (a row is recognised by its name),
    numbers can: one that the step wrote itself is meant."""
    if isinstance(reference.name, str) or reference.document not in inside:
        return True
    place = reference.container or reference.path[:-1]
    origin = inside[reference.document].origins.get(place)
    if origin is None:
        return False
    old = olds[reference.document]
    was = at_path(old, (*origin, *reference.path[len(place) :]))
    if was is None and reference.path[-1] == "targetPort":
        was = at_path(old, (*origin, "port"))
    return bool(was == reference.name)
