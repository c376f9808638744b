"""What templates keep is the same as what they would say anew, and is kept for nobody else."""

import re
from typing import Any

import pytest
from django.template import Context, Template
from django.template.base import TextNode
from django.template.loader import get_template
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString

from console.web.templatetags import kept
from tests.clusters import ROOT

TEMPLATES = ROOT / "templates"
PART = "components/back.html"
# What says something of the moment, of the request or of the reader, and not of what a part is given.
OWN = re.compile(r"\{% *(age|ago|now|csrf_token|url_with|navigation_groups)\b|\| *(clock|exact|ago|age)\b|\brequest\.")


@pytest.mark.parametrize(
    "tag",
    [
        "{% translate 'Name' %}",
        "{% translate '{age} <ago>' %}",
        "{% icon 'edit' %}",
        "{% icon 'edit' 20 %}",
        "{% glyph 'ok' %}",
        "{% asset 'berth.css' %}",
    ],
)
def test_what_is_constant_is_text_once_a_template_is_compiled(tag: str) -> None:
    template = Template(tag)
    assert [type(node) for node in template.nodelist] == [TextNode]
    name = tag.split()[1]
    library = "i18n" if name == "translate" else "berth"
    anew = Template(f"{{% load {name} from {library} %}}{tag}")
    assert [type(node) for node in anew.nodelist[1:]] != [TextNode]
    assert template.render(Context()) == anew.render(Context())


@pytest.mark.parametrize(
    ("tag", "values", "expected"),
    [
        ("{% translate what %}", ("a", "<b>"), ("a", "&lt;b&gt;")),
        ("{% translate 'Name' as said %}{{ said }}", ("a", "b"), ("Name", "Name")),
        ("{% url 'services:list' what %}", ("a", "b"), ("/projects/a/services/", "/projects/b/services/")),
        ("{% url 'theme' %}", ("a", "b"), ("/theme/", "/theme/")),
        ("{% glyph 'warn' share=0.5 as drawn %}{{ what }}", ("a", "b"), ("a", "b")),
    ],
)
def test_what_differs_is_said_anew(tag: str, values: tuple[str, str], expected: tuple[str, str]) -> None:
    template = Template(tag)
    assert tuple(template.render(Context({"what": value})) for value in values) == expected


def _render(**values: Any) -> str:
    names = " ".join(f"{name}={name}" for name in values)
    return Template(f"{{% kept '{PART}' {names} %}}").render(
        Context({**values, "words": values.get("words", "leaked")})
    )


def test_a_part_is_rendered_once_for_what_it_is_given() -> None:
    kept._kept.cache_clear()
    first = _render(url="/a/", words="A")
    assert first == get_template(PART).render({"url": "/a/", "words": "A"})
    assert (_render(url="/a/", words="A"), _render(url="/b/", words="A") != first) == (first, True)
    assert (kept._kept.cache_info().hits, kept._kept.cache_info().misses) == (1, 2)


def test_a_part_sees_only_what_it_is_given() -> None:
    assert "leaked" not in _render(url="/a/")


def test_what_somebody_made_huge_is_shown_and_not_kept() -> None:
    """S1: thousands of parts are kept, and each may be of an object of a megabyte."""
    kept._kept.cache_clear()
    huge = "x" * 1_000_000
    assert huge in _render(url="/a/", words=huge)
    assert kept._kept.cache_info().currsize == 0


def test_what_is_safe_in_one_place_is_escaped_in_another() -> None:
    assert "<b>" in _render(url="", words=SafeString("<b>"))
    assert "<b>" not in _render(url="", words="<b>")
    assert "<b>" in _render(url="", words=SafeString("<b>"))


def test_what_holds_a_request_or_may_change_is_not_kept() -> None:
    for value in (SimpleLazyObject(lambda: "a"), ["a"]):
        with pytest.raises(TypeError):
            _render(words=value)


def test_no_part_that_is_kept_speaks_of_the_moment_or_of_the_reader() -> None:
    pages = {path.relative_to(TEMPLATES).as_posix(): path.read_text() for path in TEMPLATES.rglob("*.html")}
    parts = {name for text in pages.values() for name in re.findall(r'\{% kept "([^"]+)"', text)}
    assert len(parts) >= 4
    while more := {name for part in parts for name in re.findall(r'\{% include "([^"]+)"', pages[part])} - parts:
        parts |= more
    assert {part for part in parts if OWN.search(pages[part])} == set()
