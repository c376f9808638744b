"""What reaches the browser: one stylesheet in its layers, one script, one sheet of icons; hashed, small, found."""

import gzip
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from console.web import assets, icons

# A request begins with a look at open connections.
pytestmark = pytest.mark.django_db

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def test_the_stylesheet_has_every_file_in_its_layer_and_no_import_is_left() -> None:
    text = assets.stylesheet()
    assert "@import" not in text
    assert text.index("@layer tokens, base, layout, components;") < text.index("@layer tokens {")
    joined = set(re.findall(r'@import url\("([^"]+)"\)', (ROOT / "static/css/berth.css").read_text()))
    files = {str(path.relative_to(ROOT / "static/css")) for path in (ROOT / "static/css").rglob("*.css")}
    assert files - joined == {"berth.css", "ace.css"}
    assert text.count("{") == text.count("}")


def test_colours_are_said_in_the_tokens_only() -> None:
    for path in sorted((ROOT / "static/css").rglob("*.css")):
        if path.name != "tokens.css":
            assert not re.search(r"#[0-9a-f]{3,8}\b|rgb\(", path.read_text()), path.name


def test_no_rule_has_the_whole_page_styled_anew_when_anything_in_it_changes() -> None:
    """An element that a `:has()` with a descendant concerns is looked at whenever anything below it comes or goes."""
    for path in sorted((ROOT / "static/css").rglob("*.css")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        for rule in re.finditer(r"(?:^|[{}])\s*([a-z*]*|\.page|\.shell|:root)(?::not\()?:has\(\s*(.)", text, re.M):
            narrow = rule[2] in ">+~" and rule[1] not in ("", "*")
            assert narrow or rule[1] not in ("", "*", "html", "body", "main", ".page", ".shell", ":root"), rule[0]


def test_each_behaviour_is_in_the_script_and_nothing_evaluates_text() -> None:
    names = {path.stem for path in (ROOT / "static/js").glob("*.js")} - {"asking", "documents", "editor"}
    assert names == set(assets._BEHAVIOURS)
    for path in (ROOT / "static/js").glob("*.js"):
        assert not re.search(r"\beval\(|new Function|\.outerHTML\s*=", path.read_text()), path.name


def test_the_script_is_small_before_the_editor_is_opened() -> None:
    assert len(gzip.compress(assets.script().encode(), 9)) <= 60_000


def test_assets_are_served_for_ever_under_their_hash_and_compressed(client: Client) -> None:
    for name in ("berth.css", "berth.js", "icons.svg", "editor.js", "editor.css"):
        url = assets.url(name)
        assert re.search(settings.WHITENOISE_IMMUTABLE_FILE_TEST, url)
        response = client.get(url, headers={"Accept-Encoding": "gzip"})
        assert response.status_code == 200, url
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["Content-Encoding"] == "gzip"
        response.close()


def test_the_typeface_is_small_and_has_what_pages_write(client: Client) -> None:
    """DESIGN decision 2: at most 120 KB, shown when it arrives, never waited for."""
    from fontTools.ttLib import TTFont

    assert re.search(rf'@font-face {{ [^}}]*url\("{assets.font()}"\)[^}}]*font-display: swap', assets.stylesheet())
    response = client.get(assets.url("berth.css").rpartition("/")[0] + f"/{assets.font()}")
    assert response.headers["Content-Type"] == "font/woff2"
    assert "immutable" in response.headers["Cache-Control"]
    content = b"".join(response)
    assert len(content) <= 120_000
    font = TTFont(io.BytesIO(content))
    assert {axis.axisTag: (axis.minValue, axis.maxValue) for axis in font["fvar"].axes} == {"wght": (400, 600)}
    assert set(map(ord, "Aé½…→·≥€0")) <= set(font.getBestCmap())


def test_the_editor_finds_its_modes_beside_itself() -> None:
    for name in assets._ACE:
        assert finders.find(f"{assets.editor_folder()}/{name}"), name


def test_nothing_outside_the_folder_is_found() -> None:
    assert assets.AssetFinder().find("../berth.sqlite3") == []
    assert assets.AssetFinder().find("../assets/../secret-key") == []


def test_the_sheet_has_each_icon_and_glyph_once() -> None:
    sheet = ElementTree.fromstring(icons.sheet())
    names = [symbol.attrib["id"] for symbol in sheet]
    assert len(names) == len(set(names))
    assert {f"g-{name}" for name in icons.GLYPHS} | set(icons.ICONS) == set(names)
    assert all(len(symbol[0]) for symbol in sheet)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_use_icons_there_are_and_nothing_inline(path: Path) -> None:
    text = path.read_text()
    assert set(re.findall(r"""{% icon ["']([^"']+)["']""", text)) <= set(icons.ICONS)
    assert set(re.findall(r"""{% glyph ["']([^"']+)["']""", text)) <= set(icons.GLYPHS) | set(icons.STATES)
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=|hx-on|javascript:", text)
