"""Rules of forms that are put together from several of the manifests'."""

import re

from services.manifests.selectors import parse_selector
from services.manifests.sentences import Sentence, gettext_noop


def count_or_percent(text: str) -> Sentence | None:
    """A number of pods or a share of them: `1` or `25%`."""
    if re.fullmatch(r"[0-9]{1,9}|[0-9]{1,3}%", text):
        return None
    return Sentence(gettext_noop("A number of pods, or a share with a percent sign: 1 or 25%."))


def selector(text: str) -> Sentence | None:
    """A label selector as kubectl takes it."""
    found = parse_selector(text)
    return found if isinstance(found, Sentence) else None
