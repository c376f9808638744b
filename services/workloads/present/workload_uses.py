"""What the pods of a workload take their configuration and data from: ConfigMaps, Secrets and claims, with links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from console.kube.visible import visible
from services.manifests.mentions import CLAIM, Mention, mentions
from services.shown.pages import Pages
from services.shown.users import User, how

MOST = 100
MOST_CLAIMS = 10  # of the pods of a StatefulSet


def used(document: Mapping[str, Any], pods: Sequence[str], pages: Pages) -> tuple[User, ...]:
    """Each with what it is used for, in the order of the template; of a StatefulSet then the claims of its first pods.
    `pods`: their names.
    """
    named: dict[tuple[str, str], list[Mention]] = {}
    for mention in mentions(document):
        named.setdefault((mention.kind, mention.name), []).append(mention)
    rows = [User.of(kind, name, how(mentioned), pages) for (kind, name), mentioned in named.items()][:MOST]
    first = sorted(pods, key=lambda pod: (len(pod), pod))[:MOST_CLAIMS]
    for template in (document.get("spec") or {}).get("volumeClaimTemplates") or ():
        name = str((template.get("metadata") or {}).get("name") or "")
        for pod in first:
            use = gettext("volume %(place)s of %(pod)s") % {"place": visible(name), "pod": pod}
            rows.append(User.of(CLAIM, f"{name}-{pod}", (use,), pages))
    return tuple(rows)
