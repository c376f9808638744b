"""What the pods of a workload take their configuration and data from: ConfigMaps, Secrets and claims, with links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from console.kube.visible import visible
from services.manifests.mentions import CLAIM, Mention, mentions
from services.shown.pages import Pages
from services.shown.users import how

MOST = 100
MOST_CLAIMS = 10  # of the pods of a StatefulSet


@dataclass(frozen=True, slots=True)
class Used:
    """An object that its template names, and what for. `href` is empty where the reader may not open it."""

    kind: str
    name: str
    href: str
    how: tuple[str, ...]


def used(document: Mapping[str, Any], pods: Sequence[str], pages: Pages) -> tuple[Used, ...]:
    """In the order of the template; then, of a StatefulSet, the claims of its first pods. `pods`: their names."""
    named: dict[tuple[str, str], list[Mention]] = {}
    for mention in mentions(document):
        named.setdefault((mention.kind, mention.name), []).append(mention)
    rows = [_used(kind, name, pages, tuple(how(mentioned))) for (kind, name), mentioned in named.items()]
    return (*rows[:MOST], *_claims(document, pods, pages))


def _claims(document: Mapping[str, Any], pods: Sequence[str], pages: Pages) -> Iterator[Used]:
    templates = (document.get("spec") or {}).get("volumeClaimTemplates") or ()
    for template in templates:
        name = str((template.get("metadata") or {}).get("name") or "")
        for pod in sorted(pods, key=lambda text: (len(text), text))[:MOST_CLAIMS]:
            use = gettext("volume %(place)s of %(pod)s") % {"place": visible(name), "pod": pod}
            yield _used(CLAIM, f"{name}-{pod}", pages, (use,))


def _used(kind: str, name: str, pages: Pages, uses: tuple[str, ...]) -> Used:
    return Used(kind, visible(name), pages.href(kind, name), uses)
