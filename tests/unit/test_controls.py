"""The controls written by functions say, what Django's own templates say."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from hypothesis import given, settings
from hypothesis import strategies as st

from console.web.controls import CONTROLS
from console.web.forms import BerthRenderer

HOSTILE = [
    "",
    "plain",
    "<script>alert(1)</script>",
    "\"><img src=x onerror='x()'>",
    "a&b &amp; 'q'",
    "\u2028</textarea>",
    "ä\n\nb",
]
WORDS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20))
VALUES: Any = st.one_of(
    WORDS,
    WORDS.map(mark_safe),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.just(gettext_lazy("Name <b>")),
)
LABELS: Any = st.one_of(WORDS, WORDS.map(mark_safe), st.integers(), st.just(gettext_lazy("Name <b>")))
ATTRS = st.dictionaries(WORDS, VALUES, max_size=4)
DJANGOS, OURS = DjangoTemplates(), BerthRenderer()


def both(widget: forms.Widget, value: Any, attrs: dict[str, Any], name: str = 'n"><i>') -> tuple[str, str]:
    return widget.render(name, value, attrs, DJANGOS), widget.render(name, value, attrs, OURS)


@pytest.mark.parametrize(
    "kind",
    [forms.TextInput, forms.HiddenInput, forms.NumberInput, forms.PasswordInput, forms.CheckboxInput, forms.Textarea],
)
@given(value=VALUES, attrs=ATTRS)
@settings(max_examples=60)
def test_an_input_is_what_its_template_makes(kind: type[forms.Widget], value: Any, attrs: dict[str, Any]) -> None:
    widget = kind()
    assert widget.template_name in CONTROLS
    theirs, ours = both(widget, value, attrs)
    assert ours == theirs


@given(
    value=st.lists(WORDS, max_size=2),
    attrs=ATTRS,
    choices=st.lists(
        st.one_of(
            st.tuples(VALUES, LABELS),
            st.tuples(WORDS, st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=2)),
        ),
        max_size=4,
    ),
)
@settings(max_examples=100)
def test_a_select_is_what_its_template_makes(value: Any, attrs: dict[str, Any], choices: Any) -> None:
    widget = forms.Select(choices=choices)
    assert widget.template_name in CONTROLS
    theirs, ours = both(widget, value, attrs)
    assert ours == theirs.replace("</option>\n", "</option>")  # an included template ends with a line end


def test_the_comparison_can_fail() -> None:
    theirs, ours = both(forms.TextInput(), "<", {"id": "a"})
    assert (
        theirs
        == ours
        != OURS.render(forms.TextInput.template_name, {"widget": forms.TextInput().get_context("b", "<", {})["widget"]})
    )
