"""Image references: ``registry.example.com:5000/team/app:1.2@sha256:...`` taken apart, with errors a person can use."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.manifests.sentences import Sentence, gettext_noop

DOCKER_HUB = "docker.io"
DEFAULT_TAG = "latest"

_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
)


@dataclass(frozen=True)
class Image:
    """``registry`` as it is reached (docker.io where none is written), ``repository`` without it, ``tag`` "" and
    ``digest`` "" where none is written."""

    registry: str
    repository: str
    tag: str
    digest: str

    @property
    def effective_tag(self) -> str:
        """The tag that is pulled: ``latest`` where neither tag nor digest is written."""
        return self.tag or ("" if self.digest else DEFAULT_TAG)


def parse_image(text: str) -> Image | Sentence:
    """The parts of an image reference, or what is wrong with it."""
    if not text:
        return Sentence(gettext_noop("Enter an image."))
    if re.search(r"\s", text):
        return Sentence(gettext_noop("An image name cannot contain spaces."))
    if "://" in text:
        return Sentence(gettext_noop("Enter the image without http://."))
    rest, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        return Sentence(gettext_noop("“@” must be followed by a digest: sha256: and 64 hexadecimal digits."))
    host, slash, path = rest.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost" or host != host.lower()):
        host, path = "", rest
    return _parts(host, path, digest)


def _parts(host: str, path: str, digest: str) -> Image | Sentence:
    if host and not _HOST.fullmatch(host):
        return Sentence(
            gettext_noop("%(host)s is not a registry. Enter a host name, with a port if needed."), host=host
        )
    repository, colon, tag = path.partition(":")
    if colon and not _TAG.fullmatch(tag):
        return Sentence(
            gettext_noop(
                "“:” must be followed by a tag: up to 128 letters, digits, “_”, “.” and “-”, "
                "which does not start with “.” or “-”."
            )
        )
    if repository != repository.lower():
        return Sentence(gettext_noop("Repository names are lowercase: %(name)s."), name=repository.lower())
    if not repository or not all(_COMPONENT.fullmatch(part) for part in repository.split("/")):
        return Sentence(
            gettext_noop("“%(name)s” is not a valid repository. Examples: nginx, team/app."), name=repository
        )
    if len(repository) > 255:
        return Sentence(gettext_noop("Repository names have at most 255 characters."))
    if host in ("", DOCKER_HUB, "index.docker.io") and "/" not in repository:
        repository = f"library/{repository}"
    return Image(host if host and host != "index.docker.io" else DOCKER_HUB, repository, tag, digest)


def image(text: str) -> Sentence | None:
    """The rule for an image."""
    parsed = parse_image(text)
    return parsed if isinstance(parsed, Sentence) else None
