"""The YAML of several Services as one file."""

from __future__ import annotations

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube.errors import NotFound
from console.web import htmx
from services.edit.views.delete import picked
from services.manifests.yamlout import dump
from services.yaml_editor.stored import editable, read_service


@require_safe
@in_project(Capability.VIEW)
def download(request: Request, scope: Scope) -> HttpResponseBase:
    """Those picked in the list, as the editor shows each. What was deleted meanwhile is named in a comment."""
    names = picked(request)
    if not names:
        messages.warning(request, gettext("Select Services in the list first."))
        return htmx.redirect(request, reverse("services:list", args=[scope.place]))
    documents, missing = [], []
    for name in names:
        try:
            documents.append(editable(read_service(scope, request.cluster, name)))
        except NotFound:
            missing.append(name)
    if not documents:
        raise NotFound(", ".join(missing))
    absent = "".join(f"# {name} does not exist any more\n" for name in missing if name.isprintable())
    return htmx.file(absent + dump(documents), f"{scope.place}.services.yaml")
