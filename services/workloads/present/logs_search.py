"""What is searched for in lines of logs: words, or an expression of RE2, whose time grows with the text only.

An expression is bounded in length and memory, and so is the time of the processor that it may take in one answer: what
is behind that is shown without being searched, and the page says so.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any, Protocol

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

LONGEST = 200
MOST_HITS = 200  # that are marked in a line
MEMORY = 1024 * 1024  # bytes of one expression, compiled and at work
SECONDS = 1.5  # of the processor, for all lines of an answer
Span = tuple[int, int]


class _Pattern(Protocol):
    def search(self, text: str) -> Any: ...
    def finditer(self, text: str) -> Iterator[Any]: ...


class Search:
    """`problem`: why the expression is none, in words. `slow`: its time was over before the lines were."""

    def __init__(self, text: str = "", *, expression: bool = False, case: bool = False) -> None:
        self.text, self.expression, self.case = text[:LONGEST], expression, case
        self.problem = ""
        self._left = SECONDS
        self._words = self.text if case else self.text.lower()
        self._pattern: _Pattern | None = None
        if not self.text:
            return
        if expression:
            self._pattern, self.problem = _compiled(self.text, case)
        else:
            self._pattern = re.compile(re.escape(self.text), 0 if case else re.IGNORECASE)

    @property
    def asks(self) -> bool:
        """Whether anything is searched for, and can be."""
        return self._pattern is not None

    @property
    def trouble(self) -> str:
        """What the reader has to know of it, beside the field."""
        if self.slow:
            return gettext("This expression takes too long for so many lines: some are shown without it.")
        return self.problem

    @property
    def slow(self) -> bool:
        return self._left <= 0

    def again(self) -> None:
        """Another answer has its own time."""
        self._left = SECONDS

    def matches(self, text: str) -> bool:
        """Whether it is in a line; where its time is over, it may be."""
        if self._pattern is None or self.slow:
            return True
        if not self.expression:
            return self._words in (text if self.case else text.lower())
        began = time.thread_time()
        hit = self._pattern.search(text) is not None
        self._left -= time.thread_time() - began
        return hit

    def spans(self, text: str) -> list[Span]:
        """Where it is in a line, in order; nothing twice, and no place that is empty."""
        if self._pattern is None or self.slow:
            return []
        began = time.thread_time()
        hits = (match.span() for match in islice(self._pattern.finditer(text), MOST_HITS))
        spans = [(start, end) for start, end in hits if end > start]
        self._left -= time.thread_time() - began
        return spans


NOTHING = Search()


def _compiled(text: str, case: bool) -> tuple[_Pattern | None, str]:
    import re2  # 3 MB of memory, for who searches by an expression

    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    options.never_capture = True
    options.case_sensitive = case
    try:
        pattern: _Pattern = re2.compile(text, options)
    except re2.error as error:
        return None, _said(error)
    finally:
        re2.purge()  # it would keep the last 128 of all pages
    return pattern, ""


_FAULTS = {
    "missing )": _("A closing ) is missing."),
    "unexpected )": _("There is one closing ) too many."),
    "missing ]": _("A closing ] is missing."),
    "no argument for repetition operator": _(
        "There is nothing before %(part)s that could be repeated. For the character itself, type a backslash before it."
    ),
    "bad repetition operator": _(
        "%(part)s: only one of *, + and ? can follow. Possessive repetition is not supported."
    ),
    "invalid repetition size": _("%(part)s: a repetition has at most 1,000 rounds, the smaller number first."),
    "invalid character class range": _("%(part)s is not a range of characters."),
    "invalid perl operator": _(
        "%(part)s is not supported: lookahead, lookbehind, atomic groups and conditions do not exist in RE2."
    ),
    "invalid escape sequence": _("%(part)s is not supported. Back-references such as \\1 do not exist in RE2."),
    "trailing \\": _("A backslash at the end escapes nothing. For the character itself, type two."),
}


def _said(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    kind, _colon, part = words.partition(": ")
    if "too large" in words:
        return gettext("This expression is too large.")
    if known := _FAULTS.get(kind):
        return str(known) % {"part": part[:60]}
    return gettext("This is not a regular expression that RE2 reads: %(reason)s") % {"reason": words[:120]}
