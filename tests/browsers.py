"""A console as people run it (its own process, its own data), and a Chromium to use it with."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Route, sync_playwright

from tests.clusters import ASSETS, ROOT, Cluster, Process, eventually

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Desk:
    """A project of a running console, and the people in it (see tests/people.py), each with a sign-in link."""

    console: "Console"
    project: str
    workspace: str
    people: dict[str, str]
    links: dict[str, str]

    @property
    def url(self) -> str:
        return f"{self.console.url}/projects/{self.project}"

    def sign_in(self, page: Page, name: str = "olive") -> None:
        """Open the person's link and press its button. Works once for each person of a desk."""
        page.goto(self.links[name])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/signin/" not in url)


@dataclass
class Console:
    """`manage.py serve` against a cluster, with a data folder of its own."""

    cluster: Cluster
    folder: Path
    url: str = ""
    env: dict[str, str] = field(default_factory=dict)
    _process: Process | None = field(default=None, repr=False)
    _maker: "subprocess.Popen[str] | None" = field(default=None, repr=False)

    def start(self, port: int = 0) -> None:
        """Start it and wait until it says where it is."""
        command = [sys.executable, "manage.py", "serve"]
        env = self._env() | {"BERTH_BIND": f"127.0.0.1:{port}"}
        self._process = Process(command, self.folder / "console.log", env=env, ready="Console  ")
        output = self._process.wait(60)
        match = re.search(r"^Console  (\S+)", output, re.M)
        assert match, output
        self.url = match[1]

    def stop(self) -> None:
        if self._process:
            self._process.stop()
            self._process = None
        if self._maker:
            self._maker.communicate()  # the end of what it reads is its end
            self._maker = None

    def crash(self) -> None:
        """Kill it in the middle of whatever it does."""
        assert self._process
        self._process.kill()
        self._process = None

    def restart(self) -> None:
        """Stop it and start it again at the same address."""
        port = int(self.url.rpartition(":")[2])
        self.stop()
        self.start(port)

    def desk(self) -> Desk:
        """A fresh project with people, made in this console's database and cluster."""
        if self._maker is None:
            with (self.folder / "people.log").open("ab") as log:
                self._maker = subprocess.Popen(
                    [sys.executable, "-m", "tests.people"],
                    cwd=ROOT,
                    env=self._env(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
        assert self._maker.stdin
        assert self._maker.stdout
        self._maker.stdin.write(self.url + "\n")
        self._maker.stdin.flush()
        answer = next((line for line in self._maker.stdout if line.startswith(('{"project"', '{"failed"'))), "{}")
        made = json.loads(answer)
        assert "project" in made, f"{answer}{(self.folder / 'people.log').read_text()[-3000:]}"
        return Desk(self, **made)

    def manage(self, *arguments: str) -> str:
        """What a command of manage.py prints, with this console's database."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self._env(), capture_output=True, text=True, check=True)
        return done.stdout

    @property
    def log(self) -> str:
        return (self.folder / "console.log").read_text()

    def _env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BERTH_")}
        return kept | {
            "BERTH_DATA": str(self.folder),
            "BERTH_KUBECONFIG": str(self.cluster.kubeconfig),
            "BERTH_CONTEXT": "console",
            "BERTH_ASSETS": str(ASSETS),
            "DJANGO_SETTINGS_MODULE": "console.settings",
            **self.env,
        }


Browsers = Callable[[str], Browser]


@contextmanager
def playwright() -> Iterator[Browsers]:
    """A function that gives the browser of a program, without a window: the same one each time."""
    with sync_playwright() as driver:
        made: dict[str, Browser] = {}

        def browser(program: str) -> Browser:
            if program not in made:
                made[program] = driver.chromium.launch(executable_path=program, args=FLAGS)
            return made[program]

        yield browser
        for instance in made.values():
            instance.close()


def held_route(page: Page, held: list[Route]) -> Route:
    """The request that a route of this page holds back. That it was sent is told before it comes to the route, so it is
    waited for; asking the page lets playwright hand it over.
    """
    return eventually(lambda: page.title() is not None and held)[0]


@dataclass
class Watched:
    """A page whose scripts' errors and broken policies are kept: a test that ends with any has failed."""

    page: Page
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", self._error)
        self.page.on("console", self._said)

    def _error(self, error: Error) -> None:
        self.problems.append(f"script error: {error}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.problems.append(message.text)
