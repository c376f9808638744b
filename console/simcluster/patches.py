"""JSON patch (RFC 6902), merge patch (RFC 7396) and strategic merge patch. Pure: nothing given is changed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from . import schema
from .schema import Obj


class PatchProblem(Exception):
    """A patch that cannot be applied; `test_failed` when a JSON patch's `test` says no."""

    def __init__(self, message: str, *, test_failed: bool = False) -> None:
        super().__init__(message)
        self.test_failed = test_failed


def merge(target: Any, patch: Any) -> Any:
    """RFC 7396: null removes, objects merge, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def _steps(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise PatchProblem(f"invalid JSON pointer {pointer!r}")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _child(parent: Any, step: str, pointer: str) -> Any:
    try:
        return parent[int(step)] if isinstance(parent, list) else parent[step]
    except (KeyError, IndexError, ValueError, TypeError):
        raise PatchProblem(f"doc is missing path: {pointer}: missing value") from None


def _find(document: Any, pointer: str) -> Any:
    for step in _steps(pointer):
        document = _child(document, step, pointer)
    return document


def _add(document: Any, pointer: str, value: Any) -> Any:
    steps = _steps(pointer)
    if not steps:
        return value
    parent = _find(document, pointer.rpartition("/")[0])
    if isinstance(parent, dict):
        parent[steps[-1]] = value
    elif isinstance(parent, list) and steps[-1] == "-":
        parent.append(value)
    elif isinstance(parent, list) and steps[-1].isdigit() and int(steps[-1]) <= len(parent):
        parent.insert(int(steps[-1]), value)
    else:
        raise PatchProblem(f"add operation does not apply: doc is missing path: {pointer!r}: missing value")
    return document


def _remove(document: Any, pointer: str) -> Any:
    _find(document, pointer)
    parent = _find(document, pointer.rpartition("/")[0])
    last = _steps(pointer)[-1]
    del parent[int(last) if isinstance(parent, list) else last]
    return document


def _operate(document: Any, operation: Mapping[str, Any]) -> Any:
    kind, path = operation.get("op"), str(operation.get("path", ""))
    value = copy.deepcopy(operation.get("value"))
    if kind == "test":
        if _find(document, path) != value:
            raise PatchProblem(f"testing value {path} failed: test failed", test_failed=True)
        return document
    if kind in ("move", "copy"):
        value = copy.deepcopy(_find(document, str(operation.get("from", ""))))
        document = _remove(document, str(operation["from"])) if kind == "move" else document
        return _add(document, path, value)
    if kind == "add":
        return _add(document, path, value)
    if kind in ("remove", "replace") and path:
        document = _remove(document, path)
        return _add(document, path, value) if kind == "replace" else document
    raise PatchProblem(f"Unexpected kind: {kind or 'unknown'}")


def json_patch(target: Obj, operations: Any) -> Obj:
    """RFC 6902; raises PatchProblem for the first operation that does not apply."""
    if not isinstance(operations, list) or not all(isinstance(item, dict) for item in operations):
        raise PatchProblem("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    document: Any = copy.deepcopy(target)
    for operation in operations:
        document = _operate(document, operation)
    if not isinstance(document, dict):
        raise PatchProblem("the patched document is not an object")
    return document


def strategic(target: Any, patch: Any, definition: str) -> Any:
    """Kubernetes' own patch: lists merge by the key that the schema of `definition` names."""
    if not isinstance(patch, dict):
        return patch
    directive = patch.get("$patch")
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    if directive == "delete":
        return {}
    result = dict(target) if isinstance(target, dict) else {}
    if "$retainKeys" in patch:
        result = {key: value for key, value in result.items() if key in patch["$retainKeys"]}
    for key, value in patch.items():
        if not key.startswith("$"):
            _strategic_field(result, key, value, patch, definition)
    for key, value in patch.items():
        _list_directive(result, key, value, patch, definition)
    return result


def _list_directive(result: Obj, key: str, value: Any, patch: Obj, definition: str) -> None:
    directive, _, field = key.partition("/")
    items = result.get(field) or []
    if directive == "$deleteFromPrimitiveList":
        result[field] = [item for item in items if item not in value]
    elif directive == "$setElementOrder" and field not in patch and items:
        result[field] = _ordered(items, items, value, _name_of(definition, field))


def _name_of(definition: str, field: str) -> Callable[[Any], Any]:
    key = schema.property_of(definition, field).get("x-kubernetes-patch-merge-key")
    return (lambda item: item.get(key)) if key else (lambda item: item)


def _strategic_field(result: Obj, key: str, value: Any, patch: Obj, definition: str) -> None:
    if value is None:
        result.pop(key, None)
        return
    field = schema.property_of(definition, key)
    inner = schema.reference(field) or schema.reference(field.get("items") or field.get("additionalProperties") or {})
    if isinstance(value, list):
        strategy = field.get("x-kubernetes-patch-strategy", "").split(",")
        if "merge" in strategy:
            merge_key, order = field.get("x-kubernetes-patch-merge-key"), patch.get(f"$setElementOrder/{key}")
            result[key] = _strategic_list(result.get(key) or [], value, merge_key, inner, order)
        else:
            result[key] = value
    elif isinstance(value, dict) and "additionalProperties" in field and not inner:
        result[key] = merge(result.get(key), {name: item for name, item in value.items() if name != "$patch"})
    else:
        result[key] = strategic(result.get(key), value, inner)


def _strategic_list(
    old: list[Any], patch: list[Any], key: str | None, inner: str, order: list[Any] | None
) -> list[Any]:
    if not key:
        added = [*old, *(item for item in patch if item not in old)]
        return _ordered(added, old, order or patch, lambda item: item)
    if any(item.get("$patch") == "replace" for item in patch):
        return [item for item in patch if item.get("$patch") != "replace"]
    result = list(old)
    for item in patch:
        if key not in item:
            raise PatchProblem(f"map: {item} does not contain declared merge key: {key}")
        at = next((i for i, entry in enumerate(result) if entry.get(key) == item[key]), None)
        if item.get("$patch") == "delete":
            result = [entry for entry in result if entry.get(key) != item[key]]
        elif at is None:
            result.append(strategic({}, item, inner))
        else:
            result[at] = strategic(result[at], item, inner)
    return _ordered(result, old, order or patch, lambda item: item.get(key))


def _ordered(merged: list[Any], old: list[Any], order: list[Any], name: Callable[[Any], Any]) -> list[Any]:
    """The server's order: what the patch names as the patch has it, the rest woven in where it stood before."""
    wanted, before = [name(item) for item in order], [name(item) for item in old]
    named = sorted((item for item in merged if name(item) in wanted), key=lambda item: wanted.index(name(item)))
    rest = [item for item in merged if name(item) not in wanted]
    result = []
    while rest and named:
        pair = (name(rest[0]), name(named[0]))
        first = pair[1] in before and before.index(pair[0]) < before.index(pair[1])
        result.append((rest if first else named).pop(0))
    return result + rest + named
