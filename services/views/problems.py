"""When the cluster says no, or nothing: the answer of every page about Services."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from accounts.scope import Scope
from console.kube import errors
from console.web import htmx

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Scope, P], HttpResponseBase]
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def explained(view: View[P]) -> View[P]:
    """A refusal of the cluster becomes a 403 that says why, its silence a 503, a name that cannot be a 404."""

    @wraps(view)
    def answer(request: HttpRequest, scope: Scope, /, *args: P.args, **parts: P.kwargs) -> HttpResponseBase:
        name = parts.get("name")
        if isinstance(name, str) and not _NAME.fullmatch(name):
            raise Http404
        try:
            return view(request, scope, *args, **parts)
        except errors.Forbidden as refusal:
            return problem(request, scope, "forbidden", refusal, 403, name)
        except errors.NotFound as missing:
            return problem(request, scope, "missing", missing, 404, name)
        except errors.BadName as wrong:
            raise Http404 from wrong
        except errors.KubeError as trouble:
            return problem(request, scope, "trouble", trouble, 503, name)

    return answer


def problem(
    request: HttpRequest, scope: Scope, page: str, error: errors.KubeError, status: int, name: Any = None
) -> HttpResponseBase:
    """A page that says what happened, what was not changed, and what to do next."""
    context = {"scope": scope, "project": scope.place, "error": error, "name": name, "request_id": scope.request_id}
    return htmx.render(request, f"services/{page}.html", context, part=f"services/parts/{page}.html", status=status)
