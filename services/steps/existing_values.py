"""What stands in the documents already, as the form would post it: the form's own rules do not scold it.

A hand-written document may say what this console would not propose. As long as such a value stays as it is, it is kept;
whether the cluster takes it, the cluster says at the review, by its line.
"""

import re
from collections.abc import Mapping

from django.utils.datastructures import MultiValueDict

from services.steps.input_names import THERE, UNIT, Typed

_NUMBER = re.compile(r"-\d+(?=-|$)")
_Below = dict[str, list[str]]


class ExistingValues:
    """Values of a step as its lens read them, found again wherever their rows have moved to."""

    def __init__(self, read: Typed | None = None) -> None:
        self._read: Typed = MultiValueDict() if read is None else read
        self._by_place: dict[str, list[str]] = {}
        for name in self._read:
            self._by_place.setdefault(_place(name), []).append(name)
        self._alike: dict[str, list[_Below]] = {}
        self._typed: tuple[Typed | None, dict[str, _Below]] = (None, {})

    @property
    def size(self) -> int:
        """How many fields there are."""
        return len(self._read)

    def has(self, name: str, text: str) -> bool:
        """Whether a field of this name, of whichever row, says this."""
        return any(text in self._read.getlist(own) for own in self._by_place.get(_place(name), ()))

    def count(self, at: str, wanted: Mapping[str, str]) -> int:
        """How many rows of the list that the row `at` is in have these values."""
        first = next(iter(wanted))
        ending = len(first) + 1
        rows = [own[:-ending] for own in self._by_place.get(_place(f"{at}-{first}"), ())]
        return sum(all(self._read.get(f"{row}-{name}", "") == text for name, text in wanted.items()) for row in rows)

    def has_all(self, at: str, typed: Typed, *, below: bool = True) -> bool:
        """Whether the row `at` stands as typed: its own fields, and what is `below`. The whole step is ""."""
        if self._typed[0] is not typed:
            self._typed = (typed, _rows(typed))
        if not self._alike:
            for row, filled in _rows(self._read).items():
                self._alike.setdefault(_place(row), []).append(filled)
        alike, mine = self._alike.get(_place(at), []), self._typed[1].get(at, {})
        return mine in alike if below else _own(mine) in [_own(fields) for fields in alike]

    def exact(self, name: str, text: str) -> str:
        """The text as it stands; browsers send other line ends than they were given."""
        plain = _lines(text)
        if plain == text:
            return text
        stands = (value for own in self._by_place.get(_place(name), ()) for value in self._read.getlist(own))
        return next((value for value in stands if _lines(value) == plain), plain)


def _place(name: str) -> str:
    """The name without the numbers of its rows."""
    return _NUMBER.sub("-#", name)


def _rows(typed: Typed) -> dict[str, _Below]:
    """What is filled in below each row and group, however deep; under "" the step's own fields."""
    rows: dict[str, _Below] = {"": {}}
    for name, values in typed.lists():
        parts = name.split("-")
        filled = [value for value in values if value != ""]
        if not filled or parts[-1] in (THERE, UNIT):
            continue
        if len(parts) == 1:
            rows[""][name] = filled
        for cut in range(1, len(parts)):
            rows.setdefault("-".join(parts[:cut]), {})["-".join(parts[cut:])] = filled
    return rows


def _own(below: _Below) -> _Below:
    return {name: values for name, values in below.items() if "-" not in name}


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
