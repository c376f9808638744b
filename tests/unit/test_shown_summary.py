"""A list that is kept right by what changed is the one that is made anew, whatever is asked of it."""

import random
from dataclasses import dataclass, field
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

import pytest

from console.kube.summaries import Summaries
from services.shown.lists import Column, Filter, Menu, Shape, list_page, parse, shown_columns, summed_up
from services.shown.summary import IDLE, Summary

SEED = 20


@dataclass(frozen=True, eq=False)
class Thing:
    name: str
    status: str
    node: str
    restarts: int
    recheck: float | None
    record: Any = field(default_factory=lambda: SimpleNamespace(labels={"app": "web"}))

    @property
    def haystack(self) -> str:
        return f"{self.name}\n{self.node}"


SHAPE: Shape[Thing] = Shape(
    groups={"attention": "Attention", "ready": "Ready"},
    states={"attention": "bad", "ready": "ok"},
    menus=(Menu("Node", (Filter("node"),)),),
    columns=(
        Column("name", "Name", attrgetter("name"), optional=False),
        Column("restarts", "Restarts", attrgetter("restarts")),
        Column("status", "Status", attrgetter("status")),
    ),
    sorts={"name": "Name", "-restarts": "Restarts", "status": "Status"},
    facets={"status": attrgetter("status"), "node": attrgetter("node")},
    row=lambda entry, _language: entry,
)
ASKED: list[dict[str, str]] = [
    {},
    {"sort": "-name", "page": "2"},
    {"sort": "-restarts"},
    {"sort": "status", "node": "node-1"},
    {"status": "attention"},
    {"q": "node-2"},
    {"q": "thing-1 app=web", "status": "ready", "sort": "-restarts"},
]


def thing(luck: random.Random, name: str) -> Thing:
    return Thing(
        name,
        luck.choice(["attention", "ready"]),
        f"node-{luck.randrange(4)}",
        luck.randrange(3),
        luck.choice([None, luck.random()]),
    )


def page(summary: Summary[Thing], query: dict[str, str]) -> Any:
    shown = list_page(SHAPE, summary, parse(SHAPE, query), shown_columns(SHAPE, None))
    return shown.rows, shown.chips, shown.menus, shown.pager, shown.overall, shown.attention, summary.recheck


class Kept:
    """What the console keeps, with what changed in it."""

    def __init__(self, values: dict[str, Thing]) -> None:
        self.now: Summaries[Thing] = Summaries(values, {}, 0)

    def change(self, changes: dict[str, Thing | None]) -> None:
        values = {**self.now.values, **changes}
        left = {key: value for key, value in values.items() if value is not None}
        self.now = self.now.followed(left, {}, frozenset(changes))

    def summary(self) -> Summary[Thing]:
        return summed_up(SHAPE.facets, self.now, lambda _failed: pytest.fail("nothing failed"))


def test_what_is_kept_is_what_is_made_anew() -> None:
    luck = random.Random(SEED)
    kept = Kept({f"thing-{n:03}": thing(luck, f"thing-{n:03}") for n in range(150)})
    for turn in range(120):
        names = [f"thing-{luck.randrange(170):03}" for _ in range(luck.choice([1, 1, 2, 5, 30]))]
        kept.change({name: luck.choice([None, thing(luck, name), thing(luck, name)]) for name in names})
        if turn % 5 == 4:
            continue  # nobody looked
        fresh = Summary.of(SHAPE.facets, dict(sorted(kept.now.values.items())))
        for query in luck.sample(ASKED, 4):
            assert page(kept.summary(), query) == page(fresh, query), (SEED, turn, query)


def test_a_change_judges_and_sorts_what_changed_only() -> None:
    """With 2,000 things in the project: so many looks at one as the change and the page have, not the project."""
    looks = 0
    values = attrgetter("status"), attrgetter("restarts")

    def looked(number: int) -> Any:
        def look(entry: Thing) -> Any:
            nonlocal looks
            looks += 1
            return values[number](entry)

        return look

    counted = Shape(
        **{
            **SHAPE.__dict__,
            "facets": {"status": looked(0)},
            "menus": (),
            "columns": (SHAPE.columns[0], Column("restarts", "Restarts", looked(1))),
        }
    )
    luck = random.Random(SEED)
    things = {f"thing-{n:04}": thing(luck, f"thing-{n:04}") for n in range(2000)}
    summary = Summary.of(counted.facets, things)
    queries = [parse(counted, {"sort": "-restarts"}), parse(counted, {"status": "ready", "sort": "-restarts"})]
    for query in queries:
        list_page(counted, summary, query, ())
    for number in range(3):
        name = f"thing-{number:04}"
        new = thing(luck, name)
        looks = 0
        summary = summary.renewed([name], {name: new}.get)
        for query in queries:
            list_page(counted, summary, query, ())
        assert looks < 200, looks


def test_what_nobody_asks_for_is_not_kept_for_ever() -> None:
    luck = random.Random(SEED)
    summary = Summary.of(SHAPE.facets, {f"thing-{n:03}": thing(luck, f"thing-{n:03}") for n in range(100)})
    for number in range(200):
        summary.part(number, lambda entry: entry.restarts > 0)
    assert len(summary._parts) <= 16
    for _ in range(IDLE + 1):
        summary = summary.renewed(["thing-000"], lambda name: thing(luck, name))
    assert not summary._parts


def test_what_one_reader_asked_for_is_no_cost_of_every_change() -> None:
    """S1: sixteen searches, each filtered and sorted in each way, made a change cost fifty times as much for all."""
    everything = Summary.of(SHAPE.facets, {"a": Thing("a", "ready", "node-1", 0, None)})
    for search in range(32):
        searched = everything.part(("q", search), lambda _entry: True)
        for chosen in range(32):
            part = searched.part(("node", chosen), lambda _entry: True)
            for order in range(16):
                part.sorted_by(str(order), attrgetter("restarts"), descending=False)

    def kept(summary: Summary[Thing]) -> int:
        return 1 + len(summary._orders) + sum(kept(part.summary) for part in summary._parts.values())

    assert kept(everything) <= 250
