"""What follows logs is bounded: whoever does not take, or cannot keep up, costs a queue and no more, and is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from console.kube import following
from console.kube.errors import Unavailable
from console.kube.following import BATCH_LINES, QUEUE_BYTES, QUEUE_LINES, Follower, Gap, Places, Run
from console.kube.logs import LONGEST, Cursor, Line, Source
from tests.clusters import eventually


class Endless:
    """A container that writes without end, or these chunks; it can be asked what was read of it."""

    def __init__(self, *chunks: bytes, error: Exception | None = None, stamp: float = 0.0, size: int = 100) -> None:
        self.chunks, self.error, self.stamp, self.size = chunks, error, stamp, size
        self.read = 0
        self.opened: list[dict[str, Any]] = []
        self._closed = threading.Event()

    def fork(self) -> Endless:
        return self

    def logs(self, _namespace: str, _pod: str, **query: Any) -> Endless:
        self.opened.append(query)
        return self

    def __enter__(self) -> Endless:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __iter__(self) -> Iterator[bytes]:
        yield from self.chunks
        if self.error:
            raise self.error
        while not self.chunks and not self._closed.is_set():
            moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(self.stamp or time.time() + 1))
            self.read += 100
            yield f"{moment}.000000001Z {'x' * self.size}\n".encode() * 100

    def close(self) -> None:
        self._closed.set()


def runs(*names: str, restarts: int = 0, running: bool = True) -> list[Run]:
    return [Run(Source(name, "app"), f"uid-{name}", restarts, running) for name in names]


Begin = Callable[..., Follower]


@pytest.fixture
def begin() -> Iterator[Begin]:
    """begin(client, ...): what a page follows; it ends with the test."""
    pages: list[Follower] = []

    def made(client: Any, **more: Any) -> Follower:
        pages.append(Follower(client, "shop", lambda: None, 1000, **more))
        return pages[-1]

    yield made
    for page in pages:
        page.close()
        page.client.close()  # type: ignore[attr-defined]
        eventually(lambda page=page: page.active == 0)  # type: ignore[misc]


def everything(page: Follower) -> list[Line | Gap]:
    entries: list[Line | Gap] = []
    eventually(lambda: entries.extend(page.take()) or (not page.active and not page.more))
    return entries


def test_a_page_that_takes_nothing_costs_a_queue(begin: Begin) -> None:
    """However much is written: the readers wait. When it goes, they end."""
    client = Endless(size=2000, stamp=1764331200)
    page = begin(client)
    page.follow(runs(*(f"web-{number}" for number in range(5))))
    last = eventually(lambda: client.read if client.read == (time.sleep(0.3), client.read)[1] else 0)
    assert sum(waiting.size for waiting in page._queue) <= QUEUE_BYTES + 5 * 4 * LONGEST
    assert len(page._queue) <= QUEUE_LINES
    assert last < 20 * QUEUE_LINES
    page.close()
    client.close()
    eventually(lambda: page.active == 0)
    assert page.take() == []


def test_a_batch_is_bounded_and_in_order(begin: Begin) -> None:
    client = Endless(stamp=1764331200)
    page = begin(client)
    page.follow(runs("web"))
    eventually(lambda: len(page._queue) > 2 * BATCH_LINES)
    taken = page.take()
    assert len(taken) == BATCH_LINES
    assert [entry.at for entry in taken] == sorted(entry.at for entry in taken)


def test_who_cannot_keep_up_skips_and_is_told_how_many(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line is either shown or counted."""
    monkeypatch.setattr(following, "LATE", 0.2)
    client = Endless(stamp=time.time() + 1)  # what is written from now on
    page = begin(client)
    page.follow(runs("web"))
    eventually(lambda: client.read >= QUEUE_LINES)
    lines = skipped = 0
    deadline = time.monotonic() + 8
    while not skipped and time.monotonic() < deadline:
        for entry in page.take()[:]:
            lines += isinstance(entry, Line)
            skipped += entry.count if isinstance(entry, Gap) else 0
        time.sleep(0.1)
    assert skipped
    assert page.flooded
    assert len(page.take()) <= following.FLOOD_LINES, "what nobody can read is a sample"
    page.close()
    client.close()
    eventually(lambda: page.active == 0)
    assert lines + skipped <= client.read
    monkeypatch.setattr(following, "FLOOD_SECONDS", 0.0)
    assert not page.flooded, "and all of it again, once it is less"


