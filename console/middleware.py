"""What every request gets: an id, a signed-in person, private answers, and the cluster."""

import re
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, cast
from urllib.parse import urlsplit

from asgiref.sync import SyncToAsync, iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.functional import SimpleLazyObject

from accounts.sessions import SessionStore
from console import wiring
from console.kube import hub
from console.web import error_pages
from console.web.requests import ClusterRequest
from console.web.turns import TooMany, turns

Network = IPv4Network | IPv6Network
# Either `(request) -> response` or the same as a coroutine function; Django decides which.
GetResponse = Callable[[ClusterRequest], Any]
# Pages that need no signed-in person. Everything else does, whether its view says so or not.
OPEN = re.compile(r"^/(signin/|healthz/|static/)")


class _Alike:
    """A middleware that serves sync and async views alike, without a thread hop for either."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(cast(Any, self))


class _Both(_Alike):
    """One with two hooks: before the view is called, and after it."""

    def __call__(self, request: ClusterRequest) -> Any:
        if self.is_async:
            return self._later(request)
        return self.after(request, self.before(request) or self.get_response(request))

    async def _later(self, request: ClusterRequest) -> HttpResponseBase:
        response: HttpResponseBase = self.before(request) or await self.get_response(request)
        return self.after(request, response)

    def before(self, request: ClusterRequest) -> HttpResponseBase | None:
        return None

    def after(self, request: ClusterRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response


class Peer(_Both):
    """Behind proxies of BERTH_TRUSTED_PROXIES the address is that of who asked them. What else claims to be forwarded
    is not believed, nor that it came over TLS.
    """

    def before(self, request: ClusterRequest) -> None:
        trusted, meta = settings.BERTH_TRUSTED_PROXIES, request.META
        if not trusted:
            return
        peer = meta.get("REMOTE_ADDR", "")
        if not is_trusted(peer, trusted):
            meta.pop("HTTP_X_FORWARDED_PROTO", None)
        meta["REMOTE_ADDR"] = client_of(peer, meta.get("HTTP_X_FORWARDED_FOR", ""), trusted)


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write them: perhaps with a port, in brackets, or IPv4 in IPv6's clothes."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_trusted(peer: str, trusted: Sequence[Network]) -> bool:
    address = address_of(peer)
    return address is not None and any(address in network for network in trusted)


def client_of(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The nearest address that is no trusted proxy: each proxy adds at the end of X-Forwarded-For where it was asked
    from, and what stands before an address that is not trusted is whatever that one liked to claim.
    """
    known = peer
    for claimed in reversed(forwarded.split(",")):
        address = address_of(claimed)
        if not is_trusted(known, trusted) or address is None:
            break
        known = str(address)
    return known


