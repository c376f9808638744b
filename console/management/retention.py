"""Deleting what is past its time, by `manage.py prune` and by the served console once a day."""

import logging
import threading

from django.db import DatabaseError, connections

from accounts.domain import retention
from services.create.verbs import drafts

log = logging.getLogger(__name__)

LOOK_SECONDS = 600.0
"""How often a process asks whether a day has passed."""


def prune() -> dict[str, int]:
    """Delete what is past its time; how many of what."""
    return {"drafts": drafts.prune(), **retention.prune()}


def look() -> bool:
    """Prune, unless this or another process on the database has done so within a day."""
    return retention.once_a_day("prune", lambda: log.info("pruned: %s", words(prune())))


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
        except DatabaseError as error:
            log.warning("what is past its time could not be deleted: %s", type(error).__name__)
        except Exception:  # the next day may be better
            log.exception("what is past its time could not be deleted")
        finally:
            connections.close_all()
