"""One of several: a probe's handler, where a variable comes from, a volume's source."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from services.manifests.tree import MISSING, get, replace
from services.steps.lenses.parts import Entry, Found, Known, Part, Path, Record, fresh, joined, unknown
from services.steps.lenses.rows import from_keep, to_keep

OTHER = "other"


class Variant(Part):
    """Exactly one of some keys at ``home``. The value's ``field`` names which; keys of the others are blank.

    ``beside``: keys allowed next to them (``None``: any). ``none`` is the choice when ``home`` is not there at all;
    ``otherwise`` is the record of the node for that choice. What does not fit reads as ``other``.
    """

    spread = True

    def __init__(
        self,
        field: str,
        variants: dict[str, tuple[str, Record]],
        *,
        none: str = "",
        home: tuple[str, ...] = (),
        beside: frozenset[str] | None = None,
        otherwise: Record | None = None,
    ) -> None:
        self.field, self.variants, self.none, self.home, self.beside = field, variants, none, home, beside
        self.otherwise = otherwise or Record()
        self.keys = {key for key, _record in variants.values()}
        self.blanks: dict[str, Any] = {}
        for _key, record in variants.values():
            self.blanks.update({name: "" if value == "HTTP" else value for name, value in record.blank.items()})
        self.blanks.update(self.otherwise.blank)

    def kind(self, node: Any) -> str:
        """Which of the variants the node is."""
        home = get(node, self.home)
        if home is MISSING or home is None:
            return self.none
        if not isinstance(home, dict) or (self.beside is not None and home.keys() - self.keys - self.beside):
            return OTHER
        present = [(kind, home[key], record) for kind, (key, record) in self.variants.items() if key in home]
        if len(present) != 1 or not isinstance(present[0][1], dict):
            return OTHER
        kind, source, record = present[0]
        values = record.read(source)
        return kind if record.read(record.write(MISSING, values)) == values else OTHER

    def read(self, node: Any) -> dict[str, Any]:
        kind = self.kind(node)
        values = {self.field: kind, **fresh(self.blanks)}
        if kind in self.variants:
            key, record = self.variants[kind]
            values.update(record.read(get(node, (*self.home, key))))
        elif kind == self.none:
            values.update(self.otherwise.read(node))
        return values

    def put(self, node: Any, value: Any) -> Any:
        kind, old = value[self.field], self.kind(node)
        if kind != old:
            node = self._cleared(node)
        if kind in self.variants:
            key, record = self.variants[kind]
            path = (*self.home, key)
            source = record.write(get(node, path), {name: value[name] for name in record.nothing})
            return replace(node, path, {} if source is MISSING else source)
        if kind == self.none:
            return self.otherwise.write(node, {name: value[name] for name in self.otherwise.nothing})
        return node

    def _cleared(self, node: Any) -> Any:
        home = get(node, self.home)
        drop = self.keys if self.beside is None else (home.keys() - self.beside if isinstance(home, dict) else set())
        left = {key: child for key, child in home.items() if key not in drop} if isinstance(home, dict) else {}
        node = replace(node, self.home, left or MISSING) if self.home else left
        return self.otherwise.write(node, self.otherwise.nothing)

    def entries(self) -> list[Entry]:
        known = [
            ((*self.home, key, *path), part)
            for key, record in self.variants.values()
            for path, part in record.entries()
        ]
        empty = [((*self.home, key), Known()) for key, record in self.variants.values() if not record.entries()]
        return [*known, *empty, *self.otherwise.entries()]

    def locate(self, path: Path, node: Any = MISSING) -> Found | None:
        if self.otherwise.fields and path and path[0] in {entry[0] for entry, _part in self.otherwise.entries()}:
            return self.otherwise.locate(path, node)
        length = len(self.home)
        if path[:length] != self.home or len(path) == length:
            return (length, self.field) if self.home and path[:length] == self.home else None
        for key, record in self.variants.values():
            if path[length] == key:
                rest = path[length + 1 :]
                location = record.locate(rest, get(node, (*self.home, key))) if rest else None
                return (
                    length + 1 + (location[0] if location else 0),
                    location[1] if location and location[1] else self.field,
                )
        return (length, self.field) if self.home else None


class Switched(Part):
    """A variant with plain fields beside it, switched on and off as one: a probe, a hook. What does not fit is carried
    whole in ``keep``."""

    def __init__(self, variant: Variant, beside: Record | None = None) -> None:
        self.variant = variant
        self.beside = beside or Record()

    @cached_property
    def nothing(self) -> dict[str, Any]:
        return {**self.variant.read(MISSING), **self.beside.blank, "keep": ""}

    def read(self, node: Any) -> dict[str, Any]:
        if node is MISSING or node is None:
            copied: dict[str, Any] = fresh(self.nothing)
            return copied
        if self.variant.kind(node) in ("", OTHER):
            return {**self.variant.read(MISSING), "kind": OTHER, **self.beside.blank, "keep": to_keep(node)}
        return {**self.variant.read(node), **self.beside.read(node), "keep": ""}

    def put(self, node: Any, value: Any) -> Any:
        if value["kind"] == OTHER:
            return from_keep(value["keep"])
        if value["kind"] == "":
            return MISSING
        base = node if self.read(node)["kind"] not in ("", OTHER) else MISSING
        base = self.variant.write(base, {key: value[key] for key in self.variant.nothing})
        return self.beside.write(base, {key: value[key] for key in self.beside.nothing})

    def unseen(self, node: Any) -> Iterator[Path]:
        if self.read(node)["kind"] == OTHER:
            yield ()
        else:
            yield from unknown(node, [*self.variant.entries(), *self.beside.entries()])

    def locate(self, path: Path, node: Any = MISSING) -> Found | None:
        location = self.variant.locate(path, node) or self.beside.locate(path, node)
        if not path or location is None or location[0] == 0:
            return (0, "kind")
        return (location[0], joined(location[1]))