class RequestId(_Both):
    """`request.request_id`: 16 characters, in our log, on error pages and in the audit row."""

    def before(self, request: ClusterRequest) -> None:
        request.request_id = secrets.token_hex(8)

    def after(self, request: ClusterRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers["X-Request-ID"] = request.request_id
        return response


class PlainAddress(_Both):
    """No address of ours has a NUL in it, and PostgreSQL takes none: refused before anything is looked up."""

    def before(self, request: ClusterRequest) -> None:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest


class Turn(_Alike):
    """A person's requests are worked on in their turn (`console.web.turns`); so are those of nobody in particular, by
    their peer. One that cannot wait is told so at little cost.
    """

    def __call__(self, request: ClusterRequest) -> Any:
        return self._later(request) if self.is_async else self.get_response(request)

    async def _later(self, request: ClusterRequest) -> HttpResponseBase:
        if request.path.startswith("/healthz/"):
            return await self.get_response(request)  # type: ignore[no-any-return]
        person = await request.auser()
        try:
            async with turns.of(person.pk or request.META.get("REMOTE_ADDR")) as turn:
                try:
                    answer: HttpResponseBase = await self.get_response(request)
                finally:  # where the client has left, its view has not
                    if (thread := _end_of_thread(turn.used if person.pk else _nothing)) is not None:
                        turn.lasts_until(thread)
                return answer
        except TooMany:
            return error_pages.too_many(request)


def _end_of_thread(used: Callable[[float], None]) -> "Future[None] | None":
    """Done when the thread that Django keeps for this request has ended what it works on, and has said how much of the
    processor it used; None where the request has none.

    asgiref lets that work run to its end, and the request's context waits for it before it goes.
    """
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.get(context) if context else None
    return None if executor is None else executor.submit(lambda: used(time.thread_time()))


def _nothing(_seconds: float) -> None:
    """Of those who are not signed in many may have one address: what one of them used is no other's."""


class PrivatePages(_Both):
    """What a signed-in person was shown is kept by no cache."""

    def after(self, request: ClusterRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = "no-store"
        return response


class SignInFirst(_Alike):
    """Signing in is required by default: no view can forget it. Streams and htmx get an answer they understand."""

    def __call__(self, request: ClusterRequest) -> Any:
        if self.is_async:
            return self._later(request)
        if OPEN.match(request.path) or request.user.is_authenticated:
            return self.get_response(request)
        return self._refuse(request)

    async def _later(self, request: ClusterRequest) -> HttpResponseBase:
        if OPEN.match(request.path) or (await request.auser()).is_authenticated:
            answer: HttpResponseBase = await self.get_response(request)
            return answer
        return self._refuse(request)

    def _refuse(self, request: ClusterRequest) -> HttpResponseBase:
        if request.headers.get("Accept", "").startswith("text/event-stream"):
            return HttpResponse(status=204)  # EventSource stops asking at a 204
        reading = request.method in {"GET", "HEAD"}
        if request.headers.get("HX-Request") == "true":
            back = _own_path(request, request.headers.get("HX-Current-URL", ""))
            response = HttpResponse(status=401)
            response.headers["HX-Redirect"] = _sign_in(back, "page" if reading else "form")
            return response
        if not reading:
            back = _own_path(request, request.headers.get("Referer", ""))
            return HttpResponseRedirect(_sign_in(back, "form"))
        ended = settings.SESSION_COOKIE_NAME in request.COOKIES
        return HttpResponseRedirect(_sign_in(request.get_full_path(), "page" if ended else ""))


class LastSeen(_Alike):
    """That the session of somebody signed in is in use is written at most every few minutes (`accounts.sessions`),
    before the view, so that a page about it is right. Nothing is written, nor a thread taken, by the requests between.
    """

    def __call__(self, request: ClusterRequest) -> Any:
        if self.is_async:
            return self._later(request)
        session = cast(SessionStore, request.session)
        if session.is_to_be_written and request.user.is_authenticated:
            session.write_seen()
        return self.get_response(request)

    async def _later(self, request: ClusterRequest) -> HttpResponseBase:
        session = cast(SessionStore, request.session)
        if session.is_to_be_written and (await request.auser()).is_authenticated:
            await sync_to_async(session.write_seen)()
        answer: HttpResponseBase = await self.get_response(request)
        return answer


def _sign_in(back: str, ended: str) -> str:
    """Where signing in leads to `back`. `ended`: what a session was used for that is over: a "form" or a "page"."""
    address = redirect_to_login(back, settings.LOGIN_URL).headers["Location"]
    return f"{address}&ended={ended}" if ended else address


def _own_path(request: ClusterRequest, page: str) -> str:
    """The path of the page a person was on, if it is one of ours: signing in leads back there."""
    address = urlsplit(page)
    return address.path if address.netloc == request.get_host() and address.path else "/"


class AttachCluster(_Both):
    """`request.cluster`, made when first looked at: a page that needs no cluster does not wait for one."""

    def before(self, request: ClusterRequest) -> None:
        request.cluster = cast(hub.Cluster, SimpleLazyObject(wiring.cluster))
