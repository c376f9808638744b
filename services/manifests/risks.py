"""What is valid and still dangerous in a Service: traffic that others can be made to send astray."""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.manifests.bundle import Document
from services.manifests.lenses.parts import get
from services.manifests.paths import Path
from services.manifests.sentences import Sentence, gettext_noop

_TARGET = ("spec", "externalName")
_INSIDE = re.compile(r"(?:[^.]+\.)*?[^.]+\.(?P<namespace>[^.]+)\.svc(?:\.cluster\.local)?")
_LOCAL = re.compile(r"localhost|(?:.+\.)?(?:localhost|localdomain)")
_METADATA = re.compile(
    r"(?:.+[.-])?169[.-]254[.-]169[.-]254(?:[.-].+)?|metadata(?:\.google\.internal)?|instance-data.*"
)


def risks(document: Document, namespace: str = "") -> Iterator[tuple[Path, Sentence]]:
    """Places and sentences of what somebody should look at before creating it. ``namespace``: where it will be, if the
    document does not say."""
    if document.get("kind") != "Service" or get(document, ("spec", "type")) != "ExternalName":
        return
    target, own = get(document, _TARGET), get(document, ("metadata", "namespace"))
    if isinstance(target, str):
        wrong = _astray(target.lower().removesuffix("."), own if isinstance(own, str) and own else namespace)
        if wrong:
            yield _TARGET, wrong


def _astray(target: str, namespace: str) -> Sentence | None:
    inside = _INSIDE.fullmatch(target)
    if inside and inside["namespace"] != namespace:
        template = gettext_noop(
            "This leads into namespace %(namespace)s, past the network rules that count on names: whoever may reach "
            "this Service through a gateway reaches that one."
        )
        return Sentence(template, namespace=inside["namespace"])
    if _LOCAL.fullmatch(target):
        return Sentence(gettext_noop("This leads every caller, a gateway too, to itself."))
    if _METADATA.fullmatch(target):
        return Sentence(gettext_noop("This leads to the metadata of the cloud, where the credentials of nodes are."))
    return None
