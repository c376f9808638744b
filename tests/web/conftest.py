"""Where several tests of the create dialog begin. What needs Django's settings is imported once they are there."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import Project
    from tests.web.creating import Wizard


@pytest.fixture
def review(sign_in: Callable[[str], "Client"], project: "Project") -> "Wizard":
    """At the review, with everything accepted."""
    from tests.web.creating import Wizard
    from tests.web.test_create_refused import GOOD

    wizard = Wizard(sign_in("olive"), project.name)
    wizard.start("stateless").submit(name="shop").submit(**GOOD).submit().submit()
    assert wizard.step == "review", wizard.problems()
    return wizard
