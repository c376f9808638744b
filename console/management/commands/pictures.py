"""`manage.py pictures`: start the demo in a folder of its own, and render every screen into var/pictures/."""

import html
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from time import sleep
from typing import Any
from urllib.parse import urljoin
from urllib.request import urlopen

from django.conf import settings
from django.core.management import BaseCommand, CommandParser
from django.template.loader import render_to_string

from console.management.screen import WIDE, Screen
from console.management.screens import SCREENS

PROJECT = "/projects/demo-project/"
THEMES = ("light", "dark")
BROWSERS = (
    "/usr/bin/chromium-headless-shell",
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
)


class Command(BaseCommand):
    help = (
        "Render every screen, light and dark, wide and on a phone, into var/pictures; --docs refreshes docs/pictures."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", default="", help="a regular expression for the names of screens")
        parser.add_argument("--docs", action="store_true", help="refresh the pictures that README and docs show, too")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from playwright.sync_api import sync_playwright
        except ImportError:
            raise SystemExit("Pictures need Playwright: make .venv/dev installs it.") from None
        wanted = [screen for screen in SCREENS if re.search(options["only"], screen.name)]
        folder = Path(settings.BASE_DIR) / "var" / "pictures"
        folder.mkdir(parents=True, exist_ok=True)
        with demo() as (base, links, data, server), sync_playwright() as playwright:
            chrome = next((path for path in BROWSERS if Path(path).exists()), None)
            camera = _Camera(
                playwright.chromium.launch(executable_path=chrome, args=["--font-render-hinting=none"]),
                base,
                links,
                folder,
                data,
                server,
            )
            taken = [self._take(camera, screen, options["docs"]) for screen in wanted]
        (folder / "index.html").write_text(_index(folder))
        missed = [screen.name for screen, done in zip(wanted, taken, strict=True) if not done]
        self.stdout.write(f"{len(wanted) - len(missed)} screens in {folder}/index.html")
        if missed:
            raise SystemExit(f"Not taken: {', '.join(missed)}")

    def _take(self, camera: "_Camera", screen: Screen, docs: bool) -> bool:
        trouble = camera.take(screen)
        if trouble:
            self.stderr.write(f"{screen.name}: {trouble}")
        elif docs and screen.docs:
            target = Path(settings.BASE_DIR) / "docs" / "pictures" / f"{screen.name}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((camera.folder / target.name).read_bytes())
        return not trouble


@contextmanager
def demo() -> Iterator[tuple[str, dict[str, str], Path, int]]:
    """The console with its embedded cluster in a fresh folder: its address, a sign-in link for each person, the folder,
    and the id of its process."""
    with tempfile.TemporaryDirectory() as folder:
        env = {key: value for key, value in os.environ.items() if not key.startswith("BERTH_")}
        env |= {"BERTH_DATA": folder, "BERTH_BIND": "127.0.0.1:0", "BERTH_EMBEDDED_FAST": "1", "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "serve"]
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
            try:
                base, links = _welcome(server)
                _answers(base)
                yield base, links, Path(folder), server.pid
            finally:
                server.terminate()


def _welcome(server: "subprocess.Popen[str]") -> tuple[str, dict[str, str]]:
    base, links = "", {}
    for line in server.stdout or ():
        words = line.split()
        if words[:1] == ["Console"]:
            base = words[1]
        if words[:2] == ["Sign", "in"] and len(words) == 4:
            links[words[2]] = words[3]
        if line.startswith("Stop with"):
            return base, links
    raise SystemExit("The demo did not start.")


def _answers(base: str) -> None:
    for _ in range(100):
        with suppress(OSError), urlopen(f"{base}/healthz/ready", timeout=5):  # noqa: S310 - our own address
            return
        sleep(0.2)
    raise SystemExit("The demo does not answer.")


class _Camera:
    """One browser session for each screen; its page is shown in each theme and width. Pictures land in `folder`."""

    def __init__(self, browser: Any, base: str, links: dict[str, str], folder: Path, data: Path, server: int) -> None:
        self.browser, self.base, self.links, self.folder = browser, base, links, folder
        self.data, self.server = data, server
        self._states: dict[str, Any] = {}

    def take(self, screen: Screen) -> str:
        """Take the pictures of one screen; "" or what went wrong."""
        context = self.browser.new_context(
            viewport={"width": screen.widths[0], "height": 900},
            storage_state=self._signed_in(screen.who),
            java_script_enabled=screen.scripts,
            reduced_motion="reduce",
        )
        try:
            page = context.new_page()
            page.set_default_timeout(120_000)  # six readings of CPU and memory, or a halted cluster, are waited for
            page.goto(urljoin(urljoin(self.base, PROJECT), screen.path))
            for act in screen.do:
                self._act(page, act)
            for width in screen.widths:
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_timeout(300)
                for theme in THEMES:
                    page.emulate_media(color_scheme=theme)
                    if screen.whole:  # what sticks to the foot of the screen belongs to the foot of the picture
                        tall = page.evaluate("document.documentElement.scrollHeight") if screen.scripts else 1200
                        page.set_viewport_size({"width": width, "height": max(700, min(tall, 6000))})
                    page.screenshot(path=self.folder / _file(screen.name, theme, width))
        except Exception as error:  # noqa: BLE001 - one screen that fails must not stop the others
            return str(error).splitlines()[0]
        finally:
            self._signal_cluster(SIGCONT)
            context.close()
        return ""

    def _act(self, page: Any, act: str) -> None:
        verb, _, rest = act.partition(" ")
        if verb == "elsewhere":
            self._elsewhere(page, rest)
        elif verb == "cluster":
            self._signal_cluster(SIGSTOP)
        elif verb == "sql":
            with closing(sqlite3.connect(self.data / "berth.sqlite3", timeout=30)) as database, database:
                database.execute(rest)
        elif verb == "render":
            template, _, selector = rest.partition(" = ")
            loading = render_to_string(template, {"loading": True})
            page.locator(selector).evaluate("(it, loading) => { it.outerHTML = loading }", loading)
        else:
            _do(verb, page, rest)
        page.wait_for_load_state()

    def _elsewhere(self, page: Any, rest: str) -> None:
        path, *acts = rest.split(" | ")
        other = page.context.new_page()
        other.goto(page.url if path == "." else urljoin(urljoin(self.base, PROJECT), path))
        for act in acts:
            self._act(other, act)
        other.close()

    def _signal_cluster(self, signal: int) -> None:
        """Halt the embedded cluster, which is a child of the console, or let it go on."""
        for children in Path(f"/proc/{self.server}/task").glob("*/children"):
            for child in children.read_text().split():
                os.kill(int(child), signal)

    def _signed_in(self, who: str) -> Any:
        if who and who not in self._states:
            context = self.browser.new_context()
            page = context.new_page()
            page.goto(self.links[who])
            if page.locator("main form button").count():
                page.click("main form button")
                page.wait_for_load_state()
            self._states[who] = context.storage_state()
            context.close()
        return self._states.get(who)


def _do(verb: str, page: Any, rest: str) -> None:
    if verb == "fill":
        selector, _, text = rest.rpartition(" = ")
        page.fill(selector, text)
    elif verb == "choose":
        selector, _, value = rest.rpartition(" = ")
        page.select_option(selector, value)
    elif verb == "replace":
        old, _, new = rest.partition(" = ")
        page.evaluate(
            "([old, to]) => { const it = ace.edit(document.querySelector('.ace_editor'));"
            " it.setValue(old ? it.getValue().replace(old, to) : to, -1) }",
            [old.strip(), new],
        )
    elif verb == "send":
        page.evaluate(
            "selector => { const form = document.querySelector(selector);"
            " fetch(form.action, {method: 'POST', body: new FormData(form), keepalive: true}) }",
            rest,
        )
        page.wait_for_timeout(500)
    elif verb == "press":
        page.keyboard.press(rest)
    elif verb == "see":
        page.wait_for_selector(rest, state="attached")
    elif verb == "go":
        page.goto(urljoin(page.url, rest))
    else:
        {"click": page.click, "hover": page.hover}[verb](rest)


def _file(name: str, theme: str, width: int) -> str:
    return f"{name}{'-dark' if theme == 'dark' else ''}{f'-{width}' if width != WIDE else ''}.png"


def _index(folder: Path) -> str:
    names = sorted(path.name for path in folder.glob("*.png"))
    pictures = "".join(
        f'<figure><a href="{html.escape(name)}"><img loading="lazy" src="{html.escape(name)}" alt=""></a>'
        f"<figcaption>{html.escape(name)}</figcaption></figure>"
        for name in names
    )
    style = "body{font:13px sans-serif;display:flex;flex-wrap:wrap;gap:16px}img{max-height:420px;border:1px solid #999}"
    return f"<!doctype html><title>Berth, every screen</title><style>{style}</style>{pictures}\n"
