"""What a ConfigMap or a Secret holds: of the one its values, as bounded text, of the other keys and sizes only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext

from console.kube.fields import NOTHING, epoch
from console.kube.visible import visible
from services.changes.managers import manager_of
from services.manifests.starters import CREATOR
from services.shown.facts import Fact, lines, when_created

MOST_KEYS = 200
MOST_TEXT = 20_000
SHORT = 160


@dataclass(frozen=True, slots=True)
class Entry:
    """A key. `text`: its value as people see it, nothing where it is not shown; `hidden`: the characters left out."""

    key: str
    size: str
    text: str | None = None
    long: bool = False
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """`entries`: text by key; `binary`: keys whose values are not text; `more`: how many keys are not listed."""

    entries: tuple[Entry, ...]
    binary: tuple[Entry, ...]
    more: int
    total: str


def of_configmap(body: Mapping[str, Any]) -> Held:
    """The data of a ConfigMap."""
    data, binary = body.get("data") or NOTHING, body.get("binaryData") or NOTHING
    texts = [(key, str(value)) for key, value in sorted(data.items())]
    # how many bytes their base64 stands for
    sizes = [(key, len(str(value)) * 3 // 4 - str(value).count("=", -2)) for key, value in sorted(binary.items())]
    total = sum(len(value.encode()) for _key, value in texts) + sum(size for _key, size in sizes)
    entries = (
        Entry(
            key=visible(key),
            size=filesizeformat(len(value.encode())),
            text=visible(value[:MOST_TEXT]),
            long=len(value) > SHORT or "\n" in value,
            hidden=max(0, len(value) - MOST_TEXT),
        )
        for key, value in texts[:MOST_KEYS]
    )
    return Held(
        entries=tuple(entries),
        binary=tuple(Entry(visible(key), filesizeformat(size)) for key, size in sizes[:MOST_KEYS]),
        more=max(0, len(texts) - MOST_KEYS) + max(0, len(sizes) - MOST_KEYS),
        total=filesizeformat(total),
    )


def of_secret(facts: Mapping[str, Any]) -> Held:
    """The keys of a Secret, from `Client.secret_facts`."""
    sizes = [(visible(key), size) for key, size in facts["sizes"].items()]
    entries = tuple(Entry(key, filesizeformat(size)) for key, size in sizes[:MOST_KEYS])
    return Held(entries, (), max(0, len(sizes) - MOST_KEYS), filesizeformat(sum(size for _key, size in sizes)))


def facts(body: Mapping[str, Any], held: Held, *, project_href: str) -> tuple[Fact, ...]:
    """The attributes beside it."""
    meta = body.get("metadata") or NOTHING
    creator = str((meta.get("annotations") or NOTHING).get(CREATOR) or "")
    manager = manager_of(body)
    kind = (Fact("type", gettext("Type"), lines(visible(str(body.get("type") or ""))), mono=True),)
    return (
        Fact("project", gettext("Project"), lines(str(meta.get("namespace") or "")), href=project_href),
        *(kind if body.get("type") else ()),
        Fact("size", gettext("Size"), lines(held.total)),
        Fact("immutable", gettext("Immutable"), lines(gettext("Yes") if body.get("immutable") else gettext("No"))),
        *((Fact("manager", gettext("Managed by"), lines(manager.name)),) if manager else ()),
        Fact("created", gettext("Created"), lines(when_created(epoch(meta.get("creationTimestamp"))))),
        Fact("creator", gettext("Creator"), lines(visible(creator)), none=gettext("Not recorded")),
    )
