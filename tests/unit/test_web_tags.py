"""Tags: times, states, names cut in their middle, copy buttons, queries; and what hostile text becomes in them."""

import datetime
import re
import time

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from console.web import icons, times


def _render(template: str, /, **context: object) -> str:
    return Template(template).render(Context(context))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *[(-5, "0 s"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (86399, "23 h")],
        *[(86400, "1 d"), (86400 * 120, "120 d"), (86400 * 729, "729 d"), (86400 * 730, "2 y"), (86400 * 3000, "8 y")],
    ],
)
def test_a_duration_has_its_largest_unit(seconds: int, words: str) -> None:
    assert times.duration(seconds) == words


def test_an_age_has_the_exact_moment_beside_it() -> None:
    moment = datetime.datetime(2025, 10, 13, 9, 14, 2, tzinfo=datetime.UTC)
    text = _render("{% age moment %}", moment=moment.timestamp())
    assert 'datetime="2025-10-13T09:14:02Z" title="13 Oct 2025 09:14:02 UTC"' in text
    assert _render("{% age moment %}", moment=None) == ""
    assert ">0 s<" in _render("{% age moment %}", moment=time.time() + 600)


NOON = datetime.datetime(2026, 3, 9, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        *[
            ({"seconds": -5}, "just now"),
            ({"seconds": 7}, "7 s ago"),
            ({"minutes": 5}, "5 min ago"),
            ({"hours": 23, "minutes": 59}, "23 h ago"),
        ],
        *[({"hours": 24}, "yesterday"), ({"hours": 36}, "yesterday"), ({"hours": 37}, "7 Mar")],
        *[({"days": 60}, "8 Jan"), ({"days": 68}, "31 Dec 2025")],
    ],
)
def test_what_happened_is_some_time_ago_then_yesterday_then_a_day(
    monkeypatch: pytest.MonkeyPatch, before: dict[str, int], words: str
) -> None:
    """One form for times: a day says its year if that is not this one."""
    _set_clock(monkeypatch)
    moment = NOON - datetime.timedelta(**before)
    text = _render("{% ago moment %}", moment=moment)
    assert f">{words}<" in text
    assert f'data-time="ago" title="{moment.day} {moment:%b %Y %H:%M:%S} UTC"' in text
    with times.wordless():
        assert "></time>" in _render("{% ago moment %}", moment=moment)


def test_a_time_of_the_clock_has_its_date_if_it_is_not_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    _set_clock(monkeypatch)
    assert times.clock(NOON - datetime.timedelta(hours=12)) == "00:00:00 UTC"
    assert times.clock(NOON - datetime.timedelta(hours=13)) == "8 Mar 23:00:00 UTC"
    assert times.clock(NOON - datetime.timedelta(days=69)) == "30 Dec 2025 12:00:00 UTC"


def _set_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", NOON.timestamp)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


def test_a_state_has_a_shape_words_and_a_cause() -> None:
    text = _render('{% status "warn" "1/3 ready" why="2 pods unschedulable" share=0.33 %}')
    assert re.search(r'<span class="status warn"><svg .*#g-pie-3"/></svg>1/3 ready</span>', text)
    assert '<span class="why">2 pods unschedulable</span>' in text
    long = _render('{% status "bad" "No ready endpoints" why="CrashLoopBackOff, 30 restarts" %}')
    assert '<span class="why" title="CrashLoopBackOff, 30 restarts">' in long, "what a column may cut is whole there"
    assert "#g-stopped" in _render('{% status "idle" "Stopped" %}')
    assert "#g-none" in _render('{% status "bad" "Selector matches nothing" glyph="none" %}')


def test_a_pie_is_never_empty_and_never_full() -> None:
    assert {icons.pie(share) for share in (0, 0.01, 0.5, 0.99, 1)} == {"pie-1", "pie-4", "pie-7"}


def test_a_long_name_is_whole_for_readers_and_copies() -> None:
    name = "customer-notification-preferences-synchronisation-eu-central-1"
    text = _render("{% cut name 24 %}", name=name)
    assert re.sub(r'<i aria-hidden="true">…</i>|<[^>]+>', "", text) == name
    shown = re.sub(r"<span>.*?</span>", "", text)
    assert re.sub(r"<[^>]+>", "", shown) == "customer-no…eu-central-1"
    assert f'title="{name}"' in text
    heading = _render("{{ name|breakable }}", name="orders.eu-1<b>")
    assert heading == "orders.<wbr>eu-<wbr>1&lt;b&gt;"
    assert _render("{{ name|breakable }}", name="data-db-0") == 'data-<wbr><span class="whole">db-0</span>'
    assert _render("{% cut name 24 %}", name="orders") == "orders"
    narrow = re.sub(r"<span>.*?</span>|<[^>]+>", "", _render("{% cut name 16 %}", name="api-042.example.com"))
    assert narrow == "api-042…mple.com", "the end leaves room for what differs"
    for width, near in ((15, True), (12, False)):
        assert ('class="cut near"' in _render(f"{{% cut name {width} %}}", name="api.geocode.example.net"[:22])) is near


def test_the_end_of_a_dns_name_stays_with_the_namespace() -> None:
    parts = _render("{{ name|dotted }}", name="legacy-reports.demo-project.svc").split("<wbr>")
    assert parts == ['<span class="whole">legacy-reports.</span>', '<span class="whole">demo-project.svc</span>']
    assert _render("{{ name|dotted }}", name=f"web.{'n' * 40}.svc").count("<wbr>") == 2, "too long for one line"


HOSTILE = "\"><img src=x onerror=alert(1)>{{ 7 }}'"


@pytest.mark.parametrize(
    "template",
    [
        '{% status "bad" text why=text %}',
        "{% cut text 4 %}",
        "{% copy text text %}",
        '{% include "components/notice.html" with state="bad" what=text means=text detail=text request_id=text %}',
        '{% include "components/problems.html" with id="x" problems=problems %}',
        '{% include "components/back.html" with url="/" words=text %}',
    ],
)
def test_hostile_text_stays_text(template: str) -> None:
    rendered = _render(template, text=HOSTILE, problems=[{"line": 1, "column": 1, "sentence": HOSTILE}])
    assert "<img" not in rendered
    assert "&lt;img" in rendered
    assert "{{ 7 }}" in rendered


def test_a_query_keeps_the_rest_of_itself() -> None:
    request = RequestFactory().get("/?q=a+b&page=3&status=bad&status=warn")
    text = _render("{% url_with page=4 q=None %}", request=request)
    assert text == "?page=4&amp;status=bad&amp;status=warn" or text == "?status=bad&amp;status=warn&amp;page=4"


def test_an_unknown_icon_is_noticed_at_once() -> None:
    with pytest.raises(KeyError, match="no-such"):
        _render('{% icon "no-such" %}')


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("spec.ports[80/TCP].targetPort", ""),
        ("spec.template.spec.containers[container-checkout].image", "[container-checkout].image"),
        ("metadata.annotations[kubesphere.io/description]", "[kubesphere.io/description]"),
        (f"metadata.labels[{'x' * 40}]", f"[{'x' * 40}]"),
        ("spec.sessionAffinityConfig.clientIP.timeoutSeconds", "clientIP.timeoutSeconds"),
        ("", ""),
    ],
)
def test_of_a_long_path_its_end_is_shown_in_whole_steps(path: str, end: str) -> None:
    shown = _render("{{ path|path_end }}", path=path)
    mark = '<i aria-hidden="true">…</i>'
    above = path.removesuffix(end)
    cut = f'<span class="cut" title="{path}">{mark}<span>{above}</span>{end}</span>'
    assert shown == (cut if end else path)
