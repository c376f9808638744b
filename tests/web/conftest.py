"""What every test of a page holds to, and where several tests of the create dialog begin. What needs Django's settings
is imported once they are there."""

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.forms import BaseForm

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import Project
    from tests.web.creating import Wizard


class Missing(logging.Filter):
    """What templates ask of our own objects, and those do not have: Django shows nothing instead, and in a condition it
    is false, so a page goes wrong in silence when a field is renamed or dropped. Forms may: one template draws rows of
    several kinds, with and without a field."""

    OURS = ("accounts", "console", "services")

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Note it; nothing is logged of what templates may ask for either."""
        error = record.exc_info[1] if record.exc_info else None
        name, owner = (*getattr(error, "params", ()), None, None)[:2]
        ours = type(owner).__module__.partition(".")[0] in self.OURS
        if ours and not isinstance(owner, BaseForm | Exception):
            self.asked.add(f"{type(owner).__name__}.{name}, {record.getMessage()}")
        return record.levelno > logging.DEBUG


@pytest.fixture(autouse=True)
def missing_fields() -> Iterator[Missing]:
    """No page that a test opens asks an object of ours for a field that it does not have."""
    logger, missing = logging.getLogger("django.template"), Missing()
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addFilter(missing)
    yield missing
    logger.removeFilter(missing)
    logger.setLevel(level)
    assert not missing.asked


@pytest.fixture
def review(sign_in: Callable[[str], "Client"], project: "Project") -> "Wizard":
    """At the review, with everything accepted."""
    from tests.web.creating import Wizard
    from tests.web.test_create_refused import GOOD

    wizard = Wizard(sign_in("olive"), project.name)
    wizard.start("stateless").submit(name="shop").submit(**GOOD).submit().submit()
    assert wizard.step == "review", wizard.problems()
    return wizard
