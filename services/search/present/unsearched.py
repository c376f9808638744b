"""What a search did not look at, and the way on: it never claims that there is nothing where it did not look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from accounts.finding import Turn
from console.kube.searching import Searched

MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence, and the link that helps."""

    what: str
    url: str = ""
    words: str = ""


def remarks(turn: Turn, searched: Sequence[Searched], href: str, again: str) -> tuple[Remark, ...]:
    """`href`: the address of the search over the next projects; `again`: of the same search."""
    missing: dict[str, list[str]] = {}
    for place in searched:
        if place.known != "yes":
            missing.setdefault(place.known, []).append(place.namespace)
    told = [_missing(known, names, again) for known, names in missing.items()]
    behind = turn.total - turn.before - len(turn.names)
    if turn.before or behind > 0:
        sentence = ngettext(
            "%(searched)s of your %(total)s project was searched.",
            "%(searched)s of your %(total)s projects were searched.",
            turn.total,
        ) % {"searched": len(searched) - sum(map(len, missing.values())), "total": turn.total}
        told.append(Remark(sentence, href, gettext("Search the next ones")) if behind > 0 else Remark(sentence))
    return tuple(told)


def _missing(known: str, names: Sequence[str], again: str) -> Remark:
    listed, more = ", ".join(names[:MOST_NAMED]), len(names) - MOST_NAMED
    if more > 0:
        listed = gettext("%(names)s and %(more)s more") % {"names": listed, "more": more}
    if known == "late":
        return Remark(gettext("Not searched because time ran out: %s.") % listed, again, gettext("Search again"))
    if known == "loading":
        return Remark(gettext("Not searched because still loading: %s.") % listed, again, gettext("Search again"))
    if known == "unwatched":
        overview = reverse("services:list", args=[names[0]])
        sentence = gettext("Not searched because not loaded: %s.") % listed
        return Remark(sentence, overview, gettext("Open %s") % names[0])
    return Remark(gettext("Not searched because its Services cannot be read: %s.") % listed)
