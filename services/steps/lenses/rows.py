"""Lists and maps of the manifest as rows of the form.

An entry that the form cannot show is a *kept* row: its JSON in ``keep``, every other field blank. Rows are matched to
the old entries (equal, then same name, then most alike, then same place), so that fields which the form does not know
stay with them.
"""

import json
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

from services.manifests.tree import MISSING
from services.steps.lenses.parts import Found, Part, Path, joined

Row = dict[str, Any]

_DEEPEST = 60  # levels below a kept entry; with those above it a document stays within the loader's 100
_ALIKE_AT_MOST = 200  # rows compared one by one; beyond that, position decides


def to_keep(entry: Any) -> str:
    """An entry as text for the ``keep`` field."""
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":"))


def from_keep(text: str) -> Any:
    """The entry that ``to_keep`` wrote; ``MISSING`` for anything that a loaded document cannot hold (a forged hidden
    field): no JSON, NaN, numbers beyond 64 bits, halves of characters, or nested too deep."""
    try:
        entry = json.loads(text, parse_constant=_refuse, parse_int=_whole, parse_float=_finite)
        to_keep(entry).encode()
    except (ValueError, RecursionError):
        return MISSING
    return entry if _shallow(entry, _DEEPEST) else MISSING


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _whole(digits: str) -> int:
    return int(digits) if -(2**63) <= int(digits) < 2**64 else _refuse(digits)


def _finite(digits: str) -> float:
    return float(digits) if isfinite(float(digits)) else _refuse(digits)


def _shallow(entry: Any, levels: int) -> bool:
    children = entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else ()
    return levels > 0 and all(_shallow(child, levels - 1) for child in children)


class Rows(Part):
    """A list whose entries are maps, each shown by ``record``. ``identity`` names the fields that tell rows apart."""

    def __init__(self, record: Part, *, identity: tuple[str, ...] = ("name",)) -> None:
        self.record = record
        self.identity = identity

    @property
    def blank_row(self) -> Row:
        return {**self.record.blank, "keep": ""}

    def read(self, node: Any) -> list[Row]:
        return [self.read_row(entry) for entry in node] if isinstance(node, list) else []

    def read_row(self, entry: Any) -> Row:
        if isinstance(entry, dict):
            values = self.record.read(entry)
            if values != self.record.nothing and self.record.read(self.record.write(MISSING, values)) == values:
                return {"keep": "", **values}
        return {**self.record.blank, "keep": to_keep(entry)}

    def put(self, node: Any, value: Any) -> Any:
        entries = self.merge(node if isinstance(node, list) else [], value)
        return entries or MISSING

    def merge(self, old: list[Any], rows: list[Row]) -> list[Any]:
        """The entries for ``rows``, each merged into the old entry that it matches."""
        blank = {**self.record.nothing, "keep": ""}
        rows = [row for row in rows if row != blank]
        matched = match([self.read_row(entry) for entry in old], rows, self.identity) if old else [None] * len(rows)
        merged = []
        for row, index in zip(rows, matched, strict=True):
            entry = self.write_row(MISSING if index is None else old[index], row)
            if entry is not MISSING:
                merged.append(entry)
        return merged

    def write_row(self, old: Any, row: Row) -> Any:
        if not row["keep"]:
            return self.record.write(old if isinstance(old, dict) and not self.read_row(old)["keep"] else MISSING, row)
        return old if isinstance(old, dict) and to_keep(old) == row["keep"] else from_keep(row["keep"])

    def unseen(self, node: Any) -> Iterator[Path]:
        if not isinstance(node, list):
            yield from [()] if node else []
            return
        for index, entry in enumerate(node):
            if self.read_row(entry)["keep"]:
                yield (index,)
            else:
                yield from ((index, *path) for path in self.record.unseen(entry))

    def locate(self, path: Path, node: Any = MISSING) -> Found | None:
        if not path or not isinstance(path[0], int):
            return (0, "")
        entry = node[path[0]] if isinstance(node, list) and path[0] < len(node) else MISSING
        location = self.record.locate(path[1:], entry) or (0, "")
        return (1 + location[0], joined(str(path[0]), location[1]))


