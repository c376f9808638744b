"""What a lens is: a form step's way to look at a bundle and to write into it.

What lenses read, the forms hand back as their cleaned data, in the same shape:

* every key is always present; a text that is absent is ``""``, a number that is absent is ``None``;
* ``bool | None`` has three states: ``None`` says nothing (the key is absent), ``True`` and ``False`` are written;
* quantities (CPU, memory, sizes) are texts as Kubernetes writes them: ``"100m"``, ``"0.5"``, ``"256Mi"``;
* ports that may be a number or a name are texts: ``"8080"`` or ``"http"``; likewise ``"25%"`` or ``"1"``;
* every row has ``keep``: ``""`` for a row that the form can show, otherwise the JSON of an entry that it cannot show.
  Such a row is carried as it is (a hidden input beside one line of text); its other fields are blank and ignored;
* rows that are blank in every field are dropped by ``write``;
* an input is named by the path of its value joined with ``-``: ``containers-0-ports-1-container_port``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from services.manifests.bundle import Bundle, Document
from services.manifests.paths import format_path
from services.manifests.sentences import Sentence, gettext_noop
from services.manifests.tree import MISSING, get
from services.steps.lenses.parts import Entry, Known, Path, Record, unknown

Values = dict[str, Any]
NEW_WORKLOAD: Document = {"apiVersion": "apps/v1", "kind": "Deployment"}
NEW_SERVICE: Document = {"apiVersion": "v1", "kind": "Service"}

_HIDDEN_PREFIXES = ("kubesphere.io/", "openpitrix_runtime")
_SHOWN_PARTS = ("lb.kubesphere.io/", "openelb.kubesphere.io/")  # what people set for OpenELB
_HIDDEN_KEYS = {"kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision"}


@dataclass(frozen=True)
class Note:
    """Something that a step cannot show and therefore keeps, at ``path`` of the document of ``kind``."""

    kind: str
    path: str
    sentence: Sentence


class Lens(Protocol):
    """``write(b, read(b)) == b`` and ``read(write(b, d)) == d``. Neither ever raises for
    any JSON documents and values of the right shape; ``write`` changes only what differs from ``read(b)``."""

    def read(self, bundle: Bundle) -> Values: ...

    def write(self, bundle: Bundle, values: Values) -> Bundle: ...

    def unseen(self, bundle: Bundle) -> tuple[Note, ...]: ...

    def field_for(self, kind: str, path: Path, bundle: Bundle) -> tuple[int, str] | None:
        """The input that an API error at ``path`` of the document of ``kind`` belongs to, and how many segments of the
        path it was recognised by (the step that recognises most has the error). ``None``: nothing of it is here."""
        ...


class ServiceLens:
    """What a record shows of the Service. `elsewhere`: keys below `place` that other steps show, or only the cluster
    sets."""

    def __init__(self, record: Record, *, place: Path = ("spec",), elsewhere: tuple[str, ...] = ()) -> None:
        self.record, self.place, self.elsewhere = record, place, elsewhere

    def read(self, bundle: Bundle) -> Values:
        return self.record.read(bundle.service or MISSING)

    def write(self, bundle: Bundle, values: Values) -> Bundle:
        service = bundle.service or NEW_SERVICE
        written = self.record.write(service, values)
        return bundle if written is service else bundle.with_service(written)

    def unseen(self, bundle: Bundle) -> tuple[Note, ...]:
        entries = [*self.record.entries(), *(((*self.place, key), Known()) for key in self.elsewhere)]
        paths = unseen_below(bundle.service, self.place, entries)
        return notes("Service", (path for path in paths if path[-1] != "nodePort"))

    def field_for(self, kind: str, path: Path, bundle: Bundle) -> tuple[int, str] | None:
        location = self.record.locate(path, bundle.service or MISSING) if kind == "Service" else None
        return location if location and location[0] > 1 and location[1] else None


def hidden_annotation(key: str) -> bool:
    """Annotations that the console or a controller keeps; the form neither shows nor touches them."""
    if any(part in key for part in _SHOWN_PARTS):
        return False
    return key in _HIDDEN_KEYS or any(prefix in key for prefix in _HIDDEN_PREFIXES)


def notes(kind: str, paths: Iterable[Path]) -> tuple[Note, ...]:
    """One note for each place that a step keeps without showing it."""
    template = gettext_noop("The form has no field for %(path)s. It is kept as is; change it in the YAML.")
    return tuple(Note(kind, format_path(path), Sentence(template, path=format_path(path))) for path in paths)


def unseen_below(document: Document | None, place: Path, entries: list[Entry]) -> Iterator[Path]:
    """Places of the document below ``place`` that no entry knows."""
    if document is None:
        return
    length = len(place)
    below = [(path[length:], part) for path, part in entries if path[:length] == place]
    for path in unknown(get(document, tuple(str(step) for step in place)), below):
        yield (*place, *path)
