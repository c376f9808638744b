"""What an API server says when it cannot decode a document, put into words: the place, and what should stand there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from services.manifests.paths import Path, parse_path
from services.manifests.schema import TYPES, WORDS
from services.manifests.sentences import Excess, Sentence, gettext_noop

LONGEST = 80  # of a name in a sentence

_FOUND = re.compile(
    r"""json:\ cannot\ unmarshal\ (?P<got>[a-z]+)[^\n]{0,80}?\ into\ Go\ (?:struct\ field\ (?P<field>\S+)|value)
        \ of\ type\ (?P<type>[^\s,]+)
    |(?P<slip>unknown|duplicate)\ field\ "(?P<name>[^"]+)"
    |(?P<quantity>quantities\ must\ match\ the\ regular\ expression\ '[^']*')
    |(?P<base64>illegal\ base64\ data\ at\ input\ byte\ \d+)""",
    re.X,
)
# The types of Go, by the words that schemas have for them.
_GO_TYPES = {
    "integer": re.compile(r"u?int\d*"),
    "number": re.compile(r"float\d*"),
    "string": re.compile(r"string"),
    "boolean": re.compile(r"bool"),
    "array": re.compile(r"\[\].*"),
}


@dataclass(frozen=True, slots=True)
class Slip:
    """One thing that could not be decoded. ``raw``: the server's own words for it."""

    path: Path
    sentence: Sentence
    raw: str


def slips(message: str, document: Any) -> tuple[Slip, ...]:
    """What ``message`` says about ``document``. Empty for messages that are about something else."""
    return tuple(_slip(match, document) for match in _FOUND.finditer(message[:10_000]))


def _slip(match: re.Match[str], document: Any) -> Slip:
    raw = match[0]
    if match["slip"]:
        path = parse_path(match["name"])
        values = {"field": str(path[-1])[:LONGEST] if path else match["name"][:LONGEST]}
        if match["slip"] == "duplicate":
            return Slip(path, Sentence(gettext_noop("Duplicate field %(field)s."), **values), raw)
        named = [step for step in path[:-1] if isinstance(step, str)]
        where = named[-1][:LONGEST] if named else Sentence(gettext_noop("the document"))
        return Slip(path, Excess(gettext_noop("Unknown field %(field)s in %(where)s."), where=where, **values), raw)
    if match["quantity"]:
        return Slip((), Sentence(gettext_noop("Invalid quantity. Examples: 500m, 2, 64Mi.")), raw)
    if match["base64"]:
        return Slip((), Sentence(gettext_noop("The value must be base64-encoded.")), raw)
    return _wrong_type(match, document)


def _wrong_type(match: re.Match[str], document: Any) -> Slip:
    """Go names the field by the way to it without the numbers of entries: the first that is so wrong is meant."""
    names = tuple((match["field"] or "").split(".")[1:])
    actual = "boolean" if match["got"] == "bool" else match["got"]
    wanted = next(
        (kind for kind, go_type in _GO_TYPES.items() if go_type.fullmatch(match["type"].lstrip("*"))), "object"
    )
    path = next(_places(document, names, TYPES.get(actual, (object,))), names)
    where = names[-1][:LONGEST] if names else Sentence(gettext_noop("the document"))
    got = WORDS.get(actual, Sentence(gettext_noop("something else")))
    template = gettext_noop("%(where)s must be %(wanted)s, this is %(got)s.")
    return Slip(path, Sentence(template, where=where, wanted=WORDS[wanted], got=got), match[0])


def _places(value: Any, names: tuple[str, ...], types: tuple[type, ...]) -> Iterator[Path]:
    if not names and isinstance(value, types) and (bool in types or not isinstance(value, bool)):
        yield ()
        return
    inside: Iterable[tuple[str | int, Any]] = enumerate(value) if isinstance(value, list) else ()
    rest = names
    if names and isinstance(value, dict) and names[0] in value:
        inside, rest = [(names[0], value[names[0]])], names[1:]
    for step, child in inside:
        yield from ((step, *path) for path in _places(child, rest, types))
