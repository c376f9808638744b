"""A snapshot of logs: what it says it read is what it gives, and it is bounded."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from console.kube import logs
from console.kube.errors import BadRequest, KubeError, Unavailable
from console.kube.logs import Cursor, Reading, Source, snapshot


class Written:
    """Containers that write these chunks; `late` is waited for before the second."""

    def __init__(self, *chunks: bytes, late: threading.Event | None = None) -> None:
        self.chunks, self.late, self.left = chunks, late, threading.Event()

    def fork(self) -> Written:
        return self

    def logs(self, *_: object, **_query: Any) -> Written:
        return self

    def __enter__(self) -> Written:
        return self

    def __exit__(self, *_: object) -> None:
        self.left.set()

    def close(self) -> None:
        pass

    def __iter__(self) -> Iterator[bytes]:
        for number, chunk in enumerate(self.chunks):
            if number and self.late is not None:
                self.late.wait(10)
            yield chunk


def test_the_cursor_of_an_answer_is_that_of_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a late reader reads afterwards is not in the answer: it must come with the stream."""
    monkeypatch.setattr(logs, "SNAPSHOT_SECONDS", 0.3)
    client = Written(b"2025-11-28T12:00:00Z one\n", b"2025-11-28T12:00:01Z two\n", late=(late := threading.Event()))
    read = snapshot(client, "shop", [Source("web", "app")], tail=100)  # type: ignore[arg-type]
    late.set()
    assert client.left.wait(10)
    assert [line.text for line in read.lines] == ["one"]
    assert read.cursors["web/app"].at == read.lines[-1].at


def test_all_containers_of_a_request_share_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short lines cost more than their text, others' letters more than one byte each; that older ones are left out is
    said."""
    monkeypatch.setattr(logs, "REQUEST_BYTES", 100_000)
    text = "\u65e5" * 100
    client = Written(*[f"2025-11-28T12:00:00Z {text}\n".encode() * 500])
    sources = [Source(f"web-{number}", "app") for number in range(10)]
    read = snapshot(client, "shop", sources, tail=5000)  # type: ignore[arg-type]
    assert read.hidden
    assert {line.source for line in read.lines} == set(sources)
    assert sum(len(line.text.encode()) + 200 for line in read.lines) <= 100_000


def test_a_request_has_so_many_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers whose node is silent hold up no readers that other people's logs need; what had no turn failed."""
    monkeypatch.setattr(logs, "SNAPSHOT_SECONDS", 0.3)
    client = Written(b"2025-11-28T12:00:00Z one\n", b"", late=(late := threading.Event()))
    sources = [Source(f"web-{number}", "app") for number in range(40)]
    read = snapshot(client, "shop", sources, tail=100)  # type: ignore[arg-type]
    assert 0 < len(read.lines) < logs._AT_ONCE // 2
    assert len(read.failed) == len(sources)
    other = Written(b"2025-11-28T12:00:00Z two\n")
    assert [line.text for line in snapshot(other, "shop", sources[:1], tail=100).lines] == ["two"]  # type: ignore[arg-type]
    late.set()


BASE = 1764331200  # 2025-11-28T12:00:00Z


def written(numbers: range, text: str = "x") -> bytes:
    return b"".join(f"2025-11-28T12:{n // 60:02}:{n % 60:02}Z {n} {text}\n".encode() for n in numbers)


def around(client: Any, second: int, *pods: str, tail: int = 10) -> tuple[logs.Snapshot, list[int]]:
    sources = [Source(pod, "app") for pod in pods or ("web",)]
    read = snapshot(client, "shop", sources, tail=tail, around=(BASE + second) * 10**9)
    return read, [int(line.text.split()[0]) for line in read.lines]


def test_lines_around_a_moment() -> None:
    """Half of them before it; where there are fewer before, more after. That there are newer ones is said."""
    read, numbers = around(Written(written(range(100))), 50)
    assert (numbers, read.newer) == ([*range(45, 55)], True)
    read, numbers = around(Written(written(range(100))), 2)
    assert (numbers, read.newer) == ([*range(10)], True)
    read, numbers = around(Written(written(range(100))), 97)
    assert (numbers, read.newer) == ([*range(92, 100)], False)
    read, numbers = around(Written(written(range(100))), 200)
    assert (numbers, read.newer) == ([*range(95, 100)], False)


