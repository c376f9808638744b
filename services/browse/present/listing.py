"""The Services list: filters with counts, order, one page of rows. Costs grow with the page, not with the project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from services import words
from services.browse.present.query import COLUMNS, SIZES, Query
from services.browse.present.rows import Row, service_row
from services.browse.present.summaries import FACETS, ProjectSummary, ServiceSummary, newest_first
from services.manifests.health import RANK


@dataclass(frozen=True, slots=True)
class Choice:
    """A link with a count: a filter, a sort order, a page size."""

    key: str
    label: str
    href: str
    current: bool
    count: int | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """A column head. `order`: how the list is sorted by it, if it is; `href`: sorts by it, or the other way."""

    key: str
    label: str
    href: str = ""
    order: Literal["", "ascending", "descending"] = ""


@dataclass(frozen=True, slots=True)
class Pager:
    """Where the page stands: rows `first` to `last` of `total`."""

    first: int
    last: int
    total: int
    previous: str
    next: str
    sizes: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class ListPage:
    """What the list shows of its Services. `overall` counts the project, `pager.total` what the filters leave."""

    query: Query
    rows: tuple[Row, ...]
    overall: int
    attention: int
    chips: tuple[Choice, ...]
    types: tuple[Choice, ...]
    access: tuple[Choice, ...]
    exposure: tuple[Choice, ...]
    sorts: tuple[Choice, ...]
    heads: tuple[Head, ...]
    columns: tuple[tuple[str, str, bool], ...]
    pager: Pager

    @property
    def order(self) -> str:
        """What the list is sorted by, in a word."""
        return next(str(label) for _key, sort, label in _HEADS if sort == self.query.column)

    @property
    def shown(self) -> frozenset[str]:
        """Keys of the columns that are shown."""
        return frozenset(key for key, _label, on in self.columns if on)


_HEADS: tuple[tuple[str, str, Any], ...] = (
    ("status", "status", _("Status")),
    ("name", "name", _("Name")),
    ("type", "type", _("Type")),
    ("internal", "", _("Internal access")),
    ("external", "", _("External access")),
    ("app", "app", _("App")),
    ("age", "created", _("Age")),
)
_SORT_LABELS = {
    "name": _("Name, A to Z"),
    "-name": _("Name, Z to A"),
    "status": _("Status, worst first"),
    "type": _("Type"),
    "app": _("App"),
    "-created": _("Created, newest first"),
}
_SORT_KEYS: dict[str, Callable[[ServiceSummary], Any]] = {
    "status": lambda entry: (RANK[entry.health.state], newest_first(entry.since)),
    "type": lambda entry: list(words.TYPES).index(entry.type),
    "app": lambda entry: (not entry.app, entry.app),
    "created": lambda entry: entry.record.created,
}


def found(entries: Sequence[ServiceSummary], query: Query) -> Sequence[ServiceSummary]:
    """The entries that the search lets through (filters not yet applied)."""
    terms, labels = query.terms, query.labels
    if not terms and not labels:
        return entries
    return [
        entry
        for entry in entries
        if all(term in entry.haystack for term in terms)
        and all(entry.record.labels.get(key) == value for key, value in labels)
    ]


def facets(entries: Sequence[ServiceSummary], query: Query) -> dict[str, Counter[str]]:
    """How many entries each filter value would leave, the other filters staying as they are."""
    left: dict[frozenset[str], Sequence[ServiceSummary]] = {}
    counts = {}
    for name, key in FACETS.items():
        others = {other: value for other, value in query.filters.items() if other != name}
        place = frozenset(others)
        if place not in left:
            left[place] = filtered(entries, others)
        counts[name] = Counter(map(key, left[place]))
    return counts


def filtered(entries: Sequence[ServiceSummary], filters: dict[str, str]) -> Sequence[ServiceSummary]:
    """The entries that have these values."""
    for name, value in filters.items():
        key = FACETS[name]
        entries = [entry for entry in entries if key(entry) == value]
    return entries


def in_order(entries: Sequence[ServiceSummary], query: Query) -> Sequence[ServiceSummary]:
    """Sorted by the chosen column; equal ones by name, A to Z, in which order they come in."""
    if query.column == "name":
        return entries[::-1] if query.descending else entries
    return sorted(entries, key=_SORT_KEYS[query.column], reverse=query.descending)


def list_page(project: ProjectSummary, query: Query, shown: Sequence[str]) -> ListPage:
    """One page of the list. `project`: all Services of the project; `shown`: keys of the columns to show."""
    matched = found(project.services, query)
    counts = facets(matched, query) if query.narrowed else project.counts
    left = in_order(filtered(matched, query.filters), query)
    pages = max(1, -(-len(left) // query.size))
    page = min(query.page, pages)
    start = (page - 1) * query.size
    cut = left[start : start + query.size]
    language = get_language() or ""
    return ListPage(
        query=query,
        rows=tuple(_row(entry, language) for entry in cut),
        overall=len(project.services),
        attention=project.counts["status"]["attention"],
        chips=_chips(counts["status"], query),
        types=_choices("type", words.TYPES, counts["type"], query),
        access=_choices("access", words.ACCESS, counts["access"], query),
        exposure=_choices("out", words.EXPOSURE, counts["out"], query),
        sorts=tuple(
            Choice(key, str(label), query.sorted_by(key), query.sort == key) for key, label in _SORT_LABELS.items()
        ),
        heads=_heads(query, shown),
        columns=tuple((key, str(label), key in shown) for key, _sort, label in _HEADS if key in COLUMNS),
        pager=_pager(query, page, pages, (start, len(cut), len(left))),
    )


@lru_cache(maxsize=4096)
def _row(entry: ServiceSummary, _language: str) -> Row:
    """The row of an entry, in words of the present language."""
    return service_row(entry.record, entry.health)


def _chips(counts: Counter[str], query: Query) -> tuple[Choice, ...]:
    everything = Choice("", str(_("All")), query.filtered("status", ""), not query.status, counts.total())
    groups = (
        Choice(
            key, str(label), query.filtered("status", key), query.status == key, counts[key], words.GROUP_STATES[key]
        )
        for key, label in words.GROUPS.items()
    )
    return (everything, *groups)


def _choices(name: str, labels: dict[str, Any], counts: Counter[str], query: Query) -> tuple[Choice, ...]:
    """The values of one filter that lead somewhere, and the one that is chosen (which is taken away by its link)."""
    chosen = getattr(query, name)
    return tuple(
        Choice(key, str(label), query.filtered(name, "" if key == chosen else key), key == chosen, counts[key])
        for key, label in labels.items()
        if counts[key] or key == chosen
    )


def _heads(query: Query, shown: Sequence[str]) -> tuple[Head, ...]:
    heads = []
    for key, sort, label in _HEADS:
        if key in COLUMNS and key not in shown:
            continue
        if query.column != sort:
            heads.append(Head(key, str(label), query.sorted_by(sort) if sort else ""))
            continue
        turned = sort if query.descending else f"-{sort}"
        heads.append(Head(key, str(label), query.sorted_by(turned), "descending" if query.descending else "ascending"))
    return tuple(heads)


def _pager(query: Query, page: int, pages: int, cut: tuple[int, int, int]) -> Pager:
    start, count, total = cut
    return Pager(
        first=start + 1 if count else 0,
        last=start + count,
        total=total,
        previous=query.href(page=page - 1) if page > 1 else "",
        next=query.href(page=page + 1) if page < pages else "",
        sizes=tuple(Choice(str(size), str(size), query.href(size=size), query.size == size) for size in SIZES),
    )
