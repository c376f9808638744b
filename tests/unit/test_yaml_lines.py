"""YAML that is only read: a span a line, escaped, in few colours."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from console.web.templatetags.berth import MOST_COLOURED, yaml_lines


def shown(text: str) -> list[str]:
    tree = LexborHTMLParser(f"<pre>{yaml_lines(text)}</pre>")
    return [line.text() for line in tree.css("pre > span")]


def test_keys_and_quoted_text_have_their_colours() -> None:
    html = yaml_lines('kind: Pod\nname: "<b>" # who\n')
    assert '<span class="y-key">kind</span>: Pod' in html
    assert '<span class="y-text">&lt;b&gt;</span>' in html
    assert '<span class="y-note"># who</span>' in html


def test_a_long_text_is_plain_and_whole() -> None:
    text = "key: <value>\n" * (MOST_COLOURED // 10)
    assert "y-key" not in yaml_lines(text)
    assert shown(text)[-1] == "key: <value>\n"
    assert len(shown(text)) == MOST_COLOURED // 10


@given(st.text(st.sampled_from("ab:-|>'\"#&*!%@`{}[],? \n<")))
def test_every_character_is_there_whatever_the_text(text: str) -> None:
    assert "".join(shown(text)).rstrip("\n") == text.rstrip("\n")
