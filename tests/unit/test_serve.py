"""`manage.py serve` as a process of its own: it starts without a setting and leaves when told to."""

import os
import re
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ran(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith(("BERTH_", "DJANGO_", "KUBERNETES_"))}
    env = {**surroundings, "BERTH_DATA": str(tmp_path), "BERTH_BIND": "127.0.0.1:0", "BERTH_EMBEDDED_FAST": "1"}
    command = [sys.executable, "manage.py", "serve"]
    with (
        (tmp_path / "errors").open("w") as errors,
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        yield process
        process.kill()


def said(process: "subprocess.Popen[str]") -> str:
    """What it prints until it says how to stop it."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Stop with"):
            break
    return "".join(lines)


def signed_in(words: str, name: str) -> OpenerDirector:
    """A browser in which this person is signed in, by the link that was printed."""
    link = re.search(rf"^Sign in  {name}  (\S+)$", words, re.M)
    assert link, words
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = browser.open(link[1], timeout=10).read().decode()  # at once: what is printed is true
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token, page
    data = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1]}).encode()
    assert browser.open(link[1], data, timeout=10).status == 200
    return browser


def test_sigterm_stops_all_of_it_and_is_no_failure(ran: "subprocess.Popen[str]") -> None:
    """R8: also the embedded cluster is stopped, and what waits for the console sees an exit code of 0."""
    said(ran)
    ran.send_signal(signal.SIGTERM)
    assert ran.wait(20) == 0


def test_an_open_page_does_not_hold_up_ctrl_c(ran: "subprocess.Popen[str]", tmp_path: Path) -> None:
    words = said(ran)
    console = re.search(r"^Console  (\S+)$", words, re.M)
    assert console
    browser = signed_in(words, "project-regular")
    with browser.open(f"{console[1]}/projects/demo-project/services/stream/", timeout=10) as stream:
        assert stream.readline().startswith(b"retry:")
        ran.send_signal(signal.SIGINT)
        assert ran.wait(4) == 0, "the limit for those who do not go by themselves is 5 s"
        stream.read()
    assert "Traceback" not in (tmp_path / "errors").read_text()
