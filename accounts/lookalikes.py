"""Names that can be taken for another person's: letters of several scripts, or of one that imitates Latin.

The rules follow Unicode's "highly restrictive" level (UTS 39): one script a name, but for the combinations that
Chinese, Japanese and Korean are written in. Python knows the script of a letter only by the letter's name.
"""

import unicodedata

_TOGETHER = (
    {"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"},
    {"CJK", "BOPOMOFO"},
    {"CJK", "HANGUL"},
)
# Small letters of Cyrillic, Greek and Armenian that look like Latin ones. A name of these alone does, too.
_IMITATIONS = frozenset("аеорсухіјѕһԁԛԝӏмткьгвοανυρικτχγϳօսոհցզք")
# Beyond these Latin has phonetic letters and clicks. The dotless i is an i to a hasty eye.
_LATIN = frozenset(map(chr, (*range(0x61, 0x1C0), *range(0x1C4, 0x250), *range(0x1E00, 0x1F00)))) - {"\u0131"}


def suspicious(name: str) -> bool:
    """Whether a folded name can be taken for one in other letters."""
    letters = [character for character in name if character.isalpha()]
    if any(not character.isascii() for character in name if not character.isalpha()):
        return True
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in letters}
    if scripts == {"LATIN"}:
        return not _LATIN.issuperset(letters)
    if len(scripts) > 1:
        return not any(scripts <= together for together in _TOGETHER)
    return bool(letters) and _IMITATIONS.issuperset(letters)
