"""What a person is told when the cluster did not do what was asked: what happened, what was not changed, what to do.

The one place where a KubeError becomes words. The server's own text is quoted at the end, cut, never interpreted.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.kube import errors as kube
from console.kube.visible import visible
from console.web.requests import ClusterRequest

log = logging.getLogger(__name__)
LONGEST = 400  # characters of the server's own words


@dataclass(frozen=True, slots=True)
class Said:
    """`state` (of the notice), `what` happened (bold), what it `means` and what to do, the server's own `detail`.

    status: of the HTTP answer. retry: trying the same again can help. seconds: how long the server asks to wait.
    """

    state: str
    what: str
    means: str
    detail: str
    status: int
    retry: bool = False
    seconds: int | None = None


def said(error: kube.KubeError, *, writing: bool = True) -> Said:
    """Words for an error. writing: something was to be changed; else it was only to be read."""
    words = next((words for kind, words in _WORDS if isinstance(error, kind)), _other)
    return words(error, _("Nothing was changed.") if writing else "")


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _cut(text: str) -> str:
    text = visible(" ".join(text.split()))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _bad_name(error: kube.KubeError, untouched: str) -> Said:
    return Said("bad", _("This name is not valid in a cluster."), untouched, _cut(error.message), 400)


def _forbidden(error: kube.KubeError, untouched: str) -> Said:
    assert isinstance(error, kube.Forbidden)  # noqa: S101 - the table says so
    wanted = _join(error.verb, error.resource)
    what = _("The cluster does not allow you to do this.")
    means = _("An administrator of the project can give you a role that includes it.")
    if error.console_itself:
        what = _("The cluster does not allow Berth to do this.")
        means = _("A cluster administrator must grant Berth this right: deploy/kubernetes/rbac.yaml.")
    return Said("bad", what, _join(untouched, means), wanted or _cut(error.message), 403)


def _unauthorized(error: kube.KubeError, untouched: str) -> Said:
    what = _("The cluster does not accept Berth’s credentials.")
    means = _("They are wrong or have expired. An administrator must renew them.")
    return Said("bad", what, _join(untouched, means), _cut(error.message), 503)


def _not_found(error: kube.KubeError, untouched: str) -> Said:
    name = f"{error.ref.kind.kind} {error.ref.name}" if error.ref else _("This object")
    what = _("{name} does not exist.").format(name=name)
    means = _("It may have been deleted, or the name is misspelt.")
    return Said("bad", what, _join(means, untouched), _cut(error.message), 404)


def _exists(error: kube.KubeError, untouched: str) -> Said:
    name = f"{error.ref.kind.kind} {error.ref.name}" if error.ref else _("An object with this name")
    what = _("{name} already exists.").format(name=name)
    return Said("bad", what, _join(untouched, _("Choose another name.")), _cut(error.message), 409)


def _conflict(error: kube.KubeError, untouched: str) -> Said:
    what = _("Someone else changed this object in the meantime.")
    means = _("Your change was not applied and is kept here. Compare both changes, then apply again.")
    return Said("warn", what, means, _cut(error.message), 409, retry=True)


def _invalid(error: kube.KubeError, untouched: str) -> Said:
    if not error.causes:
        return Said("bad", _("The cluster would refuse this."), untouched, _cut(error.message), 422)
    count = len(error.causes)
    what = ngettext("The cluster would refuse this field.", "The cluster would refuse {n} fields.", count)
    detail = "; ".join(_join(f"{cause.field}:" if cause.field else "", cause.message) for cause in error.causes)
    return Said("bad", what.format(n=count), untouched, _cut(detail), 422)


def _unread(error: kube.KubeError, untouched: str) -> Said:
    return Said("bad", _("The cluster could not read this."), untouched, _cut(error.message), 422)


def _too_large(error: kube.KubeError, untouched: str) -> Said:
    return Said("bad", _("This is larger than the cluster or Berth accepts."), untouched, _cut(error.message), 413)


def _busy(error: kube.KubeError, untouched: str) -> Said:
    seconds = max(1, round(min(60, error.retry_after))) if error.retry_after else None
    means = _("Try again in a moment.")
    if seconds:
        means = ngettext("Try again in {n} second.", "Try again in {n} seconds.", seconds).format(n=seconds)
    what = _("The cluster is busy.")
    return Said("warn", what, _join(untouched, means), _cut(error.message), 503, retry=True, seconds=seconds)


def _lost(error: kube.KubeError, untouched: str) -> Said:
    what = _("The connection was lost before the cluster answered.")
    means = _("The change may or may not have been applied. Check the object before you try again.")
    return Said("warn", what, means, _cut(error.message), 504)


def _unclear(error: kube.KubeError, untouched: str) -> Said:
    what = _("It is not known which of your drafts created this object.")
    means = _("Another draft of the same name also stopped half-way. Complete, undo or discard that one first.")
    return Said("warn", what, means, _cut(error.message), 409)


def _unavailable(error: kube.KubeError, untouched: str) -> Said:
    means = _join(untouched, _("Berth keeps trying."))
    return Said("warn", _("The cluster is not responding."), means, _cut(error.message), 503, retry=True)


def _expired(error: kube.KubeError, untouched: str) -> Said:
    what, means = _("This list has expired."), _("Reload the page.")
    return Said("warn", what, means, _cut(error.message), 409, retry=True)


def _other(error: kube.KubeError, untouched: str) -> Said:
    what = _("The cluster answered with an internal error.")
    means = _("Try again. If it happens again, tell a cluster administrator.")
    return Said("bad", what, _join(untouched, means), _cut(error.message), 502, retry=True)


_Words = Callable[[kube.KubeError, str], Said]
# The first match counts: subclasses before their base.
_WORDS: tuple[tuple[type[kube.KubeError], _Words], ...] = (
    (kube.BadName, _bad_name),
    (kube.Forbidden, _forbidden),
    (kube.Unauthorized, _unauthorized),
    (kube.NotFound, _not_found),
    (kube.AlreadyExists, _exists),
    (kube.Conflict, _conflict),
    (kube.Invalid, _invalid),
    (kube.BadRequest, _unread),
    (kube.TooLarge, _too_large),
    (kube.Expired, _expired),
    (kube.TooManyRequests, _busy),
    (kube.AnswerLost, _lost),
    (kube.Unclear, _unclear),
    (kube.Unavailable, _unavailable),
)


def answer(request: HttpRequest, status: int, words: Said | None = None) -> HttpResponse:
    """The page for what went wrong; for htmx a notice, for scripts JSON. It needs no database if that is down."""
    told = asdict(words) if words else {}
    context = {**told, "heading": told.get("what", "").rstrip("."), "status": status, **_theme(request)}
    if "application/json" in request.headers.get("Accept", ""):
        number = getattr(request, "request_id", "")
        return _headed(JsonResponse({"status": status, "request": number, **told}, status=status), words)
    if request.headers.get("HX-Request") == "true":
        return _headed(_render("errors/notice.html", context, request, status), words)
    try:
        return _headed(_render(f"errors/{status}.html", context, request, status), words)
    except Exception:  # the page of a signed-in person needs the database; what is wrong may be just that
        log.exception("the error page could not be rendered in full")
        return _headed(_render("errors/bare.html", {**context, "request": request}, None, status), words)


def too_many(request: HttpRequest) -> HttpResponse:
    """429: this person asks for more at the same time than is looked at. It costs neither database nor cluster."""
    what = _("Too many requests at the same time.")
    means = _("This one was not processed, and nothing was changed. Try again in a moment.")
    words = Said("warn", what, means, "", 429, retry=True, seconds=5)
    if "application/json" in request.headers.get("Accept", ""):
        return answer(request, 429, words)
    context = {**asdict(words), "heading": what.rstrip("."), "request": request, **_theme(request)}
    htmx = request.headers.get("HX-Request") == "true"
    return _headed(_render("errors/notice.html" if htmx else "errors/bare.html", context, None, 429), words)


def too_large(request: HttpRequest) -> HttpResponse:
    """413: the request is larger, or has more fields, than any form of ours."""
    means = _(
        "Nothing was changed. A page may send 4,000 fields and, as the browser encodes them, 4.5 MB: enough for a"
        " manifest of 1 MB in Latin letters, or of about 0.7 MB in others. Split the manifest."
    )
    return answer(request, 413, Said("bad", _("This is larger than Berth accepts."), means, "", 413))


def stale_form(request: HttpRequest) -> HttpResponse:
    """A form without a valid CSRF token: most often a page that was open before signing in again."""
    means = _(
        "Nothing was changed. You have signed in again since it was loaded. Go back, reload it and repeat the step."
    )
    return answer(request, 403, Said("bad", _("This page is from an earlier session."), means, "", 403))


def trouble_of_our_own(error: BaseException | None) -> Said | None:
    """Words for a database that is locked or away, as long as a moment may mend it; else None."""
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    means = _("It may be busy or starting. Check what was changed before you try again.")
    return Said("warn", _("The database of Berth is not responding."), means, "", 503, retry=True, seconds=5)


def _theme(request: HttpRequest) -> dict[str, str]:
    return {"theme": request.COOKIES.get("theme", "auto")}


def _render(template: str, context: dict[str, object], request: HttpRequest | None, status: int) -> HttpResponse:
    try:
        return HttpResponse(render_to_string(template, context, request), status=status)
    except TemplateDoesNotExist:
        return HttpResponse(render_to_string("errors/page.html", context, request), status=status)


def _headed(response: HttpResponse, words: Said | None) -> HttpResponse:
    if words and words.seconds:
        response.headers["Retry-After"] = str(words.seconds)
    patch_vary_headers(response, ("HX-Request", "Accept"))
    return response


class ClusterErrors(MiddlewareMixin):
    """A KubeError that no view caught becomes a page that says what happened, never a 500.

    So does any exception that brings its own words, as an attribute `said`.
    """

    def process_exception(self, request: ClusterRequest, exception: Exception) -> HttpResponse | None:
        request.refused_by = exception  # for accounts.trouble, which says why
        brought = getattr(exception, "said", None)
        if isinstance(brought, Said):
            return answer(request, brought.status, brought)
        ours = trouble_of_our_own(exception)
        if ours:
            log.error("%s: %s", request.resolver_match and request.resolver_match.view_name, type(exception).__name__)
            return answer(request, ours.status, ours)
        if not isinstance(exception, kube.KubeError):
            return None
        words = said(exception, writing=request.method not in {"GET", "HEAD", "OPTIONS"})
        log.warning("%s answered %s: %s", request.path, words.status, exception.reason)
        return answer(request, words.status, words)
