"""Answers for pages that work with htmx and without it: a whole page or the part of it that was asked for."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render as django_render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers

Context = Mapping[str, Any]


def wants_part(request: HttpRequest) -> bool:
    """htmx asks for a part of the page; a boosted link or a restored history entry wants all of it."""
    headers = request.headers
    whole = "HX-Boosted" in headers or "HX-History-Restore-Request" in headers
    return headers.get("HX-Request") == "true" and not whole


def render(request: HttpRequest, template: str, context: Context, *, part: str = "", status: int = 200) -> HttpResponse:
    """The page, or, if htmx asks, the template `part` with the same context. Status 422 for an invalid form."""
    chosen = part if part and wants_part(request) else template
    response = django_render(request, chosen, dict(context), status=status)
    patch_vary_headers(response, ("HX-Request",))
    return response


def redirect(request: HttpRequest, url: str) -> HttpResponse:
    """Go to `url` (of our own) after a verb: 303, or HX-Redirect for htmx."""
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204)
        response.headers["HX-Redirect"] = url
        return response
    answer = HttpResponseRedirect(url)
    answer.status_code = 303
    return answer


def file(text: str, name: str) -> HttpResponse:
    """A YAML file to keep. `name` may have letters, digits, hyphens and points only."""
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def fragment(request: HttpRequest, template: str, context: Context) -> str:
    """A part as text, for streams and out-of-band swaps: the same template and presenter as the page."""
    return render_to_string(template, dict(context), request)
