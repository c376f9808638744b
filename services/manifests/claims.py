"""The claims that a StatefulSet has of its claim templates: PREFIX-NAME-0 for its first pod, and so on."""

from collections.abc import Iterable

from services.manifests.bundle import Document, name_of
from services.manifests.tree import get


def ordinals(stateful_set: Document) -> range:
    """The numbers of its pods; as many as a text says, so they are never listed."""
    replicas, start = get(stateful_set, ("spec", "replicas")), get(stateful_set, ("spec", "ordinals", "start"))
    first = start if isinstance(start, int) else 0
    return range(first, first + (replicas if isinstance(replicas, int) else 1))


def used_again(stateful_set: Document, prefix: str, existing: Iterable[str]) -> list[str]:
    """Those of the existing claims that its pods would use, in their order."""
    stem, numbers = f"{prefix}-{name_of(stateful_set)}-", ordinals(stateful_set)
    tails = (name.removeprefix(stem) for name in existing if name.startswith(stem))
    kept = sorted(int(tail) for tail in tails if tail.isdecimal() and len(tail) < 10 and str(int(tail)) == tail)
    return [f"{stem}{number}" for number in kept if number in numbers]
