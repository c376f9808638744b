"""What is left out of a template when it is loaded, and what stays."""

import pytest

from console.web.template_loader import without_layout

CASES = {
    "beside blocks nothing is left": ("<ul>\n  <li>\n    a\n  </li>\n</ul>\n", "<ul><li>a</li></ul>"),
    "through the tags of Django between them": (
        "<tr>\n  {% if a %}\n    <td>1</td>\n  {% endif %}\n  {% for b in c %}\n    <td></td>\n  {% endfor %}\n</tr>",
        "<tr>{% if a %}<td>1</td>{% endif %}{% for b in c %}<td></td>{% endfor %}</tr>",
    ),
    "a break between words or inline tags is a space": (
        "<p>\n  <b>a</b>\n  <i>b</i> c\n  d\n</p>",
        "<p><b>a</b> <i>b</i> c d</p>",
    ),
    "a line that ends with a backslash goes on": ("a{% if b %}\\\n  , c{% endif %}", "a{% if b %}, c{% endif %}"),
    "inside of a tag a break is a space": ('<a\n    href="b"\n    {{ c }}>', '<a href="b" {{ c }}>'),
    "a tag may hold signs of tags": (
        '<td title="{% if a > 3 %}>{% endif %}" data-x=\'{"a": 1}\'>\n  b\n</td>',
        '<td title="{% if a > 3 %}>{% endif %}" data-x=\'{"a": 1}\'>b</td>',
    ),
    "what is shown as written is left as written": (
        "<pre>\n  a\n</pre>\n  <textarea>\n  b\n</textarea>",
        "<pre>\n  a\n</pre> <textarea>\n  b\n</textarea>",
    ),
    "a text to translate is the key of its translation": (
        "{% blocktranslate trimmed %}\n  a\n  b\n{% endblocktranslate %}",
        "{% blocktranslate trimmed %}\n  a\n  b\n{% endblocktranslate %}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_layout(name: str) -> None:
    written, sent = CASES[name]
    assert without_layout(written) == sent
