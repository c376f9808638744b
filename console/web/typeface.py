"""Inter, as the browser gets it: Latin letters, the signs of the pages, weights 400 to 600, in one file of some 30 KB.

The variable font comes from the package `fontpkg-inter`; fonttools takes the part of it that is used. It does so in a
process of its own (`python -m console.web.typeface`): it would leave 20 MB in one that goes on.
"""

import hashlib
import io
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

_WEIGHTS = (400, 600)
_TEXT_SIZE = 14  # the optical size: that of running text
_LETTERS = (
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),  # Latin of Europe
    *range(0x2010, 0x2028),  # dashes, quotes, the ellipsis
    *range(0x2190, 0x2194),  # arrows
    *(0x20AC, 0x2122, 0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0xD7, 0xFFFD),
)
_FEATURES = ["kern", "liga", "calt", "ccmp", "locl", "mark", "mkmk", "tnum"]


def _source() -> Path:
    return Path(str(files("fontpkg_inter") / "files" / "Inter[opsz,wght].ttf"))


def fingerprint() -> str:
    """What the file depends on, as 12 hexadecimal digits: to make it takes a second, so it is made once for each."""
    recipe = repr((_WEIGHTS, _TEXT_SIZE, _LETTERS, _FEATURES)).encode()
    return hashlib.sha256(_source().read_bytes() + recipe).hexdigest()[:8]


def woff2() -> bytes:
    """The font file."""
    command = [sys.executable, "-m", __name__]
    return subprocess.run(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, check=True).stdout


def _subset() -> bytes:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    with TTFont(_source(), lazy=True) as font:
        subsetter = Subsetter(Options(layout_features=_FEATURES, hinting=False, notdef_outline=True))
        subsetter.populate(unicodes=_LETTERS)
        subsetter.subset(font)
        instantiateVariableFont(font, {"opsz": _TEXT_SIZE, "wght": _WEIGHTS}, inplace=True)
        font.flavor = "woff2"
        content = io.BytesIO()
        font.save(content)
    return content.getvalue()


if __name__ == "__main__":
    sys.stdout.buffer.write(_subset())