def test_of_what_is_skipped_each_line_is_counted(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where chunks end within a line, and of a container that ends meanwhile."""
    monkeypatch.setattr(following, "LATE", -10.0)  # every line is late
    monkeypatch.setattr(following, "QUEUE_LINES", 500)
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 2))
    written = "".join(f"{moment}.{number:09}Z {number}\n" for number in range(9000)).encode()
    client = Endless(*(written[at : at + 5000] for at in range(0, len(written), 5000)))
    page = begin(client)
    page.follow(runs("web"))
    eventually(lambda: not page.active)
    entries = everything(page)
    shown = [int(entry.text) for entry in entries if isinstance(entry, Line)]
    assert shown == list(range(500))
    assert [entry.count for entry in entries if isinstance(entry, Gap)] == [8500]


def test_a_log_that_breaks_off_is_opened_again_behind_its_last_line(begin: Begin) -> None:
    client = Endless(b"2025-11-28T12:00:00Z one\n", b"2025-11-28T12:00:01Z two\n", error=Unavailable("gone"))
    page = begin(client)
    page.follow(runs("web"))
    entries = everything(page)
    assert [entry.text for entry in entries if isinstance(entry, Line)] == ["one", "two"]
    assert [entry.reason for entry in entries if isinstance(entry, Gap)] == ["gone"]
    eventually(lambda: page.follow(runs("web")) or len(client.opened) == 2)
    assert client.opened[1]["since_time"] == "2025-11-28T12:00:01Z"
    assert client.opened[1]["tail"] is None
    assert [entry for entry in everything(page) if isinstance(entry, Line)] == [], "nothing comes twice"


def test_what_the_last_run_wrote_at_its_end_comes_before_the_new_one(begin: Begin) -> None:
    client = Endless(b"2025-11-28T12:00:00Z one\n")
    page = begin(client)
    page.follow(runs("web"))
    everything(page)
    page.follow(runs("web", running=False))
    assert len(client.opened) == 1, "it was read to its end"
    eventually(lambda: page.follow(runs("web", restarts=1)) or len(client.opened) == 3)
    assert [query["previous"] for query in client.opened] == [False, True, False]


def test_a_container_that_was_not_there_before_is_read_from_its_beginning(begin: Begin) -> None:
    client = Endless(b"2025-11-28T12:00:00Z one\n")
    page = begin(client, cursors={"old/app": Cursor(), "known/app": Cursor(1764331200 * 10**9, 1)})
    page.follow(runs("old", "known", "fresh"))
    eventually(lambda: len(client.opened) == 3)
    queries = sorted((query["tail"] or 0, query["since_time"]) for query in client.opened)
    assert queries == [(0, ""), (0, "2025-11-28T12:00:00Z"), (1000, "")]


def test_a_person_has_a_share_of_the_readers(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all pages together there are so many, and one person's are no other's refusal."""
    monkeypatch.setattr(following, "_places", Places(3, 2))
    client = Endless(stamp=1764331200)
    first, second, other = begin(client, owner="olive"), begin(client, owner="olive"), begin(client, owner="bob")
    first.follow(runs("a", "b", "c"))
    second.follow(runs("d"))
    other.follow(runs("e", "f"))
    assert [page.active for page in (first, second, other)] == [2, 0, 1]


def test_who_gets_no_reader_is_told_once_and_tried_again(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_places", Places(9, 1))
    endless, ended = Endless(stamp=1764331200), Endless(b"2025-11-28T12:00:00Z one\n")
    first, second = begin(endless, owner="olive"), begin(ended, owner="olive")
    first.follow(runs("a"))
    entries: list[Line | Gap] = []
    for _ in range(3):
        second.follow(runs("b", "c"))
    eventually(lambda: entries.extend(second.take()) or entries)
    assert [(entry.source.pod, entry.waits) for entry in entries if isinstance(entry, Gap)] == [
        ("b", True),
        ("c", True),
    ]
    first.close()
    endless.close()
    eventually(lambda: first.active == 0)
    eventually(lambda: second.follow(runs("b", "c")) or len(ended.opened) == 2)
    assert [entry.text for entry in everything(second) if isinstance(entry, Line)] == ["one", "one"]


def test_what_is_gone_leaves_no_cursor(begin: Begin) -> None:
    """Of pods that come and go all day, and of those that went before the page came back; what comes again is new."""
    client = Endless(b"2025-11-28T12:00:00Z one\n")
    page = begin(client, cursors={"before/app": Cursor(5, 1)})
    page.follow(runs("first", "stays"))
    everything(page)
    assert sorted(page.cursors) == ["first/app", "stays/app"]
    page.follow(runs("stays"))
    assert sorted(page.cursors) == ["stays/app"]


def test_a_reader_whose_thread_cannot_begin_takes_no_place(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as one that waits, and begins with a later look."""
    places = Places(1, 1)
    monkeypatch.setattr(following, "_places", places)
    page = begin(Endless(b"2026-11-28T10:00:00Z said\n"))
    with monkeypatch.context() as patch:
        patch.setattr(following.threading.Thread, "start", _no_thread)
        page.follow(runs("web"))
        page.follow(runs("web"))
    assert places.take("somebody")
    places.give_back("somebody")
    assert [(entry.waits, entry.source.pod) for entry in everything(page) if isinstance(entry, Gap)] == [(True, "web")]
    monkeypatch.setattr(following, "_AGAIN", 0.0)
    for reader in page._readers.values():
        reader.again_at = 0.0
    page.follow(runs("web"))
    assert [entry.text for entry in everything(page) if isinstance(entry, Line)] == ["said"]


def _no_thread(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")
