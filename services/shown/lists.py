"""A big list: what its address asks for, its filters with counts, its order, and one page of rows.

Costs grow with the page, not with the project: orders and counts of everything are kept until something changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Generic, Literal
from urllib.parse import urlencode

from django.utils.translation import get_language, gettext

from console.kube.summaries import Failed, Summaries
from services.shown.summary import Summary, T

SIZES = (20, 50, 100)
LONGEST_SEARCH = 200
ATTENTION = ("status", "attention")
MOST_CHOICES = 50  # of one menu: the ones with the most rows


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
    pages: tuple[Choice, ...]
    previous: str
    next: str
    sizes: tuple[Choice, ...]


@dataclass(frozen=True)
class Column(Generic[T]):
    """A column: its key in cookies and templates, its words, and what it sorts by, if it does. `by`: what the address
    calls that order, if not as the column; `most_first`: its head sorts the other way first."""

    key: str
    label: Any
    sort: Callable[[T], Any] | None = None
    optional: bool = True
    by: str = ""
    most_first: bool = False

    @property
    def order(self) -> str:
        """What the address calls its order; empty where it has none."""
        return (self.by or self.key) if self.sort else ""


@dataclass(frozen=True)
class Filter:
    """A filter in a menu. `labels`: of its values, in their order; without them it offers what there is."""

    name: str
    labels: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Menu:
    """Filters that stand in one menu."""

    label: Any
    filters: tuple[Filter, ...]


@dataclass(frozen=True)
class Shape(Generic[T]):
    """What a kind of list can be asked for, and how an entry becomes a row. `groups`: the chips, with their labels;
    `states`: their colours."""

    groups: Mapping[str, Any]
    states: Mapping[str, str]
    menus: tuple[Menu, ...]
    columns: tuple[Column[T], ...]
    sorts: Mapping[str, Any]
    facets: Mapping[str, Callable[[T], str]]
    row: Callable[[T, str], Any]

    @property
    def optional(self) -> tuple[str, ...]:
        """Keys of the columns that one may leave out."""
        return tuple(column.key for column in self.columns if column.optional)

    def without(self, orders: Collection[str]) -> Shape[T]:
        """The same, but not sorted by these columns."""
        columns = tuple(replace(column, sort=None) if column.key in orders else column for column in self.columns)
        sorts = {order: words for order, words in self.sorts.items() if order.removeprefix("-") not in orders}
        return replace(self, columns=columns, sorts=sorts)

    def knows(self, name: str, value: str) -> bool:
        """Whether a filter can have this value."""
        if name == "status":
            return value in self.groups
        labels = next(
            (menu_filter.labels for menu in self.menus for menu_filter in menu.filters if menu_filter.name == name),
            None,
        )
        return labels is None or value in labels


@dataclass(frozen=True, slots=True)
class Query:
    """One view of a list. `sort` begins with "-" when it is descending; `page` counts from 1; `first`: the order that
    a list has first of all."""

    first: str
    q: str = ""
    chosen: tuple[tuple[str, str], ...] = ()
    sort: str = ""
    page: int = 1
    size: int = SIZES[0]

    @property
    def usual(self) -> str:
        """How it is sorted where the address does not say it: what needs attention by how much."""
        return "status" if ATTENTION in self.chosen else self.first

    @property
    def terms(self) -> tuple[str, ...]:
        """Lower-case words that must be found."""
        return tuple(word.lower() for word in self.q.split() if "=" not in word)

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Labels asked for as key=value."""
        pairs = (word.partition("=") for word in self.q.split() if "=" in word)
        return tuple((key, value) for key, _, value in pairs)

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set."""
        return dict(self.chosen)

    @property
    def kept(self) -> dict[str, str]:
        """What a search or another choice of columns leaves as it is; the order is remembered."""
        return self.filters | ({} if self.size == SIZES[0] else {"size": str(self.size)})

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")

    @property
    def column(self) -> str:
        """The column that the list is sorted by."""
        return self.sort.removeprefix("-")

    def href(self, *, ordered: bool = False, **changes: Any) -> str:
        """The address of a changed query: "?status=ready&size=50". The page goes back to 1 unless it is given."""
        return _address(replace(self, **{"page": 1, **changes}), ordered)

    def sorted_by(self, sort: str) -> str:
        """The address with another order, named even if it is the usual one: without a name the last one holds."""
        return self.href(sort=sort, ordered=True)

    def filtered(self, name: str, value: str) -> str:
        """The address with one filter changed."""
        rest = {key: other for key, other in self.chosen if key != name}
        return self.href(chosen=tuple((rest | ({name: value} if value else {})).items()))


@lru_cache(maxsize=1024)
def _address(query: Query, ordered: bool) -> str:
    """A list page has two dozen links to the same few queries, at every look."""
    told: dict[str, object] = {"q": query.q} if query.q else {}
    told |= query.filters
    if ordered or query.sort != query.usual:
        told["sort"] = query.sort
    told |= {"page": query.page} if query.page > 1 else {}
    told |= {"size": query.size} if query.size != SIZES[0] else {}
    return "?" + urlencode(told)


@dataclass(frozen=True)
class ListPage(Generic[T]):
    """What a list shows. `overall` counts the project, `pager.total` what search and filters leave."""

    query: Query
    entries: tuple[T, ...]
    rows: tuple[Any, ...]
    overall: int
    attention: int
    chips: tuple[Choice, ...]
    menus: tuple[dict[str, Any], ...]
    sorts: tuple[Choice, ...]
    heads: tuple[Head, ...]
    columns: tuple[tuple[str, str, bool], ...]
    order: str
    pager: Pager

    @property
    def shown(self) -> frozenset[str]:
        """Keys of the columns that are shown."""
        return frozenset(key for key, _label, on in self.columns if on)


def parse(shape: Shape[Any], parameters: Mapping[str, str], remembered: str = "") -> Query:
    """A query from request.GET; anything unknown in it is left out. `remembered`: the order that was chosen last."""
    filters = {name: parameters.get(name, "")[:LONGEST_SEARCH] for name in shape.facets}
    size = number_in(parameters.get("size", ""), SIZES[0])
    query = Query(
        first=next(iter(shape.sorts)),
        q=parameters.get("q", "").strip()[:LONGEST_SEARCH],
        chosen=tuple((name, value) for name, value in filters.items() if value and shape.knows(name, value)),
        page=max(1, number_in(parameters.get("page", ""), 1)),
        size=size if size in SIZES else SIZES[0],
    )
    orders = {column.order for column in shape.columns if column.sort}
    wanted = (parameters.get("sort", ""), "" if ATTENTION in query.chosen else remembered)
    known = (order for order in wanted if order.removeprefix("-") in orders)
    return replace(query, sort=next(known, query.usual))


def number_in(text: str, default: int = 0, *, digits: int = 6) -> int:
    """A number as it stands in an address or a form; `default` for whatever is none, or has more digits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else default


