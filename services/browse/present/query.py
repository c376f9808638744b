"""What the address of the list asks for: search, filters, order, page. Anything unknown in it is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlencode

from services import words

SIZES = (20, 50, 100)
SORTS = ("name", "status", "type", "app", "created")
COLUMNS = ("type", "internal", "external", "app", "age")
FILTERS = {"status": words.GROUPS, "type": words.TYPES, "access": words.ACCESS, "out": words.EXPOSURE}
LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Query:
    """One view of the list. `sort` begins with "-" when it is descending; `page` counts from 1."""

    q: str = ""
    status: str = ""
    type: str = ""
    access: str = ""
    out: str = ""
    sort: str = "name"
    page: int = 1
    size: int = 20

    @property
    def terms(self) -> tuple[str, ...]:
        """Lower-case words that name, alias or description must contain."""
        return tuple(word.lower() for word in self.q.split() if "=" not in word)

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Labels asked for as key=value."""
        pairs = (word.partition("=") for word in self.q.split() if "=" in word)
        return tuple((key, value) for key, _, value in pairs)

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set."""
        return {name: value for name in FILTERS if (value := getattr(self, name))}

    @property
    def kept(self) -> dict[str, str]:
        """What a search or another choice of columns leaves as it is; the order is remembered."""
        return self.filters | ({} if self.size == SIZES[0] else {"size": str(self.size)})

    @property
    def narrowed(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.q or self.filters)

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")

    @property
    def column(self) -> str:
        """The column that the list is sorted by."""
        return self.sort.removeprefix("-")

    def href(self, **changes: object) -> str:
        """The address of a changed query: "?status=ready&size=50". The page goes back to 1 unless it is given."""
        if self.sort == _usual(self.status) and "sort" not in changes:  # the usual order of what one comes from
            changes["sort"] = _usual(str(changes.get("status", self.status)))
        return _address(replace(self, **{"page": 1, **changes}))  # type: ignore[arg-type]

    def sorted_by(self, sort: str) -> str:
        """The address with another order, named even if it is the usual one: without a name the last one holds."""
        return _address(replace(self, page=1, sort=sort), ordered=True)

    def filtered(self, name: str, value: str) -> str:
        """The address with one filter changed."""
        return self.href(**{name: value})


def _usual(status: str) -> str:
    """How it is sorted where the address does not say it: what needs attention by how much."""
    return "status" if status == "attention" else "name"


_DEFAULT = {name: getattr(Query(), name) for name in Query.__slots__}


@lru_cache(maxsize=1024)
def _address(query: Query, *, ordered: bool = False) -> str:
    """A list page has two dozen links to the same few queries, at every look."""
    given = {name: getattr(query, name) for name in query.__slots__}
    usual = _DEFAULT | {"sort": _usual(query.status)}
    told = {name: value for name, value in given.items() if value != usual[name] or (ordered and name == "sort")}
    return "?" + urlencode(told)


def parse(given: Mapping[str, str], size: int = 20, sort: str = "name") -> Query:
    """A query from request.GET. `size` and `sort`: what holds where the address says nothing about it."""
    asked = given.get("sort", "")
    chosen = {name: given.get(name, "") for name in FILTERS}
    if chosen["status"] == "attention":
        sort = _usual("attention")
    return Query(
        q=given.get("q", "").strip()[:LONGEST_SEARCH],
        sort=next((one for one in (asked, sort) if one.removeprefix("-") in SORTS), "name"),
        page=max(1, _number(given.get("page", ""), 1)),
        size=_size(given.get("size", ""), size),
        **{name: value for name, value in chosen.items() if value in FILTERS[name]},
    )


def _size(text: str, default: int) -> int:
    asked = _number(text, default)
    return asked if asked in SIZES else SIZES[0]


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else default


def columns(text: str | None) -> tuple[str, ...]:
    """The columns chosen in a cookie ("-": none), in their order; all of them without one."""
    if not text:
        return COLUMNS
    chosen = set(text.split("."))
    return tuple(name for name in COLUMNS if name in chosen)
