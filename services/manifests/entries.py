"""Lists whose entries have an identity, as the API has them: ports, containers, variables, volumes.

An entry is recognised by its key, at whatever place of the list. A port whose number was changed is still the port of
that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from services.manifests.paths import EntryKey

Entries = dict[EntryKey, Any]
"""The entries of a list by their key, in the order of the list."""

_KEYS: tuple[tuple[str, ...], ...] = (
    ("port", "protocol"),
    ("containerPort", "protocol"),
    ("name",),
    ("mountPath",),
    ("devicePath",),
    ("key",),
    ("ip",),
    ("topologyKey", "whenUnsatisfiable"),
    ("uid",),
)
_DEFAULTS = {"protocol": "TCP"}


def aligned(*lists: Any) -> tuple[Entries, ...] | None:
    """The entries of each list by their key; None where they have none. The first list is the one that the others come
    from: what has the name of one of its entries is that entry, whatever its number is by now."""
    fields = _fields(lists)
    if not fields:
        return None
    keyed = [_keyed(entries, fields) or {} for entries in lists]
    return _followed(keyed) if len(fields) > 1 else tuple(keyed)


def has_same_keys(merged: list[Any], *lists: Any) -> bool:
    """Whether the entries of a list have the kind of key that those of the others have, each its own."""
    return _keyed(merged, _fields(lists)) is not None


def in_order(base: Iterable[EntryKey], stored: Iterable[EntryKey], yours: Iterable[EntryKey]) -> list[EntryKey] | None:
    """The order of a list that two people changed: of the side that changed the order, the other's new entries behind
    those that they stand behind there. None where both changed it, each in another way."""
    was, theirs, mine = list(base), list(stored), list(yours)
    common = {key for key in was if key in theirs and key in mine}
    orders = [[key for key in side if key in common] for side in (was, theirs, mine)]
    if orders[0] != orders[1] != orders[2] != orders[0]:
        return None
    first, second = (theirs, mine) if orders[2] in (orders[0], orders[1]) else (mine, theirs)
    result, behind = list(first), -1
    for key in second:
        if key in result:
            behind = result.index(key)
        else:
            behind += 1
            result.insert(behind, key)
    return result


def _fields(lists: Sequence[Any]) -> tuple[str, ...]:
    """The fields by which the entries of all these lists have a key; none where they have not."""
    if not all(isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries) for entries in lists):
        return ()
    keys = (fields for fields in _KEYS if all(_keyed(entries, fields) is not None for entries in lists))
    return next(keys, ())


def _keyed(entries: list[dict[str, Any]], fields: tuple[str, ...]) -> Entries | None:
    """The entries by these fields; None where one has no such key, or shares it."""
    keyed: Entries = {}
    for entry in entries:
        values = [entry.get(field, _DEFAULTS.get(field)) for field in fields]
        if not all(isinstance(value, str | int) and value != "" for value in values):
            return None
        keyed[EntryKey("/".join(map(str, values)))] = entry
    return keyed if len(keyed) == len(entries) else None


def _followed(sides: list[Entries]) -> tuple[Entries, ...]:
    """The sides with the entries that were renumbered under the key they have in the first one, and with what several
    added under one name below one key."""
    base, added = sides[0], Entries()
    result = [base]
    for side in sides[1:]:
        known = _renumbered(side, base)
        taken = set(known.values())
        # What stands where an entry of the base stood, and is another one, needs a key of its own.
        new = {key: EntryKey(f"{key}/{_name(side[key])}") if key in taken else key for key in side if key not in known}
        more = _renumbered({new[key]: side[key] for key in new}, added)
        renamed = {known[key] if key in known else more.get(new[key], new[key]): entry for key, entry in side.items()}
        added = {**{key: entry for key, entry in renamed.items() if key not in base}, **added}
        result.append(renamed)
    return tuple(result)


def _renumbered(side: Entries, base: Entries) -> dict[EntryKey, EntryKey]:
    """For each entry that comes from one of the base its key there: first by its name, for numbers are given to others,
    then by its number, for it may have been renamed."""
    named = {_name(entry): key for key, entry in base.items() if _name(entry)}
    origins: dict[EntryKey, EntryKey] = {}
    for key, entry in side.items():
        if _name(entry) in named:
            origins[key] = named.pop(_name(entry))
    free = base.keys() - set(origins.values())
    return origins | {key: key for key in side if key in free and key not in origins}


def _name(entry: dict[str, Any]) -> str:
    name = entry.get("name")
    return name if isinstance(name, str) else ""
