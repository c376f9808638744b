"""What the server answers when it says no: `Status` objects with the reasons, codes and words of a real API server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import names
from .catalog import Kind

CODES = {
    "BadRequest": 400,
    "Unauthorized": 401,
    "Forbidden": 403,
    "NotFound": 404,
    "MethodNotAllowed": 405,
    "NotAcceptable": 406,
    "AlreadyExists": 409,
    "Conflict": 409,
    "Expired": 410,
    "UnsupportedMediaType": 415,
    "Invalid": 422,
    "InternalError": 500,
}


@dataclass(frozen=True, slots=True)
class Cause:
    """One field that is wrong: `reason` is FieldValueInvalid and the like, `message` has no field in it."""

    reason: str
    message: str
    field: str


class ApiError(Exception):
    """A refusal. `status()` is the body of the answer, `code` its HTTP status."""

    def __init__(self, reason: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.reason, self.message, self.details = reason, message, details
        self.code = CODES[reason]

    def status(self) -> dict[str, Any]:
        """The `Status` object of this refusal."""
        body: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        body |= {"message": self.message, "reason": self.reason}
        if self.details is not None:
            body["details"] = self.details
        return body | {"code": self.code}


def _details(kind: Kind, name: str, *, by_kind: bool = False) -> dict[str, Any]:
    parts = {"name": name, "group": kind.group, "kind": kind.kind if by_kind else kind.plural}
    return {key: value for key, value in parts.items() if value}


def bad_request(message: str) -> ApiError:
    """400."""
    return ApiError("BadRequest", message)


def not_found(kind: Kind, name: str) -> ApiError:
    """404 for an object that is not there."""
    return ApiError("NotFound", f'{kind.resource} "{name}" not found', _details(kind, name))


def no_such_resource() -> ApiError:
    """404 for a path that is not served."""
    return ApiError("NotFound", "the server could not find the requested resource", {})


def method_not_allowed(verb: str, kind: Kind) -> ApiError:
    """405 for a verb that this resource does not have here."""
    if verb == "POST":
        return ApiError("MethodNotAllowed", "the server does not allow this method on the requested resource", {})
    message = f'{verb} is not supported on resources of kind "{kind.resource}"'
    return ApiError("MethodNotAllowed", message, _details(kind, ""))


def already_exists(kind: Kind, name: str) -> ApiError:
    """409 for a name that is taken."""
    return ApiError("AlreadyExists", f'{kind.resource} "{name}" already exists', _details(kind, name))


MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def conflict(kind: Kind, name: str, why: str = MODIFIED, *, by_kind: bool = False) -> ApiError:
    """409 for a version or a precondition that does not hold."""
    resource = kind.resource if not by_kind else f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    message = f'Operation cannot be fulfilled on {resource} "{name}": {why}'
    return ApiError("Conflict", message, _details(kind, name, by_kind=by_kind))


def forbidden(resource: str, name: str, why: str, group: str = "", causes: tuple[Cause, ...] = ()) -> ApiError:
    """403; `resource` is the plural with its group (`deployments.apps`), `why` the sentence after `is forbidden:`."""
    reference = f'{resource} "{name}"' if name else resource
    details: dict[str, Any] = {"name": name, "group": group, "kind": resource.split(".")[0]}
    details = {key: value for key, value in details.items() if value}
    if causes:
        details["causes"] = [_cause(cause) for cause in causes]
    return ApiError("Forbidden", f"{reference} is forbidden: {why}", details)


def expired(message: str) -> ApiError:
    """410 for a version, or a page, that is no longer known."""
    return ApiError("Expired", message)


def _cause(cause: Cause) -> dict[str, str]:
    return {"reason": cause.reason, "message": cause.message, "field": cause.field}


def invalid(kind: Kind, name: str, causes: list[Cause]) -> ApiError:
    """422 with every field that is wrong."""
    sentences = list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    text = sentences[0] if len(sentences) == 1 else "[" + ", ".join(sentences) + "]"
    qualified = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    details = _details(kind, name, by_kind=True) | {"causes": [_cause(cause) for cause in causes]}
    return ApiError("Invalid", f'{qualified} "{name}" is invalid: {text}', details)


def invalid_patch(shown: str, problem: str) -> ApiError:
    """422 for a patched object that cannot be decoded; the real server names no kind there."""
    return invalid(Kind("", "", "", ""), "", [wrong("patch", shown, problem)])


def _shown(value: object) -> str:
    if value == "null":
        return "null"
    return json.dumps(value, separators=(",", ":"), default=str, ensure_ascii=False)


def required(field: str, why: str = "") -> Cause:
    """A field that is missing."""
    return Cause("FieldValueRequired", "Required value" + (f": {why}" if why else ""), field)


def wrong(field: str, value: object, why: str) -> Cause:
    """A value that may not stand there."""
    return Cause("FieldValueInvalid", f"Invalid value: {_shown(value)}: {why}", field)


def each(field: str, value: object, messages: Iterable[str]) -> list[Cause]:
    """One Invalid for each message."""
    return [wrong(field, value, message) for message in messages]


def labels(pairs: Mapping[str, str], field: str) -> list[Cause]:
    """Keys and values of labels."""
    problems: list[Cause] = []
    for key, value in pairs.items():
        problems += each(field, key, names.qualified(key)) + each(field, value, names.label_value(value))
    return problems


def duplicate(field: str, value: object) -> Cause:
    """A value that stands there twice."""
    return Cause("FieldValueDuplicate", f"Duplicate value: {_shown(value)}", field)


def not_allowed(field: str, why: str) -> Cause:
    """A field that may not be set here."""
    return Cause("FieldValueForbidden", f"Forbidden: {why}", field)


def unsupported(field: str, value: object, allowed: tuple[str, ...]) -> Cause:
    """A value outside an enumeration."""
    names = ", ".join(f'"{name}"' for name in allowed)
    return Cause("FieldValueNotSupported", f"Unsupported value: {_shown(value)}: supported values: {names}", field)


def not_found_value(field: str, value: object, why: str = "") -> Cause:
    """A name of something that is not there."""
    return Cause("FieldValueNotFound", f"Not found: {_shown(value)}{why}", field)
