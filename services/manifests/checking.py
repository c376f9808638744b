"""A whole text against the schemas of a cluster: every document, with the place of each finding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal

from services.manifests import schema
from services.manifests.allowed import ALLOWED_KINDS, kept_annotations
from services.manifests.bundle import Document
from services.manifests.images import Image, parse_image
from services.manifests.paths import Path
from services.manifests.references import containers_of
from services.manifests.risks import risks, unit_slips
from services.manifests.schema import Catalogue
from services.manifests.sentences import Sentence, gettext_noop
from services.manifests.tree import get
from services.manifests.yamlio import MAX_BYTES, MAX_DOCUMENTS, Source, YamlProblem

MAX_FINDINGS = 100

_MARKER = re.compile(r"^---(?=[ \t\r\n]|$)", re.M)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a place of document ``index``. ``state``: bad (a strict cluster refuses it) or warn."""

    index: int
    path: Path
    state: Literal["bad", "warn"]
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Findings:
    """``against``: the group versions that documents were checked against; ``unchecked``: those whose schemas could not
    be had, so that nothing can be said about their documents."""

    findings: tuple[Finding, ...]
    against: tuple[str, ...]
    unchecked: tuple[str, ...]


def findings(
    documents: tuple[Document, ...],
    catalogue: Catalogue,
    namespace: str = "",
    kinds: Mapping[str, tuple[str, ...]] = ALLOWED_KINDS,
) -> Findings:
    """The first findings (at most 100) of documents for ``namespace``. Only `kinds` (and their versions) are looked at:
    what another kind says is not what is wrong with it."""
    all_findings: list[Finding] = []
    against: dict[str, None] = {}
    unchecked: dict[str, None] = {}
    for index, document in enumerate(documents):
        version, kind = document.get("apiVersion"), document.get("kind")
        if not isinstance(kind, str) or version not in kinds.get(kind, ()):
            continue
        published = catalogue(version)
        wanted = published.kind(version, kind) if published else None
        if published is None or wanted is None:
            unchecked[version] = None
        else:
            against[version] = None
            room = max(MAX_FINDINGS - len(all_findings), 0)
            problems = schema.problems(document, wanted, published.resolve, limit=room)
            all_findings += [Finding(index, path, "bad", sentence) for path, sentence in problems]
        all_findings += [Finding(index, path, "warn", sentence) for path, sentence in _hints(document, namespace)]
    return Findings(tuple(all_findings[:MAX_FINDINGS]), tuple(against), tuple(unchecked))


def parts(text: str) -> tuple[tuple[int, Source | YamlProblem], ...]:
    """The text as it can be read, with the lines before each part (a problem has them already): whole, or, where it is
    no YAML, one document after the other, so that a slip in one does not hide the problems of the rest."""
    whole = _read(text)
    if isinstance(whole, Source):
        return ((0, whole),)
    starts = [0, *(marker.start() for marker in _MARKER.finditer(text) if marker.start())]
    if len(starts) < 2 or len(starts) > MAX_DOCUMENTS or len(text) > MAX_BYTES:
        return ((0, whole),)
    pieces = [text[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]
    read = [_read(piece) for piece in pieces]
    if not any(isinstance(part, YamlProblem) for part in read):
        return ((0, whole),)
    before = accumulate((piece.count("\n") for piece in pieces), initial=0)
    return tuple(
        (at, part.moved(at) if isinstance(part, YamlProblem) else part) for at, part in zip(before, read, strict=False)
    )


def _read(text: str) -> Source | YamlProblem:
    try:
        return Source(text)
    except YamlProblem as problem:
        return problem


def _hints(document: Document, namespace: str) -> Iterator[tuple[Path, Sentence]]:
    """What is valid and still surprises people: an image whose tag moves, a name that leads astray."""
    yield from risks(document, namespace)
    yield from kept_annotations(document)
    yield from unit_slips(document)
    yield from _modes(document, ())
    for path, container in containers_of(document):
        text = get(container, ("image",))
        image = parse_image(text) if isinstance(text, str) else None
        if isinstance(image, Image) and image.effective_tag == "latest":
            sentence = gettext_noop("latest can point to a different image after a restart. Pin a version.")
            if not image.tag:
                sentence = gettext_noop(
                    "No tag means latest, which can point to a different image after a restart. Pin a version."
                )
            yield (*path, "image"), Sentence(sentence)


def _modes(value: Any, path: Path) -> Iterator[tuple[Path, Sentence]]:
    """Modes of files in decimal digits that make sense only in octal."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in inside:
        if isinstance(child, dict | list):
            yield from _modes(child, (*path, step))
        elif step in ("mode", "defaultMode") and type(child) is int and _meant_in_octal(child):
            template = gettext_noop(
                "%(mode)s in decimal is %(octal)s in octal. If the usual octal mode was meant, write 0%(mode)s or "
                "%(meant)s."
            )
            yield (*path, step), Sentence(template, mode=child, octal=f"0{child:o}", meant=int(str(child), 8))


def _meant_in_octal(mode: int) -> bool:
    digits = str(mode)
    return bool(re.fullmatch(r"[0-7]{3}", digits)) and not _is_usual(mode) and _is_usual(int(digits, 8))


def _is_usual(mode: int) -> bool:
    """Whether nobody may more than who stands before them, or write without reading."""
    owner, group, other = mode >> 6, mode >> 3 & 7, mode & 7
    fits = owner | group == owner and group | other == group
    return mode <= 0o777 and fits and not any(bits & 2 and not bits & 4 for bits in (owner, group, other))
