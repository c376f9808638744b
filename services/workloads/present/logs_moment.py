"""A moment of a log, as people type it and as a link has it: "12:02:30" or "2025-11-28T12:02:31.008123456Z"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

LONGEST = 40
_TYPED = re.compile(
    r"(?:(\d{4}-\d\d-\d\d)[T ]+)?(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(?:(Z|UTC)|([+-]\d\d):?(\d\d))?",
    re.ASCII | re.IGNORECASE,
)


def moment(text: str, now: float) -> int:
    """What is meant, in ns since the epoch; 0 where it is no time. Without a zone it is UTC, as the lines have it;
    without a date it is the most recent such time.
    """
    typed = _TYPED.fullmatch(text.strip())
    if typed is None:
        return 0
    date, hour, minute, second, fraction, _utc, zone, zone_minutes = typed.groups()
    day = date or f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}"
    offset = f"{zone}:{zone_minutes}" if zone else "+00:00"
    try:
        whole = datetime.fromisoformat(f"{day}T{hour:0>2}:{minute}:{second or '00'}{offset}")
        if not date and whole.timestamp() > now:
            whole -= timedelta(days=1)
        seconds = int(whole.timestamp())
        stamp(seconds * 10**9)  # a zone may lead out of the years there are
    except (ValueError, OverflowError):
        return 0
    return max(0, seconds * 10**9 + int((fraction or "").ljust(9, "0")))


def stamp(at: int) -> str:
    """As links and files have it, to the nanosecond."""
    day, clock = second(at // 10**9)
    return f"{day}T{clock}.{at % 10**9:09}Z"


@lru_cache(maxsize=4096)
def second(seconds: int) -> tuple[str, str]:
    """The day and the clock of a second since the epoch: many lines are of one second."""
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{at:%Y-%m-%d}", f"{at:%H:%M:%S}"
