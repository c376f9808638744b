"""Reading plain JSON into what records are made of: checked, cut, kept once, visible. Wrong types raise TypeError."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar

from console.kube.records import NONE, Condition, Owner
from console.kube.visible import visible

_MESSAGE = 1024
_MANY = 64  # entries of a map: what has more is not kept for others
_SHARED_LIMIT = 50_000
_TIMES = 10_000
_WORDS_LIMIT = 100_000
# What `datetime` can say in any zone: from year 2 to the end of 9998.
_EARLIEST, _LATEST = -62_104_060_800.0, 253_370_764_799.0

Json = Mapping[str, Any]
T = TypeVar("T")
NOTHING: Json = MappingProxyType({})


class Shared:
    """Equal values kept once (siblings share labels, ports, conditions); it forgets all when it grows too large."""

    def __init__(self) -> None:
        self._kept: dict[Any, Any] = {}

    def get(self, key: Any, make: Callable[[], T]) -> T:
        """The value kept for ``key``, made now if there is none. Safe between threads: at worst made twice."""
        value = self._kept.get(key)
        if value is None:
            if len(self._kept) >= _SHARED_LIMIT:
                self._kept = {}
            value = self._kept[key] = make()
        return value


shared = Shared()
_words: dict[str, str] = {}


def epoch(text: Any) -> float:
    """RFC 3339 text to epoch seconds; 0.0 for absent or unreadable text."""
    return _epoch(text) if isinstance(text, str) and len(text) >= 19 else 0.0


@lru_cache(maxsize=_TIMES)
def _epoch(text: str) -> float:
    """Pods that start together have the same times: read once, and the same number kept."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return seconds if _EARLIEST < seconds < _LATEST else 0.0


def word(value: Any) -> str:
    """A short text that repeats (a reason, an image, a node), kept once. Not `sys.intern`: until Python 3.12.5 what is
    interned is never given back.
    """
    global _words
    if not value:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    if len(value) > _MESSAGE:
        return text(value)  # whoever may write an annotation writes such ones without end
    kept = _words.get(value)
    if kept is None:
        if len(_words) >= _WORDS_LIMIT:
            _words = {}
        kept = _words[value] = visible(value)
    return kept


def text(value: Any, limit: int = _MESSAGE) -> str:
    if not value:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    shown = visible(value)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def string_map(value: Any) -> Mapping[str, str]:
    """A string map, immutable and shared between equals."""
    if not value:
        return NONE
    items = tuple((word(k), word(v)) for k, v in value.items())
    if len(items) > _MANY:
        return MappingProxyType(dict(items))
    return shared.get(items, lambda: MappingProxyType(dict(items)))


def words(values: Any) -> tuple[str, ...]:
    return tuple(word(v) for v in values or ())


def common(body: Json) -> dict[str, Any]:
    meta = body["metadata"]
    return {
        "namespace": word(meta.get("namespace")),
        "name": text(meta["name"], 253),
        "uid": text(meta.get("uid")),
        "version": text(meta.get("resourceVersion")),
        "created": epoch(meta.get("creationTimestamp")),
        "labels": string_map(meta.get("labels")),
        "deleting": "deletionTimestamp" in meta,
    }


def annotations(body: Json) -> Json:
    return body["metadata"].get("annotations") or NOTHING


def owner(body: Json) -> Owner | None:
    for owner in body["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            key = (word(owner["kind"]), word(owner["name"]), word(owner["uid"]))
            return shared.get(key, lambda key=key: Owner(*key))  # type: ignore[misc]
    return None


def conditions(values: Any) -> tuple[Condition, ...]:
    return tuple(condition(value) for value in values or ())


def condition(value: Json) -> Condition:
    key = (
        word(value.get("type")),
        word(value.get("status")),
        word(value.get("reason")),
        text(value.get("message")),
        epoch(value.get("lastTransitionTime")),
    )
    return shared.get(key, lambda: Condition(*key))
