"""What need not be worked out for each page anew; a builtin library after those whose tags it takes.

`{% translate "Name" %}`, `{% icon "edit" %}` and `{% url "theme" %}` say the same on every page, and stood there some
150 times. The tag itself is whoever's it was; only where nothing that it is given can differ, what it says is kept.
`{% kept "a/part.html" row=row %}` includes a part that is kept for as long as what it is given stays the same.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template import Context, Node
from django.template.base import FilterExpression, Parser, TextNode, Token, Variable
from django.template.defaulttags import url
from django.template.loader import get_template
from django.templatetags.i18n import do_translate
from django.utils.functional import LazyObject
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from console.web.templatetags import berth

register = template.Library()
Compiler = Callable[[Parser, Token], Any]
MOST = 32 * 1024  # characters of a part that is kept; a selector may have a megabyte


def _is_constant(value: FilterExpression) -> bool:
    literal = value.var.literal if isinstance(value.var, Variable) else value.var
    return literal is not None and not value.filters


def _at_once(compiler: Compiler) -> Compiler:
    """A simple tag, or, where it is given constants alone, the text that it becomes."""

    def compiled(parser: Parser, token: Token) -> Node:
        node = compiler(parser, token)
        values = (*node.args, *node.kwargs.values())
        if settings.USE_I18N or settings.DEBUG or node.target_var or not all(map(_is_constant, values)):
            return node  # type: ignore[no-any-return]
        return TextNode(node.render(Context()))

    return compiled


for name in ("asset", "icon", "glyph"):
    register.tag(name, _at_once(berth.register.tags[name]))


@register.tag
def translate(parser: Parser, token: Token) -> Node:
    """Django's own, or the text that it becomes."""
    node = do_translate(parser, token)
    if settings.USE_I18N or node.asvar or node.message_context or not _is_constant(node.filter_expression):
        return node
    return TextNode(node.render(Context()))


class _Once(Node):
    """What a node says the first time it is asked."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._said: str | None = None

    def render(self, context: Context) -> str:
        if self._said is None:
            self._said = self._node.render(context)
        return self._said


@register.tag(name="url")
def address(parser: Parser, token: Token) -> Node:
    """Django's own. An address without parts is looked for once; not while templates are compiled, for the addresses
    may not be there yet."""
    node = url(parser, token)
    if node.args or node.kwargs or node.asvar or not _is_constant(node.view_name):
        return node
    return _Once(node)


@register.simple_tag
def kept(name: str, **context: object) -> SafeString:
    """{% kept "components/nav.html" groups=nav_groups %}: a part that sees what it is given here and nothing else, no
    request either. So it is the same for whoever is given the same, and is rendered once for all of them. What is given
    is frozen; what time alone changes (an age) is given as it is now.
    """
    if any(isinstance(value, LazyObject) for value in context.values()):
        raise TypeError("a lazy value may hold its request: it cannot be kept")
    try:
        return _kept(name, tuple((key, type(value), value) for key, value in context.items()), get_language())
    except _TooLong as part:
        return part.text


class _TooLong(Exception):
    """A part that is not kept: what raises leaves nothing behind."""

    def __init__(self, text: SafeString) -> None:
        super().__init__()
        self.text = text


@lru_cache(maxsize=4096)
def _kept(name: str, context: tuple[tuple[str, type, object], ...], _language: str | None) -> SafeString:
    text = SafeString(get_template(name).render({key: value for key, _type, value in context}))
    if len(text) > MOST:
        raise _TooLong(text)
    return text