def test_no_more_is_read_than_stands_around_it() -> None:
    """A container that writes much is left as soon as enough of it came; others are shown as far as it."""

    class Endless(Written):
        def __iter__(self) -> Iterator[bytes]:
            for start in range(0, 3000, 10):
                yield written(range(start, start + 10))
            pytest.fail("all of it was read")

    read, numbers = around(Endless(), 50)
    assert numbers == [*range(45, 55)]
    assert not read.failed

    class Both(Written):
        def logs(self, _namespace: str, pod: str, **query: Any) -> Written:
            assert query["since_time"] == "2025-11-28T11:55:50Z"
            assert query["tail"] is None
            return Written(written(range(3000) if pod == "web" else range(0, 3000, 100)))

    read, numbers = around(Both(), 50, "web", "db")
    assert numbers == [*range(45, 55)]
    read, numbers = around(Both(), 50, "web", "db", tail=120)
    assert numbers[:3] == [0, 0, 1]
    assert numbers == sorted(numbers)
    assert len(numbers) == 120
    assert read.newer


def test_a_log_that_breaks_off_before_the_moment_is_not_followed() -> None:
    """It has failed, and what it did not reach may be newer: its old lines would come below the newer of others. One
    that has no log yet keeps nobody from following."""

    class Broken(Written):
        error: KubeError = Unavailable("cut off")

        def logs(self, _namespace: str, pod: str, **_query: Any) -> Written:
            return self if pod == "web" else Written(written(range(45, 55)))

        def __iter__(self) -> Iterator[bytes]:
            yield written(range(10))
            raise self.error

    read, numbers = around(Broken(), 50, "web", "db", tail=40)
    assert numbers == [*range(10), *range(45, 55)]
    assert [source.pod for source in read.failed] == ["web"]
    assert read.newer
    waiting = Broken()
    waiting.error = BadRequest("container is waiting to start", code=400)
    assert not around(waiting, 50, "web", "db", tail=40)[0].newer


def test_lines_around_a_moment_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where they are long; the line itself is always among them."""
    monkeypatch.setattr(logs, "SNAPSHOT_BYTES", 50_000)
    read, numbers = around(Written(written(range(300), "y" * 4000)), 150, tail=1000)
    assert 150 in numbers
    assert sum(len(line.text) for line in read.lines) < 50_000
    assert read.newer


@pytest.mark.parametrize("seed", range(5))
def test_lines_that_are_passed_over_move_the_cursor_as_if_they_were_read(seed: int) -> None:
    """However they are cut into chunks: several of one time, without a time, empty, known already and longer than
    what is kept; and what is read afterwards is the same."""
    luck = random.Random(seed)
    written, second = b"", 10
    for number in range(100):
        second += luck.choice([0, 0, 0, 1, 1]) if number % 20 else 1
        stamp = f"2025-11-28T12:{second // 60 % 60:02}:{second % 60:02}.5Z ".encode() if number % 20 != 19 else b""
        written += stamp + luck.choice([b"", b"%d" % number, b"x" * luck.choice([9, 200, 20_000])]) + b"\n"
    written += b"2025-11-28T14:00:00Z not ended"
    most = luck.choice([40, 500, 5000, 100_000])
    chunks = []
    while written:
        size = luck.randint(1, most)
        chunks.append(written[:size])
        written = written[size:]
    begun = [Reading(Source("web", "app"), Cursor((BASE + 15) * 10**9 + 5 * 10**8, 1)) for _ in range(2)]
    read, passed = begun
    lines = 0
    for chunk in chunks:
        lines += sum(1 for _ in read.lines(chunk))
        lines -= passed.pass_over(chunk) if luck.random() < 0.8 else sum(1 for _ in passed.lines(chunk))
        assert lines == 0
        assert read.cursor.at == passed.cursor.at
        assert read.cursor.count == passed.cursor.count
    assert list(read.end()) == list(passed.end())
