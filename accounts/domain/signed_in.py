"""Where a person is signed in: their sessions, each with the device and address it began from and when it was last
used, and how one ends.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from accounts.models import Session, User
from accounts.sessions import row_key

_BEGUN = "begun"
# What tells browsers and systems apart, in the order in which to ask: Edge calls itself Chrome, Chrome Safari, and
# Android Linux.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ("curl/", "curl"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One session. `key`: of its row, which is a hash: nobody can sign in with it."""

    key: str
    device: str
    address: str
    at: datetime | None
    seen: datetime | None  # as of minutes ago (`accounts.sessions.SEEN_EVERY`)
    is_current: bool = False  # the one that asks


def begin(session: Any, agent: str, address: str) -> None:
    """Write into a session that begins from where it does."""
    session[_BEGUN] = {"device": device(agent), "address": address[:64], "at": timezone.now().timestamp()}


def device(agent: str) -> str:
    """A browser's own long name in a few words: "Firefox on Linux"."""
    browser = next((words for part, words in _BROWSERS if part in agent), "")
    system = next((words for part, words in _SYSTEMS if part in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")


def sessions(user: User, own: str = "") -> list[SignedIn]:
    """Where the person is signed in, what was used last first. `own`: the key of the session that asks."""
    rows = [_told(row, data, is_current=row.session_key == row_key(own)) for row, data in _of(user)]
    return sorted(rows, key=lambda row: row.seen or row.at or datetime.min.replace(tzinfo=UTC), reverse=True)


def end(user: User, keys: Collection[str] | None = None) -> int:
    """End these sessions of the person, or all. How many ended; their open pages are signed out at once."""
    own = [row.session_key for row, _data in _of(user) if keys is None or row.session_key in keys]
    return Session.objects.filter(pk__in=own).delete()[0]


def _of(user: User) -> Iterator[tuple[Session, dict[str, Any]]]:
    """Rows do not name their person outside of what is signed in them. A password that was changed ended the rest."""
    valid = user.get_session_auth_hash()
    for row in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        data = row.get_decoded()
        if data.get(SESSION_KEY) == str(user.pk) and constant_time_compare(data.get(HASH_SESSION_KEY, ""), valid):
            yield row, data


def _told(row: Session, data: dict[str, Any], *, is_current: bool) -> SignedIn:
    begun = data.get(_BEGUN, {})
    at = datetime.fromtimestamp(begun["at"], tz=UTC) if "at" in begun else None
    seen = timezone.now() if is_current else row.seen
    device_words = begun.get("device") or _("Unknown browser")
    return SignedIn(row.session_key, device_words, begun.get("address", ""), at, seen, is_current)
