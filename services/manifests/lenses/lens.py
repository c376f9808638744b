"""What a lens is: a form step's way to look at a bundle and to write into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from services.manifests.bundle import Bundle
from services.manifests.sentences import Sentence

Values = dict[str, Any]


@dataclass(frozen=True)
class Note:
    """Something that a step cannot show and therefore keeps: ``path`` as in ``spec.containers[0].stdin``, with the
    document's kind before it (``Deployment: spec...``), and a sentence for the person."""

    kind: str
    path: str
    sentence: Sentence


class Lens(Protocol):
    """``write(b, read(b)) == b`` and ``read(write(b, d)) == d`` (shapes: ``lenses/shapes.py``). Neither ever raises for
    any JSON documents; ``write`` changes only what differs from ``read(b)``."""

    @property
    def name(self) -> str: ...

    def read(self, bundle: Bundle) -> Values: ...

    def write(self, bundle: Bundle, values: Values) -> Bundle: ...

    def unseen(self, bundle: Bundle) -> tuple[Note, ...]: ...

    def field_for(self, kind: str, path: str) -> str | None:
        """The form field that an error of the API at ``path`` in the document of ``kind`` belongs to."""
        ...
