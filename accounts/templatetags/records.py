"""The admin's lists and forms in the console's own markup."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext

register = template.Library()


@register.filter
def labelled(cells: Iterable[SafeString], headers: Sequence[dict[str, Any]]) -> list[SafeString]:
    """The cells of a row; every `<td>` gets its column's name as `data-label`: on a phone each row is a card."""
    return [_labelled(cell, header) for cell, header in zip(cells, headers, strict=True)]


def _labelled(cell: SafeString, header: dict[str, Any]) -> SafeString:
    if not cell.startswith("<td"):
        return cell
    if "field-picked" in cell:  # the box that selects the row
        return SafeString(cell.replace('class="', 'class="tight ', 1))
    if not header["text"]:  # the menu of the row
        return SafeString(cell.replace('class="', 'class="num corner ', 1))
    return format_html('<td data-label="{}"{}', capfirst(header["text"]), SafeString(cell.removeprefix("<td")))


@register.filter
def editable(fieldset: Iterable[Iterable[Any]]) -> list[list[Any]]:
    """The lines of a form's fieldset, without what is only read."""
    lines = ([field for field in line if not field.is_readonly] for line in fieldset)
    return [line for line in lines if line]


@register.filter
def facts(form: Iterable[Iterable[Iterable[Any]]]) -> list[Any]:
    """What a form only shows."""
    return [field for fieldset in form for line in fieldset for field in line if field.is_readonly]


@register.filter
def spoken(inline: Any) -> str:
    """What Django's script of an inline has to know, in the console's words: "Add membership"."""
    data = json.loads(inline.inline_formset_data())
    data["options"] |= {"addText": gettext("Add %s") % inline.opts.verbose_name, "deleteText": gettext("Remove")}
    return json.dumps(data)
