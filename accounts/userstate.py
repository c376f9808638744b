"""The state of a user, worked out here alone: the list of users and the page of one say the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.domain import throttle
from accounts.models import SignInLink, User
from console.web import times

PENDING = Q(is_active=True, last_login=None, link_until__isnull=False)


@dataclass(frozen=True, slots=True)
class UserState:
    """`shape`: of its glyph, "" for the usual state; `below`: what it means, where that is to be said."""

    shape: str
    words: str
    below: str | SafeString = ""


def with_links(users: QuerySet[User]) -> QuerySet[User]:
    """Each with `link_until`: when the last sign-in link ends that they can still use."""
    usable = SignInLink.objects.filter(user=OuterRef("pk"), used=None, expires__gt=timezone.now()).order_by("-expires")
    return users.annotate(link_until=Subquery(usable.values("expires")[:1]))


def note_closed(users: Iterable[Any]) -> None:
    """Each learns as `closed_until` until when nobody may try to sign in as them, or None."""
    closed = throttle.closed([str(user.uuid) for user in users])
    for user in users:
        user.closed_until = closed.get(str(user.uuid))


def state_of(user: Any) -> UserState:
    """Of a user as `with_links` and `note_closed` leave them."""
    if not user.is_active:
        return UserState("idle", _("Disabled"))
    pending = user.last_login is None and user.link_until
    until: datetime | None = user.closed_until
    if until:
        words = _("Pending") if pending else _("Active")  # as the chips count them: the lock passes by itself
        below = _("locked out: too many wrong passwords, until {}")
        return UserState("bad", words, format_html(below, times.element(until, "clock")))
    if pending:
        return UserState("busy", _("Pending"), _("link not opened, %s left") % time_left(user))
    if user.last_login is None and not user.has_usable_password():
        return UserState("", _("Active"), _("cannot sign in yet: no password, no link"))
    return UserState("", _("Active"))


def time_left(user: Any) -> str:
    """Of the user's sign-in link: "23 h", or "" if none is open."""
    return times.duration((user.link_until - timezone.now()).total_seconds()) if user.link_until else ""
