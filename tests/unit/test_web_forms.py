"""Forms render as in the mock-ups, joined for screen readers, and keep what was typed."""

from xml.etree import ElementTree

from django import forms

from console.web.forms import Checks, Form, Machine, Number, Radios, said


class Sample(Form):
    name = forms.CharField(label="Name", max_length=63, help_text="Lower case", widget=Machine)
    alias = forms.CharField(label="Alias", required=False)
    memory = forms.CharField(label="Memory")
    count = forms.IntegerField(label="Replicas", widget=Number)
    access = forms.ChoiceField(
        label="Access", choices=[("ip", said("Virtual IP", "One address")), ("no", "Headless")], widget=Radios
    )
    several = forms.MultipleChoiceField(label="Several", choices=[("a", "A")], widget=Checks, required=False)
    sure = forms.BooleanField(label="Sure", help_text="It hurts", required=False)


def _field(form: Form, name: str) -> ElementTree.Element:
    html = form[name].as_field_group()
    for void in ("<input", "<use"):
        assert void not in html or "/>" in html or ">" in html
    return ElementTree.fromstring(_closed(html))


def _closed(html: str) -> str:
    import re

    html = re.sub(r"<(input|use)([^>]*?)/?>", r"<\1\2/>", html)
    html = re.sub(r"\s(checked|required|disabled|autofocus)(?=[\s/>])", r' \1="\1"', html)
    return html.strip()


def test_a_field_is_label_control_and_hint_joined() -> None:
    field = _field(Sample(), "name")
    control = field.find("input")
    assert control is not None
    assert field.find("label").attrib["for"] == control.attrib["id"]  # type: ignore[union-attr]
    assert control.attrib["aria-describedby"] == field.find("p[@class='hint']").attrib["id"]  # type: ignore[union-attr]
    assert control.attrib["class"] == "mono"
    assert control.attrib["spellcheck"] == "false"
    assert control.attrib["maxlength"] == "63"


def test_a_wrong_field_keeps_what_was_typed_and_is_joined_to_its_error() -> None:
    form = Sample({"name": "x" * 64, "memory": "256", "count": "many", "access": "ip"})
    assert not form.is_valid()
    field = _field(form, "name")
    control = field.find("input")
    assert control is not None
    assert control.attrib["value"] == "x" * 64
    assert control.attrib["aria-invalid"] == "true"
    ids = {element.attrib["id"] for element in field.iter() if "id" in element.attrib}
    assert set(control.attrib["aria-describedby"].split()) <= ids
    assert "many" in _field(form, "count").find("input").attrib["value"]  # type: ignore[union-attr]
    assert [label for _, label, _ in form.summary] == ["Name", "Replicas"]


def test_optional_is_said_once_and_only_where_it_is_so() -> None:
    assert "(optional)" in "".join(_field(Sample(), "alias").itertext())
    assert "(optional)" not in "".join(_field(Sample(), "name").itertext())


def test_one_of_a_few_is_a_fieldset_with_a_sentence_each() -> None:
    field = _field(Sample(), "access")
    assert field.tag == "fieldset"
    assert field.find("legend").text == "Access"  # type: ignore[union-attr]
    assert [small.text for small in field.iter("small")] == ["One address"]
    assert len(list(field.iter("input"))) == 2


def test_a_check_stands_before_its_words() -> None:
    assert _field(Sample(), "sure").find("label[@class='check']/span") is not None


def test_no_text_is_unbounded() -> None:
    assert _field(Sample(), "alias").find("input").attrib["maxlength"] == "10000"  # type: ignore[union-attr]
