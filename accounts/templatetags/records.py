"""Rows of the admin's lists as cells that say what column they are in: on a phone each row is a card."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

register = template.Library()


@register.filter
def labelled(cells: Iterable[SafeString], headers: Sequence[dict[str, Any]]) -> list[SafeString]:
    """The cells of a row; every `<td>` gets its column's name as `data-label`."""
    return [_labelled(cell, header) for cell, header in zip(cells, headers, strict=True)]


def _labelled(cell: SafeString, header: dict[str, Any]) -> SafeString:
    if not cell.startswith("<td"):
        return cell
    if not header["text"]:  # the menu of the row
        return SafeString(cell.replace('class="', 'class="num corner ', 1))
    return format_html('<td data-label="{}"{}', capfirst(header["text"]), SafeString(cell.removeprefix("<td")))
