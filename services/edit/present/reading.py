"""What the delete dialog reads as the person: what memory does not hold. What cannot be read is said, not guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.utils.translation import gettext

from console.kube.errors import KubeError, NotFound, Unavailable
from console.kube.gateway import Client
from console.kube.kinds import Kind

_PAGE = 500
_PAGES = 20


class Reading:
    """Reads of one dialog; `unknown`: what could not be read, and why. Once silent, the cluster is let be."""

    def __init__(self, client: Client, namespace: str) -> None:
        self._client, self._namespace = client, namespace
        self.unknown: list[str] = []
        self._silent: Unavailable | None = None
        self._lists: dict[Kind, list[Mapping[str, Any]]] = {}

    def all(self, kind: Kind, *, pages: int = _PAGES) -> list[Mapping[str, Any]]:
        """All of a kind, up to so many pages of 500; where there are more this is said. Nothing where the cluster does
        not have the kind.
        """
        if kind in self._lists:
            return self._lists[kind]
        items: list[Mapping[str, Any]] = []
        self._lists[kind], token = items, ""
        for _number in range(pages):
            page = self._ask(kind.plural, partial(self._page, kind, token)) or {}
            items += page.get("items") or ()
            token = str((page.get("metadata") or {}).get("continue") or "")
            if not token:
                return items
        values = {"count": len(items), "what": kind.plural}
        self.unknown.append(gettext("There are more than %(count)s %(what)s; the others were not checked.") % values)
        return items

    def metadata(self, kind: Kind) -> list[Mapping[str, Any]]:
        """The metadata of the first 500 of a kind."""
        body = self._ask(kind.plural, lambda: {"items": self._client.metadata(kind, self._namespace)})
        return list((body or {}).get("items") or ())

    def get(self, kind: Kind, name: str) -> Mapping[str, Any]:
        """One object with its kind; empty where there is none, or where it cannot be read."""
        body = self._ask(f"{kind.kind} {name}", lambda: self._client.get(kind, self._namespace, name))
        return body | {"kind": kind.kind} if body else {}

    def _page(self, kind: Kind, token: str) -> dict[str, Any]:
        try:
            return self._client.list(kind, self._namespace, limit=_PAGE, continue_=token)
        except NotFound:
            return {}

    def _ask(self, what: str, read: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        try:
            if self._silent:
                raise self._silent
            return read()
        except KubeError as error:
            self._silent = error if isinstance(error, Unavailable) else None
            self.unknown.append(gettext("%(what)s could not be read: %(why)s") % {"what": what, "why": error.reason})
            return None
