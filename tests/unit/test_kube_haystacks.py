"""What a search looks through, over a real store: everything that matches, ranked, and what changed since."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from console.kube import kinds
from console.kube.haystacks import MOST, Haystacks, How, Sought, Where, _Block, judged, standing
from console.kube.records import PodRecord, Record, ServicePort, ServiceRecord
from console.kube.store import Store


def service(name: str, **fields: Any) -> ServiceRecord:
    return ServiceRecord(namespace="shop", name=name, **fields)


def pod(name: str, **fields: Any) -> PodRecord:
    return PodRecord(namespace="shop", name=name, **fields)


def names(haystacks: Haystacks, typed: str, kind: kinds.Kind = kinds.SERVICE) -> list[str]:
    return [match.record.name for match in haystacks.matches(kind, "shop", Sought.of(typed)).best]


@pytest.fixture
def store() -> Store:
    return Store()


def test_the_best_come_first_whatever_they_were_matched_by(store: Store) -> None:
    haystacks = Haystacks(store)
    node_port = ServicePort("http", "TCP", "", 80, 8080, 32080)
    for record in (
        service("old-web"),
        service("web-internal"),
        service("web"),
        service("front", alias="Web"),
        service("cart", labels={"app": "web"}, cluster_ip="10.96.0.12", ports=(node_port,)),
        service("other", cluster_ip="10.96.0.1", external_ips=("203.0.113.7",)),
    ):
        store.apply(kinds.SERVICE, record)
    assert names(haystacks, "WEB") == ["web", "front", "web-internal", "old-web", "cart"]
    assert names(haystacks, "app=web") == ["cart"], "a label as one writes it"
    assert names(haystacks, "app") == ["cart"], "a label by its key"
    assert names(haystacks, "10.96.0.1") == ["other", "cart"], "the whole address first"
    assert names(haystacks, "203.0.113.7") == ["other"]
    assert names(haystacks, "32080") == ["cart"], "a node port"
    assert names(haystacks, "web int") == ["web-internal"], "all words"
    assert names(haystacks, "web nothing") == []


@pytest.mark.parametrize(
    "typed",
    [
        ".*",
        "we[b]",
        "w.b",
        "%",
        "_",
        "\\",
        "web\x01",
        "\x01",
        "\0",
        "\n",
        "<b>",
        "\N{MATHEMATICAL DOUBLE-STRUCK SMALL W}",
        "İ",
    ],
)
def test_what_is_typed_is_text_and_nothing_else(store: Store, typed: str) -> None:
    """Expressions, wildcards and the marks between fields match nothing but themselves."""
    haystacks = Haystacks(store)
    store.apply(kinds.SERVICE, service("web", alias="front", labels={"app": "web"}))
    assert names(haystacks, typed) == (["web"] if typed == "web\x01" else [])


def test_an_exact_name_is_there_however_many_contain_it(store: Store) -> None:
    haystacks = Haystacks(store)
    for number in range(3 * MOST):
        store.apply(kinds.POD, pod(f"a-web-{number:04}"))
    for name in ("web", "zz-web", "web-z"):
        store.apply(kinds.POD, pod(name))
    matches = haystacks.matches(kinds.POD, "shop", Sought.of("web"), 3)
    assert matches.more
    assert [match.record.name for match in matches.best] == ["web", "web-z", "a-web-0000"]


def test_it_is_what_asking_each_record_says_whatever_changed(store: Store) -> None:
    """Records come, change and go; a search in between has the same as a look at each of them, in the same order."""
    haystacks, chance = Haystacks(store), random.Random(13)
    services: dict[str, ServiceRecord] = {}
    syllables = ["web", "api", "db", "x", "orders"]
    words = ["we", "app=db", "app", "10.0.0.1", "10.0.0.17", "rs-x", "db 1", "web-web", "db", "WEB-X", "1 =a"]
    for turn in range(3000):
        name = "-".join(chance.choices(syllables, k=2)) + f"-{chance.randrange(2000)}"
        if services and chance.random() < 0.4:
            name = chance.choice(list(services))
            del services[name]
            store.remove(kinds.SERVICE, "shop", name)
        else:
            alias, labels = chance.choice(["", *syllables, "Web x"]), {"app": chance.choice(syllables)}
            address = f"10.0.0.{chance.randrange(255)}"
            services[name] = service(name, cluster_ip=address, labels=chance.choice([{}, labels]), alias=alias)
            store.apply(kinds.SERVICE, services[name])
        if turn % 25 == 0:
            sought = Sought.of(chance.choice(words))
            judgements = (judged(record, sought) for record in services.values())
            wanted = sorted((match for match in judgements if match), key=standing)
            matches = haystacks.matches(kinds.SERVICE, "shop", sought, 5)
            assert (matches.total, matches.more) == (min(len(wanted), MOST), len(wanted) > MOST)
            if not matches.more or (len(sought.words) == 1 and wanted[4].how < How.PART):
                assert list(matches.best) == wanted[:5]
            else:
                assert {match.record.name for match in matches.best} <= {match.record.name for match in wanted}
    store.replace(kinds.SERVICE, None, [service("only")])
    assert names(haystacks, "o") == ["only"]
    store.replace(kinds.SERVICE, None, [])
    assert names(haystacks, "o") == []


def test_what_comes_and_goes_while_nobody_searches_is_not_remembered_for_ever(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S1: pods of Jobs have a new name each; one search years ago must not keep them all."""
    monkeypatch.setattr("console.kube.haystacks._MOST_NOTED", 50)
    haystacks = Haystacks(store)
    store.apply(kinds.POD, pod("web"))
    assert names(haystacks, "web", kinds.POD) == ["web"]
    for number in range(500):
        store.apply(kinds.POD, pod(f"job-{number}"))
        store.remove(kinds.POD, "shop", f"job-{number}")
    assert sum(len(shelf._changed) for shelf in haystacks._shelves.values()) <= 51
    store.apply(kinds.POD, pod("web-2"))
    assert names(haystacks, "web", kinds.POD) == ["web", "web-2"]
    assert names(haystacks, "job", kinds.POD) == []


def test_a_match_says_why(store: Store) -> None:
    match = judged(service("nightly", labels={"team": "order-intake"}), Sought.of("ord"))
    assert match is not None
    assert (match.how, match.where, match.text) == (How.PART, Where.LABEL, "team=order-intake")
    assert judged(service("web"), Sought.of("")) is None


def test_a_record_that_goes_while_the_texts_are_made_is_no_match(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than are counted begin with the word, as in a rollout of many pods: names alone are looked at then."""
    haystacks = Haystacks(store)
    for number in range(MOST + 50):
        store.apply(kinds.POD, pod(f"web-{number:03}"))
    assert names(haystacks, "web", kinds.POD)[0] == "web-000"
    refresh = _Block.refresh

    def late(block: _Block, get: Callable[[str], Record | None]) -> None:
        store.remove(kinds.POD, "shop", "web-000")
        refresh(block, get)

    monkeypatch.setattr(_Block, "refresh", late)
    store.apply(kinds.POD, pod("web-00a"))
    assert names(haystacks, "web", kinds.POD)[0] == "web-001"
