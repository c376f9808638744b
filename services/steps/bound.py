"""A field of a step, with its label, hint and errors around the control.

Pod Settings has 66 of them. They are written by a function, as the controls are (console.web.controls): through a
template they were a third of the page's server time. Most are blank in most forms, and then look as they did the last
time: what was written of such a field is kept.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from console.web.controls import escaped

_MOST = 20_000  # of some 500 bytes each: the largest page there is, and more
_written: dict[tuple[object, ...], str] = {}


class Bound(forms.BoundField):
    """A field that may take two columns. Hint and error are joined to the control by Django's aria-describedby."""

    @property
    def errors(self) -> Any:
        return self.form.errors.get(self.name) or self.form.right  # type: ignore[attr-defined]

    def css_classes(self, extra_classes: Any = None) -> str:
        own = super().css_classes(extra_classes)
        return f"{own} two".strip() if getattr(self.field, "two", False) else own

    def __str__(self) -> SafeString:
        return self._kept("control", super().__str__)

    __html__ = __str__

    def as_field_group(self) -> SafeString:
        return self._kept("group", self._group)

    def _kept(self, what: str, write: Callable[[], str]) -> SafeString:
        """What is written, or was before for a field like this: nothing is wrong with it, nothing typed but a choice,
        and its form has changed nothing about it. What people type is never kept."""
        value = self.value()
        blank = value in ("", None, False) or (
            isinstance(self.field, forms.ChoiceField) and self.field.valid_value(value)
        )
        if not blank or self.errors or not self._as_made():
            return SafeString(write())
        key = (what, type(self.form), self.name, self.html_name, value, get_language())
        found = _written.get(key)
        if found is None:
            if len(_written) >= _MOST:
                _written.clear()
            found = _written[key] = write()
        return SafeString(found)

    def _as_made(self) -> bool:
        made, own = self.form.base_fields[self.name], self.field  # type: ignore[attr-defined]
        drawn = type(own.widget) is type(made.widget) and own.widget.attrs == made.widget.attrs
        return drawn and {**vars(own), "widget": None} == {**vars(made), "widget": None}

    def _group(self) -> SafeString:
        kind = f"field {self.css_classes()}"
        if self.use_fieldset:
            said = f' aria-describedby="{escaped(self.aria_describedby)}"' if self.aria_describedby else ""
            legend = f"<legend>{escaped(self.label)}</legend>"
            opened = f'<fieldset class="{kind} checks" id="{escaped(self.auto_id)}"{said}>'
            return SafeString(f"{opened}{legend}{self}{self.errors}</fieldset>")
        label, control = escaped(self.label), str(self)
        if getattr(self.field.widget, "input_type", "") == "checkbox":
            words = f"<span>{label}{self._hint('small')}</span>"
            inside = f'<label class="check" for="{escaped(self.id_for_label)}">{control}{words}</label>{self.errors}'
        else:
            unit = getattr(self.field, "unit", "")
            control = f'<div class="unit">{control}<span>{escaped(unit)}</span></div>' if unit else control
            head = f'<label for="{escaped(self.id_for_label)}">{label}{self._optional()}</label>'
            inside = f"{head}{control}{self.errors}{self._hint('p')}"
        return SafeString(f'<div class="{kind}">{inside}</div>')

    def _optional(self) -> str:
        wanted = getattr(self.field, "optional", False)
        return f' <span class="optional">{escaped(_("(optional)"))}</span>' if wanted else ""

    def _hint(self, tag: str) -> str:
        if not self.help_text:
            return ""
        drawn = ' class="hint"' if tag == "p" else ""
        return f'<{tag}{drawn} id="{escaped(self.auto_id)}_helptext">{escaped(self.help_text)}</{tag}>'
