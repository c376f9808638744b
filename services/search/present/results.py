"""What a search shows: groups of matches, each a link with what was matched in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.finding import PlaceMatch
from console.kube import kinds
from console.kube.access import AROUND_WORKLOADS, BEHIND_SERVICES
from console.kube.haystacks import Match, Where
from console.kube.records import PodRecord, ServiceRecord, WorkloadRecord
from console.kube.searching import Search, Searched
from console.kube.summaries import PODS, SERVICES, WORKLOADS
from console.kube.visible import visible
from services.browse.present.summaries import service_summary
from services.manifests.health import RANK
from services.shown.status import StatusCell, status_cell
from services.workloads.present.lists_pods import pod_entry, pod_row
from services.workloads.present.lists_workloads import workload_entry

NOTHING = SafeString()
MOST, MOST_PODS, MOST_OF_ONE = 5, 3, 50
"""Rows of a kind among others, of pods, and where only that kind is asked for."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A match as a link. What was matched is marked in `name` and `second`.

    `field` and `value`: of the form that is sent to `url`, where it is no link.
    """

    icon: str
    url: str
    name: SafeString
    second: SafeString = NOTHING
    status: StatusCell | None = None
    mono: bool = False
    form: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Matches of one kind. `total`: how many there are, of which `endless`: at least."""

    key: str
    title: str
    hits: tuple[Hit, ...]
    total: int
    endless: bool = False

    @property
    def count(self) -> str:
        """In words: "6", "100+"."""
        return f"{self.total}+" if self.endless else str(self.total)

    @property
    def cut(self) -> bool:
        """Whether there are more than are shown."""
        return self.endless or self.total > len(self.hits)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of result that is searched in the cluster."""

    key: str
    title: Any
    icon: str
    kinds: tuple[kinds.Kind, ...]


KINDS = (
    Kind("services", _("Services"), "services", (kinds.SERVICE,)),
    Kind("workloads", _("Workloads"), "workloads", kinds.WORKLOADS),
    Kind("pods", _("Pods"), "pods", (kinds.POD,)),
)
PLACES = "places"
KEYS = (PLACES, *(kind.key for kind in KINDS))


class Ranked(NamedTuple):
    """A match with where it was. To sort by: how well it matches, then the project in the order of the search."""

    how: tuple[int, int]
    order: int
    name: str
    match: Match
    place: Searched


def marked(text: str, words: Iterable[str]) -> SafeString:
    """The text with the words in it marked. What nobody would see of it is written out."""
    text = visible(text)
    low = text.lower()
    if len(low) != len(text):  # some letters are two in lower case: nobody knows what stands where
        return format_html("{}", text)
    parts, end = [], 0
    for start, stop in sorted((at, at + len(word)) for word in words if (at := low.find(word)) >= 0):
        if start >= end:
            parts += [format_html("{}", text[end:start]), format_html("<mark>{}</mark>", text[start:stop])]
            end = stop
    return format_html_join("", "{}", ((part,) for part in (*parts, text[end:])))


def places(matches: Sequence[PlaceMatch], more: bool, words: Sequence[str]) -> Group | None:
    """The workspaces and projects."""
    hits = []
    for match in matches:
        what = gettext("project in %(place)s") % {"place": match.inside} if match.inside else gettext("workspace")
        hits.append(Hit(match.kind, match.url, marked(match.name, words), _joined(marked(match.alias, words), what)))
    return Group(PLACES, gettext("Projects and workspaces"), tuple(hits), len(hits), more) if hits else None


def of_kind(
    kind: Kind, search: Search, searched: Sequence[Searched], words: Sequence[str], most: int, inside: str
) -> Group | None:
    """The best of a kind from all projects; of equally good ones those of the project that comes first, the worst
    first. `inside`: the project where the reader is, which is not named.
    """
    matched = [
        (order, place, matches)
        for order, place in enumerate(searched)
        for object_kind in kind.kinds
        if (matches := place.matches.get(object_kind)) is not None
    ]
    every = (
        Ranked((match.how, match.where), order, match.record.name, match, place)
        for order, place, matches in matched
        for match in matches.best
    )
    endless = any(matches.more for _order, _place, matches in matched)
    total = sum(matches.total for _order, _place, matches in matched)
    ranked = sorted(every, key=lambda row: row[:3])[: most + 1]
    judged = [(row, _hit(kind, search, row, words, inside)) for row in ranked]
    # Of alike names the one in trouble is the one that is sought.
    judged.sort(key=lambda pair: (pair[0][:2], RANK[pair[1].status.state] if pair[1].status else len(RANK)))
    few = MOST_PODS if kind.kinds == (kinds.POD,) and most == MOST else most
    shown = total if total == few + 1 and not endless else few  # a link in place of one row would save nothing
    hits = tuple(hit for _, hit in judged[:shown])
    return Group(kind.key, str(kind.title), hits, total, endless) if hits else None


def _hit(kind: Kind, search: Search, row: Ranked, words: Sequence[str], inside: str) -> Hit:
    record, project = row.match.record, row.place.namespace
    return Hit(
        icon=kind.icon,
        url=address(record, project),
        name=marked(record.name, words),
        second=_joined(_second(row.match, words), "" if project == inside else project),
        status=_status(search, row),
        mono=isinstance(record, PodRecord),
    )


def address(record: object, project: str) -> str:
    """The page of what was matched."""
    match record:
        case WorkloadRecord():
            parts = {"project": project, "kind": record.kind.lower(), "name": record.name}
            return reverse("services:workload", kwargs=parts)
        case PodRecord():
            return reverse("services:pod", kwargs={"project": project, "name": record.name})
        case ServiceRecord():
            return reverse("services:details", kwargs={"project": project, "name": record.name})
    raise TypeError(type(record))


def _second(match: Match, words: Sequence[str]) -> SafeString | str:
    """Why it was matched, where its name does not say so; else what it is."""
    record = match.record
    if match.where is Where.LABEL:
        return format_html("{} {}", gettext("label"), marked(match.text, words))
    if match.where is Where.ADDRESS:
        port = match.text.isdigit()
        return format_html("{} {}", gettext("node port") if port else gettext("address"), marked(match.text, words))
    match record:
        case WorkloadRecord():
            return _joined(marked(record.alias, words), record.kind)
        case ServiceRecord():
            return marked(record.alias, words)
        case PodRecord():
            return record.node
    return ""


def _status(search: Search, row: Ranked) -> StatusCell | None:
    """What the lists say of it, where that is known."""
    match record := row.match.record:
        case ServiceRecord():
            service = search.judged(row.place, SERVICES, BEHIND_SERVICES, service_summary, record)
            return status_cell(service.health) if service else None
        case WorkloadRecord():
            workload = search.judged(row.place, WORKLOADS, AROUND_WORKLOADS, workload_entry, record)
            return status_cell(workload.health) if workload else None
        case PodRecord():
            pod = search.judged(row.place, PODS, (kinds.POD,), pod_entry, record)
            return pod_row(pod, "").status if pod else None
    return None


def _joined(*parts: SafeString | str) -> SafeString:
    return format_html_join(", ", "{}", ((part,) for part in parts if part))
