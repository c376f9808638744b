"""Times as people read them, in one form everywhere; the exact moment, with UTC, is on hover.

A column called Age has an age: "41 d", "5 min", "20 s". Everything else is "5 min ago" up to a day, then "yesterday",
then "18 Oct", with the year if that is not this one. What comes is "in 5 min", and "soon" when it is due. A time of the
clock stands alone only if it is of today.
"""

import datetime
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

Moment = datetime.datetime | float | int | None
_DAY = 86400
_JUST_NOW = 5  # seconds; as in static/js/times.js
_WORDLESS: ContextVar[bool] = ContextVar("wordless", default=False)
_UNITS = ((63072000, 31536000, "y"), (_DAY, _DAY, "d"), (3600, 3600, "h"), (60, 60, "min"), (0, 1, "s"))


def as_datetime(moment: Moment) -> datetime.datetime | None:
    """An aware datetime from one of those or from seconds since the epoch."""
    if moment is None or isinstance(moment, datetime.datetime):
        return moment
    return datetime.datetime.fromtimestamp(moment, tz=datetime.UTC)


def duration(seconds: float) -> str:
    """The largest unit alone: "30 s", "4 min", "3 h", "120 d", "2 y". Never negative: clocks differ."""
    seconds = max(0, int(seconds))
    for least, size, unit in _UNITS:
        if seconds >= least:
            return f"{seconds // size} {unit}"
    raise AssertionError


def exactly(seconds: int) -> str:
    """In the largest unit that rounds nothing: "3 h" for 10800, "10 min" for 600, "90 s"."""
    return next(f"{seconds // size} {unit}" for least, size, unit in _UNITS if seconds >= least and seconds % size == 0)


def age(moment: Moment) -> str:
    """How long it exists: "41 d". For columns called Age."""
    then = as_datetime(moment)
    return duration(time.time() - then.timestamp()) if then else ""


def ago(moment: Moment) -> str:
    """ "just now", "5 min ago" up to a day, "yesterday", then "18 Oct", with its year if that is not this one."""
    then = as_datetime(moment)
    if then is None:
        return ""
    if time.time() - then.timestamp() < _JUST_NOW:
        return _("just now")
    if time.time() - then.timestamp() < _DAY:
        return _("%(age)s ago") % {"age": age(then)}
    return day(then)


def coming(moment: Moment) -> str:
    """ "in 5 min" of what has not happened yet, "soon" when it is due."""
    then = as_datetime(moment)
    if then is None:
        return ""
    left = then.timestamp() - time.time()
    return _("soon") if left < _JUST_NOW else _("in %(time)s") % {"time": duration(left)}


def exact(moment: Moment) -> str:
    """ "13 Oct 2025 09:14:02 UTC", in the console's time zone."""
    then = as_datetime(moment)
    if then is None:
        return _("unknown")
    then = timezone.localtime(then)
    return f"{_read_off(then.replace(tzinfo=None), get_language())} {then.tzname()}"


@lru_cache(maxsize=4096)
def _read_off(then: datetime.datetime, _language: str | None) -> str:
    return date_format(then, "j M Y H:i:s")


def clock(moment: Moment) -> str:
    """ "12:03:10 UTC", in the console's time zone; with its date if that is not today's."""
    then = as_datetime(moment)
    if then is None:
        return ""
    words = timezone.localtime(then).strftime("%H:%M:%S %Z")
    today = timezone.localtime(then).date() == timezone.localtime().date()
    return words if today else f"{_date(then)} {words}"


def minute(moment: Moment) -> str:
    """ "12:03" where there is room for no more; its date if that is not today's."""
    then = as_datetime(moment)
    if then is None:
        return ""
    then = timezone.localtime(then)
    return then.strftime("%H:%M") if then.date() == timezone.localtime().date() else _date(then)


def time_of_day(moment: Moment) -> str:
    """ "12:03:10 UTC", for where the day stands beside it."""
    then = as_datetime(moment)
    return timezone.localtime(then).strftime("%H:%M:%S %Z") if then else ""


def day(moment: Moment) -> str:
    """ "today", "yesterday", "18 Oct", with its year if that is not this one."""
    then = as_datetime(moment)
    if then is None:
        return ""
    before = (timezone.localtime().date() - timezone.localtime(then).date()).days
    return {0: _("today"), 1: _("yesterday")}.get(before) or _date(then)


def _date(then: datetime.datetime) -> str:
    then = timezone.localtime(then)
    return date_format(then, "j M" if then.year == timezone.localtime().year else "j M Y")


_SHAPES: dict[str, Callable[[Moment], str]] = {
    "age": age, "ago": ago, "clock": clock, "coming": coming, "day": day, "exact": exact, "minute": minute,
    "time": time_of_day,
}  # fmt: skip


@contextmanager
def wordless() -> Iterator[None]:
    """Ages are written without their words, which change with time alone: for streams, the script puts them in."""
    token = _WORDLESS.set(True)
    try:
        yield
    finally:
        _WORDLESS.reset(token)


def element(moment: Moment, shape: str, titled: str = "") -> SafeString:
    """<time> in one of the shapes above, with the exact moment on hover. The script (static/js/times.js) writes both in
    the reader's time zone. Nothing for no moment. `titled`: what the moment is, "Since {time}".
    """
    then = as_datetime(moment)
    if then is None:
        return SafeString("")
    machine = _machine(then)
    named = SafeString("") if shape == "age" else format_html(' data-time="{}"', shape)
    words = "" if _WORDLESS.get() and shape in ("age", "ago", "coming") else _SHAPES[shape](then)
    if titled:
        named += format_html(' data-title="{}"', titled)
    title = titled.replace("{time}", exact(then)) if titled else exact(then)
    return format_html('<time datetime="{}"{} title="{}">{}</time>', machine, named, title, words)


def bare(moment: Moment, shape: str) -> SafeString:
    """As `element`, without the exact moment on hover, which the script writes: for lists, which have many."""
    then = as_datetime(moment)
    if then is None:
        return SafeString("")
    named = "" if shape == "age" else f' data-time="{shape}"'
    words = "" if _WORDLESS.get() else conditional_escape(_SHAPES[shape](then))
    return SafeString(f'<time datetime="{_machine(then)}"{named}>{words}</time>')


@lru_cache(maxsize=4096)
def _machine(then: datetime.datetime) -> str:
    return then.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sentence(text: str, values: Mapping[str, str | int]) -> SafeString:
    """A sentence with <time> elements among its %(values)s; all else is escaped. For text, not for attributes."""
    return SafeString(
        conditional_escape(text)
        % {name: conditional_escape(str(value) if isinstance(value, int) else value) for name, value in values.items()}
    )
