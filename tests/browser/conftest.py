"""The browsers of these tests, and a page in one."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import browsers
from tests.conftest import chromium

expect.set_options(timeout=20_000)  # a busy machine takes longer than the 5 s of the library


# While it is there Django takes this thread for an asynchronous one, and tests of other folders use the database.
@pytest.fixture(scope="package")
def opened() -> Iterator[browsers.Browsers]:
    """Starts a browser once, however many tests use it."""
    with browsers.playwright() as made:
        yield made


@pytest.fixture
def browser(opened: browsers.Browsers, request: pytest.FixtureRequest) -> Browser:
    """Chromium: the whole of it if the test's marker says so."""
    marker = request.node.get_closest_marker("browser")
    program = chromium(whole=marker is not None and marker.kwargs.get("whole", False))
    assert program, "tests that use a browser carry the marker `browser`"
    return opened(program)


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """A page in a fresh browser session, 1280 wide; errors of scripts and broken content policies fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    watched = browsers.Watched(context.new_page())
    yield watched.page
    context.close()
    assert watched.problems == []
