"""Small lenses on one place of a document, and how they are put together.

A *node* is JSON data or ``MISSING``. A part reads a value for the form from a node and writes a changed value into it;
it never raises, whatever the node is, never changes a node in place, and touches nothing that the form did not change.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from services.manifests.tree import MISSING, get, replace

Path = tuple[str | int, ...]
Entry = tuple[Path, "Part"]
Found = tuple[int, str]  # how many path segments were recognised, name of the input

_WHOLE = re.compile(r"-?[1-9][0-9]{0,17}|0")
_PLAIN = re.compile(r"[^\s,]+")


def joined(*names: str) -> str:
    """The name of an input from the names on the way to it."""
    return "-".join(name for name in names if name)


class Part:
    """One value of the form. ``blank`` is what is read from ``MISSING``."""

    spread = False  # True: the value is a dict whose keys belong to the surrounding record
    explicit = False  # True: also written into new entries when it is the default

    @property
    def blank(self) -> Any:
        """A fresh value of ``MISSING``."""
        return self.read(MISSING)

    @cached_property
    def nothing(self) -> Any:
        """The value of ``MISSING``, to compare with: never handed out."""
        return self.read(MISSING)

    def read(self, node: Any) -> Any:
        raise NotImplementedError

    def put(self, node: Any, value: Any) -> Any:
        """The node with ``value``, which differs from what is there; nothing is absent."""
        return MISSING if value == self.nothing else value

    def write(self, node: Any, value: Any) -> Any:
        known = self.nothing if node is MISSING else self.read(node)
        return node if value == known else self.put(node, value)

    def entries(self) -> list[Entry]:
        """The places below the node that this part knows."""
        return [((), self)]

    def unseen(self, node: Any) -> Iterator[Path]:
        """Places below ``node`` that the value does not show."""
        if node and self.read(node) == self.blank:
            yield ()

    def locate(self, path: Path, node: Any = MISSING) -> Found | None:
        """The input that an error at ``path`` below the node belongs to."""
        return (0, "")


class Text(Part):
    """A text; ``""`` is absent."""

    def read(self, node: Any) -> str:
        return node if isinstance(node, str) else ""


class Choice(Part):
    """A text with a default that is meant when the key is absent."""

    def __init__(self, default: str, *, explicit: bool = True) -> None:
        self.default, self.explicit = default, explicit

    def read(self, node: Any) -> str:
        return node if isinstance(node, str) and node else self.default

    def put(self, node: Any, value: Any) -> Any:
        return value or MISSING

    def unseen(self, node: Any) -> Iterator[Path]:
        if node and not isinstance(node, str):
            yield ()


class Whole(Part):
    """A whole number; ``None`` is absent."""

    def read(self, node: Any) -> int | None:
        return node if isinstance(node, int) and not isinstance(node, bool) else None


class Flag(Part):
    """Yes or no; absent is no."""

    def read(self, node: Any) -> bool:
        return node is True


class State(Part):
    """Yes, no or nothing said (``None``)."""

    def read(self, node: Any) -> bool | None:
        return node if isinstance(node, bool) else None


class NumberOrName(Part):
    """A whole number or a text, both shown as text: ports, ``25%``."""

    def read(self, node: Any) -> str:
        if isinstance(node, int) and not isinstance(node, bool):
            return str(node)
        return node if isinstance(node, str) else ""

    def put(self, node: Any, value: Any) -> Any:
        if value == "":
            return MISSING
        return int(value) if _WHOLE.fullmatch(value) else value


class Amount(Part):
    """A quantity as text; a bare number in the manifest is read as well."""

    def read(self, node: Any) -> str:
        if isinstance(node, (int, float)) and not isinstance(node, bool):
            return str(node)
        return node if isinstance(node, str) else ""


class Words(Part):
    """A list of words without blanks and commas (capabilities, access modes); any other list is not shown."""

    def read(self, node: Any) -> list[str]:
        if isinstance(node, list) and all(isinstance(word, str) and _PLAIN.fullmatch(word) for word in node):
            return list(node)
        return []

    def put(self, node: Any, value: Any) -> Any:
        return list(value) if value else MISSING


class Choices(Words):
    """Words of which each is chosen or not: one that stands twice is shown once, and stays twice while unchanged."""

    def read(self, node: Any) -> list[str]:
        return list(dict.fromkeys(super().read(node)))


class At(Part):
    """A part at a place below the node. Maps on the way are made when needed and removed when writing empties them."""

    def __init__(self, path: str | tuple[str, ...], part: Part) -> None:
        self.path: tuple[str, ...] = tuple(path.split(".")) if isinstance(path, str) else path
        self.part = part
        self.spread = part.spread
        self.explicit = part.explicit

    def read(self, node: Any) -> Any:
        return self.part.read(get(node, self.path))

    def put(self, node: Any, value: Any) -> Any:
        return replace(node, self.path, self.part.put(get(node, self.path), value))

    def write(self, node: Any, value: Any) -> Any:
        old = get(node, self.path)
        new = self.part.write(old, value)
        return node if new is old else replace(node, self.path, new)

    def entries(self) -> list[Entry]:
        return [((*self.path, *path), part) for path, part in self.part.entries()]

    def locate(self, path: Path, node: Any = MISSING) -> Found | None:
        length = len(self.path)
        if path[:length] == self.path:
            location = self.part.locate(path[length:], get(node, self.path))
            return None if location is None else (location[0] + length, location[1])
        if self.path[: len(path)] == path:
            location = self.part.locate((), MISSING)
            return None if location is None else (len(path), location[1])
        return None


class Record(Part):
    """Several named parts of one node. Parts that ``spread`` add their own keys."""

    def __init__(self, *spread: Part, **fields: Part) -> None:
        self.fields = fields
        self.spreading = spread

    @cached_property
    def nothing(self) -> dict[str, Any]:
        return self._read(MISSING)

    def read(self, node: Any) -> dict[str, Any]:
        if node is MISSING:
            copied: dict[str, Any] = fresh(self.nothing)  # most of a container is not there: this is much faster
            return copied
        return self._read(node)

    def _read(self, node: Any) -> dict[str, Any]:
        values = {name: part.read(node) for name, part in self.fields.items()}
        for part in self.spreading:
            values.update(part.read(node))
        return values

    def write(self, node: Any, value: Any) -> Any:
        new = node is MISSING
        if new and value == self.nothing:
            return node
        for part in self.spreading:
            node = part.write(node, {key: value[key] for key in part.nothing})
        for name, part in self.fields.items():
            node = part.put(node, value[name]) if new and part.explicit else part.write(node, value[name])
        return node

    def put(self, node: Any, value: Any) -> Any:
        return self.write(node, value)

    def entries(self) -> list[Entry]:
        parts = [*self.spreading, *self.fields.values()]
        return [entry for part in parts for entry in part.entries()]

    def unseen(self, node: Any) -> Iterator[Path]:
        yield from unknown(node, self.entries())

    def locate(self, path: Path, node: Any = MISSING) -> Found | None:
        best: Found | None = None
        for prefix, part in [*(("", part) for part in self.spreading), *self.fields.items()]:
            location = part.locate(path, node)
            if location is not None and (best is None or location[0] > best[0]):
                best = (location[0], joined(prefix, location[1]))
        return best or (0, next(iter(self.fields), ""))


def fresh(value: Any) -> Any:
    """A copy of a value, nothing shared."""
    if type(value) is dict:
        return {key: fresh(child) for key, child in value.items()}
    return [fresh(child) for child in value] if type(value) is list else value


def unknown(node: Any, entries: list[Entry]) -> Iterator[Path]:
    """Paths below ``node`` that none of the known ``entries`` shows."""
    exact = next((part for path, part in entries if not path), None)
    if exact is not None:
        yield from exact.unseen(node)
    elif isinstance(node, dict):
        for key, child in node.items():
            below = [(path[1:], part) for path, part in entries if path[0] == key]
            if below:
                yield from ((key, *path) for path in unknown(child, below))
            elif child is not None:
                yield (key,)
    elif node is not MISSING and node is not None:
        yield ()


class Known(Part):
    """A place that needs no note: another part or another step shows it."""

    def read(self, node: Any) -> None:
        return None

    def put(self, node: Any, value: Any) -> Any:
        return node

    def unseen(self, node: Any) -> Iterator[Path]:
        return iter(())
