"""Templates are laid out for who reads them; what is sent has no line breaks and no indentation that nobody sees.

A line break beside the tag of a block (a paragraph, a row of a table) is never shown by a browser, so a template may
have one there for each tag, and a list of fifty rows pays nothing for it. Elsewhere a line break is a space, whatever
its indentation, and a line that ends with a backslash goes on in the next one without any.
What is between `<pre>` or `<textarea>` and its end stays as it is written.
"""

import re

from django.template import Origin
from django.template.loaders import filesystem

_BLOCKS = (
    "article|aside|body|caption|col|colgroup|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]"
    "|head|header|hr|html|legend|li|link|main|meta|nav|ol|optgroup|option|p|section|summary|table|tbody|td|template"
    "|tfoot|th|thead|title|tr|ul"
)
_AS_WRITTEN = re.compile(
    r"<(?P<tag>pre|textarea|script)\b.*?</(?P=tag)>|{% blocktranslate (?:(?!{% end)[^\n])*\n.*?{% endblocktranslate %}",
    re.DOTALL,
)
_TAG = rf"</?(?:{_BLOCKS})\b"
_STRUCTURE = r"{% (?:if|elif|else|endif|for|empty|endfor|with|endwith) ?[^%]*%}"
_BREAK_BEFORE = re.compile(rf"[ \t]*\n\s*(?=(?:{_STRUCTURE}\s*)*{_TAG})")
_DJANGO = r"{[{%].*?[%}]}"
_INSIDE = rf"""(?>{_DJANGO}|"(?>{_DJANGO}|[^"])*+"|{{(?![{{%])|[^<>"{{])*+"""  # of a tag
_BREAK_AFTER = re.compile(rf"({_TAG}{_INSIDE}>(?:\s*{_STRUCTURE})*)[ \t]*\n\s*")
_CONTINUED = re.compile(r"\\\n\s*")
_BREAK = re.compile(r"[ \t]*\n\s*")


class Loader(filesystem.Loader):
    """Django's own, for a template that is HTML."""

    def get_contents(self, origin: Origin) -> str:
        contents = super().get_contents(origin)
        return without_layout(contents) if origin.name.endswith(".html") else contents


def without_layout(template: str) -> str:
    """The template without line breaks beside blocks and without indentation."""
    pieces, end = [], 0
    for kept in _AS_WRITTEN.finditer(template):
        pieces += [_squeeze(template[end : kept.start()]), kept.group()]
        end = kept.end()
    return "".join([*pieces, _squeeze(template[end:])])


def _squeeze(text: str) -> str:
    text = _BREAK_BEFORE.sub("", _CONTINUED.sub("", text))
    while (shorter := _BREAK_AFTER.sub(r"\1", text)) != text:
        text = shorter
    return _BREAK.sub(" ", text)
