"""Buttons of the create dialog that work on the form without saving it: {% load create %}."""

from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.web.templatetags.berth import icon

register = template.Library()


@register.simple_tag(takes_context=True)
def press(
    context: Context, do: str, words: str = "", symbol: str = "", label: str = "", look: str = "small", small: str = ""
) -> SafeString:
    """A button: {% press "add:containers" _("Add container") symbol="add" look="small plain" %}.

    do: what the step's view is asked, `<verb>:<path>`. label: what it is called where `words` do not say it. small: a
    sentence below the words, in a menu.
    Pod Settings has 17 of them: through a template with their seven attributes they were 2 ms of its page.
    """
    return format_html(
        '<button class="btn {}" type="submit" form="step" name="do" value="{}"{} hx-post="{}" hx-target="#work"'
        ' hx-select="#work" hx-select-oob="#kept,#track" hx-swap="outerHTML" hx-sync="#step:drop">{}{}</button>',
        look,
        do,
        format_html(' aria-label="{}"', label) if label else "",
        context.get("page_url") or context["request"].path,
        icon(symbol) if symbol else "",
        format_html("{}<small>{}</small>", words, small) if small else words,
    )


@register.simple_tag(takes_context=True)
def drop(context: Context, row: Any) -> SafeString:
    """The button that takes a row away."""
    label = f"{_('Remove')} {str(row.noun).lower()} {row.number}"
    return press(context, f"drop:{row.at}", symbol="close", label=label, look="plain square")
