"""What can go wrong between Berth and a cluster, by what it means for the person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.kube.kinds import Ref


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason inside a refusal. ``field`` is the API's path (``spec.ports[0].port``), or ""."""

    field: str
    reason: str
    message: str


class KubeError(Exception):
    """A call that did not do what was asked. ``message`` is the server's text: untrusted, to be escaped and cut."""

    default_reason = "Unknown"
    default_code = 0

    def __init__(
        self,
        message: str = "",
        *,
        reason: str = "",
        code: int = 0,
        causes: tuple[Cause, ...] = (),
        retry_after: float | None = None,
        ref: Ref | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.default_reason
        self.code = code or self.default_code
        self.causes = causes
        self.retry_after = retry_after
        """Seconds the server asks to wait, or None."""
        self.ref = ref


class BadName(KubeError):
    """A name that cannot be sent; no call was made."""

    default_reason = "BadName"


class BadRequest(KubeError):
    """The server could not read the request (400), e.g. an unknown field under strict validation."""

    default_reason, default_code = "BadRequest", 400


class Unauthorized(KubeError):
    """The console's own credentials were refused (401), also after reloading them."""

    default_reason, default_code = "Unauthorized", 401


class Forbidden(KubeError):
    """The server refused (403). ``verb`` and ``resource`` say what was refused.

    ``console_itself``: not the person but the console may not act there; an administrator must widen its rights.
    """

    default_reason, default_code = "Forbidden", 403
    verb: str = ""
    resource: str = ""
    console_itself: bool = False


class NotFound(KubeError):
    """There is no such object, or no such kind on this server (404)."""

    default_reason, default_code = "NotFound", 404


class Conflict(KubeError):
    """Somebody else changed the object meanwhile, or a precondition failed (409)."""

    default_reason, default_code = "Conflict", 409


class AlreadyExists(KubeError):
    """The name is taken (409)."""

    default_reason, default_code = "AlreadyExists", 409


class Expired(KubeError):
    """A resource version or continue token is too old (410): list again."""

    default_reason, default_code = "Expired", 410


class Unclear(KubeError):
    """Whose doing an object is cannot be told from what is known; nobody asked the server for more."""

    default_reason = "Unclear"


class TooLarge(KubeError):
    """The request was too large for the server (413), or the answer too large for us (code 0)."""

    default_reason = "TooLarge"


class UnsupportedMedia(KubeError):
    """The server does not speak this patch type (415)."""

    default_reason, default_code = "UnsupportedMediaType", 415


class Invalid(KubeError):
    """The object breaks a rule of its kind (422); ``causes`` name the fields."""

    default_reason, default_code = "Invalid", 422


class TooManyRequests(KubeError):
    """The server is busy (429); ``retry_after`` may say for how long."""

    default_reason, default_code = "TooManyRequests", 429


class ServerError(KubeError):
    """The server answered that it failed (5xx)."""

    default_reason, default_code = "InternalError", 500


class Unavailable(KubeError):
    """No answer: refused, timed out, cut, or TLS failed."""

    default_reason = "Unavailable"


class AnswerLost(Unavailable):
    """A write was sent and its answer lost: what it did is not known until the object is read again."""

    default_reason = "AnswerLost"
