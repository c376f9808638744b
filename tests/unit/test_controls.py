"""The controls written by functions say, what Django's own templates say."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.template import Context, Engine
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from hypothesis import given, settings
from hypothesis import strategies as st

from console.web.controls import CONTROLS
from console.web.forms import BerthRenderer, Checks, Radios
from services.steps import inputs
from services.steps.stepform import StepForm

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


CHOICE = """<label class="check"{% if widget.attrs.id %} for="{{ widget.attrs.id }}"{% endif %}>{{ input }}<span>{{ widget.label }}</span></label>"""  # noqa: E501


@pytest.mark.parametrize("kind", [Radios, Checks])
@given(value=st.lists(WORDS, max_size=2), attrs=ATTRS, choices=st.lists(st.tuples(WORDS, LABELS), max_size=4))
@settings(max_examples=60)
def test_choices_are_what_a_template_would_make(kind: Any, value: Any, attrs: dict[str, Any], choices: Any) -> None:
    widget, template = kind(choices=choices), Engine().from_string(CHOICE)
    theirs = ""
    for _group, options, _index in widget.get_context("n", value, attrs)["widget"]["optgroups"]:
        for option in options:
            control = mark_safe(DJANGOS.render("django/forms/widgets/input.html", {"widget": option}).strip())
            theirs += template.render(Context({"widget": option, "input": control}))
    assert widget.render("n", value, attrs, OURS) == theirs


def test_the_comparison_can_fail() -> None:
    theirs, ours = both(forms.TextInput(), "<", {"id": "a"})
    assert (
        theirs
        == ours
        != OURS.render(forms.TextInput.template_name, {"widget": forms.TextInput().get_context("b", "<", {})["widget"]})
    )


FIELD = """{% if field.use_fieldset %}<fieldset class="field {{ field.css_classes }} checks" id="{{ field.auto_id }}"{% if field.aria_describedby %} aria-describedby="{{ field.aria_describedby }}"{% endif %}><legend>{{ field.label }}</legend>{{ field }}{% if field.errors %}{{ field.errors }}{% endif %}</fieldset>{% elif field.field.widget.input_type == "checkbox" %}<div class="field {{ field.css_classes }}"><label class="check" for="{{ field.id_for_label }}">{{ field }}<span>{{ field.label }}{% if field.help_text %}<small id="{{ field.auto_id }}_helptext">{{ field.help_text }}</small>{% endif %}</span></label>{% if field.errors %}{{ field.errors }}{% endif %}</div>{% else %}<div class="field {{ field.css_classes }}"><label for="{{ field.id_for_label }}">{{ field.label }}{% if field.field.optional %} <span class="optional">(optional)</span>{% endif %}</label>{% if field.field.unit %}<div class="unit">{{ field }}<span>{{ field.field.unit }}</span></div>{% else %}{{ field }}{% endif %}{% if field.errors %}{{ field.errors }}{% endif %}{% if field.help_text %}<p class="hint" id="{{ field.auto_id }}_helptext">{{ field.help_text }}</p>{% endif %}</div>{% endif %}"""  # noqa: E501
MADE: Any = st.sampled_from(
    [
        lambda label, more: inputs.text(label, help=more, unit=more, optional=bool(more), two=bool(more)),
        lambda label, more: inputs.text(label, lambda _text: more, required=True, lines=2),
        lambda label, more: inputs.number(label, help=more, unit=more),
        lambda label, more: inputs.choice(label, [("a", more)], help=more),
        lambda label, more: inputs.tick(label, more),
        lambda label, more: inputs.radio(label, [("a", label, more), ("b", more, "")]),
        lambda label, more: inputs.several(label, [("a", label, more)]),
    ]
)


@given(make=MADE, label=LABELS, more=WORDS, typed=WORDS)
@settings(max_examples=200)
def test_a_field_of_a_step_is_what_a_template_would_make(make: Any, label: Any, more: str, typed: str) -> None:
    kind = type("Step", (StepForm,), {"word": make(label, more)})
    field = kind(MultiValueDict({"word": [typed]}))["word"]
    theirs = Engine(builtins=["django.templatetags.i18n"]).from_string(FIELD).render(Context({"field": field}))
    assert str(field.as_field_group()) == theirs
