"""What each role may do, as a table: areas, in each the capabilities, and for each role whether it has them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accounts.models import Role
from accounts.roles import ALLOWED, Capability, Level
from accounts.words import AREAS, Text


@dataclass(frozen=True, slots=True)
class Line:
    """One capability, and for each role, in their order, its name and whether it has it."""

    words: Text
    remark: Text
    held: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Area:
    title: Text
    lines: tuple[Line, ...]

    @property
    def by_role(self) -> list[tuple[str, list[bool]]]:
        """The same turned: each role, and whether it has each of the lines. The one that may do most comes last."""
        roles = zip(*(line.held for line in self.lines), strict=True)
        return [(cells[0][0], [held for _name, held in cells]) for cells in roles][::-1]


def areas(roles: Sequence[Role], level: Level, among: Iterable[Capability] = tuple(Capability)) -> tuple[Area, ...]:
    """The capabilities that a role of this level can hold, by area; only those of `among`."""
    held = [(role.name, role.capability_set) for role in roles]
    wanted = ALLOWED[level] & set(among)
    every = (
        Area(
            title,
            tuple(
                Line(words, remark, tuple((name, capability in capabilities) for name, capabilities in held))
                for capability, words, remark in lines
                if capability in wanted
            ),
        )
        for title, lines in AREAS
    )
    return tuple(area for area in every if area.lines)


def beside(capability: Capability) -> frozenset[Capability]:
    """The capabilities of the same area."""
    every = (frozenset(other for other, _words, _remark in lines) for _title, lines in AREAS)
    return next(area for area in every if capability in area)
