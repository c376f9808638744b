"""Each way to create, with every field of it set, and the whole manifests that must come of it.

The same data is walked through over the wire (tests/web), in a browser with scripts and without (tests/browser); a unit
test says that no field of the dialog is left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Typed = Mapping[str, str | bool | list[str]]
Document = dict[str, Any]


@dataclass(frozen=True)
class Visit:
    """One step: the small buttons that are pressed one after the other (values of `do`), then what is typed where."""

    step: str
    presses: tuple[str, ...]
    typed: Typed


@dataclass(frozen=True)
class Everything:
    """A way to create. `words`: its entry in the chooser. `expected`: the documents, given the namespace, the person
    who creates and the node port that was typed."""

    type: str
    words: str
    name: str
    visits: Callable[[int], tuple[Visit, ...]]
    expected: Callable[[str, str, int], list[Document]]


def differences(actual: Any, wanted: Any, path: str = "") -> list[str]:
    """Where two documents differ, one line for each place."""
    if isinstance(actual, dict) and isinstance(wanted, dict):
        keys = sorted({*actual, *wanted})
        return [
            line
            for key in keys
            for line in differences(actual.get(key, "(not there)"), wanted.get(key, "(not there)"), f"{path}.{key}")
        ]
    if isinstance(actual, list) and isinstance(wanted, list) and len(actual) == len(wanted):
        pairs = enumerate(zip(actual, wanted, strict=True))
        return [line for at, (entry, other) in pairs for line in differences(entry, other, f"{path}[{at}]")]
    return [] if actual == wanted else [f"{path}: {actual!r}, wanted {wanted!r}"]
