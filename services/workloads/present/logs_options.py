"""What may be chosen on a log page. It stands in the address, within bounds: an address is written from it anew."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from console.kube.logs import Line
from services.shown.lists import number_in
from services.workloads.present.logs_moment import LONGEST, moment, stamp
from services.workloads.present.logs_search import NOTHING, Search
from services.workloads.present.logs_text import level_of, plain

TAILS, USUAL_TAIL = (200, 1000, 5000), 1000
SINCE = {
    "": (_("The beginning"), None),
    "15m": (_("15 minutes ago"), 900),
    "1h": (_("1 hour ago"), 3600),
    "1d": (_("1 day ago"), 86400),
}
MOST_HIDDEN = 40  # pods
_LONGEST_NAME = 253


@dataclass(frozen=True, slots=True)
class Options:
    """What the reader chose. `container`: "" for all that work; `expression` and `case`: how `find` is meant; `at`: a
    moment to go to, in ns since the epoch, 0 for the newest lines; `typed`: how it was written.
    """

    container: str = ""
    tail: int = USUAL_TAIL
    since: str = ""
    previous: bool = False
    times: bool = True
    wrap: bool = True
    find: str = ""
    expression: bool = False
    case: bool = False
    only_hits: bool = False
    level: str = ""
    hidden: frozenset[str] = frozenset()
    at: int = 0
    typed: str = ""
    search: Search = field(default=NOTHING, compare=False)

    @property
    def since_seconds(self) -> int | None:
        return SINCE[self.since][1]

    @property
    def lost(self) -> bool:
        """Whether what was written as a time is none."""
        return bool(self.typed) and not self.at

    @property
    def moment(self) -> str:
        """Where it goes to, in full: what is written without a date is another moment tomorrow."""
        return self.typed if self.lost else stamp(self.at).replace(".000000000Z", "Z") if self.at else ""

    @property
    def around(self) -> str:
        """The address of the lines around one, whatever is filtered now, up to the time of that line."""
        address = self.href(only_hits=False, level="", hidden=frozenset(), at=0, typed="")
        return f"{address}{'' if address == '?' else '&'}at="

    @property
    def newest(self) -> str:
        """The address of the newest lines with these options."""
        return self.href(at=0, typed="")

    @property
    def filtered(self) -> bool:
        """Whether lines are left out for what they say."""
        return bool(self.level) or (self.only_hits and self.search.asks)

    def shows(self, line: Line) -> bool:
        """Whether a line passes what is filtered."""
        if line.source.pod in self.hidden:
            return False
        if not self.filtered:
            return True
        text = plain(line.text)
        if self.level:
            kind = level_of(text)[0]
            if not kind or (self.level == "bad" and kind != "bad"):
                return False
        return not self.only_hits or self.search.matches(text)

    def href(self, **changes: Any) -> str:
        """The address of these options with some changed: "?tail=200&hide=web-1"."""
        return f"?{urlencode(replace(self, **changes).pairs())}"

    def pairs(self) -> list[tuple[str, str]]:
        """As they stand in an address; what goes without saying is left out."""
        told = [("container", self.container), ("since", self.since), ("level", self.level), ("find", self.find)]
        told += [("tail", str(self.tail))] if self.tail != USUAL_TAIL else []
        boxes = {"previous": self.previous, "filter": self.only_hits, "expression": self.expression, "case": self.case}
        if not (self.times and self.wrap):
            boxes |= {"chosen": True, "times": self.times, "wrap": self.wrap}
        told += [(name, "1") for name, ticked in boxes.items() if ticked]
        told += [("hide", name) for name in sorted(self.hidden)]
        told += [("at", self.moment)]
        return [(name, value) for name, value in told if value]


def options(query: QueryDict) -> Options:
    """What an address says; what it says wrongly is as if it said nothing."""
    tail = number_in(query.get("tail", ""))
    since, level = query.get("since", ""), query.get("level", "")
    typed = query.get("at", "").strip()[:LONGEST]
    chosen = "chosen" in query  # a form was sent: a box that is not in the address is not ticked
    search = Search(query.get("find", ""), expression="expression" in query, case="case" in query)
    return Options(
        container=query.get("container", "")[:_LONGEST_NAME],
        tail=tail if tail in TAILS else USUAL_TAIL,
        since=since if since in SINCE else "",
        previous="previous" in query,
        times="times" in query or not chosen,
        wrap="wrap" in query or not chosen,
        find=search.text,
        expression=search.expression,
        case=search.case,
        only_hits="filter" in query,
        level=level if level in ("warn", "bad") else "",
        hidden=frozenset(name for name in query.getlist("hide")[:MOST_HIDDEN] if 0 < len(name) <= _LONGEST_NAME),
        at=moment(typed, time.time()),
        typed=typed,
        search=search,
    )


def among(chosen: Options, pods: Iterable[str]) -> Options:
    """Without pods that are not there: links name those of the page, and no more."""
    return replace(chosen, hidden=chosen.hidden & frozenset(pods))
