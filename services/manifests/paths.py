"""Places in a document, as tuples and as the API server writes them: ``spec.ports[0].nodePort``, ``labels[a.b/c]``."""

from __future__ import annotations

import re

Path = tuple[str | int, ...]


class EntryKey(str):
    """A step into a list by what its entry is called, not by where it stands: ``spec.ports[80/TCP].targetPort``."""

    __slots__ = ()


_STEP = re.compile(r"\[([^\[\]]*)\]|\.?([^.\[\]]+)|\.")
_PLAIN = re.compile(r"[^.\[\]]+")


def parse_path(text: str) -> Path:
    """The steps of a path in an API error; numbers in brackets are list indices, other text there is a key."""
    steps: list[str | int] = []
    for inside, plain in _STEP.findall(text):
        if plain:
            steps.append(plain)
        elif inside:
            key = inside.strip("\"'")
            steps.append(int(key) if key.isascii() and key.isdigit() and len(key) < 10 else key)
    return tuple(steps)


def format_path(path: Path) -> str:
    """The path as the API server would write it."""
    text = ""
    for step in path:
        if isinstance(step, int | EntryKey):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{step}]"
    return text
