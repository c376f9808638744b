"""Editing an object as YAML: what is wrong with a text, and what a change will do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from console.kube import kinds
from console.kube.errors import BadRequest, Invalid, KubeError
from console.kube.kinds import Kind
from services import words
from services.manifests import allowed, decoding
from services.manifests.bundle import Document
from services.manifests.health import State
from services.manifests.paths import Path, parse_path
from services.manifests.sentences import Excess, Sentence, ServerSet, gettext_noop
from services.manifests.yamlio import Source, YamlProblem

_TOLD = 3  # problems above the editor; all of them stand below it


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the form carries: the text, the text it began with, the version that was, and when: epoch seconds."""

    text: str
    base: str
    version: str
    opened: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in the text; `line` and `column` count from 1, 0 where it has no place. `detail`: the cluster's
    own words, where they are not for people. `removable`: it is about something that only the cluster sets. `codes`:
    the names and values in the sentence, in their order. `was`: what is written there, and `instead` what would be
    right, where that is one word. `excess`: the field on this line can only be deleted."""

    line: int
    column: int
    sentence: str
    state: State = "bad"
    detail: str = ""
    removable: bool = False
    codes: tuple[str, ...] = ()
    was: str = ""
    instead: str = ""
    excess: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """How much is wrong with a text. `first`: what is told above the editor; `more`: how many are told below only.
    `removable`: some of it can be left out."""

    bad: int
    words: str
    first: tuple[Problem, ...]
    more: int
    removable: bool


def own_document(text: str, name: str, namespace: str, kind: Kind = kinds.SERVICE) -> Document | None:
    """The one document of a text that must stay this object, of the same kind, name and project; None where anything
    is wrong with it."""
    try:
        source = Source(text)
    except YamlProblem:
        return None
    return None if any(faults(source, name, namespace, kind)) else dict(source.documents[0])


def faults(source: Source, name: str, namespace: str, kind: Kind = kinds.SERVICE) -> Iterator[tuple[Path, Sentence]]:
    """Why a text is not this one object: the places, and sentences for people."""
    if not source.documents:
        yield (), Sentence(gettext_noop("The text is empty. Enter one %(kind)s."), kind=kind.kind)
        return
    if len(source.documents) > 1:
        template = gettext_noop("The text has %(count)s documents; keep only the %(kind)s.")
        yield (), Sentence(template, count=len(source.documents), kind=kind.kind)
        return
    document = source.documents[0]
    if document.get("apiVersion") != kind.api_version or document.get("kind") != kind.kind:
        template = gettext_noop("This page changes one %(kind)s: apiVersion is %(version)s and kind is %(kind)s.")
        yield ("kind",), Sentence(template, kind=kind.kind, version=kind.api_version)
    if kind is not kinds.CONFIGMAP and not isinstance(document.get("spec"), Mapping):
        yield ("spec",), Sentence(gettext_noop("spec is missing."))
    meta = document.get("metadata")
    if not isinstance(meta, Mapping):
        template = gettext_noop("metadata with the name of the %(kind)s is missing.")
        yield ("metadata",), Sentence(template, kind=kind.kind)
    elif meta.get("name") != name:
        yield ("metadata", "name"), Sentence(gettext_noop("The name cannot be changed: it is %(name)s."), name=name)
    yield from allowed.set_by_the_cluster(document)
    yield from allowed.other_namespace(document, namespace)


def placed(source: Source, problems: Iterable[tuple[Path, Sentence]]) -> tuple[Problem, ...]:
    """Problems of the first document on their lines."""
    return tuple(problem_at(source, path, sentence) for path, sentence in problems)


def problem_at(
    source: Source,
    path: Path,
    sentence: Sentence,
    *,
    index: int = 0,
    state: State = "bad",
    detail: str = "",
    before: int = 0,
) -> Problem:
    """A problem of the document with this number, on its line. `before`: lines before those of the source."""
    line, column = source.position(index, path)
    if isinstance(sentence, Excess) and sentence.twin:
        template = gettext_noop("Unknown field %(field)s in %(where)s. %(near)s is on line %(line)s.")
        twin_line = before + source.position(index, (*path[:-1], sentence.twin))[0]
        sentence = Excess(template, sentence.twin, **sentence.params, line=twin_line)
    return Problem(
        before + line,
        column,
        words.of_manifest(sentence),
        state,
        detail,
        removable=isinstance(sentence, ServerSet),
        codes=words.codes(sentence),
        was=getattr(sentence, "was", ""),
        instead=getattr(sentence, "instead", ""),
        excess=isinstance(sentence, Excess | ServerSet),
    )


def unreadable(problem: YamlProblem) -> Problem:
    """Where a text cannot be read, and why."""
    sentence = problem.message
    return Problem(
        problem.line,
        problem.column,
        words.of_manifest(sentence),
        codes=words.codes(sentence),
        excess=isinstance(sentence, Excess),
    )


def tally(problems: Sequence[Problem]) -> Tally:
    """Problems and warnings counted apart; the first to be told are those that stand in the way."""
    bad = tuple(problem for problem in problems if problem.state == "bad")
    count, hints = len(bad), len(problems) - len(bad)
    parts = (
        ngettext("%(count)s error", "%(count)s errors", count) % {"count": count} if count else "",
        ngettext("%(count)s warning", "%(count)s warnings", hints) % {"count": hints} if hints else "",
    )
    removable = any(problem.removable for problem in problems)
    return Tally(count, ", ".join(part for part in parts if part), bad[:_TOLD], max(count - _TOLD, 0), removable)


def refusals(text: str, error: KubeError) -> tuple[Problem, ...]:
    """What the cluster found wrong, on the lines of the text. Empty for errors that are not about fields."""
    if not isinstance(error, Invalid | BadRequest):
        return ()
    source = Source(text)
    slips = decoding.slips(error.message, source.documents[0] if source.documents else {})
    if slips:
        return tuple(problem_at(source, slip.path, slip.sentence, detail=slip.raw[:400]) for slip in slips)
    if isinstance(error, BadRequest):
        return (Problem(*source.position(0), gettext("The cluster could not read this."), detail=error.message[:400]),)
    messages = [(cause.field, cause.message) for cause in error.causes] or [("", error.message)]
    return tuple(
        Problem(*source.position(0, parse_path(field)), f"{field}: {message}"[:400] if field else message[:400])
        for field, message in messages
    )
