"""The attributes of one object: a label, and its value in lines."""

from __future__ import annotations

from dataclasses import dataclass

from services.manifests.health import State


@dataclass(frozen=True, slots=True)
class Line:
    """One value of an attribute. `state` draws a glyph before it and `note` stands behind it."""

    text: str
    state: State | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """An attribute. `copied` is what its copy button copies; without lines it says `none`."""

    key: str
    label: str
    lines: tuple[Line, ...]
    mono: bool = False
    none: str = ""
    href: str = ""
    more: str = ""

    @property
    def copied(self) -> str:
        return "\n".join(line.text for line in self.lines)


def lines(*texts: str) -> tuple[Line, ...]:
    return tuple(Line(text) for text in texts if text)
