"""Fields as the steps use them: the words around a field, and the rules of the manifests in front of it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from console.web import forms as web
from services.manifests.sentences import Remark
from services.steps.lenses.field import Field
from services.words import said

REMARK = "remark"
"""The code of what is said of a value that is taken all the same."""

Rule = Callable[[str], str | None]
"""A rule of `names`: the sentence that says what is wrong, or None."""


class Words(forms.CharField):
    """A few words in one line (capabilities); its value is a list."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, (list, tuple)) else value

    def to_python(self, value: Any) -> Any:
        return [word for word in (super().to_python(value) or "").replace(",", " ").split() if word]


class YesNo(forms.ChoiceField):
    """Yes, no, or nothing said: True, False, None."""

    def to_python(self, value: Any) -> Any:
        return {"true": True, "false": False}.get(super().to_python(value))

    def valid_value(self, value: Any) -> bool:
        return value in (True, False, None)

    def validate(self, value: Any) -> None:
        if not self.valid_value(value):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})


_said = lazy(web.said, SafeString)


def _dress(
    own: forms.Field, *, unit: Any, two: bool, mono: bool, attrs: dict[str, Any], optional: bool = False
) -> None:
    vars(own).update(unit=unit, two=two, optional=optional)
    if mono:
        attrs["class"] = "mono"
    own.widget.attrs.update(attrs)


def text(
    label: Any,
    *rules: Rule,
    help: Any = "",
    required: bool = False,
    optional: bool = False,
    most: int | None = None,
    mono: bool = True,
    two: bool = False,
    unit: Any = "",
    missing: Any = "",
    lines: int = 0,
    **attrs: Any,
) -> forms.CharField:
    """One line, or several; spaces around it do not count.

    `missing`: what is said when it is needed and blank. `optional`: its label says that it may stay blank.
    """
    own = forms.CharField(label=label, help_text=help, required=required, strip=True)
    own.error_messages["required"] = missing or _("Enter a value.")
    if lines:
        own.widget = forms.Textarea(attrs={"rows": lines})
        own.widget.is_required = required
    checks = [*([no_longer(most)] if most else []), *map(follows, rules)]
    if checks:
        own.validators.append(first_of(checks))
    attrs = {"autocomplete": "off", "spellcheck": "false", **attrs}
    _dress(own, unit=unit, two=two, mono=mono, attrs=attrs, optional=optional)
    return own


def exact(label: Any, *, mono: bool = True, **attrs: Any) -> forms.CharField:
    """One line, kept as typed, spaces included: an argument, the value of a variable."""
    own = forms.CharField(label=label, required=False, strip=False)
    _dress(own, unit="", two=False, mono=mono, attrs={"autocomplete": "off", "spellcheck": "false", **attrs})
    return own


def number(
    label: Any,
    *,
    least: int | None = None,
    most: int | None = None,
    help: Any = "",
    required: bool = False,
    unit: Any = "",
    missing: Any = "",
    **attrs: Any,
) -> forms.IntegerField:
    """A whole number or None."""
    own = forms.IntegerField(label=label, help_text=help, required=required, min_value=least, max_value=most)
    own.widget = forms.TextInput(attrs={"inputmode": "numeric"})
    own.error_messages.update(required=missing or _("Enter a value."), invalid=_("Enter a whole number."))
    _dress(own, unit=unit, two=False, mono=False, attrs={"autocomplete": "off", **attrs})
    return own


def port(label: Any, **more: Any) -> forms.IntegerField:
    """A port number."""
    own = number(label, **more)
    own.validators.append(_port)
    return own


def choice(label: Any, choices: Iterable[tuple[str, Any]], *, help: Any = "", **attrs: Any) -> forms.ChoiceField:
    """One of a few, from a list; blank where "" is among them."""
    own = forms.ChoiceField(label=label, choices=list(choices), help_text=help, required=False)
    own.error_messages["invalid_choice"] = _("Choose one from the list.")
    _dress(own, unit="", two=False, mono=False, attrs=attrs)
    return own


def radio(label: Any, choices: Iterable[tuple[str, Any, Any]]) -> forms.ChoiceField:
    """One of a few, each with a sentence that says what it means."""
    own = forms.ChoiceField(label=label, choices=explained(choices), required=False, widget=web.Radios)
    own.error_messages["invalid_choice"] = _("Choose one from the list.")
    _dress(own, unit="", two=False, mono=False, attrs={})
    return own


