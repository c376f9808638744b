"""C5: what a page says about time is in the reader's zone where scripts run, and says its zone where they do not."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests import browsers
from tests.browsers import Desk

pytestmark = pytest.mark.browser

ZONE = timedelta(hours=5, minutes=45)  # of Kathmandu, all year


@pytest.mark.parametrize("scripts", [True, False])
def test_c5_times_are_in_the_readers_zone(browser: Browser, desk: Desk, scripts: bool) -> None:
    """C5: the record's time and day, its hover, and when a draft was saved; consistent however the page came."""
    context = browser.new_context(timezone_id="Asia/Kathmandu", java_script_enabled=scripts)
    context.set_default_timeout(20_000)
    watched = browsers.Watched(context.new_page())
    page = watched.page
    desk.sign_in(page, "alice")
    page.goto(f"{desk.console.url}/workspaces/{desk.workspace}/activity/")
    page.goto(page.url + page.locator("a.opener").first.get_attribute("href").split("#")[0])
    time, day = (page.locator(f"tr.open time[data-time={shape}]") for shape in ("time", "day"))
    then = datetime.fromisoformat(str(time.get_attribute("datetime"))).astimezone(UTC)
    utc, local = f"{_dated(then)} UTC", f"{_dated(then + ZONE)} GMT+5:45"
    title = f"{local} ({utc})" if scripts else utc
    expect(time).to_have_attribute("title", title)
    expect(time).to_have_text(f"{then + ZONE:%H:%M:%S}" if scripts else f"{then:%H:%M:%S} UTC")
    expect(day).to_have_attribute("title", title)
    expect(day).to_have_text(re.compile(r"^(today|yesterday)$"))
    page.goto(f"{desk.url}/services/new/")
    page.get_by_role("button", name="Stateless Service").click()
    page.get_by_label("Name", exact=True).fill("web")
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#kept")).to_have_text("Draft saved")
    page.goto(f"{desk.url}/services/new/drafts/")
    saved = page.locator("td time")
    expect(saved).to_have_text(re.compile(r"^(just now|\d+ s ago)$"))
    expect(saved).to_have_attribute("title", re.compile(r"GMT\+5:45 \(.* UTC\)$" if scripts else r" UTC$"))
    context.close()
    assert watched.problems == []


def _dated(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y %H:%M:%S}"
