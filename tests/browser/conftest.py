"""The browsers of these tests, and a page in one."""

from collections.abc import Generator, Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Error, Page, expect

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the open pages show stands in the report of a test that failed: it may not fail where one can look at it."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if report.when == "call" and report.failed and isinstance(browser, Browser):
        for page in (page for context in browser.contexts for page in context.pages):
            with suppress(Error):
                report.sections.append((f"page {page.url}", _shown(page)))
    return report


def _shown(page: Page) -> str:
    focus = page.evaluate("document.activeElement?.id || document.activeElement?.tagName")
    return f"focus: {focus}\n{page.locator('body').inner_text(timeout=2_000)[:4_000]}"


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """A page in a fresh browser session, 1280 wide; errors of scripts and broken content policies fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    watched = browsers.Watched(context.new_page())
    yield watched.page
    context.close()
    assert watched.problems == []
