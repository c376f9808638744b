"""Settings from the environment, read through typed helpers that fail loudly and in one sentence."""

import os
import shlex
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit


class WrongSetting(Exception):
    """A setting that cannot be used. The message is one sentence for the person who starts the console."""


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise WrongSetting(f"{name} is {value!r}; it takes true or false.")


def number(name: str, default: int) -> int:
    """A whole number, 1 or more."""
    value = text(name, str(default))
    if not value.isdecimal() or not 0 < len(value) < 10 or not int(value):
        raise WrongSetting(f"{name} is {value!r}; it takes a whole number, {default} for example.")
    return int(value)


def days(name: str, default: int) -> int | None:
    """A number of days, or None for "never"."""
    return None if text(name).lower() == "never" else number(name, default)


def address(name: str, default: str) -> tuple[str, int]:
    """A `host:port` to listen on; an IPv6 host stands in brackets."""
    value = text(name, default)
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise WrongSetting(f"{name} is {value!r}; it takes an address and a port, {default} for example.")
    return host.strip("[]"), int(port)


def words(name: str) -> list[str]:
    return [word.strip() for word in text(name).split(",") if word.strip()]


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks: `10.0.0.0/8, 192.0.2.7`."""
    ranges = []
    for word in words(name):
        try:
            ranges.append(ip_network(word))
        except ValueError as error:
            raise WrongSetting(f"{name} is {word!r}; it takes addresses and networks, 10.0.0.0/8.") from error
    return ranges


def origins(name: str) -> list[str]:
    """Where people reach the console: `https://berth.example.org`, with a port if it is not the usual one."""
    addresses = []
    for word in words(name):
        try:
            parts = urlsplit(word.lower())
            usable = parts.scheme in {"http", "https"} and parts.hostname and "@" not in word and parts.port != 0
        except ValueError:
            usable = False
        if not usable or parts.path not in {"", "/"} or parts.query or parts.fragment:
            raise WrongSetting(f"{name} is {word!r}; it takes addresses without a path, https://berth.example.org.")
        addresses.append(f"{parts.scheme}://{parts.netloc}")
    return addresses


def host(origin: str) -> str:
    """The host of an origin as a request names it: without port, an IPv6 address in brackets."""
    name = urlsplit(origin).hostname or ""
    return f"[{name}]" if ":" in name else name


def existing_file(name: str) -> Path | None:
    value = text(name)
    if not value:
        return None
    path = Path(value).expanduser()
    if not path.is_file():
        raise WrongSetting(f"{name} is {value!r}, and there is no such file.")
    return path


def private_folder(name: str, default: Path) -> Path:
    """A folder that only its owner can open, made if it is not there; from now on so is all that this process writes.

    The database in it lets whoever reads it act as anybody, and so do the embedded cluster's keys.
    """
    os.umask(0o077)
    path = Path(text(name) or default).expanduser().resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WrongSetting(f"{name} is {str(path)!r}, and that folder cannot be made ({error.strerror}).") from error
    if not os.access(path, os.W_OK):
        raise WrongSetting(f"{name} is {str(path)!r}, and that folder cannot be written to.")
    if path.stat().st_mode & 0o077:
        mend = f"chmod -R go= {shlex.quote(str(path))}"
        raise WrongSetting(f"{name} is {str(path)!r}, and others on this machine can open that folder; mend it: {mend}")
    return path


def secret_key(data: Path) -> str:
    """BERTH_SECRET_KEY, or a key of our own that the data folder keeps (readable by its owner only)."""
    key = text("BERTH_SECRET_KEY")
    if key:
        if len(key) < 40:
            raise WrongSetting("BERTH_SECRET_KEY is too short; it takes at least 40 random characters.")
        return key
    path = data / "secret.key"
    if not path.exists():
        import secrets

        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(64))
        except FileExistsError:
            pass  # another process of this console was first
    if path.stat().st_mode & 0o077:
        raise WrongSetting(f"{path} can be read by others; make it readable by its owner only (chmod 600).")
    return path.read_text().strip()
