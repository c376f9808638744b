"""Advanced Settings of a workload that exists: node selection, and the labels and annotations that can be changed.

The labels of the workload and those of its pods are apart, as they are in the object: what the selector asks for stays.
"""

from __future__ import annotations

from services.manifests.bundle import Bundle, kind_of
from services.manifests.tree import MISSING, get, replace
from services.steps.lenses.labels import OBJECT, TEMPLATE, with_pod_labels
from services.steps.lenses.lens import NEW_WORKLOAD, Note, Values, hidden_annotation, notes
from services.steps.lenses.parts import At, Path, Record
from services.steps.lenses.rows import Pairs, row_key

_RECORD = Record(
    node_selector=At("spec.template.spec.nodeSelector", Pairs()),
    labels=At(OBJECT, Pairs()),
    pod_labels=At(TEMPLATE, Pairs()),
    annotations=At("metadata.annotations", Pairs(hidden_annotation)),
)
_PLACES = {"labels": OBJECT, "pod_labels": TEMPLATE, "annotations": ("metadata", "annotations")}


class AdvancedLiveLens:
    """Edits the workload alone."""

    def read(self, bundle: Bundle) -> Values:
        return _RECORD.read(bundle.workload or MISSING)

    def write(self, bundle: Bundle, values: Values) -> Bundle:
        workload = bundle.workload or NEW_WORKLOAD
        written = _RECORD.write(workload, values)
        labels = get(written, TEMPLATE)
        if labels != get(workload, TEMPLATE):
            written = with_pod_labels(replace(written, TEMPLATE, get(workload, TEMPLATE)), labels)
        return bundle if written is workload else bundle.with_workload(written)

    def unseen(self, bundle: Bundle) -> tuple[Note, ...]:
        values = self.read(bundle)
        kept = [(*place, row_key(row)) for name, place in _PLACES.items() for row in values[name] if row["keep"]]
        return notes(kind_of(bundle.workload), kept)

    def field_for(self, kind: str, path: Path, bundle: Bundle) -> tuple[int, str] | None:
        location = _RECORD.locate(path, bundle.workload or MISSING) if kind == kind_of(bundle.workload) else None
        return location if location and location[0] > 1 else None
