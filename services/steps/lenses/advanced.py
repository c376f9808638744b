"""Advanced Settings: external access, sticky session, node selection, labels and annotations; of a workload that exists
what can be changed of it.
"""

from typing import Any

from services.manifests.bundle import Bundle, kind_of
from services.manifests.tree import MISSING, get, replace
from services.steps.lenses.labels import OBJECT, TEMPLATE, labels_of, relabelled
from services.steps.lenses.lens import NEW_SERVICE, NEW_WORKLOAD, Note, Values, hidden_annotation, notes, unseen_below
from services.steps.lenses.parts import At, Known, Path, Record
from services.steps.lenses.rows import Pairs, row_key
from services.steps.lenses.scheduling import with_pod_labels
from services.steps.lenses.service import BALANCER_CLASS, AccessMode, Exposure, NodePorts, Sticky

ON_SERVICE = Record(
    At("spec", Sticky()),
    access_mode=At("spec", AccessMode()),
    external=At("spec", Exposure()),
    ports=At("spec.ports", NodePorts()),
    load_balancer_class=BALANCER_CLASS,
    service_annotations=At("metadata.annotations", Pairs(hidden_annotation)),
)
_WORKLOAD = Record(
    node_selector=At("spec.template.spec.nodeSelector", Pairs()),
    annotations=At("metadata.annotations", Pairs(hidden_annotation)),
)
_LABELS = Pairs()


class AdvancedLens:
    """Edits the Service and the workload; labels go to all their places."""

    def read(self, bundle: Bundle) -> Values:
        labels = _LABELS.read(labels_of(bundle.workload or bundle.service))
        return {
            **ON_SERVICE.read(bundle.service or MISSING),
            **_WORKLOAD.read(bundle.workload or MISSING),
            "labels": labels,
        }

    def write(self, bundle: Bundle, values: Values) -> Bundle:
        old = self.read(bundle)
        service = bundle.service or NEW_SERVICE
        written = ON_SERVICE.write(service, _without_node_ports(values, old))
        if written is not service:
            bundle = bundle.with_service(written)
        workload = bundle.workload or NEW_WORKLOAD
        changed = _WORKLOAD.write(workload, values)
        if changed is not workload:
            bundle = bundle.with_workload(changed)
        if values["labels"] == old["labels"]:
            return bundle
        labels = labels_of(bundle.workload or bundle.service)
        new: Any = _LABELS.put(labels, values["labels"])
        bundle = relabelled(bundle, labels, {} if new is MISSING else new)
        if bundle.workload is not None:
            return bundle.with_workload(replace(bundle.workload, OBJECT, new))
        return bundle.with_service(replace(bundle.service or NEW_SERVICE, OBJECT, new))

    def unseen(self, bundle: Bundle) -> tuple[Note, ...]:
        entries = [*ON_SERVICE.entries(), *((("spec", key), Known()) for key in ("selector", "externalName"))]
        paths = [path for path in unseen_below(bundle.service, ("spec",), entries) if path[1:2] != ("ports",)]
        places = (
            ("service_annotations", "Service", "annotations"),
            ("annotations", kind_of(bundle.workload), "annotations"),
            ("labels", "Service", "labels"),
        )
        values = self.read(bundle)
        kept = [
            note
            for name, kind, key in places
            for note in notes(kind, (("metadata", key, row_key(row)) for row in values[name] if row["keep"]))
        ]
        return (*notes("Service", paths), *kept)

    def field_for(self, kind: str, path: Path, bundle: Bundle) -> tuple[int, str] | None:
        if path[:2] == OBJECT or (path[:2] == ("spec", "selector") and kind != "Service"):
            return (2, "labels")
        if path[:4] == ("spec", "template", "metadata", "labels"):
            return (4, "labels")
        if kind == "Service":
            location = ON_SERVICE.locate(path, bundle.service or MISSING)
        else:
            location = _WORKLOAD.locate(path, bundle.workload or MISSING) if kind == kind_of(bundle.workload) else None
        return location if location and location[0] > 1 else None


def _without_node_ports(values: Values, old: Values) -> Values:
    """A Service that is not reached from outside has no node ports and no class, whatever was typed before."""
    if values["external"] or values["external"] == old["external"]:
        return values
    ports = [{**row, "node_port": None} for row in values["ports"]]
    return {**values, "ports": ports, "load_balancer_class": ""}


_LIVE = Record(
    node_selector=At("spec.template.spec.nodeSelector", Pairs()),
    labels=At(OBJECT, Pairs()),
    pod_labels=At(TEMPLATE, Pairs()),
    annotations=At("metadata.annotations", Pairs(hidden_annotation)),
)


class AdvancedLiveLens:
    """Edits the workload alone. Its labels and those of its pods are apart, as they are in the object: what the
    selector asks for stays."""

    def read(self, bundle: Bundle) -> Values:
        return _LIVE.read(bundle.workload or MISSING)

    def write(self, bundle: Bundle, values: Values) -> Bundle:
        workload = bundle.workload or NEW_WORKLOAD
        written = _LIVE.write(workload, values)
        labels = get(written, TEMPLATE)
        if labels != get(workload, TEMPLATE):
            written = with_pod_labels(replace(written, TEMPLATE, get(workload, TEMPLATE)), labels)
        return bundle if written is workload else bundle.with_workload(written)

    def unseen(self, bundle: Bundle) -> tuple[Note, ...]:
        values = self.read(bundle)
        places = {"labels": OBJECT, "pod_labels": TEMPLATE, "annotations": ("metadata", "annotations")}
        kept = [(*place, row_key(row)) for name, place in places.items() for row in values[name] if row["keep"]]
        return notes(kind_of(bundle.workload), kept)

    def field_for(self, kind: str, path: Path, bundle: Bundle) -> tuple[int, str] | None:
        location = _LIVE.locate(path, bundle.workload or MISSING) if kind == kind_of(bundle.workload) else None
        return location if location and location[0] > 1 else None
