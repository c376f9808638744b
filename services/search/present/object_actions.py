"""What can be done with what a search matched: "logs orders" offers the logs of what is called orders, "scale web" to
scale it. Only what the person may do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability
from accounts.scope import Scope
from console.kube import kinds
from console.kube.haystacks import Match, Sought, standing
from console.kube.kinds import Kind
from console.kube.records import ServiceRecord
from console.kube.searching import Searched
from services.search.present.results import Hit, address, marked

MOST, MOST_UNASKED = 6, 3
_GROUPS: tuple[tuple[Kind, ...], ...] = ((kinds.SERVICE,), kinds.WORKLOADS, (kinds.POD,))
_SERVICE, _POD, _WORKLOADS = ("Service",), ("Pod",), tuple(kind.kind for kind in kinds.WORKLOADS)


@dataclass(frozen=True, slots=True)
class Verb:
    """Something to do. `typed`: the word for it; `label`: with the name; `path`: below the page of the object."""

    typed: str
    label: Any
    icon: str
    path: str
    kinds: tuple[str, ...]
    capability: Capability


_LOGS = Verb("logs", _("Logs of %s"), "logs", "logs/", (*_SERVICE, *_WORKLOADS, *_POD), Capability.LOGS)
VERBS = (
    _LOGS,
    Verb("edit", _("Edit Service %s"), "edit", "edit/service/", _SERVICE, Capability.SERVICES_MANAGE),
    Verb("edit", _("Edit Settings of %s"), "edit", "settings/", _WORKLOADS, Capability.WORKLOADS_MANAGE),
    Verb("scale", _("Scale %s…"), "edit", "scale/", ("Deployment", "StatefulSet"), Capability.WORKLOADS_MANAGE),
    Verb("image", _("Change Image of %s…"), "edit", "image/", _WORKLOADS, Capability.WORKLOADS_MANAGE),
    Verb("restart", _("Restart %s…"), "restart", "restart/", _WORKLOADS, Capability.WORKLOADS_MANAGE),
    Verb("delete", _("Delete %s…"), "remove", "delete/", _SERVICE, Capability.SERVICES_MANAGE),
    Verb("delete", _("Delete %s…"), "remove", "delete/", (*_WORKLOADS, *_POD), Capability.WORKLOADS_MANAGE),
)
_TYPED = {"log": "logs"} | {verb.typed: verb.typed for verb in VERBS}


def asked(sought: Sought) -> tuple[str, Sought]:
    """What is to be done, typed before or behind a name, and the name; "" and all words where nothing is."""
    for at in (0, -1):
        word, rest = sought.words[at], tuple(other for other in sought.words if other != sought.words[at])
        if rest and word in _TYPED:
            return _TYPED[word], Sought(rest)
    return "", sought


def offered(
    verb: str,
    scopes: Mapping[str, Scope],
    searched: Sequence[Searched],
    words: Sequence[str],
    listed: Sequence[str],
    inside: str,
) -> list[Hit]:
    """For the best matches of the other words what is asked for; where nothing is, the logs of the best of each kind.
    `scopes`: by the names of the projects; `listed`: the addresses of the results, of equals the worst first; `inside`:
    the project where the reader is, which is not named.
    """
    hits: list[Hit] = []
    order = {url: number for number, url in enumerate(listed)}
    for group in _GROUPS:
        best = _best(group, searched, others=bool(verb))
        best.sort(key=lambda pair: (standing(pair[0])[:2], order.get(address(pair[0].record, pair[1]), len(order))))
        for match, place in best[:MOST] if verb else best[:1]:
            hits += _of(verb or "logs", match, scopes[place], words, inside)
    return hits[: MOST if verb else MOST_UNASKED]


def _best(group: Sequence[Kind], searched: Sequence[Searched], *, others: bool) -> list[tuple[Match, str]]:
    return [
        (match, place.namespace)
        for place in searched
        for kind in group
        if (kind_matches := (place.others if others else place.matches).get(kind))
        for match in kind_matches.best
    ]


def _of(typed: str, match: Match, scope: Scope, words: Sequence[str], inside: str) -> Iterator[Hit]:
    record = match.record
    kind = getattr(record, "kind", "") or ("Service" if isinstance(record, ServiceRecord) else "Pod")
    if isinstance(record, ServiceRecord) and typed == "logs" and not record.selector:
        return
    for verb in VERBS:
        if verb.typed == typed and kind in verb.kinds and scope.can(verb.capability):
            url = address(record, scope.place) + verb.path
            before, _name, after = str(verb.label).partition("%s")
            label = format_html("{}{}{}", before, marked(record.name, words), after)
            yield Hit(
                verb.icon, url, label, format_html("{}", kind if scope.place == inside else f"{kind}, {scope.place}")
            )
