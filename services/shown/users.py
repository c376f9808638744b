"""Who uses a ConfigMap, a Secret or a claim: workloads by their templates, pods as they are, Ingresses."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.utils.translation import gettext, ngettext

from console.kube import kinds
from console.kube.errors import KubeError
from console.kube.gateway import Client
from console.kube.kinds import Kind
from console.kube.visible import visible
from services.manifests import mentions
from services.manifests.mentions import Mention
from services.shown.pages import Pages

PAGE, PAGES = 500, 2
SECONDS = 6.0
MOST_SHOWN = 100
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class User:
    """What uses an object or is used by it, and how: "variable CURRENCY of api", "volume conf". `href` is empty where
    the reader may not open it."""

    kind: str
    name: str
    href: str
    how: tuple[str, ...]

    @classmethod
    def of(cls, kind: str, name: str, how: Iterable[str], pages: Pages) -> Self:
        """With the page that the reader may open."""
        return cls(kind, visible(name), pages.href(kind, name), tuple(how))


@dataclass(frozen=True, slots=True)
class Users:
    """`more`: how many are not shown; `unknown`: what could not be looked through, in sentences."""

    rows: tuple[User, ...]
    more: int
    unknown: tuple[str, ...]


def users(client: Client, pages: Pages, kind: Kind, name: str) -> Users:
    """Read as the person, now; the first 1,000 of a kind, for at most six seconds."""
    unknown: list[str] = []
    rows: list[User] = []
    deadline = time.monotonic() + SECONDS
    among = (*kinds.WORKLOADS, kinds.POD, *((kinds.INGRESS,) if kind is kinds.SECRET else ()))
    for sort in among:
        for document in _all(client, pages.place, sort, deadline, unknown):
            named = [
                mention for mention in mentions.mentions(document) if (mention.kind, mention.name) == (kind.kind, name)
            ]
            if named:
                user = str((document.get("metadata") or {}).get("name") or "")
                rows.append(User.of(sort.kind, user, how(named), pages))
    return Users(tuple(rows[:MOST_SHOWN]), max(0, len(rows) - MOST_SHOWN), tuple(unknown))


def _all(client: Client, place: str, kind: Kind, deadline: float, unknown: list[str]) -> Iterator[Mapping[str, Any]]:
    token = ""
    for _page in range(PAGES):
        if time.monotonic() > deadline:
            break
        try:
            page = client.list(kind, place, limit=PAGE, continue_=token)
        except KubeError:
            unknown.append(gettext("%(kinds)s could not be read.") % {"kinds": f"{kind.kind}s"})
            return
        for item in page.get("items") or ():
            yield {"kind": kind.kind, **item}
        token = str((page.get("metadata") or {}).get("continue") or "")
        if not token:
            return
    unknown.append(gettext("Not all %(kinds)s were checked.") % {"kinds": f"{kind.kind}s"})


def how(named: Iterable[Mention]) -> Iterator[str]:
    """What it is used for, in words: the first three, and how many more."""
    phrases = list(dict.fromkeys(_in_words(mention) for mention in named))
    yield from phrases[:MOST_NAMED]
    more = len(phrases) - MOST_NAMED
    if more > 0:
        yield ngettext("1 more place", "%(count)s more places", more) % {"count": more}


def _in_words(mention: Mention) -> str:
    values = {"place": visible(mention.place), "container": visible(mention.container)}
    texts = {
        mentions.VARIABLE: gettext("variable %(place)s of %(container)s"),
        mentions.VARIABLES: gettext("all keys as variables of %(container)s"),
        mentions.VOLUME: gettext("volume %(place)s"),
        mentions.PULL: gettext("to pull images"),
        mentions.TLS: gettext("certificate"),
    }
    text = texts[mention.how] % values
    return gettext("%(what)s, optional") % {"what": text} if mention.optional else text
