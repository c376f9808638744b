"""What our own log says, and what it must not."""

import json
import logging
import sys

import pytest
from django.test import Client

from console.logs import OneLine

TOKEN = "s3cret-Token_of-a-link"
LINK = f"/signin/link/{TOKEN}/"


def line(text: str, *values: object, trace: bool = False) -> dict[str, str]:
    caught = sys.exc_info() if trace else None
    record = logging.LogRecord("x", logging.WARNING, "", 0, text, values, caught)
    shown = OneLine().format(record)
    assert "\n" not in shown
    return dict(json.loads(shown))


def test_one_event_is_one_line_whatever_it_says() -> None:
    assert line("Not Found: %s", '/a\n{"level": "error"}')["text"] == 'Not Found: /a\n{"level": "error"}'


def test_a_sign_in_link_is_not_written_down() -> None:
    assert line("Forbidden (%s): %s", "CSRF token missing.", LINK)["text"].endswith(": /signin/link/***/")
    try:
        raise ValueError(f"http://localhost{LINK}")
    except ValueError:
        assert TOKEN not in json.dumps(line("failed", trace=True))


@pytest.mark.django_db
def test_what_django_says_of_a_refused_link_goes_through_it() -> None:
    """A form that was sent without its token: the link is still good, and Django logs its address."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(OneLine().format(record))

    handler = Kept()
    logging.getLogger("django.security.csrf").addHandler(handler)
    try:
        assert Client(enforce_csrf_checks=True).post(LINK).status_code == 403
    finally:
        logging.getLogger("django.security.csrf").removeHandler(handler)
    assert lines
    assert TOKEN not in "".join(lines)
