"""Text from the YAML editor or a file: read, and held against what may be made here."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from accounts.requests import Request
from services.manifests import allowed, yamlio
from services.manifests.bundle import Document
from services.manifests.leaving import leave_out
from services.manifests.sentences import ServerSet
from services.words import said
from services.yaml_editor.problem_lines import Problem

MOST_BYTES = 1_000_000


def uploaded(text: str, file: UploadedFile[Any] | None) -> tuple[str, tuple[Problem, ...]]:
    """The text of the editor, or of the file that takes its place."""
    if file is None:
        return text.replace("\r\n", "\n"), ()
    if (file.size or 0) > MOST_BYTES:
        return text, (Problem(0, 0, _("The file is larger than 1 MB. Nothing was loaded.")),)
    try:
        return yamlio.decode(file.read()).replace("\r\n", "\n"), ()
    except yamlio.YamlProblem as problem:
        return text, (Problem(0, 0, said(problem.message)),)


def check(text: str, namespace: str) -> tuple[tuple[Document, ...], tuple[Problem, ...]]:
    """The documents, or what is wrong with them."""
    try:
        source = yamlio.Source(text)
    except yamlio.YamlProblem as problem:
        return (), (Problem(problem.line, problem.column, said(problem.message)),)
    if not source.documents:
        return (), (Problem(1, 1, _("The text has no documents.")),)
    wrong = [
        Problem(*source.position(index, path), said(sentence), removable=isinstance(sentence, ServerSet))
        for index, path, sentence in allowed.bundle_problems(source.documents, namespace)
    ]
    return source.documents, tuple(wrong)


def left_out(request: Request, text: str, *, replaces: bool) -> str:
    """The text without what only the cluster sets, and a message that says what that was. A text that cannot be read
    stays. `replaces`: it takes the place of what is stored."""
    try:
        shorter, fields = leave_out(text, replaces=replaces)
    except yamlio.YamlProblem:
        return text
    if fields:
        messages.success(request, _("Left out: %(fields)s.") % {"fields": ", ".join(fields)})
    return shorter
