"""A wrong setting stops the start with one clear sentence; nothing is guessed."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from console import env

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("value", "means"),
    [("127.0.0.1:8000", ("127.0.0.1", 8000)), ("[::1]:0", ("::1", 0)), ("0.0.0.0:80", ("0.0.0.0", 80))],
)
def test_an_address_is_read(monkeypatch: pytest.MonkeyPatch, value: str, means: tuple[str, int]) -> None:
    monkeypatch.setenv("BERTH_BIND", value)
    assert env.address("BERTH_BIND", "x:1") == means


@pytest.mark.parametrize("value", ["8000", "localhost", "host:99999", "host:", ":80", "host:http"])
def test_a_wrong_address_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BERTH_BIND", value)
    with pytest.raises(env.WrongSetting, match="BERTH_BIND"):
        env.address("BERTH_BIND", "127.0.0.1:8000")


def test_a_flag_takes_words_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "on")
    assert env.flag("X") is True
    monkeypatch.setenv("X", "0")
    assert env.flag("X", True) is False
    monkeypatch.setenv("X", "maybe")
    with pytest.raises(env.WrongSetting, match="true or false"):
        env.flag("X")


@pytest.mark.parametrize(
    ("value", "origin", "host"),
    [
        ("https://Berth.example.org", "https://berth.example.org", "berth.example.org"),
        ("https://berth.example.org/", "https://berth.example.org", "berth.example.org"),
        ("https://berth.example.org:8443", "https://berth.example.org:8443", "berth.example.org"),
        ("http://[::1]:8000", "http://[::1]:8000", "[::1]"),
    ],
)
def test_an_origin_is_read(monkeypatch: pytest.MonkeyPatch, value: str, origin: str, host: str) -> None:
    monkeypatch.setenv("BERTH_ORIGIN", value)
    assert env.origins("BERTH_ORIGIN") == [origin]
    assert env.host(origin) == host


@pytest.mark.parametrize(
    "value",
    [
        "berth.example.org",
        "https://",
        "https://a.b/console",
        "ftp://a.b",
        "https://u@a.b",
        "https://a:x",
        "https://[::1",
    ],
)
def test_a_wrong_origin_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BERTH_ORIGIN", f"https://good.example.org,{value}")
    with pytest.raises(env.WrongSetting, match="BERTH_ORIGIN"):
        env.origins("BERTH_ORIGIN")


def test_the_session_key_is_made_once_and_kept_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BERTH_SECRET_KEY", raising=False)
    first = env.secret_key(tmp_path)
    assert len(first) > 60
    assert env.secret_key(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    (tmp_path / "secret.key").chmod(0o644)
    with pytest.raises(env.WrongSetting, match="read by others"):
        env.secret_key(tmp_path)


def test_a_short_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERTH_SECRET_KEY", "short")
    with pytest.raises(env.WrongSetting, match="too short"):
        env.secret_key(tmp_path)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("BERTH_BIND", "nowhere"),
        ("BERTH_DATABASE_URL", "gopher://x"),
        ("BERTH_KUBECONFIG", "/does/not/exist"),
        ("BERTH_DEBUG", "perhaps"),
        ("BERTH_ORIGIN", "berth.example.org"),
    ],
)
def test_the_start_says_it_in_one_sentence(tmp_path: Path, setting: str, value: str) -> None:
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith(("BERTH_", "DJANGO_"))}
    ran = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**surroundings, "BERTH_DATA": str(tmp_path), setting: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0
    assert "Traceback" not in ran.stderr
    assert ran.stderr.startswith("Berth cannot start: ")
    assert setting in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
