"""What an entry of the record says, in words: it keeps the paths of fields and the names of capabilities."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability
from accounts.words import CAPABILITY, Text

_PATH = re.compile(r"(?:metadata|spec|data|binaryData|stringData)[.\[][^\s,;]+")
_ONE = r"(?:\.([^.\[\]]+)|\[([^\]]+)\])"
_POD = r"spec(?:\.jobTemplate\.spec)?\.template\.spec"
_CONTAINER = rf"{_POD}\.(?:init)?[cC]ontainers{_ONE}"
_PATHS: tuple[tuple[str, Text], ...] = (
    (r"metadata\.annotations\[kubesphere\.io/alias-name\]", _("alias")),
    (r"metadata\.annotations\[kubesphere\.io/description\]", _("description")),
    (rf"metadata\.annotations{_ONE}", _("annotation %(name)s")),
    (rf"metadata\.labels{_ONE}", _("label %(name)s")),
    (rf"spec\.selector{_ONE}", _("selector %(name)s")),
    (rf"spec\.ports{_ONE}\.nodePort", _("node port of %(name)s")),
    (rf"spec\.ports{_ONE}.*", _("port %(name)s")),
    (r"spec\.ports", _("ports")),
    (r"spec\.type", _("external access")),
    (r"spec\.sessionAffinity.*", _("session affinity")),
    (r"spec\.externalName", _("External Service Address")),
    (r"spec\.(?:ex|in)ternalTrafficPolicy", _("traffic policy")),
    (r"spec\.replicas", _("replicas")),
    (r"spec\.(?:strategy|updateStrategy)\b.*", _("update strategy")),
    (rf"spec\.template\.metadata\.annotations{_ONE}", _("annotation %(name)s of the pods")),
    (rf"spec\.template\.metadata\.labels{_ONE}", _("label %(name)s of the pods")),
    (rf"{_CONTAINER}\.image", _("image of %(name)s")),
    (rf"{_CONTAINER}\.env(?:From)?\b.*", _("environment variables of %(name)s")),
    (rf"{_CONTAINER}\.resources\b.*", _("resources of %(name)s")),
    (rf"{_CONTAINER}\.(?:readiness|liveness|startup)Probe\b.*", _("health check of %(name)s")),
    (rf"{_CONTAINER}\.volumeMounts\b.*", _("mounts of %(name)s")),
    (rf"{_CONTAINER}\.ports\b.*", _("ports of %(name)s")),
    (rf"{_CONTAINER}.*", _("container %(name)s")),
    (rf"{_POD}\.volumes\b.*", _("volumes")),
    (rf"(?:data|binaryData|stringData){_ONE}", _("key %(name)s")),
)
_KNOWN = tuple((re.compile(pattern), words) for pattern, words in _PATHS)
_NAMES: dict[str, Text] = {capability.value: words for capability, words in CAPABILITY.items()}
_NAMES["cluster.view"] = _("View nodes and storage classes")
_NEEDS = re.compile(r"\bneeds ({})\b".format("|".join(re.escape(capability.value) for capability in Capability)))


def in_words(changes: Iterable[str]) -> tuple[str, ...]:
    """What was changed, each once: "description", "added: View logs"."""
    return tuple(dict.fromkeys(_said(str(change)) for change in changes))


def permission(name: str) -> str:
    """What a capability is called; other words as they are."""
    return str(_NAMES.get(name, name))


def message(text: str) -> str:
    """What an entry says of how it went, with the words of the capability that was lacking."""
    return _NEEDS.sub(lambda match: gettext("needs “%(name)s”") % {"name": permission(match[1])}, text)


def _said(change: str) -> str:
    kind, colon, name = change.partition(": ")
    if colon and kind in ("added", "removed"):
        return f"{kind}: {permission(name)}"
    return _field(change) if _PATH.fullmatch(change) else change


def _field(path: str) -> str:
    for pattern, words in _KNOWN:
        if match := pattern.fullmatch(path):
            names = [group for group in match.groups() if group]
            return str(words) % {"name": names[0]} if names else str(words)
    return path
