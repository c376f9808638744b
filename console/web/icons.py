"""The icon sheet: one SVG file with every icon of the console, which pages point into.

Icons (16 px) come from the `lucide` package; to use another, add it here. State glyphs (14 px) are ours: their shape
says the state without its colour.
"""

import math
from importlib import resources
from xml.etree import ElementTree
from zipfile import ZipFile

# our name: lucide's name
ICONS = {
    "activity": "activity",
    "add": "plus",
    "back": "chevron-left",
    "branch": "git-branch",
    "chart": "chart-line",
    "check": "check",
    "clock": "clock",
    "close": "x",
    "cluster": "server",
    "columns": "columns-3",
    "compare": "git-compare",
    "config": "sliders-horizontal",
    "container": "container",
    "copy": "copy",
    "down": "chevron-down",
    "download": "download",
    "edit": "pencil",
    "external": "external-link",
    "file": "file-text",
    "filter": "funnel",
    "folder": "folder",
    "format": "text-align-start",
    "forward": "chevron-right",
    "globe": "globe",
    "history": "history",
    "home": "house",
    "info": "info",
    "invite": "user-plus",
    "key": "key-round",
    "label": "tag",
    "less": "minus",
    "link": "link",
    "lock": "lock",
    "logs": "scroll-text",
    "menu": "menu",
    "more": "ellipsis",
    "network": "network",
    "node": "server",
    "overview": "layout-grid",
    "pause": "pause",
    "play": "play",
    "pods": "box",
    "project": "folder",
    "quota": "gauge",
    "refresh": "refresh-cw",
    "remove": "trash-2",
    "restart": "rotate-cw",
    "save": "save",
    "role": "shield",
    "search": "search",
    "secret": "key-round",
    "services": "workflow",
    "settings": "settings",
    "signout": "log-out",
    "sort": "chevrons-up-down",
    "sort-down": "arrow-down",
    "sort-up": "arrow-up",
    "storage": "database",
    "terminal": "terminal",
    "undo": "undo-2",
    "up": "chevron-up",
    "upload": "upload",
    "user": "user",
    "users": "users",
    "workloads": "layers",
    "workspace": "building-2",
    "wrap": "text-wrap",
}

_RING = '<circle cx="7" cy="7" r="5.75" stroke="currentColor" stroke-width="1.5"/>'
_INK = 'stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
_CUT = 'stroke="var(--surface,#fff)" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"'
GLYPHS = {
    "ok": f'<circle cx="7" cy="7" r="6.5" fill="currentColor"/><path {_CUT} d="M4 7.25l2.1 2.1L10 5.2"/>',
    "warn": '<path d="M7 1.2l6.2 11.3H.8z" fill="currentColor" stroke="currentColor" stroke-linejoin="round"/>'
    f'<path {_CUT} d="M7 5v3.4M7 10.4h.01"/>',
    "bad": '<path d="M4.3.5h5.4l3.8 3.8v5.4l-3.8 3.8H4.3L.5 9.7V4.3z" fill="currentColor"/>'
    f'<path {_CUT} d="M4.9 4.9l4.2 4.2M9.1 4.9L4.9 9.1"/>',
    "none": '<circle cx="7" cy="7" r="5.75" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2.4 2.1"/>',
    "busy": '<circle cx="7" cy="7" r="5.75" stroke="currentColor" stroke-width="1.5" opacity=".35"/>'
    f'<path {_INK} stroke-width="1.75" d="M7 1.25A5.75 5.75 0 0 1 12.75 7"/>'
    '<circle cx="7" cy="7" r="1.75" fill="currentColor"/>',
    "stopped": f'{_RING}<path {_INK} stroke-width="1.5" d="M4.5 7h5"/>',
    "outside": f'{_RING}<path {_INK} stroke-width="1.5" d="M5.1 8.9l3.6-3.6M5.9 5.1h3v3"/>',
    "locked": f'{_RING}<path {_INK} stroke-width="1.2" d="M5.25 6.5h3.5v3h-3.5zM5.9 6.5v-.9a1.1 1.1 0 0 1 2.2 0v.9"/>',
    "unknown": f'{_RING}<path {_INK} stroke-width="1.4" '
    'd="M5.5 5.6a1.55 1.55 0 1 1 2.2 1.5c-.5.25-.7.5-.7 1M7 9.9h.01"/>',
    "waiting": '<circle cx="7" cy="7" r="5.75" stroke="currentColor" stroke-width="1.5" stroke-dasharray="1.2 2.4"/>',
    "info": f'{_RING}<path {_INK} stroke-width="1.5" d="M7 6.5v3.25M7 4.25h.01"/>',
    "theme": f'{_RING}<path d="M7 1.25a5.75 5.75 0 0 1 0 11.5z" fill="currentColor"/>',
    "live": '<circle cx="7" cy="7" r="6" stroke="currentColor" opacity=".5"/>'
    '<circle cx="7" cy="7" r="3.25" fill="currentColor"/>',
}
# A state without a glyph of its own wears this one.
STATES = {"ok": "ok", "warn": "warn", "bad": "bad", "busy": "busy", "idle": "stopped"}


def _pie(eighths: int) -> str:
    turn = 2 * math.pi * eighths / 8
    x, y = 7 + 4 * math.sin(turn), 7 - 4 * math.cos(turn)
    return f'{_RING}<path d="M7 7V3a4 4 0 {int(eighths > 4)} 1 {x - 7:.2f} {y - 3:.2f}z" fill="currentColor"/>'


GLYPHS |= {f"pie-{eighths}": _pie(eighths) for eighths in range(1, 8)}


def pie(share: float) -> str:
    """The glyph that is filled by a share between 0 and 1, never empty and never full."""
    return f"pie-{min(7, max(1, round(share * 8)))}"


def _lucide(archive: ZipFile, name: str) -> str:
    drawing = ElementTree.fromstring(archive.read(f"{name}.svg"))  # noqa: S314 - our own dependency's file
    for part in drawing.iter():
        part.tag = part.tag.rpartition("}")[2]
    return "".join(ElementTree.tostring(child, encoding="unicode").strip() for child in drawing)


def sheet() -> str:
    """The whole sheet as one SVG document of symbols."""
    line = 'fill="none" stroke="currentColor" stroke-width="2.1" stroke-linecap="round" stroke-linejoin="round"'
    # Opened once: the package itself reads the list of its 1,700 icons anew for each, half a second for ours.
    with (resources.files("lucide") / "lucide.zip").open("rb") as file, ZipFile(file) as archive:
        icons = [
            f'<symbol id="{ours}" viewBox="0 0 24 24"><g {line}>{_lucide(archive, theirs)}</g></symbol>'
            for ours, theirs in ICONS.items()
        ]
    glyphs = [
        f'<symbol id="g-{name}" viewBox="0 0 14 14"><g fill="none">{body}</g></symbol>' for name, body in GLYPHS.items()
    ]
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "\n".join(icons + glyphs) + "</svg>\n"