class Pairs(Part):
    """A map of texts as rows. Keys that ``hidden`` accepts are neither shown nor touched."""

    def __init__(self, hidden: Callable[[str], bool] = lambda key: False) -> None:
        self.hidden = hidden

    def read(self, node: Any) -> list[Row]:
        if not isinstance(node, dict):
            return []
        return [self._row(key, value) for key, value in node.items() if not self.hidden(key)]

    def put(self, node: Any, value: Any) -> Any:
        old = node if isinstance(node, dict) else {}
        pairs = {key: kept for key, kept in old.items() if self.hidden(key)}
        for row in value:
            if row["keep"]:
                kept = from_keep(row["keep"])
                if isinstance(kept, list) and len(kept) == 2 and isinstance(kept[0], str):
                    pairs[kept[0]] = kept[1]
            elif row["key"] or row["value"]:
                pairs[row["key"]] = row["value"]
        return pairs or MISSING

    def unseen(self, node: Any) -> Iterator[Path]:
        if isinstance(node, dict):
            yield from ((row_key(row),) for row in self.read(node) if row["keep"])
        elif node:
            yield ()

    def _row(self, key: str, value: Any) -> Row:
        if isinstance(value, str) and key:
            return {"key": key, "value": value, "keep": ""}
        return {"key": "", "value": "", "keep": to_keep([key, value])}


def row_key(row: Row) -> str:
    """The key of a row of ``Pairs``, kept or not."""
    return str(json.loads(row["keep"])[0]) if row["keep"] else row["key"]


class Argument(Part):
    """A bare text in a list, as a row with one field."""

    def read(self, node: Any) -> Row:
        return {"value": node if isinstance(node, str) else ""}

    def put(self, node: Any, value: Any) -> Any:
        return value["value"]


class Arguments(Rows):
    """A list of texts, one row each. The empty text is a kept row, so that blank rows may be dropped."""

    def __init__(self) -> None:
        super().__init__(Argument(), identity=("value",))

    def read_row(self, entry: Any) -> Row:
        if isinstance(entry, str) and entry:
            return {"value": entry, "keep": ""}
        return {"value": "", "keep": to_keep(entry)}

    def write_row(self, old: Any, row: Row) -> Any:
        return from_keep(row["keep"]) if row["keep"] else row["value"]

    def unseen(self, node: Any) -> Iterator[Path]:
        if isinstance(node, list):
            yield from ((index,) for index, entry in enumerate(node) if not isinstance(entry, str))
        elif node:
            yield ()


def match(old: list[Row], new: list[Row], identity: tuple[str, ...]) -> list[int | None]:
    """For each new row the index of the old row that it comes from: each old row at most once."""
    free = dict.fromkeys(range(len(old)))
    origins: list[int | None] = [None] * len(new)
    for key in (_same, lambda row: _identity(row, identity)):
        waiting: dict[str, list[int]] = {}
        for index in reversed(free):
            waiting.setdefault(key(old[index]), []).append(index)
        for position, row in enumerate(new):
            candidates = waiting.get(key(row), []) if origins[position] is None else []
            if candidates:
                index = candidates.pop()
                origins[position] = index
                del free[index]
    _match_alike(old, new, origins, free)
    if len(old) == len(new):  # nothing was added and nothing removed: what is left over at its place was changed
        for position, row in enumerate(new):
            if origins[position] is None and position in free and not row["keep"] and not old[position]["keep"]:
                origins[position] = position
                del free[position]
    return origins


def _match_alike(old: list[Row], new: list[Row], origins: list[int | None], free: dict[int, None]) -> None:
    left = [position for position, index in enumerate(origins) if index is None and not new[position]["keep"]]
    if not free or len(left) > _ALIKE_AT_MOST or len(free) > _ALIKE_AT_MOST:
        return
    for position in left:
        scores = [(_alike(old[index], new[position]), -abs(index - position), index) for index in free]
        score, _distance, index = max(scores, default=(0.0, 0, -1))
        if score >= 0.5:
            origins[position] = index
            del free[index]


def _same(row: Row) -> str:
    return json.dumps(row, sort_keys=True)


def _identity(row: Row, identity: tuple[str, ...]) -> str:
    if row["keep"]:
        return f"kept {row['keep']}"  # the step may show something beside it: the mounts of a volume it cannot show
    if not any(row[key] for key in identity):
        return f"none {id(row)}"
    return "same " + json.dumps([row[key] for key in identity])


def _alike(old: Row, new: Row) -> float:
    """Share of the old row's filled fields that the new row still has."""
    if old["keep"]:
        return 0.0
    filled = [key for key, value in old.items() if value not in ("", None, [], False)]
    same = sum(1 for key in filled if old[key] == new[key])
    return same / len(filled) if filled else 0.0
