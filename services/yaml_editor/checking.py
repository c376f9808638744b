"""What is known about a text while it is written and saved: problems on their lines, and what was checked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext

from accounts.scope import Scope
from console.kube.errors import KubeError
from console.kube.hub import Cluster
from console.kube.kinds import Ref
from console.kube.reader import Reader
from services.manifests import allowed
from services.manifests.checking import Findings, findings, parts
from services.manifests.paths import Path
from services.manifests.schema import Catalogue, Published
from services.manifests.sentences import Sentence, gettext_noop
from services.manifests.yamlio import Source, YamlProblem
from services.yaml_editor import problem_lines
from services.yaml_editor.problem_lines import Problem
from services.yaml_editor.stored import read_object

SCHEMA_SECONDS = 8.0

Fault = tuple[int, Path, Sentence]


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
            silent, had[version] = None in had.values(), None
            with suppress(KubeError):
                had[version] = None if silent else Published(reader.openapi(version, timeout=SCHEMA_SECONDS))
        return had[version]

    return find


def report_on(cluster: Cluster, scope: Scope, text: str, *, of: Ref | None = None) -> Report:
    """Everything that is known to be wrong with a text, for pages that show it on its lines. `of`: the object that it
    is to stay; without one its documents are to be created."""
    schemas, read = catalogue(cluster.gateway.reader), parts(text)
    kinds = allowed.ALLOWED_KINDS if of is None else {of.kind.kind: (of.kind.api_version,)}
    problems: list[Problem] = []
    by_schema: list[Findings] = []
    for before, part in read:
        if isinstance(part, YamlProblem):
            problems.append(problem_lines.unreadable(part))
        elif part.documents or len(read) == 1:
            by_schema.append(findings(part.documents, schemas, scope.place, kinds))
            problems += _in_order(part, tuple(_faults(cluster, scope, part, of)), by_schema[-1], before)
    unchecked = list(dict.fromkeys(version for part_findings in by_schema for version in part_findings.unchecked))
    against = list(dict.fromkeys(version for part_findings in by_schema for version in part_findings.against))
    return Report(tuple(problems), _checked(against, unchecked), not unchecked)


def _faults(cluster: Cluster, scope: Scope, source: Source, of: Ref | None) -> Iterator[Fault]:
    """What is wrong whatever the schemas say. What is stored now is asked for only where that matters."""
    if of is None:
        if not source.documents:
            yield 0, (), Sentence(gettext_noop("The text has no documents."))
        yield from allowed.bundle_problems(source.documents, scope.place)
        return
    for path, sentence in problem_lines.faults(source, of.name, scope.place, of.kind):
        yield 0, path, sentence
    if len(source.documents) == 1 and any(allowed.dangers(source.documents[0])):
        with suppress(KubeError):
            stored = read_object(scope, cluster, of.kind, of.name)
            for path, sentence in allowed.dangers(source.documents[0], stored):
                yield 0, path, sentence


def _in_order(source: Source, ruled: tuple[Fault, ...], by_schema: Findings, before: int) -> tuple[Problem, ...]:
    places = {(index, path) for index, path, _ in ruled}
    placed = partial(problem_lines.problem_at, source, before=before)
    problems = [placed(path, sentence, index=index) for index, path, sentence in ruled]
    problems += [
        placed(finding.path, finding.sentence, index=finding.index, state=finding.state)
        for finding in by_schema.findings
        if (finding.index, finding.path) not in places
    ]
    return tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))


def _checked(against: list[str], unchecked: list[str]) -> str:
    if unchecked:
        text = gettext("The fields of %(versions)s could not be checked: the cluster did not send its schema.")
        return text % {"versions": ", ".join(unchecked)}
    if against:
        return gettext("Checked against %(versions)s") % {"versions": ", ".join(against)}
    return ""
