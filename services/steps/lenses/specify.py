"""Specify Workload, Service Settings: which pods a Service selects, by which ports (also behind Edit Service)."""

from __future__ import annotations

from services.manifests.bundle import Bundle
from services.steps.lenses.lens import Note, Values, notes, unseen_below
from services.steps.lenses.parts import At, Path, Record
from services.steps.lenses.pod import NEW_SERVICE
from services.steps.lenses.rows import Pairs
from services.steps.lenses.service import SERVICE_PORTS, AccessMode

_RECORD = Record(
    access_mode=At("spec", AccessMode()),
    selector=At("spec.selector", Pairs()),
    ports=At("spec.ports", SERVICE_PORTS),
)
_ELSEWHERE = {("type",), ("sessionAffinity",), ("sessionAffinityConfig",), ("loadBalancerClass",), ("externalName",)}


class ServiceLens:
    """Edits access mode, selector and ports of the Service; node ports stay with their port."""

    name = "service"

    def read(self, bundle: Bundle) -> Values:
        return _RECORD.read(bundle.service)

    def write(self, bundle: Bundle, values: Values) -> Bundle:
        service = bundle.service or NEW_SERVICE
        written = _RECORD.write(service, values)
        return bundle if written is service else bundle.with_service(written)

    def unseen(self, bundle: Bundle) -> tuple[Note, ...]:
        found = unseen_below(bundle.service, ("spec",), _RECORD.entries())
        return notes("Service", (path for path in found if path[1:2] not in _ELSEWHERE and path[-1] != "nodePort"))

    def field_for(self, kind: str, path: Path, bundle: Bundle) -> tuple[int, str] | None:
        found = _RECORD.locate(path, bundle.service) if kind == "Service" else None
        return found if found and found[0] > 1 else None
