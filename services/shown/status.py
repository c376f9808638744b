"""The state of anything as every page shows it: colour, glyph, words and cause."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext

from console.kube.records import PodRecord
from services import words
from services.manifests.health import Health, PodHealth, State

# Glyphs of states that look different in a list (console/web/icons.py).
_GLYPHS = {"Selector matches nothing": "none", "External": "outside"}


@dataclass(frozen=True, slots=True)
class StatusCell:
    """Colour, glyph (empty: that of the state), filled share of the glyph, words and cause."""

    state: State
    words: str
    why: str = ""
    glyph: str = ""
    share: float | None = None


def status_cell(health: Health) -> StatusCell:
    """Health in the reader's words. A part that is ready is drawn as a pie."""
    share = health.ready / health.total if health.state == "warn" and health.total and health.ready else None
    glyph = _GLYPHS.get(health.words.singular, "")
    return StatusCell(health.state, words.in_words(health.words), words.in_words(health.why), glyph, share)


def pod_cell(pod: PodRecord, health: PodHealth) -> StatusCell:
    """A pod's health beside the word that kubectl has for it."""
    if health.cause == "not ready":
        return StatusCell(health.state, gettext("Running, not ready"))
    return StatusCell(health.state, pod.status, "" if health.cause == pod.status else capfirst(health.cause))
