"""Names of inputs: the path of a form joined with `-`, rows by their numbers."""

from django.utils.datastructures import MultiValueDict

Typed = MultiValueDict[str, str]
"""Flat names and strings, as a browser posts them."""
THERE = "there"
_LONGEST = 6  # digits of a row's number: a form ends long before


def whole(text: str) -> int | None:
    """A number that somebody typed, of at most 9 digits; None for anything else. Python refuses to read long ones."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None


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
