"""A moment of a log: what people type, and what a link has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.http import QueryDict

from services.workloads.present.logs_moment import moment, stamp
from services.workloads.present.logs_options import options

NOW = datetime(2025, 11, 28, 12, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("12:02:30", "2025-11-28T12:02:30.000000000Z"),
        (" 9:02 ", "2025-11-28T09:02:00.000000000Z"),
        ("12:30:00", "2025-11-28T12:30:00.000000000Z"),
        ("23:59", "2025-11-27T23:59:00.000000000Z"),  # it was not so late today yet
        ("12:02:31,5", "2025-11-28T12:02:31.500000000Z"),
        ("2025-11-28 14:02:31 +02:00", "2025-11-28T12:02:31.000000000Z"),
        ("2025-11-28T12:02:31.008123456Z", "2025-11-28T12:02:31.008123456Z"),
        ("2031-01-01 00:00 utc", "2031-01-01T00:00:00.000000000Z"),
    ],
)
def test_a_time_that_is_meant(text: str, meant: str) -> None:
    assert stamp(moment(text, NOW)) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "12",
        "24:00",
        "12:60",
        "2025-02-30 10:00",
        "12:02:30 +99:00",
        "0001-01-01 00:00",
        "1" * 40,
        "١٢:٠٢",
        "9999-12-31 23:59:59-23:59",
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert not moment(text, NOW)


def test_addresses_keep_the_moment_in_full() -> None:
    """A link says the day: tomorrow it leads to the same line. What is no time stays as it was typed, to be mended."""
    chosen = options(QueryDict("container=app&level=bad&hide=web-1&filter=1&find=x&at=2025-11-28 12:02:30"))
    assert chosen.href().endswith("&at=2025-11-28T12%3A02%3A30Z")
    assert chosen.newest == "?container=app&level=bad&find=x&filter=1&hide=web-1"
    assert chosen.around == "?container=app&find=x&at="
    assert options(QueryDict()).around == "?at="
    lost = options(QueryDict("at=noon"))
    assert (lost.at, lost.lost, lost.moment) == (0, True, "noon")
