"""Forms that render as the mock-ups do: label, control, hint or error, joined by Django's own aria wiring.

`{{ form.name.as_field_group }}` is one field, `{{ form }}` all of them. What was typed comes back as typed, even when
it is wrong.
"""

from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console.web.controls import CONTROLS

LONGEST = 10_000  # no text field takes more, whatever the form says


class BerthRenderer(TemplatesSetting):
    """Where the markup of forms lives: templates/components/form/."""

    form_template_name = "components/form/form.html"
    formset_template_name = "components/form/formset.html"
    field_template_name = "components/form/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        written = CONTROLS.get(template_name)
        return written(context["widget"]) if written else super().render(template_name, context, request)


class Errors(forms.utils.ErrorList):
    """Errors as one paragraph each, with the glyph; no bullets."""

    template_name = "components/form/errors.html"
    field_id: str | None

    def __str__(self) -> SafeString:
        return self.render() if self else SafeString("")  # most fields have none: no template for those

    __html__ = __str__


class _Prepared:
    """The base of our forms: no colon after labels, what was typed is kept, controls are prepared. A formset would give
    its own labels and errors.
    """

    error_css_class = "wrong"
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "label_suffix": "", "error_class": Errors})
        for field in self.fields.values():
            prepare(field)


class Form(_Prepared, forms.Form):
    """A form that is not of a model."""

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """(id of the control, label, first error) of each wrong field, for the notice above the form."""
        wrong = (self[name] for name in self.errors if name in self.fields)
        return [(bound.id_for_label, str(bound.label), str(bound.errors[0])) for bound in wrong]


class ModelForm(_Prepared, forms.ModelForm):  # type: ignore[type-arg]
    """A form of a model."""


def prepare(field: forms.Field) -> None:
    """Machine names are not corrected by the browser; no text is unbounded; the browser leaves validation to us."""
    if isinstance(field, forms.CharField) and field.max_length is None:
        field.widget.attrs.setdefault("maxlength", LONGEST)
    if isinstance(field.widget, forms.TextInput):
        field.widget.attrs.setdefault("autocomplete", "off")
    if "mono" in field.widget.attrs.get("class", ""):
        field.widget.attrs.setdefault("spellcheck", "false")
        field.widget.attrs.setdefault("autocapitalize", "none")


class Machine(forms.TextInput):
    """A name, address, image or other word for machines: monospace, never corrected."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": "mono", "spellcheck": "false", "autocapitalize": "none", **(attrs or {})})


class Number(forms.TextInput):
    """A whole number without the browser's spinner; digits on a phone's keyboard."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "numeric", **(attrs or {})})


class Radios(forms.RadioSelect):
    """One of a few, each with a sentence: choices are (value, label) or (value, (label, sentence)) via `said`."""

    template_name = "choices"


class Checks(forms.CheckboxSelectMultiple):
    """Several of a few."""

    template_name = "choices"


def said(words: Any, sentence: Any) -> SafeString:
    """A choice's label with the sentence below it."""
    return format_html("{}<small>{}</small>", words, sentence)
