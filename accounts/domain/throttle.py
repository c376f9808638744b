"""How often somebody may try to sign in. Counted in the database, so that it holds for all processes and outlives a
restart.

Two counters for each try: for the name from this peer, and, with more room and a longer wait, for the name from
everywhere. The peer alone is not counted: behind one proxy it is everybody. A try is counted before the password is
looked at, so that tries at the same time count too. Keys are keyed hashes; the table is bounded, and closed counters
are the last to go.

What a try costs is the password hasher. So few run at the same time, and one peer, whatever the names it tries, has
many tries at once but then one a second: enough for everybody behind one proxy, too little to keep a processor busy.
"""

import hashlib
import hmac
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import SignInTries


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries within `window`; then no more for `closed`."""

    tries: int
    window: timedelta
    closed: timedelta


FROM_PEER = Limit(tries=5, window=timedelta(minutes=10), closed=timedelta(minutes=5))
FROM_ANYWHERE = Limit(tries=10, window=timedelta(minutes=15), closed=timedelta(minutes=10))
MOST_ROWS = 20_000
HASHERS = max(1, (os.cpu_count() or 2) // 2)
HASHER_PATIENCE = 3.0
PEER_TRIES, PEER_TRIES_A_SECOND, MOST_PEERS = 300, 1.0, 10_000
_hashers = threading.BoundedSemaphore(HASHERS)


class Pace:
    """So many tries of each peer at once, and then so many a second. In memory, for one process; bounded."""

    def __init__(self, tries: int, a_second: float, most: int) -> None:
        self._tries, self._a_second, self._most = tries, a_second, most
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, peer: str) -> int:
        """Count a try. 0 if it may go on, else the seconds to wait."""
        now = time.monotonic()
        with self._lock:
            left, at = self._left.pop(peer, (float(self._tries), now))
            left = min(self._tries, left + (now - at) * self._a_second)
            self._left[peer] = (left - 1 if left >= 1 else left, now)
            while len(self._left) > self._most:
                self._left.popitem(last=False)
        return 0 if left >= 1 else max(1, round((1 - left) / self._a_second))


of_peers = Pace(PEER_TRIES, PEER_TRIES_A_SECOND, MOST_PEERS)


@contextmanager
def hasher() -> Iterator[bool]:
    """One of the few password hashers; false where none came free in a few seconds."""
    free = _hashers.acquire(timeout=HASHER_PATIENCE)
    try:
        yield free
    finally:
        if free:
            _hashers.release()


def admit(name: str, peer: str) -> int:
    """Count a try. 0 if it may go on, else the seconds to wait."""
    now = timezone.now()
    keys = _keys(name, peer)
    with transaction.atomic():
        if SignInTries.objects.filter(key__in=[key for key, _ in keys]).count() < len(keys):
            _make_room(now)  # before any row is looked at: it must not delete one that was just begun anew
        counters = [(_counter(key, limit, now), limit) for key, limit in keys]
        closed = [row.closed_until for row, _ in counters if row.closed_until and row.closed_until > now]
        if closed:
            return max(1, int((max(closed) - now).total_seconds()))
        for row, limit in counters:
            row.count += 1
            row.closed_until = now + limit.closed if row.count >= limit.tries else None
            row.save(update_fields=["count", "since", "closed_until"])
    return 0


def forget(name: str, peer: str) -> None:
    """The person signed in: their tries from here are forgotten, and those from everywhere."""
    keys = [key for key, _ in _keys(name, peer)]
    with transaction.atomic():
        for key in keys:  # locked in the order of `admit`, or two sign-ins of one name could wait for each other
            SignInTries.objects.select_for_update().filter(key=key).first()
        SignInTries.objects.filter(key__in=keys).delete()


def closed(names: Iterable[str]) -> dict[str, datetime]:
    """Those of the names that may not sign in from anywhere now, each with until when."""
    keys = {_hashed(name): name for name in names}
    rows = SignInTries.objects.filter(closed_until__gt=timezone.now(), key__in=keys)
    return {keys[key]: until for key, until in rows.values_list("key", "closed_until") if until}


def _keys(name: str, peer: str) -> tuple[tuple[str, Limit], tuple[str, Limit]]:
    return (_hashed(f"{name}\n{peer}"), FROM_PEER), (_hashed(name), FROM_ANYWHERE)


def _hashed(text: str) -> str:
    return hmac.new(
        settings.SECRET_KEY.encode(), b"tries\n" + text.encode("utf-8", "replace"), hashlib.sha256
    ).hexdigest()


def _counter(key: str, limit: Limit, now: datetime) -> SignInTries:
    row = SignInTries.objects.select_for_update().filter(key=key).first()
    if row is None:
        row, _ = SignInTries.objects.select_for_update().get_or_create(key=key, defaults={"since": now})
    over = row.closed_until is not None and row.closed_until <= now
    if over or (row.since < now - limit.window and (row.closed_until is None)):
        row.count, row.since, row.closed_until = 0, now, None
    return row


def _make_room(now: datetime) -> None:
    """Keep the table bounded: what is over goes first, then the oldest counters that close nothing."""
    if SignInTries.objects.count() < MOST_ROWS:
        return
    open_rows = SignInTries.objects.exclude(closed_until__gt=now)
    open_rows.filter(since__lt=now - FROM_ANYWHERE.window).delete()
    surplus = SignInTries.objects.count() - MOST_ROWS + MOST_ROWS // 20
    if surplus > 0:
        SignInTries.objects.filter(
            pk__in=list(open_rows.order_by("since").values_list("pk", flat=True)[:surplus])
        ).delete()
