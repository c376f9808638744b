"""From a refusal's `Status` object to the error it means."""

import re
from collections.abc import Mapping
from typing import Any

from console.kube import errors
from console.kube.errors import Cause, Forbidden, KubeError
from console.kube.kinds import Identity

_BY_CODE: dict[int, type[KubeError]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    410: errors.Expired,
    413: errors.TooLarge,
    415: errors.UnsupportedMedia,
    422: errors.Invalid,
    429: errors.TooManyRequests,
}
_BY_REASON: dict[str, type[KubeError]] = {"AlreadyExists": errors.AlreadyExists, "Expired": errors.Expired}
_REFUSED_USER = re.compile(r'User "([^"]*)" cannot')
_MESSAGE = 2000


def error_of(code: int, body: Mapping[str, Any], retry_after: str | None, identity: Identity | None) -> KubeError:
    """The error of one answer. ``body`` is its JSON object, or empty where it had none; ``identity`` who asked."""
    reason = _text(body.get("reason"))
    status = body if body.get("kind") == "Status" else {}
    details = status.get("details")
    details = details if isinstance(details, Mapping) else {}
    message = _text(status.get("message")) or f"the server answered {code}"
    kind = _BY_REASON.get(reason) or _BY_CODE.get(code) or (errors.ServerError if code >= 500 else KubeError)
    error = kind(
        message[:_MESSAGE],
        reason=reason,
        code=code,
        causes=_causes(details.get("causes")),
        retry_after=_seconds(retry_after) or _seconds(details.get("retryAfterSeconds")),
    )
    if isinstance(error, Forbidden):  # the console's, where it asked for itself or the server names another user
        named = _REFUSED_USER.search(message)
        error.console_itself = identity is None or (named is not None and named.group(1) != identity.user)
    return error


def error_of_event(body: Mapping[str, Any]) -> KubeError:
    """The error that an ERROR event of a watch carries."""
    code = body.get("code")
    return error_of(code if isinstance(code, int) else 500, body, None, None)


def _causes(values: Any) -> tuple[Cause, ...]:
    if not isinstance(values, list):
        return ()
    causes = (value for value in values if isinstance(value, Mapping))
    return tuple(Cause(_text(c.get("field")), _text(c.get("reason")), _text(c.get("message"))) for c in causes)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _seconds(value: Any) -> float | None:
    try:
        return max(0.0, float(value)) or None
    except (TypeError, ValueError):
        return None
