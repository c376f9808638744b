"""Tags of every template of the console; a builtin library, so no page loads it."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django import template
from django.http import QueryDict
from django.template import Context
from django.templatetags.static import static
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from pygments.lexers.data import YamlLexer
from pygments.token import Comment, Name, String

from console.kube.visible import visible
from console.web import assets, icons, navigation, times

register = template.Library()

SHORT = 24
"""Characters of a cause that fit any column: the whole of it need not be in a title, too."""
MOST_COLOURED = 50_000
"""Characters of YAML that are coloured: the lexer takes a fifth of a second for them. A longer text is plain."""
_COLOURS = ((Name.Tag, "y-key"), (Comment, "y-note"), (String, "y-text"))
PATH_WIDTH = 29
"""Characters of a path that fit one line of a table's first column."""


@register.simple_tag
def asset(name: str) -> str:
    """Address of something we build: {% asset "berth.css" %}."""
    return assets.url(name)


@register.filter
def yaml_lines(text: str) -> SafeString:
    """YAML that is only read, a span a line, which the stylesheet numbers: <pre class="lines">{{ text|yaml_lines }}."""
    coloured = len(text) <= MOST_COLOURED
    tokens = YamlLexer(stripnl=False).get_tokens(text) if coloured else [(Name, text)]
    lines = "".join(_coloured(kind, value) for kind, value in tokens).removesuffix("\n").split("\n")
    return SafeString("".join(f"<span>{line}\n</span>" for line in lines))


def _coloured(kind: Any, value: str) -> str:
    """A token, escaped; its colour does not cross the end of a line."""
    name = next((name for parent, name in _COLOURS if kind in parent), "")
    if not name:
        return escape(value)
    return "\n".join(f'<span class="{name}">{escape(part)}</span>' for part in value.split("\n"))


@register.simple_tag
def editor_file(name: str) -> str:
    """Address of a file of the editor, or with "" of the folder they are in."""
    return static(f"{assets.editor_folder()}/{name}").removesuffix("/")


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """An icon by our name for it (console/web/icons.py). It is decoration: the words beside it say what it means."""
    if name not in icons.ICONS:
        raise KeyError(f"No icon {name!r}: add it to console/web/icons.py")
    return _svg(name, 0 if size == 16 else size)


def _svg(symbol: str, size: int = 0, kind: str = "") -> SafeString:
    """Sizes are the stylesheet's (16 px, glyphs 14): a list of 50 rows has hundreds of these."""
    return _drawn(assets.url("icons.svg"), symbol, size, kind)


@lru_cache(maxsize=512)
def _drawn(address: str, symbol: str, size: int, kind: str) -> SafeString:
    sized = format_html(' width="{0}" height="{0}"', size) if size else ""
    shape = format_html(' class="{}"', kind) if kind else ""
    return format_html('<svg{}{} aria-hidden="true"><use href="{}#{}"/></svg>', shape, sized, address, symbol)


@register.simple_tag
def glyph(name: str, share: float | None = None) -> SafeString:
    """The glyph of a state: {% glyph "ok" %}, {% glyph "stopped" %}, {% glyph "warn" share=0.33 %} (a pie)."""
    return _glyph(name, share)


def _glyph(name: str, share: float | None, kind: str = "g") -> SafeString:
    name = icons.pie(share) if share is not None else icons.STATES.get(name, name)
    if name not in icons.GLYPHS:
        raise KeyError(f"No glyph {name!r}: see console/web/icons.py")
    return _svg(f"g-{name}", kind=kind)


@register.simple_tag
def status(state: str, words: str, why: str = "", glyph: str = "", share: float | None = None) -> SafeString:
    """Shape, words and, on a line below, the cause: {% status "warn" "1/3 ready" why="2 pods pending" share=0.33 %}.

    state: ok, warn, bad, busy, idle. glyph, for a state with several: none, stopped, outside, locked, unknown, waiting.
    """
    drawn = _glyph(glyph or state, share, kind="")  # its size is that of its status
    first = format_html('<span class="status {}">{}{}</span>', state, drawn, words)
    has_time = isinstance(why, SafeString) and "<time" in why  # its words grow, those of a title would not
    title = format_html(' title="{}"', why) if len(why) > SHORT and not has_time else ""
    return format_html('{}<span class="why"{}>{}</span>', first, title, why) if why else first


