"""Garbage collection: what becomes of the dependents of an object that is gone, or that waits for them."""

from __future__ import annotations

from ..catalog import PV
from ..objects import Entry
from ..requests import Options, Target
from ..verbs import Api

ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"


def collect(api: Api, uid: str) -> None:
    """Delete the dependents of the object with that UID, or set them free; let go of an object that waited for it."""
    parent = api.store.by_uid(uid)
    finalizers: list[str] = parent.body()["metadata"].get("finalizers", []) if parent else []
    if parent is None:
        _drop_volume(api, uid)
    elif not parent.deleting or not {ORPHAN, FOREGROUND} & set(finalizers):
        return
    for entry in api.store.owned(uid):
        if ORPHAN in finalizers or any(api.store.by_uid(other) for other in entry.owners if other != uid):
            _disown(api, entry, uid)
        elif not entry.deleting:
            wishes = {"propagationPolicy": "Foreground"} if parent and api.store.owned(entry.uid) else {}
            api.delete(Target(entry.kind, entry.namespace, entry.name, "", "delete"), wishes, Options())
    if parent is not None and not api.store.owned(uid):
        _let_go(api, parent)


def _let_go(api: Api, parent: Entry) -> None:
    body = parent.body()
    left = [name for name in body["metadata"]["finalizers"] if name not in (ORPHAN, FOREGROUND)]
    body["metadata"]["finalizers"] = left
    stored = api.store.put(parent.kind, body)
    if not left:
        api.store.remove(stored)


def _drop_volume(api: Api, claim: str) -> None:
    volume = api.store.get(PV, "", f"pvc-{claim}")
    if volume is not None:
        api.store.remove(volume)


def _disown(api: Api, entry: Entry, uid: str) -> None:
    body = entry.body()
    references = [reference for reference in body["metadata"].pop("ownerReferences") if reference["uid"] != uid]
    if references:
        body["metadata"]["ownerReferences"] = references
    api.store.put(entry.kind, body)
