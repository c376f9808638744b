"""C5: every time of the clock is a <time> with its zone, which the script writes in the reader's."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.template import Context, Template

from console.kube.access import Freshness
from console.web import times
from services import page_state
from services.shown import containers

ROOT = Path(__file__).resolve().parents[2]
MOMENT = 1760346842.0  # 13 Oct 2025 09:14:02 UTC
TIME = '<time datetime="2025-10-13T09:14:02Z" data-time="{}" title="13 Oct 2025 09:14:02 UTC">{}</time>'
WHOLE = "13 Oct 2025 09:14:02 UTC"
CLOCK = TIME.format("clock", WHOLE)
AGO = TIME.format("ago", "13 Oct 2025")


@pytest.mark.parametrize(
    ("shape", "words"), [("clock", WHOLE), ("minute", "13 Oct 2025"), ("coming", "soon"), ("day", "13 Oct 2025")]
)
def test_c5_a_time_is_an_element_with_its_zone(shape: str, words: str) -> None:
    """C5."""
    page = Template("{{ moment|" + shape + " }}").render(Context({"moment": MOMENT}))
    assert page == TIME.format(shape, words)
    assert Template("{{ moment|" + shape + " }}").render(Context({"moment": None})) == ""


def test_the_age_of_a_trouble_says_on_hover_that_it_lasts_since_then() -> None:
    page = Template("{% age_since moment %}").render(Context({"moment": MOMENT}))
    assert f'data-title="Since {{time}}" title="Since {WHOLE}">' in page


def test_c5_sentences_hold_times_and_escape_all_else() -> None:
    """C5: what a cluster says in the same sentence stays text."""
    notice = page_state.notice(Freshness("stale", MOMENT))
    assert notice
    assert notice.what == f"The cluster has not responded since {CLOCK} ({AGO})."
    container = SimpleNamespace(
        name="web", state="waiting", started_at=None, message="<b>", exit_code=None, reason="", limits={}
    )
    container.last_exit, container.last_reason, container.last_finished = 1, "<i>Error", MOMENT
    assert containers._say(container) == f"Last exit 1, &lt;i&gt;Error, {AGO}. &lt;b&gt;"
    assert times.sentence("<%(a)s>", {"a": "&"}) == "&lt;&amp;&gt;"


def test_c5_no_template_writes_a_time_of_its_own() -> None:
    """C5: <time> comes from the tags, which know the zone; as an element it stands in no attribute."""
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"\|(date|time):?[\"'][^\"']*[Hhgis]", text), path
        assert not re.search(r'="[^"]*\|(clock|day|time_of_day)\b', text), path
    for path in (*ROOT.glob("services/**/*.py"), *ROOT.glob("accounts/**/*.py")):
        assert "times.clock(" not in path.read_text(), path
