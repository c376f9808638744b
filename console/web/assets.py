"""What the browser gets from us, made from many small sources: a stylesheet, a script, icons, a typeface, the editor.

Each is built into `settings.ASSETS_ROOT` under a name that carries the hash of its content, beside a .gz of itself. A
staticfiles finder offers them, so WhiteNoise serves them (for ever: the name changes with the content) and nothing
needs `collectstatic`, neither in development nor in production.
"""

import gzip
import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage
from django.templatetags.static import static

from console.web import icons, typeface

SOURCES = Path(__file__).resolve().parents[2] / "static"
_IMPORT = re.compile(r'@import url\("([^"]+)"\) layer\((\w+)\);')
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
# In the order they are joined: htmx is configured before it looks at the page.
_BEHAVIOURS = (
    "start",
    "times",
    "morph",
    "keep",
    "corrected",
    "live",
    "logs",
    "menu",
    "leave",
    "copy",
    "theme",
    "filter",
    "bulk",
    "confirm",
    "dialog",
    "wait",
    "send",
    "rows",
    "draft",
    "openers",
    "worst",
    "stepper",
    "people",
    "keys",
    "palette",
)
_ACE = ("ace.js", "ext-searchbox.js", "ext-language_tools.js", "mode-yaml.js")


def _package(*parts: str) -> Path:
    return Path(str(files(parts[0]).joinpath(*parts[1:])))


def stylesheet() -> str:
    """berth.css with every import put in its place, in its layer, without comments."""

    def put(match: re.Match[str]) -> str:
        text = (SOURCES / "css" / match[1]).read_text()
        return f"@layer {match[2]} {{\n{text}}}\n"

    joined = _IMPORT.sub(put, (SOURCES / "css/berth.css").read_text())
    face = f'font-family: Inter; src: url("{font()}") format("woff2"); font-weight: 400 600; font-display: swap;'
    return f"@font-face {{ {face} }}\n" + re.sub(r"\n\s*", "\n", _COMMENT.sub("", joined))


@cache
def font() -> str:
    """The static name of the typeface. Only what has never been made is made: it takes a second."""
    name = f"inter.{typeface.fingerprint()}.woff2"
    if not (Path(settings.ASSETS_ROOT) / name).exists():
        _write(Path(settings.ASSETS_ROOT) / name, typeface.woff2())
    return name


def script() -> str:
    """htmx and our behaviours, in this order, each in a scope of its own."""
    library = _package("django_htmx", "static", "django_htmx")
    parts = [(library / "htmx-2.min.js").read_text()]
    parts += [_own(f"js/{name}.js") for name in _BEHAVIOURS]
    return "\n;\n".join(parts)


def editor_stylesheet() -> str:
    """Ace's own stylesheet and, in a layer after it, our colours for it: both win over the page's layers."""
    ace = _package("django_ace", "static", "django_ace", "ace", "css", "ace.css").read_text()
    ace = ace.replace('url("./', f'url("{editor_folder()}/css/')
    return f"@layer ace {{\n{ace}\n}}\n@layer editor {{\n{_COMMENT.sub('', (SOURCES / 'css/ace.css').read_text())}}}\n"


def _own(*paths: str) -> str:
    text = "\n".join((SOURCES / path).read_text() for path in paths)
    lines = [line.strip() for line in text.splitlines()]
    return "(() => {\n" + "\n".join(line for line in lines if line and not line.startswith("//")) + "\n})()"


_RECIPES: dict[str, Callable[[], str]] = {
    "berth.css": stylesheet,
    "berth.js": script,
    "editor.css": editor_stylesheet,
    "editor.js": lambda: _own("js/documents.js", "js/asking.js", "js/editor.js"),
    "icons.svg": icons.sheet,
    "berth.svg": lambda: (SOURCES / "berth.svg").read_text(),
}
_lock = threading.Lock()


def _digest(contents: Iterable[bytes]) -> str:
    return hashlib.sha256(b"\0".join(contents)).hexdigest()[:8]


def _keep(name: str, content: bytes) -> None:
    """Write once, whole or not at all: several processes may build at the same time."""
    target = Path(settings.ASSETS_ROOT) / name
    if target.exists():
        return
    _write(target.with_name(target.name + ".gz"), gzip.compress(content, 9, mtime=0))
    _write(target, content)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    draft.write_bytes(content)
    draft.replace(path)


def _build(name: str) -> str:
    content = _RECIPES[name]().encode()
    stem, _, suffix = name.rpartition(".")
    built = f"{stem}.{_digest([content])}.{suffix}"
    _keep(built, content)
    return built


@cache
def _build_once(name: str) -> str:
    with _lock:
        return _build(name)


def built(name: str) -> str:
    """The static name of an asset, with its hash: "berth.css" -> "berth.3f0c....css". While developing always fresh."""
    return _build(name) if settings.DEBUG else _build_once(name)


@cache
def editor_folder() -> str:
    """The static folder with the files of Ace that are used: it loads its modes and workers by name from there."""
    source = _package("django_ace", "static", "django_ace", "ace")
    pictures = sorted(path.name for path in (source / "css").glob("main-*"))
    names = [*_ACE, *(f"css/{name}" for name in pictures)]
    contents = [(source / name).read_bytes() for name in names]
    folder = f"ace-{_digest(contents)}"
    for name, content in zip(names, contents, strict=True):
        _keep(f"{folder}/{name}", content)
    return folder


def url(name: str) -> str:
    """Address of an asset. A page asks dozens of times: each icon has it."""
    return static(_build(name)) if settings.DEBUG else _url_once(name)


@cache
def _url_once(name: str) -> str:
    return static(_build_once(name))


class AssetFinder(BaseFinder):
    """Offers what is built here to `findstatic`, `collectstatic` and WhiteNoise."""

    def check(self, **kwargs: object) -> list[CheckMessage]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: object) -> str | list[str]:  # type: ignore[override]
        root = Path(settings.ASSETS_ROOT).resolve()
        target = (root / path).resolve()
        if not (target.is_file() and target.is_relative_to(root)):
            return []
        return [str(target)] if find_all else str(target)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        storage = FileSystemStorage(settings.ASSETS_ROOT)
        for name in map(built, _RECIPES):
            yield name, storage
            yield f"{name}.gz", storage
        yield font(), storage
        folder = editor_folder()
        for path in sorted((Path(settings.ASSETS_ROOT) / folder).rglob("*")):
            if path.is_file():
                yield str(path.relative_to(settings.ASSETS_ROOT)), storage
