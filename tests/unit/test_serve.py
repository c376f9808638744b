"""`manage.py serve` as a process of its own: it starts without a setting, is of use at once, leaves when told to."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.clusters import ASSETS, eventually
from tests.overhttp import Page, Person
from tests.web.creating import Wizard

ROOT = Path(__file__).resolve().parents[2]
GIVEN = {"BERTH_BIND": "127.0.0.1:0", "BERTH_ASSETS": str(ASSETS)}


@contextmanager
def serving(folder: Path, **more: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The console with an empty data folder, and what it printed until it was ready."""
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith(("BERTH_", "DJANGO_", "KUBERNETES_"))}
    env = {**surroundings, **GIVEN, "BERTH_DATA": str(folder), **more}
    command = [sys.executable, "manage.py", "serve"]
    with (
        (folder.parent / f"{folder.name}.errors").open("w") as errors,
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=errors, text=True) as ran,
    ):
        assert ran.stdout is not None
        printed = []
        try:
            for line in ran.stdout:
                printed.append(line.rstrip("\n"))
                if line.startswith("Stop with"):
                    break
            yield ran, printed
        finally:
            if ran.poll() is None:
                ran.send_signal(signal.SIGTERM)
                try:
                    ran.wait(20)
                finally:
                    ran.kill()


def signed_in(printed: list[str], name: str) -> tuple[Person, Page]:
    """By the link that was printed, at once: what is printed is true."""
    (link,) = [line.split()[-1] for line in printed if line.startswith(f"Sign in  {name}  ")]
    person = Person(link.partition("/signin/")[0])
    return person, person.sign_in(link)


def _files(folder: Path) -> Iterator[tuple[str, int, bytes]]:
    """(name, mode, content) of all that stands in `folder`; SQLite removes its journals when it wants."""
    for path in [folder, *folder.rglob("*")]:
        with suppress(FileNotFoundError):
            yield path.name, path.stat().st_mode, path.read_bytes() if path.is_file() else b""


def test_nobody_else_can_read_what_it_keeps_and_what_is_kept_signs_nobody_in(tmp_path: Path) -> None:
    """S2: whatever the umask, folders are 0700 and files 0600; the database has no key of a session."""
    before = os.umask(0)
    try:
        with serving(tmp_path / "data", BERTH_EMBEDDED_FAST="1") as (_ran, printed):
            person, _home = signed_in(printed, "project-regular")
            kept = list(_files(tmp_path / "data"))
            key = next(cookie.value for cookie in person.cookies if cookie.name == "berth")
    finally:
        os.umask(before)
    assert len(kept) > 5
    assert [name for name, mode, _content in kept if mode & 0o077] == []
    databases = [content for name, _mode, content in kept if name.startswith("berth.sqlite3")]
    assert databases
    assert key
    assert not any(key.encode() in content for content in databases)


def test_an_open_data_folder_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    """S2"""
    tmp_path.chmod(0o755)
    command = [sys.executable, "manage.py", "check"]
    env = {**os.environ, "BERTH_DATA": str(tmp_path)}
    refused = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    mend = refused.stderr.strip().partition("mend it: ")[2]
    assert mend == f"chmod -R go= {tmp_path}"
    subprocess.run(mend, shell=True, check=True)
    subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=True)


def test_sigterm_stops_all_of_it_and_is_no_failure(tmp_path: Path) -> None:
    """R8: also the embedded cluster is stopped, and what waits for the console sees an exit code of 0."""
    with serving(tmp_path, BERTH_EMBEDDED_FAST="1") as (ran, _printed):
        ran.send_signal(signal.SIGTERM)
        assert ran.wait(20) == 0


def test_an_open_page_does_not_hold_up_ctrl_c(tmp_path: Path) -> None:
    with serving(tmp_path, BERTH_EMBEDDED_FAST="1") as (ran, printed):
        person, _home = signed_in(printed, "project-regular")
        with person.open("/projects/demo-project/services/stream/") as stream:
            assert stream.readline().startswith(b"retry:")
            ran.send_signal(signal.SIGINT)
            assert ran.wait(20) == 0
            stream.read()
    errors = (tmp_path.parent / f"{tmp_path.name}.errors").read_text()
    assert "graceful shutdown exceeded" not in errors, "it had to be cut off"
    assert "Traceback" not in errors


def test_a_second_one_at_the_same_address_says_so_and_does_nothing(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir(mode=0o700)
    second.mkdir(mode=0o700)
    with serving(first, BERTH_EMBEDDED_FAST="1") as (_ran, printed):
        (where,) = [line.removeprefix("Console  http://") for line in printed if line.startswith("Console  ")]
        with serving(second, BERTH_EMBEDDED_FAST="1", BERTH_BIND=where) as (other, words):
            assert other.wait(20) != 0
        assert not any("ready" in line for line in words)
        assert "nobody can listen there" in (tmp_path / "second.errors").read_text() + "".join(words)


def test_project_regular_makes_a_service_with_nothing_but_what_is_printed(tmp_path: Path) -> None:
    with serving(tmp_path) as (_ran, printed):
        person, home = signed_in(printed, "project-regular")
        assert home.request["PATH_INFO"] == "/"
        assert "project-regular" in home.words()
        person.follow("/projects/demo-project/")
        person.follow("/projects/demo-project/services/")
        person.follow("/projects/demo-project/services/new/")
        wizard = Wizard(person, "demo-project")  # type: ignore[arg-type]
        wizard.start("stateless").submit(name="demo-stateless")
        wizard.submit(
            replicas=2,
            containers__0__image="nginx",
            containers__0__ports__0__container_port=80,
            containers__0__ports__0__service_port=80,
        )
        assert wizard.step == "storage", wizard.problems()
        wizard.submit().submit()
        assert wizard.step == "review", wizard.problems()
        assert wizard.text.count("Accepted") == 2
        wizard.post("create")
        details = "/projects/demo-project/service/demo-stateless/"
        assert person.page.request["PATH_INFO"] == details, wizard.problems()
        assert "Created demo-stateless." in person.page.words()
        assert eventually(lambda: "2/2 ready" in person.get(details).words())
