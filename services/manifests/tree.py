"""Places of a document, which is plain JSON data: read one, replace one, without changing anything in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final


class Missing:
    """The node of a key that is not there."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()


def get(node: Any, path: tuple[str, ...]) -> Any:
    """What is at ``path``, ``MISSING`` where something on the way is no map or lacks the key."""
    for key in path:
        if not isinstance(node, dict) or key not in node:
            return MISSING
        node = node[key]
    return node


def replace(node: Any, path: tuple[str, ...], new: Any) -> Any:
    """A copy of ``node`` with ``new`` at ``path``; ``MISSING`` removes the key and the maps that this empties."""
    if not path:
        return new
    key, rest = path[0], path[1:]
    mapping: Mapping[str, Any] = node if isinstance(node, dict) else {}
    inner = replace(mapping.get(key, MISSING), rest, new)
    if inner is not MISSING:
        return {**mapping, key: inner}
    if key not in mapping:
        return node
    left = {other: value for other, value in mapping.items() if other != key}
    return left or MISSING
