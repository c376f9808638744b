"""The form steps of the create dialog as lenses on a bundle."""

from services.manifests.bundle import Bundle
from services.manifests.paths import parse_path
from services.steps.lenses.advanced import AdvancedLens, AdvancedLiveLens
from services.steps.lenses.basic import BasicLens
from services.steps.lenses.lens import Lens, Note, Values
from services.steps.lenses.pod import PodLens
from services.steps.lenses.service import EXTERNAL_SERVICE_LENS, SELECTING
from services.steps.lenses.storage import StorageLens

__all__ = ["LENSES", "STEPS", "Lens", "Note", "Values", "locate"]

LENSES: dict[str, Lens] = {
    "basic": BasicLens(),
    "pod": PodLens(),
    "storage": StorageLens(),
    "advanced": AdvancedLens(),
    "advanced_live": AdvancedLiveLens(),
    "external": EXTERNAL_SERVICE_LENS,
    "service": SELECTING,
}

# The steps of each type, by the name of their lens; Review follows all of them. "settings": of a workload that exists.
STEPS: dict[str, tuple[str, ...]] = {
    "stateless": ("basic", "pod", "storage", "advanced"),
    "stateful": ("basic", "pod", "storage", "advanced"),
    "external": ("basic", "external"),
    "workload": ("basic", "service", "advanced"),
    "yaml": (),
    "settings": ("pod", "storage", "advanced_live"),
}


def locate(type_: str, kind: str, path: str, bundle: Bundle) -> tuple[str, str] | None:
    """``(step, input)`` for an error of the API server at ``path`` (``spec.ports[0].nodePort``) in the document of
    ``kind``; the step that knows the place most exactly, the first of several. ``None``: no step shows it."""
    steps = [(step, LENSES[step].field_for(kind, parse_path(path), bundle)) for step in STEPS[type_]]
    places = [(step, *place) for step, place in steps if place is not None and place[1]]
    best = max(places, key=lambda place: place[1], default=None)
    return None if best is None else (best[0], best[2])
