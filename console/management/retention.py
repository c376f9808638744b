"""Deleting what is past its time, by `manage.py prune` and by the served console once a day."""

import logging
import threading

from django.db import DatabaseError, connections

from accounts.domain import retention
from services.create.verbs import drafts

log = logging.getLogger(__name__)

LOOK_SECONDS = 600.0
"""How often a process asks whether a day has passed."""


class Incomplete(Exception):
    """Some parts failed. Its text: what was deleted all the same, and which parts were not."""


def prune() -> str:
    """Delete what is past its time, each part whatever becomes of the others; how many of what, as words.

    Raises Incomplete where a part failed; why is logged.
    """
    gone: dict[str, int] = {}
    failed: list[str] = []
    for name, part in {"drafts": drafts.prune, **retention.parts()}.items():
        try:
            gone[name] = part()
        except Exception as error:
            failed.append(name)
            why = type(error).__name__  # what a database says may quote rows
            log.warning("%s could not be deleted: %s", name, why, exc_info=not isinstance(error, DatabaseError))
            retention.drop_lost_connection()  # the next part gets another
    if failed:
        raise Incomplete(f"{words(gone) or 'nothing'}; could not be deleted: {', '.join(failed)}")
    return words(gone)


def look() -> bool:
    """Prune, unless this or another process on the database has done so within a day."""
    return retention.once_a_day("prune", lambda: log.info("pruned: %s", prune()))


def words(gone: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in gone.items())


def daily(over: threading.Event, seconds: float = LOOK_SECONDS) -> threading.Thread:
    """A thread that prunes once a day, until `over` is set."""
    thread = threading.Thread(target=_daily, args=(over, seconds), name="prune", daemon=True)
    thread.start()
    return thread


def _daily(over: threading.Event, seconds: float) -> None:
    while not over.wait(seconds):
        try:
            look()
        except Incomplete as error:
            log.warning("pruned: %s", error)
        except DatabaseError as error:
            log.warning("what is past its time could not be deleted: %s", type(error).__name__)
        except Exception:  # the next day may be better
            log.exception("what is past its time could not be deleted")
        finally:
            connections.close_all()
