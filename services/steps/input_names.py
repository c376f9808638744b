"""Names of inputs: the path of a form joined with `-`, rows by their numbers."""

import re
from collections.abc import Mapping, Sequence

from django.utils.datastructures import MultiValueDict

Typed = MultiValueDict[str, str]
"""Flat names and strings, as a browser posts them."""
THERE = "there"
UNITS = ("Mi", "Gi")
UNIT = "unit"
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")
_WITH_UNIT = re.compile(rf"({_NUMBER.pattern})({'|'.join(UNITS)})")
_OWN_UNIT = re.compile(rf".*[A-Za-z]|{_NUMBER.pattern}(?:[eE][+-]?[0-9]+)?", re.DOTALL)
_LONGEST = 6  # digits of a row's number: a form ends long before


def whole(text: str) -> int | None:
    """A number that somebody typed, of at most 9 digits; None for anything else. Python refuses to read long ones."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None


def with_units(data: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What was posted, each number with the unit that was chosen beside it (`NAME-unit`). What was typed with a suffix
    of its own stays as it is: it says more. A unit beside no number, or beside what is none, is kept as it was posted.
    """
    texts = {name: list(values) for name, values in data.items() if not name.endswith(f"-{UNIT}")}
    for name, units in data.items():
        own = name.removesuffix(f"-{UNIT}")
        if own == name or own not in texts or not units or units[-1] not in (*UNITS, ""):
            continue
        unit = units[-1]
        texts[own] = [f"{text.strip()}{unit}" if _NUMBER.fullmatch(text.strip()) else text for text in texts[own]]
        if not any(_OWN_UNIT.fullmatch(text.strip()) for text in texts[own]):
            texts[name] = [unit]
    return texts


def unit_of(text: str, chosen: str) -> tuple[str, str]:
    """A quantity as number and unit; the unit is "" where it is none of the list, and the number the whole text.
    `chosen`: the unit beside what is no quantity, or beside nothing."""
    match = _WITH_UNIT.fullmatch(text)
    if match:
        return match[1], match[2]
    return text, "" if _OWN_UNIT.fullmatch(text.strip()) else chosen


def row_numbers(typed: Typed) -> dict[str, list[str]]:
    """The row numbers of each list in `typed`, in order; looked for once, for there may be thousands of names."""
    by_path: dict[str, list[str]] = {}
    for key in typed:
        if key.endswith(f"-{THERE}"):
            path, _dash, at = key.removesuffix(f"-{THERE}").rpartition("-")
            if path and at.isdecimal() and len(at) <= _LONGEST and at.isascii():
                by_path.setdefault(path, []).append(at)
    return {path: sorted(numbers, key=int) for path, numbers in by_path.items()}


def indices(typed: Typed, path: str) -> list[str]:
    """The row numbers that `typed` has below a list, in order."""
    return row_numbers(typed).get(path, [])