def explained(choices: Iterable[tuple[str, Any, Any]]) -> list[tuple[str, Any]]:
    """Choices with their sentences, as widgets take them."""
    return [(value, _said(label, meaning) if meaning else label) for value, label, meaning in choices]


def several(label: Any, choices: Iterable[tuple[str, Any, Any]]) -> forms.MultipleChoiceField:
    """Some of a few, as check boxes with a sentence each."""
    own = forms.MultipleChoiceField(label=label, choices=explained(choices), required=False, widget=web.Checks)
    _dress(own, unit="", two=False, mono=False, attrs={})
    return own


def tick(label: Any, help: Any = "") -> forms.BooleanField:
    """A check box."""
    own = forms.BooleanField(label=label, help_text=help, required=False)
    _dress(own, unit="", two=False, mono=False, attrs={})
    return own


def yes_no(label: Any, help: Any = "") -> YesNo:
    """A setting that is on, off, or not said. The label is the API's word: whoever reads Yes knows what is true."""
    own = YesNo(label=label, help_text=help, required=False)
    own.choices = [("", _("Not set")), ("true", _("Yes")), ("false", _("No"))]
    _dress(own, unit="", two=False, mono=False, attrs={})
    return own


def words(label: Any, help: Any = "", **attrs: Any) -> Words:
    """A few words in one line."""
    own = Words(label=label, help_text=help, required=False)
    _dress(own, unit="", two=False, mono=True, attrs={"autocomplete": "off", "spellcheck": "false", **attrs})
    return own


def strings(own: forms.Field, value: Any) -> list[str]:
    """A value of a lens as a browser would post it."""
    if isinstance(own, forms.BooleanField):
        return ["on"] if value else []
    if value is None:
        return [""]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    prepared = own.prepare_value(value)
    if isinstance(prepared, (list, tuple)):
        return [str(one) for one in prepared]
    return [str(prepared)]


_WORDS = ("help", "unit", "missing", "placeholder")
_CONTROLS: dict[str, Callable[..., forms.Field]] = {
    "text": text,
    "exact": exact,
    "number": number,
    "port": port,
    "choice": choice,
    "tick": tick,
    "yes_no": yes_no,
    "words": words,
    "several": several,
}


def declared(own: Field) -> forms.Field:
    """The field of a form for one that a lens declares."""
    rules = [[_translated(each) for each in rule] if isinstance(rule, list) else rule for rule in own.rules]
    options = {name: _in_words(value) if name in _WORDS else value for name, value in own.options.items()}
    made = _CONTROLS[own.control](_in_words(own.label), *rules, **options)
    vars(made).update(fold=_in_words(own.fold), blank_words=_in_words(own.blank_words))
    return made


def _translated(choice: tuple[str, ...]) -> tuple[Any, ...]:
    return (choice[0], *map(_in_words, choice[1:]))


def _in_words(text: str) -> Any:
    return _(text) if text else ""


def keep() -> forms.CharField:
    """What the form cannot show of a row, carried along."""
    return forms.CharField(required=False, strip=False, widget=forms.HiddenInput)


def no_longer(most: int) -> Callable[[str], None]:
    """At most so many characters."""

    def check(value: str) -> None:
        if len(value) > most:
            raise ValidationError(
                _("At most %(most)d characters; this has %(length)d."), params={"most": most, "length": len(value)}
            )

    return check


def first_of(checks: Sequence[Callable[[str], None]]) -> Callable[[str], None]:
    """What the first of several checks says: one mistake is one sentence. The browser cuts nothing off, for what is cut
    in silence is lost.
    """

    def check(value: str) -> None:
        for each in checks:
            each(value)

    return check


def follows(rule: Rule) -> Callable[[str], None]:
    """A rule as Django calls it."""

    def check(value: str) -> None:
        wrong = rule(value) if value else None
        if wrong:
            raise ValidationError(said(wrong), code=REMARK if isinstance(wrong, Remark) else None)

    return check


def _port(value: int) -> None:
    if not 1 <= value <= 65535:
        raise ValidationError(_("Enter a port from 1 to 65535."))
