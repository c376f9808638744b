"""The attributes of one object: a label, and its value in lines."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from console.kube.visible import visible
from console.web import times
from services.manifests.health import State


@dataclass(frozen=True, slots=True)
class Line:
    """One value of an attribute. `state` draws a glyph before it, `note` stands behind it, and it may be a link."""

    text: str
    state: State | None = None
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """An attribute. `copied` is what its copy button copies; without lines it says `none`.

    `tags`: each line is one.
    """

    key: str
    label: str
    lines: tuple[Line, ...]
    mono: bool = False
    none: str = ""
    href: str = ""
    more: str = ""
    tags: bool = False

    @property
    def copied(self) -> str:
        return "\n".join(line.text for line in self.lines)


def lines(*texts: str) -> tuple[Line, ...]:
    """Those of the texts that say something, a line each."""
    return tuple(Line(text) for text in texts if text)


def value_text(value: Any, most: int = 300) -> str:
    """A value of a manifest as people see it, so many characters of it; nothing where there is none."""
    return "" if value is None else visible(str(value))[:most]


def when_created(moment: float) -> str:
    """How long ago, and the day once that is not today or yesterday; the exact time is in the title."""
    if time.time() - moment > 2 * 86400:
        words = {"day": times.element(moment, "ago"), "age": times.element(moment, "age")}
        return times.sentence(gettext("%(day)s, %(age)s ago"), words)
    return times.element(moment, "ago") or times.exact(moment)
