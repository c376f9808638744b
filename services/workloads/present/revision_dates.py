"""Since when each revision of a workload counts, and whose change made it so, as far as that is known.

A revision that is rolled back to gets a new number, but its ReplicaSet or ControllerRevision stays the one that was
created long before: of such a revision its creation says neither when it became current nor who did that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.audit import Recorded
from console.kube.fields import epoch
from console.kube.gateway import FIELD_MANAGER
from services.changes.authors import Changed, author_of
from services.manifests.diff import changes

Document = Mapping[str, Any]
_CONTROLLERS = "kube-controller-manager"
_REMARK = re.compile(r"revision \d+ \((?P<name>[^()]+)\)(?:, now (?P<number>\d+))?")
PROMPT = 5.0  # seconds from a change of the template to the revision of it
_LONGEST = 900.0  # seconds from a change to the end of its rollout, where nothing else says that they belong together


@dataclass(frozen=True, slots=True)
class Stored:
    """A revision as it is kept: its number, its pod template, and how many pods it has (None: nobody counts them).

    `created`, `numbered`: epoch seconds, when the object was created, and when it got the number that it has, if the
    cluster noted that. `reused`: it had another number before.
    """

    number: int
    name: str
    template: dict[str, Any]
    cause: str
    created: float
    pods: int | None
    numbered: float | None = None
    reused: bool = False


def rolled_back_to(revision: Stored, number: int) -> str:
    """What the record says of a rollback, beside the changed fields. `number`: the one that the revision gets by it."""
    return f"revision {revision.number} ({revision.name}), now {number}"


def next_number(stored: Iterable[Stored]) -> int:
    """The number of the next revision, of a new template as of one that is rolled back to."""
    return max((revision.number for revision in stored), default=0) + 1


def begun(
    workload: Document, stored: Sequence[Stored], current: Stored | None, recorded: Sequence[Recorded]
) -> Iterator[Changed]:
    """Of each revision, the newest first: since when it has its number, and who changed the template for it.

    `recorded`: what was done with the workload in the console, the newest first; each change made one revision.
    """
    left = [record for record in recorded if any(path.startswith("spec.template") for path in record.changes)]
    for place, revision in enumerate(stored):
        earlier = stored[place + 1 :]
        named = next((record for record in left if _numbers(record, revision, revision is current)), None)
        if named:
            left.remove(named)
            overtaken = revision is current and _written_later(workload, named.at)
            yield Changed() if overtaken else Changed(named.actor, named.at)
        elif revision.numbered or not (revision.reused or any(old.created > revision.created for old in earlier)):
            at = revision.numbered or revision.created
            yield Changed(_prompt(at, left), at)
        else:
            yield _of_reused(workload, revision, earlier, left) if revision is current else Changed()


def _numbers(record: Recorded, revision: Stored, current: bool) -> bool:
    """Whether this rollback gave a revision the number that it has: it may have come back later and elsewhere.

    Older records do not say the number: where the cluster does not note when it was given, they say nothing of a
    revision that is not current.
    """
    remark = next((match for text in record.changes if (match := _REMARK.fullmatch(text))), None)
    if remark is None or remark["name"] != revision.name or record.at <= revision.created:
        return False
    if revision.numbered is not None and abs(revision.numbered - record.at) > PROMPT:
        return False
    if remark["number"]:
        return int(remark["number"]) == revision.number
    return current or revision.numbered is not None


def _prompt(at: float, left: list[Recorded]) -> str:
    """Who changed the template just before. The cluster counts whole seconds."""
    for record in left:
        if -1 <= at - record.at <= PROMPT:
            left.remove(record)
            return record.actor
    return ""


def _of_reused(workload: Document, revision: Stored, earlier: Sequence[Stored], left: list[Recorded]) -> Changed:
    """Of the current revision that had another number before: by the fields that it changed, and by the end of its
    rollout, which no later scaling moves."""
    ended = _rollout_end(workload, revision)
    after = max((before.created for before in earlier), default=0.0)
    changed = changes(earlier[0].template, revision.template) if earlier else ()
    records = [
        record
        for record in left
        if record.at >= after
        and (ended is None or -1 <= ended - record.at <= _LONGEST)
        and not any(text.startswith("revision ") for text in record.changes)
        # each change made one revision, and this one made another
        and not any(-1 <= before.created - record.at <= PROMPT for before in earlier)
    ]
    for change in changed:
        author = author_of(workload, records, ("spec", "template", *change.path))
        if author.who and author.at is not None and ended is not None:
            return Changed(author.who, min(author.at, ended))
        if author.who and any(author.at == record.at for record in records):
            return author
    return Changed("", ended)


def _rollout_end(workload: Document, revision: Stored) -> float | None:
    """When the last rollout of a Deployment ended or went on, if it was one to this revision."""
    for condition in (workload.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Progressing" and f'"{revision.name}"' in str(condition.get("message")):
            return epoch(condition.get("lastUpdateTime")) or None
    return None


def _written_later(workload: Document, at: float) -> bool:
    """Whether somebody else wrote the pod template after a change that was made in the console."""
    for entry in (workload.get("metadata") or {}).get("managedFields") or ():
        other = entry.get("manager") not in (FIELD_MANAGER, _CONTROLLERS) and entry.get("subresource") != "status"
        fields = (entry.get("fieldsV1") or {}).get("f:spec") or {}
        if other and "f:template" in fields and epoch(entry.get("time")) > at + PROMPT:
            return True
    return False
