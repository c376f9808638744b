"""What the YAML editor asks while somebody types: what is wrong, what can stand here, a tidy layout."""

from dataclasses import asdict

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube.kinds import Ref
from services.manifests.completing import complete
from services.manifests.rewrite import formatted as laid_out
from services.manifests.yamlio import MAX_BYTES, YamlProblem
from services.yaml_editor import problem_lines
from services.yaml_editor.checking import catalogue, report_on
from services.yaml_editor.stored import EDITED


@require_POST
@in_project(Capability.VIEW)
def problems(request: Request, scope: Scope) -> HttpResponse:
    """What is wrong with a text: of documents to be created, or with `name` and `kind` of that object."""
    name, kind = request.POST.get("name", ""), EDITED.get(request.POST.get("kind", ""))
    of = Ref(kind, scope.place, name) if name and kind else None
    report = report_on(request.cluster, scope, _text(request), of=of)
    return JsonResponse(asdict(report))


@require_POST
@in_project(Capability.VIEW)
def completion(request: Request, scope: Scope) -> HttpResponse:
    """What can be written at `line` and `column` (from 1) of a text."""
    line, column = (_number(request.POST.get(name, "")) for name in ("line", "column"))
    if not line or not column or len(_text(request)) > MAX_BYTES:
        return JsonResponse({"items": [], "known": True}, status=422)
    schemas = catalogue(request.cluster.gateway.reader)
    suggestions = complete(_text(request), line, column, schemas, scope.place)
    return JsonResponse({"items": [asdict(item) for item in suggestions.items], "known": suggestions.known})


@require_POST
@in_project(Capability.VIEW)
def formatted(request: Request, scope: Scope) -> HttpResponse:
    """The text in kubectl's order and layout; documents with comments as they are, and how many those are."""
    try:
        text, count = laid_out(_text(request))
    except YamlProblem as problem:
        return JsonResponse({"problems": [asdict(problem_lines.unreadable(problem))]}, status=422)
    kept = ngettext(
        "%(count)s document keeps its layout: its comments would be lost.",
        "%(count)s documents keep their layout: their comments would be lost.",
        count,
    )
    message = kept % {"count": count} if count else gettext("Formatted.")
    return JsonResponse({"text": text, "kept": count, "said": message})


def _text(request: Request) -> str:
    return request.POST.get("text", "").replace("\r\n", "\n")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0
