"""What is known about a text while it is written and saved: problems on their lines, and what was checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from django.utils.translation import gettext

from accounts.scope import Scope
from console.kube.errors import KubeError
from console.kube.hub import Cluster
from console.kube.kinds import Ref
from console.kube.reader import Reader
from services import words
from services.manifests import allowed
from services.manifests.bundle import Document
from services.manifests.checking import Findings, findings, parts
from services.manifests.openapi import Catalogue, Published
from services.manifests.paths import Path
from services.manifests.sentences import Sentence, ServerSet, gettext_noop
from services.manifests.yamlio import Source, YamlProblem
from services.yaml_editor import problem_lines
from services.yaml_editor.problem_lines import Problem
from services.yaml_editor.stored import read_object

SCHEMA_SECONDS = 8.0

Fault = tuple[int, Path, Sentence]
Rules = Callable[[Source], Iterable[Fault]]


@dataclass(frozen=True, slots=True)
class Report:
    """`problems` in the order of the text. `checked`: what its fields were held against, in words, or that they could
    not be; empty where nothing got that far. `whole`: all that can be read was checked: no problem means no problem."""

    problems: tuple[Problem, ...]
    checked: str = ""
    whole: bool = False


def catalogue(reader: Reader) -> Catalogue:
    """The schemas of the connected cluster, for one request: a cluster that does not answer is not asked twice."""
    had: dict[str, Published | None] = {}

    def find(version: str) -> Published | None:
        if version not in had:
            silent = None in had.values()
            had[version] = None if silent else _published(reader, version)
        return had[version]

    return find


def _published(reader: Reader, version: str) -> Published | None:
    try:
        return Published(reader.openapi(version, timeout=SCHEMA_SECONDS))
    except KubeError:
        return None


def of_new(text: str, namespace: str, schemas: Catalogue) -> Report:
    """A text whose documents are to be created in `namespace`."""

    def faults(source: Source) -> Iterator[Fault]:
        if not source.documents:
            yield 0, (), Sentence(gettext_noop("The text has no documents."))
        yield from allowed.bundle_problems(source.documents, namespace)

    return _report(text, faults, partial(findings, catalogue=schemas, namespace=namespace))


def of_stored(text: str, ref: Ref, schemas: Catalogue, stored: Callable[[], Document | None]) -> Report:
    """A text that is to stay this object. `stored`: what it is now, asked for only where that matters; None
    where it is not known."""

    place = ref.namespace or ""

    def faults(source: Source) -> Iterator[Fault]:
        for path, sentence in problem_lines.faults(source, ref.name, place, ref.kind):
            yield 0, path, sentence
        if len(source.documents) != 1 or not any(allowed.dangers(source.documents[0])):
            return
        before = stored()
        for path, sentence in allowed.dangers(source.documents[0], before) if before is not None else ():
            yield 0, path, sentence

    kinds = {ref.kind.kind: (ref.kind.api_version,)}
    return _report(text, faults, partial(findings, catalogue=schemas, namespace=place, kinds=kinds))


def report_on(cluster: Cluster, scope: Scope, text: str, *, of: Ref | None = None) -> Report:
    """Everything that is known to be wrong with a text, for pages that show it on its lines. `of`: the object that it
    is to stay; without one its documents are to be created."""
    schemas = catalogue(cluster.gateway.reader)
    if of is None:
        return of_new(text, scope.place, schemas)

    def stored() -> Document | None:
        try:
            return read_object(scope, cluster, of.kind, of.name)
        except KubeError:
            return None

    return of_stored(text, of, schemas, stored)


def _report(text: str, faults: Rules, by_the_schemas: Callable[[tuple[Document, ...]], Findings]) -> Report:
    read = parts(text)
    problems: list[Problem] = []
    by_schema: list[Findings] = []
    for before, part in read:
        if isinstance(part, YamlProblem):
            problems.append(problem_lines.unreadable(part))
        elif part.documents or len(read) == 1:
            by_schema.append(by_the_schemas(part.documents))
            part_problems = _in_order(part, tuple(faults(part)), by_schema[-1])
            problems += [replace(problem, line=problem.line + before) for problem in part_problems]
    unchecked = list(dict.fromkeys(version for part_findings in by_schema for version in part_findings.unchecked))
    against = list(dict.fromkeys(version for part_findings in by_schema for version in part_findings.against))
    return Report(tuple(problems), _checked(against, unchecked), not unchecked)


def _in_order(source: Source, ruled: tuple[Fault, ...], by_schema: Findings) -> tuple[Problem, ...]:
    places = {(index, path) for index, path, _ in ruled}
    known = [(index, path, sentence, "bad") for index, path, sentence in ruled]
    known += [
        (finding.index, finding.path, finding.sentence, finding.state)
        for finding in by_schema.findings
        if (finding.index, finding.path) not in places
    ]
    problems = (
        Problem(
            *source.position(index, path),
            words.of_manifest(sentence),
            state,  # type: ignore[arg-type]
            removable=isinstance(sentence, ServerSet),
            codes=words.codes(sentence),
            was=getattr(sentence, "was", ""),
            instead=getattr(sentence, "instead", ""),
        )
        for index, path, sentence, state in known
    )
    return tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))


def _checked(against: list[str], unchecked: list[str]) -> str:
    if unchecked:
        text = gettext("The fields of %(versions)s could not be checked: the cluster did not send its schema.")
        return text % {"versions": ", ".join(unchecked)}
    if against:
        return gettext("Checked against %(versions)s") % {"versions": ", ".join(against)}
    return ""
