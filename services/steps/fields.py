"""Fields of the steps apart from their forms: copied for one, and between the values of a lens and what is posted."""

from typing import Any, TypeVar

from django import forms

T = TypeVar("T")
_ABSENT: dict[type[forms.Field], Any] = {forms.BooleanField: False, forms.IntegerField: None}


def copied(own: forms.Field) -> forms.Field:
    """A field that its form may change: choices are replaced and attributes set, the rest stays shared. To copy all of
    it deeply, as Django does, was most of what making a form cost.
    """
    made = _alike(own)
    made.widget = _alike(own.widget)
    made.widget.attrs = dict(own.widget.attrs)
    return made


def _alike(one: T) -> T:
    made = object.__new__(type(one))
    vars(made).update(vars(one))
    return made


def absent(own: forms.Field) -> Any:
    """What a field that is not filled in stands for in the values of a lens."""
    blank = [] if type(own) is forms.MultipleChoiceField else _ABSENT.get(type(own), "")
    return getattr(own, "absent", blank)


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
