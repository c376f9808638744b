"""Fields as the steps use them: the words around a field, and the rules of the manifests in front of it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

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


D = TypeVar("D", bound=forms.Field)
_said = lazy(web.said, SafeString)


def _dressed(
    own: D,
    *,
    help: Any = "",
    unit: Any = "",
    units: Sequence[str] = (),
    two: bool = False,
    mono: bool = False,
    optional: bool = False,
    **attrs: Any,
) -> D:
    """The field as it looks. `unit` stands behind the control, or a list of `units`, the usual one first; `two`: it may
    take two columns; `mono`: words for machines; `optional`: its label says that it may stay blank. What else there is
    are attributes of the control."""
    own.help_text = help
    vars(own).update(unit=unit, units=units, two=two, optional=optional)
    own.widget.attrs.update({"class": "mono", **attrs} if mono else attrs)
    return own


_TYPED: dict[str, Any] = {"autocomplete": "off", "spellcheck": "false"}


def text(
    label: Any,
    *rules: Rule,
    required: bool = False,
    most: int | None = None,
    missing: Any = "",
    lines: int = 0,
    mono: bool = True,
    **look: Any,
) -> forms.CharField:
    """One line, or several; spaces around it do not count. `missing`: what is said when it is needed and blank."""
    own = forms.CharField(label=label, required=required, strip=True)
    own.error_messages["required"] = missing or _("Enter a value.")
    if lines:
        own.widget = forms.Textarea(attrs={"rows": lines})
        own.widget.is_required = required
    if most or rules:
        own.validators.append(_first_wrong(most, rules))
    return _dressed(own, mono=mono, **_TYPED, **look)


def exact(label: Any, **look: Any) -> forms.CharField:
    """One line, kept as typed, spaces included: an argument, the value of a variable."""
    return _dressed(forms.CharField(label=label, required=False, strip=False), mono=True, **_TYPED, **look)


def number(
    label: Any,
    *,
    least: int | None = None,
    most: int | None = None,
    required: bool = False,
    missing: Any = "",
    **look: Any,
) -> forms.IntegerField:
    """A whole number or None."""
    own = forms.IntegerField(label=label, required=required, min_value=least, max_value=most)
    own.widget = forms.TextInput(attrs={"inputmode": "numeric"})
    own.error_messages.update(required=missing or _("Enter a value."), invalid=_("Enter a whole number."))
    return _dressed(own, autocomplete="off", **look)


def port(label: Any, **more: Any) -> forms.IntegerField:
    """A port number."""
    own = number(label, **{"mono": True, **more})
    own.validators.append(_port)
    return own


def choice(label: Any, choices: Iterable[tuple[str, Any]], **look: Any) -> forms.ChoiceField:
    """One of a few, from a list; blank where "" is among them."""
    own = forms.ChoiceField(label=label, choices=list(choices), required=False)
    own.error_messages["invalid_choice"] = _("Choose one from the list.")
    return _dressed(own, **look)


def radio(label: Any, choices: Iterable[tuple[str, Any, Any]]) -> forms.ChoiceField:
    """One of a few, each with a sentence that says what it means."""
    own = choice(label, [])
    own.widget = web.Radios()
    own.choices = explained(choices)
    return own


def explained(choices: Iterable[tuple[str, Any, Any]]) -> list[tuple[str, Any]]:
    """Choices with their sentences, as widgets take them."""
    return [(value, _said(label, meaning) if meaning else label) for value, label, meaning in choices]


def several(label: Any, choices: Iterable[tuple[str, Any, Any]]) -> forms.MultipleChoiceField:
    """Some of a few, as check boxes with a sentence each."""
    own = forms.MultipleChoiceField(label=label, choices=explained(choices), required=False, widget=web.Checks)
    return _dressed(own)


def tick(label: Any, help: Any = "") -> forms.BooleanField:
    """A check box."""
    return _dressed(forms.BooleanField(label=label, required=False), help=help)


def yes_no(label: Any, help: Any = "", unset: Any = "") -> YesNo:
    """A setting that is on, off, or not said (`unset`). Its label is the API's word: of Yes one knows what is true."""
    own = YesNo(label=label, required=False)
    own.choices = [("", unset or _("Not set")), ("true", _("Yes")), ("false", _("No"))]
    return _dressed(own, help=help)


def words(label: Any, **look: Any) -> Words:
    """A few words in one line."""
    return _dressed(Words(label=label, required=False), mono=True, **_TYPED, **look)


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
        return [str(entry) for entry in prepared]
    return [str(prepared)]


_WORDS = ("help", "unit", "missing", "placeholder")
_CONTROLS: dict[str, Callable[..., forms.Field]] = {
    control.__name__: control for control in (text, exact, number, port, choice, radio, tick, yes_no, words, several)
}


def declared(own: Field) -> forms.Field:
    """The field of a form for one that a lens declares."""
    rules = [
        [(value, *map(_in_words, texts)) for value, *texts in rule] if isinstance(rule, list) else rule
        for rule in own.rules
    ]
    options = {name: _in_words(value) if name in _WORDS else value for name, value in own.options.items()}
    made = _CONTROLS[own.control](_in_words(own.label), *rules, **options)
    vars(made).update(fold=_in_words(own.fold), blank_words=_in_words(own.blank_words))
    return made


def _in_words(text: str) -> Any:
    return _(text) if text else ""


def keep() -> forms.CharField:
    """What the form cannot show of a row, carried along."""
    return forms.CharField(required=False, strip=False, widget=forms.HiddenInput)


def _first_wrong(most: int | None, rules: Sequence[Rule]) -> Callable[[str], None]:
    """A validator that says what the first of the rules says: one mistake is one sentence. The browser cuts nothing
    off, for what is cut in silence is lost.
    """

    def check(value: str) -> None:
        if most and len(value) > most:
            params = {"most": most, "length": len(value)}
            raise ValidationError(_("At most %(most)d characters; this has %(length)d."), params=params)
        for rule in rules if value else ():
            if wrong := rule(value):
                raise ValidationError(said(wrong), code=REMARK if isinstance(wrong, Remark) else None)

    return check


def _port(value: int) -> None:
    if not 1 <= value <= 65535:
        raise ValidationError(_("Enter a port from 1 to 65535."))
