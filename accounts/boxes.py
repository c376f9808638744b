"""The permissions of a role as boxes to tick, by area, and what saving them would change: the same on the page of a
role in its place and in the administration.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.roles import ALLOWED, EVERYTHING, NEEDS, Capability, Level, completed, parse
from accounts.words import AREAS, CAPABILITY, Text


@dataclass(frozen=True, slots=True)
class Box:
    """One permission. `blocked`: why it cannot be ticked, or ""; `required`: by what it is required, or "".
    `saved`: the role has it now.
    """

    value: str
    words: Text
    remark: Text
    ticked: bool
    saved: bool
    blocked: str
    required: str
    deeper: bool  # of no use without another one of its area, which stands above it
    parent: bool  # others are of no use without it


@dataclass(frozen=True, slots=True)
class Boxes:
    """The permissions of an area. `level`: the lowest at which they mean something; `fits`: the level of the role."""

    title: Text
    lines: tuple[Box, ...]
    level: Level
    fits: bool

    @property
    def ticked(self) -> int:
        return sum(line.ticked for line in self.lines)


@dataclass(frozen=True, slots=True)
class Effect:
    """What saving the boxes as they are changes, in words. `kept`: no longer ticked, but others need them."""

    added: list[Text]
    removed: list[Text]
    kept: list[Text]


# The permission that every other one of a project requires stands first, alone.
(_OF_SERVICES, (_BASE, *_REST)), *_OTHERS = AREAS
_AREAS = ((gettext_lazy("Base permission"), (_BASE,)), (_OF_SERVICES, tuple(_REST)), *_OTHERS)
_LEVELS = {
    Level.PLATFORM: (gettext_lazy("Platform"), ""),
    Level.WORKSPACE: (gettext_lazy("Workspace"), gettext_lazy("Every workspace")),
    Level.PROJECT: (gettext_lazy("Project"), gettext_lazy("Every project")),
}


def boxes(
    level: Level,
    values: Iterable[str],
    *,
    before: frozenset[Capability] = frozenset(),
    held: frozenset[Capability] = EVERYTHING,
    others: bool = False,
) -> tuple[Boxes, ...]:
    """What a role of the level can hold; with `others` also what it cannot, not ticked. `before`: what the role has;
    `held`: what can be granted.
    """
    offered = ALLOWED[level]
    ticked = completed(parse(values) & offered)
    areas = []
    for title, lines in _AREAS:
        own = {capability for capability, _words, _remark in lines}
        shown = [
            Box(
                value=capability.value,
                words=words,
                remark=remark,
                ticked=capability in ticked,
                saved=capability in before,
                blocked="" if capability in held else _("You do not have it, so you cannot grant it."),
                required=_required(capability, ticked),
                deeper=not own.isdisjoint(NEEDS.get(capability, ())),
                parent=any(capability in needs for needs in NEEDS.values()),
            )
            for capability, words, remark in lines
            if others or capability in offered
        ]
        if shown:
            areas.append(Boxes(title, tuple(shown), lines[0][0].level, lines[0][0] in offered))
    return tuple(areas)


def _required(capability: Capability, ticked: frozenset[Capability]) -> str:
    by = [CAPABILITY[other] for other in CAPABILITY if other in ticked and capability in NEEDS.get(other, ())]
    if len(by) > 1:
        return _("Required by %(n)d permissions") % {"n": len(by)}
    return _("Required by “%s”") % by[0] if by else ""


def effect(values: Iterable[str], before: frozenset[Capability]) -> Effect:
    """What becomes of a role that may do what it did `before`."""
    ticked = parse(values)
    after = completed(ticked)
    chosen = {"added": after - before, "removed": before - after, "kept": (after & before) - ticked}
    return Effect(
        **{
            key: [CAPABILITY[capability] for capability in CAPABILITY if capability in among]
            for key, among in chosen.items()
        }
    )


def reach(level: Level, place: str = "") -> Mapping[str, str]:
    """Two sentences: who can grant such a role, and where in the cluster it counts; and its level and place in words.
    `place`: whose own it is.
    """
    if level is Level.PLATFORM:
        granted = _("Anyone who manages users and has all of these permissions can grant it.")
        counts = _("The permissions of projects apply in the namespaces of all projects.")
    elif level is Level.WORKSPACE:
        granted = _("Anyone who manages members of a workspace and has all of these permissions can grant it.")
        counts = _("The permissions of projects apply in the namespaces of the workspace where it is granted.")
    else:
        granted = _("Anyone who manages members of a project and has all of these permissions can grant it.")
        counts = _("The permissions apply in the namespace of the project where it is granted.")
    if place:
        granted = _("Anyone who manages members of %s and has all of these permissions can grant it.") % place
        counts = _("The permissions apply in the namespace %s only.") % place
        if level is Level.WORKSPACE:
            counts = _("The permissions apply in the namespaces of the projects in %s only.") % place
    name, everywhere = _LEVELS[level]
    words = {"level": str(name), "place": place or str(everywhere)}
    return words | {"granted": granted, "counts": counts}
