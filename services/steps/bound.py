"""A field of a step, with its label, hint and errors around the control.

Pod Settings has 66 of them. They are written by a function, as the controls are (console.web.controls): through a
template they were a third of the page's server time.
"""

from typing import Any

from django import forms
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.web.controls import escaped
from services.steps.input_names import UNIT, unit_of


class Bound(forms.BoundField):
    """A field that may take two columns. Hint and error are joined to the control by Django's aria-describedby."""

    def css_classes(self, extra_classes: Any = None) -> str:
        own = super().css_classes(extra_classes)
        return f"{own} two".strip() if getattr(self.field, "two", False) else own

    @property
    def named_in_errors(self) -> bool:
        """Whether what is wrong with it says already which field it is."""
        return all(str(self.label).lower() in str(sentence).lower() for sentence in self.errors)

    def as_field_group(self) -> SafeString:
        kind = f"field {self.css_classes()}"
        if self.use_fieldset:
            described_by = f' aria-describedby="{escaped(self.aria_describedby)}"' if self.aria_describedby else ""
            legend = f"<legend>{escaped(self.label)}</legend>"
            opened = f'<fieldset class="{kind} checks" id="{escaped(self.auto_id)}"{described_by}>'
            return SafeString(f"{opened}{legend}{self}{self.errors}</fieldset>")
        label, control = escaped(self.label), str(self)
        if getattr(self.field.widget, "input_type", "") == "checkbox":
            words = f"<span>{label}{self._hint('small')}</span>"
            inside = f'<label class="check" for="{escaped(self.id_for_label)}">{control}{words}</label>{self.errors}'
        else:
            unit = getattr(self.field, "unit", "")
            control = f'<div class="unit">{control}<span>{escaped(unit)}</span></div>' if unit else control
            control = self._with_units() if getattr(self.field, "units", ()) else control
            head = f'<label for="{escaped(self.id_for_label)}">{label}{self._optional()}</label>'
            inside = f"{head}{control}{self.errors}{self._hint('p')}"
        return SafeString(f'<div class="{kind}">{inside}</div>')

    def _with_units(self) -> str:
        """The number, and the list of units beside it; with another suffix the whole text, and "other"."""
        units, text = tuple(getattr(self.field, "units", ())), str(self.value() or "")
        name = f"{self.html_name}-{UNIT}"
        number, unit = unit_of(text, str(self.form.data.get(name, units[0])))
        widget = self.field.widget
        attrs = {**self.build_widget_attrs({}, widget), "id": self.auto_id}
        control = widget.render(self.html_name, number, attrs, self.form.renderer)
        options = "".join(
            f'<option value="{choice}"{" selected" if choice == unit else ""}>{escaped(choice or _("other"))}</option>'
            for choice in (*units, "")
        )
        label = escaped(_("%(field)s, unit") % {"field": self.label})
        chosen = f'<select name="{escaped(name)}" aria-label="{label}" data-units>{options}</select>'
        return f'<div class="unit">{control}{chosen}</div>'

    def _optional(self) -> str:
        wanted = getattr(self.field, "optional", False)
        return f' <span class="optional">{escaped(_("(optional)"))}</span>' if wanted else ""

    def _hint(self, tag: str) -> str:
        if not self.help_text:
            return ""
        drawn = ' class="hint"' if tag == "p" else ""
        return f'<{tag}{drawn} id="{escaped(self.auto_id)}_helptext">{escaped(self.help_text)}</{tag}>'
