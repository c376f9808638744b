"""Characters of the cluster's text that nobody sees, and that may turn the words around them: written out."""

import re

# Controls but for tab and line ends, marks of direction, what has no width (but for joiners, which scripts need), tags.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The text with such characters as ``[U+202E]``. Nothing else is changed; it is for people, not to be sent back."""
    return text if text.isprintable() else _UNSEEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)
