"""The revisions of a workload: what each changed, and what rolling back to it would change.

A Deployment's are its ReplicaSets, those of the others their ControllerRevisions; both keep the whole pod template.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext, ngettext

from accounts.audit import Recorded
from console.kube import kinds
from console.kube.fields import epoch
from console.kube.gateway import Client
from console.kube.kinds import Kind
from console.kube.visible import visible
from services import words
from services.changes.authors import Changed
from services.manifests.diff import Change, changes
from services.manifests.paths import format_path
from services.manifests.tree import MISSING
from services.manifests.yamlout import dump_one
from services.shown.lists import Choice, number_in
from services.workloads.present.pod_container import specs
from services.workloads.present.revision_dates import Stored, begun
from services.yaml_editor.differences import Line, diff_lines

Document = Mapping[str, Any]
CAUSE = "kubernetes.io/change-cause"
RESTARTED = "kubectl.kubernetes.io/restartedAt"
_NUMBER = "deployment.kubernetes.io/revision"
_HISTORY = "deployment.kubernetes.io/revision-history"  # the numbers it had before
_LABELS, _NOTES = ("metadata", "labels"), ("metadata", "annotations")
_HASH = "pod-template-hash"
MOST_OPEN = 10  # revisions whose difference shows at once: each is computed
MOST_NAMED = 3  # changes in words; the others are counted


@dataclass(frozen=True, slots=True)
class Revision:
    """A row. `changed`: what it changed, in words; `since`: when it became current, epoch seconds, and `who` changed
    the template for it, as far as that is known; `open`: with the `lines` in which it differs from the current one;
    `toggle`: the query that opens or closes it."""

    number: int
    current: bool
    changed: tuple[str, ...]
    cause: str
    images: tuple[str, ...]
    since: float | None
    who: str
    pods: int | None
    open: bool
    toggle: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """The difference of any two; `lines` is empty where they are the same."""

    old: int
    new: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Revisions:
    """The tab. `current`: the number of the current one, 0 where there is none; `kept`: how many old ones the workload
    keeps; `numbers`: of those that can be compared."""

    rows: tuple[Revision, ...]
    current: int
    kept: int
    numbers: tuple[Choice, ...]
    compared: Compared | None


def stored_revisions(client: Client, kind: Kind, workload: Document) -> tuple[Stored, ...]:
    """All revisions of a workload, the newest first, read as the person. Raises KubeError."""
    meta, spec = workload.get("metadata") or {}, workload.get("spec") or {}
    of = kinds.REPLICASET if kind is kinds.DEPLOYMENT else kinds.CONTROLLERREVISION
    selector = _selector(spec.get("selector") or {})
    items = client.items(of, str(meta.get("namespace")), label_selector=selector)
    read = _of_replicaset if kind is kinds.DEPLOYMENT else _of_revision
    mine = (read(document) for document in items if _owned(document, str(meta.get("uid"))))
    return tuple(sorted(mine, key=lambda revision: revision.number, reverse=True))


def current_revision(kind: Kind, workload: Document, stored: Sequence[Stored]) -> Stored | None:
    """The revision of the template that the workload has now, if there is one of it yet."""
    template = _plain((workload.get("spec") or {}).get("template") or {})
    return next((revision for revision in stored if revision.template == template), None)


def revisions(
    kind: Kind, workload: Document, stored: Sequence[Stored], query: Mapping[str, Any], recorded: Sequence[Recorded]
) -> Revisions:
    """The tab. `query`: `open` (numbers that are open), `from` and `to` (two to be compared); `recorded`: what was done
    with the workload here."""
    current = current_revision(kind, workload, stored)
    numbers = {revision.number for revision in stored}
    wanted = [number for text in query.get("open") or () if (number := number_in(text, digits=9)) in numbers]
    opened = set(list(dict.fromkeys(wanted))[:MOST_OPEN])
    keep = (workload.get("spec") or {}).get("revisionHistoryLimit")
    by_number = {revision.number: revision for revision in stored}
    old, new = (number_in(str(query.get(end) or ""), digits=9) for end in ("from", "to"))
    compared = None
    if old in by_number and new in by_number:
        compared = Compared(old, new, difference(by_number[old].template, by_number[new].template))
    before, began = [*stored[1:], None], begun(workload, stored, current, recorded)
    return Revisions(
        rows=tuple(_row(*values, current, opened) for values in zip(stored, before, began, strict=True)),
        current=current.number if current else 0,
        kept=10 if keep is None else int(keep),
        numbers=tuple(Choice(str(revision.number), str(revision.number), "", False) for revision in stored),
        compared=compared,
    )


def difference(old: Document, new: Document) -> tuple[Line, ...]:
    """The lines in which two pod templates differ."""
    return diff_lines(dump_one(dict(old)), dump_one(dict(new)))


def _row(
    revision: Stored, earlier: Stored | None, began: Changed, current: Stored | None, opened: set[int]
) -> Revision:
    is_open = revision.number in opened and current is not None and revision is not current
    others = sorted(opened ^ {revision.number})
    return Revision(
        number=revision.number,
        current=revision is current,
        changed=tuple(_changed(earlier, revision)),
        cause=visible(revision.cause),
        images=tuple(visible(str(container.get("image") or "")) for container in specs(revision.template)),
        since=began.at,
        who=began.who,
        pods=revision.pods,
        open=is_open,
        toggle="?" + urlencode([("open", number) for number in others]),
        lines=difference(current.template, revision.template) if is_open and current else (),
    )


def _changed(earlier: Stored | None, revision: Stored) -> Iterator[str]:
    """What a revision changed, the first few in words: "Image of api: 1.18.1 to 1.18.2". Of the oldest there is nothing
    to compare it with: what was before has left, or has another number."""
    if earlier is None:
        first = revision.number == 1
        yield gettext("First revision") if first else gettext("Not known: the revision before it is not in this list")
        return
    changed = changes(earlier.template, revision.template)
    sentences = list(dict.fromkeys(_in_words(part) for change in changed for part in _each(change)))
    yield from sentences[:MOST_NAMED]
    more = len(sentences) - MOST_NAMED
    if more > 0:
        yield ngettext("1 more change", "%(count)s more changes", more) % {"count": more}
    if not sentences:
        yield gettext("Nothing")


def _each(change: Change) -> Iterator[Change]:
    """Of all the labels or annotations at once each by its key."""
    sides = [{} if side is MISSING else side for side in (change.old, change.new)]
    if len(change.path) == len(_LABELS) and tuple(change.path) in (_LABELS, _NOTES):
        yield from changes(sides[0], sides[1], change.path)
    else:
        yield change


def _in_words(change: Change) -> str:
    path = change.path
    if path[-1] == RESTARTED:
        return gettext("Restarted")
    values = {"old": _short(change.old), "new": _short(change.new), "what": visible(format_path(path)), "container": ""}
    if path[:-1] in (_LABELS, _NOTES):
        values["what"] = visible(words.field(path[:-1], str(path[-1])))
    inside = len(path) > 3 and path[0] == "spec" and path[1] in ("containers", "initContainers")
    container = visible(str(path[2])) if inside else ""
    if container and path[3:] == ("image",):
        (old, _, old_tag), (new, _, new_tag) = values["old"].rpartition(":"), values["new"].rpartition(":")
        if old and old == new:  # of two images of one repository only the tags
            values |= {"old": old_tag, "new": new_tag}
        return gettext("Image of %(container)s: %(old)s to %(new)s") % {**values, "container": container}
    if container:
        values |= {"container": container, "what": visible(format_path(path[3:]))}
        values["what"] = gettext("%(what)s of %(container)s") % values
    if change.old is MISSING:
        return gettext("%(what)s added") % values
    if change.new is MISSING:
        return gettext("%(what)s removed") % values
    return gettext("%(what)s: %(old)s to %(new)s") % values


def _short(value: Any) -> str:
    text = visible(value if isinstance(value, str) else "" if value is MISSING else str(value))
    return text if len(text) <= 60 else text[:59] + "…"


def _owned(body: Document, uid: str) -> bool:
    owners: Iterable[Document] = (body.get("metadata") or {}).get("ownerReferences") or ()
    return any(owner.get("controller") and owner.get("uid") == uid for owner in owners)


def _of_replicaset(body: Document) -> Stored:
    meta, notes = body.get("metadata") or {}, (body.get("metadata") or {}).get("annotations") or {}
    template = _plain((body.get("spec") or {}).get("template") or {})
    (template.get("metadata") or {}).get("labels", {}).pop(_HASH, None)
    return Stored(
        number=number_in(str(notes.get(_NUMBER) or ""), digits=9),
        name=str(meta.get("name") or ""),
        template=_plain(template),
        cause=str(notes.get(CAUSE) or ""),
        created=epoch(meta.get("creationTimestamp")),
        pods=int((body.get("status") or {}).get("replicas") or 0),
        reused=bool(notes.get(_HISTORY)),
    )


def _of_revision(body: Document) -> Stored:
    meta = body.get("metadata") or {}
    template = ((body.get("data") or {}).get("spec") or {}).get("template") or {}
    written = meta.get("managedFields") or ()  # after the creation its controller writes nothing but the number
    return Stored(
        number=int(body.get("revision") or 0),
        name=str(meta.get("name") or ""),
        template=_plain({key: value for key, value in template.items() if key != "$patch"}),
        cause=str((meta.get("annotations") or {}).get(CAUSE) or ""),
        created=epoch(meta.get("creationTimestamp")),
        pods=None,
        numbered=max((epoch(entry["time"]) for entry in written if entry.get("time")), default=None),
    )


def _plain(template: Document) -> dict[str, Any]:
    """A copy without what says nothing: null, and a time of creation that no template has."""
    copied = {key: deepcopy(value) for key, value in template.items() if value is not None}
    meta = {key: value for key, value in (copied.pop("metadata", None) or {}).items() if value not in (None, {})}
    meta.pop("creationTimestamp", None)
    return {"metadata": meta, **copied} if meta else copied


def _selector(selector: Document) -> str:
    """A label selector as it stands in an address."""
    pairs = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or ():
        values = ",".join(map(str, expression.get("values") or ()))
        shapes = {
            "In": f"{expression.get('key')} in ({values})",
            "NotIn": f"{expression.get('key')} notin ({values})",
            "Exists": f"{expression.get('key')}",
            "DoesNotExist": f"!{expression.get('key')}",
        }
        pairs += [shapes[expression["operator"]]] if expression.get("operator") in shapes else []
    return ",".join(pairs)
