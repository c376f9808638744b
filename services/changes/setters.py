"""Who set the fields that a change replaces: a note beside their lines in the review."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from accounts.audit import Recorded
from services.changes.authors import author_of
from services.changes.managers import manager_at
from services.changes.replace import Rehearsed
from services.manifests.paths import Path
from services.manifests.yamlio import Source
from services.manifests.yamlout import dump_one
from services.yaml_editor.differences import Line, Note, numbered
from services.yaml_editor.stored import editable

_LONGEST = 200_000  # characters; in a longer text no lines are looked for


def noted_lines(rehearsed: Rehearsed, records: Iterable[Recorded]) -> tuple[Line, ...]:
    """What differs, and beside it who set each field, as far as managedFields and the record know. `records`: what was
    done here to the object, the newest first."""
    lines, records = rehearsed.lines, tuple(records)
    notes = {path: note for path in rehearsed.paths if (note := _note(rehearsed.stored, records, path))}
    sides = [
        (kind, editable(document)) for kind, document in (("new", rehearsed.announced), ("gone", rehearsed.stored))
    ]
    texts = {kind: dump_one(document) for kind, document in sides} if notes else {}
    if not notes or max(map(len, texts.values())) > _LONGEST:
        return lines
    sources = [(kind, document, Source(texts[kind])) for kind, document in sides]
    placed: dict[tuple[str, int | None], Note] = {}
    for path, note in notes.items():
        for kind, document, source in sources:  # of what is left out the line that goes
            place = numbered(path, (document,))
            if _has(document, place):
                placed.setdefault((kind, source.position(0, place)[0]), note)
                break
    return tuple(
        replace(line, note=placed.get((line.kind, line.before if line.kind == "gone" else line.after)))
        for line in lines
    )


def _note(stored: Mapping[str, Any], records: tuple[Recorded, ...], path: Path) -> Note | None:
    if manager := manager_at(stored, path):
        return Note(manager=manager.note)
    author = author_of(stored, records, path)
    return Note(author.who, author.at) if author.who else None


def _has(document: Any, path: Path) -> bool:
    for step in path:
        if isinstance(document, list):
            if not isinstance(step, int) or step >= len(document):
                return False
        elif not isinstance(document, dict) or step not in document:
            return False
        document = document[step]
    return True