def shown_columns(shape: Shape[Any], cookie: str | None) -> tuple[str, ...]:
    """The columns chosen in a cookie ("-": none), in their order; all of them without one."""
    return tuple(key for key in shape.optional if key in cookie.split(".")) if cookie else shape.optional


def summed_up(
    facets: Mapping[str, Callable[[T], str]], kept: Summaries[T], unjudged: Callable[[Failed], T]
) -> Summary[T]:
    """The summary of a project from what is kept of each of its objects. `unjudged`: an entry for one of which nothing
    could be worked out."""

    def entry_of(key: str) -> T | None:
        return unjudged(kept.failed[key]) if key in kept.failed else kept.values.get(key)

    def made() -> Summary[T]:
        return Summary.of(facets, {**kept.values, **{key: unjudged(failed) for key, failed in kept.failed.items()}})

    known: Summary[T] = kept.renew("list", made, lambda before, keys: before.renewed(keys, entry_of))
    return known


def list_page(
    shape: Shape[T],
    everything: Summary[T],
    query: Query,
    shown: Sequence[str],
    measured: Mapping[str, Callable[[T], float]] | None = None,
) -> ListPage[T]:
    """One page of a list. `shown`: keys of the columns to show; `measured`: what is sorted by where that is no part of
    the entries, by the order's name."""
    matched = _searched(everything, query)
    counts = _counts(shape, matched, query)
    filtered = _filtered(shape, matched, query.filters)
    left = _measured(filtered, query, measured) if measured else _ordered(filtered, shape, query)
    pages = max(1, -(-len(left) // query.size))
    page = min(query.page, pages)
    start = (page - 1) * query.size
    cut = tuple(left[start : start + query.size])
    language = get_language() or ""
    return ListPage(
        query=query,
        entries=cut,
        rows=tuple(shape.row(entry, language) for entry in cut),
        overall=len(everything.entries),
        attention=everything.counts["status"]["attention"],
        chips=_chips(shape, counts["status"], query),
        menus=tuple(_menu(menu, counts, query) for menu in shape.menus),
        sorts=tuple(
            Choice(key, str(label), query.sorted_by(key), query.sort == key) for key, label in shape.sorts.items()
        ),
        heads=_heads(shape, query, shown),
        columns=tuple(
            (column.key, str(column.label), column.key in shown) for column in shape.columns if column.optional
        ),
        order=next(str(column.label) for column in shape.columns if column.order == query.column),
        pager=_pager(query, page, pages, start, len(cut), len(left)),
    )


def _ordered(left: Summary[T], shape: Shape[T], query: Query) -> Sequence[T]:
    """Sorted by the chosen column; equal ones by name, A to Z, whichever way it is sorted."""
    if query.column == "name":
        return left.entries[::-1] if query.descending else left.entries
    key = next(column.sort for column in shape.columns if column.order == query.column)
    assert key is not None  # noqa: S101 - `parse` lets through what can be sorted by
    return left.sorted_by(query.sort, key, descending=query.descending)


def _measured(left: Summary[T], query: Query, measured: Mapping[str, Callable[[T], float]]) -> Sequence[T]:
    """Sorted by what changes with each reading, so it is not kept; equal ones by name."""
    return sorted(left.entries, key=measured[query.column], reverse=query.descending)


def _searched(everything: Summary[T], query: Query) -> Summary[T]:
    terms, labels = query.terms, query.labels
    if not terms and not labels:
        return everything

    def matches(entry: T) -> bool:
        return all(term in entry.haystack for term in terms) and all(
            entry.record.labels.get(key) == value for key, value in labels
        )

    return everything.part((terms, labels), matches)


def _filtered(shape: Shape[T], everything: Summary[T], filters: Mapping[str, str]) -> Summary[T]:
    if not filters:
        return everything
    wanted = tuple(sorted(filters.items()))

    def matches(entry: T) -> bool:
        return all(shape.facets[name](entry) == value for name, value in wanted)

    return everything.part(wanted, matches)


def _counts(shape: Shape[T], matched: Summary[T], query: Query) -> dict[str, Counter[str]]:
    """How many entries each filter value would leave, the other filters staying as they are."""
    filters = query.filters
    others = {name: {key: value for key, value in filters.items() if key != name} for name in shape.facets}
    return {name: _filtered(shape, matched, left).counts[name] for name, left in others.items()}


def _chips(shape: Shape[T], counts: Counter[str], query: Query) -> tuple[Choice, ...]:
    chosen = query.filters.get("status", "")
    everything = Choice("", gettext("All"), query.filtered("status", ""), not chosen, counts.total())
    groups = (
        Choice(key, str(label), query.filtered("status", key), chosen == key, counts[key], shape.states[key])
        for key, label in shape.groups.items()
    )
    return (everything, *groups)


def _menu(menu: Menu, counts: Mapping[str, Counter[str]], query: Query) -> dict[str, Any]:
    """A menu as its template shows it: the choices of its filters, and in words what is chosen."""
    groups = [_choices(menu_filter, counts[menu_filter.name], query) for menu_filter in menu.filters]
    chosen = ", ".join(choice.label for choices in groups for choice in choices if choice.current)
    return {"label": str(menu.label), "groups": [choices for choices in groups if choices], "chosen": chosen}


def _choices(menu_filter: Filter, counts: Counter[str], query: Query) -> tuple[Choice, ...]:
    """The values that lead somewhere, and the one that is chosen (which is taken away by its link)."""
    chosen = query.filters.get(menu_filter.name, "")
    if menu_filter.labels is not None:
        named = [(key, str(label)) for key, label in menu_filter.labels.items() if counts[key] or key == chosen]
    else:
        most = {key for key, _count in counts.most_common(MOST_CHOICES) if key} | ({chosen} if chosen else set())
        named = [(key, key) for key in sorted(most)]
    return tuple(
        Choice(key, label, query.filtered(menu_filter.name, "" if key == chosen else key), key == chosen, counts[key])
        for key, label in named
    )


def _heads(shape: Shape[T], query: Query, shown: Sequence[str]) -> tuple[Head, ...]:
    heads = []
    for column in shape.columns:
        if column.optional and column.key not in shown:
            continue
        if query.column != column.order:
            first = f"-{column.order}" if column.most_first else column.order
            heads.append(Head(column.key, str(column.label), query.sorted_by(first) if column.sort else ""))
            continue
        turned = column.order if query.descending else f"-{column.order}"
        order: Literal["ascending", "descending"] = "descending" if query.descending else "ascending"
        heads.append(Head(column.key, str(column.label), query.sorted_by(turned), order))
    return tuple(heads)


def _pages(query: Query, page: int, pages: int) -> tuple[Choice, ...]:
    """The first, the last and those around the present one; what lies between is a "…" that leads nowhere."""
    numbers = sorted({1, *range(max(1, page - 2), min(pages, page + 2) + 1), pages})
    choices: list[Choice] = []
    for number in numbers if pages > 1 else ():
        if choices and number - 1 != int(choices[-1].key):
            choices.append(Choice("…", "…", "", False))
        choices.append(Choice(str(number), str(number), query.href(page=number), number == page))
    return tuple(choices)


def _pager(query: Query, page: int, pages: int, start: int, count: int, total: int) -> Pager:
    return Pager(
        first=start + 1 if count else 0,
        last=start + count,
        total=total,
        pages=_pages(query, page, pages),
        previous=query.href(page=page - 1) if page > 1 else "",
        next=query.href(page=page + 1) if page < pages else "",
        sizes=tuple(Choice(str(size), str(size), query.href(size=size), query.size == size) for size in SIZES),
    )
