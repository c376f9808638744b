"""The controls that a page has by the hundred, written by functions instead of templates, escaped by the same rule.

Pod Settings has 93 controls with 300 attributes and options. Through Django's templates they were 38 % of the page's
server time, through these they are 16 % of a shorter one. A test holds each function to its template, hostile values
included.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.html import conditional_escape

Widget = Mapping[str, Any]
"""What `Widget.get_context` says of a control."""


_PLAIN = re.compile(r"[^&<>\"']*")


def escaped(value: Any) -> str:
    """As `{{ value }}` of a text: escaped unless it is safe already. Most have nothing to escape: one look tells."""
    if type(value) is str and _PLAIN.fullmatch(value):
        return value
    return conditional_escape(value)


def _value(value: Any) -> str:
    """As `{{ value|stringformat:"s" }}`."""
    return escaped(value if isinstance(value, str) else str(value))


def _attributes(widget: Widget) -> str:
    attributes = ""
    for name, value in widget["attrs"].items():
        if value is True:
            attributes += f" {escaped(name)}"
        elif value is not False:
            attributes += f' {escaped(name)}="{_value(value)}"'
    return attributes


def _input(widget: Widget) -> str:
    value = "" if widget["value"] is None else f' value="{_value(widget["value"])}"'
    return f'<input type="{widget["type"]}" name="{escaped(widget["name"])}"{value}{_attributes(widget)}>'


def _textarea(widget: Widget) -> str:
    value = _value(widget["value"]) if widget["value"] else ""
    return f'<textarea name="{escaped(widget["name"])}"{_attributes(widget)}>\n{value}</textarea>'


def _option(option: Widget) -> str:
    label = escaped(option["label"])
    return f'\n  <option value="{_value(option["value"])}"{_attributes(option)}>{label}</option>'


def _select(widget: Widget) -> str:
    options = ""
    for group, choices, _index in widget["optgroups"]:
        inside = "".join(map(_option, choices))
        if group:
            inside = f'\n  <optgroup label="{escaped(group)}">{inside}\n  </optgroup>'
        options += inside
    return f'<select name="{escaped(widget["name"])}"{_attributes(widget)}>{options}\n</select>'


def _choices(widget: Widget) -> str:
    return "".join(_choice(choice) for _group, choices, _index in widget["optgroups"] for choice in choices)


def _choice(choice: Widget) -> str:
    named = f' for="{escaped(choice["attrs"]["id"])}"' if choice["attrs"].get("id") else ""
    return f'<label class="check"{named}>{_input(choice)}<span>{escaped(choice["label"])}</span></label>'


_INPUTS = ("text", "hidden", "number", "password", "checkbox")
CONTROLS: dict[str, Callable[[Widget], str]] = {
    **{f"django/forms/widgets/{name}.html": _input for name in _INPUTS},
    "django/forms/widgets/textarea.html": _textarea,
    "django/forms/widgets/select.html": _select,
    "choices": _choices,
}
"""The function for each template it stands for."""