@register.simple_tag
def cut(text: str, width: int = 20) -> SafeString:
    """A name in a table, cut in its middle when it is longer than `width`; read aloud, found and copied whole. One that
    is at most half as long again is whole on a wide screen, whose columns have that room (cut.css)."""
    if len(text) <= width:
        return format_html("{}", text)
    end = _tail(text, width)
    start = width - 1 - end
    head, middle, tail = text[:start], text[start:-end], text[-end:]
    mark = SafeString('<i aria-hidden="true">…</i>')
    near = " near" if len(text) <= width * 3 // 2 else ""
    return format_html(
        '<span class="cut{}" title="{}">{}{}<span>{}</span>{}</span>', near, text, head, mark, middle, tail
    )


def _tail(text: str, width: int) -> int:
    """How many characters of the end stay: whole words of the name where those are about ten and leave it a head."""
    sizes = [size for size in (10, 11, 12, 9, 8) if size <= (width + 2) // 2 and size < len(text)]
    usual = max(1, min(10, width // 2))
    return next((size for size in sizes if text[-size - 1] in "-." and text[-size] not in "-."), usual)


@register.simple_tag
def coded(sentence: str, codes: Iterable[str]) -> SafeString:
    """A sentence whose names and values, in their order in it, are set as code (as editor.js does)."""
    parts, at = [], 0
    for code in codes or ():
        start = sentence.find(code, at)
        if code and start >= 0:
            parts.append(format_html("{}<code>{}</code>", sentence[at:start], code))
            at = start + len(code)
    return format_html("{}{}", SafeString("".join(parts)), sentence[at:])


@register.filter
def breakable(text: str) -> SafeString:
    """A name in a heading, whole: it may break after its dots and hyphens, but a number at its end stays with it."""
    *parts, last = re.split(r"(?<=[.-])(?=[^.-])(?!\d{1,3}$)", text)
    kept = SafeString('{}<span class="whole">{}</span>') if re.search(r"-\d{1,3}$", last) else SafeString("{}{}")
    before = format_html_join("", "{}<wbr>", ((part,) for part in parts))
    return format_html(kept, before, last)


@register.filter
def key_breaks(key: str) -> SafeString:
    """The key of a label or an annotation in a narrow column: it may break after its prefix."""
    prefix, slash, name = key.rpartition("/")
    return format_html("{}{}<wbr>{}", prefix, slash, name)


@register.filter
def path_end(path: str) -> SafeString:
    """The path of a field in a table: of a long one the end, in whole steps; read aloud, found and copied whole."""
    kept = ""
    for step in reversed(re.findall(r"\.?[^.\[]+|\.?\[[^\]]*\]|.", path)):
        if kept and len(step) + len(kept) > PATH_WIDTH:
            break
        kept = step + kept
    if kept == path:
        return format_html("{}", path)
    kept = kept.removeprefix(".")
    above = path.removesuffix(kept)
    return format_html(
        '<span class="cut" title="{}"><i aria-hidden="true">…</i><span>{}</span>{}</span>', path, above, kept
    )


@register.filter
def dotted(text: str) -> SafeString:
    """A DNS name in a narrow column: it may break after its dots only, for a break after a hyphen reads as hyphenation.
    A part that is longer than the column breaks where it must. The last part does not stand alone: "svc" stays with the
    namespace."""
    parts = re.findall(r"[^.]+\.*|\.+", text)
    if len(parts) > 2 and len(parts[-2] + parts[-1]) < 27:
        parts[-2:] = [parts[-2] + parts[-1]]
    whole = SafeString('<span class="whole">{}</span>')
    return format_html_join(
        SafeString("<wbr>"), "{}", ((format_html(whole, part) if len(part) < 27 else part,) for part in parts)
    )


@register.filter
def slashed(text: str) -> SafeString:
    """A text in a narrow column whose addresses break after their slashes only. A part that is longer than the column
    breaks where it must.
    """
    among = re.split(r"(\S*://\S*)", text)
    return format_html_join("", "{}", ((_segments(part) if place % 2 else part,) for place, part in enumerate(among)))


def _segments(address: str) -> SafeString:
    parts = re.split(r"(?<=[^/:]/)(?=[^/])", address)
    return format_html_join(SafeString("<wbr>"), '<span class="segment">{}</span>', ((part,) for part in parts))


_LONG_WORD = 30  # characters of a command that stay on one line at 320 px


def _pieces(word: str) -> SafeString:
    pieces = re.findall(r".+?(?:[=/:@]+|$)", word) if len(word) > _LONG_WORD else [word]
    return format_html_join(SafeString("<wbr>"), '<span class="whole">{}</span>', ((piece,) for piece in pieces))


@register.filter
def whole_words(command: str) -> SafeString:
    """A line of a command that wraps at its spaces, and behind = / : @ of what is too long for a phone; what has to be
    replaced in it is in <em>.
    """
    parts = re.findall(r"^\s*\S+|\s+|\S+", command)
    words = (part if part.isspace() else _pieces(part) for part in parts)
    return SafeString(re.sub(r"&lt;\w+&gt;", r"<em>\g<0></em>", "".join(words)))


@register.simple_tag
def age(moment: times.Moment) -> SafeString:
    """{% age row.created %} -> <time title="13 Oct 2025 09:14:02 UTC">41 d</time>, for columns called Age.

    The script keeps it current; in streams it comes without its words.
    """
    return times.element(moment, "age")


@register.simple_tag
def age_since(moment: times.Moment) -> SafeString:
    """{% age_since trouble.since %}: as `age`, of something that lasts since then, which is said on hover."""
    return times.element(moment, "age", titled=gettext("Since {time}"))


@register.simple_tag
def ago(moment: times.Moment) -> SafeString:
    """{% ago draft.updated %}: "5 min ago", "yesterday", "24 Nov", "24 Nov 2025"; exact on hover."""
    return times.element(moment, "ago")


@register.simple_tag
def copy(value: str, label: str = "", shy: bool = False) -> SafeString:
    """The button that copies a value; not there where scripts do not run. label: "Copy virtual IP"."""
    return format_html(
        '<button class="copy{}" type="button" data-copy="{}" aria-label="{}" title="{}">{}</button>',
        " shy" if shy else "",
        value,
        label or "Copy",
        label or "Copy",
        icon("copy"),
    )


@register.simple_tag(takes_context=True)
def url_with(context: Context, **changes: Any) -> str:
    """The present query with some keys changed; None or "" takes a key away: href="{% url_with page=2 q=None %}"."""
    query: QueryDict = context["request"].GET.copy()
    for key, value in changes.items():
        query.pop(key, None)
        if value not in (None, ""):
            query[key] = str(value)
    return "?" + query.urlencode()


@register.simple_tag(takes_context=True)
def navigation_groups(context: Context) -> tuple[navigation.Group, ...]:
    """The groups of the left nav for where the reader is."""
    path = context["request"].path if "request" in context else ""
    return navigation.groups(context.get("shell"), path)


@register.filter(name="visible")
def as_visible(text: str) -> str:
    """Text of the cluster that was kept as it came: what nobody would see in it is written out."""
    return visible(str(text))


@register.filter
def time_of_day(moment: times.Moment) -> SafeString:
    """{{ entry.at|time_of_day }}<small>{{ entry.at|day }}</small>: an element, so not for attributes."""
    return times.element(moment, "time")


@register.filter
def day(moment: times.Moment) -> SafeString:
    """{{ entry.at|day }}, "today", "yesterday", "18 Oct": an element, so not for attributes."""
    return times.element(moment, "day")


@register.filter
def exact(moment: times.Moment) -> SafeString:
    """{{ entry.at|exact }}, "13 Oct 2025 09:14:02 UTC": an element, so not for attributes."""
    return times.element(moment, "exact")


@register.filter
def coming(moment: times.Moment) -> SafeString:
    """{{ next_try|coming }}, "in 5 min", "soon": an element, so not for attributes."""
    return times.element(moment, "coming")


@register.filter
def clock(moment: times.Moment) -> SafeString:
    """{{ as_of|clock }}: an element, so not for attributes."""
    return times.element(moment, "clock")


@register.filter
def minute(moment: times.Moment) -> SafeString:
    """{{ as_of|minute }}, the same in short: an element, so not for attributes."""
    return times.element(moment, "minute")
